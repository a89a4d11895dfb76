"""The parts of a comparison's page: how many differences can be trusted, a chart per measure, and
all figures.
"""

import math
from collections.abc import Mapping, Sequence

from market_model.words import Language, amount, fixed, people

from . import figures
from .data import CompareData, DifferenceRow, tally
from .look import CARRIERS
from .sections import Card, Chart, Section


def compare_cards(data: CompareData) -> list[Card]:
    """Of a comparison: how many differences are clear, by themselves and all tested at once, and
    the largest of them.
    """
    clear, count = [d for d in data.differences if d.clear], tally(data.differences)
    runs = Card(data.say("compare.runs"), str(data.replicates), data.say("compare.runs_note"))
    if not count.tested:
        return [runs]
    found = [
        Card(
            data.say("compare.clear_count"),
            str(count.clear),
            data.say(
                "compare.clear_note",
                total=count.tested,
                chance=fixed(count.by_chance, data.language, 1),
            ),
        ),
        Card(
            data.say("compare.standing_count"),
            str(count.standing),
            data.say("compare.standing_note"),
        ),
        runs,
    ]
    sure = [d for d in clear if d.stands] or clear
    best = max((d for d in sure if d.base), key=lambda d: abs(d.difference / d.base), default=None)
    if best:
        found.insert(
            0,
            Card(
                data.say("compare.biggest"),
                _growth(best, data.language),
                f"{best.measure} · {best.variant}",
            ),
        )
    return found


def _growth(d: DifferenceRow, language: Language) -> str:
    if math.isnan(d.scale):
        return people.signed(d.difference / d.base, language)
    return people.growth(d.base / d.scale, (d.base + d.difference) / d.scale, language)


def compare_sections(data: CompareData, own: Mapping[str, str] | None = None) -> list[Section]:
    """Of a comparison: a chart per measure, one table for all; `own` colours of variants."""
    color = {name: CARRIERS[i % len(CARRIERS)] for i, name in enumerate(data.variants)} | dict(
        own or {}
    )
    charts: list[Chart] = []
    for measure in dict.fromkeys(d.measure for d in data.differences):
        rows = [d for d in data.differences if d.measure == measure]
        option = figures.differences(
            [d.variant for d in rows],
            [(d.difference, d.low, d.high) for d in rows],
            rows[0].unit,
            [color[d.variant] for d in rows],
            data.language,
        )
        charts.append(Chart(measure, option, _height([d.variant for d in rows])))
    keys = ("variant", "measure", "unit", "base", "mean", "difference", "low", "high", "clear")
    headers = [data.say(f"compare.{key}") for key in keys]
    rows = [_difference(d, data) for d in data.differences]
    return [*_worlds(data), Section("differences", charts, headers, rows)]


def _height(names: Sequence[str]) -> int:
    """Of a chart of rows under their names, so that no name reaches the row above it."""
    lines = max(len(figures.wrapped(name)) for name in names)
    return 64 + (39 + figures.LINE * lines) * len(names)


def _worlds(data: CompareData) -> list[Section]:
    """What free data does in each world: a chart for each variant and app."""
    charts = list[Chart]()
    for variant, app in dict.fromkeys(e[:2] for e in data.effects):
        mine = [e for e in data.effects if e[:2] == (variant, app)]
        names = [world for _, _, world, *_ in mine]
        ends = [(mean, low, high) for *_, mean, low, high in mine]
        option = figures.differences(
            names, ends, data.say("axis.people"), [CARRIERS[0]] * len(mine), data.language
        )
        charts.append(Chart(f"{app} · {variant}", option, _height(names)))
    headers = [data.say(f"compare.{k}") for k in ("variant", "app", "world", "runs")]
    headers += [data.say(f"compare.{k}") for k in ("difference", "lowest", "highest")]
    rows = [
        [*of, str(lucks), *(amount(v, data.language) for v in ends)]
        for *of, lucks, mean, low, high in data.effects
        for ends in [(mean, low, high)]
    ]
    return [Section("worlds", charts, headers, rows, says=data.reach)] if rows else []


def _difference(d: DifferenceRow, data: CompareData) -> list[str]:
    numbers = [amount(v, data.language) for v in (d.base, d.mean, d.difference, d.low, d.high)]
    clear = "yes" if d.stands else "alone" if d.clear else "no"
    verdict = clear if math.isfinite(d.low) else "only_one"
    return [d.variant, d.measure, d.unit, *numbers, data.say(f"compare.{verdict}")]
