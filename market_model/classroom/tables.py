"""The markets of a class, in a process of their own: the server itself never loads the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..game import GameTable, Round, Setup
from .state import ClassState

if TYPE_CHECKING:
    from ..game.debrief import Part
    from ..game.report import RoundReport
    from ..game.twins import Twins

_tables: dict[int, tuple[list[Round], GameTable, Twins]] = {}
"""The last table of each market, with its rounds, and beside it the games in which a seat does
nothing.
"""


def resolve(setup: Setup, market: int, rounds: Sequence[Round]) -> RoundReport:
    """What a market has to tell after these rounds. A market that has played the first of them
    goes on; another is built anew.
    """
    from ..game.report import round_report
    from ..game.twins import with_twins

    kept = _tables.pop(market, None)
    if kept and kept[1].setup == setup and list(rounds[: len(kept[0])]) == kept[0]:
        before, table, twins = kept
    else:
        before = list[Round]()
        table, twins = with_twins(setup, (), setup.seats)
    for one in rounds[len(before) :]:
        table.play(one)
        twins.play(table, one)
    _tables[market] = list(rounds), table, twins
    return round_report(table, twins)


def stages(state: ClassState, market: int) -> tuple[list[Part], list[Part]]:
    """What the debrief of a market needs to begin, and to be whole."""
    from ..game.debrief import parts

    every = parts(
        state.setup,
        {
            player.seat
            for player in state.players.values()
            if player.market == market and player.seat
        },
    )
    return every[:1], every


def what_if(state: ClassState, market: int, part: Part) -> dict[str, Any]:
    """A part of a market's debrief."""
    from ..game.debrief import counterfactual

    return counterfactual(
        state.setup, [one.of(market) for one in state.rounds[: len(state.digests)]], part
    )


def zipped(state: ClassState, name: str) -> bytes:
    """A game so far, as it is exported."""
    from ..game.export import write_zip
    from .record import record_of

    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_zip(record_of(state), path)
        return path.read_bytes()


def debriefing(
    state: ClassState, market: int, found: Mapping[Part, dict[str, Any]]
) -> dict[str, str]:
    """The debrief of a market, as far as its parts are known, as HTML by the seat that is told
    first ("" for none); and its "ranking".
    """
    from ..desk import debrief, ranking
    from ..game.debrief import together
    from .record import record_of

    record, data = record_of(state), together(market, found)
    names = {seat: record.names(market, seat) for seat in state.setup.seats}
    return {
        "ranking": ranking(state.setup, data["skill"], names, state.language),
        **{
            seat: debrief(record, [data], state.language, seat, f"/question?market={market}")
            for seat in ("", *state.setup.seats)
        },
    }
