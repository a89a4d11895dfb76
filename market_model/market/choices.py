"""What users know, join and choose, CHUNK of them at a time. Each function is a step of `user`, by
the rules of `equations`; where few users are concerned (who may join, who holds a pack, whose
choice is close), a loop finds them and the rules of `compiled` decide, user by user.

Loops without branches that write one array become vector instructions by themselves.
"""

# pyright: basic
import numpy as np

from . import columns as col
from . import equations as eq
from .compiled import BYTE, LANE, best_terms, exposures, join_apps, lasts, quarter_of
from .draws import BINS, EDGES, HEAR, JOIN, RETHINK, ROUNDS, SHIFT, USE, philox, uniform
from .equations import inner, step
from .scratch import CHUNK, LOWEST
from .ties import count_contacts

_LOW, _HIGH = np.ascontiguousarray(EDGES[:, 0]), np.ascontiguousarray(EDGES[:, 1])


@step
def look_at_friends(c, people, contacts, crowd, before, present, terms, first, m):
    """`see_friends`: exposures, and what one contact counts for."""
    apps, n = len(terms.lanes), people.carrier.shape[0]
    count_contacts(c, contacts, before, present, apps, first, m)
    for j in range(CHUNK):
        c.share[j] = 1.0 / np.float64(c.friends[j]) if c.friends[j] > 0 else 0.0
    for a in range(apps):
        out, lane = c.exposure[a], np.uint64(a) * LANE
        for j in range(CHUNK):
            out[j] = np.float64(np.int64((c.near[j] >> lane) & BYTE)) * c.share[j]
    for j in range(m):
        if c.many[j]:
            c.share[j] = exposures(
                contacts, crowd, before, present, terms.lanes, first + j, n, c.row
            )
            for a in range(apps):
                c.exposure[a, j] = c.row[a]


@step
def look_up(c, people, before, terms, rules, first, m):
    """`begin`: the columns of the chunk, and the terms of each app where its users are."""
    apps = len(terms.lanes)
    carrier, region, device = (
        people.carrier[first : first + m],
        people.region[first : first + m],
        people.device[first : first + m],
    )
    for j in range(m):
        c.region[j] = region[j]
    for j in range(m):
        c.carrier[j] = carrier[j]
    for j in range(m):
        c.cell[j] = np.int64(carrier[j]) * rules.regions + region[j]
    for j in range(m):
        c.spot[j] = c.cell[j] * rules.devices + device[j]
    for j in range(m, CHUNK):
        c.region[j] = c.carrier[j] = c.cell[j] = c.spot[j] = c.can[j] = c.aware[j] = c.member[
            j
        ] = c.kept[j] = 0
    barred, aware, member, kept = (
        people.barred[first : first + m],
        people.aware[first : first + m],
        people.registered[first : first + m],
        before[0, first : first + m],
    )
    for j in range(m):
        c.can[j] = np.int64(terms.open[c.spot[j]]) & ~np.int64(barred[j]) & ((1 << apps) - 1)
    for j in range(m):
        c.aware[j] = aware[j]
    for j in range(m):
        c.member[j] = member[j]
    if rules.presence_weeks > 1:
        recent = people.recent[first : first + m]
        for j in range(m):
            c.kept[j] = np.int64(recent[j]) & 255
    else:
        for j in range(m):
            c.kept[j] = kept[j]
    price, wifi, pressure = (
        people.price[first : first + m],
        people.wifi[first : first + m],
        people.pressure[first : first + m],
    )
    for j in range(m):
        c.price[j] = price[j]
    for j in range(m):
        c.wifi[j] = wifi[j]
    for j in range(m):
        c.weight[j] = eq.price_weight(np.float64(pressure[j]), rules.reference_price, c.wifi[j])
    for a in range(apps):
        habit, taste = c.habit[a], c.taste[a]
        for j in range(m):
            habit[j] = people.habit[first + j, a]
        for j in range(m):
            taste[j] = people.taste[first + j, a]


@inner
def look_at_allowance(c, people, terms, t, first, m):
    """Who has used up the allowance of the best offer for an app is apart."""
    if c.limited[t]:
        for j in range(m):
            offer = c.offer[t, j]
            if offer != col.NO_OFFER and not lasts(people, terms, first + j, offer):
                c.apart[j] |= np.int64(1) << t


