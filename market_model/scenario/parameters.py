"""How people behave: one number for the whole market each, with its source."""

from typing import Literal

from .fields import Column, LogNormal, PerUser, Rate, Table, amount, logit, number, ratio

FIT = (
    "fitted to the calibrated facts of china-2013; "
    "many other sets fit as well (market-model calibrate)"
)


class Parameters(Table):
    """The `[parameters]` table. Symbols are those of the model description (ODD)."""

    beta: float = number(
        1.0,
        "Noise scale of every choice; large values give sharp thresholds.",
        source="normalisation; Brock & Durlauf 2001",
        symbol="β",
        low=1e-6,
        high=1e9,
        prior=(0.5, 2),
    )
    refresh: float = ratio(
        1.0,
        "Chance that a user thinks again about an app this week; else last week's choice is kept.",
        unit="1/week",
        symbol="f",
        prior=(0.2, 1),
    )
    network_effect: float = logit(
        5.65,
        "What it is worth that all contacts use the app.",
        source=FIT,
        symbol="J",
        prior=(3.5, 6),
    )
    presence_weeks: int = number(
        1,
        "Weeks in which a contact used an app at least once, so that one can be reached on it; "
        "beyond 1, presence and habit stand still while an app is out of order.",
        unit="weeks",
        source="assumed; KakaoTalk's days out of order in October 2022 left no trace "
        "after four weeks",
        low=1,
        high=4,
        prior=(1, 4),
    )
    habit_weight: float = logit(
        3.4, "What full habit is worth.", source=FIT, symbol="η", prior=(2.6, 4.2)
    )
    habit_decay: float = ratio(
        0.3187,
        "Share of a habit that is renewed each week.",
        unit="1/week",
        source="habit facts of Allcott, Gentzkow & Song 2022",
        symbol="δ",
        prior=(0.2, 0.45),
    )
    crowding: float = logit(
        2.63,
        "How much other apps in use, with friends on them, crowd an app out.",
        source=FIT,
        symbol="χ",
        prior=(0.3, 3.9),
    )
    activity_bonus: float = logit(
        0.0, "Added to the value of use for everyone registered.", symbol="κ_A", prior=(-1, 1)
    )
    registration_cost: float = logit(
        1.16, "The trouble of registering.", source=FIT, symbol="κ_I", prior=(-0.1, 2.3)
    )
    registration_rate: float = ratio(
        0.25,
        "Share of the willing who register within a week.",
        unit="1/week",
        source=FIT,
        symbol="ρ",
        prior=(0.1, 1),
    )
    word_of_mouth: Rate = number(
        0.032,
        "Rate of hearing of an app when all contacts use it.",
        unit="1/week",
        source=FIT,
        symbol="q",
        prior=(0.008, 0.06),
    )
    account_closing: float = ratio(
        0.0,
        "Chance that an account not used for four weeks is closed or forgotten, times 1 − habit.",
        unit="1/week",
        prior=(0, 0.05),
    )
    awareness_fading: float = ratio(
        0.0,
        "Chance that who knows an app, has no account and sees no friend on it forgets it.",
        unit="1/week",
        prior=(0, 0.1),
    )
    discovery_floor: float = ratio(
        1.0,
        "Share of outside discovery that is left to an app nobody uses; 1: use changes nothing.",
        prior=(0, 1),
    )
    salience: float = ratio(
        0.26,
        "Share of an offer's value that counts when people register.",
        source="carrier mix of Yixin's first users; " + FIT,
        symbol="λ",
        prior=(0.05, 0.4),
    )
    price_pressure: PerUser = number(
        Column(lognormal=LogNormal(median=0.56, sigma=0.6)),
        "How strongly the price of data is felt at the reference price.",
        unit="logit",
        source=FIT,
        symbol="γ",
    )
    reference_price: float = number(
        0.2,
        "Price of data at which the felt price equals γ.",
        unit="money/MB",
        source="average data price, China 2012–14",
        symbol="π_0",
        low=1e-9,
        high=1e9,
    )
    price_sensitivity: float = amount(
        6.0,
        "Use falls by exp(−ε × price).",
        unit="MB/money",
        source="price and volume, China 2014–15",
        symbol="ε",
        prior=(2, 12),
    )
    demand: Literal["exponential", "linear"] = number(
        "exponential", "Shape of the demand for data: exp(−ε·price), or 1 − price / choke price."
    )
    choke_price: float = number(
        1.0, "Price at which linear demand is zero.", unit="money/MB", low=1e-9, high=1e9
    )
    taste_sd: float = amount(
        1.75,
        "Spread of tastes for an app.",
        unit="logit",
        source=FIT,
        symbol="ξ sd",
        prior=(1.0, 2.2),
    )
    appetite_sd: float = amount(
        0.0,
        "Spread of people's appetite for messengers of any kind, added to the taste of each.",
        unit="logit",
        source="assumed; more people with one app and more with four or more than independent "
        "choice would have (messengers per person, Germany 2019)",
        symbol="α sd",
        prior=(0, 2),
    )
    taste_community: float = ratio(
        0.12,
        "Share of the variance of taste that a community has in common.",
        source=FIT,
        symbol="ζ",
        prior=(0, 0.45),
    )
    congestion_weight: float = amount(
        0.05, "How much a congested network spoils use.", unit="logit", symbol="ψ", prior=(0, 0.3)
    )
    churn: float = ratio(
        0.007,
        "Share of subscribers who reconsider their carrier.",
        unit="1/4 weeks",
        source="number portability trial, China: 0.7 % at most",
        symbol="μ",
        prior=(0, 0.007),
    )
    plan_noise: float = amount(
        0.0,
        "Chance in the choice of plan and carrier: the logit scale of what a plan is worth. "
        "0: nobody chooses a plan, and carriers are compared by the felt price of data.",
        unit="money/4 weeks",
        prior=(2, 20),
    )
    plan_review: float = ratio(
        0.0,
        "Share of those with a data plan who look at their carrier's menu again.",
        unit="1/4 weeks",
        prior=(0.02, 0.25),
    )
    first_plan_review: float = ratio(
        0.0,
        "The same of those on pay-as-you-go: how fast a first data plan is taken.",
        unit="1/4 weeks",
        prior=(0.05, 0.5),
    )
    messages_per_week: float = number(
        100.0,
        "Messages of a user all of whose contacts are on one app.",
        unit="messages/week",
        low=0,
        high=1e7,
        prior=(30, 300),
    )
    sms_per_week: float = amount(
        12.0,
        "SMS of a user none of whose contacts can be reached on an app.",
        unit="SMS/week",
        prior=(5, 30),
    )
    call_minutes_per_week: float = number(
        40.0,
        "Minutes of calls, by phone or app.",
        unit="minutes/week",
        low=0,
        high=10080,
        prior=(20, 80),
    )
    sms_weight: float = amount(
        0.15, "Weight of SMS beside an app when a contact can be reached on both.", prior=(0, 0.5)
    )
    sms_fading: float = amount(
        0.0,
        "SMS fall more than the share of conversations left to them: by share^(1 + this).",
        prior=(0, 3),
    )
    sms_elasticity: float = amount(
        0.0, "SMS fall by this many per cent when their price rises by one.", prior=(0, 0.3)
    )
    sms_cross_elasticity: float = amount(
        0.0,
        "SMS rise by this many per cent when the price of calls rises by one.",
        source="off; Kim, Telang, Vogt & Krishnan 2010: 0.08",
        prior=(0.03, 0.13),
    )
    voice_elasticity: float = amount(
        0.0,
        "Phone minutes fall by this many per cent when their price rises by one.",
        source="off; Kim, Telang, Vogt & Krishnan 2010: 0.1",
        prior=(0.05, 0.15),
    )
    substitution: float = amount(
        0.0,
        "SMS and phone weigh less beside an app the dearer they are: "
        "weight × (price ÷ price at the start)^−this.",
        prior=(0, 2),
    )
    saving_weight: float = amount(
        0.0,
        "What it is worth that an app saves SMS: this × ln(price of an SMS ÷ price at the start).",
        unit="logit",
        prior=(0, 1),
    )
    video_share: float = ratio(
        0.3, "Share of app call minutes that are video where both ends can.", prior=(0.1, 0.6)
    )
    phone_weight: float = amount(
        3.0, "Weight of the phone network beside an app with calls.", prior=(1, 6)
    )
    background_mb: float = number(
        99.0,
        "Other data a user would use at price zero.",
        unit="MB/week",
        source="128 MB a month at 0.2 RMB/MB, of which 30 for messaging; see price_sensitivity",
        low=0,
        high=1e7,
        prior=(30, 200),
    )
    allowance_spread: float = ratio(
        0.0,
        "How evenly an allowance is used: 0: all data is free until it is used up; 1: in each week "
        "only the share of a month's data that it covers.",
    )
    relation_markup: float = number(
        0.5, "Markup of a carrier's ask at the worst relation (−1).", low=0, high=10, prior=(0, 1)
    )
    relation_closing: float = ratio(
        0.3, "Chance that a carrier at relation −1 is closed to an app in a round.", prior=(0, 0.6)
    )
    user_value: float = amount(
        257.0,
        "What a retained monthly user is worth to an app's owner.",
        unit="money",
        source="WhatsApp: USD 19 bn for 450 M users = 257 RMB",
        prior=(50, 257),
    )
