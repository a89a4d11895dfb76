"""The map of a seat: a disc for each region with the shares of apps there, running offers at its
edge, and a name that stands free. Public knowledge alone.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from ..charts.data import ActorInfo
from ..charts.look import colors
from ..game import Setup
from ..players.observation import Public, RegulatorObservation
from ..words import Language, actor, people

if TYPE_CHECKING:
    from ..scenario.society import Spot as Place

WIDE = 640
"""Width of the map in its own units; a phone shows 0.58 px for each."""
STRETCH = 1.3
"""How much further apart than elsewhere discs stand from north to south: names fit between them."""
HIGH = 540
"""Most height of what stands on it."""
LARGEST = 150
"""Largest radius of a disc."""
EDGE = 12
"""Free room at the sides."""
NAME, FIGURE, SHORT = 19, 20, 9
"""Sizes of the letters of names, and the largest of figures on discs; letters of names that stay in
one row."""
RING, GAP = 9, 1.5
"""Width of a ring, and room between it and what it holds."""
MARK = 10
"""Radius of a token's mark; it stands on the edge of its disc."""
MARKS = 4
"""Most marks of offers at a disc."""
OFFERS, OWN = -60.0, 240.0
"""Where marks of running offers and of the seat's own tokens begin, in degrees; each goes away from
the top."""
EVERYWHERE = "everywhere"

type Spot = tuple[float, float, float]
"""Middle and radius of a disc."""
type Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""
ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}
"""Part of a name that lies left of its place."""


class Label(NamedTuple):
    """A name: its rows, where the first one stands, its anchor ("start", "middle", "end"), and the
    line that leads to it where it is not at its disc (x, y, x, y).
    """

    rows: tuple[str, ...]
    x: float
    y: float
    anchor: str
    line: tuple[float, ...] = ()

    def box(self) -> Box:
        """The room that it takes."""
        wide = max(map(_em, self.rows)) * NAME
        left = self.x - wide * ANCHORS[self.anchor]
        last = self.y + NAME * (len(self.rows) - 1)
        return left, self.y - 0.8 * NAME, left + wide, last + 0.25 * NAME

    def points(self) -> Iterator[Box]:
        """Room for points of the line, close to each other."""
        if self.line:
            a, b, c, d = self.line
            steps = max(1, round(math.hypot(c - a, d - b) / 3))
            for x, y in (
                (a + (c - a) * i / steps, b + (d - b) * i / steps) for i in range(steps + 1)
            ):
                yield x - 1, y - 1, x + 1, y + 1


class Mark(NamedTuple):
    """A running offer at a disc: the app that is cheaper, its letter and colour, whether users pay
    for it, and where it stands.
    """

    app: str
    letter: str
    color: str
    pack: bool
    x: float
    y: float


class Disc(NamedTuple):
    """A region on the map.

    Attributes:
        people: in it. arcs: (colour, path) of each app's part in the use of apps. held:
            radius of the area that the seat's app holds of all people. figure: that share in
            letters, of a size. change: of it in a round, −1, 0 or 1.
    """

    name: str
    x: float
    y: float
    r: float
    people: float
    arcs: tuple[tuple[str, str], ...]
    held: float
    figure: str
    size: float
    change: int
    label: Label | None
    marks: tuple[Mark, ...]
    spots: tuple[tuple[float, float], ...]


def atlas(setup: Setup, seat: str, view: Public, language: Language) -> dict[str, Any]:
    """The map as plain data: width, height, discs, app (whose share is told; "" for none), color
    by app.
    """
    names = view.regions or (EVERYWHERE,)
    parts = view.parts or {EVERYWHERE: 1.0}
    users = setup.scenario.society.users
    sizes = {name: max(1, round(parts[name] * users)) for name in names}
    spots, labels, high = sites(setup, names, language)
    apps = setup.scenario.messengers
    color = colors([ActorInfo(app, app, setup.scenario.apps[app].color) for app in apps])
    own = seat if seat in apps else (getattr(view, "own_app", None) or "")
    if isinstance(view, RegulatorObservation):
        own = max(apps, key=lambda app: view.shares[app])

    def disc(name: str) -> Disc:
        size, spot = sizes[name], spots[name]
        x, y, r = spot
        here = {app: view.shares_by_region[app][name] for app in apps}
        share = here.get(own, 0.0)
        before = view.shares_by_region_before.get(own, {}).get(name, 0.0)
        figure = _figure(share * size, size, language) if own else ""
        inside = r - RING - GAP
        return Disc(
            name,
            x,
            y,
            r,
            parts[name] * view.population,
            tuple(_arcs({app: here[app] for app in apps}, color, r - RING / 2)),
            round(inside * math.sqrt(min(1.0, share)), 1),
            figure,
            round(min(FIGURE, 1.7 * inside / max(1.0, _em(figure))), 1),
            (share > before) - (share < before),
            labels[name],
            tuple(
                Mark(app, _letter(app, language), color[app], pack, *edge(spot, OFFERS, k))
                for k, (app, pack) in enumerate(_at(setup, view, name))
            ),
            tuple(edge(spot, OWN, -k) for k in range(MARKS)),
        )

    return {
        "wide": WIDE,
        "high": high,
        "name_size": NAME,
        "ring": RING,
        "mark": MARK,
        "app": own,
        "color": color,
        "discs": [disc(name) for name in names],
    }


