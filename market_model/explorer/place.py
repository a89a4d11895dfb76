"""What an address names: a story, its luck, what was changed in it, and what was decided while
it ran.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import parse_qsl, urlencode

from ..errors import suggest
from ..game import Round, Setup, setup_of
from ..game.setup import LEVEL, REGULATOR
from ..game.table import nothing, silence
from ..missions import mission, missions
from ..players.decisions import Decision, parse_decision
from ..scenario import WEEKS_PER_BILL, Scenario, ScenarioError, builtin_names, load_scenario
from ..scenario.load import find, sources, value_of
from ..scenario.offers import Changing

if TYPE_CHECKING:
    from ..market import Action

FIRST_STORY = "china-2013"
MOST = {"society.users": 50_000, "weeks": 1040, "society.graph.degree": 200}
"""What a browser can show; larger markets run by `market-model run`."""
VIEWS = ("main", "carrier", "cohort", "payer")
"""Pictures of a run besides those of its apps, which stand beside them in its folder."""
FORMAT = 4
"""Of recordings: a new number makes all kept ones unknown."""

LATER = (*(f"parameters.{name}" for name in get_args(Changing.__value__)), "regulator.rule")
"""What may change while a run plays."""
PAGES = ("/", "/play", "/compare", "/sweep", "/model")
OPENED: list[str] = []
"""Scenario files named on the command line; an address cannot open any other."""


@cache
def families() -> dict[str, list[str]]:
    """The built-in stories, the first one first, with the variants that extend each; limit cases
    of theory are left out.
    """
    names = [n for n in builtin_names() if "/" not in n]
    bases = {n: tomllib.loads(find(n)[0].read_text("utf-8")).get("extends") for n in names}
    found = {n: [v for v in names if bases[v] == n] for n in names if bases[n] is None}
    return dict(
        sorted(found.items(), key=lambda family: (family[0] != FIRST_STORY, -len(family[1])))
    )


@dataclass(frozen=True)
class Place:
    """A run as an address writes it.

    Attributes:
        story: a built-in name, or a file of `OPENED`.
        changes: (dotted path, value as text) in the order given; no text takes the thing out.
        actions: (week, seat, decision as JSON).
        seat: that a person plays against bots: then the run is the game on the story, as far as its
            rounds are decided. level: how well the bots of that game play; silent: awake.
        mission: number of the mission whose game it is, with its story and seat; 0 for none.
        beside: a second person's seat in the game; silent: nobody's.
        later: (week, dotted path, value as text) of what is otherwise from a week on.
    """

    story: str = FIRST_STORY
    seed: int = 0
    changes: tuple[tuple[str, str], ...] = ()
    actions: tuple[tuple[int, str, str], ...] = ()
    seat: str = ""
    level: str = ""
    mission: int = 0
    beside: str = ""
    later: tuple[tuple[int, str, str], ...] = ()

    @classmethod
    def of_mission(
        cls, number: int, seed: int, actions: tuple[tuple[int, str, str], ...] = ()
    ) -> Place:
        """A mission's game, as far as it is decided."""
        one = missions()[number - 1]
        return cls(one.story, seed, actions=actions, seat=one.seat, mission=number)

    @classmethod
    def read(cls, query: str) -> Place:
        """The run of `story=…&seed=…&set=path=value&then=week.path=value&do=week.seat={…}&seat=…
        &beside=…&level=…`; what else stands there is the page's.

        Raises:
            ScenarioError: which part of the address is wrong.
        """
        try:
            given = parse_qsl(query, keep_blank_values=True, max_num_fields=500)
        except ValueError:
            raise ScenarioError("address", "", "has more than 500 parts; leave some out") from None
        last = dict(given)
        story = last.get("story") or FIRST_STORY
        if story not in (*builtin_names(), *OPENED):
            raise ScenarioError(story, "", f"no such story; {suggest(story, builtin_names())}")
        changes = [_pair(value, "set", "path=value") for name, value in given if name == "set"]
        later = [_later(value) for name, value in given if name == "then"]
        actions = [_action(value) for name, value in given if name == "do"]
        if "mission" in last:
            one = mission(last["mission"])
            luck = whole(last.get("seed") or str(one.seed), "seed")
            return cls.of_mission(one.number, luck, tuple(actions))
        return cls(
            story,
            whole(last.get("seed") or "0", "seed"),
            tuple(changes),
            tuple(actions),
            last.get("seat", ""),
            last.get("level", ""),
            beside=last.get("beside", ""),
            later=tuple(later),
        )

    @property
    def seats(self) -> tuple[str, ...]:
        """That people play, in the order in which they decide."""
        return tuple(filter(None, (self.seat, self.beside)))

    def query(self) -> str:
        """The same as an address writes it."""
        sets = [("set", f"{path}={value}") for path, value in self.changes]
        sets += [("then", f"{week}.{path}={value}") for week, path, value in self.later]
        acts = [("do", f"{week}.{seat}={decision}") for week, seat, decision in self.actions]
        if self.mission:
            return urlencode([("mission", self.mission), ("seed", self.seed), *acts])
        names = ("seat", "beside", "level")
        own = [(name, getattr(self, name)) for name in names if getattr(self, name)]
        return urlencode([("story", self.story), ("seed", str(self.seed)), *sets, *acts, *own])

    def scenario(self) -> Scenario:
        """The story with its changes. Raises ScenarioError."""
        return self.loaded()[0]

    def setup(self) -> Setup:
        """The game on the story. Raises ScenarioError."""
        if self.mission:
            return missions()[self.mission - 1].setup(self.seed)
        story = replace(self, seat="", beside="", level="", actions=()).scenario()
        rules = REGULATOR in self.seats
        return setup_of(story, self.seed, level=self.level or LEVEL, regulator=rules)

    def game(self) -> tuple[Setup, list[Round]]:
        """The game that its seats play, and the rounds that they have decided, one after the
        other. Raises ScenarioError.
        """
        setup, seats = self.setup(), (self.seat, self.beside) if self.beside else (self.seat,)
        for field, seat in zip(("seat", "beside"), seats, strict=False):
            free = [one for one in setup.seats if field == "seat" or one != self.seat]
            if seat not in free:
                raise ScenarioError(
                    "address",
                    field,
                    f"there is no seat '{seat[:60]}' in this game; {suggest(seat, free)}",
                )
        for number, (week, seat, _) in enumerate(self.actions):
            k, who = divmod(number, len(seats))
            if k == setup.rounds or (week, seat) != (setup.week(k), seats[who]):
                raise ScenarioError(
                    "address",
                    f"do={week}.{seat}",
                    f"is not {seats[who]}'s round {k + 1} of {setup.rounds}",
                )
        decided = [
            (seat, one.model_dump(mode="json", exclude_defaults=True))
            for _, seat, one in self._decided(setup.scenario)
        ]
        if len(decided) % len(seats):
            raise ScenarioError(
                "address", "do", f"{self.beside} has not decided in the last round; decide again"
            )
        return setup, [Round(dict(both)) for both in batched(decided, len(seats))]

    def decisions(self, scenario: Scenario) -> list[Action]:
        """The decisions, read; in a game, too, that nobody decides before the first round and
        after the last. Raises ScenarioError.
        """
        from ..market import Action

        found = [Action(*one) for one in self._decided(scenario)]
        if not self.seats:
            return found
        setup = self.setup()
        silent = {week: nothing(scenario) for week in range(0, setup.first, WEEKS_PER_BILL)}
        if len(found) == setup.rounds * len(self.seats):
            for week in range(setup.week(setup.rounds), scenario.weeks, WEEKS_PER_BILL):
                silent[week] = silence(scenario)
        return found + [
            Action(week, seat, decision)
            for week, decisions in silent.items()
            for seat, decision in decisions.items()
        ]

    def _decided(self, scenario: Scenario) -> Iterator[tuple[int, str, Decision]]:
        for week, seat, text in self.actions:
            kind = (
                "app"
                if seat in scenario.apps
                else "carrier"
                if seat in scenario.carriers
                else "regulator"
            )
            try:
                levers = json.loads(text)
            except (ValueError, RecursionError):
                problem = 'is no JSON object such as {"promotion": 1000000}'
                raise ScenarioError("address", f"do={week}.{seat}", problem) from None
            try:
                yield week, seat, parse_decision(kind, levers)
            except ValueError as error:
                raise ScenarioError("address", f"do={week}.{seat}", str(error)) from None

    def key(self) -> str:
        """Equal for equal runs. Raises ScenarioError."""
        return self.loaded()[1]

    def loaded(self) -> tuple[Scenario, str]:
        """The story with its changes, and its key. Raises ScenarioError."""
        return _load(self, _stamps(self.story))


