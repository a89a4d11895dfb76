"""What a class server bears: strangers without number, clocks that jump, faults of its own, copies
and deletions of what it writes.
"""

import asyncio
import json
import re
import resource
import socket
import subprocess
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from classroom import KEY, SETUP, Game, quick, started
from conftest import LIMIT, MODULE, awaited

from market_model.classroom import demo, door, lesson, server, throttle
from market_model.classroom.act import Message
from market_model.classroom.demo import Client, fetch, joined
from market_model.classroom.launch import begin, configured, created, opened
from market_model.classroom.lesson import Lesson, Posted
from market_model.classroom.server import Server, hashed
from market_model.classroom.state import stored
from market_model.classroom.view import frame, view
from market_model.work.ports import hold
from market_model.work.runner import Workers

pytest_plugins = ["classroom"]


@asynccontextmanager
async def serving(folder: Path, way: Any = None) -> AsyncIterator[tuple[str, Server]]:
    """A server whose tables tell at once: its address, and itself."""
    log, _ = opened(folder, new=False)
    begin(log, created(SETUP, seconds=600), hashed(KEY), 0.0)
    running = Server(Lesson(log, quick), way)
    web, held = uvicorn.Server(configured(running)), hold("127.0.0.1", 0)
    task = asyncio.create_task(web.serve([held]))
    while not web.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{held.getsockname()[1]}", running
    web.should_exit = True
    await task
    log.close()


def host(address: str, running: Server, role: str = "host") -> Client:
    return Client(address, f"host-{running.lesson.state.code}={KEY}", role)


# ---------------------------------------------------------------------- lines


def draft(game: Game, who: str, promotion: str, at: int) -> None:
    message = Message(
        id=f"the draft {promotion}", do="draft", at=at, fields={"promotion": promotion}
    )
    assert game.go_on(Posted(who, message)).errors == [None]


def test_an_older_draft_never_replaces_a_newer_one(game: Game) -> None:
    (player,) = started(game, "Ada")
    place = game.lesson.state.place(player)
    for promotion, at, kept in (("2", 999_000, "2"), ("1", 998_000, "2"), ("3", 999_000, "3")):
        draft(game, player, promotion, at)
        assert game.lesson.drafts[place].fields["promotion"] == kept
    draft(game, player, "4", 10**15)  # from a clock far ahead: it counts as of now
    game.now += 1
    draft(game, player, "5", 0)
    assert game.lesson.drafts[place].fields["promotion"] == "5"


def test_a_draft_is_told_to_who_typed_it_and_no_empty_frame_is_sent(
    game: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PAUSE", 0.0)
    game.now = lesson.time.time()
    player, _ = started(game, "Ada", "Bo")
    told: list[Any] = []
    game.lesson.changed = told.append

    async def typed() -> None:
        running = asyncio.create_task(game.lesson.run())
        while not told:
            await asyncio.sleep(0.01)
        for n in range(3):
            fields = {"promotion": str(n)}
            message = Message(id=f"a draft {n}", do="draft", fields=fields)
            assert await game.lesson.post(Posted(player, message)) is None
        running.cancel()

    awaited(typed())
    assert told[-3:] == [{player, "host"}] * 3

    async def pong(client: Client) -> None:
        before = len(client.frames)
        await client.socket.send('{"do": "ping"}')
        while all("html" in json.loads(text) for text in client.frames[before:]):
            await asyncio.sleep(0.01)

    async def quiet() -> None:
        async with serving(tmp_path / "b") as (address, running):
            cookies = [await joined(address, running.lesson.state.code, name) for name in "ab"]
            async with Client(address, cookies[0]) as ann, Client(address, cookies[1]) as bo:
                await bo.until(lambda html: "status" in html)
                await ann.until(lambda html: "status" in html)
                await pong(bo)
                before = len(bo.frames)
                fields = {"player": "p1", "text": "psst"}
                note = Posted("host", Message(id="the note", do="note", fields=fields))
                assert await running.lesson.post(note) is None
                await ann.until(lambda html: "psst" in html["notes"])
                await pong(bo)  # what came before it came first
                assert len(bo.frames) == before + 1

    awaited(quiet())


# ---------------------------------------------------------------------- strangers


@pytest.mark.slow
def test_idle_connections_do_not_shut_out_the_host(tmp_path: Path, capfd) -> None:
    """With 256 open files and not one more."""
    words = [*MODULE, "class", "--data", str(tmp_path), "--port", "0", "--no-browser"]
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)),
    )
    idle: list[socket.socket] = []
    try:
        said = "".join(process.stdout.readline() for _ in range(5))  # pyright: ignore
        address, key = re.findall(r"(http://\S+)/host/(\S+)", said)[0]
        code, port = re.findall(r"type (\w+)", said)[0], int(address.rpartition(":")[2])
        cookie = f"host-{code}={key}"

        def knock() -> None:
            for _ in range(1100):
                idle.append(socket.create_connection(("127.0.0.1", port), timeout=LIMIT))

        async def watched() -> None:
            while True:
                try:
                    await fetch(address, "/host", Cookie=cookie)
                    break
                except OSError:
                    await asyncio.sleep(0.1)
            async with Client(address, cookie, "host") as teacher:
                await teacher.until(lambda html: "control" in html)
                await asyncio.to_thread(knock)
                assert (await fetch(address, "/host", Cookie=cookie))[0] == 200
                assert await teacher.do("start") is None

        awaited(watched())
    finally:
        for one in idle:
            one.close()
        process.terminate()
        process.wait()
    assert len(capfd.readouterr().err.splitlines()) <= 1


