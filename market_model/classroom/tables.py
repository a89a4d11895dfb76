"""The markets of a class, in a process of their own: the server itself never loads the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..game import Round, Setup, Table
from .state import State

if TYPE_CHECKING:
    from ..game.told import Told

_tables: dict[int, tuple[list[Round], Table]] = {}
"""The last table of each market, with its rounds."""


def resolve(setup: Setup, market: int, rounds: Sequence[Round]) -> Told:
    """What a market has to tell after these rounds. A market that has played the first of them goes on; another is built anew."""
    from ..game.told import told

    before, table = _tables.pop(market, ([], None))
    if table is None or table.setup != setup or list(rounds[:len(before)]) != before:
        before, table = [], Table(setup)
    for one in rounds[len(before):]:
        table.play(one)
    _tables[market] = list(rounds), table
    return told(table)


def debriefing(state: State, market: int) -> dict[str, str]:
    """The debrief of a market as HTML, by the seat that is told first ("" for none); and its "ranking"."""
    from ..desk import debrief, ranking
    from ..game.counterfactuals import counterfactuals
    from .record import record_of

    record = record_of(state)
    data = counterfactuals(record, [market])
    names = {seat: record.names(market, seat) for seat in state.setup.seats}
    return {"ranking": ranking(state.setup, {seat: here for seat, (here, *_) in data[0]["margins"].items()}, names, state.language),
            **{seat: debrief(record, data, state.language, seat) for seat in ("", *state.setup.seats)}}
