"""One run as the browser plays it: a worker process computes it and writes its parts, which the
browser reads as they grow.

`story.en` and so on for each language hold a line of JSON for the start, for every few weeks, and
for the end (`lines`);
`contacts` some pairs of users who know each other (little-endian uint32); `weekly` every series;
every other part is a `film`. The server imports this module and calls nothing in it: Mesa and
numba are imported by the worker alone.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..desk import sentence
from ..scenario import Scenario, ScenarioError
from ..scenario.files import replacing
from ..words import Language, languages, word
from . import lines
from .film import ACTIVE, CARRIER, FREE, MAIN, Bytes, Film, frame_of, standing
from .place import VIEWS, Place
from .problems import problem

if TYPE_CHECKING:
    from ..market import BadAction
    from ..market.friends import ThroughFriends
    from ..market.market import Market

LINES = 3600
"""Contacts drawn; more of them only make the picture grey."""
CHUNK = 8
"""Weeks written at once."""
POINT = ".point"
"""How the name of a point to go on from ends: it is no part of a run that a page reads."""
POINTS = 10_000
"""Users, at most, of runs that keep points from which a changed run goes on."""
PAYERS = ("app", "carrier", "owner", "user")
"""Kinds 2 … 5 of the film "payer"; 0: no data of apps, 1: the user's own bill."""


@dataclass
class Checkpoint:
    """A run after some of its weeks.

    Attributes:
        friends: who brought whom. in_force: carriers where each offer was.
        films: as far as they are written.
    """

    market: Market
    friends: ThroughFriends
    films: dict[str, Film]
    in_force: dict[str, set[str]] = field(default_factory=dict)


def ready() -> None:
    """What a worker needs is imported and compiled."""
    from ..market import run
    from ..study.report import report_data

    place = Place(changes=(("society.users", "100"), ("weeks", "5")))
    report_data(run(place.scenario(), 0), None, "en")


def simulate(
    place: Place,
    folder: str,
    scenario: Scenario | None = None,
    others: Sequence[tuple[Place, str]] = (),
) -> None:
    """Run a place; its parts appear in the folder. A sentence in `story` where it cannot run.

    Args:
        scenario: of the place as it was asked for, whatever its files have become since.
        others: runs and their folders, that this one may go on from where it begins to differ.

    Raises:
        OSError: the folder is gone, as nobody wants the run any more.
    """
    from ..market import BadAction

    parts = Path(folder)
    try:
        _simulate(place, parts, scenario or place.scenario(), others)
    except (ScenarioError, BadAction) as error:
        for language in languages():
            _tell(parts, language, {"kind": "problem", "text": why(place, error, language)})


def rehearse(place: Place, folder: str) -> None:
    """Compute the points of a run of which all else is known."""
    scenario = place.scenario()
    parts = Path(folder)
    for point in _weeks(place, scenario, _first(place, parts, scenario, ())):
        if point.market.week % CHUNK == 0:
            for film in point.films.values():
                film.flush()
            _keep(point, parts)


def why(place: Place, error: ScenarioError | BadAction, language: Language) -> str:
    """Why a place cannot run; what is wrong with a decision in the words of its form."""
    if isinstance(error, ScenarioError):
        return problem(error, language)
    if not error.faults:
        return str(error)
    setup = place.setup()
    return word("fault.between", language).join(
        sentence(setup, error.seat, one, language)[0] for one in error.faults
    )


def _simulate(
    place: Place, parts: Path, scenario: Scenario, others: Sequence[tuple[Place, str]]
) -> None:
    from ..market.run import result, so_far
    from ..study.report import report_data
    from ..study.twins import twin_of

    first, known = 0, 0
    point = _first(place, parts, scenario, others)
    market, friends, in_force = point.market, point.friends, point.in_force
    for _ in _weeks(place, scenario, point):
        if first == 0:
            with replacing(parts / "contacts") as beside:  # whoever reads it has it whole
                beside.write_bytes(contacts(market))
        if first == 0 or market.week % CHUNK == 0 or market.week == scenario.weeks:
            for film in point.films.values():
                film.flush()
            series = lines.weeks_from(market, friends, first)
            line: lines.Line = {"kind": "weeks", "from": first, "series": series}
            for language in languages():
                if first == 0 or len(market.book.offers) != known:
                    data = report_data(so_far(market), None, language)
                    if first == 0:
                        start = lines.start(data, market, place.story, language)
                        _tell(parts, language, start)
                    if len(market.book.offers) != known:
                        line["offers"] = lines.offers(data, in_force)
                _tell(parts, language, line)
            first, known = market.week, len(market.book.offers)
            if market.week % CHUNK == 0:
                _keep(point, parts)
    one = result(market)
    recorded = lines.recorded(market)
    (parts / "weekly").write_text(lines.weekly(market, recorded), "utf-8")
    for language in languages():
        data = report_data(one, None, language, friends)
        panels = lines.panels(data, lines.months(one, data))
        _tell(
            parts,
            language,
            {
                "kind": "end",
                "digest": one.digest,
                "offers": lines.offers(data, in_force),
                "panels": panels,
                "weekly": lines.names_of_series(market, recorded, language),
            },
        )
    if one.followed:
        twin = twin_of(one)
        for language in languages():
            survival = lines.panels(report_data(one, twin, language), keys=("survival",))
            _tell(parts, language, {"kind": "twin", "panels": survival})


