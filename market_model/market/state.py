"""What there is in a market: scenario, people, players, offers, money, and what the weeks left
behind. Every rule reads it and writes into it; `Market` says in which order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..players.agents import AppAgent, CarrierAgent, OwnerAgent, RegulatorAgent
from ..players.deals import Counter, RefusedBid, Relations
from ..players.decisions import Decision
from ..players.ledger import Ledger
from ..players.observation import AppBill, Past
from ..players.offers import LiveOffer, OfferBook
from ..players.strategies import policy_of
from ..scenario import WEEKS_PER_BILL, Scenario
from ..scenario.offers import CARRIED, AnyEvent
from ..society.graphs import build_contacts
from ..society.memory import allowances_of, channels_of, check_memory, column_bytes, is_slim
from ..work.mesa import Model
from .columns import BLOCK, Tally
from .draws import key_of
from .history import History
from .people import build_people, monthly, parts, regions_of, sums_by, traits_at
from .tables import blank_terms, rules_of

BITS = np.arange(256)[:, None] >> np.arange(8) & 1
"""Which of eight apps each byte has, shape (256, 8)."""

SOME = 50_000_000
"""People whose quarters of γ stand for all."""


class State:
    """A market at one point of time.

    Attributes:
        model: the Mesa model that its agents belong to. scenario: what it was built from.
        parameters: how people behave now. key: of all draws. week: the next week to run, 0 = first.
        scale: people that one simulated user stands for. regions: names of them.
        messengers: names of the apps with contacts. names: of all apps, messengers first.
        apps, carriers, owners, regulator: the players, ordinary Mesa agents.
        firms: names of owners and what they hold, each before its owners.
        book: all offers. ledger: all money. relations: of owners and carriers.
        history: all weekly series.
        contacts, people: the users' contact lists and columns. channels: 1, or 3 when some app
            carries calls. last_half: half of `people.reach` with the week that ran last.
        customers: users of each carrier, shape (C,). typical_pressure: median γ, logit.
        rules, terms: the parameters as numbers, and the look-up tables of the week.
        businesses: share of businesses that have come, by (app, feature), 0…1.
        given: what people have decided for the coming week. dealt: a host's shocks in it.
        decided: what each seat decided in the last round. past: the last rounds of each.
        last_bill: what apps remember of theirs.
        refused: bids of the last round that found no deal. counters: answers to them, by (app,
            carrier).
        heads: people of each region, shape (R,). due: money by (app, reason) that campaigns cost
            since the last bill.
        pots: column of `people.pots` by offer. gifts_due: (offer, place) of the gifts in this bill.
        other_kib: a week's background data by carrier. since_bill: sums of the weeks since a bill.
        settled: lines of the ledger up to the last bill; owners have had their part of them.
    """

    def __init__(
        self,
        model: Model[Any, Any],
        scenario: Scenario,
        rng: int | np.random.SeedSequence = 0,
        policies: Mapping[str, str | Callable[[Any], Any]] | None = None,
    ) -> None:
        """Players, offers and society before anybody has an app; args as of `Market`."""
        self.model, self.scenario, self.parameters = model, scenario, scenario.parameters
        self.key, self.week = key_of(rng), 0
        self.scale = scenario.people_per_user
        self.regions = list(scenario.society.regions)
        self.messengers = scenario.messengers
        self.names = [*self.messengers, *scenario.services]
        cells = product(scenario.carriers, self.regions)
        self._cells = {place: cell for cell, place in enumerate(cells)}
        self._build_society()
        self.heads = self.scale * sums_by(self.people.region, len(self.regions))
        luck, people = int(self.key[0]), scenario.population
        heads: dict[str, float] = dict(zip(self.regions, self.heads.tolist(), strict=True))
        self.regulator = RegulatorAgent(model, scenario.regulator)
        self.apps = [AppAgent(model, n, scenario.apps[n], people, luck, heads) for n in self.names]
        self.carriers = [CarrierAgent(model, n, c, luck) for n, c in scenario.carriers.items()]
        self.owners = [OwnerAgent(model, n, o) for n, o in scenario.owners.items()]
        players = (*self.apps, *self.carriers, *self.owners)
        held = {owner.name: list(owner.config.holds) for owner in self.owners}
        self.firms = list(TopologicalSorter(held).static_order())
        self._houses = {one.name: self._house(one.name) for one in players}
        for name, strategy in (policies or {}).items():
            seat = self.seat(name)
            seat.decide = policy_of(strategy, seat.kind, luck)
        self.ledger = Ledger({one.name: one.config.cash for one in players})
        self.relations = Relations(scenario.owners)
        self.book = OfferBook(scenario)
        self.history = History(scenario)
        self.businesses: dict[tuple[str, str], float] = {}
        self.given: dict[str, Decision] = {}
        self.dealt: list[AnyEvent] = []
        self.decided: dict[str, Decision] = {}
        self.past: dict[str, tuple[Past, ...]] = {}
        self.last_bill: dict[str, AppBill] = {}
        self.refused: tuple[RefusedBid, ...] = ()
        self.counters: dict[tuple[str, str], Counter] = {}
        self.pots: dict[int, int] = {}
        self.due: dict[tuple[str, str], float] = {}
        self.gifts_due: set[tuple[int, tuple[str, str]]] = set()
        self.other_kib = np.zeros(len(self.carriers))
        self.since_bill: Tally | None = None
        self.settled = 0

    def _build_society(self) -> None:
        scenario = self.scenario
        check_memory(scenario)
        self.channels = channels_of(scenario)
        regions = regions_of(scenario)
        beside = column_bytes(scenario) * scenario.society.users
        self.contacts = build_contacts(scenario.society.graph, regions, int(self.key[1]), beside)
        self.people = build_people(scenario, self.key, regions, self.channels)
        self.last_half = 0
        pressure = traits_at(self.people, slice(0, min(len(regions), SOME)), 0)[0]
        self.typical_pressure = float(np.median(pressure))
        self.rules = rules_of(scenario, BLOCK)
        self.terms = blank_terms(scenario, self.channels, pressure)
        self.count_subscribers()

    # ------------------------------------------------------------------ looking up

    def app(self, name: str) -> AppAgent:
        return next(a for a in self.apps if a.name == name)

    def carrier(self, name: str) -> CarrierAgent:
        return next(c for c in self.carriers if c.name == name)

    def seat(self, name: str) -> AppAgent | CarrierAgent | RegulatorAgent:
        """Who decides under this name. Raises ValueError."""
        seats = [*self.apps, *self.carriers, self.regulator]
        for seat in seats:
            if seat.name == name:
                return seat
        names = ", ".join(seat.name for seat in seats)
        raise ValueError(f"there is no seat '{name}'; there is: {names}")

    def same_house(self, one: str, other: str) -> bool:
        """Whether one firm stands above, or is, both."""
        return not self._houses[one].isdisjoint(self._houses[other])

    def _house(self, firm: str) -> set[str]:
        house = {firm}
        for owner in self.owners:
            if firm in owner.config.holds:
                house |= self._house(owner.name)
        return house

    def cell_of(self, place: tuple[str, str]) -> int:
        """Index of a (carrier, region) pair, in 0 … C·R − 1."""
        return self._cells[place]

    def running_offers(self) -> list[LiveOffer]:
        """Offers in force this week."""
        return self.book.running(self.week, self.regulator.rule)

    def active_shares(self) -> list[float]:
        """Share of all users active on each messenger last week."""
        return self.shares_of(self.people.reach[self.last_half, 0])

    def monthly_shares(self) -> list[float]:
        """Share of all users active on each messenger at least once in the last four weeks."""
        some = (monthly(self.people, part) for part in parts(len(self.people.carrier)))
        return self._shares(sum(np.bincount(apps, minlength=256) for apps in some))

    def shares_of(self, apps: NDArray[np.uint8]) -> list[float]:
        """Share of all users by messenger, from a byte of apps for each user."""
        return self._shares(sums_by(apps, 256))

    def _shares(self, users: Any) -> list[float]:
        """The same from numbers of users by byte, shape (256,)."""
        counts = (users @ BITS)[: len(self.messengers)].tolist()
        return [count / len(self.people.carrier) for count in counts]

    def usual_wifi(self) -> float:
        """Mean ω."""
        people = self.people
        wifi = people.wifi
        if len(people.traits):
            wifi = traits_at(people, slice(0, min(len(people.carrier), SOME)), 0)[1]
        return float(wifi.mean())

    # ------------------------------------------------------------------ keeping up

    def count_subscribers(self) -> None:
        """Look who is whose customer."""
        self.customers = sums_by(self.people.carrier, len(self.scenario.carriers))

    def go_on(self, scenario: Scenario, changed: Sequence[LiveOffer]) -> None:
        """From now on the scenario is another one, with these offers otherwise."""
        self.scenario = scenario
        known = len(self.book.offers)
        self.book.rewrite(scenario, changed)
        self.history.room_for(self.week, [o.name for o in self.book.offers])
        bills = slice(WEEKS_PER_BILL - 1, self.week, WEEKS_PER_BILL)
        self.history.offer[bills, known:] = 0.0  # of nobody, so far

    def become(self, parameter: str, value: float) -> None:
        """People behave otherwise from now on."""
        self.parameters = self.parameters.model_copy(update={parameter: value})
        if parameter in self.rules._fields:
            self.rules = self.rules._replace(**{parameter: value})

    def make_room(self, offers: Sequence[LiveOffer]) -> None:
        """Columns for allowances, packs and gifts, once there are such offers."""
        people, n = self.people, len(self.people.carrier)
        for offer in offers:
            if offer.allowance_mb is not None and offer.index not in self.pots:
                self.pots[offer.index] = len(self.pots)
        if len(self.pots) > people.pots.shape[1]:
            wanted = len(self.pots)
            if is_slim(self.scenario):  # at once, as a larger copy stands beside the old one
                wanted = max(wanted, allowances_of(self.scenario))
            pots = np.zeros((n, wanted), np.int32)
            if people.pots.shape[1]:
                pots[:, : people.pots.shape[1]] = people.pots
            people = people._replace(pots=pots)
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
