"""Broken input is told in one line: file, field, value and what to do; never a traceback."""

import copy
import datetime as dt
import pickle
import re
import subprocess
import warnings
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import MODULE, Command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market_model.market import run
from market_model.scenario import ScenarioError, builtin_names, load_scenario
from market_model.scenario.load import build, copied, find, merge, read

SOUND = """
carriers.red.share = 0.6
carriers.blue.share = 0.4
apps.chat.kind = "messenger"
apps.talk.kind = "messenger"
society.users = 100
"""
OFFER, EVENT = '[offers.free]\napps = ["chat"]\n', "[[events]]\nwhen = 3\n"

FILES: list[tuple[str | bytes, str]] = [  # whole files, and what is said of them
    ("weeks = = 3", "x.toml: is not TOML: Invalid value (at line 1"),
    ("", "x.toml: carriers: there is none; a market needs at least one [carriers.<name>]"),
    (
        "[carriers.red]\nshare = 1",
        "x.toml: apps: there is none; a market needs at least one [apps.<name>]",
    ),
    (b"\x00\xff\xfe\x89PNG", "x.toml: is not UTF-8 text; save it"),
    ("weeks = 3\nweeks = 4", "x.toml: is not TOML: Cannot overwrite"),
    ("a = " + "[" * 9999, "x.toml: is not TOML: nested too deeply; check quotes, brackets"),
    ("weeks = 1" + "0" * 5000, "x.toml: has a number of thousands of digits; write it as 1e6"),
    (
        'extends = "china-2031"',
        "china-2031: no built-in scenario and no file of this name; did you mean 'china-2013'?",
    ),
    ('extends = "x"', "x: extends: 'x': scenarios extend each other in a circle; break it"),
    (
        'extends = "china-2013"\nremove = ["offers.yixn_unicom"]',
        "x.toml: remove: 'offers.yixn_unicom' does not exist; did you",
    ),
    ('extends = "china-2013"\nremove = 5', "x.toml: remove: needs a list of paths"),
    ('remove = ["apps.chat"]', "x.toml: remove: only goes with 'extends'; leave it out"),
]
SLIPS = [  # added to a sound file: the field named, and the end of what is said
    ("start = 2013-02-30", "is not TOML", "Invalid date"),
    ("start = 9999-12-31", "start", "it must be at most 2999-12-31"),
    ("weeks = 0\nsociety.zipf = 1", "society.zipf", "weeks)"),
    (
        "society.population = 0x1" + "0" * 5000,
        "society.population",
        "hundreds of digits; write it as 1e6",
    ),
    ("societie.x = 1", "societie", "unknown field 'societie'; did you mean 'society'?"),
    ("apps.chat.qualty = 1", "apps.chat.qualty", "did you mean 'quality'?"),
    ('apps."a\\nb".qualty = 1', r"apps.a\nb.qualty", "did you mean 'quality'?"),
    ("society.wifi.norml.sd = 1", "society.wifi.norml", "did you mean 'normal'?"),
    ('weeks = "many"', "weeks", "needs a whole number, not 'many'"),
    ("weeks = true", "weeks", "needs a number, not true"),
    ("society.regions.north = true", "society.regions.north", "needs a number, not true"),
    ("carriers.red.sms_price = -0.1", "carriers.red.sms_price", "is -0.1; it must be at least 0"),
    ("apps.chat.quality = 1e300", "apps.chat.quality", "is 1e+300; it must be at most"),
    ("parameters.beta = nan", "parameters.beta", "needs a finite number, not nan"),
    ("society.wifi = 30", "society.wifi", "has the value 30; it goes from 0 to 1"),
    (
        "carriers.green.share = 0.4",
        "carriers.*.share",
        "shares sum to 1.4, not to 1; make them add up",
    ),
    (
        OFFER + 'carriers = ["rde"]',
        "offers.free.carriers",
        "names the carrier 'rde', which is not defined; did you mean 'red'?",
    ),
    ('apps.chat.regions = ["everwhere"]', "apps.chat.regions", "did you mean 'everywhere'?"),
    (
        OFFER + "start = 9\nend = 5",
        "offers.free.end",
        "5 is not after the start, 9; give a later end",
    ),
    (
        OFFER + "end = 9\nlength_weeks = 2",
        "offers.free.length_weeks",
        "is 2 beside end = 9; give an end or a length, not both",
    ),
    (
        OFFER + 'owner = "firm"',
        "offers.free.owner",
        "is 'firm' but payer is 'app'; set payer = 'owner'",
    ),
    (
        "owners.a.holds.b = 0.5\nowners.b.holds.c = 0.5\nowners.c.holds.a = 0.5",
        "owners.a.holds",
        "a → b → c → a; break",
    ),
    (
        "owners.a.holds.chat = 0.7\nowners.b.holds.chat = 0.7",
        "owners.b.holds.chat",
        "is 0.7, 1.4 with other owners",
    ),
    (
        "owners.a = { holds = {}, core_income = { chat = -1 } }",
        "owners.a.core_income.chat",
        "is -1; it lies between",
    ),
    (
        "society.graph.degree = 0",
        "society.graph.degree",
        "is 0: an empty graph, nobody knows anybody; give at least 1",
    ),
    ('society.graph.family = "smal-world"', "society.graph.family", "did you mean 'small-world'?"),
    (
        f"apps.chat.taste.values = {[0] * 101}",
        "apps.chat.taste.values",
        "has 101 values for 100 users; give one for each",
    ),
    (
        "society.wifi = { values = [1], csv = 'a.csv' }",
        "society.wifi",
        "give exactly one of normal",
    ),
    (
        "apps.chat.taste = { csv = 'no.csv', column = 'x' }",
        "apps.chat.taste.csv",
        "no such file: 'no.csv' in .; did you mean 'a.csv'?",
    ),
    (
        "apps.chat.taste = { csv = 'a.csv', column = 'tast' }",
        "apps.chat.taste.column",
        "did you mean 'taste'?",
    ),
    (
        "apps.chat.taste = { csv = 'a.csv', column = 'taste' }",
        "apps.chat.taste.csv",
        "'a.csv' has 2 rows for 100 users; give one row for each, or set society.users = 2",
    ),
    (
        "apps.chat.taste = { csv = 'a.csv', column = 'gap' }",
        "apps.chat.taste.csv",
        "'a.csv' has 2 rows for 100 users",
    ),
    (
        "apps.chat.taste = { csv = 'a.csv', column = 'user' }",
        "apps.chat.taste.csv",
        "has 2 rows for 100 users; give one",
    ),
    (EVENT + 'kind = "prize"', "events.0", "'prize' is not one of licence, price"),
    (EVENT + 'kind = "price"\ncarier = "red"', "events.0.carier", "did you mean 'carrier'?"),
    (
        'apps.chat.launch = "in May"',
        "apps.chat.launch",
        "needs a week number, or a date such as 2013-11-08 (it is 'in May')",
    ),
    ("apps.chat.launch = 1000000000000000000000", "apps.chat.launch", "a week number lies between"),
    (
        "apps.chat.margin.points = [{ when = 3, value = 1 }, { when = 2, value = 1 }]",
        "apps.chat.margin.points",
        "in order",
    ),
    (
        "\n".join(f"apps.m{i} = {{}}" for i in range(7)),
        "apps",
        "has 9 messengers; at most 8 fit in a market: remove some",
    ),
]


