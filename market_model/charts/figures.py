"""One function per figure: plain data in, an ECharts option (a plain dict, ready for JSON) out.

Weekly values are sequences of one number per date; nan and infinities become gaps. How axes, labels
and pointers look says `theme.json`. Colours are those of a light ground (`look.ON_DARK` has their
partners). No option contains code, so each can be stored or sent.
"""

import datetime as dt
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from market_model.words import Language, amount, currency, people, scale, word

from .data import OfferInfo
from .look import INCOMES, INK, MUTED, NONE, SURFACE, area

type Option = dict[str, Any]
NARROW = 520
STABLE = INCOMES["sponsor"]
BAND_EDGE = 4
LINE = 15
ROWS_GRID: Option = {"left": 12, "right": 20, "top": 26, "bottom": 26, "outerBoundsMode": "none"}


@dataclass(frozen=True)
class Curve:
    """A curve: one value per date (or week of a cohort); `users`: of shares, the simulated people
    that they are shares of.
    """

    label: str
    color: str
    values: Sequence[float]
    dashed: bool = False
    width: float = 2.5
    users: int = 0


def active_shares(dates: Sequence[str], apps: Sequence[Curve], language: Language) -> Option:
    """Share (0…1) of all people active on each app, by week."""
    return _shares_over_time(
        [(dates, line) for line in apps], word("axis.share_of_people", language), language
    )


def registered_and_active(
    dates: Sequence[str],
    registered: Sequence[float],
    active: Sequence[float],
    color: str,
    language: Language,
    offered: Sequence[tuple[str, str]] = (),
) -> Option:
    """Registered (solid) and active (dashed) people of one app; shaded: `offered`, (first, last)
    dates.
    """
    pair = [
        Curve(word("report.registered", language), color, registered),
        Curve(word("report.active", language), color, active, dashed=True),
    ]
    option = curves(dates, pair, word("axis.people", language), language)
    option["series"][0]["markArea"] = {
        "silent": True,
        "itemStyle": {"color": color, "opacity": 0.1},
        "data": [[{"xAxis": first}, {"xAxis": last}] for first, last in offered],
    }
    return option


def curves(dates: Sequence[str], lines: Sequence[Curve], unit: str, language: Language) -> Option:
    """Weekly amounts (people, SMS, money …), shown in thousands, millions … as suits the
    largest.
    """
    largest = max((abs(v) for line in lines for v in line.values if math.isfinite(v)), default=0.0)
    divisor, key = scale(largest, language)
    return over_time(
        [(dates, replace(x, values=[v / divisor for v in x.values])) for x in lines],
        unit_of(unit, key, language),
    )


def offers_timeline(
    start: dt.date, weeks: int, offers: Sequence[tuple[OfferInfo, str, str]]
) -> Option:
    """Offers, each with its terms and colour, as bars on a time line; above each bar its name
    and its terms.
    """
    rows = [
        "\n".join([*(f"{{name|{x}}}" for x in wrapped(o.label)), f"{{terms|{terms}}}"])
        for o, terms, _ in offers
    ]
    rich = {
        "name": {"color": INK, "fontWeight": 600, "fontSize": 13, "lineHeight": 18},
        "terms": {"color": MUTED, "fontSize": 12, "lineHeight": 17},
    }
    first, last = (
        [min(max(w, 0), weeks) for w in ends]
        for ends in ([o.start_week for o, *_ in offers], [o.end_week for o, *_ in offers])
    )
    bars = [
        {"value": max(b - a, 0.5), "itemStyle": area(color) | {"borderRadius": 5}}
        for (*_, color), a, b in zip(offers, first, last, strict=True)
    ]
    common = {"type": "bar", "stack": "weeks", "barWidth": 14, "silent": True, "xAxisIndex": 1}
    return {
        "grid": {"left": 4, "right": 16, "top": 24, "bottom": 30, "outerBoundsMode": "none"},
        "xAxis": [
            {
                "type": "time",
                "splitLine": {"show": True},
                "min": start.isoformat(),
                "max": (start + dt.timedelta(weeks=weeks)).isoformat(),
            },
            {"type": "value", "min": 0, "max": weeks, "show": False},
        ],
        "yAxis": rows_axis(rows, rich),
        "series": [
            common | {"data": first, "itemStyle": {"color": "transparent"}},
            common | {"data": bars},
            {"type": "line", "data": [], "xAxisIndex": 0},
        ],
    }


