"""How far a seat may go in a game, where the market itself has no limit."""

from __future__ import annotations

from collections.abc import Iterator

from ..players.decisions import CarrierDecision, Decision, Fault
from ..players.prices import price_list
from ..scenario import Scenario

BAND = 0.3
"""How much dearer than in the story a carrier may be: its prices up, its caps down; assumed. Where
a carrier has no rival anywhere, nobody can leave it, and its prices are held.
"""
FLOOR = 0.1
"""How much cheaper it may be: more counts as selling below cost to drive others out; assumed
(0.05–0.3). Rivals match a cut a round later, so that the first has a month of it.
"""


def limits(scenario: Scenario, seat: str) -> dict[str, tuple[float, float]]:
    """Lowest and highest value of a carrier's levers, by path: the main plan of a menu as
    "plan_fee", the others as "plans.NAME.fee"; {} for an app.
    """
    if seat not in scenario.carriers:
        return {}
    carrier = scenario.carriers[seat]
    usual = price_list(carrier, carrier.menu, carrier.main)
    held = not _has_rivals(scenario, seat)
    dear, cheap = (0.0, 0.0) if held else (BAND, FLOOR)
    return {lever: _ends(value, dear, cheap, "cap_mb" in lever) for lever, value in usual.items()}


def _ends(value: float, dear: float, cheap: float, cap: bool) -> tuple[float, float]:
    """Lowest and highest value; of a cap, more is cheaper."""
    down, up = (dear, cheap) if cap else (cheap, dear)
    return round(value * (1 - down), 4), round(value * (1 + up), 4)


def _has_rivals(scenario: Scenario, seat: str) -> bool:
    """Whether some region with customers of a carrier has those of another, too."""

    def share(carrier: str, region: str) -> float:
        own = scenario.carriers[carrier]
        return own.shares.get(region, own.share)

    return any(
        share(seat, region) > 0 and share(other, region) > 0
        for region in scenario.society.regions
        for other in scenario.carriers
        if other != seat
    )


def beyond(scenario: Scenario, seat: str, decision: Decision) -> Iterator[Fault]:
    """Levers outside the band."""
    if isinstance(decision, CarrierDecision):
        bounds, main = limits(scenario, seat), scenario.carriers[seat].main
        given = [(lever, lever, getattr(decision, lever, None)) for lever in bounds]
        for name, plan in decision.plans.items():
            for field, value in plan:
                path = f"plans.{name}.{field}"
                given.append((f"plan_{field}" if name == main else path, path, value))
        for lever, path, value in given:
            low, high = bounds.get(lever, (value, value))
            if value is not None and not low <= value <= high:
                yield Fault("band", path, {"value": float(value), "low": low, "high": high})
