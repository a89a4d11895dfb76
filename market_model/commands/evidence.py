"""The commands on evidence: the search for parameters, and the facts held against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import CORES, InLanguage, Json, Set, Workers, one_of, overrides
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
    reading: Annotated[
        str, typer.Option(help="How to read what is disputed: firm or insider; else both at once.")
    ] = "",
    within: Annotated[
        float,
        typer.Option(min=0.1, help="Half widths of a band that a set may miss its middle by."),
    ] = 1.5,
    changes: Set = None,
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
    from ..evidence.calibrate import JUDGED, JUDGES, distinct, ensemble_file, judge, search
    from ..evidence.worlds import aims, readings
    from ..scenario import ScenarioError
    from ..scenario.files import check_writable, text_file, writing
    from ..study.report import json_safe

    if not out.name or out.suffix == ".json":
        raise ScenarioError(
            "--out",
            "",
            f"'{out}' is no name for a file of trials; the ensemble goes beside it, as .json",
        )
    if reading:
        one_of("--reading", *readings())(reading)
    fixed, facts = overrides(changes), aims(reading)
    check_writable(out.parent)
    try:
        with steps("parameter sets", trials, False) as step:
            tried = search(
                out,
                trials,
                seeds=seeds,
                users=users,
                workers=workers,
                facts=facts,
                fixed=fixed,
                on_trial=step,
            )
        candidates = distinct(tried, 2 * keep)
        runs = len(candidates) * len(JUDGES) * len(JUDGED)
        with steps("runs with other luck", runs, False) as step:
            members = judge(
                candidates, keep, within=within, workers=workers, facts=facts, on_run=step
            )
    except KeyboardInterrupt:
        note(f"{out} keeps what was tried; the same command goes on from there")
        raise
    made_by = (
        f"market-model calibrate --trials {trials} --seeds {seeds} --users {users} --keep {keep}"
        + (f" --reading {reading}" if reading else "")
        + f" --within {within:g}"
        + "".join(f" --set {change}" for change in changes or [])
    )
    path = out.with_suffix(".json")
    with writing(path):
        text_file(
            path, json.dumps(json_safe(ensemble_file(members, made_by, within, reading)), indent=1)
        )
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
        f"none misses the middle of a band by more than {within:g} half widths\nwritten: {path}"
    )


def validate(
    file: Annotated[str, typer.Argument(hidden=True, metavar="no FILE")] = "",
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
    from ..scenario import ScenarioError

    if file:
        raise ScenarioError(
            "validate",
            "",
            "holds the model against published facts and takes no file; "
            f"what checks a file is: market-model show {file}",
        )
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
    from ..charts.evidence import evidence_held, evidence_sections

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


def worlds(
    ensembles: Annotated[
        list[Path] | None,
        typer.Argument(help="Ensembles of 'calibrate', else the one that comes with this program."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the scenarios.")] = Path(),
) -> None:
    """Write scenarios of china-2013 that fit the same news and differ in what it cannot decide. One
    for each world that the ensemble has a member of; several ensembles become one, ensemble.json.
    """
    from ..evidence import validate as evidence
    from ..evidence.worlds import STORY, members_of, scenario_text
    from ..evidence.worlds import worlds as all_worlds
    from ..scenario import ScenarioError
    from ..scenario.files import check_writable, text_file, writing

    members = [one for path in ensembles or [None] for one in evidence.ensemble(path)]
    if not all("E0b" in one.get("figures", {}) for one in members):
        raise ScenarioError(
            ", ".join(map(str, ensembles or [])),
            "",
            "has members without figures of what the offers did; 'market-model calibrate' of this "
            "version writes them",
        )
    found = [(world, part) for world in all_worlds() if (part := members_of(world, members))]
    check_writable(out)
    given = " ".join(map(str, ensembles or []))
    made_by, written = f"market-model worlds {given}".strip(), list[Path]()
    with writing(out):
        for world, part in found:
            text = scenario_text(world, part[0], made_by)
            written.append(text_file(out / f"{STORY}-{world.name}.toml", text))
        if len(ensembles or []) > 1:
            merged = evidence.merged(ensembles or [], made_by)
            written.append(text_file(out / "ensemble.json", json.dumps(merged, indent=1)))

    def reach(part: list[Any], row: str) -> str:
        values = [one["figures"][row] for one in part]
        return f"{min(values):.3g} … {max(values):.3g}"

    rows = ("F3", "E0b", "E0 while", "E0 after")
    terminal().print(
        table_of(
            ("world", "members", "least misfit", *rows),
            (
                [
                    world.name,
                    str(len(part)),
                    f"{part[0]['misfit']:.2f}",
                    *(reach(part, r) for r in rows),
                ]
                for world, part in found
            ),
        )
    )
    terminal().print("written: " + ", ".join(map(str, written)))


COMMANDS: tuple[Any, ...] = calibrate, validate, worlds
