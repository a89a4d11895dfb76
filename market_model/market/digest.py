"""One number that says whether two runs are the same."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import UNDER_NONE
from .market import Market


def rounded(values: NDArray[Any]) -> bytes:
    """Bytes of an array: integers as they are, amounts to nine digits."""
    if values.dtype.kind != "f":
        return np.ascontiguousarray(values).tobytes()
    mantissa, exponent = np.frexp(values.astype(np.float64))
    steps = np.where(np.isnan(mantissa), 2**40, np.rint(np.nan_to_num(mantissa) * 1e9)).astype(
        np.int64
    )
    return steps.tobytes() + np.where(np.isnan(mantissa), 0, exponent).astype(np.int32).tobytes()


def digest(market: Market) -> str:
    """Hash of every weekly series, every ledger line and the users' final columns; 32 hex
    digits.
    """
    total = hashlib.blake2b(digest_size=16)
    history = market.history
    traced = np.nan_to_num(history.offer).any(axis=(0, 2))
    place = np.full(256, UNDER_NONE)
    place[: len(traced)] = np.where(traced, np.cumsum(traced) - 1, UNDER_NONE)[:256]
    for array in history.arrays():
        total.update(
            rounded(array[:, traced] if array.base is history.offer else array)
        )  # idle offers leave no trace
    lines = market.ledger.lines
    text = [f"{week}|{payer}|{payee}|{reason}" for week, payer, payee, reason, *_ in lines]
    total.update("\n".join(text).encode())
    total.update(
        rounded(np.array([line.mb for line in lines]))
        + rounded(np.array([line.rmb for line in lines]))
    )
    people = market.people
    final = people._replace(
        reach=np.roll(people.reach, market.last_half, axis=0),
        presence=np.roll(people.presence, market.last_half, axis=0),
        under=place[people.under],
        shown=people.shown[:0],
        left=people.left[:0],
        pots=people.pots[:, people.pots.any(axis=0)],
    )
    for column in final:
        total.update(rounded(column))
    return total.hexdigest()
