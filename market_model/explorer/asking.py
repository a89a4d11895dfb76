"""The page asks about one user in one week; a worker process runs the market that far and tells."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..words import Language
from .place import Place, whole
from .runs import PATIENCE, answered, runs
from .texts import language_of


def look(place: Place, week: int, index: int, language: Language) -> dict[str, Any]:
    """A user of a run; called in a worker process."""
    from .onlooker import seen, told

    return told(seen(place, place.key(), week), index, language)


async def user(request: Request) -> Response:
    """Of the run at the address, a `user` in a `week`: who they are, and why they use what they use."""
    place, query = Place.read(request.url.query), request.query_params
    scenario = place.scenario()
    week, index = (whole(query.get(name, ""), name, end) for name, end in (("week", scenario.weeks), ("user", scenario.society.users)))
    job = runs().workers.submit(look, place, week, index, language_of(query), timeout=PATIENCE)
    return JSONResponse(await answered(job, request))
