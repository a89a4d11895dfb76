"""How many of an app's newcomers friends brought: those who would not have come in that week, had
none of their friends been there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import equations as eq
from .columns import BONUS, ENTRY, NO_OFFER, SURCHARGE
from .market import Market, Observer
from .state import State
from .user import bits_of
from .week import WeekInProgress

type Floats = NDArray[np.float64]


class Newcomer(NamedTuple):
    """Who hears of an app or registers in a week, as the rules of that see them.

    Attributes:
        row: in the columns. region: its index. price: shadow price of a MB, money. weight:
            how much a price of 1 is minded (`equations.price_weight`), logit.
        exposure, entry, taste, waived, surcharge: by messenger: weight of friends present on it,
            what registering is worth beside taste, friends and price (logit), taste (logit), share
            of its price that free data waives, extra price (money/MB).
    """

    row: int
    region: int
    price: float
    weight: float
    exposure: list[float]
    entry: list[float]
    taste: list[float]
    waived: list[float]
    surcharge: list[float]


class ThroughFriends(Observer):
    """Looks at everybody who registers.

    Who registers on an app in a week had a chance c₁ of it, and c₀ had no friend been present; of
    the chance to hear of it, in the week in which that happened, a part s did not come from
    friends. Friends brought the newcomer with probability 1 − s·c₀/c₁. Who knew the app when the
    market began heard of it elsewhere (s = 1).

    Attributes:
        newcomers, brought: people of each app by week, shape (weeks so far, M).
    """

    def __init__(self) -> None:
        self._newcomers, self._brought = list[list[float]](), list[list[float]]()

    @property
    def newcomers(self) -> np.ndarray:
        return np.array(self._newcomers)

    @property
    def brought(self) -> np.ndarray:
        return np.array(self._brought)

    def part(self, app: int, first: int = 0, end: int | None = None) -> float:
        """Of an app's newcomers of some weeks, the part that friends brought; nan without any."""
        came = self.newcomers[first:end, app].sum()
        return float(self.brought[first:end, app].sum() / came) if came else float("nan")

    def before_users(self, market: Market) -> None:
        state = market.state
        self._now = WeekInProgress(state, state.week, False)
        self._registered = state.people.registered.copy()
        self._aware = state.people.aware.copy()
        if not hasattr(self, "_heard_alone"):
            self._heard_alone = np.ones(state.people.taste.shape)

    def after_users(self, market: Market) -> None:
        people, m = market.state.people, len(market.config.messengers)
        aware = people.aware & ~self._aware
        new = people.registered & ~self._registered
        newcomers, brought = np.zeros(m), np.zeros(m)
        for one in newcomers_of(market.state, self._now, np.flatnonzero(aware | new)):
            for a in bits_of(int(aware[one.row])):
                self.hears(one, a)
            for a in bits_of(int(new[one.row])):
                newcomers[a] += market.scale
                brought[a] += market.scale * self.joins(one, a)
        self._newcomers.append(newcomers.tolist())
        self._brought.append(brought.tolist())

    def hears(self, one: Newcomer, a: int) -> None:
        """Somebody hears of app a this week."""
        self._heard_alone[one.row, a] = heard_alone(self._now, one, a)

    def joins(self, one: Newcomer, a: int) -> float:
        """Somebody registers on app a this week: the part of that which friends have in it."""
        without = chance(self._now, one, a, 0.0) / chance(self._now, one, a, one.exposure[a])
        return float(1 - self._heard_alone[one.row, a] * without)


def heard_alone(now: WeekInProgress, one: Newcomer, a: int) -> float:
    """Part of the rate of hearing of app a that friends have no part in; 1 where there is no
    rate: a campaign let them try it.
    """
    outside, word_of_mouth = now.terms.hear[one.region, a]
    rate = eq.hearing_rate(outside, word_of_mouth, one.exposure[a])
    return float(outside / rate) if rate > 0 else 1.0


