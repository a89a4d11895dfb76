"""Every fourth week, and whenever a person acts: players look, decide, deal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..players import decisions as d
from ..players.agents import Carrier
from ..players.deals import Ask, Bid, match
from ..players.observation import AppBill, AppObservation, CarrierBill, CarrierObservation, Public
from ..players.relations import Move, is_closed
from ..scenario import WEEKS_PER_BILL
from .columns import BILL_KIB, FREE_KIB, Tally
from .draws import RELATION, uniform_of
from .equations import KIB
from .history import SERIES

if TYPE_CHECKING:
    from .market import Market


@dataclass(frozen=True)
class Action:
    """A decision of a seat that is not left to its bot: the only way a person changes a running market.

    Attributes:
        week: it counts from this week on.
        seat: name of an app or carrier, or "regulator".
        decision: what is decided.
    """

    week: int
    seat: str
    decision: d.Decision


class BadAction(ValueError):
    """A decision that cannot be carried out; says why in plain words."""


def play_round(market: Market, given: Mapping[str, d.Decision]) -> list[str]:
    """One round: seats in `given` decide so; in round weeks all others ask their bots.

    Returns:
        What became of unmatched bids, for those who made them.
    """
    bots = market.week % WEEKS_PER_BILL == 0 and market.week > 0
    if not bots and not given:
        return []
    decided: dict[str, d.Decision] = dict(given)
    seats: list[Any] = [*market.apps, *market.carriers, market.regulator]
    for seat in seats:
        if seat.name not in decided and bots:
            seen = observe(market, seat.name)
            decision = seat.decide(seen)
            decided[seat.name] = decision if not d.check(decision, seat.name, seen) else type(decision)()
    bids: list[Bid] = []
    for seat in seats:
        if seat.name not in decided:
            continue
        decision = decided[seat.name]
        before = _hostile(seat)
        for payer, payee, reason, money in seat.apply(decision, market.week):
            market.ledger.add(market.week, payer, payee, reason, 0.0, money)
        for app, move in sorted(_hostile(seat) - before):
            market.relations.move(app, seat.name, move)
        _take(market, seat.name, decision)
        if isinstance(decision, d.AppDecision):
            bids += market.app(seat.name).bids(decision)
    return _deal(market, bids) if bids else []


def _take(market: Market, seat: str, decision: d.Decision) -> None:
    if isinstance(decision, d.AppDecision):
        market.book.take(seat, decision, market.week)
    elif isinstance(decision, d.CarrierDecision):
        carrier = market.carrier(seat)
        if carrier.config.own_app:
            market.book.own_app(seat, carrier.config.own_app, carrier.own_subsidy, market.week)


def _hostile(seat: object) -> set[tuple[str, Move]]:
    """What a carrier does against apps: new things of it spoil relations."""
    if not isinstance(seat, Carrier):
        return set()
    closed: set[tuple[str, Move]] = {(app, "block") for app in seat.closed}
    charged: set[tuple[str, Move]] = {(app, "surcharge") for app in seat.surcharges}
    return closed | charged


def _deal(market: Market, bids: Iterable[Bid]) -> list[str]:
    p = market.config.parameters
    names = [a.name for a in market.apps]
    asks: list[Ask] = []
    bids = [b for b in bids if market.regulator.rule != "ban"]
    for app in sorted({b.app for b in bids}):
        for c, carrier in enumerate(market.carriers):
            relation = market.relations.of(app, carrier.name)
            u = float(uniform_of(market.key, RELATION, market.week, names.index(app), c))
            asks.append(carrier.ask(app, relation, p.relation_markup, shut=is_closed(relation, p.relation_closing, u)))
    standing = market.book.standing(market.week, market.regulator.rule)
    deals, unmatched = match(bids, asks, standing)
    for deal in deals:
        market.book.add_deal(deal, market.week)
        market.relations.move(deal.bid.app, deal.bid.carrier, "deal")
    return [f"{bid.app} at {bid.carrier}: {reason}" for bid, reason in unmatched]


def observe(market: Market, seat: str, *, direct: bool = False) -> Public:
    """What a seat sees now. Figures are for the population."""
    common = _public(market, seat)
    if seat == market.regulator.name:
        return Public(**common)
    if seat in {c.name for c in market.carriers}:
        carrier = market.carrier(seat)
        return CarrierObservation(
            **common, bill=_carrier_bill(market, seat), own_app=carrier.config.own_app, cost_per_mb=carrier.cost_per_mb,
            values={a.name: _app_bill(market, a.name).value_per_mb for a in market.apps}, capacity_price=carrier.capacity_price)
    return AppObservation(**common, bill=_app_bill(market, seat), direct=direct, regions=tuple(market.regions),
                          offer_names=tuple(o.name for o in market.book.offers))


def _public(market: Market, seat: str) -> dict[str, Any]:
    return {
        "round": market.week // WEEKS_PER_BILL, "week": market.week, "seat": seat,
        "cash": market.ledger.cash.get(seat, 0.0), "rule": market.regulator.rule, "surcharges": market.regulator.surcharges,
        "shares": dict(zip((a.name for a in market.apps), market.active_shares(), strict=False)),
        "shares_by_carrier": _shares_by_carrier(market, market.week - 1),
        "shares_before": _shares_by_carrier(market, market.week - 1 - WEEKS_PER_BILL),
        "offers": market.book.seen(market.week, market.regulator.rule),
        "asks": {c.name: c.wholesale for c in market.carriers},
        "data_prices": {c.name: c.plan.overage for c in market.carriers},
        "plan_fees": {c.name: c.plan.fee for c in market.carriers},
        "sensitivity": market.config.parameters.price_sensitivity,
    }


def _shares_by_carrier(market: Market, week: int) -> dict[str, dict[str, float]]:
    names, carriers = market.config.messengers, [c.name for c in market.carriers]
    if week < 0 or week >= market.history.weeks:
        return {a: dict.fromkeys(carriers, 0.0) for a in names}
    people = market.history.by_carrier[week, :, :, 0]
    subscribers = market.customers * market.scale
    return {a: {c: float(people[i, k] / subscribers[i]) if subscribers[i] else 0.0 for i, c in enumerate(carriers)}
            for k, a in enumerate(names)}


def _app_bill(market: Market, name: str) -> AppBill:
    bill = market.last_bill
    if bill is None or name not in bill.apps:
        return AppBill()
    return bill.apps[name]


def _carrier_bill(market: Market, name: str) -> CarrierBill:
    bill = market.last_bill
    return CarrierBill() if bill is None else bill.carriers[name]


@dataclass(frozen=True)
class LastBill:
    """What each seat remembers of the last bill."""

    apps: Mapping[str, AppBill]
    carriers: Mapping[str, CarrierBill]


def last_bill(market: Market, weeks: Tally, first_line: int) -> LastBill:
    """Own figures of every seat, from the four weeks and the ledger lines since `first_line`."""
    paid: dict[tuple[str, str], float] = {}
    got: dict[tuple[str, str], float] = {}
    for line in market.ledger.since(first_line):
        paid[line.payer, line.reason] = paid.get((line.payer, line.reason), 0.0) + line.rmb
        got[line.payee, line.reason] = got.get((line.payee, line.reason), 0.0) + line.rmb
    carriers, r, scale = [c.name for c in market.carriers], len(market.regions), market.scale
    mb = weeks.data.reshape(len(market.apps), len(carriers), r, 3).sum(axis=2) / KIB * scale
    apps = {}
    now = market.history.by_carrier[market.week]
    for k, app in enumerate(market.apps):
        messenger = k < len(market.config.messengers)
        people = now[:, k, 0] if messenger else now[:, 0, 0] * 0.0
        apps[app.name] = AppBill(
            mb_by_carrier=dict(zip(carriers, (mb[k, :, BILL_KIB] + mb[k, :, FREE_KIB]).tolist(), strict=True)),
            sponsored_mb=float(mb[k, :, FREE_KIB].sum()), paid=paid.get((app.name, "sponsored"), 0.0),
            income=float(market.history.series("app", app.name, "income")[market.week]),
            active=float(people.sum()), registered=float(now[:, k, 1].sum()) if messenger else 0.0,
            active_by_carrier=dict(zip(carriers, people.tolist(), strict=True)))
    bills = {}
    for c, carrier in enumerate(market.carriers):
        row = dict(zip(SERIES["carrier"], market.history.carrier[market.week, c].tolist(), strict=True))
        bills[carrier.name] = CarrierBill(
            subscribers=row["subscribers"], mb=row["mb"], sponsored_mb=float(mb[:, c, FREE_KIB].sum()),
            data_income=row["plan_income"] + row["overage_income"] + row["surcharge_income"],
            sponsor_income=row["sponsor_income"], message_income=row["sms_income"] + row["voice_income"], load=carrier.load)
    return LastBill(apps, bills)
