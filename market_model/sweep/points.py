"""From a sweep to its runs: points of the factors' space, seeds, and a key for each run."""

import hashlib
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..scenario import Scenario, ScenarioError
from ..scenario.fields import Table
from ..scenario.sources import digest_of, plain
from ..study.compare import replicate_seeds
from ..version import MODEL_VERSION
from .design import MOST_RUNS, Sweep, Value, load_sweep, read_points
from .store import Results

SHELF = 20_000
"""Points whose scenarios a driver keeps; those after them are built again for each run."""
TEXTS = {"name", "title", "title_zh"}
"""Fields of a scenario that change no figure."""


@dataclass(frozen=True)
class Planned:
    """One run of a sweep. Runs are in order of replicates, so that a part of a sweep has seen all
    of the space.

    Attributes:
        run, point, replicate: numbers from 0. seed: of its luck.
        key: hash of everything that its figures depend on.
    """

    run: int
    point: int
    replicate: int
    seed: int
    key: str


@dataclass(frozen=True)
class Prepared:
    """A sweep that can run: its points are markets, its folder is known.

    Attributes:
        points: values by factor. runs: all of them. folder: where results go.
        mark: hash of all that decides which runs there are and what is kept of them.
        shard: (i, n): of every n runs, only the i-th is to be done here.
        scenarios: of the first points, as far as they were built.
    """

    sweep: Sweep
    points: list[dict[str, Value]]
    runs: list[Planned]
    folder: Path
    mark: str
    shard: tuple[int, int] = (1, 1)
    scenarios: dict[int, Scenario] = field(default_factory=dict)

    def task(self, run: Planned) -> tuple[Any, ...]:
        """Arguments of the function that does a run."""
        outputs, limits = self.sweep.outputs, self.sweep.limits
        return (
            self._scenario_at(run.point),
            run.seed,
            outputs.weekly,
            outputs.offers,
            limits.timeout_s,
        )

    def _scenario_at(self, point: int) -> Scenario:
        if (scenario := self.scenarios.get(point)) is None:
            scenario = self.sweep.scenario_at(self.points[point])
            _keep(self.scenarios, point, scenario)
        return scenario


def _keep(scenarios: dict[int, Scenario], point: int, scenario: Scenario) -> None:
    """Put a point's scenario on the shelf; what it has in common with the first stands there
    once.
    """
    if len(scenarios) < SHELF:
        first = next(iter(scenarios.values()), scenario)
        scenarios[point] = _shared(scenario, first)


def _shared[T](new: T, old: Any) -> T:
    """`new`, with those parts of `old` that are equal."""
    if new is old or new == old:
        return old
    if isinstance(new, Table) and type(new) is type(old):
        before = vars(old)
        parts = {
            name: _shared(value, before[name]) if isinstance(value, (Table, dict)) else value
            for name, value in vars(new).items()
        }
        return type(new).model_construct(new.model_fields_set, **parts)
    if isinstance(new, dict) and isinstance(old, dict):
        return cast(T, {key: _shared(value, old.get(key)) for key, value in new.items()})
    return new


def prepare(file: Path, out: Path | None = None, shard: str = "") -> Prepared:
    """Check a sweep file with all its points; those of a folder that was begun are checked
    already. Raises ScenarioError.
    """
    part = shard_numbers(shard)
    sweep = load_sweep(file)
    points = points_of(sweep)
    settings = sweep.model_dump(mode="json", exclude={"limits", "scenario"})
    files = {name: digest_of(file) for name, file in sorted(sweep.files.items())}
    files.pop(sweep.design.file, None)  # its points are there
    what = [settings, sweep.base, [list(point.values()) for point in points], MODEL_VERSION]
    text = json.dumps([*what, *([files] if files else [])], sort_keys=True, default=plain)
    mark = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    folder = (
        out
        or Path("results") / f"{sweep.name}-{mark[:8]}{shard and '-' + shard.replace('/', 'of')}"
    )
    results = Results(folder) if (folder / "manifest.json").exists() else None
    scenarios: dict[int, Scenario] = {}
    runs = (
        _planned(results)
        if results and results.manifest["mark"] == mark
        else _plan(sweep, points, scenarios)
    )
    return Prepared(sweep, points, runs, folder, mark, part, scenarios)


