"""Bots of one's own in a class: they play where nobody sits, in every market, and what they
decided is played again without their files.
"""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
from classroom import SETUP, Game, quick
from conftest import LIMIT, MODULE, Command, awaited

from market_model.classroom import bots, launch
from market_model.classroom.bots import decide, keep, own
from market_model.classroom.demo import Client, fetch, joined
from market_model.classroom.log import Log
from market_model.classroom.record import game_of, record_of
from market_model.classroom.state import stored
from market_model.game import Round, Setup
from market_model.players.observation import AppObservation
from market_model.scenario import ScenarioError, load_scenario
from market_model.work.runner import Outcome, Workers

BOT = "def policy(seen):\n    return {'monetisation': 0.25 + seen.week / 100}\n"


def tables_and_bots(
    function: object, setup: Setup, *task: Sequence[Round] | object
) -> Future[Outcome]:
    """Tables that tell at once; bots are asked here."""
    if function is not decide:
        return quick(function, setup, *task)
    future = Future[Outcome]()
    future.set_result(Outcome(0, "ok", decide(setup, *task)))
    return future


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_bot.py"
    path.write_text(BOT, "utf-8")
    return path


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    playing = Game(tmp_path / "a.class")
    playing.lesson._submit = tables_and_bots
    yield playing
    playing.lesson.log.close()


def brought(game: Game, bot: str, seat: str = "yixin") -> None:
    """A bot's file comes into a game."""
    game.lesson.state = keep(game.lesson.log, own(SETUP, {seat: bot}))
    game.lesson.ask()


def round_of(game: Game) -> list[dict[str, dict[str, object]]]:
    """Play a round in which everybody who sits decides."""
    game.all("host", "next")
    for player in game.lesson.state.seated.values():
        assert game.do(player, "decide") is None
    return [dict(market) for market in game.lesson.state.rounds[-1].markets]


def test_a_file_plays_its_seat_in_every_market_until_somebody_sits_there(
    game: Game, file: Path
) -> None:
    players = [game.join(name) for name in "abcdefg"]
    brought(game, f"{file}:policy")
    game.all("host", "start")
    first = {
        "how": "bot",
        "decision": {"monetisation": 0.37},
        "bot": f"{file}:policy",
        "digest": sha256(BOT.encode()).hexdigest(),
    }
    assert [m["yixin"]["how"] for m in round_of(game)] == ["decided", "bot"]
    assert game.lesson.state.rounds[0].markets[1]["yixin"] == first
    assert game.lesson.state.rounds[0].of(1).decisions["yixin"] == {"monetisation": 0.37}
    assert game.lesson.state.rounds[0].markets[1]["laiwang"] == {"how": "bot"}
    assert game.do("host", "free", player=players[1]) is None
    assert [m["yixin"] for m in round_of(game)] == [first, first]
    assert stored(game.lesson.log).rounds[1].markets[1]["yixin"] == first


def test_the_host_who_ends_a_round_early_counts_the_bots_too(game: Game, file: Path) -> None:
    game.join("a")
    brought(game, f"{file}:policy")
    game.all("host", "start", "next", "seal")
    assert game.lesson.state.rounds[0].markets[0]["yixin"]["decision"] == {"monetisation": 0.37}


def undecided(game: Game) -> list[Future[Outcome]]:
    """What the game asks its bots from now on; none of them answers by itself."""
    waiting: list[Future[Outcome]] = []

    def slow(function: object, *task: object) -> Future[Outcome]:
        if function is not decide:
            return tables_and_bots(function, *task)
        waiting.append(Future())
        return waiting[-1]

    game.lesson._submit = slow
    return waiting


def test_a_round_waits_for_bots_and_is_sealed_without_one_that_hangs(
    game: Game, file: Path
) -> None:
    ada = game.join("a")
    waiting = undecided(game)
    brought(game, f"{file}:policy")
    game.all("host", "start", "next")
    assert game.do(ada, "decide") is None
    game.now += 10_000
    game.go_on()
    assert game.lesson.state.phase == "open" and game.lesson.bots_decide()
    waiting[-1].set_result(Outcome(0, "timeout", error="took longer than 10 s"))
    game.go_on()
    assert game.lesson.state.rounds[0].markets[0]["yixin"] == {"how": "bot", "decision": {}}
    (said,) = game.lesson.troubles.values()
    assert "yixin in market 1: my_bot.py:policy" in said and "took longer" in said


