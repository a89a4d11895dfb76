"""Solo play: a game against bots, round by round, in the explorer."""

import json
import re
from importlib.resources import files
from urllib.parse import parse_qsl, quote

import numpy as np
import pytest

from market_model.desk import sentence
from market_model.explorer.place import Place
from market_model.explorer.solo import now
from market_model.game import GameTable, Round
from market_model.game.setup import LEVELS
from market_model.market import run
from market_model.market.digest import digest
from market_model.scenario import ScenarioError

pytest_plugins = ["browser"]
SMALL = (("society.users", "300"),)
BID = '{"zero_rating":{"china_mobile":{"bid":0.3}}}'


@pytest.mark.parametrize("rounds", [0, 3, 10])
def test_the_stage_shows_the_game_as_far_as_it_is_decided(rounds):
    place = Place(
        changes=SMALL,
        seat="yixin",
        actions=tuple((12 + 4 * k, "yixin", BID if k == 1 else "{}") for k in range(rounds)),
    )
    assert Place.read(place.query()) == place
    shown, table = (
        run(place.scenario(), 0, place.decisions(place.scenario())),
        GameTable.after(*place.game()),
    )
    if rounds == 10:
        table.run_out()
    assert shown.history.weeks == table.market.week == (64 if rounds == 10 else 12 + 4 * rounds)
    for app in ("wechat", "yixin", "laiwang"):
        np.testing.assert_array_equal(
            shown.history.series("app", app, "active"),
            table.market.history.series("app", app, "active"),
        )


def test_the_browser_asks_for_a_run_with_all_that_names_it():
    game = Place(
        changes=SMALL,
        seat="yixin",
        level="calm",
        actions=((12, "yixin", "{}"), (12, "wechat", "{}")),
        beside="wechat",
        later=((20, "parameters.habit_weight", "2"),),
    )
    written = {name for one in (game, Place.of_mission(1, 0)) for name, _ in parse_qsl(one.query())}
    script = files("market_model.explorer").joinpath("static/place.js").read_text("utf-8")
    (kept,) = re.findall(r"^const RUN = \[(.*)\]$", script, re.M)
    assert set(re.findall(r"'(\w+)'", kept)) == written


@pytest.mark.parametrize(
    ("seat", "actions", "words"),
    [
        ("yixn", (), "did you mean 'yixin'"),
        ("yixin", ((16, "yixin", "{}"),), "is not yixin's round 1"),
        ("yixin", ((12, "wechat", "{}"),), "is not yixin's round 1"),
        ("yixin", ((12, "yixin", '{"promo":1}'),), "did you mean 'promotion'"),
        ("yixin", tuple((12 + 4 * k, "yixin", "{}") for k in range(11)), "round 11 of 10"),
        ("yixin", ((12, "yixin", "[]"),), "do=12.yixin"),
        ("yixin", ((12, "yixin", '{"promotion":1'),), "do=12.yixin: is no JSON object such as"),
    ],
)
def test_an_address_that_is_no_game_is_told_in_words(seat, actions, words):
    with pytest.raises(ScenarioError, match=words):
        Place(changes=SMALL, seat=seat, actions=actions).game()


@pytest.mark.parametrize(
    ("beside", "actions", "words"),
    [
        ("yixin", (), "there is no seat 'yixin'"),
        ("wechat", ((12, "yixin", "{}"),), "wechat has not decided"),
        ("wechat", ((12, "wechat", "{}"),), "is not yixin's round 1"),
        ("wechat", ((12, "yixin", "{}"), (16, "yixin", "{}")), "is not wechat's round 1"),
    ],
)
def test_an_address_that_is_no_game_of_two_is_told_in_words(beside, actions, words):
    with pytest.raises(ScenarioError, match=words):
        Place(changes=SMALL, seat="yixin", beside=beside, actions=actions).game()


def test_two_at_one_screen_play_the_round_that_a_class_plays():
    bid, door = '{"promotion":2e7}', '{"monetisation":1.5}'
    place = Place(
        changes=SMALL,
        seat="yixin",
        beside="wechat",
        actions=((12, "yixin", bid), (12, "wechat", door)),
    )
    assert Place.read(place.query()) == place
    setup, rounds = place.game()
    assert rounds == [Round({"yixin": json.loads(bid), "wechat": json.loads(door)})]
    report = now(place)
    assert report.digest == digest(GameTable.after(setup, rounds).market)
    assert report.seats["yixin"]["standing"] and report.seats["wechat"]["standing"]
    shown = run(place.scenario(), 0, place.decisions(place.scenario()))
    np.testing.assert_array_equal(
        shown.history.series("app", "wechat", "active"),
        GameTable.after(setup, rounds).market.history.series("app", "wechat", "active"),
    )


def test_a_decision_that_no_cash_covers_is_told_in_words():
    place = Place(
        changes=SMALL, seat="yixin", actions=((12, "yixin", json.dumps({"promotion": 1e11})),)
    )
    (fault,) = now(place)
    assert "yixin has" in str(fault)
    assert sentence(place.setup(), "yixin", fault, "zh")[0].startswith(
        "本轮推广：推广和研发一共要花 1,000 亿元"
    )


def unfolded(page):
    """All fields, as who knows them opens them."""
    page.evaluate(
        "document.querySelectorAll('seat-board details').forEach(one => { one.open = true })"
    )


