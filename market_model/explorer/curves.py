"""The rules of the model as curves, by the market's own functions; a process of its own computes
them.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist, fmean
from types import SimpleNamespace
from typing import Any

from ..charts import figures
from ..charts.look import APPS, INK, MUTED, SURFACE
from ..errors import suggest
from ..scenario import ScenarioError, load_scenario
from ..work.runner import Workers
from .place import FIRST_STORY

HERE = Path(__file__).parent
PEOPLE = {
    name: value for name, value in load_scenario(FIRST_STORY).parameters if isinstance(value, float)
}
RULES = {
    name: rule
    | {
        "name": name,
        "sliders": [[key, *slider, PEOPLE.get(key)][:6] for key, slider in rule["sliders"].items()],
    }
    for name, rule in tomllib.loads((HERE / "rules.toml").read_text("utf-8")).items()
}
TASTES = [NormalDist().inv_cdf((i + 0.5) / 40) for i in range(40)]
SPREAD = [math.exp(0.6 * NormalDist().inv_cdf(place)) for place in (0.1, 0.5, 0.9)]
DESK = Workers(1)
"""The process that draws and compares: no run keeps it waiting."""


def values_of(rule: str, asked: Mapping[str, str]) -> dict[str, float]:
    """What a rule is drawn with: parameters of the first story, and where the sliders stand.
    Raises ScenarioError.
    """
    if rule not in RULES:
        raise ScenarioError(
            "address", "rule", f"'{rule[:40]}' is not one of the rules; {suggest(rule, RULES)}"
        )
    try:
        return PEOPLE | {
            key: max(low, min(high, float(asked.get(key, value))))
            for key, _, low, high, _, value in RULES[rule]["sliders"]
        }
    except ValueError:
        raise ScenarioError("address", rule, "needs numbers, such as 0.25") from None


def places(rule: str) -> list[float]:
    """Where on its x axis a rule is computed: shares are of one, weeks whole."""
    low, high = RULES[rule]["x"]
    points = high if rule == "habit" else 80
    return [
        (low + (high - low) * i / points) / (100 if high == 100 else 1) for i in range(points + 1)
    ]


def drawn(rule: str, values: Mapping[str, float]) -> list[tuple[float, ...]]:
    """The curves of a rule. Called in the process of `DESK`."""
    at = _curves(_equations(), SimpleNamespace(**values))[rule]
    return list(zip(*map(at, places(rule)), strict=True))


@cache
def _equations() -> Any:
    """`market.equations` alone, as plain Python: the market around it takes seconds to import,
    numba to compile. What else this process does is compiled.
    """
    from numba.core import config

    before = config.DISABLE_JIT  # pyright: ignore[reportAttributeAccessIssue]
    config.DISABLE_JIT = True  # pyright: ignore[reportAttributeAccessIssue]
    try:
        loader = SourceFileLoader(
            "market_model.market.equations", str(HERE.parent / "market" / "equations.py")
        )
        spec = spec_from_loader(loader.name, loader)
        assert spec is not None
        alone = module_from_spec(spec)
        loader.exec_module(alone)
        return alone
    finally:
        config.DISABLE_JIT = before  # pyright: ignore[reportAttributeAccessIssue]


def _curves(eq: Any, v: Any) -> dict[str, Callable[[float], Sequence[float]]]:
    """What each rule's curves say at a place on its x axis."""

    def use(base: float, n: float, habit: float, felt: float = 0, elsewhere: float = 0) -> float:
        return eq.sigmoid(
            v.beta
            * eq.activity_value(
                base, 0, v.network_effect, n, v.habit_weight, habit, felt, v.crowding, elsewhere
            )
        )

    def register(value: float, waived: float) -> float:
        value = eq.registration_value(
            value, 0, v.network_effect, 0, eq.price_paid(v.felt, v.salience * waived, 0)
        )
        return eq.registration_chance(v.registration_rate, v.beta * value)

    def habit(weeks: float) -> Sequence[float]:
        h = 0.0
        for week in range(int(weeks)):
            h = eq.habit(h, week < v.weeks, v.habit_decay)
        return h, weeks < v.weeks

    return {
        "hearing": lambda n: [
            eq.arrival_chance(weeks * eq.hearing_rate(v.discovery, v.word_of_mouth, n))
            for weeks in (1, 13, 52)
        ],
        "registering": lambda value: [register(value, waived) for waived in (0, 1)],
        "use": lambda n: [
            use(v.base, n, v.habit, eq.price_paid(v.felt, waived, 0)) for waived in (0, 1)
        ],
        "habit": habit,
        "crowding": lambda others: [use(-4, n, 0.5, 0, others * v.habit) for n in (0.2, 0.5, 0.8)],
        "price": lambda paid: [
            eq.price_felt(
                eq.price_weight(v.pressure * spread, v.reference_price, v.wifi),
                eq.price_paid(paid, v.waived, 0),
            )
            for spread in SPREAD
        ],
        "volume": lambda paid: [
            eq.volume(paid, v.price_sensitivity, linear, v.choke_price) for linear in (0, 1)
        ],
        "shadow": lambda x: [
            eq.shadow_price(x, v.cap, v.overage, v.price_sensitivity, linear, v.choke_price)
            for linear in (0, 1)
        ],
        "sms": lambda reached: [
            1 - reached + reached * eq.crowd_share(v.sms_weight, v.apps, v.sms_weight),
            reached * v.apps * eq.crowd_share(1, v.apps, v.sms_weight),
        ],
        "tipping": lambda n: [
            *(
                fmean(use(v.base + v.taste_sd * taste, n, habit) for taste in TASTES)
                for habit in (n, 0)
            ),
            n,
        ],
    }