def test_a_bot_that_took_too_long_is_not_asked_again_in_that_round(game: Game, file: Path) -> None:
    ada = game.join("a")
    waiting = undecided(game)
    brought(game, str(file))
    game.all("host", "start", "next")
    waiting[0].set_result(Outcome(0, "timeout", error="took longer than 10 s"))
    game.go_on()
    game.go_on()
    assert len(waiting) == 1
    assert game.do(ada, "decide") is None
    assert len(waiting) == 2


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def policy(seen):\n    return seen.nothing\n", "my_bot.py: line 2: AttributeError"),
        ("def policy(seen):\n    return {'promotion': 1e11}\n", "cost 100,000,000,000"),
        ("def policy(seen):\n    return {'promotoin': 1}\n", "promotion"),
        ("def policy(seen):\n    return 7\n", "gave int"),
    ],
)
def test_a_bot_that_cannot_decide_does_nothing_and_the_host_reads_why(
    game: Game, file: Path, code: str, said: str
) -> None:
    game.join("a")
    brought(game, str(file))
    file.write_text(code, "utf-8")
    game.all("host", "start")
    game.lesson.bots.clear()
    game.lesson.tries.clear()
    game.lesson.ask()
    (market,) = round_of(game)
    assert (market["yixin"]["how"], market["yixin"]["decision"]) == ("bot", {})
    assert said in "".join(game.lesson.troubles.values())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--weeks", "20"), "yixin decided 4 times what cannot be done"),
        (("game", "--rounds", "2"), "yixin decided 2 times what cannot be done"),
        (("compare", "--weeks", "20"), "counted as none: 4;"),
        (
            ("strategies", "--weeks", "20", "--replicates", "2", "--most", "2"),
            "counted as none: 14;",
        ),
    ],
)
def test_commands_say_that_a_bot_decided_what_cannot_be_done(
    command, file: Path, words: tuple[str, ...], said: str
) -> None:
    file.write_text("def policy(seen):\n    return {'promotoin': 1e6}\n", "utf-8")
    name, *options = words
    done = command(name, "china-2013", *options, "--users", "300", "--seat", f"yixin={file}")
    assert done.code == 0 and said in " ".join(done.out.split())


def test_a_carriers_bot_is_held_to_the_band_of_the_game(game: Game, file: Path) -> None:
    file.write_text("def policy(seen):\n    return {'plan_fee': 9e5}\n", "utf-8")
    game.join("a")
    brought(game, str(file), "china_unicom")
    game.all("host", "start")
    (market,) = round_of(game)
    assert (market["china_unicom"]["how"], market["china_unicom"]["decision"]) == ("bot", {})
    assert "plan_fee" in "".join(game.lesson.troubles.values())