def decided(page, fields=()):
    address = page.url
    page.wait_for_selector("form.decision button.act")  # not the page that waits for the market
    page.wait_for_load_state()
    unfolded(page)
    for name, value in dict(fields).items():
        page.fill(f"[name='{name}']", value)
    page.click("form button.act")
    page.wait_for_url(lambda url: url != address)


def wrong(page, says):
    page.click("form button.act")
    page.wait_for_selector(f".problems:focus:has-text({json.dumps(says, ensure_ascii=False)})")


@pytest.mark.browser
@pytest.mark.slow
def test_a_whole_game_as_yixin_from_the_gallery_to_the_talk(server, visit):
    from axe_playwright_python.sync_playwright import Axe

    page = (seen := visit(server.address, viewport={"width": 390, "height": 844})).page
    page.click("article:has-text('Laiwang') a:has-text('Play against bots')")
    page.wait_for_url("**/solo?**")
    page.goto(f"{page.url}&set={quote('society.users=500')}")
    page.click("a:has-text('Play as Yixin')")
    page.wait_for_selector("[name='zero_rating.china_mobile.on']")
    page.wait_for_load_state()
    page.check("[name='zero_rating.china_mobile.on']")
    unfolded(page)
    for bid, says in (
        ("-1", "China Mobile · Bid: the most you would pay: is −1"),
        ("", "Bid: the most you would pay: it needs a price"),
    ):
        page.fill("[name='zero_rating.china_mobile.bid']", bid)
        wrong(page, says)
    page.fill("[name=promotion]", "9000")
    unfolded(page)
    page.fill("[name='zero_rating.china_mobile.bid']", "0.4")
    wrong(page, "Yixin has 2")
    decided(page, {"promotion": "20"})
    page.click("[data-card=product] summary")
    page.locator("[data-card=product] [type=range]").fill("1.5")
    assert page.input_value("[name=monetisation]") == "1.5"
    assert [
        v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    decided(page)
    page.go_back()
    assert "Round 2 of 10" in page.inner_text("h1")
    page.route("**/play?*", lambda route: route.abort())
    for _ in range(8):
        decided(page)
    page.unroute("**/play?*")
    decided(page)
    page.frame_locator("iframe").locator(".week:has-text('63')").wait_for()
    page.wait_for_selector(".debrief .chart svg")
    assert "Yixin (you)" in page.inner_text(
        ".debrief .scores"
    ) and "campaign 20 M" in page.text_content(".debrief .decisions")
    assert seen.strangers == [] and [e for e in seen.errors if "ERR_FAILED" not in e] == []


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(
    ("seat", "fields"), [("wechat", {"monetisation": "1.5"}), ("china_telecom", {"plan_fee": "18"})]
)
def test_a_whole_game_in_other_seats(server, visit, seat, fields):
    page = visit(f"{server.address}/solo?{Place(changes=SMALL, seat=seat).query()}&lang=zh").page
    for k in range(10):
        decided(page, fields if k == 0 else ())
    page.wait_for_selector(".debrief .chart svg")
    assert "你" in page.inner_text(".debrief .scores")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("level", LEVELS)
def test_a_whole_game_at_each_level(server, visit, level):
    """The first rounds by clicks, the others by going on; the bots are the level's own."""
    begun = Place(changes=SMALL, seat="yixin", level=level)
    page = (seen := visit(f"{server.address}/solo?{begun.query()}")).page
    decided(page, {"promotion": "20"})
    for _ in range(9):
        decided(page)
    assert Place.read(page.url.partition("?")[2]).level == level
    page.wait_for_selector(".debrief .chart svg")
    assert "Yixin (you)" in page.inner_text(".debrief .scores")
    assert seen.strangers == [] and seen.errors == []


@pytest.mark.browser
@pytest.mark.slow
def test_two_at_one_screen_seal_one_after_the_other(server, visit):
    page = (seen := visit(server.address, viewport={"width": 390, "height": 844})).page
    page.goto(f"{server.address}/solo?story=china-2013&set={quote('society.users=500')}")
    page.click("a:has-text('Two of us')")
    page.click("a:has-text('Play as Yixin')")
    assert page.inner_text("h1") == "Who plays beside Yixin?"
    page.click("a:has-text('Play as WeChat')")
    page.wait_for_selector(".turn")
    assert "WeChat: look away" in page.inner_text(".turn")
    page.click(".turn a")
    decided(page, {"promotion": "20"})
    assert "Sealed. Now WeChat decides" in page.inner_text(".turn")
    assert "promotion" not in page.url and "20000000" not in page.content()
    of_round_1 = dict(parse_qsl(page.url))["sealed"]
    page.click(".turn a")
    page.wait_for_selector("form.decision")
    assert "20000000" not in page.content()
    decided(page, {"promotion": "30"})
    assert "Round 2 of 10" in page.inner_text("h1")
    both = [value for name, value in parse_qsl(page.url) if name == "do"]
    assert [json.loads(one.partition("=")[2])["promotion"] for one in both] == [2e7, 3e7]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    round_2 = page.url
    for word in ("gone", of_round_1):
        page.goto(f"{round_2}&sealed={word}")
        page.wait_for_selector(".turn:has-text('Nothing is sealed')")
    page.goto(f"{server.address}/solo?story=china-2013&two=1&seat=nobody")
    assert "there is no seat 'nobody'" in page.inner_text(".solo .card")
    assert "obody" not in page.inner_text("h1")
    (refused,) = seen.errors
    assert "400" in refused and seen.strangers == []
