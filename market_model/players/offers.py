"""Offers while a market runs: those of the scenario, and those that people and deals add."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import suggest
from ..scenario.model import Scenario
from ..scenario.offers import CARRIED, MAX_OF_A_KIND, Growth, Offer, Step, allowed, cheaper
from .deals import Bid, Deal, Standing, covers
from .decisions import AppDecision, Pack
from .observation import OfferSeen


@dataclass(slots=True)
class LiveOffer:
    """An offer as it stands now. Fields as in `scenario.offers.Offer`, with dates as weeks.

    Attributes:
        index: its place in the book, for good. by: "scenario", or the seat that started it.
        places: (carrier, region) pairs it covers now. end: first week in which it is over.
        gift_until: first week without the gift; None: as long as the offer.
        steps: (week, step) still to come, in order. growth: rule for growing, if any.
    """

    name: str
    index: int
    apps: tuple[str, ...]
    places: set[tuple[str, str]]
    waived: float
    allowance_mb: float | None
    start: int
    end: int
    payer: Literal["app", "carrier", "owner", "user"]
    owner: str | None
    price: float | None
    fee: float
    take_up: float
    income_share: float
    app_share: float
    carrier_promotion: float
    gift_mb: float
    gift_until: int | None
    feature_quality: float
    exclusive: bool
    steps: list[tuple[int, Step]]
    growth: Growth | None
    by: str

    def of(self, seat: str) -> bool:
        """Whether a seat may change and stop it: it started it, or the scenario did for its app."""
        return self.by == seat or (self.by == "scenario" and seat in self.apps)

    def in_time(self, week: int) -> bool:
        return self.start <= week < self.end

    def running(self, week: int, rule: str) -> bool:
        """Whether it is in force in a week under the regulator's rule; one that gives nothing is
        as if it did not exist.
        """
        gives_something = cheaper(self) or self.fee > 0 or self.feature_quality != 0
        return self.in_time(week) and bool(self.places) and gives_something and allowed(self, rule)

    def payer_at(self, carrier: str) -> str:
        """Whose account pays for its data at a carrier."""
        if self.payer == "owner" and self.owner:
            return self.owner
        return carrier if self.payer == "carrier" else self.apps[0]

    def gives(self, week: int) -> bool:
        """Whether who registers now gets, and who has it keeps, the gift (while the offer runs)."""
        return self.gift_mb > 0 and (self.gift_until is None or week < self.gift_until)

    @property
    def carriers(self) -> tuple[str, ...]:
        return tuple(sorted({carrier for carrier, _ in self.places}))


_DATED = {"places", "start", "end", "gift_until", "steps"}
_OF_DEAL = (
    "allowance_mb",
    "price",
    "exclusive",
    "income_share",
    "carrier_promotion",
    "gift_mb",
)
_AS_WRITTEN = set(LiveOffer.__slots__) & set(Offer.model_fields) - _DATED


class OfferBook:
    """All `offers` of a run, in order of appearance; none is ever taken out: `offers[i].index ==
    i`.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.offers: list[LiveOffer] = []
        self._scenario = scenario
        for name, offer in scenario.offers.items():
            self.add(name, offer)

    def __getitem__(self, name: str) -> LiveOffer:
        """Raises ValueError for an unknown name, with a suggestion."""
        for offer in self.offers:
            if offer.name == name:
                return offer
        raise ValueError(
            f"there is no offer '{name}'; {suggest(name, (o.name for o in self.offers))}"
        )

    def add(self, name: str, offer: Offer, by: str = "scenario") -> LiveOffer:
        """Enter an offer; dates become weeks. Raises ValueError if the name is taken, or no more
        packs or gifts fit in.
        """
        if any(o.name == name for o in self.offers):
            raise ValueError(f"there already is an offer '{name}'; give another name")
        for what, alike in CARRIED.values():
            if alike(offer) and sum(map(alike, self.offers)) >= MAX_OF_A_KIND:
                raise ValueError(
                    f"'{name}' is one too many of the {what}; at most {MAX_OF_A_KIND} fit in"
                )
        week_of = self._scenario.week_of
        same = {field: getattr(offer, field) for field in _AS_WRITTEN}
        live = LiveOffer(
            name=name,
            index=len(self.offers),
            by=by,
            places=set(self._scenario.places_of(offer)),
            start=week_of(offer.start),
            end=self._scenario.offer_end(offer),
            gift_until=None if offer.gift_until is None else week_of(offer.gift_until),
            steps=sorted(((week_of(s.when), s) for s in offer.steps), key=lambda step: step[0]),
            **same,
        )
        self.offers.append(live)
        return live

    def rewrite(self, scenario: Scenario, changed: Sequence[LiveOffer]) -> None:
        """Offers of the scenario, none of which has begun, are otherwise, or new."""
        self._scenario = scenario
        for offer in changed:
            self.offers[offer.index : offer.index + 1] = [offer]

    def running(self, week: int, rule: str) -> list[LiveOffer]:
        """Offers in force in a week under the regulator's rule, in the order of the book."""
        return [o for o in self.offers if o.running(week, rule)]

    def public_offers(self, week: int, rule: str) -> tuple[OfferSeen, ...]:
        """What runs, as everybody sees it."""
        return tuple(
            OfferSeen(
                o.name,
                o.apps,
                o.carriers,
                o.waived,
                o.allowance_mb,
                o.exclusive,
                o.end,
                o.price,
                o.payer,
                o.income_share,
                o.carrier_promotion,
                o.gift_mb,
                {c: self.regions_at(o, c) for c in o.carriers},
            )
            for o in self.running(week, rule)
        )

    def standing(self, week: int, rule: str) -> list[Standing]:
        """What runs, as deals must respect it."""
        return [
            Standing(app, carrier, o.exclusive, self.regions_at(o, carrier))
            for o in self.running(week, rule)
            for app in o.apps
            for carrier in o.carriers
        ]

    def regions_at(self, offer: LiveOffer, carrier: str) -> tuple[str, ...]:
        """Regions that an offer covers at a carrier; () for all there are."""
        everywhere = self._scenario.society.regions
        here = tuple(r for r in everywhere if (carrier, r) in offer.places)
        return () if len(here) == len(everywhere) else here

    def advance(self, week: int) -> None:
        """Take the dated steps that are due."""
        for offer in self.offers:
            while offer.steps and offer.steps[0][0] <= week:
                self._take(offer, offer.steps.pop(0)[1])

    def _take(self, offer: LiveOffer, step: Step) -> None:
        offer.waived = offer.waived if step.waived is None else step.waived
        offer.allowance_mb = offer.allowance_mb if step.allowance_mb is None else step.allowance_mb
        if step.carriers is not None or step.regions is not None:
            # silent: as before; empty: all, as in an offer's own table
            carriers = (
                {c for c, _ in offer.places}
                if step.carriers is None
                else step.carriers or self._scenario.carriers
            )
            regions = (
                {r for _, r in offer.places}
                if step.regions is None
                else step.regions or self._scenario.society.regions
            )
            offer.places = {(c, r) for c in carriers for r in regions}

    def grow(
        self,
        week: int,
        measure: Callable[[LiveOffer], tuple[float, float]],
        load: Mapping[str, float],
        rule: str,
    ) -> list[LiveOffer]:
        """At each bill, offers that run and do well grow by the first place in their list whose
        carrier has room.

        Args: measure: (use, survival) of an offer: active share where offered, and of its own
        registered users; load: 1 = full.
        """
        grown: list[LiveOffer] = []
        for offer in self.running(week, rule):
            growth = offer.growth
            if growth is None or measure(offer)[growth.measure == "survival"] <= growth.level:
                continue
            free = (
                p
                for p in growth.places
                if p not in offer.places and load.get(p[0], 0.0) < growth.max_load
            )
            if (place := next(free, None)) is not None:
                offer.places.add(place)
                grown.append(offer)
        return grown

    def change(self, name: str, **fields: Any) -> None:
        """Set fields of an offer, e.g. `waived=0.5`. Raises ValueError for an unknown name or
        field.
        """
        offer = self[name]
        for field, value in fields.items():
            if field in ("name", "index", "apps", "by") or field not in LiveOffer.__slots__:
                raise ValueError(f"'{field}' of an offer cannot be changed")
            setattr(offer, field, value)

    def withdraw(self, app: str, carrier: str, week: int, regions: tuple[str, ...] = ()) -> None:
        """An app stops paying at a carrier, in some regions (none named: all): what it pays for as
        first or only app ends there.

        Who decides has taken the offer over: its dated steps and its growth would undo the
        decision, and end.
        """
        for offer in self.offers:
            left = {(c, r) for c, r in offer.places if c != carrier or not covers(regions, r)}
            if (
                offer.payer == "app"
                and offer.apps[0] == app
                and offer.in_time(week)
                and left != offer.places
            ):
                offer.places = left
                offer.steps, offer.growth = [], None
                if not offer.places:
                    offer.end = week

    def unpaid(self, payer: str, week: int) -> list[str]:
        """What an app or owner pays for ends, for good; returns names."""
        mine = [
            o
            for o in self.offers
            if o.in_time(week) and o.payer in ("app", "owner") and o.payer_at("") == payer
        ]
        for offer in mine:
            offer.end, offer.steps, offer.growth = week, [], None
        return [offer.name for offer in mine]

    def take(self, seat: str, decision: AppDecision, week: int) -> None:
        """Carry out what an app may do alone: end its free data at carriers; start, change and stop
        offers.

        Raises ValueError for a name unknown or taken, and a field that cannot change; `check` finds
        unknown names before.
        """
        for carrier, terms in decision.zero_rating.items():
            if not terms.on:
                self.withdraw(seat, carrier, week, terms.regions)
        for name in decision.stop_offers:
            offer = self[name]
            offer.end = min(offer.end, week)
        for name, change in decision.change_offers.items():
            self.change(name, **change.model_dump(exclude_none=True))
        for name, offer in decision.start_offers.items():
            start = max(self._scenario.week_of(offer.start), week)
            self.add(name, offer.model_copy(update={"start": start}), by=seat)

    def add_deal(self, deal: Deal, week: int) -> LiveOffer:
        """Start what a deal says, in place of what its app paid for at the carrier in its
        regions.
        """
        bid = deal.bid
        self.withdraw(bid.app, bid.carrier, week, bid.regions)
        name = f"{bid.app}@{bid.carrier}-{week}"
        offer = Offer(
            apps=(bid.app,),
            carriers=(bid.carrier,),
            regions=bid.regions,
            allowance_mb=bid.allowance_mb,
            start=week,
            length_weeks=bid.length_weeks,
            price=deal.price,
            exclusive=bid.exclusive,
            income_share=bid.income_share,
            carrier_promotion=bid.joint_promotion,
            gift_mb=bid.gift_mb,
        )
        if again := self.with_gift(bid):
            again.places = set(self._scenario.places_of(offer))
            again.end, again.waived = self._scenario.offer_end(offer), offer.waived
            for term in _OF_DEAL:
                setattr(again, term, getattr(offer, term))
            return again
        return self.add(name, offer, by=bid.app)

    def with_gift(self, bid: Bid) -> LiveOffer | None:
        """A deal with a gift that its app had at the carrier, and that is over: one that gives a
        gift again goes on there, and takes no more room.
        """
        start = f"{bid.app}@{bid.carrier}-"
        return next(
            (
                o
                for o in self.offers
                if bid.gift_mb > 0 and o.gift_mb > 0 and not o.places and o.name.startswith(start)
            ),
            None,
        )

    def sell(self, carrier: str, app: str, pack: Pack, week: int) -> bool:
        """A carrier sells an app's data as a pack on these terms, or ends it; whoever has it keeps
        it, on the new terms. Returns whether there was room for it.
        """
        offer = Offer(
            apps=(app,),
            carriers=(carrier,),
            regions=pack.regions,
            start=week,
            payer="user",
            fee=pack.fee,
            allowance_mb=pack.allowance_mb,
            app_share=pack.app_share,
        )
        sold = next((o for o in self.sold_by(carrier) if o.apps == (app,)), None)
        if not pack.on:
            if sold and sold.in_time(week):
                sold.end = week
        elif sold:
            sold.places, sold.end = (
                set(self._scenario.places_of(offer)),
                self._scenario.offer_end(offer),
            )
            sold.fee, sold.allowance_mb = offer.fee, offer.allowance_mb
            sold.app_share = offer.app_share
        elif self.room("packs") > 0:
            self.add(f"{app}@{carrier}-pack-{week}", offer, by=carrier)
        else:
            return False
        return True

    def sold_by(self, carrier: str) -> list[LiveOffer]:
        """Packs that a carrier sells or sold."""
        return [o for o in self.offers if o.by == carrier and o.payer == "user"]

    def room(self, kind: str) -> int:
        """How many more packs or gifts (`CARRIED`) fit in the market."""
        return MAX_OF_A_KIND - sum(map(CARRIED[kind][1], self.offers))

    def own_app(
        self, carrier: str, app: str, on: bool, week: int, regions: tuple[str, ...] = ()
    ) -> None:
        """A carrier starts or ends making its own app's data free, in some regions (none named:
        all); nothing happens if it is so already.
        """
        standing = [
            o for o in self.offers if o.by == carrier and o.payer == "carrier" and o.in_time(week)
        ]
        if not on:
            for free in standing:
                free.end = week
            return
        offer = Offer(
            apps=(app,), carriers=(carrier,), regions=regions, start=week, payer="carrier"
        )
        if not standing:
            self.add(f"{app}@{carrier}-own-{week}", offer, by=carrier)
        for free in standing:
            free.places = set(self._scenario.places_of(offer))
