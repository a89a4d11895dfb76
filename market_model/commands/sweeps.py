"""The command `market-model sweep`: many runs, planned, kept and resumed."""

from __future__ import annotations

import json
import shlex
import statistics
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import CORES, InLanguage, Json, Workers, one_of, words_of_results
from .screen import note, publish, stoppable, tell_first_start, terminal

if TYPE_CHECKING:
    from ..sweep.report import SweepPage

app = typer.Typer(
    no_args_is_help=True, help="Many runs of one scenario: planned, resumed, analysed."
)

File = Annotated[Path, typer.Argument(help="A sweep file (TOML).")]
Folder = Annotated[Path, typer.Argument(help="A result folder.")]
Out = Annotated[Path | None, typer.Option(help="Result folder (else results/NAME-HASH).")]
Engine = Annotated[
    str,
    typer.Option(
        help="process, serial, or dask (an existing cluster).",
        callback=one_of("--engine", "process", "serial", "dask"),
    ),
]
Address = Annotated[
    str, typer.Option(help="dask: the scheduler, as tcp://127.0.0.1:8786; 10 s to answer.")
]


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of your sweep; NAME.toml is written here.")],
    scenario: Annotated[str, typer.Option("--scenario", help="What it runs.")] = "china-2013",
) -> None:
    """Write a commented sweep file that runs, to change it."""
    from ..sweep.design import write_new

    path = write_new(name, scenario)
    typer.echo(f"{path} written; look at what it costs with: market-model sweep plan {path}")


@app.command()
def schema() -> None:
    """The JSON schema of sweep files, for editors."""
    from ..sweep.design import Sweep

    typer.echo(json.dumps(Sweep.model_json_schema(), indent=2))


