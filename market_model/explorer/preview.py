"""A small society that follows the hand: who would stand otherwise, while an offer is dragged."""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from ..errors import suggest
from ..scenario import Scenario, ScenarioError
from ..work.runner import Workers
from .film import Bytes, differing, level
from .lines import heads
from .place import Place, whole
from .playback import contacts, ready
from .runs import PATIENCE, answered

if TYPE_CHECKING:
    from ..market import Market

PEOPLE = 1_000
"""In a preview, at most."""
EVERY = 2
"""Weeks between two points from which a changed market goes on."""
THINNED = 4
"""Of so many contacts one is drawn."""
AFTER, MOST = 12, 52
"""Weeks after the change that are shown, at least and at most: more would keep the hand waiting."""
HAND = Workers(1, 0, ready)
"""The process that follows the hand: nothing else keeps it waiting."""


async def preview(request: Request) -> JSONResponse:
    """Of two runs `a` and `b`, who of some people uses an `app` otherwise in a `week`, or in one
    nearer to where they part; for `a` alone, who these people are.
    """
    query = request.query_params
    a, b = (Place.read(query.get(side, "")) for side in "ab")
    app, week = query.get("app", ""), whole(query.get("week") or "0", "week")
    if app not in (names := a.scenario().messengers):
        raise ScenarioError("address", "app", f"'{app[:60]}' is no app; {suggest(app, names)}")
    job = HAND.submit(ahead, a, b, app, week, timeout=PATIENCE)
    return JSONResponse(await answered(job, request))


def ahead(a: Place, b: Place, app: str, week: int) -> dict[str, Any]:
    """What the answer tells; called in a process of its own."""
    from ..market.resume import same_until

    users = min(PEOPLE, a.scenario().society.users)
    a, b = (replace(p, changes=(*p.changes, ("society.users", str(users)))) for p in (a, b))
    before, scenario = _before(a, a.key()), b.scenario()
    bit = scenario.messengers.index(app)
    if a == b:
        before.reach(min(week + AFTER, scenario.weeks))
        return before.society()
    since = same_until(before.scenario, scenario) if a.actions == b.actions else 0
    shown = min(max(week, since + AFTER), since + MOST, scenario.weeks - 1)
    before.reach(shown + 1)
    market = before.go_on(b, scenario, since)
    _run_to(market, b, shown + 1)
    kinds = differing(level(market, bit), before.levels[shown][bit])
    return {"week": shown, "kinds": _text(kinds.tobytes())}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _run_to(market: Market, place: Place, week: int) -> None:
    from ..market.run import going_on

    actions = [a for a in place.decisions(market.config) if a.week >= market.week]
    for _ in islice(going_on(market, actions), max(0, week - market.week)):
        pass


@lru_cache(maxsize=2)
def _before(place: Place, _key: str) -> Before:
    return Before(place)


class Before:
    """The run before a change, computed as far as it is asked for; it keeps points to go on from.

    Attributes:
        levels: how users stand to each app by week.
    """

    def __init__(self, place: Place) -> None:
        from ..market import Market

        self.scenario, self._place = place.scenario(), place
        self._market = Market(self.scenario, rng=place.seed)
        self._points: list[Market] = []
        self.levels: list[list[Bytes]] = []

    def reach(self, week: int) -> None:
        """Compute up to a week."""
        market = self._market
        while market.week < week:
            if market.week % EVERY == 0:
                self._points.append(market.copy())
            _run_to(market, self._place, market.week + 1)
            self.levels.append([level(market, k) for k in range(len(self.scenario.messengers))])

    def society(self) -> dict[str, Any]:
        """Its people: how many by disc of the map, and who of them know each other."""
        pairs = contacts(self._market)
        drawn = b"".join(pairs[at : at + 8] for at in range(0, len(pairs), 8 * THINNED))
        return {"sizes": heads(self._market), "contacts": _text(drawn)}

    def go_on(self, place: Place, scenario: Scenario, since: int) -> Market:
        """A market of the changed scenario, which differs from a week on, as near to that as there
        is one.
        """
        from ..market import Market
        from ..market.resume import resumed

        point = self._points[min(since // EVERY, len(self._points) - 1)]
        return resumed(point, scenario) or Market(scenario, rng=place.seed)
