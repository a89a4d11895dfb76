"""The parts of the talk after a game: each can be computed alone, in a process of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .counterfactuals import WORLDS, Game, of_market, of_seat, of_world
from .course import course
from .setup import REGULATOR, Setup
from .skill import Skill
from .table import Round

type Part = str | int
"""What can be told alone: "" (how the market went), 0 (its weeks and turning points), 1 … `WORLDS`
(margins with that luck), or a seat (its other ways to play).
"""


def parts(setup: Setup, taken: Collection[str]) -> list[Part]:
    """The parts of a market, the one to tell first at the front; of all seats if people took
    none.
    """
    return [
        "",
        *(seat for seat in setup.seats if seat in (taken or setup.firms)),
        *range(WORLDS + 1),
    ]


def counterfactual(setup: Setup, rounds: Sequence[Round], part: Part) -> dict[str, Any]:
    """A part as plain data."""
    game = game_of(setup, rounds)
    if part == 0:
        return {**course(game)}
    if isinstance(part, int):
        return of_world(game, part)
    return of_seat(game, part) if part else {**of_market(game)}


def game_of(setup: Setup, rounds: Sequence[Round]) -> Game:
    """A game as it was; a process remembers the one that it was asked for last."""
    if not (_last and _last[0][:2] == (setup, rounds)):
        _last[:] = [(setup, rounds, Game.played(setup, rounds))]
    return _last[0][2]


_last: list[tuple[Setup, Sequence[Round], Game]] = []


def together(market: int, found: Mapping[Part, dict[str, Any]]) -> dict[str, Any]:
    """What `of_market` tells and what is known of the other parts: `market`, margins: {seat: [here,
    in other worlds …]},
    seats: {seat: `of_seat`, with "passive" among its variants}, skill: {seat: `Skill`}, course:
    `Course`, None where it is not known yet. No champion is known for the regulator: what it is
    measured by is the best of its bot and of the simple ways that were tried."""
    here, worlds = found[""], [found[world] for world in range(1, WORLDS + 1) if found.get(world)]
    ways = {REGULATOR: [way["total"] for way in found.get(REGULATOR, {}).get("grid", [])]}
    skill = {
        seat: Skill(
            score["total"] - idle,
            next(iter(here["bots"][seat].values())) - idle,
            max([*here["bots"][seat].values(), *ways.get(seat, ())]) - idle,
        )
        for seat, score in here["scores"].items()
        for idle in (here["twins"][seat]["total"],)
    }
    return here | {
        "market": market,
        "skill": skill,
        "course": found.get(0),
        "margins": {
            seat: [
                score["total"] - here["twins"][seat]["total"],
                *(world[seat] for world in worlds),
            ]
            for seat, score in here["scores"].items()
        },
        "seats": {
            seat: found[seat] | {"variants": {"passive": twin, **found[seat]["variants"]}}
            for seat, twin in here["twins"].items()
            if seat in found
        },
    }
