"""Why users come and go: the model's own terms, averaged over a sample of an app's users."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from ..market import Observer, User
from ..market.week import WeekInProgress
from ..scenario import WEEKS_PER_BILL

if TYPE_CHECKING:
    from ..market import Market

SAMPLE = 240
"""Users looked at, evenly over the society; always the same ones."""
TERMS = ("base", "taste", "friends", "habit", "price", "crowding")
"""Quality and campaigns, taste, friends on it, habit, the felt price of its data, other apps
with friends: logit.
"""

type Why = dict[str, float]


class Watching(Observer):
    """Looks at a sample of people in the last week of each bill.

    Attributes:
        terms: by app, mean terms of the value of use for registered people of the sample; the last
            two bills, oldest first.
    """

    def __init__(self) -> None:
        self.terms: list[dict[str, Why]] = []

    def before_users(self, market: Market) -> None:
        if market.week % WEEKS_PER_BILL == WEEKS_PER_BILL - 1:
            self.terms = [*self.terms[-1:], looked_at(market, market.week)]


def looked_at(market: Market, week: int) -> dict[str, Why]:
    """Mean terms by app of the registered people in the sample; an app without any is not there."""
    now, n = WeekInProgress(market.state, week, False), market.config.society.users
    found: dict[str, list[tuple[float, ...]]] = {}
    for index in range(0, n, max(1, n // SAMPLE)):
        user = User(market.state, index)
        user.begin(now)
        for a, name in enumerate(market.config.messengers):
            if user.can & user.registered & 1 << a:
                base, taste, network, exposure, sticky, habit, felt, crowding, elsewhere = user.why(
                    a
                )
                found.setdefault(name, []).append(
                    (base, taste, network * exposure, sticky * habit, -felt, -crowding * elsewhere)
                )
    return {
        name: dict(
            zip(TERMS, (fmean(map(float, term)) for term in zip(*rows, strict=True)), strict=True)
        )
        for name, rows in found.items()
    }
