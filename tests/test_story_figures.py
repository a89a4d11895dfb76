"""Figures that are a story's own: what they add up, where they are wrong, and that pages show them."""

from urllib.parse import urlencode

import numpy as np
import pytest

from market_model.market import run
from market_model.scenario import ScenarioError, builtin_names, load_scenario
from market_model.study.figures import title_of, unit, values

pytest_plugins = ["browser"]

FILE = """
extends = "facebook-mobile-2012"
weeks = 12
society.users = 200
society.warmup_weeks = 5
[[figures]]
of = ["ledger.facebook.ads"]
part_of = ["ledger.facebook.ads", "ledger.facebook.desktop ads"]
title = "Phones"
[[figures]]
of = ["market.sms", "apps.*.messages"]
title = "Sent"
title_zh = "发出"
"""


def market_of(scenario):
    known = []
    run(scenario, 0, on_week=lambda market: known.append(market))
    return known[-1]


def test_sums_and_parts_are_those_of_the_ledger_and_the_series(tmp_path):
    (tmp_path / "x.toml").write_text(FILE)
    scenario = load_scenario(tmp_path / "x.toml")
    market = market_of(scenario)
    phones, sent = (
        values(market.history, market.ledger.lines, figure) for figure in scenario.figures
    )
    for week in (3, 7, 11):
        paid = {
            reason: sum(
                x.rmb
                for x in market.ledger.lines
                if (x.week, x.payee, x.reason) == (week, "facebook", reason)
            )
            for reason in ("ads", "desktop ads")
        }
        whole = paid["ads"] + paid["desktop ads"]
        assert whole > 0
        assert phones[week] == pytest.approx(paid["ads"] / whole)
    assert np.isnan(np.delete(phones, [3, 7, 11])).all()
    of = market.history.series
    by_hand = of("market", "", "sms") + sum(
        of("app", app, "messages") for app in scenario.messengers
    )
    assert sent == pytest.approx(by_hand)
    assert values(market.history, market.ledger.lines, scenario.figures[1], 9) == pytest.approx(
        sent[9:]
    )
    assert [title_of(figure, "zh") for figure in scenario.figures] == ["Phones", "发出"]
    assert [unit(figure, "en", "USD") for figure in scenario.figures] == ["", "SMS/week"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("apps.facebok.active", "there is no 'facebok'; did you mean 'facebook'"),
        ("apps.facebook.activ", "there is no series 'activ'; did you mean 'active'"),
        ("market.facebook.sms", "it needs apps.NAME.SERIES"),
        ("ledger.*.ads", "there is no '\\*'"),
        ("shops.x.y", "it needs apps.NAME.SERIES"),
    ],
)
def test_a_figure_of_nothing_is_told(tmp_path, path, problem):
    (tmp_path / "x.toml").write_text(FILE.replace("ledger.facebook.ads", path, 1))
    with pytest.raises(ScenarioError, match=f"figures.0.of: has '.*'.*{problem}"):
        load_scenario(tmp_path / "x.toml")


def test_figures_of_the_stories_have_values_and_chinese_names():
    for name in (n for n in builtin_names() if "/" not in n):
        assert all(figure.title_zh for figure in load_scenario(name).figures), name


@pytest.mark.browser
def test_a_card_and_a_curve_show_a_storys_own_figure(server, visit):
    small = {"society.users": 400, "weeks": 40}
    place = urlencode(
        [("story", "facebook-mobile-2012"), *(("set", f"{k}={v}") for k, v in small.items())]
    )
    seen = visit(f"{server.address}/play?{place}&week=39")
    page = seen.page
    page.wait_for_selector(".week:text-is('Week 39')")
    scenario = load_scenario("facebook-mobile-2012", small)
    market = market_of(scenario)
    share = values(market.history, market.ledger.lines, scenario.figures[0])[39]
    page.wait_for_function(
        "text => document.querySelector('.figures li b').textContent === text",
        arg=f"{100 * share:.1f}%",
    )
    titles = page.locator(".figures h2").all_text_contents()
    assert titles[:3] == [figure.title for figure in scenario.figures]
    assert "Stayed after the offer" not in titles
    page.select_option(".curve select", label=scenario.figures[0].title)
    page.wait_for_selector(f".curve text:text-is('{100 * share:.1f}%')")
    page.wait_for_selector(".curve optgroup", state="attached")
    sms = market_of(scenario).history.series("market", "", "sms")[39]
    whole_market = page.locator(".curve optgroup").last.locator("option:text-is('SMS')")
    page.select_option(".curve select", whole_market.get_attribute("value"))
    page.wait_for_selector(f".curve text:text-is('{sms / 1e9:.3g}bn')")
    assert seen.errors == []
