"""Twins: what differs between two runs, as they are written, and in numbers over replicates with
the same luck in both.
"""

import asyncio
import json
import os
import time
from dataclasses import replace
from math import fsum
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..charts import ActorInfo, CompareData, DifferenceRow
from ..charts.comparison import compare_sections
from ..charts.look import CARRIERS, colors
from ..errors import suggest
from ..evidence.worlds import has_worlds, shipped
from ..scenario import ScenarioError, load_scenario
from ..study.compare import corrected, differences, figures_of, interval, replicate_seeds
from ..study.effects import WorldEffect, effects_of, last_weeks, reach, world_effect
from ..words import Language, actor, amount, currency, fixed, people
from ..work.runner import Job, Outcome
from .apart import told_apart
from .curves import DESK
from .place import Place, whole
from .runs import DESERTED, PATIENCE, answered, runs, value_of
from .texts import language_of, say

MOST, FLYING, KEPT, LOOKS, TICK = 32, max(1, min(4, (os.cpu_count() or 1) // 2)), 512, 60, 0.05
"""Replicates; pairs of runs under way for one reader; pairs kept; looks for more before an
answer, and seconds between them.
"""

_pairs: dict[str, tuple[Job, float]] = {}
"""Measures of pairs of runs and when they were last asked for, oldest first; touched by the
server's event loop alone.
"""


async def difference(request: Request) -> Response:
    """Of two runs `a` and `b`: what differs as they are written and, of so many `replicates`,
    what is `known` by now or some more.
    """
    query = request.query_params
    wanted, known = (
        min(MOST, whole(n, name)) if (n := query.get(name)) else -1
        for name in ("replicates", "known")
    )
    a, b = (Place.read(query.get(side, "")) for side in "ab")
    asked = {
        f"{a.key()} {b.key()} {s}": (measured, replace(a, seed=s), replace(b, seed=s))
        for s in replicate_seeds(a.seed, wanted)
    }
    pairs = await _more(asked, known)
    told = await answered(
        DESK.submit(_comparison, a, b, list(pairs.values()), language_of(query)), request
    )
    return JSONResponse({"done": len(pairs), "of": wanted, **told})


async def worlds(request: Request) -> Response:
    """How many more people use an `app` in b than in a, at the end of its longest offer, in each
    world that the news leaves open: what is `known` by now of so many `replicates` in each, or some
    more.
    """
    query, language = request.query_params, language_of(request.query_params)
    wanted, known = (
        min(MOST, whole(query.get(name) or "0", name)) for name in ("replicates", "known")
    )
    a, b = (Place.read(query.get(side, "")) for side in "ab")
    asked = dict[str, tuple[Any, ...]]()
    for world, differs in shipped().items():
        given = tuple((path, json.dumps(value)) for path, value in differs.items())
        one, other = (replace(p, changes=(*given, *p.changes)) for p in (a, b))
        for s in replicate_seeds(a.seed, wanted):
            pair = replace(one, seed=s), replace(other, seed=s)
            asked[f"{world} {a.key()} {b.key()} {s}"] = effect_in, *pair
    ended = await _more(asked, known)
    app, found = query.get("app", ""), list[WorldEffect]()
    for world in shipped():
        mine = [v for key, v in ended.items() if key.startswith(f"{world} ") and app in v]
        if mine:
            when = a.scenario().date_of(int(mine[0][app]))
            found.append(world_effect(world, "b", app, when, [v[f"b {app}"] for v in mine]))

    def title(story: str) -> str:
        return load_scenario(story).title_in(language) or story

    names = [title(place.story) for place in (a, b)]
    if a.story == b.story:
        names = [say(f"finding.{run}", language) for run in ("before", "now")]
    return JSONResponse(
        {
            "done": len(ended),
            "of": len(asked),
            "says": reach(found, names[0], names[1], language),
            "rows": [
                [title(e.world), *(amount(v, language) for v in (e.mean, e.low, e.high))]
                for e in found
            ],
        }
    )


async def luck(request: Request) -> Response:
    """How many more simulated people use an `app` in b than in a, week by week: the mean and the
    ends of its 95 % interval over `replicates` lucks, once all of them are done; until then how
    many are, as soon as they are more than are `known`.
    """
    query = request.query_params
    app, wanted, known = (
        query.get("app", ""),
        *(min(MOST, whole(query.get(name) or "0", name)) for name in ("replicates", "known")),
    )
    a, b = (Place.read(query.get(side, "")) for side in "ab")
    for place in (a, b):
        if app not in (names := place.scenario().messengers):
            raise ScenarioError("address", "app", f"'{app[:60]}' is no app; {suggest(app, names)}")
    asked = {
        f"active {app} {a.key()} {b.key()} {s}": (more_active, replace(a, seed=s), r, app)
        for s in replicate_seeds(a.seed, wanted)
        for r in (replace(b, seed=s),)
    }
    ended = await _more(asked, known)
    by_week: list[tuple[float, float, float]] = []
    if len(ended) == wanted > 1:
        by_week = [interval(np.array(v)) for v in zip(*ended.values(), strict=True)]
    return JSONResponse(
        {
            "done": len(ended),
            "of": wanted,
            "weeks": by_week,
            "worlds": all(has_worlds(place.story) for place in (a, b)),
            "differing": [*told_apart(a, b, language_of(query))],
        }
    )


def more_active(a: Place, b: Place, app: str) -> list[int]:
    """By week, how many more simulated people are active on an app in `b` (in a worker)."""
    from ..market import run

    one, other = (
        run(scenario := place.scenario(), place.seed, place.decisions(scenario)) for place in (a, b)
    )
    active = [
        r.history.series("app", app, "active") / r.scenario.people_per_user for r in (one, other)
    ]
    weeks = min(map(len, active))
    return [round(v) for v in (active[1][:weeks] - active[0][:weeks]).tolist()]


def effect_in(a: Place, b: Place) -> dict[str, float]:
    """What `b` does in its world (in a worker)."""
    return effects_of({"a": a.scenario(), "b": b.scenario()}, a.seed)


async def _more(asked: dict[str, tuple[Any, ...]], known: int) -> dict[str, Any]:
    """What has ended of tasks by key, once it is more than is known, or after a while. Raises
    Crashed.
    """
    ended = dict[str, Outcome]()
    for _ in range(LOOKS):
        ended = _pump(asked)
        if known < len(ended) or len(ended) >= len(asked):
            break
        await asyncio.sleep(TICK)
    asyncio.get_running_loop().call_later(DESERTED + 1, _forget)
    return {key: value_of(outcome) for key, outcome in ended.items()}


def _pump(asked: dict[str, tuple[Any, ...]]) -> dict[str, Outcome]:
    """What has ended; the next ones are started."""
    ended, flying = dict[str, Outcome](), 0
    for key, (task, *pair) in asked.items():
        if key not in _pairs and flying < FLYING:
            _pairs[key] = runs().workers.submit(task, *pair, timeout=PATIENCE), 0.0
        if job := _pairs.pop(key, (None,))[0]:
            _pairs[key] = job, time.monotonic()
            flying += not job.outcome.done()
            ended |= {key: job.outcome.result()} if job.outcome.done() else {}
    while len(_pairs) > KEPT:
        _pairs.pop(next(iter(_pairs)))[0].cancel()
    return ended


def _forget() -> None:
    """What failed, and what has not begun and nobody waits for any more."""
    for key, (job, asked_at) in list(_pairs.items()):
        if (
            job.outcome.result().status != "ok"
            if job.outcome.done()
            else not job.outcome.running() and time.monotonic() - asked_at > DESERTED
        ):
            _pairs.pop(key)[0].cancel()


def measured(*places: Place) -> list[dict[str, float]]:
    """The measures of runs (in a worker), all income of a carrier as one, and of an app that had
    an offer in any of them the share of people active in the last week of its longest one.
    """
    from ..market import run

    ran = [
        run(scenario := place.scenario(), place.seed, place.decisions(scenario)) for place in places
    ]
    found = [figures_of(one) for one in ran]
    for one, values in zip(ran, found, strict=True):
        for app, week in last_weeks(ran).items():
            if app in one.scenario.messengers and week < one.history.weeks:
                active = one.history.series("app", app, "active")[week]
                values[f"apps.{app}.offered_share"] = float(active / one.scenario.population)
        for mine in [
            key.removesuffix("plan_income_total")
            for key in values
            if key.endswith(".plan_income_total")
        ]:
            values[f"{mine}income"] = fsum(
                v
                for key, v in values.items()
                if key.startswith(mine) and key.endswith("_income_total")
            )
    return found


def _comparison(
    a: Place, b: Place, pairs: list[list[dict[str, float]]], language: Language
) -> dict[str, Any]:
    """What differs as written; rows (of whom, measure, unit, A, B, B − A, low, high, clear) and
    charts.
    """
    one, other = a.scenario(), b.scenario()
    values = {
        (side, r): v for r, pair in enumerate(pairs) for side, v in zip("ab", pair, strict=True)
    }
    found = {d.measure: d for d in corrected(differences("a", "b", values, len(pairs)))}
    shown = [
        *(
            (f"apps.{n}", n, kind, 100)
            for kind in ("offered_share", "active_share", "registered_share")
            for n in one.messengers
        ),
        *((f"carriers.{n}", n, "income", 1) for n in one.carriers),
        *(("market", "all", kind, 1) for kind in ("sms", "hhi", "consumer_surplus")),
    ]
    label = {"all": say("compare.all", language)} | {
        n: actor(n, language) for n in (*one.messengers, *one.carriers)
    }
    units = {
        kind: say(f"compare.{kind}_unit", language, money=currency(one.currency, language))
        for _, _, kind, _ in shown
    }
    users = min(one.society.users, other.society.users)
    few = say("compare.few_unit", language, users=fixed(users, language, 0))
    rows = [
        DifferenceRow(
            label[n],
            say(f"compare.{kind}", language),
            few if factor == 100 and min(d.base, d.variant) * users < people.FEW else units[kind],
            *(factor * v for v in (d.base, d.variant, d.difference, d.low, d.high)),
            adjusted=d.adjusted,
        )
        for of, n, kind, factor in shown
        if (d := found.get(f"{of}.{kind}")) and (d.base or d.variant)
    ]
    color = colors([ActorInfo(label[n], n, one.apps[n].color) for n in one.messengers]) | colors(
        [ActorInfo(label[n], n, c.color) for n, c in one.carriers.items()], CARRIERS
    )
    [section] = compare_sections(
        CompareData("", "", language, "", [d.variant for d in rows], len(pairs), rows), color
    )
    differing = [*told_apart(a, b, language)] or [say("compare.same", language)]
    return {
        "worlds": all(has_worlds(place.story) for place in (a, b)),
        "differing": differing,
        "rows": section.rows,
        "charts": [chart._asdict() for chart in section.charts],
    }