@step
def find_terms(c, people, terms, rules, first, m):
    """`terms_for` every app: the best offer where users are; by `best_terms` for those who hold
    a pack, or have used an allowance up.
    """
    apps = len(terms.lanes)
    for j in range(CHUNK):
        c.apart[j] = 0
    for t in range(terms.offer.shape[1]):
        waived, bonus, surcharge, offer = c.waived[t], c.bonus[t], c.surcharge[t], c.offer[t]
        if c.charged[t]:
            for j in range(CHUNK):
                surcharge[j] = terms.places[c.cell[j], t, col.SURCHARGE]
        else:
            for j in range(CHUNK):
                surcharge[j] = 0.0
        if not c.offered[t]:
            for j in range(CHUNK):
                waived[j] = 0.0
            for j in range(CHUNK):
                bonus[j] = 0.0
            continue
        for j in range(CHUNK):
            waived[j] = terms.places[c.cell[j], t, col.WAIVED]
        for j in range(CHUNK):
            bonus[j] = terms.places[c.cell[j], t, col.BONUS]
        for j in range(CHUNK):
            offer[j] = terms.offer[c.cell[j], t, 0]
        look_at_allowance(c, people, terms, t, first, m)
    if rules.packs:
        packs = people.packs[first : first + m]
        for j in range(m):
            c.apart[j] |= -1 if packs[j] != 0 else 0
    for j in range(m):
        if c.apart[j]:
            for a in range(apps):
                if c.apart[j] >> a & 1:
                    c.waived[a, j], c.offer[a, j], c.bonus[a, j] = best_terms(
                        people, terms, rules, first + j, a, c.cell[j]
                    )


@step
def draw(c, key, mechanism, week, first, apps):
    """The words of a mechanism: `draws`, of app a from a·CHUNK on."""
    words, zero, one = c.words, key[0], key[1]
    c1, c2 = np.uint64(week & 0xFFFFFFFF), np.uint64(mechanism)
    for group in range((apps + 3) >> 2):
        c3, at = np.uint64(group), 4 * group * CHUNK
        for j in range(CHUNK):
            w = philox(np.uint64(first + j), c1, c2, c3, zero, one, ROUNDS)
            words[at + j] = w[0]
            words[at + CHUNK + j] = w[1]
            words[at + 2 * CHUNK + j] = w[2]
            words[at + 3 * CHUNK + j] = w[3]


@inner
def may_join(c, terms, rules, a, j):
    """False for most of those who do not register: the draw u is above P' = 1 − (1 − P)(1 − τ) if
    (u − τ)/(1 − τ) is above P = ρ·σ(x); bins of σ tell without it.
    """
    tau = terms.try_once[c.region[j], a]
    above = (uniform(c.words[a * CHUNK + j]) - tau) / max(1.0 - tau, 1e-12)
    if above < 1e-9:
        return True
    if above >= rules.registration_rate or not c.aware[j] >> a & 1:
        return False
    paid = eq.price_paid(c.price[j], rules.salience * c.waived[a, j], c.surcharge[a, j])
    value = eq.registration_value(
        terms.cells[c.spot[j], a, col.ENTRY],
        c.taste[a, j],
        rules.network_effect,
        c.exposure[a, j],
        eq.price_felt(c.weight[j], paid),
    )
    part = np.int64(min(above / rules.registration_rate * BINS, BINS - 1.0))
    return rules.beta * value >= EDGES[part, 0]


@step
def hear_and_join(c, people, terms, rules, tally, key, week, block, first, m):
    """`hear_of` and `register`: a look at the draws finds the few to whom something may happen;
    `join_apps` decides.
    """
    apps, unheard, pending = len(terms.lanes), np.int64(0), np.int64(0)
    for j in range(CHUNK):
        c.flags[j] = c.joined[j] = c.pushed[j] = 0
    for j in range(CHUNK):
        c.pending[j] = c.can[j] & ~c.member[j]
    for j in range(CHUNK):
        pending |= c.pending[j]
    for j in range(CHUNK):
        unheard |= c.pending[j] & ~c.aware[j]
    if pending == 0:
        return
    if unheard:
        draw(c, key, HEAR, week, first, apps)
    for a in range(apps):
        if unheard >> a & 1:
            words, bit, limit = c.words[a * CHUNK : (a + 1) * CHUNK], np.int64(1) << a, c.limit[a]
            for j in range(CHUNK):
                c.flags[j] |= bit if words[j] < limit else 0
    for j in range(CHUNK):
        c.flags[j] &= c.pending[j] & ~c.aware[j]
    for j in range(m):
        maybe = c.flags[j]
        while maybe:
            a = LOWEST[maybe]
            rate = eq.hearing_rate(
                terms.hear[c.region[j], a, 0], terms.hear[c.region[j], a, 1], c.exposure[a, j]
            )
            if uniform(c.words[a * CHUNK + j]) >= rate + 1e-9:
                c.flags[j] &= ~(np.int64(1) << a)
            maybe &= maybe - 1
    draw(c, key, JOIN, week, first, apps)
    for j in range(m):
        maybe = c.pending[j] & (c.aware[j] | c.pushable[0])
        while maybe and c.flags[j] == 0:
            a = LOWEST[maybe]
            maybe &= maybe - 1
            if may_join(c, terms, rules, a, j):
                c.flags[j] = 1
        if c.flags[j]:
            for a in range(apps):
                c.row[a] = c.exposure[a, j]
            c.aware[j], c.joined[j], c.pushed[j] = join_apps(
                people,
                terms,
                rules,
                tally,
                key,
                week,
                first + j,
                block,
                c.cell[j],
                c.spot[j],
                c.pending[j],
                c.aware[j],
                c.row,
            )
            c.member[j] |= c.joined[j]


