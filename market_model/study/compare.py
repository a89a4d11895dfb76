"""Twins: variants of a scenario with the same luck, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..charts.data import Tested, tally
from ..scenario import Scenario
from ..words.catalogue import flat
from ..work.code import CodeError
from ..work.runner import outcomes

if TYPE_CHECKING:
    from ..market import Run


REFUSED = "refused"
"""Among a run's figures: decisions of bots of a user's own that could not be carried out."""


@dataclass(frozen=True)
class Difference(Tested):
    """One measure of one variant against the base, over replicates.

    Attributes:
        base, variant: means. difference: mean of variant − base, run by run with the same luck.
        low, high: 95 % interval of the mean difference (Student's t); nan with one replicate, or
            a few that all differ by the same.
        p: of Student's test that the mean difference is 0; nan with one replicate, or if no run
            differs. adjusted: the same after Benjamini and Hochberg's correction for all tests of
            the comparison; of the differences with at most .05, one in twenty is luck.
    """

    scenario: str
    measure: str
    base: float
    variant: float
    difference: float
    low: float
    high: float
    p: float = nan
    adjusted: float = nan


@dataclass(frozen=True)
class Comparison:
    """All differences of a comparison, and the runs that failed.

    Attributes:
        tested, clear, by_chance, standing: how many differences were tested, have an interval
            without 0, would have one by luck alone if nothing differed, and stand after correction.
        refused: decisions of bots of a user's own that could not be carried out, in all runs.
    """

    base: str
    variants: list[str]
    replicates: int
    differences: list[Difference]
    failures: list[str]
    tested: int
    clear: int
    by_chance: float
    standing: int
    refused: int


def replicate_seeds(seed: int, replicates: int) -> list[int]:
    """Seeds of replicates: replicate i has the same luck in every variant; the first is the seed
    itself.
    """
    spawned = np.random.SeedSequence(seed).spawn(max(0, replicates - 1))
    return [seed, *(int(s.generate_state(1)[0]) for s in spawned)]


def measures_of(scenario: Scenario, policies: Mapping[str, str], seed: int) -> dict[str, float]:
    """The summary of one run as flat numbers, e.g. "apps.wechat.mau"; nan where there is none; and
    how many decisions could not be carried out (REFUSED).
    """
    from ..market import run

    one = run(scenario, seed, policies=policies)
    return figures_of(one) | {REFUSED: float(one.refusals)}


def figures_of(one: Run) -> dict[str, float]:
    """The summary of a run as flat numbers."""
    return {
        name: float(value)
        for name, value in flat(one.summary)
        if "." in name and isinstance(value, int | float)
    }


def compare(
    scenarios: Mapping[str, Scenario],
    *,
    seed: int = 0,
    replicates: int = 1,
    workers: int = 1,
    on_done: Callable[[], None] | None = None,
    policies: Mapping[str, Mapping[str, str]] | None = None,
) -> Comparison:
    """Run a base and its variants with the same luck.

    Args:
        scenarios: by name; the first is the base.
        replicates: runs of each, with seeds from `replicate_seeds`.
        workers: processes. on_done: called after each run.
        policies: by name of a variant, who decides in its seats (as for `Market`, in words).
    """
    names, policies = list(scenarios), policies or {}
    seeds = replicate_seeds(seed, replicates)
    tasks = {
        (name, r): (scenarios[name], policies.get(name, {}), seeds[r])
        for r in range(replicates)
        for name in names
    }
    results, failures = collect(measures_of, tasks, workers, on_done)
    refused = taken_refusals(results.values())
    found = corrected(
        [d for name in names[1:] for d in differences(names[0], name, results, replicates)]
    )
    return Comparison(names[0], names[1:], replicates, found, failures, *tally(found), refused)


def collect[Key: tuple[Any, int]](
    function: Callable[..., dict[str, float]],
    tasks: Mapping[Key, tuple[Any, ...]],
    workers: int,
    on_done: Callable[..., None] | None,
) -> tuple[dict[Key, dict[str, float]], list[str]]:
    """Figures of runs by name and number, and those that failed, in words; the last argument of
    each task is its seed. Raises CodeError, once a user's own file goes wrong in a run.
    """
    results, failures, keys = dict[Key, dict[str, float]](), list[str](), list(tasks)
    for done in outcomes(function, tasks.values(), workers=workers):
        key = keys[done.index]
        if done.status == "ok":
            results[key] = done.value
        elif isinstance(done.value, CodeError):
            raise done.value
        else:
            failures.append(
                f"{key[0]}, seed {tasks[key][-1]}: {done.status}: "
                f"{done.error.strip().splitlines()[-1]}"
            )
        if on_done:
            on_done()
    return results, failures


def taken_refusals(runs: Iterable[dict[str, float]]) -> int:
    """Decisions that could not be carried out, over all runs; they are no measure, and taken out of
    the figures of each.
    """
    return sum(int(figures.pop(REFUSED)) for figures in runs)


def differences(
    base: str, name: str, results: Mapping[tuple[str, int], Mapping[str, float]], replicates: int
) -> list[Difference]:
    """Every measure that all runs have; results by (scenario, replicate)."""
    pairs = [
        (results[base, r], results[name, r])
        for r in range(replicates)
        if (base, r) in results and (name, r) in results
    ]
    found: list[Difference] = []
    for measure in pairs[0][0] if pairs else ():
        if all(measure in a and measure in b for a, b in pairs):
            values = np.array([(a[measure], b[measure]) for a, b in pairs])
            old, new = values.mean(axis=0).tolist()
            gaps = values[:, 1] - values[:, 0]
            p, (mean, low, high) = p_value(gaps), interval(gaps)
            if p > 0.05 and _alike(gaps):  # so few say nothing of how far others lie
                low = high = nan
            found.append(Difference(name, measure, old, new, mean, low, high, p))
    return found


def corrected(found: Sequence[Difference]) -> list[Difference]:
    """The same differences, their p values adjusted for being tested all at once (Benjamini and
    Hochberg 1995).
    """
    from scipy import stats

    tested = [i for i, d in enumerate(found) if isfinite(d.p)]
    adjusted = stats.false_discovery_control([found[i].p for i in tested]) if tested else ()
    by_place = dict(zip(tested, adjusted, strict=True))
    return [replace(d, adjusted=float(by_place.get(i, nan))) for i, d in enumerate(found)]


def p_value(values: NDArray[np.float64]) -> float:
    """Of Student's two-sided test that the mean is 0, of the sign test where all are the same;
    nan for a single value, or if all are 0.
    """
    from scipy import stats

    n = len(values)
    if n < 2 or not values.any():
        return nan
    if _alike(values):
        return 2.0 ** (1 - n)
    t = values.mean() / (values.std(ddof=1) / np.sqrt(n))
    return float(2 * stats.t.sf(abs(t), n - 1))


def interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """A mean and the ends of Student's 95 % interval; nan for a single value."""
    from scipy import stats

    n = len(values)
    half = stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    mean = float(values.mean())
    return mean, mean - float(half), mean + float(half)


def _alike(values: NDArray[np.float64]) -> bool:
    """Whether all are the same number, but for rounding."""
    return bool(np.ptp(values) <= 1e-9 * np.abs(values).max())
