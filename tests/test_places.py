"""What the explorer says of a run without a browser: its address, what can be set in it, what
differs between two, and what is taken home.
"""

import io
import json
import re
import tomllib
import zipfile
from datetime import date

import numpy as np
import pandas as pd
import pytest

from market_model.explorer.apart import differing, told_apart
from market_model.explorer.difference import _comparison, measured
from market_model.explorer.exports import _toml, difference, page, tables
from market_model.explorer.fields import as_text, rows
from market_model.explorer.film import Film, standing
from market_model.explorer.place import FIRST_STORY, Place, families, whole
from market_model.explorer.playback import simulate
from market_model.market import run
from market_model.scenario import ScenarioError, builtin_names, load_scenario

SMALL = (("society.users", "200"), ("weeks", "24"))
PLACE = Place(FIRST_STORY, 3, SMALL)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("story=chian-2013", "did you mean 'china-2013'"),
        ("story=../../etc/passwd", "no such story"),
        ("seed=x", "not a whole number"),
        ("seed=-1", "not a whole number"),
        ("seed=1e3", "not a whole number"),
        ("seed=\uff11", "not a whole number"),
        ("seed=1000000000000000", "not a whole number"),
        ("set=x", "path=value"),
        ("set==1", "path=value"),
        ("set=society.users=1e7", "at most 50,000.*market-model run"),
        ("set=weeks=1041", "at most 1,040"),
        ("set=offers.yixin.start=1", "did you mean 'yixin_gift'"),
        ("set=parameters.salience=much", "salience: needs a number, not 'much'"),
        ('set=society.graph={family="file",file="x"}', "names a file"),
        ('set=society.wifi={csv="x",column="y"}', "names a file"),
        ("set=apps.main={}", "no name for an app in a browser"),
        ("do=3.wechat=x", "decision in braces"),
        ("do=x.wechat={}", "not a whole number"),
        ('do=3.wechat={"promotion":"much"}', "promotion: needs a number"),
        ("seat=nobody", "no seat 'nobody'"),
        ("seat=yixin&do=3.yixin={}", "not yixin's round 1 of 10"),
        ("&".join(["set=weeks=9"] * 501), "more than 500 parts"),
    ],
)
def test_an_address_that_names_no_run_is_refused_with_what_is_wrong(query: str, told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        place = Place.read(query)
        place.decisions(place.scenario())


@pytest.mark.parametrize(
    "query",
    [
        "",
        "seed=7&set=society.users=800&set=offers.yixin_gift=",
        "story=messenger-2015&do=3.messenger={}&do=5.regulator={}",
        'seat=yixin&do=12.yixin={"promotion": 5}',
        "lang=zh&week=9&view=carrier&set=weeks= 30 ",
    ],
)
def test_an_address_says_itself_again(query: str) -> None:
    place = Place.read(query)
    again = Place.read(place.query())
    assert again == place and again.key() == place.key()


def test_places_of_different_runs_have_different_keys() -> None:
    queries = [
        "",
        "seed=1",
        "story=china-2013-ban",
        "set=weeks=30",
        "do=3.wechat={}",
        "do=4.wechat={}",
        "seat=yixin",
        "seat=wechat",
    ]
    assert len({Place.read(query).key() for query in queries}) == len(queries)
    assert Place.read("set=weeks=110").key() == Place().key()  # as it is written


def test_stories_come_with_their_variants_and_without_limit_cases() -> None:
    found = families()
    assert next(iter(found)) == FIRST_STORY and "china-2013-ban" in found[FIRST_STORY]
    names = [name for story, variants in found.items() for name in (story, *variants)]
    assert sorted(names) == sorted(name for name in builtin_names() if "/" not in name)


def test_a_whole_number_is_below_its_end() -> None:
    assert (whole("0", "n"), whole("7", "n", 8)) == (0, 7)
    with pytest.raises(ScenarioError, match="not one of 0 to 7"):
        whole("8", "n", 8)


# ---------------------------------------------------------------------- what can be set


@pytest.mark.parametrize("story", families())
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_row_of_the_drawer_writes_the_value_that_stands_there(story, language) -> None:
    found = rows(Place(story), language)
    assert len({row["path"] for row in found}) == len(found) > 60
    for row in found:
        assert not row["changed"] and row["label"] and row["unit"]
        if "low" in row:
            assert row["low"] <= row["value"] <= row["high"] and row["step"] > 0, row["path"]
    one = load_scenario(story)
    written = {
        row["path"]: row["form"].replace("@", row["text"]) or row["text"]
        for row in found
        if row["value"] is not None
    }
    again = Place(story, changes=tuple(written.items())).scenario()
    changed = list(differing(one.model_dump(mode="json"), again.model_dump(mode="json")))
    assert changed == []


def test_a_changed_row_says_both_values_and_its_limits() -> None:
    place = Place(changes=(("parameters.salience", "0.5"), ("society.users", "60")))
    found = {row["path"]: row for row in rows(place, "en")}
    salience, users = found["parameters.salience"], found["society.users"]
    assert (salience["text"], salience["before"], salience["changed"]) == ("0.5", "0.283", True)
    assert salience["prior"] == [0.05, 0.4] and (salience["low"], salience["high"]) == (0.05, 0.5)
    assert (users["low"], users["high"], users["step"]) == (15, 240, 1.0)
    assert found["society.wifi"]["form"] == "{beta={mean=@,concentration=6.0}}"
    rules = [choice for choice, _ in found["regulator.rule"]["choices"]]
    assert rules == ["free", "non-exclusive", "ban"]
    assert "follower" in dict(found["apps.yixin.strategy"]["choices"])


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.3, "0.3"), (0.1 + 0.2, "0.30000000000000004"), (1e-7, "1e-07"), (5, "5"), (True, "true")],
)
def test_a_value_is_written_as_short_as_it_is_exact(value: object, text: str) -> None:
    assert as_text(value) == text


