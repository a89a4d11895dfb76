"""Where the discs of people stand: near the places of their regions on earth, never touching, the
same whatever is shown on them (a cartogram of circles: Dorling 1996).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..scenario.society import Spot

type Floats = NDArray[np.float64]

ASPECT = 1.8
"""Width of a map over its height."""
ROOM = 0.1
"""Free space between two discs, of the square root of all people: a name fits into it."""
CROWD = 0.55
"""Part of the map that discs cover before they are pushed apart."""
PULL = 0.04
"""Part of the way to its place that a disc is drawn back in a step."""
STEPS, LAST = 600, 400
"""Steps with a pull that fades, and without one."""
MANY = 100
"""Discs that are not pushed apart any more, but all stand as far apart as the largest need."""
PEOPLE = 2_000
"""For whom the map of regions is laid out, whatever their number."""
GOLDEN = math.pi * (3 - math.sqrt(5))


def discs(sizes: Sequence[float], spots: Sequence[Spot | None] = ()) -> Floats:
    """Middle and radius of each disc, in units in which a person covers π: shape (n, 3).

    Args:
        sizes: people in each. spots: their places; where one is missing, all stand around the
            middle, the largest inside.
    """
    people = np.asarray(sizes, float)
    radius = np.sqrt(people) + 0.5
    if len(people) > MANY:
        return np.column_stack([_around(np.full_like(people, 2 * people.max() + 1)), radius])
    placed = [spot for spot in spots if spot]
    homes = _on_earth(people, placed) if len(placed) == len(people) else _around(people)
    room, middles = ROOM * math.sqrt(people.sum()), homes.copy()
    for step in range(STEPS + LAST):
        middles += PULL * max(0.0, 1 - step / STEPS) * (homes - middles)
        middles += _pushes(middles, radius, room)
    return np.column_stack([middles, radius])


def _pushes(middles: Floats, radius: Floats, room: float) -> Floats:
    """How far each disc is moved by those too near, the smaller of two further."""
    apart = middles[:, None] - middles[None]
    far = np.hypot(apart[..., 0], apart[..., 1])
    near = np.maximum(radius[:, None] + radius[None] + room - far, 0.0)
    np.fill_diagonal(near, 0.0)
    area = radius**2
    part = area[None] / (area[:, None] + area[None])
    return ((near * part / np.maximum(far, 1e-9))[..., None] * apart).sum(axis=1) / 2


def _around(people: Floats) -> Floats:
    """Places like the seeds of a sunflower, the largest in the middle (Vogel 1979)."""
    order = np.argsort(-people, kind="stable")
    inside = np.cumsum(people[order]) - people[order] / 2
    angle, far = GOLDEN * np.arange(len(people)), np.sqrt(inside / CROWD)
    places = np.empty((len(people), 2))
    places[order, 0] = far * np.cos(angle) * math.sqrt(ASPECT)
    places[order, 1] = far * np.sin(angle) / math.sqrt(ASPECT)
    return places


def _on_earth(people: Floats, spots: list[Spot]) -> Floats:
    """Longitude and latitude stretched over the map, north above."""
    lonlat = np.array([[spot.lon, -spot.lat] for spot in spots])
    # two regions at one place would never part
    lonlat += 1e-3 * np.arange(len(spots))[:, None] * (1, -1)
    low, span = lonlat.min(axis=0), np.ptp(lonlat, axis=0)
    height = math.sqrt(math.pi * people.sum() / CROWD / ASPECT)
    box = np.array([ASPECT * height, height]) - 2 * math.sqrt(float(people.mean()))
    return (lonlat - low) / np.maximum(span, 1e-9) * box


def of_regions(shares: Mapping[str, float], spots: Mapping[str, Spot], people: float) -> Floats:
    """The discs of regions by name, for so many people in all (`discs`). Where they stand hangs on
    their shares alone, so that every page shows the same map.
    """
    fixed = _fixed(tuple(shares.values()), tuple(map(spots.get, shares)))
    sizes = people * np.array([*shares.values()]) / sum(shares.values())
    return np.column_stack([math.sqrt(people / PEOPLE) * fixed[:, :2], np.sqrt(sizes) + 0.5])


@lru_cache(maxsize=64)
def _fixed(shares: tuple[float, ...], spots: tuple[Spot | None, ...]) -> Floats:
    return discs([PEOPLE * share / sum(shares) for share in shares], spots)
