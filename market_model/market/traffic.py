"""What users write, call and load, CHUNK of them at a time: as in `choices`."""

# pyright: basic
import numpy as np

from . import columns as col
from . import equations as eq
from .choices import look_at_allowance
from .compiled import BYTE, LANE, call, conversations, take_free, use_data
from .equations import inner
from .scratch import CHUNK, LARGE
from .ties import contacts_in_common

FEW = 8
"""Places (CR) in a chunk up to which data is added up place by place."""


@inner
def write_one_by_one(c, room, contacts, crowd, before, terms, first, j):
    """Conversations of a user whose contacts were not counted by kind."""
    mine, share = c.active[j], c.share[j]
    c.rest[j] = conversations(
        contacts,
        room.lists,
        crowd,
        before,
        first + j,
        j,
        0,
        mine,
        share,
        terms.text[c.carrier[j]],
        terms.lanes,
        room.counts,
        room.row,
    )
    for a in range(len(terms.lanes)):
        c.text[a, j] = room.row[a]


@inner
def share_out(c, terms, used, carrier, alike):
    """`conversations` of the customers of a carrier, or of all: from contacts by apps in common to
    shares by app.
    """
    apps, table, weight = len(terms.lanes), terms.text[carrier], c.one
    for k in range(1 << apps):
        common = (1 << apps) - 1 - k
        if common & ~used:
            continue
        kinds, lane = c.kinds[common >> 3], np.uint64(common & 7) * LANE
        for j in range(CHUNK):
            weight[j] = np.float64(np.int64((kinds[j] >> lane) & BYTE)) * c.share[j]
        if not alike:
            for j in range(CHUNK):
                weight[j] = weight[j] if c.carrier[j] == carrier else 0.0
        by_sms = table[common, apps]
        for j in range(CHUNK):
            c.rest[j] += weight[j] * by_sms
        for a in range(apps):
            if common >> a & 1:
                text, by_app = c.text[a], table[common, a]
                for j in range(CHUNK):
                    text[j] += weight[j] * by_app


@inner
def write(c, room, contacts, crowd, before, terms, first, m):
    """Fill `text` with the share of users' conversations that each app carries, and `rest` with
    that of SMS.
    """
    apps, used = len(terms.lanes), np.int64(0)
    for a in range(apps):
        text = c.text[a]
        for j in range(CHUNK):
            text[j] = 0.0
    for j in range(CHUNK):
        c.rest[j] = 0.0
    for j in range(CHUNK):
        used |= c.active[j]
    if apps <= LARGE:
        contacts_in_common(c, apps)
        alike = c.alike
        for carrier in range(1 if alike else terms.text.shape[0]):
            share_out(c, terms, used, carrier, alike)
    for j in range(CHUNK):
        c.rest[j] = 1.0 if c.active[j] == 0 or c.share[j] == 0.0 else c.rest[j]
    for j in range(m):
        if c.many[j] or apps > LARGE:
            write_one_by_one(c, room, contacts, crowd, before, terms, first, j)


@inner
def ring(c, room, people, contacts, crowd, before, terms, rules, tally, block, first, j):
    """Calls of a user: minutes, and the data that they take."""
    i, apps, mine = first + j, len(terms.lanes), c.active[j]
    c.voice[j], c.screen[j] = call(
        people,
        contacts,
        room.lists,
        crowd,
        terms,
        rules,
        tally,
        before,
        i,
        j,
        block,
        c.cell[j],
        c.spot[j],
        mine,
        c.share[j],
        room.minutes,
        room.video,
        room.counts,
    )
    for a in range(apps):
        c.called[a, j] = 0.0
        if c.voice[j] >> a & 1:
            seen = min(rules.video_share * room.video[a], room.minutes[a])
            tally.minutes[block, a] += rules.minutes * room.minutes[a]
            called = rules.minutes * (
                terms.data[a, 1] * (room.minutes[a] - seen) + terms.data[a, 2] * seen
            )
            people.calls[i, a] += eq.kib(called)
            c.called[a, j] = called


