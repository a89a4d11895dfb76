"""What happened, week by week: one array per kind of actor, filled while the market runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..scenario import WEEKS_PER_BILL
from .billing import GIVEN
from .columns import (
    ACTIVE,
    AWARE,
    BILL_KIB,
    FREE,
    FREE_KIB,
    MONTHLY,
    REGISTERED,
    WIFI_KIB,
    BillTally,
    Tally,
    heads_by_app,
)
from .equations import KIB

if TYPE_CHECKING:
    import pandas as pd

    from .market import Market

type Floats = NDArray[np.float64]

SERIES: dict[str, tuple[str, ...]] = {
    "app": (
        "registered",
        "active",
        "mau",
        "aware",
        "joined",
        "free_users",
        "messages",
        "call_minutes",
        "mb",
        "sponsored_mb",
        "income",
        "cash",
        "quality",
        "main",
        "habit",
    ),
    "carrier": (
        "subscribers",
        "mb",
        "sponsored_mb",
        "wifi_mb",
        "sms",
        "phone_minutes",
        "load",
        "congestion",
        "data_price",
        "plan_income",
        "overage_income",
        "sms_income",
        "voice_income",
        "sponsor_income",
        "pack_income",
        "surcharge_income",
        "cost",
        "cash",
    ),
    "offer": ("users", "active", "mb", "bill"),
    "market": (
        "hhi",
        "hhi_mau",
        "apps_per_user",
        "consumer_surplus",
        "surplus_q1",
        "surplus_q2",
        "surplus_q3",
        "surplus_q4",
        "unsponsored_price",
        "sms",
        "nobody",
    ),
}
"""Names of the weekly series by scope; their units and definitions stand in `words`."""

APP = {name: k for k, name in enumerate(SERIES["app"])}
CARRIER = {name: k for k, name in enumerate(SERIES["carrier"])}
MARKET = {name: k for k, name in enumerate(SERIES["market"])}
INCOME = {
    "plan_income": ("plan",),
    "overage_income": ("overage",),
    "sms_income": ("sms",),
    "voice_income": ("voice",),
    "sponsor_income": GIVEN,
    "pack_income": ("pack",),
    "surcharge_income": ("surcharge",),
}
"""Ledger reasons behind each of a carrier's incomes."""

GAINED = (
    "ads",
    "desktop ads",
    "payments",
    "business",
    "platform",
    "games",
    "shopping",
    "voice",
    "video",
    "function",
)
"""Ledger reasons of an app's income."""


