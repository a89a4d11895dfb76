"""A sweep from its file to its results: planned, run on some engine, resumed where it was left."""

import datetime as dt
import json
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from filelock import FileLock, Timeout

from ..scenario import Scenario, ScenarioError
from ..scenario.files import text_file, writing
from ..scenario.sources import plain
from ..study.compare import figures_of
from ..version import MODEL_VERSION
from ..work.runner import Outcome, outcomes
from .points import Planned, Prepared, prepare, resume
from .store import Results, RunResult, Store, content_of, copy_parts, table_of, tidied, write_plan

type Engine = Literal["serial", "process", "dask"]

LOCK = "all.lock"
FIRST = ("plan.parquet", "sweep.toml", "resolved.json", "manifest.json")
"""What a folder begins with; manifest.json, written last, says that it has begun."""
GRACE = 180.0
"""Seconds beyond a run's time limit until its process is ended: the first run of a fresh machine
compiles, which is not counted; a run that is only too long ends itself between two weeks."""


def one_run(
    scenario: Scenario, seed: int, series: tuple[str, ...], offers: bool, timeout: float | None
) -> RunResult:
    """A run, as a sweep keeps it. Raises TimeoutError: its weeks after the first took longer
    than `timeout` seconds.
    """
    from ..market import run

    begun, since = time.perf_counter(), None

    def in_time(_: object) -> None:
        nonlocal since
        since = since or time.perf_counter()
        if timeout is not None and time.perf_counter() - since > timeout:
            raise TimeoutError(f"took longer than {timeout:g} s")

    one = run(scenario, seed, on_week=in_time)
    measures = figures_of(one)
    weekly = _weekly_rows(one.history, scenario, series)
    kept = (
        [{k: ", ".join(v) if isinstance(v, list) else v for k, v in o.items()} for o in one.offers]
        if offers
        else []
    )
    return RunResult(
        measures,
        weekly,
        kept,
        one.digest,
        content_of(measures, weekly),
        time.perf_counter() - begun,
    )


def _weekly_rows(history: Any, scenario: Scenario, series: tuple[str, ...]) -> pa.Table:
    """The chosen series: a row per week and app, carrier or market; null where a series has no
    value.
    """
    names = {"app": scenario.messengers, "carrier": scenario.carriers, "market": [""]}
    weeks = np.arange(history.weeks, dtype=np.int16)
    chosen = [one.split(".") for one in series]
    parts: list[pa.Table] = []
    for scope in dict.fromkeys(scope for scope, _ in chosen):
        for name in names[scope]:
            values = {
                kind: history.series(scope, name, kind).astype(np.float32)
                for other, kind in chosen
                if other == scope
            }
            columns: dict[str, Any] = {
                "week": weeks,
                "scope": pa.repeat(scope, len(weeks)),
                "name": pa.repeat(name, len(weeks)),
            }
            for kind, column in values.items():
                columns[kind] = pa.array(column, from_pandas=True)
            parts.append(pa.table(columns))
    return pa.concat_tables(parts, promote_options="default") if parts else pa.table({})


def left_of(prepared: Prepared) -> list[Planned]:
    """Runs of the shard that did not end yet. Raises ScenarioError: the folder is another
    sweep's.
    """
    results, (i, n) = begun(prepared), prepared.shard
    ended = results.statuses() if results else {}
    return [run for run in prepared.runs if run.run not in ended and run.run % n == i - 1]


def begun(prepared: Prepared) -> Results | None:
    """What the folder holds of the sweep; None before it begins. Raises ScenarioError: the
    folder is another sweep's, or no sweep's.
    """
    folder = prepared.folder
    if (folder / "manifest.json").exists():
        results = Results(folder)
        if results.manifest["mark"] != prepared.mark:
            raise ScenarioError(
                str(folder),
                "",
                "holds the results of another sweep, or of this one before it was changed; "
                "choose another folder with --out",
            )
        return results
    if folder.is_dir() and (
        strange := [
            p for p in folder.iterdir() if p.name not in {*FIRST, LOCK} and p.suffix != ".tmp"
        ]
    ):
        raise ScenarioError(
            str(folder),
            "",
            f"holds '{strange[0].name}' and no sweep; choose another folder with --out",
        )
    return None


def begin(prepared: Prepared) -> None:
    """Write what a result folder begins with. Raises ScenarioError: it cannot be written."""
    folder, sweep = prepared.folder, prepared.sweep
    plan, file, resolved, manifest = (folder / name for name in FIRST)
    with writing(folder):
        write_plan(plan, prepared.runs, table_of(prepared.points))
        shutil.copy(sweep.label, file)
        what = {
            "sweep": sweep.model_dump(mode="json"),
            "scenario": sweep.base,
            "files": list(sweep.files.values()),
            "points": prepared.points,
        }
        text_file(resolved, json.dumps(what, default=plain))
        text_file(manifest, json.dumps(_manifest(prepared), indent=1))


