"""What the lines of a run's story say: its start, some weeks of it, its end."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from ..scenario.model import Bet
from ..words import Language, actor, amount, currency, people, series
from .texts import say

if TYPE_CHECKING:
    from ..charts import ReportData
    from ..market import Run
    from ..market.friends import ThroughFriends
    from ..market.market import Market
    from ..scenario import Scenario

type Line = dict[str, Any]

SECTIONS = ("own", "registered", "paid", "survival", "friends", "income", "plans", "sms")


def start(data: ReportData, market: Market, story: str, language: Language) -> Line:
    from ..charts.look import CARRIERS, NONE, colors
    from ..market.run import described, so_far
    from ..players.offers import OfferBook
    from ..study.figures import of_people, title_of, unit
    from ..study.report import report_data

    written = replace(so_far(market), offers=described(OfferBook(market.config)))
    scenario = market.config
    color, carriers = colors(data.apps), colors(data.carriers, CARRIERS)
    dates = [scenario.date_of(w).isoformat() for w in range(scenario.weeks)]
    apps = [{"name": "", "label": say("stage.none", language), "color": NONE}]
    return {
        "kind": "start",
        "title": data.title,
        "story": story,
        "seed": data.seed,
        "weeks": scenario.weeks,
        "dates": dates,
        "users": data.users,
        "currency": currency(data.currency, language),
        "people": amount(scenario.people_per_user, language),
        "population": scenario.population,
        "few": _few(data.users, language),
        "apps": apps
        + [{"name": a.name, "label": a.label, "color": color[a.name]} for a in data.apps],
        "carriers": [
            {"name": a.name, "label": a.label, "color": carriers[a.name]} for a in data.carriers
        ],
        "focus": _focus(scenario),
        "figures": [
            {
                "title": title_of(figure, language),
                "unit": unit(figure, language, data.currency),
                "part": bool(figure.part_of),
                "people": of_people(figure),
            }
            for figure in scenario.figures
        ],
        "bet": _bet_told(bet_of(scenario), language),
        "communities": _communities(market, language),
        "offers": offers(report_data(written, None, language), None),
        "news": _news(market, language),
        "chart": _chart(data, dates, color),
    }


def _few(users: int, language: Language) -> list[str] | None:
    """How the share of each number of users is written where all of them are a few."""
    counts = range(users + 1)
    return [people.share(n, users, language) for n in counts] if users < people.FEW else None


def bet_of(scenario: Scenario) -> Bet:
    """What readers bet on: the story's own, or how many register with the app it is about."""
    if scenario.bet:
        return scenario.bet
    app = _focus(scenario) or scenario.messengers[0]

    def title(language: Language) -> str:
        return say("bets.registered", language, app=actor(app, language))

    return Bet(
        of=(f"apps.{app}.registered",),
        part_of=("carriers.*.subscribers",),
        title=title("en"),
        title_zh=title("zh"),
    )


def _bet_told(bet: Bet, language: Language) -> Line:
    from ..study.figures import title_of

    return {"title": title_of(bet, language), "most": bet.most}


def _focus(scenario: Scenario) -> str:
    """The app whose standing tells most: the first that somebody else than its users pays for;
    "" if there is none.
    """
    named = [
        a
        for o in scenario.offers.values()
        if o.payer != "user"
        for a in o.apps
        if a in scenario.messengers
    ]
    return next(iter(named), "")


def weeks_from(market: Market, seen: ThroughFriends, first: int) -> Line:
    """What the page's curves and cards show of the weeks since `first`; shares are of all people,
    but by carrier (in the order of apps, and carriers for each) of its customers. Newcomers and
    those whom friends brought are simulated people.
    """

    from ..study.figures import values, wholes

    def of(scope: str, name: str, which: str) -> list[float]:
        return market.history.series(scope, name, which)[first:].tolist()

    def share(name: str, which: str) -> list[float]:
        return [_short(v / market.config.population) for v in of("app", name, which)]

    messengers, carriers = market.config.messengers, market.config.carriers
    customers = [of("carrier", name, "subscribers") for name in carriers]
    active = market.history.by_carrier[first : market.week, :, :, 0]
    sponsors = [of("carrier", name, "sponsor_income") for name in carriers]
    return {
        "active": [share(name, "active") for name in messengers],
        "registered": [share(name, "registered") for name in messengers],
        "customers": [[_short(v / market.config.population) for v in all_] for all_ in customers],
        "by_carrier": [
            [
                _short(v / n) if n else 0.0
                for v, n in zip(active[:, c, k], customers[c], strict=True)
            ]
            for k in range(len(messengers))
            for c in range(len(carriers))
        ],
        "newcomers": [
            [_short(v / market.scale) for v in of("app", name, "joined")] for name in messengers
        ],
        "brought": (seen.brought[first:].T / market.scale).round(3).tolist(),
        "sms": [_short(v) for v in of("market", "", "sms")],
        "price": [_short(v) for v in of("market", "", "unsponsored_price")],
        "sponsored": [_short(math.fsum(week)) for week in zip(*sponsors, strict=True)],
        "figures": [
            [_short(v) for v in values(market.history, market.ledger.lines, figure, first).tolist()]
            for figure in market.config.figures
        ],
        "wholes": [
            [
                _short(v)
                for v in wholes(
                    market.history, market.ledger.lines, market.config, figure, first
                ).tolist()
            ]
            for figure in market.config.figures
        ],
        "bet": [
            _short(v)
            for v in values(
                market.history, market.ledger.lines, bet_of(market.config), first
            ).tolist()
        ],
    }


