"""A loaded scenario holds what its files held: it runs, is kept and played again without them."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import awaited
from starlette.requests import Request

from market_model.explorer import place as places
from market_model.explorer.exports import difference, for_class
from market_model.explorer.place import Place
from market_model.game import Setup, setup_of
from market_model.market import run
from market_model.scenario import Scenario, ScenarioError, load_scenario
from market_model.scenario.load import read
from market_model.sweep.drive import run_sweep
from market_model.sweep.points import prepare, resume
from market_model.sweep.store import Results

USERS = 24
TOY = """
weeks = 8
[society.graph]
family = "file"
file = "data/ties.csv"
[parameters]
price_pressure = { csv = "data/users.csv", column = "pressure" }
[carriers.red]
share = 1
[apps.chat]
start = { registered = 0.5, active = 0.3 }
discovery = 0.1
[[events]]
when = 2
kind = "quality"
app = "chat"
change = 0.5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "mine"
    (inside / "data").mkdir(parents=True)
    write(inside, 3)
    (inside / "toy.toml").write_text(TOY)
    return inside


def write(folder: Path, step: int) -> None:
    ties = "".join(f"p{k},p{(k + d) % USERS}\n" for k in range(USERS) for d in (1, step))
    (folder / "data" / "ties.csv").write_text("source,target\n" + ties)
    rows = "".join(f"p{k};0,{k + 10}\n" for k in reversed(range(USERS)))
    (folder / "data" / "users.csv").write_text("id;pressure\n" + rows)


def test_a_scenario_runs_from_its_own_dump_without_its_files(folder: Path):
    scenario = load_scenario(folder / "toy.toml")
    shutil.rmtree(folder)
    kept = Scenario.model_validate(json.loads(scenario.model_dump_json()))
    assert kept == scenario and run(kept, 1).digest == run(scenario, 1).digest


def test_a_base_names_files_beside_itself(folder: Path):
    other = folder.parent / "other"
    other.mkdir()
    (other / "own.toml").write_text('extends = "../mine/toy.toml"\nweeks = 4\n')
    scenario = load_scenario(other / "own.toml")
    assert scenario.society.users == USERS and scenario.weeks == 4


def test_a_game_on_an_own_scenario_is_whole(folder: Path):
    setup = setup_of(load_scenario(folder / "toy.toml"), rounds=1)
    shutil.rmtree(folder)
    again = Setup.of_data(json.loads(json.dumps(setup.as_data())))
    assert again.scenario.society.users == USERS and again == setup


def test_another_content_is_another_run_and_an_older_file_too(folder: Path, monkeypatch):
    story = str(folder / "toy.toml")
    monkeypatch.setattr(places, "OPENED", [story])
    first = Place(story).key()
    old = folder / "data" / "old.csv"
    shutil.copy2(folder / "data" / "ties.csv", old)
    os.utime(old, (1e9, 1e9))
    write(folder, 5)
    assert (second := Place(story).key()) != first
    shutil.copy2(old, folder / "data" / "ties.csv")  # as cp -p does
    assert Place(story).key() == first
    older = folder / "older.toml"
    older.write_text(TOY.replace("weeks = 8", "weeks = 9"))
    os.utime(older, (1e9, 1e9))
    shutil.copy2(older, folder / "toy.toml")
    assert Place(story).key() not in (first, second)
    assert Place(story).scenario().weeks == 9


def taken_home(query: str) -> str:
    scope = {"type": "http", "method": "GET", "path": "/class.toml", "headers": []}
    scope |= {"query_string": query.encode(), "server": ("127.0.0.1", 80), "scheme": "http"}
    return bytes(awaited(for_class(Request(scope))).body).decode()


def test_for_a_class_an_own_scenario_is_written_whole(folder: Path, tmp_path: Path, monkeypatch):
    story = str(folder / "toy.toml")
    monkeypatch.setattr(places, "OPENED", [story])
    place = Place(
        story, changes=(("events.0.when", "5"), ("parameters.price_pressure.column", '"pressure"'))
    )
    expected, text = place.scenario(), taken_home(place.query())
    shutil.rmtree(folder)
    (tmp_path / "class.toml").write_text(text)
    scenario = load_scenario(tmp_path / "class.toml")
    assert scenario == expected and scenario.events[0].when == 5


