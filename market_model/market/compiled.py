"""The week of all users in one compiled pass. The rules are those of `equations`, the order that of `user`."""

from __future__ import annotations

import numpy as np

from .columns import ACTIVE, ALLOWANCE, AWARE, BILL_KIB, BONUS, FREE, FREE_KIB, JOINED, MONTHLY, NO_OFFER, POT, REGISTERED, UNDER_NONE, WAIVED, WIFI_KIB
from .draws import HEAR, JOIN, RETHINK, USE, chosen, draws, uniform, word
from .equations import (
    activity_value,
    arrival_chance,
    habit,
    hearing_rate,
    inclusive_value,
    kib,
    money_of_utility,
    price_felt,
    price_paid,
    registration_chance,
    registration_value,
    rule,
    volume,
    with_campaign,
)

_SPREAD = np.array([sum(1 << (8 * a) for a in range(8) if byte >> a & 1) for byte in range(256)], dtype=np.uint64)
_BYTE = np.uint64(255)
_LANE = np.uint64(8)


@rule
def exposures(contacts, crowd, before, i, n, out):
    """Fill out[a] = n_ia, the weight of contacts active on app a last week; returns 1/number of contacts."""
    apps = out.shape[0]
    for a in range(apps):
        out[a] = 0.0
    start, stop = contacts.offsets[i], contacts.offsets[i + 1]
    if contacts.complete:
        own = before[0, i]
        for k in range(crowd.shape[0]):
            for a in range(apps):
                if crowd[k, 0] >> a & 1:
                    out[a] += crowd[k, 3]
        for a in range(apps):
            out[a] = (out[a] - (own >> a & 1)) * (1.0 / (n - 1))
        return 1.0 / (n - 1)
    if stop == start:
        return 0.0
    if contacts.weights.shape[0] > 0:
        for k in range(start, stop):
            byte = before[0, contacts.friends[k]]
            for a in range(apps):
                if byte >> a & 1:
                    out[a] += contacts.weights[k]
        return 1.0
    share = 1.0 / (stop - start)
    for chunk in range(start, stop, 255):
        lanes = np.uint64(0)
        for k in range(chunk, min(stop, chunk + 255)):
            lanes += _SPREAD[before[0, contacts.friends[k]]]
        for a in range(apps):
            out[a] += np.float64((lanes >> (np.uint64(a) * _LANE)) & _BYTE)
    for a in range(apps):
        out[a] *= share
    return share


@rule
def conversations(contacts, crowd, before, i, channel, mine, share, table, counts, out):
    """Fill out[a] with the share of user i's conversations that each app carries; returns the rest (SMS, phone).

    mine: byte of apps user i can be reached on this week; table: shares by apps in common.
    """
    apps = out.shape[0]
    for a in range(apps):
        out[a] = 0.0
    start, stop = contacts.offsets[i], contacts.offsets[i + 1]
    own = np.int64(mine)
    if own == 0 or share == 0.0:
        return 1.0
    if contacts.complete:
        for k in range(crowd.shape[0]):
            counts[own & crowd[k, channel]] += crowd[k, 3]
        counts[own & before[channel, i]] -= 1
    elif contacts.weights.shape[0] > 0:
        for k in range(start, stop):
            counts[own & before[channel, contacts.friends[k]]] += contacts.weights[k]
    else:
        for k in range(start, stop):
            counts[own & before[channel, contacts.friends[k]]] += 1.0
    rest = 0.0
    common = own
    while True:
        if counts[common] != 0.0:
            weight = counts[common] * share
            counts[common] = 0.0
            rest += weight * table[common, apps]
            for a in range(apps):
                if common >> a & 1:
                    out[a] += weight * table[common, a]
        if common == 0:
            break
        common = (common - 1) & own
    return rest


