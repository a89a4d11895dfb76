"""Week 0: who begins with which app, what data costs them, and the warm-up before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .. import words
from ..scenario import WEEKS_PER_BILL, ScenarioError
from ..scenario.actors import MenuPlan, Start
from . import settled
from .bill import price_pass, worth_pass
from .columns import BillTerms
from .draws import PLAN, START, uniforms
from .engine import Compiled, scratch_of
from .feedback import load_networks
from .people import PART, by_parts, parts, presence_at, set_habit, traits_at
from .state import State
from .terms import TermsOfWeek
from .week import crowd_of

type Floats = NDArray[np.float64] | NDArray[np.float32]

WEIGHED = 1 << 22
"""Users whose plans are weighed at a time."""
STEERING = 0.25
"""Logit by which a steered app's quality moves per week and logit of distance from its target."""
STEER_LIMIT = 12.0


def start(state: State, terms: TermsOfWeek, engine: Compiled) -> None:
    """Give out registrations by the scenario's shares, then run the warm-up, if any."""
    # what users' own rules do before week 0 is theirs
    kept = type(engine) is Compiled and state.scenario.society.users <= settled.KEPT_USERS
    if kept and settled.take_up(state):
        terms.refresh(0, [], warmup=True)
        return
    for bit, name in enumerate(state.messengers):
        _give_out(state, bit, state.scenario.apps[name].start, engine)
    people = state.people
    people.reach[1] = people.reach[0]
    if len(people.older):
        people.older[:] = people.reach[0, 0] * np.uint16(257)
    if len(people.recent):
        people.recent[:] = people.reach[0, 0] * np.uint32(0x01010101)
        people.presence[:] = people.reach[0, 0] * np.uint16(257)
    _first_prices(state, terms, engine)
    _warm_up(state, terms, engine)
    if kept:
        settled.keep(state)


def _first_prices(state: State, terms: TermsOfWeek, engine: Compiled) -> None:
    """Everybody's plan and first shadow price, and the other data the networks carry."""
    terms.refresh(0, [], warmup=True)
    other, bill = np.zeros(terms.cr, np.int64), terms.bill_terms(0, [])
    if len(state.people.plan):
        _first_plans(state, bill, engine)
    price_pass(
        state.people,
        state.terms,
        state.rules,
        bill,
        state.last_half,
        other,
        0,
        len(state.people.carrier),
    )
    state.other_kib = other.reshape(len(state.carriers), -1).sum(axis=1) / WEEKS_PER_BILL


def shares_of(menu: Mapping[str, MenuPlan]) -> list[float]:
    """Share of customers of each plan at the start, by place in the menu; adds up to 1."""
    given = [plan.share for plan in menu.values()]
    known = sum(share for share in given if share is not None)
    silent = given.count(None)
    found = [(1.0 - known) / silent if share is None else share for share in given] or [1.0]
    return [max(0.0, share) / sum(found) for share in found]


def _first_plans(state: State, bill: BillTerms, engine: Compiled) -> None:
    """Who has which plan of a menu: its share of the carrier's customers, those who gain most by
    it over what is left of the menu, with the noise of the choice; the dearest plan first.
    """
    people, n = state.people, len(state.people.carrier)
    menus = [shares_of(carrier.plans) for carrier in state.scenario.carriers.values()]
    orders = [
        sorted(range(len(shares)), key=lambda k, c=c: -bill.plan[c, k, 0])
        for c, shares in enumerate(menus)
    ]
    for c, order in enumerate(orders):
        people.plan[people.carrier == c] = order[-1]
    rest = np.ones(n, bool)
    for place, gain in _gains(state, bill, orders, engine):
        for c, (shares, order) in enumerate(zip(menus, orders, strict=True)):
            if place < len(order) - 1:
                left = people.carrier == c
                wanted = round(shares[order[place]] * int(left.sum()))
                left &= rest
                have = _best(gain, left, wanted)
                people.plan[have] = order[place]
                rest[have] = False


def _gains(
    state: State, bill: BillTerms, orders: list[list[int]], engine: Compiled
) -> Iterator[tuple[int, Floats]]:
    """Each place in the carriers' orders of plans, and what users gain by the plan there over the
    best of those after it, shape (n,). Of many users one place is weighed at a time, so that no
    more than one column of gains takes memory; in the largest markets, of 32 bits.
    """
    places = range(bill.plan.shape[1] - 1)
    some = len(places) if len(state.people.carrier) <= WEIGHED else 1
    for first in places[::some]:
        yield from enumerate(_gained(state, bill, orders, engine, places[first:][:some]), first)


