"""The week of all users in one compiled pass. The rules are those of `equations`, the order that of
`user`.

What limits it: unforeseeable branches and reads of friends' bytes. So choices are computed for all
apps and masked, heads are counted by byte of apps, and friends are read once.
"""

# pyright: basic
import numpy as np

from . import columns as col
from . import equations as eq
from .draws import HEAR, JOIN, RETHINK, USE, chosen, draws, uniform, word
from .equations import rule

_SPREAD = np.array(
    [sum(1 << (8 * a) for a in range(8) if byte >> a & 1) for byte in range(256)], dtype=np.uint64
)
_BYTE = np.uint64(255)
_LANE = np.uint64(8)


@rule
def exposures(contacts, crowd, before, presence, lanes, i, n, out, seen):
    """Fill out[a] = n_ia, the weight of contacts present on app a; returns 1/number of contacts.

    presence: (n,) presence << 8 | activity of last week; empty: who was active is present.
    In a plain graph `seen` receives the contacts' bytes of activity, for `conversations`.
    """
    apps = len(lanes)
    longer = presence.shape[0] > 0
    for a in range(apps):
        out[a] = 0.0
    start, stop = contacts.offsets[i], contacts.offsets[i + 1]
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
            j = contacts.friends[k]
            byte = np.int64(presence[j]) >> 8 if longer else np.int64(before[0, j])
            for a in range(apps):
                if byte >> a & 1:
                    out[a] += contacts.weights[k]
        return 1.0
    share = 1.0 / (stop - start)
    for chunk in range(start, stop, 255):
        packed, end = np.uint64(0), min(stop, chunk + 255)
        if longer:
            for k in range(chunk, end):
                both = np.int64(presence[contacts.friends[k]])
                seen[k - start] = both & 255
                packed += _SPREAD[both >> 8]
        else:
            for k in range(chunk, end):
                byte = before[0, contacts.friends[k]]
                seen[k - start] = byte
                packed += _SPREAD[byte]
        for a in range(apps):
            out[a] += np.float64((packed >> (np.uint64(a) * _LANE)) & _BYTE)
    for a in range(apps):
        out[a] *= share
    return share


@rule
def messages(people, contacts, crowd, before, i, mine, share, exposure, terms, rules, scratch):
    """Fill the text shares of user i by app; returns the share of SMS. Friends' bytes were read
    by `exposures`; its counts are those of the active where presence is one week.
    """
    _, out, _, _, counts, seen = scratch
    apps = len(terms.lanes)
    shares = terms.text[people.carrier[i]]
    heads = contacts.offsets[i + 1] - contacts.offsets[i]
    rest_of = mine & (mine - 1)
    if mine == 0 or share == 0.0 or contacts.complete or contacts.weights.shape[0] > 0:
        return conversations(
            contacts, crowd, before, i, 0, mine, share, shares, terms.lanes, counts, out
        )
    if rest_of & (rest_of - 1) or rules.presence_weeks > 1:
        for k in range(heads):
            counts[mine & seen[k]] += 1.0
        return shared_out(mine, share, shares, terms.lanes, counts, out)
    both = np.int64(0)
    for k in range(heads):
        both += (seen[k] & mine) == mine
    rest, alone = 0.0, np.float64(heads)
    rest += both * share * shares[mine, apps]
    for back in range(apps):
        a = apps - 1 - back
        bit = 1 << a
        out[a] = 0.0
        if mine & bit:
            out[a] = both * share * shares[mine, a]
            count = np.rint(exposure[a] * heads)
            alone -= count
            if rest_of:
                only = (count - both) * share
                rest += only * shares[bit, apps]
                out[a] += only * shares[bit, a]
    if rest_of:
        alone += both
    return rest + alone * share


