"""What a class has acknowledged stays in its file, in whatever order things happen."""

import random
import shutil
from itertools import count
from pathlib import Path

import pytest
from classroom import SETUP, Game, quick, started
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from market_model.classroom.launch import created, delete, opened
from market_model.classroom.log import Log, LogEntry
from market_model.classroom.record import game_of
from market_model.classroom.state import fold, stored
from market_model.scenario import ScenarioError

pytest_plugins = ["classroom"]


class Class(RuleBasedStateMachine):
    """People come, go, decide and change seats; the host does as she likes; the process dies at
    any moment.
    """

    folder: Path
    games = count()

    @initialize()
    def begin(self) -> None:
        self.game = Game(self.folder / f"{next(self.games)}.class")
        started(self.game, "Ada", "Bo", "Cy")

    @property
    def state(self):
        return self.game.lesson.state

    @rule(name=st.text(max_size=30))
    def join(self, name: str) -> None:
        before = len(self.state.players)
        error = self.game.do("stranger", "join", name=name, token="x")
        assert len(self.state.players) == before + (error is None)

    @precondition(lambda self: self.state.players)
    @rule(
        data=st.data(),
        do=st.sampled_from(
            ["decide", "draft", "recall", "decide", "free", "remove", "give", "predict"]
        ),
    )
    def one(self, data: st.DataObject, do: str) -> None:
        player = data.draw(st.sampled_from(sorted(self.state.players)))
        amount = data.draw(st.integers(-1, 50))
        place = f"{data.draw(st.integers(0, 2))} {data.draw(st.sampled_from(SETUP.seats))}"
        fields = {
            "player": player,
            "place": place,
            "leader": "wechat",
            "stay": "30",
            "promotion": str(amount),
            "wholesale": str(amount),
        }
        who = "host" if do in ("free", "remove", "give") else player
        before = len(self.state.rounds)
        if (
            self.game.do(who, do, **fields) is None
            and do == "decide"
            and len(self.state.rounds) == before
        ):
            assert player in self.state.decisions

    @rule(
        do=st.sampled_from(
            ["start", "next", "next", "seal", "pause", "resume", "undo", "time", "end", "cards"]
        )
    )
    def host(self, do: str) -> None:
        if do != "end" or len(self.state.digests) == SETUP.rounds:
            self.game.do("host", do, by="30", ban="on")

    @rule(seconds=st.integers(0, 200))
    def wait(self, seconds: int) -> None:
        self.game.now += seconds
        self.game.go_on()
        self.game.go_on()

    @rule()
    def kill(self) -> None:
        before, drafts, until = self.state, self.game.lesson.drafts, self.state.until
        self.game.kill()
        assert self.game.lesson.drafts == drafts
        assert (self.state.players, self.state.rounds, self.state.decisions) == (
            before.players,
            before.rounds,
            before.decisions,
        )
        assert (self.state.until or 0) >= (until or 0) and self.state.paused == before.paused

    @invariant()
    def what_is_stored_is_what_is(self) -> None:
        state = fold(self.game.lesson.log.events())
        assert state == self.state
        assert len(state.digests) in (len(state.rounds), len(state.rounds) - 1)
        assert len(state.seated) == sum(p.seat is not None for p in state.players.values())
        assert state.decisions.keys() <= set(state.seated.values())
        for number, digests in enumerate(state.digests):
            rounds = state.rounds[: number + 1]
            assert list(digests) == [
                quick(None, SETUP, m, [r.of(m) for r in rounds]).result().value.digest
                for m in range(len(digests))
            ]

    def teardown(self) -> None:
        self.game.lesson.log.close()


def test_any_order_of_things_leads_to_what_the_log_says(tmp_path: Path) -> None:
    Class.folder = tmp_path
    run_state_machine_as_test(
        Class, settings=settings(max_examples=20, stateful_step_count=25, deadline=None)
    )


def test_a_thousand_deaths_lose_nothing_that_was_acknowledged(game: Game, tmp_path: Path) -> None:
    """The file is cut anywhere, as by a loss of power in the midst of a write."""
    wal, kept = Path(f"{game.path}-wal"), []
    game.lesson.log._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    players = started(game, *"abcdef")
    for number in range(12):
        game.do(players[number % 5], "decide", promotion="1" if number % 5 < 3 else "")
        game.do(players[5], "draft", wholesale=f"0.{number + 1}")
        kept.append((wal.stat().st_size, game.lesson.log.events(), game.lesson.log.drafts()))
    luck, whole = random.Random(1), wal.read_bytes()
    for cut in [*(luck.randrange(kept[0][0], len(whole)) for _ in range(999)), len(whole)]:
        shutil.copy(game.path, tmp_path / "b.class")
        (tmp_path / "b.class-wal").write_bytes(whole[:cut])
        log = Log(tmp_path / "b.class")
        log._db.execute("PRAGMA synchronous = OFF")  # the copy need not last
        events, drafts = log.events(), log.drafts()
        acknowledged = [(e, d) for size, e, d in kept if size <= cut][-1]
        assert (
            events[: len(acknowledged[0])] == acknowledged[0]
            and drafts.keys() >= acknowledged[1].keys()
        )
        log.close()
        (tmp_path / "b.class-wal").unlink(missing_ok=True)
    assert fold(events) == game.lesson.state


def test_files_that_are_no_games_and_games_that_others_have_are_told_in_words(
    game: Game, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError, match="another process has it"):
        Log(game.path)
    log = Log(tmp_path / "old.class")
    log.keep(
        [LogEntry("created", created(SETUP).data | {"setup": SETUP.as_data() | {"scenario": {}}})]
    )
    with pytest.raises(ScenarioError, match="another version"):
        stored(log)
    log.close()
    with pytest.raises(ScenarioError, match="another version"):
        game_of(log.path)
    log.path.unlink()
    (tmp_path / "b.class").write_text("no database, though it is long enough to look like one" * 20)
    with pytest.raises(ScenarioError, match="it is no game"):
        Log(tmp_path / "b.class")
    game.lesson.log.close()
    (tmp_path / "b.class").unlink()
    log, goes_on = opened(tmp_path, new=False)
    assert goes_on and log.path == game.path
    log.close()
    other, goes_on = opened(tmp_path, new=True)
    other.close()
    assert not goes_on and delete(tmp_path) == (2, []) and not [*tmp_path.glob("*.class*")]
