"""Week 0: who begins with which app, what data costs them, and the warm-up before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .. import words
from ..scenario import WEEKS_PER_BILL, ScenarioError
from ..scenario.actors import MenuPlan, Start
from .bill import price_pass, worth_pass
from .columns import BillTerms
from .draws import PLAN, START, uniforms
from .engine import Compiled, scratch_of
from .feedback import load_networks
from .state import State
from .terms import TermsOfWeek
from .week import crowd_of

STEERING = 0.25
"""Logit by which a steered app's quality moves per week and logit of distance from its target."""
STEER_LIMIT = 12.0


def start(state: State, terms: TermsOfWeek, engine: Compiled) -> None:
    """Give out registrations by the scenario's shares, then run the warm-up, if any."""
    for bit, name in enumerate(state.messengers):
        _give_out(state, bit, state.scenario.apps[name].start)
    people = state.people
    people.reach[1] = people.reach[0]
    people.older[:] = people.reach[0, 0] * np.uint16(257)
    if len(people.recent):
        people.recent[:] = people.reach[0, 0] * np.uint32(0x01010101)
        people.presence[:] = people.reach[0, 0] * np.uint16(257)
    _first_prices(state, terms)
    _warm_up(state, terms, engine)


def _first_prices(state: State, terms: TermsOfWeek) -> None:
    """Everybody's plan and first shadow price, and the other data the networks carry."""
    terms.refresh(0, [], warmup=True)
    other, bill = np.zeros(terms.cr, np.int64), terms.bill_terms(0, [])
    if len(state.people.plan):
        _first_plans(state, bill)
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


def _first_plans(state: State, bill: BillTerms) -> None:
    """Who has which plan of a menu: its share of the carrier's customers, those who gain most by
    it over what is left of the menu, with the noise of the choice; the dearest plan first.
    """
    people, contacts, rules = state.people, state.contacts, state.rules
    n, k = len(people.carrier), bill.plan.shape[1]
    worth = np.zeros((n, k))
    reach = people.reach[state.last_half]
    scratch = scratch_of(state.terms, contacts.rule.slots)
    crowd = crowd_of(contacts, reach, people.presence[state.last_half])
    last = state.last_half
    worth_pass(people, contacts, crowd, state.terms, rules, bill, last, worth, scratch, 0, n)
    for plan in range(k):
        noise = -np.log(-np.log(uniforms(state.key, PLAN, n, plan)))
        worth[:, plan] += state.scenario.parameters.plan_noise * noise
    for c, carrier in enumerate(state.scenario.carriers.values()):
        rest = people.carrier == c
        shares, customers = shares_of(carrier.plans), int(rest.sum())
        order = sorted(range(len(shares)), key=lambda k: -bill.plan[c, k, 0])
        for place, plan in enumerate(order[:-1]):
            gain = worth[:, plan] - worth[:, order[place + 1 :]].max(axis=1)
            have = _best(gain, rest, round(shares[plan] * customers))
            people.plan[have] = plan
            rest &= ~have
        people.plan[rest] = order[-1]


def _wanted(amount: float, everyone: int) -> int:
    """A share (float) or a count (int) as a number of users."""
    return amount if isinstance(amount, int) else round(amount * everyone)


def _give_out(state: State, bit: int, start: Start) -> None:
    people, n = state.people, len(state.people.carrier)
    flag = np.uint8(1 << bit)
    can = (people.barred & flag) == 0
    liking = _liking(state, bit)
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
    aware = registered | _best(
        uniforms(state.key, START, n, 16 + bit),
        can & ~registered,
        max(0, _wanted(start.aware, n) - int(registered.sum())),
    )
    people.aware[aware] |= flag
    people.registered[registered] |= flag
    people.reach[0, 0, active] |= flag
    people.habit[active, bit] = 1.0


def _liking(state: State, bit: int) -> NDArray[np.float64]:
    """Who would come first, by the parts of V that a user brings along: taste − felt price, with
    logistic noise.
    """
    people, p = state.people, state.scenario.parameters
    k = people.pressure.astype(float) * (1.0 - people.wifi)
    noise = special.logit(uniforms(state.key, START, len(people.carrier), bit)) / p.beta
    return people.taste[:, bit] - k + noise


def _best(score: NDArray[np.float64], among: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """The `count` users with the highest score among some, the first of equals; all of them if
    there are fewer.
    """
    chosen = np.zeros(len(score), bool)
    candidates = np.flatnonzero(among)
    if count >= len(candidates):
        chosen[candidates] = True
    elif count > 0:
        values = score[candidates]
        least = np.partition(values, len(values) - count)[len(values) - count]
        chosen[candidates[values > least]] = True
        level = candidates[values == least]
        chosen[level[: count - int((values > least).sum())]] = True
    return chosen


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
    used = deque([state.people.reach[state.last_half, 0].copy()], maxlen=4)
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
    state.people.joined[:] = -1
    state.people.billed[:] = state.people.calls[:] = state.people.sponsored[:] = 0
