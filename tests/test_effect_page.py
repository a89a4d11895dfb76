"""What a comparison tells of free data, in two runs with the same luck and over worlds."""

import json
from urllib.parse import quote, urlencode

import pytest
from typer.testing import CliRunner

from market_model.evidence.worlds import has_worlds, shipped
from market_model.market import run
from market_model.scenario import load_scenario
from market_model.study.effects import WorldEffect, effects_of, last_weeks, reach
from market_model.words import day

pytest_plugins = ["browser"]

SMALL = {"society.users": 800, "society.warmup_weeks": 40}


def test_the_last_week_is_that_of_the_longest_offer_that_ends():
    one = run(load_scenario("philippines-2013", {"society.users": 200, "weeks": 80}), 0)
    [first, again] = one.offers
    assert again["end"] < 80 and first["end"] - first["start"] > again["end"] - again["start"]
    assert last_weeks([one]) == {"facebook": first["end"] - 1}
    cut = run(load_scenario("philippines-2013", {"society.users": 200, "weeks": 30}), 0)
    assert last_weeks([cut]) == {}


def test_effects_are_monthly_users_with_the_same_luck():
    names = ("philippines-2013-nobody-offers", "philippines-2013")
    _, variant = scenarios = {name: load_scenario(name, SMALL) for name in names}
    found = effects_of(scenarios, 3)
    week = int(found["facebook"])
    mau = [run(scenarios[n], 3).history.series("app", "facebook", "mau")[week] for n in names]
    assert found == {"facebook": week, f"{variant} facebook": mau[1] - mau[0]}
    assert found[f"{variant} facebook"] > 0


@pytest.mark.parametrize(
    "low, high, told",
    [
        (2e6, 5e6, "between 2 M and 5 M more"),
        (-5e6, -2e6, "between 2 M and 5 M fewer"),
        (-1e6, 4e6, "from 1 M fewer to 4 M more"),
    ],
)
def test_reach_is_told_from_the_least_to_the_most(low, high, told):
    when = load_scenario("china-2013").date_of(57)
    middle = (low + high) / 2
    found = [
        WorldEffect("one", "v", "yixin", when, middle, middle, high, 4),
        WorldEffect("two", "v", "yixin", when, middle, low, middle, 4),
        WorldEffect("two", "v", "laiwang", when, 9e9, 9e9, 9e9, 4),
    ]
    [said] = reach(found, "Base", "Variant", "en", ["yixin"])
    assert told in said and "2 worlds × 4 lucks" in said and day(when, "en") in said
    assert "2 种可能 × 4 种运气" in reach(found, "Base", "Variant", "zh")[0]


def test_worlds_are_of_the_story_and_what_is_made_of_it(tmp_path):
    assert set(shipped()) == {"china-2013-firm", "china-2013-insider"}
    assert "parameters.network_effect" in shipped()["china-2013-firm"]
    own = tmp_path / "own.toml"
    own.write_text('extends = "china-2013-ban"\nname = "own"\n')
    assert has_worlds("china-2013") and has_worlds("china-2013-ban") and has_worlds(str(own))
    assert not has_worlds("china-2013-firm") and not has_worlds("philippines-2013")


def test_compare_runs_its_pairs_in_each_world_too():
    from market_model.commands.main import app

    names = ["china-2013", "china-2013-nobody-offers"]
    small = ["--users", "200", "--weeks", "75"]
    done = CliRunner().invoke(app, ["compare", *names, "--worlds", *small, "--json"])
    assert done.exit_code == 0, done.output
    told = {(e["world"], e["app"]): e for e in json.loads(done.stdout)["worlds"]}
    values = {"society.users": 200, "weeks": 75}
    for world, differs in shipped().items():
        scenarios = {n: load_scenario(n, {**differs, **values}) for n in names}
        expected = effects_of(scenarios, 0)[f"{names[1]} yixin"]
        assert told[world, "yixin"]["mean"] == expected
    assert scenarios[names[1]].offers == {}


