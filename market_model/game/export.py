"""What a class takes home from a game: one ZIP of tables that open anywhere, and what plays the game again."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..words.catalogue import flat, series
from .counterfactuals import of_market
from .record import Record

TABLES: Mapping[str, tuple[str, ...]] = {
    "decisions": ("market", "round", "week", "seat", "nickname", "how", "lever", "value"),
    "outcomes": ("market", "seat", "nickname", "profit", "people", "congestion", "score", "twin_score", "margin", "predicted_leader",
                 "leader", "predicted_stay", "stay"),
    "weekly": ("market", "week", "scope", "name", "series", "value")}
"""Columns of the tables; `codebook.md` explains each."""


def write_zip(record: Record, path: Path, events: Iterable[Mapping[str, Any]] = ()) -> None:
    """Write record, tables, scenario and how to play it again; `events`: a server's log, without what only it may know.

    A game that is not finished is scored as if its silent weeks began now.
    """
    markets = [of_market(record.setup, [one.as_round() for one in market.rounds], worlds=0) for market in record.markets]
    rows = {"decisions": _decisions(record, markets), "outcomes": _outcomes(record, markets),
            "weekly": ((m + 1, *row) for m, market in enumerate(markets) for row in market["weekly"])}
    texts = {"game.json": record.model_dump_json(indent=1), "scenario.json": record.setup.scenario.model_dump_json(indent=1),
             "README.txt": _text("readme.txt").format(zip=path.name), "codebook.md": _codebook(record, markets),
             **{f"{name}.csv": _csv(TABLES[name], found) for name, found in rows.items()}}
    if lines := "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events):
        texts["events.jsonl"] = lines
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in texts.items():
            file.writestr(name, text)


def _decisions(record: Record, markets: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """A row for each lever that a seat moved; decisions of bots, too."""
    for m, market in enumerate(markets):
        for seat, own in market["decisions"].items():
            for r, decision in enumerate(own):
                one = record.markets[m].rounds[r]
                how = one.how.get(seat, "decided" if seat in one.decisions else "bot")
                for lever, value in flat(decision):
                    yield m + 1, r + 1, record.setup.week(r), seat, record.names(m, seat), how, lever, value


def _outcomes(record: Record, markets: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """A row for each player, and for each seat that nobody took."""
    said = {(one.market, one.name): (one.leader, one.stay) for one in record.predictions}
    for m, market in enumerate(markets):
        for seat in record.setup.seats:
            for name in record.markets[m].players.get(seat, ("",)):
                leader, stay = said.get((m, name), ("", ""))
                yield (m + 1, seat, name, *market["scores"][seat].values(), market["twins"][seat]["total"], market["margins"][seat][0],
                       leader, market["leader"], stay, market["stay"])


def _codebook(record: Record, markets: list[dict[str, Any]]) -> str:
    scenario, found = record.setup.scenario, dict.fromkeys((row[1], row[3]) for market in markets for row in market["weekly"])
    known = [(scope, name, series(name, scope, "en", currency_name=scenario.currency)) for scope, name in found]
    lines = [f"| {scope} | {name} | {text.unit} | {text.name}: {text.definition} |" for scope, name, text in known]
    return _text("codebook.md").format(money=scenario.currency) + "\n".join(lines) + "\n"


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    """A table whose texts no spreadsheet takes for a formula."""
    held = io.StringIO()
    csv.writer(held, lineterminator="\n").writerows([columns, *(
        [f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") else cell for cell in row] for row in rows)])
    return held.getvalue()


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
