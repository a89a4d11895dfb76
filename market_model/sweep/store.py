"""A sweep's results on disk: Parquet parts that are written once, whole or not at all."""

import datetime as dt
import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from ..scenario import ScenarioError
from ..scenario.files import replacing, writing
from ..scenario.sources import from_plain
from .design import Sweep

CHUNK = 256
"""Runs of one part."""
PATIENCE = 20.0
"""Seconds after which a part is written even if it is not full."""
KINDS = ("weekly", "offers", "runs")
"""Folders of parts; "runs" is written last: a part without it does not count."""
PLAN = pa.schema(
    [
        ("run", pa.int32()),
        ("point", pa.int32()),
        ("replicate", pa.int32()),
        ("seed", pa.int64()),
        ("key", pa.string()),
    ]
)
_ENDED = pa.schema(
    [
        ("status", pa.string()),
        ("error", pa.string()),
        ("seconds", pa.float64()),
        ("digest", pa.string()),
        ("content", pa.string()),
    ]
)
HEAD = pa.unify_schemas([PLAN, _ENDED])
"""First columns of a part of runs; factors and measures follow."""

OFFERS = pa.schema(
    [
        ("run", pa.int32()),
        *((name, pa.string()) for name in ("name", "apps", "carriers", "payer", "by")),
        ("start", pa.int32()),
        ("end", pa.int32()),
        *((name, pa.float64()) for name in ("waived", "allowance_mb", "gift_mb")),
    ]
)
"""Columns of a part of offers."""


class RunResult(NamedTuple):
    """What one run leaves.

    Attributes:
        measures: by name, e.g. "apps.wechat.mau"; nan where there is none.
        weekly: rows of week, scope, name and series. offers: rows of its offers, if asked for.
        digest: of the whole run. content: hash of what is kept here. seconds: it took.
    """

    measures: dict[str, float]
    weekly: pa.Table
    offers: list[dict[str, Any]]
    digest: str
    content: str
    seconds: float


def content_of(measures: Mapping[str, float], weekly: pa.Table) -> str:
    """Hash of figures and weekly rows, the same before they are written and after they are read."""
    total = hashlib.blake2b(
        json.dumps(sorted((k, repr(v)) for k, v in measures.items() if v == v)).encode(),
        digest_size=16,
    )
    for values in weekly.columns:
        numbers = pa.types.is_floating(values.type) or pa.types.is_integer(values.type)
        total.update(
            np.asarray(values).tobytes()
            if numbers
            else "|".join(map(str, values.unique().to_pylist())).encode()
        )
    return total.hexdigest()


class Store:
    """Where a driver writes, one at a time. Of a factor that is a measure too (an app's cash,
    say) the factor is kept.
    """

    def __init__(self, folder: Path, points: pa.Table) -> None:
        """Args: points: values of the factors, from `table_of`."""
        self.folder, self._points, self._factors = folder, points, set(points.column_names)
        self._rows: list[dict[str, Any]] = []
        self._weekly: dict[int, pa.Table] = {}
        self._offers: list[dict[str, Any]] = []
        self._since = time.monotonic()
        self._parts = len(tidied(folder))

    def add(
        self, run: Mapping[str, Any], status: str, result: RunResult | None, error: str = ""
    ) -> None:
        """Keep how a run ended; it is on disk after the next `flush` at the latest."""
        row = {**run, "status": status, "error": error}
        if result is not None:
            row |= {
                "seconds": result.seconds,
                "digest": result.digest,
                "content": result.content,
                **{
                    name: value
                    for name, value in result.measures.items()
                    if name not in self._factors
                },
            }
            self._weekly[run["run"]] = result.weekly
            self._offers += [{"run": run["run"], **offer} for offer in result.offers]
        self._rows.append(row)
        if len(self._rows) >= CHUNK or time.monotonic() - self._since > PATIENCE:
            self.flush()

    def flush(self) -> None:
        """Write what is kept. Raises ScenarioError: the disk is full, or the folder cannot be
        written to.
        """
        name = f"part-{self._parts:05d}.parquet"
        with writing(
            self.folder, "what is there is whole; make room, then run the same command again"
        ):
            if self._weekly:
                lengths = [len(weeks) for weeks in self._weekly.values()]
                runs = np.repeat(np.array(list(self._weekly), np.int32), lengths)
                weekly = pa.concat_tables(self._weekly.values()).add_column(
                    0, "run", pa.array(runs)
                )
                _write(weekly.combine_chunks(), self.folder / "weekly" / name)
            if self._offers:
                _write(pa.Table.from_pylist(self._offers, OFFERS), self.folder / "offers" / name)
            if self._rows:
                _write(_table(self._rows, self._points), self.folder / "runs" / name)
                self._parts += 1
        self._rows, self._weekly, self._offers, self._since = [], {}, [], time.monotonic()