def who_paid(
    flows: Sequence[tuple[str, str, float]],
    colors: Mapping[str, str],
    currency_name: str,
    language: Language,
) -> Option:
    """Money for sponsored data: (payer, carrier, money) → bands. Labels must differ between the
    two sides.
    """
    flows = [f for f in flows if f[2] > 0]
    nodes: list[Option] = []
    for side, position in ((0, "right"), (1, "left")):
        for name in dict.fromkeys(payer if side == 0 else carrier for payer, carrier, _ in flows):
            money = word(
                "axis.money",
                language,
                currency=currency(currency_name, language),
                amount=amount(math.fsum(f[2] for f in flows if name in f), language),
            )
            nodes.append(
                {
                    "name": name,
                    "depth": side,
                    "itemStyle": area(colors.get(name, NONE)),
                    "label": {
                        "position": position,
                        "align": ("left", "right")[side],
                        "formatter": f"{{name|{name}}}\n{{money|{money}}}",
                    },
                }
            )
    links = [{"source": a, "target": b, "value": number_of(v)} for a, b, v in flows]
    return {
        "tooltip": {"trigger": "item"},
        "series": [{"type": "sankey", "data": nodes, "links": links}],
    }


def survival(cohorts: Sequence[tuple[Sequence[int], Curve]], language: Language) -> Option:
    """Share (0…1) of offers' users still active, each curve with its weeks since the offer's
    end; of a few users with the range of each share, shaded.
    """
    option = _shares_over_time(cohorts, word("axis.share_of_cohort", language), language)
    for (weeks, line), drawn in zip(cohorts, list(option["series"]), strict=True):
        if line.users < people.FEW:
            drawn["tooltip"] = {"show": False}
            option["series"] += _range(weeks, line)
    option["xAxis"] = weeks_axis(word("axis.weeks_since_end", language)) | {
        "splitNumber": 6,
        "axisLine": {"lineStyle": {"color": MUTED}},
        "axisLabel": {"showMaxLabel": False},
    }
    option["yAxis"] |= {"min": 0, "max": 100, "interval": 25}
    option["grid"]["bottom"] = 46
    return option


def carrier_income(
    dates: Sequence[str],
    incomes: Mapping[str, Sequence[float]],
    currency_name: str,
    language: Language,
    top: float,
) -> Option:
    """A carrier's income per bill, stacked by source (key of `look.INCOMES` → one value per bill).

    `top` is the end of the money axis, so that several carriers can share it.
    """
    parts = [
        Curve(word(f"income.{source}", language), INCOMES[source], values)
        for source, values in incomes.items()
    ]
    money = word("axis.income", language, currency=currency(currency_name, language))
    return stacked(dates, parts, money, language, top)


def stacked(
    dates: Sequence[str], parts: Sequence[Curve], unit: str, language: Language, top: float
) -> Option:
    """Amounts by month, one upon the other, on an axis that ends at `top`."""
    divisor, key = scale(top, language)
    bars = [
        {
            "type": "bar",
            "stack": "all",
            "barCategoryGap": "25%",
            "itemStyle": area(part.color),
            "name": part.label,
            "data": [number_of(v / divisor) for v in part.values],
        }
        for part in parts
    ]
    return {
        "title": {"text": unit_of(unit, key, language)},
        "grid": {"left": 48, "right": 12, "top": 30, "bottom": 26},
        "xAxis": {"type": "category", "data": [d[:7] for d in dates]},
        "yAxis": {"type": "value"} | ({"max": _nice(top / divisor)} if top else {}),
        "series": bars,
        "tooltip": {"axisPointer": {"type": "shadow"}},
    }