ALL = FILES + [(SOUND + text, f"x.toml: {field}: {told}") for text, field, told in SLIPS]


@pytest.mark.parametrize(("text", "told"), ALL, ids=[told for _, told in ALL])
def test_a_broken_file_is_told_in_one_line(
    text: str | bytes, told: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("user,taste,gap\n1,0.5\n2,much,1\n")
    (tmp_path / "x.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    said = command("run", "x.toml")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
    place, _, words = told.rpartition(": ")
    assert said.err.startswith(place) and words in said.err, said.err
    assert len(said.err) < 400 and "pydantic" not in said.err


def test_the_sound_file_behind_all_these_loads(command: Command, tmp_path: Path) -> None:
    (tmp_path / "full.csv").write_text("\n".join(["taste", *["0.5"] * 100]))
    text = (
        SOUND
        + "apps.chat.taste = { csv = 'full.csv', column = 'taste' }\n"
        + OFFER
        + "start = '2013-03-01'\n"
        + EVENT
    )
    (tmp_path / "sound.toml").write_text(f"\ufeff{text}kind = 'licence'", "utf-8")
    assert load_scenario(tmp_path / "sound.toml").offers["free"].start == dt.date(2013, 3, 1)
    (tmp_path / "china-2013.toml").write_text('extends = "china-2013"\nweeks = 3')
    (tmp_path / "next.toml").write_text('extends = "china-2013.toml"')
    assert load_scenario(tmp_path / "next.toml").weeks == 3
    assert command("show", "sound.toml").code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "run nonsense",
            "nonsense: no built-in scenario and no file of this name; there is: china-2013",
        ),
        ("run no.toml", "no.toml: no such file; give the path"),
        ("run folder.toml", "folder.toml: is a folder; give the path"),
        ("run china-2013 --set weeks", "--set: 'weeks' is not PATH=VALUE, as in"),
        (
            "run china-2013 --set society.user=3",
            "china-2013: society.user: unknown field 'user'; did you mean 'users'?",
        ),
        (
            "run china-2013 --set apps.wechatt.quality=3",
            "'wechatt' is not among the apps; did you mean 'wechat'?",
        ),
        ("run china-2013 --set events.².when=3", "'²' is no place in a list"),
        ("run china-2013 --set weeks=", "weeks: needs a whole number, not ''"),
        ("run china-2013 --users 1", "society.users: is 1; it must be at least 2"),
        ("run china-2013 --seed abc", "--seed: needs a whole number, not 'abc'"),
        ("sweep run x.toml --workers 0", "--workers: is '0'; it must be at least 1"),
        ("run empty", "empty: is a folder; give the path of a TOML file"),
        ("run china-2013 --csv", "--csv: goes with --out"),
        ("run china-2013 --out a.txt", "a.txt: cannot be written to: "),
        ("compare china-2013 china-2013-ban --out a.txt/b", "a.txt/b: cannot be written to: "),
        ("compare china-2013 china-2013", "compare: 'china-2013' stands there twice"),
        ("validate x.toml", "what checks a file is: market-model show x.toml"),
        ("new ../x", "../x: is no good name; use letters"),
        ("new x --from chna-2013", "did you mean 'china-2013'?"),
    ],
)
def test_a_broken_command_is_told_in_one_line(
    words: str, told: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.txt").touch()
    said = command(*words.split(" "))
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
    assert told in said.err


def test_a_sound_file_is_told_to_be_sound(command: Command, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(SOUND)
    told = command("show", "x.toml").out.splitlines()
    assert told[-1] == "x.toml is sound. Run it with: market-model run x.toml"
    assert "is sound" not in command("show", "china-2013").out


def test_the_real_command_shows_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(SOUND + OFFER + 'carriers = ["rde"]')
    for words, told in (
        ("run x.toml", "'red'?"),
        ("compare x.toml china-2013", "'red'?"),
        ("show china-203", "china-2013"),
    ):
        done = subprocess.run(
            [*MODULE, *words.split()], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
        assert told in done.stderr


def test_an_error_survives_the_way_from_a_worker() -> None:
    error = pickle.loads(pickle.dumps(ScenarioError("a.toml", "weeks", "is 0")))
    assert (str(error), error.field) == ("a.toml: weeks: is 0", "weeks")


ODD = st.sampled_from(
    [
        "",
        "x",
        "chat",
        "\n",
        -1,
        0,
        1,
        2,
        0.5,
        49,
        -0.001,
        1e9,
        1e18,
        10**30,
        10**400,
        float("nan"),
        float("inf"),
        100_000,
        -100_000,
        True,
        [],
        {},
        [1],
        ["x"],
        dt.date(1, 1, 1),
        dt.date(9999, 12, 31),
        {"normal": {"mean": 1e9, "sd": 1e9}},
        {"lognormal": {"median": 1e9, "sigma": 20}},
        {"values": [0.1] * 50},
        {"beta": {"mean": 0.5, "concentration": 1e6}},
        {"points": [{"when": 0, "value": 1}]},
    ]
)


def leaves(table: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        table.items()
        if isinstance(table, dict)
        else enumerate(table)
        if isinstance(table, list)
        else ()
    )
    return [way][: len(way)] + [leaf for key, value in inner for leaf in leaves(value, (*way, key))]


def small(name: str) -> dict[str, Any]:
    """The tables of a built-in scenario, for 50 people and 2 weeks."""
    data = read(*find(name)) | {"weeks": 2}
    society = merge(data, {"society": {"users": 50, "warmup_weeks": 0, "graph": {}}})["society"]
    society["graph"]["degree"] = min(14, society["graph"].get("degree", 14))
    for start in (app["start"] for app in data["apps"].values() if "start" in app):
        start |= {k: min(v, 5) for k, v in start.items() if type(v) is int} | (
            {"seeds": [0]} if "seeds" in start else {}
        )
    return data


SMALL = {name: small(name) for name in builtin_names()}


OTHERS_WORDS = re.compile(r"\\|\^|\[A-|datetime\.|<class|[Ii]nput should|should have|should match")
ODD_EVERYWHERE: list[Any] = [
    "odd value!",
    "x" * 90,
    dt.date(2013, 7, 1),
    dt.datetime(2013, 7, 1, 3),
    dt.time(1, 2),
    [dt.time(1, 2)],
    -1,
    10**30,
    1.5,
    True,
    "",
    None,
    {"a": {}},
    [0] * 99,
    {str(i): {} for i in range(99)},
]


@pytest.mark.slow
def test_no_field_answers_an_odd_value_in_the_words_of_a_library() -> None:
    """Every field that a market has, one of each kind of table."""
    whole = build(read(*find("china-2013")), "china-2013").model_dump(mode="json")
    data = {key: value for key, value in whole.items() if key != "name" and value is not None}
    fields: dict[Any, tuple[Any, ...]] = {}
    for way in leaves(data):
        named = way[0] in ("apps", "carriers", "offers", "events")
        fields.setdefault((way[0], *way[2:]) if named else way, way)
    assert len(fields) > 200
    told: set[str] = set()
    for *way, last in fields.values():
        for odd in ODD_EVERYWHERE:
            changed = copied(data)
            reduce(getitem, way, changed)[last] = odd
            try:
                build(changed, "x")
            except ScenarioError as error:
                told.add(str(error))
    assert len(told) > 1000
    assert [text for text in sorted(told) if OTHERS_WORDS.search(text)] == []
    assert "x: start: needs a date such as 2013-11-08, not 01:02:00" in told
    assert "x: currency: is 'odd value!'; it can have at most 8 characters" in told


@pytest.mark.slow
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_odd_value_runs_or_is_refused_in_words(draw: st.DataObject) -> None:
    name = draw.draw(st.sampled_from(sorted(SMALL)))
    data = copy.deepcopy(SMALL[name])
    for _ in range(draw.draw(st.integers(1, 2))):
        *way, last = draw.draw(st.sampled_from(leaves(data)))
        reduce(getitem, way, data)[last] = copy.deepcopy(draw.draw(ODD))
    try:
        scenario = build(data, name)
        if (
            scenario.society.users > 2000
            or scenario.weeks > 60
            or scenario.society.warmup_weeks > 60
        ):
            return
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            history = run(scenario, 0).history
    except ScenarioError as error:
        assert "\n" not in str(error) and error.file.endswith(name.rpartition("/")[2]), error
        return
    people = [
        history.series("app", m, s)
        for m in scenario.messengers
        for s in ("registered", "active", "mau", "aware")
    ]
    people += [history.series("carrier", c, "subscribers") for c in scenario.carriers]
    assert (
        not np.isnan(people).any()
        and np.min(people) >= 0
        and np.max(people) <= scenario.population * (1 + 1e-9)
    )


def test_what_a_field_can_be_is_told_once() -> None:
    with pytest.raises(ScenarioError) as told:
        load_scenario("china-2013", {"regulator.rule": "xyz"})
    assert told.value.problem == "'xyz' is not one of free, non-exclusive, ban"
    with pytest.raises(ScenarioError, match=r"ban; did you mean 'ban'\?$"):
        load_scenario("china-2013", {"regulator.rule": "bann"})
