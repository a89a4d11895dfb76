"""The figures of the facts, each from one run of its market, or from a run and its twin."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from ..scenario import Scenario, load_scenario
from .facts import Figures


class Measure(NamedTuple):
    """Gives figures of facts.

    Attributes:
        scenario: what is run. module: of this room, which has the function of the measure's name,
            from a scenario and a seed to figures.
        carries: beginnings of the paths that it takes over from a member of the ensemble.
    """

    scenario: str
    module: str
    carries: tuple[str, ...]


def measure(name: str, overrides: Mapping[str, Any], seed: int) -> Figures:
    """The figures that a measure gives, by row of the facts.

    Args:
        name: of `MEASURES`.
        overrides: of its scenario, by dotted path.
    """
    figures: Callable[[Scenario, int], Figures] = getattr(
        import_module(f".{MEASURES[name].module}", __package__), name
    )
    return figures(load_scenario(MEASURES[name].scenario, overrides), seed)


def carried(name: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """What a measure takes over of a member's values."""
    return {path: v for path, v in overrides.items() if path.startswith(MEASURES[name].carries)}


BEHAVIOUR, EVERYTHING = ("parameters.",), ("",)
MEASURES = {
    "rivalry": Measure("china-2013", "china", EVERYTHING),
    "free_data": Measure("china-2013", "china", EVERYTHING),
    "exclusive": Measure("china-2013", "china", EVERYTHING),
    "free_facebook": Measure("facebook-zero-india", "facebook", BEHAVIOUR),
    "free_at_globe": Measure("philippines-2013", "philippines", BEHAVIOUR),
    "calls": Measure("messenger-2015", "facebook", BEHAVIOUR),
    "mobile_revenue": Measure("facebook-mobile-2012", "facebook", ()),
}
"""By name. Other markets take people's behaviour from China's ensemble and keep all else; the
income ramp of Facebook 2012 was set with its own people."""
