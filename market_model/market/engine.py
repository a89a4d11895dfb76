"""Runs the week of all users: compiled, on one thread or several, or by the methods of each
`User`; the same bits either way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..society.computed import lanes_of
from ..work.code import errors_of
from .bill import bill_pass
from .chunks import week_pass
from .columns import RING, BillTally, BillTerms, Rules, Tally, Terms, summed
from .ending import close_and_forget
from .people import one_by_one, presence_at, remember
from .scratch import CHUNK, Room, columns_of_a_chunk, room_for
from .state import State
from .user import User
from .week import WeekInProgress, crowd_of, new_tally, week_sums

THREADS_FROM = 60_000
"""Users from which a second thread is worth starting."""


_LOCAL = threading.local()


def scratch_for(terms: Terms, slots: int) -> tuple[Any, Room]:
    """The scratch arrays of this thread for markets of a shape."""
    shape = (*terms.offer.shape[:2], len(terms.lanes), slots)
    if getattr(_LOCAL, "shape", None) != shape:
        _LOCAL.shape, _LOCAL.scratch = shape, (columns_of_a_chunk(), room_for(terms, slots))
    return _LOCAL.scratch


def turn(state: State) -> None:
    """This week becomes the last one."""
    state.last_half = 1 - state.last_half
    down, weeks = int(state.terms.down[0]), state.rules.presence_weeks
    remember(state.people, state.last_half, down, weeks)


def new_bill_tally(rules: Rules, terms: Terms, n: int, plans: int, bills: int) -> BillTally:
    """An empty tally of a bill; `plans`: of the longest menu, `bills`: number of bills that
    cohorts are told apart by.
    """
    b = min(-(-n // rules.block), RING)
    cr, m, o = len(terms.offer), len(terms.lanes), len(terms.offers)
    return BillTally(
        users=np.zeros((b, cr), np.int64),
        data=np.zeros((b, cr, 4), np.int64),
        plans=np.zeros((b, cr, plans, 4), np.int64),
        gift=np.zeros((b, o, cr), np.int64),
        holders=np.zeros((b, o, cr), np.int64),
        spent=np.zeros((b, 4)),
        quarter=np.zeros((b, 4), np.int64),
        habit=np.zeros((b, m)),
        curves=np.zeros((b, m, o + 1, bills, 2), np.int64),
    )


def scratch_of(terms: Terms, slots: int) -> tuple[Any, ...]:
    """Arrays for the passes of a bill to work in. Args: slots: as for `room_for`."""
    m = len(terms.lanes)
    return np.zeros(m), np.zeros(m), np.zeros(256), lanes_of(slots), np.zeros((2, CHUNK))


class Compiled:
    """The engine of every normal run."""

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def __deepcopy__(self, _: Any) -> Compiled:
        """Engines keep nothing of a market: copies share them."""
        return self

    def each_part(self, parts: list[slice], work: Callable[[slice], None]) -> None:
        """Do work(part) for parts of the users that have nothing to do with each other."""
        if self._pool is None or len(parts) == 1:
            one_by_one(parts, work)
        else:
            list(self._pool.map(work, parts))

    def _spread(self, n: int, block: int, tally: Any, work: Callable[[int, int], None]) -> Any:
        """Do work(first, end) for all users; parts are whole blocks, so no two threads add to
        the same sum. Returns the sums: those of RING blocks are added up before the next.
        """
        total, most = None, RING * block
        for first in range(0, n, most):
            end = min(n, first + most)
            if first > 0:
                for sums in tally:
                    sums[:] = 0
            if self._pool is None or n < THREADS_FROM:
                work(first, end)
            else:
                blocks, k = -(-(end - first) // block), self.threads
                edges = [min(end, first + block * (blocks * p // k)) for p in range(k + 1)]
                list(self._pool.map(work, edges[:-1], edges[1:]))
            total = summed(tally, total)
        return total

    def week(self, state: State, week: int, *, measure: bool) -> Tally:
        """One week of everybody by the terms that stand; turns the halves of `reach`, returns
        the sums.
        """
        people, contacts, terms, rules, last = (
            state.people,
            state.contacts,
            state.terms,
            state.rules,
            state.last_half,
        )
        n = len(people.carrier)
        close_and_forget(state, week)
        tally = new_tally(rules, terms, n)
        crowd = crowd_of(contacts, people.reach[last], presence_at(people, last))

        def part(first: int, end: int) -> None:
            week_pass(
                people,
                contacts,
                crowd,
                terms,
                rules,
                tally,
                state.key,
                week,
                last,
                measure,
                *scratch_for(terms, contacts.rule.slots),
                first,
                end,
            )

        total = self._spread(n, rules.block, tally, part)
        turn(state)
        return week_sums(total, rules, terms, people.reach.shape[1])

    def bill(
        self, state: State, bill: BillTerms, week: int, bills: int
    ) -> tuple[BillTally, NDArray[np.uint8]]:
        """The bills of everybody; returns the sums and each user's carrier from now on. `bills`:
        as for `new_bill_tally`.
        """
        people, terms, rules, n = (
            state.people,
            state.terms,
            state.rules,
            len(state.people.carrier),
        )
        places = bill.plan.shape[1]
        tally = new_bill_tally(rules, terms, n, places, bills)
        carriers = people.carrier.copy()
        crowd = crowd_of(
            state.contacts,
            people.reach[state.last_half],
            presence_at(people, state.last_half),
        )

        def part(first: int, end: int) -> None:
            bill_pass(
                people,
                state.contacts,
                crowd,
                terms,
                rules,
                bill,
                tally,
                state.key,
                week,
                state.last_half,
                carriers,
                np.zeros(len(bill.plan) * places),
                scratch_of(terms, state.contacts.rule.slots),
                first,
                end,
            )

        return self._spread(n, rules.block, tally, part), carriers


class AsAgents(Compiled):
    """Every user a Mesa agent, every step a method of `User`. Slow, readable, the oracle of the
    compiled engine; bills are the same.
    """

    PHASES = ("hear_of", "register", "use", "form_habit", "communicate", "be_counted")

    def __init__(self, user: type[User] = User) -> None:
        super().__init__()
        self.user = user

    def week(self, state: State, week: int, *, measure: bool) -> Tally:
        """One week of everybody, phase by phase; returns the sums."""
        close_and_forget(state, week)
        now = WeekInProgress(state, week, measure)
        with errors_of(self.user):
            users = [self.user(state, index) for index in range(len(state.people.carrier))]
            for user in users:
                user.begin(now)
            for phase in self.PHASES:
                for user in users:
                    getattr(user, phase)()
        turn(state)
        return week_sums(summed(now.tally), now.rules, now.terms, now.channels)