def tidied(folder: Path) -> set[str]:
    """Names of the parts that are whole; what is left of others is removed."""
    whole = {path.name for path in (folder / "runs").glob("*.parquet")}
    for kind in KINDS:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for path in (folder / kind).iterdir():
            if path.name not in whole:
                path.unlink()
    return whole


def _table(rows: list[dict[str, Any]], points: pa.Table) -> pa.Table:
    table = _beside(pa.Table.from_pylist(rows, HEAD), points)
    head = set(HEAD.names)
    columns: dict[str, Any] = {name: table[name] for name in table.column_names}
    columns |= {
        name: pa.array([row.get(name) for row in rows], pa.float64(), from_pandas=True)
        for name in sorted({name for row in rows for name in row} - head)
    }
    return pa.table(columns)


def _beside(runs: pa.Table, points: pa.Table) -> pa.Table:
    """Runs, each with its point's values."""
    columns: dict[str, Any] = {
        name: table[name]
        for table in (runs, points.take(runs["point"]))
        for name in table.column_names
    }
    return pa.table(columns)


def export_csv(folder: Path, path: Path) -> int:
    """Write all runs as one CSV file; gives their number. Raises ScenarioError."""
    from pyarrow import csv

    table = Results(folder).runs().drop_columns(["error"])
    with writing(path, "choose another file"), replacing(path) as beside:
        csv.write_csv(table, beside)
    return len(table)


def table_of(points: list[dict[str, Any]]) -> pa.Table:
    """A row per point, a column per factor: numbers, or text where one of them is none."""
    columns = {name: [point[name] for point in points] for name in points[0]}
    for name, values in columns.items():
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        columns[name] = list(map(float if numbers else str, values))
    return pa.table(columns)


def _write(table: pa.Table, path: Path) -> None:
    with replacing(path) as beside:
        pq.write_table(table, beside, compression="zstd")


def write_plan(path: Path, runs: Iterable[Any], points: pa.Table) -> None:
    """Write every run with its point's values."""
    _write(_beside(pa.Table.from_pylist(list(map(vars, runs)), PLAN), points), path)


