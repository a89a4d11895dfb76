"""Who competes: carriers, apps, their owners, the regulator."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from .fields import (
    PerUser,
    Rate,
    Share,
    Table,
    Timed,
    When,
    WholeMB,
    amount,
    logit,
    number,
    ratio,
    text_field,
)
from .names import AppName, CarrierName, FirmName, PlanName, RegionName


def _no_file(strategy: object) -> object:
    """A scenario is whole by itself: what a user's file decides is brought to a run of it."""
    if isinstance(strategy, str) and ".py" in strategy:
        raise ValueError(
            "a scenario names shipped bots only; bring a file of your own with "
            f"--seat SEAT={strategy}"
        )
    return strategy


type AppStrategy = Annotated[
    Literal[
        "passive",
        "best-reply",
        "follower",
        "deterrence",
        "cost-capped",
        "experimenter",
        "defender",
        "champion",
        "random",
    ],
    BeforeValidator(_no_file),
]
type CarrierStrategy = Annotated[
    Literal["passive", "partner", "block", "tax", "own-app", "manager", "champion", "random"],
    BeforeValidator(_no_file),
]
type FreeDataRule = Literal["free", "non-exclusive", "ban"]
STRATEGIES: Mapping[Literal["app", "carrier", "regulator"], tuple[str, ...]] = {
    "app": get_args(get_args(AppStrategy.__value__)[0]),
    "carrier": get_args(get_args(CarrierStrategy.__value__)[0]),
    "regulator": ("passive", "watchdog"),
}
"""Names of the shipped bots, by the kind of their seat; `players.bots` has the bots."""
RULES: tuple[str, ...] = get_args(FreeDataRule.__value__)
"""For free data."""


class Plan(Table):
    """A carrier's three-part tariff: `[carriers.<name>.plan]`."""

    fee: float = amount(20.0, "Fee per bill.", unit="money/4 weeks")
    cap_mb: WholeMB = number(
        100.0, "Data included in the fee, in whole KiB.", unit="MB/4 weeks", low=0, high=1e9
    )
    overage: float = amount(
        0.29,
        "Price of data beyond the cap.",
        unit="money/MB",
        source="list prices, China 2013: 0.29–1",
    )


class PlanChange(Table):
    """New values for a plan of a menu; silent fields stay as they are."""

    fee: float | None = amount(None, "Fee per bill.", unit="money/4 weeks")
    cap_mb: WholeMB | None = number(
        None, "Data included in the fee, in whole KiB.", unit="MB/4 weeks", low=0, high=1e9
    )
    overage: float | None = amount(None, "Price of data beyond the cap.", unit="money/MB")


class MenuPlan(Plan):
    """A plan of a menu: `[carriers.<name>.plans.<name>]`."""

    share: float | None = ratio(
        None,
        "Share of the carrier's customers at the start; plans without one share the rest equally.",
    )


def pays_as_it_goes(plan: Plan) -> bool:
    """Whether a plan is none, without fee and included data: every MB is paid by itself."""
    return plan.fee == 0 and plan.cap_mb == 0


class Carrier(Table):
    """A mobile carrier: `[carriers.<name>]`."""

    share: float = ratio(..., "Share of users (weight within a region if `shares` is given).")
    shares: dict[RegionName, Share] = text_field({}, "Share of users by region, where it differs.")
    plan: Plan = text_field(Plan(), "The data plan, where there is one for all.")
    plans: dict[PlanName, MenuPlan] = Field(
        default={},
        max_length=8,
        description="Instead of it a menu of data plans by name; one with fee 0 and cap 0 is "
        "pay-as-you-go, the first other one is the main plan.",
    )
    sms_price: float = number(
        0.1, "Price of an SMS.", unit="money", source="China 2013", low=0, high=1e4
    )
    voice_price: float = number(
        0.1, "Price of a phone minute.", unit="money/minute", low=0, high=1e4
    )
    cost_per_mb: float = number(0.02, "What carrying a MB costs.", unit="money/MB", low=0, high=1e4)
    capacity_mb: float | None = number(
        None,
        "What the network carries for each subscriber; silent: no limit.",
        unit="MB/week/user",
        low=1e-6,
        high=1e9,
    )
    wholesale: float = number(0.1, "Price asked of a sponsor.", unit="money/MB", low=0, high=1e4)
    closed_to: tuple[AppName, ...] = text_field((), "Apps this carrier makes no deals with.")
    accepts_exclusive: bool = text_field(True, "Accepts exclusive deals.")
    own_app: AppName | None = text_field(None, "The carrier's own app, if it has one.")
    cash: float = number(0.0, "Cash at the start.", unit="money", low=-1e15, high=1e15)
    strategy: CarrierStrategy = text_field("passive", "Who decides when no person does.")
    color: str | None = Field(
        default=None, pattern=r"^#[0-9a-fA-F]{6}$", description="Colour on charts, #rrggbb."
    )

    @property
    def menu(self) -> dict[str, Plan]:
        """Its plans by name; the plan for all is called "plan"."""
        return dict(self.plans) or {"plan": self.plan}

    @property
    def main(self) -> str:
        """Name of the first data plan of the menu; of the first, where all are pay-as-you-go."""
        data = (name for name, plan in self.menu.items() if not pays_as_it_goes(plan))
        return next(data, next(iter(self.menu)))

    @property
    def main_plan(self) -> Plan:
        return self.menu[self.main]

    @property
    def terms_of_plans(self) -> dict[str, tuple[float, float]]:
        """Fee and MB included of each plan, by name."""
        return {name: (plan.fee, plan.cap_mb) for name, plan in self.menu.items()}

    @property
    def other_plans(self) -> dict[str, Plan]:
        """The menu without the main plan."""
        return {name: plan for name, plan in self.menu.items() if name != self.main}


