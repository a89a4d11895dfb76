"""Bots against each other: one ladder, whoever plays it, in whatever pieces."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from market_model.game import setup_of
from market_model.game.record import read, replay
from market_model.players.bots.champion import NUMBERS
from market_model.scenario import load_scenario
from market_model.tournament import drive
from market_model.tournament.drive import Fixtures, Tournament
from market_model.tournament.entries import Entry, entries_of
from market_model.tournament.ladder import Ladder, ladder_of
from market_model.tournament.matches import Match
from market_model.words import word
from market_model.work.runner import Outcome, attempt

STORY = ("philippines-2013", "--users", "150", "--rounds", "2", "--workers", "1")
GOOD = "def policy(seen):\n    return {'promotion': 0.02 * seen.cash, 'research': 'quality', 'research_budget': 1e5}\n"
BAD = """calls = []
def policy(seen):
    calls.append(seen.week)
    if len(calls) == 1:
        return seen.nothing
    return {'promotion': 1e11}
"""


@pytest.fixture
def bots(tmp_path: Path) -> list[str]:
    (tmp_path / "good.py").write_text(GOOD, "utf-8")
    (tmp_path / "bad.py").write_text(BAD, "utf-8")
    return ["good.py", "bad.py"]


def test_the_same_command_gives_the_same_ladder_and_a_file_joins_it(
    command: Command, bots: list[str], tmp_path: Path
) -> None:
    words = ("tournament", *STORY, "--seeds", "1", "--entries", *bots, "--json")
    first, again = command(*words, "--out", "one"), command(*words, "--out", "two")
    assert first.code == again.code == 0 and first.out == again.out
    found = json.loads(first.out)
    rungs = {one["entry"]: one for one in found["ladder"] if one["kind"] == "app"}
    assert {"good.py", "bad.py", "defender", "passive"} <= rungs.keys()
    assert sorted(one["rank"] for one in rungs.values()) == [*range(1, len(rungs) + 1)]
    assert rungs["passive"]["share"] == 0 and rungs["good.py"]["games"] == 2
    assert rungs["good.py"]["broken"] == rungs["good.py"]["refused"] == 0
    assert rungs["bad.py"]["broken"] == rungs["bad.py"]["refused"] == 2
    assert "bad.py: line 5: AttributeError" in rungs["bad.py"]["problem"]
    idle = {c["seat"]: c["margin"] for c in found["matrix"] if c["entry"] == "bad.py"}
    assert set(idle.values()) == {0} and idle.keys() == {"facebook", "viber"}
    seats = {one["seat"]: one for one in found["seats"]}
    best = {
        c["seat"]: c["share"] for c in found["matrix"] if c["entry"] == seats[c["seat"]]["best"]
    }
    assert best and set(best.values()) == {1}
    assert json.loads((tmp_path / "one" / "ladder.json").read_text("utf-8")) == found
    assert found["games"]
    for game in found["games"]:
        record = read(tmp_path / "one" / "games" / game["file"])
        assert replay(record) == [] and record.markets[0].players.keys() == {game["seat"]}


@pytest.mark.usefixtures("bots")
def test_a_tournament_goes_on_where_it_ended(command: Command, tmp_path: Path) -> None:
    words = ("tournament", *STORY, "--seeds", "1", "--out", "out", "--json", "--entries", "good.py")
    whole = command(*words)
    games = tmp_path / "out" / "games.jsonl"
    lines = games.read_text("utf-8").splitlines(keepends=True)
    games.write_text("".join(lines[:-5]) + lines[-5][:20], "utf-8")
    assert command(*words).out == whole.out
    assert len(games.read_text("utf-8").splitlines()) == len(lines)
    (tmp_path / "good.py").write_text(BAD, "utf-8")
    changed = json.loads(command(*words).out)
    assert [r["broken"] for r in changed["ladder"] if r["entry"] == "good.py"] == [2]
    other = command("tournament", "philippines-2013", "--users", "160", "--out", "out")
    assert other.code == 2 and "holds another tournament" in other.err


def plan(seeds: int = 1, *given: str) -> Fixtures:
    scenario = load_scenario("philippines-2013", {"society.users": 150})
    setups = [setup_of(scenario, seed, 1) for seed in range(seeds)]
    entries = [one for one in entries_of(setups[0], given) if one.name in ("passive", *given)]
    return Fixtures(setups, entries)


def test_one_that_is_stopped_has_the_ladder_of_the_whole_seeds() -> None:
    games = Tournament(plan(2))
    count = len(games.plan.games()) // 2 + 1
    assert games.ladder() is None
    games.go_on(stopping=lambda: len(games.played) >= count)
    ladder = games.ladder()
    assert len(games.left) == count - 2 and ladder is not None and ladder.seeds == [0]


@pytest.mark.usefixtures("bots")
def test_a_bot_that_hangs_loses_its_games_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    def hangs(
        function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]], **_: Any
    ) -> Iterator[Outcome]:
        for index, task in enumerate(tasks):
            if any("good.py" in bot for bot in task[1].values()):
                yield Outcome(index, "timeout", error="took longer than 300 s")
            else:
                yield attempt(index, function, task)

    monkeypatch.setattr(drive, "outcomes", hangs)
    games = Tournament(plan(1, "good.py"))
    games.go_on()
    ladder = games.ladder()
    assert ladder is not None and not games.left and not games.failures
    (rung,) = [one for one in ladder.ladder if one.entry == "good.py"]
    assert rung.out and rung.problem == "took longer than 300 s"
    assert {c.margin for c in ladder.matrix if c.entry == "good.py"} == {0}


@pytest.mark.usefixtures("bots")
def test_a_game_in_which_one_of_two_bots_hangs_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.py").write_text((tmp_path / "good.py").read_text("utf-8"), "utf-8")

    def hangs(
        function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]], **_: Any
    ) -> Iterator[Outcome]:
        for index, task in enumerate(tasks):
            if sum(".py" in bot for bot in task[1].values()) > 1:
                yield Outcome(index, "timeout", error="took longer than 300 s")
            else:
                yield attempt(index, function, task)

    monkeypatch.setattr(drive, "outcomes", hangs)
    games = Tournament(plan(1, "good.py", "other.py"))
    games.go_on()
    assert not games.out and len(games.failures) == len(games.left) > 0


def test_each_number_of_a_champion_has_words() -> None:
    for language in ("en", "zh"):
        assert all(word(f"search.{name}", language) for kind in NUMBERS.values() for name in kind)


def test_a_search_goes_on_only_from_its_own_file(command: Command, tmp_path: Path) -> None:
    few = (
        "--games",
        "4",
        "--seeds",
        "1",
        "--unseen",
        "2",
        "--workers",
        "1",
        "--out",
        "tried.jsonl",
    )
    words = ("search", "philippines-2013", "facebook", "--users", "150", *few)
    whole = command(*words)
    kept = tmp_path / "tried.jsonl"
    kept.write_bytes(kept.read_bytes() + b'5\n["\xff')
    assert whole.code == 0 and command(*words).out == whole.out
    assert "games find little" in whole.out and "its invite bonus, steps" in whole.out
    unsaved = command(*words, "--save", "none.toml", "--language", "zh")
    assert "没有写入 none.toml" in unsaved.err and "邀请奖励的级数" in unsaved.out
    (tmp_path / "some.toml").touch()
    assert "some.toml stays as it is" in command(*words, "--save", "some.toml").err
    changed = command(*words, "--set", "parameters.network_effect=1")
    assert changed.code == 2 and "is of another search" in changed.err
    (tmp_path / "champions.toml").write_text("x = [", "utf-8")
    wrong = command(*words, "--save", "champions.toml")
    assert wrong.code == 2 and "holds no champions" in wrong.err and wrong.err.count("\n") == 1


def test_the_ladder_by_hand() -> None:
    """The best shipped bot wins 16 and 24, mean 20 with an error of 4, mine 5 and 25: shares .25 and
    1.25. Had it won 10 and 30, its error would be 10: no more than luck, and no share is told.
    """
    entries = [
        Entry("passive", "passive", "app", ("a",)),
        Entry("follower", "follower", "app", ("a",)),
        Entry("mine.py", "mine.py", "app", ("a",), "digest"),
    ]

    def ladder_by(*follower: float) -> Ladder:
        scores = {"passive": (100, 100), "follower": follower, "mine.py": (105, 125)}
        alone = {
            ("app", name, "a"): {s: Match({"a": one}) for s, one in enumerate(both)}
            for name, both in scores.items()
        }
        return ladder_of({"a": "app"}, {"a": "follower"}, entries, alone, {}, [0, 1], {})

    ladder = ladder_by(116, 124)
    assert [one.entry for one in ladder.ladder] == ["follower", "mine.py", "passive"]
    mine = ladder.ladder[1]
    assert mine.share == 0.75 and mine.low is not None and mine.high is not None
    assert round(mine.high - 0.75, 2) == round(12.706 * 0.5, 2) == round(0.75 - mine.low, 2)
    (seat,) = ladder.seats
    assert (seat.best, seat.best_margin, seat.nothing) == ("follower", 20, 100)
    by_luck = ladder_by(110, 130)
    assert by_luck.seats[0].best == "" and {one.share for one in by_luck.ladder} == {None}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("none.py", "none.py: there is no such file"),
        ("good.py:polcy", "did you mean 'policy'?"),
        ("fcebook=good.py", "did you mean 'facebook'?"),
        ("follower", "'follower' is not FILE.py"),
    ],
)
def test_a_wrong_entry_is_told_in_one_line(
    command: Command, bots: list[str], given: str, said: str
) -> None:
    done = command("tournament", *STORY, "--entries", given)
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1
    twice = command("tournament", *STORY, "--entries", bots[0], bots[0])
    assert twice.code == 2 and "twice" in twice.err
