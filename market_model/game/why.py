"""Why an app's users changed in a round: people by reason, adding up to the change.

Who was registered before the round counts with what each term of the value of use did to their
chance to use the app, along the straight line from the week before the round to its last one
(Aumann & Shapley 1974). Who registered in the round counts with that chance, shared out by what
brought them. What is left of the change is chance: who uses an app in one week and not in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..market import User
from ..market.campaigns import Effort, effort
from ..market.columns import BASE, BONUS, STICKY, SURCHARGE
from ..market.friends import ThroughFriends, chance
from ..market.week import WeekInProgress
from ..scenario import WEEKS_PER_BILL

if TYPE_CHECKING:
    from ..market import Market
    from ..market.state import State

type Floats = NDArray[np.float64]
type Flags = NDArray[np.bool_]

TERMS = ("product", "free_data", "friends", "habit", "price", "rivals")
"""Of the value of use, logit: the app itself, free data, friends on it, habit, the price of its
data, habit of other apps that friends use.
"""
BROUGHT = ("friends", "campaign", "free_data", "own")
"""What brings who registers: friends, campaigns and bonuses, free data, nothing of these."""
REASONS = (
    "friends",
    "free_data",
    "campaign",
    "product",
    "price",
    "habit",
    "rivals",
    "own",
    "chance",
)


class Evaluation(NamedTuple):
    """How all users stand to all apps in a week.

    Attributes:
        terms: logit, shape (6, M, n). value: V, logit, chance: to use it, member: registered, each
            of shape (M, n).
    """

    terms: Floats
    value: Floats
    chance: Floats
    member: Flags


class Watching(ThroughFriends):
    """Looks at who registers, and at everybody in the last week of each bill.

    Attributes:
        why: of each app, people gained by reason in the last bill, lost ones negative; empty
            before there were two.
    """

    def __init__(self) -> None:
        super().__init__()
        self.why: dict[str, dict[str, float]] = {}
        self._before: Evaluation | None = None

    def before_users(self, market: Market) -> None:
        super().before_users(market)
        state, shape = market.state, market.people.taste.T.shape
        if not hasattr(self, "_heard_plainly"):
            self._heard_plainly = np.ones(shape)
        if state.week % WEEKS_PER_BILL == 0 or not hasattr(self, "_brought_by"):
            self._brought_by = np.zeros((len(BROUGHT), *shape))
        self._tries = np.zeros(shape)
        self._efforts: dict[int, Effort] = {}
        if state.week % WEEKS_PER_BILL == WEEKS_PER_BILL - 1:
            self._terms, taste = terms_of(state, self._now)
            self._value = self._terms.sum(axis=0) + taste
            self._can = usable(state, self._now)

    def hears(self, user: User, a: int) -> None:
        super().hears(user, a)
        outside = user.now.terms.hear[user.region, a, 0]
        campaigns = self._effort(user, a).rate[user.region] / outside if outside > 0 else 0.0
        self._heard_plainly[a, user.index] = 1.0 - campaigns

    def joins(self, user: User, a: int) -> float:
        by_friends = super().joins(user, a)
        here, known = chance(user, a, user.exposure[a]), 1.0 - by_friends
        invite = float(self._effort(user, a).invite[user.region])
        alone = self._heard_alone[user.index, a] * self._heard_plainly[a, user.index] / here
        plain = alone * chance(user, a, 0.0, invite=invite, pushed=False)
        unpaid = alone * chance(user, a, 0.0, invite=invite, pushed=False, free=False)
        parts = by_friends, known - plain, plain - unpaid, unpaid
        self._brought_by[:, a, user.index] = parts
        self._tries[a, user.index] = 1.0 - chance(user, a, user.exposure[a], pushed=False) / here
        return by_friends

    def _effort(self, user: User, a: int) -> Effort:
        """What campaigns of app a do this week."""
        if a not in self._efforts:
            self._efforts[a] = effort(user.state, a, user.now.week)
        return self._efforts[a]

    def after_week(self, market: Market) -> None:
        super().after_week(market)
        state, week = market.state, market.week - 1
        if week % WEEKS_PER_BILL != WEEKS_PER_BILL - 1:
            return
        apps = market.config.messengers
        member = state.people.registered >> np.arange(len(apps))[:, None] & 1 == 1
        uses = np.where(self._can, expit(state.rules.beta * self._value), 0.0)
        uses += self._tries * (1.0 - uses)
        before, now = self._before, Evaluation(self._terms, self._value, uses, member)
        self._before = now
        if before is None:
            return
        terms, came = market.scale * gained(before, now), market.scale * self._came(before, now)
        for a, app in enumerate(apps):
            active = market.history.series("app", app, "active")
            parts = dict.fromkeys(REASONS, 0.0)
            for reason, people in (
                *zip(TERMS, terms[:, a].tolist(), strict=True),
                *zip(BROUGHT, came[:, a].tolist(), strict=True),
            ):
                parts[reason] += people
            change = float(active[week] - active[week - WEEKS_PER_BILL])
            self.why[app] = parts | {"chance": change - sum(parts.values())}

    def _came(self, before: Evaluation, now: Evaluation) -> Floats:
        """Simulated users by what brought them in this bill, shape (4, M)."""
        return np.where(now.member & ~before.member, now.chance * self._brought_by, 0.0).sum(axis=2)


def gained(before: Evaluation, now: Evaluation) -> Floats:
    """Simulated users gained by each term among who is registered in both weeks, shape (6, M)."""
    moved, value = now.chance - before.chance, now.value - before.value
    slope = np.divide(moved, value, out=np.zeros_like(moved), where=np.abs(value) > 1e-9)
    stayed = before.member & now.member
    parts = np.where(stayed, slope * (now.terms - before.terms), 0.0)
    shut = stayed & ((before.chance == 0.0) | (now.chance == 0.0))
    parts = np.where(shut, 0.0, parts)
    parts[TERMS.index("product")] += np.where(shut, moved, 0.0)
    return parts.sum(axis=2)


def terms_of(state: State, now: WeekInProgress) -> tuple[Floats, Floats]:
    """The terms of the value of use (`User.why`) of all users, shape (6, M, n), and their taste,
    (M, n).
    """
    people, terms, rules = state.people, now.terms, now.rules
    cell = people.carrier.astype(int) * rules.regions + people.region
    spot = cell * rules.devices + people.device
    exposure = exposures(now)
    habit = people.habit.T.astype(float)
    crossing = exposure * habit
    weight = (
        people.pressure.astype(float) * (1.0 - people.wifi.astype(float)) / rules.reference_price
    )
    places = terms.places[cell, : now.apps].transpose(2, 1, 0)
    waived, bonus = _offered(state, now, cell, places[BONUS])
    price = people.price.astype(float)
    return np.stack(
        [
            terms.cells[spot, :, BASE].T,
            bonus + weight * price * waived,
            rules.network_effect * exposure,
            terms.cells[spot, :, STICKY].T * habit,
            -weight * (price + places[SURCHARGE]),
            -rules.crowding * (crossing.sum(axis=0) - crossing),
        ]
    ), people.taste.T.astype(float)


def usable(state: State, now: WeekInProgress) -> Flags:
    """Which apps users can use, shape (M, n)."""
    people, rules = state.people, now.rules
    cell = people.carrier.astype(int) * rules.regions + people.region
    can = now.terms.open[cell * rules.devices + people.device] & ~people.barred
    return can >> np.arange(now.apps)[:, None] & 1 == 1


def exposures(now: WeekInProgress) -> Floats:
    """The weight of friends present on each app, shape (M, n)."""
    contacts = now.contacts
    present = now.presence >> 8 if len(now.presence) else now.before[0]
    bits = (present >> np.arange(now.apps)[:, None] & 1).astype(float)
    if contacts.complete:
        return (bits.sum(axis=1, keepdims=True) - bits) / (bits.shape[1] - 1)
    contacts = contacts.stored()
    heads = np.diff(contacts.offsets)
    owner = np.repeat(np.arange(len(heads)), heads)
    weights = contacts.weights if len(contacts.weights) else (1.0 / np.maximum(heads, 1))[owner]
    return np.stack(
        [np.bincount(owner, row[contacts.friends] * weights, len(heads)) for row in bits]
    )


def _offered(
    state: State, now: WeekInProgress, cell: NDArray[Any], bonus: Floats
) -> tuple[Floats, Floats]:
    """Share waived by the best offer and quality of its function (`User.terms_for`), (M, n)."""
    people, terms = state.people, now.terms
    waived, bonus = np.zeros_like(bonus), bonus.copy()
    held = people.packs if now.rules.packs else np.zeros(len(cell), np.uint8)
    for index, (share, extra, pot, allowance) in enumerate(terms.offers):
        here = (terms.offer[:, : now.apps] == index).any(axis=2)[cell].T
        sold = (terms.pack[:, : now.apps] == index).any(axis=2)[cell].T
        packed = sold & (held & terms.bits[index, 0] > 0)
        if not (here | packed).any():
            continue
        bonus += np.where(packed, extra, 0.0)
        room = people.pots[:, int(pot)] < allowance if pot >= 0 else np.ones(len(cell), bool)
        waived = np.where((here | packed) & room & (share > waived), share, waived)
    return waived, bonus