@pytest.mark.parametrize(
    "changes",
    [
        (("events.0.when", "5"),),
        (
            (f"offers.{next(iter(load_scenario('china-2013').offers))}", ""),
            ("parameters.price_pressure.lognormal.median", "1"),
        ),
        (("parameters.price_pressure", "0.4"), ("events.1.when", "7"), ("weeks", "60")),
    ],
)
def test_for_a_class_any_change_of_a_built_in_story_can_be_read(changes, tmp_path: Path):
    place = Place(changes=changes)
    (tmp_path / "class.toml").write_text(taken_home(place.query()))
    assert load_scenario(tmp_path / "class.toml") == place.scenario()


def test_a_difference_takes_out_what_is_gone():
    before = {"a": {"b": 1, "c": 2}, "d": [1, {"e": 2}], "f": 3}
    after = {"a": {"b": 1, "g": 4}, "d": [1, {"e": 5}], "f": 3}
    assert difference(before, after) == {"a": {"g": 4}, "d": [1, {"e": 5}], "remove": ["a.c"]}


SWEEP = """
name = "mine"
scenario = "toy.toml"
[design]
kind = "grid"
replicates = 1
[factors]
"society.graph.file" = { values = ["data/ties.csv", "data/other.csv"] }
"parameters.salience" = { values = [0.1, 0.9] }
"""


def test_a_sweep_holds_its_files_and_knows_when_they_change(folder: Path, tmp_path: Path):
    shutil.copy(folder / "data" / "ties.csv", folder / "data" / "other.csv")
    (folder / "sweep.toml").write_text(SWEEP)
    first = prepare(folder / "sweep.toml")
    moved = tmp_path / "elsewhere"
    shutil.copytree(folder, moved)
    there = prepare(moved / "sweep.toml")
    assert there.mark == first.mark and there.runs == first.runs
    out = run_sweep(folder / "sweep.toml", tmp_path / "out")
    write(folder, 7)
    assert prepare(folder / "sweep.toml").mark != first.mark
    shutil.rmtree(folder)
    again = resume(out)
    ties = [again.sweep.scenario_at(point).society.graph.network for point in again.points]
    assert all(network is not None and network.users == USERS for network in ties)
    assert Results(out).counts() == {"ok": 4, "left": 0}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("parameters.salience;weeks\n0,25;20\n0,5;30\n", None),
        ("\ufeff,parameters.salience,weeks\n0,25%,20\n1,50%,30\n", None),
        ("parameters.salience\tweeks\n0.25\t20\n0.5\t30\n", None),
        ('"parameters.salience","weeks"\n"0,25","20"\n"0,5","30"\n', None),
        ("parameters.salience,weeks\n0,25,20\n", "line 2 has 3 values for 2 columns"),
        (
            "parameters.salience,weeks,seed\n0.25,20,1\n",
            "has the column 'seed', which is no factor",
        ),
        ("parameters.salience,week\n0.25,20\n", "has no such column; did you mean 'week'"),
        ("parameters.salience,weeks\n", "holds no points"),
    ],
)
def test_points_of_a_list_are_read_as_columns_are(text, told, folder: Path):
    (folder / "sweep.toml").write_text(
        SWEEP.split("[design]")[0]
        + '[design]\nkind = "list"\nfile = "points.csv"\n[factors]\n'
        + '"parameters.salience" = { range = [0, 1] }\n"weeks" = { range = [1, 50], whole = true }\n'
    )
    (folder / "points.csv").write_text(text, "utf-8")
    if told:
        with pytest.raises(ScenarioError, match=told):
            prepare(folder / "sweep.toml")
    else:
        points = prepare(folder / "sweep.toml").points
        assert points == [
            {"parameters.salience": 0.25, "weeks": 20},
            {"parameters.salience": 0.5, "weeks": 30},
        ]


def test_the_tables_of_built_in_scenarios_name_no_files():
    assert read(*(places.find("china-2013")))["society"]
    assert replace(Place(), seed=1).key() != Place().key()
