"""One function per figure: plain data in, an ECharts option (a plain dict, ready for JSON) out.

Weekly values are sequences of one number per date; nan and infinities become gaps. Colours are those of a
light ground (`look.ON_DARK` has their partners). No option contains code, so each can be stored or sent.
"""

import datetime as dt
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from market_model.words import Language, amount, currency, scale, word

from .look import INCOMES, INK, MUTED, NONE, RULE, SURFACE, area

type Option = dict[str, Any]
NARROW = 520
BOLD: Option = {"color": INK, "fontWeight": 600, "fontSize": 13, "lineHeight": 18}
GRID: Option = {"show": True, "lineStyle": {"color": RULE}}


@dataclass(frozen=True)
class Line:
    """A curve: one value per date (or week of a cohort)."""

    label: str
    color: str
    values: Sequence[float]
    dashed: bool = False
    width: float = 2.5


@dataclass(frozen=True)
class OfferBar:
    """An offer on the time line: weeks since the start, `end_week` not included."""

    label: str
    terms: str
    color: str
    start_week: int
    end_week: int


def active_shares(dates: Sequence[str], apps: Sequence[Line], language: Language) -> Option:
    """Share (0…1) of all people active on each app, by week."""
    lines = [replace(a, values=[100 * v for v in a.values]) for a in apps]
    option = _over_time(dates, lines, word("axis.share_of_people", language))
    for series, line in zip(option["series"], lines, strict=True):
        series["endLabel"]["formatter"] = f"{{dot|●}} {line.label} {_last(line.values):.0f}%"
    return _fit_labels(option)


def registered_and_active(dates: Sequence[str], registered: Sequence[float], active: Sequence[float],
                          color: str, language: Language, offered: Sequence[tuple[str, str]] = ()) -> Option:
    """Registered (solid) and active (dashed) people of one app; shaded: `offered`, (first, last) dates."""
    pair = [Line(word("report.registered", language), color, registered),
            Line(word("report.active", language), color, active, dashed=True)]
    option = curves(dates, pair, word("axis.people", language), language)
    option["series"][0]["markArea"] = {
        "silent": True, "itemStyle": {"color": color, "opacity": 0.1},
        "data": [[{"xAxis": first}, {"xAxis": last}] for first, last in offered],
    }
    return option


def curves(dates: Sequence[str], lines: Sequence[Line], unit: str, language: Language) -> Option:
    """Weekly amounts (people, SMS, money …), shown in thousands, millions … as suits the largest."""
    largest = max((abs(v) for line in lines for v in line.values if math.isfinite(v)), default=0.0)
    divisor, key = scale(largest, language)
    scaled = [replace(x, values=[v / divisor for v in x.values]) for x in lines]
    return _over_time(dates, scaled, _unit(unit, key, language))


def offers_timeline(start: dt.date, weeks: int, offers: Sequence[OfferBar]) -> Option:
    """Offers as bars on a time line; above each bar its name and its terms."""
    rows = ["\n".join([*(f"{{name|{x}}}" for x in _wrap(o.label)), f"{{terms|{o.terms}}}"]) for o in offers]
    first, last = ([min(max(w, 0), weeks) for w in ends]
                   for ends in ([o.start_week for o in offers], [o.end_week for o in offers]))
    rich = {"name": BOLD, "terms": {"color": MUTED, "fontSize": 12, "lineHeight": 17}}
    bars = [{"value": max(b - a, 0.5), "itemStyle": area(o.color) | {"borderRadius": 5}}
            for o, a, b in zip(offers, first, last, strict=True)]
    common = {"type": "bar", "stack": "weeks", "barWidth": 14, "silent": True, "xAxisIndex": 1}
    return _base() | {
        "grid": {"left": 4, "right": 16, "top": 24, "bottom": 30, "outerBoundsMode": "none"},
        "xAxis": [_time_axis() | {"min": start.isoformat(), "splitLine": GRID,
                                  "max": (start + dt.timedelta(weeks=weeks)).isoformat()},
                  {"type": "value", "min": 0, "max": weeks, "show": False}],
        "yAxis": _rows_axis(rows, rich),
        "series": [common | {"data": first, "itemStyle": {"color": "transparent"}}, common | {"data": bars},
                   {"type": "line", "data": [], "xAxisIndex": 0}],
    }


