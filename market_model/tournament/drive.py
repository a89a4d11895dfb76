"""A tournament: every entry in every seat of its kind, against the game's own bots and against the
other entries, with the same luck for all; kept game by game, so that it goes on where it ended.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..game import Setup
from ..scenario import ScenarioError
from ..scenario.files import check_writable, kept_lines, text_file, writing
from ..version import MODEL_VERSION
from ..work.code import is_code
from ..work.runner import Outcome, outcomes
from .entries import IDLE, Entry
from .ladder import Ladder, ladder_of
from .matches import Match, play

PATIENCE = 300.0
"""Seconds after which a game is ended, where games are played in other processes."""
FINAL = ("timeout", "crashed")
"""How games end in which a bot hung or ended its process."""
QUESTION, GAMES = "tournament.json", "games.jsonl"
"""Files of a tournament's folder: what is asked, and the games that were played."""

type Seats = tuple[tuple[str, str], ...]
"""Entries in a game: (seat, bot), but for seats that their game's bot plays anyway."""


@dataclass(frozen=True)
class Fixtures:
    """What is to be played.

    Attributes:
        setups: the game, with the luck of each seed. entries: who takes part.
    """

    setups: Sequence[Setup]
    entries: Sequence[Entry]

    @property
    def kinds(self) -> dict[str, str]:
        """Kinds by seat."""
        first = self.setups[0]
        return {seat: first.kind(seat) for seat in first.seats}

    @property
    def bots(self) -> dict[str, str]:
        """The game's bots by seat."""
        first = self.setups[0]
        return {seat: first.bot(seat) for seat in first.seats}

    def alone(self) -> Iterator[tuple[Entry, str, Seats]]:
        """Games of each entry in each seat, doing nothing first."""
        for entry in sorted(self.entries, key=lambda one: one.name != IDLE):
            for seat in entry.seats:
                yield entry, seat, self.seats({seat: entry.bot})

    def together(self, setup: Setup) -> Iterator[dict[str, Entry]]:
        """Entries in all seats: each sits in each of its seats at least once, and whom it meets
        there is drawn.
        """
        luck = random.Random(setup.seed)
        orders = {
            seat: luck.sample(there, len(there))
            for seat in setup.seats
            if (there := [entry for entry in self.entries if seat in entry.seats])
        }
        for n in range(max(map(len, orders.values()))):
            yield {seat: order[n % len(order)] for seat, order in orders.items()}

    def seats(self, seating: Mapping[str, str]) -> Seats:
        """A seating without the bots that sit there anyway."""
        return tuple((s, b) for s, b in sorted(seating.items()) if b != self.bots[s])

    def games(self) -> list[tuple[Setup, Seats]]:
        """All games, each once, seed by seed."""
        found: dict[tuple[int, Seats], Setup] = {}
        for setup in self.setups:
            for _, _, seats in self.alone():
                found[setup.seed, seats] = setup
            for seating in self.together(setup):
                found[setup.seed, self.seats({s: e.bot for s, e in seating.items()})] = setup
        return [(setup, seats) for (_, seats), setup in found.items()]

    def question(self) -> dict[str, Any]:
        """What a folder of games is about; seeds and entries may be added."""
        return {
            "scenario": self.setups[0].scenario.name,
            "setup": self.setups[0].digest,
            "model_version": MODEL_VERSION,
        }