@inner
def find_main_app(c, tally, block, apps):
    """The app that carries most of what a user writes; of equals the one of the stronger habit."""
    most, strongest = c.one, c.two
    for j in range(CHUNK):
        c.main[j] = apps
    for j in range(CHUNK):
        most[j] = -1.0
    for j in range(CHUNK):
        strongest[j] = 0.0
    for a in range(apps):
        text, habit = c.text[a], c.habit[a]
        for j in range(CHUNK):
            equal = np.int64(text[j] == most[j]) & np.int64(habit[j] > strongest[j])
            c.marked[j] = (c.active[j] >> a) & (np.int64(text[j] > most[j]) | equal)
        for j in range(CHUNK):
            c.main[j] = a if c.marked[j] else c.main[j]
        for j in range(CHUNK):
            old, new = most[j], text[j]
            most[j] = new if c.marked[j] else old
        for j in range(CHUNK):
            old, new = strongest[j], habit[j]
            strongest[j] = new if c.marked[j] else old
    for a in range(apps):
        users = np.int64(0)
        for j in range(CHUNK):
            users += np.int64(c.main[j] == a)
        tally.main[block, a] += users


@inner
def add_in_order(c, sums, rows):
    """Add the first `rows` of `addends`, each user by user, to `sums`: side by side, as each sum
    has to wait for its last addend.
    """
    for r in range(0, rows, 8):
        part = c.addends[r : r + 8]
        s0, s1, s2, s3 = sums[r], sums[r + 1], sums[r + 2], sums[r + 3]
        s4, s5, s6, s7 = sums[r + 4], sums[r + 5], sums[r + 6], sums[r + 7]
        for j in range(CHUNK):
            s0 += part[0, j]
            s1 += part[1, j]
            s2 += part[2, j]
            s3 += part[3, j]
            s4 += part[4, j]
            s5 += part[5, j]
            s6 += part[6, j]
            s7 += part[7, j]
        sums[r], sums[r + 1], sums[r + 2], sums[r + 3] = s0, s1, s2, s3
        sums[r + 4], sums[r + 5], sums[r + 6], sums[r + 7] = s4, s5, s6, s7


@inner
def add_messages(c, room, terms, rules, tally, block, places, m):
    """Messages by app and SMS by place, in the order of the users."""
    apps, sums = len(terms.lanes), c.sums
    for a in range(apps):
        out, text = c.addends[a], c.text[a]
        for j in range(CHUNK):
            out[j] = rules.messages * text[j]
        sums[a] = tally.messages[block, a]
    here = places if places <= FEW else 0
    for k in range(here):
        out, place = c.addends[apps + k], room.places[k]
        for j in range(CHUNK):
            out[j] = rules.sms * c.rest[j] if c.cell[j] == place else 0.0
        for j in range(m, CHUNK):
            out[j] = 0.0
        sums[apps + k] = tally.sms[block, place]
    add_in_order(c, sums, apps + here)
    for a in range(apps):
        tally.messages[block, a] = sums[a]
    for k in range(here):
        tally.sms[block, room.places[k]] = sums[apps + k]
    if places > FEW:
        for j in range(m):
            tally.sms[block, c.cell[j]] += rules.sms * c.rest[j]


@inner
def communicate(
    c, room, people, contacts, crowd, before, terms, rules, tally, block, places, first, m
):
    """`communicate` without the data: messages, calls, the main app."""
    apps = len(terms.lanes)
    write(c, room, contacts, crowd, before, terms, first, m)
    if before.shape[0] > 1:
        for j in range(m):
            ring(c, room, people, contacts, crowd, before, terms, rules, tally, block, first, j)
    add_messages(c, room, terms, rules, tally, block, places, m)
    find_main_app(c, tally, block, apps)
    nothing = np.int64(0)
    for j in range(m):
        nothing += np.int64(c.main[j] == apps)
    tally.main[block, apps] += nothing


@inner
def places_in(c, room, m):
    """Fill `places` with the cells that users of the chunk live in; returns how many."""
    found = 0
    for j in range(m):
        room.there[c.cell[j]] = True
    for place in range(room.there.shape[0]):
        room.places[found] = place
        found += np.int64(room.there[place])
        room.there[place] = False
    return found


@inner
def add_up(c, room, tally, block, t, places, m):
    """Add the KiB of one app to those of each place."""
    wifi, bill, free = c.by_wifi, c.on_bill, c.given
    if places > FEW:
        for j in range(m):
            row = tally.data[block, t, c.cell[j]]
            row[col.WIFI_KIB] += wifi[j]
            row[col.BILL_KIB] += bill[j]
            row[col.FREE_KIB] += free[j] if room.offered[t] else 0
        return
    for k in range(places):
        place, w, b, f = room.places[k], np.int64(0), np.int64(0), np.int64(0)
        for j in range(CHUNK):
            w += wifi[j] if c.cell[j] == place else 0
            b += bill[j] if c.cell[j] == place else 0
        if room.offered[t]:
            for j in range(CHUNK):
                f += free[j] if c.cell[j] == place else 0
        row = tally.data[block, t, place]
        row[col.WIFI_KIB] += w
        row[col.BILL_KIB] += b
        row[col.FREE_KIB] += f


