"""What seats see when they decide: what all may know, and of a seat what it alone may."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..players import decisions as d
from ..players.agents import AppAgent, CarrierAgent
from ..players.deals import Ask, Bid, Standing, beside_price, covers, is_closed
from ..players.observation import (
    AppBill,
    AppObservation,
    CarrierBill,
    CarrierObservation,
    Door,
    Public,
    RegulatorObservation,
    Shut,
)
from ..players.prices import dearness, now_and_then
from ..scenario import WEEKS_PER_BILL
from ..scenario.offers import CARRIED, MAX_OF_A_KIND
from .billing import GIVEN
from .columns import ACTIVE, BILL_KIB, FREE_KIB, Tally, heads_by_app
from .draws import RELATION, uniform_of
from .equations import KIB
from .history import APP, CARRIER, MARKET, PLAN
from .state import State


def ask_of(state: State, app: str, carrier: CarrierAgent) -> Ask:
    """What a carrier wants of an app in this round."""
    p, relation = state.parameters, state.relations.of(app, carrier.name)
    a, c = state.names.index(app), state.carriers.index(carrier)
    u = float(uniform_of(state.key, RELATION, state.week, a, c))
    shut = is_closed(relation, p.relation_closing, u)
    return carrier.ask(app, relation, p.relation_markup, shut=shut)


def reckoned(state: State, bid: Bid) -> Bid:
    """A bid with what its terms beside the price come to at the last bill."""
    bill = state.last_bill.get(bid.app, AppBill())
    parts = dict(zip(state.regions, (state.heads / state.heads.sum()).tolist(), strict=True))
    part = sum(parts[r] for r in set(bid.regions)) if bid.regions else 1.0
    beside = beside_price(
        bid.income_share,
        bid.joint_promotion,
        part * bill.income_by_carrier.get(bid.carrier, 0.0),
        part * bill.mb_by_carrier.get(bid.carrier, 0.0),
        part * state.carrier(bid.carrier).subscribers,
    )
    return replace(bid, beside=beside)


def _counters(state: State, seat: str) -> dict[str, Bid]:
    """Counter-offers that may be accepted now, of or to a seat, by the other side."""
    return {
        carrier if app == seat else app: one.terms
        for (app, carrier), one in state.counters.items()
        if seat in (app, carrier) and state.week <= one.week + WEEKS_PER_BILL
    }


def door(state: State, app: str, carrier: CarrierAgent, standing: Sequence[Standing]) -> Door:
    """How an app and a carrier stand. Args: standing: what runs now."""
    ask, rule = ask_of(state, app, carrier), state.regulator.rule
    others = [
        one.regions
        for one in standing
        if one.exclusive and one.carrier == carrier.name and one.app != app
    ]
    taken = tuple(r for r in state.regions if any(covers(where, r) for where in others))
    shut: Shut | None = None
    if rule == "ban":
        shut = "ban"
    elif ask.price is None:
        shut = "relation" if ask.by_relation else "closed"
    elif len(taken) == len(state.regions):
        shut = "exclusive"
    return Door(
        None if shut else ask.price,
        shut,
        carrier.retail_price,
        state.relations.of(app, carrier.name),
        carrier.accepts_exclusive and rule != "non-exclusive",
        taken,
    )


def observe(state: State, seat: str, *, direct: bool = False) -> Public:
    """What a seat sees now. Figures are for the population."""
    standing = state.book.standing(state.week, state.regulator.rule)
    return _seen_by(state, seat, _public(state), standing, direct)


def observe_all(state: State, seats: Iterable[str]) -> dict[str, Public]:
    """What each of some seats sees now; what all see is looked up once."""
    public, standing = _public(state), state.book.standing(state.week, state.regulator.rule)
    return {seat: _seen_by(state, seat, public, standing, False) for seat in seats}


def _public(state: State) -> dict[str, Any]:
    """What every seat sees."""
    return {
        "week": state.week,
        "rule": state.regulator.rule,
        "surcharges": state.regulator.surcharges,
        "shares": dict(zip((a.name for a in state.apps), state.active_shares(), strict=False)),
        "shares_by_carrier": _shares_by_carrier(state, state.week - 1),
        "shares_before": _shares_by_carrier(state, state.week - 1 - WEEKS_PER_BILL),
        "shares_by_region": shares_by_region(state, state.week - 1),
        "shares_by_region_before": shares_by_region(state, state.week - 1 - WEEKS_PER_BILL),
        "parts": dict(zip(state.regions, (state.heads / state.heads.sum()).tolist(), strict=True)),
        "subscribers": _subscribers(state, state.week - 1),
        "subscribers_before": _subscribers(state, state.week - 1 - WEEKS_PER_BILL),
        "offers": state.book.public_offers(state.week, state.regulator.rule),
        "asks": {c.name: c.wholesale for c in state.carriers},
        "data_prices": {c.name: c.plan.overage for c in state.carriers},
        "menus": {
            c.name: {
                name: {"fee": plan.fee, "cap_mb": plan.cap_mb, "overage": plan.overage}
                for name, plan in c.menu.items()
            }
            for c in state.carriers
            if c.config.plans
        },
        "dearness": {c.name: dearness(*now_and_then(c)) for c in state.carriers},
        "sensitivity": state.parameters.price_sensitivity,
        "regions": tuple(state.regions),
        "story": state.scenario.name,
        "population": state.scenario.population,
    }


def _seen_by(
    state: State,
    seat: str,
    public: Mapping[str, Any],
    standing: Sequence[Standing],
    direct: bool,
) -> Public:
    common: dict[str, Any] = {**public, "seat": seat, "cash": state.ledger.cash.get(seat, 0.0)}
    if seat == state.regulator.name:
        return _regulator(state, common)
    carriers = {c.name for c in state.carriers}
    player = state.carrier(seat) if seat in carriers else state.app(seat)
    common |= {
        "levers": player.levers,
        "under_way": player.under_way,
        "past": state.past.get(seat, ()),
    }
    if isinstance(player, CarrierAgent):
        return CarrierObservation(
            **common,
            own_app=player.config.own_app,
            doors={a.name: door(state, a.name, player, standing) for a in state.apps},
            refused=tuple(one for one in state.refused if one.bid.carrier == seat),
            counters=_counters(state, seat),
            bill=_carrier_bill(state, player),
            load=player.load,
            congestion=player.congestion,
            cost_per_mb=player.cost_per_mb,
            capacity_price=player.capacity_price,
            room={"packs": state.book.room("packs")},
            pack_places=tuple(o.apps[0] for o in state.book.sold_by(seat)),
            values={name: bill.value_per_mb for name, bill in state.last_bill.items()},
        )
    common |= _users(state, player)
    book = state.book.offers
    pending = [
        (name, offer)
        for other, decision in state.given.items()
        if other != seat and isinstance(decision, d.AppDecision)
        for name, offer in decision.start_offers.items()
    ]
    return AppObservation(
        **common,
        credit=state.scenario.regulator.credit,
        doors={c.name: door(state, seat, c, standing) for c in state.carriers},
        user_value=state.scenario.user_value(seat),
        margin=_margin(state, player),
        bill=state.last_bill.get(seat, AppBill()),
        refused=tuple(one for one in state.refused if one.bid.app == seat),
        counters=_counters(state, seat),
        direct=direct,
        offer_names=(*(o.name for o in book), *(name for name, _ in pending)),
        own_offers={o.name: o.end for o in book if o.of(seat)},
        room={
            kind: MAX_OF_A_KIND - sum(map(alike, (*book, *(offer for _, offer in pending))))
            for kind, (_, alike) in CARRIED.items()
        },
    )


def _regulator(state: State, common: Mapping[str, Any]) -> RegulatorObservation:
    """What the regulator sees: what people gained in the last two bills, and concentration."""
    history, now = state.history, state.week // WEEKS_PER_BILL * WEEKS_PER_BILL - 1

    def then(series: str, week: int) -> float:
        return float(history.market[week, MARKET[series]]) if 0 <= week < history.weeks else 0.0

    before = now - WEEKS_PER_BILL
    return RegulatorObservation(
        **common,
        levers=state.regulator.levers,
        past=state.past.get(state.regulator.name, ()),
        surplus=WEEKS_PER_BILL * then("consumer_surplus", now),
        surplus_before=WEEKS_PER_BILL * then("consumer_surplus", before),
        concentration=then("hhi_mau", now),
        concentration_before=then("hhi_mau", before),
    )


def _shares_by_carrier(state: State, week: int) -> dict[str, dict[str, float]]:
    names, carriers = state.messengers, [c.name for c in state.carriers]
    if week < 0 or week >= state.history.weeks:
        return {a: dict.fromkeys(carriers, 0.0) for a in names}
    people = state.history.by_carrier[week, :, :, 0]
    subscribers = state.customers * state.scale
    return {
        a: {
            c: float(people[i, k] / subscribers[i]) if subscribers[i] else 0.0
            for i, c in enumerate(carriers)
        }
        for k, a in enumerate(names)
    }


def shares_by_region(state: State, week: int) -> dict[str, dict[str, float]]:
    """Active share of people by app and region in a week; 0 before there was one."""
    names, regions = state.messengers, state.regions
    if week < 0 or week >= state.history.weeks:
        return {a: dict.fromkeys(regions, 0.0) for a in names}
    people = state.history.region[week, :, :, 0]
    return {
        a: {
            r: float(people[i, k] / state.heads[i]) if state.heads[i] else 0.0
            for i, r in enumerate(regions)
        }
        for k, a in enumerate(names)
    }


def _subscribers(state: State, week: int) -> dict[str, float]:
    """People by carrier in a week; as they stand now before the first."""
    if week < 0 or week >= state.history.weeks:
        heads = state.customers * state.scale
    else:
        heads = state.history.carrier[week, :, CARRIER["subscribers"]]
    return dict(zip((c.name for c in state.carriers), heads.tolist(), strict=True))


def _margin(state: State, app: AppAgent) -> float:
    """What a user active in a week earns an app in it, money: ads, and functions that work now."""
    works = [f for f in app.features.values() if state.scenario.week_of(f.launch) <= state.week]
    ads = state.scenario.value_at(app.config.margin, state.week) * app.monetisation
    return ads + sum(f.margin for f in works)


def _users(state: State, app: AppAgent) -> dict[str, dict[str, float]]:
    """An app's people active last week, by carrier and region."""
    history, k, week = state.history, state.apps.index(app), state.week - 1
    known = 0 <= week < history.weeks and k < len(state.messengers)
    return {
        field: dict(zip(names, table[week, :, k, 0].tolist() if known else [], strict=known))
        for field, table, names in (
            ("users_by_carrier", history.by_carrier, [c.name for c in state.carriers]),
            ("users_by_region", history.region, state.regions),
        )
    }