def _manifest(prepared: Prepared) -> dict[str, Any]:
    """What made the results, beside the files that are copied."""
    packages = ("market-model", "mesa", "networkx", "numba", "numpy", "pyarrow", "scipy")
    return {
        "mark": prepared.mark,
        "file": prepared.sweep.label,
        "model_version": MODEL_VERSION,
        "packages": {name: version(name) for name in packages},
        "python": platform.python_version(),
        "git": _git(),
        "command": sys.argv,
        "begun": _now(),
    }


def _git() -> dict[str, Any] | None:
    """Revision of the checkout that this package runs from, and whether it was changed; None if
    it is no checkout.
    """

    def ask(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(Path(__file__).parent), *words],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    try:
        return {
            "sha": ask("rev-parse", "HEAD"),
            "dirty": bool(ask("status", "--porcelain", "-uno")),
        }
    except (OSError, subprocess.CalledProcessError):
        return None


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def alone(folder: Path) -> AbstractContextManager[Any]:
    """Nobody else writes this folder meanwhile; it is made where it is missing. Raises
    ScenarioError.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return FileLock(folder / LOCK, timeout=0).acquire()
        except Timeout:
            raise ScenarioError(
                str(folder), "", "is being written by another run of this sweep; wait until it ends"
            ) from None


def run_sweep(file: Path, out: Path | None = None, *, shard: str = "", **how: Any) -> Path:
    """Run what is left of a sweep.

    Args:
        file: the sweep file. out: result folder; None: results/<sweep>-<hash>.
        shard: "i/n": only every n-th run, from the i-th on. how: as in `drive`.

    Returns: the result folder. Raises ScenarioError.
    """
    prepared = prepare(file, out, shard)
    go_on(prepared, **how)
    return prepared.folder


def go_on(prepared: Prepared, **how: Any) -> None:
    """Do what is left. Raises ScenarioError."""
    with folder_of(prepared):
        drive(prepared, left_of(prepared), **how)


@contextmanager
def folder_of(prepared: Prepared) -> Generator[None]:
    """The sweep's folder, begun, with nobody else in it. Raises ScenarioError."""
    begun(prepared)
    with alone(prepared.folder):
        if not begun(prepared):
            begin(prepared)
        yield


def retry_failed(folder: Path, **how: Any) -> int:
    """Run those again that did not end well; gives their number. Raises ScenarioError."""
    prepared = resume(folder)
    with alone(folder):
        bad = {run for run, status in Results(folder).statuses().items() if status != "ok"}
        drive(prepared, [run for run in prepared.runs if run.run in bad], **how)
    return len(bad)


def drive(
    prepared: Prepared,
    runs: list[Planned],
    *,
    workers: int = 1,
    engine: Engine = "serial",
    address: str = "",
    on_done: Callable[[Outcome], None] | None = None,
    stopping: Callable[[], bool] = lambda: False,
    function: Callable[..., RunResult] = one_run,
) -> None:
    """Do runs of a sweep and keep how they end, in a folder that nobody else writes.

    Args:
        workers: processes of engine "process". address: of the scheduler, for engine "dask".
        function: does one run; importable by name. on_done: called after each run.
        stopping: asked before each run; True ends the sweep after what is under way.
    """
    limits, failures = prepared.sweep.limits, 0

    def tasks() -> Iterator[tuple[Any, ...]]:
        for run in runs:
            if stopping() or failures >= (limits.max_failures or len(prepared.runs) + 1):
                return
            yield prepared.task(run)

    store = Store(prepared.folder, table_of(prepared.points))
    with closing(_outcomes(function, tasks(), engine, workers, address, limits.timeout_s)) as ends:
        try:
            for end in ends:
                run, result = runs[end.index], end.value if end.status == "ok" else None
                store.add(vars(run), end.status, result, end.error)
                if result is None:
                    failures += 1
                    _log(prepared.folder, run=run.run, status=end.status, error=end.error)
                if on_done:
                    on_done(end)
        finally:
            store.flush()


def _log(folder: Path, **what: Any) -> None:
    with (
        writing(folder, "make room, then run the same command again"),
        (folder / "log.jsonl").open("a", encoding="utf-8") as log,
    ):
        log.write(json.dumps({"at": _now(), **what}) + "\n")


def _outcomes(
    function: Callable[..., RunResult],
    tasks: Iterator[tuple[Any, ...]],
    engine: Engine,
    workers: int,
    address: str,
    timeout: float | None,
) -> Generator[Outcome]:
    patience = timeout and timeout + GRACE
    if engine == "dask":
        from ..work.cluster import in_cluster

        return in_cluster(function, tasks, address, patience)
    return outcomes(
        function, tasks, workers=workers if engine == "process" else 1, timeout=patience
    )


def merge(sources: list[Path], out: Path) -> Path:
    """Put the results of shards into one folder; what is there already is left out. Raises
    ScenarioError.
    """
    prepared = replace(resume(sources[0]), folder=out)
    for source in sources:
        if Results(source).manifest["mark"] != prepared.mark:
            raise ScenarioError(
                str(source), "", f"holds the results of another sweep than {sources[0]}"
            )
    with folder_of(prepared):
        tidied(out)
        for source in sources:
            copy_parts(source, out)
    return out
