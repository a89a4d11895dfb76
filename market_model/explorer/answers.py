"""What pages ask the server for, besides themselves: pieces of runs. Every address says the whole run (`place`)."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..scenario import ScenarioError
from . import asking, difference, exports, fields, offers
from .place import Place
from .runs import runs

type Answer = Callable[[Request], Awaitable[Response]]

WAIT, TICK = 5.0, 0.02
"""Seconds that a reader is kept waiting for more, and between looks."""
START = secrets.token_hex(8)
"""Tells this start of the server from all others: a page of another one must be loaded again (`static/alive.js`)."""


def told(answer: Answer) -> Answer:
    """Bad addresses get a sentence; pages of other hosts get nothing."""
    @wraps(answer)
    async def careful(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return Response(status_code=403)
        try:
            return await answer(request)
        except ScenarioError as error:
            return JSONResponse({"problem": str(error)}, 400)

    return careful


@told
async def run(request: Request) -> Response:
    """A piece of a part of a run: `part`, `from` (byte). The header x-more says whether more may come."""
    query = request.query_params
    part, start = Path(query.get("part", "")).name, query.get("from", "0")
    place = Place.read(request.url.query)
    kept = runs().ask(place)
    waited = 0.0
    while True:
        piece, more = kept.piece(part, int(start) if start.isdecimal() else 0)
        if piece or not more or waited > WAIT:
            break
        await asyncio.sleep(TICK)
        waited += TICK
    if kept.failed and not piece:
        reason = kept.failed
        runs().forget(place)
        return JSONResponse({"crashed": reason}, 500)
    return Response(piece, media_type="application/octet-stream", headers={"x-more": str(int(more)), "cache-control": "no-store"})


async def alive(_: Request) -> Response:
    """Which start of the server this is."""
    return Response(START, media_type="text/plain", headers={"cache-control": "no-store"})


def _route(path: str, answer: Answer) -> Route:
    return Route(f"/explorer/{path}", answer, middleware=[Middleware(GZipMiddleware, minimum_size=500, compresslevel=4)])


ANSWERS = [_route("run", run), _route("user", told(asking.user)), _route("alive", alive), _route("offers", told(offers.offers)),
           _route("export.csv.zip", told(exports.table)), _route("export.parquet.zip", told(exports.table)),
           _route("replay.html", told(exports.replay)), _route("difference", told(difference.difference)),
           _route("fields", told(fields.fields)), _route("curve", told(fields.curve))]
