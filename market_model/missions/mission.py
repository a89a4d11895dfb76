"""What a mission is: a game on a story, tokens to place, a goal, and tries that are stored with
it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from ..game import Setup, setup_of
from ..scenario import ScenarioError, load_scenario

USERS = 4000
"""Simulated users of a mission's game: a round of it is computed in less than a second."""

type Placed = Mapping[str, Sequence[str]]
"""What a player puts down in a round: regions by token; none of a token that is of no place."""
type Figure = Literal["users", "kept", "margin"]
"""What a goal counts: people who use the app in the last week played, or twelve silent weeks
later; the score above that of a seat that does nothing, money.
"""


@dataclass(frozen=True)
class Move:
    """Something to decide.

    Attributes:
        decision: levers as plain data. price: what it costs in its round, money; None: by use.
        where: dotted path in `decision` of the regions it is placed in, "*" for each key; "" if
            it is of no place.
        since: round (0 = first) in which it is new on the desk.
        lasts: whether it stays once placed. beside: whether it takes the place of others of this
            name.
    """

    name: str
    decision: Mapping[str, Any]
    price: float | None = None
    where: str = ""
    since: int = 0
    lasts: bool = False
    beside: str = ""

    def levers(self, regions: Sequence[str]) -> dict[str, Any]:
        """The decision with its regions."""
        return (
            _set(self.decision, self.where.split("."), list(regions))
            if self.where
            else {**self.decision}
        )


@dataclass(frozen=True)
class Goal:
    """A figure and the bar that it has to reach, people or money; `region`: where it is counted,
    "" for everywhere.
    """

    figure: Figure
    bar: float
    region: str = ""


@dataclass(frozen=True)
class Mission:
    """A mission.

    Attributes:
        number: 1 for the first. story, changes, level, bots, cash: of its game (`setup_of`).
        glow: regions that shine in the first round; only they can be chosen then.
        tries: what is placed in each round, by name: "best" wins, "idea" is what comes to mind
            first and does not.
    """

    name: str
    number: int
    story: str
    seat: str
    rounds: int
    goal: Goal
    tokens: Mapping[str, Move]
    tries: Mapping[str, Sequence[Placed]]
    seed: int = 0
    level: str = "calm"
    cash: float | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    bots: Mapping[str, str] = field(default_factory=dict)
    glow: Sequence[str] = ()

    def setup(self, seed: int | None = None) -> Setup:
        """Its game with this luck, or its own."""
        scenario = load_scenario(self.story, {"society.users": USERS, **self.changes})
        return setup_of(
            scenario,
            self.seed if seed is None else seed,
            self.rounds,
            self.bots,
            self.level,
            users=USERS,
            cash={} if self.cash is None else {self.seat: self.cash},
        )

    def at_hand(self, number: int, placed: Sequence[Placed]) -> list[Move]:
        """Tokens on the desk in a round (0 = first), after these."""
        stay = {name for one in placed for name in one if self.tokens[name].lasts}
        return [t for t in self.tokens.values() if t.since <= number and t.name not in stay]

    def decision(self, placed: Placed) -> dict[str, Any]:
        """What tokens decide, as plain data."""
        found: dict[str, Any] = {}
        for name, regions in placed.items():
            found = _merged(found, self.tokens[name].levers(regions))
        return found


@cache
def missions() -> tuple[Mission, ...]:
    """All of them, in order."""
    text = files(__package__).joinpath("missions.toml").read_text("utf-8")
    return tuple(_mission(k, one) for k, one in enumerate(tomllib.loads(text)["mission"], 1))


def mission(number: str) -> Mission:
    """A mission by its number as an address writes it. Raises ScenarioError: there is none."""
    for one in missions():
        if str(one.number) == number:
            return one
    raise ScenarioError(
        "address", "mission", f"there is no mission '{number[:40]}'; use 1 to {len(missions())}"
    )


def _mission(number: int, table: dict[str, Any]) -> Mission:
    tokens = {name: Move(name, **one) for name, one in table.pop("tokens").items()}
    return Mission(number=number, goal=Goal(**table.pop("goal")), tokens=tokens, **table)


def _set(table: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """The table with a value at a path."""
    if len(path) == 1:
        return {**table, path[0]: value}
    keys = table if path[0] == "*" else [path[0]]
    return {**table, **{key: _set(table[key], path[1:], value) for key in keys}}


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(under[key], value)
        for key, value in over.items()
        if isinstance(value, Mapping) and key in under
    }
    return {**under, **over, **both}
