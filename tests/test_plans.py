"""Plans are chosen: menus, pay-as-you-go, reviews, and what people are worth to carriers."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from test_engine import assert_same

from market_model.market import Market, engine
from market_model.market.digest import digest
from market_model.scenario import Scenario, ScenarioError
from market_model.scenario.load import build

DATA: dict[str, Any] = {"fee": 20.0, "cap_mb": 100.0, "overage": 0.3, "share": 0.3}
SMALL: dict[str, Any] = {"fee": 8.0, "cap_mb": 30.0, "overage": 0.5, "share": 0.2}
PAY: dict[str, Any] = {"fee": 0.0, "cap_mb": 0.0, "overage": 1.0}


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