@rule
def best_terms(people, terms, i, a, cr):
    """The offer user i has for app a: (z, offer or NO_OFFER, function's quality). An empty allowance waives nothing."""
    offer = np.int64(terms.offer[a, cr])
    waived, bonus = 0.0, 0.0
    if offer != NO_OFFER:
        waived, bonus = terms.waived[a, cr], terms.offers[offer, BONUS]
    pack = np.int64(terms.pack[a, cr])
    if pack != NO_OFFER and people.packs[i] & terms.bits[pack, 0]:
        bonus += terms.offers[pack, BONUS]
        if terms.offers[pack, WAIVED] > waived:
            offer, waived = pack, terms.offers[pack, WAIVED]
    if offer != NO_OFFER:
        pot = np.int64(terms.offers[offer, POT])
        if pot >= 0 and people.pots[i, pot] >= terms.offers[offer, ALLOWANCE]:
            waived = 0.0
    return waived, offer, bonus


@rule
def use_data(people, terms, rules, tally, block, i, t, cr, mb, waived, offer):
    """Book the data of one app: over Wi-Fi, sponsored (while the allowance lasts), or on the bill."""
    wifi = np.float64(people.wifi[i])
    paid = price_paid(np.float64(people.price[i]), waived, terms.surcharge[t, cr])
    mobile = (1.0 - wifi) * mb * volume(paid, rules.sensitivity, rules.linear, rules.choke)
    total = kib(mobile)
    free = np.int64(0)
    if waived > 0.0:
        free = min(kib(mobile * waived), total)
        pot = np.int64(terms.offers[offer, POT])
        if pot >= 0:
            left = np.int64(terms.offers[offer, ALLOWANCE]) - people.pots[i, pot]
            free = min(free, max(left, 0))
            people.pots[i, pot] += free
        tally.sponsored[block, offer, cr] += free
    people.billed[i] += total - free
    tally.data[block, t, cr, WIFI_KIB] += kib(wifi * mb)
    tally.data[block, t, cr, BILL_KIB] += total - free
    tally.data[block, t, cr, FREE_KIB] += free
    return free


@rule
def try_to_join(people, terms, rules, i, a, cr, x, heard, u, exposure, waived, rate):
    """Whether user i registers on app a this week: 0 no, 1 willing, 2 pushed to try it once."""
    most = with_campaign(rate, terms.try_once[a])
    if u >= most:
        return 0
    chance = 0.0
    if heard:
        paid = price_paid(np.float64(people.price[i]), rules.salience * waived, terms.surcharge[a, cr])
        felt = price_felt(np.float64(people.pressure[i]), paid, rules.reference_price, np.float64(people.wifi[i]))
        value = registration_value(terms.entry[a, x], np.float64(people.taste[i, a]), rules.network_effect, exposure, felt)
        chance = registration_chance(rate, rules.beta * value)
    if u < chance:
        return 1
    return 2 if u < with_campaign(chance, terms.try_once[a]) else 0


@rule
def enrol(people, terms, tally, i, a, cr, week, offer, block):
    """Write down when and under which offer a user registered; hand over the gift."""
    people.joined[i, a] = week
    gift = np.int64(terms.gift[a, cr])
    if gift != NO_OFFER:
        people.gifts[i] |= terms.bits[gift, 1]
    under = offer if offer != NO_OFFER else gift
    people.under[i, a] = UNDER_NONE if under == NO_OFFER else min(under, UNDER_NONE - 1)
    tally.people[block, a, cr, JOINED] += 1


@rule
def value_of_use(people, terms, rules, i, a, cr, x, waived, bonus, exposure, crossing):
    """V_ia, logit; `crossing` = Σ n_b·h_b over all apps."""
    paid = price_paid(np.float64(people.price[i]), waived, terms.surcharge[a, cr])
    felt = price_felt(np.float64(people.pressure[i]), paid, rules.reference_price, np.float64(people.wifi[i]))
    h = np.float64(people.habit[i, a])
    return activity_value(terms.base[a, x] + bonus, np.float64(people.taste[i, a]), rules.network_effect, exposure,
                          terms.sticky[a, x], h, felt, rules.crowding, crossing - exposure * h)


