"""What a seat has won: profit as it would be worth at the first round, and what its people are
worth, on average over the rounds and the silent weeks; the regulator, what people gained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..scenario import WEEKS_PER_BILL
from .setup import BILLS_AHEAD, REGULATOR, Setup

if TYPE_CHECKING:
    from ..market import Market
    from ..market.history import Floats

YEARLY_DISCOUNT = 0.10
"""Share by which money a year later is worth less; assumed."""
CONGESTION_COST = 0.1
"""Money per subscriber and week for each point (0 to 10) of congestion: complaints and repairs;
assumed.
"""
CONCENTRATION_COST = 4.0
"""What it costs each person in 4 weeks, in plan fees, that all monthly users are one app's (an HHI
of 1), and its part of that where it is less; assumed (1–8).
"""
BESIDE_FEES = ("overage_income", "sms_income", "voice_income")
"""A carrier's incomes from its subscribers beside the fees of plans."""
NOT_PROFIT = ("dividend",)
"""Ledger reasons that only move profit to owners."""


@dataclass(frozen=True)
class Score:
    """Money of the scenario, for the population.

    Attributes:
        profit: operating profit from the first round on, discounted; of an app with the core income
            that it brings its owners.
        people: what monthly users (of an app) or subscribers (of a carrier) are worth, on average
            over the weeks since the first round.
        congestion: what a crowded network has cost (0 for an app).
        concentration: what it has cost that few apps have most users (0 for all but the regulator).
    The regulator's `people` is what they gained from the first round on.
    """

    profit: float
    people: float
    congestion: float
    concentration: float = 0.0

    @property
    def total(self) -> float:
        return self.profit + self.people - self.congestion - self.concentration


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


def sponsored(setup: Setup, market: Market, since: int) -> dict[tuple[str, str], float]:
    """What each app paid each carrier for free data since a week, money by (app, carrier)."""
    paid: dict[tuple[str, str], float] = {}
    for line in market.ledger.since(since):
        if line.reason == "sponsored" and line.payer in setup.scenario.messengers:
            pair = (line.payer, line.payee)
            paid[pair] = paid.get(pair, 0.0) + line.rmb
    return paid


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


def concentration_cost(setup: Setup) -> float:
    """What a concentration of 1 costs all people in 4 weeks, money.

    By hand: 100 M people with plans of 10 and 20 RMB: 4 · 15 · 100 M = 6 bn RMB.
    """
    scenario = setup.scenario
    fees = [carrier.main_plan.fee for carrier in scenario.carriers.values()]
    return CONCENTRATION_COST * sum(fees) / len(fees) * scenario.population


def _booked(market: Market, since: int) -> Iterator[tuple[int, str, str, float]]:
    """What each account gets (above 0) and pays, line by line: week, account, reason, money; an app
    gets what its users bring its owners elsewhere.
    """
    for line in market.ledger.since(since):
        if line.reason not in NOT_PROFIT and line.payer != line.payee:
            yield line.week, line.payee, line.reason, line.rmb
            yield line.week, line.payer, line.reason, -line.rmb
    for owner in market.config.owners.values():
        for app, core in owner.core_income.items():
            active = market.history.series("app", app, "active")
            for week in range(WEEKS_PER_BILL - 1, len(active), WEEKS_PER_BILL):
                if week >= since:
                    people = float(active[week + 1 - WEEKS_PER_BILL : week + 1].sum())
                    yield week, app, "core income", core * people


def _left(setup: Setup, market: Market, seat: str) -> tuple[float, float, float]:
    """What the people of a seat are worth, what crowding cost, and what concentration did, money.

    By hand: 3 M monthly users in half of the weeks and 5 M in the others, at 27.6 RMB each, are
    worth 4 M · 27.6 = 110.4 M RMB.
    """

    def since_first(scope: str, name: str, series: str) -> Floats:
        return market.history.series(scope, name, series)[setup.first :]

    if seat == REGULATOR:
        surplus, hhi = (since_first("market", "", one) for one in ("consumer_surplus", "hhi_mau"))
        gained = float(np.nansum(surplus)) * WEEKS_PER_BILL
        weight = concentration_cost(setup) / WEEKS_PER_BILL
        return gained, 0.0, weight * float(np.nansum(hhi))
    if setup.kind(seat) == "app":
        return _mean(since_first("app", seat, "mau")) * setup.scenario.user_value(seat), 0.0, 0.0
    subscribers = since_first("carrier", seat, "subscribers")
    crowded = since_first("carrier", seat, "congestion") * subscribers
    carrier, people = setup.scenario.carriers[seat], _mean(subscribers)
    fees = people * carrier.main_plan.fee
    if len(menu := carrier.menu) > 1:
        fees = sum(
            _mean(since_first("plan", f"{seat}/{name}", "customers")) * plan.fee
            for name, plan in menu.items()
        )
    income, cost = _beside_fees(setup, market, seat)
    bill = (fees + people * income) * price_level(setup, market, seat) - people * cost
    return bill * BILLS_AHEAD, float(np.nansum(crowded)) * CONGESTION_COST, 0.0


def price_level(setup: Setup, market: Market, seat: str) -> float:
    """What a carrier's customers paid for plans, SMS and calls ÷ what the same cost at the story's
    prices, and 1 where they paid more: mean over the bills since the first round. Customers won by
    a cut are worth what they pay.

    By hand: in ten bills a fee is 9 and a SMS .09, which were 10 and .1; in the three of the silent
    weeks they are what they were. The level is (10 · .9 + 3) ÷ 13 = .923.
    """
    carrier = setup.scenario.carriers[seat]

    def monthly(series: str) -> Floats:
        weeks = market.history.series("carrier", seat, series)
        return weeks[: len(weeks) // WEEKS_PER_BILL * WEEKS_PER_BILL].reshape(-1, WEEKS_PER_BILL)

    billed = monthly("subscribers")[:, -1] * carrier.main_plan.fee
    if len(menu := carrier.menu) > 1:
        for n, (name, plan) in enumerate(menu.items()):
            customers = market.history.series("plan", f"{seat}/{name}", "customers")
            on_plan = customers[WEEKS_PER_BILL - 1 :: WEEKS_PER_BILL][:-1] * plan.fee
            billed[1:] = on_plan + (billed[1:] if n else 0.0)
    usual = (
        billed
        + monthly("sms").sum(axis=1) * carrier.sms_price
        + monthly("phone_minutes").sum(axis=1) * carrier.voice_price
    )
    paid = sum(monthly(series)[:, -1] for series in ("plan_income", "sms_income", "voice_income"))
    since = slice(setup.first // WEEKS_PER_BILL, None)
    level = np.divide(paid, usual, out=np.ones_like(usual), where=usual > 0)
    return _mean(np.minimum(level, 1.0)[since])


def _beside_fees(setup: Setup, market: Market, seat: str) -> tuple[float, float]:
    """What a subscriber brought a carrier beside fees, and what it cost, in the last bill before
    the first round, at the story's prices, money.
    """

    def then(series: str) -> float:
        return float(market.history.series("carrier", seat, series)[setup.first - 1])

    if not (people := then("subscribers")):
        return 0.0, 0.0
    return sum(map(then, BESIDE_FEES)) / people, then("cost") / people


def _mean(values: Floats) -> float:
    """Mean of the weeks that have a value; 0 if none has."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
