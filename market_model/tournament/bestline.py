"""What would have won: a search for the way to play a seat of a game that was played, with the same
luck and the others' decisions as they were.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..game import Round, Setup
from ..game.counterfactuals import Game, Own
from ..game.debrief import game_of
from ..game.moves import FIELDS
from ..game.scores import scores
from ..game.takeaway import reseeded
from ..players.bots.champion import Champion
from ..players.decisions import Decision
from ..players.observation import Public
from .search import Numbers, Search

WAYS, STEP = 120, 8
"""Ways to play that are tried, and after how many of them a step ends."""
LUCKS = 3
"""Other lucks with which the best way and the played one are compared."""

type Tried = dict[str, list[float]]
"""Margin of each way to play, by its numbers as JSON."""


class BestLine(NamedTuple):
    """The best way to play that was found; plain data, money over doing nothing.

    Attributes:
        margin, mine: of that way, and as the seat was played. others: the same two with other
            lucks. line: its decisions by round. by: what it has from each of its levers, less
            without, the largest first.
    """

    margin: float
    mine: float
    others: list[tuple[float, float]]
    line: list[dict[str, Any]]
    by: dict[str, float]


def best_line(
    setup: Setup, rounds: Sequence[Round], seat: str, tried: Tried
) -> tuple[Tried, BestLine | None]:
    """A step of the search, from what was tried before it; the finding once all is tried."""
    game, known = game_of(setup, rounds), len(tried)
    idle = _margin(game, seat, game.passive(seat))

    def value(_: Setup, of: str, numbers: Numbers) -> float:
        return _margin(game, of, _Noted(numbers, setup)) - idle

    search = Search([setup], seat, value=value, stopping=lambda: len(search.tried) - known >= STEP)
    search.tried.update(tried)
    try:
        numbers = search.run(WAYS)
    except KeyboardInterrupt:
        return search.tried, None
    return search.tried, _finding(game, seat, numbers, idle)


class _Noted:
    """A champion that notes what it decides."""

    def __init__(self, numbers: Numbers, setup: Setup) -> None:
        self.champion, self.line = Champion(numbers, setup.first), list[Decision]()

    def __call__(self, seen: Public) -> Decision:
        self.line.append(self.champion(seen))
        return self.line[-1]


def _finding(game: Game, seat: str, numbers: Numbers, idle: float) -> BestLine:
    noted = _Noted(numbers, game.setup)
    margin = _margin(game, seat, noted) - idle
    line, others = noted.line, list[tuple[float, float]]()
    for luck in range(1, LUCKS + 1):
        if (other := reseeded(game, luck)) is not None:
            base = _margin(other, seat, other.passive(seat))
            best = _margin(other, seat, _Noted(numbers, other.setup)) - base
            others.append((best, _margin(other, seat, other.own(seat)) - base))
    by = dict[str, float]()
    for key, fields in FIELDS[game.setup.kind(seat)].items():
        plain = [
            one.model_copy(update={name: getattr(type(one)(), name) for name in fields})
            for one in line
        ]
        if plain != line:
            by[key] = margin - (_margin(game, seat, plain) - idle)
    return BestLine(
        margin,
        _margin(game, seat, game.own(seat)) - idle,
        others,
        [json.loads(one.model_dump_json(exclude_defaults=True)) for one in line],
        dict(sorted(by.items(), key=lambda one: -one[1])),
    )


def _margin(game: Game, seat: str, way: Own | _Noted) -> float:
    """What a seat scores by decisions or by a bot."""
    by_bot = isinstance(way, _Noted)
    own = [None] * len(game.decided) if by_bot else way
    market = game.instead({seat: own}, bots={seat: way} if by_bot else None)
    return scores(game.setup, market)[seat].total
