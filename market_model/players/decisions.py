"""What a seat can decide in a round, and what is wrong with a decision."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, ValidationError

from ..errors import suggest
from ..scenario.actors import MOST_BRING, FreeDataRule, PlanChange
from ..scenario.errors import from_pydantic
from ..scenario.fields import KIB, Table, WholeMB, number, text_field
from ..scenario.names import AppName, CarrierName, OfferName, PlanName, RegionName
from ..scenario.offers import CARRIED, MAX_OF_A_KIND, Offer, allowed
from ..words import word
from .costs import BRING_COST, INVITE_COST
from .deals import Bid
from .observation import AppObservation, CarrierObservation, Public


class Fault(NamedTuple):
    """What is wrong with a decision: the key of a sentence (`fault.<key>` of the words), the path
    of the lever ("" for the whole), and what the sentence names: numbers and names.
    """

    key: str
    lever: str = ""
    values: Mapping[str, Any] = {}

    def __str__(self) -> str:
        """In English, with the lever's path."""
        values = {
            name: f"{value:,.{'0f' if abs(value) >= 1e5 else '6g'}}"
            if isinstance(value, float)
            else value
            for name, value in self.values.items()
        }
        text = word(f"fault.{self.key}", "en", **values)
        return f"{self.lever}: {text}" if self.lever else text


type Kind = Literal["app", "carrier", "regulator"]
type Research = Literal["quality", "voice", "video", "payments", "business"]

ALLOWANCES = (10.0, 30.0, 100.0, None)
"""MB per 4 weeks that a form offers; any other positive number does, None: no limit. A month of
messages is some 30 MB.
"""
MOST_PRICE = 1e4  # highest price of a MB, money
MOST_GOODWILL = 1.0  # money per customer of a carrier


WHY = "Why, in a line; it changes nothing."


class Reason(Table):
    """Why a bot decides so: the key of a sentence (`reason.<key>` of the words), and what it
    names.
    """

    key: str
    values: dict[str, str | float | tuple[str, ...]] = {}


type Why = Annotated[str, Field(max_length=200)] | Reason | None


class ZeroRating(Table):
    """Free data of the seat's app at one carrier."""

    on: bool = text_field(True, "Bid for free data; off ends what the app pays for there.")
    bid: float = number(
        0.0,
        "The most it would pay; a deal costs what the carrier asks.",
        unit="money/MB",
        low=0,
        high=MOST_PRICE,
    )
    allowance_mb: WholeMB | None = number(
        None,
        "Free MB in 4 weeks, in whole KiB, at least one; silent: no limit.",
        unit="MB/4 weeks",
        low=1 / KIB,
        high=1e9,
    )
    exclusive: bool = text_field(False, "Only as the carrier's one offer.")
    length_weeks: int | None = number(
        None, "Silent: until it is ended.", unit="weeks", low=1, high=5000
    )
    regions: tuple[RegionName, ...] = text_field(
        (), "Where; none named means everywhere. What it has elsewhere at the carrier stays."
    )
    income_share: float = number(
        0.0, "Share of the income there that goes to the carrier.", unit="share", low=0, high=1
    )
    joint_promotion: float = number(
        0.0, "Paid to the carrier while the deal runs.", unit="money/4 weeks", low=0, high=1e12
    )
    gift_mb: WholeMB = number(
        0.0,
        "General data given for registering, in whole KiB, at the deal's price.",
        unit="MB/4 weeks",
        low=0,
        high=1e6,
    )
    accept: bool = text_field(
        False, "Take the carrier's counter-offer; what else stands here then counts for nothing."
    )


class OfferChange(Table):
    """New values for a running offer; silent fields stay as they are."""

    waived: float | None = number(None, "Share of the price waived.", low=0, high=1)
    allowance_mb: WholeMB | None = number(
        None, "Free MB, in whole KiB; 1e9: no limit.", unit="MB/4 weeks", low=0, high=1e9
    )
    end: int | None = number(
        None, "First week in which it is over.", unit="week", low=-5000, high=10_000
    )
    price: float | None = number(
        None, "Paid per sponsored MB.", unit="money/MB", low=0, high=MOST_PRICE
    )
    fee: float | None = number(None, "A pack's price.", unit="money/4 weeks", low=0, high=1e4)
    income_share: float | None = number(
        None, "Share of income given to the carrier.", low=0, high=1
    )
    carrier_promotion: float | None = number(
        None, "Paid to each carrier.", unit="money/4 weeks", low=0, high=1e12
    )
    exclusive: bool | None = text_field(None, "The carrier may not have it with others.")


