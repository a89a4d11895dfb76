"""Bets before a run is shown: on a figure of the story, drawn on a chart of their own, without a
word of what comes.
"""

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from conftest import LIMIT, until

from market_model.explorer.lines import bet_of
from market_model.explorer.place import families
from market_model.market import Market
from market_model.scenario import ScenarioError, builtin_names, load_scenario
from market_model.study.figures import values

pytest_plugins = ["browser"]

SMALL = {"society.users": 700, "weeks": 41}


UNTOLD = (
    r"term-\d+|pending_\w+|ec_\d+|\d+ of \d+ weeks are computed"
    r'| (?:x|transform)="[-\w.( )]*"|(?<=class="frame") style="[^"]*"'
)
"""What may differ between pages: names made up by the browser, how far the run is, and where a
chart that is hidden as soon as it stands had put its labels.
"""


def address(server, story="china-2013", **more):
    sets = [("set", f"{path}={value}") for path, value in SMALL.items()]
    return (
        f"{server.address}/play?{urlencode([('story', story), ('seed', 3), *sets, *more.items()])}"
    )


def test_a_story_says_what_readers_bet_on():
    own = {name: load_scenario(name).bet for name in builtin_names() if "/" not in name}
    assert all(own.values())
    scenario = load_scenario("china-2013").model_copy(update={"bet": None})
    assert bet_of(scenario).of == ("apps.yixin.registered",)
    alone = scenario.model_copy(update={"offers": {}})
    assert bet_of(alone).of == (f"apps.{alone.messengers[0]}.registered",)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('bet.of = ["apps.yixim.registered"]', "bet.of.*there is no 'yixim'; did you mean 'yixin'"),
        ("bet.part_of = []", "bet.part_of"),
        ("bet.most = 0", "bet.most: is 0"),
    ],
)
def test_what_is_wrong_with_a_bet_is_told(tmp_path, line, problem):
    file = tmp_path / "x.toml"
    file.write_text(f'extends = "china-2013"\n{line}\n')
    with pytest.raises(ScenarioError, match=problem):
        load_scenario(file)


@pytest.mark.parametrize("story", families())
def test_something_is_at_stake(story):
    from zipfile import ZipFile

    from market_model.explorer.recordings import FOLDER

    with ZipFile(FOLDER / f"{story}.zip") as stored:
        lines = [json.loads(line) for line in stored.read("story.en").splitlines()]
    told = [v for line in lines for v in line.get("series", {}).get("bet", []) if v is not None]
    most = lines[0]["bet"]["most"]
    assert 100 * max(told) <= most  # and the scale does not tell how far it goes
    assert 100 * (max(told) - min(told)) > 0.08 * most
    assert 100 * max(told) < 0.9 * most


def opened(visit, server, wide=390, high=844, **more):
    """A page with a bet, when all of its run has been read."""
    seen = visit("about:blank", viewport={"width": wide, "height": high}, has_touch=True)
    read = []

    def whole(response):
        if "part=story" in response.url and response.headers.get("x-more") == "0":
            read.append(response.url)

    seen.page.on("response", whole)
    seen.page.goto(address(server, bet="1", **more))
    seen.page.wait_for_selector(".bets .handles input")
    for _ in range(int(10 * LIMIT)):
        if read:
            break
        seen.page.wait_for_timeout(100)
    seen.page.wait_for_timeout(300)
    return seen


def settled(page):
    """The markup of the page when charts have taken their place: twice the same."""
    before = None
    while True:
        parts = page.locator("#main, .panels").evaluate_all("all => all.map(one => one.outerHTML)")
        if parts == before:
            return parts
        before = parts
        page.wait_for_timeout(300)


@pytest.mark.browser
def test_nothing_of_the_future_is_told_before(server, visit):
    """Two runs that part in week 20, with a bet: pages alike, to the last byte and point."""
    found = []
    for strength in ("0.25", "9.75"):
        seen = opened(visit, server, 1400, 900, then=f"20.parameters.network_effect={strength}")
        page = seen.page
        pictures = page.locator("canvas").evaluate_all("all => all.map(one => one.toDataURL())")
        parts = settled(page)
        text = "".join(parts).replace(strength, "")
        place = parse_qs(urlsplit(page.url).query)
        place.pop("then")
        found.append(
            (
                re.sub(UNTOLD, "", text),
                pictures,
                place,
            )
        )
        hidden = ".panels, .shares, [data-future], .figures, .news"
        assert not any(part.is_visible() for part in page.locator(hidden).all())
        assert (
            page.locator(".play").is_disabled() and page.locator(".time [type=range]").is_disabled()
        )
        page.keyboard.press("End")
        assert page.locator(".week").text_content() == "Week 0"
        assert seen.errors == []
    (text, pictures, place), (other, others, elsewhere) = found
    assert place == elsewhere
    assert pictures == others
    assert text == other


