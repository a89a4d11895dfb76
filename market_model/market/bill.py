"""Every fourth week: each user's bill, packs, the price felt next, and the few who change
carrier. Compiled.
"""

# pyright: basic
import math

import numpy as np

from .columns import OTHER_KIB, OTHER_WIFI_KIB, OVERAGE_KIB, PLAN_KIB, WAIVED
from .compiled import best_terms, quarter_of, take_free
from .draws import CHURN, PACK, uniform_of
from .equations import KIB, gift_used, in_plan, kib, pack_value, rule, shadow_price, sigmoid, volume

ON_NET = 1.0
"""Value of having all contacts on the same carrier, logit; assumed."""


@rule
def weekly_demand(people, terms, rules, bill, i, cr, monthly):
    """MB a week that user i would use at price zero in the coming bill, over Wi-Fi too, and that
    no offer pays for: background, services, apps active in 4 weeks, and calls as in this bill.

    Allowances must be full; they are left so.
    """
    apps = people.taste.shape[1]
    weekly = bill.background
    for t in range(terms.week_mb.shape[0]):
        mb = 0.0
        if t >= apps:
            mb = terms.service[t - apps] * terms.week_mb[t]
        elif monthly >> t & 1:
            mb = terms.week_mb[t]
            if people.calls.shape[0] > 0:
                mb += people.calls[i, t] / KIB / 4.0
        if mb > 0.0:
            waived, offer, _ = best_terms(people, terms, rules, i, t, cr)
            if waived > 0.0:
                wanted = kib(4.0 * (1.0 - np.float64(people.wifi[i])) * mb * waived)
                if wanted > 0:
                    waived *= take_free(people, terms, i, offer, wanted) / wanted
            weekly += mb * (1.0 - waived)
    for p in range(people.pots.shape[1]):
        people.pots[i, p] = 0
    return weekly


@rule
def gift_of(people, terms, gift, i, cr):
    """KiB of gifts user i holds, by what each offer gives at the user's place."""
    total = np.int64(0)
    if people.gifts.shape[0] > 0:
        for o in range(gift.shape[0]):
            if gift[o, cr] > 0 and people.gifts[i] & terms.bits[o, 1]:
                total += gift[o, cr]
    return total


@rule
def settle(people, terms, rules, bill, tally, i, cr, block):
    """Book one user's bill: plan, gifts, overage, packs."""
    carrier = people.carrier[i]
    wifi = np.float64(people.wifi[i])
    price = np.float64(people.price[i])
    other = kib(
        4.0
        * bill.background
        * (1.0 - wifi)
        * volume(price, rules.sensitivity, rules.linear, rules.choke)
    )
    used = np.int64(people.billed[i]) + other
    cap = np.int64(bill.plan[carrier, 1])
    planned = in_plan(used, cap)
    given = gift_used(used, cap, gift_of(people, terms, bill.gift, i, cr))
    over = used - planned - given
    tally.users[block, cr] += 1
    tally.data[block, cr, PLAN_KIB] += planned
    tally.data[block, cr, OVERAGE_KIB] += over
    tally.data[block, cr, OTHER_WIFI_KIB] += kib(4.0 * bill.background * wifi)
    tally.data[block, cr, OTHER_KIB] += other
    for o in range(bill.gift.shape[0]):
        if given > 0 and bill.gift[o, cr] > 0 and people.gifts[i] & terms.bits[o, 1]:
            part = min(given, bill.gift[o, cr])
            tally.gift[block, o, cr] += part
            given -= part
    spent = bill.plan[carrier, 0]
    if people.packs.shape[0] > 0:
        for o in range(bill.fee.shape[0]):
            if people.packs[i] & terms.bits[o, 0]:
                tally.holders[block, o, cr] += 1
                spent += bill.fee[o]
    quarter = quarter_of(people, terms, i)
    tally.spent[block, quarter] += spent
    tally.quarter[block, quarter] += 1
    people.billed[i] = 0
    for p in range(people.pots.shape[1]):
        people.pots[i, p] = 0


@rule
def choose_packs(people, terms, rules, bill, key, week, i, cr):
    """The packs on sale here, each by itself: those who think about it and are registered on an
    app of it take it where it is worth its fee.
    """
    held = np.int64(0)
    for o in range(bill.fee.shape[0]):
        bit = np.int64(terms.bits[o, 0])
        mb, here = 0.0, False
        for a in range(people.taste.shape[1] if bit else 0):
            for k in range(terms.pack.shape[2]):
                if terms.pack[cr, a, k] == o and people.registered[i] >> a & 1:
                    mb, here = mb + terms.week_mb[a], True
        if not here:
            continue
        if uniform_of(key, PACK, week, i, 2 * bill.lot[o]) >= bill.take_up[o]:
            held |= people.packs[i] & bit
            continue
        worth = pack_value(
            np.float64(people.pressure[i]),
            np.float64(people.wifi[i]),
            np.float64(people.price[i]),
            terms.offers[o, 0],
            rules.reference_price,
            bill.fee[o],
            mb,
            terms.offers[o, 1],
        )
        if uniform_of(key, PACK, week, i, 2 * bill.lot[o] + 1) < sigmoid(rules.beta * worth):
            held |= bit
    people.packs[i] = held


