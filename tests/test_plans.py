"""Plans are chosen: menus, pay-as-you-go, reviews, and what people are worth to carriers."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from test_engine import assert_same

from market_model.market import Market, engine
from market_model.market.bill import worth_pass
from market_model.market.digest import digest
from market_model.market.week import crowd_of
from market_model.scenario import Scenario, ScenarioError
from market_model.scenario.load import build

DATA: dict[str, Any] = {"fee": 20.0, "cap_mb": 100.0, "overage": 0.3, "share": 0.3}
SMALL: dict[str, Any] = {"fee": 8.0, "cap_mb": 30.0, "overage": 0.5, "share": 0.2}
PAY: dict[str, Any] = {"fee": 0.0, "cap_mb": 0.0, "overage": 1.0}
WIFI = {"beta": {"mean": 0.4, "concentration": 2.0}}


def market(changes: dict[str, Any] | None = None, **tables: Any) -> Scenario:
    """Two carriers, both with a plan and pay-as-you-go, one app with calls, one service."""
    data: dict[str, Any] = {
        "weeks": 24,
        "society": {
            "users": 300,
            "regions": {"north": 0.5, "south": 0.5},
            "devices": {"phone": {"share": 1.0, "platform": "android", "generation": "3g"}},
            "graph": {"family": "holme-kim"},
            "warmup_weeks": 4,
        },
        "parameters": {
            "plan_noise": 5.0,
            "plan_review": 0.2,
            "first_plan_review": 0.4,
            "churn": 0.1,
            "background_mb": 20.0,
            "price_sensitivity": 2.0,
        },
        "carriers": {
            "one": {"share": 0.6, "plans": {"data": DATA, "small": SMALL, "pay": PAY}},
            "two": {"share": 0.4, "plans": {"data": DATA | {"fee": 15.0}, "pay": PAY}},
        },
        "apps": {
            "chat": {
                "start": {"registered": 0.5, "active": 0.3},
                "features": {"calls": {"kind": "voice"}},
            },
            "feed": {"kind": "service", "mb_per_week": 3.0, "reach": 0.5},
        },
        **tables,
    }
    data = deepcopy(data)
    for path, value in (changes or {}).items():
        here = data
        *way, last = path.split(".")
        for key in way:
            here = here.setdefault(key, {})
        here[last] = value
    return build(data, "plans")


FREE = {
    "free": {
        "apps": ["chat", "feed"],
        "carriers": ["one"],
        "allowance_mb": 20.0,
        "start": 8,
        "length_weeks": 8,
        "payer": "carrier",
    },
    "gift": {"apps": ["chat"], "gift_mb": 10.0, "start": 4, "length_weeks": 12},
    "pack": {"apps": ["chat"], "payer": "user", "fee": 2.0, "start": 4},
}


def test_both_engines_and_all_threads_choose_the_same_plans(monkeypatch) -> None:
    scenario = market(offers=FREE)
    whole = Market(scenario, rng=3).run()
    assert_same(whole, Market(scenario, rng=3, engine="agents").run())
    monkeypatch.setattr(engine, "THREADS_FROM", 0)
    monkeypatch.setattr("market_model.market.state.BLOCK", 64)
    assert_same(Market(scenario, rng=3, threads=1).run(), Market(scenario, rng=3, threads=3).run())
    assert np.nanmin(whole.history.series("carrier", "one", "plans_chosen")) > 0


def test_a_menu_of_one_plan_is_the_plan_for_all_bit_for_bit() -> None:
    plan = {k: v for k, v in DATA.items() if k != "share"}
    off = {"plan_noise": 0.0, "plan_review": 0.0, "first_plan_review": 0.0}
    of = {"parameters.background_mb": 20.0} | {f"parameters.{k}": v for k, v in off.items()}
    alike = [
        market({**of, "carriers": {c: {"share": 0.5, **sold} for c in ("one", "two")}})
        for sold in ({"plan": plan}, {"plans": {"only": DATA | {"share": 1.0}}})
    ]
    one, other = (Market(scenario, rng=1).run() for scenario in alike)
    assert digest(one) == digest(other)
    assert len(one.people.plan) == 0 and not one.history.names["plan"]


def test_every_fee_and_every_mb_beyond_a_plan_is_paid_at_the_own_plan_s_price() -> None:
    sold = Market(market(offers=FREE), rng=2)
    for _ in range(6):
        sold.run(3)
        people, plans = sold.people, [c.menu for c in sold.carriers]
        held = [
            list(plans[c].values())[k] for c, k in zip(people.carrier, people.plan, strict=True)
        ]
        fees = sum(plan.fee for plan in held) * sold.scale
        sold.run(1)
        lines = [line for line in sold.ledger.lines if line.week == sold.week - 1]
        assert sum(x.rmb for x in lines if x.reason == "plan") == pytest.approx(fees)
        series = sold.history.series
        by_plan = sum(series("plan", name, "income")[-1] for name in sold.history.names["plan"])
        paid = sum(line.rmb for line in lines if line.reason in ("plan", "overage"))
        assert by_plan == pytest.approx(paid)
        now = [series("plan", name, "customers")[-1] for name in sold.history.names["plan"]]
        assert sum(now) == pytest.approx(sold.config.population)
    cash = sum(sold.ledger.cash.values())
    assert cash == pytest.approx(0.0, abs=1e-6 * sum(x.rmb for x in sold.ledger.lines))


def test_the_shares_of_a_menu_are_those_of_the_first_week() -> None:
    """Through a warm-up of two bills; who is little on Wi-Fi has the dearest plan."""
    sold = Market(
        market(
            {
                "society.users": 1000,
                "society.warmup_weeks": 8,
                "society.warmup_until": None,
                "society.wifi": WIFI,
            }
        ),
        rng=2,
    )
    people = sold.people
    for c, shares in enumerate(([0.3, 0.2, 0.5], [0.3, 0.7])):
        of = people.plan[people.carrier == c]
        assert np.bincount(of) / len(of) == pytest.approx(shares, abs=0.002)
    wifi = [float(people.wifi[people.plan == k].mean()) for k in (0, 1)]
    assert wifi[0] < wifi[1] - 0.05


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parameters.plan_noise": 0.0}, "plan_noise is 0"),
        ({"carriers.one.plans.data.share": 0.9}, "sum to 1.1"),
        ({"carriers.one.plan": {"fee": 3.0}}, "stands beside plans"),
        (
            {"events": [{"kind": "price", "when": 3, "carrier": "one", "plans": {"dat": {}}}]},
            "did you mean 'data'",
        ),
    ],
)
def test_what_is_wrong_with_a_menu_is_said_in_a_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        market(changes)


# ------------------------------------------------------------------------------- worked by hand

ALONE = {
    "network_effect": 0.0,
    "habit_weight": 0.0,
    "crowding": 0.0,
    "taste_sd": 0.0,
    "churn": 0.0,
    "reference_price": 0.2,
    "price_pressure": 1.0,
    "price_sensitivity": 2.0,
    "background_mb": 10.0,
    "plan_noise": 5.0,
    "plan_review": 0.0,
    "first_plan_review": 1.0,
}
ONE_APP = {
    "chat": {
        "quality": 1.0,
        "mb_per_message": 0.0,
        "mb_per_week": 5.0,
        "start": {"registered": 1.0, "active": 1.0},
    }
}
SOLD = {
    "only": {
        "share": 1.0,
        "plans": {
            "data": {"fee": 12.0, "cap_mb": 100.0, "overage": 0.5, "share": 0.0},
            "pay": {"fee": 0.0, "cap_mb": 0.0, "overage": 0.5},
        },
    }
}


def alone(changes: dict[str, Any] | None = None, **tables: Any) -> Scenario:
    given = {"society.users": 2000, "society.warmup_weeks": 0, "weeks": 8, **(changes or {})}
    return market(given, **{"parameters": ALONE, "carriers": SOLD, "apps": ONE_APP, **tables})


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def test_what_a_plan_is_worth_and_who_takes_it_by_hand() -> None:
    """γ = 1, no Wi-Fi: 5 MB a week of the app and 10 of other data, ε = 2, π_0 = .2.

    One logit of a week of the app is π_0·5/γ = 1 RMB. With the plan (60 MB fit under 100) a MB is
    felt as free: 4·ln(1 + e) + 4·10/2 − 12 = 5.253 + 20 − 12 = 13.253. On pay-as-you-go at .5 a MB
    V = 1 − .5/.2 = −1.5: 4·ln(1 + e^−1.5) + 20·e^−1 = .806 + 7.358 = 8.163. The plan is worth 5.09
    more: with noise 5, 73.5 % of those who look take it.
    """
    sold = Market(alone(), rng=1)
    assert (sold.people.plan == 1).all() and np.allclose(sold.people.price, 0.5)
    worth = worth_of(sold)
    assert worth[0].tolist() == pytest.approx([13.2530, 8.1634], abs=1e-3)
    sold.run(4)
    share = float((sold.people.plan == 0).mean())
    assert share == pytest.approx(logistic((13.2530 - 8.1634) / 5.0), abs=0.03)
    assert np.allclose(sold.people.price, np.where(sold.people.plan == 0, 0.0, 0.5))


def test_a_plan_for_data_that_is_free_anyway_is_worth_less_by_hand() -> None:
    """As above while the app is free: both ways V = 1, so the app says nothing for the plan:
    20 − 12 against 7.358; 53.2 % of those who look take it.
    """
    free = {"free": {"apps": ["chat"], "payer": "carrier"}}
    sold = Market(alone(offers=free), rng=1).run(3)
    sold.run(1)
    share = float((sold.people.plan == 0).mean())
    assert share == pytest.approx(logistic((20 - 12 - 7.358) / 5.0), abs=0.03)


def test_a_cap_that_binds_is_felt_and_not_paid_by_hand() -> None:
    """Without an app: 40 MB wanted, 20 in the plan: π = ln(40/20)/2 = .3466, and what is used is
    worth 40·e^(−2π)/2 + π·20 = 10 + 6.931; the fee of 12 leaves 4.931. Under a cap that is dear
    beyond (overage .2 < .3466) π = .2: 40·e^−.4/2 + .2·20 − 12 = 5.406.
    """
    apps = {"chat": ONE_APP["chat"] | {"start": {"registered": 0.0}}}
    for overage, worth in ((0.5, 4.931), (0.2, 5.406)):
        at = {"carriers.only.plans.data.cap_mb": 20.0, "carriers.only.plans.data.overage": overage}
        sold = Market(alone(at, apps=apps), rng=1)
        assert worth_of(sold)[0, 0] == pytest.approx(worth, abs=1e-3)


def worth_of(sold: Market) -> Any:
    """What each plan of their carrier is worth to users now."""
    state = sold.state
    worth = np.zeros((len(state.people.plan), 2))
    last, scratch = state.last_half, engine.scratch_of(state.terms, 0)
    crowd = crowd_of(state.contacts, state.people.reach[last], state.people.presence[last])
    bill = sold.terms.bill_terms(0, [])
    n = len(worth)
    worth_pass(
        state.people, state.contacts, crowd, state.terms, state.rules, bill, last, worth, scratch,
        0, n,
    )  # fmt: skip
    return worth


def test_consumer_surplus_counts_all_that_a_plan_is_worth() -> None:
    """As above 8.163 a bill on pay-as-you-go, 13.253 with the plan; with 20 MB in it and no fee,
    of 40 other data alone 16.931.
    """
    apps = {"chat": ONE_APP["chat"] | {"start": {"registered": 0.0}}}
    capped = {"carriers.only.plans.data.cap_mb": 20.0, "carriers.only.plans.data.fee": 0.0}
    for review, worth, more in ((0.0, 8.1634, {}), (1.0, 13.2530, {}), (1.0, 16.931, capped)):
        changes = {"parameters.first_plan_review": review, "parameters.plan_noise": 0.01, **more}
        tables = {"apps": apps} if more else {}
        sold = Market(alone(changes | {"society.population": 2000}, **tables), rng=1).run(8)
        paid = [line for line in sold.ledger.lines if line.week == 7]
        talk = sum(line.rmb for line in paid if line.reason in ("sms", "voice")) / 2000
        figure = sold.history.series("market", "", "consumer_surplus")[-1] / 2000
        assert figure == pytest.approx((worth - talk) / 4, abs=0.02)


# ------------------------------------------------------------------------------- what comes of it


def ramp(changes: dict[str, Any], offers: dict[str, Any]) -> Market:
    """Few have a plan or use data; the app needs friends and habit."""
    here: dict[str, Any] = {
        "weeks": 60,
        "society.users": 1000,
        "society.warmup_weeks": 0,
        "society.wifi": 0.2,
        **changes,
    }
    how = {
        "plan_noise": 3.0,
        "plan_review": 0.1,
        "first_plan_review": 0.25,
        "churn": 0.0,
        "background_mb": 4.0,
        "word_of_mouth": 0.05,
    }
    plans = {
        "data": DATA | {"fee": 8.0, "cap_mb": 200.0, "share": 0.05},
        "pay": PAY | {"overage": 0.6},
    }
    chat = {
        "quality": -3.0,
        "mb_per_week": 6.0,
        "start": {"registered": 0.1, "active": 0.05, "aware": 1.0},
    }
    carriers = {"only": {"share": 1.0, "plans": plans}}
    scenario = market(here, parameters=how, carriers=carriers, apps={"chat": chat}, offers=offers)
    return Market(scenario, rng=1).run()


def bills(sold: Market, scope: str, name: str, series: str) -> Any:
    return sold.history.series(scope, name, series)[3::4]


def test_free_data_brings_people_to_mobile_data_and_some_of_them_buy_a_plan_after_it() -> None:
    """An app is free from week 20 to 46, bills 5 to 10: more people use data, and fewer need a
    plan; when it ends, habit makes a plan worth its fee.
    """
    offers = {"free": {"apps": ["chat"], "start": 20, "length_weeks": 26, "payer": "carrier"}}
    with_it, twin = ramp({}, offers), ramp({}, {})
    users, users_twin = (bills(m, "carrier", "only", "data_users") for m in (with_it, twin))
    assert np.array_equal(users[:5], users_twin[:5])
    assert users[10] > 1.15 * users_twin[10]
    pays, pays_twin = (bills(m, "carrier", "only", "pay_as_you_go") for m in (with_it, twin))
    assert pays[10] > 1.2 * pays_twin[10]  # the app is free: a plan is not needed for it
    income, income_twin = (bills(m, "carrier", "only", "data_revenue") for m in (with_it, twin))
    assert income[10] < income_twin[10]
    took, took_twin = (bills(m, "plan", "only/data", "chosen") for m in (with_it, twin))
    assert took[11:14].sum() > 1.8 * took_twin[11:14].sum()
    assert pays[14] < 0.8 * pays[10] and income[14] > 1.5 * income[10]


def test_people_take_a_smaller_plan_while_the_app_is_free() -> None:
    plans = {
        "large": {"fee": 14.0, "cap_mb": 200.0, "overage": 0.3, "share": 0.5},
        "small": {"fee": 6.0, "cap_mb": 20.0, "overage": 0.3},
    }
    changes = {
        "carriers.only.plans": plans,
        "parameters.plan_review": 0.3,
        "apps.chat.quality": 1.0,
        "apps.chat.start": {"registered": 0.9, "active": 0.8},
    }
    free = {"free": {"apps": ["chat"], "start": 20, "length_weeks": 26, "payer": "carrier"}}
    with_it, twin = (bills(ramp(changes, o), "plan", "only/small", "customers") for o in (free, {}))
    assert np.array_equal(with_it[:4], twin[:4])
    assert with_it[10] > 1.2 * twin[10]
    assert with_it[14] < with_it[10]


@pytest.mark.parametrize(
    "dearer",
    [
        {"sms_price": 1.0},
        {"voice_price": 0.5},
        {"plans": {"data": {"fee": 40.0}, "small": {"fee": 20.0}}},
    ],
)
def test_a_carrier_that_raises_its_prices_loses_customers(dearer: dict[str, Any]) -> None:
    event = {"kind": "price", "when": 0, "carrier": "one", **dearer}
    left = [
        Market(market({"society.users": 1000, "events": events}), rng=1)
        .run()
        .history.series("carrier", "one", "subscribers")[-1]
        for events in ([event], [])
    ]
    assert left[0] < 0.93 * left[1]


def test_without_menus_nobody_leaves_for_the_price_of_an_sms() -> None:
    """The choice by the felt price of data, as it is without `plan_noise`: prices of SMS do not
    enter it.
    """
    one = {"share": 0.5, "plan": {"fee": 20.0}}
    dear = {"kind": "price", "when": 0, "carrier": "one", "sms_price": 100.0}
    off = {"churn": 0.5, "background_mb": 20.0}
    ends = [
        Market(market({"events": e}, parameters=off, carriers={"one": one, "two": one}), rng=1)
        .run()
        .people.carrier
        for e in ([dear], [])
    ]
    assert np.array_equal(*ends)


# ------------------------------------------------------------------------------- looked at


def test_every_byte_is_paid_for_once_or_goes_over_wifi() -> None:
    """With menus of plans, packs, a gift and an allowance: what apps move in the weeks of a bill is
    what its lines book, Wi-Fi among them; what was free for users, what others paid for.
    """
    scenario = market({"parameters.background_mb": 0.0, "society.wifi": WIFI}, offers=FREE)
    sold, apps, carriers = Market(scenario, rng=2), ("chat", "feed"), ("one", "two")
    for _ in range(6):
        sold.run(4)

        def moved(scope: str, names: tuple[str, ...], which: str) -> float:
            month = slice(sold.week - 4, sold.week)
            return sum(sold.history.series(scope, n, which)[month].sum() for n in names)

        booked = dict[str, float]()
        for line in sold.ledger.lines:
            if line.week == sold.week - 1:
                booked[line.reason] = booked.get(line.reason, 0.0) + line.mb
        wifi, free = moved("carrier", carriers, "wifi_mb"), moved("app", apps, "sponsored_mb")
        assert moved("app", apps, "mb") == pytest.approx(sum(booked.values()))
        assert moved("carrier", carriers, "mb") == pytest.approx(sum(booked.values()) - wifi)
        assert booked["wifi"] == pytest.approx(wifi)
        assert moved("carrier", carriers, "sponsored_mb") == pytest.approx(free)
        paid_by_others = ("sponsored", "goodwill", "pack")
        assert sum(booked.get(r, 0.0) for r in paid_by_others) == pytest.approx(free)
    assert wifi > 0 and booked["pack"] > 0 and booked["overage"] > 0
