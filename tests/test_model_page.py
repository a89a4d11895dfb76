"""The drawer of parameters, and the page of the model."""

import json
from urllib.request import urlopen

import pytest

from market_model.explorer.fields import LEVERS

pytest_plugins = ["browser"]


def asked(server, path):
    return json.loads(urlopen(f"{server.address}/explorer/{path}").read())


@pytest.mark.browser
def test_the_drawer_changes_the_story(server, visit):
    page = visit(f"{server.address}/play?set=society.users=200&set=weeks=8").page
    page.click(".opener")
    first = page.locator(".groups > details").first.locator(".field")
    first.first.wait_for()
    assert first.evaluate_all("all => all.map(one => one.dataset.path)") == [*LEVERS]
    page.click(".groups summary:has-text('numbers fitted')")
    row = page.locator(".field[data-path='parameters.salience']")
    row.locator("input[type=range]").press("End")
    page.click(".drawer .act")
    page.wait_for_url("**users%3D200**set=parameters.salience%3D0.4**")
    page.wait_for_selector(".groups:not([inert]) .changed[data-path='parameters.salience']")
    row.locator(".reset").click()
    assert row.get_attribute("class") == "field"
    page.click(".drawer .act")
    page.wait_for_url(lambda url: "salience" not in url)
    page.keyboard.press("Escape")
    page.wait_for_selector(".opener:focus")


@pytest.mark.browser
def test_a_lever_may_act_only_from_the_week_that_is_shown(server, visit):
    page = visit(f"{server.address}/play?set=society.users=200&set=weeks=8&week=4").page
    page.wait_for_selector(".player.loaded:not(.covered) .week:text-is('Week 4')")
    page.click(".opener")
    page.locator(".field[data-path='parameters.habit_weight']").wait_for()
    page.check(".late input")
    assert page.locator(".field:not([data-later])").evaluate_all(
        "all => all.every(row => row.inert)"
    )
    tops = page.locator(".groups summary").evaluate_all("all => all.map(one => one.offsetTop)")
    assert len(set(tops)) == len(tops) > 5
    page.locator("[data-path='parameters.habit_weight'] input[type=range]").press("Home")
    page.click(".drawer .act")
    page.wait_for_url("**then=4.parameters.habit_weight%3D**")
    page.wait_for_selector(".finding .who:not(:empty)")


@pytest.mark.browser
def test_every_rule_has_curves_that_its_sliders_move(server, visit):
    page = visit(f"{server.address}/model?lang=zh").page
    page.wait_for_function("document.querySelectorAll('.rule svg').length == 10")
    for rule in page.locator(".rule").all():
        before, shown = (
            rule.locator("svg").inner_html(),
            rule.locator("output").first.text_content(),
        )
        rule.locator("input").first.press("PageUp")
        assert rule.locator("output").first.text_content() not in (shown, "–")
        page.wait_for_function(
            "([rule, old]) => rule.innerHTML != old",
            arg=[rule.locator("svg").element_handle(), before],
        )


def test_curves_and_fields_are_those_of_the_model(server):
    from market_model.explorer.fields import rows as fields
    from market_model.explorer.place import Place
    from market_model.market import equations as eq
    from market_model.scenario.parameters import Parameters

    points = dict(asked(server, "curve?rule=shadow")["series"][0]["data"])
    assert [points[x] for x in (50, 200, 800)] == pytest.approx(
        [0, eq.shadow_price(200.0, 70.0, 0.29, 6.0, False, 1.0), 0.29], rel=1e-3
    )
    rows = {
        r["path"]: r
        for r in fields(
            Place(changes=(("parameters.price_pressure", "{lognormal={median=0.7,sigma=0.6}}"),)),
            "en",
        )
    }
    assert {f"parameters.{name}" for name in Parameters.model_fields} <= set(rows)
    assert (
        rows["parameters.price_pressure"]["value"],
        rows["parameters.price_pressure"]["written"],
    ) == (0.7, 0.921)
