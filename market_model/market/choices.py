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
from .draws import (
    APPETITE,
    BINS,
    EDGES,
    HEAR,
    JOIN,
    LOW,
    PRESSURE,
    RETHINK,
    ROUNDS,
    SHIFT,
    TASTE,
    USE,
    WIFI,
    philox,
    uniform,
)
from .equations import inner
from .scratch import CHUNK, LOWEST
from .ties import count_contacts
from .traits import (
    APPETITES,
    GAMMA,
    OMEGA,
    OWN,
    STEPS,
    community_of,
    device_of,
    left_of,
    pressure_of,
    quantile,
)

_LOW, _HIGH = np.ascontiguousarray(EDGES[:, 0]), np.ascontiguousarray(EDGES[:, 1])


@inner
def look_at_friends(c, room, people, contacts, crowd, before, present, terms, first, m):
    """`see_friends`: exposures, and what one contact counts for."""
    apps, n = len(terms.lanes), people.carrier.shape[0]
    count_contacts(c, room.lists, contacts, before, present, apps, first, m)
    for j in range(CHUNK):
        c.share[j] = 1.0 / np.float64(c.friends[j]) if c.friends[j] > 0 else 0.0
    for a in range(apps):
        out, lane = c.exposure[a], np.uint64(a) * LANE
        for j in range(CHUNK):
            out[j] = np.float64(np.int64((c.near[j] >> lane) & BYTE)) * c.share[j]
    for j in range(m):
        if c.many[j]:
            c.share[j] = exposures(
                contacts,
                room.lists,
                crowd,
                before,
                present,
                terms.lanes,
                first + j,
                j,
                n,
                room.row,
            )
            for a in range(apps):
                c.exposure[a, j] = room.row[a]


@inner
def turn_out(columns, rows, apps, m):
    """Fill columns by app, (M, c), with rows by user, (c, M)."""
    for a in range(apps):
        out = columns[a]
        for j in range(m):
            out[j] = rows[j, a]


@inner
def look_up(c, people, before, terms, rules, first, m):
    """`begin`: the columns of the chunk; users beyond its end can do nothing."""
    apps, end = len(terms.lanes), first + m
    carrier, region = people.carrier[first:end], people.region[first:end]
    barred, aware, member = (
        people.barred[first:end],
        people.aware[first:end],
        people.registered[first:end],
    )
    for j in range(m, CHUNK):
        c.region[j] = c.carrier[j] = c.cell[j] = c.spot[j] = 0
    for j in range(m, CHUNK):
        c.can[j] = c.aware[j] = c.member[j] = c.kept[j] = 0
    for j in range(m):
        c.region[j] = region[j]
    for j in range(m):
        c.carrier[j] = carrier[j]
    for j in range(m):
        c.cell[j] = np.int64(carrier[j]) * rules.regions + region[j]
    for j in range(m):
        c.spot[j] = c.cell[j] * rules.devices + device_of(people, first + j)
    for j in range(m):
        c.can[j] = terms.open[np.uint64(c.spot[j])]
    for j in range(m):
        c.can[j] &= ~np.int64(barred[j]) & ((1 << apps) - 1)
    for j in range(m):
        c.aware[j] = aware[j]
    for j in range(m):
        c.member[j] = member[j]
    if rules.presence_weeks > 1:
        recent = people.recent[first:end]
        for j in range(m):
            c.kept[j] = np.int64(recent[j]) & 255
    else:
        kept = before[0, first:end]
        for j in range(m):
            c.kept[j] = kept[j]
    price = people.price[first:end]
    for j in range(m):
        c.price[j] = price[j]
    if people.left.shape[0] > 0:
        left = people.left[first:end]
        for j in range(m):
            c.full[j] = left[j]
    else:
        for j in range(m):
            c.full[j] = left_of(people, rules, first + j)
    if people.steps.shape[0] > 0:
        turn_out(c.habit, people.steps[first:end], apps, m)
        for a in range(apps):
            habit = c.habit[a]
            for j in range(m):
                habit[j] /= STEPS
    else:
        turn_out(c.habit, people.habit[first:end], apps, m)
    if people.traits.shape[0] > 0:
        draw_traits(c, people, rules, first, m)
        return
    wifi, pressure = people.wifi[first:end], people.pressure[first:end]
    for j in range(m):
        c.wifi[j] = wifi[j]
    for j in range(m):
        c.weight[j] = eq.price_weight(np.float64(pressure[j]), rules.reference_price, c.wifi[j])
    turn_out(c.taste, people.taste[first:end], apps, m)


