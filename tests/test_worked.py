"""Figures that people read off, each with an example worked by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from market_model.evidence.calibrate import APART, Tried, distinct, priors
from market_model.evidence.facts import Fact
from market_model.game.limits import beyond
from market_model.game.scores import flows, scores
from market_model.market import Market
from market_model.market.survival import keep
from market_model.players.decisions import CarrierDecision
from market_model.players.ledger import Ledger, Line
from market_model.scenario import ScenarioError, load_scenario
from market_model.scenario.load import build
from market_model.study.compare import interval
from market_model.sweep.design import Factor


def market_of(
    lines: list[Line], core: dict[str, float] | None = None, **series: float | list[float]
) -> Any:
    values = {
        name: np.array(value if isinstance(value, list) else [value] * 60)
        for name, value in series.items()
    }
    history = SimpleNamespace(series=lambda _, __, name: values[name])
    config = SimpleNamespace(owners={"house": SimpleNamespace(core_income=core or {})})
    ledger = Ledger({})
    ledger.lines = lines
    return SimpleNamespace(ledger=ledger, history=history, config=config)


def setup_of(kind: str) -> Any:
    prices = {"sms_price": 0.1, "voice_price": 0.2}
    plan = SimpleNamespace(main_plan=SimpleNamespace(fee=20.0), menu={}, plans={}, **prices)
    scenario = SimpleNamespace(user_value=lambda _: 257.0, carriers={"seat": plan})
    return SimpleNamespace(seats=["seat"], first=8, kind=lambda _: kind, scenario=scenario)


def test_a_score_is_discounted_profit_and_what_its_people_are_worth():
    lines = [
        Line(7, "users", "seat", "ads", 0.0, 1e6, False),  # before the first round
        Line(8, "users", "seat", "ads", 0.0, 110.0, False),
        Line(60, "users", "seat", "ads", 0.0, 110.0, False),  # 52 weeks later: a tenth off
        Line(60, "seat", "costs", "promotion", 0.0, 55.0, False),
        Line(60, "seat", "owner", "dividend", 0.0, 1e6, False),
        Line(60, "seat", "seat", "network", 0.0, 1e6, False),
    ]
    score = scores(setup_of("app"), market_of(lines, mau=3.0))["seat"]
    assert score.profit == pytest.approx(110 + 110 / 1.1 - 55 / 1.1)
    assert score.people == 3 * 257 and score.congestion == 0
    assert score.total == pytest.approx(110 + 100 - 50 + 771)
    assert flows(market_of(lines), "seat", 8) == ({"ads": 220.0}, {"promotion": 55.0})
    assert flows(market_of(lines), "seat", 8, 60) == ({"ads": 110.0}, {})


def test_the_mean_of_all_weeks_counts_and_core_income_is_the_app_s_that_brings_it():
    """By hand: 3 people in 26 of 52 weeks and 5 in the others, at 257 each; 13 bills of 4 weeks, 5
    active people, 0.1 money a week for the owner.
    """
    half = market_of([], {"seat": 0.1}, mau=[9.0] * 8 + [3.0] * 26 + [5.0] * 26, active=5.0)
    assert scores(setup_of("app"), half)["seat"].people == 4 * 257
    assert flows(half, "seat", 8) == ({"core income": pytest.approx(13 * 4 * 5 * 0.1)}, {})
    assert flows(half, "seat", 8, 12)[0] == {"core income": pytest.approx(4 * 5 * 0.1)}


@pytest.mark.parametrize(("paid", "level"), [(100.0, 1.0), (120.0, 1.0), (60.0, 95 / 135)])
def test_a_carrier_is_worth_a_year_of_bills_less_what_crowding_cost(paid: float, level: float):
    """By hand: 5 people, each 20 of fee and (15 + 20 + 10)/5 = 9 beside it, less 1 of cost, 13
    bills. For plans, 150 SMS and 100 minutes they pay 100 + 15 + 20 = 135 at the story's prices;
    where the plans bring 60 instead of 100, 95/135 = .7037 of it.
    """
    series = {
        "sms_income": 15.0,
        "voice_income": 20.0,
        "overage_income": 10.0,
        "plan_income": paid,
        "cost": 5.0,
        "sms": 37.5,
        "phone_minutes": 25.0,
    }
    market = market_of([], None, subscribers=5.0, congestion=2.0, **series)
    score = scores(setup_of("carrier"), market)["seat"]
    assert score.people == pytest.approx(13 * 5 * ((20 + 9) * level - 1))
    assert score.congestion == pytest.approx(52 * 2 * 5 * 0.1)  # weeks 8 … 59


def test_the_interval_of_a_mean_is_student_s():
    mean, low, high = interval(np.array([1.0, 2.0, 3.0]))
    half = 4.302653 / 3**0.5  # t(.975; 2), sd 1
    assert (mean, low, high) == pytest.approx((2.0, 2 - half, 2 + half))


def test_a_gap_counts_half_widths_of_its_own_side():
    fact = Fact("F", "F", "C", "m", "s", "", low=1.0, middle=2.0, high=6.0)
    assert [fact.gap(v) for v in (1.0, 1.5, 2.0, 4.0, 6.0, 8.0)] == [1, 0.5, 0, 0.5, 1, 1.5]


def test_what_is_kept_needs_four_weeks_on_each_side():
    series = np.array([1.0] * 4 + [5.0] * 4 + [0.0] * 8 + [2.0] * 4)
    assert keep(series, 4, 8) == pytest.approx((2 - 1) / (5 - 1))
    assert np.isnan([keep(series, 3, 8), keep(series, 4, 7), keep(series, 4, 9)]).all()


def test_sets_of_an_ensemble_stand_apart():
    name, (low, high) = next(iter(priors().items()))
    near, far = (low + share * (high - low) for share in (0.9 * APART, 1.1 * APART))
    sets = [Tried({name: value}, {}, 0.0) for value in (low, near, far)]
    assert [one.values[name] for one in distinct(sets, 3)] == [low, far]


def test_a_whole_factor_draws_its_highest_value_as_often_as_any():
    factor = Factor(range=(1, 4), whole=True)
    drawn = [factor.at(u) for u in np.linspace(0, 1, 401)[:-1]]
    assert {value: drawn.count(value) for value in set(drawn)} == {1: 100, 2: 100, 3: 100, 4: 100}


def test_the_ends_of_a_carrier_s_band_are_allowed():
    scenario = load_scenario("china-2013")
    fee = scenario.carriers["china_mobile"].plan.fee
    for share, faults in ((0.9, 0), (1.3, 0), (0.89, 1), (1.31, 1)):
        decision = CarrierDecision(plan_fee=round(share * fee, 4))
        assert len(list(beyond(scenario, "china_mobile", decision))) == faults, share


def test_a_house_reaches_over_owners_of_owners():
    scenario = build(
        {
            "name": "houses",
            "weeks": 2,
            "society": {"users": 20, "graph": {"family": "ring-lattice", "degree": 2}},
            "apps": {"a": {}, "b": {}},
            "carriers": {"c": {"share": 1.0}},
            "owners": {
                "venture": {"holds": {"a": 1.0}},
                "parent": {"holds": {"venture": 0.6, "c": 0.9}},
            },
        },
        "houses",
    )
    market = Market(scenario)
    assert market.state.same_house("a", "c") and market.state.same_house("a", "venture")
    assert not market.state.same_house("b", "c")


def test_shares_that_miss_one_are_refused():
    with pytest.raises(ScenarioError, match="share"):
        load_scenario("china-2013", {"carriers.china_mobile.share": 0.374})
