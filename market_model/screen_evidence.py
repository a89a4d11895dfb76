"""What the commands on evidence print: the search for parameters, and the facts held against them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .scenario import ScenarioError
from .screen import end_with, keep_files, steps, table_of, terminal
from .words import Language

if TYPE_CHECKING:
    from .charts import EvidenceData


def calibrate_and_tell(out: Path, trials: int, *, seeds: int, users: int, workers: int, keep: int) -> None:
    """Search, judge the best with other luck, write the ensemble; Ctrl-C keeps what was tried."""
    from .evidence import calibrate
    from .study.report import json_safe

    if not out.name or out.suffix == ".json":
        raise ScenarioError("--out", "", f"'{out}' is no name for a file of trials; the ensemble goes beside it, as .json")
    path = out.with_suffix(".json")
    keep_files(out.parent, True, {})  # what a long search finds can be written
    try:
        with steps("parameter sets", trials, False) as step:
            tried = calibrate.search(out, trials, seeds=seeds, users=users, workers=workers, on_trial=step)
        candidates = calibrate.distinct(tried, 2 * keep)
        with steps("runs with other luck", len(candidates) * len(calibrate.JUDGES), False) as step:
            members = calibrate.judge(candidates, keep, workers=workers, on_run=step)
    except KeyboardInterrupt:
        sys.stderr.write(f"{out} keeps what was tried; the same command goes on from there\n")
        raise
    made_by = f"market-model calibrate --trials {trials} --seeds {seeds} --users {users} --keep {keep}"
    keep_files(out.parent, True, {path.name: json.dumps(json_safe(calibrate.ensemble_file(members, made_by)), indent=1)})
    table = table_of("member", "misfit", "worst fact", "at half widths from its middle")
    for i, member in enumerate(members):
        table.add_row(str(i), f"{member['misfit']:.2f}", member["worst_fact"], f"{member['worst']:.2f}")
    terminal().print(table)
    terminal().print(f"{len(tried)} sets tried, {len(candidates)} judged with other luck, {len(members)} kept: none misses the middle of "
                     f"a band by more than {calibrate.WITHIN} half widths\nwritten: {path}")


def validate_and_tell(path: Path | None, *, full: bool, as_json: bool, out: Path | None, workers: int, language: Language) -> None:
    """Run an ensemble on all facts, print the table (or JSON), write the report."""
    keep_files(out or Path(), True, {})  # what long runs find can be written
    from .charts import evidence_report
    from .evidence import validate
    from .study.report import json_safe

    members = validate.ensemble(path)
    chosen, seeds = (members, validate.SEEDS) if full else (members[:validate.MEMBERS], 1)
    with steps("runs", len(validate.tasks(chosen, seeds)), as_json) as step:
        found = validate.validate(chosen, seeds=seeds, workers=workers, on_run=step)
    if as_json:
        sys.stdout.write(json.dumps(json_safe(validate.as_json(found))) + "\n")
    else:
        _tell_evidence(validate.evidence_data(found, "en"))
    if out is not None or not as_json:
        keep_files(out or Path(), as_json, {"validation.html": evidence_report(validate.evidence_data(found, language))})
    end_with(found.failures)


def _tell_evidence(data: EvidenceData) -> None:
    from .charts.sections import evidence_held, evidence_sections

    held, banded = evidence_held(data.verdicts)
    console = terminal()
    console.print(data.say("evidence.lead", members=data.members, runs=data.runs, held=held, banded=banded))
    for part in evidence_sections(data):
        console.print(f"\n{data.say(f'section.{part.key}.title')}", style="bold")
        table = table_of(*part.headers[:-1])
        for name, *cells, _ in part.rows:
            table.add_row(name.partition(" · ")[0], *cells)
        console.print(table)
    console.print("", *dict.fromkeys(f"{v.id.partition(' ')[0]}: {v.sentence}" for v in data.verdicts), sep="\n")
