"""Scratch arrays of a pass, which goes through the users CHUNK at a time."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .columns import Rules, Terms

CHUNK = 256
LOWEST = np.array([0, *((b & -b).bit_length() - 1 for b in range(1, 256))])
"""The lowest app of a byte of apps."""


class Chunk(NamedTuple):
    """Scratch arrays of one chunk, and the shapes in them: c = CHUNK."""

    region: NDArray[np.int64]  # (c,)
    cell: NDArray[np.int64]  # (c,) CR
    spot: NDArray[np.int64]  # (c,) X
    friend_bytes: NDArray[np.uint16]  # (contacts of a chunk,) presence << 8 | activity
    near: NDArray[np.uint64]  # (c,) contacts present on each app, a byte each
    friends: NDArray[np.int64]  # (c,) number of contacts
    share: NDArray[np.float64]  # (c,) what one contact counts for
    can: NDArray[np.int64]  # (c,) bytes of apps, and so on
    aware: NDArray[np.int64]
    member: NDArray[np.int64]
    kept: NDArray[np.int64]
    pending: NDArray[np.int64]
    joined: NDArray[np.int64]
    pushed: NDArray[np.int64]
    active: NDArray[np.int64]
    free: NDArray[np.int64]
    flags: NDArray[np.int64]  # (c,) who is to be looked at
    apart: NDArray[np.int64]  # (c,) bits of apps whose terms hang on packs and allowances
    voice: NDArray[np.int64]
    screen: NDArray[np.int64]
    main: NDArray[np.int64]
    billed: NDArray[np.int64]  # (c,) KiB on the bill this week
    spared: NDArray[np.int64]  # (c,) KiB sponsored this week
    words: NDArray[np.uint64]  # (8·c,) draws of a mechanism, app by app
    price: NDArray[np.float64]  # (c,) π
    wifi: NDArray[np.float64]  # (c,) ω
    weight: NDArray[np.float64]  # (c,) of `price_weight`
    full: NDArray[np.float64]  # (c,) share of use left at π
    left: NDArray[np.float64]  # (c,) share of use left at what a MB of an app costs
    crossing: NDArray[np.float64]  # (c,) Σ n_b·h_b
    edge: NDArray[np.float64]  # (c,) of a bin, in logit
    mb: NDArray[np.float64]  # (c,) of one app
    kib: NDArray[np.int64]  # (3, c) the same: over Wi-Fi, on the bill, sponsored
    exposure: NDArray[np.float64]  # (M, c)
    habit: NDArray[np.float64]  # (M, c)
    taste: NDArray[np.float64]  # (M, c)
    value: NDArray[np.float64]  # (M, c)
    text: NDArray[np.float64]  # (M, c) share of conversations
    called: NDArray[np.float64]  # (M, c) MB of calls
    waived: NDArray[np.float64]  # (T, c) z of the best terms
    bonus: NDArray[np.float64]  # (T, c)
    surcharge: NDArray[np.float64]  # (T, c)
    offer: NDArray[np.int64]  # (T, c)
    offered: NDArray[np.bool_]  # (T,) whether any place has an offer for it,
    limited: NDArray[np.bool_]  # (T,) one with an allowance,
    charged: NDArray[np.bool_]  # (T,) a surcharge
    pushable: NDArray[np.int64]  # (1,) apps that somebody is pushed to try
    limit: NDArray[np.uint64]  # (M,) draws below it may be of people who hear of the app
    places: NDArray[np.int64]  # (CR,) the cells in the chunk
    there: NDArray[np.bool_]  # (CR,) False
    row: NDArray[np.float64]  # (M,) of one user
    minutes: NDArray[np.float64]  # (M,)
    video: NDArray[np.float64]  # (M,)
    counts: NDArray[np.float64]  # (256,) zeros


def chunk_of(rules: Rules, terms: Terms) -> Chunk:
    """Scratch arrays for passes over a market."""
    m, (cells, t, _) = len(terms.lanes), terms.offer.shape
    kinds: list[tuple[Any, Any, tuple[str, ...]]] = [
        (CHUNK * max(1, rules.most_contacts), np.uint16, ("friend_bytes",)),
        (8 * CHUNK, np.uint64, ("words",)),
        (CHUNK, np.uint64, ("near",)),
        (
            CHUNK,
            np.float64,
            ("share", "price", "wifi", "weight", "full", "left", "crossing", "edge", "mb"),
        ),
        ((3, CHUNK), np.int64, ("kib",)),
        ((m, CHUNK), np.float64, ("exposure", "habit", "taste", "value", "text", "called")),
        ((t, CHUNK), np.float64, ("waived", "bonus", "surcharge")),
        ((t, CHUNK), np.int64, ("offer",)),
        (t, np.bool_, ("offered", "limited", "charged")),
        (m, np.uint64, ("limit",)),
        (1, np.int64, ("pushable",)),
        (cells, np.int64, ("places",)),
        (cells, np.bool_, ("there",)),
        (m, np.float64, ("row", "minutes", "video")),
        (256, np.float64, ("counts",)),
    ]
    made: dict[str, Any] = {name: np.zeros(CHUNK, np.int64) for name in Chunk._fields}
    made |= {name: np.zeros(shape, kind) for shape, kind, names in kinds for name in names}
    return Chunk(**made)
