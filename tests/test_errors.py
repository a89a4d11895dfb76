"""Broken input is told in one line: file, field, value and what to do; never a traceback."""

from __future__ import annotations

import copy
import datetime as dt
import os
import pickle
import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import MODULE
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from market_model.scenario import ScenarioError, builtin_names, load_scenario
from market_model.scenario.load import build, find, read

MARKET = """
{top}
[carriers.red]
share = 0.6
{red}
[carriers.blue]
share = 0.4
[apps.chat]
{chat}
[apps.talk]
[society]
users = 100
{society}
{tables}
"""
OFFER = '[offers.free]\napps = ["chat"]\n'
EVENT = "[[events]]\nwhen = 3\n"


def market(*, top: str = "", red: str = "", chat: str = "", society: str = "", tables: str = "") -> str:
    return MARKET.format(top=top, red=red, chat=chat, society=society, tables=tables)


BROKEN: dict[str, tuple[str | bytes, str, tuple[str, ...]]] = {  # what the file holds, the field named, other words
    "not TOML": ("weeks = = 3", "", ("is not TOML", "line 1", "check quotes")),
    "empty file": ("", "carriers", ("at least one [carriers.<name>]",)),
    "no apps": ("[carriers.red]\nshare = 1", "apps", ("at least one [apps.<name>]",)),
    "no carriers": ("[apps.chat]", "carriers", ("at least one [carriers.<name>]",)),
    "binary file": (b"\x00\xff\xfe\x89PNG", "", ("is not UTF-8 text; save it",)),
    "duplicate keys": (market(top="weeks = 3\nweeks = 4"), "", ("is not TOML", "overwrite")),
    "no such day": (market(top="start = 2013-02-30"), "", ("is not TOML", "date")),
    "too deep": ("a = " + "[" * 9999, "", ("nested too deeply",)),
    "5,000 digits": (market(top="weeks = 1" + "0" * 5000), "", ("number of thousands of digits; write it as 1e6",)),
    "5,000 digits in hex": (market(society="population = 0x1" + "0" * 5000), "society.population", ("digits; write it",)),
    "unknown table": (market(tables="[societie]\nx = 1"), "societie", ("unknown field", "did you mean 'society'?")),
    "unknown field": (market(chat="qualty = 1"), "apps.chat.qualty", ("did you mean 'quality'?",)),
    "unknown field of a column": (market(society="wifi = { norml = { sd = 1 } }"), "society.wifi.norml", ("'normal'?",)),
    "wrong type": (market(top='weeks = "many"'), "weeks", ("needs a whole number, not 'many'",)),
    "true for a number": (market(top="weeks = true"), "weeks", ("needs a number, not True",)),
    "true among numbers": (market(society="regions = { north = true }"), "society.regions.north", ("not True",)),
    "number for a table": (market(top="parameters = 5"), "parameters", ("needs a table [like.this], not 5",)),
    "text for a list": (market(tables='[offers.free]\napps = "chat"'), "offers.free.apps", ("needs a list in square",)),
    "number for true": (market(tables=OFFER + "exclusive = 3"), "offers.free.exclusive", ("needs true or false, not 3",)),
    "negative price": (market(red="sms_price = -0.1"), "carriers.red.sms_price", ("is -0.1; it must be at least 0",)),
    "huge number": (market(chat="quality = 1e300"), "apps.chat.quality", ("is 1e+300; it must be at most",)),
    "nan": (market(tables="[parameters]\nbeta = nan"), "parameters.beta", ("needs a finite number, not nan",)),
    "infinite": (market(chat="cash = inf"), "apps.chat.cash", ("needs a finite number, not inf",)),
    "negative rate": (market(chat="discovery = { per_year = -1 }"), "apps.chat.discovery.per_year", ("is -1",)),
    "share above 1": (market(society="wifi = 30"), "society.wifi", ("30; it goes from 0 to 1",)),
    "shares of carriers": (market(tables="[carriers.green]\nshare = 0.4"), "carriers.*.share", ("sum to 1.4, not to 1; make",)),
    "shares of regions": (market(society="regions = { a = 0.5, b = 0.2 }"), "society.regions", ("sum to 0.7",)),
    "shares of devices": (market(tables="[society.devices.phone]\nshare = 0.3"), "society.devices", ("sum to 0.3",)),
    "negative share": (market(society="regions = { a = 1.5, b = -0.5 }"), "society.regions.a", ("is 1.5; a share lies between",)),
    "unknown carrier": (market(tables=OFFER + 'carriers = ["rde"]'), "offers.free.carriers", ("'rde'", "did you mean 'red'?")),
    "unknown app": (market(tables='[offers.x]\napps = ["chatt"]'), "offers.x.apps", ("'chatt'", "did you mean 'chat'?")),
    "no app in an offer": (market(tables="[offers.x]\napps = []"), "offers.x.apps", ("is empty; it needs at least one",)),
    "unknown region": (market(chat='regions = ["nort"]', society="regions = { north = 1 }"), "apps.chat.regions", ("'north'?",)),
    "end before start": (market(tables=OFFER + "start = 9\nend = 5"), "offers.free.end", ("5 is not after the start, 9; give",)),
    "end and length": (market(tables=OFFER + "end = 9\nlength_weeks = 2"), "offers.free.length_weeks", ("not both",)),
    "owner without payer": (market(tables=OFFER + 'owner = "firm"'), "offers.free.owner", ("'firm'", "set payer = 'owner'")),
    "payer without owner": (market(tables=OFFER + 'payer = "owner"'), "offers.free.owner", ("none is defined",)),
    "places and regions": (market(tables=OFFER + 'carriers = ["red"]\nplaces = [["red", "everywhere"]]'),
                           "offers.free.places", ("give one or the other",)),
    "cyclic ownership": (market(tables="[owners.a]\nholds = { b = 0.5 }\n[owners.b]\nholds = { c = 0.5 }\n"
                                       "[owners.c]\nholds = { a = 0.5 }"), "owners.a.holds", ("a → b → c → a; break the cycle",)),
    "held twice": (market(tables="[owners.a]\nholds = { chat = 0.7 }\n[owners.b]\nholds = { chat = 0.7 }"),
                   "owners.b.holds.chat", ("0.7", "1.4 with other owners")),
    "income below 0": (market(tables="[owners.a]\nholds = {}\ncore_income = { chat = -1 }"), "owners.a.core", ("-1",)),
    "empty graph": (market(society="graph = { degree = 0 }"), "society.graph.degree", ("an empty graph", "give at least 1")),
    "unknown graph": (market(society='graph = { family = "smal-world" }'), "society.graph.family", ("'small-world'?",)),
    "too many contacts": (market(society="graph = { degree = 100 }"), "society.graph.degree", ("100 with 100 users",)),
    "list too short": (market(chat="taste = { values = [1, 2] }"), "apps.chat.taste.values", ("2 values for 100 users; give",)),
    "list too long": (market(chat=f"taste = {{ values = {[0] * 101} }}"), "apps.chat.taste.values", ("101 values for 100",)),
    "two distributions": (market(society="wifi = { values = [1], csv = 'a.csv' }"), "society.wifi", ("give exactly one of",)),
    "low above high": (market(society="wifi = { uniform = { low = 1, high = 0 } }"), "society.wifi.uniform", ("is below low",)),
    "no CSV": (market(chat="taste = { csv = 'no.csv', column = 'x' }"), "apps.chat.taste.csv", ("no such file", "no.csv")),
    "CSV column": (market(chat="taste = { csv = 'short.csv', column = 'tast' }"), "apps.chat.taste.column", ("mean 'taste'?",)),
    "CSV rows": (market(chat="taste = { csv = 'short.csv', column = 'taste' }"), "apps.chat.taste.csv", ("1 rows for 100",)),
    "CSV text": (market(chat="taste = { csv = 'text.csv', column = 'taste' }"), "apps.chat.taste.csv", ("'much' in its row 2",)),
    "CSV gap": (market(chat="taste = { csv = 'gap.csv', column = 'taste' }"), "apps.chat.taste.csv", ("None in its row 1",)),
    "unknown event": (market(tables=EVENT + 'kind = "prize"'), "events.0", ("'prize' is not one of licence", "'price'?")),
    "field of an event": (market(tables=EVENT + 'kind = "price"\ncarier = "red"'), "events.0.carier", ("mean 'carrier'?",)),
    "carrier of an event": (market(tables=EVENT + 'kind = "price"\ncarrier = "rad"'), "events.0.carrier", ("mean 'red'?",)),
    "event without kind": (market(tables=EVENT), "events.0", ("needs a 'kind'; one of licence",)),
    "date nonsense": (market(chat='launch = "in May"'), "apps.chat.launch", ("a date such as 2013-11-08 (it is 'in May')",)),
    "half a week": (market(chat="launch = 1.5"), "apps.chat.launch", ("needs a week number", "1.5")),
    "far week": (market(chat="launch = 1000000000000000000000"), "apps.chat.launch", ("week number lies between",)),
    "far start": (market(top="start = 9999-12-31"), "start", ("9999", "must be at most 2999-12-31")),
    "unsorted schedule": (market(chat="margin = { points = [{ when = 3, value = 1 }, { when = 2, value = 1 }] }"),
                          "apps.chat.margin.points", ("in order of time",)),
    "unknown rule": (market(tables='[regulator]\nrule = "bann"'), "regulator.rule", ("mean 'ban'?",)),
    "strategy of a carrier": (market(chat='strategy = "block"'), "apps.chat.strategy", ("no strategy for an app",)),
    "9 messengers": (market(tables="".join(f"[apps.m{i}]\n" for i in range(7))), "apps", ("9 messengers; at most 8",)),
    "app named as carrier": (market(tables="[apps.red]"), "apps.red", ("name of a carrier", "another name")),
    "name on two lines": (market(tables='[apps."a\\nb"]\nqualty = 1'), r"apps.a\nb.qualty", ("'quality'?",)),
    "colour": (market(chat='color = "red"'), "apps.chat.color", ("'red'", "#")),
    "unknown base": ('extends = "china-2031"', "", ("china-2031", "did you mean 'china-2013'?")),
    "extends itself": ('extends = "broken"', "extends", ("'broken'", "in a circle; break it")),
    "extends a list": ("extends = [1]", "extends", ("needs the name of a scenario, not [1]",)),
    "removes nothing": ('extends = "china-2013"\nremove = ["offers.yixn"]', "remove", ("'offers.yixn' does not exist",)),
    "removes a number": ('extends = "china-2013"\nremove = 5', "remove", ("needs a list of paths", "not 5")),
    "removes without base": (market(top='remove = ["apps.chat"]'), "remove", ("only goes with 'extends'; leave it out",)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_in_one_line(name: str, command: Any, tmp_path: Path) -> None:
    text, field, words = BROKEN[name]
    (tmp_path / "short.csv").write_text("user,taste\n1,0.5\n")
    (tmp_path / "text.csv").write_text("user,taste\n1,0.5\n2,much\n")
    (tmp_path / "gap.csv").write_text("user,taste\n1\n")
    (tmp_path / "broken.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    said = command("run", "broken.toml")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
    file = {"unknown base": "china-2031", "extends itself": "broken"}.get(name, "broken.toml")
    assert said.err.startswith(f"{file}: {field}"), said.err
    assert all(w in said.err for w in words), said.err
    assert len(said.err) < 400 and "pydantic" not in said.err


def test_the_sound_file_behind_all_these_loads(command: Any, tmp_path: Path) -> None:
    column = "\n".join(["taste", *["0.5"] * 100])
    (tmp_path / "full.csv").write_text(column)
    text = market(chat="taste = { csv = 'full.csv', column = 'taste' }", society="wifi = 0.3",
                  tables=OFFER + "start = '2013-03-01'\n" + EVENT + "kind = 'licence'")
    (tmp_path / "sound.toml").write_text("\ufeff" + text, "utf-8")
    assert load_scenario(tmp_path / "sound.toml").offers["free"].start == dt.date(2013, 3, 1)
    (tmp_path / "china-2013.toml").write_text('extends = "china-2013"\nweeks = 3')
    (tmp_path / "next.toml").write_text('extends = "china-2013.toml"')
    assert load_scenario(tmp_path / "next.toml").weeks == 3
    assert command("show", "sound.toml").code == 0


@pytest.mark.parametrize(("words", "told"), [
    (["nonsense"], "nonsense: no built-in scenario and no file of this name; there is: china-2013"),
    (["no.toml"], "no.toml: no such file; give the path"), (["folder.toml"], "folder.toml: no such file"),
    (["china-2031"], "did you mean 'china-2013'?"),
    (["china-2013", "--set", "weeks"], "--set: 'weeks' is not PATH=VALUE, as in"),
    (["china-2013", "--set", "=3"], "--set: '=3' is not PATH=VALUE"),
    (["china-2013", "--set", "society.user=3"], "society.user: unknown field 'user'; did you mean 'users'?"),
    (["china-2013", "--set", "apps.wechatt.quality=3"], "'wechatt' is not among the apps; did you mean 'wechat'?"),
    (["china-2013", "--set", "weeks.x=3"], "china-2013: weeks"),
    (["china-2013", "--set", "events.99.when=3"], "'99' is no place in a list"),
    (["china-2013", "--set", "events.².when=3"], "'²' is no place in a list"),
    (["china-2013", "--set", "weeks="], "weeks: needs a whole number, not ''"),
    (["china-2013", "--set", "weeks=1" + "0" * 5000], "weeks: "),
    (["china-2013", "--weeks", "0"], "weeks: is 0; it must be at least 1"),
    (["china-2013", "--users", "1"], "society.users: is 1; it must be at least 2"),
    (["china-2013", "--engine", "fast"], "--engine: 'fast' is not one of"),
    (["china-2013", "--language", "de"], "--language: 'de'"),
    (["china-2013", "--out", "a.txt"], "a.txt: cannot be written to: "),
])
def test_a_broken_command_is_told_in_one_line(words: list[str], told: str, command: Any, tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "a.txt").touch()
    said = command("run", *words)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
    assert told in said.err


def test_the_real_command_shows_no_traceback(tmp_path: Path, outside: dict[str, str]) -> None:
    (tmp_path / "x.toml").write_text(market(tables=OFFER + 'carriers = ["rde"]'))
    for words, told in ((["run", "x.toml"], "did you mean 'red'?"), (["compare", "x.toml", "china-2013"], "did you mean 'red'?"),
                        (["show", "china-2031"], "did you mean 'china-2013'?")):
        done = subprocess.run([*MODULE, *words], cwd=tmp_path, env=outside, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
        assert told in done.stderr


def test_an_error_survives_the_way_from_a_worker() -> None:
    error = pickle.loads(pickle.dumps(ScenarioError("a.toml", "weeks", "is 0")))
    assert (str(error), error.field) == ("a.toml: weeks: is 0", "weeks")


ODD = st.sampled_from(["", "x", "chat", "\n", -1, 0, 1, 2, 0.5, 49, -0.001, 1e9, 1e18, 10**30, 10**400, float("nan"),
                       float("inf"), 100_000, -100_000, True, [], {}, [1], ["x"], dt.date(1, 1, 1), dt.date(9999, 12, 31),
                       {"normal": {"mean": 1e9, "sd": 1e9}}, {"lognormal": {"median": 1e9, "sigma": 20}}, {"values": [0.1] * 50},
                       {"beta": {"mean": 0.5, "concentration": 1e6}}, {"points": [{"when": 0, "value": 1}]}])


def leaves(table: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [way] if way else []
    for key, value in table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ():
        found += leaves(value, (*way, key))
    return found


def small(name: str) -> dict[str, Any]:
    """The tables of a built-in scenario, for 50 people and 2 weeks."""
    data = read(*find(name))
    society = data.setdefault("society", {})
    society |= {"users": 50, "warmup_weeks": 0}
    graph = society.setdefault("graph", {})
    graph["degree"] = min(14, graph.get("degree", 14))
    for app in data["apps"].values():
        start = app.setdefault("start", {})
        start |= {k: min(v, 5) for k, v in start.items() if type(v) is int} | ({"seeds": [0]} if "seeds" in start else {})
    return data | {"weeks": 2}


SMALL = {name: small(name) for name in builtin_names()}


def fuzzed(draw: st.DataObject) -> tuple[str, Any]:
    name = draw.draw(st.sampled_from(sorted(SMALL)))
    data = copy.deepcopy(SMALL[name])
    for _ in range(draw.draw(st.integers(1, 2))):
        *way, last = draw.draw(st.sampled_from(leaves(data)))
        here = data
        for key in way:
            here = here[key]
        here[last] = copy.deepcopy(draw.draw(ODD))
    try:
        return name, build(data, name, Path())
    except ScenarioError as error:
        assert "\n" not in str(error) and str(error).startswith(name)
        event("refused")
        return name, None


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_odd_value_is_taken_or_refused_in_words(draw: st.DataObject) -> None:
    fuzzed(draw)


@pytest.mark.slow
@settings(max_examples=int(os.environ.get("FUZZ", "400")), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_taken_runs(draw: st.DataObject) -> None:
    from market_model.market import run

    name, scenario = fuzzed(draw)
    if scenario is None or scenario.society.users > 2000 or scenario.weeks > 60 or scenario.society.warmup_weeks > 60:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            one = run(scenario, 0)
        except ScenarioError as error:
            assert str(error).startswith(name)
            return
    people = [one.history.series("app", m, s) for m in scenario.messengers for s in ("registered", "active", "mau", "aware")]
    people += [one.history.series("carrier", c, "subscribers") for c in scenario.carriers]
    assert not np.isnan(people).any() and np.min(people) >= 0 and np.max(people) <= scenario.population * (1 + 1e-9)
