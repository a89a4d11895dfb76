"""What a seat sees before it decides: its own figures, and what is public."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..scenario.parameters import Parameters
from .deals import Bid, RefusedBid

type Shut = Literal["closed", "relation", "exclusive", "ban"]
"""Why no deal can be made: the carrier's decision, relations in this round, another app's
exclusive deal everywhere there, the regulator.
"""

MEMORY = 13
"""Rounds that a seat remembers: a year."""


@dataclass(frozen=True, slots=True)
class OfferSeen:
    """A running offer as everybody sees it, with terms as of a bid; `price` in money/MB, None: the
    carrier's ask;
    `regions` by carrier, () for all.
    """

    name: str
    apps: tuple[str, ...]
    carriers: tuple[str, ...]
    waived: float
    allowance_mb: float | None
    exclusive: bool
    end: int
    price: float | None = None
    payer: str = "app"
    income_share: float = 0.0
    joint_promotion: float = 0.0
    gift_mb: float = 0.0
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Door:
    """How an app and a carrier stand at the begin of a round; only the two see it.

    Attributes:
        ask: what the carrier wants for a sponsored MB of the app's, with the markup of bad
            relations and at most `retail`, money; None where no deal can be made: `shut` says why.
        retail: the most that a customer pays for a MB beyond the cap, money. relation: −1…1.
        exclusive: whether the carrier accepts exclusive deals.
        taken: regions in which another app has an exclusive deal there.
    """

    ask: float | None
    shut: Shut | None
    retail: float
    relation: float
    exclusive: bool
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AppBill:
    """An app's last bill, for the population: MB, money and new users of 4 weeks.

    Attributes:
        income_by_carrier: what active users of each carrier brought, without desktop income.
        users: people active in its four weeks. free_cost: what free data cost, by carrier:
            sponsored MB, gifts, share of income, joint promotion.
    """

    mb_by_carrier: Mapping[str, float] = field(default_factory=dict)
    income: float = 0.0
    joined: float = 0.0
    income_by_carrier: Mapping[str, float] = field(default_factory=dict)
    users: float = 0.0
    free_cost: Mapping[str, float] = field(default_factory=dict)

    @property
    def income_per_user(self) -> float:
        """Income of the bill by person active in it, money; 0 without users."""
        return self.income / self.users if self.users > 0 else 0.0

    @property
    def value_per_mb(self) -> float:
        """What a MB of the app earned (v), money/MB; 0 without traffic."""
        mb = sum(self.mb_by_carrier.values())
        return self.income / mb if mb > 0 else 0.0


@dataclass(frozen=True, slots=True)
class CarrierBill:
    """A carrier's last bill, money of 4 weeks for the population.

    Attributes:
        plans: fees of plans. beyond: data beyond the cap, with surcharges. packs: sold packs.
        sponsors: what apps and owners paid: data, gifts, shares of income, joint promotion.
        cost: of the network. customers: on each plan of a menu, people.
    """

    plans: float = 0.0
    beyond: float = 0.0
    packs: float = 0.0
    sponsors: float = 0.0
    sms: float = 0.0
    voice: float = 0.0
    cost: float = 0.0
    customers: Mapping[str, float] = field(default_factory=dict)

    @property
    def income(self) -> float:
        """All of it, money."""
        return self.plans + self.beyond + self.packs + self.sponsors + self.sms + self.voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A round of a seat's own: how it stood, what it decided, and what came of bids.

    Attributes:
        week: in which it decided. cash: before it did, money. decision: as plain data, without what
            it was silent about.
        deals: money/MB by carrier (of a carrier: by app) of the deals that were made. refused: why
            a bid found no deal, by the same.
        shares: of an app: its active share of people by region before the round.
    """

    week: int
    cash: float = 0.0
    decision: Mapping[str, Any] = field(default_factory=dict)
    deals: Mapping[str, float] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """What every seat sees.

    Attributes:
        week: the next to run. seat: who looks. cash: its own, money. offers: all that run.
        rule, surcharges: the regulator's rule; whether carriers may charge extra for an app's data.
        shares: active share of people, by app, last week.
        shares_by_carrier, shares_before: the same by app and carrier, now and a round ago.
        shares_by_region, shares_by_region_before: the same by app and region.
        parts: share of people by region.
        subscribers, subscribers_before: people by carrier, now and a round ago.
        asks, data_prices: each carrier's posted price of a sponsored MB, and its price of a MB
            beyond the cap.
        menus: the plans of each carrier that sells several, by name, with fee, cap_mb and
            overage.
        dearness: by carrier, prices that have changed, now ÷ at the start, by lever (a cap the
            other way round).
        sensitivity: ε, MB per unit of money. regions: names of all.
        levers: its own as they stand, named as in its decision. under_way: (what, week in which it
            is ready) of what it ordered.
        story: name of the scenario. population: people.
        past: the seat's own last rounds (`MEMORY`), oldest first.
    """

    week: int
    seat: str
    cash: float = 0.0
    rule: str = "free"
    surcharges: bool = False
    shares: Mapping[str, float] = field(default_factory=dict)
    shares_by_carrier: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shares_before: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shares_by_region: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shares_by_region_before: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    parts: Mapping[str, float] = field(default_factory=dict)
    subscribers: Mapping[str, float] = field(default_factory=dict)
    subscribers_before: Mapping[str, float] = field(default_factory=dict)
    offers: tuple[OfferSeen, ...] = ()
    asks: Mapping[str, float] = field(default_factory=dict)
    data_prices: Mapping[str, float] = field(default_factory=dict)
    menus: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    dearness: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    sensitivity: float = Parameters().price_sensitivity
    regions: tuple[str, ...] = ()
    levers: Mapping[str, Any] = field(default_factory=dict)
    under_way: tuple[tuple[str, int], ...] = ()
    story: str = ""
    population: float = 0.0
    past: tuple[Past, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppObservation(Public):
    """What an app sees.

    Attributes:
        doors: how it stands with each carrier. user_value: what a monthly user is worth to it,
            money. margin: what a user active in a week earns it in that week now, money.
        users_by_carrier, users_by_region: its people active last week.
        bill: its own last bill. refused: its bids of the last round that found no deal.
        counters: counter-offers that it may accept in this round, by carrier.
        direct: whether this seat may start, change and stop offers without a deal (the explorer's
            own seat); for it:
        offer_names: of all offers in the book, also of those that are over or start this week by
            what others decided.
        own_offers: its own, that it may change and stop, each with the first week in which it is
            over.
        room: how many more packs and gifts (`CARRIED`) fit in the market.
        credit: whether it may spend what it does not have.
    """

    credit: bool = True
    doors: Mapping[str, Door] = field(default_factory=dict)
    user_value: float = Parameters().user_value
    margin: float = 0.0
    users_by_carrier: Mapping[str, float] = field(default_factory=dict)
    users_by_region: Mapping[str, float] = field(default_factory=dict)
    bill: AppBill = AppBill()
    refused: tuple[RefusedBid, ...] = ()
    counters: Mapping[str, Bid] = field(default_factory=dict)
    direct: bool = False
    offer_names: tuple[str, ...] = ()
    own_offers: Mapping[str, int] = field(default_factory=dict)
    room: Mapping[str, int] = field(default_factory=dict)

    def free_at(self, app: str) -> dict[str, OfferSeen]:
        """Carriers where an app's data is cheaper now without a pack, each with an offer that
        makes it so.
        """
        free = [
            o
            for o in self.offers
            if app in o.apps and o.payer != "user" and o.waived > 0 and o.allowance_mb != 0
        ]
        return {carrier: offer for offer in free for carrier in offer.carriers}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegulatorObservation(Public):
    """What the regulator sees.

    Attributes:
        surplus, surplus_before: what people gained in the last four weeks and in those before: what
            apps are worth to them beyond all that they pay, money.
        concentration, concentration_before: of monthly users over apps (HHI, 0…1), now and a round
            ago.
    """

    surplus: float = 0.0
    surplus_before: float = 0.0
    concentration: float = 0.0
    concentration_before: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierObservation(Public):
    """What a carrier sees.

    Attributes:
        own_app: its own app, if any. doors: how it stands with each app.
        refused: bids of the last round at its door that found no deal. counters: what it answered
            them, by app; each stands for one round.
        bill: its last bill. load: traffic by its capacity. congestion: 0…10.
        cost_per_mb, values: what carrying a MB costs it, and what one of each app earned (v),
            money/MB.
        capacity_price: what doubling its capacity would cost, money; None where it has no limit.
        room: how many more packs fit in the market. pack_places: apps for which it sells or sold
            one, that takes no more room.
    """

    own_app: str | None = None
    doors: Mapping[str, Door] = field(default_factory=dict)
    refused: tuple[RefusedBid, ...] = ()
    counters: Mapping[str, Bid] = field(default_factory=dict)
    bill: CarrierBill = CarrierBill()
    load: float = 0.0
    congestion: float = 0.0
    cost_per_mb: float = 0.0
    values: Mapping[str, float] = field(default_factory=dict)
    capacity_price: float | None = None
    room: Mapping[str, int] = field(default_factory=dict)
    pack_places: tuple[str, ...] = ()

    @property
    def others(self) -> list[str]:
        """All apps but its own."""
        return [app for app in self.shares if app != self.own_app]
