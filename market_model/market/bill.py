"""Every fourth week: each user's bill, packs, the price felt next, and the few who change
plan or carrier. Compiled.
"""

# pyright: basic
import math

import numpy as np

from .columns import (
    CHOSEN,
    DATA_USERS,
    OTHER_KIB,
    OTHER_WIFI_KIB,
    OVER_KIB,
    OVERAGE_KIB,
    PLAN_KIB,
    SURCHARGE,
    USERS,
    WAIVED,
)
from .compiled import best_terms, conversations, exposures, quarter_of, take_free, value_of_use
from .draws import CHURN, PACK, PLAN, uniform_of
from .equations import (
    KIB,
    data_surplus,
    gift_used,
    in_plan,
    inclusive_value,
    kib,
    money_of_utility,
    pack_value,
    price_paid,
    price_weight,
    rule,
    shadow_price,
    sigmoid,
    volume,
)

ON_NET = 1.0
"""Value of having all contacts on the same carrier, logit; assumed."""

DATA_USER_KIB = 1024
"""KiB of mobile data in a bill, paid or sponsored, from which somebody counts as a user of it;
assumed.
"""


@rule
def plan_of(people, i):
    """Place of user i's plan in the menu of the carrier."""
    return np.int64(people.plan[i]) if people.plan.shape[0] > 0 else np.int64(0)


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
def other_surplus(people, terms, rules, bill, i, cr, price):
    """What data beside the messengers is worth to user i in a week beyond what a MB costs: other
    data and services; money.
    """
    mobile, apps = 1.0 - np.float64(people.wifi[i]), people.taste.shape[1]
    worth = data_surplus(
        bill.background * mobile, price, rules.sensitivity, rules.linear, rules.choke
    )
    for s in range(terms.service.shape[0]):
        waived, _, _ = best_terms(people, terms, rules, i, apps + s, cr)
        worth += data_surplus(
            terms.service[s] * terms.week_mb[apps + s] * mobile,
            price_paid(price, waived, terms.places[cr, apps + s, SURCHARGE]),
            rules.sensitivity,
            rules.linear,
            rules.choke,
        )
    return worth


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
    carrier, plan = people.carrier[i], plan_of(people, i)
    wifi = np.float64(people.wifi[i])
    price = np.float64(people.price[i])
    other = kib(
        4.0
        * bill.background
        * (1.0 - wifi)
        * volume(price, rules.sensitivity, rules.linear, rules.choke)
    )
    used = np.int64(people.billed[i]) + other
    cap = np.int64(bill.plan[carrier, plan, 1])
    planned = in_plan(used, cap)
    given = gift_used(used, cap, gift_of(people, terms, bill.gift, i, cr))
    over = used - planned - given
    tally.users[block, cr] += 1
    tally.plans[block, cr, plan, USERS] += 1
    tally.plans[block, cr, plan, OVER_KIB] += over
    if people.sponsored.shape[0] > 0:
        if used + people.sponsored[i] >= DATA_USER_KIB:
            tally.plans[block, cr, plan, DATA_USERS] += 1
        people.sponsored[i] = 0
    tally.data[block, cr, PLAN_KIB] += planned
    tally.data[block, cr, OVERAGE_KIB] += over
    tally.data[block, cr, OTHER_WIFI_KIB] += kib(4.0 * bill.background * wifi)
    tally.data[block, cr, OTHER_KIB] += other
    for o in range(bill.gift.shape[0]):
        if given > 0 and bill.gift[o, cr] > 0 and people.gifts[i] & terms.bits[o, 1]:
            part = min(given, bill.gift[o, cr])
            tally.gift[block, o, cr] += part
            given -= part
    spent = bill.plan[carrier, plan, 0]
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
    if people.plan.shape[0] > 0:
        tally.spent[block, quarter] -= (
            4.0 * other_surplus(people, terms, rules, bill, i, cr, price)
            + price * (used - over) / KIB
        )


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
def cap_at(people, terms, rules, bill, i, c, k):
    """KiB included on the coming bill in plan k of carrier c; gifts count where user i is now."""
    cap = bill.plan[c, k, 1]
    if c == people.carrier[i]:
        cr = c * rules.regions + np.int64(people.region[i])
        cap += gift_of(people, terms, bill.promised, i, cr)
    return cap


@rule
def price_at(people, terms, rules, bill, i, c, k, weekly):
    """Shadow price of a MB on the coming bill in plan k of carrier c, money per MB. Args: weekly:
    of `weekly_demand`.
    """
    return shadow_price(
        4.0 * weekly * (1.0 - np.float64(people.wifi[i])),
        cap_at(people, terms, rules, bill, i, c, k) / KIB,
        bill.plan[c, k, 2],
        rules.sensitivity,
        rules.linear,
        rules.choke,
    )


