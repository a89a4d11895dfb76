"""The rules of a week for one user, compiled: what `choices` and `traffic` leave to a look at each
user, and what bills need.
"""

# pyright: basic
import numpy as np

from . import columns as col
from . import equations as eq
from .draws import HEAR, JOIN, draws, uniform, word
from .equations import inner
from .traits import habit_of, pressure_of, taste_of, wifi_of

SPREAD = np.array(
    [sum(1 << (8 * a) for a in range(8) if byte >> a & 1) for byte in range(256)], dtype=np.uint64
)
BYTE = np.uint64(255)
LANE = np.uint64(8)


@inner
def list_of(contacts, near, i, j):
    """Where user i's contacts stand: (lists, first place, end). Args: near: with the lists of
    people around, of whom i is the j-th, where contacts are computed.
    """
    if contacts.rule.slots > 0:
        return near.friends, near.ends[j], near.ends[j + 1]
    return contacts.friends, contacts.offsets[i], contacts.offsets[i + 1]


@inner
def exposures(contacts, near, crowd, before, presence, lanes, i, j, n, out):
    """Fill out[a] = n_ia, the weight of contacts present on app a; returns 1/number of contacts.

    near, j: as of `list_of`. presence: (n,) presence << 8 | activity of last week; empty: who was
    active is present.
    """
    apps = len(lanes)
    longer = presence.shape[0] > 0
    for a in range(apps):
        out[a] = 0.0
    friends, start, stop = list_of(contacts, near, i, j)
    if contacts.complete:
        own = np.int64(presence[i]) >> 8 if longer else np.int64(before[0, i])
        for k in range(crowd.shape[0]):
            for a in range(apps):
                if crowd[k, 4] >> a & 1:
                    out[a] += crowd[k, 3]
        for a in range(apps):
            out[a] = (out[a] - (own >> a & 1)) * (1.0 / (n - 1))
        return 1.0 / (n - 1)
    if stop == start:
        return 0.0
    if contacts.weights.shape[0] > 0:
        for k in range(start, stop):
            friend = friends[k]
            byte = np.int64(presence[friend]) >> 8 if longer else np.int64(before[0, friend])
            for a in range(apps):
                if byte >> a & 1:
                    out[a] += contacts.weights[k]
        return 1.0
    share = 1.0 / (stop - start)
    for chunk in range(start, stop, 255):
        packed, end = np.uint64(0), min(stop, chunk + 255)
        if longer:
            for k in range(chunk, end):
                packed += SPREAD[np.int64(presence[friends[k]]) >> 8]
        else:
            for k in range(chunk, end):
                packed += SPREAD[before[0, friends[k]]]
        for a in range(apps):
            out[a] += np.float64((packed >> (np.uint64(a) * LANE)) & BYTE)
    for a in range(apps):
        out[a] *= share
    return share


@inner
def conversations(
    contacts, near, crowd, before, i, j, channel, mine, share, table, lanes, counts, out
):
    """Fill out[a] with the share of user i's conversations that each app carries; returns the rest
    (SMS, phone).

    near, j: as of `list_of`. mine: byte of apps user i can be reached on this week; table: shares
    by apps in common.
    """
    friends, start, stop = list_of(contacts, near, i, j)
    if mine == 0 or share == 0.0:
        for a in range(len(lanes)):
            out[a] = 0.0
        return 1.0
    if contacts.complete:
        for k in range(crowd.shape[0]):
            counts[mine & crowd[k, channel]] += crowd[k, 3]
        counts[mine & before[channel, i]] -= 1
    elif contacts.weights.shape[0] > 0:
        for k in range(start, stop):
            counts[mine & before[channel, friends[k]]] += contacts.weights[k]
    else:
        for k in range(start, stop):
            counts[mine & before[channel, friends[k]]] += 1.0
    return shared_out(mine, share, table, lanes, counts, out)


@inner
def shared_out(mine, share, table, lanes, counts, out):
    """From counts of contacts by apps in common to shares by app; returns the rest and clears
    the counts.
    """
    apps = len(lanes)
    for a in range(apps):
        out[a] = 0.0
    rest, common = 0.0, mine
    while True:
        weight = counts[common] * share
        counts[common] = 0.0
        rest += weight * table[common, apps]
        for a in range(apps):
            out[a] += weight * table[common, a]
        if common == 0:
            return rest
        common = (common - 1) & mine


