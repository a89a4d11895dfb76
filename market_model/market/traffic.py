"""What users write, call and load, CHUNK of them at a time: as in `choices`."""

# pyright: basic
import numpy as np
from numpy.typing import NDArray

from . import columns as col
from . import equations as eq
from .choices import MOST, look_at_allowance
from .compiled import BYTE, LANE, call, conversations, shared_out, take_free, use_data
from .equations import inner, step
from .scratch import CHUNK, LOWEST

FEW = 8
"""Places (CR) in a chunk up to which data is added up place by place."""

_ONE = np.uint64(1)
_APPS = np.arange(256)
_COUNT = np.array([b.bit_count() for b in range(256)])


def _shifts() -> NDArray[np.uint8]:
    """For apps of one's own (rows) and a friend's: 8·(the apps in common, numbered among one's
    own)."""
    table = np.zeros((256, 256), np.uint8)
    for mine in range(256):
        bits = [b for b in range(8) if mine >> b & 1][:3]
        for place, bit in enumerate(bits):
            table[mine] += ((_APPS >> bit & 1) << place).astype(np.uint8) * np.uint8(8)
    return table


_SHIFTS = _shifts()


@inner
def split_text(c, people, contacts, crowd, before, terms, first, j, mine):
    """Fill text[a, j], for the apps used, with the share of a user's conversations that each
    carries; returns the rest (SMS). Contacts are counted by apps in common, eight bits for each.
    """
    i, apps = first + j, len(terms.lanes)
    share, table, count = c.share[j], terms.text[people.carrier[i]], _COUNT[mine]
    weighted = contacts.complete or contacts.weights.shape[0] > 0
    if weighted or count > 3 or c.friends[j] > MOST:
        if weighted:
            rest = conversations(
                contacts, crowd, before, i, 0, mine, share, table, terms.lanes, c.counts, c.row
            )
        else:
            start = contacts.offsets[i] - contacts.offsets[first]
            for k in range(start, start + c.friends[j]):
                c.counts[mine & np.int64(c.friend_bytes[k])] += 1.0
            rest = shared_out(mine, share, table, terms.lanes, c.counts, c.row)
        for a in range(apps):
            c.text[a, j] = c.row[a]
        return rest
    packed, shifts = np.uint64(0), _SHIFTS[mine]
    start = np.uint64(contacts.offsets[i] - contacts.offsets[first])
    for k in range(start, start + np.uint64(c.friends[j])):
        packed += _ONE << np.uint64(shifts[np.uint64(c.friend_bytes[k]) & BYTE])
    if count < 3:  # one app is both the lower and the higher: contacts have none, or it
        low, one, two = LOWEST[mine], mine & -mine, mine & (mine - 1)
        high = LOWEST[two] if two else low
        none, lower, higher, both = (
            np.float64(packed & BYTE) * share,
            np.float64((packed >> LANE) & BYTE) * share,
            np.float64((packed >> (LANE + LANE)) & BYTE) * share,
            np.float64(packed >> (LANE + LANE + LANE)) * share,
        )
        c.text[high, j] = both * table[mine, high] + higher * table[two, high]
        c.text[low, j] = both * table[mine, low] + lower * table[one, low]
        rest = both * table[mine, apps] + higher * table[two, apps]
        return rest + lower * table[one, apps] + none * table[0, apps]
    rest, common, kind = 0.0, mine, np.uint64((1 << count) - 1)
    for a in range(apps):
        c.text[a, j] = 0.0
    while True:
        weight = np.float64((packed >> (kind * LANE)) & BYTE) * share
        rest += weight * table[common, apps]
        if common == 0:
            return rest
        bits = common
        while bits:
            a = LOWEST[bits]
            bits &= bits - 1
            c.text[a, j] += weight * table[common, a]
        common = (common - 1) & mine
        kind -= _ONE


@step
def communicate(c, people, contacts, crowd, before, terms, rules, tally, block, first, m):
    """`communicate` without the data: messages, calls, the main app."""
    apps, calls = len(terms.lanes), before.shape[0] > 1
    for j in range(m):
        i, mine, cr = first + j, c.active[j], c.cell[j]
        rest = 1.0
        if mine != 0 and c.share[j] != 0.0:
            rest = split_text(c, people, contacts, crowd, before, terms, first, j, mine)
        else:
            for a in range(apps):
                c.text[a, j] = 0.0
        tally.sms[block, cr] += rules.sms * rest
        if calls:
            c.voice[j], c.screen[j] = call(
                people,
                contacts,
                crowd,
                terms,
                rules,
                tally,
                before,
                i,
                block,
                cr,
                c.spot[j],
                mine,
                c.share[j],
                c.minutes,
                c.video,
                c.counts,
            )
            for a in range(apps):
                c.called[a, j] = 0.0
        main, most, bits = np.int64(apps), -1.0, mine
        while bits:
            a = LOWEST[bits]
            bits &= bits - 1
            text = c.text[a, j]
            tally.messages[block, a] += rules.messages * text
            if text > most or (text == most and c.habit[a, j] > c.habit[main, j]):
                main, most = a, text
            if calls and c.voice[j] >> a & 1:
                seen = min(rules.video_share * c.video[a], c.minutes[a])
                tally.minutes[block, a] += rules.minutes * c.minutes[a]
                called = rules.minutes * (
                    terms.data[a, 1] * (c.minutes[a] - seen) + terms.data[a, 2] * seen
                )
                people.calls[i, a] += eq.kib(called)
                c.called[a, j] = called
        c.main[j] = main
        tally.main[block, main] += 1