@step
def weigh(c, terms, rules):
    """`value` of each app this week."""
    apps, base, sticky = len(terms.lanes), c.edge, c.left
    for j in range(CHUNK):
        c.crossing[j] = 0.0
    for a in range(apps):
        exposure, habit = c.exposure[a], c.habit[a]
        for j in range(CHUNK):
            c.crossing[j] += exposure[j] * habit[j]
    for a in range(apps):
        exposure, habit, taste, value = c.exposure[a], c.habit[a], c.taste[a], c.value[a]
        waived, bonus, surcharge = c.waived[a], c.bonus[a], c.surcharge[a]
        for j in range(CHUNK):
            base[j] = terms.cells[c.spot[j], a, col.BASE] + bonus[j]
        for j in range(CHUNK):
            sticky[j] = terms.cells[c.spot[j], a, col.STICKY]
        for j in range(CHUNK):
            value[j] = eq.price_felt(
                c.weight[j], eq.price_paid(c.price[j], waived[j], surcharge[j])
            )
        for j in range(CHUNK):
            value[j] = eq.activity_value(
                base[j],
                taste[j],
                rules.network_effect,
                exposure[j],
                sticky[j],
                habit[j],
                value[j],
                rules.crowding,
                c.crossing[j] - exposure[j] * habit[j],
            )


@step
def feel_surplus(c, people, terms, rules, tally, block, first, m):
    """`feel_surplus`: of the apps that users can use."""
    for j in range(m):
        rest = c.can[j] & c.member[j]
        quarter = quarter_of(people, terms, first + j)
        while rest:
            a = LOWEST[rest]
            rest &= rest - 1
            tally.surplus[block, quarter] += eq.money_of_utility(
                eq.inclusive_value(c.value[a, j], rules.beta),
                np.float64(people.pressure[first + j]),
                rules.reference_price,
                terms.week_mb[a],
            )


@step
def choose(c, terms, rules, key, week, first):
    """`use`: of the apps they can use, a new choice with probability f (always when fresh), else
    as kept. Nearly always a look at the bin of the draw decides; σ is evaluated only where the
    value falls within that bin.
    """
    apps = len(terms.lanes)
    draw(c, key, USE, week, first, apps)
    for j in range(CHUNK):
        c.active[j] = 0
    for j in range(CHUNK):
        c.flags[j] = 0
    for a in range(apps):
        words, value, bit = c.words[a * CHUNK : (a + 1) * CHUNK], c.value[a], np.int64(1) << a
        for j in range(CHUNK):
            value[j] *= rules.beta
        for j in range(CHUNK):
            c.edge[j] = _HIGH[words[j] >> SHIFT]
        for j in range(CHUNK):
            c.active[j] |= bit if value[j] > c.edge[j] else 0
        for j in range(CHUNK):
            c.edge[j] = _LOW[words[j] >> SHIFT]
        for j in range(CHUNK):
            c.flags[j] |= bit if value[j] >= c.edge[j] else 0
    for j in range(CHUNK):
        c.flags[j] &= ~c.active[j] & c.can[j] & c.member[j]
    for j in range(CHUNK):
        close = c.flags[j]
        while close:
            a = LOWEST[close]
            close &= close - 1
            sure = uniform(c.words[a * CHUNK + j]) < eq.sigmoid(c.value[a, j])
            c.active[j] |= np.int64(sure) << a
    if rules.refresh < 1.0:
        draw(c, key, RETHINK, week, first, apps)
        for a in range(apps):
            words = c.words[a * CHUNK : (a + 1) * CHUNK]
            for j in range(CHUNK):
                bit = np.int64(uniform(words[j]) >= rules.refresh) << a & ~c.joined[j]
                c.active[j] = (c.active[j] & ~bit) | (c.kept[j] & bit)
    for j in range(CHUNK):
        c.active[j] = (c.active[j] & c.can[j] & c.member[j]) | c.pushed[j]


@step
def form_habit(c, people, terms, rules, first, m):
    """`form_habit` of those registered anywhere; it stands still while an app is down."""
    apps, down = len(terms.lanes), np.int64(terms.down[0])
    for a in range(apps):
        if down >> a & 1:
            continue
        habit = c.habit[a]
        for j in range(CHUNK):
            new = eq.habit(habit[j], np.float64(c.active[j] >> a & 1), rules.habit_decay)
            habit[j] = np.float64(np.float32(new)) if c.member[j] != 0 else habit[j]
    stored = people.habit[first : first + m]
    for a in range(apps):
        habit = c.habit[a]
        for j in range(m):
            stored[j, a] = habit[j]
