"""The weeks of a round on the map: a disc for each place, its colours which apps people use there,
a dot at its rim for each app whose data is free there, and a square for each pack that is sold
there and not everywhere. It stands as at the end; `film.js` plays it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ..charts.data import ActorInfo
from ..charts.look import colors
from ..game import Setup
from ..game.report import PlaceFacts, PublicFacts, RoundReport
from ..words import Language, day
from .atlas import MARK, NAME, OFFERS, WIDE, edge, sites
from .markup import markup
from .news import listed, sentences

PARTS = 1000
"""Parts of a disc that shares are rounded to."""


def film(setup: Setup, report: RoundReport, language: Language, *, ladder: bool = True) -> Markup:
    """The map with the weeks of the last round, three sentences of news, and, with a `ladder`,
    apps by users week by week and what data is free.
    """
    public = report.public
    names = list(public["apps"])
    weeks = len(next(iter(public["places"].values()))["active"][names[0]])
    marks = {
        place: {
            (app, pack): ""
            for pack in (False, True)
            for app in names
            if _offered(setup, public, app, place, pack)
        }
        for place in public["places"]
    }
    return markup(
        "film",
        setup,
        language,
        **picture(setup, public["places"], marks, report.week - weeks, language),
        free=_free_now(public, language) if ladder else (),
        ladder=_ladder(public, weeks) if ladder else {},
        rule=public["rule"],
        headlines=sentences(setup, public["headlines"], language),
    )


def ground(setup: Setup, language: Language) -> Markup:
    """The map before a game: a disc for each place, as large as its people, and its name."""
    names = [*setup.scenario.society.regions]
    spots, labels, high = sites(setup, names, language)
    return markup(
        "ground",
        setup,
        language,
        discs=[(name, *spot, labels[name]) for name, spot in spots.items()],
        title=setup.scenario.title_in(language) or setup.scenario.name,
        wide=WIDE,
        high=high,
        size=NAME,
    )


def picture(
    setup: Setup,
    places: Mapping[str, PlaceFacts],
    marks: Mapping[str, Mapping[tuple[str, bool], str]],
    first: int,
    language: Language,
) -> dict[str, Any]:
    """What the template of a film needs of its map: of each disc its middle and radius, the parts
    of apps by week, its marks (x, y, app, pack, when), and where its name stands, if there is room.

    Args: marks: when data is free, or a pack sold, by place, and app and whether it is a pack.
        first: week of the first picture.
    """
    names = setup.scenario.messengers
    spots, labels, high = sites(setup, [*places], language)
    weeks = range(len(next(iter(places.values()))["active"][names[0]]))
    discs: list[dict[str, Any]] = [
        {
            "name": name,
            "x": spots[name][0],
            "y": spots[name][1],
            "r": spots[name][2],
            "frames": [
                parts([place["active"][app][w] for app in names], place["people"]) for w in weeks
            ],
            "marks": [
                (*edge(spots[name], OFFERS, k), app, pack, when)
                for k, ((app, pack), when) in enumerate(marks[name].items())
            ],
            "label": labels[name] if len(places) > 1 else None,
        }
        for name, place in places.items()
    ]
    return {
        "apps": names,
        "color": colors([ActorInfo(app, app, setup.scenario.apps[app].color) for app in names]),
        "discs": discs,
        "wide": WIDE,
        "high": high,
        "size": NAME,
        "mark": MARK,
        "days": [day(setup.scenario.date_of(first + w), language) for w in weeks],
        "frames": json.dumps([disc["frames"] for disc in discs], separators=(",", ":")),
    }


def parts(active: Sequence[float], people: float) -> list[int]:
    """Parts of a disc by app: of the people there, or of all use where people use several."""
    whole = max(people, sum(active)) or 1.0
    return [round(PARTS * value / whole) for value in active]


def _ladder(public: PublicFacts, weeks: int) -> dict[str, list[float]]:
    """Users of each app by week of a film, who has most of them at its end first."""
    users = {app: one["active"][-weeks:] for app, one in public["apps"].items()}
    return dict(sorted(users.items(), key=lambda one: one[1][-1], reverse=True))


def _free_now(public: PublicFacts, language: Language) -> list[tuple[list[str], str, str]]:
    """Apps whose data is free, or sold by packs, in the last week, where, and who pays."""
    at: dict[tuple[tuple[str, ...], tuple[str, ...], str], list[str]] = {}
    for offer in public["offers"]:
        for carrier, regions in offer["regions"].items():
            key = tuple(offer["apps"]), tuple(regions), offer["payer"]
            at.setdefault(key, []).append(carrier)
    return [
        ([*apps], listed("carriers", carriers, language) + listed("at", regions, language), payer)
        for (apps, regions, payer), carriers in at.items()
    ]


def _offered(setup: Setup, public: PublicFacts, app: str, region: str, pack: bool) -> bool:
    """Whether an app's data is free in a region; of a `pack`: sold there and not everywhere."""
    for offer in public["offers"]:
        if app not in offer["apps"] or pack != (offer["payer"] == "user"):
            continue
        for carrier, regions in offer["regions"].items():
            served = setup.served(carrier)
            here = [name for name in served if not regions or name in regions]
            everywhere = len(here) == len(public["places"])
            if region in here and not (pack and everywhere):
                return True
    return False
