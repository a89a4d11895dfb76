"""G1 to G3: what Free Facebook did at Globe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..market import Market, run
from ..market.people import monthly
from ..scenario import Scenario
from .facts import Figures

CARRIER, APP, FIRST, SECOND = "globe", "facebook", "free_facebook", "free_facebook_again"
DATA_INCOME = ("plan_income", "overage_income", "pack_income")


class Customers:
    """What is seen of a carrier's customers after every week.

    Attributes:
        app, data: share of them who used the app, or any, in the last 4 weeks; by week.
        newcomers: people of them who use any app for the first time; by week.
    """

    def __init__(self, carrier: str, app: str) -> None:
        self.carrier, self.of = carrier, app
        self.app, self.data, self.newcomers = list[float](), list[float](), list[int]()
        self.known = np.zeros(0, bool)

    def __call__(self, market: Market) -> None:
        mine = market.people.carrier == list(market.config.carriers).index(self.carrier)
        apps = monthly(market.people, slice(None)) & market.people.registered
        has = apps >> market.config.messengers.index(self.of) & 1 == 1
        self.app.append(float(has[mine].mean()))
        self.data.append(float((apps > 0)[mine].mean()))
        if not len(self.known):
            self.known = apps > 0
        self.newcomers.append(int(((apps > 0) & mine & ~self.known).sum()))
        self.known |= apps > 0


def free_at_globe(scenario: Scenario, seed: int) -> Figures:
    """G1 and G2 from one run of philippines-2013."""
    seen = Customers(CARRIER, APP)
    one = run(scenario, seed, on_week=seen)
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
        "G1": share(seen.app, end - 1) / share(seen.app, start - 1) - 1,
        "G1b": share(seen.data, end - 1) / share(seen.data, start - 1),
        "G1c": rate(seen.newcomers, end, again) / rate(seen.newcomers, 1, start),
        "G1d": rate(income, end, again) / rate(income, 0, start),
        "G2": share(seen.app, over - 1) / share(seen.app, again - 1) - 1,
    }