def differences(
    variants: Sequence[str],
    found: Sequence[tuple[float, float, float]],
    unit: str,
    colors: Sequence[str],
    language: Language,
) -> Option:
    """One measure, a row per variant: (difference from the base, low, high) as a dot on its
    interval.
    """
    known = [v for row in found for v in row if math.isfinite(v)]
    divisor, key = scale(max((abs(v) for v in known), default=0.0), language)
    scaled = [tuple(number_of(v / divisor) for v in row) for row in found]
    names = ["\n".join(wrapped(v)) for v in variants]
    zero = {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "data": [{"xAxis": 0}],
        "lineStyle": {"color": MUTED, "type": "solid", "width": 1},
    }
    low, high = (end([0.0, *known]) / divisor for end in (min, max))
    step = _nice((high - low) / 4)
    ends: Option = {}
    if step:
        ends = {
            "min": number_of(-step * math.ceil(-low / step)),
            "max": number_of(step * math.ceil(high / step)),
            "interval": step,
            "axisLabel": {"alignMinLabel": "left", "alignMaxLabel": "right"},
        }
    return {
        "title": {"text": word("axis.difference", language, unit=unit_of(unit, key, language))},
        "grid": ROWS_GRID,
        "xAxis": {"type": "value"} | ends,
        "yAxis": rows_axis(names),
        "series": _intervals(list(zip(names, scaled, colors, strict=True)), markLine=zero),
    }