def shard_numbers(text: str) -> tuple[int, int]:
    """ "2/8" as (2, 8); "" is all: (1, 1). Raises ScenarioError."""
    i, slash, n = (text or "1/1").partition("/")
    if not (slash and i.isdecimal() and n.isdecimal() and 1 <= int(i) <= int(n) <= 100_000):
        raise ScenarioError("--shard", "", f"'{text}' is not I/N with I from 1 to N, as in 2/8")
    return int(i), int(n)


def resume(folder: Path) -> Prepared:
    """The sweep of a result folder, from the folder alone. Raises ScenarioError."""
    results = Results(folder)
    if results.manifest["model_version"] != MODEL_VERSION:
        raise ScenarioError(
            str(folder),
            "",
            f"was made by version {results.manifest['model_version']} of the model, this is "
            f"{MODEL_VERSION}; run the sweep again, into another folder",
        )
    return Prepared(
        results.sweep,
        results.resolved["points"],
        _planned(results),
        folder,
        results.manifest["mark"],
    )


def _planned(results: Results) -> list[Planned]:
    return [
        Planned(**row) for row in results.plan.select(list(Planned.__annotations__)).to_pylist()
    ]


def points_of(sweep: Sweep) -> list[dict[str, Value]]:
    """The design's points, each a value per factor."""
    design, factors = sweep.design, sweep.factors
    if design.kind == "list":
        return read_points(sweep)
    if design.kind == "grid":
        for name, factor in factors.items():
            if factor.range is not None and design.points is None:
                raise ScenarioError(
                    sweep.label,
                    "design.points",
                    f"is missing: how many levels of '{name}' shall the grid have?",
                )
        places = np.linspace(0, 1, design.points or 0).tolist()
        levels = [
            factor.values or list(dict.fromkeys(factor.at(u) for u in places))
            for factor in factors.values()
        ]
        _not_too_many(sweep, int(np.prod([float(len(x)) for x in levels])))
        return [dict(zip(factors, chosen, strict=True)) for chosen in itertools.product(*levels)]
    from scipy.stats import qmc

    assert design.points is not None
    _not_too_many(sweep, design.points)
    sampler = qmc.LatinHypercube if design.kind == "lhs" else qmc.Sobol
    sample = sampler(len(factors), rng=np.random.default_rng(design.seed)).random(design.points)
    return [
        {name: factor.at(float(u)) for (name, factor), u in zip(factors.items(), row, strict=True)}
        for row in sample
    ]


def _not_too_many(sweep: Sweep, points: int) -> None:
    if (runs := points * sweep.design.replicates) > MOST_RUNS:
        raise ScenarioError(sweep.label, "design", f"makes {runs:,} runs; at most {MOST_RUNS:,}")


def _plan(
    sweep: Sweep, points: list[dict[str, Value]], scenarios: dict[int, Scenario]
) -> list[Planned]:
    """All runs, each point checked; its scenario goes on the shelf. Raises ScenarioError: a point
    is not a market.
    """
    _not_too_many(sweep, len(points))
    design, n = sweep.design, len(points)
    seeds = replicate_seeds(
        design.seed, design.replicates if design.common_random_numbers else design.replicates * n
    )
    marks: list[Any] = []
    for number, point in enumerate(points):
        scenario = sweep.scenario_at(point)
        marks.append(hashlib.blake2b(mark_of(scenario), digest_size=16))
        _keep(scenarios, number, scenario)
    runs: list[Planned] = []
    for run in range(n * design.replicates):
        replicate, point = divmod(run, n)
        seed = seeds[replicate if design.common_random_numbers else run]
        runs.append(Planned(run, point, replicate, seed, run_key(marks[point], seed)))
    return runs


def mark_of(scenario: Scenario) -> bytes:
    """What a run's figures depend on, but for its seed."""
    return f"{scenario.model_dump_json(exclude=TEXTS)} {MODEL_VERSION}".encode()


def run_key(mark: Any, seed: int) -> str:
    """Hash of what a hash has of a scenario's mark, and a seed; 32 hex digits."""
    key = mark.copy()
    key.update(str(seed).encode())
    return key.hexdigest()
