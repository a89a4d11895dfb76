"""What the runs of a sweep say: what moves a measure, where it tips, which settings bring it
about, how its paths spread.
"""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, nan
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import suggest
from ..scenario import ScenarioError
from ..work.extras import needed
from .store import HEAD, Results

type Floats = NDArray[np.float64]
type Frame = Any  # of pandas, which has no types of its own
type Column = Any

HARMONICS = 6
"""Of RBD-FAST: Tarantola, Gatelli and Mara (2006)."""
FEWEST_POINTS = 8 * HARMONICS
"""For RBD-FAST: its bias correction 2M/N (Tissot and Prieur 2012) stays below one half in the
half samples of its bootstrap.
"""
POINTS_PER_FACTOR = 10
"""For a Gaussian process: Loeppky, Sacks and Welch (2009)."""
SURROGATE_POINTS = 256
"""At most, drawn from the sweep's: a Gaussian process takes the cube of it in time."""
MOST_LEVELS = 12
"""A factor with no more values than this is taken value by value, not in bins."""
MOST_BINS = 6
MOST_BOXES = 3
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SIGNS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


class Interval(NamedTuple):
    """A share (0…1) with the ends of its 95 % interval; nan where there is none."""

    value: float = nan
    low: float = nan
    high: float = nan


@dataclass(frozen=True)
class Effect:
    """How a factor moves a measure, as shares (0…1) of the variance between points, each the mean
    of its replicates.

    Attributes:
        rank: Spearman's correlation: +1 where more of the factor always gives more of the measure.
        first: what the factor explains alone. total: what would be left if only it were unknown;
            nan where it cannot be told.
        ends: of a factor whose values are texts, those with the most and the least of the measure,
            on average; else none.
    """

    factor: str
    rank: float
    first: Interval
    total: float
    ends: tuple[str, ...] = ()

    @property
    def strength(self) -> float:
        """What factors are ordered by."""
        return next((v for v in (self.total, self.first.value) if v == v), abs(self.rank))


@dataclass(frozen=True)
class Sensitivity:
    """What moves a measure, the strongest factor first.

    Attributes:
        method: "rbd_fast"; "grid" (shares counted on the full grid, without interval); "ranks" (too
            few points, or a list, whose factors may move together: only correlations). points:
            settings with at least one run.
        skill: share of the variance of points not seen that the surrogate behind the total effects
            explains; nan without one.
        luck: share of the variance of single runs that is chance; nan with one replicate.
    """

    measure: str
    method: Literal["rbd_fast", "grid", "ranks"]
    points: int
    effects: list[Effect]
    skill: float
    luck: Interval


def measures_of(results: Results, frame: Frame) -> list[str]:
    """Names of the measures that runs have."""
    numbers = frame.select_dtypes("number").columns
    return [c for c in numbers if c not in HEAD.names and c not in results.factors]


def runs_with(results: Results, measure: str) -> Frame:
    """Runs that have a measure. Raises ScenarioError: there is no such measure, or it never
    varies.
    """
    frame = results.frame
    if measure not in (names := measures_of(results, frame)):
        raise ScenarioError(
            str(results.folder), measure, f"is no measure of this sweep; {suggest(measure, names)}"
        )
    frame = frame.dropna(subset=[measure])
    if not varies(frame, measure):
        raise ScenarioError(
            str(results.folder), measure, "is the same in all settings; choose one that varies"
        )
    return frame


def varies(frame: Frame, measure: str) -> bool:
    """From setting to setting, more than rounding does."""
    means = frame.groupby("point")[measure].mean()
    return bool(means.std() > 1e-9 * means.abs().max())


