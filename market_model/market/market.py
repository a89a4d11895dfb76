"""Where they meet: the market as a Mesa model. Read `Market.step` first."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..players.agents import AppAgent, CarrierAgent, RegulatorAgent
from ..players.decisions import Decision, check
from ..players.ledger import Ledger
from ..players.offers import LiveOffer, OfferBook
from ..players.strategies import OwnPolicy
from ..scenario import WEEKS_PER_BILL, Scenario
from ..scenario.offers import AnyEvent, ParameterChange, Split
from ..society.graphs import Contacts
from ..work.mesa import Model
from .billing import added, send_bills
from .campaigns import owe
from .columns import People
from .credit import Lapse, lapse
from .draws import LEAVE, uniforms
from .engine import THREADS_FROM, AsAgents, Compiled
from .feedback import businesses_come, load_networks
from .graph import graph_of
from .history import History
from .people import depart, scale_habit
from .record import record_bill, record_week
from .rounds import BadAction, Refused, play_round
from .start import start
from .state import State
from .survival import Followed, begin, follow
from .terms import TermsOfWeek
from .user import User
from .userset import UserSet
from .views import last_bill, observe

if TYPE_CHECKING:
    import networkx as nx

type Engine = Literal["compiled", "agents"]


class Observer:
    """Who looks at a running market: called in every week of one that it was given to; what it
    does not define is nothing. Looking changes no bit of the run.

    A market's copies go without its observers.
    """

    def before_users(self, market: Market) -> None:
        """The week's terms stand, and nobody has acted on them."""

    def after_users(self, market: Market) -> None:
        """All users have acted; networks, bills and history have not."""

    def after_week(self, market: Market) -> None:
        """The week is over and in the history; `market.week` is the next one."""