def test_a_story_without_worlds_is_told_in_one_line(capsys, monkeypatch):
    from market_model.commands.main import main

    names = ["philippines-2013", "philippines-2013-nobody-offers"]
    monkeypatch.setattr("sys.argv", ["market-model", "compare", *names, "--worlds"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    error = capsys.readouterr().err.strip()
    assert len(error.splitlines()) == 1 and "--worlds" in error and "philippines-2013" in error


def address(server, a, b, values, **more):
    sets = [("set", f"{path}={value}") for path, value in values.items()]
    pair = {side: urlencode([("story", name), *sets]) for side, name in (("a", a), ("b", b))}
    return f"{server.address}/compare?{urlencode(pair | more, quote_via=quote)}"


@pytest.mark.browser
def test_the_page_of_a_run_says_who_came_through_friends(server, visit):
    from market_model.market.friends import ThroughFriends

    query = urlencode(
        [("story", "philippines-2013"), *(("set", f"{k}={v}") for k, v in SMALL.items())]
    )
    seen = visit(f"{server.address}/play?{query}")
    page = seen.page
    page.wait_for_selector(".panels.whole")
    page.keyboard.press("End")
    friends = ThroughFriends()
    one = run(load_scenario("philippines-2013", SMALL), 0, observers=[friends])
    brought, came = (
        people[:, 0].sum() / one.scenario.people_per_user
        for people in (friends.brought, friends.newcomers)
    )
    assert 0 < brought < 20  # so few are counted
    page.wait_for_selector(f"[data-name=friends] b:text-is('{round(brought)} of {round(came)}')")
    assert "new on Facebook" in page.locator("[data-name=friends] small").text_content()
    assert page.locator("#tab-friends").count() == 1
    assert seen.errors == []


@pytest.mark.browser
@pytest.mark.parametrize("swapped", [False, True])
def test_a_comparison_opens_where_the_offer_ends_and_says_what_it_did(server, visit, swapped):
    names = ["philippines-2013-nobody-offers", "philippines-2013"]
    seen = visit(address(server, *(names[::-1] if swapped else names), SMALL))
    page = seen.page
    page.wait_for_selector(".tiles li:nth-child(3) b")
    runs = [run(load_scenario(name, SMALL), 0) for name in names]
    [week] = last_weeks(runs).values()
    page.wait_for_selector(f".twins .week:text-is('Week {week}')")
    scenario = runs[1].scenario
    smart = list(scenario.carriers).index("smart")
    last = slice(week - 3, week + 1)
    of_all = [r.history.series("app", "facebook", "active")[last].mean() for r in runs]
    of_smart = [r.history.by_carrier[last, smart, 0, 0].mean() for r in runs]
    shown = [page.locator(".tiles b").nth(i).text_content() for i in (0, 2)]
    for text, (without, with_it) in zip(shown, (of_all, of_smart), strict=True):
        number, unit = text.removesuffix(" people")[:-1], text.removesuffix(" people")[-1]
        told = float(number.replace("−", "-")) * {"M": 1e6, "k": 1e3}[unit]
        assert told == pytest.approx(with_it - without, rel=0.02)
    assert "Smart" in page.locator(".tiles li").nth(2).text_content()
    assert "What free data did for Facebook" in page.locator(".effect").text_content()
    assert not page.locator(".reach button").count()
    assert seen.errors == []


def test_carriers_that_had_an_offer_are_told_when_it_has_ended_there(tmp_path):
    from market_model.explorer.place import Place
    from market_model.explorer.playback import simulate

    simulate(Place("facebook-zero-india", changes=(("society.users", "200"),)), str(tmp_path))
    told = [json.loads(line) for line in (tmp_path / "story.en").read_text("utf-8").splitlines()]
    for line in (told[0], told[-2]):
        [offer] = line["offers"]
        assert offer["carriers"] == ["operator_a", "operator_b", "operator_c"], line["kind"]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "zh"])
def test_other_worlds_are_run_when_they_are_asked_for(server, visit, language):
    values = {"society.users": 300}
    names = ["china-2013-nobody-offers", "china-2013"]
    sides = names if language == "en" else names[::-1]
    seen = visit(address(server, *sides, values, lang=language))
    page = seen.page
    page.wait_for_selector(".reach button")
    page.locator(".reach button").click()
    counted = {"en": "2 worlds × 4 lucks", "zh": "2 种可能 × 4 种运气"}[language]
    page.wait_for_selector(f".reach .says:has-text('{counted}')")
    assert page.locator(".reach tbody tr").count() == len(shipped())
    head = {"en": "More monthly users with free data", "zh": "有免流量时多出的月活跃用户"}
    assert page.locator(".reach th").first.text_content() == head[language]
    said = page.locator(".reach .says").text_content()
    without, free = (f"“{load_scenario(name).title_in(language)}”" for name in names)
    assert said.index(free) < said.index(without)  # whichever side it stands on
    assert seen.errors == []