def sensitivity(results: Results, measure: str) -> Sensitivity:
    """First-order effects by RBD-FAST with its bootstrap, total effects through a Gaussian
    process, and the share of luck.
    """
    frame, factors, kind = runs_with(results, measure), results.factors, results.sweep.design.kind
    points = frame.groupby("point").agg({**dict.fromkeys(factors, "first"), measure: "mean"})
    ordered = points.assign(**{factor: _ordered(points, factor, measure) for factor in factors})
    levels = ordered[factors].rank(method="dense")
    places, y = ((levels - 0.5) / levels.max()).to_numpy(), points[measure].to_numpy()
    method, skill = "ranks", nan
    first, total = [Interval()] * len(factors), [nan] * len(factors)
    if kind == "grid" and len(points) == len(set(results.plan["point"].to_pylist())):
        method, (first, total) = "grid", _on_grid(points, factors, measure)
    elif kind in ("lhs", "sobol") and len(points) >= FEWEST_POINTS:
        method, first = "rbd_fast", _rbd_fast(places, y)
        if len(points) >= POINTS_PER_FACTOR * len(factors):
            total, skill = _surrogate_total(places, y)
    ranks = levels.corrwith(points[measure], method="spearman")
    ends = [_ends(points, factor, measure) for factor in factors]
    effects = [Effect(*row) for row in zip(factors, ranks, first, total, ends, strict=True)]
    return Sensitivity(
        measure,
        method,
        len(points),
        sorted(effects, key=lambda e: -e.strength),
        skill,
        luck_share(frame, measure),
    )


def _ordered(points: Frame, factor: str, measure: str) -> Any:
    """A factor's values by point as numbers; of a category, whose names have no order, the mean of
    the measure where it has that value.
    """
    if not _is_category(points, factor):
        return points[factor]
    return points.groupby(factor)[measure].transform("mean")


def _is_category(points: Frame, factor: str) -> bool:
    return points[factor].dtype.kind not in "fiu"


def _ends(points: Frame, factor: str, measure: str) -> tuple[str, ...]:
    """The values of a category with the most and the least of the measure; none of numbers."""
    if not _is_category(points, factor):
        return ()
    means = points.groupby(factor)[measure].mean()
    return (str(means.idxmax()), str(means.idxmin())) if len(means) else ()


def _on_grid(
    points: Frame, factors: Sequence[str], measure: str
) -> tuple[list[Interval], list[float]]:
    """Main and total effects of a full grid: what a factor explains, and what all others leave
    unexplained.
    """

    def explained(by: list[str]) -> float:
        return (
            points.groupby(by)[measure].transform("mean").var() / points[measure].var()
            if by
            else 0.0
        )

    return [Interval(explained([f])) for f in factors], [
        1 - explained([g for g in factors if g != f]) for f in factors
    ]


def _rbd_fast(x: Floats, y: Floats) -> list[Interval]:
    problem = {"num_vars": x.shape[1], "names": list(range(x.shape[1]))}
    with np.errstate(invalid="ignore"):  # a half sample in which nothing varies
        indices = needed("SALib.analyze.rbd_fast", "study").analyze(
            problem, x, y, M=HARMONICS, seed=1
        )
    return [
        _share(value, value - half, value + half)
        for value, half in zip(indices["S1"], indices["S1_conf"], strict=True)
    ]


def _share(*values: float) -> Interval:
    """Estimates of a share, kept between 0 and 1."""
    return Interval(*np.clip(values, 0, 1).tolist())


def _surrogate_total(x: Floats, y: Floats) -> tuple[list[float], float]:
    """Total effects of a Gaussian process through the points, and its skill by cross-validation."""
    from scipy.stats import sobol_indices, uniform

    process, selection = (
        needed("sklearn.gaussian_process", "study"),
        needed("sklearn.model_selection", "study"),
    )
    count = np.array([[len(set(column))] for column in x.T])
    drawn = np.random.default_rng(1).permutation(len(x))[:SURROGATE_POINTS]
    x, y = x[drawn], y[drawn]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a noise at its lower bound is an answer
        kernels = process.kernels
        kernel = kernels.ConstantKernel() * kernels.RBF(
            [0.5] * x.shape[1], (0.05, 50)
        ) + kernels.WhiteKernel(0.1, (1e-6, 10))
        fitted = process.GaussianProcessRegressor(kernel, normalize_y=True).fit(x, y)
    again = process.GaussianProcessRegressor(fitted.kernel_, optimizer=None, normalize_y=True)
    skill = float(selection.cross_val_score(again, x, y, cv=5, scoring="r2").mean())

    def predicted(u: Any) -> Any:
        return fitted.predict(((np.floor(u * count) + 0.5) / count).T)

    indices = sobol_indices(
        func=predicted,
        n=512,
        dists=[uniform()] * x.shape[1],
        rng=1,
    )
    return np.clip(indices.total_order, 0, 1).tolist(), max(0.0, skill)


