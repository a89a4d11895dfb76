"""Writes a week, and a bill, into the history: people, MB and money are for the population."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..scenario import WEEKS_PER_BILL
from ..scenario.actors import pays_as_it_goes
from .billing import GIVEN
from .columns import (
    ACTIVE,
    AWARE,
    BILL_KIB,
    CHOSEN,
    DATA_USERS,
    FREE,
    FREE_KIB,
    MONTHLY,
    OVER_KIB,
    REGISTERED,
    USERS,
    WIFI_KIB,
    BillTally,
    Tally,
    heads_by_app,
)
from .equations import KIB
from .history import APP, CARRIER, MARKET, PLAN
from .people import parts, sums_by
from .state import State
from .week import kib_by_carrier

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

DATA = ("plan", "overage", "pack", "surcharge", "sponsored", "gift")
"""Ledger reasons of a carrier's income from data: of people and of sponsors."""

STANDING = [CARRIER[name] for name in ("load", "congestion", "cash")]
"""Columns of how carriers stand."""

HEADS = {
    REGISTERED: "registered",
    ACTIVE: "active",
    MONTHLY: "mau",
    AWARE: "aware",
    FREE: "free_users",
}
"""Heads that are counted, and their series of apps."""
HEADS_AT = [APP[name] for name in HEADS.values()]

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
    "pack share",
)
"""Ledger reasons of an app's income."""


def concentration(amounts: NDArray[np.float64]) -> float:
    """Herfindahl–Hirschman index of amounts, 0…1; nan if all are zero."""
    total = amounts.sum()
    return float(((amounts / total) ** 2).sum()) if total > 0 else float("nan")


def record_week(state: State, tally: Tally) -> None:
    """Write this week's row. People, messages and MB are for the population."""
    history, week, scale = state.history, state.week, state.scale
    m, c, r = len(state.messengers), len(state.carriers), len(state.regions)
    by_cell = heads_by_app(tally.heads, m)
    heads = by_cell.sum(axis=1)
    app = history.app[week]
    app[:m, HEADS_AT] = heads[:, [*HEADS]] * scale
    app[:m, APP["joined"]] = tally.joined.sum(axis=1) * scale
    app[:m, APP["messages"]] = tally.messages * scale
    app[:m, APP["call_minutes"]] = tally.minutes * scale
    app[:m, APP["main"]] = tally.main[:m] * scale
    app[:m, APP["quality"]] = [a.theta(week) for a in state.apps[:m]]
    kib = tally.data.sum(axis=1)
    app[:, APP["mb"]] = kib.sum(axis=1) / KIB * scale
    app[:, APP["sponsored_mb"]] = kib[:, FREE_KIB] / KIB * scale
    app[:, APP["cash"]] = [state.ledger.cash[a.name] for a in state.apps]
    app[m:, APP["active"]] = [a.config.reach * state.scenario.population for a in state.apps[m:]]
    _record_carriers(state, tally, history.carrier[week])
    by_place = (
        by_cell.transpose(1, 2, 0).reshape(c, r, -1, m)[:, :, ACTIVE : REGISTERED + 1] * scale
    )
    history.by_carrier[week] = by_place.sum(axis=1).transpose(0, 2, 1)
    history.region[week] = by_place.sum(axis=0).transpose(0, 2, 1)
    row = history.market[week]
    row[MARKET["hhi"]] = concentration(tally.messages)
    row[MARKET["hhi_mau"]] = concentration(heads[:, MONTHLY].astype(float))
    users = (heads[:, ACTIVE].sum(), len(state.people.carrier) - tally.main[m])
    row[MARKET["apps_per_user"]] = users[0] / users[1] if users[1] else 0.0
    row[MARKET["sms"]] = tally.sms.sum() * scale
    row[MARKET["nobody"]] = tally.main[m] * scale
    history.weeks = week + 1


def _record_carriers(state: State, tally: Tally, row: NDArray[np.float64]) -> None:
    c, r, scale = len(state.carriers), len(state.regions), state.scale
    kib = kib_by_carrier(tally, c)
    mobile = kib[:, BILL_KIB] + kib[:, FREE_KIB] + state.other_kib
    mb = kib / KIB * scale
    row[:, CARRIER["subscribers"]] = state.customers * scale
    row[:, CARRIER["mb"]] = mobile / KIB * scale
    row[:, CARRIER["sponsored_mb"]] = mb[:, FREE_KIB]
    row[:, CARRIER["wifi_mb"]] = mb[:, WIFI_KIB]
    row[:, CARRIER["sms"]] = tally.sms.reshape(c, r).sum(axis=1) * scale
    row[:, CARRIER["phone_minutes"]] = tally.phone.reshape(c, r).sum(axis=1) * scale
    row[:, STANDING] = [(a.load, a.congestion, state.ledger.cash[a.name]) for a in state.carriers]


