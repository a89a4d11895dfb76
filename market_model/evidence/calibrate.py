"""Looks for parameter sets that meet the facts marked C, of several stories at once, and keeps an
ensemble of them, not a best one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, reduce
from importlib.resources import files
from math import nan, sqrt
from operator import getitem
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ..scenario import ScenarioError, load_scenario
from ..scenario.parameters import Parameters
from ..study.compare import collect
from ..version import MODEL_VERSION
from ..work.extras import needed
from ..work.runner import outcomes
from .facts import Fact, Figures, targets
from .measure import carried, measure

if TYPE_CHECKING:
    import optuna

type Set = dict[str, Any]

STORY = "china-2013"
TRIAL = {"rivalry": 57, "free_at_globe": 44}
"""Measures that a set is judged by, and weeks of their runs while looking: until the last fact that
parameters are searched by.
"""
JUDGED = (*TRIAL, "free_data")
"""Measures that members are told by; the last says what the offers did, and judges nothing."""
WITHIN = 1.5
"""Members miss the middle of no band by more than this many half widths, in the mean of the
seeds they are judged on.
"""
JUDGES = (100, 101, 102, 103)
"""Seeds that members are judged on: none was used while looking."""
APART = 0.07
"""Members differ by at least this share of the prior ranges, root mean square."""
FOLLOWS = {"apps.laiwang.quality": "apps.yixin.quality"}
"""No fact tells Laiwang's quality apart from Yixin's."""


class Tried(NamedTuple):
    """A parameter set, its values by path, the mean figures it gave, and how far they are from
    the facts.
    """

    values: Set
    figures: Figures
    misfit: float


def overrides(values: Set) -> Set:
    """A parameter set as `load_scenario` takes it."""
    return values | {path: values[other] for path, other in FOLLOWS.items() if other in values}


def means(runs: Sequence[Figures]) -> Figures:
    """Mean of each figure over the runs that give it."""
    return {
        name: fmean(run[name] for run in runs if name in run)
        for name in dict.fromkeys(name for run in runs for name in run)
    }


@cache
def priors() -> Mapping[str, tuple[float, float]]:
    """Range of each parameter that may move, by path."""
    table: dict[str, Any] = tomllib.loads(
        files(__package__).joinpath("priors.toml").read_text("utf-8")
    )
    names: list[str] = table.pop("parameters")
    known = {
        name: cast(dict[str, Any], Parameters.model_fields[name].json_schema_extra)["prior"]
        for name in names
    }
    return {f"parameters.{name}": prior for name, prior in known.items()} | {
        path: tuple(row["range"]) for path, row in table.items()
    }


def misfit(figures: Figures, facts: Sequence[Fact]) -> float:
    """Root mean square of the distances from the middles of bands, in half widths; outside a
    band they count double.
    """
    gaps = [min(row.gap(figures[row.id]), 10.0) for row in facts]
    return sqrt(fmean(gap**2 * (2 if gap > 1 else 1) for gap in gaps))


def worst(figures: Figures, facts: Sequence[Fact]) -> tuple[float, str]:
    """The largest distance from a middle, in half widths of its band, and whose it is."""
    return max((row.gap(figures[row.id]), row.id) for row in facts)


def search(
    path: Path | None,
    trials: int,
    *,
    seeds: int = 2,
    users: int = 3000,
    workers: int = 1,
    facts: Sequence[Fact] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    fixed: Mapping[str, Any] | None = None,
    on_trial: Callable[..., None] = print,
) -> list[Tried]:
    """Try parameter sets until there are so many; the driver alone asks and tells, so a run that
    dies costs one trial.

    Args:
        path: a file of all trials, taken up again if it exists; None keeps them in memory.
        seeds, users: runs of each set, and their size.
        facts: what to meet, else `targets()`. ranges: what may move, else `priors()`; what is
            fixed, at the value given, does not.
        on_trial: called with each trial's misfit (nan if a run failed).

    Returns: sets all of whose runs ended well, the best first.
    Raises ScenarioError: optuna is missing, or the file belongs to other settings.
    """
    facts, fixed = facts or targets(), dict(fixed or {})
    ranges = {name: ends for name, ends in (ranges or priors()).items() if name not in fixed}
    study = _study(
        path,
        {
            "model": MODEL_VERSION,
            "seeds": seeds,
            "users": users,
            "facts": [[r.id, *map(str, (r.low, r.middle, r.high))] for r in facts],
            "ranges": {name: list(ends) for name, ends in ranges.items()},
            "fixed": fixed,
        },
    )
    left, asked = trials - sum(trial.state.is_finished() for trial in study.trials), list[Any]()
    if not study.trials:
        study.enqueue_trial({name: _shipped(name) for name in ranges})

    def tasks() -> Iterator[tuple[Any, ...]]:
        for _ in range(left):
            asked.append(study.ask())
            values = {name: asked[-1].suggest_float(name, *ends) for name, ends in ranges.items()}
            given = overrides(values | fixed)
            for name, weeks in TRIAL.items():
                of_story = carried(name, given) | {"society.users": users, "weeks": weeks}
                yield from ((name, of_story, seed) for seed in range(seeds))

    runs, each = dict[int, list[Figures | None]](), seeds * len(TRIAL)
    for done in outcomes(measure, tasks(), workers=workers):
        of_set = runs.setdefault(done.index // each, [])
        of_set.append(done.value if done.status == "ok" else None)
        if len(of_set) == each:
            on_trial(_tell(study, asked[done.index // each], of_set, facts))
    tried = [
        Tried(t.params | fixed, t.user_attrs["figures"], t.value)
        for t in study.trials
        if t.value is not None
    ]
    return sorted(tried, key=lambda t: t.misfit)


def _study(path: Path | None, settings: dict[str, Any]) -> optuna.Study:
    optuna, journal = needed("optuna", "study"), needed("optuna.storages.journal", "study")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        storage = (
            None
            if path is None
            else optuna.storages.JournalStorage(journal.JournalFileBackend(str(path)))
        )
        sampler = optuna.samplers.TPESampler(multivariate=True, n_startup_trials=40, seed=0)
        study = optuna.create_study(
            storage=storage, sampler=sampler, study_name=STORY, load_if_exists=True
        )
    except (ValueError, KeyError, OSError) as error:
        raise ScenarioError(
            str(path),
            "",
            f"holds no trials to go on with ({error}); choose another file with --out",
        ) from None
    if study.user_attrs.setdefault("settings", settings) != settings:
        raise ScenarioError(
            str(path),
            "",
            "holds trials with other settings, facts or ranges; choose another file with --out",
        )
    study.set_user_attr("settings", settings)
    return study


def _tell(
    study: optuna.Study, trial: optuna.Trial, runs: Sequence[Figures | None], facts: Sequence[Fact]
) -> float:
    import optuna

    good = [run for run in runs if run is not None]
    if len(good) < len(runs):
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return nan
    figures = means(good)
    trial.set_user_attr("figures", figures)
    study.tell(trial, misfit(figures, facts))
    return misfit(figures, facts)


def _shipped(path: str) -> float:
    """The value that china-2013 has."""
    return float(reduce(getitem, path.split("."), cast(Any, load_scenario(STORY).model_dump())))


def distinct(tried: Iterable[Tried], keep: int) -> list[Tried]:
    """The best sets that stand apart from each other."""
    chosen, ranges = list[Tried](), priors()
    for one in tried:

        def apart(other: Tried, one: Tried = one) -> float:
            return sqrt(
                fmean(
                    ((one.values[n] - other.values[n]) / (ranges[n][1] - ranges[n][0])) ** 2
                    for n in ranges.keys() & one.values.keys()
                )
            )

        if len(chosen) < keep and all(apart(other) >= APART for other in chosen):
            chosen.append(one)
    return chosen


def judge(
    candidates: Sequence[Tried],
    keep: int,
    *,
    within: float = WITHIN,
    seeds: Sequence[int] = JUDGES,
    workers: int = 1,
    facts: Sequence[Fact] | None = None,
    on_run: Callable[..., None] = print,
) -> list[dict[str, Any]]:
    """Members of the ensemble: the candidates within so many half widths of all facts in whole runs
    with other luck, at the stories' size.

    Returns: {overrides, misfit, worst, worst_fact, figures (means), runs (figures by seed)} each,
    the best first.
    """
    facts = facts or targets()
    jobs = {
        ((i, name), seed): (name, carried(name, overrides(one.values)), seed)
        for i, one in enumerate(candidates)
        for name in JUDGED
        for seed in seeds
    }
    runs, _ = collect(measure, jobs, workers, on_run)
    members = [
        member(
            overrides(one.values),
            {str(seed): means([runs[(i, name), seed] for name in JUDGED]) for seed in seeds},
            facts,
        )
        for i, one in enumerate(candidates)
        if all(((i, name), seed) in runs for name in JUDGED for seed in seeds)
    ]
    return sorted((m for m in members if m["worst"] <= within), key=lambda m: m["misfit"])[:keep]


def member(values: Set, runs: Mapping[str, Figures], facts: Sequence[Fact]) -> dict[str, Any]:
    """A set as the ensemble keeps it, with what it gave in its runs by seed."""
    figures = means([*runs.values()])
    gap, fact = worst(figures, facts)
    return {
        "overrides": values,
        "misfit": misfit(figures, facts),
        "worst": gap,
        "worst_fact": fact,
        "figures": figures,
        "runs": runs,
    }


def ensemble_file(
    members: Sequence[Mapping[str, Any]],
    made_by: str,
    within: float = WITHIN,
    reading: str = "",
) -> dict[str, Any]:
    """What `validate.ensemble` reads, with how it came about."""
    return {
        "made_by": made_by,
        "model_version": MODEL_VERSION,
        "within_half_widths": within,
        "facts": [row.id for row in targets()],
        "seeds": JUDGES,
        "members": [dict(one) | {"reading": reading} for one in members],
    }
