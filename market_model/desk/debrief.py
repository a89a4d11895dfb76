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
from ..game import Setup, story_of
from ..game.lessons import LearningPoint, lessons
from ..game.moves import moves
from ..game.record import Record
from ..players.decisions import parse_decision
from ..players.reasons import sentence
from ..teaching import pack
from ..words import Language, actor, amount, currency, people
from ..words.catalogue import texts
from .course import course_film, move_in_words, turn_in_words
from .markup import markup


def debrief(
    record: Record,
    data: Sequence[Mapping[str, Any]],
    language: Language,
    seat: str = "",
    answers: str = "",
) -> Markup:
    """The film of the game, what was learnt, and five parts as HTML, with charts for
    `charts.look.echarts` and a table behind each.

    Args: data: `game.debrief.together` of the markets to tell; seat: is told first. answers:
    address that answers questions (`questions`), "" for none.
    """

    def figures_of(market: Mapping[str, Any]) -> list[tuple[str, Section]]:
        return figures(record, market, language)

    def because(reason: Any) -> str:
        return sentence(reason, setup.scenario.currency, language)

    def film(market: Mapping[str, Any]) -> Markup:
        return course_film(setup, market["course"], language)

    def learnt(market: Mapping[str, Any]) -> list[str]:
        return [in_words(setup, market, one, language) for one in lessons(setup, market, seat)]

    def tokens(market: Mapping[str, Any]) -> dict[str, list[tuple[int, list[tuple[str, str]]]]]:
        return _tokens(record, market, language, [one for one in order if one in market["seats"]])

    setup, scenario = record.setup, record.setup.scenario
    about = pack(scenario.name, language)
    news = about or pack(story_of(scenario), language)
    from ..evidence.worlds import worlds_of

    order = sorted(setup.seats, key=lambda one: one != seat)
    return markup(
        "debrief",
        setup,
        language,
        t=texts("debrief", language),
        record=record,
        data=data,
        figures=figures_of,
        because=because,
        film=film,
        learnt=learnt,
        tokens=tokens,
        answers=answers,
        worlds=bool(worlds_of(scenario)),
        mine=seat,
        seats=order,
        first=data[0]["market"] if data else 0,
        happened=Markup(news.get("happened", "")),
        limits=Markup(about.get("limits", "")),
    )


def _tokens(
    record: Record, market: Mapping[str, Any], language: Language, seats: Sequence[str]
) -> dict[str, list[tuple[int, list[tuple[str, str]]]]]:
    """Tokens of each seat: by round (1 = first) their names and texts."""
    rounds = len(record.markets[market["market"]].rounds)
    decided = [
        {
            seat: parse_decision(record.setup.kind(seat), market["decisions"][seat][r])
            for seat in seats
        }
        for r in range(rounds)
    ]
    found = dict[str, dict[int, list[tuple[str, str]]]]()
    for move in moves(seats, decided):
        then = found.setdefault(move.seat, {}).setdefault(move.round + 1, [])
        then.append((move.name, move_in_words(move, language, whose=False)))
    return {seat: list(found.get(seat, {}).items()) for seat in seats}


def in_words(
    setup: Setup, market: Mapping[str, Any], one: LearningPoint, language: Language
) -> str:
    """A sentence of what was learnt."""
    t = texts("debrief", language)["learnt"]
    if one["turn"] >= 0:
        turn = turn_in_words(market["course"]["turns"][one["turn"]], language)
        return t[one["key"]].format(turn=turn)
    money = currency(setup.scenario.currency, language)
    first, second = (amount(value, language) for value in one["money"])
    counts = [amount(value, language) for value in one["people"]]
    return t[one["key"]].format(
        *counts, seat=actor(one["seat"], language), amount=first, high=second, money=money
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
