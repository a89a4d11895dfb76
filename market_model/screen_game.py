"""What the commands on played games print."""

from __future__ import annotations

from pathlib import Path

from .game.record import Record, read, replay
from .screen import table_of, terminal, writing


def replay_and_tell(path: Path) -> bool:
    """Play a game again; whether every round came out the same."""
    record = game_of(path)
    wrong = {one.market: one for one in replay(record)}
    table = table_of("market", "rounds", "digests")
    for m, market in enumerate(record.markets):
        told = f"round {wrong[m].round + 1}: {wrong[m].expected} was {wrong[m].found} now" if m in wrong else "equal"
        table.add_row(str(m + 1), str(len(market.rounds)), told)
    terminal().print(table)
    return not wrong


def export_and_tell(path: Path, out: Path | None) -> None:
    """Write a game's ZIP."""
    from .game.export import write_zip

    record, out = game_of(path), out or path.with_name(f"{path.stem}-export.zip")
    with writing(out.parent):
        write_zip(record, out)
    terminal().print(f"written: {out}")


def game_of(path: Path) -> Record:
    """The game in a file: a class's, a ZIP or game.json."""
    from .classroom.launch import ENDING
    from .classroom.record import record_in

    return record_in(path) if path.suffix == ENDING and path.is_file() else read(path)