def option(
    rule: str, curves: Sequence[Sequence[float]], words: Mapping[str, str]
) -> figures.Option:
    """Curves as an ECharts option, in the colours of a light ground."""
    tips, (x0, x1), (y0, y1) = rule == "tipping", RULES[rule]["x"], RULES[rule]["y"]
    wide, high = (100 if end == 100 else 1 for end in (x1, y1))
    lines = [
        [
            [float(f"{wide * x:.4g}"), float(f"{high * y:.4g}")]
            for x, y in zip(places(rule), c, strict=True)
        ]
        for c in curves
    ]
    colors = APPS[0], APPS[2], MUTED if tips else APPS[3]
    series: list[figures.Option] = [
        {
            "type": "line",
            "name": name,
            "data": line,
            "itemStyle": {"color": color},
            "lineStyle": {"color": color},
        }
        for name, line, color in zip(words["lines"].split("|"), lines, colors, strict=False)
    ]
    for rests, name in ((True, "rests"), (False, "tips")) if tips else ():
        steps = [
            (a, m - a, b, n - b)
            for (a, m), (b, n) in pairwise(lines[0])
            if (m > a) == rests and (n > b) != rests
        ]
        series.append(
            {
                "type": "scatter",
                "name": words[name],
                "z": 5,
                "data": [[a + (b - a) * up / (up - down)] * 2 for a, up, b, down in steps],
                "itemStyle": {
                    "color": INK if rests else SURFACE,
                    "borderColor": INK,
                    "borderWidth": 2,
                },
            }
        )
    axis = {"type": "value", "axisLine": {"onZero": False}}
    return {
        "title": {"text": words["y"]},
        "series": series,
        "tooltip": {},
        "grid": {"left": 40, "right": 16, "top": 30, "bottom": 86 if tips else 66},
        "xAxis": axis
        | {
            "min": x0,
            "max": x1,
            "interval": (x1 - x0) / 4,
            "name": words["x"],
            "nameLocation": "middle",
            "nameGap": 24,
        },
        "yAxis": axis | {"min": y0, "max": y1, "interval": (y1 - y0) / 4},
        "legend": {
            "bottom": 0,
            "left": 0,
            "itemWidth": 16,
            "itemHeight": 8,
            "textStyle": {"color": INK},
        },
    }
