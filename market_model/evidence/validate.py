"""Holds an ensemble against all facts: those it was fitted to, and those that no number was set
by.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from ..charts import EvidenceData, Verdict
from ..scenario import ScenarioError
from ..study.compare import collect
from ..version import MODEL_VERSION
from ..words import Language, word
from .facts import Fact, rows
from .measure import MEASURES, carried, measure

MEMBERS, SEEDS = 8, 4
"""Members of a short validation, each with a luck of its own; and runs of each member in a full
one.
"""
INTERVAL = (0.05, 0.95)
"""Quantiles over members."""


class Spread(NamedTuple):
    """A figure over the members of an ensemble.

    Attributes:
        median, low, high: quantiles, `INTERVAL` the outer ones; nan without a member.
        members: that gave the figure. inside: share of them in the fact's band; nan if there is
            none.
    """

    median: float
    low: float
    high: float
    members: int
    inside: float


class Findings(NamedTuple):
    """What a validation found: spreads by row of the facts, numbers of members and runs, runs
    that failed.
    """

    spreads: Mapping[str, Spread]
    members: int
    runs: int
    failures: Sequence[str] = ()


def ensemble(path: Path | None = None) -> Sequence[Mapping[str, Any]]:
    """Members of an ensemble file, else of the shipped one. Raises ScenarioError: it is not one."""
    try:
        text = (path or files(__package__).joinpath("ensemble.json")).read_text("utf-8")
        members: Sequence[Mapping[str, Any]] = json.loads(text)["members"]
        assert members and all(isinstance(m["overrides"], dict) for m in members)
    except (OSError, ValueError, TypeError, KeyError, AssertionError):
        raise ScenarioError(
            str(path), "", "is not an ensemble; 'market-model calibrate' writes one"
        ) from None
    return members


def merged(paths: Sequence[Path], made_by: str) -> dict[str, Any]:
    """Several ensembles as one. Raises ScenarioError: one is none."""
    members = [member for path in paths for member in ensemble(path)]
    first: dict[str, Any] = json.loads(paths[0].read_text("utf-8"))
    before = [json.loads(path.read_text("utf-8"))["made_by"] for path in paths]
    return first | {"made_by": "; ".join([*before, made_by]), "members": members}


def tasks(
    members: Sequence[Mapping[str, Any]], seeds: int
) -> dict[tuple[str, int], tuple[str, dict[str, Any], int]]:
    """Measure, overrides and seed of every run by measure and seed: `seeds` runs of each member
    and measure, member by member.
    """
    return {
        (name, seed): (name, carried(name, member["overrides"]), seed)
        for i, member in enumerate(members)
        for name in MEASURES
        for seed in range(i * seeds, (i + 1) * seeds)
    }


def validate(
    members: Sequence[Mapping[str, Any]],
    *,
    seeds: int = 1,
    workers: int = 1,
    on_run: Callable[..., None] = print,
) -> Findings:
    """Run everything for all members.

    Args:
        members: of an ensemble. seeds: runs of each, with other luck than any other member's; their
            mean is the member's figure.
        on_run: called after each run.
    """
    jobs = tasks(members, seeds)
    runs, failures = collect(measure, jobs, workers, on_run)
    spreads: dict[str, Spread] = {}
    for row in rows():
        figures = [
            [
                runs[row.measure, seed][row.id]
                for seed in range(i * seeds, (i + 1) * seeds)
                if (row.measure, seed) in runs
            ]
            for i in range(len(members))
        ]
        spreads[row.id] = spread(row, [fmean(of_member) for of_member in figures if of_member])
    return Findings(spreads, len(members), len(jobs), failures)


def spread(row: Fact, values: Sequence[float]) -> Spread:
    """A fact's figure over members; those without a number are left out."""
    import numpy as np

    known = [v for v in values if math.isfinite(v)]
    if not known:
        return Spread(math.nan, math.nan, math.nan, 0, math.nan)
    low, median, high = np.quantile(known, [INTERVAL[0], 0.5, INTERVAL[1]]).tolist()
    return Spread(
        median,
        low,
        high,
        len(known),
        sum(map(row.holds, known)) / len(known) if row.banded else math.nan,
    )


def evidence_data(found: Findings, language: Language) -> EvidenceData:
    """What pages and tables show."""
    return EvidenceData(
        language,
        [
            Verdict(
                row.id,
                row.use,
                word(f"fact.{row.fact}", language),
                row.when.isoformat() if row.when else "",
                (row.low, row.middle, row.high),
                *found.spreads[row.id],
            )
            for row in rows()
        ],
        found.members,
        found.runs,
    )


def as_json(found: Findings) -> dict[str, Any]:
    """For other programs, and for `shipped`: each fact, what the ensemble gives, and whether
    that holds.
    """
    verdicts = evidence_data(found, "en").verdicts
    return {
        "model_version": MODEL_VERSION,
        "members": found.members,
        "runs": found.runs,
        "failures": found.failures,
        "facts": [
            {
                "id": row.id,
                "use": row.use,
                "fact": verdict.sentence,
                "source": row.source,
                "scenario": row.scenario,
                "when": row.when,
                "band": verdict.band,
                "holds": verdict.holds,
                **found.spreads[row.id]._asdict(),
            }
            for row, verdict in zip(rows(), verdicts, strict=True)
        ],
    }


@cache
def shipped() -> Findings:
    """What `market-model validate --full` found for the ensemble that comes with the package."""
    stored: dict[str, Any] = json.loads(
        files(__package__).joinpath("validation.json").read_text("utf-8")
    )
    spreads = {
        fact["id"]: Spread._make(
            math.nan if fact[name] is None else fact[name] for name in Spread._fields
        )
        for fact in stored["facts"]
    }
    return Findings(spreads, stored["members"], stored["runs"])
