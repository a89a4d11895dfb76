"""Every fourth week: who pays whom. All amounts are for the population, not for the simulated
users.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..players.agents import AppAgent
from ..players.offers import LiveOffer
from ..scenario.actors import Feature
from . import columns as col
from .campaigns import launch_rate
from .equations import KIB
from .state import State
from .terms import launched_in

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

GIVEN = ("sponsored", "gift", "income share", "joint promotion")
"""Ledger reasons of what apps and their owners give carriers."""


def added(weeks: col.Tally | None, week: col.Tally) -> col.Tally:
    """What the weeks since the last bill add up to with one more; offers may have come up since."""
    if weeks is None:
        return week
    if new := len(week.sponsored) - len(weeks.sponsored):
        weeks = weeks._replace(sponsored=np.pad(weeks.sponsored, ((0, new), (0, 0))))
    sums: list[Any] = [a + b for a, b in zip(weeks, week, strict=True)]
    return col.Tally(*sums)


def send_bills(
    state: State, weeks: col.Tally, bill: col.BillTally, running: list[LiveOffer]
) -> None:
    """Write the ledger lines of a bill: users, sponsors, advertisers, costs, owners."""
    first_line = len(state.ledger.lines)
    _users(state, weeks, bill)
    _sponsors(state, weeks, bill, running)
    active = col.heads_by_app(weeks.heads, len(weeks.messages))[:, :, col.ACTIVE]
    for k, app in enumerate(state.apps):
        _apps(state, weeks, active, k, app)
    _incentives(state, active, running)
    _gratitude(state, first_line, running)
    _dividends(state)


def _users(state: State, weeks: col.Tally, bill: col.BillTally) -> None:
    """What the users of each carrier in each region pay it, and what carrying their data costs."""
    ledger, week, scale, r = state.ledger, state.week, state.scale, len(state.regions)
    kib, carriers = bill.data, state.carriers
    fees, beyond = np.zeros((2, len(kib)))
    for c, carrier in enumerate(carriers):
        mine = slice(c * r, (c + 1) * r)
        for place, plan in enumerate(carrier.menu.values()):
            fees[mine] += bill.plans[mine, place, col.USERS] * plan.fee
            beyond[mine] += bill.plans[mine, place, col.OVER_KIB] / KIB * plan.overage
    wifi = weeks.data[:, :, col.WIFI_KIB].sum(axis=0) + kib[:, col.OTHER_WIFI_KIB]
    charged = np.ascontiguousarray(weeks.data[:, :, col.BILL_KIB].T) * np.ascontiguousarray(
        state.terms.places[:, :, col.SURCHARGE]
    )
    none = np.zeros(len(kib))
    lines = (
        ("plan", kib[:, col.PLAN_KIB] / KIB * scale, fees * scale),
        ("overage", kib[:, col.OVERAGE_KIB] / KIB * scale, beyond * scale),
        ("sms", none, weeks.sms * np.repeat([c.sms_price for c in carriers], r) * scale),
        ("voice", none, weeks.phone * np.repeat([c.voice_price for c in carriers], r) * scale),
        ("wifi", wifi / KIB * scale, none),
        ("surcharge", none, charged.sum(axis=1) / KIB * scale),
    )
    reasons = [(reason, mb.tolist(), money.tolist()) for reason, mb, money in lines]
    carried = weeks.data[:, :, [col.BILL_KIB, col.FREE_KIB]].sum(axis=(0, 2))
    carried = (carried + kib[:, col.OTHER_KIB]).reshape(-1, r).sum(axis=1).tolist()
    here = bill.users.tolist()
    for c, carrier in enumerate(carriers):
        for cr, region in enumerate(state.regions, c * r):
            users = f"users:{carrier.name}:{region}"
            for reason, mb, money in reasons if here[cr] else ():
                if mb[cr] or money[cr]:
                    payee = "wifi" if reason == "wifi" else carrier.name
                    ledger.add(week, users, payee, reason, mb[cr], money[cr])
        cost = carried[c] / KIB * carrier.cost_per_mb * scale
        ledger.add(week, carrier.name, "costs", "network", 0.0, cost)


def _sponsors(
    state: State, weeks: col.Tally, bill: col.BillTally, running: list[LiveOffer]
) -> None:
    """Sponsored MB, gifts and packs: no free MB without a payer."""
    r, week, ledger, scale = len(state.regions), state.week, state.ledger, state.scale
    fees = np.zeros(len(state.book.offers))
    for offer in running:
        fees[offer.index] = offer.fee
    held, taken = bill.holders * fees[:, None] * scale, weeks.sponsored / KIB * scale
    moved = state.history.offer[week, :, 2:]
    moved[:] = 0.0
    sponsored, gifts = (
        (kib.reshape(len(kib), len(state.carriers), r).sum(axis=2) / KIB * scale).tolist()
        for kib in (weeks.sponsored, bill.gift)
    )
    for offer in state.book.offers:
        if offer.payer == "user":
            _pack(state, offer, taken[offer.index], held[offer.index], moved[offer.index])
            continue
        for c, carrier in enumerate(state.carriers):
            mb, given = sponsored[offer.index][c], gifts[offer.index][c]
            if not (mb or given):
                continue
            price = carrier.wholesale if offer.price is None else offer.price
            payer = offer.payer_at(carrier.name)
            inside = state.same_house(payer, carrier.name)
            reason = "goodwill" if offer.payer == "carrier" else "sponsored"
            ledger.add(week, payer, carrier.name, reason, mb, mb * price, inside)
            ledger.add(week, payer, carrier.name, "gift", given, given * price, inside)
            moved[offer.index] += (mb + given, (mb + given) * price)


def _pack(state: State, offer: LiveOffer, mb: Floats, rmb: Floats, moved: Floats) -> None:
    """What holders of a pack pay for its data, place by place, and the app's share of it.

    Args: mb, rmb: shape (CR,). moved: sums of both, to be added to.
    """
    ledger, app, r = state.ledger, offer.apps[0], len(state.regions)
    for cr in np.flatnonzero((mb > 0) | (rmb > 0)).tolist():
        carrier, users = (
            state.carriers[cr // r].name,
            f"users:{state.carriers[cr // r].name}:{state.regions[cr % r]}",
        )
        paid = float(rmb[cr])
        ledger.add(state.week, users, carrier, "pack", float(mb[cr]), paid)
        moved += (mb[cr], paid)
        inside = state.same_house(app, carrier)
        share = offer.app_share * paid
        ledger.add(state.week, carrier, app, "pack share", 0.0, share, inside)


def _apps(state: State, weeks: col.Tally, heads: Ints, k: int, app: AppAgent) -> None:
    """What advertisers, payments and businesses pay an app, and what its campaigns cost."""
    scenario, week, ledger, config, scale = (
        state.scenario,
        state.week,
        state.ledger,
        app.config,
        state.scale,
    )
    if week < scenario.week_of(config.launch):
        return
    messenger = k < len(state.messengers)
    active = float(heads[k].sum()) if messenger else config.reach * scenario.society.users * 4.0
    income = scenario.value_at(config.margin, week) * app.monetisation * active * scale
    ledger.add(week, "advertisers", app.name, "ads", 0.0, income)
    desktop = scenario.value_at(config.desktop_income, week)
    ledger.add(
        week, "advertisers", app.name, "desktop ads", 0.0, desktop * scenario.population * 4.0
    )
    if messenger:
        for name, feature in app.features.items():
            users = _users_of_feature(state, heads[k], feature)
            come = state.businesses.get((app.name, name), 0.0)
            payer = "businesses" if feature.kind in ("business", "platform") else "customers"
            ledger.add(
                week,
                payer,
                app.name,
                feature.kind,
                0.0,
                (feature.margin + feature.business_margin * come) * users * scale,
            )
        ledger.add(week, app.name, "new users", "invites", 0.0, _invites(state, weeks, k, app))
        for reason in ("bring a friend", "push"):
            due = state.due.pop((app.name, reason), 0.0)
            ledger.add(week, app.name, "new users", reason, 0.0, due)
        due = state.due.pop((app.name, "promotion"), 0.0)
        ledger.add(week, app.name, "costs", "promotion", 0.0, due)
        if config.promotion.cost > 0 and config.promotion.level > 0:
            strength = sum(launch_rate(state, k, w) for w in range(week - 3, week + 1))
            ledger.add(
                week,
                app.name,
                "costs",
                "promotion",
                0.0,
                config.promotion.cost * strength / config.promotion.level,
            )
    for owner in state.owners:
        core = owner.config.core_income.get(app.name, 0.0)
        ledger.add(week, "customers", owner.name, "core income", 0.0, core * active * scale)


def _invites(state: State, weeks: col.Tally, k: int, app: AppAgent) -> float:
    """Money paid to new users of app k: those of regions where it pays the same are counted
    together.
    """
    if app.config.invite_cost == app.invite_extra == 0.0:
        return 0.0
    joined = weeks.joined[k].reshape(len(state.carriers), -1).sum(axis=0)
    new: dict[float, int] = defaultdict(int)
    for region, users in zip(state.regions, joined.tolist(), strict=True):
        new[app.invite_cost(region)] += users
    return sum(float(users) * state.scale * cost for cost, users in new.items())


def _users_of_feature(state: State, active: Ints, feature: Feature) -> float:
    """User-weeks where a feature works, of the active ones of its app by carrier and region."""
    total = 0.0
    devices = state.scenario.society.devices.values()
    part = sum(device.share for device in devices if feature.runs_on(device.platform))
    for r, region in enumerate(state.regions):
        if launched_in(state.scenario, feature, region, state.week):
            total += float(active[r :: len(state.regions)].sum())
    return total * part


def _incentives(state: State, heads: Ints, running: list[LiveOffer]) -> None:
    """What carriers get for an offer besides the price of the data; the app pays it where nobody
    else sponsors the data.
    """
    for offer in running:
        for name in offer.apps:
            k = state.names.index(name)
            for place in sorted(offer.places):
                if offer.income_share > 0 and k < len(state.messengers):
                    active = float(heads[k, state.cell_of(place)])
                    margin = (
                        state.scenario.value_at(state.apps[k].config.margin, state.week)
                        * state.apps[k].monetisation
                    )
                    income = margin * active * state.scale
                    state.ledger.add(
                        state.week,
                        name,
                        place[0],
                        "income share",
                        0.0,
                        offer.income_share * income,
                    )
        for c in offer.carriers:
            payer = offer.apps[0] if offer.payer in ("carrier", "user") else offer.payer_at(c)
            state.ledger.add(
                state.week,
                payer,
                c,
                "joint promotion",
                0.0,
                offer.carrier_promotion,
                state.same_house(payer, c),
            )


def _gratitude(state: State, first_line: int, running: list[LiveOffer]) -> None:
    """What an app or its owner gave a carrier improves their relation, by its share of the
    carrier's income in this bill; so does a deal that is kept.
    """
    deals = {
        (o.by, c) for o in running if o.by in state.names and "@" in o.name for c in o.carriers
    }
    for app, carrier in sorted(deals):
        state.relations.move(app, carrier, "kept")
    earned: dict[str, float] = defaultdict(float)
    given: dict[tuple[str, str], float] = defaultdict(float)
    for _, payer, payee, reason, _, rmb, _ in state.ledger.lines[first_line:]:
        if payer != payee:
            earned[payee] += rmb
            if reason in GIVEN:
                given[payer, payee] += rmb
    for (giver, carrier), money in given.items():
        state.relations.move(
            giver, carrier, "income", float(money / earned[carrier]) if money else 0.0
        )


def _dividends(state: State) -> None:
    """Owners receive their share of a positive profit since the last bill: what was received less
    what was paid, orders at the round's start among it.

    A firm's profit is known before any of its owners is paid: what it receives itself from the
    firms it holds comes first.
    """
    profit: dict[str, float] = defaultdict(float)
    for _, payer, payee, _, _, rmb, _ in state.ledger.lines[state.settled :]:
        profit[payee] += rmb
        profit[payer] -= rmb
    for firm in state.firms:
        gain = max(0.0, profit[firm])
        for owner in state.owners:
            money = owner.config.payout * owner.config.holds.get(firm, 0.0) * gain
            state.ledger.add(state.week, firm, owner.name, "dividend", 0.0, money, True)
            profit[owner.name] += money
    state.settled = len(state.ledger.lines)
