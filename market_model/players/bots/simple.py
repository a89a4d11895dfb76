"""The calm bots: one simple rule each, from what the seat saw last month."""

import hashlib
import random
from collections.abc import Mapping

from ..decisions import (
    ALLOWANCES,
    MOST_PRICE,
    AppDecision,
    AskTerm,
    CarrierDecision,
    RegulatorDecision,
    ZeroRating,
)
from ..observation import AppObservation, CarrierObservation, Public
from .registry import bot
from .replies import carrier_reply, demand, matching, sponsor_reply

# who wants free data at any price bids so many times the posted ask; a deal costs no more than the
# ask
EAGER = 2.0
RIVAL_LEVEL = (
    0.05  # active share of a rival at a carrier from which an incumbent answers, assumed (0.02–0.2)
)
# share of last month's income that a cost-capped app spends on free data, assumed (0.05–0.5)
INCOME_CAP = 0.2
TAX = 0.05  # surcharge of a taxing carrier, money/MB, assumed (0.01–0.2)
TAXED_SHARE = 0.1  # active share from which an app is worth taxing, assumed (0.05–0.3)


@bot("app", "passive")
def _passive_app(_: AppObservation) -> AppDecision:
    """Does nothing."""
    return AppDecision()


@bot("carrier", "passive")
def _passive_carrier(_: CarrierObservation) -> CarrierDecision:
    """Does nothing."""
    return CarrierDecision()


@bot("regulator", "passive")
def _passive_regulator(_: Public) -> RegulatorDecision:
    """Does nothing."""
    return RegulatorDecision()


@bot("app", "best-reply")
def _best_reply(seen: AppObservation) -> AppDecision:
    """Zero-rates where its best reply to the price that users pay covers what the carrier asks
    (myopic).
    """
    return _changes(seen, _worth(seen))


@bot("app", "cost-capped")
def _cost_capped(seen: AppObservation) -> AppDecision:
    """Best reply, cheapest carriers first, while the bill that demand leads to stays in a share
    of income.
    """
    left = INCOME_CAP * seen.bill.income
    kept: dict[str, ZeroRating] = {}
    for carrier, terms in sorted(_worth(seen).items(), key=lambda item: seen.asks[item[0]]):
        cost = seen.asks[carrier] * _free_mb(seen, carrier)
        if cost <= left:
            left -= cost
            kept[carrier] = terms
    return _changes(seen, kept)


@bot("app", "follower")
def _follower(seen: AppObservation) -> AppDecision:
    """Wants free data where its strongest rival with free data has it, the same allowance, and
    no longer.
    """
    rivals = [app for app in seen.shares if app != seen.seat and seen.free_at(app)]
    if not rivals:
        return _changes(seen, {})
    strongest = max(rivals, key=lambda app: (seen.shares[app], app))
    theirs = seen.free_at(strongest)
    return _changes(
        seen,
        {
            c: ZeroRating(bid=_eager(seen, c), allowance_mb=offer.allowance_mb)
            for c, offer in theirs.items()
        },
    )


@bot("app", "deterrence")
def _deterrence(seen: AppObservation) -> AppDecision:
    """Wants free data where a smaller rival has passed a level and grows; ends it where none is
    above.
    """
    there = seen.free_at(seen.seat)
    smaller = [app for app, share in seen.shares.items() if share < seen.shares.get(seen.seat, 0.0)]
    wanted: dict[str, ZeroRating] = {}
    for carrier in seen.asks:
        now = {app: seen.shares_by_carrier.get(app, {}).get(carrier, 0.0) for app in smaller}
        above = [app for app, share in now.items() if share >= RIVAL_LEVEL]
        grown = any(now[app] > seen.shares_before.get(app, {}).get(carrier, 0.0) for app in above)
        if grown or (above and carrier in there):
            wanted[carrier] = ZeroRating(bid=_eager(seen, carrier))
    return _changes(seen, wanted)


@bot("app", "random", draws=True)
def _random_app(seed: int, seen: AppObservation) -> AppDecision:
    """Draws its levers; the draw depends on seed, week and seat only."""
    luck = _luck(seed, seen)
    wanted = {
        c: ZeroRating(bid=_eager(seen, c) * luck.random(), allowance_mb=luck.choice(ALLOWANCES))
        for c in seen.asks
        if luck.random() < 0.5
    }
    promotion = min(max(seen.cash, 0.0) * luck.uniform(0, 0.1), 1e12)
    return _changes(seen, wanted).model_copy(
        update={"promotion": promotion, "monetisation": luck.uniform(0.5, 1.5)}
    )