class History:
    """Weekly series of one run; what a week does not have is nan (incomes stand in bill weeks
    only).

    Attributes:
        app: (weeks, T, 15). carrier: (weeks, C, 18). offer: (weeks, O, 4). market: (weeks, 11).
        region: (weeks, R, M, 2) active and registered people. by_carrier: (weeks, C, M, 2) the same
            by carrier.
        weeks: recorded so far.
    """

    def __init__(self, market: Market) -> None:
        weeks, m = market.config.weeks, len(market.config.messengers)
        self.names = {
            "app": [a.name for a in market.apps],
            "carrier": [c.name for c in market.carriers],
            "region": list(market.config.society.regions),
            "offer": [],
            "market": [""],
        }
        self.messengers = market.config.messengers
        shape = {"app": len(market.apps), "carrier": len(market.carriers), "offer": 0}
        self.app, self.carrier, self.offer = (
            np.full((weeks, k, len(SERIES[s])), np.nan) for s, k in shape.items()
        )
        self.market = np.full((weeks, len(SERIES["market"])), np.nan)
        self.region = np.zeros((weeks, len(self.names["region"]), m, 2))
        self.by_carrier = np.zeros((weeks, len(self.names["carrier"]), m, 2))
        self.weeks = 0

    def room_for(self, weeks: int, offers: list[str]) -> None:
        """Make place for offers that came up, and for a run longer than planned."""
        new, extra = len(offers) - self.offer.shape[1], weeks - len(self.market)
        if new > 0:
            self.offer = np.pad(self.offer, ((0, 0), (0, new), (0, 0)), constant_values=np.nan)
            self.names["offer"] = list(offers)
        for field in (
            ("app", "carrier", "offer", "market", "region", "by_carrier") if extra > 0 else ()
        ):
            old, blank = getattr(self, field), 0.0 if field in ("region", "by_carrier") else np.nan
            setattr(
                self,
                field,
                np.pad(old, [(0, extra), *[(0, 0)] * (old.ndim - 1)], constant_values=blank),
            )

    def series(self, scope: str, name: str, series: str) -> Floats:
        """One weekly series, shape (weeks so far,). Region series are called "active.<app>",
        "registered.<app>".

        Raises KeyError: there is no such scope, name or series.
        """
        names = self.names.get(scope, [])
        if name not in names:
            raise KeyError(f"no {scope} '{name}'; there is: {', '.join(names)}")
        i = names.index(name)
        if scope == "region":
            kind, _, app = series.partition(".")
            return self.region[
                : self.weeks, i, self.messengers.index(app), ("active", "registered").index(kind)
            ]
        if series not in SERIES[scope]:
            raise KeyError(f"no series '{series}' of {scope}; there is: {', '.join(SERIES[scope])}")
        column = SERIES[scope].index(series)
        table: Floats = self.market if scope == "market" else getattr(self, scope)
        return table[: self.weeks, column] if scope == "market" else table[: self.weeks, i, column]

    def all(self) -> Iterator[tuple[str, str, str, Floats]]:
        """Every series as (scope, name, series, values)."""
        for scope, names in self.names.items():
            kinds = SERIES.get(scope) or [
                f"{k}.{a}" for k in ("active", "registered") for a in self.messengers
            ]
            for name in names:
                for kind in kinds:
                    yield scope, name, kind, self.series(scope, name, kind)

    def frame(self) -> pd.DataFrame:
        """All series in long form: week, scope, name, series, value (without nan)."""
        import pandas as pd

        parts = [
            pd.DataFrame(
                {"week": np.arange(self.weeks), "scope": s, "name": n, "series": k, "value": v}
            )
            for s, n, k, v in self.all()
        ]
        return pd.concat(parts, ignore_index=True).dropna(subset=["value"]).reset_index(drop=True)

    def arrays(self) -> list[NDArray[Any]]:
        """Every recorded array, for digests."""
        return [
            a[: self.weeks]
            for a in (self.app, self.carrier, self.offer, self.market, self.region, self.by_carrier)
        ]


def concentration(amounts: NDArray[np.float64]) -> float:
    """Herfindahl–Hirschman index of amounts, 0…1; nan if all are zero."""
    total = amounts.sum()
    return float(((amounts / total) ** 2).sum()) if total > 0 else float("nan")


def record_week(market: Market, tally: Tally) -> None:
    """Write this week's row. People, messages and MB are for the population."""
    history, week, scale = market.history, market.week, market.scale
    m, c, r = len(market.config.messengers), len(market.carriers), len(market.regions)
    by_cell = heads_by_app(tally.heads, m)
    heads = by_cell.sum(axis=1)
    app = history.app[week]
    for name, kind in (
        ("registered", REGISTERED),
        ("active", ACTIVE),
        ("mau", MONTHLY),
        ("aware", AWARE),
        ("free_users", FREE),
    ):
        app[:m, APP[name]] = heads[:, kind] * scale
    app[:m, APP["joined"]] = tally.joined.sum(axis=1) * scale
    app[:m, APP["messages"]] = tally.messages * scale
    app[:m, APP["call_minutes"]] = tally.minutes * scale
    app[:m, APP["main"]] = tally.main[:m] * scale
    app[:m, APP["quality"]] = [a.theta(week) for a in market.apps[:m]]
    kib = tally.data.sum(axis=1)
    app[:, APP["mb"]] = kib.sum(axis=1) / KIB * scale
    app[:, APP["sponsored_mb"]] = kib[:, FREE_KIB] / KIB * scale
    app[:, APP["cash"]] = [market.ledger.cash[a.name] for a in market.apps]
    app[m:, APP["active"]] = [a.config.reach * market.config.population for a in market.apps[m:]]
    _record_carriers(market, tally, history.carrier[week])
    by_place = by_cell[:, :, [ACTIVE, REGISTERED]].reshape(m, c, r, 2) * scale
    history.by_carrier[week] = by_place.sum(axis=2).transpose(1, 0, 2)
    history.region[week] = by_place.sum(axis=1).transpose(1, 0, 2)
    row = history.market[week]
    row[MARKET["hhi"]] = concentration(tally.messages)
    row[MARKET["hhi_mau"]] = concentration(heads[:, MONTHLY].astype(float))
    users = (heads[:, ACTIVE].sum(), len(market.people.carrier) - tally.main[m])
    row[MARKET["apps_per_user"]] = users[0] / users[1] if users[1] else 0.0
    row[MARKET["sms"]] = tally.sms.sum() * scale
    row[MARKET["nobody"]] = tally.main[m] * scale
    history.weeks = week + 1