@rule
def conversations(contacts, crowd, before, i, channel, mine, share, table, lanes, counts, out):
    """Fill out[a] with the share of user i's conversations that each app carries; returns the rest
    (SMS, phone).

    mine: byte of apps user i can be reached on this week; table: shares by apps in common.
    """
    start, stop = contacts.offsets[i], contacts.offsets[i + 1]
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
            counts[mine & before[channel, contacts.friends[k]]] += contacts.weights[k]
    else:
        for k in range(start, stop):
            counts[mine & before[channel, contacts.friends[k]]] += 1.0
    return shared_out(mine, share, table, lanes, counts, out)


@rule
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


@rule
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
        weight = eq.price_weight(
            np.float64(people.pressure[i]), rules.reference_price, np.float64(people.wifi[i])
        )
        value = eq.registration_value(
            terms.cells[x, a, col.ENTRY],
            np.float64(people.taste[i, a]),
            rules.network_effect,
            exposure,
            eq.price_felt(weight, paid),
        )
        chance = eq.registration_chance(rate, rules.beta * value)
    if u < chance:
        return 1
    return 2 if u < eq.with_campaign(chance, terms.try_once[region, a]) else 0


@rule
def enrol(people, terms, tally, i, a, cr, week, offer, block):
    """Write down when and under which offer a user registered; hand over the gift."""
    people.joined[i, a] = week
    gift = np.int64(terms.gift[cr, a])
    if gift != col.NO_OFFER:
        people.gifts[i] |= terms.bits[gift, 1]
    under = offer if offer != col.NO_OFFER else gift
    people.under[i, a] = col.UNDER_NONE if under == col.NO_OFFER else min(under, col.UNDER_NONE - 1)
    tally.joined[block, a, cr] += 1


@rule
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


@rule
def value_of_use(people, terms, rules, i, a, cr, x, weight, exposure, crossing):
    """V_ia, logit; `weight` from `price_weight`; `crossing` = Σ n_b·h_b over all apps."""
    waived, _, bonus = best_terms(people, terms, rules, i, a, cr)
    paid = eq.price_paid(np.float64(people.price[i]), waived, terms.places[cr, a, col.SURCHARGE])
    h = np.float64(people.habit[i, a])
    return eq.activity_value(
        terms.cells[x, a, col.BASE] + bonus,
        np.float64(people.taste[i, a]),
        rules.network_effect,
        exposure,
        terms.cells[x, a, col.STICKY],
        h,
        eq.price_felt(weight, paid),
        rules.crowding,
        crossing - exposure * h,
    )


@rule
def choose(
    people, terms, rules, key, week, i, cr, x, weight, exposure, crossing, among, kept, fresh
):
    """Byte of apps used this week, of those `among`: a new choice with probability f (always
    when fresh), else as kept.
    """
    active = np.int64(0)
    use = rethink = (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))
    for a in range(len(terms.lanes)):
        if a & 3 == 0:
            use = draws(key, USE, week, i, a >> 2)
            if rules.refresh < 1.0:
                rethink = draws(key, RETHINK, week, i, a >> 2)
        value = value_of_use(people, terms, rules, i, a, cr, x, weight, exposure[a], crossing)
        y = np.int64(chosen(word(use, a), rules.beta * value))
        if (
            rules.refresh < 1.0
            and not fresh >> a & 1
            and uniform(word(rethink, a)) >= rules.refresh
        ):
            y = kept >> a & 1
        active |= y << a
    return active & among


@rule
def feel_surplus(people, terms, rules, tally, i, block, cr, x, weight, exposure, crossing, among):
    """Consumer surplus of the apps a user can use, in money."""
    for a in range(len(terms.lanes)):
        if among >> a & 1:
            value = value_of_use(people, terms, rules, i, a, cr, x, weight, exposure[a], crossing)
            tally.surplus[block, quarter_of(people, terms, i)] += eq.money_of_utility(
                eq.inclusive_value(value, rules.beta),
                np.float64(people.pressure[i]),
                rules.reference_price,
                terms.week_mb[a],
            )


