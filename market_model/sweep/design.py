"""A sweep file: which scenario, which factors, how many points; checked before anything runs."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from ..errors import suggest
from ..scenario import Scenario, ScenarioError
from ..scenario.errors import from_pydantic, shorten
from ..scenario.fields import Table, number, text_field
from ..scenario.load import build, changed, copied, find, read, value_of, varied, write_file
from ..scenario.sheet import File, Unreadable, numbers, plain_number, sheet_of
from ..scenario.sources import file_of, names_a_file
from ..words.catalogue import ENGLISH, shared

type Value = bool | int | float | str | dt.date

MOST_RUNS = 1_000_000


class Factor(Table):
    """What varies at one dotted path: a range, or single values."""

    range: tuple[float, float] | None = Field(default=None, description="Lowest and highest value.")
    scale: Literal["linear", "log"] = text_field("linear", "How values lie in the range.")
    whole: bool = text_field(False, "Whole numbers only (users, weeks).")
    values: tuple[Value, ...] | None = Field(
        default=None, min_length=1, description="Single values."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Factor:
        if (self.range is None) == (self.values is None):
            raise ValueError("a factor has a 'range' or 'values', one of both")
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError("the first number of a 'range' is the lower one")
        if self.range is not None and self.scale == "log" and self.range[0] <= 0:
            raise ValueError("a range on a log scale begins above 0")
        if self.whole and self.range != tuple(map(round, self.range or ())):
            raise ValueError("a range of whole numbers has whole ends")
        if self.range is None and (self.whole or self.scale != "linear"):
            raise ValueError(
                "'scale' and 'whole' go with a 'range'; 'values' are taken as they are"
            )
        return self

    def at(self, u: float) -> Value:
        """The value at a place from 0 to 1 (1 itself only for ranges)."""
        if self.values is not None:
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        low, high = cast(tuple[float, float], self.range)
        end = high + 1 if self.whole else high  # each whole number has the same share of the range
        value = low * (end / low) ** u if self.scale == "log" else low + (end - low) * u
        return min(math.floor(value), round(high)) if self.whole else value


class Design(Table):
    """Which points of the factors' space are run, and how often."""

    kind: Literal["grid", "lhs", "sobol", "list"]
    points: int | None = number(
        None, "grid: levels of each range; lhs, sobol: points in all.", low=1, high=MOST_RUNS
    )
    file: str = text_field(
        "",
        "list: a CSV file beside this one; its columns are the factors (comma, semicolon or tab).",
    )
    replicates: int = number(1, "Runs of each point, with other luck.", low=1, high=MOST_RUNS)
    seed: int = number(0, "Of the design and of all luck.", low=0, high=2**63 - 1)
    common_random_numbers: bool = text_field(True, "Replicate i has the same luck at every point.")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Design:
        if (self.kind == "list") != bool(self.file):
            raise ValueError("'file' goes with kind = \"list\", and only with it")
        if self.kind in ("lhs", "sobol") and self.points is None:
            raise ValueError(f"kind = \"{self.kind}\" needs 'points'")
        if self.kind == "sobol" and self.points and self.points & (self.points - 1):
            raise ValueError(
                f"Sobol' points come in powers of two; take {1 << self.points.bit_length() - 1} "
                f"or {1 << self.points.bit_length()}"
            )
        return self


class Outputs(Table):
    """What is kept of each run, beside the summary."""

    weekly: tuple[str, ...] = text_field(
        (
            "app.registered",
            "app.mau",
            "app.active",
            "carrier.sms_income",
            "carrier.sponsor_income",
            "market.hhi",
            "market.consumer_surplus",
        ),
        "Weekly series as scope.name.",
    )
    offers: bool = text_field(False, "Every offer of the run, its dates and its payer.")


class Limits(Table):
    """When to give up."""

    timeout_s: float | None = number(None, "Longest time of one run.", unit="s", low=0.01, high=1e6)
    max_failures: int | None = number(None, "Stop the sweep after so many.", low=1, high=MOST_RUNS)