@rule
def carrier_value(people, contacts, terms, rules, bill, i, c, monthly):
    """Value of carrier c to user i, logit: contacts on net, own apps free there, what its plan
    costs.
    """
    cr = c * rules.regions + np.int64(people.region[i])
    gamma, wifi = np.float64(people.pressure[i]), np.float64(people.wifi[i])
    free = 0.0
    for a in range(people.taste.shape[1]):
        if monthly >> a & 1:
            free += np.float64(people.habit[i, a]) * terms.places[cr, a, WAIVED]
    weekly = weekly_demand(people, terms, rules, bill, i, cr, monthly)
    price = price_at(people, terms, rules, bill, i, c, 0, weekly)
    fee = bill.plan[c, 0, 0] / (4.0 * rules.reference_price * weekly) if weekly > 0.0 else 0.0
    return ON_NET * on_net(people, contacts, i, c) + gamma * (
        free * (1.0 - wifi) - price / rules.reference_price * (1.0 - wifi) - fee
    )


@rule
def choose_carrier(people, contacts, terms, rules, bill, key, week, i, monthly, values):
    """The carrier of user i, who is in motion, by the felt price of data: logit choice among those
    of the region.
    """
    own = np.int64(people.carrier[i])
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
def plan_value(people, terms, rules, bill, i, c, k, monthly, exposure):
    """What plan k of carrier c is worth to user i, money a bill (ODD, "Plans"): apps at its shadow
    price π, other data beyond π, π for what is included, less the fee.

    Args: exposure: of `exposures`.
    """
    cr = c * rules.regions + np.int64(people.region[i])
    x = cr * rules.devices + np.int64(people.device[i])
    apps, gamma = people.taste.shape[1], np.float64(people.pressure[i])
    mobile = 1.0 - np.float64(people.wifi[i])
    weekly = weekly_demand(people, terms, rules, bill, i, cr, monthly)
    price = price_at(people, terms, rules, bill, i, c, k, weekly)
    now, people.price[i] = people.price[i], price
    weight, crossing = price_weight(gamma, rules.reference_price, 1.0 - mobile), 0.0
    for a in range(apps):
        crossing += exposure[a] * np.float64(people.habit[i, a])
    usable = np.int64(people.registered[i]) & terms.open[x] & ~np.int64(people.barred[i])
    worth = 0.0
    for a in range(apps):
        if usable >> a & 1:
            value = value_of_use(people, terms, rules, i, a, cr, x, weight, exposure[a], crossing)
            worth += money_of_utility(
                inclusive_value(value, rules.beta), gamma, rules.reference_price, terms.week_mb[a]
            )
    people.price[i] = now
    worth += other_surplus(people, terms, rules, bill, i, cr, price)
    wanted = 4.0 * weekly * mobile * volume(price, rules.sensitivity, rules.linear, rules.choke)
    included = min(wanted, cap_at(people, terms, rules, bill, i, c, k) / KIB)
    return 4.0 * worth + price * included - bill.plan[c, k, 0]


@rule
def usual_talk(people, contacts, crowd, terms, rules, i, this, share, scratch):
    """(SMS, phone minutes) of user i in 4 weeks like this one."""
    _, out, counts, _ = scratch
    reach = people.reach[this]
    text = conversations(
        contacts,
        crowd,
        reach,
        i,
        0,
        np.int64(reach[0, i]),
        share,
        terms.text[people.carrier[i]],
        terms.lanes,
        counts,
        out,
    )
    phone = 1.0
    if reach.shape[0] > 1:
        phone = conversations(
            contacts,
            crowd,
            reach,
            i,
            1,
            np.int64(reach[1, i]),
            share,
            terms.calls[people.carrier[i]],
            terms.lanes,
            counts,
            out,
        )
    return 4.0 * rules.sms * text, 4.0 * rules.minutes * phone


@rule
def on_net(people, contacts, i, c):
    """Share of user i's contacts who are with carrier c."""
    start, stop = contacts.offsets[i], contacts.offsets[i + 1]
    same = 0.0
    for k in range(start, stop):
        if people.carrier[contacts.friends[k]] == c:
            same += 1.0
    return same / (stop - start) if stop > start else 0.0


