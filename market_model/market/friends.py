"""How many of an app's newcomers friends brought: those who would not have come in that week, had
none of their friends been there.
"""

from __future__ import annotations

import numpy as np

from . import equations as eq
from .columns import ENTRY
from .market import Market, Observer
from .user import User, bits_of
from .week import WeekInProgress


class ThroughFriends(Observer):
    """Looks at everybody who registers.

    Who registers on an app in a week had a chance c₁ of it, and c₀ had no friend been present; of
    the chance to hear of it, in the week in which that happened, a part s did not come from
    friends. Friends brought the newcomer with probability 1 − s·c₀/c₁. Who knew the app when the
    market began heard of it elsewhere (s = 1).

    Attributes:
        newcomers, brought: people of each app by week, shape (weeks so far, M).
    """

    def __init__(self) -> None:
        self._newcomers, self._brought = list[list[float]](), list[list[float]]()

    @property
    def newcomers(self) -> np.ndarray:
        return np.array(self._newcomers)

    @property
    def brought(self) -> np.ndarray:
        return np.array(self._brought)

    def part(self, app: int, first: int = 0, end: int | None = None) -> float:
        """Of an app's newcomers of some weeks, the part that friends brought; nan without any."""
        came = self.newcomers[first:end, app].sum()
        return float(self.brought[first:end, app].sum() / came) if came else float("nan")

    def before_users(self, market: Market) -> None:
        state = market.state
        self._now = WeekInProgress(state, state.week, False)
        self._registered = state.people.registered.copy()
        self._aware = state.people.aware.copy()
        if not hasattr(self, "_heard_alone"):
            self._heard_alone = np.ones(state.people.taste.shape)

    def after_users(self, market: Market) -> None:
        people, m = market.people, len(market.config.messengers)
        aware = people.aware & ~self._aware
        new = people.registered & ~self._registered
        newcomers, brought = np.zeros(m), np.zeros(m)
        for i in np.flatnonzero(aware | new):
            user = User(market.state, int(i))
            user.begin(self._now)
            for a in bits_of(int(aware[i])):
                self.hears(user, a)
            for a in bits_of(int(new[i])):
                newcomers[a] += market.scale
                brought[a] += market.scale * self.joins(user, a)
        self._newcomers.append(newcomers.tolist())
        self._brought.append(brought.tolist())

    def hears(self, user: User, a: int) -> None:
        """A user hears of app a this week."""
        self._heard_alone[user.index, a] = heard_alone(user, a)

    def joins(self, user: User, a: int) -> float:
        """A user registers on app a this week: the part of that which friends have in it."""
        without = chance(user, a, 0.0) / chance(user, a, user.exposure[a])
        return float(1 - self._heard_alone[user.index, a] * without)


def heard_alone(user: User, a: int) -> float:
    """Part of the rate of hearing of app a that friends have no part in; 1 where there is no
    rate: a campaign let the user try it.
    """
    outside, word_of_mouth = user.now.terms.hear[user.region, a]
    rate = eq.hearing_rate(outside, word_of_mouth, user.exposure[a])
    return float(outside / rate) if rate > 0 else 1.0


def chance(
    user: User,
    a: int,
    exposure: float,
    *,
    free: bool = True,
    invite: float = 0.0,
    pushed: bool = True,
) -> float:
    """Chance of registering on app a this week of a user who knows it, had friends had this
    exposure to it.

    Args: free: its data is as free as it is. invite: a bonus taken away, logit. pushed: campaigns
        that let people try it are there.
    """
    now = user.now
    waived = now.rules.salience * user.terms_for(a)[0] if free else 0.0
    value = eq.registration_value(
        now.terms.cells[user.x, a, ENTRY] - invite,
        float(user.taste[a]),
        now.rules.network_effect,
        exposure,
        user.felt(waived, a),
    )
    willing = eq.registration_chance(now.rules.registration_rate, now.rules.beta * value)
    try_once = now.terms.try_once[user.region, a] if pushed else 0.0
    return float(eq.with_campaign(willing, try_once))
