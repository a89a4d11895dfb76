"""What pages ask the server for, besides themselves: pieces of runs. Every address says the
whole run (`place`).
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..errors import BadInput
from . import asking, difference, exports, fields, offers, preview, solo, sweeps
from .place import Place, whole
from .problems import problem
from .runs import TICK, Crashed, ended, runs, value_of
from .texts import asked_language, language_of

type Answer = Callable[[Request], Awaitable[Response]]

WAIT = 5.0
"""Seconds that a reader is kept waiting for more."""
START = secrets.token_hex(8)
"""Tells this start of the server from all others: a page of another one must be loaded again
(`static/alive.js`).
"""


def guarded(answer: Answer) -> Answer:
    """Bad addresses and crashes get a sentence."""

    @wraps(answer)
    async def careful(request: Request) -> Response:
        try:
            asked_language(request.query_params)
            return await answer(request)
        except BadInput as error:
            return JSONResponse({"problem": problem(error, language_of(request.query_params))}, 400)
        except (Crashed, OSError) as error:
            return JSONResponse({"problem": ended(error, language_of(request.query_params))}, 500)

    return careful


async def run(request: Request) -> Response:
    """A piece of a part of a run: `part`, `from` (byte). The header x-more says whether more may
    come.
    """
    query = request.query_params
    part, start = Path(query.get("part", "")).name[:60], whole(query.get("from", "0"), "from")
    kept = runs().ask(Place.read(request.url.query))
    waited = 0.0
    while True:
        piece, more = kept.piece(part, start)
        if piece or not more or waited > WAIT:
            break
        await asyncio.sleep(TICK)
        waited += TICK
    if kept.failed and not piece:
        value_of(kept.outcome.result())
    return Response(
        piece,
        media_type="application/octet-stream",
        headers={"x-more": str(int(more)), "cache-control": "no-store"},
    )


async def alive(_: Request) -> Response:
    """Which start of the server this is."""
    return Response(START, media_type="text/plain", headers={"cache-control": "no-store"})


ANSWERS = [
    Route(f"/explorer/{path}", guarded(answer))
    for path, answer in (
        ("run", run),
        ("user", asking.user),
        ("alive", alive),
        ("offers", offers.offers),
        ("export.csv.zip", exports.table),
        ("export.parquet.zip", exports.table),
        ("replay.html", exports.replay),
        ("class.toml", exports.for_class),
        ("difference", difference.difference),
        ("luck", difference.luck),
        ("worlds", difference.worlds),
        ("fields", fields.fields),
        ("curve", fields.curve),
        ("sweep", sweeps.sweep),
        ("preview", preview.preview),
        ("debrief", solo.debrief),
        ("question", solo.question),
    )
]
