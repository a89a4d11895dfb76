"""The contacts of the family "implicit", as `implicit` says, for LANES people at a time.

Loops cover all lanes and write one array of 32-bit numbers, so that they become vector
instructions.
"""

# pyright: basic
from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from .implicit import LANES, ContactRule

_options: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "no_cfunc_wrapper": True,
}
_small: Any = nb.njit(forceinline=True, **_options)  # type: ignore[call-overload]
_lanes: Any = nb.njit(**_options)  # type: ignore[call-overload]

_u32 = np.uint32
_EVERYBODY = -1
"""In place of a community's number: a permutation of all people."""


class Lanes(NamedTuple):
    """Arrays for one chunk of people to work in."""

    slots: NDArray[np.uint32]  # (slots, LANES) contacts; the person itself: none
    work: NDArray[np.uint32]  # (6, LANES)
    ends: NDArray[np.int64]  # (LANES + 1,) where each list begins, and the last ends
    friends: NDArray[np.int32]  # (slots·LANES,) the lists, one after the other


def lanes_of(slots: int) -> Lanes:
    """Room for contacts of LANES people, at most `slots` each."""
    return Lanes(
        np.zeros((slots, LANES), np.uint32),
        np.zeros((6, LANES), np.uint32),
        np.zeros(LANES + 1, np.int64),
        np.zeros(slots * LANES, np.int32),
    )


# ------------------------------------------------------------------ permutations


@_small
def mixed(x, key):
    """32 bits that hang on all bits of x and key (multiplications of Murmur3's finaliser)."""
    x = _u32(_u32(x ^ key) * _u32(0x9E3779B1))
    x = _u32(x ^ (x >> _u32(15)))
    x = _u32(x * _u32(0x85EBCA77))
    return _u32(x ^ (x >> _u32(13)))


@_small
def _part(x, key, rows):
    """A row of `rows`, at most 2¹⁶, by the mixed bits."""
    return _u32(_u32(_u32(mixed(x, key) >> _u32(16)) * rows) >> _u32(16))


@_small
def forward(x, k0, k1, k2, k3, rows, bits):
    """The cell that cell x of a table of `rows` · 2^bits goes to."""
    mask = _u32(_u32(_u32(1) << bits) - _u32(1))
    row, column = _u32(x >> bits), _u32(x & mask)
    row = _u32(row + _part(column, k0, rows))
    row = _u32(row - rows) if row >= rows else row
    column = _u32(column ^ (mixed(row, k1) & mask))
    row = _u32(row + _part(column, k2, rows))
    row = _u32(row - rows) if row >= rows else row
    column = _u32(column ^ (mixed(row, k3) & mask))
    return _u32(_u32(row << bits) | column)


@_small
def backward(x, k0, k1, k2, k3, rows, bits):
    """The cell that goes to cell x."""
    mask = _u32(_u32(_u32(1) << bits) - _u32(1))
    row, column = _u32(x >> bits), _u32(x & mask)
    column = _u32(column ^ (mixed(row, k3) & mask))
    row = _u32(row + _u32(rows - _part(column, k2, rows)))
    row = _u32(row - rows) if row >= rows else row
    column = _u32(column ^ (mixed(row, k1) & mask))
    row = _u32(row + _u32(rows - _part(column, k0, rows)))
    row = _u32(row - rows) if row >= rows else row
    return _u32(_u32(row << bits) | column)


@_small
def table_of(people):
    """(rows, bits) of the table of a permutation of `people`, who are its first cells."""
    bits = 0
    while (1 << (2 * bits)) < people:
        bits += 1
    return _u32(-(-people >> bits)), _u32(bits)


@_lanes
def permute(inverse, x, y, keys, community, people):
    """Fill y with the people, of `people`, that those of x go to by a community's permutation.

    Args: inverse: who goes to them instead. x, y: (LANES,) uint32. keys: (ROUNDS,) uint32.
    """
    rows, bits = table_of(people)
    own = mixed(_u32(community), _u32(0x2545F491))
    k0, k1 = _u32(keys[0] ^ own), _u32(keys[1] ^ own)
    k2, k3 = _u32(keys[2] ^ own), _u32(keys[3] ^ own)
    if inverse:
        for j in range(LANES):
            y[j] = backward(x[j], k0, k1, k2, k3, rows, bits)
    else:
        for j in range(LANES):
            y[j] = forward(x[j], k0, k1, k2, k3, rows, bits)
    for j in range(LANES):
        while y[j] >= people:
            if inverse:
                y[j] = backward(y[j], k0, k1, k2, k3, rows, bits)
            else:
                y[j] = forward(y[j], k0, k1, k2, k3, rows, bits)


