"""Free-data offers and dated events."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from .actors import Feature, FreeDataRule, Plan, PlanChange
from .fields import Table, When, WholeMB, amount, number, ratio, text_field
from .names import AppName, CarrierName, PlanName, RegionName
from .parameters import Parameters


class Step(Table):
    """A dated change of an offer (phase-in or phase-out); silent fields stay as they were."""

    when: When = text_field(..., "Week or date.")
    waived: float | None = ratio(None, "Share of the price waived from now on.")
    allowance_mb: WholeMB | None = number(
        None, "Free MB from now on, in whole KiB.", unit="MB/4 weeks", low=0, high=1e9
    )
    carriers: tuple[CarrierName, ...] | None = text_field(None, "Carriers from now on.")
    regions: tuple[RegionName, ...] | None = text_field(None, "Regions from now on.")


class Growth(Table):
    """Next places when it goes well: checked each bill."""

    measure: Literal["use", "survival"] = text_field(
        "use", "use: active share where offered; survival: of registered."
    )
    level: float = ratio(0.2, "Level that must be passed.")
    max_load: float = number(0.9, "Only where the carrier's load is below this.", low=0, high=10)
    places: tuple[tuple[CarrierName, RegionName], ...] = text_field(
        (), "Next [carrier, region] pairs, in order."
    )


class Offer(Table):
    """Data that costs the user less or nothing: `[offers.<name>]`."""

    apps: tuple[AppName, ...] = Field(
        min_length=1, description="Apps covered; several share one allowance (a bundle)."
    )
    carriers: tuple[CarrierName, ...] = text_field((), "Carriers; none named means all.")
    regions: tuple[RegionName, ...] = text_field((), "Regions; none named means all.")
    places: tuple[tuple[CarrierName, RegionName], ...] = text_field(
        (), "Or [carrier, region] pairs, where the list is ragged."
    )
    waived: float = ratio(1.0, "Share of the price waived (z).", symbol="z")
    allowance_mb: WholeMB | None = number(
        None,
        "Free MB, in whole KiB (less than one is 0: nothing is waived); silent: no limit.",
        unit="MB/4 weeks",
        symbol="K^s",
        low=0,
        high=1e9,
    )
    start: When = text_field(0, "Week or date of the first day.")
    end: When | None = text_field(None, "Week or date from which it is over.")
    length_weeks: int | None = number(
        None, "Its length, instead of an end.", unit="weeks", low=1, high=5000
    )
    payer: Literal["app", "carrier", "owner", "user"] = text_field(
        "app", "Who pays the carrier; 'carrier' is goodwill; 'user' buys a pack at `fee`."
    )
    owner: str | None = text_field(None, "payer = 'owner': which one.")
    price: float | None = number(
        None,
        "Paid per sponsored MB; silent: the carrier's wholesale price.",
        unit="money/MB",
        low=0,
        high=1e4,
    )
    fee: float = number(0.0, "A pack's price.", unit="money/4 weeks", low=0, high=1e4)
    take_up: float = ratio(0.2, "A pack: share of the willing who decide within a bill.")
    app_share: float = ratio(0.0, "A pack: share of its fee that goes to its first app.")
    income_share: float = ratio(
        0.0, "Share of the app's income in the places covered that goes to the carrier."
    )
    carrier_promotion: float = number(
        0.0,
        "Paid to each carrier covered for joint promotion.",
        unit="money/4 weeks",
        low=0,
        high=1e12,
    )
    gift_mb: WholeMB = amount(
        0.0, "General data given for registering, in whole KiB.", unit="MB/4 weeks"
    )
    gift_until: When | None = text_field(
        None, "The gift lasts until then; silent: as long as the offer."
    )
    feature_quality: float = number(
        0.0,
        "A function switched on for those who have the offer.",
        unit="logit",
        low=-1e6,
        high=1e6,
    )
    exclusive: bool = text_field(
        False, "The carrier may not have it with others; refused under 'non-exclusive'."
    )
    steps: tuple[Step, ...] = text_field((), "Dated changes.")
    growth: Growth | None = text_field(None, "A rule for growing.")


def cheaper(offer: Any) -> bool:
    """Whether an offer, of a scenario or of a running market, makes data cheaper: an app's, or by
    a gift any.
    """
    return (offer.waived > 0 and offer.allowance_mb != 0) or offer.gift_mb > 0


def allowed(offer: Any, rule: str) -> bool:
    """Whether the regulator's rule lets an offer run; under a ban nothing that makes data
    cheaper.
    """
    if rule == "ban":
        return not (cheaper(offer) or offer.payer == "user" or offer.fee > 0)
    return not (rule == "non-exclusive" and offer.exclusive)


MAX_OF_A_KIND = 8  # packs, and offers with a gift, that fit in a market; users carry a byte of each
CARRIED: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "packs": ("packs paid by users", lambda offer: offer.payer == "user"),
    "gifts": ("offers with a gift", lambda offer: offer.gift_mb > 0),
}
"""Columns of users with a bit for each offer of a kind: its name in words, and which offers are
of it.
"""


class Event(Table):
    when: When = text_field(..., "Week or date.")


class Licence(Event):
    """New licences: networks carry more, and phones follow."""

    kind: Literal["licence"] = text_field(..., "Which kind of event.")
    carriers: tuple[CarrierName, ...] = text_field((), "Carriers; none named means all.")
    capacity_factor: float = number(2.0, "Capacity is multiplied by this.", low=1e-3, high=1e3)
    cost_factor: float = number(0.8, "Cost per MB is multiplied by this.", low=0, high=1e3)


class PriceChange(Event):
    """A carrier's new prices; silent fields stay."""

    kind: Literal["price"] = text_field(..., "Which kind of event.")
    carrier: CarrierName = text_field(..., "Whose prices change.")
    plan: Plan | None = text_field(None, "The data plan from now on; of a menu, the main plan.")
    plans: dict[PlanName, PlanChange] = text_field({}, "Plans of a menu that change, by name.")
    sms_price: float | None = number(None, "Price of an SMS.", unit="money", low=0, high=1e4)
    voice_price: float | None = number(
        None, "Price of a minute.", unit="money/minute", low=0, high=1e4
    )
    wholesale: float | None = number(
        None, "Price asked of a sponsor.", unit="money/MB", low=0, high=1e4
    )