class Tournament:
    """Games as they are played.

    Attributes:
        plan: all of them. played: those that ended, by seed and seats. out: bots that hung or ended
            their process, and how. failures: games that went wrong otherwise.
    """

    def __init__(self, plan: Fixtures, folder: Path | None = None) -> None:
        """Args: folder: of games that were kept, and are from now on. Raises ScenarioError: it
        holds another tournament.
        """
        self.plan, self.folder = plan, folder
        self.played: dict[tuple[int, Seats], Match] = {}
        self.out: dict[str, str] = {}
        self.failures: list[str] = []
        self._digests = {entry.bot: entry.digest for entry in plan.entries}
        if folder is not None:
            self._read(folder)

    @property
    def left(self) -> list[tuple[Setup, Seats]]:
        """Games that are still to be played."""
        return [
            (setup, seats)
            for setup, seats in self.plan.games()
            if (setup.seed, seats) not in self.played
            and not any(bot in self.out for _, bot in seats)
        ]

    def go_on(
        self,
        workers: int = 1,
        on_done: Callable[..., None] | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Play what is left. `stopping`: asked before each game; True ends it after those under
        way.
        """
        left = self.left
        first, rest = left[:1], left[1:]  # the first one compiles, in this process
        for some, many in ((first, 1), (rest, workers)):
            with closing(self._ends(some, many, stopping)) as ends:
                for end in ends:
                    self._keep(*some[end.index], end)
                    if on_done:
                        on_done(end)

    def _ends(
        self, left: Sequence[tuple[Setup, Seats]], workers: int, stopping: Callable[[], bool]
    ) -> Generator[Outcome]:
        def tasks() -> Iterator[tuple[Any, ...]]:
            for setup, seats in left:
                if stopping():
                    return
                yield setup, dict(seats)

        return outcomes(play, tasks(), workers=workers, timeout=PATIENCE)

    def _keep(self, setup: Setup, seats: Seats, end: Outcome) -> None:
        own = [bot for _, bot in seats if is_code(bot)]
        if end.status == "ok":
            self.played[setup.seed, seats] = end.value
            self._write(setup.seed, seats, end.value)
        elif end.status in FINAL and len(own) == 1:
            self.out[own[0]] = end.error
        elif not any(bot in self.out for bot in own):
            last = end.error.strip().splitlines()[-1:]
            said = ", ".join(f"{seat}={bot}" for seat, bot in seats) or "bots alone"
            self.failures.append(f"seed {setup.seed}, {said}: {end.status}: {' '.join(last)}")

    def ladder(self) -> Ladder | None:
        """Of the seeds that are whole; None where none is."""
        alone: dict[tuple[str, str, str], dict[int, Match]] = {}
        together: dict[tuple[str, str, str], dict[int, float]] = {}
        whole: list[int] = []
        for setup in self.plan.setups:
            seed, gap = setup.seed, False
            for entry, seat, seats in self.plan.alone():
                match = self.played.get((seed, seats))
                if match is not None:
                    alone.setdefault((entry.kind, entry.name, seat), {})[seed] = match
                gap = gap or (match is None and entry.bot not in self.out)
            if gap:
                continue
            whole.append(seed)
            met: dict[tuple[str, str, str], list[float]] = {}
            for seating in self.plan.together(setup):
                seats = self.plan.seats({s: e.bot for s, e in seating.items()})
                if (match := self.played.get((seed, seats))) is None:
                    continue
                for seat, entry in seating.items():
                    idle = alone[entry.kind, IDLE, seat][seed].scores[seat]
                    met.setdefault((entry.kind, entry.name, seat), []).append(
                        match.scores[seat] - idle
                    )
            for place, margins in met.items():
                together.setdefault(place, {})[seed] = sum(margins) / len(margins)
        if not whole:
            return None
        plan = self.plan
        return ladder_of(plan.kinds, plan.bots, plan.entries, alone, together, whole, self.out)

    def _read(self, folder: Path) -> None:
        question, place = self.plan.question(), folder / QUESTION
        check_writable(folder)
        if place.is_file():
            try:
                same = json.loads(place.read_text("utf-8")) == question
            except ValueError:
                same = False
            if not same:
                raise ScenarioError(
                    str(folder), "", "holds another tournament; choose another folder with --out"
                )
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            text_file(place, json.dumps(question, indent=1))
        for kept in kept_lines(folder / GAMES):
            try:
                match, seed, given = Match(**kept["match"]), kept["seed"], kept["seats"]
            except (KeyError, TypeError):  # a line of somebody else's
                continue
            seats: Seats = tuple((seat, bot) for seat, bot, _ in given)
            if all(self._digests.get(bot) == digest for _, bot, digest in given):
                self.played[seed, seats] = match

    def _write(self, seed: int, seats: Seats, match: Match) -> None:
        if self.folder is None:
            return
        line = {
            "seed": seed,
            "seats": [(seat, bot, self._digests.get(bot, "")) for seat, bot in seats],
            "match": asdict(match),
        }
        with (
            writing(self.folder, "make room, then run the same command again"),
            (self.folder / GAMES).open("a", encoding="utf-8") as file,
        ):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