class Sweep(Table):
    """The root of a sweep file."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60, description="A short name."
    )
    scenario: str = Field(
        min_length=1, description="A built-in scenario, or a TOML file beside this one."
    )
    set: dict[str, Any] = text_field({}, "Fixed values by dotted path.")
    design: Design
    factors: dict[str, Factor] = Field(min_length=1, description="What varies, by dotted path.")
    outputs: Outputs = text_field(Outputs(), "What is kept.")
    limits: Limits = text_field(Limits(), "When to give up.")

    _label: str = PrivateAttr(default="sweep")
    _base: dict[str, Any] = PrivateAttr(default={})
    _files: dict[str, File] = PrivateAttr(default={})
    _fixed: tuple[()] | tuple[Scenario, dict[str, Any]] | None = PrivateAttr(default=None)

    @property
    def label(self) -> str:
        """What errors call it: the path of its file."""
        return self._label

    @property
    def base(self) -> dict[str, Any]:
        """The tables of its scenario."""
        return self._base

    @property
    def files(self) -> dict[str, File]:
        """Files that it and its scenario name, by name, as they were read."""
        return self._files

    def bound(self, label: str, base: dict[str, Any], files: Mapping[str, File]) -> Sweep:
        """This sweep, with its scenario's tables and its files."""
        self._label, self._base, self._files = label, base, dict(files)
        self._fixed = None
        return self

    def _market(self) -> tuple[()] | tuple[Scenario, dict[str, Any]]:
        """The market that its points change, and its tables; nothing where that alone is none."""
        try:
            tables = self._tables(self.set)
            return build(copied(tables), self.scenario), tables
        except ScenarioError:
            return ()

    def _tables(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return changed(copied(self._base), self._read(values), self._label, ())

    def _read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values, files in the place of their names."""
        return {
            field: self._files.get(str(value), value) if names_a_file(field) else value
            for field, value in values.items()
        }

    def scenario_at(self, point: Mapping[str, Value]) -> Scenario:
        """The scenario at a design point. Raises ScenarioError: the point is not a market."""
        try:
            if self._fixed is None:
                self._fixed = self._market()
            if not self._fixed:
                return build(self._tables({**self.set, **point}), self.scenario)
            return varied(*self._fixed, self._read(point), self.scenario)
        except ScenarioError as error:
            at = ", ".join(f"{k} = {shorten(v)}" for k, v in point.items())
            factor, hint = self.factors.get(error.field), ""
            if factor and factor.range and not factor.whole and "whole number" in error.problem:
                hint = "; give the factor whole = true"
            raise ScenarioError(
                self._label, error.field, f"{error.problem}{hint} (at the point {at})"
            ) from None


def load_sweep(path: Path) -> Sweep:
    """Read and check a sweep file, its scenario and all files that both name; design points are
    checked when runs are planned.

    Raises:
        ScenarioError: file, field, value and a suggestion, in one line.
    """
    sweep = parse_sweep(path)
    beside = path.parent / sweep.scenario
    source, name = find(beside if beside.is_file() else sweep.scenario)
    base, kept = read(source, name), dict[str, File]()
    folders = (path.parent, source.parent)
    if sweep.design.file:
        kept[sweep.design.file] = file_of(sweep.design.file, (path.parent,))
    sweep.bound(str(path), base, kept)
    points = read_points(sweep) if sweep.design.kind == "list" else []
    values = [*sweep.set.items(), *(pair for point in points for pair in point.items())]
    values += [(name, v) for name, factor in sweep.factors.items() for v in factor.values or ()]
    for field, value in values:
        if names_a_file(field) and isinstance(value, str) and value not in kept:
            kept[value] = file_of(value, folders)
    return sweep.bound(str(path), base, kept)


def parse_sweep(path: Path) -> Sweep:
    """Read and check a sweep file alone. Raises ScenarioError."""
    label = str(path)
    if not path.is_file():
        raise ScenarioError(label, "", "no such file; give the path of a sweep file")
    try:
        sweep = Sweep.model_validate(read(path, label))
    except ValidationError as error:
        raise from_pydantic(label, error) from None
    sweep.bound(label, {}, {})
    if table := next((name for name, value in sweep.set.items() if isinstance(value, dict)), None):
        raise ScenarioError(
            label, f"set.{table}", 'is a table; write paths in quotes, as "society.users" = 2000'
        )
    if both := sweep.set.keys() & sweep.factors.keys():
        raise ScenarioError(label, f"set.{min(both)}", "is a factor too; leave one of both out")
    known = {
        k.removeprefix("series.").removesuffix(".name")
        for k in shared(ENGLISH)
        if k.startswith("series.") and k.endswith(".name")
    }
    known = sorted(k for k in known if k.split(".")[0] in ("app", "carrier", "market"))
    for series in sweep.outputs.weekly:
        if series not in known:
            raise ScenarioError(
                label,
                "outputs.weekly",
                f"there is no weekly series '{series}'; {suggest(series, known)}",
            )
    return sweep


def write_new(name: str, scenario: str) -> Path:
    """Write a commented NAME.toml into the current folder. Raises ScenarioError."""
    find(scenario)
    stem = name.removesuffix(".toml")
    return write_file(
        stem,
        files(__package__)
        .joinpath("sweep.txt")
        .read_text("utf-8")
        .format(name=stem, scenario=json.dumps(scenario)),
    )


def read_points(sweep: Sweep) -> list[dict[str, Value]]:
    """The points of a design of kind "list". Raises ScenarioError."""
    name = sweep.design.file
    file = sweep.files[name]
    if file.content is None:
        raise ScenarioError(sweep.label, "design.file", f"'{name}' is not beside the sweep file")
    try:
        sheet = sheet_of(file.content)
        columns = {
            column: _values_of([(line, cells[k]) for line, cells in sheet.rows], sheet.mark)
            for k, column in enumerate(sheet.names)
            if column
        }
    except Unreadable as error:
        raise ScenarioError(sweep.label, "design.file", f"'{name}' {error}") from None
    for factor in sweep.factors:
        if factor not in columns:
            raise ScenarioError(
                sweep.label,
                f"factors.{factor}",
                f"'{name}' has no such column; {suggest(factor, columns)}",
            )
    if extra := next((column for column in columns if column not in sweep.factors), None):
        raise ScenarioError(
            sweep.label,
            "design.file",
            f"'{name}' has the column '{extra}', which is no factor; add it to [factors], or take "
            f"it out; {suggest(extra, sweep.factors)}",
        )
    if not sheet.rows:
        raise ScenarioError(
            sweep.label,
            "design.file",
            f"'{name}' holds no points; it needs a line of names and a line for each point",
        )
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def _values_of(cells: Sequence[tuple[int, str]], mark: str) -> list[Value]:
    """A column's values: numbers as spreadsheets write them, else as in a scenario file."""
    if any(plain_number(cell) is not None and "," in cell for _, cell in cells):
        return list(numbers(cells, mark))
    return [
        value if (value := plain_number(cell)) is not None and "%" in cell else value_of(cell)
        for _, cell in cells
    ]
