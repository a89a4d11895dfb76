"""Who is of which kind, week by week, as bytes for the browser (`static/film.js` reads them).

A film holds the kind of every user in the first week, one byte each; then, for each later week, how
many users changed, the gaps between their numbers (both as little-endian uint16: a browser shows
50,000 users at most) and their new kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..market import Market

type Bytes = NDArray[np.uint8]

MAIN, AWARE, REGISTERED, ACTIVE, FREE, CARRIER = range(6)
"""Columns of a frame: main app + 1 (0 for none), four bytes of apps, index of the carrier."""


def frame_of(market: Market) -> Bytes:
    """All users of a market that is recorded, now: shape (n, 6)."""
    people = market.people
    return np.stack(
        [
            people.shown[:, 0],
            people.aware,
            people.registered,
            people.reach[market.last_half, 0],
            people.shown[:, 1],
            people.carrier,
        ],
        axis=1,
    )


def standing(bit: int) -> Callable[[Bytes], Bytes]:
    """How users stand to an app, of frames (n, 6): 0 unaware, 1 aware, 2 registered, 3 active, 4
    active on free data.
    """

    def kinds(frame: Bytes) -> Bytes:
        aware, registered, active, free = (
            frame[:, k] >> bit & 1 for k in (AWARE, REGISTERED, ACTIVE, FREE)
        )
        return np.where(active, 3 + free, np.where(registered, 2, aware)).astype(np.uint8)

    return kinds


def level(market: Market, bit: int) -> Bytes:
    """How users stand to an app now: 0 not registered, 1 registered, 2 active."""
    registered, active = (
        column >> bit & 1
        for column in (market.people.registered, market.people.reach[market.last_half, 0])
    )
    return np.where(active, 2, registered).astype(np.uint8)


def differing(here: Bytes, there: Bytes) -> Bytes:
    """Kinds of the lens of two levels: 0 alike; 1 registered here alone, 2 there alone; 3 active
    here alone, 4 there alone.
    """
    most = np.where(np.maximum(here, there) == 2, 3, 1)
    return np.where(here == there, 0, most + (here < there)).astype(np.uint8)


class Film:
    """A film that is being written to a file."""

    def __init__(self, path: Path) -> None:
        self._path, self._size = path, 0
        self._now: Bytes | None = None
        self._parts: list[bytes] = []

    def add(self, kinds: Bytes) -> None:
        """One more week: the kind of each user, shape (n,)."""
        if self._now is None:
            self._parts.append(kinds.tobytes())
        else:
            who = np.flatnonzero(kinds != self._now)
            self._parts += [
                np.array([len(who), *np.diff(who, prepend=0)], "<u2").tobytes(),
                kinds[who].tobytes(),
            ]
        self._now = kinds.copy()

    def flush(self) -> None:
        """Write out the weeks added since the last time."""
        with self._path.open("ab") as file:
            file.write(b"".join(self._parts))
            self._size = file.tell()
        self._parts = []

    def go_on(self, written: Path, path: Path) -> None:
        """The same film in another file: so far as it was there."""
        with written.open("rb") as file:
            path.write_bytes(file.read(self._size))
        self._path = path
