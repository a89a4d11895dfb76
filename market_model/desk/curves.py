"""The public board's curves of active people, for a small picture that a server draws."""

from __future__ import annotations

from typing import Any

from ..charts.data import ActorInfo
from ..charts.look import colors
from ..game import Setup
from ..game.report import RoundReport
from ..scenario import WEEKS_PER_BILL

WIDE, HIGH, LABELS, APART = 360, 200, 96, 15
"""Of the picture, in its own units: its size, room for names at the right, and least distance
between two of them.
"""
TOP, BOTTOM = 16, HIGH - 8
DASHES = ("", "7 3", "2 3", "10 3 2 3", "4 2 1 2 1 2", "12 4", "1 4", "6 2 6 6")


def curves(setup: Setup, report: RoundReport) -> dict[str, Any]:
    """Active people, every fourth week until now.

    Keys: weeks; curves: of each app {app, color, dash, shares of people, points of an SVG, end:
    height}; labels: heights of names by app; first: where the first round begins; top: the share at
    the upper edge.
    """
    apps, now = report.public["apps"], report.week - 1
    weeks = range(now % WEEKS_PER_BILL, report.week, WEEKS_PER_BILL)
    shares = {
        app: [figures["active"][week] / setup.scenario.population for week in weeks]
        for app, figures in apps.items()
    }
    top = max(share for values in shares.values() for share in (0.1, *values))
    color = colors([ActorInfo(app, app, setup.scenario.apps[app].color) for app in apps])

    def across(week: int) -> float:
        return round((WIDE - LABELS) * week / max(1, now), 1)

    def down(share: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * share / top, 1)

    found: list[dict[str, Any]] = [
        {
            "app": app,
            "color": color[app],
            "dash": DASHES[k % len(DASHES)],
            "shares": values,
            "end": down(values[-1]),
            "points": " ".join(
                f"{across(w)},{down(v)}" for w, v in zip(weeks, values, strict=True)
            ),
        }
        for k, (app, values) in enumerate(shares.items())
    ]
    labels, lowest = dict[str, float](), HIGH + APART - 4.0
    for curve in sorted(found, key=lambda curve: curve["end"], reverse=True):
        lowest = labels[curve["app"]] = min(curve["end"], lowest - APART)
    return {
        "weeks": list(weeks),
        "curves": found,
        "labels": labels,
        "first": across(min(setup.first, now)),
        "top": top,
    }
