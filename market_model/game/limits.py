"""How far a seat may go in a game, where the market itself has no limit."""

from __future__ import annotations

from collections.abc import Iterator

from ..players.decisions import CarrierDecision, Decision, Fault
from ..scenario import Scenario

BAND = 0.3
"""How far a carrier's prices and caps may be from the story's, up and down: few people change
carriers within a game, so that nothing else would hold prices; assumed."""


def limits(scenario: Scenario, seat: str) -> dict[str, tuple[float, float]]:
    """Lowest and highest value of a carrier's levers, by path: the main plan of a menu as
    "plan_fee", the others as "plans.NAME.fee"; {} for an app.
    """
    if seat not in scenario.carriers:
        return {}
    carrier = scenario.carriers[seat]
    usual = {
        "plan_fee": carrier.main_plan.fee,
        "plan_cap_mb": carrier.main_plan.cap_mb,
        "plan_overage": carrier.main_plan.overage,
        "sms_price": carrier.sms_price,
        "voice_price": carrier.voice_price,
    }
    for name, plan in carrier.other_plans.items():
        usual |= {
            f"plans.{name}.fee": plan.fee,
            f"plans.{name}.cap_mb": plan.cap_mb,
            f"plans.{name}.overage": plan.overage,
        }
    return {
        lever: (round(value * (1 - BAND), 4), round(value * (1 + BAND), 4))
        for lever, value in usual.items()
    }


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
