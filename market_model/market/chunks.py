"""The week of all users in one compiled pass, CHUNK of them at a time. The rules are those of
`equations`, the order that of `user`.

The steps are inlined: handing some four hundred arrays from function to function took a third of
the time. What limits it: reads of friends' bytes (14 a user), look-ups by place, the few who join.
"""

# pyright: basic
import numpy as np

from . import columns as col
from .choices import (
    choose,
    feel_surplus,
    find_terms,
    form_habit,
    hear_and_join,
    look_at_friends,
    look_up,
    weigh,
)
from .equations import inner, whole_pass
from .scratch import CHUNK
from .traffic import book, communicate, places_in


@inner
def be_counted(c, people, before, now, apps, tally, block, first, m):
    """`be_counted`: heads by byte of apps; this week becomes the last one."""
    end, monthly = first + m, c.marked
    aware, member, text, past = (
        people.aware[first:end],
        people.registered[first:end],
        now[0, first:end],
        before[0, first:end],
    )
    if people.older.shape[0] > 0:
        older = people.older[first:end]
        for j in range(m):
            older[j] = ((np.int64(older[j]) << 8) | np.int64(text[j])) & 0xFFFF
        for j in range(m):
            weeks = c.active[j] | np.int64(past[j]) | np.int64(older[j])
            monthly[j] = (weeks | np.int64(older[j]) >> 8) & c.member[j]
    else:
        recent = people.recent[first:end]
        for j in range(m):
            weeks = np.int64(recent[j]) | np.int64(recent[j]) >> 8 | np.int64(recent[j]) >> 16
            monthly[j] = (weeks & 255 | c.active[j] | np.int64(past[j])) & c.member[j]
    for j in range(m):
        aware[j] = c.aware[j]
    for j in range(m):
        member[j] = c.member[j]
    for j in range(m):
        text[j] = c.active[j]
    heads = tally.heads[block]
    for j in range(m):
        row = heads[np.uint64(c.cell[j])]
        row[col.ACTIVE, np.uint64(c.active[j])] += 1
        row[col.REGISTERED, np.uint64(c.member[j])] += 1
        row[col.AWARE, np.uint64(c.aware[j])] += 1
        row[col.MONTHLY, np.uint64(monthly[j])] += 1
        row[col.FREE, np.uint64(c.free[j])] += 1
    if before.shape[0] > 1:
        voice, screen = now[1, first:end], now[2, first:end]
        for j in range(m):
            voice[j] = c.voice[j]
        for j in range(m):
            screen[j] = c.screen[j]
    if people.shown.shape[0] > 0:
        shown = people.shown[first:end]
        for j in range(m):
            shown[j, 0] = 0 if c.main[j] == apps else c.main[j] + 1
            shown[j, 1] = c.free[j]


@inner
def survey(c, room, terms):
    """What no chunk has to look at, for there is none of it anywhere."""
    for t in range(terms.offer.shape[1]):
        room.offered[t] = room.limited[t] = room.charged[t] = False
        for cr in range(terms.offer.shape[0]):
            offer = terms.offer[cr, t, 0]
            room.offered[t] |= offer != col.NO_OFFER
            room.charged[t] |= terms.places[cr, t, col.SURCHARGE] != 0.0
            if offer != col.NO_OFFER:
                room.limited[t] |= terms.offers[offer, col.POT] >= 0.0
    c.alike = 1
    for carrier in range(1, terms.text.shape[0]):
        for k in range(terms.text.shape[1]):
            for a in range(terms.text.shape[2]):
                if terms.text[carrier, k, a] != terms.text[0, k, a]:
                    c.alike = 0
    c.pushable = 0
    for a in range(len(terms.lanes)):
        most = 0.0
        for r in range(terms.hear.shape[0]):
            most = max(most, terms.hear[r, a, 0] + terms.hear[r, a, 1] * 1.001)
            if terms.try_once[r, a] > 0.0:
                c.pushable |= np.int64(1) << a
        c.limit[a] = np.uint64(min(most + 1e-6, 1.0) * 4294967296.0)


@whole_pass
def week_pass(
    people, contacts, crowd, terms, rules, tally, key, week, last, measure, c, room, first, end
):
    """One week of users first … end−1; `last` is the half of `people.reach` that holds last week.

    measure: also add up the consumer surplus (at the end of a bill). c, room: to work
    in.
    """
    before, now = people.reach[last], people.reach[1 - last]
    present = people.presence[last % people.presence.shape[0]]
    survey(c, room, terms)
    apps, start = len(terms.lanes), first
    while start < end:
        m = min(start + CHUNK, end, (start // rules.block + 1) * rules.block) - start
        block = start // rules.block % col.RING
        look_at_friends(c, room, people, contacts, crowd, before, present, terms, start, m)
        look_up(c, people, before, terms, rules, start, m)
        find_terms(c, room, people, terms, rules, start, m)
        hear_and_join(c, room, people, terms, rules, tally, key, week, block, start, m)
        weigh(c, room, terms, rules)
        if measure:
            feel_surplus(c, people, terms, rules, tally, block, start, m)
        choose(c, terms, rules, key, week, start)
        form_habit(c, people, terms, rules, start, m)
        places = places_in(c, room, m)
        communicate(
            c, room, people, contacts, crowd, before, terms, rules, tally, block, places, start, m
        )
        book(c, room, people, before, terms, rules, tally, block, places, start, m)
        be_counted(c, people, before, now, apps, tally, block, start, m)
        start += m
