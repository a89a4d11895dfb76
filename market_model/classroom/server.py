"""Pages and sockets of a class."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Sent
from starlette.websockets import WebSocket, WebSocketDisconnect

from .. import desk
from .act import LONGEST_NAME, Message
from .lesson import Lesson, Posted
from .texts import say
from .view import PARTS, frame, rendered, role_of

STATIC = Path(__file__).parent / "static"
LONGEST = 32_768
"""Bytes of a message; a form with all its fields has a quarter of that."""
LONGEST_POST = 2_048
GIVE_UP = 20.0
"""Seconds after which a page that takes nothing is dropped; it comes back by itself."""
PAUSE = 0.05
"""Seconds between two views for one page, so that many small changes make one."""
MOST_REFUSED = 20
"""Messages that make no sense, after which a socket is closed."""
MOST_WRONG, WINDOW = 20, 60.0
"""Different wrong codes from one address in so many seconds; a class that mistypes the same one counts once."""


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(eq=False)
class Page:
    """An open page: what it shows already, what it is still to be told."""

    who: str
    socket: WebSocket
    seen: dict[str, str] = field(default_factory=dict)
    look: tuple[int, str] | None = None
    answers: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    refused: int = 0


class Server:
    """The web side of a lesson. `address`: that phones are to open, None: this computer only."""

    def __init__(self, lesson: Lesson, address: str | None) -> None:
        self.lesson, self.address = lesson, address
        self.pages: set[Page] = set()
        self._wrong: dict[str, set[str]] = {}
        self._since = 0.0
        lesson.changed = self.tell_all

    def application(self, hosts: list[str]) -> Starlette:
        """Args: hosts: names and addresses that it answers to."""
        routes = [Route("/", self.door), Route("/join", self.join, methods=["POST"]), Route("/resume/{key}", self.resume),
                  Route("/host/{key}", self.resume), Route("/class.css", _style), Route("/class.js", _script),
                  *(Route(f"/{role}", self.page) for role in PARTS), WebSocketRoute("/live/{role}", self.live)]
        return Starlette(routes=routes, lifespan=self._running, middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts), Middleware(_OwnPages, self.refuse), Middleware(GZipMiddleware)])

    @asynccontextmanager
    async def _running(self, _: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(self.lesson.run())
        yield
        running.cancel()

    def refuse(self, reason: str) -> None:
        self.lesson.refused[reason] += 1

    def tell_all(self) -> None:
        for page in self.pages:
            page.news.set()

    # ------------------------------------------------------------------ who is it

    def cookie(self, role: str) -> str:
        """Name of a key's cookie: of this game and no other on the same computer."""
        return f"{role}-{self.lesson.state.code}"

    def who(self, connection: HTTPConnection, role: str) -> str:
        """The viewer by its cookie, "" for nobody."""
        if role != "player":
            key = hashed(connection.cookies.get(self.cookie("host"), ""))
            return role if key in self.lesson.state.hosts else ""
        key = hashed(connection.cookies.get(self.cookie("player"), ""))
        return next((number for number, player in self.lesson.state.players.items() if secrets.compare_digest(player.token, key)), "")

    # ------------------------------------------------------------------ pages

    def html(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        return HTMLResponse(rendered(template, values, self.lesson.state.language), status)

    def door(self, request: Request) -> Response:
        """Where players come in."""
        if self.who(request, "player"):
            return RedirectResponse("/player")
        return self.html("join", code=request.query_params.get("code", "")[:6], name="", error="", longest=LONGEST_NAME)

    async def join(self, request: Request) -> Response:
        """A POST, so that previews of a link use up nothing."""
        if self.who(request, "player"):
            return RedirectResponse("/player", 303)
        fields, language = await _posted(request), self.lesson.state.language
        code, name = fields.get("code", "").strip().upper(), fields.get("name", "")
        if wrong := self._wrong_code(request.client.host if request.client else "", code):
            return self.html("join", 429 if wrong == "often" else 403, code=code[:6], name=name, longest=LONGEST_NAME,
                             error=say(f"problem.{wrong}", language))
        key = secrets.token_urlsafe(16)
        message = Message(id=secrets.token_hex(8), do="join", fields={"name": name[:200], "token": hashed(key)})
        if error := await self.lesson.post(Posted("", message)):
            return self.html("join", 409, code=code, name=name, longest=LONGEST_NAME, error=" ".join(error))
        return self._let_in("player", key)

    def _wrong_code(self, address: str, code: str) -> str:
        """Why somebody stays outside, "" for nobody who has the code. Addresses are forgotten after a minute."""
        if time.monotonic() > self._since + WINDOW:
            self._wrong, self._since = {}, time.monotonic()
        wrong = self._wrong.setdefault(address, set())
        if len(wrong) >= MOST_WRONG:
            self.refuse("codes")
            return "often"
        if secrets.compare_digest(code.encode(), self.lesson.state.code.encode()):
            return ""
        wrong.add(code)
        return "code"

    def resume(self, request: Request) -> Response:
        """A link with a key: the host's from the terminal, a player's own."""
        role = "host" if request.url.path.startswith("/host") else "player"
        return self._let_in(role, request.path_params["key"])

    def _let_in(self, role: str, key: str) -> Response:
        response = RedirectResponse(f"/{role}", 303)
        response.set_cookie(self.cookie(role), key, max_age=86_400 * 30, httponly=True, samesite="lax")
        return response

    def page(self, request: Request) -> Response:
        """The page of a role; its pieces come through the socket."""
        role = request.url.path.strip("/")
        who = self.who(request, role)
        if not who:
            return self.html("stranger", 403) if role != "player" else RedirectResponse("/")
        key = request.cookies.get(self.cookie("player"), "")
        link = f"{request.url.scheme}://{request.url.netloc}/resume/{key}" if role == "player" else ""
        return self.html("page", role=role, parts=PARTS[role], link=link, address=self.address, code=self.lesson.state.code,
                         qr=qr(f"{self.address}/?code={self.lesson.state.code}") if self.address and role != "player" else "",
                         name=self.lesson.state.setup.scenario.name)

    # ------------------------------------------------------------------ sockets

    async def live(self, socket: WebSocket) -> None:
        """A page's socket: its messages one after the other, each answered when it is on the disk."""
        who = self.who(socket, socket.path_params["role"]) if socket.path_params["role"] in PARTS else ""
        await socket.accept()
        if not who:
            self.refuse("strangers")
            await socket.close(4403)
            return
        page = Page(who, socket)
        self.pages.add(page)
        self.lesson.online[who] += 1
        sender = asyncio.create_task(self._send(page))
        try:
            await self._listen(page)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            sender.cancel()
            self.pages.discard(page)
            self.lesson.online[who] -= 1
            self.tell_all()

    async def _listen(self, page: Page) -> None:
        while page.refused < MOST_REFUSED:
            text = await page.socket.receive_text()
            try:
                await self._message(page, text)
            except (ValueError, TypeError, KeyError, RecursionError):  # ValidationError is a ValueError
                page.refused += 1
                self.refuse("malformed" if len(text) <= LONGEST else "oversized")
        await page.socket.close(4400)

    async def _message(self, page: Page, text: str) -> None:
        if len(text) > LONGEST:
            raise ValueError("too long")
        data = json.loads(text)
        match data:
            case {"do": "hello", "seen": {**seen}}:
                page.seen = {name: str(version)[:40] for name, version in seen.items() if name in PARTS[role_of(page.who)]}
                self.tell_all()
            case {"do": "look", "fields": {"place": str(place)}} if page.who == "host":
                market, _, seat = place.partition(" ")
                page.look = (int(market), seat) if seat in self.lesson.state.setup.seats else None
                page.news.set()
            case _:
                message = Message.model_validate(data)
                error = await self.lesson.post(Posted(page.who, message))
                page.answers.append({"id": message.id, "error": error})
                page.news.set()

    async def _send(self, page: Page) -> None:
        """Tell a page what is new whenever it can take it: a slow one is told less often, and holds up nobody."""
        with suppress(Exception):
            await page.news.wait()  # until it has said what it shows
            while page.who in self.lesson.state.players or page.who in PARTS:
                page.news.clear()
                answers, page.answers = page.answers, []
                new = frame(self.lesson, page.who, page.seen, page.look)
                page.seen |= new["version"]
                await asyncio.wait_for(page.socket.send_text(json.dumps(new | {"answers": answers})), GIVE_UP)
                await asyncio.sleep(PAUSE)
                await page.news.wait()
        await page.socket.close(4408)


class _OwnPages:
    """Refuses what pages of other hosts send, sockets too; and lets a browser load nothing from elsewhere."""

    def __init__(self, app: ASGIApp, refuse: Callable[[str], None]) -> None:
        self.app, self.refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(raw=scope.get("headers", []))
        host = headers.get("host", "")
        policy = f"default-src 'self'; connect-src 'self' ws://{host}; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"

        async def guarded(sent: Sent) -> None:
            if sent["type"] == "http.response.start":
                sent["headers"] += [(b"content-security-policy", policy.encode()), (b"referrer-policy", b"same-origin"),
                                    (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
            await send(sent)

        writes = scope["type"] == "websocket" or scope.get("method") == "POST"
        if writes and headers.get("origin") != f"http://{host}":
            self.refuse("origins")
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4403})
                return
            await Response(status_code=403)(scope, receive, send)
            return
        await self.app(scope, receive, guarded)


async def _posted(request: Request) -> dict[str, str]:
    """Fields of a short form; {} for a long one."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_POST:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}


def _style(_: Request) -> Response:
    return Response((STATIC / "class.css").read_text("utf-8") + desk.STYLE, media_type="text/css")


def _script(_: Request) -> Response:
    return Response((STATIC / "class.js").read_text("utf-8") + desk.SCRIPT, media_type="text/javascript")


def qr(text: str) -> str:
    """A QR code as SVG."""
    import segno

    return segno.make(text, error="m").svg_inline(scale=8, border=2, omitsize=True, svgclass="qr", lineclass=None)
