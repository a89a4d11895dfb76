"""One map: every region and every person stands at the same place on every page and in every
state of it; names of regions are whole and never on one another.
"""

import re
from itertools import combinations
from urllib.parse import urlencode

import numpy as np
import pytest

from market_model.desk import ground
from market_model.desk.atlas import WIDE, _layout
from market_model.game import setup_of
from market_model.scenario import load_scenario
from market_model.words import actor, languages

pytest_plugins = ["browser"]

SMALL = {"society.users": 600, "weeks": 30}
MAPPED = ("china-2013", "messenger-2015")
SIZES = ((1400, 900), (1920, 1080), (390, 844))
WATCH = """(() => {
  const pen = CanvasRenderingContext2D.prototype
  const kept = (name, keep) => {
    const own = pen[name]
    pen[name] = function (...given) { keep(this, ...given); return own.apply(this, given) }
  }
  kept('clearRect', ({ canvas }) => Object.assign(canvas, { discs: [], dots: [], texts: [] }))
  kept('arc', ({ canvas }, x, y, r) => canvas.discs?.push([x, y, r]))
  kept('drawImage', ({ canvas }, _, x, y, wide, high) => canvas.dots?.push([x + wide / 2, y + high / 2]))
  kept('fillText', (pen, text, x, y) => pen.canvas.texts?.push([text, x, y, pen.measureText(text).width]))
})()"""
SAME_SIZE = ".stage { width: 620px !important; height: 400px !important; flex: none !important; }"
READ = """([stage, layer, what, count]) => {
  const all = document.querySelectorAll(`${stage} canvas.${layer}`)[0]?.[what]
  return all?.length >= count ? all.slice(0, count || all.length) : null
}"""


def read(page, layer: str, what: str, count: int, stage: str = ".stage") -> np.ndarray:
    """The first marks on a layer of a stage, once they are there."""
    asked = [stage, layer, what, count]
    return np.array(page.wait_for_function(READ, arg=asked).json_value())


def query(story: str = "china-2013", *changes: tuple[str, object]) -> str:
    sets = [("set", f"{path}={value}") for path, value in [*SMALL.items(), *changes]]
    return urlencode([("story", story), ("seed", 0), *sets])


def opened(visit, address: str, **options):
    """A page whose stages are all of one size."""
    page = visit("about:blank", **options).page
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_selector(".stage")
    page.add_style_tag(content=SAME_SIZE)
    return page


def regions(page, stage: str = ".stage") -> np.ndarray:
    return read(page, "contacts", "discs", len(load_scenario("china-2013").society.regions), stage)


def people(page, stage: str = ".stage") -> np.ndarray:
    return read(page, "users", "dots", SMALL["society.users"], stage)


def shown(page) -> None:
    page.wait_for_selector(".player.loaded .network .legend b")
    page.keyboard.press("Home")