@rule
def price_at(people, terms, rules, bill, i, c, weekly):
    """Shadow price of a MB on the coming bill at carrier c, money per MB; gifts count where user
    i is now. Args: weekly: of `weekly_demand`.
    """
    cap = bill.plan[c, 1]
    if c == people.carrier[i]:
        cr = c * rules.regions + np.int64(people.region[i])
        cap += gift_of(people, terms, bill.promised, i, cr)
    return shadow_price(
        4.0 * weekly * (1.0 - np.float64(people.wifi[i])),
        cap / KIB,
        bill.plan[c, 2],
        rules.sensitivity,
        rules.linear,
        rules.choke,
    )


@rule
def carrier_value(people, contacts, terms, rules, bill, i, c, monthly):
    """Value of carrier c to user i, logit: contacts on net, own apps free there, what its plan
    costs.
    """
    start, stop = contacts.offsets[i], contacts.offsets[i + 1]
    cr = c * rules.regions + np.int64(people.region[i])
    on_net = 0.0
    for k in range(start, stop):
        if people.carrier[contacts.friends[k]] == c:
            on_net += 1.0
    if stop > start:
        on_net /= stop - start
    gamma, wifi = np.float64(people.pressure[i]), np.float64(people.wifi[i])
    free = 0.0
    for a in range(people.taste.shape[1]):
        if monthly >> a & 1:
            free += np.float64(people.habit[i, a]) * terms.places[cr, a, WAIVED]
    weekly = weekly_demand(people, terms, rules, bill, i, cr, monthly)
    price = price_at(people, terms, rules, bill, i, c, weekly)
    fee = bill.plan[c, 0] / (4.0 * rules.reference_price * weekly) if weekly > 0.0 else 0.0
    return ON_NET * on_net + gamma * (
        free * (1.0 - wifi) - price / rules.reference_price * (1.0 - wifi) - fee
    )


@rule
def choose_carrier(people, contacts, terms, rules, bill, key, week, i, monthly, values):
    """The carrier of user i from the next bill on: logit choice among those of the region (μ of
    users think about it).
    """
    own = np.int64(people.carrier[i])
    if bill.churn <= 0.0 or uniform_of(key, CHURN, week, i, 0) >= bill.churn:
        return own
    carriers = bill.plan.shape[0]
    best = -math.inf
    for c in range(carriers):
        if bill.available[c, people.region[i]]:
            values[c] = rules.beta * carrier_value(
                people, contacts, terms, rules, bill, i, c, monthly
            )
            best = max(best, values[c])
    total = 0.0
    for c in range(carriers):
        values[c] = math.exp(values[c] - best) if bill.available[c, people.region[i]] else 0.0
        total += values[c]
    u = uniform_of(key, CHURN, week, i, 1) * total
    for c in range(carriers):
        u -= values[c]
        if u < 0.0 and values[c] > 0.0:
            return c
    return own


@rule
def remember(people, tally, i, block, monthly):
    """Add a user to the cohort curves."""
    bills = tally.curves.shape[3]
    for a in range(people.taste.shape[1]):
        if not people.registered[i] >> a & 1:
            continue
        under = min(np.int64(people.under[i, a]), tally.curves.shape[2] - 1)
        born = min(max(0, np.int64(people.joined[i, a]) // 4 + 1), bills - 1)
        tally.curves[block, a, under, born, 0] += 1
        tally.curves[block, a, under, born, 1] += monthly >> a & 1
        tally.habit[block, a] += np.float64(people.habit[i, a])


@rule
def bill_pass(
    people, contacts, terms, rules, bill, tally, key, week, this, carriers, values, first, end
):
    """The bills of users first … end−1; `this` is the half of `reach` that holds this week; fills
    `carriers`.

    values: (C,) to work in.
    """
    for i in range(first, end):
        block = i // rules.block
        cr = np.int64(people.carrier[i]) * rules.regions + people.region[i]
        older = np.int64(people.older[i])
        monthly = (
            np.int64(people.reach[this, 0, i])
            | older
            | (older >> 8)
            | np.int64(people.reach[1 - this, 0, i])
        )
        settle(people, terms, rules, bill, tally, i, cr, block)
        remember(people, tally, i, block, monthly)
        c = choose_carrier(people, contacts, terms, rules, bill, key, week, i, monthly, values)
        if people.packs.shape[0] > 0:
            if c == people.carrier[i]:
                choose_packs(people, terms, rules, bill, key, week, i, cr)
            else:
                people.packs[i] = 0
        if people.gifts.shape[0] > 0 and c != people.carrier[i]:
            people.gifts[i] = 0
        cr = c * rules.regions + np.int64(people.region[i])
        weekly = weekly_demand(people, terms, rules, bill, i, cr, monthly)
        people.price[i] = price_at(people, terms, rules, bill, i, c, weekly)
        carriers[i] = c
        if people.calls.shape[0] > 0:
            for a in range(people.calls.shape[1]):
                people.calls[i, a] = 0


@rule
def price_pass(people, terms, rules, bill, this, other, first, end):
    """First shadow prices of users first … end−1; adds each one's other data, KiB a bill, to
    `other` (CR,).
    """
    for i in range(first, end):
        cr = np.int64(people.carrier[i]) * rules.regions + people.region[i]
        weekly = weekly_demand(
            people, terms, rules, bill, i, cr, np.int64(people.reach[this, 0, i])
        )
        people.price[i] = price_at(
            people, terms, rules, bill, i, np.int64(people.carrier[i]), weekly
        )
        left = volume(np.float64(people.price[i]), rules.sensitivity, rules.linear, rules.choke)
        other[cr] += kib(4.0 * bill.background * (1.0 - np.float64(people.wifi[i])) * left)
