"""The class server over real sockets: a class plays, strangers stay outside, everybody comes
back after a restart.
"""

import asyncio
import json
import random
import re
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
import uvicorn
from conftest import LIMIT, MODULE, awaited
from websockets.exceptions import ConnectionClosed

from market_model.classroom.demo import Client, Form, fetch, joined
from market_model.classroom.launch import begin, configured, created, opened
from market_model.classroom.lesson import Lesson
from market_model.classroom.record import record_of
from market_model.classroom.server import LONGEST, Server, hashed
from market_model.classroom.state import fold
from market_model.classroom.tables import resolve
from market_model.classroom.throttle import MOST_WRONG
from market_model.game import Setup, setup_of
from market_model.game.record import replay
from market_model.scenario import load_scenario
from market_model.work.ports import hold
from market_model.work.runner import Workers

SETUP = setup_of(
    load_scenario(
        "china-2013",
        {"society.users": 200, "society.warmup_weeks": 20, "society.warmup_until": None},
    ),
    rounds=3,
)
KEY = "key-of-the-host"


@asynccontextmanager
async def serving(
    folder: Path, tables: Workers, setup: Setup = SETUP
) -> AsyncIterator[tuple[str, Server]]:
    """A server on loopback: its address, and itself."""
    log, _ = opened(folder, new=False)
    begin(log, created(setup, seconds=600), hashed(KEY), time.time())
    lesson = Lesson(log, lambda *task: tables.submit(*task).outcome)
    server = Server(lesson, None)
    web = uvicorn.Server(configured(server))
    held = hold("127.0.0.1", 0)
    running = asyncio.create_task(web.serve([held]))
    while not web.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{held.getsockname()[1]}", server
    web.should_exit = True
    await running
    log.close()


@pytest.fixture(scope="module")
def tables():
    workers = Workers()
    workers.submit(resolve, SETUP, 99, [])
    yield workers
    workers.stop()


def host_cookie(server: Server) -> str:
    return f"host-{server.lesson.state.code}={KEY}"


def has(part: str, text: str) -> Callable[..., bool]:
    return lambda html: text in html.get(part, "")


def test_strangers_forgers_and_other_people_s_pages_stay_outside(
    tmp_path: Path, tables: Workers
) -> None:
    awaited(outside(tmp_path, tables))


async def outside(folder: Path, tables: Workers) -> None:
    async with serving(folder, tables) as (address, server):
        lesson = server.lesson
        code = lesson.state.code
        cookie = await joined(address, code, "Ada")
        _, headers, _ = await fetch(address, "/join", {"code": code, "name": "Bo"})
        assert (
            "HttpOnly" in headers["set-cookie"] and "samesite=lax" in headers["set-cookie"].lower()
        )
        assert (
            await fetch(
                address, "/join", {"code": code, "name": "Cy"}, Origin="http://elsewhere.example"
            )
        )[0] == 403
        assert (await fetch(address, "/", Host="elsewhere.example"))[0] == 400
        assert (await fetch(address, "/host"))[0] == 403 and (
            await fetch(address, "/projector", Cookie=cookie)
        )[0] == 403
        assert (
            "default-src 'self'"
            in (await fetch(address, "/player", Cookie=cookie))[1]["content-security-policy"]
        )
        assert len(lesson.state.players) == 2
        for role in ("resume", "host"):  # a wrong link takes nobody's seat away
            assert "set-cookie" not in (await fetch(address, f"/{role}/wrong", Cookie=cookie))[1]
        secret = cookie.split("=")[1]
        assert secret not in folder.joinpath(lesson.log.path).read_bytes().decode(errors="ignore")
        for role, given, origin in (
            ("player", "", address),
            ("player", cookie.replace(code, "OTHERS"), address),
            ("player", cookie + "x", address),
            ("host", cookie, address),
            ("player", cookie, "http://elsewhere.example"),
            ("nobody", cookie, address),
        ):
            client = Client(address, given, role)
            client.origin = origin
            with pytest.raises(ConnectionClosed) as closed:
                async with client:
                    await client.socket.recv()
            assert closed.value.rcvd and closed.value.rcvd.code == 4403, (role, origin)
        assert lesson.refused["strangers"] == 5 and lesson.refused["origins"] == 2
        async with Client(address, cookie) as client:
            await client.until(has("status", "Waiting"))
            assert await client.do("next") == ["The server does not do that."]
            for text in (
                b"bytes",
                "{",
                "[]",
                "null",
                '{"do": "decide"}',
                '{"id": "12345678", "do": "draft", "round": "1"}',
                "[" * 20_000,
                json.dumps({"id": "12345678", "do": "draft", "who": "p2"}),
                "x" * (LONGEST + 1),
            ):
                await client.socket.send(text)
            assert await client.do(
                "predict", {"leader": "wechat", "stay": "20"}
            )  # not in the lobby; the page still answers
            assert lesson.refused["malformed"] == 8 and lesson.refused["oversized"] == 1
            await client.socket.send("x" * (3 * LONGEST))
            await client.socket.wait_closed()
            while lesson.online["p1"]:
                await asyncio.sleep(0.01)
        assert (await fetch(address, "/join", {"code": code, "name": "x" * 9000}))[0] == 403
        tries = [
            (await fetch(address, "/join", {"code": f"WRONG{n}", "name": "x"}))[0]
            for n in range(MOST_WRONG + 1)
        ]
        assert set(tries[:-2]) == {403} and tries[-1] == 429
        assert (await fetch(address, "/join", {"code": code, "name": "x"}))[0] == 303  # who has it


