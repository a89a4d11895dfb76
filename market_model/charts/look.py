"""Colours. Options carry the light ones; `ON_DARK` turns each into its partner on a dark ground."""

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from .data import ActorInfo

INK, MUTED, RULE, SURFACE = "#172033", "#5b6678", "#dfe4ec", "#ffffff"
NONE, DEEP = "#a3adbc", "#0072b2"
APPS = ("#008a64", "#e08a00", "#8e2fb8", "#1b3fe0", "#7a1a3a", "#b0486f", "#4d7a00", "#5c5f00")
APPS_ON_DARK = (
    "#12a67c",
    "#f0a202",
    "#a45be0",
    "#74e8f5",
    "#c24a12",
    "#f29ac0",
    "#a8d84e",
    "#d8d27a",
)
CARRIERS = (DEEP, "#d55e00", "#56b4e9", "#009e73", "#cc79a7", "#7a5c00")
HEAT = ("#e3ecf6", "#6aaed6")
INCOMES = {
    "plan": "#3f5f8f",
    "overage": "#7fa6d9",
    "sms": "#d9a514",
    "voice": "#8d8f98",
    "sponsor": "#0f9d76",
    "pack": "#cf7fae",
    "surcharge": "#c4501b",
}

ON_DARK = {
    INK: "#e8edf5",
    MUTED: "#a7b1c2",
    RULE: "#2b3650",
    SURFACE: "#131a2a",
    NONE: "#7c8699",
    **dict(zip(APPS, APPS_ON_DARK, strict=True)),
    DEEP: "#2f93d6",
    **dict(zip(HEAT, ("#243352", "#2f7fb8"), strict=True)),
    "#3f5f8f": "#6c8fc7",
    "#7fa6d9": "#b4cff2",
    "#7a5c00": "#c9a227",
}
SHEET = {
    "ground": ("#f3f5f9", "#0d1320"),
    "surface": (SURFACE, ON_DARK[SURFACE]),
    "ink": (INK, ON_DARK[INK]),
    "muted": (MUTED, ON_DARK[MUTED]),
    "rule": (RULE, ON_DARK[RULE]),
    "accent": ("#1f5fd6", "#2f6df0"),
    "accent-ink": ("#ffffff", "#ffffff"),
    "link": ("#1f5fd6", "#8db4ff"),
    "bad": ("#a3262a", "#ff9d96"),
    "for": ("#0f7a5a", "#2fb98c"),
    "against": ("#b04a10", "#e8894f"),
    "deep": (DEEP, DEEP),
}
"""Variables of style sheets, on a light ground and a dark one: every page begins with `sheet()`."""


def sheet() -> str:
    """The line of CSS that gives a page its colours."""
    colors = "; ".join(f"--{name}: light-dark({', '.join(two)})" for name, two in SHEET.items())
    return f":root {{ color-scheme: light dark; {colors}; }}"


_ON_LIGHT = {dark: light for light, dark in ON_DARK.items()}
_OUTLINED = {NONE, "#e08a00", "#56b4e9"}


def colors(actors: Sequence[ActorInfo], palette: Sequence[str] = APPS) -> dict[str, str]:
    """The light-ground colour of each actor: its own, else the next of the palette nobody has
    taken.
    """
    own = {a.name: _ON_LIGHT.get(a.color.lower(), a.color.lower()) for a in actors if a.color}
    free = [c for c in palette if c not in own.values()] or list(palette)
    unnamed = [a.name for a in actors if a.name not in own]
    return own | {name: free[i % len(free)] for i, name in enumerate(unnamed)}


def ground(color: str) -> str:
    """A colour of the light ground, and its partner on a dark one, for style sheets."""
    return f"light-dark({color}, {ON_DARK.get(color, color)})"


def area(color: str) -> dict[str, object]:
    """Style of a filled shape: colours too pale for a white ground get an outline."""
    if color in _OUTLINED:
        return {"color": color, "borderColor": MUTED, "borderWidth": 1}
    return {"color": color, "borderColor": SURFACE, "borderWidth": 0.5}


PALETTE = {
    "none": NONE,
    "pale": RULE,
    "payers": (APPS[2], CARRIERS[0], APPS[1], APPS[0]),
    "cohorts": tuple(CARRIERS[i] for i in (0, 1, 3, 4, 5, 2)),
    "more": CARRIERS[0],
    "less": CARRIERS[1],
    "ink": INK,
    "muted": MUTED,
}
"""What scripts colour by themselves: people without an app or data, by who pays (app, carrier,
owner, user), by the offer that brought them, who is there because of a change, or no more, what a
reader bets, and what would be without a change.
"""


@cache
def echarts() -> str:
    """The vendored ECharts, a plain script, with our themes for a light ground ("day") and a
    dark one ("night"), our palette, and `draw.js`.
    """
    script, light, draw = (
        files(__package__).joinpath(name).read_text("utf-8")
        for name in ("vendor/echarts.min.js", "theme.json", "draw.js")
    )
    dark = re.sub("#[0-9a-f]{6}", lambda color: ON_DARK.get(color[0], color[0]), light)
    look = {
        "themes": {"day": json.loads(light), "night": json.loads(dark)},
        "onDark": ON_DARK,
        "palette": PALETTE,
    }
    return f"{script}\n{{\nconst LOOK = {json.dumps(look)}\n{draw}}}"


@cache
def echarts_module() -> str:
    """The vendored ECharts as an ES module; as a plain script it would register with the page's
    AMD loader.
    """
    head = "const echarts = {}, exports = echarts, module = { exports }"
    return f"{head}\n{echarts()}\nexport default echarts\n"
