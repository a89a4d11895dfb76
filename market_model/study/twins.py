"""A run beside its twin: the same people and luck, without the offers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..market import Run, run

HORIZON = 12
"""Weeks after an offer's end at which survival is told, if nothing else is said."""


@dataclass(frozen=True)
class Retained:
    """What an offer won for good.

    Attributes:
        acquired: people. users: the simulated ones who stand for them. stayed, anyway: how many of
            these are active `HORIZON` weeks after its end, with the offer and without.
        bill: what its sponsor paid in all, money.
        cost: money per user retained beyond the twin's; nan if there is none.
    """

    offer: str
    acquired: float
    users: int
    stayed: int
    anyway: int
    bill: float
    cost: float


def twin_of(one: Run, **brought: Any) -> Run:
    """The run without offers, with the same luck, following the users that offers acquired in
    `one`; `brought`: the engine, policies and rules that it ran with, as for `run`.
    """
    scenario = one.scenario.model_copy(update={"offers": {}})
    twin = run(scenario, one.seed, watch=one.followed, **brought)
    del twin.followed[len(one.followed) :]  # users of deals that the twin's own bots make
    return twin


def retained(one: Run, twin: Run) -> list[Retained]:
    """Survival and its price for every offer that ended early enough."""
    found, scale = list[Retained](), one.scenario.people_per_user
    for mine, theirs in zip(one.followed, twin.followed, strict=True):
        if len(mine.acquired) and len(mine.active) > HORIZON:
            bill = float(np.nansum(one.history.series("offer", mine.offer, "bill")))
            stayed, anyway = mine.active[HORIZON], theirs.active[HORIZON]
            cost = bill / (stayed - anyway) / scale if stayed > anyway else np.nan
            found.append(
                Retained(
                    mine.offer,
                    len(mine.acquired) * scale,
                    len(mine.acquired),
                    stayed,
                    anyway,
                    bill,
                    cost,
                )
            )
    return found


def left_out(one: Run) -> dict[str, list[str]]:
    """Offers of which `retained` has no row, by why."""
    reasons = dict[str, list[str]]()
    by_offer = {mine.offer: mine for mine in one.followed}
    for name, offer in one.scenario.offers.items():
        mine = by_offer.get(name)
        if not any(app in one.scenario.messengers for app in offer.apps):
            reason = "for no messenger"
        elif mine is None:
            reason = "not over when the run ends"
        elif not len(mine.acquired):
            reason = "no user at its end had joined under it; of several, the best counts"
        elif len(mine.active) <= HORIZON:
            reason = f"over for less than {HORIZON} weeks"
        else:
            continue
        reasons.setdefault(reason, []).append(name)
    return reasons