@pytest.mark.browser
@pytest.mark.slow
def test_regions_and_people_stand_still_in_every_state_of_a_run(server, visit):
    later = ("offers.yixin_everywhere.start", 25)
    pin = urlencode({"pin": query(), "view": "main"})
    page = opened(visit, f"{server.address}/play?{query('china-2013', later)}&{pin}")
    shown(page)
    page.wait_for_selector(".network select option[value='differs.yixin']", state="attached")
    where, who = regions(page), people(page)

    def still(what: str, persons: bool = True) -> None:
        assert regions(page) == pytest.approx(where, abs=0.01), what
        if persons:
            assert people(page) == pytest.approx(who, abs=0.01), what

    views = page.locator(".network select option").evaluate_all("all => all.map(o => o.value)")
    assert {"main", "carrier", "cohort", "payer", "yixin", "differs.wechat"} <= {*views}
    for view in views:
        page.locator(".network select").select_option(view)
        page.wait_for_timeout(150)
        still(view)
    page.keyboard.press("End")
    page.wait_for_selector(".week:text-is('Week 29')")
    still("the last week", persons=False)
    page.locator(".shares summary").first.click()
    still("a table", persons=False)
    page.locator(".zoom button").first.click()
    assert regions(page) != pytest.approx(where, abs=1)
    page.locator(".zoom button").last.click()
    still("after a closer look")
    page.locator(".network select").select_option("yixin")
    page.keyboard.press("Home")
    bar = page.locator("[data-offer=yixin_telecom]:enabled")
    bar.hover()
    page.mouse.down()
    left, top = (bar.bounding_box()[side] for side in "xy")
    page.mouse.move(left + 60, top + 8, steps=3)
    page.wait_for_selector(".preview:not([hidden])")
    still("a preview", persons=False)
    before = page.url
    page.mouse.up()
    page.wait_for_function("before => location.href !== before", arg=before)
    shown(page)
    still("another offer", persons=False)
    page.locator("[data-part=bet]").click()
    page.wait_for_selector(".betting .handles input:enabled")
    still("a bet", persons=False)
    page.locator("[data-part=reveal]").click()
    page.wait_for_selector(".bets .outcome p")
    page.keyboard.press("End")
    page.wait_for_selector(".bets .verdict")
    still("a bet revealed", persons=False)
    for theme in ("dark", "light"):
        page.locator("header select, .head select").first.select_option(theme)
        still(theme)


@pytest.mark.browser
@pytest.mark.slow
def test_regions_stand_at_the_same_place_on_every_page(server, visit, tmp_path):
    page = opened(visit, f"{server.address}/play?{query()}")
    shown(page)
    where, who = regions(page), people(page)
    pair = urlencode(
        {"a": query(), "b": query("china-2013", ("offers.yixin_everywhere.start", 25))}
    )
    twins = opened(visit, f"{server.address}/compare?{pair}&week=2")
    twins.wait_for_selector(".lens .legend b")
    twins.evaluate("document.querySelectorAll('.stage').forEach((s, i) => { s.id = `stage-${i}` })")
    for k in range(3):
        assert regions(twins, f"#stage-{k}") == pytest.approx(where, abs=0.01), k
        assert people(twins, f"#stage-{k}") == pytest.approx(who, abs=0.01), k

    page.click("[popovertarget=exports]")
    with page.expect_download() as download:
        page.click("#exports button:has-text('HTML')")
    download.value.save_as(tmp_path / "replay.html")
    replay = opened(visit, (tmp_path / "replay.html").as_uri(), bypass_csp=True)
    shown(replay)
    assert regions(replay) == pytest.approx(where, abs=0.01)
    assert people(replay) == pytest.approx(who, abs=0.01)

    # other numbers of people: the gallery's, a sweep's opened run, a film of a game
    elsewhere = {
        "/": ".story .stage",
        f"/play?{query('china-2013', ('society.users', 200))}&seed=5": ".stage",
        "/play?seat=yixin&do=12.yixin={}&embed=1&set=society.users=300": ".stage",
    }
    for path, stage in elsewhere.items():
        other = opened(visit, f"{server.address}{path}")
        found = regions(other, stage)
        # a disc's rim is half a dot away from its people, so that maps of few are a little smaller
        assert found == pytest.approx(where, abs=5), path

    board = visit(f"{server.address}/solo?story=china-2013&seat=yixin").page
    board.wait_for_selector(".atlas .base")
    circles = board.locator(".atlas .base").evaluate_all(
        "all => all.map(c => [c.cx, c.cy, c.r].map(v => v.baseVal.value))"
    )
    assert spread(np.array(circles)) == pytest.approx(spread(where), abs=0.01)