def luck_share(frame: Frame, measure: str) -> Interval:
    """Chance's share of the variance of single runs, by a two-way analysis of variance of points
    and replicates.

    One minus the intraclass correlation ICC(A,1), with its interval: McGraw and Wong (1996), table
    7. Replicates count as a source of their own, because points may share their luck: then few
    replicates say little, and the interval is wide.
    """
    from scipy.stats import f as fisher

    pivot = frame.pivot(index="point", columns="replicate", values=measure)
    table = (
        pivot.dropna(axis=1, thresh=len(pivot) // 2 + 1).dropna().to_numpy()
    )  # a replicate just begun is left out
    n, k = table.shape
    if n < 2 or k < 2:
        return Interval()
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    msr, msc = k * rows.var(ddof=1), n * columns.var(ddof=1)
    rest = table - rows[:, None] - columns + table.mean()
    mse = (rest**2).sum() / ((n - 1) * (k - 1))
    if msc + mse <= 1e-18 * msr:
        return Interval(0.0, 0.0, 0.0)
    same = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    a, b = k * same / (n * (1 - same)), 1 + k * same * (n - 1) / (n * (1 - same))
    freedom = (a * msc + b * mse) ** 2 / (
        (a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1))
    )
    below, above = fisher.ppf(0.975, n - 1, freedom), fisher.ppf(0.975, freedom, n - 1)
    spread = k * msc + (k * n - k - n) * mse
    low, high = (
        n * (msr - below * mse) / (below * spread + n * msr),
        n * (above * msr - mse) / (spread + n * above * msr),
    )
    return _share(1 - same, 1 - high, 1 - low)