def _record_carriers(market: Market, tally: Tally, row: NDArray[np.float64]) -> None:
    c, r, scale = len(market.carriers), len(market.regions), market.scale
    kib = tally.data.reshape(len(market.apps), c, r, 3).sum(axis=(0, 2))
    mobile = kib[:, BILL_KIB] + kib[:, FREE_KIB] + market.other_kib
    row[:, CARRIER["subscribers"]] = market.customers * scale
    row[:, CARRIER["mb"]] = mobile / KIB * scale
    row[:, CARRIER["sponsored_mb"]] = kib[:, FREE_KIB] / KIB * scale
    row[:, CARRIER["wifi_mb"]] = kib[:, WIFI_KIB] / KIB * scale
    row[:, CARRIER["sms"]] = tally.sms.reshape(c, r).sum(axis=1) * scale
    row[:, CARRIER["phone_minutes"]] = tally.phone.reshape(c, r).sum(axis=1) * scale
    row[:, CARRIER["load"]] = [a.load for a in market.carriers]
    row[:, CARRIER["congestion"]] = [a.congestion for a in market.carriers]
    row[:, CARRIER["cash"]] = [market.ledger.cash[a.name] for a in market.carriers]


def record_bill(market: Market, bill: BillTally, tally: Tally, first_line: int) -> None:
    """Write what a bill adds to this week's row: incomes, prices, consumer surplus."""
    history, week, scale = market.history, market.week, market.scale
    lines = market.ledger.lines[first_line:]
    totals: dict[tuple[str, str], float] = defaultdict(float)
    network: dict[str, float] = defaultdict(float)
    for line in lines:
        totals[line.payee, line.reason] += line.rmb
        if line.reason == "network":
            network[line.payer] += line.rmb
    r, people = len(market.regions), market.people
    prices = np.bincount(people.carrier, people.price, len(market.carriers)) / np.maximum(
        market.customers, 1
    )
    for c, carrier in enumerate(market.carriers):
        row = history.carrier[week, c]
        for series, reasons in INCOME.items():
            row[CARRIER[series]] = sum(totals[carrier.name, reason] for reason in reasons)
        row[CARRIER["cost"]] = network[carrier.name]
        row[CARRIER["cash"]] = market.ledger.cash[carrier.name]
        row[CARRIER["data_price"]] = prices[c]
    for k, app in enumerate(market.apps):
        history.app[week, k, APP["income"]] = sum(totals[app.name, reason] for reason in GAINED)
        history.app[week, k, APP["cash"]] = market.ledger.cash[app.name]
    members = bill.curves[..., 0].sum(axis=(1, 2))
    history.app[week, : len(members), APP["habit"]] = bill.habit / np.maximum(members, 1)
    history.offer[week, :, :2] = bill.curves[:, :-1].sum(axis=(0, 2)) * scale
    row = history.market[week]
    sms, voice = (
        np.repeat([getattr(c, price) for c in market.carriers], r)
        for price in ("sms_price", "voice_price")
    )
    spent_elsewhere = (
        float(tally.sms @ sms + tally.phone @ voice) / WEEKS_PER_BILL / len(market.people.carrier)
    )
    users = np.maximum(bill.quarter, 1)
    by_quarter = (tally.surplus - bill.spent / WEEKS_PER_BILL) / users - spent_elsewhere
    row[MARKET["surplus_q1"] : MARKET["surplus_q4"] + 1] = np.where(
        bill.quarter > 0, by_quarter, np.nan
    )
    row[MARKET["consumer_surplus"]] = (
        float((by_quarter * bill.quarter).sum() / bill.quarter.sum())
        * scale
        * len(market.people.carrier)
    )
    money = sum(totals[c.name, reason] for c in market.carriers for reason in ("plan", "overage"))
    mb = sum(line.mb for line in lines if line.reason in ("plan", "overage"))
    row[MARKET["unsponsored_price"]] = money / mb if mb > 0 else float("nan")
