"""Where they meet: the market as a Mesa model. Read `Market.step` first."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import mesa
import numpy as np
from numpy.typing import NDArray

from ..players.agents import App, Carrier, Owner, Regulator
from ..players.deals import Relations
from ..players.decisions import Decision, check
from ..players.ledger import Ledger
from ..players.observation import AppBill
from ..players.offers import LiveOffer, OfferBook
from ..players.strategies import policy_of
from ..scenario import WEEKS_PER_BILL, Scenario
from ..scenario.offers import CARRIED, AnyEvent, Split
from ..society.graphs import Contacts, build_contacts
from .billing import added, send_bills
from .columns import BLOCK, UNDER_NONE, People, Tally
from .draws import LEAVE, key_of, uniforms
from .engine import THREADS_FROM, AsAgents, Compiled
from .equations import KIB, congestion
from .graph import graph_of
from .history import History, record_bill, record_week
from .observers import Observer
from .people import build_people, regions_of, start
from .rounds import BadAction, Refused, last_bill, observe, play_round
from .survival import Followed, begin, follow, monthly
from .terms import TermsOfWeek, rules_of
from .user import User
from .userset import UserSet

if TYPE_CHECKING:
    import networkx as nx

type Engine = Literal["compiled", "agents"]


class Market(mesa.Model):
    """A market that runs week by week.

    Attributes:
        config: the scenario.
        week: the next week to run, 0 = first.
        users: all users as a `UserSet`; `users[17]` is a `User`, `users[mask]` a `UserSet`.
        observers: who looks at every week.
        apps, carriers, owners, regulator: the players, ordinary Mesa agents.
        book: all offers. ledger: all money. history: all weekly series. relations: of owners and
            carriers.
        decided: what each seat decided in the last round; given: what people have decided for the
            coming week.
        settled: lines of the ledger up to the last bill; owners have had their part of them.
        people, contacts: the users' columns and contact lists. last_half: half of `people.reach`
            with the week that ran last.
        scale: people that one simulated user stands for.
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
        self.user_type, self.observers = user, list(observers)
        self.config = scenario
        self.seed = rng
        self.key = key_of(rng)
        self.week = 0
        self.scale = scenario.people_per_user
        self.regions = list(scenario.society.regions)
        self.regulator = Regulator(self, scenario.regulator)
        bots_seed = int(self.key[0])
        people = scenario.population
        self.apps = [
            App(self, n, scenario.apps[n], people, bots_seed)
            for n in (*scenario.messengers, *scenario.services)
        ]
        self.carriers = [Carrier(self, n, c, bots_seed) for n, c in scenario.carriers.items()]
        self.owners = [Owner(self, n, o) for n, o in scenario.owners.items()]
        for name, strategy in (policies or {}).items():
            seat = self.seat(name)
            seat.decide = policy_of(strategy, seat.kind, bots_seed)
        self.ledger = Ledger(
            {a.name: a.config.cash for a in (*self.apps, *self.carriers, *self.owners)}
        )
        self.relations = Relations(scenario.owners)
        self.book = OfferBook(scenario)
        self._build_society()
        self.rules = rules_of(scenario, BLOCK, int(np.diff(self.contacts.offsets).max()))
        self.settled = 0
        self.gifts_due: set[tuple[int, tuple[str, str]]] = set()
        self.terms = TermsOfWeek(self)
        self.pots: dict[int, int] = {}
        self.last_bill: dict[str, AppBill] = {}
        self.refused: list[Refused] = []
        self.followed: list[Followed] = []
        self.cohorts: list[tuple[int, NDArray[np.int64]]] = []
        self.decided: dict[str, Decision] = {}
        self.given: dict[str, Decision] = {}
        self._dealt: list[AnyEvent] = []
        self._weeks: Tally | None = None
        self.last_half = 0
        threads = threads or (
            min(2, os.cpu_count() or 1) if scenario.society.users >= THREADS_FROM else 1
        )
        self.engine = Compiled(threads) if engine == "compiled" else AsAgents()
        start(self)
        self.history = History(self)
        self._dated_events()

    def _build_society(self) -> None:
        scenario = self.config
        features = [f for a in scenario.apps.values() for f in a.features.values()]
        features += [e.feature for e in scenario.events if e.kind == "feature"]
        self.channels = 3 if any(f.kind in ("voice", "video") for f in features) else 1
        regions = regions_of(scenario)
        self.contacts: Contacts = build_contacts(scenario.society.graph, regions, int(self.key[1]))
        self.people: People = build_people(scenario, self.key, regions, self.channels)
        self.users = UserSet(self)
        self.typical_pressure = float(np.median(self.people.pressure))
        self.count_subscribers()

    # ------------------------------------------------------------------ one week

    def step(self) -> None:
        """One week, in the order of the model description."""
        week = self.week
        if week > 0:
            self._dated_events()
        self.refused = play_round(self, self.given)
        self.given = {}
        while self._dealt:
            self.happen(self._dealt.pop(0))
        begin(self, week)
        self.book.advance(week)
        for player in (*self.apps, *self.carriers):
            player.week_passes(week)
        offers = self.running_offers()
        self.gifts_due |= {(o.index, place) for o in offers if o.gives(week) for place in o.places}
        self.terms.refresh(week, offers)
        bill_week = week % WEEKS_PER_BILL == WEEKS_PER_BILL - 1
        for observer in self.observers:
            observer.before_users(self)
        tally = self.engine.week(self, week, measure=bill_week)
        for observer in self.observers:
            observer.after_users(self)
        self.load_networks(tally)
        self._businesses_come()
        self._weeks = added(self._weeks, tally)
        self.history.room_for(week + 1, [o.name for o in self.book.offers])
        record_week(self, tally)
        if bill_week:
            self._bill(offers)
        follow(self)
        self.week += 1
        self.running = self.week < self.config.weeks
        for observer in self.observers:
            observer.after_week(self)

    def run(self, weeks: int | None = None) -> Market:
        """Run the scenario to its end, or some weeks more; returns itself."""
        for _ in range(self.config.weeks - self.week if weeks is None else weeks):
            self.step()
        return self

    def to_networkx(self) -> nx.Graph:
        """Who knows whom as a networkx graph; see `graph_of`."""
        return graph_of(self.config, self.contacts, self.people)

    def load_networks(self, tally: Any) -> None:
        """Traffic against capacity: next week's congestion."""
        kib = (
            tally.data[:, :, 1:].sum(axis=(0, 2)).reshape(len(self.carriers), -1).sum(axis=1)
            + self.other_kib
        )
        for carrier, traffic, users in zip(self.carriers, kib, self.customers, strict=True):
            room = carrier.capacity_mb
            carrier.subscribers = float(users) * self.scale
            carrier.load = float(traffic) / KIB / (room * float(users)) if room and users else 0.0
            carrier.congestion = float(congestion(carrier.load))

    def _businesses_come(self) -> None:
        """Businesses join where users are (two-sided features)."""
        two_sided = [
            (k, app.name, name, f)
            for k, app in enumerate(self.apps[: len(self.config.messengers)])
            for name, f in app.features.items()
            if (f.businesses or f.business_margin) and self.week >= self.config.week_of(f.launch)
        ]
        shares = self.active_shares() if two_sided else []
        for k, app, name, feature in two_sided:
            come = self.terms.businesses.get((app, name), 0.0)
            self.terms.businesses[app, name] = come + feature.business_speed * (shares[k] - come)

    def _bill(self, offers: list[LiveOffer]) -> None:
        bills = self.config.weeks // WEEKS_PER_BILL + 2
        bill, carriers = self.engine.bill(
            self, self.terms.bill_terms(self.week, offers), self.week, bills
        )
        weeks, self._weeks = self._weeks, None
        self.gifts_due = set()
        self.people.carrier[:] = carriers
        self.count_subscribers()
        assert weeks is not None
        self.cohorts.append((self.week, bill.curves))
        first_line = len(self.ledger.lines)
        send_bills(self, weeks, bill, offers)
        record_bill(self, bill, weeks, first_line)
        self.last_bill = last_bill(self, weeks)
        self.other_kib = (
            bill.data[:, 3].reshape(len(self.carriers), -1).sum(axis=1) / WEEKS_PER_BILL
        )
        load = {c.name: c.load for c in self.carriers}
        self.book.grow(self.week + 1, self._how_it_goes, load, self.regulator.rule)

    def _how_it_goes(self, offer: LiveOffer) -> tuple[float, float]:
        """(use, survival) of an offer: active share of people where offered, and of those
        registered under it.
        """
        row = self.history.offer[self.week, offer.index]
        k = self.terms.names.index(offer.apps[0])
        places = {self.terms.cell_of(p) // len(self.regions) for p in offer.places}
        if k >= len(self.config.messengers):
            return 0.0, 0.0
        active = sum(self.history.by_carrier[self.week, c, k, 0] for c in places)
        people = sum(self.customers[c] for c in places) * self.scale
        return active / people if people else 0.0, row[1] / row[0] if row[0] > 0 else 0.0

    # ------------------------------------------------------------------ events and actions

    def _dated_events(self) -> None:
        """What is dated this week happens before all else; what is dated before week 0, with it."""
        of = self.config.week_of
        for event in sorted(self.config.events, key=lambda e: of(e.when)):
            if of(event.when) == self.week or of(event.when) < self.week == 0:
                self.happen(event)

    def happen(self, event: AnyEvent) -> None:
        """A dated event takes effect now."""
        for player in (*self.apps, *self.carriers, self.regulator):
            player.happens(event, min(self.week, self.config.week_of(event.when)))
        if event.kind == "block":
            move = "block" if event.surcharge is None else "surcharge"
            self.relations.move(event.app, event.carrier, move)
        if isinstance(event, Split):
            self._split(event)

    def deal(self, event: AnyEvent) -> None:
        """A host's shock: it takes effect in the coming week once everybody has decided."""
        self._dealt.append(event)

    def _split(self, event: Split) -> None:
        """Some do not move to the separate app; all lose part of their habit."""
        if event.app not in self.config.messengers:
            return
        bit = self.config.messengers.index(event.app)
        people, flag = self.people, np.uint8(1 << bit)
        gone = uniforms(self.key, LEAVE, len(people.carrier), bit) < event.leaves
        people.registered[gone] &= ~flag
        people.reach[:, :, gone] &= ~flag
        people.habit[gone, bit] = 0.0
        people.under[gone, bit] = UNDER_NONE
        people.habit[:, bit] *= np.float32(1.0 - event.habit_lost)

    def act(self, seat: str, decision: Decision, *, direct: bool = True) -> None:
        """A person decides for a seat in the coming week.

        Args: direct: whether an app may start, change and stop offers without a deal.

        Raises BadAction: the decision cannot be carried out.
        """
        try:
            self.seat(seat)
        except ValueError as error:
            raise BadAction(str(error)) from None
        problems = check(decision, seat, observe(self, seat, direct=direct))
        if problems:
            raise BadAction("; ".join(map(str, problems)), seat, problems)
        self.given[seat] = decision

    def copy(self) -> Market:
        """The same market at the same point, free to go its own way; contact lists and the
        scenario are shared, observers stay behind.
        """
        shared: dict[int, Any] = {id(one): one for one in (self.contacts, self.config)}
        shared[id(self.observers)] = []
        return copy.deepcopy(self, shared)

    # ------------------------------------------------------------------ looking up

    def running_offers(self) -> list[LiveOffer]:
        """Offers in force this week."""
        return self.book.running(self.week, self.regulator.rule)

    def active_shares(self) -> list[float]:
        """Share of all users active on each messenger last week."""
        return self._shares_of(self.people.reach[self.last_half, 0])

    def monthly_shares(self) -> list[float]:
        """Share of all users active on each messenger at least once in the last four weeks."""
        return self._shares_of(monthly(self.people, slice(None)))

    def _shares_of(self, apps: NDArray[np.uint8]) -> list[float]:
        counts, bytes_ = np.bincount(apps, minlength=256), np.arange(256)
        return [
            float(counts[bytes_ >> bit & 1 == 1].sum()) / len(apps)
            for bit in range(len(self.config.messengers))
        ]

    def app(self, name: str) -> App:
        return next(a for a in self.apps if a.name == name)

    def carrier(self, name: str) -> Carrier:
        return next(c for c in self.carriers if c.name == name)

    def seat(self, name: str) -> App | Carrier | Regulator:
        """Who decides under this name. Raises ValueError."""
        seats = [*self.apps, *self.carriers, self.regulator]
        for seat in seats:
            if seat.name == name:
                return seat
        names = ", ".join(seat.name for seat in seats)
        raise ValueError(f"there is no seat '{name}'; there is: {names}")

    def count_subscribers(self) -> None:
        """Users of each carrier, shape (C,)."""
        self.customers = np.bincount(self.people.carrier, minlength=len(self.config.carriers))

    def same_house(self, one: str, other: str) -> bool:
        """Whether one firm stands above, or is, both."""
        return not self._house(one).isdisjoint(self._house(other))

    def _house(self, firm: str) -> set[str]:
        house = {firm}
        for owner in self.owners:
            if firm in owner.config.holds:
                house |= self._house(owner.name)
        return house

    def make_room(self, offers: Sequence[LiveOffer]) -> None:
        """Columns for allowances, packs and gifts, once there are such offers."""
        people, n = self.people, len(self.people.carrier)
        for offer in offers:
            if offer.allowance_mb is not None and offer.index not in self.pots:
                self.pots[offer.index] = len(self.pots)
        new = len(self.pots) - people.pots.shape[1]
        if new:
            people = people._replace(
                pots=np.concatenate([people.pots, np.zeros((n, new), np.int32)], axis=1)
            )
        for column, (_, alike) in CARRIED.items():
            if not len(getattr(people, column)) and any(map(alike, self.book.offers)):
                people = people._replace(**{column: np.zeros(n, np.uint8)})
        self.people = people
        self.rules = self.rules._replace(packs=len(people.packs) > 0, pots=people.pots.shape[1] > 0)

    def show(self) -> None:
        """Keep what a picture of each user needs (main app, apps used on free data) from now on."""
        if not len(self.people.shown):
            self.people = self.people._replace(
                shown=np.zeros((len(self.people.carrier), 2), np.uint8)
            )

    # ------------------------------------------------------------------ Mesa

    @property
    def agents_by_type(self) -> dict[type, Any]:
        """Mesa's sets of agents by type, and the users."""
        return {**super().agents_by_type, self.user_type: self.users}

    @property
    def agent_types(self) -> list[type]:
        return [*super().agent_types, self.user_type]
