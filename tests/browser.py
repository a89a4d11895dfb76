"""Fixtures for tests in a real Chromium. A test module asks for them by `pytest_plugins =
["browser"]`.

Without a Chromium ($CHROMIUM, or chromium, chrome, google-chrome … on PATH) these tests are
skipped; with REQUIRE_BROWSER=1 they fail instead.
"""

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from conftest import LIMIT, until

NAMES = ("chromium", "chromium-browser", "chrome", "google-chrome", "google-chrome-stable")
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
COMMAND = Path(sys.executable).with_name("market-model")
HOST = re.compile(r"http://127\.0\.0\.1:\d+")


def find_chromium() -> str | None:
    """Path of a Chromium, or None."""
    given = os.environ.get("CHROMIUM")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium with a fresh profile, driven by Playwright."""
    path = find_chromium()
    if path is None:
        reason = f"no Chromium found: set CHROMIUM, or put one of {', '.join(NAMES)} on PATH"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield running
        running.close()


class Watched:
    """A page and what it did that it should not.

    Attributes:
        page: of Playwright.
        strangers: requests to anything but this host. errors: of the console and of scripts.
    """

    def __init__(self, context) -> None:
        context.set_default_timeout(1000 * LIMIT)
        self.page = context.new_page()
        self.strangers: list[str] = []
        self.errors: list[str] = []
        context.on("request", lambda request: self._see(request.url))
        self.page.on("websocket", lambda socket: self._see(socket.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console", lambda line: self.errors.append(line.text) if line.type == "error" else None
        )

    def _see(self, url: str) -> None:
        place = urlsplit(url)
        if place.scheme not in ("blob", "data") and place.hostname != "127.0.0.1":
            self.strangers.append(url)


@pytest.fixture
def visit(chromium) -> Iterator[Callable[..., Watched]]:
    """Function that opens an address as a new visitor; options are those of a Playwright
    context.
    """
    contexts = []

    def open_(address: str, **options) -> Watched:
        contexts.append(
            chromium.new_context(**({"viewport": {"width": 1400, "height": 900}} | options))
        )
        watched = Watched(contexts[-1])
        watched.page.goto(address)
        return watched

    yield open_
    for context in contexts:
        context.close()


class Served:
    """A real `market-model play` in a session of its own.

    Attributes:
        address: what it says it answers at. lines: what it has printed so far, both streams.
    """

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "play", "--no-browser", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._news: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.address = HOST.search(self.wait_for("is ready"))[0]

    def _listen(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)
            self._news.put(line)
        self._news.put(None)

    def wait_for(self, text: str) -> str:
        """The first line from now on that holds a text."""
        while (line := self._news.get(timeout=LIMIT)) is not None:
            if text in line:
                return line
        raise AssertionError(f"ended without saying '{text}': {''.join(self.lines)}")

    def processes(self) -> list[int]:
        """Ids of all living processes of its session."""
        listed = subprocess.run(
            ["ps", "-eo", "pid=,sess=,stat="], capture_output=True, text=True, check=True
        )
        rows = [line.split() for line in listed.stdout.splitlines()]
        return [
            int(pid)
            for pid, session, state in rows
            if int(session) == self.process.pid and not state.startswith("Z")
        ]

    def interrupt(self) -> int:
        """Ctrl-C, as a terminal sends it: to every process of the group; returns the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(LIMIT)

    def kill(self) -> None:
        """End it as an accident would: without a word to its workers."""
        self.process.kill()
        self.process.wait(LIMIT)

    def gone(self) -> None:
        """Wait until none of its processes lives."""
        until(lambda: not self.processes())

    def end(self) -> None:
        """Kill what is left of it."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(LIMIT)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., SimpleNamespace]]:
    """Function that starts a class: its address and port, the host's link and the code, as the
    terminal tells them, and the folder of its games; arguments are the command's options.
    """
    started: list[subprocess.Popen[str]] = []
    games = tmp_path / "games"

    def start(*options: object) -> SimpleNamespace:
        words = [COMMAND, "class", *map(str, options), "--no-browser", "--port", "0"]
        process = subprocess.Popen(
            [*words, "--data", games], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        said = "".join(process.stdout.readline() for _ in range(5))
        return SimpleNamespace(
            host=re.findall(r"http\S+/host/\S+", said)[0],
            code=re.findall(r"type (\w{6})", said)[0],
            address=re.findall(r"open (http\S+)", said)[0],
            port=int(re.findall(r":(\d+)/host", said)[0]),
            games=games,
        )

    yield start
    for process in started:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(LIMIT)


def drafted(game: SimpleNamespace, typed: str, field: str = "promotion") -> None:
    """Wait until a class has what somebody typed."""
    from market_model.classroom.log import Log

    def there() -> bool:
        [path] = game.games.glob("*.class")
        log = Log(path, reading=True)
        drafts = log.drafts().values()
        log.close()
        return any(one.fields.get(field) == typed for one in drafts)

    until(there)


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Function that starts a server of one's own; arguments are the command's options."""
    started: list[Served] = []

    def start(*options: str) -> Served:
        started.append(Served(*options))
        return started[-1]

    yield start
    for one in started:
        one.end()


def unsound(page) -> list[object]:
    """What is wrong with a page for axe-core, and that it needs scrolling sideways on the smallest
    phone.
    """
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page).response["violations"]
    found: list[object] = [(one["id"], one["nodes"][0]["target"]) for one in violations]
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(size)
    return [*found, *([f"{wide} pixels wide"] if wide > 320 else [])]


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """A server that tests share."""
    shared = Served("--port", "0")
    yield shared
    shared.end()


def frames(scenario) -> list:
    """Pictures of all users, week by week, of the run with seed 0."""
    from market_model.explorer.film import frame_of
    from market_model.market import run

    found = []
    run(scenario, 0, record=True, on_week=lambda market: found.append(frame_of(market)))
    return found


def part_of(people, users):
    """A share of simulated people as a legend writes it; fewer than 20 with their count. A browser
    rounds a half up.
    """
    share = Decimal(100 * int(people)) / users
    digits = 1 if people >= 20 else 2 - share.adjusted() if share else 0
    shown = share.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{shown}%" if people >= 20 else f"{people} of {users:,} ({float(shown):g}%)"
