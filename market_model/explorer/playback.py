"""One run as the browser plays it: computed in a worker process, plain data and bytes.

The server imports this module and calls nothing in it: Mesa and numba are imported by the worker alone.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ..scenario import ScenarioError, load_scenario
from ..words import Language, amount
from .texts import say

if TYPE_CHECKING:
    from ..charts import ReportData
    from ..market import Run
    from ..market.market import Market

type Playback = dict[str, Any]

LINES = 4000
"""Contacts drawn; more of them only make the picture grey."""


def simulate(story: str, seed: int, language: Language) -> Playback:
    """Run a story and keep what the page shows; {"problem": sentence} where it cannot run."""
    from ..market import run

    markets: list[Market] = []
    in_force: dict[str, int] = {}

    def watch(market: Market) -> None:
        markets[:] = [market]
        for offer in market.running_offers():
            in_force[offer.name] = in_force.get(offer.name, 0) + 1

    try:
        one = run(load_scenario(story), seed, record=True, on_week=watch)
    except ScenarioError as error:
        return {"problem": str(error)}
    return playback(one, markets[0], in_force, language) | {"story": story}


def playback(one: Run, market: Market, in_force: dict[str, int], language: Language) -> Playback:
    """What the page shows of a recorded run; `in_force` holds the weeks of each offer that was not forbidden."""
    from ..charts.look import NONE, colors
    from ..study.report import report_data
    from .film import pack, standing

    data = report_data(one, None, language)
    color, recording = colors(data.apps), one.recording
    assert recording is not None
    apps = [{"label": say("stage.none", language), "color": NONE}]
    apps += [{"label": a.label, "color": color[a.name]} for a in data.apps]
    films = [pack(recording), *(pack(recording, standing(bit)) for bit in range(len(data.apps)))]
    return {"title": data.title, "seed": one.seed, "weeks": data.weeks, "dates": list(data.dates),
            "users": data.users, "people": amount(one.scenario.people_per_user, language), "apps": apps,
            "films": films, "contacts": _contacts(market), "communities": _communities(market, language),
            "offers": _offers(data, color, in_force), "news": _news(one), "chart": _chart(data, color)}


def _communities(market: Market, language: Language) -> list[dict[str, Any]]:
    """Discs of the picture: users in order, so that sizes tell who is where."""
    import numpy as np

    from ..market.people import communities_of
    from ..words import actor

    sizes = np.bincount(communities_of(market.config, market.people.region.astype(np.uint8)))
    named = list(market.config.society.regions) if len(market.config.society.regions) > 1 else []
    labels = [actor(name, language) for name in named] or [""] * len(sizes)
    return [{"label": label, "size": int(size)} for label, size in zip(labels, sizes, strict=False)]


def _contacts(market: Market) -> bytes:
    """Pairs of users who know each other, at most LINES of them, as little-endian uint32."""
    import numpy as np

    offsets, friends, *_ = market.contacts
    if not len(friends):
        return b""
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(friends), min(2 * LINES, len(friends)), replace=False)
    one = np.searchsorted(offsets, chosen, side="right") - 1
    pairs = np.stack([one, friends[chosen]], axis=1)
    return pairs[pairs[:, 0] < pairs[:, 1]][:LINES].astype("<u4").tobytes()


def _offers(data: ReportData, color: dict[str, str], in_force: dict[str, int]) -> list[dict[str, Any]]:
    from ..charts.look import NONE
    from ..charts.sections import _terms

    return [{"label": o.label, "terms": _terms(data, o), "color": color.get(o.apps[0], NONE),
             "start": o.start_week, "end": o.end_week, "idle": not in_force.get(o.name)} for o in data.offers]


def _news(one: Run) -> list[dict[str, Any]]:
    scenario = one.scenario
    news = [(e.when if isinstance(e.when, date) else scenario.date_of(e.when), e.text)
            for e in scenario.events if e.kind == "news"]
    return [{"week": max(0, scenario.week_of(day)), "date": day.isoformat(), "text": text}
            for day, text in sorted(news) if scenario.week_of(day) < scenario.weeks]


def _chart(data: ReportData, color: dict[str, str]) -> dict[str, Any]:
    from ..charts import figures

    active = {a.name: data.get("app", a.name, "active") for a in data.apps}
    lines = [figures.Line(a.label, color[a.name], [v / data.population for v in active[a.name]]) for a in data.apps]
    return figures.active_shares(data.dates, lines, data.language)