# ---------------------------------------------------------------------- what differs


def test_what_differs_is_said_by_path() -> None:
    one = {"a": 1, "b": {"c": 2, "d": None}, "e": {"x": 1}, "same": [1]}
    other = {"a": 2, "b": {"c": 2, "d": 3}, "f": {"y": 2}, "same": [1]}
    assert list(differing(one, other)) == [
        (("a",), 1, 2),
        (("b", "d"), None, 3),
        (("e",), {"x": 1}, None),
        (("f",), None, {"y": 2}),
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"changes": (("regulator.rule", "ban"),)}, "Regulator · Rule: free → ban"),
        (
            {"changes": (("offers.yixin_gift.start", "9"),)},
            "Yixin: 300 MB for registering · start: 19 August 2013 → 9 September 2013",
        ),
        (
            {"changes": (("offers.yixin_gift.end", "2014-01-06"),)},
            "Yixin: 300 MB for registering · end: 1 January 2014 → 6 January 2014",
        ),
        ({"changes": (("society.population", "1e9"),)}, "Population: 464 M → 1 bn"),
        (
            {"changes": (("apps.yixin.launch", "0"),)},
            "Yixin · Launch: 19 August 2013 → 8 July 2013",
        ),
        ({"changes": (("parameters.habit_weight", "9"),)}, "Habit weight: 4.13 → 9"),
        ({"later": ((9, "regulator.rule", "ban"),)}, "From week 9 on, Regulator · Rule: – → ban"),
    ],
)
def test_what_differs_is_said_in_words_of_the_page(changed, said) -> None:
    [told] = told_apart(Place(), Place(**changed), "en")
    assert said in told
    [told] = told_apart(Place(), Place(**changed), "zh")
    assert "_" not in told and "regulator" not in told


def test_a_comparison_tells_the_differences_of_its_runs() -> None:
    small = (("society.users", "2000"), ("weeks", "30"))
    one = Place(changes=small)
    other = Place(changes=(*small, ("offers.yixin_gift", "")), actions=((4, "wechat", "{}"),))
    pairs = [measured(one, other), measured(Place(seed=1, changes=small), other)]
    assert pairs[0][0]["carriers.china_mobile.income"] == pytest.approx(
        sum(
            total
            for name, total in pairs[0][0].items()
            if name.startswith("carriers.china_mobile.") and name.endswith("_income_total")
        )
    )
    told = _comparison(one, other, pairs, "en")
    assert told["differing"] == [
        "Yixin: 300 MB for registering: left out",
        "Week 4, WeChat decides: – → {}",
    ]
    row = next(row for row in told["rows"] if row[:2] == ["WeChat", "Registered at the end"])
    means = [
        100 * np.mean([pair[side]["apps.wechat.registered_share"] for pair in pairs])
        for side in (0, 1)
    ]
    assert [float(text) for text in row[3:5]] == pytest.approx(means, abs=0.05)
    assert (
        _comparison(one, one, pairs[:1], "en")["differing"]
        != _comparison(one, other, pairs, "en")["differing"]
    )


