"""The user inspector, the live cards and the panels."""

import json
from collections import Counter

import pytest

from market_model.explorer.place import Place
from market_model.explorer.playback import simulate
from market_model.market import Market, User, run

pytest_plugins = ["browser"]


def test_the_terms_told_are_those_of_the_model_and_looking_changes_nothing(monkeypatch):
    from market_model.explorer.onlooker import Onlooker, card
    from market_model.market.digest import digest

    scenario, values, value = (
        Place(changes=(("society.users", "400"), ("weeks", "12"))).scenario(),
        {},
        User.value,
    )
    monkeypatch.setattr(
        User,
        "value",
        lambda user, a: values.setdefault((user.now.week, user.index, a), value(user, a)),
    )
    as_agents = run(scenario, 3, engine="agents")
    monkeypatch.undo()
    onlooker = Onlooker(9)
    market = Market(scenario, rng=3, observers=[onlooker])
    assert digest(market.run()) == as_agents.digest
    compared, surprise = Counter(), 0.0
    for index in range(400):
        for a, app in enumerate(card(onlooker, index, "en")["apps"]):
            compared[app["status"], app["used"]] += 1
            if app["status"] == "chose":
                assert sum(app["terms"].values()) == pytest.approx(values[9, index, a], abs=1e-9)
                surprise += app["used"] - app["chance"]
            if app["terms"]:  # the card says what the chance is at a sum of 0
                above = sum(app["terms"].values()) > 0
                assert app["chance"] == app["even"] or (app["chance"] > app["even"]) == above
                assert (app["even"] == 0.5) == (app["status"] != "aware")
    assert (
        min(compared["chose", True], compared["chose", False], compared["unaware", False])
        > 50
        > 2 * abs(surprise)
    )


def test_the_bills_of_who_pays_add_up_to_the_whole(tmp_path):
    simulate(Place(changes=(("society.users", "400"), ("weeks", "40"))), str(tmp_path))
    paid = next(
        p
        for line in (tmp_path / "story.en").open()
        for p in json.loads(line).get("panels", [])
        if p["key"] == "paid"
    )
    months, bands = Counter(), paid["charts"][0]["option"]["series"][0]["links"]
    for _, payer, carrier, money in paid["months"]:
        months[payer, carrier] += money
    assert months == pytest.approx(
        {(b["source"], b["target"]): b["value"] for b in bands}, rel=2e-3
    )


@pytest.mark.browser
def test_a_dot_tells_why_and_every_figure_has_a_table(server, visit):
    watched = visit(f"{server.address}/play?view=carrier&week=40")
    page = watched.page
    page.wait_for_selector(".loaded ~ .panels #tab-paid")
    page.wait_for_function("document.querySelector('[data-name=offers] b').textContent === '3'")
    page.locator(".stage").click()
    page.wait_for_selector(".user dl")
    page.locator(".stage").hover()
    assert (
        page.locator(".user h2").text_content()
        == page.locator(".tip").text_content().split(" · ")[0]
    )
    assert (
        page.locator(".tip").text_content().split(" · ")[1]
        in page.locator(".user dl").text_content()
    )
    assert page.locator(".user tr").count() > 8
    for tab in page.locator("[role=tab]").all():
        tab.click()
        page.locator(".panels summary").click()
        assert page.locator(".panels td").first.text_content()
    assert watched.errors == []
