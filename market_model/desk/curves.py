"""The public board's curves of active people, for a small picture that a server draws."""

from __future__ import annotations

from dataclasses import dataclass

from ..charts.data import ActorInfo
from ..charts.look import colors
from ..game import Setup
from ..game.told import Told
from ..scenario import WEEKS_PER_BILL

WIDE, HIGH, LABELS, APART = 360, 200, 96, 15
"""Of the picture, in its own units: its size, room for names at the right, and least distance between two of them."""
DASHES = ("", "7 3", "2 3", "10 3 2 3", "4 2 1 2 1 2", "12 4", "1 4", "6 2 6 6")


@dataclass
class Curve:
    """An app's active share: `points` of an SVG, `shares` at `weeks`, and where its name stands."""

    app: str
    color: str
    dash: str
    shares: list[float]
    points: str
    end: float
    label: float


@dataclass(frozen=True)
class Curves:
    """All of them; `first`: where the first round begins; `top`: the share at the upper edge."""

    curves: list[Curve]
    weeks: list[int]
    first: float
    top: float


def curves(setup: Setup, told: Told) -> Curves:
    """Of all apps, from the story's start to now, every fourth week."""
    apps, people = told.public["apps"], setup.scenario.population
    weeks = list(range((told.week - 1) % WEEKS_PER_BILL, told.week, WEEKS_PER_BILL))
    shares = {app: [figures["active"][w] / people for w in weeks] for app, figures in apps.items()}
    top = max(0.1, *(max(values) for values in shares.values()))
    color = colors([ActorInfo(app, app, setup.scenario.apps[app].color) for app in apps])

    def across(week: int) -> float:
        return round((WIDE - LABELS) * week / max(1, told.week - 1), 1)

    found = [Curve(app, color[app], DASHES[k % len(DASHES)], values,
                   " ".join(f"{across(w)},{_down(v / top)}" for w, v in zip(weeks, values, strict=True)), _down(values[-1] / top), 0.0)
             for k, (app, values) in enumerate(shares.items())]
    _spread(found)
    return Curves(found, weeks, across(min(setup.first, told.week - 1)), top)


def _down(share: float) -> float:
    return round(16 + (HIGH - 24) * (1 - share), 1)


def _spread(found: list[Curve]) -> None:
    """Names beside the ends of their curves, none on another, none below the edge."""
    lowest = HIGH + APART - 4.0
    by_height = sorted(found, key=lambda curve: curve.end, reverse=True)
    for curve in by_height:
        lowest = curve.label = min(curve.end, lowest - APART)