class Market(Model[Any, Any]):
    """A market that runs week by week.

    Attributes:
        state: all there is in it, for the rules; what others look at has a name here, too.
        terms: keeps the look-up tables of the week up to date. engine: runs the users' weeks.
        seed: what all chance comes from.
        users: all users as a `UserSet`; `users[17]` is a `User`, `users[mask]` a `UserSet`.
        observers: who looks at every week.
        followed: users whom an offer won, looked at from its end on.
        cohorts: (week, who came by which offer, registered and active) of every bill.
        refused: bids of the last round that found no deal.
        lapsed: what ended since nobody could pay for it.
    """

    def __init__(
        self,
        scenario: Scenario,
        rng: int | np.random.SeedSequence = 0,
        engine: Engine = "compiled",
        threads: int | None = None,
        *,
        user: type[User] = User,
        policies: Mapping[str, str | Callable[[Any], Any]] | None = None,
        observers: Iterable[Observer] = (),
    ) -> None:
        """Build the society, give everybody their apps, run the warm-up.

        Args:
            rng: seed; the same seed gives the same run, bit for bit.
            engine: "compiled" or "agents" (the same week as methods of `User`, in plain Mesa style;
                slow).
            threads: of the compiled engine; silent: two for large markets. It changes no bit.
            user: a subclass of `User` with rules of its own; "agents" runs it.
            policies: who decides for a seat instead of its scenario's strategy: the name of a bot,
                FILE.py:FUNCTION, or a function, from what the seat observes to its decision.
            observers: who looks at every week.

        Raises ValueError: rules of one's own need the agents engine; no such seat in `policies`.
        """
        if user is not User and engine != "agents":
            raise ValueError(
                f"the compiled engine does not run the rules of {user.__name__}; "
                "use engine='agents'"
            )
        super().__init__(rng=rng)
        self.state = state = State(self, scenario, rng, policies)
        self.terms = TermsOfWeek(state)
        self.seed, self.observers = rng, list(observers)
        self.users = UserSet(state, user)
        self.followed: list[Followed] = []
        self.cohorts: list[tuple[int, NDArray[np.int64]]] = []
        self.refused: list[Refused] = []
        self.lapsed: list[Lapse] = []
        threads = threads or (
            min(2, os.cpu_count() or 1) if scenario.society.users >= THREADS_FROM else 1
        )
        self.engine = Compiled(threads) if engine == "compiled" else AsAgents(user)
        self._dated = _by_week(scenario)
        start(state, self.terms, self.engine)
        self._dated_events()

    # ------------------------------------------------------------------ one week

    def step(self) -> None:
        """One week, in the order of the model description."""
        state, week = self.state, self.state.week
        if week > 0:
            self._dated_events()
        self.refused = play_round(state)
        state.given = {}
        while state.dealt:
            self.happen(state.dealt.pop(0))
        self.followed = begin(state, self.followed, week)
        state.book.advance(week)
        for player in (*state.apps, *state.carriers):
            player.week_passes(week)
        offers = state.running_offers()
        state.gifts_due |= {(o.index, place) for o in offers if o.gives(week) for place in o.places}
        self.terms.refresh(week, offers)
        bill_week = week % WEEKS_PER_BILL == WEEKS_PER_BILL - 1
        for observer in self.observers:
            observer.before_users(self)
        tally = self.engine.week(state, week, measure=bill_week)
        for observer in self.observers:
            observer.after_users(self)
        load_networks(state, tally)
        businesses_come(state)
        owe(state, tally)
        state.since_bill = added(state.since_bill, tally)
        state.history.room_for(week + 1, [o.name for o in state.book.offers])
        record_week(state, tally)
        if bill_week:
            self._bill(offers)
        self.followed = follow(state, self.followed)
        state.week += 1
        self.running = state.week < state.scenario.weeks
        for observer in self.observers:
            observer.after_week(self)

    def run(self, weeks: int | None = None) -> Market:
        """Run the scenario to its end, or some weeks more; returns itself."""
        for _ in range(self.config.weeks - self.week if weeks is None else weeks):
            self.step()
        return self

    def _bill(self, offers: list[LiveOffer]) -> None:
        state, week = self.state, self.state.week
        bills = state.scenario.weeks // WEEKS_PER_BILL + 2
        bill, carriers = self.engine.bill(state, self.terms.bill_terms(week, offers), week, bills)
        weeks, state.since_bill = state.since_bill, None
        state.gifts_due = set()
        state.people.carrier[:] = carriers
        state.count_subscribers()
        assert weeks is not None
        self.cohorts.append((week, bill.curves))
        first_line = len(state.ledger.lines)
        send_bills(state, weeks, bill, offers)
        record_bill(state, bill, weeks, first_line)
        self.lapsed += lapse(state)
        state.last_bill = last_bill(state, weeks, first_line)
        state.other_kib = (
            bill.data[:, 3].reshape(len(state.carriers), -1).sum(axis=1) / WEEKS_PER_BILL
        )
        load = {c.name: c.load for c in state.carriers}
        state.book.grow(week + 1, self._how_it_goes, load, state.regulator.rule)

    def _how_it_goes(self, offer: LiveOffer) -> tuple[float, float]:
        """(use, survival) of an offer: active share of people where offered, and of those
        registered under it.
        """
        state = self.state
        row = state.history.offer[state.week, offer.index]
        k = state.names.index(offer.apps[0])
        places = {state.cell_of(p) // len(state.regions) for p in offer.places}
        if k >= len(state.messengers):
            return 0.0, 0.0
        active = sum(state.history.by_carrier[state.week, c, k, 0] for c in places)
        people = sum(state.customers[c] for c in places) * state.scale
        return active / people if people else 0.0, row[1] / row[0] if row[0] > 0 else 0.0

    # ------------------------------------------------------------------ events and actions

    def go_on(self, scenario: Scenario, changed: Sequence[LiveOffer]) -> None:
        """From now on the scenario is another one, with these offers, and events, otherwise."""
        self.state.go_on(scenario, changed)
        self._dated = _by_week(scenario)

    def _dated_events(self) -> None:
        """What is dated this week happens before all else; what is dated before week 0, with it."""
        for event in self._dated.get(self.state.week, ()):
            self.happen(event)

    def happen(self, event: AnyEvent) -> None:
        """A dated event takes effect now."""
        for player in (*self.state.apps, *self.state.carriers, self.state.regulator):
            player.happens(event, min(self.state.week, self.state.scenario.week_of(event.when)))
        if event.kind == "block":
            move = "block" if event.surcharge is None else "surcharge"
            self.state.relations.move(event.app, event.carrier, move)
        if isinstance(event, ParameterChange):
            self.state.become(event.parameter, event.value)
        if isinstance(event, Split):
            self._split(event)

    def deal(self, event: AnyEvent) -> None:
        """A host's shock: it takes effect in the coming week once everybody has decided."""
        self.state.dealt.append(event)

    def _split(self, event: Split) -> None:
        """Some do not move to the separate app; all lose part of their habit."""
        if event.app not in self.state.messengers:
            return
        bit = self.state.messengers.index(event.app)
        people = self.state.people
        gone = uniforms(self.state.key, LEAVE, len(people.carrier), bit) < event.leaves
        depart(people, gone, bit)
        scale_habit(people, bit, 1.0 - event.habit_lost)

    def act(self, seat: str, decision: Decision, *, direct: bool = True) -> None:
        """A person decides for a seat in the coming week.

        Args: direct: whether an app may start, change and stop offers without a deal.

        Raises BadAction: the decision cannot be carried out.
        """
        try:
            self.state.seat(seat)
        except ValueError as error:
            raise BadAction(str(error)) from None
        problems = check(decision, seat, observe(self.state, seat, direct=direct))
        if problems:
            raise BadAction("; ".join(map(str, problems)), seat, problems)
        self.state.given[seat] = decision

    def copy(self) -> Market:
        """The same market at the same point, free to go its own way; contact lists and the
        scenario are shared, observers stay behind.
        """
        shared: dict[int, Any] = {id(one): one for one in (self.contacts, self.config)}
        shared[id(self.observers)] = []
        return copy.deepcopy(self, shared)

    # ------------------------------------------------------------------ looking at it

    @property
    def refused_decisions(self) -> dict[str, list[tuple[int, str]]]:
        """By seat with a policy of a user's own, (week, problem) of decisions that could not be
        carried out; seats without any are left out.
        """
        return {
            seat.name: seat.decide.refused
            for seat in (*self.apps, *self.carriers)
            if isinstance(seat.decide, OwnPolicy) and seat.decide.refused
        }

    @property
    def config(self) -> Scenario:
        """The scenario."""
        return self.state.scenario

    @property
    def week(self) -> int:
        """The next week to run, 0 = first."""
        return self.state.week

    @property
    def scale(self) -> float:
        """People that one simulated user stands for."""
        return self.state.scale

    @property
    def regions(self) -> list[str]:
        """Names of the regions."""
        return self.state.regions

    @property
    def apps(self) -> list[AppAgent]:
        """Messengers, then services: Mesa agents."""
        return self.state.apps

    @property
    def carriers(self) -> list[CarrierAgent]:
        """The carriers: Mesa agents."""
        return self.state.carriers

    @property
    def regulator(self) -> RegulatorAgent:
        """Its rules as they stand: a Mesa agent."""
        return self.state.regulator

    @property
    def book(self) -> OfferBook:
        """All offers."""
        return self.state.book

    @property
    def ledger(self) -> Ledger:
        """All money."""
        return self.state.ledger

    @property
    def history(self) -> History:
        """All weekly series."""
        return self.state.history

    @property
    def contacts(self) -> Contacts:
        """Who knows whom."""
        return self.state.contacts

    @property
    def people(self) -> People:
        """The users as columns."""
        return self.state.people

    @property
    def last_half(self) -> int:
        """Half of `people.reach` with the week that ran last."""
        return self.state.last_half

    @property
    def given(self) -> dict[str, Decision]:
        """What people have decided for the coming week."""
        return self.state.given

    @property
    def decided(self) -> dict[str, Decision]:
        """What each seat decided in the last round."""
        return self.state.decided

    def running_offers(self) -> list[LiveOffer]:
        """Offers in force this week."""
        return self.state.running_offers()

    def active_shares(self) -> list[float]:
        """Share of all users active on each messenger last week."""
        return self.state.active_shares()

    def show(self) -> None:
        """Keep what a picture of each user needs from now on."""
        self.state.show()

    def to_networkx(self) -> nx.Graph[Any]:
        """Who knows whom as a networkx graph; see `graph_of`."""
        return graph_of(self.config, self.contacts, self.people)

    # ------------------------------------------------------------------ Mesa

    @property
    def agents_by_type(self) -> dict[type, Any]:
        """Mesa's sets of agents by type, and the users."""
        return {**super().agents_by_type, self.users.kind: self.users}

    @property
    def agent_types(self) -> list[type]:
        return [*super().agent_types, self.users.kind]


def _by_week(scenario: Scenario) -> dict[int, list[AnyEvent]]:
    """Dated events by the week in which they happen."""
    found: dict[int, list[AnyEvent]] = {}
    for event in sorted(scenario.events, key=lambda event: scenario.week_of(event.when)):
        found.setdefault(max(scenario.week_of(event.when), 0), []).append(event)
    return found
