"""Every fourth week: each user's bill, packs, and the price felt next. Compiled."""

# pyright: basic
import numpy as np

from ..society.computed import find_friends
from .columns import (
    CHOSEN,
    DATA_USERS,
    OTHER_KIB,
    OTHER_WIFI_KIB,
    OVER_KIB,
    OVERAGE_KIB,
    PLAN_KIB,
    RING,
    USERS,
)
from .compiled import quarter_of
from .draws import PACK, uniform_of
from .equations import KIB, gift_used, in_plan, inner, kib, pack_value, sigmoid, volume, whole_pass
from .plans import (
    draw_looks,
    exposed,
    gift_of,
    look_around,
    other_surplus,
    plan_of,
    price_at,
    weekly_demand,
    weigh_plans,
)
from .scratch import CHUNK
from .traits import habit_of, left_of, older_of, pressure_of, wifi_of

DATA_USER_KIB = 1024
"""KiB of mobile data in a bill, paid or sponsored, from which somebody counts as a user of it;
assumed.
"""


@inner
def settle(people, terms, rules, bill, tally, i, cr, block):
    """Book one user's bill: plan, gifts, overage, packs."""
    carrier, plan = people.carrier[i], plan_of(people, i)
    wifi = wifi_of(people, i)
    price = np.float64(people.price[i])
    left = left_of(people, rules, i)
    other = kib(4.0 * bill.background * (1.0 - wifi) * left)
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
    if people.free_kib.shape[0] > 0:
        if used + people.free_kib[i] >= DATA_USER_KIB:
            tally.plans[block, cr, plan, DATA_USERS] += 1
        people.free_kib[i] = 0
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
        if people.pots[i, p] != 0:
            people.pots[i, p] = 0
    if people.plan.shape[0] > 0:
        tally.spent[block, quarter] -= (
            4.0 * other_surplus(people, terms, rules, bill, i, cr, price, left)
            + price * (used - over) / KIB
        )


@inner
def set_price(people, rules, i, price):
    """The shadow price of user i from now on, and what use it leaves."""
    people.price[i] = price
    if people.left.shape[0] > 0:
        people.left[i] = volume(
            np.float64(people.price[i]), rules.sensitivity, rules.linear, rules.choke
        )


@inner
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
            pressure_of(people, i),
            wifi_of(people, i),
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


@inner
def remember(people, tally, i, block, monthly):
    """Add a user to the cohort curves."""
    bills = tally.curves.shape[3]
    for a in range(people.taste.shape[1]):
        if not people.registered[i] >> a & 1:
            continue
        under = min(np.int64(people.under[i, a]), tally.curves.shape[2] - 1)
        if people.joined.shape[0] > 0:
            born = min(max(0, np.int64(people.joined[i, a]) // 4 + 1), bills - 1)
        elif people.cohort.shape[0] > 0:
            born = min(np.int64(people.cohort[i, a]), bills - 1)
        else:
            born = np.int64(0)
        tally.curves[block, a, under, born, 0] += 1
        tally.curves[block, a, under, born, 1] += monthly >> a & 1
        tally.habit[block, a] += habit_of(people, i, a)


@inner
def begins_chunk(i, first):
    """Whether user i is the first of a chunk, or of a pass that begins inside one."""
    return i == first or i % CHUNK == 0


@inner
def find_lists(people, contacts, scratch, begin):
    """The contacts of all users of the chunk from `begin` on, where they are computed."""
    if contacts.rule.slots > 0:
        count = min(CHUNK, people.carrier.shape[0] - begin)
        find_friends(contacts.rule, scratch[3], begin, count)


@whole_pass
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

    values: (C·K,) to work in. scratch: two arrays (M,), one (256,) of zeros, `Lanes`, and one
    (2, CHUNK).
    """
    for i in range(first, end):
        if begins_chunk(i, first):
            begin = i - i % CHUNK
            draw_looks(key, week, begin, scratch[4])
            find_lists(people, contacts, scratch, begin)
        block = i // rules.block % RING
        cr = np.int64(people.carrier[i]) * rules.regions + people.region[i]
        older = older_of(people, i)
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
        set_price(people, rules, i, price_at(people, terms, rules, bill, i, c, k, weekly))
        if anew and (c != people.carrier[i] or k != plan_of(people, i)):
            tally.plans[block, cr, k, CHOSEN] += 1
        if people.plan.shape[0] > 0:
            people.plan[i] = k
        carriers[i] = c
        if people.calls.shape[0] > 0:
            for a in range(people.calls.shape[1]):
                people.calls[i, a] = 0


@whole_pass
def worth_pass(people, contacts, crowd, terms, rules, bill, this, worth, scratch, first, end):
    """What each plan of their carrier is worth to users first … end−1, money a bill: fills `worth`
    (end − first, K).
    """
    for i in range(first, end):
        if begins_chunk(i, first):
            find_lists(people, contacts, scratch, i - i % CHUNK)
        exposed(people, contacts, crowd, terms, i, this, scratch)
        c, monthly = np.int64(people.carrier[i]), np.int64(people.reach[this, 0, i])
        weigh_plans(people, terms, rules, bill, i, c, monthly, scratch[0], worth[i - first])


@whole_pass
def price_pass(people, terms, rules, bill, this, other, first, end):
    """First shadow prices of users first … end−1; adds each one's other data, KiB a bill, to
    `other` (CR,).
    """
    for i in range(first, end):
        cr = np.int64(people.carrier[i]) * rules.regions + people.region[i]
        weekly = weekly_demand(
            people, terms, rules, bill, i, cr, np.int64(people.reach[this, 0, i])
        )
        price = price_at(
            people,
            terms,
            rules,
            bill,
            i,
            np.int64(people.carrier[i]),
            plan_of(people, i),
            weekly,
        )
        set_price(people, rules, i, price)
        other[cr] += kib(
            4.0 * bill.background * (1.0 - wifi_of(people, i)) * left_of(people, rules, i)
        )
