"""The class server: what is acknowledged stays, what is sealed is secret, and nobody who should
not gets in.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import count
from typing import Any
from unittest.mock import Mock

import pytest
from classroom import SETUP, Game, quick, started
from conftest import awaited

from market_model.classroom import lesson
from market_model.classroom.act import Message
from market_model.classroom.lesson import Lesson, Posted
from market_model.classroom.log import LogEntry
from market_model.classroom.record import record_of
from market_model.classroom.server import hashed
from market_model.classroom.state import stored
from market_model.classroom.tables import debriefing
from market_model.classroom.view import debrief_of, rendered, view
from market_model.game.export import _plain
from market_model.words import Language, actor
from market_model.words.catalogue import texts
from market_model.work.runner import Outcome

pytest_plugins = ["classroom"]


def test_a_round_takes_the_decision_else_the_last_valid_draft_else_nothing_new(
    game: Game,
) -> None:
    first, second, third = started(game, "Ada", "Bo", "Cy")
    assert game.do(first, "decide", promotion="2") is None
    assert game.do(second, "draft", promotion="3") is None
    assert (
        game.do(second, "draft", promotion="-1") is None
        and game.do(second, "draft", promotion="x") is None
    )
    assert "no number" in str(game.do(third, "decide", promotion="1e")) or game.do(
        third, "decide", promotion="1e"
    )
    game.now += 179
    assert game.lesson.state.phase == "open" and not game.go_on().events
    game.now += 2
    game.go_on()
    seats = game.lesson.state.rounds[0].markets[0]
    assert [seats[s]["how"] for s in SETUP.seats] == [
        "decided",
        "draft",
        "unchanged",
        "bot",
        "bot",
        "bot",
    ]
    assert (
        seats["wechat"]["decision"]["promotion"] == 2e6
        and seats["yixin"]["decision"]["promotion"] == 3e6
    )
    decisions = game.lesson.state.rounds[0].of(0).decisions
    assert decisions.keys() == {"wechat", "yixin", "laiwang"} and decisions["laiwang"] == {}
    game.go_on()
    record = record_of(stored(game.lesson.log))
    assert record.markets[0].rounds[0].how_of("laiwang") == "unchanged"


def test_a_round_waits_for_all_who_are_here_and_for_nobody_else(game: Game) -> None:
    ada, bo, ghost = started(game, "Ada", "Bo", "Ghost")
    game.away = frozenset({ghost})
    game.go_on()
    assert game.lesson.state.phase == "open"  # nobody has decided
    game.do(bo, "draft", promotion="3")
    game.do(ada, "decide", promotion="2")
    assert game.lesson.state.phase == "open"
    status = view(game.lesson, ada)["status"].values
    assert (status["decided"], status["seated"]) == (1, 2)
    game.away = frozenset({bo, ghost})
    game.go_on()
    game.go_on()
    assert game.lesson.state.phase == "reveal"
    how = [game.lesson.state.rounds[0].markets[0][s]["how"] for s in SETUP.seats]
    assert how[:3] == ["decided", "draft", "unchanged"]


def test_who_has_no_page_for_some_time_is_away(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bo = started(game, "Ada", "Bo")
    one = Lesson(game.lesson.log, quick)
    assert not one.count(ada, 1) and one.away == frozenset()
    monkeypatch.setattr(lesson, "AWAY", 0.0)
    assert one.look() and one.away == {bo}
    assert one.count(ada, -1) and one.away == {ada, bo}
    assert not one.look()
    assert one.count(bo, 1) and one.away == {ada}


def test_a_round_is_sealed_when_the_last_who_is_awaited_has_left(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    game.now = lesson.time.time()
    ada, bo = started(game, "Ada", "Bo")
    one = Lesson(game.lesson.log, quick)
    one.ask()

    async def left() -> None:
        for player in (ada, bo):
            one.count(player, 1)
        running = asyncio.create_task(one.run())
        assert await one.post(Posted(ada, Message(id="the decision", do="decide"))) is None
        monkeypatch.setattr(lesson, "AWAY", 0.1)
        assert one.state.phase == "open"
        one.count(bo, -1)
        while one.state.phase != "reveal":
            await asyncio.sleep(0.01)
        running.cancel()

    awaited(left())
    assert [seat["how"] for seat in one.state.rounds[0].markets[0].values()][:2] == [
        "decided",
        "unchanged",
    ]


def test_all_who_are_away_leave_their_seats_to_bots_and_get_them_back(game: Game) -> None:
    ada, bo, cy = started(game, "Ada", "Bo", "Cy")
    assert game.do("host", "leave") and game.do("host", "back")  # nobody is away
    game.away = frozenset({bo, cy})
    assert view(game.lesson, "host")["people"].values["away"] == 2
    assert game.do("host", "leave") is None
    assert game.lesson.state.seated == {(0, "wechat"): ada}
    game.do("host", "give", player=ada, place="0 laiwang")  # Cy's
    game.away = frozenset()
    assert view(game.lesson, "host")["people"].values["back"] == 2
    assert game.do("host", "back") is None
    assert game.lesson.state.seated == {(0, "laiwang"): ada, (0, "yixin"): bo}
    game.kill()
    assert game.lesson.state.seated == {(0, "laiwang"): ada, (0, "yixin"): bo}


def test_a_new_link_voids_the_old_one(game: Game) -> None:
    (ada,) = started(game, "Ada")
    assert game.do("host", "link", player=ada, token=hashed("new")) is None
    assert game.lesson.state.players[ada].token == hashed("new")
    assert game.do(ada, "link", player=ada, token="x") and game.do(
        "host", "link", player="p9", token="x"
    )


def test_a_message_leaves_the_projector_when_something_new_begins(game: Game) -> None:
    (ada,) = started(game, "Ada")
    game.do("host", "note", player="", text="Look up")

    def notes(who: str) -> list[str]:
        return view(game.lesson, who)["notes"].values["notes"]

    assert notes("projector") == ["Look up"]
    game.do("host", "seal")
    assert notes("projector") == [] and notes(ada) == ["Look up"]
    game.do("host", "note", player="", text="Talk")
    assert notes("projector") == ["Talk"]
    game.do("host", "next")
    assert notes("projector") == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_pause_and_a_card_are_told_where_they_matter(game: Game, language: Language) -> None:
    (ada,) = started(game, "Ada")
    game.do("host", "cards", ban="on")
    game.do("host", "pause")
    assert game.do(ada, "decide", promotion="2")

    def act() -> str:
        return rendered("act", view(game.lesson, ada)["act"].values, language)

    assert "disabled" in act() and texts("classroom", language)["act"]["paused"] in act()
    assert "problems" not in act()
    assert texts("classroom", language)["card"]["ban"] in act()
    game.do("host", "resume")
    assert "disabled" not in act()


def test_what_one_phone_types_is_told_to_the_other_of_the_same_seat(game: Game) -> None:
    ada, bo = started(game, "Ada", "Bo")
    game.do(ada, "draft", promotion="3")
    game.lesson.online[ada] = 1
    assert "typed" not in view(game.lesson, ada)
    game.lesson.online[ada] = 2
    before = view(game.lesson, ada)["typed"]
    assert before.values["fields"] == {"promotion": "3"}
    game.do(ada, "draft", promotion="4<")
    after = view(game.lesson, ada)["typed"]
    assert after.version != before.version and "typed" not in view(game.lesson, bo)
    assert (
        "<" not in rendered("typed", after.values, "en").partition("data-fields=")[2].split(">")[0]
    )
    game.do(ada, "decide", promotion="4")
    assert "typed" not in view(game.lesson, ada)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_sealed_is_told_in_the_words_of_the_form(game: Game, language: Language) -> None:
    (ada, _) = started(game, "Ada", "Bo")
    fields = {"zero_rating.china_mobile.on": "on", "zero_rating.china_mobile.bid": "0.25"}
    assert game.do(ada, "decide", promotion="2", **fields) is None

    def page() -> str:
        return rendered("act", view(game.lesson, ada)["act"].values, language)

    levers = texts("desk", language)["levers"]
    for text in (levers["promotion"], levers["bid"], "0.25", actor("china_mobile", language)):
        assert text in page()
    assert "zero_rating" not in page() and "china_mobile" not in page()
    differs = texts("classroom", language)["act"]["differs"]
    assert differs not in page()
    assert game.do(ada, "draft", promotion="3") is None
    assert differs in page()
    peek = view(game.lesson, "host", (0, "wechat"))["peek"].values
    assert peek["how"] == "decided" and peek["typed"]
    assert peek["decision"]["promotion"] == 2e6 and peek["draft"] is None
    assert list(peek["report"].seats) == ["wechat"] == list(peek["report"].views)


def test_a_round_ends_when_all_are_in_and_undo_and_redo_give_the_same_digest(game: Game) -> None:
    players = started(game, *"abcdefg")  # one more than there are seats: a second market
    assert game.lesson.state.markets == 2
    digests = []
    for _ in range(2):
        game.do("host", "cards", licence="on")
        for player in players:
            assert game.lesson.state.phase == "open"
            assert (
                game.do(
                    player, "decide", promotion="2" if player in ("p1", "p2", "p3", "p7") else ""
                )
                is None
            )
        game.go_on()
        assert game.lesson.state.phase == "reveal"
        digests.append(game.lesson.state.digests)
        game.do("host", "undo")
        assert game.lesson.state.phase == "briefing" and game.lesson.state.shocks == ("licence",)
        game.do("host", "next")
    assert digests[0] == digests[1]


def test_a_long_game_keeps_few_reports_and_what_is_undone_beyond_them_is_played_anew(
    game: Game,
) -> None:
    started(game, *"abcdefg")
    game.all("host", "seal", *["next", "seal"] * 2)
    digests = game.lesson.state.digests
    assert sorted(game.lesson.reports) == [(m, n) for m in (0, 1) for n in (1, 2, 3)]
    for _ in range(4):  # each round is forgotten and asked for as often
        game.all("host", "undo", "undo", "undo")
        assert game.lesson.state.phase == "briefing" and game.lesson.ready()
        game.all("host", *["next", "seal"] * 3)
        assert game.lesson.state.digests == digests
    assert len(game.lesson.reports) == 6


def test_pause_keeps_the_rest_and_a_restart_gives_time_to_come_back(game: Game) -> None:
    (player,) = started(game, "Ada")
    game.now += 100
    game.do("host", "pause")
    game.now += 1000
    assert game.do(player, "decide") and game.lesson.state.remaining(game.now) == 80
    game.do("host", "resume")
    game.do("host", "time", by="-30")
    assert game.lesson.state.remaining(game.now) == 50
    game.now += 500
    game.kill()
    assert game.lesson.state.remaining(game.now) == 30


def test_a_message_sent_twice_counts_once_and_a_late_one_not_at_all(game: Game) -> None:
    (player,) = started(game, "Ada")
    game.do("host", "note", id="the same id", player="", text="Hello")
    assert (
        game.do("host", "note", id="the same id", player="", text="Hello") is None
        and len(game.lesson.state.notes) == 1
    )
    game.kill()
    assert (
        game.do("host", "note", id="the same id", player="", text="Hello") is None
        and len(game.lesson.state.notes) == 1
    )
    assert (
        game.do(player, "decide", round=1)
        and game.do(player, "draft", round=1)
        and not game.lesson.drafts
    )


@pytest.mark.parametrize("do", ["next", "undo", "remove", "give", "join", "nothing", "note"])
def test_no_player_and_no_projector_does_what_is_the_host_s(game: Game, do: str) -> None:
    (player,) = started(game, "Ada")
    before = game.lesson.state
    for who in (player, "projector"):
        assert game.do(who, do, player=player, place="0 yixin", text="x", name="x", token="x")
    assert game.lesson.state == before and game.lesson.refused["forged"] == 2


def test_seats_are_handed_over_and_back_and_names_stay_apart(game: Game) -> None:
    ada, other = started(game, " Ada\n\u202e ", "Ada")
    names = [p.name for p in game.lesson.state.players.values()]
    assert names == ["Ada", "Ada 2"]
    game.do(ada, "decide", promotion="2")
    game.do("host", "give", player=other, place="0 wechat")
    assert game.lesson.state.seated == {(0, "wechat"): other} and not game.lesson.state.decisions
    game.do("host", "give", player=ada, place="0 laiwang")
    game.do("host", "free", player=other)
    assert game.lesson.state.seated == {(0, "laiwang"): ada}
    assert game.do("host", "give", player=ada, place="7 laiwang") and game.do(
        "host", "give", player="p9", place="0 laiwang"
    )
    game.do("host", "lock", on="1")
    assert game.do("stranger", "join", name="Cy", token="x") and game.join("Dee") == other


def test_a_draft_and_a_problem_belong_to_the_round_that_they_were_typed_for(game: Game) -> None:
    (player,) = started(game, "Ada")
    assert (
        game.do(player, "decide", promotion="-1")
        and view(game.lesson, player)["act"].values["problems"]
    )
    game.all("host", "seal", "next")
    assert not view(game.lesson, player)["act"].values["problems"]
    assert game.do(player, "draft", promotion="3") is None
    game.all("host", "undo", "next", "seal", "next", "seal")  # the same round, after another past
    assert game.lesson.state.rounds[1].markets[0]["wechat"] == {"how": "unchanged", "decision": {}}


def test_who_comes_while_a_round_is_computed_sits_in_a_market_of_bots_and_a_pause_waits(
    game: Game,
) -> None:
    started(game, *"abcdef")
    game.now += 181
    game.begin("host", "seal")  # as the clock runs out
    assert game.lesson.state.phase == "resolving" and len(game.lesson.state.rounds) == 1
    assert game.do("host", "seal") and game.lesson.state.phase == "reveal"
    game.all("host", "next")
    game.begin("host", "seal")
    game.begin("stranger", "join", name="Late", token="x")
    game.begin("host", "pause")
    assert [len(digests) for digests in game.lesson.state.digests] == [
        1,
        2,
    ] and game.lesson.state.players["p7"].market == 1
    assert game.do("host", "next") and game.lesson.state.remaining(game.now) is None
    game.all("host", "resume", "next")
    assert game.lesson.state.remaining(game.now) == 180


def test_a_game_that_ends_while_a_round_is_computed_is_told_without_that_round(game: Game) -> None:
    started(game, "Ada")
    game.all("host", "seal", "next")
    game.begin("host", "seal")
    game.all("host", "end")
    state = game.lesson.state
    assert state.serial == state.shown == 1 and game.lesson.pending == {
        ("what_if", 0, state.shown, "")
    }


def test_a_page_shows_a_new_name(game: Game) -> None:
    (player,) = started(game, "=Ada")
    before = view(game.lesson, player)["role"]
    game.do("host", "rename", player=player, name="Bo")
    assert view(game.lesson, player)["role"].version != before.version
    assert [_plain(f"{sign}1")[0] for sign in "=+-@"] == [
        "'"
    ] * 4  # no name is a formula in what is exported


def test_what_a_disk_did_not_take_has_not_happened_and_the_trouble_passes(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def noted(text: str) -> tuple[str, ...] | None:
        message = Message(id=f"the note {text}", do="note", fields={"player": "", "text": text})
        return await game.lesson.post(Posted("host", message))

    async def happens() -> None:
        running = asyncio.create_task(game.lesson.run())
        with monkeypatch.context() as broken:
            broken.setattr(lesson, "RETRY", 0.01)
            broken.setattr(
                game.lesson.log, "keep", Mock(side_effect=sqlite3.OperationalError("disk is full"))
            )
            assert (
                "not be stored" in str(await noted("A"))
                and "disk is full" in view(game.lesson, "host")["health"].values["trouble"]
            )
        assert (
            await noted("B") is None and not view(game.lesson, "host")["health"].values["trouble"]
        )
        assert stored(game.lesson.log).notes == (("", "B"),)
        running.cancel()

    awaited(happens())


def test_what_is_due_is_tried_again_until_the_disk_takes_it(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    game.now = lesson.time.time()
    (ada,) = started(game, "Ada")
    monkeypatch.setattr(lesson, "RETRY", 0.01)
    keep, full = game.lesson.log.keep, count()

    def kept(events: Sequence[LogEntry], drafts: Sequence[Any]) -> None:
        if any(event.kind == "resolved" for event in events) and next(full) < 3:
            raise sqlite3.OperationalError("disk is full")
        keep(events, drafts)

    async def happens() -> None:
        game.lesson.log.keep = kept
        running = asyncio.create_task(game.lesson.run())
        message = Message(id="the decision", do="decide")
        assert await game.lesson.post(Posted(ada, message)) is None
        while game.lesson.state.phase != "reveal":
            await asyncio.sleep(0.01)
        assert next(full) == 4 and "disk" not in game.lesson.troubles
        running.cancel()

    awaited(happens())


def test_a_debrief_is_told_as_far_as_it_is_known_before_the_rest_is_asked_for(game: Game) -> None:
    started(game, "Ada")
    asked: list[tuple[str, Any, str | None]] = []

    def table(function: Callable[..., Any], *task: Any) -> Future[Outcome]:
        part = len(task[-1]) if function is debriefing else task[-1]
        asked.append((function.__name__, part, debrief_of(game.lesson, "host", 0)[0]))
        future = Future[Outcome]()
        future.set_result(Outcome(0, "ok", {"": f"{part} parts"} if function is debriefing else {}))
        return future

    game.lesson._submit = table
    assert game.do("host", "end") is None
    for _ in range(4):
        game.lesson.ask()
    rest = [("what_if", part, "1 parts") for part in ("wechat", 0, 1, 2, 3)]
    assert asked == [
        ("what_if", "", None),
        ("debriefing", 1, None),
        *rest,
        ("debriefing", 6, "1 parts"),
    ]
    assert debrief_of(game.lesson, "host", 0) == ("6 parts", True)
