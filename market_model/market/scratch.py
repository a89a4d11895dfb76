"""Scratch arrays of a pass, which goes through the users CHUNK at a time."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .columns import Terms

CHUNK = 256
GROUP = 32
"""Users whose contacts are counted in one go."""
MOST = 255
"""Contacts that a byte can count."""
LARGE = 5
"""Apps up to which contacts are counted by kind, in WORDS words."""
WORDS = 4
LOWEST = np.array([0, *((b & -b).bit_length() - 1 for b in range(1, 256))])
"""The lowest app of a byte of apps."""


class Chunk(NamedTuple):
    """Scratch arrays of one chunk, and the shapes in them: c = CHUNK."""

    region: NDArray[np.int64]  # (c,)
    cell: NDArray[np.int64]  # (c,) CR
    spot: NDArray[np.int64]  # (c,) X
    carrier: NDArray[np.int64]  # (c,)
    running: NDArray[np.uint64]  # (contacts of a group + 1, words) sums along lists, from 0 on
    kinds: NDArray[np.uint64]  # (WORDS, c) contacts by byte of apps used, a byte each
    many: NDArray[np.bool_]  # (c,) whose contacts are looked at one by one
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
    rest: NDArray[np.float64]  # (c,) the share of SMS
    addends: NDArray[np.float64]  # (16, c) of sums that users are added to in order
    sums: NDArray[np.float64]  # (16,)
    called: NDArray[np.float64]  # (M, c) MB of calls
    waived: NDArray[np.float64]  # (T, c) z of the best terms
    bonus: NDArray[np.float64]  # (T, c)
    surcharge: NDArray[np.float64]  # (T, c)
    offer: NDArray[np.int64]  # (T, c)
    offered: NDArray[np.bool_]  # (T,) whether any place has an offer for it,
    limited: NDArray[np.bool_]  # (T,) one with an allowance,
    charged: NDArray[np.bool_]  # (T,) a surcharge
    alike: NDArray[np.bool_]  # (1,) whether messages are shared out alike at all carriers
    pushable: NDArray[np.int64]  # (1,) apps that somebody is pushed to try
    limit: NDArray[np.uint64]  # (M,) draws below it may be of people who hear of the app
    places: NDArray[np.int64]  # (CR + 1,) first the cells in the chunk
    there: NDArray[np.bool_]  # (CR,) False
    row: NDArray[np.float64]  # (M,) of one user
    minutes: NDArray[np.float64]  # (M,)
    video: NDArray[np.float64]  # (M,)
    counts: NDArray[np.float64]  # (256,) zeros


def chunk_of(terms: Terms) -> Chunk:
    """Scratch arrays for passes over a market."""
    m, (cells, t, _) = len(terms.lanes), terms.offer.shape
    kinds: list[tuple[Any, Any, tuple[str, ...]]] = [
        ((GROUP * MOST + 1) * (WORDS if 3 < m <= LARGE else 1), np.uint64, ("running",)),
        ((WORDS, CHUNK), np.uint64, ("kinds",)),
        (CHUNK, np.bool_, ("many",)),
        (8 * CHUNK, np.uint64, ("words",)),
        (CHUNK, np.uint64, ("near",)),
        (
            CHUNK,
            np.float64,
            ("share", "price", "wifi", "weight", "full", "left", "crossing", "edge", "mb", "rest"),
        ),
        ((3, CHUNK), np.int64, ("kib",)),
        ((m, CHUNK), np.float64, ("exposure", "habit", "taste", "value", "text", "called")),
        ((t, CHUNK), np.float64, ("waived", "bonus", "surcharge")),
        ((t, CHUNK), np.int64, ("offer",)),
        (t, np.bool_, ("offered", "limited", "charged")),
        (m, np.uint64, ("limit",)),
        (1, np.int64, ("pushable",)),
        (1, np.bool_, ("alike",)),
        ((16, CHUNK), np.float64, ("addends",)),
        (16, np.float64, ("sums",)),
        (cells + 1, np.int64, ("places",)),
        (cells, np.bool_, ("there",)),
        (m, np.float64, ("row", "minutes", "video")),
        (256, np.float64, ("counts",)),
    ]
    made: dict[str, Any] = {name: np.zeros(CHUNK, np.int64) for name in Chunk._fields}
    made |= {name: np.zeros(shape, kind) for shape, kind, names in kinds for name in names}
    return Chunk(**made)
