"""Every fourth week, and whenever a person acts: players look, decide, deal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..players import decisions as d
from ..players.agents import CarrierAgent
from ..players.bots import policy
from ..players.deals import Bid, Counter, Deal, Move, RefusedBid, Standing, counter, match
from ..players.observation import MEMORY, Past
from ..scenario import WEEKS_PER_BILL
from .state import State
from .views import ask_of, observe_all, reckoned, shares_by_region


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
    looks = [seat.name for seat in asked if seat.decide is not policy("passive", seat.kind)]
    views = observe_all(state, looks) if looks else {}
    for seat in asked:
        decided[seat.name] = nothing = d.NOTHING[seat.kind]
        if seen := views.get(seat.name):
            decision = seat.decide(seen)
            decided[seat.name] = nothing if d.check(decision, seat.name, seen) else decision
    state.decided = decided
    bids: list[Bid] = []
    state.refused = ()
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
            _goodwill(state, seat.name, decision)
        elif isinstance(decision, d.CarrierDecision):
            refused += _sells(state, seat, decision)
    deals, unmatched = _deal(state, bids)
    refused += unmatched
    _remember(state, cash, deals, refused)
    return refused


def _remember(
    state: State, cash: Mapping[str, float], deals: list[Deal], refused: list[Refused]
) -> None:
    """Each seat that decided remembers the round; `cash`: what each had before it."""
    made = [(deal.bid.app, deal.bid.carrier, deal.price) for deal in deals]
    shares = shares_by_region(state, state.week - 1)
    for seat, decision in state.decided.items():
        past = Past(
            week=state.week,
            cash=cash.get(seat, 0.0),
            decision=_written(decision),
            deals=_of_seat(seat, made),
            refused=_of_seat(seat, refused),
            shares=shares.get(seat, {}),
        )
        state.past[seat] = (*state.past.get(seat, ()), past)[-MEMORY:]


def _written(decision: d.Decision) -> dict[str, Any]:
    """A decision as plain data, without what it is silent about, and without its reason."""
    if not decision.model_fields_set:
        return {}
    return decision.model_dump(mode="json", exclude_defaults=True, exclude={"reason"})


def _of_seat[T](seat: str, facts: Iterable[tuple[str, str, T]]) -> dict[str, T]:
    """Facts of (app, carrier) pairs that concern a seat, by its partner."""
    return {
        carrier if app == seat else app: value
        for app, carrier, value in facts
        if seat in (app, carrier)
    }


def _goodwill(state: State, app: str, decision: d.AppDecision) -> None:
    """An app pays carriers for nothing in return; relations improve."""
    for carrier, each in decision.goodwill.items():
        customers = state.carrier(carrier).subscribers
        state.ledger.add(state.week, app, carrier, "joint promotion", 0.0, each * customers)
        state.relations.move(app, carrier, "goodwill", each)


def _sells(state: State, carrier: CarrierAgent, decision: d.CarrierDecision) -> list[Refused]:
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
    if not isinstance(seat, CarrierAgent):
        return set()
    return {
        *((app, "block") for app in seat.closed),
        *((app, "surcharge") for app in seat.surcharges),
    }


def _deal(state: State, bids: Sequence[Bid]) -> tuple[list[Deal], list[Refused]]:
    """Deals that are made, and bids that find none; a bid that falls short has an answer, which
    stands until the next round is over.
    """
    due = [one for one in _accepted(state) if state.regulator.rule != "ban"]
    deals = [Deal(terms, terms.price) for terms in due]
    for deal in deals:
        _make(state, deal)
    bids = [reckoned(state, b) for b in bids if state.regulator.rule != "ban"]
    full, bids = _without_room(state, bids)
    asks = {(b.app, b.carrier): ask_of(state, b.app, state.carrier(b.carrier)) for b in bids}
    made, unmatched = match(bids, asks.values(), _standing(state)) if bids else ([], [])
    for deal in made:
        _make(state, deal)
    standing = _standing(state) if unmatched else ()
    state.counters = {
        pair: one for pair, one in state.counters.items() if state.week < one.week + WEEKS_PER_BILL
    }
    for bid, _ in unmatched:
        there = [one for one in standing if one.carrier == bid.carrier]
        if terms := counter(bid, asks[bid.app, bid.carrier], there):
            state.counters[bid.app, bid.carrier] = Counter(state.week, terms)
    state.refused = (*full, *unmatched)
    return deals + made, [(bid.app, bid.carrier, cause) for bid, cause in state.refused]


def _standing(state: State) -> list[Standing]:
    return state.book.standing(state.week, state.regulator.rule)


def _accepted(state: State) -> list[Bid]:
    """Counter-offers that apps take."""
    return [
        one.terms
        for app, decision in state.decided.items()
        if isinstance(decision, d.AppDecision)
        for carrier in d.accepted(decision)
        if (one := state.counters.pop((app, carrier), None))
    ]


def _without_room(state: State, bids: Sequence[Bid]) -> tuple[list[RefusedBid], list[Bid]]:
    """Bids with a gift that no more fits in the market, and all others."""
    room, full, left = state.book.room("gifts"), list[RefusedBid](), list[Bid]()
    for bid in bids:
        new = bid.gift_mb > 0
        room -= new
        if new and room < 0:
            full.append(RefusedBid(bid, "no room for a gift"))
        else:
            left.append(bid)
    return full, left


def _make(state: State, deal: Deal) -> None:
    state.book.add_deal(deal, state.week)
    state.relations.move(deal.bid.app, deal.bid.carrier, "deal")
