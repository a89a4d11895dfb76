"""From scenario, players and offers to the look-up tables that hold this week."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..players.offers import LiveOffer
from ..scenario import Scenario
from ..scenario.actors import Feature
from ..scenario.offers import CARRIED
from .columns import (
    BASE,
    BONUS,
    ENTRY,
    NO_OFFER,
    STICKY,
    SURCHARGE,
    WAIVED,
    BillTerms,
    Rules,
    Terms,
)
from .equations import crowd_share, kib

if TYPE_CHECKING:
    from .market import Market

type Floats = NDArray[np.float64]


def rules_of(scenario: Scenario, block: int, most_contacts: int) -> Rules:
    """The behavioural parameters as numbers."""
    p = scenario.parameters
    return Rules(
        beta=p.beta,
        refresh=p.refresh,
        network_effect=p.network_effect,
        habit_decay=p.habit_decay,
        crowding=p.crowding,
        salience=p.salience,
        registration_rate=p.registration_rate,
        reference_price=p.reference_price,
        sensitivity=p.price_sensitivity,
        linear=p.demand == "linear",
        choke=p.choke_price,
        messages=p.messages_per_week,
        sms=p.sms_per_week,
        minutes=p.call_minutes_per_week,
        video_share=p.video_share,
        regions=len(scenario.society.regions),
        devices=len(scenario.society.devices),
        block=block,
        most_contacts=most_contacts,
        packs=False,
        pots=False,
    )


def conversation_shares(weights: Sequence[float], other: float) -> Floats:
    """Share of a conversation by each app in common, and by SMS or phone; shape (2^M, M + 1)."""
    apps = len(weights)
    table = np.zeros((1 << apps, apps + 1))
    for common in range(1 << apps):
        shared = [w if common >> a & 1 else 0.0 for a, w in enumerate(weights)]
        total = sum(shared)
        table[common] = (
            [crowd_share(w, total, other) for w in (*shared, other)]
            if total > 0
            else [0.0] * apps + [1.0]
        )
    return table


class TermsOfWeek:
    """Keeps the tables of a market up to date.

    Attributes:
        businesses: share of businesses that have come, by (app, feature), 0…1. cells: (index,
            (carrier, region, device)).
        terms: the tables, refreshed in place.
    """

    def __init__(self, market: Market) -> None:
        self.market = market
        scenario = market.config
        self.names = [*scenario.messengers, *scenario.services]
        self.carriers, self.regions = list(scenario.carriers), list(scenario.society.regions)
        self.devices = list(scenario.society.devices.values())
        self.m, self.t = len(scenario.messengers), len(self.names)
        self.cr = len(self.carriers) * len(self.regions)
        self.cells = list(enumerate(product(market.carriers, self.regions, self.devices)))
        self.x = len(self.cells)
        self.businesses: dict[tuple[str, str], float] = {}
        self.terms = self._blank()
        self._offers_seen: Any = None
        self._places_seen: Any = None
        self._features: Floats = np.zeros((self.m, self.x))

    def _blank(self) -> Terms:
        scenario, p = self.market.config, self.market.config.parameters
        apps = [scenario.apps[n] for n in self.names]
        data = np.array(
            [
                [a.mb_per_message, a.mb_per_voice_minute, a.mb_per_video_minute, a.mb_per_week]
                for a in apps
            ]
        )
        week_mb: Any = data[:, 3] + p.messages_per_week * (np.arange(self.t) < self.m) * data[:, 0]
        return Terms(
            lanes=(0,) * self.m,
            cells=np.zeros((self.x, self.m, 3)),
            open=np.zeros(self.x, np.uint8),
            hear=np.zeros((self.m, 2)),
            try_once=np.zeros(self.m),
            caps=np.zeros((2, self.market.channels, self.x), np.uint8),
            places=np.zeros((self.cr, self.t, 3)),
            offer=np.full((self.cr, self.t, 1), NO_OFFER, np.int16),
            pack=np.full((self.cr, self.t, 1), NO_OFFER, np.int16),
            gift=np.full((self.cr, self.m), NO_OFFER, np.int16),
            offers=np.zeros((0, 4)),
            bits=np.zeros((0, 2), np.uint8),
            data=data,
            text=conversation_shares([a.message_weight for a in apps[: self.m]], p.sms_weight),
            calls=conversation_shares([a.call_weight for a in apps[: self.m]], p.phone_weight),
            service=np.array([a.reach for a in apps[self.m :]]),
            quarters=np.quantile(self.market.people.pressure, [0.25, 0.5, 0.75]).astype(np.float64),
            week_mb=week_mb,
        )

    def refresh(self, week: int, offers: list[LiveOffer], *, warmup: bool = False) -> Terms:
        """The tables of a week. In the warm-up, apps have their try-once rates of that time and
        nothing is advertised.
        """
        market = self.market
        p = market.config.parameters
        self._refresh_places(0 if warmup else week)
        self._refresh_offers(week, offers)
        t = self.terms
        congestion = np.repeat(
            [c.congestion for c in market.carriers], len(self.regions) * len(self.devices)
        )
        quality = (
            np.array([a.theta(max(week, 0)) for a in market.apps[: self.m]])[:, None]
            + self._features
        )
        t.cells[:, :, BASE] = (quality + p.activity_bonus - p.congestion_weight * congestion).T
        for k, app in enumerate(market.apps[: self.m]):
            config = app.config
            invite = (
                0.0 if warmup else market.config.value_at(config.invite, week) + app.invite_extra
            )
            t.cells[:, k, ENTRY] = quality[k] - p.registration_cost + invite
            q = p.word_of_mouth if config.word_of_mouth is None else config.word_of_mouth
            t.hear[k] = (
                config.discovery + (0.0 if warmup else app.promo_extra + self.promotion(k, week)),
                q,
            )
            t.try_once[k] = (
                config.warmup_try_once if warmup else market.config.value_at(config.try_once, week)
            )
        self._add_gifts(week, offers)
        return t

    def promotion(self, k: int, week: int) -> float:
        """Rate added by the launch campaign of app k: level · 2^(−age/half-life), 1/week."""
        scenario, config = self.market.config, self.market.apps[k].config
        begin = scenario.week_of(
            config.launch if config.promotion.start is None else config.promotion.start
        )
        if config.promotion.level == 0.0 or week < begin:
            return 0.0
        return config.promotion.level * 2.0 ** (-(week - begin) / config.promotion.half_life_weeks)

    def _refresh_places(self, week: int) -> None:
        """Where apps are open and features work; rebuilt only when something of it changed."""
        market, t, scenario = self.market, self.terms, self.market.config
        apps = market.apps[: self.m]
        seen = (
            tuple(
                (
                    a.works(week),
                    week >= scenario.week_of(a.config.launch),
                    tuple((name, f, self._feature_age(f, week)) for name, f in a.features.items()),
                )
                for a in apps
            ),
            tuple(tuple(sorted(c.blocked)) for c in market.carriers),
            tuple(sorted(self.businesses.items())),
        )
        if seen == self._places_seen:
            return
        self._places_seen = seen
        t.open[:] = t.caps[:] = self._features[:] = 0
        t.cells[:, :, STICKY] = scenario.parameters.habit_weight
        for k, app in enumerate(apps):
            if not app.works(week) or week < scenario.week_of(app.config.launch):
                continue
            for x, (carrier, region, _) in self.cells:
                if app.name not in carrier.blocked and (
                    not app.config.regions or region in app.config.regions
                ):
                    t.open[x] |= 1 << k
            for name, feature in app.features.items():
                self._add_feature(k, app.name, name, feature, week)

    def _feature_age(self, feature: Feature, week: int) -> tuple[bool, ...]:
        of = self.market.config.week_of
        return (week >= of(feature.launch), *(week >= of(w) for w in feature.later.values()))

    def feature_works(self, feature: Feature, region: str, platform: str, week: int) -> bool:
        here = region in feature.later or not feature.regions or region in feature.regions
        launched = week >= self.market.config.week_of(feature.later.get(region, feature.launch))
        return here and launched and (not feature.platforms or platform in feature.platforms)

    def _add_feature(self, k: int, app: str, name: str, feature: Feature, week: int) -> None:
        t = self.terms
        come = self.businesses.get((app, name), 0.0)
        places = [
            [self.feature_works(feature, region, device.platform, week) for device in self.devices]
            for region in self.regions
        ]
        works = np.tile(np.array(places).ravel(), len(self.carriers))
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

    def cell_of(self, place: tuple[str, str]) -> int:
        return self.carriers.index(place[0]) * len(self.regions) + self.regions.index(place[1])

    def _refresh_offers(self, week: int, offers: list[LiveOffer]) -> None:
        market = self.market
        allowed = market.regulator.surcharges
        surcharges = tuple(
            tuple(c.surcharge(name, allowed) for name in self.names) for c in market.carriers
        )
        seen = (
            surcharges,
            tuple(
                (
                    o.index,
                    tuple(sorted(o.places)),
                    o.waived,
                    o.allowance_mb,
                    o.feature_quality,
                    o.gives(week),
                )
                for o in offers
            ),
            len(market.book.offers),
        )
        if seen == self._offers_seen:
            return
        self._offers_seen = seen
        sized = self._sized(len(market.book.offers))
        market.make_room(offers)
        packs = [o for o in offers if o.payer == "user"]
        sponsored = [o for o in offers if o.payer != "user" and (o.waived > 0 or o.feature_quality)]
        t = self.terms = sized._replace(offer=self._by_place(sponsored), pack=self._by_place(packs))
        t.gift[:] = NO_OFFER
        for offer in offers:
            self._enter(offer, week)
        best = t.offer[:, :, 0]
        t.places[:], here = 0.0, best != NO_OFFER
        t.places[here, WAIVED : BONUS + 1] = t.offers[best[here], WAIVED : BONUS + 1]
        for c, charges in enumerate(surcharges):
            r = len(self.regions)
            t.places[c * r : (c + 1) * r, :, SURCHARGE] = charges

    def _sized(self, count: int) -> Terms:
        if len(self.terms.offers) == count:
            return self.terms
        bits = np.zeros((count, 2), np.uint8)
        for column, (_, alike) in enumerate(CARRIED.values()):
            for bit, offer in enumerate(filter(alike, self.market.book.offers)):
                bits[offer.index, column] = 1 << bit
        return self.terms._replace(offers=np.zeros((count, 4)), bits=bits)

    def _enter(self, offer: LiveOffer, week: int) -> None:
        """Write one running offer into the tables."""
        t = self.terms
        allowance = -1.0 if offer.allowance_mb is None else kib(offer.allowance_mb)
        t.offers[offer.index] = (
            offer.waived,
            offer.feature_quality,
            self.market.pots.get(offer.index, -1),
            allowance,
        )
        if offer.gives(week):
            for cr in map(self.cell_of, sorted(offer.places)):
                for k in map(self.names.index, offer.apps):
                    if k < self.m:
                        t.gift[cr, k] = offer.index

    def _by_place(self, offers: Sequence[LiveOffer]) -> NDArray[np.int16]:
        """Indices of offers by place and app, the largest z first, of equal ones the first of the
        book; shape (CR, T, ·).
        """
        there: dict[tuple[int, int], list[int]] = {}
        for offer in sorted(offers, key=lambda o: -o.waived):
            for cr in map(self.cell_of, offer.places):
                for k in map(self.names.index, offer.apps):
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
        weight = self.market.config.parameters.salience * self.market.typical_pressure
        for offer in offers:
            for name in offer.apps if offer.gives(week) else ():
                k = self.names.index(name)
                if k < self.m and self.terms.week_mb[k] > 0:
                    worth = weight * min(1.0, offer.gift_mb / (4.0 * self.terms.week_mb[k]))
                    for cr in map(self.cell_of, sorted(offer.places)):
                        d = len(self.devices)
                        self.terms.cells[cr * d : (cr + 1) * d, k, ENTRY] += worth

    def bill_terms(self, week: int, offers: list[LiveOffer]) -> BillTerms:
        """The tables of a bill."""
        market, scenario = self.market, self.market.config
        count = len(market.book.offers)
        gift, promised = np.zeros((2, count, self.cr), np.int64)
        fee, take_up = np.zeros((2, count))
        for offer in offers:
            fee[offer.index], take_up[offer.index] = offer.fee, offer.take_up
            if offer.in_time(week + 1) and offer.gives(week + 1):
                places = [self.cell_of(place) for place in offer.places]
                promised[offer.index, places] = kib(offer.gift_mb)
        for index, place in market.gifts_due:
            gift[index, self.cell_of(place)] = kib(market.book.offers[index].gift_mb)
        lot = np.array([zlib.crc32(o.name.encode()) >> 2 for o in market.book.offers], np.int64)
        plan = np.array([(c.plan.fee, kib(c.plan.cap_mb), c.plan.overage) for c in market.carriers])
        available = np.array(
            [
                [c.config.shares.get(r, c.config.share) > 0 for r in self.regions]
                for c in market.carriers
            ],
            np.uint8,
        )
        return BillTerms(
            plan=plan,
            available=available,
            gift=gift,
            promised=promised,
            fee=fee,
            take_up=take_up,
            lot=lot,
            background=scenario.parameters.background_mb,
            churn=scenario.parameters.churn,
        )
