"""A game in which bots sit in all seats: what each scores, and which files went wrong."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..game import GameTable, Setup, problems
from ..game.scores import scores
from ..players.bots import Policy
from ..players.decisions import KINDS, Decision
from ..players.observation import Public
from ..players.strategies import OwnPolicy, policy_of
from ..scenario import ScenarioError
from ..work.code import forget, is_code

type Seating = Mapping[str, str | Callable[[Any], Any]]
"""Bots by seat: a shipped name, FILE.py:FUNCTION, or a function; a seat that is not there is its
game's bot's.
"""


@dataclass
class Match:
    """What came of a game.

    Attributes:
        scores: by seat, money. refused, broken: by seat of a file, rounds in which it did nothing
            because its decision could not be carried out, or it went wrong. problems: by seat, the
            first of either, in a line.
    """

    scores: dict[str, float] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


class Contestant:
    """A bot of one's own, held to what a person in its seat may do. A round in which it goes wrong,
    or decides what cannot be carried out, is one in which it does nothing.
    """

    def __init__(self, setup: Setup, seat: str, bot: str) -> None:
        self.setup, self.seat = setup, seat
        forget(bot)  # what it keeps in its own variables ends with each game
        self.policy: Policy = policy_of(bot, setup.kind(seat), setup.seed)
        self.refused, self.broken, self.problem = 0, 0, ""

    def __call__(self, seen: Public) -> Decision:
        nothing = KINDS[self.setup.kind(self.seat)]()
        before = len(self._refused())
        try:
            decision = self.policy(seen)
        except ScenarioError as error:
            self.broken += 1
            self.problem = self.problem or str(error)
            return nothing
        wrong = [text for _, text in self._refused()[before:]]
        data = decision.model_dump(mode="json", exclude_defaults=True)
        wrong += map(str, problems(self.setup, self.seat, data, seen))
        if wrong:
            self.refused += 1
            self.problem = self.problem or "; ".join(wrong)
            return nothing
        return decision

    def _refused(self) -> list[tuple[int, str]]:
        return self.policy.refused if isinstance(self.policy, OwnPolicy) else []


def play(setup: Setup, seating: Seating) -> Match:
    """Play a game to its end."""
    table, contestants = _seated(setup, seating)
    for _ in range(setup.rounds):
        table.pass_round({})
    table.run_out()
    totals = {seat: score.total for seat, score in scores(setup, table.market).items()}
    return Match(
        totals,
        {seat: one.refused for seat, one in contestants.items() if one.refused},
        {seat: one.broken for seat, one in contestants.items() if one.broken},
        {seat: one.problem for seat, one in contestants.items() if one.problem},
    )


def decisions(setup: Setup, seating: Seating) -> list[dict[str, Any]]:
    """What the bots of a seating decide in each round of that game, by seat, as plain data."""
    table, _ = _seated(setup, seating)
    rounds: list[dict[str, Any]] = []
    for _ in range(setup.rounds):
        table.pass_round({})
        made = {seat: table.market.decided[seat] for seat in seating}
        rounds.append(
            {
                seat: json.loads(one.model_dump_json(exclude_defaults=True))
                for seat, one in made.items()
            }
        )
    return rounds


def _seated(setup: Setup, seating: Seating) -> tuple[GameTable, dict[str, Contestant]]:
    """The game before its first round. What bots draw from Python's own luck is the game's."""
    random.seed(setup.seed)
    contestants = {
        seat: Contestant(setup, seat, bot)
        for seat, bot in seating.items()
        if isinstance(bot, str) and is_code(bot)
    }
    table = _begun(setup)
    for seat, bot in {**seating, **contestants}.items():
        agent = table.market.state.seat(seat)
        agent.decide = policy_of(bot, agent.kind, setup.seed)
    return table, contestants


def _begun(setup: Setup) -> GameTable:
    """The game before its first round, which no bot has had a part in; a process remembers some."""
    table = next((table for known, table in _games if known == setup), None)
    if table is None:
        table = GameTable(setup, watch=False)
        _games[:] = [*_games[1 - REMEMBERED :], (setup, table)]
    return table.fork()


REMEMBERED = 4
_games: list[tuple[Setup, GameTable]] = []
