"""A search for the numbers with which a champion plays a seat best: by chance, then uphill from the
best; what it is worth is told from lucks that it has not seen.
"""

from __future__ import annotations

import json
import math
import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from ..game import Setup
from ..game.limits import limits
from ..players.bots.champion import NUMBERS, PRICES, Champion, champions
from ..scenario import ScenarioError
from ..scenario.files import kept_lines, text_file, writing
from ..study.compare import interval
from ..version import MODEL_VERSION
from ..work.runner import outcomes
from .entries import IDLE
from .matches import play

BATCH = 8
"""Ways to play that are tried from the best so far before the best is looked for again."""
BY_CHANCE = 0.5
"""Share of the ways to play that are drawn from everywhere."""
REACH, LEAST_REACH, SHRINKS = 0.4, 0.05, 0.9
"""How far a step goes, of a number's range; at last; and what it is multiplied by after a batch
that found nothing better.
"""
CHANGED = 0.4
"""Chance that a step changes a number."""

type Numbers = dict[str, float]

STILL = {
    "ads": 1.0,
    "places": 1.0,
    "allowance_mb": 10.0,
    "price": 0.6,
    "ask": 0.345,
    "full": 1.5,
}
"""Numbers, other than their least or 1, with which a seat does next to nothing."""
ALONE: Mapping[str, Numbers] = {
    "free data": {"free_rounds": 10.0},
    "promotion": {"promotion": 0.3, "promotion_rounds": 10.0},
    "research": {"research": 0.4, "research_rounds": 1.0},
    "fewer ads": {"ads": 0.3, "ads_rounds": 10.0},
    "more ads": {"ads": 2.0, "ads_rounds": 10.0},
    "bonus": {"invite": 1.0, "bonus_rounds": 10.0},
    "bring a friend": {"bring_friend": 2.0, "bonus_rounds": 10.0},
}
"""An app's levers, each by itself: what any search tries first."""


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes:
        numbers: of the best way to play. tried: ways. games: played for that, and seeds of their
            luck. margin: mean over them, money. unseen: seeds of the report; champion, bot: mean
            margins over doing nothing there, of the best and of the game's bot; difference, low,
            high: theirs, with Student's 95 % interval.
    """

    story: str
    seat: str
    bot: str
    numbers: Numbers
    tried: int
    games: int
    seeds: list[int]
    margin: float
    unseen: list[int]
    champion: float
    bot_margin: float
    difference: float
    low: float
    high: float

    @property
    def better(self) -> bool:
        """Whether it beats the game's bot on lucks that it has not seen, beyond doubt."""
        return self.low > 0


def ranges(setup: Setup, seat: str) -> dict[str, tuple[float, float]]:
    """Least and most of each number of a seat; prices within the game's band."""
    found = dict(NUMBERS[setup.kind(seat)])
    carrier = setup.scenario.carriers.get(seat)
    if carrier is None:
        return found
    plan = carrier.main_plan
    usual = {
        "plan_fee": plan.fee,
        "plan_cap_mb": plan.cap_mb,
        "plan_overage": plan.overage,
        "sms_price": carrier.sms_price,
        "voice_price": carrier.voice_price,
    }
    band = limits(setup.scenario, seat)
    for name, lever in PRICES.items():
        low, high = band[lever]
        if usual[lever] <= 0 or low == high:
            found[name] = (1.0, 1.0)
    return found


def margin(setup: Setup, seat: str, numbers: Numbers | str | None) -> float:
    """What a seat wins over doing nothing, money: by numbers, by a bot, or (None) by its own."""
    play_as = Champion(numbers, setup.first) if isinstance(numbers, dict) else numbers
    played = play(setup, {} if play_as is None else {seat: play_as})
    return played.scores[seat] - _nothing(setup, seat)


def _nothing(setup: Setup, seat: str) -> float:
    key = setup.digest, setup.seed, seat
    if key not in _known:
        _known[key] = play(setup, {seat: IDLE}).scores[seat]
    return _known[key]


_known: dict[tuple[str, int, str], float] = {}


