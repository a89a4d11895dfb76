"""Looks at a running market, and at copies of it in which one thing is changed for some weeks."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from ..market import Market
from ..market.people import monthly
from ..scenario.offers import Outage

DOSE = -3.0
"""Logit: with it people use WeChat a good third less, as those did who were paid for it."""
TREATED, WEEKS, AFTER = 10, 3, 6
"""One in so many users is treated, for so many weeks, and looked at for so many more."""
OFF, LATER = 1, 4
"""Weeks that an app is out of order, and weeks after them in which it can come back."""


class Branch(ABC):
    """A market beside a copy of it that goes its own way from a week on; called after every week.

    Attributes:
        week, weeks: the first week of the copy's own way, and how many it goes.
        here, there: what was seen of the market and of its copy in these weeks.
    """

    def __init__(self, week: int, weeks: int) -> None:
        self.week, self.weeks = week, weeks
        self.here, self.there = list[NDArray[np.float64]](), list[NDArray[np.float64]]()

    def __call__(self, market: Market) -> None:
        if market.week == self.week:
            copy = market.copy()
            for week in range(self.weeks):
                self.change(copy, week)
                copy.step()
                self.there.append(self.measurement(copy))
        elif self.week < market.week <= self.week + self.weeks:
            self.here.append(self.measurement(market))

    @property
    def gap(self) -> NDArray[np.float64]:
        """The copy less the market, by week; nan where the run was too short."""
        lost = self.weeks - len(self.here)
        there = np.array(self.there) if self.there else np.full((self.weeks, 1), np.nan)
        return there - np.array([*self.here, *[np.full(there.shape[1:], np.nan)] * lost])

    @abstractmethod
    def change(self, copy: Market, week: int) -> None:
        """Before each week of the copy, its first being 0."""

    @abstractmethod
    def measurement(self, market: Market) -> NDArray[np.float64]:
        """After each week, of both."""


class Treatment(Branch):
    """An experiment: one in `TREATED` users of an app, drawn by chance, likes it less for `WEEKS`
    weeks; seen is how many of them use it. So few have hardly a treated friend: what lasts is
    their own habit.
    """

    def __init__(self, week: int, app: str) -> None:
        super().__init__(week, WEEKS + AFTER)
        self.app, self.users = app, np.zeros(0, np.int64)

    def change(self, copy: Market, week: int) -> None:
        bit, people = copy.config.messengers.index(self.app), copy.people
        if week == 0:
            users = np.flatnonzero(monthly(people, slice(None)) >> bit & 1)
            luck = np.random.default_rng([self.week, copy.config.society.users])
            self.users = np.sort(luck.permutation(users)[: len(users) // TREATED])
            self.usual = people.taste[self.users, bit].copy()
            people.taste[self.users, bit] += DOSE
        elif week == WEEKS:
            people.taste[self.users, bit] = self.usual

    def measurement(self, market: Market) -> NDArray[np.float64]:
        bit, active = market.config.messengers.index(self.app), market.people.reach
        return np.array([(active[market.last_half, 0, self.users] >> bit & 1).sum()], float)


class OutOfOrder(Branch):
    """An app does not work for `OFF` weeks; seen are the messengers' shares of all people who are
    active on them.
    """

    def __init__(self, week: int, app: str) -> None:
        super().__init__(week, OFF + LATER)
        self.app = app

    def change(self, copy: Market, week: int) -> None:
        if week == 0:
            copy.happen(Outage(kind="outage", app=self.app, when=copy.week, weeks=OFF))

    def measurement(self, market: Market) -> NDArray[np.float64]:
        return np.array(market.active_shares())


class Together:
    """How many messengers each of those has who used any in the last 4 weeks, against choices
    that do not hang together.

    Attributes:
        observed: shares of people with 1, 2, … messengers. independent: what the same shares of
            messengers would give if people chose each by itself.
    """

    def __init__(self, week: int) -> None:
        self.week = week
        self.observed = self.independent = np.full(8, np.nan)

    def __call__(self, market: Market) -> None:
        if market.week == self.week:
            apps = monthly(market.people, slice(None)) & market.people.registered
            self.observed, self.independent = numbers_of(apps, len(market.config.messengers))


def numbers_of(
    apps: NDArray[np.uint8], messengers: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of people with 1, 2, … messengers among those with any, and under independence."""
    users = apps[apps > 0]
    has = users[:, None] >> np.arange(messengers) & 1
    counts = np.bincount(has.sum(axis=1), minlength=messengers + 1)[1:]
    chances = np.ones(1)
    for share in has.mean(axis=0):
        chances = np.convolve(chances, [1 - share, share])
    return counts / len(users), chances[1:] / chances[1:].sum()