WEEKLY = ("app", "carrier", "market")
"""Scopes of the series that a reader may put on a chart."""


type Recorded = dict[tuple[str, str], list[str]]
"""By scope and actor, the series that have a value in some week."""


def recorded(market: Market) -> Recorded:
    from ..market.history import SERIES

    of = market.history.series
    return {
        (scope, name): [
            which for which in SERIES[scope] if not all(map(math.isnan, of(scope, name, which)))
        ]
        for scope in WEEKLY
        for name in market.history.names[scope]
    }


def weekly(market: Market, recorded: Recorded) -> str:
    """Every weekly series, in the order of `names_of_series`, as JSON."""
    from ..study.report import json_safe

    values = [
        [_short(v) for v in market.history.series(*actor_of, which).tolist()]
        for actor_of, names in recorded.items()
        for which in names
    ]
    return json.dumps(json_safe(values), separators=(",", ":"))


def names_of_series(market: Market, recorded: Recorded, language: Language) -> list[Line]:
    """Actors, each with the names and units of its series."""
    money = market.config.currency
    return [
        {
            "actor": actor(name, language) if name else say("curve.market", language),
            "series": [
                [text.name, text.unit]
                for which in names
                for text in (series(which, scope, language, currency_name=money),)
            ],
        }
        for (scope, name), names in recorded.items()
    ]


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def heads(market: Market) -> list[int]:
    """Users in each disc of the picture."""
    import numpy as np

    from ..market.people import communities_of

    found = communities_of(market.config, market.people.region.astype(np.uint8))
    return np.bincount(found).tolist()


def _communities(market: Market, language: Language) -> list[Line]:
    """Discs of the picture: users in order, so that sizes tell who is where."""
    from ..charts.map import discs, of_regions

    sizes = heads(market)
    society = market.config.society
    if len(society.regions) > 1:
        labels = [actor(name, language) for name in society.regions]
        where = of_regions(society.regions, society.places, sum(sizes))
    else:
        labels, where = [""] * len(sizes), discs(sizes)
    return [
        {"label": label, "size": size, "x": x, "y": y, "r": r}
        for label, size, (x, y, r) in zip(labels, sizes, where.round(2).tolist(), strict=False)
    ]


def offers(data: ReportData, in_force: dict[str, set[str]] | None) -> list[Line]:
    """All offers so far; `in_force`: the carriers where each was, in any week. idle: over without a
    week in force.
    """
    from ..charts.look import NONE, colors
    from ..charts.sections import terms_of_offer

    color = colors(data.apps)
    return [
        {
            "name": o.name,
            "label": o.label,
            "apps": list(o.apps),
            "terms": terms_of_offer(data, o),
            "color": color.get(o.apps[0], NONE),
            "carriers": sorted({*o.carriers, *(in_force or {}).get(o.name, ())}),
            "start": o.start_week,
            "end": o.end_week,
            "idle": in_force is not None and o.end_week <= data.weeks and not in_force.get(o.name),
        }
        for o in data.offers
    ]


def _news(market: Market, language: Language) -> list[Line]:
    scenario = market.config
    news = [
        (
            e.when if isinstance(e.when, date) else scenario.date_of(e.when),
            e.text_in(language),
        )
        for e in scenario.events
        if e.kind == "news"
    ]
    return [
        {"week": max(0, scenario.week_of(day)), "date": day.isoformat(), "text": text}
        for day, text in sorted(news)
        if scenario.week_of(day) < scenario.weeks
    ]


def _chart(data: ReportData, dates: list[str], color: dict[str, str]) -> Line:
    """The curves of active people, still without values."""
    from ..charts import figures

    lines = [figures.Curve(a.label, color[a.name], []) for a in data.apps]
    return figures.active_shares(dates, lines, data.language)


def panels(
    data: ReportData, months: list[list[Any]] | None = None, keys: tuple[str, ...] = SECTIONS
) -> list[Line]:
    from ..charts.sections import cohort_shares, sections

    cohorts = [
        {
            "label": c.label,
            "app": c.app,
            "stayed": cohort_shares(c, c.active, data.language),
            "twin": cohort_shares(c, c.twin, data.language),
        }
        for c in data.cohorts
    ]
    return [
        s._asdict()
        | {
            "charts": [chart._asdict() for chart in s.charts],
            "months": months if s.key == "paid" else None,
            "cohorts": cohorts if s.key == "survival" else [],
            "title": data.say(f"section.{s.key}.title"),
            "help": " ".join([data.say(f"section.{s.key}.help"), *s.says]),
            "empty": "" if s.charts else data.say(f"section.{s.key}.empty"),
        }
        for s in sections(data, keys)
    ]


def months(one: Run, data: ReportData) -> list[list[Any]]:
    """The bands of "who pays" bill by bill: (week, payer, carrier, money), named as in the
    figure of the whole run.
    """
    from ..charts.sections import paid_section

    bills: dict[int, list[tuple[str, str, str, float, float]]] = {}
    for line in one.transfers():
        bills.setdefault(line.week, []).append(
            (line.payer, line.payee, line.reason, line.mb, line.rmb)
        )
    return [
        [week, band["source"], band["target"], band["value"]]
        for week, lines in bills.items()
        for chart in paid_section(replace(data, ledger=lines)).charts
        for band in chart.option["series"][0]["links"]
    ]
