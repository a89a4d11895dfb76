"""How a mission goes: its figure so far, and at its end beside what other hands would have made of
the same luck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..game import GameTable, Round
from ..game.scores import flows, scores, sponsored
from ..scenario import WEEKS_PER_BILL
from .mission import Mission, missions

NEAR = 0.9
"""Part of the way from doing nothing to the stored best that earns the third star."""

type Decided = Mapping[str, Any]
"""A decision as plain data."""


@dataclass(frozen=True)
class Lines:
    """The figure with the same luck in other hands: of nobody, of the first idea, of the computer
    player, of the stored best.
    """

    nothing: float
    idea: float
    bot: float
    best: float

    def stars(self, bar: float, value: float) -> tuple[bool, bool, bool]:
        """The goal is reached; better than the computer player; near the stored best."""
        near = self.nothing + NEAR * (self.best - self.nothing)
        won = value >= bar
        return won, won and value > self.bot, won and value >= min(near, self.best)


@dataclass(frozen=True)
class RegionUsers:
    """A place, people: all, and those who use the seat's app, by week since a round ago."""

    people: float
    weeks: list[float]

    @property
    def users(self) -> float:
        """Those who use it now."""
        return self.weeks[-1]


@dataclass(frozen=True)
class MissionOutcome:
    """A mission after some rounds.

    Attributes:
        value, before: the goal's figure now and a round ago, were it over then.
        nothing: the figure of a seat that does nothing, as far.
        places: by region. cash: left, money. spent, earned: in the last round, money.
        given: whoever else pays for free data of the seat's app, now. paid: to the seat for free
            data by app, in the last round, money. refused: apps whose bids found no deal with the
            seat in it, and why. lines: at the end; None before.
    """

    value: float
    before: float
    nothing: float
    places: dict[str, RegionUsers]
    cash: float
    spent: float
    earned: float
    given: list[str]
    paid: dict[str, float]
    refused: list[tuple[str, str]]
    lines: Lines | None = None


def outcome(number: int, seed: int, decided: Sequence[Decided]) -> MissionOutcome:
    """The mission after these decisions of its seat. Raises ValueError: one cannot be carried
    out.
    """
    one = missions()[number - 1]
    tables = _played(one, seed, decided)
    silent = _played(one, seed, [{}] * len(decided))
    table, market = tables[-1], tables[-1].market
    values = [_figure(one, *pair) for pair in zip(tables[-2:], silent[-2:], strict=True)]
    came = flows(market, one.seat, market.week - WEEKS_PER_BILL) if decided else ({}, {})
    return MissionOutcome(
        values[-1],
        values[0],
        _figure(one, silent[-1], silent[-1]),
        _places(one, table),
        float(market.ledger.cash.get(one.seat, 0.0)),
        sum(came[1].values()),
        sum(came[0].values()),
        _given(one, table),
        _paid(one, table) if decided else {},
        [(app, why) for app, carrier, why in table.refused if carrier == one.seat],
        lines(number, seed) if len(decided) == one.rounds else None,
    )


def _given(one: Mission, table: GameTable) -> list[str]:
    """Who else pays for free data of the seat's app, now."""
    market = table.market
    offers = (o for o in market.book.offers if one.seat in o.apps and o.in_time(market.week - 1))
    return sorted({o.by for o in offers if o.payer not in ("app", "user") and o.by != one.seat})


def _paid(one: Mission, table: GameTable) -> dict[str, float]:
    """What each app paid the seat for free data in the last round, money."""
    paid = sponsored(table.setup, table.market, table.market.week - WEEKS_PER_BILL)
    return {app: money for (app, carrier), money in paid.items() if carrier == one.seat}


@lru_cache(32)
def lines(number: int, seed: int) -> Lines:
    """What other hands make of this luck."""
    one = missions()[number - 1]
    nothing = _played(one, seed, [{}] * one.rounds)[-1]

    def of(decided: Sequence[Decided | None]) -> float:
        return _figure(one, _played(one, seed, decided)[-1], nothing)

    tries = {
        name: [one.decision(placed) for placed in rounds] for name, rounds in one.tries.items()
    }
    return Lines(
        of([{}] * one.rounds), of(tries["idea"]), of([None] * one.rounds), of(tries["best"])
    )


@lru_cache(4)
def _begun(one: int, seed: int) -> GameTable:
    return GameTable(missions()[one - 1].setup(seed), watch=False)


def _played(one: Mission, seed: int, decided: Sequence[Decided | None]) -> list[GameTable]:
    """The game before each round and after the last; None: the bot decides."""
    tables = [_begun(one.number, seed)]
    for decision in decided:
        tables.append(tables[-1].fork())
        tables[-1].play(Round({} if decision is None else {one.seat: dict(decision)}))
    return tables


def _figure(one: Mission, table: GameTable, nothing: GameTable) -> float:
    """The goal's figure, were the game over now."""
    if one.goal.figure == "users":
        return float(_people(one, table)[-1])
    ends = [table.fork(), nothing.fork()]
    for end in ends[: 1 if one.goal.figure == "kept" else 2]:
        end.run_out()
    if one.goal.figure == "kept":
        return float(_people(one, ends[0])[-1])
    mine, other = (scores(end.setup, end.market)[one.seat].total for end in ends)
    return mine - other


def _people(one: Mission, table: GameTable) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The seat's people by week: users of an app where the goal counts them, or subscribers."""
    series = table.market.history.series
    if table.setup.kind(one.seat) == "carrier":
        return series("carrier", one.seat, "subscribers")
    if one.goal.region:
        return series("region", one.goal.region, f"active.{one.seat}")
    return series("app", one.seat, "active")


def _places(one: Mission, table: GameTable) -> dict[str, RegionUsers]:
    scenario, history = table.setup.scenario, table.market.history
    if table.setup.kind(one.seat) == "carrier":
        return {}
    found: dict[str, RegionUsers] = {}
    total = sum(scenario.society.regions.values())
    for region, share in scenario.society.regions.items():
        users = history.series("region", region, f"active.{one.seat}")
        weeks = [*map(float, users[-1 - WEEKS_PER_BILL :])]
        found[region] = RegionUsers(scenario.population * share / total, weeks)
    return found
