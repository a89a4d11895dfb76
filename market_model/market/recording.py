"""What a picture of the run needs: one key frame, then the users that changed in each week."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .market import Market

FRAME = ("main", "aware", "registered", "active", "free", "carrier")
"""Bytes per user: main app + 1 (0 for none), four bytes of apps, index of the carrier."""


def frame_of(market: Market) -> NDArray[np.uint8]:
    """All users now, shape (n, 6)."""
    people = market.people
    return np.stack([people.shown[:, 0], people.aware, people.registered, people.reach[market.last_half, 0],
                     people.shown[:, 1], people.carrier], axis=1)


@dataclass
class Recording:
    """A run as pictures.

    Attributes:
        key: (n, 6) all users after the first week.
        changed: for each later week the users that changed (k,) and their new bytes (k, 6).
        region: (n,) region of each user.
    """

    key: NDArray[np.uint8]
    region: NDArray[np.uint8]
    changed: list[tuple[NDArray[np.int32], NDArray[np.uint8]]] = field(default_factory=list)
    _now: NDArray[np.uint8] | None = None

    def add(self, market: Market) -> None:
        """Record the week that ran last."""
        before, now = self.key if self._now is None else self._now, frame_of(market)
        users = np.flatnonzero((before != now).any(axis=1)).astype(np.int32)
        self.changed.append((users, now[users]))
        self._now = now

    def frame(self, week: int) -> NDArray[np.uint8]:
        """All users in a week, shape (n, 6)."""
        frame = self.key.copy()
        for users, values in self.changed[:week]:
            frame[users] = values
        return frame