def _carrier_bill(state: State, carrier: CarrierAgent) -> CarrierBill:
    """The last bill of a carrier."""
    week, history = state.week // WEEKS_PER_BILL * WEEKS_PER_BILL - 1, state.history
    if not 0 <= week < history.weeks:
        return CarrierBill()
    row = history.carrier[week, state.carriers.index(carrier)]

    def sum_of(*series: str) -> float:
        return float(sum(row[CARRIER[name]] for name in series))

    menus = history.names["plan"]
    held = {
        plan: float(history.plan[week, menus.index(at), PLAN["customers"]])
        for plan in carrier.menu
        if (at := f"{carrier.name}/{plan}") in menus
    }
    return CarrierBill(
        sum_of("plan_income"),
        sum_of("overage_income", "surcharge_income"),
        sum_of("pack_income"),
        sum_of("sponsor_income"),
        sum_of("sms_income"),
        sum_of("voice_income"),
        sum_of("cost"),
        held,
    )


def _ads(state: State, app: AppAgent, active: list[float]) -> dict[str, float]:
    """Income from an app's user-weeks by carrier, money."""
    margin = state.scenario.value_at(app.config.margin, state.week) * app.monetisation
    names = (c.name for c in state.carriers)
    return {name: margin * weeks for name, weeks in zip(names, active, strict=True)}


