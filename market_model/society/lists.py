"""Contact lists of ties by counting: everybody stands in the lists of their contacts."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

type Ends = NDArray[np.int64]
type Users = NDArray[np.int32]

SHORT = 64
"""Contacts up to which a list is sorted by insertion."""


def contact_lists(ties: NDArray[np.int32], users: int) -> tuple[Ends, Users]:
    """Where each user's list begins, shape (users + 1,), and the lists, each ascending, without
    loops and doubles.

    Args: ties: shape (ties, 2), C order.
    """
    offsets = np.zeros(users + 1, np.int64)
    _count(ties, offsets)
    friends = np.empty(offsets[-1], np.int32)
    _fill(ties, offsets[:-1].copy(), friends)
    _sort(offsets, friends)
    return offsets, friends[: _drop_doubles(offsets, friends)]


@njit(cache=True)
def _count(ties: NDArray[np.int32], offsets: Ends) -> None:
    """Where each user's list begins: as many tie ends on."""
    for k in range(len(ties)):
        offsets[ties[k, 0] + 1] += 1
        offsets[ties[k, 1] + 1] += 1
    for user in range(1, len(offsets)):
        offsets[user] += offsets[user - 1]


@njit(cache=True)
def _fill(ties: NDArray[np.int32], ends: Ends, lists: Users) -> None:
    """Both ends of each tie into each other's list; `ends`: where each list goes on."""
    for k in range(len(ties)):
        one, other = ties[k, 0], ties[k, 1]
        lists[ends[one]] = other
        ends[one] += 1
        lists[ends[other]] = one
        ends[other] += 1


@njit(cache=True)
def _sort(offsets: Ends, lists: Users) -> None:
    """Each list ascending, where it stands."""
    for user in range(len(offsets) - 1):
        begin, end = offsets[user], offsets[user + 1]
        if end - begin > SHORT:
            lists[begin:end].sort()
            continue
        for k in range(begin + 1, end):
            friend, place = lists[k], k
            while place > begin and lists[place - 1] > friend:
                lists[place] = lists[place - 1]
                place -= 1
            lists[place] = friend


@njit(cache=True)
def _drop_doubles(offsets: Ends, lists: Users) -> int:
    """Move the lists together without the user and without doubles; returns where they end."""
    begin = end = 0
    for user in range(len(offsets) - 1):
        stop = offsets[user + 1]
        offsets[user] = end
        for k in range(begin, stop):
            friend = lists[k]
            if friend != user and (end == offsets[user] or lists[end - 1] != friend):
                lists[end] = friend
                end += 1
        begin = stop
    offsets[len(offsets) - 1] = end
    return end
