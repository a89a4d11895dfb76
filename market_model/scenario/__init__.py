"""What a market is before it runs: scenario files, their library and their errors."""

from .errors import ScenarioError
from .load import builtin_names, library, load_scenario
from .model import MAX_MESSENGERS, WEEKS_PER_BILL, Scenario

__all__ = [
    "MAX_MESSENGERS",
    "WEEKS_PER_BILL",
    "Scenario",
    "ScenarioError",
    "builtin_names",
    "library",
    "load_scenario",
]
