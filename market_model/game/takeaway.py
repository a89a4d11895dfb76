"""A token taken away: the same game without it, with the same luck and with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ..scenario import WEEKS_PER_BILL, ScenarioError
from .counterfactuals import Game
from .moves import Placement, moves, taken_away
from .scores import scores
from .setup import REGULATOR
from .table import GameTable

if TYPE_CHECKING:
    from ..market import Observer
    from ..players.decisions import Decision

LUCKS = 7
"""Other lucks with which a token is taken away."""


class Gain(NamedTuple):
    """What a token did, people and money; plain data.

    Attributes:
        users: more of them at the end of the last round (customers of a carrier); of the regulator,
            more hundredths of concentration. newcomers: more
            since it was laid, friends: those of them whom friends brought (of an app). score: more,
            money.
    """

    users: float
    newcomers: float
    friends: float
    score: float


def moves_of(game: Game) -> list[Placement]:
    """All tokens of a game."""
    return list(moves(game.setup.seats, game.decided))


def played_without(game: Game, *laid: Placement) -> dict[str, list[Decision]]:
    """What a seat decides in each round without some of its tokens."""
    seat, own = laid[0].seat, game.own(laid[0].seat)
    for move in laid:
        own = taken_away(own, move)
    return {seat: own}


def gain(game: Game, move: Placement) -> Gain:
    """What a token did with the luck of this game."""
    here, otherwise = _end(game, move, {}), _end(game, move, played_without(game, move))
    return Gain(*(a - b for a, b in zip(here, otherwise, strict=True)))


def other_lucks(game: Game, move: Placement) -> list[tuple[float, float]]:
    """More people and score with each of some other lucks."""
    found = list[tuple[float, float]]()
    for luck in range(1, LUCKS + 1):
        if (other := reseeded(game, luck)) is not None:
            own = {move.seat: game.own(move.seat)}
            here, without = _ends(other, move, own), _ends(other, move, played_without(game, move))
            found.append((here[0] - without[0], here[1] - without[1]))
    return found


def reseeded(game: Game, luck: int) -> Game | None:
    """The same decisions with another luck; None where it does not lead to the story's start. A
    process remembers the lucks of one game.
    """
    if _lucks and _lucks[0][0] is not game:
        _lucks.clear()
    known = {number: other for _, number, other in _lucks}
    if luck not in known:
        setup = replace(game.setup, seed=game.setup.seed + luck)
        try:
            known[luck] = replace(game, setup=setup, tables=[GameTable(setup).fork()])
        except ScenarioError:
            known[luck] = None
        _lucks.append((game, luck, known[luck]))
    return known[luck]


_lucks: list[tuple[Game, int, Game | None]] = []


def _end(
    game: Game, move: Placement, changed: Mapping[str, Sequence[Decision | None]]
) -> tuple[float, float, float, float]:
    """How the seat of a token ends: people, newcomers since it was laid and those through friends,
    score.
    """
    from ..market.friends import ThroughFriends

    seen, apps = ThroughFriends(), list(game.setup.scenario.messengers)
    if move.seat not in apps:
        people, score = _ends(game, move, changed)
        return people, 0.0, 0.0, score
    people, score = _ends(game, move, changed, seen)
    weeks, a = move.round * WEEKS_PER_BILL, apps.index(move.seat)
    came, brought = (float(w[weeks:, a].sum()) for w in (seen.newcomers, seen.brought))
    return people, came, brought, score


def _ends(
    game: Game,
    move: Placement,
    changed: Mapping[str, Sequence[Decision | None]],
    seen: Observer | None = None,
) -> tuple[float, float]:
    """People at the end of the last round, and score."""
    setup, seat = game.setup, move.seat
    market = game.instead(changed, observers=[seen] if seen else None)
    last, score = setup.week(len(game.decided)) - 1, scores(setup, market)[seat].total
    if seat == REGULATOR:
        return 100 * float(market.history.series("market", "", "hhi_mau")[last]), score
    app = setup.kind(seat) == "app"
    series = ("app", seat, "active") if app else ("carrier", seat, "subscribers")
    return float(market.history.series(*series)[last]), score