# ---------------------------------------------------------------------- what is taken home


@pytest.mark.parametrize(("form", "read"), [("csv", pd.read_csv), ("parquet", pd.read_parquet)])
def test_tables_are_those_of_the_run(form: str, read) -> None:
    found = tables(PLACE, form, "en")
    one = run(PLACE.scenario(), 3)
    assert isinstance(found, bytes) and found == tables(PLACE, form, "zh")
    with zipfile.ZipFile(io.BytesIO(found)) as folder:
        held = read(io.BytesIO(folder.read(f"weekly.{form}")))
    pd.testing.assert_frame_equal(held.fillna(""), one.weekly.fillna(""), check_dtype=False)


def test_tables_of_a_run_that_cannot_be_say_why() -> None:
    found = tables(Place(FIRST_STORY, 0, SMALL, ((3, "nobody", "{}"),)), "csv", "en")
    assert isinstance(found, str) and "no seat 'nobody'" in found


def test_a_file_of_a_difference_makes_the_other_again() -> None:
    before = {"a": 1, "b": {"c": 2, "d": 3}, "e": 1, "same": {"x": 1}}
    after = {"a": 1, "b": {"c": 5}, "f": {}, "same": {"x": 1}}
    assert difference(before, after) == {"b": {"c": 5}, "f": {}, "remove": ["e", "b.d"]}
    assert difference(before, before) == {}


def test_toml_is_read_as_it_was_meant() -> None:
    value = {"a": [1, 2.5, 'ü"x\\'], "b": {"c": True, "d e": date(2013, 8, 19)}}
    assert tomllib.loads(f"value = {_toml(value)}") == {"value": value}


def test_a_page_to_take_home_holds_its_run_and_asks_nobody(tmp_path) -> None:
    simulate(PLACE, str(tmp_path))
    parts = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".zh"}
    start = json.loads(parts["story.en"].split(b"\n", 1)[0])
    text = page(start, parts, "en", {"view": "carrier", "week": "9", "theme": "dark"}).decode()
    assert not re.search(r"(?:src|href)=[\"']?https?:", text)
    assert "dark" in text[:2000] and start["title"] in text
    shown = re.search(r'"shown": ?(\{[^}]*\})', text)
    assert shown and json.loads(shown[1]) == {"view": "carrier", "week": "9"}


# ---------------------------------------------------------------------- films


def test_a_film_holds_every_week_of_everybody(tmp_path) -> None:
    luck = np.random.default_rng(1)
    weeks = luck.integers(0, 4, (6, 300)).astype(np.uint8)
    weeks[3] = weeks[2]  # nobody changes
    film = Film(tmp_path / "main")
    for number, kinds in enumerate(weeks):
        film.add(kinds)
        if number in (0, 4):
            film.flush()
    film.flush()
    data, now, at = (tmp_path / "main").read_bytes(), weeks[0].copy(), 300
    assert np.array_equal(np.frombuffer(data[:300], np.uint8), weeks[0])
    for kinds in weeks[1:]:
        count = int(np.frombuffer(data, "<u2", 1, at)[0])
        who = np.cumsum(np.frombuffer(data, "<u2", count, at + 2))
        now[who] = np.frombuffer(data, np.uint8, count, at + 2 + 2 * count)
        at += 2 + 3 * count
        assert np.array_equal(now, kinds)
    assert at == len(data)


def test_how_users_stand_to_an_app() -> None:
    frame = np.array(  # main, aware, registered, active, free, carrier; of the app with bit 1
        [
            [0, 1, 1, 1, 1, 0],
            [0, 2, 1, 0, 0, 0],
            [0, 2, 2, 1, 0, 0],
            [0, 2, 2, 2, 1, 0],
            [0, 2, 2, 2, 2, 0],
        ],
        np.uint8,
    )
    assert standing(1)(frame).tolist() == [0, 1, 2, 3, 4]
