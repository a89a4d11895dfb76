"""Solo play: a person in one seat, or two persons at one screen in two; bots in all others. Each
round is an address of its own, so the browser's way back is an undo. What the first of two has
decided waits in the server until the second has decided, too: no address tells it before.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from .. import desk
from ..errors import BadInput
from ..game.report import RoundReport, round_report
from ..game.setup import LEVEL, LEVELS, REGULATOR
from ..game.twins import with_twins
from ..players.decisions import Fault, parse_decision
from ..scenario import ScenarioError
from ..version import MODEL_VERSION
from ..words import Language, word
from ..work.runner import Job
from .markup import markup
from .place import PAGES, Place
from .problems import problem
from .runs import PATIENCE, Crashed, Jobs, answered, ended, runs, value_of
from .texts import asked_language, compiling, language_of, say

if TYPE_CHECKING:
    from ..game.record import Record

SOLO = "/solo"
AT_ONCE = 0.3
"""Seconds after which a page that waits is shown, which asks again by itself."""
POLICY = {"content-security-policy": "default-src 'self' data:; style-src 'self' 'unsafe-inline'"}
"""No script but our own; charts write styles."""


TWO, OPEN = "two", "open"
"""Of an address: two persons sit at this screen; the desk of the one whose turn it is is open."""
SEALED_KEPT = 1000
"""Decisions that wait for a second person."""

_jobs = Jobs()
"""What games have to tell, by their place's key."""
_sealed: OrderedDict[str, tuple[str, str]] = OrderedDict()
"""Decisions of the first of two persons: the round that they are for, as an address, and JSON; by
the word that the address names them with.
"""
_questions = desk.Questions(lambda *task: runs().workers.submit(*task, timeout=PATIENCE).outcome)
"""What is asked about games that are over."""


def now(place: Place) -> RoundReport | str | list[Fault]:
    """What a game has to tell, or why its decisions cannot be carried out; called in a worker
    process.
    """
    from ..market import BadAction

    try:
        return round_report(*with_twins(*place.game(), place.seats))
    except BadAction as error:
        return list(error.faults) or str(error)
    except ValueError as error:
        return str(error)


def job_of(place: Place) -> Job:
    """`now` of a place."""
    return _jobs.job(place.key(), now, place)


def recorded(place: Place, language: Language) -> Record:
    """The game at an address; called in a worker process."""
    from ..game.record import PlayedMarket, PlayedRound, Record, digests

    setup, rounds = place.game()
    played = tuple(
        PlayedRound(decisions=dict(one.decisions), how=dict.fromkeys(place.seats, "decided"))
        for one in rounds
    )
    names = ["player_1", "player_2"] if place.beside else ["you"]
    market = PlayedMarket(
        players={
            seat: (say(f"solo.{name}", language),)
            for seat, name in zip(place.seats, names, strict=True)
        },
        rounds=played,
        digests=digests(setup, rounds),
    )
    return Record(model_version=MODEL_VERSION, setup=setup, language=language, markets=(market,))


async def debrief(request: Request) -> Response:
    """The talk after the game at the address; its parts are computed side by side."""
    from ..game.debrief import counterfactual, parts, together

    place, language, submit = (
        Place.read(request.url.query),
        language_of(request.query_params),
        runs().workers.submit,
    )
    record: Record = await answered(submit(recorded, place, language, timeout=PATIENCE), request)
    rounds = record.markets[0].as_rounds()
    jobs = {
        part: submit(counterfactual, record.setup, rounds, part, timeout=PATIENCE)
        for part in parts(record.setup, set(place.seats))
    }
    data = [together(0, {part: await answered(job, request) for part, job in jobs.items()})]
    return HTMLResponse(
        await answered(
            submit(
                desk.debrief,
                record,
                data,
                language,
                "" if place.beside else place.seat,
                f"/explorer/question?{place.query()}&{urlencode({'lang': language})}",
                timeout=PATIENCE,
            ),
            request,
        )
    )


async def question(request: Request) -> Response:
    """A piece of the answer to a `question` about the game at the address; the header x-more says
    whether more is to come.
    """
    place = Place.read(request.url.query)
    setup, rounds = place.game()
    if len(rounds) < setup.rounds:
        raise ScenarioError("address", "do", "the game is not over")
    asked = place.key(), setup, rounds, language_of(request.query_params)
    html, more = _questions.ask(*asked, request.query_params.get("question", ""))
    return HTMLResponse(html, headers={"x-more": str(int(more)), "cache-control": "no-store"})


