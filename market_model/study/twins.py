"""A run beside its twin: the same people and luck, without the offers."""

from __future__ import annotations

from dataclasses import dataclass

from ..market import Run, run
from ..market.survival import Followed
from ..scenario import Scenario

HORIZON = 12
"""Weeks after an offer's end at which survival is told, if nothing else is said."""


@dataclass(frozen=True)
class Retained:
    """What an offer won for good.

    Attributes:
        share, twin_share: of the users it acquired, active `HORIZON` weeks after its end, with the offer and without.
        of_registered: the same of all who registered under it.
        bill: what its sponsor paid in all, money.
        cost: money per user retained beyond the twin's; nan if there is none.
    """

    offer: str
    app: str
    acquired: float
    share: float
    twin_share: float
    of_registered: float
    bill: float
    cost: float


def without_offers(scenario: Scenario) -> Scenario:
    """The same market in which nobody offers anything."""
    return scenario.model_copy(update={"offers": {}})


def twin_of(one: Run) -> Run:
    """The run without offers, with the same luck, following the users that offers acquired in `one`."""
    copy = without_offers(one.scenario)
    copy._folder = one.scenario._folder
    return run(copy, one.seed, watch=one.followed)


def retained(one: Run, twin: Run) -> list[Retained]:
    """Survival and its price for every offer that ended early enough."""
    found: list[Retained] = []
    for mine, theirs in zip(one.followed, twin.followed, strict=True):
        if not len(mine.acquired) or len(mine.active) <= HORIZON:
            continue
        found.append(_retained(one, mine, theirs))
    return found


def _retained(one: Run, mine: Followed, theirs: Followed) -> Retained:
    scale = one.scenario.people_per_user
    bill = one.history.series("offer", mine.offer, "bill")
    paid = float(bill[bill == bill].sum())
    stayed, anyway = mine.active[HORIZON] * scale, theirs.active[HORIZON] * scale
    return Retained(
        offer=mine.offer, app=mine.app, acquired=len(mine.acquired) * scale, share=mine.survival(HORIZON),
        twin_share=theirs.survival(HORIZON), of_registered=mine.active_of_registered[HORIZON] / len(mine.registered),
        bill=paid, cost=paid / (stayed - anyway) if stayed > anyway else float("nan"))
