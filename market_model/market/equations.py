"""Every rule of the market, once: small scalar functions, compiled for the pass over all users.

Called as plain Python they are the same functions; with NUMBA_DISABLE_JIT=1 nothing is compiled at
all. Symbols are those of the model description; money is the scenario's currency, data MB, a step
is one week.
"""

# pyright: basic
# (compiled functions take what numba gives them; shapes and units stand in the docstrings)
import math
from typing import Any

import numba as nb
import numpy as np

from ..scenario.fields import KIB
from ..work.passes import cache_folder

nb.config.CACHE_DIR = cache_folder()  # type: ignore[attr-defined]

_options: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "no_cfunc_wrapper": True,
}
"""Without numba's reference counts (the passes allocate nothing) a week is twelve times faster."""

rule: Any = nb.njit(forceinline=True, **_options)  # type: ignore[call-overload]
"""Compiles a rule of numbers, for passes and for Python."""

inner: Any = nb.njit(forceinline=True, no_cpython_wrapper=True, **_options)  # type: ignore[call-overload]
"""Compiles a rule that looks into the market's columns. Only compiled code calls it: unpacking the
columns for Python would take most of the time to compile.
"""

whole_pass: Any = nb.njit(**_options)  # type: ignore[call-overload]
"""Compiles a pass over users, for Python."""


@rule
def sigmoid(x):
    """Logistic function σ(x) = 1 / (1 + e^−x); never overflows."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


@rule
def arrival_chance(rate):
    """Chance of at least one event in a week: 1 − exp(−rate), rate per week."""
    return 1.0 - math.exp(-rate)


@rule
def hearing_rate(discovery, word_of_mouth, exposure):
    """Rate of becoming aware, per week: p + promo + q·n (Bass 1969, with local exposure n)."""
    return discovery + word_of_mouth * exposure


@rule
def price_paid(price, waived, surcharge):
    """What a MB costs the user: (1 − z)·π + surcharge, money per MB."""
    return price * (1.0 - waived) + surcharge


@rule
def price_weight(pressure, reference, wifi):
    """How much a user minds a price of 1: γ·(1 − ω)/π_0, logit per money/MB; use over Wi-Fi
    costs nothing.
    """
    return pressure * (1.0 - wifi) / reference


@rule
def price_felt(weight, paid):
    """Felt price k = γ·(paid/π_0)·(1 − ω), logit; `weight` from `price_weight`."""
    return weight * paid


@rule
def volume(paid, sensitivity, linear, choke):
    """Share of the use at price zero that is left at a price: e^(−ε·price), or 1 − price/choke;
    finite at zero.
    """
    if paid == 0.0:
        return 1.0
    if linear:
        return max(0.0, 1.0 - paid / choke)
    return math.exp(-sensitivity * paid)


@rule
def shadow_price(demand, cap, overage, sensitivity, linear, choke):
    """Shadow price π of a MB in a three-part tariff (Nevo, Turner & Williams 2016), money per MB.

    0 if the demand at price zero fits under the cap; the overage price if demand at that price
    still exceeds the cap, or if there is no cap to fit under (0); else the price at which demand
    equals the cap.

    Args: demand: MB per bill at price zero. cap: MB per bill. overage: money per MB.
    """
    if demand <= cap and cap > 0.0:
        return 0.0
    if demand * volume(overage, sensitivity, linear, choke) >= cap:
        return overage
    if linear:
        return choke * (1.0 - cap / demand)
    return math.log(demand / cap) / sensitivity


@rule
def data_surplus(demand, price, left, sensitivity, linear, choke):
    """What data is worth beyond a price, the triangle under demand: X·e^(−ε·price)/ε, or X·(choke
    − price)²/(2·choke); money.

    Where no price lowers use (ε = 0) it has no end: then against price zero.
    Args: demand: MB at price zero. left: `volume` at the price.
    """
    if linear:
        return demand * left * left * choke / 2.0
    if sensitivity <= 0.0:
        return -demand * price
    return demand * left / sensitivity


@rule
def registration_value(entry, taste, network_effect, exposure, felt):
    """Value of registering, logit: (θ − κ_I + invite) + ξ + J·n − k^I; k^I is felt with λ·z in
    place of z.
    """
    return entry + taste + network_effect * exposure - felt


@rule
def registration_chance(rate, value):
    """P = ρ·σ(β·V^I)."""
    return rate * sigmoid(value)


@rule
def with_campaign(chance, try_once):
    """A campaign adds try-once registrations: P' = 1 − (1 − P)(1 − τ); τ = 0 changes nothing."""
    return 1.0 - (1.0 - chance) * (1.0 - try_once)


@rule
def activity_value(
    base, taste, network_effect, exposure, habit_weight, habit, felt, crowding, elsewhere
):
    """Value V of using an app this week, logit.

    V = θ + features + κ_A − ψ·congestion (in `base`) + ξ + J·n + η·h − k − χ·Σ_{b≠a} n_b·h_b
    (`elsewhere`).
    """
    return (
        base
        + taste
        + network_effect * exposure
        + habit_weight * habit
        - felt
        - crowding * elsewhere
    )


@rule
def habit(before, active, decay):
    """h ← (1 − δ)·h + δ·y."""
    return (1.0 - decay) * before + decay * active


@rule
def crowd_share(weight, total, other):
    """Share of a conversation with one contact that an app carries: its weight among all ways to
    reach them.
    """
    return weight / (total + other)


@rule
def kib(mb):
    """MB to whole KiB: bytes are counted as integers, so that they balance exactly."""
    return np.int64(mb * KIB + 0.5)


@rule
def in_plan(used, cap):
    """KiB of a bill within the cap. Args: KiB used on the bill, cap in KiB."""
    return min(used, cap)


@rule
def gift_used(used, cap, gift):
    """KiB beyond the cap that a gift covers."""
    return min(max(used - cap, 0), gift)


@rule
def congestion(load):
    """Congestion of a network: min(10, 1/(1 − load) − 1); load = traffic/capacity."""
    if load >= 1.0:
        return 10.0
    return min(10.0, 1.0 / (1.0 - load) - 1.0)


@rule
def inclusive_value(value, beta):
    """Logit inclusive value of one app: ln(1 + e^(βV))/β (Small & Rosen 1981), logit."""
    x = beta * value
    if x > 0.0:
        return (x + math.log(1.0 + math.exp(-x))) / beta
    return math.log(1.0 + math.exp(x)) / beta


@rule
def money_of_utility(utility, pressure, reference, mb):
    """Utility of a week in money, by the marginal utility of money γ/(π_0·MB), MB of an active
    week at price zero.
    """
    if pressure <= 0.0 or mb <= 0.0:
        return 0.0
    return utility * reference * mb / pressure


@rule
def pack_value(pressure, wifi, price, waived, reference, fee, mb, bonus):
    """Value of a data pack for its buyer, logit a week: felt price saved + function − the fee's
    utility.
    """
    if mb <= 0.0:
        return bonus
    saved = price_felt(price_weight(pressure, reference, wifi), price * waived)
    return saved + bonus - pressure * (fee / 4.0) / (reference * mb)
