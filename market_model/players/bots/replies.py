"""Best replies of sponsors and carriers to a price of data: the worked case of sponsored data."""

import math
from typing import Any

from ...scenario.fields import KIB
from ..decisions import CarrierDecision
from ..observation import CarrierObservation

CUT = 0.005
"""Part of a price by which a rival must be cheaper before a carrier matches it; assumed."""


def demand(at_zero: float, sensitivity: float, price: float) -> float:
    """MB used at a price: x = X·e^(−ε·price).

    Args: at_zero: use at price zero (X), MB; sensitivity: ε, MB per unit of money; price: after the
    subsidy (p − s), money/MB.
    """
    return at_zero * math.exp(-sensitivity * price)


def sponsor_reply(value: float, price: float, sensitivity: float) -> float:
    """The subsidy per MB that earns a sponsor most: s* = clip(v − 1/ε, 0, p); s* = p is full
    zero-rating.

    It maximises (v − s)·X·e^(−ε(p−s)) over 0 ≤ s ≤ p. At ε = 0 a subsidy moves nobody, so s* = 0.

    Args: value, price: what a MB of its app earns it (v), and costs the user without subsidy (p),
    money/MB; sensitivity: ε.
    """
    return 0.0 if sensitivity <= 0 else min(max(value - 1.0 / sensitivity, 0.0), price)


def carrier_reply(cost: float, value: float, sensitivity: float) -> float:
    """The price per MB that earns a carrier most when the sponsor replies: p* = max(c + 1/ε, v −
    1/ε).

    Full zero-rating follows if and only if v ≥ c + 2/ε: then the sponsor's s* equals p*.

    Args: cost, value: what carrying a MB costs (c), and what it earns the sponsor (v), money/MB;
    sensitivity: ε.
    Raises ValueError if ε is not above 0: demand that no price moves has no best price.
    """
    if sensitivity <= 0:
        raise ValueError(f"a best price needs a price sensitivity above 0, not {sensitivity:g}")
    return max(cost + 1.0 / sensitivity, value - 1.0 / sensitivity)


def matched(seen: CarrierObservation) -> dict[str, Any]:
    """Levers that bring a carrier's prices down to its cheapest rival's, each measured by what it
    was at the start; {} where nobody is cheaper.
    """
    own, cheapest = seen.dearness.get(seen.seat, {}), dict[str, float]()
    for carrier, prices in seen.dearness.items():
        for lever, part in prices.items():
            if carrier != seen.seat:
                cheapest[lever] = min(part, cheapest.get(lever, 1.0))
    levers: dict[str, Any] = {}
    plans: dict[str, dict[str, float]] = {}
    for lever, part in cheapest.items():
        step = part / own.get(lever, 1.0)
        *plan, field = lever.split(".")
        stands = seen.levers.get("plans", {}).get(plan[1], {}) if plan else seen.levers
        if step >= 1.0 - CUT or field not in stands:
            continue
        new = _whole(stands[field] / step) if "cap_mb" in field else round(stands[field] * step, 4)
        (plans.setdefault(plan[1], {}) if plan else levers)[field] = new
    return levers | ({"plans": plans} if plans else {})


def matching(decision: CarrierDecision, seen: CarrierObservation) -> CarrierDecision:
    """The decision, with prices that match a rival's cut."""
    if not (prices := matched(seen)):
        return decision
    given = decision.model_dump(exclude_unset=True)
    return CarrierDecision.model_validate(given | prices)


def _whole(mb: float) -> float:
    """In whole KiB."""
    return round(mb * KIB) / KIB
