"""What a pass works in, which goes through the users CHUNK at a time."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..society.computed import Lanes, lanes_of
from ..society.implicit import LANES
from .columns import Terms

CHUNK = LANES
GROUP = 32
"""Users whose contacts are counted in one go."""
MOST = 255
"""Contacts that a byte can count."""
LARGE = 5
"""Apps up to which contacts are counted by kind, in WORDS words."""
WORDS = 4
LOWEST = np.array([0, *((b & -b).bit_length() - 1 for b in range(1, 256))])
"""The lowest app of a byte of apps."""

_WHOLE, _REAL, _WORD = "i8", "f8", "u8"
_FIELDS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    _WHOLE: (
        (CHUNK,),
        (
            "region",
            "carrier",
            "cell",  # CR
            "spot",  # X
            "friends",  # number of contacts
            "many",  # 1 for whose contacts are looked at one by one
            "can",  # bytes of apps, and so on
            "aware",
            "member",
            "kept",
            "pending",
            "joined",
            "pushed",
            "active",
            "free",
            "marked",  # who is to be looked at
            "apart",  # bits of apps whose terms hang on packs and allowances
            "voice",
            "screen",
            "main",
            "billed",  # KiB on the bill this week
            "spared",  # KiB sponsored this week
            "by_wifi",  # KiB of one app: over Wi-Fi,
            "on_bill",  # on the bill,
            "given",  # sponsored
        ),
    ),
    _REAL: (
        (CHUNK,),
        (
            "share",  # what one contact counts for
            "price",  # π
            "wifi",  # ω
            "weight",  # of `price_weight`
            "full",  # share of use left at π
            "left",  # share of use left at what a MB of an app costs
            "crossing",  # Σ n_b·h_b
            "mb",  # of one app
            "rest",  # share of conversations by SMS
            "one",  # to work in
            "two",
        ),
    ),
}
_BY_APP = ("exposure", "habit", "taste", "value", "text", "called")
"""Among them `text`, shares of conversations, and `called`, MB of calls."""

COLUMNS = np.dtype(
    [(name, kind, shape) for kind, (shape, names) in _FIELDS.items() for name in names]
    + [(name, _REAL, (8, CHUNK)) for name in _BY_APP]
    + [
        ("words", _WORD, (8, CHUNK)),  # draws of a mechanism, by app
        ("near", _WORD, (CHUNK,)),  # contacts present on each app, a byte each
        ("kinds", _WORD, (WORDS, CHUNK)),  # contacts by byte of apps used, a byte each
        ("running", _WORD, ((GROUP * MOST + 1) * WORDS,)),  # sums along the lists of a group
        ("limit", _WORD, (8,)),  # draws below it may be of people who hear of the app
        ("addends", _REAL, (16, CHUNK)),  # of sums that users are added to in order,
        ("sums", _REAL, (16,)),  # and those sums
        ("alike", _WHOLE),  # whether messages are shared out alike at all carriers
        ("pushable", _WHOLE),  # apps that somebody is pushed to try
    ]
)
"""The columns of a chunk: one record, so that a step takes one address and knows all sizes."""


class Room(NamedTuple):
    """Scratch arrays whose sizes hang on the market; c = CHUNK."""

    lists: Lanes  # contact lists that are computed
    waived: NDArray[np.float64]  # (T, c) z of the best terms
    bonus: NDArray[np.float64]  # (T, c)
    surcharge: NDArray[np.float64]  # (T, c)
    offer: NDArray[np.int64]  # (T, c)
    offered: NDArray[np.bool_]  # (T,) whether any place has an offer for it,
    limited: NDArray[np.bool_]  # (T,) one with an allowance,
    charged: NDArray[np.bool_]  # (T,) a surcharge
    places: NDArray[np.int64]  # (CR + 1,) first the cells in the chunk
    there: NDArray[np.bool_]  # (CR,) False
    row: NDArray[np.float64]  # (M,) of one user
    minutes: NDArray[np.float64]  # (M,)
    video: NDArray[np.float64]  # (M,)
    counts: NDArray[np.float64]  # (256,) zeros


def columns_of_a_chunk() -> Any:
    """A record of COLUMNS, at the beginning of a cache line."""
    raw = np.zeros(COLUMNS.itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + COLUMNS.itemsize].view(COLUMNS).view(np.recarray)[0]


def room_for(terms: Terms, slots: int) -> Room:
    """Scratch arrays for passes over a market. Args: slots: of the rule that computes contacts."""
    m, (cells, t, _) = len(terms.lanes), terms.offer.shape
    return Room(
        lists=lanes_of(slots),
        waived=np.zeros((t, CHUNK)),
        bonus=np.zeros((t, CHUNK)),
        surcharge=np.zeros((t, CHUNK)),
        offer=np.zeros((t, CHUNK), np.int64),
        offered=np.zeros(t, np.bool_),
        limited=np.zeros(t, np.bool_),
        charged=np.zeros(t, np.bool_),
        places=np.zeros(cells + 1, np.int64),
        there=np.zeros(cells, np.bool_),
        row=np.zeros(m),
        minutes=np.zeros(m),
        video=np.zeros(m),
        counts=np.zeros(256),
    )