@rule
def traffic(people, contacts, crowd, terms, rules, tally, before, i, cr, x, active, share, scratch):
    """Messages, calls and data of one user's week; returns (main app or M, apps used on free data)."""
    apps = people.taste.shape[1]
    text, minutes, video, counts = scratch[1:]
    block = i // rules.block
    rest = conversations(contacts, crowd, before, i, 0, active, share, terms.text, counts, text)
    tally.sms[block, cr] += rules.sms * rest
    voice, screen = np.int64(0), np.int64(0)
    if before.shape[0] > 1:
        often = 1 if people.wifi[i] >= 0.5 else 0
        voice, screen = active & np.int64(terms.caps[often, 1, x]), active & np.int64(terms.caps[often, 2, x])
        phone = conversations(contacts, crowd, before, i, 1, voice, share, terms.calls, counts, minutes)
        conversations(contacts, crowd, before, i, 2, screen, share, terms.calls, counts, video)
        tally.phone[block, cr] += rules.minutes * phone
    else:
        tally.phone[block, cr] += rules.minutes
    main, most, free_apps = apps, 0.0, 0
    for a in range(apps):
        if not active >> a & 1:
            continue
        written = rules.messages * text[a]
        tally.messages[block, a] += written
        if main == apps or text[a] > most or (text[a] == most and people.habit[i, a] > people.habit[i, main]):
            main, most = a, text[a]
        mb = terms.data[a, 0] * written + terms.data[a, 3]
        if voice >> a & 1:
            seen = min(rules.video_share * video[a], minutes[a])
            tally.minutes[block, a] += rules.minutes * minutes[a]
            mb += rules.minutes * (terms.data[a, 1] * (minutes[a] - seen) + terms.data[a, 2] * seen)
        waived, offer, _ = best_terms(people, terms, i, a, cr)
        if use_data(people, terms, rules, tally, block, i, a, cr, mb, waived, offer) > 0:
            free_apps |= 1 << a
    for s in range(terms.service.shape[0]):
        t = apps + s
        waived, offer, _ = best_terms(people, terms, i, t, cr)
        use_data(people, terms, rules, tally, block, i, t, cr, terms.service[s] * terms.data[t, 3], waived, offer)
    tally.main[block, main] += 1
    return main, free_apps, voice, screen


@rule
def quarter_of(people, terms, i):
    """Which quarter of the price pressures user i belongs to, 0 (least) to 3."""
    gamma = people.pressure[i]
    return (gamma > terms.quarters[0]) + (gamma > terms.quarters[1]) + (gamma > terms.quarters[2])


@rule
def count(people, tally, i, cr, block, aware, member, active, monthly, free_apps):
    """Add one user to the head counts."""
    for a in range(people.taste.shape[1]):
        bit = 1 << a
        if not aware & bit:
            continue
        row = tally.people[block, a, cr]
        row[AWARE] += 1
        if not member & bit:
            continue
        row[REGISTERED] += 1
        tally.habit[block, a] += np.float64(people.habit[i, a])
        y = 1 if active & bit else 0
        row[ACTIVE] += y
        row[MONTHLY] += 1 if monthly & bit else 0
        row[FREE] += 1 if free_apps & bit else 0
        under = people.under[i, a]
        if under != UNDER_NONE:
            tally.cohort[block, under, 0] += 1
            tally.cohort[block, under, 1] += y