def spread(discs: np.ndarray) -> np.ndarray:
    """Where middles lie between the outermost ones, west to east and north to south."""
    low, span = discs[:, :2].min(axis=0), np.ptp(discs[:, :2], axis=0)
    return (discs[:, :2] - low) / span


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("story", MAPPED)
def test_the_map_of_a_class_is_that_of_the_explorer(story, language):
    from market_model.charts.map import of_regions

    scenario = load_scenario(story)
    circles = re.findall(
        r'class="ground" cx="(\S+)" cy="(\S+)"', ground(setup_of(scenario), language)
    )
    found = spread(np.array(circles, float))
    society = scenario.society
    where = of_regions(society.regions, society.places, society.users)
    assert found == pytest.approx(spread(where), abs=0.005)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("story", MAPPED)
def test_every_region_on_a_board_has_its_name(story, language):
    society = load_scenario(story).society
    titles = tuple(actor(name, language) for name in society.regions)
    spots, labels, high = _layout(
        tuple(society.regions.items()), tuple(society.places.items()), titles
    )
    labels = [label for label in labels if label]
    assert [" ".join(label.rows) for label in labels] == [*titles]
    boxes = [label.box() for label in labels]
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)
    assert all(box[0] >= 0 and box[1] >= 0 and box[2] <= WIDE and box[3] <= high for box in boxes)
    for k, (left, top, right, bottom) in enumerate(boxes):
        for i, (x, y, r) in enumerate(spots):  # a name may lie on its own disc alone
            near = min(max(x, left), right), min(max(y, top), bottom)
            assert i == k or np.hypot(near[0] - x, near[1] - y) >= r
    for label in labels:  # a line is short against the map
        if label.line:
            a, b, c, d = label.line
            assert np.hypot(c - a, d - b) < WIDE / 4


OVER = """boxes => {
  const wrong = []
  boxes.forEach(([name, left, top, right, bottom], i) => boxes.slice(i + 1).forEach(([other, l, t, r, b]) => {
    if (left < r - 1 && l < right - 1 && top < b - 1 && t < bottom - 1) wrong.push([name, other])
  }))
  return wrong
}"""


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("story", MAPPED)
def test_names_are_whole_and_never_on_one_another(server, visit, story, language):
    society = load_scenario(story).society
    titles = {actor(name, language) for name in society.regions}
    for wide, high in SIZES:
        size = {"viewport": {"width": wide, "height": high}}
        page = visit("about:blank", **size).page
        page.add_init_script(WATCH)
        page.goto(f"{server.address}/play?{query(story)}&lang={language}")
        shown(page)
        texts = page.wait_for_function(
            "() => { const all = document.querySelector('canvas.names')?.texts; return all?.length && all }"
        ).json_value()
        stage = page.locator(".stage").bounding_box()
        boxes = [[t, x - w / 2, y - 7, x + w / 2, y + 7] for t, x, y, w in texts]
        assert page.evaluate(OVER, boxes) == [], (wide, story)
        for _, left, top, right, bottom in boxes:
            assert left >= 0 and top >= 0 and right <= stage["width"] and bottom <= stage["height"]
        assert {t for t, *_ in texts} <= titles

        page.goto(f"{server.address}/solo?story={story}&seat={seat_of(story)}&lang={language}")
        page.wait_for_selector(".atlas .name")
        rows = page.locator(".atlas .name").evaluate_all(
            """all => all.map(t => { const { left, top, right, bottom } = t.getBoundingClientRect()
              const deep = (bottom - top) * 0.15
              return [[...t.childNodes].map(n => n.textContent).join(' '), left, top + deep, right, bottom - deep] })"""
        )
        assert {name for name, *_ in rows} == titles, (wide, story)
        assert page.evaluate(OVER, rows) == [], (wide, story)
        drawn = page.locator(".atlas svg").first.bounding_box()
        for name, left, top, right, bottom in rows:
            assert left >= drawn["x"] - 1 and right <= drawn["x"] + drawn["width"] + 1, name
            assert top >= drawn["y"] - 1 and bottom <= drawn["y"] + drawn["height"] + 1, name


def seat_of(story: str) -> str:
    return {"china-2013": "yixin", "messenger-2015": "messenger"}[story]
