"""What a class takes home from a game: one ZIP of tables that open anywhere, and what plays the
game again.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..players.decisions import KINDS
from ..players.levers import LEFT_OUT, LeverField, levers
from ..scenario.files import replacing
from ..words.catalogue import flat, series
from .counterfactuals import Game, of_market
from .record import Record

if TYPE_CHECKING:
    import pandas as pd


def write_zip(record: Record, path: Path) -> None:
    """Write record, tables (`codebook.md` explains each column), scenario and how to play it again.

    A game that is not finished is scored as if its silent weeks began now. Raises ScenarioError: it
    cannot be played again.
    """
    import pandas as pd

    from ..market.run import result

    games = [Game.played(record.setup, market.as_rounds()) for market in record.markets]
    weekly = pd.concat(
        [result(game.instead({})).weekly.assign(market=m) for m, game in enumerate(games, 1)]
    ).query("scope != 'offer'")
    tables = {
        "decisions": pd.DataFrame(_decisions(record, games)),
        "outcomes": _outcomes(record, weekly),
        "scores": pd.DataFrame(_scores(record, games)),
        "weekly": weekly,
    }
    money, text = record.setup.scenario.currency, files(__package__).joinpath
    with replacing(path) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("game.json", record.model_dump_json(indent=1))
        file.writestr("scenario.json", record.setup.scenario.model_dump_json(indent=1))
        file.writestr("README.txt", text("readme.txt").read_text("utf-8").format(zip=path.name))
        file.writestr(
            "codebook.md",
            text("codebook.md").read_text("utf-8").format(money=money, levers=_levers(money))
            + series_lines(weekly, money),
        )
        for name, table in tables.items():
            file.writestr(f"{name}.csv", table.to_csv(index=False))


def series_lines(weekly: pd.DataFrame, money: str) -> str:
    """A line of a codebook for each series of a table of weekly ones."""
    told = [
        (scope, name, series(name, scope, "en", currency_name=money))
        for scope, name in weekly[["scope", "series"]].drop_duplicates().itertuples(index=False)
    ]
    return "".join(
        f"| {scope} | {name} | {one.unit} | {one.name}: {one.definition} |\n"
        for scope, name, one in told
    )


def _levers(money: str) -> str:
    """A line of the codebook for each lever."""
    return "\n".join(
        f"| {'.'.join(lever.path)} | {lever.unit.replace('money', money) or _values(lever)} | "
        f"{lever.text} |"
        for kind in KINDS
        for lever in levers(kind)
    )


def _values(lever: LeverField) -> str:
    """What stands in a column that is no number."""
    if lever.form == "regions":
        return "names of regions"
    return "True or False" if lever.form == "switch" else " or ".join(lever.choices)


def _decisions(record: Record, games: Sequence[Game]) -> Iterator[dict[str, Any]]:
    """A row for each round of a seat, with a column for each lever; decisions of bots, too."""
    setup = record.setup
    for m, (market, game) in enumerate(zip(record.markets, games, strict=True)):
        for seat in setup.seats:
            for r, (one, own) in enumerate(zip(market.rounds, game.own(seat), strict=True)):
                yield {
                    "market": m + 1,
                    "round": r + 1,
                    "seat": seat,
                    "week": setup.week(r),
                    "nickname": _plain(record.names(m, seat)),
                    "how": one.how_of(seat),
                    **dict(flat(own.model_dump(mode="json", exclude={*LEFT_OUT}))),
                }


def _outcomes(record: Record, weekly: pd.DataFrame) -> pd.DataFrame:
    """A row for each round of a seat, with a column for each series: its value in the round's
    last week.
    """
    import pandas as pd

    ends = [
        (m, r, record.setup.week(r) - 1)
        for m, market in enumerate(record.markets, 1)
        for r in range(1, len(market.rounds) + 1)
    ]
    of_seats = weekly.rename(columns={"name": "seat"}).query("seat in @record.setup.seats")
    last = of_seats.merge(pd.DataFrame(ends, columns=["market", "round", "week"]))
    return last.pivot(
        index=["market", "round", "seat", "week"], columns="series", values="value"
    ).reset_index()


def _scores(record: Record, games: Sequence[Game]) -> Iterator[dict[str, Any]]:
    """A row for each player, and for each seat that nobody took."""
    said = {(one.market, one.name): one for one in record.predictions}
    for m, market in enumerate(map(of_market, games)):
        for seat, score in market["scores"].items():
            twin = market["twins"][seat]["total"]
            for name in record.markets[m].players.get(seat) or ("",):
                mine = said.get((m, name))
                yield {
                    "market": m + 1,
                    "seat": seat,
                    "nickname": _plain(name),
                    **score,
                    "twin_total": twin,
                    "margin": score["total"] - twin,
                    "predicted_leader": mine and mine.leader,
                    "leader": market["leader"],
                    "predicted_stay": mine and mine.stay,
                    "stay": market["stay"],
                }


def _plain(name: str) -> str:
    """A nickname that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t")) else name
