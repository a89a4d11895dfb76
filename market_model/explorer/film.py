"""A recording as bytes for the browser (`static/film.js` reads them).

A film shows one byte per user, its kind. It holds the kind of every user in the first week; then, for each
later week, how many users changed, the gaps between their numbers (both as variable-length integers: seven
bits a byte, low ones first, the high bit says that more follow) and their new kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..market.recording import Recording

type Bytes = NDArray[np.uint8]
type Kinds = Callable[[Bytes], Bytes]

MAIN, AWARE, REGISTERED, ACTIVE, FREE = range(5)


def main_app(frame: Bytes) -> Bytes:
    """Main app + 1, or 0 for none, of users given as (k, 6) bytes of `market.recording.FRAME`."""
    return frame[:, MAIN]


def standing(bit: int) -> Kinds:
    """How users stand to an app: 0 unaware, 1 aware, 2 registered, 3 active, 4 active on free data."""
    def kinds(frame: Bytes) -> Bytes:
        aware, registered, active, free = (frame[:, k] >> bit & 1 for k in (AWARE, REGISTERED, ACTIVE, FREE))
        return np.where(active, 3 + free, np.where(registered, 2, aware)).astype(np.uint8)

    return kinds


def pack(recording: Recording, kinds: Kinds = main_app) -> bytes:
    """The film of a run; `kinds` makes users' kinds of their frames."""
    now = kinds(recording.key).copy()
    parts = [now.tobytes()]
    for users, values in recording.changed:
        new = kinds(values)
        moved = new != now[users]
        who, new = users[moved], new[moved]
        now[who] = new
        gaps = np.diff(who, prepend=-1) - 1
        parts += [varints(np.array([len(who)])), varints(gaps), new.tobytes()]
    return b"".join(parts)


def varints(numbers: NDArray[np.integer]) -> bytes:
    """Whole numbers below 2**28 as variable-length integers."""
    shifts = np.arange(0, 28, 7)
    sevens = (numbers.astype(np.int64)[:, None] >> shifts) & 127
    left = (numbers.astype(np.int64)[:, None] >> (shifts + 7)) > 0
    needed = np.concatenate([np.ones((len(numbers), 1), bool), left[:, :-1]], axis=1)
    return (sevens | (left << 7))[needed].astype(np.uint8).tobytes()
