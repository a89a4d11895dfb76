"""A changed scenario runs on from the week in which it begins to differ: what both share is not
computed again.
"""

from __future__ import annotations

from ..players.offers import OfferBook
from ..scenario import Scenario
from .market import Market


def same_until(one: Scenario, other: Scenario) -> int:
    """The first week in which two scenarios may differ: offers and dated events may, from their
    weeks on. 0 where anything else does, or an offer is gone.
    """
    bare = [s.model_copy(update={"offers": {}, "events": ()}) for s in (one, other)]
    names = list(one.offers), list(other.offers)
    if not bare[0].same_as(bare[1]) or names[0] != names[1][: len(names[0])]:
        return 0
    weeks = [
        s.week_of(s.offers[name].start)
        for name in names[1]
        if one.offers.get(name) != other.offers[name]
        for s in (one, other)
        if name in s.offers
    ]
    for event in (*one.events, *other.events):
        if event not in one.events or event not in other.events:
            weeks.append(0 if event.kind == "feature" else one.week_of(event.when))
    return max(0, min([one.weeks, *weeks]))


def resumed(market: Market, scenario: Scenario) -> Market | None:
    """A copy of a market that goes on as `scenario` has it, bit for bit what a run of that from
    its start would be in this week; None where it must run from its start.

    Args: market: at the start of a week, at most the first in which the two differ.
    """
    before = market.config
    if not 0 < market.week <= same_until(before, scenario):
        return None
    written, live = OfferBook(before), market.book.offers
    if len(scenario.offers) > len(written.offers) < len(live):
        return None  # those that deals made stand where new ones would
    changed = [
        offer
        for offer in OfferBook(scenario).offers
        if before.offers.get(offer.name) != scenario.offers[offer.name]
    ]
    old = [offer.index for offer in changed if offer.index < len(written.offers)]
    if any(live[k].end != written.offers[k].end for k in old):
        return None  # somebody has decided on it
    copy = market.copy()
    copy.go_on(scenario, changed)
    return copy