def chance(
    now: WeekInProgress,
    one: Newcomer,
    a: int,
    exposure: float,
    *,
    free: bool = True,
    invite: float = 0.0,
    pushed: bool = True,
) -> float:
    """Chance of registering on app a this week of somebody who knows it, had friends had this
    exposure to it.

    Args: free: its data is as free as it is. invite: a bonus taken away, logit. pushed: campaigns
        that let people try it are there.
    """
    rules = now.rules
    paid = eq.price_paid(
        one.price, rules.salience * one.waived[a] if free else 0.0, one.surcharge[a]
    )
    value = eq.registration_value(
        one.entry[a] - invite,
        one.taste[a],
        rules.network_effect,
        exposure,
        eq.price_felt(one.weight, paid),
    )
    willing = eq.registration_chance(rules.registration_rate, rules.beta * value)
    try_once = now.terms.try_once[one.region, a] if pushed else 0.0
    return float(eq.with_campaign(willing, try_once))


def newcomers_of(state: State, now: WeekInProgress, users: NDArray[Any]) -> Iterator[Newcomer]:
    """Some users, given by their rows, as they stand in a week."""
    people, rules = state.people, now.rules
    cell = people.carrier[users].astype(int) * rules.regions + people.region[users]
    spot = cell * rules.devices + people.device[users]
    places = now.terms.places[cell, : now.apps]
    waived, _ = best_offers(state, now, users, cell)
    columns = (
        users,
        people.region[users],
        people.price[users].astype(float),
        people.pressure[users].astype(float),
        people.wifi[users].astype(float),
        exposures(now, users).T,
        now.terms.cells[spot, : now.apps, ENTRY],
        people.taste[users].astype(float),
        waived.T,
        places[:, :, SURCHARGE],
    )
    for row, region, price, pressure, wifi, *by_app in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        weight = eq.price_weight(pressure, rules.reference_price, wifi)
        yield Newcomer(row, region, price, weight, *by_app)


def exposures(now: WeekInProgress, users: NDArray[Any]) -> Floats:
    """The weight of friends present on each app, of some users; shape (M, users)."""
    contacts = now.contacts
    present = now.presence >> 8 if len(now.presence) else now.before[0]
    bits = (present >> np.arange(now.apps)[:, None] & 1).astype(float)
    if contacts.complete:
        return (bits.sum(axis=1, keepdims=True) - bits[:, users]) * (1.0 / (bits.shape[1] - 1))
    if contacts.computed:
        from ..society.computed import lists_of

        offsets, friends = lists_of(contacts.rule, users)
        heads, weights = np.diff(offsets), np.ones(len(friends))
        owner = np.repeat(np.arange(len(users)), heads)
    else:
        first = contacts.offsets[users]
        heads = contacts.offsets[users + 1] - first
        owner = np.repeat(np.arange(len(users)), heads)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(heads) - heads, heads) + first[owner]
        friends = contacts.friends[place]
        weights = contacts.weights[place] if len(contacts.weights) else np.ones(len(owner))
    one = 1.0 if len(contacts.weights) else 1.0 / np.maximum(heads, 1)
    return np.stack([np.bincount(owner, row[friends] * weights, len(users)) * one for row in bits])


def best_offers(
    state: State, now: WeekInProgress, users: NDArray[Any], cell: NDArray[Any]
) -> tuple[Floats, Floats]:
    """Share waived by the best offer, and quality of its function (`User.terms_for`), of some users
    in these cells; each of shape (M, users).
    """
    people, terms = state.people, now.terms
    bonus = terms.places[cell, : now.apps, BONUS].T.copy()
    waived = np.zeros_like(bonus)
    held = people.packs[users] if now.rules.packs else np.zeros(len(users), np.uint8)
    for table, sold in ((terms.offer, False), (terms.pack, True)):
        for layer in np.moveaxis(table, 2, 0):  # an offer of each place and app
            for app in np.flatnonzero((layer[:, : now.apps] != NO_OFFER).any(axis=0)):
                by_cell = layer[:, app]
                share, extra, pot, allowance = terms.offers[by_cell].T
                here = (by_cell != NO_OFFER)[cell]
                if sold:
                    here &= held & terms.bits[by_cell, 0][cell] > 0
                    bonus[app] += np.where(here, extra[cell], 0.0)
                if (limited := (by_cell != NO_OFFER) & (pot >= 0)).any():
                    pots = np.where(limited, pot, 0).astype(int)[cell]
                    room = people.pots[users, pots] < allowance[cell]
                    here &= ~limited[cell] | room
                waived[app] = np.where(here, np.maximum(share[cell], waived[app]), waived[app])
    return waived, bonus