def _record_plans(state: State, bill: BillTally, totals: Mapping[tuple[str, str], float]) -> None:
    """Who is on which plan from now on, and what data brought in this bill."""
    history, week, scale, people = state.history, state.week, state.scale, state.people
    c, r = len(state.carriers), len(state.regions)
    k = bill.plans.shape[1]
    now = np.zeros(c * k, np.int64)
    for some in parts(len(people.plan)):
        places = people.carrier[some].astype(np.int64) * k + people.plan[some]
        now += np.bincount(places, minlength=c * k)
    sums = bill.plans.reshape(c, r, k, 4).sum(axis=1)
    line = 0
    for at, carrier in enumerate(state.carriers):
        row = history.carrier[week, at]
        row[CARRIER["data_revenue"]] = sum(totals[carrier.name, reason] for reason in DATA)
        row[CARRIER["data_users"]] = sums[at, :, DATA_USERS].sum() * scale
        row[CARRIER["plans_chosen"]] = sums[at, :, CHOSEN].sum() * scale
        row[CARRIER["pay_as_you_go"]] = 0.0
        for place, plan in enumerate(carrier.menu.values()):
            customers, found = now[at * k + place] * scale, sums[at, place]
            if pays_as_it_goes(plan):
                row[CARRIER["pay_as_you_go"]] += customers
            paid = found[USERS] * plan.fee + found[OVER_KIB] / KIB * plan.overage
            own = history.plan[week, line]
            own[PLAN["customers"]], own[PLAN["income"]] = customers, paid * scale
            own[PLAN["data_users"]] = found[DATA_USERS] * scale
            own[PLAN["chosen"]] = found[CHOSEN] * scale
            line += 1


def record_bill(state: State, bill: BillTally, tally: Tally, first_line: int) -> None:
    """Write what a bill adds to this week's row: incomes, prices, consumer surplus."""
    history, week, scale = state.history, state.week, state.scale
    lines = state.ledger.lines[first_line:]
    totals: dict[tuple[str, str], float] = defaultdict(float)
    network: dict[str, float] = defaultdict(float)
    for _, payer, payee, reason, _, rmb, _ in lines:
        totals[payee, reason] += rmb
        if reason == "network":
            network[payer] += rmb
    r, people = len(state.regions), state.people
    prices = sums_by(people.carrier, len(state.carriers), people.price)
    prices = prices / np.maximum(state.customers, 1)
    for c, carrier in enumerate(state.carriers):
        row = history.carrier[week, c]
        for series, reasons in INCOME.items():
            row[CARRIER[series]] = sum(totals[carrier.name, reason] for reason in reasons)
        row[CARRIER["cost"]] = network[carrier.name]
        row[CARRIER["cash"]] = state.ledger.cash[carrier.name]
        row[CARRIER["data_price"]] = prices[c]
    if len(people.plan):
        _record_plans(state, bill, totals)
    for k, app in enumerate(state.apps):
        history.app[week, k, APP["income"]] = sum(totals[app.name, reason] for reason in GAINED)
        history.app[week, k, APP["cash"]] = state.ledger.cash[app.name]
    members = bill.curves[..., 0].sum(axis=(1, 2))
    history.app[week, : len(members), APP["habit"]] = bill.habit / np.maximum(members, 1)
    history.offer[week, :, :2] = bill.curves[:, :-1].sum(axis=(0, 2)) * scale
    row = history.market[week]
    sms, voice = (
        np.repeat([getattr(c, price) for c in state.carriers], r)
        for price in ("sms_price", "voice_price")
    )
    spent_elsewhere = (
        float(tally.sms @ sms + tally.phone @ voice) / WEEKS_PER_BILL / len(state.people.carrier)
    )
    users = np.maximum(bill.quarter, 1)
    by_quarter = (tally.surplus - bill.spent / WEEKS_PER_BILL) / users - spent_elsewhere
    row[MARKET["surplus_q1"] : MARKET["surplus_q4"] + 1] = np.where(
        bill.quarter > 0, by_quarter, np.nan
    )
    row[MARKET["consumer_surplus"]] = (
        float((by_quarter * bill.quarter).sum() / bill.quarter.sum())
        * scale
        * len(state.people.carrier)
    )
    money = sum(totals[c.name, reason] for c in state.carriers for reason in ("plan", "overage"))
    mb = sum(line.mb for line in lines if line.reason in ("plan", "overage"))
    row[MARKET["unsponsored_price"]] = money / mb if mb > 0 else float("nan")
