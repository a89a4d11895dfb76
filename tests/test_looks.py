"""What a reader sees of every story: cards and tabs that say something, and readable charts on
either ground.
"""

import json
import urllib.request
import zipfile

import pytest
from conftest import LIMIT

from market_model.explorer.place import families
from market_model.explorer.recordings import FOLDER

pytest_plugins = ["browser"]

STORIES = tuple(families())
WEEKS = 12  # at which cards are read

DARK = """() => [...document.querySelectorAll('.chart svg text')].map(text => {
  const { color, fill } = getComputedStyle(text)
  const parts = (fill === 'none' ? color : fill).match(/[\\d.]+/g).slice(0, 3).map(Number)
  return [text.textContent, Math.max(...parts)]
}).filter(([said, light]) => said.trim() && light < 100)"""


def lines(story, language):
    with zipfile.ZipFile(FOLDER / f"{story}.zip") as parts:
        [name] = (one for one in parts.namelist() if one == f"story.{language}")
        return [json.loads(line) for line in parts.read(name).decode().splitlines()]


def numbers(series):
    """Amounts of a chart's line or bars; of bands of money what each is."""
    for point in series["data"] if series["type"] != "sankey" else series["links"]:
        value = point["value"] if isinstance(point, dict) else point
        yield value[1] if isinstance(value, list) else value


@pytest.mark.parametrize("story", STORIES)
def test_each_tab_of_a_story_has_a_chart_that_moves(story):
    [end] = (line for line in lines(story, "en") if line["kind"] == "end")
    shown = [panel for panel in end["panels"] if panel["charts"]]
    assert shown[0]["key"] == "own"
    for panel in shown:
        every = [
            [v for v in numbers(series) if v is not None]
            for chart in panel["charts"]
            for series in chart["option"]["series"]
        ]
        assert (
            any(v and max(v) - min(v) > 0.02 * max(map(abs, v)) for v in every)
            or panel["key"] == "paid"
        ), panel["key"]


@pytest.mark.browser
@pytest.mark.parametrize("story", STORIES)
def test_each_card_of_a_story_says_different_things_in_different_weeks(server, visit, story):
    seen = visit(f"{server.address}/play?story={story}", reduced_motion="reduce")
    page = seen.page
    page.wait_for_selector(".panels.whole")
    page.wait_for_selector(".player.loaded .time input[max]:not([max='0'])")
    slider = page.locator(".time input[type=range]")
    last = int(slider.get_attribute("max"))
    said: dict[str, set[str]] = {}
    for k in range(WEEKS):
        week = k * last // (WEEKS - 1)
        slider.fill(str(week))
        page.wait_for_selector(f".player .week:text-is('Week {week}')")
        for card in page.locator(".figures li").all():
            name, text = card.locator("h2").text_content(), card.locator("b").text_content()
            said.setdefault(name, set()).add(text)
    assert len(said) >= 5
    assert {name: texts for name, texts in said.items() if len(texts) < 2} == {}
    assert seen.errors == []


@pytest.mark.browser
def test_charts_are_readable_on_a_dark_ground(server, visit):
    page = visit(
        f"{server.address}/play?story=china-2013&week=60",
        color_scheme="dark",
        reduced_motion="reduce",
    ).page
    page.wait_for_selector(".panels.whole .charts svg text")
    page.wait_for_selector(".shares svg text:has-text('WeChat')")
    page.wait_for_selector(".shares > .chart svg text:text-is('2014')")
    assert page.evaluate(DARK) == []


@pytest.mark.browser
@pytest.mark.parametrize("bet", ["1", "story:10,11,12,13,14;told"])
def test_beside_a_bet_the_card_of_the_map_is_as_high_as_the_map(server, visit, bet):
    page = visit(f"{server.address}/play?story=philippines-2013&bet={bet}").page
    page.wait_for_selector(".player.loaded .bets:not([hidden])")
    card, stage, time = (
        page.locator(one).bounding_box() for one in (".player .network", ".stage", ".time")
    )
    assert card["y"] + card["height"] - stage["y"] - stage["height"] < 40
    assert time["y"] - card["y"] - card["height"] < 40


def test_an_address_that_leads_nowhere_keeps_its_language(server):
    with urllib.request.urlopen(f"{server.address}/nothing-here?lang=zh", timeout=LIMIT) as page:
        assert page.url == f"{server.address}/?lang=zh"