def _gained(
    state: State, bill: BillTerms, orders: list[list[int]], engine: Compiled, places: range
) -> Floats:
    """`_gains` of some places, shape (places, n)."""
    people, n = state.people, len(state.people.carrier)
    crowd = crowd_of(
        state.contacts, people.reach[state.last_half], presence_at(people, state.last_half)
    )
    kind: type[np.floating[Any]] = np.float32 if len(people.traits) else np.float64
    gains: Floats = np.zeros((len(places), n), kind)

    def fill(part: slice) -> None:
        values = _worth(state, bill, crowd, part)
        for c, order in enumerate(orders):
            here = people.carrier[part] == c
            for gain, place in zip(gains, places, strict=True):
                if place < len(order) - 1:
                    other = values[here][:, order[place + 1 :]].max(axis=1)
                    gain[part][here] = values[here, order[place]] - other

    engine.each_part([*parts(n, WEIGHED)], fill)
    return gains


def _worth(state: State, bill: BillTerms, crowd: Any, part: slice) -> NDArray[np.float64]:
    """What each plan of their carrier is worth to some users, with the noise of the choice, shape
    (users, K).
    """
    contacts, some = state.contacts, part.stop - part.start
    worth = np.zeros((some, bill.plan.shape[1]))
    worth_pass(
        state.people,
        contacts,
        crowd,
        state.terms,
        state.rules,
        bill,
        state.last_half,
        worth,
        scratch_of(state.terms, contacts.rule.slots),
        part.start,
        part.stop,
    )
    for plan in range(worth.shape[1]):
        noise = -np.log(-np.log(uniforms(state.key, PLAN, some, plan, part.start)))
        worth[:, plan] += state.scenario.parameters.plan_noise * noise
    return worth


def _wanted(amount: float, everyone: int) -> int:
    """A share (float) or a count (int) as a number of users."""
    return amount if isinstance(amount, int) else round(amount * everyone)


def _give_out(state: State, bit: int, start: Start, engine: Compiled) -> None:
    people, n = state.people, len(state.people.carrier)
    flag = np.uint8(1 << bit)
    can = (people.barred & flag) == 0
    liking = _liking(state, bit, engine)
    registered = np.zeros(n, bool)
    carriers, regions = list(state.scenario.carriers), list(state.scenario.society.regions)
    groups = [
        (people.carrier == carriers.index(name), share) for name, share in start.by_carrier.items()
    ]
    groups += [
        (people.region == regions.index(name), share) for name, share in start.by_region.items()
    ]
    rest = np.ones(n, bool)
    for group, share in groups:
        group = group & rest
        registered |= _best(liking, group & can, _wanted(float(share), int(group.sum())))
        rest &= ~group
    registered |= _best(liking, rest & can, _wanted(start.registered, int(rest.sum())))
    active = _best(liking, registered, _wanted(start.active, n))
    if start.seeds:
        registered[list(start.seeds)] = True
        active[list(start.seeds)] = True
    del liking
    people.aware[registered] |= flag
    others = _wanted(start.aware, n) - int(np.count_nonzero(registered))
    if others > 0:
        know = _best(uniforms(state.key, START, n, 16 + bit), can & ~registered, others)
        people.aware[know] |= flag
    people.registered[registered] |= flag
    people.reach[0, 0][active] |= flag
    set_habit(people, active, bit, 1.0)


def _liking(state: State, bit: int, engine: Compiled) -> NDArray[np.float64]:
    """Who would come first, by the parts of V that a user brings along: taste − felt price, with
    logistic noise.
    """
    people, p, n = state.people, state.scenario.parameters, len(state.people.carrier)

    def values(part: slice) -> NDArray[np.float64]:
        pressure, wifi, taste = traits_at(people, part, bit)
        drawn = uniforms(state.key, START, part.stop - part.start, bit, part.start)
        noise = special.logit(drawn) / p.beta
        k = pressure.astype(float) * (1.0 - wifi)
        return taste - k + noise

    return by_parts(n, np.float64, values, engine.each_part)


