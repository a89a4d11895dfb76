"""How far a seat may go in a game, where the market itself has no limit."""

from __future__ import annotations

from collections.abc import Iterator

from ..players.decisions import CarrierDecision, Decision, Fault
from ..scenario import Scenario

BAND = 0.3
"""How far a carrier's prices and caps may be from the story's, up and down: few people change
carriers within a game, so that nothing else would hold prices; assumed."""


def limits(scenario: Scenario, seat: str) -> dict[str, tuple[float, float]]:
    """Lowest and highest value of a carrier's levers, by name; {} for an app."""
    if seat not in scenario.carriers:
        return {}
    carrier = scenario.carriers[seat]
    usual = {
        "plan_fee": carrier.plan.fee,
        "plan_cap_mb": carrier.plan.cap_mb,
        "plan_overage": carrier.plan.overage,
        "sms_price": carrier.sms_price,
        "voice_price": carrier.voice_price,
    }
    return {
        lever: (round(value * (1 - BAND), 4), round(value * (1 + BAND), 4))
        for lever, value in usual.items()
    }


def beyond(scenario: Scenario, seat: str, decision: Decision) -> Iterator[Fault]:
    """Levers outside the band."""
    if isinstance(decision, CarrierDecision):
        for lever, (low, high) in limits(scenario, seat).items():
            value = getattr(decision, lever)
            if value is not None and not low <= value <= high:
                yield Fault("band", lever, {"value": float(value), "low": low, "high": high})
