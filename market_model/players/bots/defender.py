"""The incumbent that answers where it must."""

from ..decisions import AppDecision, Reason, ZeroRating
from ..observation import AppObservation
from .registry import bot
from .worth import (
    BILLS,
    COVERED,
    affordable,
    because,
    bid_at,
    bids,
    ended,
    paid,
    research_budget,
    share_in,
    user_worth,
)

LOOK_BACK = 3
"""Rounds over which it looks at who has left."""
WAR = 1
"""Bills for which it thinks that it must pay; assumed (0.5–3)."""
KEPT = 0.5
"""Part of the users at stake that an answer keeps; assumed (0.2–0.8)."""
OVERLAP = 0.3
"""Of a rival's users where its data is free, the part that it expects to lose before it has seen
any leave; assumed (0.1–0.6)."""


@bot("app", "defender")
def _defender(seen: AppObservation) -> AppDecision:
    """Answers free data with free data where it loses users that it would miss, only there, and if
    that is cheaper than what it loses; ends the answer when the rival's is over. Works on its
    quality within a budget.
    """
    free, reason = _answers(seen)
    research = research_budget(seen)
    return affordable(
        AppDecision(
            zero_rating=free,
            research="quality" if research > 0 else None,
            research_budget=research,
            reason=reason,
        ),
        seen,
    )


def _answers(seen: AppObservation) -> tuple[dict[str, ZeroRating], Reason]:
    """What it changes in its free data, and why."""
    there, attacks = paid(seen), _attacks(seen)
    over = {c: places for c, places in there.items() if not set(places) & attacks.get(c, set())}
    if over:
        return ended(over), because("answer_over", carriers=tuple(over))
    open_ = {c: places - set(there.get(c, ())) for c, places in attacks.items()}
    places = {r for regions in open_.values() for r in regions}
    if not places:
        return {}, because("answer_stays") if there else because("watches")
    where = tuple(r for r in seen.regions if r in places)
    rival = max(
        (app for o in seen.offers for app in o.apps if app != seen.seat and app in seen.shares),
        key=lambda app: (seen.shares[app], app),
    )
    heads = seen.population * sum(seen.parts.get(r, 0.0) for r in where)
    users = sum(seen.users_by_region.get(r, 0.0) for r in where)
    has = share_in(seen.shares_by_region.get(rival, {}), seen, where)
    left = _left(seen, where)
    gone, threat = left * users, OVERLAP * has * heads
    if KEPT * max(gone, threat) * user_worth(seen) * BILLS <= WAR * _cost(seen, open_):
        return {}, because("not_worth", rival=rival, people=has * heads)
    named = () if len(where) == len(seen.regions) else where
    asked = bids(seen, [c for c, regions in open_.items() if regions], named)
    if not asked:
        return {}, because("doors_shut", carriers=tuple(c for c, here in open_.items() if here))
    if gone > threat:
        return asked, because("answers_loss", regions=where, people=gone)
    return asked, because("answers_rival", rival=rival, regions=where, people=has * heads)


def _attacks(seen: AppObservation) -> dict[str, set[str]]:
    """Regions by carrier in which a rival's data is free."""
    found: dict[str, set[str]] = {}
    for offer in seen.offers:
        rivals = [app for app in offer.apps if app != seen.seat and app in seen.shares]
        if rivals and offer.waived > 0 and offer.payer != "user":
            for carrier in offer.carriers:
                here = offer.regions.get(carrier, ()) or seen.regions
                found.setdefault(carrier, set()).update(here)
    return found


def _left(seen: AppObservation, where: tuple[str, ...]) -> float:
    """Part of its users in some regions that is gone since its best there of the last rounds."""
    now = share_in(seen.shares_by_region.get(seen.seat, {}), seen, where)
    best = max((share_in(p.shares, seen, where) for p in seen.past[-LOOK_BACK:]), default=now)
    return max(1.0 - now / best, 0.0) if best > 0 else 0.0


def _cost(seen: AppObservation, where: dict[str, set[str]]) -> float:
    """What free data there costs in a bill, money."""
    return sum(
        (door.ask if door.ask is not None else bid_at(seen, carrier))
        * COVERED
        * seen.bill.mb_by_carrier.get(carrier, 0.0)
        * sum(seen.parts.get(r, 0.0) for r in regions)
        for carrier, regions in where.items()
        for door in (seen.doors[carrier],)
    )
