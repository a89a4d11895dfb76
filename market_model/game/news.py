"""News of a round: three sentences from what everybody may know, chosen by one rule.

Each candidate has a weight: of a change in people, how far it is beyond chance, (after − before) /
√(after + before) in simulated users; of an event, a fixed number on that scale. The weightiest
three are told, at most two of one app or carrier, and two of one kind only if there is no third.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from ..scenario import WEEKS_PER_BILL
from ..words.people import FEW

if TYPE_CHECKING:
    from ..market.history import Floats
    from .table import GameTable

SENTENCES, OF_ONE = 3, 2
FEWEST = 5
"""Simulated people by whom a number must change to be told; fewer may be chance."""
EVENTS = {"ruled": 40.0, "answered": 12.0, "offered": 9.0, "packed": 6.0, "ended": 8.0}
"""Weights of events; assumed. Who passes another weighs `PASSED` times the change."""
PASSED, HERE, FRIENDS, MOVED = 4.0, 1.6, 0.5, 0.7
"""Factors on changes: one app ahead of another, of a place rather than everywhere, newcomers
through friends, customers of carriers; assumed.
"""


class Headline(TypedDict):
    """A sentence of news as plain data.

    Attributes:
        key: of its words. who: app, carrier or rule it is about; other: its rival, "" for none.
        carriers, regions: where; no regions: wherever those carriers have customers, or everywhere.
        before, after: people (or, of "friends", newcomers, and those whom friends brought).
    """

    key: str
    who: str
    other: str
    carriers: list[str]
    regions: list[str]
    before: float
    after: float


def headline(
    key: str,
    who: str,
    *,
    other: str = "",
    carriers: Sequence[str] = (),
    regions: Sequence[str] = (),
    before: float = 0.0,
    after: float = 0.0,
) -> Headline:
    """A sentence of news."""
    return {
        "key": key,
        "who": who,
        "other": other,
        "carriers": [*carriers],
        "regions": [*regions],
        "before": before,
        "after": after,
    }


def news(table: GameTable, offers: Sequence[Mapping[str, Any]]) -> list[Headline]:
    """What is told of the last round, the weightiest first; nothing before one was played.

    Args: offers: that run, as everybody sees them.
    """
    if not table.played:
        return []
    ranked = sorted(candidates(table, offers), key=lambda one: one[0], reverse=True)
    left, told = [one for weight, one in ranked if weight > 0], list[Headline]()
    for alike in (False, True):
        for one in left:
            known = [other for other in told if other["key"] == one["key"]]
            often = sum(one["who"] in (other["who"], other["other"]) for other in told) >= OF_ONE
            same = any(other["who"] == one["who"] for other in known)
            if len(told) < SENTENCES and not often and not (same if alike else known):
                told.append(one)
    return told or [headline("quiet", "")]


def candidates(
    table: GameTable, offers: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[float, Headline]]:
    """All that could be told, each with its weight."""
    yield from _events(table, offers)
    yield from _of_apps(table)
    yield from _of_carriers(table)


def surprise(before: float, after: float, scale: float) -> float:
    """A change in people on the scale of chance; `scale`: people per simulated user."""
    return (after - before) / math.sqrt(max(before + after, 1e-9) * scale)


def _of_apps(table: GameTable) -> Iterator[tuple[float, Headline]]:
    market = table.market
    apps, regions, scale = list(market.config.messengers), market.regions, market.scale
    end, start = market.history.region[[market.week - 1, market.week - 1 - WEEKS_PER_BILL], :, :, 0]
    places: list[tuple[list[str], Floats, Floats]] = [([], start.sum(axis=0), end.sum(axis=0))]
    if len(regions) > 1:
        places += [([name], start[r], end[r]) for r, name in enumerate(regions)]
    for there, before, after in places:
        for k, app in enumerate(apps):
            was, now = float(before[k]), float(after[k])
            if there and max(was, now) < FEW * scale:
                continue
            weight = surprise(was, now, scale) * (HERE if there else 1.0)
            key = "grew" if weight > 0 else "fell"
            if abs(now - was) < FEWEST * scale:
                continue
            yield abs(weight), headline(key, app, regions=there, before=was, after=now)
        first, last = before.argmax(), after.argmax()
        ahead = surprise(float(after[first]), float(after[last]), scale)
        if first != last and ahead >= 1.0:
            lead = ahead - surprise(float(before[first]), float(before[last]), scale)
            yield PASSED * lead, headline("passed", apps[last], other=apps[first], regions=there)
    seen = table.watching
    for k, app in enumerate(apps):
        came, brought = (
            float(w[-WEEKS_PER_BILL:, k].sum()) for w in (seen.newcomers, seen.brought)
        )
        if came >= FEW * scale:
            weight = FRIENDS * brought / math.sqrt(came * scale)
            yield weight, headline("friends", app, before=came, after=brought)


def _of_carriers(table: GameTable) -> Iterator[tuple[float, Headline]]:
    market = table.market
    for carrier in market.config.carriers:
        people = market.history.series("carrier", carrier, "subscribers")
        before, after = float(people[-1 - WEEKS_PER_BILL]), float(people[-1])
        weight = surprise(before, after, market.scale)
        if abs(after - before) < FEWEST * market.scale:
            continue
        key = "won" if weight > 0 else "lost"
        yield MOVED * abs(weight), headline(key, carrier, before=before, after=after)


def _events(
    table: GameTable, offers: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[float, Headline]]:
    market, since = table.market, table.market.week - WEEKS_PER_BILL
    served = {carrier: table.setup.served(carrier) for carrier in market.config.carriers}
    if table.rule_before != market.regulator.rule:
        yield EVENTS["ruled"], headline("ruled", market.regulator.rule)
    known = {
        (app, place)
        for one in market.book.offers
        if one.start < since <= one.end
        for app in one.apps
        for place in one.places
    }
    begun: dict[tuple[str, str, str], Headline] = {}
    for offer, one in zip(offers, market.running_offers(), strict=True):
        app, there = offer["apps"][0], [(c, r) for c, r in one.places if r in served[c]]
        if offer["since"] < since or all((app, place) in known for place in there):
            continue
        rivals = [
            o["apps"][0]
            for o in offers
            if o["since"] < since and o["payer"] != "user" and app not in o["apps"]
        ]
        key = "packed" if offer["payer"] == "user" else "answered" if rivals else "offered"
        rival = rivals[-1] if key == "answered" else ""
        told = begun.setdefault((key, app, rival), headline(key, app, other=rival))
        told["carriers"] = list(dict.fromkeys([*told["carriers"], *(c for c, _ in there)]))
        places = [name for name in market.regions if any(name == r for _, r in there)]
        told["regions"] = list(dict.fromkeys([*told["regions"], *places]))
    for told in begun.values():
        if {*told["regions"]} == {r for carrier in told["carriers"] for r in served[carrier]}:
            told["regions"] = []
        yield EVENTS[told["key"]], told
    still = {(app, c) for o in offers for app in o["apps"] for c in o["carriers"]}
    for one in market.book.offers:
        over = since < one.end <= market.week and one.payer != "user"
        here = dict.fromkeys(c for c, r in one.places if r in served[c])
        pairs = [(app, c) for app in one.apps for c in here if (app, c) not in still]
        if over and pairs:
            app = pairs[0][0]
            at = [carrier for other, carrier in pairs if other == app]
            yield EVENTS["ended"], headline("ended", app, carriers=at)
