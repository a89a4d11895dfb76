"""What a seat has won: profit as it would be worth at the first round, and what it leaves with
after the silent weeks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .setup import Setup

if TYPE_CHECKING:
    from ..market import Market

YEARLY_DISCOUNT = 0.10
"""Share by which money a year later is worth less; assumed."""
FEES_AHEAD = 13
"""Bills (of 4 weeks) whose fee a subscriber is worth to a carrier: a year's; assumed."""
CONGESTION_COST = 0.1
"""Money per subscriber and week for each point (0 to 10) of congestion: complaints and repairs;
assumed.
"""
NOT_PROFIT = ("dividend",)
"""Ledger reasons that only move profit to owners."""


@dataclass(frozen=True)
class Score:
    """Money of the scenario, for the population.

    Attributes:
        profit: operating profit from the first round on, discounted.
        people: what monthly users (of an app) or subscribers (of a carrier) at the end are worth.
        congestion: what a crowded network has cost (0 for an app).
    """

    profit: float
    people: float
    congestion: float

    @property
    def total(self) -> float:
        return self.profit + self.people - self.congestion


def flows(
    market: Market, seat: str, since: int, until: int | None = None
) -> tuple[dict[str, float], dict[str, float]]:
    """Income and spending of a seat by reason, over weeks since … until − 1."""
    income, spending = dict[str, float](), dict[str, float]()
    for week, account, reason, money in _booked(market, since):
        if account == seat and money and (until is None or week < until):
            side = income if money > 0 else spending
            side[reason] = side.get(reason, 0.0) + abs(money)
    return income, spending


def scores(setup: Setup, market: Market) -> dict[str, Score]:
    """Scores by seat, of a market after the silent weeks."""
    by_week: dict[str, dict[int, float]] = {seat: {} for seat in setup.seats}
    for week, account, _, money in _booked(market, setup.first):
        if account in by_week:
            by_week[account][week] = by_week[account].get(week, 0.0) + money
    return {
        seat: Score(
            sum(
                money / (1 + YEARLY_DISCOUNT) ** ((week - setup.first) / 52)
                for week, money in weeks.items()
            ),
            *_left(setup, market, seat),
        )
        for seat, weeks in by_week.items()
    }


def _booked(market: Market, since: int) -> Iterator[tuple[int, str, str, float]]:
    """What each account gets (above 0) and pays, line by line: week, account, reason, money."""
    for line in market.ledger.lines:
        if line.week >= since and line.reason not in NOT_PROFIT and line.payer != line.payee:
            yield line.week, line.payee, line.reason, line.rmb
            yield line.week, line.payer, line.reason, -line.rmb


def _left(setup: Setup, market: Market, seat: str) -> tuple[float, float]:
    series = market.history.series
    if setup.kind(seat) == "app":
        return float(series("app", seat, "mau")[-1]) * setup.scenario.user_value(seat), 0.0
    subscribers, carrier = series("carrier", seat, "subscribers"), setup.scenario.carriers[seat]
    crowded = series("carrier", seat, "congestion")[setup.first :] * subscribers[setup.first :]
    fees = float(subscribers[-1]) * carrier.main_plan.fee
    if len(menu := carrier.menu) > 1:
        held = {name: series("plan", f"{seat}/{name}", "customers") for name in menu}
        fees = sum(float(held[name][~np.isnan(held[name])][-1]) * menu[name].fee for name in menu)
    return fees * FEES_AHEAD, float(np.nansum(crowded)) * CONGESTION_COST
