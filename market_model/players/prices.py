"""What a carrier's customers pay, lever by lever, and how much cheaper that is than it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..scenario import actors

if TYPE_CHECKING:
    from .agents import CarrierAgent


def price_list(
    carrier: actors.Carrier | CarrierAgent, menu: Mapping[str, actors.Plan], main: str
) -> dict[str, float]:
    """A carrier's prices and caps by lever: the main plan's as "plan_fee", the others' as
    "plans.NAME.fee".
    """
    found = {"sms_price": carrier.sms_price, "voice_price": carrier.voice_price}
    for name, plan in menu.items():
        stem = "plan_" if name == main else f"plans.{name}."
        for field in ("fee", "cap_mb", "overage"):
            found[f"{stem}{field}"] = getattr(plan, field)
    return found


def now_and_then(carrier: CarrierAgent) -> tuple[dict[str, float], dict[str, float]]:
    """A carrier's price list, and that of the scenario."""
    config = carrier.config
    return (
        price_list(carrier, carrier.menu, config.main),
        price_list(config, config.menu, config.main),
    )


def dearness(now: Mapping[str, float], start: Mapping[str, float]) -> dict[str, float]:
    """Prices that have changed, now ÷ at the start; of a cap, the other way round.

    By hand: a fee of 9 that was 10 is .9; a cap of 110 that was 100, .91.
    """
    return {
        lever: start[lever] / value if lever.endswith("cap_mb") else value / start[lever]
        for lever, value in now.items()
        if value != start[lever] and value > 0 and start[lever] > 0
    }
