"""Figures of a sweep, as those of `figures`: plain data in, an ECharts option out."""

from collections.abc import Sequence
from typing import NamedTuple

from market_model.words import Language, scale, word

from .figures import (
    NARROW,
    Curve,
    Option,
    number_of,
    over_time,
    rows_axis,
    unit_of,
    weeks_axis,
    wrapped,
)
from .look import CARRIERS, HEAT, INK, RULE, area

FIRST, TOTAL = CARRIERS[:2]


class Bar(NamedTuple):
    """A factor's share of the variance (0…1): alone with the ends of its interval, and with all
    it does together with others.
    """

    label: str
    first: float
    low: float
    high: float
    total: float


class Cell(NamedTuple):
    """A cell of a heat map: its place, value, the value's text, and what pointing at it tells."""

    column: int
    row: int
    value: float
    text: str
    hint: str


def effects(bars: Sequence[Bar]) -> Option:
    """What moves a measure: a bar for each factor alone, a line for its interval, a diamond for
    its total effect.
    """
    names = ["\n".join(wrapped(b.label)) for b in bars]
    lines = [
        {
            "type": "line",
            "silent": True,
            "data": [[_percent(b.low), name], [_percent(b.high), name]],
            "lineStyle": {"color": INK, "width": 2},
        }
        for name, b in zip(names, bars, strict=True)
    ]
    alone = {
        "type": "bar",
        "barWidth": 14,
        "silent": True,
        "itemStyle": area(FIRST) | {"borderRadius": 5},
        "data": [_percent(b.first) for b in bars],
    }
    total = {
        "type": "scatter",
        "symbol": "diamond",
        "symbolSize": 13,
        "silent": True,
        "itemStyle": area(TOTAL),
        "data": [[_percent(b.total), name] for name, b in zip(names, bars, strict=True)],
    }
    return {
        "grid": {"left": 8, "right": 24, "top": 22, "bottom": 26, "outerBoundsMode": "none"},
        "xAxis": {
            "type": "value",
            "min": 0,
            "max": 100,
            "interval": 25,
            "axisLabel": {"formatter": "{value}%"},
        },
        "yAxis": rows_axis(names),
        "series": [alone, *lines, total],
    }


def tipping(
    x: str, y: str, x_bins: Sequence[str], y_bins: Sequence[str], cells: Sequence[Cell]
) -> Option:
    """A heat map of two factors."""
    values = [cell.value for cell in cells]
    data = [
        {
            "value": [c.column, c.row, number_of(c.value)],
            "name": c.hint,
            "label": {"formatter": c.text},
        }
        for c in cells
    ]
    axis = {"type": "category", "axisLine": {"lineStyle": {"color": RULE}}}
    small = {"label": {"fontSize": 10}}
    return {
        "title": {"text": f"↑ {y}", "textStyle": {"color": INK}},
        "grid": {"left": 8, "right": 12, "top": 28, "bottom": 28, "containLabel": True},
        "xAxis": axis
        | {"data": list(x_bins), "name": f"{x} →", "nameLocation": "middle", "nameGap": 32},
        "yAxis": axis | {"data": list(y_bins)},
        "visualMap": {
            "show": False,
            "min": min(values),
            "max": max(values),
            "inRange": {"color": list(HEAT)},
        },
        "tooltip": {"trigger": "item", "formatter": "{b}"},
        "series": [{"type": "heatmap", "data": data}],
        "media": [
            {
                "query": {"maxWidth": NARROW},
                "option": {
                    "series": [small],
                    "xAxis": {"axisLabel": {"rotate": 40}, "nameGap": 58},
                },
            }
        ],
    }


def fan(
    weeks: Sequence[int],
    fans: Sequence[tuple[str, str, Sequence[Sequence[float]]]],
    unit: str,
    language: Language,
) -> Option:
    """Paths of many runs: (label, colour, rows of the 5, 25, 50, 75 and 95 % quantiles), each a
    median line in two shaded bands.
    """
    divisor, key = scale(max(value for *_, rows in fans for row in rows for value in row), language)
    fans = [
        (label, color, [[v / divisor for v in row] for row in rows]) for label, color, rows in fans
    ]
    option = over_time(
        [(weeks, Curve(label, color, rows[2])) for label, color, rows in fans],
        unit_of(unit, key, language),
    )
    for label, color, rows in fans:
        for k, opacity in enumerate((0.0, 0.16, 0.32, 0.16)):
            edge = rows[(0, 1, 3, 4)[k]]
            below = rows[(0, 1, 3)[k - 1]] if k else [0.0] * len(edge)
            option["series"].append(
                {
                    "type": "line",
                    "stack": label,
                    "stackStrategy": "all",
                    "silent": True,
                    "tooltip": {"show": False},
                    "lineStyle": {"width": 0},
                    "itemStyle": {"color": color},
                    "areaStyle": {"color": color, "opacity": opacity},
                    "data": [
                        [w, number_of(a - b)] for w, a, b in zip(weeks, edge, below, strict=True)
                    ],
                }
            )
    option["xAxis"] = weeks_axis(word("sweep.week", language))
    option["grid"]["bottom"] = 46
    return option


def _percent(share: float) -> float | None:
    return number_of(100 * share)
