"""What is told after a round: to everybody, and to each seat alone. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..players.observation import Public
from ..scenario import WEEKS_PER_BILL
from .scores import flows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .table import GameTable


@dataclass(frozen=True)
class RoundReport:
    """A game after a round.

    Attributes:
        week: the next to run. digest: equal for equal games. played: rounds.
        public: {date, population, apps: {name: {active, registered: weekly people, mau, before}},
            carriers: {name: {subscribers, data_price, fee, cap_mb, sms_price, ask, load, before}},
            offers, news, rule, hhi, hhi_mau, consumer_surplus, unsponsored_price, sms}; before:
            active people or subscribers at the end of the round before.
        seats: of each, {cash, income, spending: money of the last round by reason, profit,
            profit_before: of the round before it, unmatched: [(app, carrier, reason)], lapsed: what
            ended since it had no cash left, why: {term: (before, now)}}.
        views: what each seat sees when it decides, for forms and checks.
    """

    week: int
    played: int
    digest: str
    public: dict[str, Any]
    seats: dict[str, dict[str, Any]]
    views: dict[str, Public]


def round_report(table: GameTable) -> RoundReport:
    """What a game has to tell now."""
    from ..market.digest import digest

    market, setup = table.market, table.setup
    return RoundReport(
        market.week,
        table.played,
        digest(market),
        public(table),
        {seat: private(table, seat) for seat in setup.seats},
        {seat: table.view(seat) for seat in setup.seats},
    )


def public(table: GameTable) -> dict[str, Any]:
    """What everybody may know."""
    market, scenario = table.market, table.setup.scenario
    series, week = market.history.series, market.week
    apps = {
        name: {
            "active": _weekly(series("app", name, "active")),
            "registered": _weekly(series("app", name, "registered")),
            "mau": _last(series("app", name, "mau")),
            "before": _before(series("app", name, "active")),
        }
        for name in scenario.messengers
    }
    carriers = {
        c.name: {
            "subscribers": _last(series("carrier", c.name, "subscribers")),
            "data_price": c.plan.overage,
            "fee": c.plan.fee,
            "cap_mb": c.plan.cap_mb,
            "sms_price": c.sms_price,
            "ask": c.wholesale,
            "load": c.load,
            "before": _before(series("carrier", c.name, "subscribers")),
        }
        for c in market.carriers
    }
    offers = [
        {
            "name": o.name,
            "apps": list(o.apps),
            "carriers": list(o.carriers),
            "regions": {c: list(market.book.regions_at(o, c)) for c in o.carriers},
            "allowance_mb": o.allowance_mb,
            "exclusive": o.exclusive,
            "payer": o.payer,
            "since": o.start,
            "end": o.end,
        }
        for o in market.running_offers()
    ]
    news = [
        event.model_dump(mode="json")
        for event in scenario.events
        if week - WEEKS_PER_BILL <= scenario.week_of(event.when) < week and event.kind == "news"
    ]
    figures = {
        name: _last(series("market", "", name))
        for name in ("hhi", "hhi_mau", "consumer_surplus", "unsponsored_price", "sms")
    }
    return {
        "date": scenario.date_of(week).isoformat(),
        "population": scenario.population,
        "apps": apps,
        "carriers": carriers,
        "offers": offers,
        "news": news,
        "rule": market.regulator.rule,
        **figures,
    }


def private(table: GameTable, seat: str) -> dict[str, Any]:
    """What a seat alone may know."""
    market, week = table.market, table.market.week
    income, spending = flows(market, seat, week - WEEKS_PER_BILL)
    earlier = flows(market, seat, week - 2 * WEEKS_PER_BILL, week - WEEKS_PER_BILL)
    found: dict[str, Any] = {
        "cash": market.ledger.cash.get(seat, 0.0),
        "income": income,
        "spending": spending,
        "profit": sum(income.values()) - sum(spending.values()),
        "profit_before": sum(earlier[0].values()) - sum(earlier[1].values()),
        "unmatched": [one for one in table.refused if seat in one[:2]],
        "lapsed": [
            {
                "week": one.week,
                "cash": one.cash,
                "offers": [
                    {"apps": list(o.apps), "carriers": list(o.carriers)}
                    for o in map(market.book.__getitem__, one.offers)
                ],
            }
            for one in market.lapsed
            if one.payer == seat and week - WEEKS_PER_BILL < one.week <= week
        ],
        "why": {},
    }
    if table.setup.kind(seat) == "app" and len(table.watching.terms) == 2:
        before, now = (terms.get(seat, {}) for terms in table.watching.terms)
        found["why"] = {term: (before.get(term, 0.0), value) for term, value in now.items()}
    return found


def _weekly(values: NDArray[np.float64]) -> list[float]:
    return [round(float(v), 1) for v in np.nan_to_num(values)]


def _last(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else 0.0


def _before(values: NDArray[np.float64]) -> float:
    """What the last value was a round ago, or at the start."""
    return float(np.nan_to_num(values[max(0, len(values) - 1 - WEEKS_PER_BILL)]))