def _changes(seen: AppObservation, wanted: Mapping[str, ZeroRating]) -> AppDecision:
    """Ask for what is wanted and not there yet; end what is there and not wanted."""
    there = seen.free_at(seen.seat)
    terms = {c: t for c, t in wanted.items() if c not in there and seen.rule != "ban"}
    terms |= {c: ZeroRating(on=False) for c in there if c not in wanted}
    return AppDecision(zero_rating=terms)


def _worth(seen: AppObservation) -> dict[str, ZeroRating]:
    """Carriers where the sponsor's best reply covers the posted ask, each with that reply as
    bid.
    """
    value = seen.bill.value_per_mb
    replies = {c: sponsor_reply(value, seen.data_prices[c], seen.sensitivity) for c in seen.asks}
    return {
        c: ZeroRating(bid=min(reply, MOST_PRICE))
        for c, reply in replies.items()
        if reply > 0 and reply >= seen.asks[c]
    }


def _free_mb(seen: AppObservation, carrier: str) -> float:
    """MB of a bill that the demand equation expects at a carrier once the app's data is free
    there.
    """
    mb = seen.bill.mb_by_carrier.get(carrier, 0.0)
    if carrier in seen.free_at(seen.seat) or mb == 0:
        return mb
    left = demand(1.0, seen.sensitivity, seen.data_prices[carrier])
    return mb / left if left > 0 else float("inf")


def _eager(seen: AppObservation, carrier: str) -> float:
    return min(EAGER * seen.asks.get(carrier, 0.0), MOST_PRICE)


def _luck(seed: int, seen: Public) -> random.Random:
    key = hashlib.sha256(f"{seed}/{seen.week}/{seen.seat}".encode()).digest()
    return random.Random(int.from_bytes(key))


@bot("carrier", "partner")
def _partner(seen: CarrierObservation) -> CarrierDecision:
    """Open to every app, at its best reply to what a MB earns it, and never above the posted ask:
    who is dearer than the others loses customers to them, so that it matches prices, too.
    """
    if seen.sensitivity <= 0:
        asks: dict[str, AskTerm] = dict.fromkeys(seen.shares, "default")
        return matching(CarrierDecision(asks=asks), seen)
    posted = seen.asks[seen.seat]
    replies = {
        app: carrier_reply(seen.cost_per_mb, seen.values.get(app, 0.0), seen.sensitivity)
        for app in seen.shares
    }
    asks = {app: min(reply, posted) for app, reply in replies.items()}
    return matching(CarrierDecision(asks=asks), seen)


@bot("carrier", "block")
def _block(seen: CarrierObservation) -> CarrierDecision:
    """Makes no deals with any app but its own; matches prices."""
    return matching(CarrierDecision(asks=dict.fromkeys(seen.others, "closed")), seen)


@bot("carrier", "tax")
def _tax(seen: CarrierObservation) -> CarrierDecision:
    """Charges extra for the data of large apps but its own, if the rules allow."""
    apps = seen.others if seen.surcharges else []
    return CarrierDecision(
        surcharges={app: TAX if seen.shares[app] >= TAXED_SHARE else 0.0 for app in apps}
    )


@bot("carrier", "own-app")
def _own_app(seen: CarrierObservation) -> CarrierDecision:
    """Makes its own app's data free; others pay the posted price. Matches prices, which is all that
    it does without an app of its own.
    """
    if seen.own_app is None:
        return matching(CarrierDecision(), seen)
    free = None if seen.rule == "ban" else True
    asks: dict[str, AskTerm] = dict.fromkeys(seen.others, "default")
    return matching(CarrierDecision(own_subsidy=free, asks=asks), seen)


@bot("carrier", "random", draws=True)
def _random_carrier(seed: int, seen: CarrierObservation) -> CarrierDecision:
    """Draws its levers; the draw depends on seed, week and seat only."""
    luck = _luck(seed, seen)
    posted = seen.asks[seen.seat]
    asks: dict[str, AskTerm] = {
        a: "closed" if luck.random() < 0.2 else min(posted * luck.uniform(0.5, 1.5), MOST_PRICE)
        for a in seen.shares
    }
    return CarrierDecision(asks=asks, accepts_exclusive=luck.random() < 0.5)
