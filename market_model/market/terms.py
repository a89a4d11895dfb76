"""From scenario, players and offers to the look-up tables that hold this week."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..players.costs import RIVALRY
from ..players.offers import LiveOffer
from ..scenario import WEEKS_PER_BILL, Scenario
from ..scenario.actors import Feature
from ..scenario.offers import CARRIED
from .campaigns import efforts
from .columns import BASE, BONUS, ENTRY, NO_OFFER, STICKY, SURCHARGE, WAIVED, BillTerms, Terms
from .equations import kib
from .state import State
from .tables import conversation_shares

type Floats = NDArray[np.float64]

DEAREST = 10.0
"""Times by which people feel a price to have risen or fallen, at most; assumed."""
HALF_FOUND = 0.01
"""Monthly users, share of people, at which an app has half of the discovery above its floor;
assumed.
"""


def dearness(price: float, start: float) -> float:
    """A price over the price at the start, kept within 1/DEAREST … DEAREST; what was free and is
    not is DEAREST times as dear.
    """
    if start == 0.0:
        return 1.0 if price == 0.0 else DEAREST
    return min(DEAREST, max(1.0 / DEAREST, price / start))


def launched_in(scenario: Scenario, feature: Feature, region: str, week: int) -> bool:
    """Whether people of a region have a feature in a week, on the platforms it is made for."""
    here = region in feature.later or not feature.regions or region in feature.regions
    return here and week >= scenario.week_of(feature.later.get(region, feature.launch))


class TermsOfWeek:
    """Keeps the tables of a market up to date.

    Attributes:
        state: of the market; its `terms` are the tables, refreshed in place.
        _carrier, _region: the place of each by cell, cells being (carrier, region, device).
    """

    def __init__(self, state: State) -> None:
        self.state, scenario = state, state.scenario
        self.devices = list(scenario.society.devices.values())
        self.m, self.t = len(scenario.messengers), len(state.names)
        self.cr = len(state.carriers) * len(state.regions)
        r, d = len(state.regions), len(self.devices)
        self._carrier = np.arange(self.cr * d) // (r * d)
        self._region = np.arange(self.cr * d) // d % r
        self._offers_seen: Any = None
        self._places_seen: Any = None
        self._next_launch = 0.0
        self._dearer = [(1.0, 1.0)] * len(state.carriers)
        self._features: Floats = np.zeros((self.m, self.cr * d))

    def refresh(self, week: int, offers: list[LiveOffer], *, warmup: bool = False) -> Terms:
        """The tables of a week. In the warm-up, apps have their try-once rates of that time and
        nothing is advertised.
        """
        state, apps = self.state, self.state.apps[: self.m]
        p = state.parameters
        self._refresh_places(0 if warmup else week)
        self._refresh_offers(week, offers)
        t = state.terms
        congestion = np.array([c.congestion for c in state.carriers])[self._carrier]
        quality = self._qualities(week)[:, None] + self._features
        t.cells[:, :, BASE] = (quality + p.activity_bonus - p.congestion_weight * congestion).T
        done = efforts(state, week, warmup=warmup)
        t.cells[:, :, ENTRY] = (quality - p.registration_cost).T + done.invite[self._region]
        mouth = [app.config.word_of_mouth for app in apps]
        heard = [p.word_of_mouth if q is None else q for q in mouth]
        found = np.array([app.config.discovery for app in apps]) * self._discovery()
        t.hear[:, :, 0] = found + done.rate
        t.hear[:, :, 1] = np.array(heard) * done.factor
        t.try_once[:] = done.try_once
        self._add_gifts(week, offers)
        self._answer_prices()
        return t

    def _qualities(self, week: int) -> Floats:
        """θ of each messenger, shape (M,), less RIVALRY·max_b s_b·g_b: what its rivals b gained by
        research (g, logit) is missed by those who use them (s, share of people last week).
        """
        apps = self.state.apps[: self.m]
        quality = np.array([app.theta(max(week, 0)) for app in apps])
        if any(app.gained for app in apps):
            shares = self.state.active_shares()
            known = [share * app.gained for share, app in zip(shares, apps, strict=True)]
            quality -= [RIVALRY * max([0.0, *known[:k], *known[k + 1 :]]) for k in range(self.m)]
        return quality

    def _discovery(self) -> list[float]:
        """Share of its outside discovery that each messenger has: floor + (1 − floor)·u/(u + HALF),
        u its monthly users' share of people.
        """
        floor = self.state.parameters.discovery_floor
        if floor == 1.0:
            return [1.0] * self.m
        return [
            floor + (1.0 - floor) * share / (share + HALF_FOUND)
            for share in self.state.monthly_shares()
        ]

    def _answer_prices(self) -> None:
        """What prices of SMS and calls leave of both, and how much less they weigh beside an app;
        what an app saves.
        """
        state, t = self.state, self.state.terms
        p = state.parameters
        prices = [
            (
                dearness(c.sms_price, c.config.sms_price),
                dearness(c.voice_price, c.config.voice_price),
            )
            for c in state.carriers
        ]
        if p.saving_weight > 0.0 and any(sms != 1.0 for sms, _ in prices):
            saved = np.array([p.saving_weight * math.log(sms) for sms, _ in prices])
            t.cells[:, :, BASE : ENTRY + 1] += saved[self._carrier, None, None]
        if prices == self._dearer:
            return
        self._dearer, dearer = prices, np.array(prices)
        sms, voice = np.repeat(dearer, len(state.regions), axis=0).T
        t.response[:, 0] = sms**-p.sms_elasticity * voice**p.sms_cross_elasticity
        t.response[:, 1] = voice**-p.voice_elasticity
        if p.substitution > 0.0:
            apps = [a.config for a in state.apps[: self.m]]
            for c, (sms_of, voice_of) in enumerate(dearer**-p.substitution):
                t.text[c] = conversation_shares(
                    [a.message_weight for a in apps], p.sms_weight * sms_of
                )
                t.calls[c] = conversation_shares(
                    [a.call_weight for a in apps], p.phone_weight * voice_of
                )

    def _refresh_places(self, week: int) -> None:
        """Where apps are open and features work; rebuilt only when something of it changed."""
        state = self.state
        t, scenario = state.terms, state.scenario
        apps = state.apps[: self.m]
        seen = (
            [(a.works(week), *a.features.items()) for a in apps],
            tuple(tuple(sorted(c.blocked)) for c in state.carriers),
            tuple(sorted(state.businesses.items())),
            state.parameters.habit_weight,
        )
        if seen == self._places_seen and week < self._next_launch:
            return
        self._places_seen = seen
        self._next_launch = min((w for w in self._launches() if w > week), default=math.inf)
        t.open[:] = t.caps[:] = self._features[:] = 0
        if scenario.parameters.presence_weeks > 1:
            t.down[0] = sum(1 << k for k, app in enumerate(apps) if not app.works(week))
        t.cells[:, :, STICKY] = state.parameters.habit_weight
        for k, app in enumerate(apps):
            if not app.works(week) or week < scenario.week_of(app.config.launch):
                continue
            lets = [app.name not in carrier.blocked for carrier in state.carriers]
            offered = [not app.config.regions or r in app.config.regions for r in state.regions]
            there = np.repeat(np.outer(lets, offered).ravel(), len(self.devices))
            t.open[there] |= 1 << k
            for name, feature in app.features.items():
                self._add_feature(k, app.name, name, feature, week)

    def _launches(self) -> Iterator[int]:
        """Weeks in which apps and features begin to work."""
        week_of = self.state.scenario.week_of
        for app in self.state.apps[: self.m]:
            yield week_of(app.config.launch)
            for feature in app.features.values():
                yield from map(week_of, (feature.launch, *feature.later.values()))

    def _add_feature(self, k: int, app: str, name: str, feature: Feature, week: int) -> None:
        state, t = self.state, self.state.terms
        come = state.businesses.get((app, name), 0.0)
        launched = [launched_in(state.scenario, feature, r, week) for r in state.regions]
        made_for = [feature.runs_on(device.platform) for device in self.devices]
        works = np.tile(np.outer(launched, made_for).ravel(), len(state.carriers))
        self._features[k, works] += feature.quality + feature.businesses * come
        t.cells[works, k, STICKY] += feature.switching
        if (
            feature.kind in ("voice", "video") and t.caps.shape[1] > 1
        ):  # else nobody calls in this market
            fast = np.tile(
                [
                    not feature.generations or d.generation in feature.generations
                    for d in self.devices
                ],
                self.cr,
            )
            for often_on_wifi, able in enumerate((works & fast, works)):
                t.caps[often_on_wifi, 1 : 3 if feature.kind == "video" else 2, able] |= 1 << k

    def _refresh_offers(self, week: int, offers: list[LiveOffer]) -> None:
        state = self.state
        allowed = state.regulator.surcharges
        seen = (
            allowed,
            tuple((*c.surcharges.items(), *c.surcharge_until) for c in state.carriers),
            tuple(
                (
                    o.index,
                    o.places.copy(),
                    o.waived,
                    o.allowance_mb,
                    o.feature_quality,
                    o.gives(week),
                )
                for o in offers
            ),
            len(state.book.offers),
        )
        if seen == self._offers_seen:
            return
        self._offers_seen = seen
        sized = self._sized(len(state.book.offers))
        state.make_room(offers)
        packs = [o for o in offers if o.payer == "user"]
        sponsored = [o for o in offers if o.payer != "user" and (o.waived > 0 or o.feature_quality)]
        t = state.terms = sized._replace(
            offer=self._by_place(sponsored), pack=self._by_place(packs)
        )
        t.gift[:] = NO_OFFER
        for offer in offers:
            self._enter(offer, week)
        best = t.offer[:, :, 0]
        t.places[:], here = 0.0, best != NO_OFFER
        t.places[here, WAIVED : BONUS + 1] = t.offers[best[here], WAIVED : BONUS + 1]
        charges = [[c.surcharge(name, allowed) for name in state.names] for c in state.carriers]
        t.places[:, :, SURCHARGE] = np.repeat(charges, len(state.regions), axis=0)

    def _sized(self, count: int) -> Terms:
        state = self.state
        if len(state.terms.offers) == count:
            return state.terms
        bits = np.zeros((count, 2), np.uint8)
        for column, (_, alike) in enumerate(CARRIED.values()):
            for bit, offer in enumerate(filter(alike, state.book.offers)):
                bits[offer.index, column] = 1 << bit
        return state.terms._replace(offers=np.zeros((count, 4)), bits=bits)

    def _enter(self, offer: LiveOffer, week: int) -> None:
        """Write one running offer into the tables."""
        state, t = self.state, self.state.terms
        allowance = -1.0 if offer.allowance_mb is None else kib(offer.allowance_mb)
        t.offers[offer.index] = (
            offer.waived * self._covered(offer),
            offer.feature_quality,
            state.pots.get(offer.index, -1),
            allowance,
        )
        if offer.gives(week):
            for cr in map(state.cell_of, sorted(offer.places)):
                for k in map(state.names.index, offer.apps):
                    if k < self.m:
                        t.gift[cr, k] = offer.index

    def _covered(self, offer: LiveOffer) -> float:
        """Share of a month's data on its apps that an offer's allowance counts for in each week:
        1 − s·(1 − min(1, K/(4·mobile MB a week))), s `allowance_spread`.

        By hand, s = 1: 10 MB of the 24 that 7.5 MB a week, a fifth by Wi-Fi, come to are .417.
        """
        spread = self.state.parameters.allowance_spread
        if spread == 0.0 or offer.allowance_mb is None:
            return 1.0
        mobile = 1.0 - self.state.usual_wifi()
        apps = [self.state.names.index(name) for name in offer.apps]
        week_mb = float(self.state.terms.week_mb[apps].sum())
        month = WEEKS_PER_BILL * week_mb * mobile
        return 1.0 - spread * (1.0 - min(1.0, offer.allowance_mb / month if month > 0 else 1.0))

    def _by_place(self, offers: Sequence[LiveOffer]) -> NDArray[np.int16]:
        """Indices of offers by place and app, the largest z first, of equal ones the first of the
        book; shape (CR, T, ·).
        """
        state = self.state
        there: dict[tuple[int, int], list[int]] = {}
        for offer in sorted(offers, key=lambda o: -o.waived):
            for cr in map(state.cell_of, offer.places):
                for k in map(state.names.index, offer.apps):
                    there.setdefault((cr, k), []).append(offer.index)
        most = max(map(len, there.values()), default=1)
        table = np.full((self.cr, self.t, most), NO_OFFER, np.int16)
        for (cr, k), indices in there.items():
            table[cr, k, : len(indices)] = indices
        return table

    def _add_gifts(self, week: int, offers: list[LiveOffer]) -> None:
        """A gift of general data draws people in by λ·γ̄ times the share of an active month it
        pays for.
        """
        state = self.state
        weight = state.parameters.salience * state.typical_pressure
        for offer in offers:
            for name in offer.apps if offer.gives(week) else ():
                k = state.names.index(name)
                if k < self.m and state.terms.week_mb[k] > 0:
                    worth = weight * min(1.0, offer.gift_mb / (4.0 * state.terms.week_mb[k]))
                    for cr in map(state.cell_of, sorted(offer.places)):
                        d = len(self.devices)
                        state.terms.cells[cr * d : (cr + 1) * d, k, ENTRY] += worth

    def bill_terms(self, week: int, offers: list[LiveOffer]) -> BillTerms:
        """The tables of a bill."""
        state, scenario = self.state, self.state.scenario
        count = len(state.book.offers)
        gift, promised = np.zeros((2, count, self.cr), np.int64)
        fee, take_up = np.zeros((2, count))
        for offer in offers:
            fee[offer.index], take_up[offer.index] = offer.fee, offer.take_up
            if offer.in_time(week + 1) and offer.gives(week + 1):
                places = [state.cell_of(place) for place in offer.places]
                promised[offer.index, places] = kib(offer.gift_mb)
        for index, place in state.gifts_due:
            gift[index, state.cell_of(place)] = kib(state.book.offers[index].gift_mb)
        lot = np.array([zlib.crc32(o.name.encode()) >> 2 for o in state.book.offers], np.int64)
        plans = np.array([len(c.menu) for c in state.carriers])
        plan = np.zeros((len(plans), plans.max(), 3))
        for c, carrier in enumerate(state.carriers):
            for k, one in enumerate(carrier.menu.values()):
                plan[c, k] = one.fee, kib(one.cap_mb), one.overage
        available = np.array(
            [
                [c.config.shares.get(r, c.config.share) > 0 for r in state.regions]
                for c in state.carriers
            ],
            np.uint8,
        )
        return BillTerms(
            plan=plan,
            plans=plans,
            talk=np.array([(c.sms_price, c.voice_price) for c in state.carriers]),
            available=available,
            gift=gift,
            promised=promised,
            fee=fee,
            take_up=take_up,
            lot=lot,
            background=scenario.parameters.background_mb,
            churn=scenario.parameters.churn,
            review=scenario.parameters.plan_review,
            first_review=scenario.parameters.first_plan_review,
            noise=scenario.parameters.plan_noise,
        )