# ------------------------------------------------------------------ contacts of a chunk


@_small
def _sit(x, head, seat, size):
    """Which circle of a size each one is in, by the number of its first member, and their seat."""
    for j in range(LANES):
        circle = _u32((np.float64(x[j]) + 0.5) * (1.0 / size))
        head[j] = _u32(circle * _u32(size))
        seat[j] = _u32(x[j] - head[j])


@_small
def _meet(x, y, head, seat, place, size, people):
    """Fill y with who sits `place` seats further on; with x where that seat is empty."""
    for j in range(LANES):
        other = _u32(seat[j] + _u32(place))
        other = _u32(other - _u32(size)) if other >= _u32(size) else other
        other = _u32(head[j] + other)
        y[j] = other if other < _u32(people) else x[j]


@_small
def _thin(y, x, source, key, share):
    """Ties that there are not, by the one whom the permutation led from, lead to oneself."""
    for j in range(LANES):
        y[j] = x[j] if mixed(source[j], key) > share else y[j]


@_lanes
def fill_slots(rule, lanes, community, count):
    """Fill `slots` with the contacts of the first `count` people of `own`, all of one community:
    the person itself stands where there is none, or one that stands in an earlier slot.
    """
    start = rule.starts[community]
    people = rule.starts[community + 1] - start
    users = rule.starts[rule.starts.shape[0] - 1]
    own, x, moved = lanes.work[0], lanes.work[1], lanes.work[2]
    head, seat, member = lanes.work[3], lanes.work[4], lanes.work[5]
    for j in range(count, LANES):
        own[j] = _u32(start)
    for j in range(LANES):
        x[j] = _u32(own[j] - _u32(start))
    slot, used = 0, 0
    for circle in range(rule.circles.shape[0]):
        size = rule.circles[circle]
        if circle == 0:
            for j in range(LANES):
                moved[j] = x[j]
        else:
            permute(False, x, moved, rule.keys[used], community, people)
        _sit(moved, head, seat, size)
        for place in range(1, size):
            y = lanes.slots[slot]
            _meet(moved, member, head, seat, place, size, people)
            if circle == 0:
                for j in range(LANES):
                    y[j] = member[j]
            else:
                permute(True, member, y, rule.keys[used], community, people)
            for j in range(LANES):
                y[j] = _u32(y[j] + _u32(start))
            slot += 1
        if circle > 0:
            used += 1
    near = rule.shares.shape[0] - rule.far
    for nth in range(rule.shares.shape[0]):
        keys, share = rule.keys[used], rule.shares[nth]
        there, back = lanes.slots[slot], lanes.slots[slot + 1]
        if nth < near:
            permute(False, x, there, keys, community, people)
            permute(True, x, back, keys, community, people)
            _thin(there, x, x, keys[0], share)
            _thin(back, x, back, keys[0], share)
            for j in range(LANES):
                there[j] = _u32(there[j] + _u32(start))
            for j in range(LANES):
                back[j] = _u32(back[j] + _u32(start))
        else:
            permute(False, own, there, keys, _EVERYBODY, users)
            permute(True, own, back, keys, _EVERYBODY, users)
            _thin(there, own, own, keys[0], share)
            _thin(back, own, back, keys[0], share)
        slot, used = slot + 2, used + 1
    for one in range(1, rule.slots):
        y = lanes.slots[one]
        for other in range(one):
            z = lanes.slots[other]
            for j in range(LANES):
                y[j] = own[j] if y[j] == z[j] else y[j]


@_small
def _community_of(rule, person):
    low, high = 0, rule.starts.shape[0] - 1
    while high - low > 1:
        middle = (low + high) // 2
        if rule.starts[middle] <= person:
            low = middle
        else:
            high = middle
    return low


@_lanes
def _list_out(rule, lanes, nth, count):
    """Append the lists of the first `count` people in the lanes, as those of the nth and on."""
    end = lanes.ends[nth]
    for j in range(count):
        own = lanes.work[0, j]
        for slot in range(rule.slots):
            friend = lanes.slots[slot, j]
            lanes.friends[end] = friend
            end += friend != own
        lanes.ends[nth + j + 1] = end