@inner
def draw_trait(out, people, row, words, m):
    """Add to `out` the quantiles of a row at the draws."""
    table = people.traits[row]
    for j in range(m):
        out[j] += quantile(table, uniform(words[j]))


@inner
def draw_traits(c, people, rules, first, m):
    """Fill `wifi`, `weight` and `taste`, as `traits` says of each user."""
    apps, appetite, pressure = people.common.shape[1], c.one, c.two
    for j in range(CHUNK):
        c.wifi[j] = 0.0
    for j in range(CHUNK):
        pressure[j] = 0.0
    for j in range(CHUNK):
        appetite[j] = 0.0
    draw(c, people.luck, WIFI, 0, first, 1)
    draw_trait(c.wifi, people, OMEGA, c.words[0], m)
    draw(c, people.luck, PRESSURE, 0, first, 1)
    draw_trait(pressure, people, GAMMA, c.words[0], m)
    for j in range(m):
        c.weight[j] = eq.price_weight(pressure[j], rules.reference_price, c.wifi[j])
    draw(c, people.luck, APPETITE, 0, first, 1)
    draw_trait(appetite, people, APPETITES, c.words[0], m)
    draw(c, people.luck, TASTE, 0, first, apps)
    for a in range(apps):
        taste = c.taste[a]
        for j in range(CHUNK):
            taste[j] = 0.0
        draw_trait(taste, people, OWN + a, c.words[a], m)
        for j in range(m):
            taste[j] += np.float64(people.common[community_of(people, first + j), a])
        for j in range(m):
            taste[j] += appetite[j]


@inner
def look_at_allowance(c, room, people, terms, t, first, m):
    """Who has used up the allowance of the best offer for an app is apart."""
    if room.limited[t]:
        for j in range(m):
            offer = room.offer[t, j]
            if offer != col.NO_OFFER and not lasts(people, terms, first + j, offer):
                c.apart[j] |= np.int64(1) << t


@inner
def find_terms(c, room, people, terms, rules, first, m):
    """`terms_for` every app: the best offer where users are; by `best_terms` for those who hold
    a pack, or have used an allowance up.
    """
    apps = len(terms.lanes)
    for j in range(CHUNK):
        c.apart[j] = 0
    for t in range(terms.offer.shape[1]):
        waived, bonus, surcharge, offer = (
            room.waived[t],
            room.bonus[t],
            room.surcharge[t],
            room.offer[t],
        )
        if room.charged[t]:
            for j in range(CHUNK):
                surcharge[j] = terms.places[np.uint64(c.cell[j]), t, col.SURCHARGE]
        else:
            for j in range(CHUNK):
                surcharge[j] = 0.0
        if not room.offered[t]:
            for j in range(CHUNK):
                waived[j] = 0.0
            for j in range(CHUNK):
                bonus[j] = 0.0
            continue
        for j in range(CHUNK):
            waived[j] = terms.places[np.uint64(c.cell[j]), t, col.WAIVED]
        for j in range(CHUNK):
            bonus[j] = terms.places[np.uint64(c.cell[j]), t, col.BONUS]
        for j in range(CHUNK):
            offer[j] = terms.offer[np.uint64(c.cell[j]), t, 0]
        look_at_allowance(c, room, people, terms, t, first, m)
    if rules.packs:
        packs = people.packs[first : first + m]
        for j in range(m):
            c.apart[j] |= -1 if packs[j] != 0 else 0
    for j in range(m):
        if c.apart[j]:
            for a in range(apps):
                if c.apart[j] >> a & 1:
                    room.waived[a, j], room.offer[a, j], room.bonus[a, j] = best_terms(
                        people, terms, rules, first + j, a, c.cell[j]
                    )


