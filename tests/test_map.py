"""The map: where people stand, that they stay there, a closer look, and who differs."""

from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest

from market_model.charts.map import MANY, ROOM, discs, of_regions
from market_model.explorer.place import Place
from market_model.scenario import ScenarioError, builtin_names, load_scenario
from market_model.scenario.society import Spot

pytest_plugins = ["browser"]

SMALL = {"society.users": 800, "weeks": 30}


def gaps(where):
    apart = np.hypot(*(where[:, None, :2] - where[None, :, :2]).transpose(2, 0, 1))
    free = apart - where[:, None, 2] - where[None, :, 2]
    return free[~np.eye(len(where), dtype=bool)]


@pytest.mark.parametrize("story", ["china-2013", "messenger-2015"])
def test_regions_stand_apart_and_near_their_places(story):
    society = load_scenario(story).society
    assert society.places.keys() == society.regions.keys()
    sizes = 5000 * np.array([*society.regions.values()])
    where = of_regions(society.regions, society.places, 5000)
    assert gaps(where).min() > 0.9 * ROOM * np.sqrt(5000)
    assert where[:, 2] == pytest.approx(np.sqrt(sizes) + 0.5)
    few = of_regions(society.regions, society.places, 300)
    assert where[:, :2] == pytest.approx(few[:, :2] * np.sqrt(5000 / 300))
    earth = np.array([[spot.lon, -spot.lat] for spot in society.places.values()])
    for axis in (0, 1):  # who lies west or north of whom stays so, mostly
        assert np.corrcoef(earth[:, axis], where[:, axis])[0, 1] > 0.85


def test_of_two_places_the_northern_is_above_and_the_eastern_right():
    places = {"north": Spot(lon=10, lat=60), "south": Spot(lon=20, lat=40)}
    north, south = of_regions({"north": 0.5, "south": 0.5}, places, 200)
    assert north[1] < south[1] and north[0] < south[0]


@pytest.mark.parametrize("count", [1, 2, 12, MANY, MANY + 1, 3000])
def test_communities_without_a_place_stand_apart(count):
    where = discs([30] * count)
    assert where.shape == (count, 3)
    assert np.isfinite(where).all()
    assert count == 1 or gaps(where).min() > 0


def test_regions_at_one_place_part():
    places = {"a": Spot(lon=5, lat=5), "b": Spot(lon=5, lat=5)}
    assert gaps(of_regions({"a": 0.4, "b": 0.6}, places, 120)).min() > 0


def test_a_place_of_no_region_is_told(tmp_path):
    for value, problem in (
        ("{ lon = 1, lat = 2 }", "society.places.*guangdonk.*did you mean 'guangdong'"),
        ("{ lon = 181, lat = 2 }", "society.places.*lon: is 181; it must be at most 180"),
    ):
        name = "guangdonk" if "guangdonk" in problem else "guangdong"
        file = tmp_path / "x.toml"
        file.write_text(f'extends = "china-2013"\nsociety.places.{name} = {value}\n')
        with pytest.raises(ScenarioError, match=problem):
            load_scenario(file)


def test_stories_with_regions_say_where_they_lie():
    for name in (n for n in builtin_names() if "/" not in n):
        society = load_scenario(name).society
        assert len(society.regions) == 1 or society.places.keys() == society.regions.keys(), name


def address(server, path, **values):
    return f"{server.address}/{path}?{urlencode(list(values.items()))}"


def query(story, *changes):
    sets = [("set", f"{path}={value}") for path, value in [*SMALL.items(), *changes]]
    return urlencode([("story", story), ("seed", 0), *sets])


def names(page, stage=".stage"):
    """The layer with the regions' names, as it is drawn."""
    return page.locator(f"{stage} canvas.names").first.evaluate("c => c.toDataURL()")


@pytest.mark.browser
def test_regions_stay_where_they_are_whatever_is_shown(server, visit):
    page = visit(f"{server.address}/play?{query('china-2013')}").page
    page.wait_for_selector(".network .legend b")
    page.keyboard.press("Home")
    before = names(page)
    for view in ("main", "carrier", "payer", "wechat", "yixin"):
        page.locator(".network select").select_option(view)
        page.wait_for_selector(".network .legend b")
        assert names(page) == before, view
    page.keyboard.press("End")
    page.wait_for_selector(".player .week:text-is('Week 29')")
    assert names(page) == before
    page.locator(".shares summary").first.click()
    assert names(page) == before


@pytest.mark.browser
def test_a_term_is_explained_where_it_stands(server, visit):
    page = visit(f"{server.address}/play?{query('china-2013')}&view=yixin").page
    page.wait_for_selector(".network .legend .term")
    terms = page.locator(".network .legend .term")
    assert terms.count() == 5
    for one in terms.all():
        told = one.locator("[role=tooltip]")
        assert not told.is_visible()
        one.focus()
        assert told.is_visible() and one.get_attribute("aria-describedby") == told.get_attribute(
            "id"
        )
        box = told.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 1400 and box["y"] >= 0