class AppDecision(Table):
    """An app's levers; what is left out stays as it is, and nothing is ordered."""

    kind: Literal["app"] = "app"
    reason: Why = text_field(None, WHY)
    zero_rating: dict[CarrierName, ZeroRating] = text_field({}, "Free data, by carrier.")
    goodwill: dict[CarrierName, Annotated[float, Field(ge=0, le=MOST_GOODWILL)]] = number(
        {},
        "Paid to a carrier in this round for nothing in return, for each of its customers: "
        "relations improve.",
        unit="money/customer",
    )
    promotion: float = number(0.0, "Promotion in this round.", unit="money", low=0, high=1e12)
    promotion_regions: tuple[RegionName, ...] = text_field(
        (), "Where it promotes itself; none named means everywhere."
    )
    invite: float | None = number(
        None, "Bonus for registering, added.", unit="logit", low=0, high=10
    )
    invite_regions: tuple[RegionName, ...] | None = text_field(
        None, "Where there is the bonus from now on; none named means everywhere."
    )
    bring_friend: float | None = number(
        None,
        "Bring a friend: word of mouth is multiplied by this; each new user costs.",
        unit="times",
        low=1,
        high=MOST_BRING,
    )
    bring_friend_regions: tuple[RegionName, ...] | None = text_field(
        None, "Where friends bring friends from now on; none named means everywhere."
    )
    research: Research | None = text_field(None, "A project that is ready in two rounds.")
    research_budget: float = number(
        0.0, "What the project may cost.", unit="money", low=0, high=1e12
    )
    monetisation: float | None = number(
        None, "1: as in the scenario; ads ↑ quality ↓.", low=0, high=2
    )
    start_offers: dict[str, Offer] = text_field({}, "Offers that start without a deal, by name.")
    change_offers: dict[OfferName, OfferChange] = text_field({}, "Changes of offers, by name.")
    stop_offers: tuple[OfferName, ...] = text_field((), "Offers that end now.")


def _ask_term(value: object) -> object:
    is_price = (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_PRICE
    )
    if not is_price and value not in ("closed", "default"):
        raise ValueError(f"an ask is a price from 0 to {MOST_PRICE:g}, 'closed' or 'default'")
    return value


type AskTerm = Annotated[
    Annotated[float, Field(ge=0, le=MOST_PRICE)] | Literal["default", "closed"],
    BeforeValidator(_ask_term),
]


class Pack(Table):
    """Data of one app that customers buy as a pack."""

    on: bool = text_field(True, "Sell it; off ends it.")
    fee: float = number(5.0, "Its price.", unit="money/4 weeks", low=0, high=1e4)
    allowance_mb: WholeMB | None = number(
        None,
        "MB of the app in 4 weeks, in whole KiB, at least one; silent: no limit.",
        unit="MB/4 weeks",
        low=1 / KIB,
        high=1e9,
    )
    app_share: float = number(
        0.0, "Share of the fee that goes to the app.", unit="share", low=0, high=1
    )
    regions: tuple[RegionName, ...] = text_field((), "Where; none named means everywhere.")


