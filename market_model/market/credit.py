"""Nobody pays what they do not have: at a bill, what an empty purse pays for lapses."""

from __future__ import annotations

from typing import NamedTuple

from .state import State

SMALL = 0.01
"""Debt that counts as none, money: dividends round."""


class Lapse(NamedTuple):
    """What ended since its payer had no cash left.

    Attributes:
        week: first week without it. payer: an app or owner. cash: its own then, money.
        offers: names; empty if only what it did to win users ended.
    """

    week: int
    payer: str
    cash: float
    offers: tuple[str, ...]


def lapse(state: State) -> list[Lapse]:
    """After a bill, where the rules give no credit: offers of payers below zero end, and their
    bonuses; campaigns that cost rest until there is cash again.
    """
    if state.scenario.regulator.credit:
        return []
    week, found = state.week + 1, list[Lapse]()
    for payer in (*state.apps, *state.owners):
        cash, new = state.ledger.cash[payer.name], not payer.broke
        payer.broke = cash < -SMALL
        if payer.broke and ((ended := state.book.unpaid(payer.name, week)) or new):
            found.append(Lapse(week, payer.name, cash, tuple(ended)))
    return found
