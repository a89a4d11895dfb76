"""The page of sweeps: a folder of results as a map of two factors and as fans; every cell of the
map leads to a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ..errors import suggest
from ..scenario import ScenarioError, builtin_names
from ..words import Language
from .apart import named
from .curves import DESK
from .fields import as_text
from .markup import markup
from .place import OPENED, Place
from .problems import problem
from .runs import answered
from .texts import language_of

RESULTS = Path("results")
"""Where `market-model sweep run` writes, in the folder that the server was started in; no other
is read.
"""


def folders() -> list[str]:
    """Names of the result folders, the newest first."""
    return [
        path.parent.name
        for path in sorted(RESULTS.glob("*/manifest.json"), key=lambda path: -path.stat().st_mtime)
    ]


async def sweep(request: Request) -> Response:
    """Of a `folder`: a `measure` over the factors `x` and `y`, as markup."""
    query, known = request.query_params, folders()
    name = query.get("folder") or (known[0] if known else "")
    language = language_of(query)
    if not known:
        return HTMLResponse(markup("sweep", language, folders=[]))
    if name not in known:
        raise ScenarioError(
            "address",
            "folder",
            f"'{name[:60]}' is not among the results here; {suggest(name, known)}",
        )
    choice = [query.get(key, "") for key in ("measure", "x", "y")]
    job = DESK.submit(
        view_of, RESULTS.absolute() / name, choice, [*builtin_names(), *OPENED], language
    )
    found = await answered(job, request)
    return HTMLResponse(markup("sweep", language, folders=known, folder=name, **found))


def view_of(
    folder: Path, choice: list[str], stories: list[str], language: Language
) -> dict[str, Any]:
    """What a folder shows, or what is wrong. Called in the process of `DESK`."""
    try:
        return _view_of(folder, choice, stories, language)
    except ScenarioError as error:
        return {"problem": problem(error, language)}


def _view_of(
    folder: Path, choice: list[str], stories: list[str], language: Language
) -> dict[str, Any]:
    from ..sweep import analysis
    from ..sweep import report as sweep_report
    from ..sweep.store import Results

    results = Results(folder)
    runs = results.frame
    measure = choice[0] or sweep_report.default_measures(results)[0]
    others = [
        m
        for m in analysis.measures_of(results, runs)
        if m.endswith("_share") or m.startswith("market.")
    ]
    measures = sorted(
        {measure, *(m for m in others if analysis.varies(runs.dropna(subset=[m]), m))}
    )
    x = choice[1] or results.factors[0]
    y = choice[2] or next((f for f in results.factors if f != x), x)
    for factor in (x, y):
        if factor not in results.factors:
            raise ScenarioError(
                "address",
                factor[:60],
                f"is no factor of this sweep; {suggest(factor, results.factors)}",
            )
    values = analysis.tipping(results, measure, x, y)
    page = sweep_report.SweepWords(language, sweep_report.users_of(results))
    means = [mean for _, _, mean, *_ in values.cells]
    low, high = min(means), max(means)
    cells = {
        (i, j): {
            "text": page.figure(measure, mean),
            "depth": round(70 * (mean - low) / (high - low or 1)),
            "hint": page.say(
                "cell",
                mean=page.figure(measure, mean),
                spread=page.figure(measure, spread),
                runs=len(numbers),
            ),
            "link": _nearest(results, stories, {n: float(runs[measure][n]) for n in numbers}, mean),
        }
        for i, j, mean, spread, numbers in values.cells
    }
    scope, name, series = sweep_report.weekly_place(measure)
    fans = (
        analysis.fan(results, scope, name, series, split=x)
        if f"{scope}.{series}" in results.sweep.outputs.weekly
        else []
    )
    return {
        "measure": measure,
        "label": page.measure(measure),
        "spread": page.measure(measure.removesuffix("_share")),
        "measures": [(m, page.measure(m)) for m in measures],
        "x": x,
        "y": y,
        "factors": [(f, named(tuple(f.split(".")), language)) for f in results.factors],
        "x_bins": values.x_bins,
        "y_bins": values.y_bins,
        "cells": cells,
        "fan": page.fan(measure, fans) if fans else None,
        "counts": results.counts(),
        "scenario": results.sweep.scenario,
    }


def _nearest(results: Any, stories: list[str], values: dict[int, float], mean: float) -> str:
    """The address of the run nearest to a mean; "" if a page cannot open its scenario."""
    if results.sweep.scenario not in stories:
        return ""
    run = min(values, key=lambda n: (abs(values[n] - mean), n))
    row = results.plan.slice(run, 1).to_pylist()[0]
    fixed = {path: as_text(value) for path, value in results.sweep.set.items()}
    varied = {path: as_text(row[path]) for path in results.factors}
    return Place(results.sweep.scenario, row["seed"], tuple((fixed | varied).items())).query()