class CarrierDecision(Table):
    """A carrier's levers; what is left out stays as it is."""

    kind: Literal["carrier"] = "carrier"
    reason: Why = text_field(None, WHY)
    plan_fee: float | None = number(None, "Fee.", unit="money/4 weeks", low=0, high=1e6)
    plan_cap_mb: WholeMB | None = number(
        None, "Data in the fee, in whole KiB.", unit="MB/4 weeks", low=0, high=1e9
    )
    plan_overage: float | None = number(
        None, "Price beyond the cap.", unit="money/MB", low=0, high=1e6
    )
    plans: dict[PlanName, PlanChange] = text_field(
        {}, "New terms of plans of a menu, by name; the three above are of the main one."
    )
    sms_price: float | None = number(None, "Price of an SMS.", unit="money", low=0, high=1e4)
    voice_price: float | None = number(
        None, "Price of a minute.", unit="money/minute", low=0, high=1e4
    )
    wholesale: float | None = number(
        None, "Asked of sponsors.", unit="money/MB", low=0, high=MOST_PRICE
    )
    asks: dict[AppName, AskTerm] = number(
        {}, "Another price for one app, 'closed', or 'default' again.", unit="money/MB"
    )
    accepts_exclusive: bool | None = text_field(None, "Accepts exclusive deals.")
    own_subsidy: bool | None = text_field(None, "Makes its own app's data free, at its own cost.")
    own_subsidy_regions: tuple[RegionName, ...] | None = text_field(
        None, "Where its own app is free from now on; none named means everywhere."
    )
    packs: dict[AppName, Pack] = text_field({}, "Packs it sells for an app, by app.")
    capacity: float | None = number(
        None, "Capacity is multiplied by this, in two rounds.", low=1, high=10
    )
    surcharges: dict[AppName, Annotated[float, Field(ge=0, le=MOST_PRICE)]] = number(
        {}, "Extra price of an app's data; 0 lifts it.", unit="money/MB"
    )


class RegulatorDecision(Table):
    """The regulator's levers; what is left out stays as it is."""

    kind: Literal["regulator"] = "regulator"
    reason: Why = text_field(None, WHY)
    rule: FreeDataRule | None = text_field(None, "The rule for free data.")
    surcharges: bool | None = text_field(None, "Carriers may charge extra for an app's data.")


type Decision = AppDecision | CarrierDecision | RegulatorDecision

KINDS: Mapping[Kind, type[AppDecision] | type[CarrierDecision] | type[RegulatorDecision]] = {
    "app": AppDecision,
    "carrier": CarrierDecision,
    "regulator": RegulatorDecision,
}

NOTHING: Mapping[Kind, Decision] = {kind: decision() for kind, decision in KINDS.items()}
"""Of each kind of seat, the decision to change nothing."""


def parse_decision(kind: Kind, data: Mapping[str, Any]) -> Decision:
    """A decision from plain data (a form, a stored log). Raises ValueError: which lever is
    wrong, its value, what to do.
    """
    if kind not in KINDS:
        raise ValueError(f"'{kind}' is no kind of seat; {suggest(kind, KINDS)}")
    try:
        return KINDS[kind].model_validate(data)
    except ValidationError as error:
        raise from_pydantic("decision", error) from None


BOUNDS = {
    "greater_than_equal": "ge",
    "less_than_equal": "le",
    "greater_than": "gt",
    "less_than": "lt",
}
NUMBERS = {"float_parsing", "float_type", "finite_number", "int_parsing_size"}
WHOLE = {"int_parsing", "int_type", "int_from_float"}


