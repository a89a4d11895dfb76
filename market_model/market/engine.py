"""Runs the week of all users: compiled, on one thread or several, or by the methods of each
`User`; the same bits either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..society.graphs import Contacts
from .bill import bill_pass
from .columns import BillTally, BillTerms, Rules, Tally, Terms, summed
from .compiled import week_pass

if TYPE_CHECKING:
    from .market import Market

THREADS_FROM = 60_000
"""Users from which a second thread is worth starting."""


def new_tally(rules: Rules, terms: Terms, n: int) -> Tally:
    """An empty tally of a week."""
    b, (cr, t, _), m, o = (
        -(-n // rules.block),
        terms.offer.shape,
        len(terms.lanes),
        len(terms.offers),
    )
    return Tally(
        heads=np.zeros((b, cr, 5, 1 << m), np.int64),
        joined=np.zeros((b, m, cr), np.int64),
        data=np.zeros((b, t, cr, 3), np.int64),
        sponsored=np.zeros((b, o, cr), np.int64),
        main=np.zeros((b, m + 1), np.int64),
        messages=np.zeros((b, m)),
        minutes=np.zeros((b, m)),
        sms=np.zeros((b, cr)),
        phone=np.zeros((b, cr)),
        surplus=np.zeros((b, 4)),
    )


def week_sums(tally: Tally, rules: Rules, channels: int) -> Tally:
    """All blocks of a week together; where no app carries calls, everybody phones."""
    total: Tally = summed(tally)
    return (
        total
        if channels > 1
        else total._replace(phone=total.heads[:, 0].sum(axis=1) * rules.minutes)
    )


def new_bill_tally(rules: Rules, terms: Terms, n: int, bills: int) -> BillTally:
    """An empty tally of a bill; `bills`: number of bills that cohorts are told apart by."""
    b, cr, m, o = -(-n // rules.block), len(terms.offer), len(terms.lanes), len(terms.offers)
    return BillTally(
        users=np.zeros((b, cr), np.int64),
        data=np.zeros((b, cr, 4), np.int64),
        gift=np.zeros((b, o, cr), np.int64),
        holders=np.zeros((b, o, cr), np.int64),
        spent=np.zeros((b, 4)),
        quarter=np.zeros((b, 4), np.int64),
        habit=np.zeros((b, m)),
        curves=np.zeros((b, m, o + 1, bills, 2), np.int64),
    )


def crowd_of(contacts: Contacts, reach: NDArray[np.uint8]) -> NDArray[np.int64]:
    """For a complete graph: how many users can be reached on which apps; shape (kinds, 4): text,
    voice, video, users.
    """
    if not contacts.complete:
        return np.zeros((0, 4), np.int64)
    packed = sum(row.astype(np.int64) << (8 * c) for c, row in enumerate(reach))
    kinds, counts = np.unique(packed, return_counts=True)
    return np.stack([kinds & 255, kinds >> 8 & 255, kinds >> 16, counts], axis=1)


class Compiled:
    """The engine of every normal run."""

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def __deepcopy__(self, _: Any) -> Compiled:
        """Engines keep nothing of a market: copies share them."""
        return self

    def _spread(self, n: int, block: int, work: Callable[[int, int], None]) -> None:
        """Do work(first, end) for all users; parts are whole blocks, so no two threads add to
        the same sum.
        """
        if self._pool is None or n < THREADS_FROM:
            work(0, n)
            return
        blocks = -(-n // block)
        edges = [min(n, block * (blocks * k // self.threads)) for k in range(self.threads + 1)]
        list(self._pool.map(work, edges[:-1], edges[1:]))

    def week(self, market: Market, week: int, *, measure: bool) -> Tally:
        """One week of everybody by the terms that stand; turns the halves of `reach`, returns
        the sums.
        """
        people, contacts, terms, rules, last = (
            market.people,
            market.contacts,
            market.terms.terms,
            market.rules,
            market.last_half,
        )
        n, apps = len(people.carrier), len(terms.lanes)
        tally = new_tally(rules, terms, n)
        crowd = crowd_of(contacts, people.reach[last])

        def part(first: int, end: int) -> None:
            scratch = (
                *(np.zeros(apps) for _ in range(4)),
                np.zeros(256),
                np.zeros(rules.most_contacts, np.uint8),
            )
            week_pass(
                people,
                contacts,
                crowd,
                terms,
                rules,
                tally,
                market.key,
                week,
                last,
                measure,
                scratch,
                first,
                end,
            )

        self._spread(n, rules.block, part)
        market.last_half = 1 - last
        return week_sums(tally, rules, people.reach.shape[1])

    def bill(
        self, market: Market, bill: BillTerms, week: int, bills: int
    ) -> tuple[BillTally, NDArray[np.uint8]]:
        """The bills of everybody; returns the sums and each user's carrier from now on. `bills`:
        as for `new_bill_tally`.
        """
        people, terms, rules, n = (
            market.people,
            market.terms.terms,
            market.rules,
            len(market.people.carrier),
        )
        tally = new_bill_tally(rules, terms, n, bills)
        carriers = people.carrier.copy()

        def part(first: int, end: int) -> None:
            bill_pass(
                people,
                market.contacts,
                terms,
                rules,
                bill,
                tally,
                market.key,
                week,
                market.last_half,
                carriers,
                np.zeros(len(bill.plan)),
                first,
                end,
            )

        self._spread(n, rules.block, part)
        return summed(tally), carriers


class WeekInProgress:
    """What every user needs to know of the week that runs."""

    def __init__(self, market: Market, week: int, measure: bool) -> None:
        self.contacts, self.terms, self.rules = market.contacts, market.terms.terms, market.rules
        self.tally = new_tally(self.rules, self.terms, len(market.people.carrier))
        self.key, self.week, self.measure = market.key, week, measure
        self.before, self.after = (
            market.people.reach[market.last_half],
            market.people.reach[1 - market.last_half],
        )
        self.apps, self.channels = len(self.terms.lanes), len(self.before)
        self.crowd = crowd_of(self.contacts, self.before)

    def friends(self, user: int, channel: int) -> Iterator[tuple[float, int]]:
        """(weight, apps they can be reached on) of a user's contacts; in a complete graph, of
        kinds of people.
        """
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


class AsAgents(Compiled):
    """Every user a Mesa agent, every step a method of `User`. Slow, readable, the oracle of the
    compiled engine; bills are the same.
    """

    PHASES = ("hear_of", "register", "use", "form_habit", "communicate", "be_counted")

    def week(self, market: Market, week: int, *, measure: bool) -> Tally:
        """One week of everybody, phase by phase; returns the sums."""
        users = list(market.users)
        now = WeekInProgress(market, week, measure)
        for user in users:
            user.begin(now)
        for phase in self.PHASES:
            for user in users:
                getattr(user, phase)()
        market.last_half = 1 - market.last_half
        return week_sums(now.tally, now.rules, now.channels)
