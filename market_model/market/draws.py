"""Keyed random numbers: each draw is a pure function of (seed, mechanism, week, user, app).

Philox4x32 with 7 rounds (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1,
2, 3"; the smallest number of rounds that passes BigCrush). Counter = (user, week, mechanism, app //
4), key = seed; the four words are the draws of four neighbouring apps.
"""

# pyright: basic
import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

from .equations import rule

(
    HEAR,
    JOIN,
    USE,
    RETHINK,
    CHURN,
    PACK,
    LEAVE,
    RELATION,
    START,
    TASTE,
    COMMUNITY,
    PRESSURE,
    WIFI,
    CARRIER,
    DEVICE,
    NEVER,
) = range(16)
THRESHOLD, APPETITE, CALLER, CLOSE, PLAN, FORGET = range(16, 22)
ROUNDS = 7

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@rule
def philox(c0, c1, c2, c3, k0, k1, rounds):
    """Philox4x32: four 32-bit words (as uint64) from a 128-bit counter and a 64-bit key (uint64
    arguments < 2^32).
    """
    for r in range(rounds):
        if r > 0:
            k0 = (k0 + _W0) & LOW
            k1 = (k1 + _W1) & LOW
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = (p1 >> _HALF) ^ c1 ^ k0
        c2 = (p0 >> _HALF) ^ c3 ^ k1
        c1 = p1 & LOW
        c3 = p0 & LOW
    return c0, c1, c2, c3


@rule
def draws(key, mechanism, week, user, group):
    """Four words for the apps 4·group … 4·group+3. Args: key (2,) uint64; the rest integers (a
    week may be < 0).
    """
    return philox(
        np.uint64(user),
        np.uint64(week & 0xFFFFFFFF),
        np.uint64(mechanism),
        np.uint64(group),
        key[0],
        key[1],
        ROUNDS,
    )


@rule
def word(four, app):
    """The word of one app among its group's four."""
    return four[app & 3]


@rule
def uniform(w):
    """A word as a number in (0, 1)."""
    return (np.float64(w) + 0.5) * 2.3283064365386963e-10


@rule
def uniform_of(key, mechanism, week, user, app):
    """One uniform number in (0, 1)."""
    return uniform(word(draws(key, mechanism, week, user, app >> 2), app))


def key_of(seed: int | np.random.SeedSequence) -> NDArray[np.uint64]:
    """The Philox key, shape (2,), of a seed."""
    sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    return sequence.generate_state(2, np.uint32).astype(np.uint64)


@nb.njit(cache=True)
def uniforms(key, mechanism, n, app=0, first=0):
    """Uniform numbers of users first … first+n−1 at week 0, shape (n,)."""
    out = np.empty(n)
    for i in range(n):
        out[i] = uniform_of(key, mechanism, 0, first + i, app)
    return out


@nb.njit(cache=True)
def uniforms_at(key, mechanism, week, users, app):
    """Uniform numbers of some users in a week, shape of `users`, their rows."""
    out = np.empty(len(users))
    for k in range(len(users)):
        out[k] = uniform_of(key, mechanism, week, users[k], app)
    return out


BINS = 256


_LOGIT = [-math.inf, *(math.log(k / BINS / (1.0 - k / BINS)) for k in range(1, BINS)), math.inf]
EDGES = np.array([[_LOGIT[k] - 1e-9, _LOGIT[k + 1] + 1e-9] for k in range(BINS)])
"""Edges in logit of BINS equal bins of (0, 1), widened by a safe margin; shape (BINS, 2)."""
SHIFT = np.uint64(24)
