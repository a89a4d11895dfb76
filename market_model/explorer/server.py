"""Solara's server with our page head, our files and our runs around it. Importing this takes two seconds."""

import warnings
from functools import cache
from importlib.resources import files
from pathlib import Path

import solara.server.starlette as base
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .answers import ANSWERS, START

warnings.filterwarnings("ignore", message="Cookies with samesite=none", module="solara")

STATIC = Path(__file__).parent / "static"
PAGES = ("/", "/play", "/compare", "/model")
HEAD = """<meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/explorer/page.css">"""
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
"""The browser itself refuses every request off this host."""
HOSTS = ["127.0.0.1", "localhost", "[::1]"]
"""Names this server answers to: a stranger's page cannot point its own name here."""


def application() -> Starlette:
    """The web application."""
    ours = [*(Route(path, _page) for path in PAGES), Route("/explorer/echarts.js", _echarts), *ANSWERS,
            Mount("/explorer", _Files(directory=STATIC))]
    return Starlette(routes=[*ours, *base.routes], lifespan=base.lifespan,
                     middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS), *base.middleware])


async def _page(request: Request) -> Response:
    """Solara's page with a language, a theme, a viewport that can be zoomed, and our style sheet before all else."""
    response = await base.root(request)
    if not isinstance(response, HTMLResponse):
        return response
    query = request.query_params
    language = "zh-CN" if query.get("lang") == "zh" else "en"
    theme = query.get("theme") if query.get("theme") in ("light", "dark") else "auto"
    embed = ' class="embed"' if query.get("embed") == "1" else ""
    text = bytes(response.body).decode()
    text = text.replace("<html>", f'<html lang="{language}" data-theme="{theme}" data-start="{START}"{embed}>', 1)
    text = text.replace('<meta name="viewport"', f'{HEAD}\n    <meta name="solara-viewport"', 1)
    response.body = text.encode()
    response.headers["content-length"] = str(len(response.body))
    response.headers["content-security-policy"] = POLICY
    return response


def _echarts(_: Request) -> Response:
    return Response(echarts_module(), media_type="text/javascript", headers={"cache-control": "no-cache"})


@cache
def echarts_module() -> str:
    """The vendored ECharts as an ES module; as a plain script it would register with the page's AMD loader."""
    script = files("market_model.charts").joinpath("vendor/echarts.min.js").read_text("utf-8")
    return f"const exports = {{}}, module = {{ exports }}\n{script}\nexport default exports\n"


class _Files(StaticFiles):
    """Files that the browser asks for again, so that an update of the package shows at once."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # pyright: ignore
        response.headers["cache-control"] = "no-cache"
        return response