@inner
def places_in(c, m):
    """Fill `places` with the cells that users of the chunk live in; returns how many."""
    found = 0
    for j in range(m):
        if not c.there[c.cell[j]]:
            c.there[c.cell[j]] = True
            c.places[found] = c.cell[j]
            found += 1
    for k in range(found):
        c.there[c.places[k]] = False
    return found


@inner
def add_up(c, tally, block, t, places, m):
    """Add the KiB of one app to those of each place."""
    wifi, bill, free = c.kib[0], c.kib[1], c.kib[2]
    if places > FEW:
        for j in range(m):
            row = tally.data[block, t, c.cell[j]]
            row[col.WIFI_KIB] += wifi[j]
            row[col.BILL_KIB] += bill[j]
            row[col.FREE_KIB] += free[j] if c.offered[t] else 0
        return
    for k in range(places):
        place, w, b, f = c.places[k], np.int64(0), np.int64(0), np.int64(0)
        for j in range(CHUNK):
            w += wifi[j] if c.cell[j] == place else 0
        for j in range(CHUNK):
            b += bill[j] if c.cell[j] == place else 0
        if c.offered[t]:
            for j in range(CHUNK):
                f += free[j] if c.cell[j] == place else 0
        row = tally.data[block, t, place]
        row[col.WIFI_KIB] += w
        row[col.BILL_KIB] += b
        row[col.FREE_KIB] += f


@inner
def take_data(c, before, terms, rules, t):
    """Fill `mb` with what users want of an app or service over the week, and `flags` with who
    uses it.
    """
    apps = len(terms.lanes)
    if t >= apps:
        for j in range(CHUNK):
            c.mb[j] = terms.service[t - apps] * terms.data[t, 3]
        for j in range(CHUNK):
            c.flags[j] = 1
        return
    text, called = c.text[t], c.called[t]
    for j in range(CHUNK):
        c.mb[j] = terms.data[t, 0] * (rules.messages * text[j]) + terms.data[t, 3]
    if before.shape[0] > 1:
        for j in range(CHUNK):
            c.mb[j] += called[j]
    for j in range(CHUNK):
        c.flags[j] = c.active[j] >> t & 1


@inner
def book_apart(c, people, terms, rules, tally, block, t, first, m):
    """`use_data` of those who are apart; the others stay in `flags`."""
    look_at_allowance(c, people, terms, t, first, m)
    anybody = np.int64(0)
    for j in range(CHUNK):
        anybody |= c.apart[j]
    for j in range(m if anybody else 0):
        if c.apart[j] >> t & c.flags[j]:
            c.flags[j] = 0
            free = use_data(
                people, terms, rules, tally, block, first + j, t, c.cell[j], c.mb[j], c.full[j]
            )
            if t < len(terms.lanes):
                c.free[j] |= np.int64(free > 0) << t
    for j in range(m, CHUNK):
        c.flags[j] = 0


@inner
def book_free(c, people, terms, tally, block, t, first, m):
    """Of the KiB on the bill, those that an offer covers; they are taken from its allowance."""
    bill, free, waived = c.kib[1], c.kib[2], c.waived[t]
    for j in range(CHUNK):
        mobile = (1.0 - c.wifi[j]) * c.mb[j] * c.left[j]
        free[j] = min(eq.kib(mobile * waived[j]), bill[j])
    for j in range(m):
        if free[j] > 0:
            offer = c.offer[t, j]
            free[j] = take_free(people, terms, first + j, offer, free[j])
            tally.sponsored[block, offer, c.cell[j]] += free[j]
    for j in range(CHUNK):
        bill[j] -= free[j]
    for j in range(CHUNK):
        c.spared[j] += free[j]
    if t < len(terms.lanes):
        bit = np.int64(1) << t
        for j in range(CHUNK):
            c.free[j] |= bit if free[j] > 0 else 0


@step
def book(c, people, before, terms, rules, tally, block, first, m):
    """`use_data` of all apps and services."""
    places, left = places_in(c, m), people.left[first : first + m]
    wifi, bill = c.kib[0], c.kib[1]
    for j in range(m):
        c.full[j] = left[j]
    for j in range(CHUNK):
        c.free[j] = c.billed[j] = c.spared[j] = 0
    for t in range(terms.offer.shape[1]):
        take_data(c, before, terms, rules, t)
        book_apart(c, people, terms, rules, tally, block, t, first, m)
        for j in range(CHUNK):
            c.left[j] = c.full[j]
        if c.offered[t] or c.charged[t]:
            waived, surcharge = c.waived[t], c.surcharge[t]
            other, paid = False, c.edge
            for j in range(CHUNK):
                paid[j] = eq.price_paid(c.price[j], waived[j], surcharge[j])
            for j in range(CHUNK):
                other |= paid[j] != c.price[j]
            for j in range(m if other else 0):
                if paid[j] != c.price[j]:
                    c.left[j] = eq.volume(paid[j], rules.sensitivity, rules.linear, rules.choke)
        for j in range(CHUNK):
            wifi[j] = eq.kib(c.wifi[j] * c.mb[j]) * c.flags[j]
        for j in range(CHUNK):
            bill[j] = eq.kib((1.0 - c.wifi[j]) * c.mb[j] * c.left[j]) * c.flags[j]
        if c.offered[t]:
            book_free(c, people, terms, tally, block, t, first, m)
        for j in range(CHUNK):
            c.billed[j] += bill[j]
        add_up(c, tally, block, t, places, m)
    billed = people.billed[first : first + m]
    for j in range(m):
        billed[j] += c.billed[j]
    if people.sponsored.shape[0] > 0:
        spared = people.sponsored[first : first + m]
        for j in range(m):
            spared[j] += c.spared[j]