class Feature(Table):
    """Something an app can do: `[apps.<name>.features.<name>]`."""

    kind: Literal[
        "voice", "video", "payments", "platform", "business", "games", "shopping", "function"
    ] = text_field(
        ..., "voice and video carry calls; the others raise quality, margin or the cost of leaving."
    )
    launch: When = text_field(0, "Week or date from which it works.")
    regions: tuple[RegionName, ...] = text_field(
        (), "Regions where it works; none named means everywhere."
    )
    later: dict[RegionName, When] = text_field(
        {}, "Regions that follow, each with its week or date."
    )
    platforms: tuple[str, ...] = text_field((), "Platforms it runs on; none named means all.")
    generations: tuple[str, ...] = text_field(
        (), "Network generations it needs when not on Wi-Fi; none named: any."
    )
    quality: float = number(
        0.0, "Added to the app's quality where it works.", unit="logit", low=-1e6, high=1e6
    )
    margin: float = amount(0.0, "Added to income per active user.", unit="money/week")
    switching: float = amount(
        0.0, "Added to the weight of habit: the cost of leaving.", unit="logit"
    )
    businesses: float = amount(
        0.0,
        "Two-sided: quality added when all businesses have come; they come where users are.",
        unit="logit",
    )
    business_margin: float = amount(
        0.0, "Income per active user when all businesses have come.", unit="money/week"
    )
    business_speed: float = ratio(0.02, "Speed at which businesses come.", unit="1/week")

    def runs_on(self, platform: str) -> bool:
        """Whether it is made for a platform."""
        return not self.platforms or platform in self.platforms


class Start(Table):
    """How many have the app when the scenario starts: a share (0.3, 1.0) or a count of users
    (30).
    """

    registered: int | float = number(
        0.0, "Registered users.", unit="share or users", low=0, high=2e7
    )
    active: int | float = number(
        0.0, "Users active in the last 4 weeks.", unit="share or users", low=0, high=2e7
    )
    aware: int | float = number(
        0.0,
        "Users who know the app (registered ones always do).",
        unit="share or users",
        low=0,
        high=2e7,
    )
    by_carrier: dict[CarrierName, Share] = text_field(
        {}, "Registered share by carrier, where it differs."
    )
    by_region: dict[RegionName, Share] = text_field(
        {}, "Registered share by region, where it differs."
    )
    seeds: tuple[int, ...] = text_field((), "These very users are registered and active.")
    settle: Literal["given", "steer"] = text_field(
        "given",
        "'steer' moves the app's quality in the warm-up until the active share stands at `active`.",
    )


class Promotion(Table):
    """A campaign that makes an app known: `level · 2^(−age/half_life)`."""

    level: float = number(
        0.0,
        "Added to the rate of hearing of the app, at its start.",
        unit="1/week",
        low=0,
        high=1e3,
        symbol="promo",
    )
    half_life_weeks: float = number(
        1.0, "Weeks until it is half as strong.", unit="weeks", low=1e-3, high=1e6
    )
    start: When | None = text_field(None, "Week or date; silent: the app's launch.")
    regions: tuple[RegionName, ...] = text_field((), "Where; none named means everywhere.")
    cost: float = number(
        0.0, "What it costs per week at full strength.", unit="money/week", low=0, high=1e12
    )


MOST_BRING = 4.0
"""Most that a bring-a-friend campaign multiplies word of mouth by; assumed (2–6)."""


class Campaign(Table):
    """What an app does to win users in some places for some time: `[[apps.<name>.campaigns]]`."""

    start: When = text_field(0, "Week or date of the first day.")
    end: When | None = text_field(None, "Week or date from which it is over.")
    length_weeks: int | None = number(
        None, "Its length, instead of an end.", unit="weeks", low=1, high=5000
    )
    regions: tuple[RegionName, ...] = text_field((), "Where; none named means everywhere.")
    level: Rate = number(0.0, "Added to the rate of hearing of the app there.", unit="1/week")
    per_head: float = number(
        0.0,
        "Money for each person there, spent on making the app known: it adds to the rate, too.",
        unit="money/week",
        low=0,
        high=1e6,
    )
    try_once: float = ratio(
        0.0, "Share of the unregistered there pushed to try it each week.", unit="1/week"
    )
    try_once_cost: float = number(
        0.0, "Paid for each newly registered user there.", unit="money", low=0, high=1e4
    )
    invite: float = number(
        0.0, "Added to the bonus for registering there.", unit="logit", low=0, high=10
    )
    bring_friend: float = number(
        1.0, "Word of mouth there is multiplied by this.", low=1, high=MOST_BRING
    )
    bring_friend_cost: float = number(
        0.0,
        "Paid for each newly registered user there, for the friend who brought them.",
        unit="money",
        low=0,
        high=1e4,
    )

    @property
    def costs(self) -> bool:
        return self.per_head + self.try_once_cost + self.bring_friend_cost > 0


