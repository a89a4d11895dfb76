"""What comes to an end by itself: accounts that nobody uses, and the knowledge of an app that no
friend is seen on. For all users at once, before they act.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..society.graphs import Contacts
from .columns import People
from .draws import CLOSE, FORGET, uniforms_at
from .people import depart, habits_of, monthly, presence_at, present
from .state import State

type Bytes = NDArray[np.uint8]


def close_and_forget(state: State, week: int) -> None:
    """Accounts of those who used an app in none of the last four weeks are closed, with chance
    rate·(1 − habit), and the app is out of mind; who knows an app, is not registered on it and
    sees no friend on it forgets it. An app that is out of order keeps both.
    """
    p, people = state.parameters, state.people
    if p.account_closing == p.awareness_fading == 0.0:
        return
    works = np.uint8(~int(state.terms.down[0]) & 255)
    apps = range(len(state.terms.lanes))
    outside = people.aware & ~people.registered & works
    if p.account_closing > 0.0:
        used = monthly(people, slice(None))
        if len(people.recent):
            used |= present(people.recent, 4)
        idle = people.registered & ~used & works
        for bit in apps:
            users = np.flatnonzero(idle >> bit & 1)
            chance = p.account_closing * (1.0 - habits_of(people, users, bit))
            gone = users[uniforms_at(state.key, CLOSE, week, users, bit) < chance]
            depart(people, gone, bit)
            people.aware[gone] &= ~np.uint8(1 << bit)
    if p.awareness_fading > 0.0:
        alone = outside & ~seen_on(state.contacts, present_last(people, state.last_half))
        for bit in apps:
            users = np.flatnonzero(alone >> bit & 1)
            draws = uniforms_at(state.key, FORGET, week, users, bit)
            people.aware[users[draws < p.awareness_fading]] &= ~np.uint8(1 << bit)


def present_last(people: People, half: int) -> Bytes:
    """Apps that each user is present on, as friends see it, shape (n,)."""
    if len(people.recent):
        return (presence_at(people, half) >> 8).astype(np.uint8)
    return people.reach[half, 0]


def seen_on(contacts: Contacts, shown: Bytes) -> Bytes:
    """Apps on which each user sees a friend, shape (n,). Args: shown: of `present_last`."""
    seen = np.zeros(len(shown), np.uint8)
    if contacts.complete:
        for bit in range(8):
            on = shown >> bit & 1
            seen |= (int(on.sum()) - on.astype(np.int64) > 0).astype(np.uint8) << bit
        return seen
    if contacts.computed:
        from ..society import computed

        return computed.seen_on(contacts.rule, shown)
    some = np.diff(contacts.offsets) > 0
    if some.any():
        starts = contacts.offsets[:-1][some]
        seen[some] = np.bitwise_or.reduceat(shown[contacts.friends], starts)
    return seen
