"""A class on bad lines: what was typed and sealed survives a line that is dead without a word."""

import asyncio
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from browser import COMMAND

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser


class Proxy:
    """A way to a server that may be cut without either side being told: connections stay, and
    nothing comes through until it is mended; then all that was held back comes, late.
    """

    def __init__(self, port: int) -> None:
        self.target, self.port = port, 0
        self.loop, ready = asyncio.new_event_loop(), threading.Event()
        self.open = asyncio.Event()
        self.open.set()

        async def begin() -> None:
            server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()

        def work() -> None:
            self.loop.create_task(begin())
            self.loop.run_forever()

        threading.Thread(target=work, daemon=True).start()
        ready.wait(10)

    def cut(self) -> None:
        self.loop.call_soon_threadsafe(self.open.clear)

    def mend(self) -> None:
        self.loop.call_soon_threadsafe(self.open.set)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.open.wait()
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self.open.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()


@pytest.fixture
def game(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A class that runs: its port, code and the host's link."""
    scenario = tmp_path / "small.toml"
    scenario.write_text('extends = "china-2013"\nsociety.users = 300\n', "utf-8")
    options = [scenario, "--rounds", "2", "--seconds", "900", "--no-browser", "--port", "0"]
    process = subprocess.Popen(
        [COMMAND, "class", *options, "--data", tmp_path / "games"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said = "".join(process.stdout.readline() for _ in range(5))
    yield SimpleNamespace(
        host=re.findall(r"http\S+/host/\S+", said)[0],
        port=int(re.findall(r":(\d+)/host", said)[0]),
        code=re.findall(r"type (\w{6})", said)[0],
    )
    os.killpg(process.pid, signal.SIGINT)
    process.wait(20)


def enter(page, name: str) -> None:
    page.fill("[name=name]", name)
    page.click("button.main")
    page.wait_for_selector(f".me:has-text('{name}')")


@pytest.mark.slow
def test_a_line_that_dies_silently_is_told_and_loses_nothing(game, visit) -> None:
    proxy = Proxy(game.port)
    host = visit(game.host).page
    enter(visit(f"http://127.0.0.1:{game.port}/?code={game.code}").page, "Bo")  # who never decides
    ann = visit(
        f"http://127.0.0.1:{proxy.port}/?code={game.code}", viewport={"width": 390, "height": 844}
    ).page
    enter(ann, "Ann")
    host.click("button[value=start]")
    host.click("button[value=next]", timeout=200_000)
    ann.fill("[name=promotion]", "20")
    ann.wait_for_timeout(700)
    ann.wait_for_selector("#line[data-state=kept]")

    proxy.cut()
    ann.fill("[name=promotion]", "22")
    ann.wait_for_selector("#line[data-state=away]", timeout=10_000)
    assert "No connection" in ann.inner_text("#line")
    ann.fill("[name=promotion]", "23")
    ann.click("button[value=decide]")
    ann.wait_for_timeout(10_000)  # until it has given the line up and tried others
    assert ann.get_attribute("#line", "data-state") == "away" and not ann.query_selector(".sealed")
    assert ann.input_value("[name=promotion]") == "23"

    proxy.mend()
    ann.wait_for_selector(".sealed", timeout=30_000)
    ann.wait_for_selector("#line[data-state=kept]")
    ann.click("form[data-do=recall] button")
    ann.wait_for_selector("[name=promotion]")
    assert ann.input_value("[name=promotion]") == "23"


@pytest.mark.slow
def test_what_was_typed_without_a_line_survives_the_loading_of_the_page(game, visit) -> None:
    proxy = Proxy(game.port)
    host = visit(game.host).page
    ann = visit(f"http://127.0.0.1:{proxy.port}/?code={game.code}").page
    enter(ann, "Ann")
    host.click("button[value=start]")
    host.click("button[value=next]", timeout=200_000)
    ann.wait_for_selector("[name=promotion]")
    proxy.cut()
    ann.fill("[name=promotion]", "24")
    ann.wait_for_selector("#line[data-state=away]", timeout=10_000)
    proxy.loop.call_soon_threadsafe(proxy.loop.call_later, 1.0, proxy.open.set)
    ann.reload(timeout=30_000)
    ann.wait_for_selector("[name=promotion]")
    ann.wait_for_selector("#line[data-state=kept]")
    assert ann.input_value("[name=promotion]") == "24"
    ann.reload()
    ann.wait_for_selector("[name=promotion]")
    assert ann.input_value("[name=promotion]") == "24"