@rule
def choose_plan(
    people,
    contacts,
    crowd,
    terms,
    rules,
    bill,
    key,
    week,
    i,
    monthly,
    this,
    moving,
    values,
    scratch,
):
    """(carrier, plan) of user i, who compares all of the region if in motion, else the plans of
    the own carrier: a logit choice by what they are worth.
    """
    own, region = np.int64(people.carrier[i]), people.region[i]
    exposure, _, _, seen = scratch
    share = exposures(
        contacts,
        crowd,
        people.reach[this],
        people.presence[this],
        terms.lanes,
        i,
        people.carrier.shape[0],
        exposure,
        seen,
    )
    sms, minutes = usual_talk(people, contacts, crowd, terms, rules, i, this, share, scratch)
    packs = people.packs[i] if people.packs.shape[0] > 0 else np.uint8(0)
    best, places = -math.inf, bill.plan.shape[1]
    for c in range(bill.plan.shape[0]):
        if not (bill.available[c, region] if moving else c == own):
            continue
        same = 0.0
        if moving:
            talk = sms * bill.talk[c, 0] + minutes * bill.talk[c, 1]
            same = rules.beta * ON_NET * on_net(people, contacts, i, c) - talk / bill.noise
        if people.packs.shape[0] > 0 and c != own:
            people.packs[i] = 0
        for k in range(bill.plans[c]):
            worth = plan_value(people, terms, rules, bill, i, c, k, monthly, exposure)
            values[c * places + k] = same + worth / bill.noise
            best = max(best, values[c * places + k])
        if people.packs.shape[0] > 0:
            people.packs[i] = packs
    total = 0.0
    for v in range(values.shape[0]):
        values[v] = math.exp(values[v] - best)
        total += values[v]
    u = uniform_of(key, PLAN, week, i, 1) * total
    chosen = own * places + plan_of(people, i)
    for v in range(values.shape[0]):
        u -= values[v]
        if u < 0.0 and values[v] > 0.0:
            chosen = v
            break
    return chosen // places, chosen % places


@rule
def look_around(
    people, contacts, crowd, terms, rules, bill, key, week, i, monthly, this, values, scratch
):
    """(carrier, plan) of user i from the next bill on, and whether they were chosen anew: a few
    are in motion, some more look at the menu again.
    """
    c, k = np.int64(people.carrier[i]), plan_of(people, i)
    moving = bill.churn > 0.0 and uniform_of(key, CHURN, week, i, 0) < bill.churn
    if bill.noise <= 0.0:
        if moving:
            c = choose_carrier(people, contacts, terms, rules, bill, key, week, i, monthly, values)
        return c, k, False
    review = bill.review
    if bill.plan[c, k, 0] == 0.0 and bill.plan[c, k, 1] == 0.0:
        review = bill.first_review
    if not moving and (review <= 0.0 or uniform_of(key, PLAN, week, i, 0) >= review):
        return c, k, False
    for v in range(values.shape[0]):
        values[v] = -math.inf
    c, k = choose_plan(
        people,
        contacts,
        crowd,
        terms,
        rules,
        bill,
        key,
        week,
        i,
        monthly,
        this,
        moving,
        values,
        scratch,
    )
    return c, k, True


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
    people,
    contacts,
    crowd,
    terms,
    rules,
    bill,
    tally,
    key,
    week,
    this,
    carriers,
    values,
    scratch,
    first,
    end,
):
    """The bills of users first … end−1; `this` is the half of `reach` that holds this week; fills
    `carriers` and turns to the plans chosen.

    values: (C·K,) to work in. scratch: two arrays (M,), one (256,) of zeros and one of bytes (most
    contacts,), to work in.
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
        c, k, anew = look_around(
            people,
            contacts,
            crowd,
            terms,
            rules,
            bill,
            key,
            week,
            i,
            monthly,
            this,
            values,
            scratch,
        )
        if people.packs.shape[0] > 0:
            if c == people.carrier[i]:
                choose_packs(people, terms, rules, bill, key, week, i, cr)
            else:
                people.packs[i] = 0
        if people.gifts.shape[0] > 0 and c != people.carrier[i]:
            people.gifts[i] = 0
        cr = c * rules.regions + np.int64(people.region[i])
        weekly = weekly_demand(people, terms, rules, bill, i, cr, monthly)
        people.price[i] = price_at(people, terms, rules, bill, i, c, k, weekly)
        if anew and (c != people.carrier[i] or k != plan_of(people, i)):
            tally.plans[block, cr, k, CHOSEN] += 1
        if people.plan.shape[0] > 0:
            people.plan[i] = k
        carriers[i] = c
        if people.calls.shape[0] > 0:
            for a in range(people.calls.shape[1]):
                people.calls[i, a] = 0


@rule
def worth_pass(people, contacts, crowd, terms, rules, bill, this, worth, scratch, first, end):
    """What each plan of their carrier is worth to users first … end−1, money a bill: fills `worth`
    (n, K).
    """
    exposure, _, _, seen = scratch
    for i in range(first, end):
        exposures(
            contacts,
            crowd,
            people.reach[this],
            people.presence[this],
            terms.lanes,
            i,
            people.carrier.shape[0],
            exposure,
            seen,
        )
        c, monthly = np.int64(people.carrier[i]), np.int64(people.reach[this, 0, i])
        for k in range(bill.plans[c]):
            worth[i, k] = plan_value(people, terms, rules, bill, i, c, k, monthly, exposure)


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
            people,
            terms,
            rules,
            bill,
            i,
            np.int64(people.carrier[i]),
            plan_of(people, i),
            weekly,
        )
        left = volume(np.float64(people.price[i]), rules.sensitivity, rules.linear, rules.choke)
        other[cr] += kib(4.0 * bill.background * (1.0 - np.float64(people.wifi[i])) * left)