@inner
def try_to_join(people, terms, rules, i, a, cr, x, heard, u, exposure, waived, rate):
    """Whether user i registers on app a this week: 0 no, 1 willing, 2 pushed to try it once."""
    region = people.region[i]
    most = eq.with_campaign(rate, terms.try_once[region, a])
    if u >= most:
        return 0
    chance = 0.0
    if heard:
        paid = eq.price_paid(
            np.float64(people.price[i]), rules.salience * waived, terms.places[cr, a, col.SURCHARGE]
        )
        weight = eq.price_weight(pressure_of(people, i), rules.reference_price, wifi_of(people, i))
        value = eq.registration_value(
            terms.cells[x, a, col.ENTRY],
            taste_of(people, i, a),
            rules.network_effect,
            exposure,
            eq.price_felt(weight, paid),
        )
        chance = eq.registration_chance(rate, rules.beta * value)
    if u < chance:
        return 1
    return 2 if u < eq.with_campaign(chance, terms.try_once[region, a]) else 0


@inner
def enrol(people, terms, tally, i, a, cr, week, offer, block):
    """Write down when and under which offer a user registered; hand over the gift."""
    if people.joined.shape[0] > 0:
        people.joined[i, a] = week
    elif people.cohort.shape[0] > 0:
        people.cohort[i, a] = min(max(0, week // 4 + 1), 255)
    gift = np.int64(terms.gift[cr, a])
    if gift != col.NO_OFFER:
        people.gifts[i] |= terms.bits[gift, 1]
    under = offer if offer != col.NO_OFFER else gift
    people.under[i, a] = col.UNDER_NONE if under == col.NO_OFFER else min(under, col.UNDER_NONE - 1)
    tally.joined[block, a, cr] += 1


@inner
def join_apps(people, terms, rules, tally, key, week, i, block, cr, x, pending, aware, exposure):
    """Apps not yet registered on: hear of them, register, or be pushed to try. Returns (aware,
    joined, pushed) bytes.
    """
    joined, pushed, region = np.int64(0), np.int64(0), people.region[i]
    hear = join = (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))
    for a in range(len(terms.lanes)):
        if a & 3 == 0:
            lanes = pending >> a & 15
            if lanes & ~(aware >> a):
                hear = draws(key, HEAR, week, i, a >> 2)
            if lanes:
                join = draws(key, JOIN, week, i, a >> 2)
        bit = 1 << a
        if not pending & bit:
            continue
        if not aware & bit:
            rate = eq.hearing_rate(terms.hear[region, a, 0], terms.hear[region, a, 1], exposure[a])
            u = uniform(word(hear, a))
            if u < rate + 1e-9 and u < eq.arrival_chance(rate):
                aware |= bit
        u = uniform(word(join, a))
        if (aware & bit and u < rules.registration_rate) or terms.try_once[region, a] > 0.0:
            waived, offer, _ = best_terms(people, terms, rules, i, a, cr)
            how = try_to_join(
                people,
                terms,
                rules,
                i,
                a,
                cr,
                x,
                (aware & bit) != 0,
                u,
                exposure[a],
                waived,
                rules.registration_rate,
            )
            if how > 0:
                aware, joined = aware | bit, joined | bit
                pushed |= bit if how == 2 else 0
                enrol(people, terms, tally, i, a, cr, week, offer, block)
    return aware, joined, pushed


@inner
def value_of_use(people, terms, rules, i, a, cr, x, weight, exposure, crossing):
    """V_ia, logit; `weight` from `price_weight`; `crossing` = Σ n_b·h_b over all apps."""
    waived, _, bonus = best_terms(people, terms, rules, i, a, cr)
    paid = eq.price_paid(np.float64(people.price[i]), waived, terms.places[cr, a, col.SURCHARGE])
    h = habit_of(people, i, a)
    return eq.activity_value(
        terms.cells[x, a, col.BASE] + bonus,
        taste_of(people, i, a),
        rules.network_effect,
        exposure,
        terms.cells[x, a, col.STICKY],
        h,
        eq.price_felt(weight, paid),
        rules.crowding,
        crossing - exposure * h,
    )


@inner
def call(
    people,
    contacts,
    near,
    crowd,
    terms,
    rules,
    tally,
    before,
    i,
    j,
    block,
    cr,
    x,
    active,
    share,
    minutes,
    video,
    counts,
):
    """Calls of a user's week; fills minutes and video shares, returns bytes of apps to call and
    to see the user on.
    """
    often = 1 if wifi_of(people, i) >= 0.5 else 0
    voice, screen = (
        active & np.int64(terms.caps[often, 1, x]),
        active & np.int64(terms.caps[often, 2, x]),
    )
    if people.callers.shape[0] > 0 and not people.callers[i]:
        voice, screen = np.int64(0), np.int64(0)
    shares = terms.calls[people.carrier[i]]
    phone = conversations(
        contacts, near, crowd, before, i, j, 1, voice, share, shares, terms.lanes, counts, minutes
    )
    conversations(
        contacts, near, crowd, before, i, j, 2, screen, share, shares, terms.lanes, counts, video
    )
    tally.phone[block, cr] += rules.minutes * phone
    return voice, screen


@inner
def best_terms(people, terms, rules, i, a, cr):
    """The offer user i has for app a: (z, offer or NO_OFFER, function's quality); of those whose
    allowance lasts, packs held among them, the one with the largest z.
    """
    offer, waived, bonus = (
        np.int64(terms.offer[cr, a, 0]),
        terms.places[cr, a, col.WAIVED],
        terms.places[cr, a, col.BONUS],
    )
    if rules.pots and offer != col.NO_OFFER and not lasts(people, terms, i, offer):
        waived = 0.0
        for k in range(1, terms.offer.shape[2]):
            other = np.int64(terms.offer[cr, a, k])
            if other == col.NO_OFFER:
                break
            if terms.offers[other, col.WAIVED] > waived and lasts(people, terms, i, other):
                offer, waived = other, terms.offers[other, col.WAIVED]
    if rules.packs and people.packs[i] != 0:
        for k in range(terms.pack.shape[2]):
            pack = np.int64(terms.pack[cr, a, k])
            if pack == col.NO_OFFER or not people.packs[i] & terms.bits[pack, 0]:
                continue
            bonus += terms.offers[pack, col.BONUS]
            if terms.offers[pack, col.WAIVED] > waived and lasts(people, terms, i, pack):
                offer, waived = pack, terms.offers[pack, col.WAIVED]
    return waived, offer, bonus


@inner
def lasts(people, terms, i, offer):
    """Whether user i has data left of an offer's allowance."""
    pot = np.int64(terms.offers[offer, col.POT])
    return pot < 0 or people.pots[i, pot] < terms.offers[offer, col.ALLOWANCE]


@inner
def take_free(people, terms, i, offer, wanted):
    """KiB of `wanted` that an offer covers for user i; they are taken from its allowance."""
    pot = np.int64(terms.offers[offer, col.POT])
    if pot < 0:
        return wanted
    room = np.int64(terms.offers[offer, col.ALLOWANCE]) - people.pots[i, pot]
    free = min(wanted, max(room, 0))
    people.pots[i, pot] += free
    return free


@inner
def use_data(people, terms, rules, tally, block, i, t, cr, mb, full):
    """Book the data of one app: over Wi-Fi, sponsored (while the allowance lasts), or on the bill;
    returns KiB sponsored.

    full: share of use that is left at the user's price of a MB, without offer or surcharge.
    """
    waived, offer, _ = best_terms(people, terms, rules, i, t, cr)
    wifi, price = wifi_of(people, i), np.float64(people.price[i])
    paid = eq.price_paid(price, waived, terms.places[cr, t, col.SURCHARGE])
    left = full if paid == price else eq.volume(paid, rules.sensitivity, rules.linear, rules.choke)
    mobile = (1.0 - wifi) * mb * left
    total = eq.kib(mobile)
    free = np.int64(0)
    if waived > 0.0:
        free = take_free(people, terms, i, offer, min(eq.kib(mobile * waived), total))
        tally.sponsored[block, offer, cr] += free
    people.billed[i] += total - free
    if people.sponsored.shape[0] > 0:
        people.sponsored[i] += free
    if people.free_kib.shape[0] > 0:
        people.free_kib[i] = min(np.int64(people.free_kib[i]) + free, 65535)
    row = tally.data[block, t, cr]
    row[col.WIFI_KIB] += eq.kib(wifi * mb)
    row[col.BILL_KIB] += total - free
    row[col.FREE_KIB] += free
    return free


@inner
def quarter_of(people, terms, i):
    """Which quarter of the price pressures user i belongs to, 0 (least) to 3."""
    gamma = pressure_of(people, i)
    return (
        np.int64(gamma > terms.quarters[0])
        + np.int64(gamma > terms.quarters[1])
        + np.int64(gamma > terms.quarters[2])
    )
