"""One user's data: which offer counts, and who pays for each KiB. Compiled into the passes."""

from __future__ import annotations

# pyright: basic
# (compiled functions take what numba gives them; shapes and units stand in the docstrings)
import numpy as np

from .columns import ALLOWANCE, BILL_KIB, BONUS, FREE_KIB, NO_OFFER, POT, SURCHARGE, WAIVED, WIFI_KIB
from .equations import kib, price_paid, rule, volume


@rule
def best_terms(people, terms, rules, i, a, cr):
    """The offer user i has for app a: (z, offer or NO_OFFER, function's quality). An empty allowance waives nothing."""
    offer, waived, bonus = np.int64(terms.offer[cr, a]), terms.places[cr, a, WAIVED], terms.places[cr, a, BONUS]
    if rules.packs and people.packs[i] != 0:
        pack = np.int64(terms.pack[cr, a])
        if pack != NO_OFFER and people.packs[i] & terms.bits[pack, 0]:
            bonus += terms.offers[pack, BONUS]
            if terms.offers[pack, WAIVED] > waived:
                offer, waived = pack, terms.offers[pack, WAIVED]
    if rules.pots and offer != NO_OFFER:
        pot = np.int64(terms.offers[offer, POT])
        if pot >= 0 and people.pots[i, pot] >= terms.offers[offer, ALLOWANCE]:
            waived = 0.0
    return waived, offer, bonus


@rule
def use_data(people, terms, rules, tally, block, i, t, cr, mb, full):
    """Book the data of one app: over Wi-Fi, sponsored (while the allowance lasts), or on the bill; returns KiB sponsored.

    full: share of use that is left at the user's price of a MB, without offer or surcharge.
    """
    waived, offer, _ = best_terms(people, terms, rules, i, t, cr)
    wifi, price = np.float64(people.wifi[i]), np.float64(people.price[i])
    paid = price_paid(price, waived, terms.places[cr, t, SURCHARGE])
    left = full if paid == price else volume(paid, rules.sensitivity, rules.linear, rules.choke)
    mobile = (1.0 - wifi) * mb * left
    total = kib(mobile)
    free = np.int64(0)
    if waived > 0.0:
        free = min(kib(mobile * waived), total)
        pot = np.int64(terms.offers[offer, POT])
        if rules.pots and pot >= 0:
            room = np.int64(terms.offers[offer, ALLOWANCE]) - people.pots[i, pot]
            free = min(free, max(room, 0))
            people.pots[i, pot] += free
        tally.sponsored[block, offer, cr] += free
    people.billed[i] += total - free
    row = tally.data[block, t, cr]
    row[WIFI_KIB] += kib(wifi * mb)
    row[BILL_KIB] += total - free
    row[FREE_KIB] += free
    return free