def best_replies(
    profiles: Sequence[tuple[str, bool]], columns: int, arrows: Sequence[tuple[int, int, str]]
) -> Option:
    """Profiles in rows of `columns`, (name, equilibrium?), and arrows (from, to, colour of the
    seat that would change).
    """
    nodes = [
        {
            "id": str(i),
            "name": name.replace(" / ", "\n"),
            "x": 200 * (i % columns),
            "y": 140 * (i // columns),
            "symbolSize": 26 if stable else 12,
            "itemStyle": area(STABLE if stable else NONE),
        }
        for i, (name, stable) in enumerate(profiles)
    ]
    links = [
        {"source": str(a), "target": str(b), "lineStyle": {"color": color}}
        for a, b, color in arrows
    ]
    return {"series": [{"type": "graph", "data": nodes, "links": links}]}


def bands(facts: Sequence[tuple[str, Sequence[float], str]], unit: str) -> Option:
    """A row per fact: its name, (median, low, high) in half widths of its band, its colour; shaded:
    every band, −1 to 1.

    What lies beyond `BAND_EDGE` stands there.
    """
    rows = [
        (name, [max(-BAND_EDGE, min(BAND_EDGE, v)) for v in values], color)
        for name, values, color in facts
    ]
    band = {
        "silent": True,
        "itemStyle": {"color": NONE, "opacity": 0.22},
        "data": [[{"xAxis": -1}, {"xAxis": 1}]],
    }
    return {
        "title": {"text": unit},
        "grid": ROWS_GRID,
        "xAxis": {"type": "value", "min": -BAND_EDGE, "max": BAND_EDGE, "interval": 1},
        "yAxis": rows_axis([name for name, *_ in facts]),
        "series": _intervals(rows, markArea=band),
    }


def _intervals(
    rows: Sequence[tuple[str, Sequence[float | None], str]], **marked: Option
) -> list[Option]:
    """A dot on its interval for each row: its name, (middle, low, high), its colour; `marked`
    behind them.
    """
    bars: list[Option] = [
        {
            "type": "line",
            "silent": True,
            "data": [[low, name], [high, name]],
            "lineStyle": {"color": color, "width": 5, "opacity": 0.45, "cap": "round"},
        }
        for name, (_, low, high), color in rows
    ]
    return [
        *bars,
        {"type": "scatter", "silent": True}
        | marked
        | {
            "data": [
                {"value": [middle, name], "itemStyle": area(color)}
                for name, (middle, *_), color in rows
            ]
        },
    ]


def _shares_over_time(
    curves: Sequence[tuple[Sequence[str | int], Curve]], unit: str, language: Language
) -> Option:
    """Shares (0…1) of their lines' users, in per cent; the last ones at the curves' ends."""
    ends = [
        people.counted(people.share(last(x.values, 0.0) * x.users, x.users, language))
        for _, x in curves
    ]
    names = [f"{line.label} {end}" for (_, line), end in zip(curves, ends, strict=True)]
    percents = [(dates, replace(x, values=[100 * v for v in x.values])) for dates, x in curves]
    return over_time(percents, unit, names)


def _range(weeks: Sequence[int], line: Curve) -> list[Option]:
    """The 95 % range of each share of a line, as a band."""
    ends = [[100 * x for x in people.interval(v * line.users, line.users)] for v in line.values]
    edges = [[low for low, _ in ends], [high - low for low, high in ends]]
    common: Option = {
        "type": "line",
        "stack": f"{line.label} ±",
        "stackStrategy": "all",
        "silent": True,
        "tooltip": {"show": False},
        "lineStyle": {"width": 0},
        "itemStyle": {"color": line.color},
    }
    return [
        common
        | {
            "areaStyle": {"color": line.color, "opacity": opacity},
            "data": [[w, number_of(v)] for w, v in zip(weeks, edge, strict=True)],
        }
        for edge, opacity in zip(edges, (0.0, 0.12), strict=True)
    ]


def over_time(
    curves: Sequence[tuple[Sequence[str | int], Curve]], unit: str, names: Sequence[str] = ()
) -> Option:
    """Curves over their dates, with their `names` (else labels) at the right end, kept apart
    where they would overlap.

    The room at the right is what the longest name needs; less, and wrapped, on a phone.
    """
    names = names or [line.label for _, line in curves]
    series = [
        {
            "type": "line",
            "name": line.label,
            "data": [[d, number_of(v)] for d, v in zip(dates, line.values, strict=False)],
            "lineStyle": {
                "color": line.color,
                "width": line.width,
                "type": [6, 4] if line.dashed else "solid",
            },
            "itemStyle": {"color": line.color},
            "emphasis": {"focus": "series"},
            "labelLayout": {"moveOverlap": "shiftY"},
            "endLabel": {
                "show": True,
                "formatter": f"{{dot|●}} {name}",
                "rich": {"dot": {"color": line.color, "fontSize": 11}},
                "lineHeight": 14,  # without one, rich text is kept apart by half its height
            },
        }
        for (dates, line), name in zip(curves, names, strict=True)
    ]
    room = 34 + max(
        (sum(12.5 if ord(c) > 0x2E80 else 7 for c in name) for name in names), default=0
    )
    narrow = {
        "grid": {"right": round(min(room, 128)), "left": 36},
        "series": [{"endLabel": {"width": 92, "overflow": "break", "fontSize": 11}} for _ in names],
    }
    return {
        "title": {"text": unit},
        "grid": {"left": 44, "right": round(min(room, 340)), "top": 30, "bottom": 28},
        "xAxis": {"type": "time"},
        "yAxis": {"type": "value"},
        "series": series,
        "tooltip": {},
        "media": [{"query": {"maxWidth": NARROW}, "option": narrow}],
    }


def unit_of(unit: str, key: str, language: Language) -> str:
    return (
        word("axis.scaled", language, scale=word(f"scale.{key}", language), unit=unit)
        if key
        else unit
    )


def number_of(value: float) -> float | None:
    """Four digits that matter; None (a gap) where there is no number."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def last(values: Sequence[float], none: float = math.nan) -> float:
    """The last value that is a number."""
    return next((v for v in reversed(values) if math.isfinite(v)), none)


def _nice(value: float) -> float:
    """The next round number, for the end of an axis."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** math.floor(math.log10(value))
    step = next(s for s in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if s * unit >= value * 0.9999)
    return float(f"{step * unit:.4g}")


def rows_axis(names: Sequence[str], rich: Option | None = None) -> Option:
    """Names that stand above their rows' bars, at the left end of the plot."""
    label = {
        "inside": True,
        "align": "left",
        "verticalAlign": "bottom",
        "padding": [0, 0, 9, -6],
        "lineHeight": LINE,
        "color": INK,
        "textBorderColor": SURFACE,
        "textBorderWidth": 3,
        "rich": rich or {},
    }
    return {
        "type": "category",
        "data": list(names),
        "inverse": True,
        "axisLabel": label,
        "z": 10,
        "axisLine": {"show": False},
    }


def wrapped(name: str) -> list[str]:
    """Lines that fit a phone."""
    return textwrap.wrap(name, 42 if name.isascii() else 22) or [name]


def weeks_axis(name: str) -> Option:
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameGap": 26,
        "min": "dataMin",
        "max": "dataMax",
        "splitLine": {"show": False},
    }
