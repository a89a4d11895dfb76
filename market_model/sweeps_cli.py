"""The command `market-model sweep`: many runs, planned, kept and resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_options import CORES, Json, Workers, Zh, one_of

app = typer.Typer(no_args_is_help=True, help="Many runs of one scenario: planned, resumed, analysed.")

File = Annotated[Path, typer.Argument(help="A sweep file (TOML).")]
Folder = Annotated[Path, typer.Argument(help="A result folder.")]
Out = Annotated[Path | None, typer.Option(help="Result folder (else results/NAME-HASH).")]
Engine = Annotated[str, typer.Option(help="process, serial, or dask (an existing cluster).")]
Address = Annotated[str, typer.Option(help="dask: the scheduler, as tcp://127.0.0.1:8786.")]


@app.command()
def new(name: Annotated[str, typer.Argument(help="Name of your sweep; NAME.toml is written here.")],
        scenario: Annotated[str, typer.Option("--scenario", help="What it runs.")] = "china-2013") -> None:
    """Write a commented sweep file that runs, to change as you like."""
    from .study.sweep import write_new

    path = write_new(name, scenario)
    typer.echo(f"{path} written; look at what it costs with: market-model sweep plan {path}")


@app.command()
def schema() -> None:
    """The JSON schema of sweep files, for editors."""
    from .study.sweep import Sweep

    typer.echo(json.dumps(Sweep.model_json_schema(), indent=2))


@app.command()
def plan(file: File, workers: Workers = CORES) -> None:
    """Check a sweep, and say how many runs it has, how long they take and how much disk (from three runs)."""
    from .screen_sweep import plan_and_tell

    plan_and_tell(file, workers)


@app.command()
def run(file: File, out: Out = None, engine: Engine = "process", address: Address = "", workers: Workers = CORES,
        shard: Annotated[str, typer.Option(metavar="I/N", help="Only every N-th run, from the I-th on.")] = "",
        as_json: Json = False) -> None:
    """Run a sweep, or what is left of it. Ctrl-C finishes what is under way; the same command goes on later."""
    from .screen_sweep import run_and_tell

    run_and_tell(file, out, shard, _how(engine, address, workers), as_json)


@app.command()
def status(folder: Folder, as_json: Json = False) -> None:
    """How far a sweep is, and the digest of its results."""
    from .screen_sweep import tell_status

    tell_status(folder, as_json)


@app.command("retry-failed")
def retry_failed(folder: Folder, engine: Engine = "process", address: Address = "", workers: Workers = CORES) -> None:
    """Run those again that failed, took too long or crashed."""
    from .screen_sweep import retry_and_tell

    retry_and_tell(folder, _how(engine, address, workers))


def _how(engine: str, address: str, workers: int) -> dict[str, Any]:
    return {"engine": one_of("--engine", engine, "process", "serial", "dask"), "address": address, "workers": workers}


@app.command()
def merge(folders: Annotated[list[Path], typer.Argument(help="Result folders of the shards of one sweep.")],
          out: Annotated[Path, typer.Option(help="Folder for all of them together.")]) -> None:
    """Put the results of shards together."""
    from .study.drive import merge as put_together

    put_together(folders, out)
    from .screen_sweep import tell_status

    tell_status(out, as_json=False)


@app.command()
def export(folder: Folder, csv: Annotated[Path, typer.Option("--csv", help="The file to write.")]) -> None:
    """All runs with their factors and measures as one CSV file."""
    from .study.store import export_csv

    typer.echo(f"{export_csv(folder, csv):,} runs written to {csv}")


@app.command()
def analyze(folder: Folder,
            measure: Annotated[list[str] | None, typer.Option(help="A measure, as apps.yixin.registered_share.")] = None,
            where: Annotated[list[str] | None, typer.Option(help="Where does it hold? As 'apps.yixin.mau_share > 0.1'.")] = None,
            out: Annotated[Path | None, typer.Option(help="The page (else FOLDER/report.html).")] = None,
            as_json: Json = False, language: Zh = "en") -> None:
    """What moves the results, and how sure that is: an HTML page that opens without internet."""
    from .screen_sweep import analyze_and_tell

    analyze_and_tell(folder, measure or [], where or [], out, as_json, one_of("--language", language, "en", "zh"))