@rule
def week_pass(people, contacts, crowd, terms, rules, tally, key, week, last, measure, scratch, first, end):
    """One week of users first … end−1; `last` is the half of `people.reach` that holds last week.

    measure: also add up the consumer surplus (at the end of a bill).
    scratch: four arrays (M,) and one (256,) of zeros, to work in.
    """
    apps = people.taste.shape[1]
    n = people.carrier.shape[0]
    before, now = people.reach[last], people.reach[1 - last]
    exposure = scratch[0]
    everyone = (1 << apps) - 1
    rate = rules.registration_rate
    none = (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))
    for i in range(first, end):
        block = i // rules.block
        cr = np.int64(people.carrier[i]) * rules.regions + people.region[i]
        x = cr * rules.devices + people.device[i]
        share = exposures(contacts, crowd, before, i, n, exposure)
        can = np.int64(terms.open[x]) & ~np.int64(people.barred[i]) & everyone
        aware, member = np.int64(people.aware[i]), np.int64(people.registered[i])
        kept, active = np.int64(before[0, i]), np.int64(0)
        crossing = 0.0
        for a in range(apps):
            crossing += exposure[a] * np.float64(people.habit[i, a])
        hear, join, use, rethink = none, none, none, none
        for a in range(apps):
            if a & 3 == 0:
                lanes = can & (15 << a)
                hear = draws(key, HEAR, week, i, a >> 2) if lanes & ~aware else none
                join = draws(key, JOIN, week, i, a >> 2) if lanes & ~member else none
                use = draws(key, USE, week, i, a >> 2) if lanes & member else none
                rethink = draws(key, RETHINK, week, i, a >> 2) if rules.refresh < 1.0 and lanes & member else none
            bit = 1 << a
            if not (can | member) & bit:
                continue
            y, how = False, 0
            if can & bit:
                waived, offer, bonus = best_terms(people, terms, i, a, cr)
                fresh = not member & bit
                if fresh:
                    if not aware & bit:
                        hearing = hearing_rate(terms.hear[a, 0], terms.hear[a, 1], exposure[a])
                        u = uniform(word(hear, a))
                        if u < hearing + 1e-9 and u < arrival_chance(hearing):
                            aware |= bit
                    how = try_to_join(people, terms, rules, i, a, cr, x, (aware & bit) != 0, uniform(word(join, a)),
                                      exposure[a], waived, rate)
                    if how == 0:
                        continue
                    aware, member = aware | bit, member | bit
                    enrol(people, terms, tally, i, a, cr, week, offer, block)
                if measure:
                    value = value_of_use(people, terms, rules, i, a, cr, x, waived, bonus, exposure[a], crossing)
                    worth = inclusive_value(value, rules.beta)
                    tally.surplus[block, quarter_of(people, terms, i)] += money_of_utility(
                        worth, np.float64(people.pressure[i]), rules.reference_price, terms.week_mb[a])
                if how == 2:
                    y = True
                elif not fresh and rules.refresh < 1.0 and uniform(word(rethink, a)) >= rules.refresh:
                    y = (kept & bit) != 0
                else:
                    value = value_of_use(people, terms, rules, i, a, cr, x, waived, bonus, exposure[a], crossing)
                    four = draws(key, USE, week, i, a >> 2) if fresh else use
                    y = chosen(word(four, a), rules.beta * value)
            if y:
                active |= bit
            people.habit[i, a] = habit(np.float64(people.habit[i, a]), 1.0 if y else 0.0, rules.habit_decay)
        main, free_apps, voice, screen = traffic(people, contacts, crowd, terms, rules, tally, before, i, cr, x,
                                                 active, share, scratch)
        older = ((np.int64(people.older[i]) << 8) | np.int64(now[0, i])) & 0xFFFF
        count(people, tally, i, cr, block, aware, member, active, active | kept | older | (older >> 8), free_apps)
        people.aware[i], people.registered[i] = aware, member
        people.older[i] = older
        now[0, i] = active
        if before.shape[0] > 1:
            now[1, i], now[2, i] = voice, screen
        if people.shown.shape[0] > 0:
            people.shown[i, 0] = 0 if main == apps else main + 1
            people.shown[i, 1] = free_apps