def test_a_seat_is_left_only_after_a_question_and_given_back_by_a_new_link(
    tmp_path: Path, tables: Workers
) -> None:
    awaited(another_seat(tmp_path, tables))


async def another_seat(folder: Path, tables: Workers) -> None:
    async with serving(folder, tables) as (address, server):
        code, state = server.lesson.state.code, lambda: server.lesson.state
        ann, bob = [await joined(address, code, name) for name in ("Ann", "Bob")]
        links = [f"/resume/{cookie.split('=')[1]}" for cookie in (ann, bob)]

        status, headers, page = await fetch(address, links[1], Cookie=ann)
        assert (status, headers["set-cookie"]) == (200, None)
        assert b"This device sits as Ann. Sit as Bob instead?" in page
        status, headers, _ = await fetch(address, links[1], {}, Cookie=ann)
        assert (status, headers["set-cookie"].split(";")[0]) == (303, bob)
        elsewhere = await fetch(
            address, links[1], {}, Cookie=ann, Origin="http://elsewhere.example"
        )
        assert elsewhere[1]["set-cookie"] is None
        for cookie, link in ((ann, links[0]), ("", links[1])):  # the own seat, and a new device
            assert (await fetch(address, link, Cookie=cookie))[0] == 303

        _, _, page = await fetch(address, f"/?code={code}", Cookie=ann)
        assert b"This device sits as Ann" in page and b'name="name"' not in page
        _, _, page = await fetch(address, f"/?code={code}&other=1", Cookie=ann)
        assert b'name="other"' in page and code.encode() in page
        joins = {"code": code, "name": "Cy"}
        assert (await fetch(address, "/join", joins, Cookie=ann))[1]["location"] == "/player"
        assert len(state().players) == 2
        assert (await fetch(address, "/join", joins | {"other": "1"}, Cookie=ann))[0] == 303
        assert [p.name for p in state().players.values()] == ["Ann", "Bob", "Cy"]
        assert state().seated[0, state().setup.seats[0]] == "p1"

        status, _, page = await fetch(address, "/join", {"code": code, "name": "Bob"})
        assert status == 409 and b"ask the teacher for a new link" in page
        assert b'value="Bob 2"' in page and len(state().players) == 3
        assert (await fetch(address, "/link", {"player": "p2"}, Cookie=bob))[0] == 403
        async with Client(address, bob) as old:
            await old.until(has("status", "Waiting"))
            host = host_cookie(server)
            _, _, page = await fetch(address, "/link", {"player": "p2"}, Cookie=host)
            await old.socket.wait_closed()
        link = re.findall(r'href="http://[^/]+(/resume/[^"]+)"', page.decode())[0]
        assert (await fetch(address, links[1]))[1]["set-cookie"] is None
        again = (await fetch(address, link))[1]["set-cookie"].split(";")[0]
        async with Client(address, again) as new:
            await new.until(has("role", "Bob"))
        assert (await fetch(address, "/link", {"player": "p9"}, Cookie=host))[0] == 409