type Stamp = tuple[str, int, int, int, int]

_STAMPS: dict[str, tuple[Stamp, ...]] = {}


def _stamps(story: str) -> tuple[Stamp, ...]:
    """What differs when one of a story's files does, also when an older one took its place.
    Raises ScenarioError.
    """
    before = _STAMPS.get(story)
    if before is None or before != tuple(_stamp(Path(path)) for path, *_ in before):
        _STAMPS[story] = tuple(map(_stamp, sources(find(story)[0])))
    return _STAMPS[story]


def _stamp(path: Path) -> Stamp:
    try:
        stat = path.stat()
    except OSError:
        return str(path), 0, 0, 0, 0
    return str(path), stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino


@lru_cache(maxsize=128)
def _load(place: Place, _: tuple[Stamp, ...]) -> tuple[Scenario, str]:
    changes = {path: value_of(value) for path, value in place.changes}
    if path := _file_in(changes):
        raise ScenarioError(
            "address",
            path,
            "names a file; only a scenario file can, 'market-model play FILE' opens one",
        )
    if place.later:
        known = load_scenario(place.story, changes).events
        written = [event.model_dump(mode="json", exclude_none=True) for event in known]
        changes["events"] = written + [event_of(*one) for one in place.later]
    scenario = _played(*place.game()) if place.seats else load_scenario(place.story, changes)
    graph = scenario.society.graph
    sizes = (
        scenario.society.users,
        scenario.weeks,
        0 if graph.family in ("complete", "file") else graph.degree,
    )
    for (field, most), given in zip(MOST.items(), sizes, strict=True):
        if given > most:
            raise ScenarioError(
                place.story,
                field,
                f"{given:,} is more than a browser can show; at most {most:,}, "
                "or use 'market-model run'",
            )
    for app in scenario.messengers:
        if app in (*VIEWS, "contacts") or not re.fullmatch(r"[\w -]{1,60}", app):
            raise ScenarioError(
                place.story,
                f"apps.{app[:60]}",
                "is no name for an app in a browser; use other letters, digits and '_'",
            )
    parts = [
        FORMAT,
        place.story,
        scenario.model_dump_json(),
        place.seed,
        place.actions,
        *([place.seat] if place.seat else []),
        *([place.mission] if place.mission else []),
        *([place.beside] if place.beside else []),
    ]
    return scenario, hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _played(setup: Setup, rounds: list[Round]) -> Scenario:
    """A game's market as far as its rounds are decided; the silent weeks follow the last one."""
    weeks = setup.scenario.weeks if len(rounds) == setup.rounds else setup.week(len(rounds))
    return setup.scenario.model_copy(update={"weeks": weeks})


