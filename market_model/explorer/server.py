"""Solara's server with our page head, our files and our runs around it. Importing this takes two
seconds.
"""

import warnings
from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path

import solara.server.starlette as base
from solara.server import settings
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ..charts.look import echarts_module
from ..errors import BadInput
from ..words.catalogue import ENGLISH, locale, preferred_language
from .answers import ANSWERS, START
from .mission import MISSION, MISSIONS, choice, play
from .place import PAGES
from .solo import SOLO, page
from .texts import asked_language, say

warnings.filterwarnings("ignore", message="Cookies with samesite=none", module="solara")

STATIC, DESK = Path(__file__).parent / "static", Path(__file__).parents[1] / "desk/static"
HEAD = """<meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/explorer/page.css">"""
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
"""The browser itself refuses every request off this host."""
SMALL = 1000
"""Answers of fewer bytes are not packed."""
COMPRESSION = 4
"""Level of gzip. At Starlette's own, 9, a piece of a run holds the server for 90 ms, at this one
for 2, and is a tenth larger.
"""
WAITING = "<h1>{{ loading_text }}</h1>"
"""What Solara says while a page opens, in English alone."""
Answer = Callable[[Request], Awaitable[Response]]
HOSTS = ["127.0.0.1", "localhost"]
"""Names this server answers to: a stranger's page cannot point its own name here."""


def application() -> Starlette:
    """The web application."""
    ours = [
        *(Route(path, _in_own_language(_page)) for path in PAGES),
        Route(SOLO, _in_own_language(page), methods=["GET", "POST"]),
        Route(MISSIONS, _in_own_language(choice)),
        Route(f"{MISSION}/{{number}}", _in_own_language(play), methods=["GET", "POST"]),
        Route("/explorer/echarts.js", _echarts),
        *ANSWERS,
        Mount("/explorer/desk", _Files(directory=DESK)),
        Mount("/explorer", _Files(directory=STATIC)),
        Route("/{unknown}", _gallery),
        Mount("/_solara/cdn", StaticFiles(directory=settings.assets.proxy_cache_dir)),
    ]  # Solara's own would fetch what is missing
    return Starlette(
        routes=[*ours, *base.routes],
        lifespan=base.lifespan,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS),
            Middleware(_OwnPages),
            *base.middleware,
            Middleware(base.SolaraGZipMiddleware, minimum_size=SMALL, compresslevel=COMPRESSION),
        ],
    )


class _OwnPages:
    """Refuses what pages of other hosts ask for, sockets too; they may only lead to our pages,
    and frame them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(raw=scope.get("headers", []))
        own = f"http://{headers.get('host')}"
        stranger = (
            headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
            or headers.get("origin", own) != own
        )
        refused = WebSocketClose() if scope["type"] == "websocket" else Response(status_code=403)
        page = scope["path"] in (*PAGES, SOLO, MISSIONS) or scope["path"].startswith(f"{MISSION}/")
        await (refused if stranger and not page else self.app)(scope, receive, send)


def _in_own_language(page: Answer) -> Answer:
    """The page, by an address that names the browser's language where it names none."""

    async def answer(request: Request) -> Response:
        if request.method != "GET" or "lang" in request.query_params:
            return await page(request)
        own = preferred_language(request.headers.get("accept-language", ""))
        if own == ENGLISH:
            return await page(request)
        return RedirectResponse(request.url.include_query_params(lang=own))

    return answer


async def _page(request: Request) -> Response:
    """Solara's page with a language, a theme, a viewport that can be zoomed, and our style sheet
    before all else; it waits in our words.
    """
    response = await base.root(request)
    if not isinstance(response, HTMLResponse):
        return response
    query = request.query_params
    try:
        language = asked_language(query)
    except BadInput as error:
        return PlainTextResponse(str(error), 400)
    theme = query.get("theme") if query.get("theme") in ("light", "dark") else "auto"
    embed = ' class="embed"' if query.get("embed") == "1" else ""
    text = bytes(response.body).decode()
    text = text.replace(
        "<html>",
        f'<html lang="{locale(language)}" data-language="{language}" data-theme="{theme}" '
        f'data-start="{START}"{embed}>',
        1,
    )
    opening = escape(say("page.opening", language))
    text = text.replace(WAITING, f'<p class="waiting" role="status">{opening}</p>')
    text = text.replace('<meta name="viewport"', f'{HEAD}\n    <meta name="solara-viewport"', 1)
    response.body = text.encode()
    response.headers["content-length"] = str(len(response.body))
    response.headers["content-security-policy"] = POLICY
    return response


def _gallery(request: Request) -> Response:
    return RedirectResponse(request.url.replace(path="/"))


def _echarts(_: Request) -> Response:
    return Response(
        echarts_module(), media_type="text/javascript", headers={"cache-control": "no-cache"}
    )


class _Files(StaticFiles):
    """Files that the browser asks for again, so that an update of the package shows at once."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # pyright: ignore
        response.headers["cache-control"] = "no-cache"
        return response
