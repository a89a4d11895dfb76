"""The facts, as data: every figure with its band, its date and where it comes from."""

import datetime as dt
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

type Use = Literal["C", "V", "D", "I"]
type Figures = dict[str, float]
"""Measured, by row of the facts."""


@dataclass(frozen=True)
class Fact:
    """One figure of a fact.

    Attributes:
        id: "F1 w9". fact: "F1". use: C calibrated, V validation, D diagnostic, I identity.
        measure, scenario: the function of `measure` that gives it, and the market it is about.
        when: the day it stood, if it has one. What is measured, in words: `fact.<fact>`.
        low, middle, high: the band, a missing end infinite; nan if nothing was published.
    """

    id: str
    fact: str
    use: Use
    measure: str
    scenario: str
    source: str
    when: dt.date | None = None
    low: float = math.nan
    middle: float = math.nan
    high: float = math.nan

    @property
    def banded(self) -> bool:
        return self.low == self.low

    def holds(self, value: float) -> bool:
        """The value stands in the band."""
        return self.low <= value <= self.high

    def gap(self, value: float) -> float:
        """Distance from the middle in half widths of the band: 1 at its ends; infinite without a
        value. A band without an upper end has no middle: 0 within, 1 and the part that is missing
        below.
        """
        if value != value:
            return math.inf
        if math.isinf(self.high):
            return 0.0 if value >= self.low else 2.0 - value / self.low
        return abs(value - self.middle) / (
            self.high - self.middle if value > self.middle else self.middle - self.low
        )


@cache
def rows() -> Sequence[Fact]:
    """All figures, in the order of the file."""
    table: dict[str, dict[str, Any]] = tomllib.loads(
        files(__package__).joinpath("facts.toml").read_text("utf-8")
    )
    return [_row(fact, given, row) for fact, given in table.items() for row in given["rows"]]


def _row(fact: str, given: Mapping[str, Any], row: Mapping[str, Any]) -> Fact:
    band = row.get("band", ())
    low, middle, high = (
        band if len(band) == 3 else (*band, math.nan, math.inf) if band else (math.nan,) * 3
    )
    return Fact(
        f"{fact} {row.get('name', '')}".strip(),
        fact,
        given["use"],
        given["measure"],
        given["scenario"],
        given["source"],
        row.get("when"),
        low,
        middle,
        high,
    )


def days() -> Mapping[str, dt.date]:
    """Of the rows that have one."""
    return {row.id: row.when for row in rows() if row.when}


CALIBRATED = ("china-2013", "philippines-2013")
"""Stories whose facts parameters are searched by; one set of behaviour serves both."""


def targets() -> Sequence[Fact]:
    """What parameters are searched by."""
    return [row for row in rows() if row.use == "C" and row.scenario in CALIBRATED]
