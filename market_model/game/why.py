"""Why an app's users changed in a round: people by reason, adding up to the change.

Who was registered before the round counts with what each term of the value of use did to their
chance to use the app, along the straight line from the week before the round to its last one
(Aumann & Shapley 1974); a new price counts as far as the user pays it, free data as far as it was
widened. Who registered in the round counts with that chance, shared out by what
brought them. What is left of the change is chance: who uses an app in one week and not in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..market.campaigns import Effort, efforts
from ..market.columns import BASE, STICKY, SURCHARGE
from ..market.friends import Newcomer, ThroughFriends, best_offers, chance, exposures
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
        terms: logit, shape (6, M, n). bill: what its data would cost were none free, logit, and
            the share that is free, shape (2, M, n). value: V, logit, chance: to use it, member:
            registered, each of shape (M, n).
    """

    terms: Floats
    bill: Floats
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
        self._tries, self._state = np.zeros(shape), state
        self._efforts: Effort | None = None
        if state.week % WEEKS_PER_BILL == WEEKS_PER_BILL - 1:
            self._terms, self._bill, taste = terms_of(state, self._now)
            self._value = self._terms.sum(axis=0) + taste
            self._can = usable(state, self._now)

    def hears(self, one: Newcomer, a: int) -> None:
        super().hears(one, a)
        outside = self._now.terms.hear[one.region, a, 0]
        campaigns = self._effort().rate[one.region, a] / outside if outside > 0 else 0.0
        self._heard_plainly[a, one.row] = 1.0 - campaigns

    def joins(self, one: Newcomer, a: int) -> float:
        by_friends, now, exposure = super().joins(one, a), self._now, one.exposure[a]
        here, known = chance(now, one, a, exposure), 1.0 - by_friends
        invite = float(self._effort().invite[one.region, a])
        alone = self._heard_alone[one.row, a] * self._heard_plainly[a, one.row] / here
        plain = alone * chance(now, one, a, 0.0, invite=invite, pushed=False)
        unpaid = alone * chance(now, one, a, 0.0, invite=invite, pushed=False, free=False)
        parts = by_friends, known - plain, plain - unpaid, unpaid
        self._brought_by[:, a, one.row] = parts
        self._tries[a, one.row] = 1.0 - chance(now, one, a, exposure, pushed=False) / here
        return by_friends

    def _effort(self) -> Effort:
        """What campaigns do this week."""
        if self._efforts is None:
            self._efforts = efforts(self._state, self._now.week)
        return self._efforts

    def after_week(self, market: Market) -> None:
        super().after_week(market)
        state, week = market.state, market.week - 1
        if week % WEEKS_PER_BILL != WEEKS_PER_BILL - 1:
            return
        apps = market.config.messengers
        member = state.people.registered >> np.arange(len(apps))[:, None] & 1 == 1
        uses = np.where(self._can, expit(state.rules.beta * self._value), 0.0)
        uses += self._tries * (1.0 - uses)
        before, now = self._before, Evaluation(self._terms, self._bill, self._value, uses, member)
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
    terms = now.terms - before.terms
    unpaid = (now.bill[0] - before.bill[0]) * (now.bill[1] + before.bill[1]) / 2.0
    terms[TERMS.index("free_data")] -= unpaid
    terms[TERMS.index("price")] += unpaid
    parts = np.where(stayed, slope * terms, 0.0)
    shut = stayed & ((before.chance == 0.0) | (now.chance == 0.0))
    parts = np.where(shut, 0.0, parts)
    parts[TERMS.index("product")] += np.where(shut, moved, 0.0)
    return parts.sum(axis=2)


def terms_of(state: State, now: WeekInProgress) -> tuple[Floats, Floats, Floats]:
    """The terms of the value of use (`User.why`) of all users, shape (6, M, n), their bill
    (`Evaluation`), and their taste, (M, n).
    """
    people, terms, rules = state.people, now.terms, now.rules
    cell = people.carrier.astype(int) * rules.regions + people.region
    spot = cell * rules.devices + people.device
    everybody = np.arange(len(cell))
    exposure = exposures(now, everybody)
    habit = people.habit.T.astype(float)
    crossing = exposure * habit
    weight = (
        people.pressure.astype(float) * (1.0 - people.wifi.astype(float)) / rules.reference_price
    )
    places = terms.places[cell, : now.apps].transpose(2, 1, 0)
    waived, bonus = best_offers(state, now, everybody, cell)
    price = weight * people.price.astype(float)
    terms = np.stack(
        [
            terms.cells[spot, :, BASE].T,
            bonus + price * waived,
            rules.network_effect * exposure,
            terms.cells[spot, :, STICKY].T * habit,
            -price - weight * places[SURCHARGE],
            -rules.crowding * (crossing.sum(axis=0) - crossing),
        ]
    )
    bill = np.stack(np.broadcast_arrays(price, waived))
    return terms, bill, people.taste.T.astype(float)


def usable(state: State, now: WeekInProgress) -> Flags:
    """Which apps users can use, shape (M, n)."""
    people, rules = state.people, now.rules
    cell = people.carrier.astype(int) * rules.regions + people.region
    can = now.terms.open[cell * rules.devices + people.device] & ~people.barred
    return can >> np.arange(now.apps)[:, None] & 1 == 1
