"""The newcomer that learns: it tries, compares, and widens what pays."""

import math
from collections.abc import Iterable, Iterator
from statistics import fmean, pstdev

from ..costs import COST_PER_REACH, PROMOTION_CAP
from ..decisions import AppDecision, Reason, ZeroRating
from ..observation import AppObservation, Past
from .registry import bot
from .worth import (
    AHEAD,
    affordable,
    because,
    bid_at,
    bids,
    ended,
    paid,
    recent,
    research_budget,
    user_worth,
)

TRIAL = 2
"""Regions of a first trial."""
PAUSE = 5
"""Rounds after a trial that did not pay before it tries again; assumed (3–8)."""
PRIOR_LIFT, PRIOR_SPREAD = 0.3, 0.3
"""Growth (log) that it expects of free data before it has seen any, and how far it may be off;
assumed."""
LONG = 8
"""Weeks after which a trial that does not pay ends."""
LUCK, LEAST_SPREAD = 0.01, 0.1
"""Share below which growth is luck, and how far places differ at least (log); assumed."""
REACH = 0.3
"""Of what a campaign can reach where it runs, in each round; assumed (0.1–0.6)."""
CAMPAIGN_PART = 0.05
"""Share of cash that a campaign may cost; assumed (0.01–0.1)."""
JOINED = 0.25
"""The part of those who join that becomes a monthly user; assumed (0.1–0.4)."""
WON = 0.05
"""Of those who hear of it, the part that becomes a user; assumed (0.02–0.2)."""
KNOWN = 0.1
"""Active share from which everybody knows an app: no campaign; assumed (0.05–0.3)."""


@bot("app", "experimenter")
def experimenter(seen: AppObservation) -> AppDecision:
    """Tries free data and a campaign in two regions (where there is one, at one carrier), compares
    growth there with elsewhere, widens what pays and ends what does not. Works on its quality
    within a budget.
    """
    free, places, reason = _free_data(seen)
    research = research_budget(seen)
    return affordable(
        AppDecision(
            zero_rating=free,
            promotion=_campaign(seen, places),
            promotion_regions=() if len(places) == len(seen.regions) else places,
            research="quality" if research > 0 else None,
            research_budget=research,
            reason=reason,
        ),
        seen,
    )


def _free_data(
    seen: AppObservation,
) -> tuple[dict[str, ZeroRating], tuple[str, ...], Reason]:
    """What it changes in its free data, where it campaigns, and why."""
    there = paid(seen)
    if seen.rule == "ban":
        return {}, seen.regions, because("banned")
    if there:
        return _looks(seen, there)
    if any(_ends(past) for past in recent(seen, PAUSE)):
        return {}, seen.regions, because("rests")
    where = thickest(seen, seen.regions)[:TRIAL]
    asked = bids(seen, _first(seen), _named(seen, where))
    if not asked:
        return {}, seen.regions, because("doors_shut", carriers=tuple(sorted(seen.doors)))
    if _by_region(seen):
        return asked, where, because("tries_regions", regions=where, carriers=tuple(asked))
    return asked, where, because("tries_carriers", carriers=tuple(asked))


def _looks(
    seen: AppObservation, there: dict[str, tuple[str, ...]]
) -> tuple[dict[str, ZeroRating], tuple[str, ...], Reason]:
    """Compares where its data is free with where it is not: more of it, less, or as it is."""
    covered = tuple(r for r in seen.regions if any(r in places for places in there.values()))
    lift, expected = _expected(seen, there, covered)
    began = next((past.week for past in reversed(seen.past) if past.deals), seen.week - 4)
    users = sum(seen.users_by_region.get(r, 0.0) for r in covered)
    gained = users * expected / (1.0 + expected) * user_worth(seen)
    cost = sum(seen.bill.free_cost.values())
    if seen.week - began >= LONG and gained < cost:
        return ended(there), seen.regions, because("ends", lift=lift, cost=cost)
    if gained < cost:
        return {}, covered, because("waits", lift=lift)
    if _by_region(seen) and len(covered) < len(seen.regions):
        rest = [r for r in thickest(seen, seen.regions) if r not in covered]
        more = rest if len(covered) * 2 >= len(seen.regions) else rest[: len(covered)]
        where = tuple(r for r in seen.regions if r in {*covered, *more})
        asked = bids(seen, seen.doors, _named(seen, where))
        return asked, where, because("widens_regions", lift=lift, regions=tuple(more))
    asked = bids(seen, [c for c in seen.doors if c not in there], _named(seen, covered))
    if asked:
        return asked, covered, because("widens_carriers", lift=lift, carriers=tuple(asked))
    return {}, covered, because("stays", lift=lift)