class Results:
    """A result folder, to read."""

    def __init__(self, folder: str | Path) -> None:
        """Raises ScenarioError: the folder holds no sweep."""
        self.folder = folder = Path(folder)
        try:
            self.manifest: dict[str, Any] = json.loads(
                (folder / "manifest.json").read_text("utf-8")
            )
        except (OSError, ValueError):
            raise ScenarioError(
                str(folder),
                "",
                "holds no results of a sweep (no readable manifest.json); "
                "'market-model sweep run FILE' makes some",
            ) from None

    @cached_property
    def sweep(self) -> Sweep:
        """The sweep's file with its scenario, as they were when it began."""
        sweep = Sweep.model_validate(self.resolved["sweep"])
        files = {file.name: file for file in self.resolved.get("files", ())}
        return sweep.bound(str(self.folder / "sweep.toml"), self.resolved["scenario"], files)

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """What the sweep was when it began: "sweep", "scenario" (its tables), "points", "files"."""
        text = (self.folder / "resolved.json").read_text("utf-8")
        return json.loads(text, object_hook=from_plain)

    @property
    def factors(self) -> list[str]:
        return list(self.sweep.factors)

    @cached_property
    def plan(self) -> pa.Table:
        return pq.read_table(self.folder / "plan.parquet")

    def runs(self, columns: list[str] | None = None) -> pa.Table:
        """One row per run that ended, in order; of a run that was tried again, the one that went
        well or was last.
        """
        paths = sorted((self.folder / "runs").glob("*.parquet"), key=lambda p: p.stat().st_mtime_ns)
        if not paths:
            return HEAD.empty_table()
        tables = [
            pq.read_table(p, columns=None if columns is None else [*columns, "run", "status"])
            for p in paths
        ]
        table = pa.concat_tables(tables, promote_options="default")
        numbers, well = table["run"].to_numpy(), np.array(table["status"].to_pylist()) == "ok"
        order = np.lexsort((np.arange(len(table)), well, numbers))
        last = np.diff(numbers[order], append=-1) != 0
        return table.take(order[last])

    @cached_property
    def frame(self) -> Any:
        """The runs that ended well, one row each, indexed by run (pandas). Raises ScenarioError:
        there is none.
        """
        runs: Any = self.runs().to_pandas()
        well = runs[runs["status"] == "ok"].set_index("run")
        if well.empty:
            raise ScenarioError(
                str(self.folder),
                "",
                f"none of {len(runs)} runs ended well; there is nothing to analyse",
            )
        return well

    def weekly(
        self, columns: list[str] | None = None, where: ds.Expression | None = None
    ) -> pa.Table:
        """Weekly rows: run, week, scope, name and the series."""
        return ds.dataset(self.folder / "weekly", format="parquet").to_table(
            columns=columns, filter=where
        )

    def digest(self) -> str:
        """Hash of the results' content, whoever computed it, when and in which order; 32 hex
        digits.
        """
        table = self.runs(["key", "content"])
        total = hashlib.blake2b(digest_size=16)
        for name in ("run", "key", "status", "content"):
            total.update("|".join(map(str, table[name].to_pylist())).encode())
        return total.hexdigest()

    def counts(self) -> dict[str, int]:
        """Runs by how they ended, and those that are left."""
        ended = Counter(self.statuses().values())
        return {"ok": 0, **ended, "left": len(self.plan) - ended.total()}

    def times(self) -> dict[str, Any]:
        """When it began and when its last part was written (UTC), and seconds of an average run
        that ended well; None while there is none.
        """
        parts = [p.stat().st_mtime for p in (self.folder / "runs").glob("*.parquet")]
        seconds = self.runs(["seconds"])["seconds"].drop_null().to_numpy()
        last = dt.datetime.fromtimestamp(max(parts), dt.UTC) if parts else None
        return {
            "begun": self.manifest["begun"],
            "last_written": last and last.isoformat(timespec="seconds"),
            "seconds_a_run": float(seconds.mean()) if len(seconds) else None,
        }

    def statuses(self) -> dict[int, str]:
        """How each run that ended did."""
        table = self.runs([])
        runs, ended = (list[Any](table[name].to_pylist()) for name in ("run", "status"))
        return dict(zip(runs, ended, strict=True))


def copy_parts(source: Path, out: Path) -> None:
    """Copy what another folder of the same sweep has and this one has not; a run that went well
    replaces one that did not.
    """
    best = Results(out).statuses()
    tag = hashlib.blake2b(str(source.resolve()).encode(), digest_size=4).hexdigest()
    for path in sorted((source / "runs").glob("*.parquet")):
        rows = pq.read_table(path, columns=["run", "status"]).to_pylist()
        new = {
            r["run"]: r["status"]
            for r in rows
            if best.get(r["run"]) != "ok" and (r["status"] == "ok" or r["run"] not in best)
        }
        best |= new
        for kind in KINDS if new else ():
            if (source / kind / path.name).exists():
                part = ds.dataset(source / kind / path.name, format="parquet").to_table(
                    filter=ds.field("run").isin(list(new))
                )
                _write(part, out / kind / f"{tag}-{path.name}")
