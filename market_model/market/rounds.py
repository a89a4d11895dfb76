"""Every fourth week, and whenever a person acts: players look, decide, deal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..players import decisions as d
from ..players.agents import Carrier
from ..players.deals import Ask, Bid, Deal, Move, is_closed, match
from ..players.observation import MEMORY, AppBill, AppObservation, CarrierObservation, Past, Public
from ..scenario import WEEKS_PER_BILL
from ..scenario.offers import CARRIED, MAX_OF_A_KIND
from .columns import BILL_KIB, FREE_KIB, Tally
from .draws import RELATION, uniform_of
from .equations import KIB
from .history import SERIES
from .state import State


@dataclass(frozen=True)
class Action:
    """A decision of a seat (an app, a carrier or "regulator") that is not left to its bot; it
    counts from a week on.

    It is the only way a person changes a running market.
    """

    week: int
    seat: str
    decision: d.Decision


type Refused = tuple[str, str, str]
"""App, carrier, and why its bid there found no deal."""


class BadAction(ValueError):
    """A decision that cannot be carried out; says why in plain words. `seat`, `faults`: the same
    for other languages, where it is the decision that is wrong.
    """

    def __init__(self, text: str, seat: str = "", faults: Sequence[d.Fault] = ()) -> None:
        self.seat, self.faults = seat, tuple(faults)
        super().__init__(text)


def play_round(state: State) -> list[Refused]:
    """One round: seats in `state.given` decide so; in round weeks all others ask their bots.
    Returns the bids that were not matched.
    """
    bots = state.week % WEEKS_PER_BILL == 0 and state.week > 0
    if not bots and not state.given:
        return []
    decided: dict[str, d.Decision] = dict(state.given)
    cash = dict(state.ledger.cash)
    seats: list[Any] = [*state.apps, *state.carriers, state.regulator]
    asked = [seat for seat in seats if seat.name not in decided] if bots else []
    views = observe_all(state, [seat.name for seat in asked])
    for seat in asked:
        seen = views[seat.name]
        decision = seat.decide(seen)
        decided[seat.name] = type(decision)() if d.check(decision, seat.name, seen) else decision
    state.decided = decided
    bids: list[Bid] = []
    refused: list[Refused] = []
    for seat in seats:
        if seat.name not in decided:
            continue
        decision = decided[seat.name]
        before = _hostile(seat)
        for payer, payee, reason, money in seat.apply(decision, state.week):
            state.ledger.add(state.week, payer, payee, reason, 0.0, money)
        for app, move in sorted(_hostile(seat) - before):
            state.relations.move(app, seat.name, move)
        if isinstance(decision, d.AppDecision):
            state.book.take(seat.name, decision, state.week)
            bids += seat.bids(decision)
        elif isinstance(decision, d.CarrierDecision):
            refused += _sells(state, seat, decision)
    deals, unmatched = _deal(state, bids) if bids else ([], [])
    refused += unmatched
    _remember(state, cash, deals, refused)
    return refused


def _remember(
    state: State, cash: Mapping[str, float], deals: list[Deal], refused: list[Refused]
) -> None:
    """Each seat that decided remembers the round; `cash`: what each had before it."""
    made = [(deal.bid.app, deal.bid.carrier, deal.price) for deal in deals]
    for seat, decision in state.decided.items():
        past = Past(
            week=state.week,
            cash=cash.get(seat, 0.0),
            decision=decision.model_dump(mode="json", exclude_defaults=True, exclude={"reason"}),
            deals=_of_seat(seat, made),
            refused=_of_seat(seat, refused),
            shares=_shares_by_region(state, state.week - 1, seat),
        )
        state.past[seat] = (*state.past.get(seat, ()), past)[-MEMORY:]


def _of_seat[T](seat: str, facts: Iterable[tuple[str, str, T]]) -> dict[str, T]:
    """Facts of (app, carrier) pairs that concern a seat, by its partner."""
    return {
        carrier if app == seat else app: value
        for app, carrier, value in facts
        if seat in (app, carrier)
    }


def _sells(state: State, carrier: Carrier, decision: d.CarrierDecision) -> list[Refused]:
    """A carrier's own app made free, and the packs it sells; returns those without room."""
    if own := carrier.config.own_app:
        where = carrier.own_subsidy_regions
        state.book.own_app(carrier.name, own, carrier.own_subsidy, state.week, where)
    refused: list[Refused] = []
    for app, pack in decision.packs.items():
        if not state.book.sell(carrier.name, app, pack, state.week):
            del carrier.packs[app]
            refused.append((app, carrier.name, "no room for a pack"))
    return refused


def _hostile(seat: object) -> set[tuple[str, Move]]:
    """What a carrier does against apps: new things of it spoil relations."""
    if not isinstance(seat, Carrier):
        return set()
    return {
        *((app, "block") for app in seat.closed),
        *((app, "surcharge") for app in seat.surcharges),
    }


