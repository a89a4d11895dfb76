"""A week under way: what every user needs to know of it, and the sums it fills."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..society.graphs import Contacts
from .columns import RING, Rules, Tally, Terms
from .people import presence_at
from .state import State

PRESENT = 4
"""Column of `crowd_of` with the apps people are present on."""


def new_tally(rules: Rules, terms: Terms, n: int) -> Tally:
    """An empty tally of a week, of RING blocks at most."""
    b, (cr, t, _), m, o = (
        min(-(-n // rules.block), RING),
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


def week_sums(total: Tally, rules: Rules, terms: Terms, channels: int) -> Tally:
    """The sums of a week; where no app carries calls, everybody phones. SMS and phone minutes are
    what prices leave of them, and SMS fade where few conversations are left to them.
    """
    users = total.heads[:, 0].sum(axis=1)
    sms, phone = total.sms, total.phone if channels > 1 else users * rules.minutes
    if rules.sms_fading > 0.0:
        left = sms / np.maximum(users * rules.sms, 1e-300)
        sms = sms * left**rules.sms_fading
    return total._replace(sms=sms * terms.response[:, 0], phone=phone * terms.response[:, 1])


def kib_by_carrier(tally: Tally, carriers: int) -> NDArray[np.int64]:
    """KiB over Wi-Fi, on the bill and sponsored, of all apps; shape (C, 3)."""
    return tally.data.sum(axis=0).reshape(carriers, -1, 3).sum(axis=1)


def crowd_of(
    contacts: Contacts, reach: NDArray[np.uint8], presence: NDArray[np.uint16]
) -> NDArray[np.int64]:
    """For a complete graph: how many users can be reached on which apps; shape (kinds, 5): text,
    voice, video, users, present.
    """
    if not contacts.complete:
        return np.zeros((0, 5), np.int64)
    packed = sum(row.astype(np.int64) << (8 * c) for c, row in enumerate(reach))
    if len(presence):
        packed += presence.astype(np.int64) >> 8 << 24
    kinds, counts = np.unique(packed, return_counts=True)
    present = kinds >> 24 if len(presence) else kinds & 255
    return np.stack([kinds & 255, kinds >> 8 & 255, kinds >> 16 & 255, counts, present], axis=1)


class WeekInProgress:
    """What every user needs to know of the week that runs."""

    def __init__(self, state: State, week: int, measure: bool) -> None:
        self.contacts, self.terms, self.rules = state.contacts, state.terms, state.rules
        self.tally = new_tally(self.rules, self.terms, len(state.people.carrier))
        self.key, self.week, self.measure = state.key, week, measure
        self.before, self.after = (
            state.people.reach[state.last_half],
            state.people.reach[1 - state.last_half],
        )
        self.presence = presence_at(state.people, state.last_half)
        self.apps, self.channels = len(self.terms.lanes), len(self.before)
        self.crowd = crowd_of(self.contacts, self.before, self.presence)

    def friends(self, user: int, channel: int) -> Iterator[tuple[float, int]]:
        """(weight, apps they can be reached on) of a user's contacts; in a complete graph, of
        kinds of people.

        Args: channel: 0 text, 1 voice, 2 video, or PRESENT: apps they are present on.
        """
        if self.contacts.complete:
            for kind in self.crowd:
                own = kind[PRESENT] == self.present(user) and all(
                    kind[c] == self.before[c, user] for c in range(self.channels)
                )
                yield float(kind[3] - own), int(kind[channel])
            return
        weights = self.contacts.weights
        if len(weights):
            weights = weights[self.contacts.offsets[user] : self.contacts.offsets[user + 1]]
        for k, friend in enumerate(self.contacts.of(user).tolist()):
            weight = float(weights[k]) if len(weights) else 1.0
            yield (
                weight,
                self.present(friend) if channel == PRESENT else int(self.before[channel, friend]),
            )

    def present(self, user: int) -> int:
        """Apps a user is present on: used at least once in the last `presence_weeks`."""
        if not len(self.presence):
            return int(self.before[0, user])
        return int(self.presence[user]) >> 8

    def one_friend(self, contacts: int) -> float:
        """What one unit of weight counts for."""
        if self.contacts.complete:
            return 1.0 / (len(self.before[0]) - 1)
        if contacts == 0:
            return 0.0
        return 1.0 if len(self.contacts.weights) else 1.0 / contacts
