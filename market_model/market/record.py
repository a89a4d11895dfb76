"""From a week's sums to the rows of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..scenario import WEEKS_PER_BILL
from .columns import ACTIVE, AWARE, BILL_KIB, FREE, FREE_KIB, MONTHLY, REGISTERED, WIFI_KIB, BillTally, Tally, heads_by_app
from .equations import KIB
from .history import SERIES

if TYPE_CHECKING:
    from .market import Market

APP = {name: k for k, name in enumerate(SERIES["app"])}
CARRIER = {name: k for k, name in enumerate(SERIES["carrier"])}
MARKET = {name: k for k, name in enumerate(SERIES["market"])}
INCOME = {"plan_income": ("plan",), "overage_income": ("overage",), "sms_income": ("sms",), "voice_income": ("voice",),
          "sponsor_income": ("sponsored", "gift", "income share", "joint promotion"), "pack_income": ("pack",),
          "surcharge_income": ("surcharge",)}
"""Ledger reasons behind each of a carrier's incomes."""


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
    for name, kind in (("registered", REGISTERED), ("active", ACTIVE), ("mau", MONTHLY), ("aware", AWARE),
                       ("free_users", FREE)):
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


def _spent_on_talk(market: Market, tally: Tally) -> float:
    """Money of all simulated users for SMS and phone minutes in the weeks of a tally."""
    r = len(market.regions)
    sms, voice = (np.repeat([getattr(c, price) for c in market.carriers], r) for price in ("sms_price", "voice_price"))
    return float(tally.sms @ sms + tally.phone @ voice)


def record_bill(market: Market, bill: BillTally, tally: Tally, first_line: int) -> None:
    """Write what a bill adds to this week's row: incomes, prices, consumer surplus."""
    history, week, scale = market.history, market.week, market.scale
    lines = market.ledger.since(first_line)
    totals: dict[tuple[str, str], float] = {}
    paid: dict[tuple[str, str], float] = {}
    for line in lines:
        totals[line.payee, line.reason] = totals.get((line.payee, line.reason), 0.0) + line.rmb
        paid[line.payer, line.reason] = paid.get((line.payer, line.reason), 0.0) + line.rmb
    for c, carrier in enumerate(market.carriers):
        row = history.carrier[week, c]
        for series, reasons in INCOME.items():
            row[CARRIER[series]] = sum(totals.get((carrier.name, reason), 0.0) for reason in reasons)
        row[CARRIER["cost"]] = paid.get((carrier.name, "network"), 0.0)
        row[CARRIER["cash"]] = market.ledger.cash[carrier.name]
        r = len(market.regions)
        users = bill.users[c * r:(c + 1) * r].sum()
        row[CARRIER["data_price"]] = bill.price[c * r:(c + 1) * r].sum() / users if users else 0.0
    for k, app in enumerate(market.apps):
        gained = ("ads", "desktop ads", "payments", "business", "platform", "games", "shopping", "voice", "video", "function")
        history.app[week, k, APP["income"]] = sum(totals.get((app.name, reason), 0.0) for reason in gained)
        history.app[week, k, APP["cash"]] = market.ledger.cash[app.name]
    members = bill.curves[..., 0].sum(axis=(1, 2))
    history.app[week, :len(members), APP["habit"]] = bill.habit / np.maximum(members, 1)
    history.offer[week, :, :2] = bill.curves[:, :-1].sum(axis=(0, 2)) * scale
    for offer, (mb, rmb) in market.offer_bills.items():
        history.offer[week, offer, 2:] = (mb, rmb)
    row = history.market[week]
    spent_elsewhere = _spent_on_talk(market, tally) / WEEKS_PER_BILL / len(market.people.carrier)
    users = np.maximum(bill.quarter, 1)
    by_quarter = (tally.surplus - bill.spent / WEEKS_PER_BILL) / users - spent_elsewhere
    row[MARKET["surplus_q1"]:MARKET["surplus_q4"] + 1] = np.where(bill.quarter > 0, by_quarter, np.nan)
    row[MARKET["consumer_surplus"]] = float((by_quarter * bill.quarter).sum() / bill.quarter.sum()) * scale * len(market.people.carrier)
    money = sum(totals.get((c.name, reason), 0.0) for c in market.carriers for reason in ("plan", "overage"))
    mb = sum(line.mb for line in lines if line.reason in ("plan", "overage"))
    row[MARKET["unsponsored_price"]] = money / mb if mb > 0 else float("nan")
