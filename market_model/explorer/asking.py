"""The page asks about one user in one week; a worker process runs the market that far and tells."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from ..charts.data import ActorInfo
from ..charts.look import colors
from ..words import Language
from .markup import markup
from .place import Place, whole
from .runs import PATIENCE, answered, runs
from .texts import language_of


def look(place: Place, week: int, index: int, language: Language) -> dict[str, Any]:
    """A user of a run; called in a worker process."""
    from .onlooker import card, onlooker_at

    return card(onlooker_at(place, place.key(), week), index, language)


async def user(request: Request) -> HTMLResponse:
    """Of the run at the address, a `user` in a `week`: who they are, and why they use what they
    use.
    """
    place, query = Place.read(request.url.query), request.query_params
    scenario, language = place.scenario(), language_of(query)
    week, index = (
        whole(query.get(name, ""), name, end)
        for name, end in (("week", scenario.weeks), ("user", scenario.society.users))
    )
    job = runs().workers.submit(look, place, week, index, language, timeout=PATIENCE)
    card = await answered(job, request)
    for app in card["apps"]:
        app["terms"]["value"] = sum(app["terms"].values())
    opened = max(
        card["apps"],
        key=lambda app: (app["used"], len(app["terms"]) > 1, app["terms"]["value"]),
    )["name"]
    most = max(1.0, *(abs(term) for app in card["apps"] for term in app["terms"].values()))
    looks = colors(
        [ActorInfo(name, name, scenario.apps[name].color) for name in scenario.messengers]
    )
    return HTMLResponse(
        markup("user", language, week=week, most=most, colors=looks, opened=opened, **card)
    )
