"""What a data plan is worth to a user, and who takes which: of the own carrier's menu, and for
the few who are in motion of all. Compiled.
"""

# pyright: basic
import math

import numpy as np

from .columns import SURCHARGE, WAIVED
from .compiled import best_terms, conversations, exposures, list_of, take_free, value_of_use
from .draws import CHURN, PLAN, uniform_of
from .equations import (
    KIB,
    data_surplus,
    inclusive_value,
    inner,
    kib,
    money_of_utility,
    price_paid,
    price_weight,
    shadow_price,
    volume,
)
from .scratch import CHUNK
from .traits import device_of, habit_of, pressure_of, wifi_of

ON_NET = 1.0
"""Value of having all contacts on the same carrier, logit; assumed."""


@inner
def plan_of(people, i):
    """Place of user i's plan in the menu of the carrier."""
    return np.int64(people.plan[i]) if people.plan.shape[0] > 0 else np.int64(0)


@inner
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
                wanted = kib(4.0 * (1.0 - wifi_of(people, i)) * mb * waived)
                if wanted > 0:
                    waived *= take_free(people, terms, i, offer, wanted) / wanted
            weekly += mb * (1.0 - waived)
    for p in range(people.pots.shape[1]):
        if people.pots[i, p] != 0:
            people.pots[i, p] = 0
    return weekly


@inner
def other_surplus(people, terms, rules, bill, i, cr, price, full):
    """What data beside the messengers is worth to user i in a week beyond what a MB costs: other
    data and services; money. Args: full: `volume` at the price.
    """
    mobile, apps = 1.0 - wifi_of(people, i), people.taste.shape[1]
    worth = data_surplus(
        bill.background * mobile, price, full, rules.sensitivity, rules.linear, rules.choke
    )
    for s in range(terms.service.shape[0]):
        waived, _, _ = best_terms(people, terms, rules, i, apps + s, cr)
        paid, left = price_paid(price, waived, terms.places[cr, apps + s, SURCHARGE]), full
        if paid != price:
            left = volume(paid, rules.sensitivity, rules.linear, rules.choke)
        worth += data_surplus(
            terms.service[s] * terms.week_mb[apps + s] * mobile,
            paid,
            left,
            rules.sensitivity,
            rules.linear,
            rules.choke,
        )
    return worth


@inner
def gift_of(people, terms, gift, i, cr):
    """KiB of gifts user i holds, by what each offer gives at the user's place."""
    total = np.int64(0)
    if people.gifts.shape[0] > 0:
        for o in range(gift.shape[0]):
            if gift[o, cr] > 0 and people.gifts[i] & terms.bits[o, 1]:
                total += gift[o, cr]
    return total


@inner
def cap_at(people, terms, rules, bill, i, c, k):
    """KiB included on the coming bill in plan k of carrier c; gifts count where user i is now."""
    cap = bill.plan[c, k, 1]
    if c == people.carrier[i]:
        cr = c * rules.regions + np.int64(people.region[i])
        cap += gift_of(people, terms, bill.promised, i, cr)
    return cap


@inner
def price_at(people, terms, rules, bill, i, c, k, weekly):
    """Shadow price of a MB on the coming bill in plan k of carrier c, money per MB. Args: weekly:
    of `weekly_demand`.
    """
    return shadow_price(
        4.0 * weekly * (1.0 - wifi_of(people, i)),
        cap_at(people, terms, rules, bill, i, c, k) / KIB,
        bill.plan[c, k, 2],
        rules.sensitivity,
        rules.linear,
        rules.choke,
    )


