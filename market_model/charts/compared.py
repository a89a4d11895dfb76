"""What a comparison says: variants against a base with the same luck."""

import math

from market_model.words import amount, percent

from . import figures
from .data import CompareData, Difference
from .look import CARRIERS
from .sections import Card, Chart, Section


def cards(data: CompareData) -> list[Card]:
    """How many differences are clear, and the largest of them."""
    clear = [d for d in data.differences if d.clear]
    found = [Card(data.say("compare.clear_count"), str(len(clear)), data.say("compare.clear_note", total=len(data.differences))),
             Card(data.say("compare.runs"), str(data.replicates), data.say("compare.runs_note"))]
    best = max((d for d in clear if d.base), key=lambda d: abs(d.difference / d.base), default=None)
    if best:
        found.insert(0, Card(data.say("compare.biggest"), _signed(best.difference / best.base),
                             f"{best.measure} · {best.variant}"))
    return found


def sections(data: CompareData) -> list[Section]:
    """The differences: a chart per measure, one table for all."""
    color = {name: CARRIERS[i % len(CARRIERS)] for i, name in enumerate(data.variants)}
    charts: list[Chart] = []
    for measure in dict.fromkeys(d.measure for d in data.differences):
        rows = [d for d in data.differences if d.measure == measure]
        option = figures.differences([d.variant for d in rows], [(d.difference, d.low, d.high) for d in rows], rows[0].unit,
                                     [color[d.variant] for d in rows], data.language)
        charts.append(Chart(measure, option, 64 + 54 * len(rows)))
    keys = ("variant", "measure", "unit", "base", "mean", "difference", "low", "high", "clear")
    headers = [data.say(f"compare.{key}") for key in keys]
    return [Section("differences", charts, headers, [_row(d, data) for d in data.differences])]


def _row(d: Difference, data: CompareData) -> list[str]:
    numbers = [amount(v, data.language) for v in (d.base, d.mean, d.difference, d.low, d.high)]
    verdict = ("yes" if d.clear else "no") if math.isfinite(d.low) else "only_one"
    return [d.variant, d.measure, d.unit, *numbers, data.say(f"compare.{verdict}")]


def _signed(share: float) -> str:
    text = percent(share)
    return text if text.startswith("−") else f"+{text}"