def sites(
    setup: Setup, names: Sequence[str], language: Language
) -> tuple[dict[str, Spot], dict[str, Label | None], float]:
    """Where the disc of each region stands, where its name, and the map's height."""
    society = setup.scenario.society
    shares = {name: society.regions.get(name, 1.0) for name in names}
    titles = tuple(actor(name, language) for name in names)
    spots, labels, high = _layout(tuple(shares.items()), tuple(society.places.items()), titles)
    return dict(zip(names, spots, strict=True)), dict(zip(names, labels, strict=True)), high


@lru_cache(maxsize=64)
def _layout(
    regions: tuple[tuple[str, float], ...],
    places: tuple[tuple[str, Place], ...],
    titles: tuple[str, ...],
) -> tuple[list[Spot], list[Label | None], float]:
    """Middle and radius of each disc, its name, and the map's height, in its units. There is as
    much room above and below the discs as their names need.
    """
    spots, high = _discs(dict(regions), dict(places))
    room = 0
    while True:
        placed = [(x, y + room, r) for x, y, r in spots]
        named = [(title, *spot) for title, spot in zip(titles, placed, strict=True)]
        labels = _labels(named, high + 2 * room)
        if all(labels) or room >= HIGH / 4:
            return placed, labels, round(high + 2 * room, 1)
        room += NAME


def _discs(
    regions: Mapping[str, float], places: Mapping[str, Place]
) -> tuple[tuple[Spot, ...], float]:
    """Middle and radius of each disc, and the least height of the map; they never move."""
    from ..charts.map import PEOPLE, of_regions

    where = of_regions(regions, places, PEOPLE)
    where[:, 1] *= STRETCH
    low = (where[:, :2] - where[:, 2:]).min(axis=0)
    span = (where[:, :2] + where[:, 2:]).max(axis=0) - low
    scale = min((WIDE - 2 * EDGE) / float(span[0]), HIGH / float(span[1]))
    scale = min(scale, LARGEST / float(where[:, 2].max()))
    middle = (WIDE - scale * float(span[0])) / 2
    top = MARK + EDGE / 2
    spots = tuple(
        (
            round(middle + scale * float(x - low[0]), 1),
            round(top + scale * float(y - low[1]), 1),
            round(scale * float(r), 1),
        )
        for x, y, r in where
    )
    return spots, round(top + scale * float(span[1]) + 1.6 * NAME, 1)