@rule
def call(
    people, contacts, crowd, terms, rules, tally, before, i, block, cr, x, active, share, scratch
):
    """Calls of a user's week; fills minutes and video shares, returns bytes of apps to call and
    to see the user on.
    """
    _, _, minutes, video, counts, _ = scratch
    often = 1 if people.wifi[i] >= 0.5 else 0
    voice, screen = (
        active & np.int64(terms.caps[often, 1, x]),
        active & np.int64(terms.caps[often, 2, x]),
    )
    if people.callers.shape[0] > 0 and not people.callers[i]:
        voice, screen = np.int64(0), np.int64(0)
    shares = terms.calls[people.carrier[i]]
    phone = conversations(
        contacts, crowd, before, i, 1, voice, share, shares, terms.lanes, counts, minutes
    )
    conversations(contacts, crowd, before, i, 2, screen, share, shares, terms.lanes, counts, video)
    tally.phone[block, cr] += rules.minutes * phone
    return voice, screen


@rule
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


@rule
def lasts(people, terms, i, offer):
    """Whether user i has data left of an offer's allowance."""
    pot = np.int64(terms.offers[offer, col.POT])
    return pot < 0 or people.pots[i, pot] < terms.offers[offer, col.ALLOWANCE]


@rule
def take_free(people, terms, i, offer, wanted):
    """KiB of `wanted` that an offer covers for user i; they are taken from its allowance."""
    pot = np.int64(terms.offers[offer, col.POT])
    if pot < 0:
        return wanted
    room = np.int64(terms.offers[offer, col.ALLOWANCE]) - people.pots[i, pot]
    free = min(wanted, max(room, 0))
    people.pots[i, pot] += free
    return free


@rule
def use_data(people, terms, rules, tally, block, i, t, cr, mb, full):
    """Book the data of one app: over Wi-Fi, sponsored (while the allowance lasts), or on the bill;
    returns KiB sponsored.

    full: share of use that is left at the user's price of a MB, without offer or surcharge.
    """
    waived, offer, _ = best_terms(people, terms, rules, i, t, cr)
    wifi, price = np.float64(people.wifi[i]), np.float64(people.price[i])
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
    row = tally.data[block, t, cr]
    row[col.WIFI_KIB] += eq.kib(wifi * mb)
    row[col.BILL_KIB] += total - free
    row[col.FREE_KIB] += free
    return free


@rule
def traffic(
    people, contacts, crowd, terms, rules, tally, before, i, block, cr, x, active, share, scratch
):
    """Messages, calls and data of one user's week; returns (main app or M, bytes: on free data,
    voice, video).
    """
    exposure, text, minutes, video, _, _ = scratch
    apps = len(terms.lanes)
    tally.sms[block, cr] += rules.sms * messages(
        people, contacts, crowd, before, i, active, share, exposure, terms, rules, scratch
    )
    voice, screen = np.int64(0), np.int64(0)
    if before.shape[0] > 1:
        voice, screen = call(
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
            x,
            active,
            share,
            scratch,
        )
    main, most, free_apps = apps, -1.0, np.int64(0)
    full = 1.0
    if active or terms.service.shape[0] > 0:
        full = eq.volume(np.float64(people.price[i]), rules.sensitivity, rules.linear, rules.choke)
    for a in range(apps):
        if not active >> a & 1:
            continue
        written = rules.messages * text[a]
        tally.messages[block, a] += written
        if text[a] > most or (text[a] == most and people.habit[i, a] > people.habit[i, main]):
            main, most = a, text[a]
        mb = terms.data[a, 0] * written + terms.data[a, 3]
        if voice >> a & 1:
            seen = min(rules.video_share * video[a], minutes[a])
            tally.minutes[block, a] += rules.minutes * minutes[a]
            called = rules.minutes * (
                terms.data[a, 1] * (minutes[a] - seen) + terms.data[a, 2] * seen
            )
            people.calls[i, a] += eq.kib(called)
            mb += called
        free_apps |= (
            np.int64(use_data(people, terms, rules, tally, block, i, a, cr, mb, full) > 0) << a
        )
    for s in range(terms.service.shape[0]):
        use_data(
            people,
            terms,
            rules,
            tally,
            block,
            i,
            apps + s,
            cr,
            terms.service[s] * terms.data[apps + s, 3],
            full,
        )
    tally.main[block, main] += 1
    return main, free_apps, voice, screen