def scored(page):
    page.wait_for_selector(".bets .verdict")
    return page.locator(".bets .outcome").text_content()


@pytest.mark.browser
def test_a_finger_draws_a_bet_on_a_phone_and_the_score_is_right(server, visit):
    seen = opened(visit, server)
    page = seen.page
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    reveal = page.locator("[data-part=reveal]").bounding_box()
    assert reveal["y"] + reveal["height"] <= 844
    inputs = page.locator(".handles input")
    boxes = [one.bounding_box() for one in inputs.all()]
    assert all(box["width"] >= 44 and box["height"] >= 200 for box in boxes)
    middles = [box["x"] + box["width"] / 2 for box in boxes]
    assert np.diff(middles).min() >= 44 and middles[-1] < 390 - 12
    page.mouse.move(middles[0], boxes[0]["y"] + 0.75 * boxes[0]["height"])
    page.mouse.down()
    for middle in middles[1:]:
        page.mouse.move(middle, boxes[0]["y"] + 0.5 * boxes[0]["height"], steps=4)
    page.mouse.up()
    curve = [int(one.input_value()) for one in inputs.all()]
    assert 10 <= curve[0] <= 15 and 23 <= curve[-1] <= 27
    assert f"story:{','.join(map(str, curve))};" in parse_qs(urlsplit(page.url).query)["bet"][0]
    page.locator("[data-part=reveal]").click()
    page.wait_for_selector(".bets .outcome p")
    page.keyboard.press("End")
    said = scored(page)

    market = Market(load_scenario("china-2013", SMALL), rng=3)
    market.run()
    path = 100 * values(market.history, market.ledger.lines, bet_of(market.config))
    last = SMALL["weeks"] - 1
    at = [0, *(round((i + 1) * last / 5) for i in range(5))]
    bet = np.interp(range(last + 1), at, [path[0], *curve])
    mine, naive = np.abs(path - bet).mean(), np.abs(path - path[0]).mean()
    assert f"off by {mine:.1f} points on average, “nothing changes” by {naive:.1f}" in said
    page.reload()
    assert scored(page) == said
    assert seen.errors == []


@pytest.mark.browser
def test_a_bet_is_placed_revealed_and_scored_by_keyboard(server, visit):
    seen = visit(f"{server.address}/play?bet=1", reduced_motion="reduce")
    page = seen.page
    page.wait_for_selector(".handles input")
    for handle in range(5):
        page.locator(".handles input").nth(handle).press("PageUp")
    page.locator(".bets label input").press("ArrowRight")
    page.locator("[data-part=reveal]").press("Enter")
    said = scored(page)
    assert "You said 51%" in said
    offer = re.search("end of “(.*?)”", said)[1]
    card = page.locator(".figures [data-name=stay] [role=tooltip]")
    assert offer in card.text_content()
    page.locator(".bets [data-part=again]").press("Enter")
    page.wait_for_selector(".betting .handles input:enabled")
    assert parse_qs(urlsplit(page.url).query)["seed"] == ["1"]
    page.wait_for_selector(".betting .week:text-is('Week 0')")
    assert seen.errors == []


@pytest.mark.browser
def test_whoever_has_watched_can_bet_on_another_figure(server, visit):
    seen = visit(address(server, week="30"))
    page = seen.page
    page.wait_for_selector(".panels.whole [role=tab]")
    page.locator("[data-part=bet]").click()
    page.wait_for_selector(".betting .handles input")
    page.locator(".bets select").select_option("wechat")
    until(lambda: parse_qs(urlsplit(page.url).query)["bet"][0].startswith("wechat:"))
    page.wait_for_selector(".betting .week:text-is('Week 0')")
    assert page.locator(".panels [role=tab]").count() == 0
    assert "WeChat" in page.locator(".bets .plot").get_attribute("aria-label")
    assert seen.errors == []
