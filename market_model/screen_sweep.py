"""What the command prints of sweeps."""

from __future__ import annotations

import json
import shlex
import signal
import statistics
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from .screen import keep_files, steps, terminal
from .words import Language


def plan_and_tell(file: Path, workers: int) -> None:
    """Runs, time and disk of a sweep, from three runs of it."""
    from .study.design import prepare
    from .study.drive import one_run

    prepared, console = prepare(file), terminal()
    runs, design = prepared.runs, prepared.sweep.design
    console.print(f"{prepared.sweep.name}: {len(prepared.points):,} points × {design.replicates:,} replicates = {len(runs):,} runs; "
                  "all points are sound")
    sys.stderr.write("three runs, to see what they cost (the first start compiles the model: about a minute)\n")
    tasks = [prepared.task(run) for run in (runs[0], runs[0], runs[len(runs) // 2], runs[-1])]
    found = [one_run(scenario, seed, series, offers, None) for scenario, seed, series, offers, _ in tasks][1:]
    seconds = statistics.mean(one.seconds for one in found)
    size = statistics.mean(8 * len(one.measures) + one.weekly.nbytes for one in found)
    console.print(f"{seconds:.2f} s a run: about {_duration(seconds * len(runs) / workers)} with {workers} processes; "
                  f"at most {size * len(runs) / 1e6:,.0f} MB in {prepared.folder}")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def run_and_tell(file: Path, out: Path | None, shard: str, how: Mapping[str, Any], as_json: bool) -> None:
    """Run a sweep and tell how it ended. Exits with 1 if runs failed, with 130 if it was interrupted."""
    from .study.design import prepare
    from .study.drive import go_on, left_of

    prepared = prepare(file, out, shard)
    left = len(left_of(prepared))
    if not as_json:
        _say(f"{prepared.sweep.name}: {len(prepared.runs):,} runs, {left:,} of them left{f' for shard {shard}' if shard else ''}, "
             f"into {prepared.folder}")
    with _told(prepared.sweep.name, left, quiet=as_json) as (tell, stopping):
        go_on(prepared, on_done=tell, stopping=stopping, **how)
    _tell_end(prepared.folder, len(left_of(prepared)) if stopping() else 0, as_json)


def retry_and_tell(folder: Path, how: Mapping[str, Any]) -> None:
    """Run failed runs again and tell how they ended."""
    from .study.drive import retry_failed
    from .study.store import Results

    bad = sum(status != "ok" for status in Results(folder).statuses().values())
    with _told("again", bad, quiet=False) as (tell, stopping):
        retry_failed(folder, on_done=tell, stopping=stopping, **how)
    _tell_end(folder, 0, as_json=False)


@contextmanager
def _told(what: str, total: int, quiet: bool) -> Generator[tuple[Callable[[Any], None], Callable[[], bool]]]:
    """A progress bar that tells failures, and Ctrl-C once to finish what is under way, twice to stop at once."""
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        _say("finishing the runs under way (Ctrl-C again: stop at once) …")

    before = signal.signal(signal.SIGINT, stop)
    try:
        with steps(what, total, quiet) as step:
            yield step, lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def _say(text: str) -> None:
    Console(stderr=True, markup=False, emoji=False, highlight=False).print(text)


def _tell_end(folder: Path, left: int, as_json: bool) -> None:
    counts = tell_status(folder, as_json)
    if left:
        _say(f"{left:,} runs are left; go on with: {shlex.join(['market-model', *sys.argv[1:]])}")
        sys.exit(130)
    if bad := sum(counts.values()) - counts["ok"] - counts["left"]:
        _say(f"{bad:,} runs did not end well (why: {folder / 'log.jsonl'}); again with: market-model sweep retry-failed "
             f"{shlex.quote(str(folder))}")
        sys.exit(1)


def tell_status(folder: Path, as_json: bool) -> dict[str, int]:
    """Tell counts and digest of a result folder; gives the counts."""
    from .study.store import Results

    results = Results(folder)
    counts, digest = results.counts(), results.digest()
    if as_json:
        sys.stdout.write(json.dumps({"digest": digest, "counts": counts, "folder": str(folder)}) + "\n")
    else:
        text = ", ".join(f"{count:,} {status}" for status, count in counts.items() if count)
        terminal().print(f"{folder}: {text}; digest {digest}", soft_wrap=True)
    return counts


def analyze_and_tell(folder: Path, measures: Sequence[str] = (), where: Sequence[str] = (), out: Path | None = None,
                     as_json: bool = False, language: Language = "en") -> None:
    """Analyse the results of a sweep; print what matters (or JSON), write the report (to DIR/report.html unless `out` says else).

    Args:
        measures: names of measures, else those that vary most. where: conditions for scenario discovery, as "MEASURE > NUMBER".
    """
    from .study.analysis import Condition
    from .study.report import json_safe
    from .study.store import Results
    from .study.sweep_report import Page, analyze

    found = analyze(Results(folder), measures, [Condition.parse(text) for text in where])
    if as_json:
        sys.stdout.write(json.dumps(json_safe(asdict(found))) + "\n")
    else:
        _tell(Page(found, "en"))
    if out is not None or not as_json:
        page = out or folder / "report.html"
        keep_files(page.parent, as_json, {page.name: Page(found, language).html()})


def _tell(page: Any) -> None:
    found = page.found
    sys.stdout.write(f"{found.name}: {found.runs} runs of {found.scenario}, {found.failed} failed\n\n")
    for finding in page.findings():
        sys.stdout.write(f"{finding}\n\n")
    for line in page.boxes().says:
        sys.stdout.write(f"{line}\n")