def _file_in(table: dict[str, Any]) -> str:
    """The path of a value that names a file to read; "" if there is none."""
    for path, value in table.items():
        if isinstance(value, str) and value and path.rpartition(".")[2] in ("csv", "file"):
            return path
        if isinstance(value, dict) and (inner := _file_in(value)):
            return f"{path}.{inner}"
    return ""


def opened(name: str) -> Place:
    """A story named on the command line, which joins those that an address can name. Raises
    ScenarioError.
    """
    if "/" in name or name not in builtin_names():
        OPENED.append(name)
    Place(name).key()
    return Place(name)


def whole(text: str, field: str, end: int = 10**15) -> int:
    """A number of an address, below `end`. Raises ScenarioError."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16 and int(text) < end):
        told = "a whole number; use 0, 1, 2 …" if end == 10**15 else f"one of 0 to {end - 1}"
        raise ScenarioError("address", field, f"'{text[:40]}' is not {told}")
    return int(text)


def _pair(text: str, field: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ScenarioError("address", field, f"'{text[:80]}' is not {form}")
    return name.strip(), value.strip()


def _later(text: str) -> tuple[int, str, str]:
    place, value = _pair(text, "then", "week.path=value")
    week, _, path = place.partition(".")
    return whole(week, "then"), path, value


def event_of(week: int, path: str, value: str) -> dict[str, Any]:
    """The event by which something is otherwise from a week on. Raises ScenarioError."""
    if path == "regulator.rule":
        return {"kind": "rule", "when": week, "rule": value}
    if path in LATER:
        return {
            "kind": "parameter",
            "when": week,
            "parameter": path.partition(".")[2],
            "value": value_of(value),
        }
    raise ScenarioError(
        "address",
        f"then={week}.{path[:60]}",
        f"cannot change while it runs; {suggest(path, LATER)}",
    )


def _action(text: str) -> tuple[int, str, str]:
    place, decision = _pair(text, "do", "week.seat={decision}")
    week, _, seat = place.partition(".")
    if not decision.startswith("{"):
        raise ScenarioError(
            "address", f"do={place[:80]}", f"'{decision[:80]}' is not a decision in braces"
        )
    return whole(week, "do"), seat, decision