@pytest.mark.browser
def test_a_closer_look_by_button_key_and_double_click(server, visit):
    page = visit(f"{server.address}/play?{query('china-2013')}").page
    page.wait_for_selector(".network .legend b")
    page.keyboard.press("Home")
    whole = names(page)
    stage = page.locator(".stage")
    zoomed = ".stage.close"
    page.locator(".zoom button").first.click()
    page.wait_for_selector(zoomed)
    assert names(page) != whole
    page.locator(".zoom button").last.click()
    page.wait_for_selector(".stage:not(.close)")
    assert names(page) == whole
    stage.focus()
    stage.press("Enter")
    page.wait_for_selector(zoomed)
    first = names(page)
    stage.press("Enter")
    assert names(page) != first
    stage.press("0")
    assert names(page) == whole
    box = stage.bounding_box()
    stage.dblclick(position={"x": box["width"] / 2, "y": box["height"] / 2})
    page.wait_for_selector(zoomed)
    stage.dblclick(position={"x": 5, "y": box["height"] - 5})
    assert names(page) == whole


def stands(frame, bit):
    """2: active on an app, 1: registered alone, 0: neither, of a frame of `film.frame_of`."""
    from market_model.explorer.film import standing

    kinds = standing(bit)(frame)
    return np.where(kinds >= 3, 2, np.where(kinds == 2, 1, 0))


@pytest.mark.browser
@pytest.mark.parametrize("page_of", ["compare", "play"])
def test_the_lens_counts_who_differs_person_by_person(server, visit, page_of):
    from browser import frames

    later = ("offers.yixin_everywhere.start", 25)
    if page_of == "compare":
        address = f"/compare?{urlencode({'a': query('china-2013'), 'b': query('china-2013', later), 'week': 29})}"
        legend = ".lens .legend b"
    else:
        pin = query("china-2013")
        rest = urlencode({"pin": pin, "view": "differs.yixin", "week": 29})
        address = f"/play?{query('china-2013', later)}&{rest}"
        legend = ".network .legend b"
    seen = visit(f"{server.address}{address}")
    page = seen.page
    page.wait_for_function(
        "legend => { const row = [...document.querySelectorAll(legend)].at(-1); "
        "return row && /without it|A alone/.test(row.closest('li').textContent) }",
        arg=legend,
    )
    page.wait_for_selector(".week:text-is('Week 29')")
    overrides = [SMALL, SMALL | dict([later])]
    a, b = (frames(load_scenario("china-2013", values))[29] for values in overrides)
    bit = load_scenario("china-2013").messengers.index("yixin")
    counts = differing(a, b, bit)
    assert counts[0] < SMALL["society.users"]
    counted(page, legend, counts)


def differing(a, b, bit) -> list[int]:
    """Of two pictures of the same people: how many stand alike to an app, are registered in b or in
    a alone, are active in b or in a alone.
    """
    there, here = stands(a, bit), stands(b, bit)
    higher = np.maximum(here, there)
    return [
        int((here == there).sum()),
        *(
            int(((higher == level) & (more > less)).sum())
            for level in (1, 2)
            for more, less in ((here, there), (there, here))
        ),
    ]


def counted(page, legend: str, counts: list[int]) -> None:
    """Wait until the lens counts so many."""
    page.wait_for_function(
        "([legend, counts]) => counts.every((n, i) => "
        "document.querySelectorAll(legend)[i]?.textContent === n)",
        arg=[legend, [f"{n:,}" for n in counts]],
    )


@pytest.mark.browser
@pytest.mark.slow
def test_an_offer_dragged_by_five_weeks_differs_for_whom_the_runs_say(server, visit):
    from browser import frames

    week = 8
    page = visit(f"{server.address}/play?week={week}").page
    page.wait_for_selector(f".player.loaded .week:text-is('Week {week}')")
    bar = page.locator("[data-offer=yixin_telecom]:enabled")
    bar.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**pin=**")
    page.wait_for_selector(".finding:not([hidden]) .who")
    place = Place.read(urlsplit(page.url).query)
    scenario, base = place.scenario(), load_scenario("china-2013")
    moved, before = (s.week_of(s.offers["yixin_telecom"].start) for s in (scenario, base))
    assert moved == before + 5
    a, b = (frames(one)[week] for one in (base, scenario))
    counts = differing(a, b, base.messengers.index("yixin"))
    assert sum(counts[1:]) > 0 and sum(counts) == base.society.users
    counted(page, ".network .legend b", counts)


@pytest.mark.browser
@pytest.mark.slow
def test_without_free_data_in_india_those_differ_of_whom_the_runs_say_so(server, visit):
    from browser import frames

    week, stories = 50, ("facebook-zero-india", "facebook-zero-india-nobody-offers")
    pair = {side: f"story={story}&seed=0" for side, story in zip("ab", stories, strict=True)}
    page = visit(address(server, "compare", **pair, week=week)).page
    page.wait_for_selector(f".week:text-is('Week {week}')")
    page.wait_for_selector(".lens .legend b")
    scenarios = [load_scenario(story) for story in stories]
    a, b = (frames(one)[week] for one in scenarios)
    counts = differing(a, b, scenarios[0].messengers.index("facebook"))
    assert counts[4] > 20 and sum(counts) == scenarios[0].society.users
    counted(page, ".lens .legend b", counts)
