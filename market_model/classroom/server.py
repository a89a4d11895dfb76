"""Pages and sockets of a class."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Container
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import segno
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from .. import desk
from ..charts.look import echarts
from ..scenario import ScenarioError
from .act import LONGEST_NAME, Message, free_name, plain, say
from .door import PATIENCE, Meant, in_one_line
from .lesson import Lesson, Posted
from .state import role_of
from .throttle import Throttle
from .view import PARTS, debrief_of, frame, rendered

LOG = logging.getLogger("uvicorn.error")
STATIC = Path(__file__).parent / "static"
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
    ),
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}
LONGEST, LONGEST_POST = 32_768, 2_048
"""Bytes of a message and of the form to join; a form with all its fields has a quarter of the
former.
"""
GIVE_UP = 20.0
"""Seconds after which a page that takes nothing is dropped; it comes back by itself."""
PAUSE = 0.05
"""Seconds between two views for one page, so that many small changes make one."""
MOST_REFUSED = 20
"""Messages that make no sense, after which a socket is closed."""
MOST_PAGES = 8
"""Open pages of one player."""
LOOK_AGAIN = 10.0
"""Seconds after which this computer looks for its address again."""
STRANGER, BAD, SLOW = 4403, 4400, 4408
"""Why a socket is closed."""


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def projector_key(host: str) -> str:
    """The key that opens the projector's page alone, of the hash of a host's key."""
    return hashed(f"projector {host}")[:32]


@dataclass(eq=False)
class Page:
    """An open page: what it shows already (pieces, the place that the host looks at, the clock),
    what it is still to be told.
    """

    who: str
    socket: WebSocket
    token: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    look: tuple[int, str] | None = None
    clock: object = None
    answers: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    refused: int = 0


class Server:
    """The web side of a lesson. `way`: the address that phones are to open, if there is one now;
    None: this computer only.
    """

    def __init__(self, lesson: Lesson, way: Callable[[], str | None] | None) -> None:
        self.lesson, self.way = lesson, way
        self.address = way and way()
        self.throttle = Throttle(lesson.refused)
        self.pages: set[Page] = set()
        lesson.changed = self.tell

    def client_addresses(self) -> set[tuple[str, int] | None]:
        """Connections of open pages, by address and port."""
        return {page.socket.client for page in self.pages}

    def application(self) -> Starlette:
        routes = [
            Route("/", self.door),
            Route("/join", self.join, methods=["POST"]),
            Route("/static/{name}", _static),
            Route("/resume/{key}", self.resume, methods=["GET", "POST"]),
            Route("/host/{key}", self.resume),
            Route("/show/{key}", self.resume),
            Route("/link", self.link, methods=["POST"]),
            *(Route(f"/{role}", self.page) for role in PARTS),
            Route("/debrief", self.debrief),
            Route("/question", self.question),
            Route("/export", self.export),
            WebSocketRoute("/live/{role}", self.live),
        ]
        return Starlette(
            routes=routes,
            lifespan=self._running,
            middleware=[
                Middleware(Meant, lan=self.way is not None),
                Middleware(GZipMiddleware),
            ],
        )

    @asynccontextmanager
    async def _running(self, _: Starlette) -> AsyncGenerator[None]:
        asyncio.get_running_loop().set_exception_handler(in_one_line)
        running = [asyncio.create_task(self.lesson.run()), asyncio.create_task(self._stay_found())]
        yield
        for task in running:
            task.cancel()

    async def _stay_found(self) -> None:
        """Show the address that this computer has, when it gets another one."""
        while self.way is not None:
            await asyncio.sleep(LOOK_AGAIN)
            address = await asyncio.to_thread(self.way)
            if address not in (None, self.address):
                LOG.warning("This computer has another address now: players open %s", address)
                self.address = address
                self.tell()

    def tell(self, viewers: Container[str] | None = None) -> None:
        """Have the pages of these viewers look for what is new; None: all pages."""
        for page in self.pages:
            if viewers is None or page.who in viewers:
                page.news.set()

    # ------------------------------------------------------------------ who is it

    def key(self, connection: HTTPConnection, role: str) -> str:
        """The key in a cookie: of this game, and no other on the same computer."""
        return connection.cookies.get(f"{role}-{self.lesson.state.code}", "")

    def who(self, connection: HTTPConnection, role: str) -> str:
        """The viewer by its cookie, "stranger" for nobody."""
        found = self.holder(self.key(connection, "player" if role == "player" else "host"), role)
        if found == "stranger" and role == "projector":
            return self.holder(self.key(connection, "projector"), role)
        return found

    def holder(self, key: str, role: str) -> str:
        """Whose page a key opens, "stranger" if nobody's. Only hashes are compared: how long
        that takes tells nothing of a key.
        """
        state, token = self.lesson.state, hashed(key)
        if role == "player":
            return next(
                (number for number, player in state.players.items() if player.token == token),
                "stranger",
            )
        shows = role == "projector" and any(
            secrets.compare_digest(projector_key(host).encode(), key.encode())
            for host in state.hosts
        )
        return role if role in PARTS and (shows or token in state.hosts) else "stranger"

    def token(self, who: str) -> str:
        """Hash of the key that opens a player's page now; "" for other pages."""
        return self.lesson.state.players[who].token if role_of(who) == "player" else ""

    def own(self, connection: HTTPConnection) -> bool:
        """Whether a page of this server asks; others are counted."""
        own = connection.headers.get("origin") == f"http://{connection.headers.get('host')}"
        self.lesson.refused["origins"] += not own
        return own

    # ------------------------------------------------------------------ pages

    def html(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        return HTMLResponse(rendered(template, values, self.lesson.state.language), status, HEADERS)

    def door(self, request: Request) -> Response:
        """Where players come in."""
        fields = dict(request.query_params)
        who = self.who(request, "player")
        if who == "stranger" or "other" in fields:
            return self._form(fields)
        return self.html("seated", me=self.lesson.state.players[who].name, other="", key="")

    def _form(self, fields: dict[str, str], status: int = 200, error: str = "") -> Response:
        return self.html(
            "join",
            status,
            code=fields.get("code", "")[:6],
            name=fields.get("name", ""),
            other="other" in fields,
            error=error,
            longest=LONGEST_NAME,
        )

    async def join(self, request: Request) -> Response:
        """A POST, so that previews of a link use up nothing."""
        if not self.own(request):
            return Response(status_code=403)
        fields, address = await _posted(request), request.client.host if request.client else ""
        if self.who(request, "player") != "stranger" and "other" not in fields:
            return RedirectResponse("/player", 303)
        code = fields.get("code", "").strip().upper()
        wrong = self.throttle.wrong_code(address, code, self.lesson.state.code)
        if wrong := wrong or self.throttle.too_many(address):
            return self._form(
                fields, 403 if wrong == "code" else 429, say(wrong, self.lesson.state.language)
            )
        names = {player.name for player in self.lesson.state.players.values() if player.token}
        if (name := plain(fields.get("name", ""))) in names:
            told = say("taken", self.lesson.state.language).format(name=name)
            return self._form(fields | {"name": free_name(name, names)}, 409, told)
        key = secrets.token_urlsafe(16)
        asked = Message(
            id=secrets.token_hex(8),
            do="join",
            fields={"name": fields.get("name", "")[:200], "token": hashed(key)},
        )
        if error := await self.lesson.post(Posted("stranger", asked)):
            return self._form(fields, 409, " ".join(error))
        return self._let_in("player", key)

    def resume(self, request: Request) -> Response:
        """A link with a key: the host's from the terminal, the projector's, a player's own. A wrong
        one takes nobody's seat away, and a right one only after a question.
        """
        roles = {"host": "host", "show": "projector", "resume": "player"}
        role = roles[request.url.path.split("/")[1]]
        key = request.path_params["key"]
        holder, here = self.holder(key, role), self.who(request, role)
        if holder == "stranger":
            return RedirectResponse(f"/{role}", 303)
        asks = role == "player" and here not in ("stranger", holder)
        if asks and (request.method != "POST" or not self.own(request)):
            me, other = (self.lesson.state.players[number].name for number in (here, holder))
            return self.html("seated", me=me, other=other, key=key)
        return self._let_in(role, key)

    async def link(self, request: Request) -> Response:
        """The host gives a player another link; the old one, and pages that it opened, are void."""
        if not self.own(request) or self.who(request, "host") == "stranger":
            return Response(status_code=403)
        key, player = secrets.token_urlsafe(16), (await _posted(request)).get("player", "")
        asked = {"player": player, "token": hashed(key)}
        message = Message(id=secrets.token_hex(8), do="link", fields=asked)
        if error := await self.lesson.post(Posted("host", message)):
            return self.html("stranger", 409, error=" ".join(error))
        way = f"{self.address or str(request.base_url).rstrip('/')}/resume/{key}"
        qr = segno.make(way, error="m").svg_inline(scale=8, border=2, omitsize=True, svgclass="qr")
        return self.html("link", name=self.lesson.state.players[player].name, link=way, qr=qr)

    def _let_in(self, role: str, key: str) -> Response:
        response = RedirectResponse(f"/{role}", 303)
        response.set_cookie(
            f"{role}-{self.lesson.state.code}",
            key,
            max_age=86_400 * 30,
            httponly=True,
            samesite="lax",
        )
        return response

    def page(self, request: Request) -> Response:
        """The page of a role; its pieces come through the socket."""
        role, code = request.url.path.strip("/"), self.lesson.state.code
        who = self.who(request, role)
        if who == "stranger":
            return (
                RedirectResponse("/") if role == "player" else self.html("stranger", 403, error="")
            )
        link = f"{request.base_url}resume/{self.key(request, 'player')}" if role == "player" else ""
        qr = segno.make(f"{self.address}/?code={code}", error="m").svg_inline(
            scale=8, border=2, omitsize=True, svgclass="qr"
        )
        return self.html(
            "page",
            role=role,
            who=who,
            parts=PARTS[role],
            link=link,
            address=self.address,
            here=(here := str(request.base_url).rstrip("/")),
            show=f"{self.address or here}/show/{projector_key(hashed(self.key(request, 'host')))}"
            if role == "host"
            else "",
            code=code,
            qr=qr if self.address else "",
        )

    async def export(self, request: Request) -> Response:
        """The game so far as a ZIP, for the host."""
        if self.who(request, "host") == "stranger":
            return self.html("stranger", 403, error="")
        name = f"{self.lesson.log.path.stem}-export.zip"
        try:
            data = await self.lesson.exported(name)
        except asyncio.CancelledError:  # the server ends
            data = None
        if data is None:
            return self.html("stranger", 503, error=say("export", self.lesson.state.language))
        headers = HEADERS | {"content-disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type="application/zip", headers=headers)

    async def debrief(self, request: Request) -> Response:
        """The talk afterwards: a player's own seat first; the host chooses the market."""
        who, market = self._market(request)
        told, whole = debrief_of(self.lesson, who, market) if who else (None, True)
        if told is None:
            return self.html("stranger", 404 if who else 403, error="")
        page = self.html("talk", told=told)
        if not whole:
            page.headers["refresh"] = "4"
        return page

    def question(self, request: Request) -> Response:
        """A piece of the answer to a question about a game that is over."""
        who, market = self._market(request)
        if not who or debrief_of(self.lesson, who, market)[0] is None:
            return Response(status_code=404 if who else 403)
        try:
            html, more = self.lesson.answer(market, request.query_params.get("question", "")[:200])
        except ScenarioError:
            return Response(status_code=404)
        return HTMLResponse(html, headers=HEADERS | {"x-more": str(int(more))})

    def _market(self, request: Request) -> tuple[str, int]:
        """Who asks, "" for nobody, and about which market: a player about the own one."""
        who = next(
            (
                one
                for role in ("player", "host", "projector")
                if (one := self.who(request, role)) != "stranger"
            ),
            "",
        )
        asked = request.query_params.get("market", "")[:4]
        player = self.lesson.state.players.get(who)
        return who, player.market if player else int(asked) if asked.isdecimal() else 0

    # ------------------------------------------------------------------ sockets

    async def live(self, socket: WebSocket) -> None:
        """A page's socket: its messages one after the other, each answered when it is on the
        disk.
        """
        own, who = self.own(socket), self.who(socket, socket.path_params["role"])
        await socket.accept()
        if not own or who == "stranger":
            self.lesson.refused["strangers"] += own
            await socket.close(STRANGER)
            return
        if who not in PARTS and self.lesson.online[who] >= MOST_PAGES:
            await socket.close(SLOW)
            return
        page = Page(who, socket, self.token(who))
        self.pages.add(page)
        if self.lesson.count(who, 1):
            self.tell()
        sender = asyncio.create_task(self._send(page))
        try:
            await self._listen(page)
        except (WebSocketDisconnect, RuntimeError, TimeoutError):
            pass
        finally:
            sender.cancel()
            self.pages.discard(page)
            self.lesson.count(who, -1)
            self.tell(("host",))

    async def _listen(self, page: Page) -> None:
        while page.refused < MOST_REFUSED:
            text = ""
            try:
                text = await page.socket.receive_text()
                if len(text) > LONGEST:
                    raise ValueError("too long")
                await self._message(page, json.loads(text))
            except (
                ValueError,
                KeyError,
                RecursionError,
            ):  # pydantic's errors are ValueErrors; a message of bytes has no text
                page.refused += 1
                self.lesson.refused["malformed" if len(text) <= LONGEST else "oversized"] += 1
        await page.socket.close(BAD)

    async def _message(self, page: Page, data: Any) -> None:
        match data:
            case {"do": "hello", "seen": {**seen}}:
                page.versions = {
                    name: str(version)
                    for name, version in seen.items()
                    if name in PARTS[role_of(page.who)]
                }
                page.clock = None
                self.tell((page.who, "host"))
            case {"do": "ping"}:
                pong = page.socket.send_text(f'{{"now": {round(self.lesson.now() * 1000)}}}')
                await asyncio.wait_for(pong, GIVE_UP)
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
        """Tell a page what is new whenever it can take it: a slow one is told less often, and
        holds up nobody.
        """
        try:
            await page.news.wait()  # until it has said what it shows
            while page.token == self.token(page.who):
                page.news.clear()
                await self._send_news(page)
                await asyncio.sleep(PAUSE)
                await page.news.wait()
        except (WebSocketDisconnect, RuntimeError, TimeoutError):
            pass
        except Exception:
            LOG.exception("A page of %s could not be made", page.who)
        with suppress(RuntimeError):
            await page.socket.close(SLOW)

    async def _send_news(self, page: Page) -> None:
        """Send what is new, if anything is; none of it stays in memory."""
        answers, page.answers = page.answers, []
        new = frame(self.lesson, page.who, page.versions, page.look)
        state = self.lesson.state
        clock = state.until, state.paused, self.lesson.standing, self.address
        if answers or new["version"] or page.clock != clock:
            page.versions |= new["version"]
            page.clock = clock
            text = json.dumps(new | {"answers": answers, "address": self.address or ""})
            await asyncio.wait_for(page.socket.send_text(text), GIVE_UP)


async def _posted(request: Request) -> dict[str, str]:
    """Fields of a short form; {} for a long one, one that does not say how long it is, or one that
    does not come.
    """
    if int(request.headers.get("content-length", LONGEST_POST + 1)) > LONGEST_POST:
        return {}
    try:
        body = await asyncio.wait_for(request.body(), PATIENCE)
    except TimeoutError:
        return {}
    return dict(parse_qsl(body.decode(errors="replace")))


def _static(request: Request) -> Response:
    """Style and scripts; ECharts for the debrief alone."""
    name = request.path_params["name"]
    more = {
        "class.css": lambda: desk.STYLE,
        "class.js": lambda: desk.SCRIPT + desk.FILM_SCRIPT,
        "talk.js": lambda: desk.FILM_SCRIPT + desk.DEBRIEF_SCRIPT,
        "echarts.js": lambda: f"{echarts()}\necharts.page()",
    }
    if name not in more:
        return Response(status_code=404)
    own = (STATIC / name).read_text("utf-8") if name.startswith("class.") else ""
    return Response(
        own + more[name](),
        media_type=f"text/{name.rpartition('.')[2].replace('js', 'javascript')}",
        headers=HEADERS,
    )
