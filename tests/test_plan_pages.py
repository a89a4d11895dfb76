"""Where plans are shown and moved: reports, the form of a seat, learning agents, sweeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_plans import DATA, FREE, PAY, SMALL, market

from market_model.charts.page import report
from market_model.charts.sections import sections
from market_model.desk import decided, decision_of, form
from market_model.desk.levers import NOW, groups, standing
from market_model.game import GameTable, problems, setup_of
from market_model.game.limits import limits
from market_model.learning import MarketParallelEnv
from market_model.market import run
from market_model.players.decisions import CarrierDecision
from market_model.scenario import load_scenario
from market_model.study.report import report_data
from market_model.sweep.drive import run_sweep
from market_model.sweep.store import Results
from market_model.words import amount, plans


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Who has which plan"), ("zh", "谁用哪种套餐")]
)
def test_a_report_shows_plans_where_there_are_menus_and_only_there(
    language: str, words: str
) -> None:
    done = run(market(offers=FREE))
    data = report_data(done, None, language)
    (section,) = (s for s in sections(data) if s.key == "plans")
    assert [chart.title for chart in section.charts][:2] == ["One", "Two"]
    drawn = [one["name"] for one in section.charts[0].option["series"]]
    called = {
        "en": ["100 MB for 20 RMB", "30 MB for 8 RMB", "Pay-as-you-go"],
        "zh": ["20元 100 MB", "8元 30 MB", "按量付费"],
    }
    assert drawn[:3] == called[language] and len(drawn) == 4
    assert len(section.rows) == (4 + 3) * 6 and words in report(data)
    last = {
        row[2]: row[3:] for row in section.rows if row[0] == "One" and row[1] == section.rows[-1][1]
    }
    for label, plan in zip(called[language], ("data", "small", "pay"), strict=True):
        assert last[label] == [
            amount(done.history.series("plan", f"one/{plan}", which)[-1], language)
            for which in ("customers", "data_users", "chosen", "income")
        ]
    income = done.history.series("carrier", "two", "data_revenue")[-1]
    assert section.rows[-1][-1] == amount(income, language)
    one = {"share": 1.0, "plan": {"fee": 20.0}}
    plain = run(market(parameters={}, carriers={"only": one}))
    assert "plans" not in [s.key for s in sections(report_data(plain, None, language))]


def test_a_seat_moves_any_plan_of_its_menu_within_its_band() -> None:
    setup = setup_of(market({"weeks": 60}), rounds=3)
    table = GameTable(setup)
    view = table.view("one")
    assert set(view.menus["two"]) == {"data", "pay"} and view.menus["one"]["small"]["fee"] == 8.0
    bounds = limits(setup.scenario, "one")
    assert bounds["plans.small.fee"] == (7.2, 10.4) and bounds["plan_fee"] == (18.0, 26.0)
    decision = CarrierDecision.model_validate(
        {"plans": {"small": {"fee": 7.5}, "data": {"fee": 19}}}
    )
    table.pass_round({"one": decision})
    menu = table.market.state.carrier("one").menu
    assert (menu["small"].fee, menu["small"].cap_mb, menu["data"].fee) == (7.5, 30.0, 19.0)
    for terms, lever in (
        ({"small": {"fee": 11.0}}, "plans.small.fee"),
        ({"data": {"fee": 30.0}}, "plans.data.fee"),
        ({"pay": {"fee": 1.0}}, "plans.pay.fee"),
        ({"none": {"fee": 1.0}}, ""),
    ):
        wrong = problems(setup, "one", {"plans": terms}, table.view("one"))
        assert [fault.lever for fault in wrong] == [lever], terms


def test_the_form_of_a_seat_holds_each_plan_of_its_menu() -> None:
    setup = setup_of(market({"weeks": 60}), rounds=3)
    table = GameTable(setup)
    view = table.view("one")
    named = [lever.path for group in groups(setup, "one") for lever in group.levers]
    assert {"plans.small.fee", "plans.small.cap_mb", "plans.pay.overage"} < set(named)
    assert "plans.pay.fee" not in named  # nothing times anything
    stands = standing(setup, "one", view)
    typed = {f"{NOW}{path}": stands[path] for path in named if path in stands} | stands
    assert decision_of(setup, "one", typed) == {}
    changed = decision_of(setup, "one", typed | {"plans.small.fee": "7"})
    assert changed == {"plans": {"small": {"fee": 7.0, "cap_mb": 30.0, "overage": 0.5}}}
    for language, small in (("en", "30 MB for 8 RMB"), ("zh", "8元 30 MB")):
        page = str(form(setup, "one", view, language))
        assert page.count('name="plans.small.') == 3 and f"<legend>{small}</legend>" in page
        assert small in decided(setup, "one", changed, language)


def test_a_learning_agent_has_the_levers_of_a_menu() -> None:
    env = MarketParallelEnv(setup_of(market({"weeks": 60}), rounds=3))
    env.reset(seed=1)
    names = env.action_names("one")
    assert {"plans.small.fee", "plans.pay.overage"} < set(names)
    assert {"menus.two.data.fee", "levers.plans.small.fee"} < set(env.observation_names("one"))
    actions = {a: np.zeros(len(env.action_names(a)), int) for a in env.agents}
    for carrier in ("one", "two"):
        actions[carrier][names.index("plans.small.fee")] = 1
    env.step(actions)
    carriers = {c.name: c.menu for c in env.market.carriers}
    assert carriers["one"]["small"].fee == pytest.approx(7.2)
    assert carriers["two"]["data"].fee == 15.0  # it has no such plan


def test_a_sweep_goes_over_the_fee_of_a_plan_of_a_menu(tmp_path: Path) -> None:
    file = tmp_path / "fees.toml"
    file.write_text(
        """
        name = "fees"
        scenario = "philippines-2013"
        set = { "society.users" = 200, "society.warmup_weeks" = 0, weeks = 12 }
        factors = { "carriers.globe.plans.five_days.fee" = { values = [5.0, 60.0] } }
        design = { kind = "grid", replicates = 1 }
        """
    )
    results = Results(run_sweep(file, tmp_path / "out", workers=1))
    runs = results.runs().to_pylist()
    assert [one["status"] for one in runs] == ["ok", "ok"]
    customers = [one["plans.globe/five_days.customers"] for one in runs]
    assert customers[0] > customers[1]


def test_a_sweep_goes_over_an_allowance_and_a_place(tmp_path: Path) -> None:
    file = tmp_path / "levers.toml"
    file.write_text(
        """
        name = "levers"
        scenario = "china-2013"
        [set]
        "society.users" = 200
        weeks = 24
        "apps.yixin.campaigns" = [{ start = 8, length_weeks = 8, regions = ["guangdong"], try_once = 0.5 }]
        [factors]
        "offers.yixin_everywhere.allowance_mb" = { values = [1, 100] }
        "apps.yixin.campaigns.0.regions.0" = { values = ["guangdong", "beijing"] }
        [design]
        kind = "grid"
        replicates = 1
        """
    )
    results = Results(run_sweep(file, tmp_path / "out", workers=1))
    runs = results.runs().to_pylist()
    assert [one["status"] for one in runs] == ["ok"] * 4
    by = {
        (one["offers.yixin_everywhere.allowance_mb"], one["apps.yixin.campaigns.0.regions.0"]): one
        for one in runs
    }
    free = [by[mb, "guangdong"]["apps.yixin.sponsored_mb"] for mb in (1, 100)]
    new = [by[100, place]["apps.yixin.registered"] for place in ("guangdong", "beijing")]
    assert free[0] < free[1] and new[0] > new[1]


def test_the_main_plan_is_the_first_that_is_one() -> None:
    plans = {"pay": PAY, "small": SMALL, "data": DATA | {"share": 0.3}}
    one = {"share": 1.0, "plans": plans}
    setup = setup_of(market({"weeks": 60}, carriers={"one": one}), rounds=3)
    assert setup.scenario.carriers["one"].main == "small"
    table = GameTable(setup)
    table.pass_round({"one": CarrierDecision(plan_fee=9.0)})
    menu = table.market.state.carrier("one").menu
    assert [plan.fee for plan in menu.values()] == [0.0, 9.0, 20.0]


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("en", ["150 MB for 20 RMB", "70 MB for 10 RMB", "Pay-as-you-go"]),
        ("zh", ["20元 150 MB", "10元 70 MB", "按量付费"]),
    ],
)
def test_readers_know_a_plan_by_its_terms(language: str, labels: list[str]) -> None:
    config = load_scenario("china-2013").carriers["china_mobile"]
    assert list(plans(config.terms_of_plans, "RMB", language).values()) == labels


def test_plans_of_the_same_terms_have_their_names_too() -> None:
    menu = {"night": (5.0, 10.0), "day": (5.0, 10.0), "none": (0.0, 0.0)}
    assert list(plans(menu, "RMB", "en").values()) == [
        "10 MB for 5 RMB · Night",
        "10 MB for 5 RMB · Day",
        "Pay-as-you-go",
    ]
