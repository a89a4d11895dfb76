"""Figures of one's own, written down while a market runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..scenario.files import replacing
from ..work.code import CodeError
from .market import Market, Observer

if TYPE_CHECKING:
    import pandas as pd


class Figures(Observer):
    """Writes down figures of one's own, week by week.

    Attributes:
        weeks: those that are over; rows: of each, the figures by name.
    """

    def __init__(self, function: Callable[[Market], Mapping[str, float]], name: str = "") -> None:
        """Args:
        function: from the market after a week to numbers by name. name: of it, in messages.
        """
        self.function, self.name = function, name or getattr(function, "__name__", "figures")
        self.weeks: list[int] = []
        self.rows: list[dict[str, float]] = []

    def after_week(self, market: Market) -> None:
        answer: Any = self.function(market)
        if not isinstance(answer, Mapping) or not all(
            isinstance(value, Real) for value in answer.values()
        ):
            raise CodeError(
                self.name,
                "",
                f"gave {answer!r:.60} in week {market.week - 1}; "
                "it needs a dict of numbers by name",
            )
        if any(str(name) == "week" for name in answer):
            raise CodeError(
                self.name, "", "gave a figure named 'week', as the column of weeks; rename it"
            )
        self.weeks.append(market.week - 1)
        self.rows.append({str(name): float(value) for name, value in answer.items()})

    def frame(self) -> pd.DataFrame:
        """One row a week: week, and a column for each figure; empty where it was not given."""
        import pandas as pd

        return pd.DataFrame(self.rows, index=pd.Index(self.weeks, name="week")).reset_index()

    def write(self, folder: Path, *, csv: bool = False) -> list[Path]:
        """Write the table as figures.parquet and, if asked for, figures.csv; gives the paths."""
        paths = [folder / "figures.parquet", *([folder / "figures.csv"] if csv else [])]
        for path in paths:
            with replacing(path) as beside:
                table = self.frame()
                write = table.to_csv if path.suffix == ".csv" else table.to_parquet
                write(beside, index=False)
        return paths
