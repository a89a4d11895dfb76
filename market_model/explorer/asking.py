"""The page asks about one user in one week; a worker process runs the market that far and tells."""

import asyncio
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..scenario import ScenarioError
from ..words import Language
from .place import Place
from .runs import DESERTED, PATIENCE, runs


def look(place: Place, week: int, index: int, language: Language) -> dict[str, Any]:
    """A user of a run; called in a worker process."""
    from .onlooker import seen, told

    return told(seen(place, place.key(), week), index, language)


async def user(request: Request) -> Response:
    """Of the run at the address, a `user` in a `week`: who they are, and why they use what they use."""
    place, query = Place.read(request.url.query), request.query_params
    scenario = place.scenario()
    asked: list[int] = []
    for name, end in (("week", scenario.weeks), ("user", scenario.society.users)):
        text = query.get(name, "")
        if not (text.isascii() and text.isdecimal() and len(text) < 9 and int(text) < end):
            raise ScenarioError("address", name, f"'{text[:40]}' is not one of 0 to {end - 1}")
        asked.append(int(text))
    job = runs().workers.submit(look, place, *asked, "zh" if query.get("lang") == "zh" else "en", timeout=PATIENCE)
    begun = time.monotonic()
    while not job.outcome.done():
        await asyncio.sleep(0.02)
        if time.monotonic() - begun > DESERTED and await request.is_disconnected():
            job.cancel()  # ends the worker process: not for every reader who looks elsewhere
    outcome = job.outcome.result()
    if outcome.status != "ok":
        return JSONResponse({"crashed": (outcome.error.strip().splitlines() or [outcome.status])[-1]}, 500)
    return JSONResponse(outcome.value)