@inner
def take_data(c, before, terms, rules, t):
    """Fill `mb` with what users want of an app or service over the week, and `marked` with who
    uses it.
    """
    apps = len(terms.lanes)
    if t >= apps:
        for j in range(CHUNK):
            c.mb[j] = terms.service[t - apps] * terms.data[t, 3]
        for j in range(CHUNK):
            c.marked[j] = 1
        return
    text, called = c.text[t], c.called[t]
    for j in range(CHUNK):
        c.mb[j] = terms.data[t, 0] * (rules.messages * text[j]) + terms.data[t, 3]
    if before.shape[0] > 1:
        for j in range(CHUNK):
            c.mb[j] += called[j]
    for j in range(CHUNK):
        c.marked[j] = c.active[j] >> t & 1


@inner
def book_apart(c, room, people, terms, rules, tally, block, t, first, m):
    """`use_data` of those who are apart; the others stay in `marked`."""
    look_at_allowance(c, room, people, terms, t, first, m)
    anybody = np.int64(0)
    for j in range(CHUNK):
        anybody |= c.apart[j]
    for j in range(m if anybody else 0):
        if c.apart[j] >> t & c.marked[j]:
            c.marked[j] = 0
            free = use_data(
                people, terms, rules, tally, block, first + j, t, c.cell[j], c.mb[j], c.full[j]
            )
            if t < len(terms.lanes):
                c.free[j] |= np.int64(free > 0) << t
    for j in range(m, CHUNK):
        c.marked[j] = 0


@inner
def book_free(c, room, people, terms, tally, block, t, first, m):
    """Of the KiB on the bill, those that an offer covers; they are taken from its allowance."""
    bill, free, waived = c.on_bill, c.given, room.waived[t]
    for j in range(CHUNK):
        mobile = (1.0 - c.wifi[j]) * c.mb[j] * c.left[j]
        free[j] = min(eq.kib(mobile * waived[j]), bill[j])
    for j in range(m):
        if free[j] > 0:
            offer = room.offer[t, j]
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


@inner
def leave_at_price(c, rules, waived, surcharge, m):
    """Fill `left` where an app's data costs something else than other data; few pay something."""
    other, paid = np.int64(0), c.one
    for j in range(CHUNK):
        paid[j] = eq.price_paid(c.price[j], waived[j], surcharge[j])
    for j in range(CHUNK):
        c.left[j] = 1.0 if paid[j] == 0.0 else c.full[j]
    for j in range(CHUNK):
        other |= np.int64(paid[j] != c.price[j]) & np.int64(paid[j] != 0.0)
    for j in range(m if other else 0):
        if paid[j] != c.price[j]:
            c.left[j] = eq.volume(paid[j], rules.sensitivity, rules.linear, rules.choke)


@inner
def book(c, room, people, before, terms, rules, tally, block, places, first, m):
    """`use_data` of all apps and services."""
    wifi, bill = c.by_wifi, c.on_bill
    for j in range(CHUNK):
        c.free[j] = 0
    for j in range(CHUNK):
        c.billed[j] = 0
    for j in range(CHUNK):
        c.spared[j] = 0
    for t in range(terms.offer.shape[1]):
        take_data(c, before, terms, rules, t)
        book_apart(c, room, people, terms, rules, tally, block, t, first, m)
        for j in range(CHUNK):
            c.left[j] = c.full[j]
        if room.offered[t] or room.charged[t]:
            leave_at_price(c, rules, room.waived[t], room.surcharge[t], m)
        for j in range(CHUNK):
            wifi[j] = eq.kib(c.wifi[j] * c.mb[j]) * c.marked[j]
        for j in range(CHUNK):
            bill[j] = eq.kib((1.0 - c.wifi[j]) * c.mb[j] * c.left[j]) * c.marked[j]
        if room.offered[t]:
            book_free(c, room, people, terms, tally, block, t, first, m)
        for j in range(CHUNK):
            c.billed[j] += bill[j]
        add_up(c, room, tally, block, t, places, m)
    billed = people.billed[first : first + m]
    for j in range(m):
        billed[j] += c.billed[j]
    if people.sponsored.shape[0] > 0:
        spared = people.sponsored[first : first + m]
        for j in range(m):
            spared[j] += c.spared[j]
    if people.free_kib.shape[0] > 0:
        free_kib = people.free_kib[first : first + m]
        for j in range(m):
            free_kib[j] = min(np.int64(free_kib[j]) + c.spared[j], 65535)
