"""G1 to G3: what Free Facebook did at Globe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..market import Market, run
from ..market.people import monthly
from ..scenario import Scenario
from ..scenario.actors import pays_as_it_goes
from ..scenario.fields import KIB
from .facts import Figures

CARRIER, APP, FIRST, SECOND = "globe", "facebook", "free_facebook", "free_facebook_again"
DATA_INCOME = ("plan_income", "overage_income", "pack_income")
SOON = 4
"""Weeks: some 30 days."""


class Customers:
    """What is seen of a carrier's customers after every week.

    Attributes:
        app, data: share of them who used the app, or any, in the last 4 weeks; by week.
        newcomers: people of them who open an account for the first time, with any app; by week.
        since: of everybody, the week of their first account, −1 without one or from the start.
        paid: of everybody, whether they paid for data within `SOON` weeks of it: for a plan, or
            for at least a MB that an app used.
    """

    def __init__(self, carrier: str, app: str) -> None:
        self.carrier, self.of = carrier, app
        self.app, self.data, self.newcomers = list[float](), list[float](), list[int]()
        self.registered = np.zeros(0, bool)

    def _begin(self, market: Market) -> None:
        menus = [
            [not pays_as_it_goes(plan) for plan in carrier.menu.values()]
            for carrier in market.config.carriers.values()
        ]
        most = max(map(len, menus))
        self.buys = np.array([[*menu, *[False] * (most - len(menu))] for menu in menus])
        self.since = np.full(len(market.people.carrier), -1)
        self.paid = np.zeros(len(self.since), bool)

    def __call__(self, market: Market) -> None:
        mine = market.people.carrier == list(market.config.carriers).index(self.carrier)
        apps = monthly(market.people, slice(None)) & market.people.registered
        has = apps >> market.config.messengers.index(self.of) & 1 == 1
        self.app.append(float(has[mine].mean()))
        self.data.append(float((apps > 0)[mine].mean()))
        has_any = market.people.registered > 0
        if not len(self.registered):
            self.registered = has_any
            self._begin(market)
        new = has_any & mine & ~self.registered
        self.newcomers.append(int(new.sum()))
        self.registered = self.registered | has_any
        people, week = market.people, market.week - 1
        self.since[new] = week
        plan = people.plan if len(people.plan) else np.zeros(len(people.carrier), np.uint8)
        pays = (self.buys[people.carrier, plan]) | (people.billed >= KIB)
        self.paid |= pays & (self.since >= 0) & (week <= self.since + SOON)


def free_at_globe(scenario: Scenario, seed: int) -> Figures:
    """G1 and G2 from one run of philippines-2013."""
    customers = Customers(CARRIER, APP)
    one = run(scenario, seed, on_week=customers)
    offers = {offer["name"]: offer for offer in one.offers}
    start, end, again, over = (
        offers[name][side] for name in (FIRST, SECOND) for side in ("start", "end")
    )
    income = np.sum(
        [np.nan_to_num(one.history.series("carrier", CARRIER, name)) for name in DATA_INCOME],
        axis=0,
    )

    def share(values: list[float], week: int) -> float:
        return values[week] if week < len(values) else np.nan

    def rate(values: list[int] | NDArray[np.float64], first: int, last: int) -> float:
        """A week, on the average; nan where the run was too short."""
        return float(np.mean(values[first:last])) if last <= len(values) else np.nan

    return {
        "G1": share(customers.app, end - 1) / share(customers.app, start - 1) - 1,
        "G1b": share(customers.data, end - 1) / share(customers.data, start - 1),
        "G1c": rate(customers.newcomers, end, again) / rate(customers.newcomers, 1, start),
        "G1d": rate(income, end, again) / rate(income, 0, start),
        "G3 pay": pays_soon(customers, start, end),
        "G3 faster": rate(customers.newcomers, start, end) / rate(customers.newcomers, 1, start),
        "G2": share(customers.app, over - 1) / share(customers.app, again - 1) - 1,
    }


def pays_soon(customers: Customers, start: int, end: int) -> float:
    """Of those who opened their first account while it was free, and long enough before the end,
    the share that soon paid for data; nan without any.
    """
    came = (customers.since >= start) & (customers.since < end - SOON)
    return float(customers.paid[came].mean()) if came.any() else np.nan
