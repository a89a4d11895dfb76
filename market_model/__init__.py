"""An agent-based market game on messaging apps and free data.

    from market_model import load_scenario, run

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .market import Action, BadAction, Market, Run, run
    from .scenario import Scenario, ScenarioError, builtin_names, load_scenario
    from .study.compare import Comparison, compare
    from .version import MODEL_VERSION

__all__ = [
    "MODEL_VERSION",
    "Action",
    "BadAction",
    "Comparison",
    "Market",
    "Run",
    "Scenario",
    "ScenarioError",
    "builtin_names",
    "compare",
    "load_scenario",
    "run",
]

_ROOMS = {
    "market": ("Action", "BadAction", "Market", "Run", "run"),
    "scenario": ("Scenario", "ScenarioError", "builtin_names", "load_scenario"),
    "study.compare": ("Comparison", "compare"),
    "version": ("MODEL_VERSION",),
}


def __getattr__(name: str) -> Any:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{room}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
