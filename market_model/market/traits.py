"""What people bring along and keep: read from their columns or, in the largest markets, drawn anew
at each look from tables of quantiles. Compiled.
"""

# pyright: basic
import numpy as np

from .draws import APPETITE, PRESSURE, TASTE, WIFI, uniform_of
from .equations import inner, volume

KNOTS = 4096
"""Pieces of a table of quantiles."""
GAMMA, OMEGA, APPETITES, OWN = range(4)
"""Rows of `People.traits`; from OWN on, the own part of the taste for each messenger."""
STEPS = 65535.0
"""Steps of a habit from 0 to 1, where it is kept in 16 bits."""


@inner
def quantile(table, u):
    """The value at u, between knots on a straight line. Args: table: (KNOTS + 1,)."""
    x = u * KNOTS
    piece = np.uint64(np.int64(x))
    low = np.float64(table[piece])
    return low + (x - np.float64(piece)) * (np.float64(table[piece + np.uint64(1)]) - low)


@inner
def drawn(people, row, mechanism, i, app):
    return quantile(people.traits[row], uniform_of(people.luck, mechanism, 0, i, app))


@inner
def pressure_of(people, i):
    """γ of user i, logit."""
    if people.traits.shape[0] > 0:
        return drawn(people, GAMMA, PRESSURE, i, 0)
    return np.float64(people.pressure[i])


@inner
def wifi_of(people, i):
    """ω of user i."""
    if people.traits.shape[0] > 0:
        return drawn(people, OMEGA, WIFI, i, 0)
    return np.float64(people.wifi[i])


@inner
def community_of(people, i):
    """Row of `common` that user i shares: of the region, or of a run of neighbours."""
    if people.luck[2] > 0:
        return np.int64(people.region[i])
    return i * people.common.shape[0] // people.carrier.shape[0]


@inner
def taste_of(people, i, a):
    """Taste minus threshold of user i for messenger a, logit."""
    if people.traits.shape[0] > 0:
        return (
            drawn(people, OWN + a, TASTE, i, a)
            + np.float64(people.common[community_of(people, i), a])
            + drawn(people, APPETITES, APPETITE, i, 0)
        )
    return np.float64(people.taste[i, a])


@inner
def habit_of(people, i, a):
    """h of user i for messenger a."""
    if people.steps.shape[0] > 0:
        return np.float64(people.steps[i, a]) / STEPS
    return np.float64(people.habit[i, a])


@inner
def device_of(people, i):
    return np.int64(people.device[i]) if people.device.shape[0] > 0 else np.int64(0)


@inner
def older_of(people, i):
    """Bytes of activity of two (low) and three weeks before the last."""
    if people.older.shape[0] > 0:
        return np.int64(people.older[i])
    return np.int64(people.recent[i]) >> 16


@inner
def left_of(people, rules, i):
    """Share of the use at price zero that is left at user i's price."""
    if people.left.shape[0] > 0:
        return people.left[i]
    return volume(np.float64(people.price[i]), rules.sensitivity, rules.linear, rules.choke)