@inner
def draw(c, key, mechanism, week, first, apps):
    """The words of a mechanism: `draws`, a row for each app."""
    zero, one, c2 = key[0] & LOW, key[1] & LOW, np.uint64(mechanism) & LOW
    c1 = np.uint64(week & 0xFFFFFFFF) & LOW
    for group in range((apps + 3) >> 2):
        c3, words = np.uint64(group) & LOW, c.words[4 * group : 4 * group + 4]
        for j in range(CHUNK):
            w = philox(np.uint64(first + j) & LOW, c1, c2, c3, zero, one, ROUNDS)
            words[0, j] = w[0]
            words[1, j] = w[1]
            words[2, j] = w[2]
            words[3, j] = w[3]


@inner
def look_for_hearers(c, terms, apps, m):
    """Fill `marked` with the apps that users hear of: the draw is below the rate, and nearly always
    that is below the chance.
    """
    for a in range(apps):
        words, bit, limit = c.words[a], np.int64(1) << a, c.limit[a]
        for j in range(CHUNK):
            c.marked[j] |= bit if words[j] < limit else 0
    for j in range(CHUNK):
        c.marked[j] &= c.pending[j] & ~c.aware[j]
    for j in range(m):
        maybe = c.marked[j]
        while maybe:
            a = LOWEST[maybe]
            rate = eq.hearing_rate(
                terms.hear[c.region[j], a, 0], terms.hear[c.region[j], a, 1], c.exposure[a, j]
            )
            if uniform(c.words[a, j]) >= rate + 1e-9:
                c.marked[j] &= ~(np.int64(1) << a)
            maybe &= maybe - 1


@inner
def look_for_members(c, room, terms, rules, a, pushed):
    """Add to `marked` all who may register on an app: the draw u is below P' = 1 − (1 − P)(1 − τ)
    if (u − τ)/(1 − τ) is below P = ρ·σ(x); bins of σ tell without it that it is not.
    """
    above, value, edge, bit = c.one, c.value[a], c.two, np.int64(1) << a
    waived, surcharge, words = room.waived[a], room.surcharge[a], c.words[a]
    exposure, taste, most = c.exposure[a], c.taste[a], rules.registration_rate
    scale = BINS / max(most, 1e-12)
    for j in range(CHUNK):
        above[j] = uniform(words[j])
    if pushed:
        for j in range(CHUNK):
            tau = terms.try_once[np.uint64(c.region[j]), a]
            above[j] = (above[j] - tau) / max(1.0 - tau, 1e-12)
    for j in range(CHUNK):
        part = min(max(above[j] * scale, 0.0), BINS - 1.0)
        edge[j] = _LOW[np.uint64(np.int64(part))]
    for j in range(CHUNK):
        value[j] = terms.cells[np.uint64(c.spot[j]), np.uint64(a), np.uint64(col.ENTRY)]
    for j in range(CHUNK):
        paid = eq.price_paid(c.price[j], rules.salience * waived[j], surcharge[j])
        value[j] = rules.beta * eq.registration_value(
            value[j],
            taste[j],
            rules.network_effect,
            exposure[j],
            eq.price_felt(c.weight[j], paid),
        )
    for j in range(CHUNK):
        willing = c.pending[j] & c.aware[j] & bit if value[j] >= edge[j] else 0
        c.marked[j] |= willing if above[j] < most else 0
    if pushed:
        for j in range(CHUNK):
            c.marked[j] |= c.pending[j] & bit if above[j] < 1e-9 else 0