def _best(score: Floats, among: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """The `count` users with the highest score among some, the first of equals; all of them if
    there are fewer.
    """
    candidates = int(np.count_nonzero(among))
    if count >= candidates:
        return among.copy()
    chosen = np.zeros(len(score), bool)
    if count <= 0:
        return chosen
    least = _nth_best(score, among, count)
    for part in parts(len(score)):
        chosen[part] = among[part] & (score[part] > least)
    short = count - int(np.count_nonzero(chosen))
    for part in parts(len(score)):
        if short == 0:
            break
        equal = np.flatnonzero(among[part] & (score[part] == least))[:short]
        chosen[part][equal] = True
        short -= len(equal)
    return chosen


def _nth_best(score: Floats, among: NDArray[np.bool_], count: int) -> float:
    """The score that `count` users among some have, or more. In large markets those alone are
    sorted whose score begins with the same bits.
    """
    if len(score) <= PART:
        values = score[among]
        return float(np.partition(values, len(values) - count)[len(values) - count])
    heads = np.zeros(1 << 16, np.int64)
    for part in parts(len(score)):
        heads += np.bincount(_first_bits(score[part][among[part]]), minlength=1 << 16)
    above = np.cumsum(heads[::-1])[::-1]  # users in this class or a higher one
    level = int(np.flatnonzero(above >= count)[-1])
    some: list[Floats] = []
    for part in parts(len(score)):
        values = score[part][among[part]]
        some.append(values[_first_bits(values) == level])
    values, wanted = np.concatenate(some), count - int(above[level] - heads[level])
    return float(np.partition(values, len(values) - wanted)[len(values) - wanted])


def _first_bits(values: Floats) -> NDArray[np.int64]:
    """16 bits that ascend with the values."""
    first = values.astype(np.float64, copy=False).view(np.int64) >> 48
    return np.where(first < 0, -1 - (first & 0x7FFF), first) + (1 << 15)


def _warm_up(state: State, terms: TermsOfWeek, engine: Compiled) -> None:
    """Weeks without offers, decisions and money before week 0; steered apps move their quality,
    then keep it.
    """
    scenario = state.scenario
    weeks, until, n = (
        scenario.society.warmup_weeks,
        scenario.society.warmup_until,
        scenario.society.users,
    )
    targets = [_wanted(scenario.apps[name].start.active, n) / n for name in scenario.messengers]
    goal = -1 if until is None else scenario.messengers.index(until)
    active = counted = state.monthly_shares()
    returning = scenario.society.warmup_counts == "returning"
    used = deque([state.people.reach[state.last_half, 0].copy()] if returning else [], maxlen=4)
    for k in range(weeks):
        if goal >= 0 and counted[goal] >= targets[goal]:
            break
        for bit, app in enumerate(state.apps[: len(targets)]):
            if app.config.start.settle == "steer":
                wanted, now = special.logit(np.clip([targets[bit], active[bit]], 1e-4, 1 - 1e-4))
                quality, usual = app.quality + STEERING * (wanted - now), app.config.quality
                app.quality = float(np.clip(quality, usual - STEER_LIMIT, usual + STEER_LIMIT))
        week = k - weeks
        terms.refresh(week, [], warmup=True)
        members = state.people.registered.copy() if returning else None
        load_networks(state, engine.week(state, week, measure=False))
        if week % WEEKS_PER_BILL == WEEKS_PER_BILL - 1:
            engine.bill(
                state,
                terms.bill_terms(0, [])._replace(churn=0.0, review=0.0, first_review=0.0),
                week,
                1,
            )
        active = counted = state.monthly_shares()
        if members is not None:
            used.append(state.people.reach[state.last_half, 0] & members)
            counted = state.shares_of(np.bitwise_or.reduce([*used]))
    if weeks > 0 and goal >= 0 and counted[goal] < targets[goal]:
        reached = words.people.share(counted[goal] * n, n, "en", 1)
        raise ScenarioError(
            scenario.name,
            "society.warmup_weeks",
            f"is {weeks}: '{until}' only reached {reached} of users in them, "
            "not its start share; give it more weeks, a higher quality or a higher first share",
        )
    people = state.people
    people.joined[:], people.cohort[:] = -1, 0
    people.billed[:] = people.calls[:] = people.sponsored[:] = people.free_kib[:] = 0
