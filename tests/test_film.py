"""The map on a projector: the weeks of a round, news, apps by users; large, whole, nothing secret."""

import gzip
import json
import re

import pytest
from browser import Watched

from market_model import desk
from market_model.game import GameTable, Round, setup_of
from market_model.game.report import round_report
from market_model.scenario import load_scenario
from market_model.words import languages

pytest_plugins = ["browser"]
SMALLEST = """[...document.querySelectorAll('#film :is(text, li, th, td, p, caption), #status :is(h1, p)')]
  .filter(one => one.textContent.trim())
  .map(one => parseFloat(getComputedStyle(one).fontSize) * (one.getScreenCTM?.()?.a ?? 1)
    / innerHeight).sort((a, b) => a - b)[0]"""
"""The smallest text of the projector, as a part of its height."""
PARTS = "[...document.querySelectorAll('.part')].map(one => one.getAttribute('stroke-dasharray')).join()"


@pytest.mark.parametrize("story", ["china-2013", "philippines-2013", "messenger-2015"])
@pytest.mark.parametrize("language", [*languages()])
def test_a_film_is_small_and_ends_as_it_stands(story: str, language) -> None:
    table = GameTable(setup_of(load_scenario(story, {"society.users": 800})))
    for played in range(2):
        report = round_report(table)
        page = str(desk.film(table.setup, report, language))
        frames = json.loads(re.findall('data-frames="([^"]*)"', page)[0])
        assert len(gzip.compress(page.encode())) < 30_000
        assert {len(weeks) for weeks in frames} == {5}
        shown = re.findall(r'stroke-dasharray="(\d+) 1000"', page)
        assert [int(part) for part in shown] == [p for weeks in frames for p in weeks[-1]]
        assert all(sum(week) <= 1000 + len(week) for weeks in frames for week in weeks)
        bare = str(desk.film(table.setup, report, language, ladder=False))
        assert played <= bare.count("<li>") <= 3 * played and "ladder" not in bare
        assert page.count("data-users=") == len(report.public["apps"])
        assert "style=" not in page and "<script" not in page
        table.play(Round({}))


def test_a_pack_is_a_square_where_it_is_not_sold_everywhere_and_a_place_may_be_empty() -> None:
    table = GameTable(setup_of(load_scenario("china-2013", {"society.users": 800})))
    report = round_report(table)
    offer = {"apps": ["yixin"], "regions": {"china_mobile": []}, "payer": "app"}
    report.public["places"]["hunan"]["people"] = 0.0
    report.public["offers"] = []
    assert "No offer runs." in (page := str(desk.film(table.setup, report, "en")))
    assert 'class="mark"' not in page and "free data banned" not in page
    for payer, regions, dots, squares in (
        ("app", [], len(report.public["places"]), 0),
        ("user", [], 0, 0),
        ("user", ["guangdong"], 0, 1),
    ):
        report.public["offers"] = [offer | {"payer": payer, "regions": {"china_mobile": regions}}]
        page = str(desk.film(table.setup, report, "en"))
        assert page.count('<circle class="mark"') == dots
        assert page.count('<rect class="mark"') == squares
        told = {"app": "the app pays", "user": "users pay a pack"}[payer]
        assert f"{': ' + told}</li>" in page and "Yixin at China Mobile" in page
    report.public["rule"] = "ban"
    assert "free data banned" in str(desk.film(table.setup, report, "en"))


@pytest.mark.slow
@pytest.mark.browser
def test_the_projector_plays_a_round_in_large_letters(begin, visit) -> None:
    game = begin("china-2013", "--rounds", 1, "--seconds", 9999)
    host = visit(game.host).page
    projector = (seen := Watched(host.context)).page
    projector.goto(f"{game.address}/projector")
    for do in ("start", "next"):
        host.click(f"button[value={do}]")
    projector.wait_for_selector("h1.open")
    projector.wait_for_selector(".film svg")
    sizes = ((1920, 1080), (1280, 720))

    def fits() -> None:
        for width, height in sizes:
            projector.set_viewport_size({"width": width, "height": height})
            assert projector.evaluate(SMALLEST) >= 0.016
            assert projector.evaluate(
                "document.querySelector('#film').getBoundingClientRect().bottom <= innerHeight"
            )

    fits()
    before = projector.evaluate(PARTS)
    host.once("dialog", lambda dialog: dialog.accept())
    host.click("button[value=seal]")
    projector.wait_for_selector("h1.reveal")
    projector.wait_for_selector(".film.playing")
    first = projector.evaluate(PARTS)
    ladder = projector.locator(".film .ladder")
    then = ladder.inner_text()
    assert ladder.is_visible() and not projector.locator(".film .news").is_visible()
    projector.wait_for_selector(".film:not(.playing)")
    assert projector.locator(".film .news").is_visible() and then != ladder.inner_text()
    assert first != projector.evaluate(PARTS) != before
    assert projector.locator(".film .news li").count() == 3
    fits()
    host.click("summary:has-text('More')")
    host.click("button:has-text('Hide the board')")
    projector.wait_for_selector("#door:not([hidden])")
    assert not projector.locator(".film").count() and seen.errors == [] == seen.strangers


@pytest.mark.browser
def test_who_asks_for_less_motion_sees_the_end_at_once(chromium) -> None:
    table = GameTable(setup_of(load_scenario("philippines-2013", {"society.users": 200})))
    table.play(Round({}))
    page = chromium.new_page(reduced_motion="reduce")
    page.set_content(f"{desk.film(table.setup, round_report(table), 'en')}")
    page.add_script_tag(content=desk.FILM_SCRIPT)
    assert page.locator(".film:not(.playing):not([data-play])").count() == 1
    page.close()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [1400, 390])
def test_a_round_of_solo_play_is_a_film_and_then_the_decision(server, visit, width: int) -> None:
    round_two = "story=china-2013&set=society.users%3D600&seat=yixin&do=12.yixin%3D%7B%7D"
    page = visit(
        f"{server.address}/solo?{round_two}", viewport={"width": width, "height": 844}
    ).page
    page.wait_for_selector(".curtain .film.playing")
    first = page.evaluate(PARTS)
    assert page.locator(".curtain svg").first.is_visible()
    while page.evaluate(PARTS) == first:
        page.wait_for_timeout(50)
    page.click(".curtain [data-skip]")
    page.wait_for_selector(".film:not(.playing)", state="attached")
    assert not page.locator(".curtain .film > svg").is_visible()
    assert page.locator(".curtain .news").is_visible() == (width > 900)
    assert page.locator(".brief .news li").count() == 3
