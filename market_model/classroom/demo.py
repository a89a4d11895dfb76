"""Bots that play like people do: they join with the code, read their page through a socket, and send its forms."""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

NAMES = ("Ada", "Bo", "Chen", "Dina", "Emeka", "Fatima", "Gus", "Hana", "Ivo", "Jun", "Kira", "Liang", "Mina", "Nils", "Olga", "Priya",
         "Quinn", "Rosa", "Sami", "Tao", "Uma", "Vera", "Wen", "Xia", "Yusuf", "Zoe")
TRIES = 4


class Form:
    """Fields of a form as a browser would send them; `free`: those that a person types numbers into, with their bounds."""

    def __init__(self, html: str) -> None:
        self.fields: dict[str, str] = {}
        self.free: dict[str, tuple[float, float]] = {}
        select = ""
        for tag in re.findall(r"<(?:input|select|option)\b[^>]*>", html):
            given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            if tag.startswith("<select"):
                select = given.get("name", "")
            elif tag.startswith("<option"):
                if " selected" in tag or select not in self.fields:
                    self.fields[select] = given["value"]
            elif "name" in given and ("checkbox" not in tag or " checked" in tag):
                self.fields[given["name"]] = given.get("value", "on")
                if "min" in given and "max" in given:
                    self.free[given["name"]] = float(given["min"]), float(given["max"])


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

        url = urlsplit(self.address)
        self.socket = await connect(f"ws://{url.netloc}/live/{self.role}", additional_headers={"Cookie": self.cookie},
                                    origin=Origin(self.origin), compression=None)
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
            self.html |= frame["html"]
            for answer in frame["answers"]:
                if waiting := self._answers.pop(answer["id"], None):
                    waiting.set_result(answer["error"])
            self.news.set()

    async def do(self, do: str, fields: Mapping[str, str] | None = None, **more: Any) -> list[str] | None:
        """Ask for something: what is wrong with it, or None when it is on the server's disk."""
        key = more.pop("id", secrets.token_hex(8))
        self._answers[key] = answer = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": key, "do": do, "fields": dict(fields or {}), **more}))
        return await answer

    async def until(self, there: Callable[[Mapping[str, str]], object]) -> None:
        """Wait for a page on which something is true."""
        while not there(self.html):
            self.news.clear()
            await self.news.wait()


async def asked(address: str, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """GET, or POST of a form: status, headers, body as it came."""
    url, body = urlsplit(address), urlencode(fields or {}).encode()
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    given = {"Host": url.netloc, "Origin": address, "Connection": "close", "Content-Length": str(len(body)),
             "Content-Type": "application/x-www-form-urlencoded", **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    writer.write(f"{'GET' if fields is None else 'POST'} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
    answer = await reader.read()
    writer.close()
    top, _, rest = answer.partition(b"\r\n\r\n")
    first, *lines = top.decode().split("\r\n")
    return int(first.split()[1]), {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, rest


async def joined(address: str, code: str, name: str) -> str:
    """Join a class: the cookie of a new seat. Raises ConnectionError: not let in."""
    status, headers, _ = await asked(address, "/join", {"code": code, "name": name})
    if status != 303:
        raise ConnectionError(f"not let in: {status}")
    return headers["set-cookie"].split(";")[0]


async def play(client: Client, luck: random.Random) -> None:
    """Play on until the game is over: predict, and in each round change a number or two."""
    while True:
        client.news.clear()
        form = client.html.get("act", "")
        if 'data-do="predict"' in form:
            apps = [part.split('"')[0] for part in form.split('<option value="')[1:]]
            await client.do("predict", {"leader": luck.choice([app for app in apps if app]), "stay": str(luck.randrange(5, 80))})
        elif 'data-do="decide"' in form:
            await asyncio.sleep(luck.uniform(1.0, 6.0))
            await decided(client, form, luck)
        await client.news.wait()


async def decided(client: Client, html: str, luck: random.Random) -> None:
    """Seal a decision that the server takes: changes of some numbers, else none."""
    number = int(html.split('data-round="')[1].split('"')[0])
    for attempt in range(TRIES):
        form = Form(html)
        for name in luck.sample(sorted(form.free), min(len(form.free), TRIES - 1 - attempt)):
            low, high = form.free[name]
            now = float(form.fields[name] or low)
            form.fields[name] = f"{min(high, max(low, now * luck.uniform(0.8, 1.25))):.4g}"
        if not await client.do("decide", form.fields, round=number):
            return


def swarm(address: str, code: str, players: int) -> None:
    """Bots in a class until it ends."""
    async def one(number: int) -> None:
        luck = random.Random(number)
        await asyncio.sleep(luck.uniform(0.2, 2.0))
        cookie = await joined(address, code, f"{NAMES[number % len(NAMES)]}")
        async with Client(address, cookie) as client:
            await play(client, luck)

    async def everybody() -> None:
        await asyncio.gather(*map(one, range(players)), return_exceptions=True)

    asyncio.run(everybody())
