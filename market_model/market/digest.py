"""One number that says whether two runs are the same."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import UNDER_NONE
from .market import Market
from .people import parts


def rounded(values: NDArray[Any]) -> bytes:
    """Bytes of an array: integers as they are, amounts to nine digits."""
    if values.dtype.kind != "f":
        return np.ascontiguousarray(values).tobytes()
    return b"".join(look(values).tobytes() for look in _LOOKS)


def _steps(values: NDArray[Any]) -> NDArray[np.int64]:
    mantissa, _ = np.frexp(values.astype(np.float64))
    return np.where(np.isnan(mantissa), 2**40, np.rint(np.nan_to_num(mantissa) * 1e9)).astype(
        np.int64
    )


def _exponents(values: NDArray[Any]) -> NDArray[np.int32]:
    mantissa, exponent = np.frexp(values.astype(np.float64))
    return np.where(np.isnan(mantissa), 0, exponent).astype(np.int32)


_LOOKS = (_steps, _exponents)


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
    people, last = market.people, market.last_half
    for name, column in people._asdict().items():
        if name in ("shown", "left"):
            continue
        rows = [column]
        if name in ("reach", "presence"):
            halves = (column[(k - last) % len(column)] for k in range(len(column)))
            rows = [row for half in halves for row in np.atleast_2d(half)]
        used = column.any(axis=0) if name == "pots" else slice(None)
        for look in _LOOKS if column.dtype.kind == "f" else (np.ascontiguousarray,):
            for row in rows:
                for part in parts(len(row)):
                    some = row[part][:, used] if row.ndim > 1 else row[part]
                    total.update(look(place[some] if name == "under" else some).tobytes())
    return total.hexdigest()