@inner
def carrier_value(people, contacts, near, terms, rules, bill, i, c, monthly):
    """Value of carrier c to user i, logit: contacts on net, own apps free there, what its plan
    costs.
    """
    cr = c * rules.regions + np.int64(people.region[i])
    gamma, wifi = pressure_of(people, i), wifi_of(people, i)
    free = 0.0
    for a in range(people.taste.shape[1]):
        if monthly >> a & 1:
            free += habit_of(people, i, a) * terms.places[cr, a, WAIVED]
    weekly = weekly_demand(people, terms, rules, bill, i, cr, monthly)
    price = price_at(people, terms, rules, bill, i, c, 0, weekly)
    fee = bill.plan[c, 0, 0] / (4.0 * rules.reference_price * weekly) if weekly > 0.0 else 0.0
    return ON_NET * on_net(people, contacts, near, i, c) + gamma * (
        free * (1.0 - wifi) - price / rules.reference_price * (1.0 - wifi) - fee
    )


@inner
def logit_choice(values, best, uniform, otherwise):
    """The place that a logit choice among values falls on by a draw from [0, 1); `values` becomes
    the weights. Args: best: the largest value; −inf is never chosen.
    """
    total = 0.0
    for v in range(values.shape[0]):
        values[v] = math.exp(values[v] - best)
        total += values[v]
    u = uniform * total
    for v in range(values.shape[0]):
        u -= values[v]
        if u < 0.0 and values[v] > 0.0:
            return v
    return otherwise


@inner
def exposed(people, contacts, crowd, terms, i, this, scratch):
    """Fill scratch[0] with the exposure of user i by this week; returns 1/number of contacts."""
    return exposures(
        contacts,
        scratch[3],
        crowd,
        people.reach[this],
        people.presence[this % people.presence.shape[0]],
        terms.lanes,
        i,
        i % CHUNK,
        people.carrier.shape[0],
        scratch[0],
    )


@inner
def choose_carrier(people, contacts, near, terms, rules, bill, key, week, i, monthly, values):
    """The carrier of user i, who is in motion, by the felt price of data: logit choice among those
    of the region.
    """
    own = np.int64(people.carrier[i])
    carriers = bill.plan.shape[0]
    best = -math.inf
    for c in range(carriers):
        values[c] = -math.inf
        if bill.available[c, people.region[i]]:
            values[c] = rules.beta * carrier_value(
                people, contacts, near, terms, rules, bill, i, c, monthly
            )
            best = max(best, values[c])
    return logit_choice(values[:carriers], best, uniform_of(key, CHURN, week, i, 1), own)


@inner
def worth_at(people, terms, rules, bill, i, cr, price, full, exposure):
    """What apps and other data are worth to user i in a week where a MB costs `price`, the plan's
    shadow price π; money.

    Args: full: `volume` at that price. exposure: of `exposures`.
    """
    x = cr * rules.devices + device_of(people, i)
    apps, gamma, wifi = people.taste.shape[1], pressure_of(people, i), wifi_of(people, i)
    now, people.price[i] = people.price[i], price
    weight, crossing = price_weight(gamma, rules.reference_price, wifi), 0.0
    for a in range(apps):
        crossing += exposure[a] * habit_of(people, i, a)
    usable = np.int64(people.registered[i]) & terms.open[x] & ~np.int64(people.barred[i])
    worth = 0.0
    for a in range(apps):
        if usable >> a & 1:
            value = value_of_use(people, terms, rules, i, a, cr, x, weight, exposure[a], crossing)
            worth += money_of_utility(
                inclusive_value(value, rules.beta), gamma, rules.reference_price, terms.week_mb[a]
            )
    people.price[i] = now
    return worth + other_surplus(people, terms, rules, bill, i, cr, price, full)


@inner
def weigh_plans(people, terms, rules, bill, i, c, monthly, exposure, values):
    """Fill values[k] with what plan k of carrier c is worth to user i, money a bill (ODD,
    "Plans"): `worth_at` its shadow price π, π for what is included, less the fee. Plans with one π
    differ in the rest alone.
    """
    cr = c * rules.regions + np.int64(people.region[i])
    mobile = 1.0 - wifi_of(people, i)
    weekly = weekly_demand(people, terms, rules, bill, i, cr, monthly)
    last, full, worth = -1.0, 1.0, 0.0
    for k in range(bill.plans[c]):
        price = price_at(people, terms, rules, bill, i, c, k, weekly)
        if price != last:
            last, full = price, volume(price, rules.sensitivity, rules.linear, rules.choke)
            worth = worth_at(people, terms, rules, bill, i, cr, price, full, exposure)
        wanted = 4.0 * weekly * mobile * full
        included = min(wanted, cap_at(people, terms, rules, bill, i, c, k) / KIB)
        values[k] = 4.0 * worth + price * included - bill.plan[c, k, 0]


