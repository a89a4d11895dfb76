"""Missions: each can be won, not by doing nothing nor by the first idea, and is played by clicks."""

import time
from dataclasses import replace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from conftest import until

from market_model.explorer.mission import Attempt, _lasting
from market_model.missions import lines, missions, outcome
from market_model.missions.mission import mission
from market_model.scenario import ScenarioError
from market_model.words.catalogue import texts

pytest_plugins = ["browser"]
FIRST, *LATER = missions()


def wins_by_the_best_try_alone(one):
    made = lines(one.number, one.seed)
    assert made.best >= one.goal.bar > max(made.nothing, made.idea)
    assert all(made.stars(one.goal.bar, made.best)[::2])
    assert made.stars(one.goal.bar, made.idea) == (False, False, False)


def test_the_first_mission_is_won_by_free_data_among_friends_and_not_by_ads_alone():
    wins_by_the_best_try_alone(FIRST)
    best = [FIRST.decision(placed) for placed in FIRST.tries["best"]]
    now = outcome(1, FIRST.seed, best)
    assert now.value == now.lines.best == now.places["guangdong"].users
    assert now.nothing == now.lines.nothing


@pytest.mark.slow
@pytest.mark.parametrize("one", LATER, ids=lambda one: one.name)
def test_a_mission_is_won_by_its_best_try_and_by_no_other(one):
    wins_by_the_best_try_alone(one)


@pytest.mark.parametrize("one", missions(), ids=lambda one: one.name)
def test_a_mission_has_its_texts_and_tries_that_can_be_placed(one):
    for language in ("en", "zh"):
        told = texts("missions", language)
        assert {f"{one.name}_{token}" for token in one.tokens} <= told["token"].keys()
        assert (
            told["mission"][one.name].keys()
            == texts("missions", "en")["mission"][FIRST.name].keys()
        )
    for tried in one.tries.values():
        assert len(tried) == one.rounds
        attempt = Attempt(one, 7, tuple(tried), challenge=12)
        assert Attempt.read(str(one.number), attempt.query()) == attempt
        assert len(attempt.place().game()[1]) == one.rounds


def test_texts_of_missions_are_of_missions_that_there_are():
    told = texts("missions", "en")
    assert told["mission"].keys() == {one.name for one in missions()}
    assert told["token"].keys() == {f"{m.name}_{token}" for m in missions() for token in m.tokens}


@pytest.mark.parametrize(
    ("number", "query", "says"),
    [
        ("99", "", "there is no mission '99'; use 1 to"),
        ("x", "", "there is no mission 'x'"),
        ("1", "seed=-1", "'-1' is not a whole number"),
        ("1", "challenge=much", "challenge: 'much' is not a whole number"),
        ("1", "round=campain:guangdong", "did you mean 'campaign'"),
        ("1", "round=free:guangdong", "there is no token 'free' in it"),
        ("1", "round=campaign:guangdon", "did you mean 'guangdong'"),
        ("1", "round=campaign", "the token 'campaign' needs a place"),
        ("1", "round=&round=&round=&round=", "the mission has 3 rounds"),
        ("1", "round=&round=free:guangdong&round=free:hunan", "there is no token 'free' in it"),
        ("3", "round=shut:guangdong", "the token 'shut' is of no place"),
        ("1", "round=campaign:hunan", "there is no place 'hunan'"),
        ("3", "round=shut;ask", "the token 'ask' takes the place of 'shut'"),
    ],
)
def test_a_bad_address_is_told_in_a_line(number, query, says):
    with pytest.raises(ScenarioError, match=says):
        Attempt.read(number, query)


def test_a_bad_address_is_a_page_with_one_line(server):
    for language, says in (("en", "there is no mission"), ("zh", "没有任务")):
        with pytest.raises(HTTPError) as caught:
            urlopen(f"{server.address}/mission/99?lang={language}")
        assert caught.value.code == 400 and says in caught.value.read().decode()
    with urlopen(f"{server.address}/missions?lang=zh") as page:
        assert page.read().decode().count("data-mission=") == len(missions())


def test_other_luck_is_another_game():
    one = mission("1")
    assert outcome(1, 5, [{}]).value != outcome(1, 6, [{}]).value
    assert replace(one, seed=5).setup() == one.setup(5)


@pytest.mark.browser
@pytest.mark.parametrize("number", [1, 7])
def test_at_the_end_the_way_on_is_in_sight(server, visit, number):
    rounds = "&".join(["round="] * mission(str(number)).rounds)
    page = visit(f"{server.address}/mission/{number}?{rounds}").page
    page.wait_for_selector(".aha")
    page.wait_for_load_state()
    box = page.locator(".came .go").bounding_box()
    assert box["y"] + box["height"] <= 900


