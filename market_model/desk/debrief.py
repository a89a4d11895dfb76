"""The talk after a game: what happened, predictions, what if, the news, limits; from a record
and its counterfactuals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ..charts import ActorInfo, CohortCurve, ReportData
from ..charts.sections import Chart, Section, paid_section, survival_section
from ..charts.sweep import Cell, tipping
from ..game.record import Record
from ..players.reasons import sentence
from ..teaching import pack
from ..words import Language, actor, people
from ..words.catalogue import texts
from .markup import markup


def debrief(
    record: Record, data: Sequence[Mapping[str, Any]], language: Language, seat: str = ""
) -> Markup:
    """Five parts as HTML, with charts for `charts.look.echarts` and a table behind each.

    Args: data: `game.counterfactuals.counterfactuals` of the markets to tell; seat: is told first.
    """

    def figures_of(market: Mapping[str, Any]) -> list[tuple[str, Section]]:
        return figures(record, market, language)

    def because(reason: Any) -> str:
        return sentence(reason, setup.scenario.currency, language)

    setup, about = record.setup, pack(record.setup.scenario.name, language)
    return markup(
        "debrief",
        setup,
        language,
        t=texts("debrief", language),
        record=record,
        data=data,
        figures=figures_of,
        because=because,
        seats=sorted(setup.seats, key=lambda one: one != seat),
        first=data[0]["market"] if data else 0,
        happened=Markup(about.get("happened", "")),
        limits=Markup(about.get("limits", "")),
    )


def figures(
    record: Record, market: Mapping[str, Any], language: Language
) -> list[tuple[str, Section]]:
    """Who stayed, who paid, and of each app that is told when its free data would have had to
    begin.
    """
    scenario, seed = record.setup.scenario, record.setup.seed
    stayed = [
        CohortCurve(
            actor(one["app"], language),
            one["app"],
            range(1, len(one["active"]) + 1),
            one["users"],
            one["active"],
            one["twin"],
        )
        for one in market["stayed"]
    ]
    apps, carriers = (
        [ActorInfo(name, actor(name, language), one.color) for name, one in actors.items()]
        for actors in (scenario.apps, scenario.carriers)
    )
    run = ReportData(
        "",
        "",
        language,
        scenario.name,
        seed,
        "",
        0,
        scenario.start,
        scenario.currency,
        scenario.population,
        scenario.society.users,
        (),
        {},
        apps,
        carriers,
        ledger=market["paid"],
        cohorts=stayed,
    )

    def written(share: float) -> str:
        return people.share(share * run.users, run.users, language, 2)

    return [
        ("", survival_section(run)),
        ("", paid_section(run)),
        *(
            (seat, _tipping(told["grid"], texts("debrief", language), written))
            for seat, told in market["seats"].items()
            if told["grid"] and record.setup.kind(seat) == "app"
        ),
    ]


def _tipping(
    grid: Sequence[Mapping[str, Any]], t: Mapping[str, str], written: Callable[[float], str]
) -> Section:
    starts, lasts = (list(dict.fromkeys(one[key] for one in grid)) for key in ("start", "rounds"))
    names = {n: t["to_end"] if n is None else str(n) for n in lasts}
    cells = [
        Cell(
            starts.index(one["start"]),
            lasts.index(one["rounds"]),
            one["active"],
            *[written(one["active"])] * 2,
        )
        for one in grid
    ]
    rows = [[str(one["start"] + 1), names[one["rounds"]], written(one["active"])] for one in grid]
    option = tipping(
        t["starts"], t["lasts"], [str(s + 1) for s in starts], list(names.values()), cells
    )
    return Section(
        "tipping", [Chart("", option, 300)], [t["starts"], t["lasts"], t["active"]], rows
    )
