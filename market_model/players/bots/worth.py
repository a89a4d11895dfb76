"""What a bot that counts goes by: what users are worth to an app, what it bids at a carrier's door,
and what research may cost.
"""

import math
from collections.abc import Collection, Iterable, Mapping

from ..costs import QUALITY_GAIN, RESEARCH_SCALE, WEARS_OFF, spent
from ..decisions import AppDecision, Reason, ZeroRating, month
from ..observation import AppObservation, Past, Public

BILLS = 13
"""Bills in which a user brings what keeping one is worth: a year's."""
AHEAD = 6
"""Bills for which what it buys now is still of use; assumed (3–13)."""
PATIENCE = 10
"""Rounds in which a refused bid is not repeated, unless the ask has come down to it."""
MARGIN = 1.25
"""A bid is so many times the ask that it saw; assumed (1–1.5)."""
TASTE = 10.0
"""MB in 4 weeks that it makes free: most of what new users move, and a fraction of what friends of
the app would; assumed (3–30)."""
LIFT, COVERED = 0.2, 0.6
"""What free data of that size adds to the users of an app, and the part of the MB they moved before
that it pays for: in games on three stories with free data .1–.3 and .4–.8."""
RESEARCH_PART = 0.1
"""Share of cash that a project may cost; assumed (0.02–0.3)."""


def because(key: str, **values: str | float | tuple[str, ...]) -> Reason:
    """Why a bot decides so."""
    return Reason(key=key, values=values)


def user_worth(seen: AppObservation) -> float:
    """What a monthly user brings in a bill, money: income, and a bill's part of what keeping one is
    worth.
    """
    return max(seen.bill.income_per_user, 0.0) + seen.user_value / BILLS


def limit(seen: AppObservation, carrier: str) -> float:
    """The most it pays for a MB at a carrier: what those users bring who come for free data, spread
    over the MB of all whom it pays for; no more than customers pay.

    By hand: 6 M users worth 1.5 each who move 10 M MB: .2 · 9 M ÷ (.6 · 10 M) = .3 money.
    """
    mb, retail = COVERED * sum(seen.bill.mb_by_carrier.values()), seen.doors[carrier].retail
    return min(LIFT * user_worth(seen) * seen.bill.users / mb, retail) if mb > 0 else retail


def bid_at(seen: AppObservation, carrier: str) -> float:
    """What it bids there: somewhat above the ask, which may rise in the round, up to its limit and
    the usual price of data; a deal costs the ask.
    """
    ask, most = seen.doors[carrier].ask, min(limit(seen, carrier), seen.data_prices[carrier])
    return most if ask is None else min(MARGIN * ask, most)


def recent(seen: Public, rounds: int) -> tuple[Past, ...]:
    """What happened in the last rounds."""
    return seen.past[-rounds:] if rounds > 0 else ()


def bids(
    seen: AppObservation,
    carriers: Iterable[str],
    regions: tuple[str, ...] = (),
    allowance_mb: float | None = TASTE,
) -> dict[str, ZeroRating]:
    """Bids in some regions at carriers that would take them, and once in a while at others, so
    that they know what they miss; a counter-offer that is worth it is accepted. None where the
    house or somebody else pays already.
    """
    if seen.rule == "ban":
        return {}
    given = {c for c, offer in seen.free_at(seen.seat).items() if offer.payer != "app"}
    refused = {c for past in recent(seen, PATIENCE) for c in past.refused}
    found: dict[str, ZeroRating] = {}
    for carrier in carriers:
        door, bid = seen.doors[carrier], bid_at(seen, carrier)
        takes = door.ask is not None and door.ask <= bid
        tries = carrier not in refused and door.shut not in ("ban", "exclusive")
        if carrier in given:
            continue
        if worth_it(seen, carrier):
            found[carrier] = ZeroRating(accept=True)
        elif bid > 0 and (takes or tries):
            found[carrier] = ZeroRating(bid=bid, regions=regions, allowance_mb=allowance_mb)
    return found


def worth_it(seen: AppObservation, carrier: str) -> bool:
    """Whether the carrier has made a counter-offer whose price, with what is to be paid beside it,
    is within the most that it pays for a MB.
    """
    if (terms := seen.counters.get(carrier)) is None:
        return False
    mb = seen.bill.mb_by_carrier.get(carrier, 0.0)
    beside = terms.joint_promotion + terms.income_share * seen.bill.income_by_carrier.get(
        carrier, 0.0
    )
    return mb > 0 and terms.price * mb + beside <= limit(seen, carrier) * mb


def paid(seen: AppObservation) -> dict[str, tuple[str, ...]]:
    """Regions in which it pays for free data, by carrier; none named: everywhere."""
    mine = [o for o in seen.offers if o.payer == "app" and o.apps[0] == seen.seat]
    regions: dict[str, set[str]] = {}
    for offer in mine:
        for carrier in offer.carriers:
            here = offer.regions.get(carrier, ()) or seen.regions
            regions.setdefault(carrier, set()).update(here)
    return {c: tuple(r for r in seen.regions if r in here) for c, here in regions.items()}


def ended(carriers: Iterable[str], regions: tuple[str, ...] = ()) -> dict[str, ZeroRating]:
    """What ends its free data at carriers."""
    return {carrier: ZeroRating(on=False, regions=regions) for carrier in carriers}


def share_in(shares: Mapping[str, float], seen: Public, regions: Collection[str]) -> float:
    """Active share of the people of some regions, from shares by region."""
    heads = sum(seen.parts.get(r, 0.0) for r in regions)
    return sum(shares.get(r, 0.0) * seen.parts.get(r, 0.0) for r in regions) / heads if heads else 0


def researched(seen: AppObservation, field: str = "quality") -> float:
    """What its projects of the last year came to, in full first projects."""
    budgets = [
        past.decision["research_budget"]
        for past in seen.past
        if past.decision.get("research") == field
    ]
    return sum(spent(budget, seen.population) for budget in budgets)


def research_budget(seen: AppObservation) -> float:
    """What a project for quality may cost, money: its last unit of money brings one in `AHEAD`
    bills, of the users that a logit gains, b = S·ln(V/S); 0 where it cannot.
    """
    share = seen.shares.get(seen.seat, 0.0)
    scale = RESEARCH_SCALE * seen.population
    gain = QUALITY_GAIN * WEARS_OFF ** researched(seen)
    value = gain * share * (1.0 - share) * seen.population * user_worth(seen) * AHEAD
    if value <= scale or scale <= 0:
        return 0.0
    return min(scale * math.log(value / scale), RESEARCH_PART * max(seen.cash, 0.0))


def affordable(decision: AppDecision, seen: AppObservation) -> AppDecision:
    """The decision, with promotion and research cut so that the month can be paid; without bids
    where that is not enough.
    """
    cash, costs = max(seen.cash, 0.0), month(decision, seen)
    asked = decision.promotion + decision.research_budget
    room = max(cash - (sum(costs.values()) - asked), 0.0)
    if asked > room:
        part = room / asked
        research = decision.research_budget * part
        decision = decision.model_copy(
            update={
                "promotion": decision.promotion * part,
                "research_budget": research,
                "research": decision.research if research > 0 else None,
            }
        )
    if sum(month(decision, seen).values()) > cash:
        kept = {c: terms for c, terms in decision.zero_rating.items() if not terms.on}
        decision = decision.model_copy(update={"zero_rating": kept})
    return decision