@rule
def quarter_of(people, terms, i):
    """Which quarter of the price pressures user i belongs to, 0 (least) to 3."""
    gamma = people.pressure[i]
    return (
        np.int64(gamma > terms.quarters[0])
        + np.int64(gamma > terms.quarters[1])
        + np.int64(gamma > terms.quarters[2])
    )


@rule
def week_pass(
    people, contacts, crowd, terms, rules, tally, key, week, last, measure, scratch, first, end
):
    """One week of users first … end−1; `last` is the half of `people.reach` that holds last week.

    measure: also add up the consumer surplus (at the end of a bill).
    scratch: four arrays (M,), one (256,) of zeros and one of bytes (most contacts,), to work in.
    """
    apps = len(terms.lanes)
    before, now = people.reach[last], people.reach[1 - last]
    exposure, seen = scratch[0], scratch[5]
    present, down = people.presence[last], np.int64(terms.down[0])
    for block in range(first // rules.block, (end - 1) // rules.block + 1):
        for i in range(block * rules.block, min(end, (block + 1) * rules.block)):
            cr = np.int64(people.carrier[i]) * rules.regions + people.region[i]
            x = cr * rules.devices + people.device[i]
            share = exposures(
                contacts,
                crowd,
                before,
                present,
                terms.lanes,
                i,
                people.carrier.shape[0],
                exposure,
                seen,
            )
            can = np.int64(terms.open[x]) & ~np.int64(people.barred[i]) & ((1 << apps) - 1)
            aware, member, kept = (
                np.int64(people.aware[i]),
                np.int64(people.registered[i]),
                np.int64(before[0, i]),
            )
            joined, pushed, active = np.int64(0), np.int64(0), np.int64(0)
            if can & ~member:
                aware, joined, pushed = join_apps(
                    people,
                    terms,
                    rules,
                    tally,
                    key,
                    week,
                    i,
                    block,
                    cr,
                    x,
                    can & ~member,
                    aware,
                    exposure,
                )
                member |= joined
            if member:
                weight = eq.price_weight(
                    np.float64(people.pressure[i]),
                    rules.reference_price,
                    np.float64(people.wifi[i]),
                )
                crossing = 0.0
                for a in range(apps):
                    crossing += exposure[a] * np.float64(people.habit[i, a])
                if measure:
                    feel_surplus(
                        people,
                        terms,
                        rules,
                        tally,
                        i,
                        block,
                        cr,
                        x,
                        weight,
                        exposure,
                        crossing,
                        can & member,
                    )
                active = choose(
                    people,
                    terms,
                    rules,
                    key,
                    week,
                    i,
                    cr,
                    x,
                    weight,
                    exposure,
                    crossing,
                    can & member,
                    np.int64(people.recent[i]) & 255 if rules.presence_weeks > 1 else kept,
                    joined,
                )
                active |= pushed
                for a in range(apps):
                    if down >> a & 1:
                        continue
                    people.habit[i, a] = eq.habit(
                        np.float64(people.habit[i, a]),
                        np.float64(active >> a & 1),
                        rules.habit_decay,
                    )
            main, free_apps, voice, screen = traffic(
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
                x,
                active,
                share,
                scratch,
            )
            older = ((np.int64(people.older[i]) << 8) | np.int64(now[0, i])) & 0xFFFF
            heads = tally.heads[block, cr]
            heads[col.ACTIVE, active] += 1
            heads[col.REGISTERED, member] += 1
            heads[col.AWARE, aware] += 1
            heads[col.MONTHLY, (active | kept | older | (older >> 8)) & member] += 1
            heads[col.FREE, free_apps] += 1
            people.aware[i], people.registered[i], people.older[i] = aware, member, older
            now[0, i] = active
            if before.shape[0] > 1:
                now[1, i], now[2, i] = voice, screen
            if people.shown.shape[0] > 0:
                people.shown[i, 0] = 0 if main == apps else main + 1
                people.shown[i, 1] = free_apps