def _expected(
    seen: AppObservation, there: dict[str, tuple[str, ...]], covered: tuple[str, ...]
) -> tuple[float, float]:
    """Growth of use where its data is free beyond growth elsewhere, since it last changed that: as
    seen, and as expected, which weighs what was seen by how far places differ anyway.
    """
    since = next((past for past in reversed(seen.past) if past.deals), None)
    now, before = seen.shares_by_region.get(seen.seat, {}), since.shares if since else {}
    elsewhere = [r for r in seen.regions if r not in covered]
    if not (elsewhere and before):
        now, before = (
            shares.get(seen.seat, {}) for shares in (seen.shares_by_carrier, seen.shares_before)
        )
        covered, elsewhere = tuple(there), [c for c in seen.doors if c not in there]
    if not elsewhere:
        return PRIOR_LIFT, PRIOR_LIFT
    here, other = (
        [math.log((now.get(p, 0.0) + LUCK) / (before.get(p, 0.0) + LUCK)) for p in places]
        for places in (covered, elsewhere)
    )
    lift = fmean(here) - fmean(other)
    spread = max(pstdev(other), LEAST_SPREAD) ** 2 * (1 / len(here) + 1 / len(other))
    expected = PRIOR_LIFT + (lift - PRIOR_LIFT) * PRIOR_SPREAD**2 / (PRIOR_SPREAD**2 + spread)
    return math.expm1(lift), math.expm1(expected)


def _campaign(seen: AppObservation, places: tuple[str, ...]) -> float:
    """What a campaign in some regions costs that reaches a part of those it can, money."""
    brings = WON * user_worth(seen) * AHEAD
    known = seen.shares.get(seen.seat, 0.0) >= KNOWN
    if known or brings <= COST_PER_REACH or _in_vain(seen):
        return 0.0
    people = seen.population * sum(seen.parts.get(r, 0.0) for r in places)
    return min(
        REACH * 4.0 * people * COST_PER_REACH * PROMOTION_CAP,
        CAMPAIGN_PART * max(seen.cash, 0.0),
    )


def _in_vain(seen: AppObservation) -> bool:
    """Whether its last campaign cost more than those are worth who joined while it ran."""
    spent = [past.decision.get("promotion", 0.0) for past in recent(seen, PAUSE)]
    if not any(spent):
        return False
    return spent[-1] == 0 or JOINED * seen.bill.joined * user_worth(seen) * AHEAD < spent[-1]


def _by_region(seen: AppObservation) -> bool:
    """Whether regions can be compared; else carriers are."""
    return len(seen.regions) > TRIAL


def _first(seen: AppObservation) -> Iterable[str]:
    """Carriers of a first trial: all, or the one that asks least and the shut ones."""
    if _by_region(seen):
        return seen.doors
    open_ = [c for c, door in seen.doors.items() if door.ask is not None]
    cheapest = min(open_, key=lambda c: (seen.doors[c].ask or 0.0, -bid_at(seen, c), c), default="")
    return [cheapest] if cheapest else list(seen.doors)


def _named(seen: AppObservation, regions: tuple[str, ...]) -> tuple[str, ...]:
    """Regions as a decision names them: () for all."""
    return () if len(regions) >= len(seen.regions) else regions


def thickest(seen: AppObservation, regions: tuple[str, ...]) -> tuple[str, ...]:
    """Regions by how many of their people it has, most first; larger ones before smaller."""
    shares = seen.shares_by_region.get(seen.seat, {})
    return tuple(sorted(regions, key=lambda r: (-shares.get(r, 0.0), -seen.parts.get(r, 0.0), r)))


def _ends(past: Past) -> bool:
    return any(not terms.get("on", True) for terms in _terms(past))


def _terms(past: Past) -> Iterator[dict[str, object]]:
    yield from past.decision.get("zero_rating", {}).values()
