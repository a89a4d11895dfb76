"""What was learnt from a game: three sentences, chosen by one rule from what was computed of it.

Each candidate has a weight; the weightiest three are told, each of another kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from ..words.people import FEW
from .setup import REGULATOR, Setup

SENTENCES = 3
IDLE, FREE, STAY, FRIENDS, LUCKY, SKILLED, BOT = 3.0, 2.0, 1.7, 1.5, 1.9, 1.1, 1.2
OWN_TURN, OTHER_TURN = 0.6, 0.4
"""Weights of candidates; assumed: what a player did stands before what happened, and turning
points, which the film beside tells, last.
"""


class LearningPoint(TypedDict):
    """A sentence as plain data: the key of its words, the seat it is about ("" for none), money,
    people, and the place of the turning point among all (−1: none).
    """

    key: str
    seat: str
    money: tuple[float, float]
    people: tuple[float, ...]
    turn: int


def lessons(setup: Setup, market: Mapping[str, Any], seat: str = "") -> list[LearningPoint]:
    """What was learnt in a seat, or, of "", in all that were looked at. Args: market:
    `game.debrief.together`.
    """
    seats = [seat] if seat in market["seats"] else list(market["seats"])
    ranked = sorted(
        (
            one
            for number, of in enumerate(seats)
            for one in _candidates(setup, market, of, 0.01 * number)
        ),
        key=lambda one: one[0],
        reverse=True,
    )
    told = dict[str, LearningPoint]()
    for weight, one in ranked:
        if weight > 0 and len(told) < SENTENCES:
            told.setdefault(one["key"].partition("_")[0], one)
    return list(told.values())


def _candidates(
    setup: Setup, market: Mapping[str, Any], seat: str, later: float
) -> Iterator[tuple[float, LearningPoint]]:
    """All that could be told of a seat, each with its weight."""
    margins, each = market["margins"][seat], setup.scenario.people_per_user
    score, variants = market["scores"][seat]["total"], market["seats"][seat]["variants"]

    def lesson(
        key: str,
        weight: float,
        money: tuple[float, float] = (0.0, 0.0),
        people: tuple[float, ...] = (),
        turn: int = -1,
    ) -> tuple[float, LearningPoint]:
        told: LearningPoint = {
            "key": key,
            "seat": seat,
            "money": money,
            "people": people,
            "turn": turn,
        }
        return weight - later, told

    ruled = "_rules" if seat == REGULATOR else ""
    if margins[0] < 0:
        yield lesson(f"idle{ruled}", IDLE, (-margins[0], 0.0))
    elif (bot := variants["bot"]["total"] - score) > 0:
        yield lesson(f"bot{ruled}", BOT, (bot, 0.0))
    if "none" in variants:
        gain = score - variants["none"]["total"]
        yield lesson("free_paid" if gain > 0 else "free_lost", FREE, (abs(gain), 0.0))
    if len(margins) > 1 and any(margins):
        low, high = min(margins), max(margins)
        lucky = low < 0 < high
        yield lesson(
            "luck_turns" if lucky else "luck_holds", LUCKY if lucky else SKILLED, (low, high)
        )
    for one in market["stayed"]:
        if one["app"] == seat and one["users"] >= FEW:
            kept, twin = one["active"][-1], one["twin"][-1]
            yield lesson("stay", STAY, people=(one["users"] * each, kept * each, twin * each))
    course = market["course"]
    if course is None:
        return
    came, brought = course["newcomers"].get(seat, (0.0, 0.0))
    if came >= FEW * each:
        many = brought >= came / 2
        yield lesson("friends_many" if many else "friends_few", FRIENDS, people=(came, brought))
    for number, turn in enumerate(course["turns"]):
        if turn.move is not None and turn.move.seat == seat:
            yield lesson("turn_own", OWN_TURN, turn=number)
        elif turn.move is not None and turn.app == seat:
            yield lesson("turn_other", OTHER_TURN, turn=number)
