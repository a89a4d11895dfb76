"""What is told after a round: to everybody, and to each seat alone. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from ..players.observation import Public
from ..scenario import WEEKS_PER_BILL
from .news import Headline, news
from .scores import flows
from .twins import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .table import GameTable
    from .twins import Twins


class AppFacts(TypedDict):
    """Of an app, people by week, and monthly ones; `before`: active at the end of the round
    before; newcomers: who registered in the last round, and those of them whom friends brought.
    """

    active: list[float]
    registered: list[float]
    mau: float
    before: float
    newcomers: float
    through_friends: float


class CarrierFacts(TypedDict):
    """Of a carrier: people, prices (money), MB; `before`: subscribers at the end of the round
    before.
    """

    subscribers: float
    data_price: float
    fee: float
    cap_mb: float
    sms_price: float
    ask: float
    load: float
    before: float


class PlaceFacts(TypedDict):
    """People who live in a region, and who is active on each app, by week: before the last round
    and in each of its weeks.
    """

    people: float
    active: dict[str, list[float]]


class PublicFacts(TypedDict):
    """What everybody may know; figures of the last week. `news`: of the story, `headlines`: of the
    last round.
    """

    date: str
    population: float
    apps: dict[str, AppFacts]
    carriers: dict[str, CarrierFacts]
    offers: list[dict[str, Any]]
    news: list[dict[str, Any]]
    headlines: list[Headline]
    places: dict[str, PlaceFacts]
    rule: str
    hhi: float
    hhi_mau: float
    consumer_surplus: float
    unsponsored_price: float
    sms: float


class SeatFacts(TypedDict):
    """What a seat alone may know, money.

    `income`, `spending`: of the last round by reason; `profit_before`: of the round before it;
    `unmatched`: (app, carrier, reason); `lapsed`: what ended since it had no cash left; `why`:
    of an app, people gained by reason (`game.why`), lost ones negative.
    """

    cash: float
    income: dict[str, float]
    spending: dict[str, float]
    profit: float
    profit_before: float
    unmatched: list[tuple[str, str, str]]
    lapsed: list[dict[str, Any]]
    standing: Progress | None
    why: dict[str, float]


@dataclass(frozen=True)
class RoundReport:
    """A game after a round.

    Attributes:
        week: the next to run. digest: equal for equal games. played: rounds.
        views: what each seat sees when it decides, for forms
            and checks.
    """

    week: int
    played: int
    digest: str
    public: PublicFacts
    seats: dict[str, SeatFacts]
    views: dict[str, Public]


def round_report(table: GameTable, twins: Twins | None = None) -> RoundReport:
    """What a game has to tell now; with `twins`, how their seats stand."""
    from ..market.digest import digest

    market, setup = table.market, table.setup
    stands = twins.standings(table) if twins else {}
    return RoundReport(
        market.week,
        table.played,
        digest(market),
        public(table),
        {seat: {**private(table, seat), "standing": stands.get(seat)} for seat in setup.seats},
        table.views(setup.seats),
    )


def public(table: GameTable) -> PublicFacts:
    """What everybody may know."""
    market, scenario = table.market, table.setup.scenario
    series, week, seen = market.history.series, market.week, table.watching
    apps: dict[str, AppFacts] = {
        name: {
            "active": _weekly(series("app", name, "active")),
            "registered": _weekly(series("app", name, "registered")),
            "mau": _last(series("app", name, "mau")),
            "before": _before(series("app", name, "active")),
            "newcomers": came,
            "through_friends": brought,
        }
        for name, came, brought in zip(
            scenario.messengers,
            *(_round(w, len(scenario.messengers)) for w in (seen.newcomers, seen.brought)),
            strict=True,
        )
    }
    carriers: dict[str, CarrierFacts] = {
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
    told = [
        event.model_dump(mode="json")
        for event in scenario.events
        if week - WEEKS_PER_BILL <= scenario.week_of(event.when) < week and event.kind == "news"
    ]
    return {
        "date": scenario.date_of(week).isoformat(),
        "population": scenario.population,
        "apps": apps,
        "carriers": carriers,
        "offers": offers,
        "news": told,
        "headlines": news(table, offers),
        "places": _places(table),
        "rule": market.regulator.rule,
        "hhi": _last(series("market", "", "hhi")),
        "hhi_mau": _last(series("market", "", "hhi_mau")),
        "consumer_surplus": _last(series("market", "", "consumer_surplus")),
        "unsponsored_price": _last(series("market", "", "unsponsored_price")),
        "sms": _last(series("market", "", "sms")),
    }


def _places(table: GameTable) -> dict[str, PlaceFacts]:
    """How the weeks of the last round went in each region."""
    market, apps = table.market, table.setup.scenario.messengers
    end = market.week
    weeks = market.history.region[max(0, end - 1 - WEEKS_PER_BILL) : end, :, :, 0]
    return {
        region: {
            "people": float(market.state.heads[r]),
            "active": {app: _weekly(weeks[:, r, k]) for k, app in enumerate(apps)},
        }
        for r, region in enumerate(market.regions)
    }


def private(table: GameTable, seat: str) -> SeatFacts:
    """What a seat alone may know."""
    market, week = table.market, table.market.week
    income, spending = flows(market, seat, week - WEEKS_PER_BILL)
    earlier = flows(market, seat, week - 2 * WEEKS_PER_BILL, week - WEEKS_PER_BILL)
    facts: SeatFacts = {
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
        "standing": None,
        "why": table.watching.why.get(seat, {}),
    }
    return facts


def _weekly(values: NDArray[np.float64]) -> list[float]:
    return [round(float(v), 1) for v in np.nan_to_num(values)]


def _round(weeks: NDArray[np.float64], apps: int) -> list[float]:
    """Of each app, the sum over the last round of people by week, shape (weeks, M)."""
    return np.round(weeks.reshape(-1, apps)[-WEEKS_PER_BILL:].sum(axis=0), 1).tolist()


def _last(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else 0.0


def _before(values: NDArray[np.float64]) -> float:
    """What the last value was a round ago, or at the start."""
    return float(np.nan_to_num(values[max(0, len(values) - 1 - WEEKS_PER_BILL)]))
