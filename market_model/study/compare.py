"""Twins: variants of a scenario with the same luck, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..scenario import Scenario
from .runner import outcomes


@dataclass(frozen=True)
class Difference:
    """One measure of one variant against the base, over replicates.

    Attributes:
        base, variant: means. difference: mean of variant − base, run by run with the same luck.
        low, high: 95 % interval of the mean difference (Student's t); nan with one replicate.
    """

    scenario: str
    measure: str
    base: float
    variant: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """All differences of a comparison, and the runs that failed."""

    base: str
    variants: list[str]
    replicates: int
    differences: list[Difference]
    failures: list[str]


def replicate_seeds(seed: int, replicates: int) -> list[int]:
    """Seeds of replicates: replicate i has the same luck in every variant; the first is the seed itself."""
    spawned = np.random.SeedSequence(seed).spawn(max(0, replicates - 1))
    return [seed, *(int(s.generate_state(1)[0]) for s in spawned)]


def measures_of(scenario: Scenario, seed: int) -> dict[str, float]:
    """The summary of one run as flat numbers, e.g. "apps.wechat.mau"; nan where there is none."""
    from ..market import run

    return flat(run(scenario, seed).summary)


def flat(summary: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Numbers of a nested summary by dotted name."""
    found: dict[str, float] = {}
    for key, value in summary.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{name}.")
        elif isinstance(value, int | float) and prefix:
            found[name] = float(value)
    return found


def compare(scenarios: Mapping[str, Scenario], *, seed: int = 0, replicates: int = 1, workers: int = 1,
            on_done: Callable[[], None] | None = None) -> Comparison:
    """Run a base (the first) and its variants with the same luck.

    Args:
        scenarios: by name; the first is the base.
        replicates: runs of each, with seeds from `replicate_seeds`.
        workers: processes.
        on_done: called after each run.
    """
    names = list(scenarios)
    jobs = [(name, r) for name in names for r in range(replicates)]
    seeds = replicate_seeds(seed, replicates)
    results: dict[tuple[str, int], dict[str, float]] = {}
    failures: list[str] = []
    for done in outcomes(measures_of, [(scenarios[n], seeds[r]) for n, r in jobs], workers=workers):
        name, r = jobs[done.index]
        if done.status == "ok":
            results[name, r] = done.value
        else:
            failures.append(f"{name}, seed {seeds[r]}: {done.status}: {done.error.strip().splitlines()[-1]}")
        if on_done:
            on_done()
    found = [d for name in names[1:] for d in _differences(names[0], name, results, replicates)]
    return Comparison(names[0], names[1:], replicates, found, failures)


def _differences(base: str, name: str, results: Mapping[tuple[str, int], Mapping[str, float]], replicates: int) -> list[Difference]:
    pairs = [(results[base, r], results[name, r]) for r in range(replicates) if (base, r) in results and (name, r) in results]
    if not pairs:
        return []
    found: list[Difference] = []
    for measure in pairs[0][0]:
        if not all(measure in a and measure in b for a, b in pairs):
            continue
        values = np.array([(a[measure], b[measure]) for a, b in pairs])
        gaps = values[:, 1] - values[:, 0]
        low, high = interval(gaps)
        old, new = values.mean(axis=0).tolist()
        found.append(Difference(name, measure, old, new, float(gaps.mean()), low, high))
    return found


def interval(values: Sequence[float] | np.ndarray[Any, np.dtype[np.float64]], level: float = 0.95) -> tuple[float, float]:
    """Student's t interval of a mean; nan for fewer than two values."""
    from scipy import stats

    values = np.asarray(values, float)
    if len(values) < 2:
        return float("nan"), float("nan")
    half = float(stats.t.ppf(0.5 + level / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()) - half, float(values.mean()) + half