async def page(request: Request) -> Response:
    """The choice of a seat; a round at its desk; or what came of the game. A form that is sent
    here decides a round.
    """
    query, language = request.query_params, language_of(request.query_params)
    ours = {name: query[name] for name in ("lang", "theme") if name in query}
    status, shown = 200, dict[str, Any](place=Place(), problem="")
    try:
        asked_language(query)
        place = shown["place"] = Place.read(request.url.query)
        shown |= await _shown(place, request, language)
        if "next" in shown:
            return RedirectResponse(f"{SOLO}?{shown['next']}&{urlencode(ours)}", 303)
    except BadInput as error:
        status, shown["problem"] = 400, problem(error, language)
    except (Crashed, OSError) as error:
        status, shown["problem"] = 500, ended(error, language)
    theme = ours["theme"] if ours.get("theme") in ("light", "dark") else "auto"
    kept = {name: query[name] for name in (TWO, "sealed") if name in query}
    return HTMLResponse(
        markup(
            "solo",
            language,
            pages=PAGES,
            ours=urlencode(ours),
            kept=urlencode(kept),
            theme=theme,
            **shown,
        ),
        status,
        POLICY
        | ({"refresh": "1"} if "waits" in shown else {})
        | ({"cache-control": "no-store"} if shown["place"].beside else {}),
    )


async def _shown(place: Place, request: Request, language: Language) -> dict[str, Any]:
    """What the page shows besides the stage; `next`: the address where a decision leads."""
    if not place.seats or (TWO in request.query_params and not place.beside):
        return _choice(place, TWO in request.query_params, language)
    setup, rounds = place.game()
    coming = asyncio.wrap_future(job_of(place).outcome)
    await asyncio.wait([coming], timeout=AT_ONCE if request.method == "GET" else None)
    if not coming.done():
        return {"setup": setup, "played": len(rounds), "waits": compiling(language)}
    outcome: RoundReport | str | list[Fault] = value_of(coming.result())
    if isinstance(outcome, list):
        sentences = [desk.sentence(setup, place.seat, fault, language)[0] for fault in outcome]
        return {"problem": word("fault.between", language).join(sentences)}
    if isinstance(outcome, str):
        raise ScenarioError("address", "do", outcome)
    shown = {
        "setup": setup,
        "played": len(rounds),
        "film": desk.film(setup, outcome, language) if rounds else "",
        "board": desk.board(setup, outcome, language),
    }
    if len(rounds) == setup.rounds:
        return shown
    sealed_for, first = _sealed.get(request.query_params.get("sealed", ""), ("", None))
    first = first if sealed_for == place.query() else None
    seat = place.beside if place.beside and first else place.seat
    if place.beside:
        shown |= {"seat": seat, "sealed": first is not None}
        if request.method == "GET" and OPEN not in request.query_params:
            return shown | {"lost": "sealed" in request.query_params and not first}
    draft, wrong = None, list[Fault]()
    if request.method == "POST":
        draft = dict(
            parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True)
        )
        decision, wrong = desk.checked(setup, seat, draft, outcome.views[seat])
        if not wrong:
            parsed = parse_decision(setup.kind(seat), decision).model_dump(
                mode="json", exclude_defaults=True
            )
            return {
                "next": _after(
                    place, outcome.week, json.dumps(parsed, separators=(",", ":")), first
                )
            }
    last = len(rounds) + 1 == setup.rounds
    label = "solo.seal" if place.beside and not first else "solo.last" if last else "solo.decide"
    button = Markup('<button class="act">{}</button>').format(say(label, language))
    return shown | {
        "seat": seat,
        "figures": desk.figures(setup, seat, outcome, language),
        "brief": desk.brief(setup, seat, outcome, language),
        "role": desk.role(setup, seat, language),
        "form": desk.form(setup, seat, outcome.views[seat], language, draft, wrong, button),
    }


def _choice(place: Place, two: bool, language: Language) -> dict[str, Any]:
    """Of a seat, or of the one beside it. Raises ScenarioError: nobody can sit there."""
    setup = place.game()[0] if place.seats else place.setup()
    free = [seat for seat in (*setup.firms, REGULATOR) if seat != place.seat]
    taking = "beside" if place.seat else "seat"
    return {
        "roles": {seat: desk.role(setup, seat, language) for seat in free},
        "taking": taking,
        "two": two,
        "levels": {level: replace(place, level=level).query() for level in LEVELS},
        "level": place.level or LEVEL,
    }


def _after(place: Place, week: int, decided: str, first: str | None) -> str:
    """The address that follows a decision, as JSON; `first`: that of the first of two persons."""
    if place.beside and first is None:
        name = secrets.token_urlsafe(9)
        _sealed[name] = place.query(), decided
        while len(_sealed) > SEALED_KEPT:
            _sealed.popitem(last=False)
        return f"{place.query()}&sealed={name}"
    both = [decided] if first is None else [first, decided]
    acts = [(week, seat, one) for seat, one in zip(place.seats, both, strict=True)]
    return replace(place, actions=(*place.actions, *acts)).query()
