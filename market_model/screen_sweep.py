"""What the commands on sweeps print, and the report they write."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .scenario import ScenarioError
from .words import Language


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
        try:
            page.write_text(Page(found, language).html(), encoding="utf-8")
        except OSError as error:
            raise ScenarioError(str(page), "", f"cannot be written: {error.strerror}; choose another file with --out") from None
        if not as_json:
            sys.stdout.write(f"written: {page}\n")


def _tell(page: Any) -> None:
    found = page.found
    sys.stdout.write(f"{found.name}: {found.runs} runs of {found.scenario}, {found.failed} failed\n\n")
    for one in found.measures:
        sys.stdout.write(f"{page.sentence(one)}\n\n")
    for line in page.boxes().says:
        sys.stdout.write(f"{line}\n")
