"""The state of week 0: who has which app, and habits that have settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..scenario import ScenarioError
from ..scenario.actors import Start
from .draws import START, uniforms

if TYPE_CHECKING:
    from .market import Market

STEERING = 0.25
"""Logit by which a steered app's quality moves per week and logit of distance from its target."""
STEER_LIMIT = 12.0


def start(market: Market) -> None:
    """Give out registrations by the scenario's shares, then run the warm-up, if any."""
    for bit, name in enumerate(market.config.messengers):
        _give_out(market, bit, market.config.apps[name].start)
    people = market.people
    people.reach[1] = people.reach[0]
    people.older[:] = people.reach[0, 0] * np.uint16(257)
    market.set_first_prices()
    _warm_up(market)


def _wanted(amount: float, everyone: int) -> int:
    """A share (float) or a count (int) as a number of users."""
    return amount if isinstance(amount, int) else round(amount * everyone)


def _give_out(market: Market, bit: int, start: Start) -> None:
    people, n = market.people, len(market.people.carrier)
    flag = np.uint8(1 << bit)
    can = (people.barred & flag) == 0
    liking = _liking(market, bit)
    registered = np.zeros(n, bool)
    carriers, regions = list(market.config.carriers), list(market.config.society.regions)
    groups = [(people.carrier == carriers.index(name), share) for name, share in start.by_carrier.items()]
    groups += [(people.region == regions.index(name), share) for name, share in start.by_region.items()]
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
    aware = registered | _best(uniforms(market.key, START, n, 16 + bit), can & ~registered,
                               max(0, _wanted(start.aware, n) - int(registered.sum())))
    people.aware[aware] |= flag
    people.registered[registered] |= flag
    people.reach[0, 0, active] |= flag
    people.habit[active, bit] = 1.0


def _liking(market: Market, bit: int) -> NDArray[np.float64]:
    """Who would come first, by the parts of V that a user brings along: taste − felt price, with logistic noise."""
    people, p = market.people, market.config.parameters
    k = people.pressure.astype(float) * (1.0 - people.wifi)
    noise = special.logit(uniforms(market.key, START, len(people.carrier), bit)) / p.beta
    return people.taste[:, bit] - k + noise


def _best(score: NDArray[np.float64], among: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """The `count` users with the highest score among some; all of them if there are fewer."""
    chosen = np.zeros(len(score), bool)
    candidates = np.flatnonzero(among)
    if count >= len(candidates):
        chosen[candidates] = True
    elif count > 0:
        order = np.argsort(-score[candidates], kind="stable")
        chosen[candidates[order[:count]]] = True
    return chosen


def _warm_up(market: Market) -> None:
    """Weeks without offers before week 0; steered apps move their quality, then keep it."""
    scenario = market.config
    weeks, until = scenario.society.warmup_weeks, scenario.society.warmup_until
    steered = [(bit, scenario.apps[name].start) for bit, name in enumerate(scenario.messengers)
               if scenario.apps[name].start.settle == "steer"]
    for k in range(weeks):
        active = market.monthly_shares()
        if until is not None and active[scenario.messengers.index(until)] >= _target(market, until):
            break
        for bit, target in steered:
            share = _wanted(target.active, scenario.society.users) / scenario.society.users
            app = market.apps[bit]
            step = STEERING * (special.logit(np.clip(share, 1e-4, 1 - 1e-4)) - special.logit(np.clip(active[bit], 1e-4, 1 - 1e-4)))
            app.quality = float(np.clip(app.quality + step, app.config.quality - STEER_LIMIT, app.config.quality + STEER_LIMIT))
        market.warmup_week(k - weeks)
    else:
        if until is not None and weeks > 0:
            reached = market.monthly_shares()[scenario.messengers.index(until)]
            if reached < _target(market, until):
                raise ScenarioError(scenario.name, "society.warmup_weeks",
                                    f"is {weeks}: '{until}' only reached {reached:.1%} of users in them, not its start share; "
                                    "give it more weeks, a higher quality or a higher first share")
    market.people.joined[:] = -1
    market.people.billed[:] = 0


def _target(market: Market, name: str) -> float:
    n = market.config.society.users
    return _wanted(market.config.apps[name].start.active, n) / n


