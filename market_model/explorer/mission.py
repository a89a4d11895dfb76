"""Missions: each round is an address of its own that says what was placed in all rounds so far."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from .. import desk
from ..charts.map import of_regions
from ..errors import BadInput, suggest
from ..missions import Mission, MissionOutcome, Placed, RegionUsers, mission, missions, outcome
from ..players.decisions import Fault
from ..scenario import ScenarioError
from ..words import Language, actor, amount, currency, word
from ..words.catalogue import texts
from ..work.runner import Job
from .markup import markup
from .place import PAGES, Place, whole
from .problems import problem
from .runs import Crashed, Jobs, ended, value_of
from .solo import POLICY
from .texts import asked_language, compiling, language_of

MISSION, MISSIONS = "/mission", "/missions"
AT_ONCE = 1.5
"""Seconds after which a page that waits is shown, which asks again by itself."""
BESIDE = 0.07
"""Room around the map for names below the discs, of its width."""

_jobs = Jobs()


@dataclass(frozen=True)
class Attempt:
    """A mission as an address writes it: `seed=…&round=token:place,place;token&round=…`.

    Attributes:
        challenge: what somebody else reached, people or money; None: nobody asks.
    """

    mission: Mission
    seed: int
    placed: tuple[Placed, ...] = ()
    challenge: int | None = None

    @classmethod
    def read(cls, number: str, query: str) -> Attempt:
        """Raises ScenarioError: which part of the address is wrong."""
        one = mission(number)
        try:
            given = parse_qsl(query, keep_blank_values=True, max_num_fields=60)
        except ValueError:
            raise ScenarioError("address", "", "has too many parts") from None
        last = dict(given)
        found: list[Placed] = []
        for text in (value for name, value in given if name == "round"):
            found.append(placed(one, found, text.split(";") if text else []))
        return cls(
            one,
            whole(last.get("seed") or str(one.seed), "seed"),
            tuple(found),
            whole(last["challenge"], "challenge") if last.get("challenge") else None,
        )

    def query(self, *more: Placed, challenge: int | None = None) -> str:
        """The same as an address writes it, with more rounds."""
        rounds = [
            ";".join(f"{name}:{','.join(at)}" if at else name for name, at in one.items())
            for one in (*self.placed, *more)
        ]
        rival = self.challenge if challenge is None else challenge
        parts = [("seed", str(self.seed)), *(("round", text) for text in rounds)]
        if rival is not None:
            parts.append(("challenge", str(rival)))
        return urlencode(parts, safe=":;,")

    def decided(self) -> list[dict[str, Any]]:
        """Decisions of the rounds, as plain data."""
        return [self.mission.decision(one) for one in self.placed]

    def place(self) -> Place:
        """The run that the stage shows."""
        first = self.mission.setup(self.seed).week
        return Place.of_mission(
            self.mission.number,
            self.seed,
            tuple(
                (first(k), self.mission.seat, json.dumps(one, separators=(",", ":")))
                for k, one in enumerate(self.decided())
            ),
        )


def placed(one: Mission, before: Sequence[Placed], tokens: Sequence[str]) -> Placed:
    """What a round places, "token:place,place" each. Raises ScenarioError."""
    number, found = len(before), dict[str, list[str]]()
    if number == one.rounds:
        raise ScenarioError("address", "round", f"the mission has {one.rounds} rounds")
    at_hand = {token.name: token for token in one.at_hand(number, before)}
    regions = (not number and one.glow) or [*one.setup().scenario.society.regions]
    for text in tokens:
        name, _, places = text.partition(":")
        if name not in at_hand:
            raise ScenarioError(
                "address",
                f"round {number + 1}",
                f"there is no token '{name[:40]}' in it; {suggest(name, at_hand)}",
            )
        where = [*dict.fromkeys(places.split(","))] if places else []
        for region in where:
            if region not in regions:
                raise ScenarioError(
                    "address",
                    f"round {number + 1}",
                    f"there is no place '{region[:40]}'; {suggest(region, regions)}",
                )
        if bool(where) != bool(at_hand[name].where):
            needs = "needs a place" if at_hand[name].where else "is of no place"
            raise ScenarioError("address", f"round {number + 1}", f"the token '{name}' {needs}")
        beside = at_hand[name].beside
        if other := [k for k in found if beside and k != name and at_hand[k].beside == beside]:
            raise ScenarioError(
                "address",
                f"round {number + 1}",
                f"the token '{name}' takes the place of '{other[0]}'; use one of them",
            )
        found[name] = where
    return found


def reached(
    number: int, seed: int, decided: Sequence[Mapping[str, Any]]
) -> MissionOutcome | list[Fault]:
    """How a mission stands, or why its last decision cannot be carried out; called in a worker
    process.
    """
    from ..market import BadAction

    try:
        return outcome(number, seed, decided)
    except BadAction as error:
        return list(error.faults)


def _job(attempt: Attempt) -> Job:
    """`reached` of an attempt."""
    number = attempt.mission.number
    key = f"{number}?{attempt.query(challenge=0)}"
    return _jobs.job(key, reached, number, attempt.seed, attempt.decided())


async def choice(request: Request) -> Response:
    """All missions."""
    language = language_of(request.query_params)
    try:
        asked_language(request.query_params)
    except BadInput as error:
        return _page(request, language, 400, problem=problem(error, language))
    return _page(request, language, 200, all=missions())


async def play(request: Request) -> Response:
    """A round of a mission, or what came of it. A form that is sent here decides a round."""
    language, status = language_of(request.query_params), 200
    shown: dict[str, Any]
    try:
        asked_language(request.query_params)
        attempt = Attempt.read(request.path_params["number"], request.url.query)
        if request.method == "POST":
            body = (await request.body()).decode(errors="replace")
            wanted = [value for name, value in parse_qsl(body) if name == "token"]
            more = placed(attempt.mission, attempt.placed, wanted)
            ours = urlencode(_ours(request))
            return RedirectResponse(f"{request.url.path}?{attempt.query(more)}&{ours}", 303)
        shown = await _shown(attempt, language)
        status = 400 if "problem" in shown else 200
    except BadInput as error:
        status, shown = 400, {"problem": problem(error, language)}
    except (Crashed, OSError) as error:
        status, shown = 500, {"problem": ended(error, language)}
    return _page(request, language, status, **shown)


def _ours(request: Request) -> dict[str, str]:
    query = request.query_params
    return {name: query[name] for name in ("lang", "theme") if name in query}


def _page(request: Request, language: Language, status: int, **shown: Any) -> Response:
    ours = _ours(request)
    theme = ours["theme"] if ours.get("theme") in ("light", "dark") else "auto"
    html = markup(
        "mission",
        language,
        pages=PAGES,
        ours=urlencode(ours),
        theme=theme,
        here=request.url.path,
        query=urlencode([(k, v) for k, v in request.query_params.multi_items() if k not in ours]),
        told=texts("missions", language),
        address=f"{request.url.scheme}://{request.url.netloc}",
        **shown,
    )
    return HTMLResponse(html, status, POLICY | ({"refresh": "1"} if "waits" in shown else {}))


async def _shown(attempt: Attempt, language: Language) -> dict[str, Any]:
    """What the page shows of an attempt."""
    one, number = attempt.mission, len(attempt.placed)
    setup = one.setup(attempt.seed)
    coming = asyncio.wrap_future(_job(attempt).outcome)
    await asyncio.wait([coming], timeout=AT_ONCE)
    shown: dict[str, Any] = {"one": one, "attempt": attempt, "number": number}
    if not coming.done():
        return shown | {"waits": compiling(language)}
    now: MissionOutcome | list[Fault] = value_of(coming.result())
    if isinstance(now, list):
        wrong = [desk.sentence(setup, one.seat, fault, language)[0] for fault in now]
        back = Attempt(one, attempt.seed, attempt.placed[:-1], attempt.challenge)
        return shown | {
            "problem": word("fault.between", language).join(wrong),
            "back": f"{MISSION}/{one.number}?{back.query()}",
        }
    money = currency(setup.scenario.currency, language)

    def people(value: float) -> str:
        return amount(value, language).replace(" ", "\u00a0")

    def priced(value: float, sign: str = "") -> str:
        shown = word("axis.money", language, amount=f"{sign}{people(value)}", currency=money)
        return shown.replace(" ", "\u00a0")

    def said(value: float) -> str:
        """The goal's figure as people read it."""
        if one.goal.figure != "margin":
            return people(value)
        return priced(value, "+" if value > 0 else "")

    marks = [0.0, one.goal.bar, now.value, now.nothing]
    marks += [] if attempt.challenge is None else [float(attempt.challenge)]
    if (lines := now.lines) is not None:
        marks += [lines.idea, lines.best, lines.bot, lines.nothing]
    low, high = min(marks), max(marks) * 1.08

    def at(value: float) -> float:
        """Where a value lies on the bar, in parts of a hundred."""
        return round(100 * (value - low) / (high - low), 2)

    carrier = setup.scenario.carriers.get(one.seat)
    app = (carrier.own_app if carrier else one.seat) or setup.scenario.messengers[0]
    return shown | {
        "setup": setup,
        "now": now,
        "said": said,
        "people": people,
        "priced": priced,
        "refusals": texts("desk", language)["refusals"],
        "word": partial(word, language=language),
        "again": Attempt(one, attempt.seed, (), attempt.challenge).query(),
        "dare": Attempt(one, attempt.seed, (), max(0, round(now.value))).query(),
        "at": at,
        "names": {"seat": actor(one.seat, language), "bar": said(one.goal.bar).lstrip("+")},
        "tokens": one.at_hand(number, attempt.placed) if number < one.rounds else [],
        "kept": _lasting(attempt),
        "map": _map(one, now.places, language, number),
        "color": setup.scenario.apps[app].color,
        "film": f"{attempt.place().query()}&embed=1&view={app}"
        + (f"&week={setup.week(number - 1)}" if number else ""),
        "stars": now.lines.stars(one.goal.bar, now.value) if now.lines else (),
        "last": missions()[-1].number,
    }


