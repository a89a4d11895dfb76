"""A class's game as a record, for the debrief, exports and replays."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ..game.record import PlayedMarket, PlayedRound, Prediction, Record, checked, digests, read
from ..work.code import named
from .log import ENDING, Log
from .state import ClassState, stored


def record_of(state: ClassState) -> Record:
    """The rounds whose outcome is known, with nicknames."""
    players = state.players.items()
    names = [
        {
            seat: tuple(p.name for _, p in players if (p.market, p.seat) == (m, seat))
            for seat in state.setup.seats
        }
        for m in range(state.markets)
    ]
    predictions = [
        Prediction(name=p.name, market=p.market, seat=p.seat, **state.predictions[number])
        for number, p in players
        if p.seat and number in state.predictions
    ]
    return Record.model_validate(
        {
            "setup": state.setup,
            "language": state.language,
            "predictions": predictions,
            "bots": _bots(state),
            "markets": [
                PlayedMarket(
                    players=names[m],
                    rounds=tuple(_rounds(state, m)),
                    digests=tuple(_digests(state, m)),
                )
                for m in range(state.markets)
            ],
        }
    )


def game_of(path: Path) -> Record:
    """The game in a file: a class's, whether it runs or not, a ZIP or game.json. Raises
    ScenarioError.
    """
    if path.suffix != ENDING or not path.is_file():
        return read(path)
    log = Log(path, reading=True)
    try:
        record = checked(record_of(stored(log)), path)
    finally:
        log.close()
    if log.missing:
        print(f"{path}: {log.missing}", file=sys.stderr)
    return record


def _bots(state: ClassState) -> dict[str, str]:
    """The files that decided in these rounds, by seat, in the order in which they came."""
    found: dict[str, dict[str, None]] = {}
    for one in state.rounds[: len(state.digests)]:
        for market in one.markets:
            for seat, decided in market.items():
                if decided.get("digest"):
                    file = f"{named(decided['bot'])} sha256 {decided['digest']}"
                    found.setdefault(seat, {})[file] = None
    return {seat: ", ".join(files) for seat, files in found.items()}


def _rounds(state: ClassState, market: int) -> Iterator[PlayedRound]:
    for one in state.rounds[: len(state.digests)]:
        played, seats = one.of(market), one.markets[market] if market < len(one.markets) else {}
        how = {seat: decided["how"] for seat, decided in seats.items()}
        yield PlayedRound.model_validate(
            {"decisions": played.decisions, "shocks": one.shocks, "how": how}
        )


def _digests(state: ClassState, market: int) -> Iterator[str]:
    """Those stored; of rounds before a market opened, when bots were alone in it, those that
    come of playing them.
    """
    late = sum(market >= len(known) for known in state.digests)
    yield from digests(state.setup, [one.of(market) for one in state.rounds[:late]]) if late else ()
    yield from (known[market] for known in state.digests[late:])
