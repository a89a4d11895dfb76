"""What apps do to win users, region by region: campaigns of the scenario, and those decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..players.costs import rate_of_spending
from ..scenario.actors import MOST_BRING, Campaign
from .columns import Tally
from .state import State

type Floats = NDArray[np.float64]


class Effort(NamedTuple):
    """What campaigns do in a week, each of shape (R, M); of one app, (R,).

    Attributes:
        rate: added to the rate of hearing of it, 1/week. factor: on word of mouth, 1 without.
        try_once: share of the unregistered pushed to try it (τ). invite: bonus for registering,
            logit.
    """

    rate: Floats
    factor: Floats
    try_once: Floats
    invite: Floats


def launch_rate(state: State, k: int, week: int) -> float:
    """Rate added by the launch campaign of app k: level · 2^(−age/half-life), 1/week."""
    scenario, config = state.scenario, state.apps[k].config
    begin = scenario.week_of(
        config.launch if config.promotion.start is None else config.promotion.start
    )
    unpaid = state.apps[k].broke and config.promotion.cost > 0
    if config.promotion.level == 0.0 or week < begin or unpaid:
        return 0.0
    return config.promotion.level * 2.0 ** (-(week - begin) / config.promotion.half_life_weeks)


def efforts(state: State, week: int, *, warmup: bool = False) -> Effort:
    """What campaigns do in a week; in the warm-up, there are none but a push of each app's own.

    Factors of campaigns in one place are multiplied, up to MOST_BRING; of pushes each is for those
    whom the others left.
    """
    apps = state.apps[: len(state.messengers)]
    found = Effort(*np.zeros((4, len(state.regions), len(apps))))
    found.factor[:] = 1.0
    if warmup:
        found.try_once[:] = [app.config.warmup_try_once for app in apps]
        return found
    for k in range(len(apps)):
        _fill(Effort(*(table[:, k] for table in found)), state, k, week)
    np.minimum(found.factor, MOST_BRING, out=found.factor)
    return found


def _fill(found: Effort, state: State, k: int, week: int) -> None:
    app, regions, value_at = state.apps[k], state.regions, state.scenario.value_at
    config = app.config
    if launched := launch_rate(state, k, week):
        found.rate[places(regions, config.promotion.regions)] = launched
    if app.campaigns:
        found.rate[:] += [app.promo_extra(region) for region in regions]
    found.try_once[:] = value_at(config.try_once, week)
    if not (app.broke and config.invite_cost > 0):
        found.invite[:] = value_at(config.invite, week)
    if not app.broke and app.bring_friend != 1.0:
        found.factor[places(regions, app.bring_friend_regions)] = app.bring_friend
    if not app.broke and app.invite_extra:
        found.invite[places(regions, app.invite_regions)] += app.invite_extra
    for campaign, there in running(state, k, week):
        found.rate[there] += campaign.level + rate_of_spending(campaign.per_head)
        found.factor[there] *= campaign.bring_friend
        found.try_once[there] += campaign.try_once * (1.0 - found.try_once[there])
        found.invite[there] += campaign.invite


def places(regions: Sequence[str], named: tuple[str, ...]) -> list[int] | slice:
    """Where the named ones of some regions stand among them; all, where none is named."""
    return [r for r, region in enumerate(regions) if region in named] if named else slice(None)


def running(state: State, k: int, week: int) -> Iterator[tuple[Campaign, list[int] | slice]]:
    """The scenario's campaigns of app k in a week, each with the places of its regions; those that
    cost rest while it has no cash.
    """
    app = state.apps[k]
    for campaign in app.config.campaigns:
        begin, end = state.scenario.campaign_weeks(campaign)
        if begin <= week < end and not (app.broke and campaign.costs):
            yield campaign, places(state.regions, campaign.regions)


def owe(state: State, tally: Tally) -> None:
    """What campaigns cost this week; it is due at the bill."""
    for k, app in enumerate(state.apps[: len(state.messengers)]):
        decided = app.bring_friend > 1.0
        if not (decided or app.config.campaigns):
            continue
        joined = tally.joined[k].reshape(len(state.carriers), -1).sum(axis=0) * state.scale
        if decided:
            costs = np.array([app.bring_cost(region) for region in state.regions])
            _due(state, app.name, "bring a friend", float(costs @ joined))
        for campaign, there in running(state, k, state.week):
            people, new = float(state.heads[there].sum()), float(joined[there].sum())
            _due(state, app.name, "promotion", campaign.per_head * people)
            _due(state, app.name, "push", campaign.try_once_cost * new)
            _due(state, app.name, "bring a friend", campaign.bring_friend_cost * new)


def _due(state: State, app: str, reason: str, money: float) -> None:
    state.due[app, reason] = state.due.get((app, reason), 0.0) + money