@inner
def hear_and_join(c, room, people, terms, rules, tally, key, week, block, first, m):
    """`hear_of` and `register`: a look at the draws finds the few to whom something may happen;
    `join_apps` decides.
    """
    apps, unheard, pending, heard = len(terms.lanes), np.int64(0), np.int64(0), np.int64(0)
    for j in range(CHUNK):
        c.marked[j] = 0
    for j in range(CHUNK):
        c.joined[j] = 0
    for j in range(CHUNK):
        c.pushed[j] = 0
    for j in range(CHUNK):
        c.pending[j] = c.can[j] & ~c.member[j]
    for j in range(CHUNK):
        pending |= c.pending[j]
    for j in range(CHUNK):
        heard |= c.pending[j] & c.aware[j]
    for j in range(CHUNK):
        unheard |= c.pending[j] & ~c.aware[j]
    if pending == 0:
        return
    if unheard:
        draw(c, key, HEAR, week, first, apps)
        look_for_hearers(c, terms, apps, m)
    draw(c, key, JOIN, week, first, apps)
    for a in range(apps):
        pushed = pending & c.pushable & np.int64(1) << a
        if pushed or heard >> a & 1:
            look_for_members(c, room, terms, rules, a, pushed != 0)
    for j in range(m):
        if c.marked[j]:
            for a in range(apps):
                room.row[a] = c.exposure[a, j]
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
                room.row,
            )
            c.member[j] |= c.joined[j]


@inner
def weigh(c, room, terms, rules):
    """`value` of each app this week."""
    apps, base, sticky = len(terms.lanes), c.one, c.two
    for j in range(CHUNK):
        c.crossing[j] = 0.0
    for a in range(apps):
        exposure, habit = c.exposure[a], c.habit[a]
        for j in range(CHUNK):
            c.crossing[j] += exposure[j] * habit[j]
    for a in range(apps):
        exposure, habit, taste, value = c.exposure[a], c.habit[a], c.taste[a], c.value[a]
        waived, bonus, surcharge = room.waived[a], room.bonus[a], room.surcharge[a]
        for j in range(CHUNK):
            base[j] = (
                terms.cells[np.uint64(c.spot[j]), np.uint64(a), np.uint64(col.BASE)] + bonus[j]
            )
        for j in range(CHUNK):
            sticky[j] = terms.cells[np.uint64(c.spot[j]), np.uint64(a), np.uint64(col.STICKY)]
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


@inner
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
                pressure_of(people, first + j),
                rules.reference_price,
                terms.week_mb[a],
            )


@inner
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
        c.marked[j] = 0
    for a in range(apps):
        words, value, edge, bit = c.words[a], c.value[a], c.one, np.int64(1) << a
        for j in range(CHUNK):
            value[j] *= rules.beta
        for j in range(CHUNK):
            edge[j] = _HIGH[words[j] >> SHIFT]
        for j in range(CHUNK):
            c.active[j] |= bit if value[j] > edge[j] else 0
        for j in range(CHUNK):
            edge[j] = _LOW[words[j] >> SHIFT]
        for j in range(CHUNK):
            c.marked[j] |= bit if value[j] >= edge[j] else 0
    for j in range(CHUNK):
        c.marked[j] &= ~c.active[j] & c.can[j] & c.member[j]
    for j in range(CHUNK):
        close = c.marked[j]
        while close:
            a = LOWEST[close]
            close &= close - 1
            sure = uniform(c.words[a, j]) < eq.sigmoid(c.value[a, j])
            c.active[j] |= np.int64(sure) << a
    if rules.refresh < 1.0:
        draw(c, key, RETHINK, week, first, apps)
        for a in range(apps):
            words = c.words[a]
            for j in range(CHUNK):
                bit = np.int64(uniform(words[j]) >= rules.refresh) << a & ~c.joined[j]
                c.active[j] = (c.active[j] & ~bit) | (c.kept[j] & bit)
    for j in range(CHUNK):
        c.active[j] = (c.active[j] & c.can[j] & c.member[j]) | c.pushed[j]


@inner
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
    if people.steps.shape[0] > 0:
        steps = people.steps[first : first + m]
        for a in range(apps):
            habit = c.habit[a]
            for j in range(m):
                steps[j, a] = np.int64(habit[j] * STEPS + 0.5)
        return
    rows = people.habit[first : first + m]
    for a in range(apps):
        habit = c.habit[a]
        for j in range(m):
            rows[j, a] = habit[j]