def last_bill(state: State, weeks: Tally, first_line: int) -> dict[str, AppBill]:
    """What each app remembers of the bill of these four weeks, whose lines begin at
    `first_line`.
    """
    carriers, row = [c.name for c in state.carriers], state.history.app[state.week]
    income, users = (row[:, APP[name]].tolist() for name in ("income", "mau"))
    free: dict[str, dict[str, float]] = defaultdict(dict)
    for line in state.ledger.lines[first_line:]:
        if line.reason in GIVEN:
            paid = free[line.payer]
            paid[line.payee] = paid.get(line.payee, 0.0) + line.rmb
    mb = weeks.data.reshape(len(state.apps), len(carriers), -1, 3).sum(axis=2) / KIB * state.scale
    joined = [*(weeks.joined.sum(axis=1) * state.scale).tolist(), *[0.0] * len(state.apps)]
    messengers = len(state.messengers)
    active = heads_by_app(weeks.heads, messengers)[:, :, ACTIVE] * state.scale
    by_carrier = active.reshape(messengers, len(carriers), -1).sum(axis=2)
    moved = (mb[:, :, BILL_KIB] + mb[:, :, FREE_KIB]).tolist()
    return {
        app.name: AppBill(
            dict(zip(carriers, moved[k], strict=True)),
            income[k],
            joined[k],
            _ads(state, app, by_carrier[k].tolist()) if k < messengers else {},
            users[k] if users[k] == users[k] else 0.0,
            dict(free[app.name]),
        )
        for k, app in enumerate(state.apps)
    }
