"""The arrays the week works on: people, this week's terms, the tallies. Shapes in the comments:

n users, M messengers (the bits of a byte), T apps (messengers first, then services), C carriers, R
regions, D devices, CR = carrier·R + region, X = CR·D + device, O offers, P offers with an
allowance, K plans of the longest menu, B blocks of users.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 16384
"""Users per block: sums are made per block and added in order, so threads cannot change a bit."""

RING = 1024
"""Blocks whose sums are kept apart at a time."""

NO_OFFER = -1
UNDER_NONE = 255


class People(NamedTuple):
    """The users as columns (struct of arrays)."""

    carrier: NDArray[np.uint8]  # (n,)
    plan: NDArray[np.uint8]  # (n,) place in the carrier's menu; empty if each has one plan
    region: NDArray[np.uint8]  # (n,)
    device: NDArray[np.uint8]  # (n,)
    barred: NDArray[np.uint8]  # (n,) apps never for this user: never-joiners, other platforms
    pressure: NDArray[np.float32]  # (n,) γ
    wifi: NDArray[np.float32]  # (n,) ω
    taste: NDArray[np.float32]  # (n, M) ξ − threshold
    aware: NDArray[np.uint8]  # (n,)
    registered: NDArray[np.uint8]  # (n,)
    reach: NDArray[
        np.uint8
    ]  # (2, channels, n) text, voice, video: where to reach a user, last and this week
    older: NDArray[np.uint16]  # (n,) activity bytes of two and three weeks ago
    recent: NDArray[
        np.uint32
    ]  # (n,) activity of the last four weeks, a byte each, newest lowest; an app's lane stands
    #     still while it is down. Empty where presence_weeks = 1
    presence: NDArray[
        np.uint16
    ]  # (2, n) presence << 8 | activity, in halves as `reach`; (2, 0) where presence_weeks = 1
    callers: NDArray[np.uint8]  # (n,) who ever calls by app; empty: everybody
    habit: NDArray[np.float32]  # (n, M)
    price: NDArray[np.float32]  # (n,) π, money per MB, of this bill
    left: NDArray[np.float64]  # (n,) e^(−ε·π), share of use left at π: it follows from the price
    billed: NDArray[np.int32]  # (n,) KiB on this bill
    sponsored: NDArray[np.int32]  # (n,) KiB sponsored in this bill; empty if each has one plan
    joined: NDArray[np.int16]  # (n, M) week of registration
    under: NDArray[np.uint8]  # (n, M) offer of registration, or UNDER_NONE
    pots: NDArray[np.int32]  # (n, P) KiB used of each allowance in this bill
    packs: NDArray[np.uint8]  # (n,) packs held; empty if there are none
    gifts: NDArray[np.uint8]  # (n,) gifts held; empty if there are none
    calls: NDArray[np.int32]  # (n, M) KiB of calls in this bill at price zero; empty: nobody calls
    shown: NDArray[np.uint8]  # (n, 2) main app + 1, apps used on free data; empty unless recorded

    # Large markets do without `left`, and have these in place of `joined` and `sponsored`; their
    # `presence` is (1, n), last week's. Else they are empty.
    cohort: NDArray[np.uint8]  # (n, M) bill of registration + 1, at most 255
    free_kib: NDArray[np.uint16]  # (n,) KiB sponsored in this bill, at most 65,535
    # The largest have these in place of `habit`, and of `pressure`, `wifi` and `taste` (`traits`);
    # they do without `cohort`, `device` where all are alike, and `older` where there is `recent`.
    steps: NDArray[np.uint16]  # (n, M) habit in 65,535ths
    traits: NDArray[np.float32]  # (3 + M, KNOTS + 1) tables of quantiles
    common: NDArray[np.float32]  # (communities, M) part of tastes that a community shares
    luck: NDArray[np.uint64]  # (3,) key of all draws; whether regions are the communities


class Terms(NamedTuple):
    """What holds this week for everybody: the scenario, the offers and the players' levers as
    look-up tables.
    """

    lanes: NDArray[np.uint8]  # (M,) zeros: one pass is compiled for any number of messengers
    cells: NDArray[
        np.float64
    ]  # (X, M, 3) BASE θ + features + κ_A − ψ·congestion; ENTRY θ + features − κ_I + invite + gift;
    #                             STICKY η + switching costs
    open: NDArray[np.uint8]  # (X,) apps that can be used
    down: NDArray[np.uint8]  # (1,) apps out of order, while presence and habit stand still
    hear: NDArray[np.float64]  # (R, M, 2) p + promo, q
    try_once: NDArray[np.float64]  # (R, M) τ
    caps: NDArray[
        np.uint8
    ]  # (2, channels, X) apps that can be called by; [1] for users mostly on Wi-Fi
    places: NDArray[
        np.float64
        # (CR, T, 3) of the best offer WAIVED z and BONUS, quality of its function; SURCHARGE,
        # money/MB
    ]
    offer: NDArray[np.int16]  # (CR, T, ·) offers here, the largest z first, then NO_OFFER
    pack: NDArray[np.int16]  # (CR, T, ·) packs on sale, the same
    gift: NDArray[np.int16]  # (CR, M) offer whose gift a new user gets, or NO_OFFER
    offers: NDArray[np.float64]  # (O, 4) WAIVED z, BONUS, POT or −1, ALLOWANCE in KiB
    bits: NDArray[np.uint8]  # (O, 2) bit of the pack, bit of the gift
    text: NDArray[
        np.float64
    ]  # (C, 2^M, M + 1) shares of a conversation by apps in common; last: SMS
    calls: NDArray[np.float64]  # (C, 2^M, M + 1) the same for calls; last: phone
    response: NDArray[np.float64]  # (CR, 2) what prices leave of SMS and of phone minutes
    data: NDArray[np.float64]  # (T, 4) MB per message, voice minute, video minute, week
    service: NDArray[np.float64]  # (T − M,) share of people who use each service
    quarters: NDArray[np.float64]  # (3,) upper edges of the quarters of γ
    week_mb: NDArray[np.float64]  # (T,) MB of an active week at price zero


class BillTerms(NamedTuple):
    """What holds for this bill."""

    plan: NDArray[np.float64]  # (C, K, 3) fee, cap in KiB, overage price, by place in the menu
    plans: NDArray[np.int64]  # (C,) plans on the menu
    talk: NDArray[np.float64]  # (C, 2) price of an SMS, of a phone minute
    available: NDArray[np.uint8]  # (C, R) where a carrier can be chosen
    gift: NDArray[np.int64]  # (O, CR) KiB in this bill: of gifts in force in any of its weeks
    promised: NDArray[np.int64]  # (O, CR) in the coming bill: of gifts in force in its first week
    fee: NDArray[np.float64]  # (O,) of a pack that runs, else 0
    take_up: NDArray[np.float64]  # (O,) share of the willing who decide
    lot: NDArray[
        np.int64
    ]  # (O,) number of a pack's draws, from its name: its place in the book changes nothing
    background: float  # MB a week at price zero
    churn: float  # μ
    review: float  # share that looks at the menu again: of those with a data plan,
    first_review: float  # and without one
    noise: float  # logit scale of the choice, money a bill; 0: carriers by the felt price of data


class Rules(NamedTuple):
    """The parameters of behaviour as numbers."""

    beta: float
    refresh: float
    network_effect: float
    habit_decay: float
    crowding: float
    salience: float
    registration_rate: float
    reference_price: float
    sensitivity: float
    linear: bool
    choke: float
    messages: float
    sms: float
    minutes: float
    video_share: float
    regions: int
    devices: int
    block: int
    presence_weeks: int
    sms_fading: float
    packs: bool
    pots: bool


class Tally(NamedTuple):
    """What a week added up to, per block."""

    heads: NDArray[
        np.int64
        # (B, CR, 5, 2^M) users by byte of apps: active, registered, aware, monthly active, on free
        # data
    ]
    joined: NDArray[np.int64]  # (B, M, CR)
    data: NDArray[np.int64]  # (B, T, CR, 3) KiB over Wi-Fi, on the bill, sponsored
    sponsored: NDArray[np.int64]  # (B, O, CR) KiB
    main: NDArray[np.int64]  # (B, M + 1) users by main app; last: none
    messages: NDArray[np.float64]  # (B, M)
    minutes: NDArray[np.float64]  # (B, M)
    sms: NDArray[np.float64]  # (B, CR)
    phone: NDArray[np.float64]  # (B, CR) minutes
    surplus: NDArray[
        np.float64
    ]  # (B, 4) consumer surplus, money a week, by quarter of γ (bill weeks only)


class BillTally(NamedTuple):
    """What a bill added up to, per block."""

    users: NDArray[np.int64]  # (B, CR)
    data: NDArray[
        np.int64
    ]  # (B, CR, 4) KiB in plan, overage, other data over Wi-Fi, other data on the bill
    plans: NDArray[
        np.int64
    ]  # (B, CR, K, 4) by plan: users, KiB beyond it, users of mobile data, users who chose it
    gift: NDArray[np.int64]  # (B, O, CR) KiB of gifts used
    holders: NDArray[np.int64]  # (B, O, CR) users who pay for a pack
    spent: NDArray[
        np.float64
    ]  # (B, 4) paid for plan and packs, by quarter of γ (V holds the price of data); with menus
    #     less what other data is worth and what V deducts for data that the plan includes
    quarter: NDArray[np.int64]  # (B, 4) users in each quarter
    habit: NDArray[np.float64]  # (B, M) sum over the registered
    curves: NDArray[
        np.int64
    ]  # (B, M, O + 1, K, 2) registered, monthly active by offer (last: none) and bill of joining


USERS, OVER_KIB, DATA_USERS, CHOSEN = range(4)
PLAN_KIB, OVERAGE_KIB, OTHER_WIFI_KIB, OTHER_KIB = range(4)
ACTIVE, REGISTERED, AWARE, MONTHLY, FREE = range(5)
WIFI_KIB, BILL_KIB, FREE_KIB = range(3)
WAIVED, BONUS, POT, ALLOWANCE = range(4)
SURCHARGE = 2
BASE, ENTRY, STICKY = range(3)


def summed(tally: Any, before: Any = None) -> Any:
    """Blocks added in order, to those before: the same named tuple with the first axis gone."""
    if before is not None:
        tally = type(tally)(
            *(np.concatenate([b[None], a]) for a, b in zip(tally, before, strict=True))
        )
    if len(tally[0]) == 1:
        return type(tally)(*(a[0].copy() for a in tally))
    return type(tally)(
        *(a.sum(axis=0) if a.dtype.kind == "i" else np.cumsum(a, axis=0)[-1] for a in tally)
    )


def heads_by_app(heads: NDArray[np.int64], apps: int) -> NDArray[np.int64]:
    """Head counts by app, shape (M, CR, 5), from those by byte of apps, shape (CR, 5, 2^M)."""
    cells, kinds, sets = heads.shape
    users = np.zeros((cells, kinds, apps), np.int64)
    here = heads.any(axis=(1, 2))
    users[here] = heads[here].astype(np.float64) @ _has(sets, apps)
    return users.transpose(2, 0, 1)


@cache
def _has(sets: int, apps: int) -> NDArray[np.float64]:
    """1 where a byte of apps has an app, shape (sets, apps)."""
    return (np.arange(sets)[:, None] >> np.arange(apps) & 1).astype(np.float64)
