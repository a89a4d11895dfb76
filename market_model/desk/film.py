"""The weeks of a round on the map: a disc for each place, its colours which apps people use there,
a mark at its rim for each app whose data is free there. It stands as at the end; `film.js` plays
it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from markupsafe import Markup

from ..charts.data import ActorInfo
from ..charts.look import colors
from ..charts.map import of_regions
from ..game import Setup
from ..game.report import PublicFacts, RoundReport
from ..words import Language, actor
from .markup import markup
from .news import sentences

WIDE, MARGIN, TEXT = 1000, 26, 24
"""Of the picture, in its own units: its width, free space around the discs, size of its text."""
LETTER, HAN = 0.6, 1.0
"""Width of a letter and of a Chinese character, of the size of text."""
PARTS = 1000
"""Parts of a disc that shares are rounded to."""


def film(setup: Setup, report: RoundReport, language: Language) -> Markup:
    """The map with the weeks of the last round, three sentences of news, and apps by users."""
    public = report.public
    names = list(public["apps"])
    ladder = sorted(names, key=lambda app: public["apps"][app]["active"][-1], reverse=True)
    infos = [ActorInfo(app, app, setup.scenario.apps[app].color) for app in names]
    high, discs = _discs(setup, public, language)
    weeks = len(next(iter(public["places"].values()))["active"][names[0]])
    days = [setup.scenario.date_of(report.week - weeks + k).isoformat() for k in range(weeks)]
    return markup(
        "film",
        setup,
        language,
        public=public,
        apps=names,
        ladder=ladder,
        color=colors(infos),
        discs=discs,
        wide=WIDE,
        high=high,
        size=TEXT,
        days=days,
        frames=json.dumps([disc["frames"] for disc in discs], separators=(",", ":")),
        headlines=sentences(setup, public["headlines"], language),
    )


def _discs(
    setup: Setup, public: PublicFacts, language: Language
) -> tuple[float, list[dict[str, Any]]]:
    """Height of the picture, and of each disc: its middle and radius, the parts of apps by week,
    where each begins, marks (x, y, app), and where its name stands, if there is room.
    """
    places, scale = public["places"], setup.scenario.people_per_user
    sizes = tuple(round(place["people"] / scale) for place in places.values())
    where = np.array(_layout(sizes, tuple(places), _Spots(setup)))
    low = (where[:, :2] - where[:, 2:]).min(axis=0)
    span = (where[:, :2] + where[:, 2:]).max(axis=0) - low
    unit = (WIDE - 2 * MARGIN) / span[0]
    where = (where - (*low, 0)) * unit + (MARGIN, MARGIN + 1.5 * TEXT, 0)
    taken = [(x - r, y - r, x + r, y + r) for x, y, r in where.tolist()]
    found = list[dict[str, Any]]()
    order = sorted(range(len(where)), key=lambda k: -where[k, 2])
    labels = dict[int, tuple[float, float] | None]()
    for k in order:
        text = actor(list(places)[k], language)
        labels[k] = _room(where[k].tolist(), _width(text), k, taken) if len(places) > 1 else None
    for k, (name, place) in enumerate(places.items()):
        x, y, r = where[k].round(1).tolist()
        free = [app for app in public["apps"] if _free(public, app, name)]
        found.append(
            {
                "name": name,
                "x": x,
                "y": y,
                "r": r,
                "frames": [
                    _parts([place["active"][app][w] for app in public["apps"]], place["people"])
                    for w in range(len(next(iter(place["active"].values()))))
                ],
                "marks": [(*_rim(x, y, r, n), app) for n, app in enumerate(free)],
                "label": labels[k],
            }
        )
    return round(float(span[1] * unit + 2 * MARGIN + 3 * TEXT), 1), found


class _Spots:
    """Places of a game's regions; equal for equal stories."""

    def __init__(self, setup: Setup) -> None:
        self.places = setup.scenario.society.places
        self._key = setup.scenario.name, tuple(self.places)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Spots) and other._key == self._key


@cache
def _layout(sizes: Sequence[int], names: Sequence[str], spots: _Spots) -> list[list[float]]:
    return of_regions(sizes, names, spots.places).tolist()


def _parts(active: Sequence[float], people: float) -> list[int]:
    """Parts of a disc by app: of the people there, or of all use where people use several."""
    whole = max(people, sum(active)) or 1.0
    return [round(PARTS * value / whole) for value in active]


def _free(public: PublicFacts, app: str, region: str) -> bool:
    return any(
        app in offer["apps"]
        and any(not regions or region in regions for regions in offer["regions"].values())
        for offer in public["offers"]
    )


def _rim(x: float, y: float, r: float, number: int) -> tuple[float, float]:
    """Where a mark stands: on the rim of its disc, from the upper right on, clockwise."""
    angle = -math.pi / 4 + number * 20 / max(r, 12)
    return round(x + r * math.cos(angle), 1), round(y + r * math.sin(angle), 1)


def _width(text: str) -> float:
    return sum(HAN if ord(letter) > 0x2E80 else LETTER for letter in text) * TEXT


def _room(
    disc: Sequence[float], width: float, k: int, taken: list[tuple[float, float, float, float]]
) -> tuple[float, float] | None:
    """Where a name fits: in its disc, below or above it; None where it would cover something."""
    x, y, r = disc
    if width < 1.8 * r:
        return round(x, 1), round(y + TEXT / 3, 1)
    for base in (y + r + TEXT, y - r - TEXT / 3):
        box = (x - width / 2, base - TEXT, x + width / 2, base + TEXT / 4)
        apart = all(
            n == k or box[0] > b[2] or b[0] > box[2] or box[1] > b[3] or b[1] > box[3]
            for n, b in enumerate(taken)
        )
        if apart and box[0] >= 0 and box[2] <= WIDE:
            taken.append(box)
            return round(x, 1), round(base, 1)
    return None