def test_who_knocks_longest_makes_room_and_no_page_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "most_connections", lambda: 20)
    monkeypatch.setattr(door, "PATIENCE", 1000.0)

    async def crowded() -> None:
        async with serving(tmp_path) as (address, running):
            cookie = await joined(address, running.lesson.state.code, "Ada")
            async with Client(address, cookie) as ann:
                await ann.until(lambda html: "status" in html)
                port = int(address.rpartition(":")[2])
                idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
                with suppress(ConnectionResetError):
                    assert await idle[0][0].read() == b""
                assert not idle[-1][0].at_eof()
                assert await ann.do("next") == ["The server does not do that."]

    awaited(crowded())


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127", b"GET / HTTP/1.1\r\n"])
def test_half_a_request_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(door, "PATIENCE", 0.2)

    async def dropped() -> None:
        async with serving(tmp_path) as (address, _):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", int(address.rpartition(":")[2])
            )
            writer.write(sent)
            with suppress(ConnectionResetError):
                assert await reader.read() == b""

    awaited(dropped())


def test_a_full_house_and_a_rush_are_told_in_words_and_who_left_does_not_count(
    game: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market_model.classroom.act.MOST_PLAYERS", 2)
    game.join("Ada")
    game.join("Bo")
    assert "full" in str(game.do("stranger", "join", name="Cy", token="x"))
    game.do("host", "remove", player="p1")
    assert game.do("stranger", "join", name="Cy", token="x") is None
    monkeypatch.undo()
    monkeypatch.setattr(throttle, "MOST_JOINS", 3)

    async def rush() -> None:
        async with serving(tmp_path / "b") as (address, running):
            got = [
                await fetch(address, "/join", {"code": running.lesson.state.code, "name": f"P{n}"})
                for n in range(5)
            ]
            assert [status for status, *_ in got] == [303, 303, 303, 429, 429]
            assert b"from this network" in got[-1][2]
            assert running.lesson.refused["joins"] == 2

    awaited(rush())


def test_thirty_bots_are_thirty_players_beside_who_has_their_names(tmp_path: Path) -> None:
    async def full() -> None:
        async with serving(tmp_path) as (address, running):
            code, bots = running.lesson.state.code, Workers()
            for name in demo.NAMES[:2]:
                await joined(address, code, name)
            bots.submit(demo.swarm, address, code, 30)
            while len(running.lesson.state.players) < 32:
                await asyncio.sleep(0.05)
            bots.stop()
            names = {player.name for player in running.lesson.state.players.values()}
            assert len(names) == 32 and "Ada 2" in names

    awaited(full())


@pytest.mark.parametrize(
    ("host_", "lan", "meant"),
    [
        ("127.0.0.1:8765", False, True),
        ("localhost", False, True),
        ("[::1]:8765", False, True),
        ("192.168.1.7:8765", False, False),
        ("192.168.1.7:8765", True, True),
        ("[fe80::1]:8765", True, True),
        ("Teacher.local:8765", True, True),
        ("teacher.local.:8765", True, True),
        ("teacher:8765", True, True),
        ("teacher.local:8765", False, False),
        ("elsewhere.example:8765", True, False),
        ("", True, False),
    ],
)
def test_it_answers_to_its_addresses_and_names_alone(
    monkeypatch: pytest.MonkeyPatch, host_: str, lan: bool, meant: bool
) -> None:
    monkeypatch.setattr(door, "own_names", lambda: {"teacher", "teacher.local"})
    assert door.answers_to(host_, lan) == meant


def test_a_new_address_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LOOK_AGAIN", 0.05)
    addresses = ["http://10.0.0.5:1"]

    async def moved() -> None:
        async with serving(tmp_path, lambda: addresses[-1]) as (address, running):
            async with host(address, running, "projector") as screen:
                await screen.until(lambda html: "status" in html)
                addresses.append("http://10.0.0.9:1")
                while json.loads(screen.frames[-1]).get("address") != "http://10.0.0.9:1":
                    await asyncio.sleep(0.02)
            cookie = f"host-{running.lesson.state.code}={KEY}"
            page = (await fetch(address, "/projector", Cookie=cookie))[2]
            assert b"http://10.0.0.9:1" in page and b"10.0.0.5" not in page

    awaited(moved())


# ---------------------------------------------------------------------- clocks


def test_a_clock_that_is_set_changes_no_round(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    started(game, "Ada")
    alone = Lesson(game.lesson.log, quick)
    before, left = alone.now(), frame(alone, "host", {})["left"]
    wall = lesson.time.time()
    monkeypatch.setattr("time.time", lambda: wall + 3600)
    assert alone.now() - before < 1800
    assert left is not None and abs(frame(alone, "host", {})["left"] - left) < 1800


def test_after_a_restart_the_clock_waits_for_the_markets(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(game, "Ada")
    wall, steady = lesson.time.time(), [0.0]
    clock = SimpleNamespace(time=lambda: wall, monotonic=lambda: steady[0])
    monkeypatch.setattr(lesson, "time", clock)
    slow: list[tuple[Future[Any], Any]] = []

    def table(*task: Any) -> Future[Any]:
        slow.append((Future(), quick(*task)))
        return slow[-1][0]

    async def restarted() -> None:
        begin(game.lesson.log, created(SETUP), hashed(KEY), wall)
        again = Lesson(game.lesson.log, table)
        running = asyncio.create_task(again.run())
        while not slow:
            await asyncio.sleep(0.01)
        left, stands = again.clock()
        steady[0] += 1000
        assert again.clock() == (left, True) and stands and left and left > 29
        future, told = slow[0]
        future.set_result(told.result())
        while again.standing is not None:
            await asyncio.sleep(0.01)
        now, stands = again.clock()
        assert now == pytest.approx(left) and not stands
        steady[0] += 5
        assert again.clock()[0] == pytest.approx(left - 5)
        running.cancel()

    awaited(restarted())


# ---------------------------------------------------------------------- faults of its own


def test_a_fault_is_told_and_the_game_goes_on(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lesson, "RETRY", 0.01)

    async def noted(text: str) -> Any:
        message = Message(id=f"the note {text}", do="note", fields={"player": "", "text": text})
        return await asyncio.wait_for(game.lesson.post(Posted("host", message)), LIMIT)

    async def happens() -> None:
        running = asyncio.create_task(game.lesson.run())
        with monkeypatch.context() as broken:
            broken.setattr(lesson, "act", lambda _: 1 / 0)
            assert "has not happened" in str(await noted("A"))
            assert "ZeroDivisionError" in view(game.lesson, "host")["health"].values["trouble"]
            assert view(game.lesson, "projector")["status"].values["trouble"]
        assert (
            await noted("B") is None and not view(game.lesson, "host")["health"].values["trouble"]
        )
        assert stored(game.lesson.log).notes == (("", "B"),) and not running.done()
        running.cancel()

    awaited(happens())


def test_what_a_table_tells_is_noted_where_pages_read_it(game: Game) -> None:
    import threading

    at: list[int] = []
    asked_for: list[Future[Any]] = []

    class Known(dict[Any, Any]):
        def __setitem__(self, key: Any, value: Any) -> None:
            at.append(threading.get_ident())
            super().__setitem__(key, value)

    def table(*_: Any) -> Future[Any]:
        asked_for.append(Future())
        return asked_for[-1]

    async def told() -> None:
        one = Lesson(game.lesson.log, table)
        one.reports = Known()
        running = asyncio.create_task(one.run())
        while not asked_for:
            await asyncio.sleep(0.01)
        answer = quick(None, SETUP, 0).result()
        await asyncio.to_thread(asked_for[0].set_result, answer)
        while not at:
            await asyncio.sleep(0.01)
        assert at == [threading.get_ident()]
        running.cancel()

    awaited(told())


# ---------------------------------------------------------------------- the end


def test_the_host_takes_the_game_home_while_it_runs(tmp_path: Path, monkeypatch) -> None:
    async def taken() -> None:
        async with serving(tmp_path) as (address, running):
            code = running.lesson.state.code
            assert (await fetch(address, "/export"))[0] == 403

            async def made(name: str) -> bytes:
                return name.encode()

            monkeypatch.setattr(running.lesson, "exported", made)
            got = await fetch(address, "/export", Cookie=f"host-{code}={KEY}")
            assert got[0] == 200 and b"-export.zip" in got[2]
            page = await fetch(address, "/host", Cookie=f"host-{code}={KEY}")
            assert b'href="/export"' in page[2]

    awaited(taken())


def test_the_projector_has_a_link_that_opens_nothing_else(tmp_path: Path) -> None:
    async def opened_alone() -> None:
        async with serving(tmp_path) as (address, running):
            code = running.lesson.state.code
            host = await fetch(address, "/host", Cookie=f"host-{code}={KEY}")
            (key,) = set(re.findall(rb"/show/(\w+)", host[2]))
            status, headers, _ = await fetch(address, f"/show/{key.decode()}")
            assert status == 303 and headers["location"] == "/projector"
            cookie = headers["set-cookie"].partition(";")[0]
            assert cookie == f"projector-{code}={key.decode()}" and KEY not in cookie
            assert (await fetch(address, "/projector", Cookie=cookie))[0] == 200
            for path in ("/host", "/export"):
                assert (await fetch(address, path, Cookie=cookie))[0] == 403
                forged = cookie.replace("projector-", "host-")
                assert (await fetch(address, path, Cookie=forged))[0] == 403
            wrong = await fetch(address, "/show/nothing")
            assert wrong[0] == 303 and "set-cookie" not in wrong[1]
            assert (await fetch(address, "/projector", Cookie=f"projector-{code}=x"))[0] == 403
            asked = await fetch(address, "/question?question=best=yixin", Cookie=cookie)
            assert asked[0] == 404, "nothing is told before the debrief"
            assert (await fetch(address, "/question?question=best=yixin"))[0] == 403

    awaited(opened_alone())


# ---------------------------------------------------------------------- a large class


@pytest.mark.slow
def test_two_hundred_play_a_round_where_few_files_may_be_open(tmp_path: Path) -> None:
    """A soft limit of 256, as a Mac has it."""
    scenario = tmp_path / "small.toml"
    scenario.write_text('extends = "china-2013"\nsociety.users = 200\n', "utf-8")
    words = [*MODULE, "class", str(scenario), "--data", str(tmp_path / "games"), "--port", "0"]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    process = subprocess.Popen(
        [*words, "--no-browser", "--seconds", "9999"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)),
    )
    try:
        said = "".join(process.stdout.readline() for _ in range(5))  # pyright: ignore
        awaited(two_hundred(said))
    finally:
        process.terminate()
        process.wait()


async def two_hundred(said: str) -> None:
    address, key = re.findall(r"(http://\S+)/host/(\S+)", said)[0]
    code = re.findall(r"type (\w+)", said)[0]
    cookies: list[str] = []
    for n in range(0, 200, 10):
        cookies += await asyncio.gather(*(joined(address, code, f"P{k}") for k in range(n, n + 10)))
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(address, one)) for one in cookies]
        teacher = await stack.enter_async_context(Client(address, f"host-{code}={key}", "host"))
        for do, then in (("start", 'value="next"'), ("next", 'value="seal"')):
            assert await teacher.do(do) is None
            await teacher.until(lambda html, then=then: then in html.get("control", ""))
        await asyncio.gather(*(c.until(lambda html: "status" in html) for c in clients))
        assert await teacher.do("seal") is None
        everybody = (c.until(lambda html: "After round 1" in html["status"]) for c in clients)
        await asyncio.gather(*everybody)
        assert (await fetch(address, "/host", Cookie=f"host-{code}={key}"))[0] == 200