def _weeks(place: Place, scenario: Scenario, point: Checkpoint) -> Iterator[Checkpoint]:
    """The point as it stands, where that is not the start, and after each week that is left."""
    from ..market.run import going_on

    market, names = point.market, [*VIEWS, *scenario.messengers]
    actions = place.decisions(scenario)
    if market.week:
        yield point
        actions = [action for action in actions if action.week >= market.week]
    for _ in going_on(market, actions):
        frame = frame_of(market)
        for name, kinds in zip(names, _kinds(market, frame), strict=True):
            point.films[name].add(kinds)
        for offer in market.running_offers():
            point.in_force.setdefault(offer.name, set()).update(offer.carriers)
        yield point


def _first(
    place: Place, parts: Path, scenario: Scenario, others: Sequence[tuple[Place, str]]
) -> Checkpoint:
    """Where a run begins: as far on as another one is the same."""
    from ..market import Market
    from ..market.friends import ThroughFriends
    from ..market.resume import resumed, same_until

    known: list[tuple[int, Path]] = []
    for other, folder in others:
        with suppress(ScenarioError):
            since = same_until(other.scenario(), scenario)
            for week in (w for w, *_ in {*other.actions} ^ {*place.actions}):
                since = min(since, week)
            for path in Path(folder).glob(f"*{POINT}"):
                if (week := int(path.stem)) <= since:
                    known.append((week, path))
    for _, path in sorted(known, reverse=True):
        with suppress(OSError):
            point: Checkpoint = pickle.loads(path.read_bytes())
            if market := resumed(point.market, scenario):
                point.market = market
                market.observers.append(point.friends)
                for name, film in point.films.items():
                    film.go_on(path.parent / name, parts / name)
                return point
    friends = ThroughFriends()
    market = Market(scenario, rng=place.seed, observers=[friends])
    market.show()
    return Checkpoint(
        market, friends, {name: Film(parts / name) for name in (*VIEWS, *scenario.messengers)}
    )


def _keep(point: Checkpoint, parts: Path) -> None:
    """A point to go on from, beside the parts."""
    market = point.market
    if market.config.society.users <= POINTS and market.week < market.config.weeks:
        observers, market.observers = market.observers, []
        try:
            (parts / f"{market.week:04}{POINT}").write_bytes(pickle.dumps(point, 5))
        finally:
            market.observers = observers


def _tell(parts: Path, language: Language, line: lines.Line) -> None:
    from ..study.report import json_safe

    with (parts / f"story.{language}").open("a", encoding="utf-8") as file:
        file.write(json.dumps(json_safe(line), ensure_ascii=False, separators=(",", ":")) + "\n")


def _kinds(market: Market, frame: Bytes) -> list[Bytes]:
    """The pictures of a week in the order of the films; each says the kind of every user, shape
    (n,).
    """
    messengers = market.config.messengers
    return [
        frame[:, MAIN],
        frame[:, CARRIER],
        _cohort(market, frame),
        _payer(market, frame),
        *(standing(bit)(frame) for bit in range(len(messengers))),
    ]


def _cohort(market: Market, frame: Bytes) -> Bytes:
    """0: came without an offer; 1 + 2k: came by offer k and is active on its app; 2 + 2k: is
    silent there.
    """
    import numpy as np

    from ..market.columns import UNDER_NONE

    under = market.people.under
    bit = under.argmin(axis=1)
    offer = under[np.arange(len(under)), bit].astype(np.int64)
    silent = 1 - (frame[:, ACTIVE] >> bit & 1)
    return np.where(offer == UNDER_NONE, 0, np.minimum(1 + 2 * offer + silent, 255)).astype(
        np.uint8
    )


def _payer(market: Market, frame: Bytes) -> Bytes:
    """Who pays for the data of the first app that is free for a user (`PAYERS`)."""
    import numpy as np

    people, terms = market.people, market.state.terms
    place = people.carrier.astype(np.int64) * len(market.regions) + people.region
    code = np.full(
        len(market.book.offers) + 1, 2 + PAYERS.index("user"), np.uint8
    )  # the last place is that of NO_OFFER, -1
    for offer in market.book.offers:
        code[offer.index] = 2 + PAYERS.index(offer.payer)
    kinds = (frame[:, ACTIVE] > 0).astype(np.uint8)
    for bit in reversed(range(len(market.config.messengers))):
        kinds = np.where(frame[:, FREE] >> bit & 1, code[terms.offer[place, bit, 0]], kinds)
    return kinds


def contacts(market: Market) -> bytes:
    """Pairs of users who know each other, at most LINES of them, in order, as little-endian
    uint32.
    """
    import numpy as np

    offsets, friends, *_ = market.contacts.stored()
    if not len(friends):
        return b""
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(friends), min(2 * LINES, len(friends)), replace=False)
    one = np.searchsorted(offsets, chosen, side="right") - 1
    pairs = np.stack([one, friends[chosen]], axis=1)
    return np.unique(pairs[pairs[:, 0] < pairs[:, 1]][:LINES], axis=0).astype("<u4").tobytes()