class Block(Event):
    """A carrier blocks an app, or charges extra for it."""

    kind: Literal["block"] = text_field(..., "Which kind of event.")
    carrier: CarrierName = text_field(..., "Who blocks.")
    app: AppName = text_field(..., "What is blocked.")
    weeks: int = number(4, "How long.", unit="weeks", low=1, high=5000)
    surcharge: float | None = number(
        None, "Extra price instead of a block.", unit="money/MB", low=0, high=1e4
    )


class Outage(Event):
    """An app does not work."""

    kind: Literal["outage"] = text_field(..., "Which kind of event.")
    app: AppName = text_field(..., "What does not work.")
    weeks: int = number(1, "How long.", unit="weeks", low=1, high=5000)


class Split(Event):
    """Users are made to move to a separate app: push-back first, gains later."""

    kind: Literal["split"] = text_field(..., "Which kind of event.")
    app: AppName = text_field(..., "Whose users must move.")
    habit_lost: float = ratio(0.5, "Share of habit that is lost in the move.")
    leaves: float = ratio(0.05, "Share of registered users who do not move.")
    push_back: float = number(1.0, "Loss of quality at first.", unit="logit", low=0, high=1e3)
    half_life_weeks: float = number(
        8.0, "Weeks until the anger is half gone.", unit="weeks", low=1e-3, high=1e4
    )
    gain: float = number(0.5, "Gain of quality, in the same time.", unit="logit", low=0, high=1e3)


class Rule(Event):
    """The regulator changes the rules."""

    kind: Literal["rule"] = text_field(..., "Which kind of event.")
    rule: FreeDataRule = text_field(..., "The rule from now on.")


class NewFeature(Event):
    """An app gains a feature."""

    kind: Literal["feature"] = text_field(..., "Which kind of event.")
    app: AppName = text_field(..., "Which app.")
    name: str = text_field(..., "Name of the feature.")
    feature: Feature = text_field(..., "What it does.")


class Quality(Event):
    """An app becomes better or worse."""

    kind: Literal["quality"] = text_field(..., "Which kind of event.")
    app: AppName = text_field(..., "Which app.")
    change: float = number(..., "Added to its quality.", unit="logit", low=-1e6, high=1e6)


type Changing = Literal["network_effect", "habit_weight", "word_of_mouth", "salience"]
"""Parameters that may change while a market runs."""


class ParameterChange(Event):
    """People become otherwise: a parameter has another value from now on."""

    kind: Literal["parameter"] = text_field(..., "Which kind of event.")
    parameter: Changing = text_field(..., "Which parameter.")
    value: float = number(..., "Its value from now on, in its own unit.", low=0, high=1e6)

    @field_validator("value")
    @classmethod
    def _fits(cls, value: float, given: ValidationInfo) -> float:
        if "parameter" in given.data:
            try:
                Parameters.model_validate({given.data["parameter"]: value})
            except ValidationError as error:
                limit = next(iter(error.errors()[0].get("ctx", {"": 0.0}).values()))
                raise ValueError(f"is more than {limit:g}, which is the most") from None
        return value


class News(Event):
    """Something that is only told (a marker on the time line)."""

    kind: Literal["news"] = text_field(..., "Which kind of event.")
    text: str = text_field(..., "What is told.")
    text_zh: str = text_field("", "The same in Chinese.")

    def text_in(self, language: str) -> str:
        """The text for readers of a language, English where it has none."""
        return (self.text_zh if language == "zh" else "") or self.text


type AnyEvent = Annotated[
    Licence
    | PriceChange
    | Block
    | Outage
    | Split
    | Rule
    | NewFeature
    | Quality
    | ParameterChange
    | News,
    Field(discriminator="kind"),
]
