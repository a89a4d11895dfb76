"""The agents engine: every user a Mesa agent, every step a method. Slow, readable, the oracle of the compiled one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..society.graphs import Contacts
from .bill import bill_pass
from .columns import BillTally, BillTerms, People, Rules, Tally, Terms, summed
from .engine import crowd_of, new_bill_tally, new_tally, week_sums
from .user import User, bits_of

if TYPE_CHECKING:
    from .market import Market

WEEK = ("hear_of", "register", "use", "form_habit", "communicate", "be_counted")


class WeekInProgress:
    """What every user needs to know of the week that runs."""

    def __init__(self, people: People, contacts: Contacts, terms: Terms, rules: Rules, tally: Tally, key: Any, week: int,
                 last: int, measure: bool) -> None:
        self.contacts, self.terms, self.rules, self.tally = contacts, terms, rules, tally
        self.key, self.week, self.measure = key, week, measure
        self.before, self.after = people.reach[last], people.reach[1 - last]
        self.apps, self.channels = len(terms.lanes), len(self.before)
        self.everyone = (1 << self.apps) - 1
        self.crowd = crowd_of(contacts, self.before)
        self.bits = bits_of

    def block(self, user: int) -> int:
        return user // self.rules.block

    def quarter(self, pressure: float) -> int:
        return int((np.float32(pressure) > self.terms.quarters).sum())

    def friends(self, user: int, channel: int) -> Iterator[tuple[float, int]]:
        """(weight, apps they can be reached on) of a user's contacts; in a complete graph, of kinds of people."""
        if self.contacts.complete:
            for kind in self.crowd:
                own = all(kind[c] == self.before[c, user] for c in range(self.channels))
                yield float(kind[3] - own), int(kind[channel])
            return
        start, stop = self.contacts.offsets[user], self.contacts.offsets[user + 1]
        weighted = len(self.contacts.weights) > 0
        for k in range(start, stop):
            weight = float(self.contacts.weights[k]) if weighted else 1.0
            yield weight, int(self.before[channel, self.contacts.friends[k]])

    def one_friend(self, contacts: int) -> float:
        """What one unit of weight counts for."""
        if self.contacts.complete:
            return 1.0 / (len(self.before[0]) - 1)
        if contacts == 0:
            return 0.0
        return 1.0 if len(self.contacts.weights) else 1.0 / contacts


class AsAgents:
    """Runs the week by the methods of `User`."""

    def __init__(self, market: Market) -> None:
        self.users = [User(market, i) for i in range(len(market.people.carrier))]

    def week(self, people: People, contacts: Contacts, terms: Terms, rules: Rules, key: Any, week: int, last: int, *,
             measure: bool) -> Tally:
        """One week of everybody, phase by phase; returns the sums."""
        tally = new_tally(rules, terms, len(self.users))
        now = WeekInProgress(people, contacts, terms, rules, tally, key, week, last, measure)
        for user in self.users:
            user.begin(now)
        for phase in WEEK:
            for user in self.users:
                getattr(user, phase)()
        return week_sums(tally, rules, people.reach.shape[1])

    def bill(self, people: People, contacts: Contacts, terms: Terms, rules: Rules, bill: BillTerms, key: Any, week: int,
             this: int, bills: int) -> tuple[BillTally, NDArray[np.uint8]]:
        """The bills, user by user, by the same functions as the compiled engine calls."""
        tally = new_bill_tally(rules, terms, len(people.carrier), bills)
        carriers = people.carrier.copy()
        bill_pass(people, contacts, terms, rules, bill, tally, key, week, this, carriers, np.zeros(len(bill.plan)), 0,
                  len(people.carrier))
        return summed(tally), carriers
