"""Contact lists of ties by counting: everybody stands in the lists of their contacts."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

type Ends = NDArray[np.int64]
type Users = NDArray[np.int32]


def contact_lists(ties: NDArray[np.int32], users: int) -> tuple[Ends, Users]:
    """Where each user's list begins, shape (users + 1,), and the lists, each ascending, without
    loops and doubles.

    Args: ties: shape (ties, 2), C order.
    """
    ends = np.bincount(ties.ravel(), minlength=users)
    offsets = np.concatenate([[0], np.cumsum(ends)])
    unsorted = np.empty(offsets[-1], np.int32)
    _fill(ties, offsets[:-1].copy(), unsorted)
    friends = turned(offsets, unsorted)
    del unsorted
    kept = np.empty(users + 1, np.int64)
    _drop_doubles(offsets, friends, kept)
    return kept, friends[: kept[-1]].copy() if kept[-1] < len(friends) else friends


def turned(offsets: Ends, lists: Users) -> Users:
    """The same lists, each ascending: everybody who stands in a list has its owner in their own."""
    friends = np.empty(len(lists), np.int32)
    _turn(offsets, lists, offsets[:-1].copy(), friends)
    return friends


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
def _turn(offsets: Ends, lists: Users, ends: Ends, turned: Users) -> None:
    """Everybody, in order, into the lists of those whom their own list names: these ascend."""
    for user in range(len(offsets) - 1):
        for k in range(offsets[user], offsets[user + 1]):
            turned[ends[lists[k]]] = user
            ends[lists[k]] += 1


@njit(cache=True)
def _drop_doubles(offsets: Ends, lists: Users, kept: Ends) -> None:
    """Move the lists together without the user and without doubles; `kept`: where they begin."""
    end = 0
    for user in range(len(offsets) - 1):
        kept[user] = end
        for k in range(offsets[user], offsets[user + 1]):
            friend = lists[k]
            if friend != user and (end == kept[user] or lists[end - 1] != friend):
                lists[end] = friend
                end += 1
    kept[len(offsets) - 1] = end
