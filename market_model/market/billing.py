"""Every fourth week: who pays whom. All amounts are for the population, not for the simulated users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..players.agents import App, Carrier
from ..players.offers import LiveOffer
from ..scenario.actors import Feature
from .columns import (
    ACTIVE,
    BILL_KIB,
    FREE_KIB,
    OTHER_KIB,
    OTHER_WIFI_KIB,
    OVERAGE_KIB,
    PLAN_KIB,
    SURCHARGE,
    WIFI_KIB,
    BillTally,
    Tally,
    heads_by_app,
)
from .equations import KIB

if TYPE_CHECKING:
    from .market import Market

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


GIVEN = ("sponsored", "gift", "income share", "joint promotion")
"""Ledger reasons of what apps and their owners give carriers."""


class FourWeeks:
    """What the weeks since the last bill added up to: people-weeks, KiB, units; indices as in `Tally`."""

    def __init__(self) -> None:
        self.tally: Tally | None = None
        self.sponsored: dict[int, Ints] = {}

    def add(self, week: Tally) -> None:
        for offer, kib in enumerate(week.sponsored):
            if kib.any():
                self.sponsored[offer] = self.sponsored.get(offer, 0) + kib
        empty = np.zeros((0, week.sponsored.shape[1]), np.int64)
        if self.tally is None:
            self.tally = week._replace(sponsored=empty)
            return
        sums: list[Any] = [a if f == "sponsored" else a + b for f, a, b in zip(Tally._fields, self.tally, week, strict=True)]
        self.tally = Tally(*sums)


def send_bills(market: Market, weeks: FourWeeks, bill: BillTally, running: list[LiveOffer]) -> None:
    """Write the ledger lines of a bill: users, sponsors, advertisers, costs, owners."""
    assert weeks.tally is not None
    scale = market.scale
    regions = market.regions
    before, first_line = dict(market.ledger.cash), len(market.ledger)
    for c, carrier in enumerate(market.carriers):
        for r, region in enumerate(regions):
            cr = c * len(regions) + r
            if bill.users[cr]:
                _users(market, weeks.tally, bill, carrier, f"users:{carrier.name}:{region}", cr, scale)
        _network(market, weeks, bill, c, carrier, scale)
    _sponsors(market, weeks, bill, running, scale)
    for k, app in enumerate(market.apps):
        _apps(market, weeks.tally, k, app, scale)
    _incentives(market, weeks.tally, running)
    _gratitude(market, first_line)
    _dividends(market, before)


def _users(market: Market, weeks: Tally, bill: BillTally, carrier: Carrier, users: str, cr: int, scale: float) -> None:
    """What the users of one carrier in one region pay it."""
    plan, ledger, week = carrier.plan, market.ledger, market.week
    kib = bill.data[cr]
    ledger.add(week, users, carrier.name, "plan", kib[PLAN_KIB] / KIB * scale, bill.users[cr] * plan.fee * scale)
    ledger.add(week, users, carrier.name, "overage", kib[OVERAGE_KIB] / KIB * scale, kib[OVERAGE_KIB] / KIB * plan.overage * scale)
    ledger.add(week, users, carrier.name, "sms", 0.0, weeks.sms[cr] * carrier.sms_price * scale)
    ledger.add(week, users, carrier.name, "voice", 0.0, weeks.phone[cr] * carrier.voice_price * scale)
    wifi = int(weeks.data[:, cr, WIFI_KIB].sum() + kib[OTHER_WIFI_KIB])
    ledger.add(week, users, "wifi", "wifi", wifi / KIB * scale, 0.0)
    extra = float((weeks.data[:, cr, BILL_KIB] * market.terms.terms.places[cr, :, SURCHARGE]).sum()) / KIB
    ledger.add(week, users, carrier.name, "surcharge", 0.0, extra * scale)


def _network(market: Market, weeks: FourWeeks, bill: BillTally, c: int, carrier: Carrier, scale: float) -> None:
    """What carrying the data costs a carrier."""
    assert weeks.tally is not None
    r = len(market.regions)
    mine = slice(c * r, (c + 1) * r)
    carried = int(weeks.tally.data[:, mine, BILL_KIB].sum() + weeks.tally.data[:, mine, FREE_KIB].sum() + bill.data[mine, OTHER_KIB].sum())
    market.ledger.add(market.week, carrier.name, "costs", "network", 0.0, carried / KIB * carrier.cost_per_mb * scale)


def _sponsors(market: Market, weeks: FourWeeks, bill: BillTally, running: list[LiveOffer], scale: float) -> None:
    """Sponsored MB, gifts and packs: no free MB without a payer."""
    regions, week, ledger = market.regions, market.week, market.ledger
    fees = {o.index: o.fee for o in running}
    for offer in market.book.offers:
        free = weeks.sponsored.get(offer.index)
        gift = bill.gift[offer.index] if offer.index < len(bill.gift) else None
        for c, carrier in enumerate(market.carriers):
            mine = slice(c * len(regions), (c + 1) * len(regions))
            mb = (0 if free is None else int(free[mine].sum())) / KIB * scale
            given = (0 if gift is None else int(gift[mine].sum())) / KIB * scale
            price = carrier.wholesale if offer.price is None else offer.price
            if offer.payer == "user":
                for r, region in enumerate(regions):
                    cr = mine.start + r
                    part = 0.0 if free is None else free[cr] / KIB * scale
                    holders = int(bill.holders[offer.index, cr]) if offer.index < len(bill.holders) else 0
                    ledger.add(week, f"users:{carrier.name}:{region}", carrier.name, "pack", part,
                               holders * fees.get(offer.index, 0.0) * scale)
                    market.note_offer(offer.index, part, holders * fees.get(offer.index, 0.0) * scale)
                continue
            payer = market.payer_of(offer, carrier.name)
            inside = market.same_house(payer, carrier.name)
            reason = "goodwill" if offer.payer == "carrier" else "sponsored"
            ledger.add(week, payer, carrier.name, reason, mb, mb * price, inside)
            ledger.add(week, payer, carrier.name, "gift", given, given * price, inside)
            market.note_offer(offer.index, mb + given, (mb + given) * price)


def _apps(market: Market, weeks: Tally, k: int, app: App, scale: float) -> None:
    """What advertisers, payments and businesses pay an app, and what its campaigns cost."""
    scenario, week, ledger, config = market.config, market.week, market.ledger, app.config
    if week < scenario.week_of(config.launch):
        return
    messenger = k < len(scenario.messengers)
    active = float(_active(weeks, k).sum()) if messenger else config.reach * scenario.society.users * 4.0
    income = scenario.value_at(config.margin, week) * app.monetisation * active * scale
    ledger.add(week, "advertisers", app.name, "ads", 0.0, income)
    desktop = scenario.value_at(config.desktop_income, week)
    ledger.add(week, "advertisers", app.name, "desktop ads", 0.0, desktop * scenario.population * 4.0)
    if messenger:
        for name, feature in app.features.items():
            users = _users_of_feature(market, weeks, k, feature)
            come = market.terms.businesses.get((app.name, name), 0.0)
            payer = "businesses" if feature.kind in ("business", "platform") else "customers"
            ledger.add(week, payer, app.name, feature.kind, 0.0,
                       (feature.margin + feature.business_margin * come) * users * scale)
        joined = float(weeks.joined[k].sum()) * scale
        ledger.add(week, app.name, "new users", "invites", 0.0, joined * app.invite_cost)
        strength = sum(market.terms.promotion(k, w) for w in range(week - 3, week + 1))
        if config.promotion.cost > 0 and config.promotion.level > 0:
            ledger.add(week, app.name, "costs", "promotion", 0.0, config.promotion.cost * strength / config.promotion.level)
    for owner in market.owners:
        core = owner.config.core_income.get(app.name, 0.0)
        ledger.add(week, "customers", owner.name, "core income", 0.0, core * active * scale)


def _active(weeks: Tally, k: int) -> Ints:
    """Active user-weeks of messenger k by carrier and region, shape (CR,)."""
    return heads_by_app(weeks.heads, len(weeks.messages))[k, :, ACTIVE]


def _users_of_feature(market: Market, weeks: Tally, k: int, feature: Feature) -> float:
    """Active user-weeks where a feature works (by region)."""
    total = 0.0
    platforms = market.config.society.devices.values()
    part = sum(d.share for d in platforms if not feature.platforms or d.platform in feature.platforms)
    for r, region in enumerate(market.regions):
        if market.terms.feature_works(feature, region, feature.platforms[0] if feature.platforms else "", market.week):
            total += float(_active(weeks, k)[r::len(market.regions)].sum())
    return total * part


def _incentives(market: Market, weeks: Tally, running: list[LiveOffer]) -> None:
    """What carriers get for an offer besides the price of the data; the app pays it where nobody else sponsors the data."""
    for offer in running:
        for name in offer.apps:
            k = market.terms.names.index(name)
            for place in sorted(offer.places):
                if offer.income_share > 0 and k < len(market.config.messengers):
                    active = float(_active(weeks, k)[market.terms.cell_of(place)])
                    margin = market.config.value_at(market.apps[k].config.margin, market.week) * market.apps[k].monetisation
                    income = margin * active * market.scale
                    market.ledger.add(market.week, name, place[0], "income share", 0.0, offer.income_share * income)
        for c in offer.carriers:
            payer = offer.apps[0] if offer.payer in ("carrier", "user") else market.payer_of(offer, c)
            market.ledger.add(market.week, payer, c, "joint promotion", 0.0, offer.carrier_promotion, market.same_house(payer, c))


def _gratitude(market: Market, first_line: int) -> None:
    """What an app or its owner gave a carrier improves their relation, by its share of the carrier's income in this bill."""
    lines = [line for line in market.ledger.since(first_line) if line.payer != line.payee]
    earned: dict[str, float] = {}
    given: dict[tuple[str, str], float] = {}
    for line in lines:
        earned[line.payee] = earned.get(line.payee, 0.0) + line.rmb
        if line.reason in GIVEN:
            given[line.payer, line.payee] = given.get((line.payer, line.payee), 0.0) + line.rmb
    for (giver, carrier), money in given.items():
        market.relations.move(giver, carrier, "income", float(money / earned[carrier]) if money else 0.0)


def _dividends(market: Market, before: dict[str, float]) -> None:
    """Owners receive their share of a positive profit of this bill."""
    for owner in market.owners:
        for thing, share in owner.config.holds.items():
            profit = market.ledger.cash[thing] - before.get(thing, 0.0)
            if profit > 0 and owner.config.payout > 0:
                market.ledger.add(market.week, thing, owner.name, "dividend", 0.0, owner.config.payout * share * profit, True)