def _deal(state: State, bids: Iterable[Bid]) -> tuple[list[Deal], list[Refused]]:
    """Deals that are made, and bids that find none."""
    p = state.scenario.parameters
    asks: list[Ask] = []
    bids = [b for b in bids if state.regulator.rule != "ban"]
    for app in sorted({b.app for b in bids}):
        for c, carrier in enumerate(state.carriers):
            relation = state.relations.of(app, carrier.name)
            u = float(uniform_of(state.key, RELATION, state.week, state.names.index(app), c))
            asks.append(
                carrier.ask(
                    app,
                    relation,
                    p.relation_markup,
                    shut=is_closed(relation, p.relation_closing, u),
                )
            )
    deals, unmatched = match(bids, asks, state.book.standing(state.week, state.regulator.rule))
    for deal in deals:
        state.book.add_deal(deal, state.week)
        state.relations.move(deal.bid.app, deal.bid.carrier, "deal")
    return deals, [(bid.app, bid.carrier, reason) for bid, reason in unmatched]


def observe(state: State, seat: str, *, direct: bool = False) -> Public:
    """What a seat sees now. Figures are for the population."""
    return _seen_by(state, seat, _public(state), direct)


def observe_all(state: State, seats: Iterable[str]) -> dict[str, Public]:
    """What each of some seats sees now; what all see is looked up once."""
    public = _public(state)
    return {seat: _seen_by(state, seat, public, False) for seat in seats}


def _public(state: State) -> dict[str, Any]:
    """What every seat sees."""
    return {
        "week": state.week,
        "rule": state.regulator.rule,
        "surcharges": state.regulator.surcharges,
        "shares": dict(zip((a.name for a in state.apps), state.active_shares(), strict=False)),
        "shares_by_carrier": _shares_by_carrier(state, state.week - 1),
        "shares_before": _shares_by_carrier(state, state.week - 1 - WEEKS_PER_BILL),
        "offers": state.book.seen(state.week, state.regulator.rule),
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
        "sensitivity": state.scenario.parameters.price_sensitivity,
        "regions": tuple(state.regions),
        "story": state.scenario.name,
        "population": state.scenario.population,
    }


def _seen_by(state: State, seat: str, public: Mapping[str, Any], direct: bool) -> Public:
    common: dict[str, Any] = {**public, "seat": seat, "cash": state.ledger.cash.get(seat, 0.0)}
    if seat == state.regulator.name:
        return Public(**common)
    carriers = {c.name for c in state.carriers}
    player = state.carrier(seat) if seat in carriers else state.app(seat)
    common |= {
        "levers": player.levers,
        "under_way": player.under_way,
        "past": state.past.get(seat, ()),
    }
    if isinstance(player, Carrier):
        return CarrierObservation(
            **common,
            own_app=player.config.own_app,
            cost_per_mb=player.cost_per_mb,
            capacity_price=player.capacity_price,
            room={"packs": state.book.room("packs")},
            pack_places=tuple(o.apps[0] for o in state.book.sold_by(seat)),
            values={name: bill.value_per_mb for name, bill in state.last_bill.items()},
        )
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
        parts=dict(zip(state.regions, (state.heads / state.heads.sum()).tolist(), strict=True)),
        bill=state.last_bill.get(seat, AppBill()),
        direct=direct,
        offer_names=(*(o.name for o in book), *(name for name, _ in pending)),
        own_offers={o.name: o.end for o in book if o.of(seat)},
        room={
            kind: MAX_OF_A_KIND - sum(map(alike, (*book, *(offer for _, offer in pending))))
            for kind, (_, alike) in CARRIED.items()
        },
    )


def _shares_by_carrier(state: State, week: int) -> dict[str, dict[str, float]]:
    names, carriers = state.scenario.messengers, [c.name for c in state.carriers]
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


def _shares_by_region(state: State, week: int, app: str) -> dict[str, float]:
    """Active share of an app's people by region in a week; {} before there was one, and for a
    seat that has no contacts.
    """
    if app not in state.scenario.messengers or not 0 <= week < state.history.weeks:
        return {}
    people = state.history.region[week, :, state.scenario.messengers.index(app), 0]
    return {
        region: float(n / heads) if heads else 0.0
        for region, n, heads in zip(state.regions, people, state.heads, strict=True)
    }


def last_bill(state: State, weeks: Tally) -> dict[str, AppBill]:
    """What each app remembers of the bill of these four weeks."""
    carriers, income = (
        [c.name for c in state.carriers],
        state.history.app[state.week, :, SERIES["app"].index("income")].tolist(),
    )
    mb = weeks.data.reshape(len(state.apps), len(carriers), -1, 3).sum(axis=2) / KIB * state.scale
    joined = [*(weeks.joined.sum(axis=1) * state.scale).tolist(), *[0.0] * len(state.apps)]
    moved = (mb[:, :, BILL_KIB] + mb[:, :, FREE_KIB]).tolist()
    return {
        app.name: AppBill(dict(zip(carriers, moved[k], strict=True)), income[k], joined[k])
        for k, app in enumerate(state.apps)
    }