def _em(text: str) -> float:
    """How wide a text in bold letters is, in their size."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.61 for c in text)


def _labels(named: list[tuple[str, float, float, float]], high: float) -> list[Label | None]:
    """Where names stand: on discs that are large enough, then, those with the least choice first,
    as near to theirs as there is room, where no disc, no other name and no line to one is.
    """
    taken: list[Box] = []
    free = [
        [
            label
            for label, own in _candidates(*one)
            for box in (label.box(),)
            if box[0] >= 0 and box[1] >= 0 and box[2] <= WIDE and box[3] <= high
            if not any(_touches(box, *d[1:]) for d in named if d != one or not own)
        ]
        for one in named
    ]
    found: list[Label | None] = [None] * len(named)

    def choice(k: int) -> tuple[bool, int]:
        return not _wide_enough(*named[k]), sum(not label.line for label in free[k])

    for k in sorted(range(len(named)), key=choice):
        for label in free[k]:
            room = [label.box(), *label.points()]
            if not any(_over(one, other) for one in room for other in taken):
                taken += room
                found[k] = label
                break
    return found


def _rows(text: str) -> list[tuple[str, ...]]:
    """A name in one row, and in two if it can be."""
    return [(text,)] if len(text) < SHORT or " " not in text else [(text,), (*text.split(" ", 1),)]


def _wide_enough(text: str, _x: float, _y: float, r: float) -> bool:
    """Whether a name fits on its disc."""
    return min(max(map(_em, rows)) for rows in _rows(text)) * NAME < 2.5 * r


def _candidates(text: str, x: float, y: float, r: float) -> Iterator[tuple[Label, bool]]:
    """Names at a disc or, told by True, over it; then farther ones with a line to them."""
    ways = _rows(text)
    if _wide_enough(text, x, y, r):
        for rows in ways:
            yield Label(rows, x, y + max(1.5 * NAME, r - 0.3 * NAME * len(rows)), "middle"), True
    for rows in ways:
        deep = NAME * (len(rows) - 1)
        below, above, beside = y + r + 0.95 * NAME, y - r - 0.4 * NAME - deep, r + 0.3 * NAME
        wide = max(map(_em, rows)) * NAME
        sides = (0.0, -0.25, 0.25, -0.5, 0.5)
        for moved in sides:
            yield Label(rows, x + moved * wide, below, "middle"), False
        for far in (0.0, 0.5, -0.5, 0.9, -0.9):
            out = math.sqrt(max(0.0, beside**2 - (far * r) ** 2))
            for side, anchor in ((out, "start"), (-out, "end")):
                base = y + far * r + 0.3 * NAME - deep / 2
                yield Label(rows, x + side, base, anchor), False
        for moved in sides:
            yield Label(rows, x + moved * wide, above, "middle"), False
    for away in range(NAME, WIDE, NAME // 2):
        for turn, rows in product(range(24), ways):
            angle = math.pi * turn / 12
            across, down = math.cos(angle), math.sin(angle)
            anchor = "middle" if abs(across) < 0.4 else "start" if across > 0 else "end"
            end = x + (r + away) * across, y + (r + away) * down
            deep = NAME * (len(rows) - 1)
            base = end[1] + NAME * (0.3 + 0.55 * down) - deep * (1 - down) / 2
            line = (x + (r + 1) * across, y + (r + 1) * down, *end)
            yield Label(rows, end[0] + 3 * (1 - 2 * ANCHORS[anchor]), base, anchor, line), False


def _over(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _touches(box: Box, x: float, y: float, r: float) -> bool:
    """Whether a name would stand on a disc, or on the marks at its upper edge."""
    near_x, near_y = min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3])
    room = MARK if near_y < y - 0.3 * r else 1.0
    return math.hypot(near_x - x, near_y - y) < r + room


def edge(spot: Spot, first: float, k: int) -> tuple[float, float]:
    """Where the k-th mark at a disc stands; below 0: the other way round."""
    x, y, r = spot
    angle = math.radians(first + k * math.degrees(2.2 * MARK / r))
    return round(x + r * math.cos(angle), 1), round(y + r * math.sin(angle), 1)


def _arcs(
    here: Mapping[str, float], color: Mapping[str, str], r: float
) -> Iterator[tuple[str, str]]:
    """A ring of the apps' parts in all use of apps, from the top on."""
    whole, angle = sum(here.values()), 0.0
    for app, share in here.items():
        part = share / whole if whole else 0.0
        if part < 0.004:
            continue
        end = angle + min(part, 0.9999) * 2 * math.pi
        (a, b), (c, d) = ((r * math.sin(t), -r * math.cos(t)) for t in (angle, end))
        large = int(end - angle > math.pi)
        yield color[app], f"M{a:.1f} {b:.1f}A{r:.1f} {r:.1f} 0 {large} 1 {c:.1f} {d:.1f}"
        angle = end


def _figure(part: float, whole: float, language: Language) -> str:
    """A share of simulated people on a disc: "12%", "2/80" of a few."""
    if round(part) == 0:
        return "0"
    if part < people.FEW:
        return f"{round(part)}/{round(whole)}"
    return people.share(part, whole, language)


def _letter(app: str, language: Language) -> str:
    """The first letter of an app's name."""
    return actor(app, language)[:1]


def _at(setup: Setup, view: Public, region: str) -> list[tuple[str, bool]]:
    """Apps with cheaper data in a region, but not everywhere: (app, by a pack that users buy)."""
    found = {
        (app, offer.payer == "user")
        for offer in view.offers
        for app in offer.apps
        if app in setup.scenario.messengers
        for carrier, where in offer.regions.items()
        for here in [[name for name in setup.served(carrier) if not where or name in where]]
        if region in here and len(here) < len(view.regions)
    }
    return sorted(found)[:MARKS]