def who_paid(flows: Sequence[tuple[str, str, float]], colors: Mapping[str, str], currency_name: str,
             language: Language) -> Option:
    """Money for sponsored data: (payer, carrier, money) → bands. Labels must differ between the two sides."""
    flows = [f for f in flows if f[2] > 0]
    nodes: list[Option] = []
    for side, position in ((0, "right"), (1, "left")):
        for name in dict.fromkeys(payer if side == 0 else carrier for payer, carrier, _ in flows):
            money = word("axis.money", language, currency=currency(currency_name, language),
                         amount=amount(math.fsum(f[2] for f in flows if name in f), language))
            nodes.append({"name": name, "depth": side, "itemStyle": area(colors.get(name, NONE)),
                          "label": {"position": position, "align": ("left", "right")[side],
                                    "formatter": f"{{name|{name}}}\n{{money|{money}}}"}})
    rich = {"name": BOLD, "money": {"color": INK, "fontSize": 12, "lineHeight": 16}}
    return _base() | {
        "tooltip": {"trigger": "item", "confine": True},
        "series": [{
            "type": "sankey", "left": 4, "right": 4, "top": 10, "bottom": 10, "nodeWidth": 14, "nodeGap": 34,
            "draggable": False, "label": {"rich": rich}, "lineStyle": {"color": "source", "opacity": 0.35},
            "data": nodes, "emphasis": {"focus": "adjacency"},
            "links": [{"source": a, "target": b, "value": _number(v)} for a, b, v in flows],
        }],
    }


def survival(cohorts: Sequence[tuple[Sequence[int], Line]], since: str, language: Language) -> Option:
    """Share (0…1) of offers' users still active, each curve with its weeks `since` the "end" or "joining"."""
    lines = [replace(c, values=[100 * v for v in c.values]) for _, c in cohorts]
    option = _over_time([], lines, word("axis.share_of_cohort", language))
    for series, (weeks, _), line in zip(option["series"], cohorts, lines, strict=True):
        series["data"] = [[w, _number(v)] for w, v in zip(weeks, line.values, strict=True)]
        series["endLabel"]["formatter"] = f"{{dot|●}} {line.label} {_last(line.values):.0f}%"
    option["xAxis"] = _value_axis() | {
        "name": word(f"axis.weeks_since_{since}", language), "nameLocation": "middle", "nameGap": 26,
        "nameTextStyle": {"color": MUTED}, "min": "dataMin", "max": "dataMax", "splitLine": {"show": False},
        "splitNumber": 6, "axisLine": {"lineStyle": {"color": MUTED}}, "axisLabel": {"color": MUTED, "showMaxLabel": False}}
    option["yAxis"] |= {"min": 0, "max": 100, "interval": 25}
    option["grid"]["bottom"] = 46
    return _fit_labels(option)


def carrier_income(dates: Sequence[str], incomes: Mapping[str, Sequence[float]], currency_name: str,
                   language: Language, top: float | None = None) -> Option:
    """A carrier's income per bill, stacked by source (key of `look.INCOMES` → one value per bill).

    `top` is the end of the money axis, so that several carriers can share it.
    """
    largest = top or max((sum(v) for v in zip(*incomes.values(), strict=True)), default=0.0)
    divisor, key = scale(largest, language)
    unit = _unit(word("axis.income", language, currency=currency(currency_name, language)), key, language)
    bars = [{"type": "bar", "stack": "income", "barCategoryGap": "25%", "itemStyle": area(INCOMES[source]),
             "name": word(f"income.{source}", language), "data": [_number(v / divisor) for v in values]}
            for source, values in incomes.items()]
    axis = {"type": "category", "data": [d[:7] for d in dates], "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": MUTED}}, "axisLabel": {"color": MUTED, "hideOverlap": True}}
    return _base(unit) | {
        "grid": {"left": 48, "right": 12, "top": 30, "bottom": 26}, "xAxis": axis,
        "yAxis": _value_axis() | ({"max": _nice(top / divisor)} if top else {}),
        "series": bars, "tooltip": _tooltip() | {"axisPointer": {"type": "shadow"}},
    }


def differences(variants: Sequence[str], found: Sequence[tuple[float, float, float]], unit: str,
                colors: Sequence[str], language: Language) -> Option:
    """One measure, a row per variant: (difference from the base, low, high) as a dot on its interval."""
    known = [v for row in found for v in row if math.isfinite(v)]
    divisor, key = scale(max((abs(v) for v in known), default=0.0), language)
    scaled = [tuple(_number(v / divisor) for v in row) for row in found]
    names = ["\n".join(_wrap(v)) for v in variants]
    rows = list(zip(names, scaled, colors, strict=True))
    bars = [{"type": "line", "symbol": "none", "silent": True, "data": [[low, name], [high, name]],
             "lineStyle": {"color": color, "width": 5, "opacity": 0.45, "cap": "round"}}
            for name, (_, low, high), color in rows]
    zero = {"silent": True, "symbol": "none", "label": {"show": False}, "data": [{"xAxis": 0}],
            "lineStyle": {"color": MUTED, "type": "solid", "width": 1}}
    dots = {"type": "scatter", "symbolSize": 11, "silent": True, "markLine": zero,
            "data": [{"value": [mean, name], "itemStyle": area(color)} for name, (mean, *_), color in rows]}
    ends = {"min": -_nice(-min(known, default=0) / divisor), "max": _nice(max(known, default=0) / divisor)}
    return _base(word("axis.difference", language, unit=_unit(unit, key, language))) | {
        "grid": {"left": 12, "right": 20, "top": 26, "bottom": 26, "outerBoundsMode": "none"},
        "xAxis": _value_axis() | (ends if any(ends.values()) else {}), "yAxis": _rows_axis(names), "series": [*bars, dots],
    }