class Condition(NamedTuple):
    """What is looked for, as in "apps.yixin.registered_share > 0.1"."""

    measure: str
    sign: str
    value: float

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Raises ScenarioError: it is not MEASURE > NUMBER."""
        parts = re.fullmatch(
            r"\s*(\S+?)\s*(>=|<=|>|<)\s*([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)\s*", text
        )
        if parts is None:
            raise ScenarioError(
                "--where", "", f"'{text}' is not MEASURE > NUMBER, as in 'market.hhi < 0.5'"
            )
        return cls(parts[1], parts[2], float(parts[3]))


@dataclass(frozen=True)
class Box:
    """A region of settings in which a condition often holds.

    Attributes:
        coverage: share of all runs with the condition that lie in it. density: share of its runs
            with the condition.
        limits: (low, high) by factor, infinite where it is open, or the values of a factor without
            numbers; only those that matter.
    """

    coverage: float
    density: float
    runs: int
    limits: dict[str, tuple[float, float] | list[str]]


def boxes(results: Results, condition: Condition) -> tuple[float, list[Box]]:
    """Scenario discovery by PRIM (Friedman and Fisher 1999; Bryant and Lempert 2010).

    Of each peeling the box with the highest harmonic mean of coverage and density is kept, without
    the factors none of whose limits a one-sided binomial test finds better than chance (quasi-p >
    0.05; it takes replicates for independent).

    Returns:
        The share of all runs with the condition, and up to three boxes, the next among the runs
        outside those before.
    """
    frame = runs_with(results, condition.measure)
    hit = _SIGNS[condition.sign](frame[condition.measure].to_numpy(), condition.value)
    nested: list[Box] = []
    if hit.all() or not hit.any():
        return float(hit.mean()), nested
    factors = frame[results.factors].reset_index(drop=True)
    texts = factors.select_dtypes(exclude="number").columns
    search = needed("ema_workbench.analysis.prim", "study").Prim(
        factors.astype(dict.fromkeys(texts, "category")), hit
    )
    left = hit.copy()
    while len(nested) < MOST_BOXES and left.any():
        box = search.find_box()
        table = box.peeling_trajectory
        box.select(
            int((table.coverage * table.density / (table.coverage + table.density)).idxmax())
        )
        for name, p in box.p_values[box._cur_box].items():
            if min((chance for chance in p if chance >= 0), default=1) > 0.05:
                box.drop_restriction(name)
        left[box.yi] = False
        limits = {
            name: _limits(box.box_lim[name], factors[name]) for name in box.p_values[box._cur_box]
        }
        if not limits or box.density <= hit.mean():
            break
        nested.append(Box(float(box.coverage), float(box.density), len(box.yi), limits))
    return float(hit.mean()), nested


def _limits(column: Column, swept: Column) -> tuple[float, float] | list[str]:
    low, high = column
    if isinstance(low, set):
        return sorted(map(str, low))
    return float(low) if low > swept.min() else -inf, float(high) if high < swept.max() else inf


@dataclass(frozen=True)
class Tipping:
    """Mean of a measure over a grid of two factors.

    Attributes:
        x, y: the factors. x_bins, y_bins: their ends or values, in order, as text.
        cells: (column, row, mean, standard deviation, run ids); cells without runs are missing.
    """

    measure: str
    x: str
    y: str
    x_bins: list[str]
    y_bins: list[str]
    cells: list[tuple[int, int, float, float, list[int]]]


def tipping(results: Results, measure: str, x: str, y: str) -> Tipping:
    """Where a measure changes with two factors: about five runs a cell, at most six bins a
    factor.
    """
    frame = runs_with(results, measure)
    bins = int(np.clip(np.sqrt(len(frame) / 5), 2, MOST_BINS))
    (columns, x_bins), (rows, y_bins) = (_binned(frame[name], bins) for name in (x, y))
    groups = frame[measure].groupby([columns, rows])
    cells = [
        (int(i), int(j), float(v.mean()), float(v.std()), list(map(int, v.index)))
        for (i, j), v in groups
    ]
    return Tipping(measure, x, y, x_bins, y_bins, cells)


def _binned(column: Column, bins: int) -> tuple[NDArray[Any], list[str]]:
    """The bin of each value, and the bins' names; bins have equally many of the values that
    occur.
    """
    values = sorted(column.unique())
    if isinstance(values[0], str) or len(values) <= MOST_LEVELS:
        return column.map(values.index).to_numpy(), [
            v if isinstance(v, str) else _short(v) for v in values
        ]
    edges = np.quantile(values, np.linspace(0, 1, bins + 1))
    return np.digitize(column, edges[1:-1]), [
        f"{_short(low)}–{_short(high)}" for low, high in pairwise(edges)
    ]


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


@dataclass(frozen=True)
class Fan:
    """Weekly quantiles over runs: `quantiles` has a row for each of `QUANTILES`, a column for
    each of `weeks`.
    """

    part: Literal["all", "low", "high"]
    runs: int
    weeks: list[int]
    quantiles: Floats


def fan(
    results: Results, scope: str, name: str, series: str, split: str | None = None
) -> list[Fan]:
    """How the paths of a weekly series spread; `split`: for the lowest and the highest third of
    a factor's values, apart.
    """
    import pyarrow.compute as pc

    frame = results.frame
    rows = results.weekly(
        ["run", "week", series], (pc.field("scope") == scope) & (pc.field("name") == name)
    )
    run, week, value = (column.to_numpy() for column in rows)
    paths = np.full((results.plan.num_rows, int(week.max(initial=0)) + 1), nan)
    paths[run, week] = value
    weeks = np.flatnonzero(np.isfinite(paths).any(axis=0))
    parts: dict[Any, Any] = {"all": frame.index}
    if split:
        place = frame[split].rank(method="dense")
        parts = {
            "low": frame.index[place <= place.quantile(1 / 3)],
            "high": frame.index[place >= place.quantile(2 / 3)],
        }
    return [
        Fan(
            part,
            len(runs),
            weeks.tolist(),
            np.nanquantile(paths[np.ix_(runs, weeks)], QUANTILES, axis=0),
        )
        for part, runs in parts.items()
        if len(weeks)
    ]
