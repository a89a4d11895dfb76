"""Bots that play like people do: they join with the code, read their page through a socket, and
send its forms.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from email import message_from_bytes
from email.message import Message
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

NAMES = (
    "Ada",
    "Bo",
    "Chen",
    "Dina",
    "Emeka",
    "Fatima",
    "Gus",
    "Hana",
    "Ivo",
    "Jun",
    "Kira",
    "Liang",
    "Mina",
    "Nils",
    "Olga",
    "Priya",
    "Quinn",
    "Rosa",
    "Sami",
    "Tao",
    "Uma",
    "Vera",
    "Wen",
    "Xia",
    "Yusuf",
    "Zoe",
)
TRIES = 4


class Form(HTMLParser):
    """A form. `fields`: as a browser would send them; `tags`: attributes of each field;
    `options`: of each choice.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.options = defaultdict[str, list[str]](list)
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("select", "input") and "name" in given:
            self.tags[given["name"]] = given
            if tag == "input" and (
                given.get("type") not in ("checkbox", "radio") or "checked" in given
            ):
                self.fields[given["name"]] = given.get("value", "")
        elif tag == "option":
            choice = next(reversed(self.tags))
            self.options[choice].append(given["value"])
            if "selected" in given or choice not in self.fields:
                self.fields[choice] = given["value"]


class Client:
    """A player on a socket. `frames`: all that came, as text; `html`: the page's pieces now."""

    def __init__(self, address: str, cookie: str, role: str = "player") -> None:
        self.address, self.cookie, self.role, self.origin = address, cookie, role, address
        self.frames: list[str] = []
        self.html: dict[str, str] = {}
        self.news = asyncio.Event()
        self._answers: dict[str, asyncio.Future[list[str] | None]] = {}

    async def __aenter__(self) -> Client:
        from websockets.asyncio.client import connect
        from websockets.typing import Origin

        self.socket = await connect(
            f"{self.address.replace('http', 'ws', 1)}/live/{self.role}",
            additional_headers={"Cookie": self.cookie},
            origin=Origin(self.origin),
        )
        self._reader = asyncio.create_task(self._read())
        await self.socket.send(json.dumps({"do": "hello", "seen": {}}))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()
        await self.socket.close()

    async def _read(self) -> None:
        async for text in self.socket:
            frame = json.loads(text)
            self.frames.append(str(text))
            self.html |= frame.get("html", {})
            for answer in frame.get("answers", []):
                if waiting := self._answers.pop(answer["id"], None):
                    waiting.set_result(answer["error"])
            self.news.set()

    async def do(
        self, do: str, fields: Mapping[str, str] | None = None, **more: Any
    ) -> list[str] | None:
        """Ask for something: what is wrong with it, or None when it is on the server's disk."""
        key = more.pop("id", secrets.token_hex(8))
        self._answers[key] = answer = asyncio.get_running_loop().create_future()
        await self.socket.send(
            json.dumps({"id": key, "do": do, "fields": dict(fields or {}), **more})
        )
        return await answer

    async def until(self, there: Callable[[Mapping[str, str]], object]) -> None:
        """Wait for a page on which something is true."""
        while not there(self.html):
            self.news.clear()
            await self.news.wait()


async def fetch(
    address: str, path: str, fields: Mapping[str, str] | None = None, **headers: str
) -> tuple[int, Message, bytes]:
    """GET, or POST of a form: status, headers, body as it came."""
    host, body = address.removeprefix("http://"), urlencode(fields or {}).encode()
    reader, writer = await asyncio.open_connection(*host.split(":"))
    given = {
        "Host": host,
        "Origin": address,
        "Connection": "close",
        "Content-Length": str(len(body)),
        **headers,
    }
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items())
    writer.write(
        f"{'GET' if fields is None else 'POST'} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
    )
    top, _, rest = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    status, _, lines = top.partition(b"\r\n")
    return int(status.split()[1]), message_from_bytes(lines), rest


async def joined(address: str, code: str, name: str) -> str:
    """Join a class, under the name that it proposes where somebody has this one: the cookie of a
    new seat. Raises ConnectionError: not let in.
    """
    status, headers, page = await fetch(address, "/join", {"code": code, "name": name})
    if status == 303:
        return headers["set-cookie"].split(";")[0]
    proposed = Form(page.decode()).fields.get("name", name)
    if status != 409 or proposed == name:
        raise ConnectionError(f"not let in: {status}")
    return await joined(address, code, proposed)


async def play(client: Client, luck: random.Random) -> None:
    """Play on until the game is over: predict, and in each round change a number or two."""
    while True:
        client.news.clear()
        act = client.html.get("act", "")
        if 'data-do="predict"' in act:
            apps = Form(act).options["leader"][1:]
            await client.do(
                "predict", {"leader": luck.choice(apps), "stay": str(luck.randrange(5, 80))}
            )
        elif 'data-do="decide"' in act:
            await asyncio.sleep(luck.uniform(1.0, 6.0))
            await decided(client, act, luck)
        await client.news.wait()


async def decided(client: Client, html: str, luck: random.Random) -> None:
    """Seal a decision that the server takes: changes of some numbers, else none."""
    number = int(html.split('data-round="')[1].split('"')[0])
    for changes in reversed(range(TRIES)):
        form = Form(html)
        free = sorted(name for name, tag in form.tags.items() if "min" in tag and "max" in tag)
        for name in luck.sample(free, min(len(free), changes)):
            low, high = float(form.tags[name]["min"]), float(form.tags[name]["max"])
            moved = float(form.fields[name] or low) * luck.uniform(0.8, 1.25)
            form.fields[name] = f"{min(high, max(low, moved)):.4g}"
        if not await client.do("decide", form.fields, round=number):
            return


def swarm(address: str, code: str, players: int) -> None:
    """Bots in a class until it ends."""

    async def bot(number: int) -> None:
        luck = random.Random(number)
        await asyncio.sleep(luck.uniform(0.2, 2.0))
        async with Client(
            address, await joined(address, code, NAMES[number % len(NAMES)])
        ) as client:
            await play(client, luck)

    async def everybody() -> None:
        await asyncio.gather(*map(bot, range(players)), return_exceptions=True)

    asyncio.run(everybody())
