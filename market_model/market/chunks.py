"""The week of all users in one compiled pass, CHUNK of them at a time. The rules are those of
`equations`, the order that of `user`.

What limits it: reads of friends' bytes, and branches that nobody can foresee.
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
from .equations import step, whole_pass
from .scratch import CHUNK
from .traffic import book, communicate, places_in


@step
def be_counted(c, people, before, now, terms, tally, block, first, m):
    """`be_counted`: heads by byte of apps; this week becomes the last one."""
    apps = len(terms.lanes)
    for j in range(m):
        i, active, member = first + j, c.active[j], c.member[j]
        older = ((np.int64(people.older[i]) << 8) | np.int64(now[0, i])) & 0xFFFF
        monthly = (active | np.int64(before[0, i]) | older | (older >> 8)) & member
        heads = tally.heads[block, c.cell[j]]
        heads[col.ACTIVE, active] += 1
        heads[col.REGISTERED, member] += 1
        heads[col.AWARE, c.aware[j]] += 1
        heads[col.MONTHLY, monthly] += 1
        heads[col.FREE, c.free[j]] += 1
        people.aware[i], people.registered[i], people.older[i] = c.aware[j], member, older
        now[0, i] = active
        if before.shape[0] > 1:
            now[1, i], now[2, i] = c.voice[j], c.screen[j]
        if people.shown.shape[0] > 0:
            people.shown[i, 0] = 0 if c.main[j] == apps else c.main[j] + 1
            people.shown[i, 1] = c.free[j]


@step
def survey(c, terms):
    """What no chunk has to look at, for there is none of it anywhere."""
    for t in range(terms.offer.shape[1]):
        c.offered[t] = c.limited[t] = c.charged[t] = False
        for cr in range(terms.offer.shape[0]):
            offer = terms.offer[cr, t, 0]
            c.offered[t] |= offer != col.NO_OFFER
            c.charged[t] |= terms.places[cr, t, col.SURCHARGE] != 0.0
            if offer != col.NO_OFFER:
                c.limited[t] |= terms.offers[offer, col.POT] >= 0.0
    c.alike[0] = True
    for carrier in range(1, terms.text.shape[0]):
        for k in range(terms.text.shape[1]):
            for a in range(terms.text.shape[2]):
                c.alike[0] &= terms.text[carrier, k, a] == terms.text[0, k, a]
    c.pushable[0] = 0
    for a in range(len(terms.lanes)):
        most = 0.0
        for r in range(terms.hear.shape[0]):
            most = max(most, terms.hear[r, a, 0] + terms.hear[r, a, 1] * 1.001)
            if terms.try_once[r, a] > 0.0:
                c.pushable[0] |= np.int64(1) << a
        c.limit[a] = np.uint64(min(most + 1e-6, 1.0) * 4294967296.0)


@whole_pass
def week_pass(
    people, contacts, crowd, terms, rules, tally, key, week, last, measure, c, first, end
):
    """One week of users first … end−1; `last` is the half of `people.reach` that holds last week.

    measure: also add up the consumer surplus (at the end of a bill). c: to work in.
    """
    before, now, present = people.reach[last], people.reach[1 - last], people.presence[last]
    survey(c, terms)
    start = first
    while start < end:
        block = start // rules.block
        m = min(start + CHUNK, end, (block + 1) * rules.block) - start
        look_at_friends(c, people, contacts, crowd, before, present, terms, start, m)
        look_up(c, people, before, terms, rules, start, m)
        find_terms(c, people, terms, rules, start, m)
        hear_and_join(c, people, terms, rules, tally, key, week, block, start, m)
        weigh(c, terms, rules)
        if measure:
            feel_surplus(c, people, terms, rules, tally, block, start, m)
        choose(c, terms, rules, key, week, start)
        form_habit(c, people, terms, rules, start, m)
        places = places_in(c, m)
        communicate(
            c, people, contacts, crowd, before, terms, rules, tally, block, places, start, m
        )
        book(c, people, before, terms, rules, tally, block, places, start, m)
        be_counted(c, people, before, now, terms, tally, block, start, m)
        start += m
