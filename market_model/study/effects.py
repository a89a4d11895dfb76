"""What free data did to the monthly users of an app, at the end of its longest offer: runs with the
same luck, in one world or in several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import TYPE_CHECKING

from ..scenario import Scenario
from ..words import Language, actor, amount, day, word
from .compare import collect, replicate_seeds

if TYPE_CHECKING:
    from ..market import Run


@dataclass(frozen=True)
class WorldEffect:
    """How many more people use an app in a variant than in the base, in a world.

    Attributes:
        when: the last day of the app's longest offer that ended. mean, low, high: monthly users,
            over lucks. lucks: how many.
    """

    world: str
    variant: str
    app: str
    when: date
    mean: float
    low: float
    high: float
    lucks: int


def last_weeks(runs: Iterable[Run]) -> dict[str, int]:
    """Of each app that had an offer in any of the runs, the last week of the longest that ended."""
    longest: dict[str, tuple[int, int]] = {}
    for one in runs:
        for offer in one.offers:
            length = offer["end"] - max(0, offer["start"])
            for app in offer["apps"] if 0 < offer["end"] < one.history.weeks else ():
                longest[app] = max(longest.get(app, (0, 0)), (length, offer["end"] - 1))
    return {app: week for app, (_, week) in longest.items()}


def effects_of(scenarios: Mapping[str, Scenario], seed: int) -> dict[str, float]:
    """Monthly users of each app beyond those of the first scenario, at the end of its longest
    offer, by "scenario app"; by "app": that week.
    """
    from ..market import run

    runs = {name: run(scenario, seed) for name, scenario in scenarios.items()}
    base, *others = runs
    weeks = {a: w for a, w in last_weeks(runs.values()).items() if a in scenarios[base].messengers}
    return {app: float(week) for app, week in weeks.items()} | {
        f"{name} {app}": float(
            runs[name].history.series("app", app, "mau")[week]
            - runs[base].history.series("app", app, "mau")[week]
        )
        for name in others
        for app, week in weeks.items()
    }


def effects(
    worlds: Mapping[str, Mapping[str, Scenario]],
    *,
    seed: int,
    lucks: int,
    workers: int,
    on_done: Callable[[], None],
) -> tuple[list[WorldEffect], list[str]]:
    """What each variant does in each world, and the runs that failed; of a world the scenarios by
    name, the base first.
    """
    seeds = replicate_seeds(seed, lucks)
    tasks = {(w, r): (scenarios, seeds[r]) for w, scenarios in worlds.items() for r in range(lucks)}
    results, failures = collect(effects_of, tasks, workers, on_done)
    found = list[WorldEffect]()
    for world, scenarios in worlds.items():
        base, *others = scenarios
        known = [results[world, r] for r in range(lucks) if (world, r) in results]
        apps = [app for app in scenarios[base].messengers if all(app in one for one in known)]
        for name in others:
            for app in apps if known else ():
                day = scenarios[base].date_of(int(known[0][app]))
                values = [one[f"{name} {app}"] for one in known]
                found.append(world_effect(world, name, app, day, values))
    return found, failures


def world_effect(
    world: str, variant: str, app: str, when: date, values: Sequence[float]
) -> WorldEffect:
    """Of a world's differences, one for each luck."""
    return WorldEffect(
        world, variant, app, when, fmean(values), min(values), max(values), len(values)
    )


def reach(
    found: Sequence[WorldEffect],
    base: str,
    variant: str,
    language: Language,
    apps: Sequence[str] = (),
) -> list[str]:
    """How far the effect of a variant reaches over worlds and luck: a sentence for each app.

    Args:
        base, variant: what readers call them. apps: only these.
    """
    said = list[str]()
    for app in dict.fromkeys(e.app for e in found if not apps or e.app in apps):
        mine = [e for e in found if e.app == app]
        low, high = min(e.low for e in mine), max(e.high for e in mine)
        key = "more" if low >= 0 else "fewer" if high <= 0 else "either"
        ends = (low, high) if key != "fewer" else (-high, -low)
        said.append(
            word(
                f"reach.{key}",
                language,
                app=actor(app, language),
                date=day(mine[0].when, language),
                base=base,
                variant=variant,
                low=amount(abs(ends[0]), language),
                high=amount(ends[1], language),
                worlds=len({e.world for e in mine}),
                lucks=max(e.lucks for e in mine),
            )
        )
    return said