def faults_of(kind: Kind, data: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the values of plain data, whoever sees what; empty if it is a decision."""
    try:
        KINDS[kind].model_validate(data)
    except ValidationError as error:
        return [_fault(one) for one in error.errors(include_url=False)]
    return []


def _fault(error: Any) -> Fault:
    lever = ".".join(str(part) for part in error["loc"])
    given, bound = error.get("input"), BOUNDS.get(error["type"])
    if bound:
        return Fault(bound, lever, {"value": float(given), "bound": float(error["ctx"][bound])})
    if error["type"] == "extra_forbidden":
        return Fault("lever", lever)
    if error["type"] in WHOLE:
        return Fault("whole", lever, {"given": str(given)[:40]})
    if error["type"] in NUMBERS:
        return Fault("number", lever, {"given": str(given)[:40]})
    return Fault("value", lever, {"given": str(given)[:40]})


def check(decision: Decision, seat: str, view: Public) -> list[Fault]:
    """What is wrong with a person's or bot's decision for a seat that saw `view`; empty if
    nothing is.
    """
    if isinstance(decision, AppDecision) and isinstance(view, AppObservation):
        return [
            *_unknown(decision, view),
            *_app(decision, seat, view),
            *_direct(decision, seat, view),
        ]
    if isinstance(decision, CarrierDecision) and isinstance(view, CarrierObservation):
        return [*_unknown(decision, view), *_carrier(decision, seat, view)]
    if isinstance(decision, RegulatorDecision):
        return []
    return [Fault("kind", "", {"kind": decision.kind, "seat": seat})]


def _unknown(decision: Decision, view: Public) -> Iterator[Fault]:
    """Names in a decision that its seat does not know of."""
    if not decision.model_fields_set:
        return
    known: dict[str, Iterable[str]] = {
        "app": view.shares,
        "carrier": view.asks,
        "region": view.regions,
    }
    if isinstance(view, CarrierObservation):
        known["plan"] = view.levers.get("plans") or ("plan",)
    if isinstance(view, AppObservation):
        known["offer"] = view.offer_names
    try:
        type(decision).model_validate(decision.model_dump(), context=known)
    except ValidationError as error:
        for problem in error.errors():
            if problem["type"] == "unknown_name":
                yield Fault("unknown", "", problem.get("ctx", {}))


def accepted(decision: AppDecision) -> list[str]:
    """Carriers whose counter-offers an app accepts."""
    return [c for c, terms in decision.zero_rating.items() if terms.on and terms.accept]


def month(decision: AppDecision, view: AppObservation) -> dict[str, float]:
    """What a decision would cost in the next 4 weeks, by lever, money: bids at the data that the
    app moved and the income that it made at the carrier in the last bill, bonuses at its new users.
    """

    def deal(carrier: str, terms: ZeroRating | Bid, price: float) -> float:
        bill = view.bill
        return terms.joint_promotion + part(terms.regions) * (
            price * bill.mb_by_carrier.get(carrier, 0.0)
            + terms.income_share * bill.income_by_carrier.get(carrier, 0.0)
        )

    def part(regions: tuple[str, ...] | None) -> float:
        return sum(view.parts.get(r, 0.0) for r in set(regions)) if regions else 1.0

    invite = decision.invite or 0.0
    brings = (decision.bring_friend or 1.0) - 1.0
    return {
        "promotion": decision.promotion,
        "research_budget": decision.research_budget,
        **{
            f"zero_rating.{carrier}": deal(carrier, terms, terms.bid)
            for carrier, terms in decision.zero_rating.items()
            if terms.on and not terms.accept
        },
        **{
            f"zero_rating.{carrier}": deal(
                carrier, view.counters[carrier], view.counters[carrier].price
            )
            for carrier in accepted(decision)
            if carrier in view.counters
        },
        **{
            f"goodwill.{carrier}": money * view.subscribers.get(carrier, 0.0)
            for carrier, money in decision.goodwill.items()
        },
        "invite": INVITE_COST * invite * view.bill.joined * part(decision.invite_regions),
        "bring_friend": BRING_COST
        * brings
        * view.bill.joined
        * part(decision.bring_friend_regions),
    }


def _app(decision: AppDecision, seat: str, view: AppObservation) -> Iterator[Fault]:
    given = {c: money * view.subscribers.get(c, 0.0) for c, money in decision.goodwill.items()}
    cost = decision.promotion + decision.research_budget + sum(given.values())
    if cost > max(view.cash, 0.0):
        lever = (
            "promotion"
            if decision.promotion
            else "research_budget"
            if decision.research_budget
            else f"goodwill.{max(given, key=lambda c: given[c])}"
        )
        yield Fault("cash", lever, {"cost": cost, "seat": seat, "cash": view.cash})
    elif not view.credit and (cost := sum(month(decision, view).values())) > max(view.cash, 0.0):
        yield Fault("month", "", {"cost": cost, "seat": seat, "cash": view.cash})
    if decision.research_budget > 0 and decision.research is None:
        yield Fault("research", "research", {"budget": decision.research_budget})
    if decision.research is not None and decision.research_budget == 0:
        yield Fault("budget", "research_budget", {"research": decision.research})
    bids = {carrier: terms for carrier, terms in decision.zero_rating.items() if terms.on}
    gifts = [carrier for carrier, terms in bids.items() if terms.gift_mb > 0 and not terms.accept]
    if len(gifts) > view.room.get("gifts", MAX_OF_A_KIND):
        named = {"most": MAX_OF_A_KIND, "room": max(view.room.get("gifts", 0), 0)}
        yield Fault("offer_gifts", f"zero_rating.{gifts[0]}.gift_mb", named)
    for carrier, terms in bids.items():
        if terms.accept and carrier not in view.counters:
            yield Fault("no_counter", f"zero_rating.{carrier}.accept", {"carrier": carrier})
        if view.rule == "ban":
            yield Fault("banned", f"zero_rating.{carrier}.on")
        if terms.exclusive and view.rule == "non-exclusive":
            yield Fault("exclusive", f"zero_rating.{carrier}.exclusive", {"carrier": carrier})


def _direct(decision: AppDecision, seat: str, view: AppObservation) -> Iterator[Fault]:
    if (
        decision.start_offers or decision.change_offers or decision.stop_offers
    ) and not view.direct:
        yield Fault("deals")
        return
    for name in (*decision.change_offers, *decision.stop_offers):
        if name in view.offer_names and name not in view.own_offers:
            yield Fault("offer_others", "", {"offer": name, "seat": seat})
    for name, change in decision.change_offers.items():
        end = view.own_offers.get(name, view.week)
        if end < view.week:
            yield Fault("offer_ended", "", {"offer": name, "week": end})
        elif change.end is not None and change.end < view.week:
            yield Fault("offer_over", "", {"offer": name, "week": change.end})
    for kind, alike in CARRIED.items():
        started = sum(map(alike[1], decision.start_offers.values()))
        if started > (room := view.room.get(kind, MAX_OF_A_KIND)):
            yield Fault(f"offer_{kind}", "", {"most": MAX_OF_A_KIND, "room": max(room, 0)})
    for name, offer in decision.start_offers.items():
        named = {"offer": name, "seat": seat}
        if "@" in name:
            yield Fault("offer_name", "", named)
        if name in view.offer_names:
            yield Fault("offer_exists", "", named)
        if seat not in offer.apps:
            yield Fault("offer_app", "", named)
        if offer.payer == "owner":
            yield Fault("offer_owner", "", named)
        if isinstance(offer.end, int) and offer.end <= view.week:
            yield Fault("offer_over", "", named | {"week": offer.end})
        if not allowed(offer, view.rule):
            yield Fault("offer_rule", "", named | {"rule": view.rule})


def _carrier(decision: CarrierDecision, seat: str, view: CarrierObservation) -> Iterator[Fault]:
    for app, price in decision.surcharges.items():
        if price > 0 and not view.surcharges:
            yield Fault("surcharge", f"surcharges.{app}")
    if decision.own_subsidy and view.own_app is None:
        yield Fault("no_own_app", "own_subsidy", {"seat": seat})
    if decision.own_subsidy and view.rule == "ban":
        yield Fault("own_banned", "own_subsidy")
    packs = [app for app, pack in decision.packs.items() if pack.on]
    if packs and view.rule == "ban":
        yield Fault("pack_banned", f"packs.{packs[0]}.on")
    new = len([app for app in packs if app not in view.pack_places])
    if new > view.room.get("packs", MAX_OF_A_KIND):
        named = {"most": MAX_OF_A_KIND, "room": max(view.room.get("packs", 0), 0)}
        yield Fault("offer_packs", f"packs.{packs[0]}.on", named)
    if decision.capacity is not None and decision.capacity > 1:
        if view.capacity_price is None:
            yield Fault("no_limit", "capacity", {"seat": seat})
        elif (cost := (decision.capacity - 1) * view.capacity_price) > max(view.cash, 0.0):
            named = {"times": decision.capacity, "cost": cost, "seat": seat, "cash": view.cash}
            yield Fault("capacity", "capacity", named)
