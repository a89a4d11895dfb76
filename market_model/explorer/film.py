"""A recording as bytes for the browser (`static/film.js` reads them).

Main app + 1 of every user in the first week, one byte each; then, for each later week, how many users
changed, the gaps between their numbers (both as variable-length integers: seven bits a byte, low ones
first, the high bit says that more follow) and their new bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..market.recording import Recording

type Bytes = NDArray[np.uint8]


def pack(recording: Recording, column: int = 0) -> bytes:
    """The film of one byte per user.

    Args:
        recording: of the run.
        column: which byte of the frame (`market.recording.FRAME`); 0 is the main app.
    """
    now = recording.key[:, column].copy()
    parts = [now.tobytes()]
    for users, values in recording.changed:
        new = values[:, column]
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