def test_the_log_has_the_files_digest_and_a_restart_tells_what_became_of_it(
    game: Game, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought(game, f"{file}:policy")
    digest = sha256(BOT.encode()).hexdigest()
    assert game.lesson.log.events()[-1].data == {
        "bots": {"yixin": {"bot": f"{file}:policy", "digest": digest}}
    }
    events = len(game.lesson.log.events())
    keep(game.lesson.log, {})
    assert len(game.lesson.log.events()) == events and not capsys.readouterr().err
    file.write_text(BOT + "# another\n", "utf-8")
    changed = keep(game.lesson.log, {}).bots["yixin"]["digest"]
    assert changed != digest and "has changed" in capsys.readouterr().err
    file.unlink()
    gone = keep(game.lesson.log, {})
    assert not gone.brought and gone.bot("yixin") != "my_bot.py:policy"
    said = capsys.readouterr().err
    assert (
        said.count("\n") == 1
        and "not there any more" in said
        and "(experimenter) plays yixin" in said
    )
    keep(game.lesson.log, {})
    assert not capsys.readouterr().err
    file.write_text(BOT, "utf-8")
    assert keep(game.lesson.log, {}).brought == {"yixin": f"{file}:policy"}
    assert "is there again; it plays yixin" in capsys.readouterr().err


def test_the_record_has_the_digest_of_every_content_that_decided(game: Game, file: Path) -> None:
    game.join("a")
    file.write_text(BOT, "utf-8")
    brought(game, str(file))
    game.all("host", "start")
    round_of(game)
    once, again = sha256(BOT.encode()), sha256(b"# another\n" + BOT.encode())
    file.write_bytes(b"# another\n" + BOT.encode())
    round_of(game)  # decided before the file was changed
    file.unlink()
    round_of(game)
    keep(game.lesson.log, {})
    files = [one.markets[0]["yixin"].get("digest") for one in game.lesson.state.rounds]
    assert files == [once.hexdigest(), once.hexdigest(), again.hexdigest()]
    expected = ", ".join(f"my_bot.py sha256 {one.hexdigest()}" for one in (once, again))
    assert record_of(stored(game.lesson.log)).bots == {"yixin": expected}


def test_a_file_that_is_changed_within_a_second_runs_as_it_is(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    seen = AppObservation(week=12, seat="yixin", cash=1e9)
    for step in range(5):
        text = BOT.replace("0.25", f"0.{step}5")
        file.write_text(text, "utf-8")
        os.utime(file, (1e9, 1e9))
        choice = decide(SETUP, "yixin", str(file), seen)
        assert choice.digest == sha256(text.encode()).hexdigest()
        assert choice.decision == {"monetisation": pytest.approx(0.12 + step / 10 + 0.05)}


def test_a_shipped_name_takes_a_file_out_of_its_seat(
    game: Game, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought(game, str(file))
    game.lesson.state = keep(game.lesson.log, {}, ["yixin"])
    assert "the game's own bot (experimenter) does" in capsys.readouterr().out
    assert game.lesson.log.events()[-1].data == {"bots": {}}
    game.join("a")
    game.all("host", "start")
    assert round_of(game)[0]["yixin"] == {"how": "bot"}


def test_a_slow_file_is_loaded_before_its_time_begins(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bots, "PATIENCE", 6.0)
    file.write_text("import time\ntime.sleep(7)\n" + BOT, "utf-8")
    workers = Workers()
    try:
        seen = AppObservation(week=12, seat="yixin", cash=1e9)
        outcome = bots.submitted(workers, SETUP, "yixin", str(file), seen).result(LIMIT)
    finally:
        workers.stop()
    assert outcome.status == "ok" and outcome.value.decision == {"monetisation": 0.37}


def test_seats_are_those_of_the_game_that_goes_on(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun(*seats: str, name: str = "china-2013", folder: Path = tmp_path / "games") -> None:
        given = dict(one.split("=", 1) for one in seats)
        how = {"lan": False, "demo": 0, "port": 0, "browser": False, "new": False}
        launch.run_class(name, folder, **how, rounds=3, seconds=180, language="en", seats=given)

    monkeypatch.setattr("uvicorn.Server.run", lambda *_: None)
    monkeypatch.setattr(Workers, "submit", lambda *_, **__: SimpleNamespace(outcome=Future()))
    begun(name="facebook-zero-india")
    (path,) = (tmp_path / "games").glob("*.class")
    with pytest.raises(ScenarioError, match="is no seat of this game"):
        begun("yixin=passive")
    with pytest.raises(ScenarioError, match="is no seat of this game"):
        begun(f"yixin={file}")
    with pytest.raises(ScenarioError, match=r"bot of facebook .*you asked for passive"):
        begun("facebook=passive")
    begun(f"facebook={file}")
    assert list((tmp_path / "games").glob("*.class")) == [path]
    log = Log(path)
    own_bot, there = stored(log).setup.bot("facebook"), stored(log).brought
    log.close()
    assert there == {"facebook": str(file)}
    begun(f"facebook={own_bot}")
    log = Log(path)
    assert not stored(log).brought
    log.close()
    with pytest.raises(ScenarioError, match="is no seat of this game"):
        begun("qq=passive", folder=tmp_path / "others")
    assert not list((tmp_path / "others").iterdir())


def test_a_seat_that_the_game_does_not_have_is_told(command: Command, file: Path) -> None:
    for seat, said in (("yixinn", "did you mean 'yixin'"), ("yixin", "no such file")):
        done = command("class", "--seat", f"{seat}={file.parent}/no.py", "--no-browser")
        assert done.code == 2 and said in done.err and done.err.count("\n") == 1
    with pytest.raises(ScenarioError, match="is no seat of this game"):
        own(SETUP, {"qq": str(file)})
    done = command("class", "--seat", "yixin=folower", "--no-browser")
    assert done.code == 2 and "did you mean 'follower'? There is: passive" in done.err


def test_a_scenario_names_no_file_and_says_where_one_is_brought() -> None:
    with pytest.raises(ScenarioError, match=r"--seat SEAT=my_bot\.py:policy"):
        load_scenario("china-2013", {"apps.yixin.strategy": "my_bot.py:policy"})
    with pytest.raises(ScenarioError, match=r"is not one of passive, .* did you mean 'follower'"):
        load_scenario("china-2013", {"apps.yixin.strategy": "folower"})


@pytest.mark.slow
def test_a_class_with_a_bot_of_ones_own_and_a_shipped_one_is_played_again_without_the_file(
    tmp_path: Path, file: Path, command: Command
) -> None:
    scenario = tmp_path / "small.toml"
    scenario.write_text('extends = "china-2013"\nsociety.users = 200\n')  # whatever luck it draws
    data = tmp_path / "games"
    options = ["--rounds", "2", "--no-browser", "--port", "0", "--data", str(data)]
    seats = ["--seat", "yixin=my_bot.py:policy", "--seat", "laiwang=follower"]

    def begun(*more: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [*MODULE, "class", str(scenario), *options, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
            start_new_session=True,
        )
        said = ""
        while "Ctrl-C" not in said and (line := process.stdout.readline()):
            said += line
        return process, said

    def ended(process: subprocess.Popen[str]) -> None:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(LIMIT)
        process.stdout.close()

    async def played(said: str) -> None:
        address, key = re.findall(r"(http\S+)/host/(\S+)", said)[0]
        code = re.findall(r"type (\w{6})", said)[0]
        for name in "abcdefg":
            await joined(address, code, name)
        host = Client(address, f"host-{code}={key}", "host")
        async with host:
            assert await host.do("start") is None
            await host.until(lambda html: 'value="next"' in html.get("control", ""))
            assert await host.do("next") is None
            await host.until(lambda html: 'value="seal"' in html.get("control", ""))
            assert await host.do("seal") is None
            await host.until(lambda html: 'value="next"' in html.get("control", ""))

    process, said = begun(*seats)
    try:
        assert f"yixin is played by {file}:policy" in said
        awaited(played(said))
    finally:
        ended(process)
    (path,) = data.glob("*.class")
    record = game_of(path)
    assert len(record.markets) == 2 and len(record.markets[0].rounds) == 1
    assert record.markets[1].rounds[0].decisions["yixin"].keys() == {"monetisation"}
    assert record.markets[0].rounds[0].how["yixin"] == "unchanged"
    assert record.setup.bot("laiwang") == "follower"
    assert record.bots == {"yixin": f"my_bot.py:policy sha256 {sha256(BOT.encode()).hexdigest()}"}
    file.unlink()
    done = command("replay", str(path))
    assert done.code == 0 and "equal" in done.out
    again, said = begun()
    try:
        awaited(fetch(re.findall(r"(http\S+)/host/", said)[0], "/"))
    finally:
        ended(again)
    assert f"{file}:policy is not there any more" in said
    other = command("class", str(scenario), *options, "--seat", "laiwang=passive")
    assert other.code == 2 and "bot of laiwang follower (you asked for passive)" in other.err