def test_a_restart_brings_everybody_back_with_what_they_typed(
    tmp_path: Path, tables: Workers
) -> None:
    awaited(restarted(tmp_path, tables))


async def restarted(folder: Path, tables: Workers) -> None:
    async with serving(folder, tables) as (address, server), AsyncExitStack() as stack:
        code, cookie = (
            server.lesson.state.code,
            await joined(address, server.lesson.state.code, "Ada"),
        )
        client = await stack.enter_async_context(Client(address, cookie))
        host = await stack.enter_async_context(Client(address, host_cookie(server), "host"))
        await host.do("start")
        await client.until(has("act", "predict"))
        await host.do("next")
        await client.until(has("act", "data-draft"))
        assert (
            await client.do("draft", Form(client.html["act"]).fields | {"promotion": "7.25"})
            is None
        )
        problem = await client.do("decide", Form(client.html["act"]).fields | {"promotion": "-3"})
        assert problem == ["Campaign in this round: is −3; it must be at least 0"]
        await client.until(has("act", "problems"))
    async with serving(folder, tables) as (address, server):
        assert server.lesson.state.code == code
        _, headers, _ = await fetch(address, f"/resume/{cookie.split('=')[1]}")
        async with Client(address, headers["set-cookie"].split(";")[0]) as client:
            await client.until(has("act", "7.25"))


def test_sixty_people_play_and_what_is_sealed_stays_secret(tmp_path: Path, tables: Workers) -> None:
    awaited(sixty(tmp_path, tables))


async def sixty(folder: Path, tables: Workers) -> None:
    async with serving(folder, tables) as (address, server), AsyncExitStack() as stack:
        code = server.lesson.state.code
        cookies = await asyncio.gather(*(joined(address, code, f"<i>{n}") for n in range(60)))
        clients = [await stack.enter_async_context(Client(address, cookie)) for cookie in cookies]
        host = await stack.enter_async_context(Client(address, host_cookie(server), "host"))
        screen = await stack.enter_async_context(Client(address, host_cookie(server), "projector"))
        assert await host.do("start") is None
        await asyncio.gather(*(c.until(has("act", "predict")) for c in clients))
        await asyncio.gather(
            *(c.do("predict", {"leader": "wechat", "stay": "20"}) for c in clients)
        )
        await host.until(has("control", 'value="next"'))
        assert await host.do("next") is None
        await asyncio.gather(*(c.until(has("act", "data-draft")) for c in clients))
        secrets = [f"1{n:02}94{n:02}7" for n in range(60)]
        app = ['name="promotion"' in c.html["act"] for c in clients]

        async def decides(n: int) -> None:
            fields = Form(clients[n].html["act"]).fields
            fields |= (
                {"promotion": f"1.{secrets[n]}"} if app[n] else {"wholesale": f"0.{secrets[n]}"}
            )
            assert await clients[n].do("draft", fields) is None
            if n % 7:
                assert await clients[n].do("decide", fields) is None

        await asyncio.gather(*map(decides, range(60)))
        await host.socket.send(json.dumps({"do": "look", "fields": {"place": "0 wechat"}}))
        await host.until(has("peek", secrets[0]))
        viewers = dict[object, Client](enumerate(clients)) | {"host": host, "projector": screen}

        def leaks(numbers: list[int]) -> list[tuple[object, int]]:
            frames = {
                who: re.sub(r"[.,]", "", "".join(client.frames)) for who, client in viewers.items()
            }
            return [
                (who, n)
                for who in viewers
                for n in numbers
                if who != n and (who, n) != ("host", 0) and secrets[n] in frames[who]
            ]

        assert leaks([*range(60)]) == []
        assert await host.do("seal") is None
        await asyncio.gather(*(c.until(has("status", "After round 1")) for c in clients))
        assert (
            leaks([n for n in range(60) if app[n]]) == []
        )  # a carrier's price is known from now on
        await joined(address, code, "late, alone in a market")
        again = await stack.enter_async_context(Client(address, cookies[1]))
        await again.until(has("brief", "desk"))
        assert "<i>" not in "".join(screen.html.values()) + "".join(host.html.values())
        for _ in range(2):
            await host.until(has("control", "Open round"))
            assert await host.do("next") is None
            await host.until(has("control", 'value="seal"'))
            assert await host.do("seal") is None
        await host.until(has("control", "Open the debrief"))
        assert await host.do("next") is None
        await asyncio.gather(*(c.until(has("debrief", "computed")) for c in clients))
        state = server.lesson.state
        assert [one["how"] for one in state.rounds[0].markets[0].values()] == [
            "draft",
            *["decided"] * 5,
        ]
        assert (
            len(state.digests[0]) == 10
            and len(set(state.digests[0])) == 10
            and len(state.predictions) == 60
        )
        record = record_of(state)
        assert (
            replay(record) == []
            and len(record.predictions) == 60
            and record.names(0, "yixin") == "<i>1"
        )


