"""A class on bad lines: what was typed and sealed survives a line that is dead without a word."""

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from browser import drafted
from conftest import LIMIT, until

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}}


class Proxy:
    """A way to a server that may be cut without either side being told: connections stay, and
    nothing comes through until it is mended; then all that was held back comes, late.
    `lines`: those that were begun; `came`: bytes that came back.
    """

    def __init__(self, port: int) -> None:
        self.target, self.port, self.lines, self.came = port, 0, 0, 0
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
        ready.wait(LIMIT)

    def cut(self) -> None:
        self.loop.call_soon_threadsafe(self.open.clear)

    def mend(self) -> None:
        self.loop.call_soon_threadsafe(self.open.set)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        await self.open.wait()
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer, 1))

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counts: int = 0
    ) -> None:
        try:
            while data := await reader.read(65536):
                await self.open.wait()
                self.came += counts * len(data)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()


@pytest.fixture
def game(begin, tmp_path: Path) -> SimpleNamespace:
    """A class that runs."""
    scenario = tmp_path / "small.toml"
    scenario.write_text('extends = "china-2013"\nsociety.users = 300\n', "utf-8")
    return begin(scenario, "--rounds", "2", "--seconds", "9999")


def enter(page, name: str) -> None:
    page.fill("[name=name]", name)
    page.click("button.main")
    page.wait_for_selector(f".me:has-text('{name}')")


@pytest.mark.slow
def test_a_line_that_dies_silently_is_told_and_loses_nothing(game, visit) -> None:
    proxy = Proxy(game.port)
    host = visit(game.host).page
    enter(visit(f"http://127.0.0.1:{game.port}/?code={game.code}").page, "Bo")  # who never decides
    ann = visit(f"http://127.0.0.1:{proxy.port}/?code={game.code}", **PHONE).page
    enter(ann, "Ann")
    host.click("button[value=start]")
    host.click("button[value=next]")
    ann.fill("[name=promotion]", "20")
    drafted(game, "20")
    ann.wait_for_selector("#line[data-state=kept]")

    proxy.cut()
    ann.fill("[name=promotion]", "22")
    ann.wait_for_selector("#line[data-state=away]")
    assert "No connection" in ann.inner_text("#line")
    ann.fill("[name=promotion]", "23")
    ann.click("button[value=decide]")
    lines = proxy.lines
    until(lambda: proxy.lines > lines)  # it has given the line up and tries another
    assert ann.get_attribute("#line", "data-state") == "away" and not ann.query_selector(".sealed")
    assert ann.input_value("[name=promotion]") == "23"

    proxy.mend()
    ann.wait_for_selector(".sealed")
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
    host.click("button[value=next]")
    ann.wait_for_selector("[name=promotion]")
    proxy.cut()
    ann.fill("[name=promotion]", "24")
    ann.wait_for_selector("#line[data-state=away]")
    proxy.loop.call_soon_threadsafe(proxy.loop.call_later, 1.0, proxy.open.set)
    ann.reload()
    ann.wait_for_selector("[name=promotion]")
    ann.wait_for_selector("#line[data-state=kept]")
    assert ann.input_value("[name=promotion]") == "24"
    ann.reload()
    ann.wait_for_selector("[name=promotion]")
    assert ann.input_value("[name=promotion]") == "24"


@pytest.mark.slow
@pytest.mark.parametrize("story", ["china-2013", "messenger-2015"])
def test_a_round_costs_a_phone_thirty_kilobytes_at_most(begin, visit, story) -> None:
    """Of the line, with the map, the film, the news and all tables."""
    game = begin(story, "--rounds", 2, "--seconds", 9999, "--language", "zh")
    proxy, host = Proxy(game.port), visit(game.host).page
    ann = visit(f"http://127.0.0.1:{proxy.port}/?code={game.code}", **PHONE).page
    enter(ann, "Ann")
    host.click("button[value=start]")
    costs = list[int]()
    for number in range(2):
        host.wait_for_selector("button[value=next]")
        before = proxy.came
        host.click("button[value=next]")
        field = ann.locator(f"[data-round='{number}'] :is([name=promotion], [name=wholesale])")
        field.fill("0.2")
        drafted(game, "0.2", field.get_attribute("name"))
        ann.click("button[value=decide]")
        ann.wait_for_selector("h1.reveal")
        ann.wait_for_selector("#film .news")
        costs.append(proxy.came - before)
    assert max(costs) <= 30_000, costs
