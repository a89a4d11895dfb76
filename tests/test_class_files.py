"""Files of a class: copied, deleted, damaged, gone on with; and games that others send."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from classroom import SETUP, Game, started
from conftest import Command

from market_model.classroom import launch
from market_model.classroom.launch import delete, opened
from market_model.classroom.log import Log
from market_model.classroom.record import game_of
from market_model.classroom.state import stored
from market_model.game.export import write_zip
from market_model.game.record import PlayedMarket, Record
from market_model.scenario import ScenarioError

pytest_plugins = ["classroom"]


# ---------------------------------------------------------------------- its file


def test_a_game_that_is_played_is_not_deleted(tmp_path: Path, command: Command) -> None:
    playing, over = Game(tmp_path / "a.class"), Game(tmp_path / "b.class")
    over.lesson.log.close()
    assert delete(tmp_path) == (1, [playing.path]) and playing.path.exists()
    playing.all("host", "start")
    said = command("class", "--delete", "--data", str(tmp_path))
    assert said.code == 2 and "a.class: is being played; end that class first" in said.err
    playing.lesson.log.close()
    assert command("class", "--delete", "--data", str(tmp_path)).code == 0
    assert [*tmp_path.glob("*.class*")] == []


def test_a_copy_of_the_file_alone_is_whole_up_to_the_last_round_and_says_what_it_lacks(
    game: Game, tmp_path: Path, capsys
) -> None:
    (player,) = started(game, "Ada")
    assert game.do(player, "decide", promotion="2") is None
    game.go_on()
    assert game.lesson.state.phase == "reveal"
    game.all("host", "next")
    (tmp_path / "copies").mkdir()
    copy = Path(shutil.copy(game.path, tmp_path / "copies" / "c.class"))
    assert len(game_of(copy).markets[0].rounds) == 1
    assert "c.class-wal was not copied" in capsys.readouterr().err
    log, goes_on = opened(copy.parent, new=False)
    assert goes_on and log.missing and stored(log).phase == "reveal"
    log.close()
    game.lesson.log.close()
    whole = Path(shutil.copy(game.path, tmp_path / "copies" / "d.class"))
    log = Log(whole)
    assert not log.missing and stored(log).phase == "open"
    log.close()


def test_a_game_is_read_while_it_is_played_with_what_the_file_beside_it_has(game: Game) -> None:
    (player,) = started(game, "Ada")
    game.do(player, "decide", promotion="2")
    game.go_on()
    assert len(game_of(game.path).markets[0].rounds) == 1
    game.all("host", "next", "seal")
    assert len(game_of(game.path).markets[0].rounds) == 2
    log = Log(game.path, reading=True)
    assert len(stored(log).players) == 1
    log.close()


def test_a_damaged_newest_file_names_the_way_on(tmp_path: Path, command: Command) -> None:
    (tmp_path / "a.class").write_text("no database, though it is long enough to look like one" * 20)
    said = command("class", "--data", str(tmp_path), "--no-browser")
    assert said.code == 2 and "--new" in said.err and len(said.err.splitlines()) == 1
    (tmp_path / "a.class").unlink()
    Log(tmp_path / "b.class").close()
    with pytest.raises(ScenarioError, match=r"holds no game; a copy needs b\.class-wal.*--new"):
        opened(tmp_path, new=False)


def test_a_game_with_other_settings_is_not_gone_on_with_unless_nothing_was_asked_for(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda *_: None)
    monkeypatch.setattr(launch.Workers, "submit", lambda *_: None)
    here = ("--data", str(tmp_path), "--no-browser", "--port", "0")
    assert command("class", *here, "--rounds", "3").code == 0
    said = command("class", "messenger-2015", "--language", "zh", "--seconds", "60", *here)
    assert said.code == 2 and len(said.err.splitlines()) == 1
    for text in ("china-2013", "messenger-2015", "language en", "zh", "seconds 180", "--new"):
        assert text in said.err
    assert command("class", "--rounds", "4", *here).code == 2
    for words in ((), ("china-2013",), ("--rounds", "3", "--language", "en")):
        said = command("class", *words, *here)
        assert said.code == 0 and "Going on with" in said.out
    assert command("class", "messenger-2015", "--new", *here).code == 0
    assert len([*tmp_path.glob("*.class")]) == 2


# ---------------------------------------------------------------------- what others send

GOOD = Record(setup=SETUP, markets=(PlayedMarket(),)).model_dump(mode="json")


def changed(**setup: Any) -> str:
    return json.dumps(GOOD | {"setup": GOOD["setup"] | setup})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "is no game"),
        ('{"setup": ' + '{"a": ' * 100_000 + "1" + "}" * 100_001, "is no game"),
        (changed(seed=-1), "setup.seed: is -1"),
        (changed(seed=10**30), "setup.seed"),
        (changed(first=10**7), "setup.first: is 10000000"),
        (changed(first=-4), "setup.first: is -4"),
        (changed(rounds=10**9), "setup.rounds"),
        (changed(seats=["nobody"]), "setup.seats: there is no 'nobody'"),
        (changed(seats=["wechat", "wechat"]), "names a seat twice"),
        (json.dumps(GOOD | {"markets": [{}] * 10_000}), "markets: there are 10000"),
        (
            json.dumps(GOOD | {"markets": [{"rounds": [{}] * 99, "digests": [""] * 99}]}),
            "markets.rounds: a market has 99",
        ),
    ],
    ids=[
        "list",
        "table",
        "seed",
        "large",
        "late",
        "early",
        "rounds",
        "seat",
        "twice",
        "many",
        "long",
    ],
)
@pytest.mark.parametrize("do", ["replay", "export"])
def test_a_file_that_no_game_wrote_is_refused_in_a_line(
    command: Command, tmp_path: Path, do: str, text: str, said: str
) -> None:
    (tmp_path / "game.json").write_text(text)
    got = command(do, "game.json")
    assert got.code == 2 and said in got.err and len(got.err.splitlines()) == 1


def test_a_zip_that_grows_without_end_is_refused(command: Command, tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as folder,
        folder.open("game.json", "w") as file,
    ):
        for _ in range(80):
            file.write(b" " * (1 << 20))
    got = command("replay", "a.zip")
    assert got.code == 2 and "is larger than 64 MiB" in got.err and got.err.count("\n") == 1


def test_a_game_without_a_round_is_exported(tmp_path: Path) -> None:
    write_zip(Record(setup=SETUP, markets=(PlayedMarket(),)), tmp_path / "a.zip")
    assert "decisions.csv" in zipfile.ZipFile(tmp_path / "a.zip").namelist()