@app.command()
def plan(file: File, workers: Workers = CORES) -> None:
    """Check a sweep, and say what it will cost. Runs, time and disk, from three runs, and from
    one in each process, as processes take their time to start.
    """
    from ..society.memory import check_memory
    from ..sweep.drive import one_run
    from ..sweep.points import prepare
    from ..work.runner import outcomes

    prepared, console = prepare(file), terminal()
    runs, design = prepared.runs, prepared.sweep.design
    for one in (runs[0], runs[len(runs) // 2], runs[-1]):
        check_memory(prepared.task(one)[0], min(workers, len(runs)))
    console.print(
        f"{prepared.sweep.name}: {len(prepared.points):,} points × {design.replicates:,} "
        f"replicates = {len(runs):,} runs; all points are sound"
    )
    note("three runs, to see what they cost")
    tell_first_start()
    tasks = [prepared.task(run) for run in (runs[0], runs[0], runs[len(runs) // 2], runs[-1])]
    found = [
        one_run(scenario, seed, series, offers, None) for scenario, seed, series, offers, _ in tasks
    ][1:]
    seconds = statistics.mean(one.seconds for one in found)
    size = statistics.mean(8 * len(one.measures) + one.weekly.nbytes for one in found)
    cost = seconds * len(runs)
    processes = min(workers, len(runs))
    told = f"{seconds:.2f} s a run"
    if processes > 1:
        begun = time.perf_counter()
        for _ in outcomes(one_run, [(*tasks[0][:4], None)] * processes, workers=processes):
            pass
        started = time.perf_counter() - begun
        cost = started + seconds * (len(runs) - processes) / processes
        told += f", {_duration(started)} until {processes} processes have begun and done one each"
    console.print(
        f"{told}: about {_duration(cost)} with {processes} "
        f"{'processes' if processes > 1 else 'process'}; "
        f"at most {size * len(runs) / 1e6:,.0f} MB in {prepared.folder}"
    )


def _duration(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 100
        else f"{seconds / 60:.0f} min"
        if seconds < 6000
        else f"{seconds / 3600:.1f} h"
    )


@app.command()
def run(
    file: File,
    out: Out = None,
    engine: Engine = "process",
    address: Address = "",
    workers: Workers = CORES,
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Only every N-th run, from the I-th on.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Run a sweep, or what is left of it. Ctrl-C finishes what is under way; the same command
    goes on later.
    """
    from ..sweep.drive import go_on, left_of
    from ..sweep.points import prepare

    prepared = prepare(file, out, shard)
    left = len(left_of(prepared))
    if not as_json:
        note(
            f"{prepared.sweep.name}: {len(prepared.runs):,} runs, {left:,} of them left"
            f"{f' for shard {shard}' if shard else ''}, into {prepared.folder}"
        )
    with stoppable(prepared.sweep.name, left, quiet=as_json) as (tell, stopping):
        go_on(
            prepared,
            on_done=tell,
            stopping=stopping,
            engine=engine,
            address=address,
            workers=workers,
        )
    _tell_end(prepared.folder, len(left_of(prepared)) if stopping() else 0, as_json)


@app.command()
def status(folder: Folder, as_json: Json = False) -> dict[str, int]:
    """How far a sweep is, since when, and the digest of its results."""
    from ..sweep.store import Results

    results = Results(folder)
    counts, digest, times = results.counts(), results.digest(), results.times()
    if as_json:
        about = {"digest": digest, "counts": counts, "folder": str(folder), **times}
        sys.stdout.write(json.dumps(about) + "\n")
    else:
        text = ", ".join(f"{count:,} {status}" for status, count in counts.items() if count)
        terminal().print(f"{folder}: {text}; digest {digest}", soft_wrap=True)
        last, seconds = times["last_written"], times["seconds_a_run"]
        pace = f", {seconds:.2f} s a run" if seconds is not None else ""
        terminal().print(
            f"begun {times['begun']}, last written {last or 'never'}{pace}", soft_wrap=True
        )
    return counts


@app.command("retry-failed")
def retry_failed(
    folder: Folder, engine: Engine = "process", address: Address = "", workers: Workers = CORES
) -> None:
    """Run those again that failed, took too long or crashed."""
    from ..sweep.drive import retry_failed as try_again
    from ..sweep.store import Results

    bad = sum(how != "ok" for how in Results(folder).statuses().values())
    with stoppable("again", bad, quiet=False) as (tell, stopping):
        try_again(
            folder, on_done=tell, stopping=stopping, engine=engine, address=address, workers=workers
        )
    _tell_end(folder, 0, as_json=False)


@app.command()
def merge(
    folders: Annotated[
        list[Path], typer.Argument(help="Result folders of the shards of one sweep.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for all of them together.")],
) -> None:
    """Put the results of shards together."""
    from ..sweep.drive import merge as put_together

    status(put_together(folders, out))


@app.command()
def export(
    folder: Folder, csv: Annotated[Path, typer.Option("--csv", help="The file to write.")]
) -> None:
    """All runs with their factors and measures as one CSV file."""
    from ..sweep.store import export_csv

    typer.echo(f"{export_csv(folder, csv):,} runs written to {csv}")


@app.command()
def analyze(
    folder: Annotated[
        Path, typer.Argument(help="A result folder.", is_eager=True, callback=words_of_results)
    ],
    measure: Annotated[
        list[str] | None, typer.Option(help="A measure, as apps.yixin.registered_share.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Where does it hold? As 'apps.yixin.mau_share > 0.1'.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The page (else FOLDER/report.html).")] = None,
    as_json: Json = False,
    language: InLanguage = "en",
) -> None:
    """What moves the results, and how sure that is. An HTML page that opens without internet."""
    from ..scenario.files import text_file
    from ..sweep.analysis import Condition
    from ..sweep.report import SweepPage, analyze
    from ..sweep.store import Results

    conditions = [Condition.parse(text) for text in where or ()]
    said: dict[str, Any] = {} if as_json else {"on_part": note}
    analysis = analyze(Results(folder), measure or (), conditions, **said)

    def files(place: Path) -> list[Path]:
        return [
            text_file(
                place / (out.name if out else "report.html"),
                SweepPage(analysis, language).html(),
            )
        ]

    publish(
        asdict(analysis),
        lambda: _tell(SweepPage(analysis, "en")),
        files,
        as_json=as_json,
        out=out and out.parent,
        folder=folder,
    )


def _tell_end(folder: Path, left: int, as_json: bool) -> None:
    counts = status(folder, as_json)
    if left:
        note(f"{left:,} runs are left; go on with: {shlex.join(['market-model', *sys.argv[1:]])}")
        sys.exit(130)
    if bad := sum(counts.values()) - counts["ok"] - counts["left"]:
        note(
            f"{bad:,} runs did not end well (why: {folder / 'log.jsonl'}); again with: "
            f"market-model sweep retry-failed {shlex.quote(str(folder))}"
        )
        sys.exit(1)


def _tell(page: SweepPage) -> None:
    analysis = page.analysis
    sys.stdout.write(
        f"{analysis.name}: {analysis.runs} runs of {analysis.scenario}, "
        f"{analysis.failed} failed\n\n"
    )
    for finding in page.findings():
        sys.stdout.write(f"{finding}\n\n")
    for line in page.boxes().says:
        sys.stdout.write(f"{line}\n")
