"""Who stays after an offer ends: followed user by user, in the market with the offer and in its
twin without.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .columns import People
from .people import by_parts, monthly, parts
from .state import State


@dataclass
class Followed:
    """Users of an app who are looked at every week from an offer's end on.

    Attributes:
        offer, app: names; end: first week without the offer.
        index: of the offer in the book; None: the users were acquired elsewhere.
        acquired: users registered under the offer and active in its last 4 weeks.
        registered: all users registered under it.
        active, active_of_registered: of each, monthly active users in weeks end, end+1, …
    """

    offer: str
    app: str
    end: int
    acquired: NDArray[np.int64]
    registered: NDArray[np.int64]
    active: list[int] = field(default_factory=list)
    active_of_registered: list[int] = field(default_factory=list)
    index: int | None = None

    def survival(self, horizon: int) -> float:
        """Share of the acquired active in weeks end+h−3 … end+h; nan if the run ends before or
        nobody was acquired.
        """
        if horizon >= len(self.active) or not len(self.acquired):
            return float("nan")
        return self.active[horizon] / len(self.acquired)

    def same(self) -> Followed:
        """The same users, to be followed in a twin."""
        return Followed(self.offer, self.app, self.end, self.acquired, self.registered)


def begin(state: State, followed: list[Followed], end: int) -> list[Followed]:
    """Those followed, and the users of offers whose first week without them is `end`, as they
    stand before that week; less those whose offer was to end then and goes on.
    """
    messengers, people = state.messengers, state.people
    n = len(people.carrier)
    followed = [
        f
        for f in followed
        if f.index is None or f.end != end or state.book.offers[f.index].end == end
    ]
    for offer in state.book.offers:
        for app in offer.apps if offer.start < offer.end == end else ():
            known = any(f.offer == offer.name and f.app == app for f in followed)
            if app in messengers and not known:
                bit = messengers.index(app)
                under = np.concatenate(
                    [part.start + _under(people, part, bit, offer.index) for part in parts(n)]
                )
                acquired = under[monthly(people, under) >> bit & 1 == 1]
                followed.append(
                    Followed(offer.name, app, offer.end, acquired, under, index=offer.index)
                )
    return followed


def _under(people: People, part: slice, bit: int, index: int) -> NDArray[np.int64]:
    """Which of some users are registered on an app under an offer."""
    member = people.registered[part] >> bit & 1 == 1
    return np.flatnonzero((people.under[part, bit] == index) & member)


def keep(values: NDArray[np.float64], start: int, end: int, horizon: int = 12) -> float:
    """(after − before)/(during − before) of a weekly series, in 4-week means.

    before: the last 4 weeks before `start`; during: the last 4 before `end`; after: the 4 weeks up
    to end + horizon. nan where the run does not have them all.
    """
    if start < 4 or end - start < 4 or end + horizon > len(values):
        return float("nan")
    before, during, after = (float(values[w - 4 : w].mean()) for w in (start, end, end + horizon))
    return (after - before) / (during - before) if during != before else float("nan")


def follow(state: State, followed: list[Followed]) -> list[Followed]:
    """After each week: begin with offers that are to end with it, look at all that ended
    before.
    """
    followed = begin(state, followed, state.week + 1)
    ended = [one for one in followed if one.end <= state.week]
    n = len(state.people.carrier) if ended else 0
    used = by_parts(n, np.uint8, lambda part: monthly(state.people, part))
    for one in ended:
        bit = np.uint8(1 << state.messengers.index(one.app))
        one.active.append(int(np.count_nonzero(used[one.acquired] & bit)))
        one.active_of_registered.append(int(np.count_nonzero(used[one.registered] & bit)))
    return followed
