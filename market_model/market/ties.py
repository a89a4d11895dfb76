"""How many contacts of a user use which apps, counted by kind: the byte of apps they use. The one
place where a pass looks at who knows whom, but for weighted and complete graphs and very long
lists (`compiled`).

A kind has a byte of a word, eight kinds a word. Words are added up along the lists of GROUP users
without a look at where lists end; differences of these running sums (modulo 2^64, as every byte
holds at most MOST) are each user's counts. So there is no branch that nobody can foresee.
"""

# pyright: basic
import numpy as np

from ..society.computed import find_friends
from .compiled import BYTE, LANE, SPREAD
from .equations import inner
from .scratch import CHUNK, GROUP, LARGE, MOST, WORDS

KIND = np.array([1 << 8 * (byte & 7) for byte in range(256)], dtype=np.uint64)
"""The byte of a kind within its word."""

KINDS = np.array(
    [[1 << 8 * (byte & 7) if byte >> 3 == w else 0 for w in range(WORDS)] for byte in range(256)],
    dtype=np.uint64,
)
"""The same for WORDS words."""

HAVE = np.array(
    [sum(255 << 8 * kind for kind in range(8) if kind >> a & 1) for a in range(3)], dtype=np.uint64
)
"""The kinds of a word that have each of the first three apps."""

_ONES = np.uint64(0x0101010101010101)
_TOP = np.uint64(56)


@inner
def _count_present(running, friends, shown, shift):
    """Running sums of contacts by app, a byte each."""
    total = running[0] = np.uint64(0)
    for k in range(friends.shape[0]):
        total += SPREAD[np.uint64(shown[np.uint32(friends[k])]) >> shift]
        running[k + 1] = total


@inner
def _count_kinds(running, friends, shown):
    """Running sums of contacts by kind, up to three apps."""
    total = running[0] = np.uint64(0)
    for k in range(friends.shape[0]):
        total += KIND[np.uint64(shown[np.uint32(friends[k])]) & BYTE]
        running[k + 1] = total


@inner
def _count_more_kinds(running, friends, shown):
    """Running sums of contacts by kind, up to five apps."""
    one = two = three = four = running[0] = running[1] = running[2] = running[3] = np.uint64(0)
    for k in range(friends.shape[0]):
        kind = np.uint64(shown[np.uint32(friends[k])]) & BYTE
        one += KINDS[kind, 0]
        two += KINDS[kind, 1]
        three += KINDS[kind, 2]
        four += KINDS[kind, 3]
        running[4 * k + 4] = one
        running[4 * k + 5] = two
        running[4 * k + 6] = three
        running[4 * k + 7] = four


@inner
def _differences(out, running, offsets, words, word):
    """What the running sums grew by along each list."""
    begin = offsets[0]
    for j in range(offsets.shape[0] - 1):
        start, stop = np.uint64(offsets[j] - begin), np.uint64(offsets[j + 1] - begin)
        out[j] = running[stop * words + word] - running[start * words + word]


@inner
def _count_group(c, friends, offsets, shown, shift, apps, low, high):
    """Fill `near`, or leave it to `kinds`, and `kinds` of users low … high−1 of the chunk."""
    one = np.uint64(1)
    if shift > 0 or apps > LARGE:
        _count_present(c.running, friends, shown, np.uint64(shift))
        _differences(c.near[low:high], c.running, offsets, one, np.uint64(0))
    if apps <= 3:
        _count_kinds(c.running, friends, shown)
        _differences(c.kinds[0, low:high], c.running, offsets, one, np.uint64(0))
    elif apps <= LARGE:
        _count_more_kinds(c.running, friends, shown)
        for w in range(WORDS):
            _differences(c.kinds[w, low:high], c.running, offsets, np.uint64(WORDS), np.uint64(w))


@inner
def _fetch_far(near, rule, shown):
    """Read what contacts anywhere in the country show, one read after the other: so the memory
    looks many of them up at a time. The sum only keeps the compiler from leaving them out.
    """
    total = np.uint32(0)
    for slot in range(rule.slots - 2 * rule.far, rule.slots):
        friends = near.slots[slot]
        for j in range(CHUNK):
            total += np.uint32(shown[friends[j]])
    near.work[0, 0] = total


@inner
def count_contacts(c, near, contacts, before, present, apps, first, m):
    """Fill `friends`, `kinds` by last week's use and `near` by presence; `many` are those whose
    contacts have to be looked at one by one. Args: near: for lists that are computed.
    """
    many = c.many
    if contacts.rule.slots > 0:
        find_friends(contacts.rule, near, first, m)
        if present.shape[0] > 0:
            _fetch_far(near, contacts.rule, present)
        else:
            _fetch_far(near, contacts.rule, before[0])
        offsets, lists = near.ends[: m + 1], near.friends
    else:
        offsets, lists = contacts.offsets[first : first + m + 1], contacts.friends
    for j in range(m):
        c.friends[j] = offsets[j + 1] - offsets[j]
    for j in range(m, CHUNK):
        c.friends[j] = 0
    apart = contacts.complete or contacts.weights.shape[0] > 0
    for j in range(CHUNK):
        many[j] = 1 if apart or c.friends[j] > MOST else 0
    if apart:
        return
    for low in range(0, m, GROUP):
        high = min(low + GROUP, m)
        begin, end = offsets[low], offsets[high]
        if end - begin > GROUP * MOST:
            for j in range(low, high):
                many[j] = 1
            continue
        friends, part = lists[begin:end], offsets[low : high + 1]
        if present.shape[0] > 0:
            _count_group(c, friends, part, present, 8, apps, low, high)
        else:
            _count_group(c, friends, part, before[0], 0, apps, low, high)
    if present.shape[0] == 0 and apps <= LARGE:
        _near_of_kinds(c, apps)


@inner
def _near_of_kinds(c, apps):
    """`near` where who used an app is present: the kinds that have it."""
    for j in range(CHUNK):
        c.near[j] = 0
    for a in range(apps):
        place = np.uint64(a) * LANE
        for w in range(WORDS if apps > 3 else 1):
            kinds = c.kinds[w]
            if a < 3:
                for j in range(CHUNK):
                    c.near[j] += (((kinds[j] & HAVE[a]) * _ONES) >> _TOP) << place
            elif w >> (a - 3) & 1:
                for j in range(CHUNK):
                    c.near[j] += ((kinds[j] * _ONES) >> _TOP) << place


@inner
def contacts_in_common(c, apps):
    """Turn `kinds` of contacts into contacts by the apps in common with a user: apps that the user
    does not use are folded away.
    """
    words = WORDS if apps > 3 else 1
    for a in range(min(apps, 3)):
        shift, bit = LANE << np.uint64(a), np.int64(1) << a
        for w in range(words):
            kinds = c.kinds[w]
            for j in range(CHUNK):
                folded = (kinds[j] & ~HAVE[a]) + ((kinds[j] & HAVE[a]) >> shift)
                kinds[j] = kinds[j] if c.active[j] & bit else folded
    for a in range(3, apps):
        bit = np.int64(1) << a
        for w in range(words):
            if w >> (a - 3) & 1:
                continue
            without, having = c.kinds[w], c.kinds[w | 1 << (a - 3)]
            for j in range(CHUNK):
                without[j] += np.uint64(0) if c.active[j] & bit else having[j]
            for j in range(CHUNK):
                having[j] = having[j] if c.active[j] & bit else np.uint64(0)