def _lasting(attempt: Attempt) -> list[str]:
    """Tokens that still lie; a later one of a kind has taken the place of an earlier one."""
    tokens, found = attempt.mission.tokens, dict[str, str]()
    for placed in attempt.placed:
        for name in placed:
            if tokens[name].lasts:
                found[tokens[name].beside or name] = name
    return list(found.values())


def _map(
    one: Mission, places: Mapping[str, RegionUsers], language: Language, number: int
) -> list[dict[str, Any]]:
    """Discs of regions in parts of a hundred of the map's width and height; none where no token
    is of a place.
    """
    if not any(token.where for token in one.tokens.values()):
        return []
    society = one.setup().scenario.society
    discs = of_regions(society.regions, society.places, society.users)
    low = (discs[:, :2] - discs[:, 2:]).min(axis=0)
    wide, high = (discs[:, :2] + discs[:, 2:]).max(axis=0) - low
    return [
        {
            "name": name,
            "label": actor(name, language),
            "x": round(100 * float(x - low[0]) / wide, 2),
            "y": round(100 * float(y - low[1]) / high, 2),
            "size": round(200 * float(r) / wide, 2),
            "ratio": round(float(wide / high), 3),
            "place": place,
            "part": round(100 * (place.users / place.people) ** 0.5, 1),
            "open": number > 0 or not one.glow or name in one.glow,
        }
        for (name, place), (x, y, r) in zip(places.items(), discs, strict=True)
    ]