def _over_time(dates: Sequence[str], lines: Sequence[Line], unit: str) -> Option:
    """Curves with their names at the right end, kept apart where they would overlap."""
    series = [{
        "type": "line", "name": line.label, "symbol": "none", "connectNulls": False, "clip": True,
        "data": [[d, _number(v)] for d, v in zip(dates, line.values, strict=False)],
        "lineStyle": {"color": line.color, "width": line.width, "type": [6, 4] if line.dashed else "solid"},
        "itemStyle": {"color": line.color}, "emphasis": {"focus": "series"}, "labelLayout": {"moveOverlap": "shiftY"},
        "endLabel": {"show": True, "formatter": f"{{dot|●}} {line.label}", "color": INK, "fontSize": 12,
                     "distance": 6, "rich": {"dot": {"color": line.color, "fontSize": 11}}},
    } for line in lines]
    return _fit_labels(_base(unit) | {
        "grid": {"left": 44, "right": 90, "top": 30, "bottom": 28},
        "xAxis": _time_axis(), "yAxis": _value_axis(), "series": series, "tooltip": _tooltip(),
    })


def _fit_labels(option: Option) -> Option:
    """Leaves as much room at the right as the longest end label needs; less, and wrapped, on a phone."""
    texts = [str(s["endLabel"]["formatter"]).removeprefix("{dot|●} ") for s in option["series"]]
    room = 34 + max((sum(12.5 if ord(c) > 0x2E80 else 7 for c in t) for t in texts), default=0)
    option["grid"]["right"] = round(min(room, 300))
    narrow = {"grid": {"right": round(min(room, 128)), "left": 36},
              "series": [{"endLabel": {"width": 92, "overflow": "break", "fontSize": 11}} for _ in texts]}
    option["media"] = [{"query": {"maxWidth": NARROW}, "option": narrow}]
    return option


def _unit(unit: str, key: str, language: Language) -> str:
    return word("axis.scaled", language, scale=word(f"scale.{key}", language), unit=unit) if key else unit


def _number(value: float) -> float | None:
    """Four digits that matter; None (a gap) where there is no number."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def _last(values: Sequence[float]) -> float:
    return next((v for v in reversed(values) if math.isfinite(v)), 0.0)


def _nice(value: float) -> float:
    """The next round number, for the end of an axis."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** math.floor(math.log10(value))
    step = next(s for s in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if s * unit >= value * 0.9999)
    return float(f"{step * unit:.4g}")


def _rows_axis(names: Sequence[str], rich: Option | None = None) -> Option:
    """Names that stand above their rows' bars, at the left end of the plot."""
    label = {"inside": True, "align": "left", "verticalAlign": "bottom", "padding": [0, 0, 9, -6],
             "color": INK, "textBorderColor": SURFACE, "textBorderWidth": 3, "rich": rich or {}}
    return {"type": "category", "data": list(names), "inverse": True, "axisLabel": label, "z": 10,
            "axisLine": {"show": False}, "axisTick": {"show": False}}


def _wrap(name: str) -> list[str]:
    """Lines that fit a phone."""
    return textwrap.wrap(name, 42 if name.isascii() else 22) or [name]


def _base(unit: str = "") -> Option:
    """What all figures share; the unit stands at the top left, where nothing can clip it."""
    title = {"text": unit, "show": bool(unit), "left": 0, "top": 0, "padding": [2, 0],
             "textStyle": {"fontSize": 12, "fontWeight": "normal", "color": MUTED}}
    return {"animation": False, "backgroundColor": "transparent", "textStyle": {"color": INK}, "title": title}


def _time_axis() -> Option:
    return {"type": "time", "axisLine": {"lineStyle": {"color": MUTED}}, "splitLine": {"show": False},
            "axisLabel": {"color": MUTED, "hideOverlap": True}}


def _value_axis() -> Option:
    return {"type": "value", "splitNumber": 4, "splitLine": GRID, "axisLabel": {"color": MUTED}}


def _tooltip() -> Option:
    return {"trigger": "axis", "confine": True, "order": "valueDesc", "backgroundColor": SURFACE,
            "borderColor": RULE, "textStyle": {"color": INK, "fontSize": 12}}