class App(Table):
    """A messenger or a service: `[apps.<name>]`."""

    kind: Literal["messenger", "service"] = text_field(
        "messenger", "A service (a shop, a feed) has users and traffic but no contacts."
    )
    quality: float = logit(0.0, "What the app is worth by itself.", symbol="θ", prior=(-2, 1))
    launch: When = text_field(0, "Week or date from which people can register.")
    regions: tuple[RegionName, ...] = text_field(
        (), "Regions where it is offered; none named means everywhere."
    )
    platforms: tuple[str, ...] = text_field((), "Platforms it runs on; none named means all.")
    taste: PerUser | None = number(
        None,
        "Taste of each user; silent: normal with parameters.taste_sd.",
        unit="logit",
        symbol="ξ",
    )
    threshold: PerUser | None = number(
        None, "Share of contacts a user wants to see on the app first."
    )
    discovery: Rate = number(
        0.0, "Rate of hearing of the app from outside.", unit="1/week", symbol="p", prior=(0, 0.01)
    )
    word_of_mouth: Rate | None = number(
        None, "As parameters.word_of_mouth, for this app.", unit="1/week", symbol="q"
    )
    promotion: Promotion = text_field(Promotion(), "Its launch campaign.")
    campaigns: tuple[Campaign, ...] = text_field((), "Dated campaigns by place.")
    invite: Timed = number(0.0, "Bonus for registering.", unit="logit")
    invite_cost: float = number(
        0.0, "Paid to each newly registered user.", unit="money", low=0, high=1e4
    )
    try_once: Timed = number(
        0.0, "Share of the unregistered pushed to try it each week.", unit="1/week", symbol="τ"
    )
    warmup_try_once: Rate = number(
        0.0, "The same, during the warm-up only.", unit="1/week", symbol="τ"
    )
    margin: Timed = number(0.0, "Income per active user; may ramp.", unit="money/week", symbol="v")
    desktop_income: Timed = number(
        0.0, "Advertising income per person off the phone.", unit="money/week"
    )
    mb_per_message: float = number(
        0.075,
        "Data of a message.",
        unit="MB",
        low=0,
        high=1e4,
        source="30 MB a month for messaging at 100 messages a week; assumed",
    )
    mb_per_voice_minute: float = number(
        0.25, "Data of a call minute.", unit="MB/minute", low=0, high=1e4
    )
    mb_per_video_minute: float = number(
        4.0, "Data of a video minute.", unit="MB/minute", low=0, high=1e4
    )
    mb_per_week: float = amount(
        0.0, "Other data of an active week (a service: all its data).", unit="MB/week"
    )
    reach: float = ratio(1.0, "Services: share of people who use it.")
    message_weight: float = amount(
        1.0, "Weight of this app when contacts can be reached on several."
    )
    call_weight: float = amount(1.0, "The same for calls.")
    user_value: float | None = number(
        None,
        "What keeping a monthly user is worth to it; silent: parameters.user_value.",
        unit="money",
        low=0,
        high=1e6,
    )
    cash: float = number(0.0, "Cash at the start.", unit="money", low=-1e15, high=1e15)
    start: Start = text_field(Start(), "Who has it at the start.")
    features: dict[str, Feature] = text_field({}, "What it can do beyond text.")
    strategy: AppStrategy = text_field("passive", "Who decides when no person does.")
    color: str | None = Field(
        default=None, pattern=r"^#[0-9a-fA-F]{6}$", description="Colour on charts, #rrggbb."
    )


class Owner(Table):
    """A firm behind apps and carriers: `[owners.<name>]`."""

    holds: dict[FirmName, float] = text_field(
        ..., "Share held in each app, carrier or other owner, 0…1."
    )
    relations: dict[CarrierName, Annotated[float, Field(ge=-1, le=1)]] = text_field(
        {}, "Relation to each carrier, −1 (hostile) to 1 (close)."
    )
    payout: float = ratio(1.0, "Share of a positive monthly profit that is paid out to owners.")
    core_income: dict[AppName, float] = text_field(
        {}, "Extra income elsewhere per active user-week of an app (the sticky ecosystem), money."
    )
    cash: float = number(0.0, "Cash at the start.", unit="money", low=-1e15, high=1e15)


class Regulator(Table):
    """The rules for free data: `[regulator]`."""

    rule: FreeDataRule = text_field(
        "free",
        "free: anything goes; non-exclusive: no exclusive offers; ban: no app's data may be "
        "cheaper.",
    )
    surcharges: bool = text_field(False, "Carriers may charge extra for an app's data.")
    credit: bool = text_field(
        True,
        "Who has no cash may go on spending; without, free data that it pays for ends at the bill.",
    )