@pytest.mark.browser
def test_the_first_minute_from_the_gallery_to_the_first_outcome(server, visit):
    page = (seen := visit(server.address, viewport={"width": 390, "height": 844})).page
    page.wait_for_selector(".story .legend li")
    since = time.monotonic()
    page.click("a:has-text('win Guangdong')")
    page.wait_for_selector("text=Put a campaign on the glowing province")
    page.wait_for_selector(".disc.glow")
    assert page.locator(".disc.glow").count() == page.locator(".token").count() == 1
    page.click(".disc.glow")
    assert page.inner_text(".disc[data-place=guangdong] em") == "Ads"
    page.click("button:has-text('Play four weeks')")
    page.wait_for_selector(".came:has-text('→')")
    print(f"\nfrom the gallery to the first outcome: {time.monotonic() - since:.1f} s")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.wait_for_load_state()
    page.click("text=On to round 2")
    token, button = (page.locator(one).last.bounding_box() for one in (".token", ".desk-table .go"))
    assert token["y"] + token["height"] <= button["y"] <= 844 - button["height"]
    page.click(".disc[data-place=guangdong]")
    page.click(".token:has-text('Free data')")
    page.click(".disc[data-place=guangdong]")
    page.click("[data-part=go]")
    page.wait_for_selector("text=On to round 3")
    page.wait_for_load_state()
    page.click("text=On to round 3")
    page.click(".disc[data-place=guangdong]")
    page.click("[data-part=go]")
    page.wait_for_selector(".aha")
    assert page.locator(".came .stars .won").count() == 3
    until(lambda: page.evaluate("localStorage.length"))
    dare = page.input_value("[data-part=dare]")
    page.goto(dare)
    page.wait_for_selector(".challenge:has-text('Can you beat that?')")
    page.goto(f"{server.address}/missions")
    page.wait_for_selector("[data-mission=guangdong] [aria-label=★★★]")
    page.goto(server.address)
    page.wait_for_selector("[data-part=won]:has-text('★ 3')")
    assert seen.strangers == [] and seen.errors == []


@pytest.mark.browser
def test_a_campaign_is_placed_everywhere_at_once_and_taken_back(server, visit) -> None:
    page = visit(f"{server.address}/mission/2").page
    placed = page.locator(".disc[aria-pressed=true]")
    page.click("button:has-text('All places')")
    assert placed.count() == page.locator(".disc").count() == 12
    page.click(".disc[data-place=hunan]")
    assert placed.count() == 11
    page.click("button:has-text('All places')")
    assert placed.count() == 12
    page.click("button:has-text('All places')")
    assert placed.count() == 0
    assert page.locator(".token small").first.inner_text() == "30 M RMB"


@pytest.mark.browser
@pytest.mark.slow
def test_a_mission_that_is_over_is_a_picture_to_share(server, visit, tmp_path):
    from PIL import Image

    rounds = [FIRST.tries["best"][k] for k in range(FIRST.rounds)]
    query = Attempt(FIRST, FIRST.seed, tuple(rounds)).query()
    page = (seen := visit(server.address, viewport={"width": 390, "height": 844})).page
    page.goto(f"{server.address}/mission/1?{query}")
    page.wait_for_selector("[data-part=picture]")
    page.wait_for_load_state()
    with page.expect_download() as coming:
        page.click("[data-part=picture]")
    coming.value.save_as(tmp_path / "share.png")
    assert coming.value.suggested_filename == "guangdong.png"
    with Image.open(tmp_path / "share.png") as image:
        assert image.size == (1200, 630)
        colors = {color for _, color in image.convert("RGB").getcolors(1 << 24)}
    assert (0xF0, 0xA2, 0x02) in colors, "no star is there"
    assert seen.errors == [] and seen.strangers == []


def test_what_takes_the_place_of_an_earlier_token_runs_alone() -> None:
    one = missions()[2]
    placed = ({"own_free": (), "shut": ()}, {"ask": ()})
    assert _lasting(Attempt(one, one.seed, placed[:1])) == ["own_free", "shut"]
    assert _lasting(Attempt(one, one.seed, placed)) == ["own_free", "ask"]
    opened = one.decision(placed[1])["asks"]
    assert opened == {"wechat": "default"}, "the door is open again, too"


def test_a_round_tells_what_apps_paid_a_carrier_and_why_others_did_not() -> None:
    payer = mission("3")

    def after(*placed: str):
        return outcome(3, 1, [payer.decision({name: []} if name else {}) for name in placed])

    asked, plain, shut = after("ask", ""), after("", ""), after("shut", "")
    assert asked.paid["wechat"] == pytest.approx(2 * plain.paid["wechat"], rel=0.01)
    assert asked.paid["wechat"] == pytest.approx(145.8e6, rel=0.01)
    assert (shut.paid, shut.refused) == ({}, [("wechat", "closed")])
    assert after("ask").paid == {}


def test_free_data_before_a_player_can_buy_any_is_somebody_else_s() -> None:
    campaign = FIRST.decision({"campaign": ["guangdong"]})
    assert outcome(1, FIRST.seed, [campaign]).given == ["china_telecom"]
    assert outcome(2, 1, []).refused == []


@pytest.mark.browser
@pytest.mark.slow
def test_a_round_says_who_pays_what_it_costs_and_what_was_missed(server, visit) -> None:
    page = (seen := visit(server.address, viewport={"width": 1280, "height": 900})).page
    page.goto(f"{server.address}/mission/3?seed=1&round=ask&round=")
    page.wait_for_selector(".came:has-text('WeChat paid you 146\u00a0M\u00a0RMB')")
    page.goto(f"{server.address}/mission/1?seed=1")
    page.click(".disc.glow")
    page.wait_for_selector("text=This round costs 30\u00a0M\u00a0RMB.")
    page.goto(f"{server.address}/mission/1?seed=1&round=campaign:guangdong")
    page.wait_for_selector(".came:has-text('China Telecom, not you, pays for free data of Yixin')")
    page.wait_for_selector(".filmed")
    film = page.frame_locator("iframe[data-film]")
    key, stage = (film.locator(part).bounding_box()["height"] for part in (".key", ".stage"))
    assert key < 120 < 350 < stage, "the map has the room that its colours leave"
    page.goto(f"{server.address}/mission/1?seed=1&round=&round=&round=")
    page.wait_for_selector(".came:has-text('The goal was missed by')")
    assert seen.errors == [] and seen.strangers == []
