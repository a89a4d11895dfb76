"""Connections: strangers use up neither this computer's open files nor a class's time."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
import sys
from collections import defaultdict
from collections.abc import Callable, Container
from contextlib import suppress
from functools import cache
from time import monotonic
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

LOG = logging.getLogger("uvicorn.error")
FILES, RESERVED = 8192, 100
"""Files that a process may have open, as far as the system lets it; and how many of them are for
its own: games, pipes, connections that are accepted in one go.
"""
BACKLOG = 64
"""Connections accepted in one go."""
ELSEWHERE = "Open the address that the projector shows.\n请打开投影上显示的地址。\n"
_SAID = list[str]()
PATIENCE = 5.0
"""Seconds for a request to come whole; one that is half there is dropped after at most twice as
many."""


def most_connections() -> int:
    """How many there may be at once, after this process may open as many files as it can."""
    if sys.platform == "win32":
        return FILES - RESERVED
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, (FILES if soft == resource.RLIM_INFINITY else min(FILES, soft)) - RESERVED)


def visitors(most: int, known: Callable[[], Container[Any]]) -> type[H11Protocol]:
    """How connections are met. When there are too many, one that is not `known` (by address and
    port: of an open page) makes room: the oldest of the address that has most of them, so that
    nobody shuts out the others.
    """

    class Visitor(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.since = monotonic()
            if len(self.connections) > most // 2:
                self._make_room()
            self.loop.call_later(PATIENCE, self._look, None)

        def _make_room(self) -> None:
            pages, full = known(), len(self.connections) > most
            of = defaultdict[str, list[Any]](list)
            for one in self.connections:
                if (client := _client(one)) not in pages and not one.transport.is_closing():
                    of[client[0] if client else ""].append(one)
            strangers = max(of.values(), key=len, default=[self])
            if full or len(strangers) > most // 2:
                min(strangers, key=_since).transport.abort()

        def _look(self, before: object) -> None:
            """Drop it when it has asked for nothing since the last look."""
            if self.transport.is_closing() or self.transport.get_protocol() is not self:
                return
            now: Any = self.cycle
            if now is before and (now is None or now.response_complete):
                self.transport.abort()
            else:
                self.loop.call_later(PATIENCE, self._look, now)

    return Visitor


class CompressedSocket(WebSocketsSansIOProtocol):
    """A page's socket: every message is compressed by itself, so that between two of them nobody
    costs memory.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.conn.available_extensions = [
            ServerPerMessageDeflateFactory(
                server_no_context_takeover=True, client_no_context_takeover=True
            )
        ]


def _client(connection: Any) -> tuple[str, int] | None:
    return connection.client


def _since(connection: Any) -> float:
    """When it was met; one whose page was refused has waited longest."""
    return getattr(connection, "since", 0.0)


@cache
def own_names() -> frozenset[str]:
    """Names of this computer."""
    with suppress(OSError):
        name = socket.gethostname().lower()
        return frozenset({name, f"{name.partition('.')[0]}.local", name.partition(".")[0]})
    return frozenset()


def answers_to(host: str, lan: bool) -> bool:
    """Whether a request for this host (with a port or without) is meant for this server: others
    come through a name that somebody made point here. With `lan` any bare address is: no name can
    lead to it, and it may change during a lesson.
    """
    name = host.lower().rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host.lower()
    if name in ("localhost", "127.0.0.1", "[::1]"):
        return True
    with suppress(ValueError):
        return lan and bool(ipaddress.ip_address(name.strip("[]")))
    return lan and name.rstrip(".") in own_names()


class Meant:
    """Passes on what is meant for this server, by the host that it asks for."""

    def __init__(self, app: ASGIApp, lan: bool) -> None:
        self.app, self.lan = app, lan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and not answers_to(
            HTTPConnection(scope).headers.get("host", ""), self.lan
        ):
            await PlainTextResponse(ELSEWHERE, 400)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def in_one_line(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """That this computer cannot open more files is said once, not for each who knocks."""
    error = context.get("exception")
    if not isinstance(error, OSError) or error.errno not in (errno.EMFILE, errno.ENFILE):
        loop.default_exception_handler(context)
    elif not _SAID:
        _SAID.append(str(error))
        LOG.error("This computer cannot open more connections now (%s); others wait", error)