class Search:
    """A search under way.

    Attributes:
        tried: margins by seed of each way to play, by its numbers as JSON; one that fell far short
            of the best with the first luck has that margin alone.
    """

    def __init__(
        self,
        setups: Sequence[Setup],
        seat: str,
        *,
        value: Callable[[Setup, str, Numbers], float] = margin,
        workers: int = 1,
        file: Path | None = None,
        on_done: Callable[..., None] | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Args: setups: the game with each luck that the search sees. value: of a way to play, more
        is better; importable by name for other processes. file: of what was tried, to go on from.
        on_done: called after each game. stopping: asked before each; True ends it.
        Raises ScenarioError: the file is of another search.
        """
        self.setups, self.seat, self.workers, self.file = setups, seat, workers, file
        self.value, self.on_done, self.stopping = value, on_done, stopping
        self.bounds = ranges(setups[0], seat)
        self.tried: dict[str, list[float]] = {}
        if file is not None:
            self._read(file)

    def run(self, games: int, luck: int = 0) -> Numbers:
        """The best way to play of so many games. `luck`: of the draws. Raises KeyboardInterrupt: it
        was stopped.
        """
        draw = random.Random(f"{self.seat}/{luck}")
        known = [self._still(), *self._alone(), *self._shipped()][:games]
        self._try(known)
        while self._games(known) < BY_CHANCE * games:
            batch = [self._drawn(draw) for _ in range(BATCH)]
            self._try(batch)
            known += batch
        reach = REACH
        while (left := games - self._games(known)) > 0:
            best = max(known, key=self.mean)
            batch = [self._step(best, draw, reach) for _ in range(min(BATCH, left))]
            self._try(batch)
            if max(map(self.mean, batch)) <= self.mean(best):
                reach = max(reach * SHRINKS, LEAST_REACH)
            known += batch
        return max(known, key=self.mean)

    def mean(self, way: Numbers) -> float:
        """Mean margin of a way to play, money; −∞ where it was given up after its first game."""
        margins = self.tried[_key(way)]
        return fmean(margins) if len(margins) == len(self.setups) else -math.inf

    def _games(self, ways: Sequence[Numbers]) -> int:
        return sum(len(self.tried[key]) for key in {_key(way) for way in ways})

    def _alone(self) -> list[Numbers]:
        app = "free_rounds" in self.bounds
        return [self._still() | numbers for numbers in (ALONE.values() if app else ())]

    def _shipped(self) -> list[Numbers]:
        """The champion that is shipped for the seat, if there is one."""
        found = champions().get(self.setups[0].scenario.name, {}).get(self.seat, {})
        return [{name: found[name] for name in self.bounds}] if found else []

    def _still(self) -> Numbers:
        """Nearly doing nothing: where any search begins."""
        return {
            name: STILL.get(name, 1.0 if 0 < low <= 1 <= high else low)
            for name, (low, high) in self.bounds.items()
        }

    def _drawn(self, draw: random.Random) -> Numbers:
        return {
            name: _short(low + draw.random() ** 2 * (high - low))
            if name in ("promotion", "research", "allowance_mb")
            else _short(draw.uniform(low, high))
            for name, (low, high) in self.bounds.items()
        }

    def _step(self, best: Numbers, draw: random.Random, reach: float) -> Numbers:
        changed = dict(best)
        for name, (low, high) in self.bounds.items():
            moves, far = draw.random() < CHANGED, draw.gauss(0.0, 1.0)
            if moves:
                value = best[name] + far * reach * (high - low)
                changed[name] = _short(min(max(value, low), high))
        return changed

    def _try(self, ways: Sequence[Numbers]) -> None:
        """Play what is not known yet: with the first luck, and on with the others where that leaves
        a hope.
        """
        keys = [key for key in dict.fromkeys(map(_key, ways)) if key not in self.tried]
        first = self._played([(key, 0) for key in keys])
        whole = [m for m in self.tried.values() if len(m) == len(self.setups)]
        best = max(whole, key=fmean, default=None)
        bar = -math.inf if best is None else best[0] - (max(best) - min(best))
        hopeful = [key for key in keys if first[key, 0] >= bar]
        rest = self._played([(k, n) for k in hopeful for n in range(1, len(self.setups))])
        found = first | rest
        for key in keys:
            lucks = range(len(self.setups) if key in hopeful else 1)
            self._keep(key, [found[key, n] for n in lucks])

    def _played(self, tasks: Sequence[tuple[str, int]]) -> dict[tuple[str, int], float]:
        """Margins of games: (way to play, luck)."""
        found: dict[tuple[str, int], float] = {}

        def given() -> Any:
            for key, n in tasks:
                if self.stopping():
                    return
                yield self.setups[n], self.seat, json.loads(key)

        with closing(outcomes(self.value, given(), workers=self.workers)) as ends:
            for end in ends:
                key, _ = tasks[end.index]
                if end.status != "ok":
                    raise ScenarioError(self.seat, key, end.error.strip().splitlines()[-1])
                found[tasks[end.index]] = end.value
                if self.on_done:
                    self.on_done()
        if len(found) < len(tasks):
            raise KeyboardInterrupt
        return found

    def _question(self) -> dict[str, Any]:
        first = self.setups[0]
        return {
            "story": first.scenario.name,
            "seat": self.seat,
            "setup": first.digest,
            "seeds": [setup.seed for setup in self.setups],
            "model_version": MODEL_VERSION,
        }

    def _read(self, file: Path) -> None:
        if not file.is_file():
            with writing(file):
                file.parent.mkdir(parents=True, exist_ok=True)
                text_file(file, json.dumps(self._question()) + "\n")
            return
        asked, *lines = kept_lines(file) or [None]
        if asked != self._question():
            raise ScenarioError(str(file), "", "is of another search; choose another with --out")
        for line in lines:
            if isinstance(line, list) and len(line) == 2:
                self.tried[line[0]] = line[1]

    def _keep(self, key: str, values: list[float]) -> None:
        self.tried[key] = values
        if self.file is not None:
            with writing(self.file), self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, values]) + "\n")


def champions_in(file: Path) -> dict[str, dict[str, Any]]:
    """What a file of champions holds, nothing if it is not there. Raises ScenarioError: it is
    another kind of file.
    """
    found: dict[str, Any]
    try:
        found = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    except ValueError:
        found = {"": None}
    if not all(isinstance(story, dict) and "first" in story for story in found.values()):
        raise ScenarioError(str(file), "", "holds no champions; choose another with --save")
    return found


def save(finding: SearchResult, first: int, file: Path) -> None:
    """Put the numbers into a file of champions, in place of those that it has for the seat.
    `first`: week of the story's first round.
    """
    text = file.read_text("utf-8") if file.is_file() else ""
    head = "".join(f"{line}\n" for line in text.splitlines() if line.startswith("#"))
    found = champions_in(file)
    story = found.setdefault(finding.story, {}) | {"first": first}
    found[finding.story] = story | {finding.seat: {"about": about(finding)} | finding.numbers}
    lines = [head]
    for name in sorted(found):
        lines.append(f"[{name}]\nfirst = {found[name]['first']}\n")
        for seat, table in sorted(found[name].items()):
            if isinstance(table, dict):
                rows = [f"{key} = {json.dumps(value)}\n" for key, value in table.items()]
                lines.append(f"\n[{name}.{seat}]\n{''.join(rows)}")
        lines.append("\n")
    text_file(file, "".join(lines).rstrip() + "\n")


def about(finding: SearchResult) -> str:
    """How numbers were found, in a line."""
    unseen, seeds = finding.unseen, finding.seeds
    return (
        f"{finding.games} games, seeds {seeds[0]} to {seeds[-1]}; with seeds {unseen[0]} to "
        f"{unseen[-1]}, not seen before, {finding.champion / 1e6:,.4g} M over doing nothing, "
        f"{finding.bot} {finding.bot_margin / 1e6:,.4g} M; difference {finding.low / 1e6:,.4g} to "
        f"{finding.high / 1e6:,.4g} M (95 %)"
    )


def report(setups: Sequence[Setup], search: Search, numbers: Numbers) -> SearchResult:
    """What numbers are worth with lucks that the search has not seen. Raises ScenarioError: a game
    went wrong.
    """
    first, seat = setups[0], search.seat
    tasks = [(setup, seat, way) for way in (numbers, None) for setup in setups]
    values: dict[int, float] = {}
    for end in outcomes(margin, tasks, workers=search.workers):
        if end.status != "ok":
            raise ScenarioError(seat, "", end.error.strip().splitlines()[-1])
        values[end.index] = end.value
    count = len(setups)
    champion, bot = ([values[part + n] for n in range(count)] for part in (0, count))
    return SearchResult(
        first.scenario.name,
        seat,
        first.bot(seat),
        numbers,
        len(search.tried),
        sum(map(len, search.tried.values())),
        [setup.seed for setup in search.setups],
        fmean(search.tried[_key(numbers)]),
        [setup.seed for setup in setups],
        fmean(champion),
        fmean(bot),
        *interval(np.array(champion) - np.array(bot)),
    )


def _key(numbers: Mapping[str, float]) -> str:
    return json.dumps(numbers, sort_keys=True)


def _short(value: float) -> float:
    """Three digits that matter: numbers that one can read."""
    return float(f"{value:.3g}")
