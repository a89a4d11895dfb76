"""What a class takes home from a game: one ZIP of tables that open anywhere, and what plays the game again."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..words.catalogue import flat, series
from .counterfactuals import Game, of_market
from .record import Record


def write_zip(record: Record, path: Path, events: Iterable[Mapping[str, Any]] = ()) -> None:
    """Write record, tables (`codebook.md` explains each column), scenario and how to play it again; `events`: a class's log.

    A game that is not finished is scored as if its silent weeks began now. Raises ScenarioError: it cannot be played again.
    """
    import pandas as pd

    from ..market.run import result

    played = [market.as_rounds() for market in record.markets]
    markets = [of_market(record.setup, rounds, worlds=0) for rounds in played]
    ends = {m: result(Game.played(record.setup, rounds).instead({})).weekly for m, rounds in enumerate(played, 1)}
    weekly = pd.concat(ends, names=["market"]).reset_index("market").query("scope != 'offer'")
    tables = {"decisions": pd.DataFrame(_decisions(record, markets)), "outcomes": pd.DataFrame(_outcomes(record, markets)),
              "weekly": weekly}
    money, text = record.setup.scenario.currency, files(__package__).joinpath
    told = [(scope, name, series(name, scope, "en", currency_name=money))
            for scope, name in weekly[["scope", "series"]].drop_duplicates().itertuples(index=False)]
    codes = [f"| {scope} | {name} | {one.unit} | {one.name}: {one.definition} |\n" for scope, name, one in told]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("game.json", record.model_dump_json(indent=1))
        file.writestr("scenario.json", record.setup.scenario.model_dump_json(indent=1))
        file.writestr("events.jsonl", "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events))
        file.writestr("README.txt", text("readme.txt").read_text("utf-8").format(zip=path.name))
        file.writestr("codebook.md", text("codebook.md").read_text("utf-8").format(money=money) + "".join(codes))
        for name, table in tables.items():
            file.writestr(f"{name}.csv", table.to_csv(index=False))


def _decisions(record: Record, markets: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A row for each lever that a seat moved; decisions of bots, too."""
    for m, market in enumerate(markets):
        for seat, own in market["decisions"].items():
            for r, (one, decision) in enumerate(zip(record.markets[m].rounds, own, strict=True)):
                for lever, value in flat(decision):
                    yield {"market": m + 1, "round": r + 1, "week": record.setup.week(r), "seat": seat,
                           "nickname": _plain(record.names(m, seat)), "how": one.how_of(seat), "lever": lever, "value": value}


def _outcomes(record: Record, markets: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A row for each player, and for each seat that nobody took."""
    said = {(one.market, one.name): one for one in record.predictions}
    for m, market in enumerate(markets):
        for seat in record.setup.seats:
            score, twin = market["scores"][seat], market["twins"][seat]["total"]
            for name in record.markets[m].players.get(seat, ("",)):
                mine = said.get((m, name))
                yield {"market": m + 1, "seat": seat, "nickname": _plain(name), **score,
                       "twin_total": twin, "margin": score["total"] - twin,
                       "predicted_leader": mine and mine.leader, "leader": market["leader"], "predicted_stay": mine and mine.stay,
                       "stay": market["stay"]}


def _plain(name: str) -> str:
    """A nickname that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t")) else name
