"""What the page needs to change offers and to decide for players: what the story says of them,
and their names.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..players.decisions import KINDS, Kind
from ..players.levers import LeverField, levers
from ..scenario import Scenario, load_scenario
from ..scenario.offers import Offer
from ..words import currency
from .markup import markup
from .place import Place
from .runs import runs
from .texts import language_of

FIELDS = {
    "apps",
    "carriers",
    "places",
    "waived",
    "allowance_mb",
    "start",
    "end",
    "length_weeks",
    "payer",
    "owner",
    "fee",
    "exclusive",
}
"""What the form for an offer changes, and what it must know to do so."""


async def offers(request: Request) -> Response:
    """The offers of the story at the address, with its changes and as `written`; prices of
    carriers; the `forms` of its dialogs.
    """
    place = Place.read(request.url.query)
    scenario, written = place.scenario(), load_scenario(place.story)
    runs().rehearse(place)
    language = language_of(request.query_params)

    forms = markup(
        "forms",
        language,
        apps=scenario.messengers,
        carriers=list(scenario.carriers),
        owners=list(scenario.owners),
        rule=scenario.regulator.rule,
        levers={kind: _plain(kind) for kind in KINDS},
        currency=currency(scenario.currency, language),
    )
    return JSONResponse(
        {
            "offers": {name: _fields(scenario, offer) for name, offer in scenario.offers.items()},
            "written": {name: _fields(written, offer) for name, offer in written.offers.items()},
            "blank": _fields(scenario, Offer(apps=tuple(scenario.apps)[:1])),
            "population": scenario.population,
            "forms": forms,
            "prices": {
                name: {
                    "plan_overage": c.plan.overage,
                    "plan_fee": c.plan.fee,
                    "sms_price": c.sms_price,
                    "wholesale": c.wholesale,
                }
                for name, c in scenario.carriers.items()
            },
        }
    )


def _plain(kind: Kind) -> list[LeverField]:
    """Levers that are one number or one choice of a whole seat."""
    return [
        lever
        for lever in levers(kind)
        if len(lever.path) == 1 and lever.form in ("number", "choice")
    ]


def _fields(scenario: Scenario, offer: Offer) -> dict[str, Any]:
    """Fields of an offer: dates as weeks, carriers in the order of the story."""
    weeks = {
        name: None if when is None else scenario.week_of(when)
        for name, when in (("start", offer.start), ("end", offer.end))
    }
    return (
        offer.model_dump(mode="json", include=FIELDS)
        | weeks
        | {"carriers": [c for c in scenario.carriers if c in offer.carriers]}
    )