@_lanes
def find_friends(rule, lanes, first, count):
    """Fill `ends` and `friends` with the lists of people first … first+count−1, at most LANES."""
    community, begin = _community_of(rule, first), first
    lanes.ends[0] = 0
    while begin < first + count:
        while rule.starts[community + 1] <= begin:
            community += 1
        part = min(first + count, rule.starts[community + 1]) - begin
        own = lanes.work[0]
        for j in range(part):
            own[j] = _u32(begin + j)
        fill_slots(rule, lanes, community, part)
        _list_out(rule, lanes, begin - first, part)
        begin += part


@_lanes
def _find_some(rule, lanes, people):
    """The same for any people, at most LANES."""
    begin = 0
    lanes.ends[0] = 0
    while begin < people.shape[0]:
        community, part = _community_of(rule, people[begin]), 0
        start, end = rule.starts[community], rule.starts[community + 1]
        while begin + part < people.shape[0] and start <= people[begin + part] < end:
            lanes.work[0, part] = people[begin + part]
            part += 1
        fill_slots(rule, lanes, community, part)
        _list_out(rule, lanes, begin, part)
        begin += part


@_small
def _keep(lanes, count, offsets, at, friends):
    """Append the lists of `count` people in the lanes, each ascending, from `offsets[at]` on."""
    end = offsets[at]
    for j in range(count):
        begin = end
        for k in range(lanes.ends[j], lanes.ends[j + 1]):
            friend, place = lanes.friends[k], end
            while place > begin and friends[place - 1] > friend:
                friends[place] = friends[place - 1]
                place -= 1
            friends[place] = friend
            end += 1
        offsets[at + j + 1] = end


@_lanes
def _store(rule, lanes, offsets, friends):
    users = offsets.shape[0] - 1
    for first in range(0, users, LANES):
        count = min(LANES, users - first)
        find_friends(rule, lanes, first, count)
        _keep(lanes, count, offsets, first, friends)


@_lanes
def _store_some(rule, lanes, people, offsets, friends):
    for first in range(0, people.shape[0], LANES):
        some = people[first : first + LANES]
        _find_some(rule, lanes, some)
        _keep(lanes, some.shape[0], offsets, first, friends)


def all_lists(rule: ContactRule) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Everybody's contacts as lists, as `lists.contact_lists` gives them."""
    users = int(rule.starts[-1])
    offsets = np.zeros(users + 1, np.int64)
    friends = np.empty(users * rule.slots, np.int32)
    _store(rule, lanes_of(rule.slots), offsets, friends)
    return offsets, friends[: offsets[-1]]


def lists_of(
    rule: ContactRule, people: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The contacts of some people, in any order, as `all_lists`: quick where they are neighbours in
    order.
    """
    offsets = np.zeros(len(people) + 1, np.int64)
    friends = np.empty(len(people) * rule.slots, np.int32)
    _store_some(rule, lanes_of(rule.slots), people.astype(np.int64), offsets, friends)
    return offsets, friends[: offsets[-1]]


def friends_of(rule: ContactRule, person: int) -> NDArray[np.int32]:
    """The contacts of one person, ascending."""
    lanes = lanes_of(rule.slots)
    find_friends(rule, lanes, person, 1)
    return np.sort(lanes.friends[: lanes.ends[1]])


def seen_on(rule: ContactRule, shown: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The bits that any of a person's contacts shows, shape (n,), as `shown`."""
    seen = np.zeros(len(shown), np.uint8)
    _see(rule, lanes_of(rule.slots), shown, seen)
    return seen


@_lanes
def _see(rule, lanes, shown, seen):
    for first in range(0, len(shown), LANES):
        count = min(LANES, len(shown) - first)
        find_friends(rule, lanes, first, count)
        for j in range(count):
            bits = 0
            for k in range(lanes.ends[j], lanes.ends[j + 1]):
                bits |= shown[np.uint32(lanes.friends[k])]
            seen[first + j] = bits


class Sample(NamedTuple):
    """What some people's contacts are like: their number, and the share of pairs of a person's
    contacts who know each other.
    """

    people: int
    degree: float
    least: int
    most: int
    clustering: float


def sampled(rule: ContactRule, people: int = 1000) -> Sample:
    """Contacts of people at even distances, at most so many."""
    users = int(rule.starts[-1])
    some = np.unique(np.linspace(0, users - 1, min(people, users)).astype(int)).tolist()
    heads: list[int] = []
    closed = 0.0
    for person in some:
        own = friends_of(rule, person)
        heads.append(len(own))
        if len(own) > 1:
            among = sum(int(np.isin(friends_of(rule, int(one)), own).sum()) for one in own)
            closed += among / (len(own) * (len(own) - 1))
    return Sample(len(some), float(np.mean(heads)), min(heads), max(heads), closed / len(some))
