"""Answers to questions about a game that is over, each a piece of a page: a token taken away, what
would have won, the other world.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from ..evidence.worlds import in_world, worlds_of
from ..game import GameTable, Round, Setup
from ..game.counterfactuals import WORLDS, Game
from ..game.debrief import game_of
from ..game.moves import Placement, moves
from ..game.scores import scores
from ..game.takeaway import Gain, gain, moves_of, other_lucks
from ..players.decisions import Decision, parse_decision
from ..scenario import ScenarioError, load_scenario
from ..tournament.bestline import WAYS, BestLine, best_line
from ..words import Language
from ..words.catalogue import texts
from .course import move_in_words
from .markup import markup


def answer(
    setup: Setup, rounds: Sequence[Round], language: Language, question: str, state: Any
) -> tuple[Markup, Any]:
    """A step of an answer, and its state, None once it is whole.

    Args: question: "without=" and a token's name, "best=" or "worlds=" and a seat. state: after the
    step before. Raises ScenarioError: there is nothing of that name.
    """
    kind, _, name = question.partition("=")
    if kind == "best" and name in setup.firms:
        tried, found = best_line(setup, rounds, name, state or {})
        return _best(setup, rounds, language, name, len(tried), found), None if found else tried
    game = game_of(setup, rounds)
    if kind == "worlds" and name in setup.firms:
        return _worlds(game, language, name), None
    move = next((one for one in moves_of(game) if one.name == name), None)
    if kind != "without" or move is None:
        raise ScenarioError("question", "", f"there is no '{question[:60]}'")
    return _without(setup, language, move, gain(game, move), other_lucks(game, move)), None


def _without(
    setup: Setup,
    language: Language,
    move: Placement,
    here: Gain,
    others: Sequence[tuple[float, float]],
) -> Markup:
    return _rendered(
        setup,
        language,
        "without",
        seat=move.seat,
        app=setup.kind(move.seat) == "app",
        move=move_in_words(move, language),
        here=here,
        friends=min(max(here.friends, 0.0), here.newcomers),
        users=[one[0] for one in others],
        scores=[one[1] for one in others],
        worlds=WORLDS,
    )


def _best(
    setup: Setup,
    rounds: Sequence[Round],
    language: Language,
    seat: str,
    tried: int,
    found: BestLine | None,
) -> Markup:
    lines = list[tuple[int, list[str], list[str]]]()
    if found:
        kind = setup.kind(seat)
        best = [{seat: parse_decision(kind, one)} for one in found.line]
        own, theirs = (
            _by_round(seat, decided, language)
            for decided in ([{seat: one} for one in game_of(setup, rounds).own(seat)], best)
        )
        either = sorted(own.keys() | theirs.keys())
        lines = [(r + 1, own.get(r, []), theirs.get(r, [])) for r in either]
    return _rendered(
        setup, language, "best", seat=seat, tried=tried, ways=WAYS, found=found, lines=lines
    )


def _by_round(
    seat: str, decided: Sequence[Mapping[str, Decision]], language: Language
) -> dict[int, list[str]]:
    """Tokens of a seat in words, by round in which it laid any."""
    found = dict[int, list[str]]()
    for move in moves((seat,), decided):
        found.setdefault(move.round, []).append(move_in_words(move, language, whose=False))
    return found


def _worlds(game: Game, language: Language, seat: str) -> Markup:
    """What the same decisions lead to where the disputed news is read otherwise."""
    setup, found = game.setup, list[tuple[str, float, float]]()
    for world, differs in worlds_of(setup.scenario).items():
        other = replace(setup, scenario=in_world(setup.scenario, differs))
        there = replace(game, setup=other, tables=[GameTable(other, watch=False).fork()])
        played = there.instead({})
        idle = there.score(seat, there.passive(seat))["total"]
        margin = scores(other, played)[seat].total - idle
        title = re.split("[:：] ?", load_scenario(world).title_in(language) or world)[-1]
        found.append((title, margin, _users(there, played, seat)))
    here = game.instead({})
    margin = scores(setup, here)[seat].total - game.score(seat, game.passive(seat))["total"]
    return _rendered(
        setup,
        language,
        "worlds",
        seat=seat,
        worlds=found,
        margin=margin,
        users=_users(game, here, seat),
    )


def _users(game: Game, market: Any, seat: str) -> float:
    app = game.setup.kind(seat) == "app"
    series = ("app", seat, "active") if app else ("carrier", seat, "subscribers")
    return float(market.history.series(*series)[-1])


def _rendered(setup: Setup, language: Language, kind: str, **values: object) -> Markup:
    return markup("answer", setup, language, t=texts("debrief", language), kind=kind, **values)
