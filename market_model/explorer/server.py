"""Solara's server with our page head and our files around it. Importing this takes two seconds."""

import warnings
from functools import cache
from importlib.resources import files
from pathlib import Path

import solara.server.starlette as base
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

warnings.filterwarnings("ignore", message="Cookies with samesite=none", module="solara")

STATIC = Path(__file__).parent / "static"
HEAD = """<meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="stylesheet" href="/explorer/page.css">"""
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
"""The browser itself refuses every request off this host."""


def application() -> Starlette:
    """The web application."""
    ours = [Route("/", _page), Route("/explorer/echarts.js", _echarts), Mount("/explorer", _Files(directory=STATIC))]
    return Starlette(routes=[*ours, *base.routes], lifespan=base.lifespan, middleware=base.middleware)


async def _page(request: Request) -> Response:
    """Solara's page with a language, a viewport that can be zoomed, and our style sheet before all else."""
    response = await base.root(request)
    if not isinstance(response, HTMLResponse):
        return response
    language = "zh-CN" if request.query_params.get("lang") == "zh" else "en"
    text = bytes(response.body).decode()
    text = text.replace("<html>", f'<html lang="{language}">', 1)
    text = text.replace('<meta name="viewport"', f'{HEAD}\n    <meta name="solara-viewport"', 1)
    response.body = text.encode()
    response.headers["content-length"] = str(len(response.body))
    response.headers["content-security-policy"] = POLICY
    return response


def _echarts(_: Request) -> Response:
    return Response(_echarts_module(), media_type="text/javascript", headers={"cache-control": "no-cache"})


@cache
def _echarts_module() -> str:
    """The vendored ECharts as an ES module; as a plain script it would register with the page's AMD loader."""
    script = files("market_model.charts").joinpath("vendor/echarts.min.js").read_text("utf-8")
    return f"const exports = {{}}, module = {{ exports }}\n{script}\nexport default exports\n"


class _Files(StaticFiles):
    """Files that the browser asks for again, so that an update of the package shows at once."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # pyright: ignore
        response.headers["cache-control"] = "no-cache"
        return response