@pytest.mark.slow
def test_killed_twenty_times_it_goes_on_with_all_that_it_had_acknowledged(tmp_path: Path) -> None:
    luck, kept, cookies = random.Random(7), set[str](), list[str]()
    for attempt in range(20):
        awaited(killed(tmp_path, attempt, luck.randrange(6, 100), kept, cookies))
    assert len(kept) > 100


async def killed(
    folder: Path, attempt: int, after: int, kept: set[str], cookies: list[str]
) -> None:
    """A class that is killed `after` so many answers; `kept`: keys of all that were answered.
    `cookies`: of its players, who join it the first time.
    """
    process = subprocess.Popen(
        [
            *MODULE,
            "class",
            "--data",
            str(folder),
            "--port",
            "0",
            "--no-browser",
            "--seconds",
            "9999",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    text = "".join(process.stdout.readline() for _ in range(5))  # pyright: ignore
    address, key = re.findall(r"(http://\S+)/host/(\S+)", text)[0]
    code = re.findall(r"type (\w+)", text)[0]
    while not cookies:
        with suppress(OSError):
            cookies += [await joined(address, code, f"P{n}") for n in range(12)]
        await asyncio.sleep(0.1)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(address, cookie)) for cookie in cookies]
        host = await stack.enter_async_context(Client(address, f"host-{code}={key}", "host"))
        if not attempt:
            assert await host.do("start") is None
            await host.until(has("control", "next"))
            assert await host.do("next") is None

        async def typing(n: int, client: Client) -> None:
            await client.until(has("act", "form"))
            for k in count():
                key = f"key-{attempt}-{n}-{k}"
                if await client.do("recall", id=key) is None:  # an event like any other
                    kept.add(key)

        tasks = [asyncio.create_task(typing(n, client)) for n, client in enumerate(clients)]
        enough = len(kept) + after
        while len(kept) < enough:
            await asyncio.sleep(0.01)
        process.kill()
        process.wait()
        for task in tasks:
            task.cancel()
    log, goes_on = opened(folder, new=False)
    assert goes_on and kept <= log.keys and fold(log.events()).code == code
    log.close()


def test_a_server_ends_quietly_while_an_archive_is_made(tmp_path: Path, tables, monkeypatch, capfd):
    async def ended() -> None:
        begun = asyncio.Event()

        async def made(_: str) -> None:
            begun.set()
            await asyncio.sleep(LIMIT)

        async with serving(tmp_path, tables) as (address, running):
            monkeypatch.setattr(running.lesson, "exported", made)
            waiting = asyncio.create_task(fetch(address, "/export", Cookie=host_cookie(running)))
            await begun.wait()
        await asyncio.gather(waiting, return_exceptions=True)

    awaited(ended())
    assert "Traceback" not in capfd.readouterr().err
