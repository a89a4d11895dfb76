"""The commands on evidence: the search for parameters, and the facts held against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import CORES, InLanguage, Json, Workers
from .screen import check_out, note, publish, steps, table_of, terminal

if TYPE_CHECKING:
    from ..charts import EvidenceData


def calibrate(
    trials: Annotated[
        int, typer.Option(min=1, help="Parameter sets to try, those in --out included.")
    ] = 600,
    seeds: Annotated[
        int, typer.Option(min=1, max=100, help="Runs of each, with different luck.")
    ] = 2,
    users: Annotated[int, typer.Option(min=100, help="Simulated users of these runs.")] = 3000,
    keep: Annotated[int, typer.Option(min=1, help="Sets to keep at most.")] = 16,
    workers: Workers = CORES,
    out: Annotated[
        Path,
        typer.Option(
            help="File of all trials, taken up again if it exists; the ensemble goes beside it, as "
            ".json."
        ),
    ] = Path("calibration.trials"),
) -> None:
    """Find parameter sets that meet the published facts. An ensemble for china-2013, not a best
    one.
    """
    from ..evidence.calibrate import JUDGES, WITHIN, distinct, ensemble_file, judge, search
    from ..scenario import ScenarioError
    from ..scenario.files import check_writable, text_file, writing
    from ..study.report import json_safe

    if not out.name or out.suffix == ".json":
        raise ScenarioError(
            "--out",
            "",
            f"'{out}' is no name for a file of trials; the ensemble goes beside it, as .json",
        )
    check_writable(out.parent)
    try:
        with steps("parameter sets", trials, False) as step:
            tried = search(out, trials, seeds=seeds, users=users, workers=workers, on_trial=step)
        candidates = distinct(tried, 2 * keep)
        with steps("runs with other luck", len(candidates) * len(JUDGES), False) as step:
            members = judge(candidates, keep, workers=workers, on_run=step)
    except KeyboardInterrupt:
        note(f"{out} keeps what was tried; the same command goes on from there")
        raise
    made_by = (
        f"market-model calibrate --trials {trials} --seeds {seeds} --users {users} --keep {keep}"
    )
    path = out.with_suffix(".json")
    with writing(path):
        text_file(path, json.dumps(json_safe(ensemble_file(members, made_by)), indent=1))
    terminal().print(
        table_of(
            ("member", "misfit", "worst fact", "at half widths from its middle"),
            (
                [str(i), f"{one['misfit']:.2f}", one["worst_fact"], f"{one['worst']:.2f}"]
                for i, one in enumerate(members)
            ),
        )
    )
    terminal().print(
        f"{len(tried)} sets tried, {len(candidates)} judged with other luck, {len(members)} kept: "
        f"none misses the middle of a band by more than {WITHIN} half widths\nwritten: {path}"
    )


def validate(
    full: Annotated[
        bool, typer.Option("--full", help="Every set of the ensemble, several runs of each.")
    ] = False,
    ensemble: Annotated[
        Path | None,
        typer.Option(help="An ensemble of 'calibrate', else the one that comes with this program."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report (else validation.html here).")
    ] = None,
    workers: Workers = CORES,
    as_json: Json = False,
    language: InLanguage = "en",
) -> None:
    """Hold the model against published facts. Those it was fitted to, and those it was not."""
    check_out(out, as_json)
    from ..charts import evidence_report
    from ..evidence import validate as evidence
    from ..scenario.files import text_file

    members = evidence.ensemble(ensemble)
    chosen, seeds = (members, evidence.SEEDS) if full else (members[: evidence.MEMBERS], 1)
    with steps("runs", len(evidence.tasks(chosen, seeds)), as_json) as step:
        found = evidence.validate(chosen, seeds=seeds, workers=workers, on_run=step)

    def files(folder: Path) -> list[Path]:
        return [
            text_file(
                folder / "validation.html",
                evidence_report(evidence.evidence_data(found, language)),
            )
        ]

    publish(
        evidence.as_json(found),
        lambda: _tell_evidence(evidence.evidence_data(found, "en")),
        files,
        as_json=as_json,
        out=out,
        failures=found.failures,
    )


def _tell_evidence(data: EvidenceData) -> None:
    from ..charts.sections import evidence_held, evidence_sections

    held, banded = evidence_held(data.verdicts)
    console = terminal()
    console.print(
        data.say("evidence.lead", members=data.members, runs=data.runs, held=held, banded=banded)
    )
    for part in evidence_sections(data):
        console.print(f"\n{data.say(f'section.{part.key}.title')}", style="bold")
        console.print(
            table_of(
                part.headers[:-1],
                ([name.partition(" · ")[0], *cells] for name, *cells, _ in part.rows),
            )
        )
    console.print(
        "",
        *dict.fromkeys(f"{v.id.partition(' ')[0]}: {v.sentence}" for v in data.verdicts),
        sep="\n",
    )


COMMANDS: tuple[Any, ...] = calibrate, validate