@inner
def usual_talk(people, contacts, crowd, terms, rules, i, this, share, scratch):
    """(SMS, phone minutes) of user i in 4 weeks like this one."""
    _, out, counts, near, _ = scratch
    reach = people.reach[this]
    text = conversations(
        contacts,
        near,
        crowd,
        reach,
        i,
        i % CHUNK,
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
            near,
            crowd,
            reach,
            i,
            i % CHUNK,
            1,
            np.int64(reach[1, i]),
            share,
            terms.calls[people.carrier[i]],
            terms.lanes,
            counts,
            out,
        )
    return 4.0 * rules.sms * text, 4.0 * rules.minutes * phone


@inner
def on_net(people, contacts, near, i, c):
    """Share of user i's contacts who are with carrier c. Args: near: as of `list_of`."""
    friends, start, stop = list_of(contacts, near, i, i % CHUNK)
    same = 0.0
    for k in range(start, stop):
        if people.carrier[friends[k]] == c:
            same += 1.0
    return same / (stop - start) if stop > start else 0.0


@inner
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
    exposure = scratch[0]
    share = exposed(people, contacts, crowd, terms, i, this, scratch)
    sms, minutes = usual_talk(people, contacts, crowd, terms, rules, i, this, share, scratch)
    packs = people.packs[i] if people.packs.shape[0] > 0 else np.uint8(0)
    best, places = -math.inf, bill.plan.shape[1]
    for c in range(bill.plan.shape[0]):
        if not (bill.available[c, region] if moving else c == own):
            continue
        same = 0.0
        if moving:
            talk = sms * bill.talk[c, 0] + minutes * bill.talk[c, 1]
            same = (
                rules.beta * ON_NET * on_net(people, contacts, scratch[3], i, c) - talk / bill.noise
            )
        if people.packs.shape[0] > 0 and c != own:
            people.packs[i] = 0
        here = values[c * places : (c + 1) * places]
        weigh_plans(people, terms, rules, bill, i, c, monthly, exposure, here)
        for k in range(bill.plans[c]):
            here[k] = same + here[k] / bill.noise
            best = max(best, here[k])
        if people.packs.shape[0] > 0:
            people.packs[i] = packs
    chosen = logit_choice(
        values, best, uniform_of(key, PLAN, week, i, 1), own * places + plan_of(people, i)
    )
    return chosen // places, chosen % places


@inner
def draw_looks(key, week, first, looks):
    """Draws of CHUNK users from the first on: looks[0] of who is in motion, looks[1] of who looks
    at the menu again.
    """
    for row, mechanism in enumerate((CHURN, PLAN)):
        out = looks[row]
        for j in range(CHUNK):
            out[j] = uniform_of(key, mechanism, week, first + j, 0)


@inner
def look_around(
    people, contacts, crowd, terms, rules, bill, key, week, i, monthly, this, values, scratch
):
    """(carrier, plan) of user i from the next bill on, and whether they were chosen anew: a few
    are in motion, some more look at the menu again.
    """
    c, k = np.int64(people.carrier[i]), plan_of(people, i)
    j, looks = i % CHUNK, scratch[4]
    moving = bill.churn > 0.0 and looks[0, j] < bill.churn
    if bill.noise <= 0.0:
        if moving:
            c = choose_carrier(
                people, contacts, scratch[3], terms, rules, bill, key, week, i, monthly, values
            )
        return c, k, False
    review = bill.review
    if bill.plan[c, k, 0] == 0.0 and bill.plan[c, k, 1] == 0.0:
        review = bill.first_review
    if not moving and (review <= 0.0 or looks[1, j] >= review):
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
