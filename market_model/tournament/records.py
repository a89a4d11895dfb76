"""The games of a tournament that teach most, as stored games that `replay` plays again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..game import Round, Setup
from ..game.record import PlayedMarket, PlayedRound, Record, digests
from ..scenario.files import text_file
from ..version import MODEL_VERSION
from ..words import Language
from .drive import Tournament
from .entries import IDLE, Entry
from .ladder import Ladder
from .matches import decisions

CHANCE = "random"
"""The bot whose games teach nothing."""


class KeptGame(NamedTuple):
    """A game that is kept: in it a bot won or lost most in the seat. `margin`: over doing nothing,
    money; `file`: where it lies.
    """

    seat: str
    which: str
    entry: str
    seed: int
    margin: float
    file: str


def kept_games(
    tournament: Tournament, ladder: Ladder, folder: Path, language: Language
) -> Iterator[KeptGame]:
    """Of each seat, the game in which an entry won most and that in which one lost most; written
    into a folder.
    """
    plan, setups = tournament.plan, {setup.seed: setup for setup in tournament.plan.setups}
    margins: dict[str, list[tuple[float, int, Entry]]] = {}
    idle: dict[tuple[str, int], float] = {}
    for entry, seat, seats in plan.alone():
        for seed in ladder.seeds:
            match = tournament.played.get((seed, seats))
            if match is None:
                continue
            if entry.name == IDLE:
                idle[seat, seed] = match.scores[seat]
            elif entry.bot not in (plan.bots[seat], CHANCE):
                margin = match.scores[seat] - idle[seat, seed]
                margins.setdefault(seat, []).append((margin, seed, entry))
    for seat, games in margins.items():
        games.sort(key=lambda one: (-one[0], one[1], one[2].name))
        ends = (("best", games[0]), ("worst", games[-1]))
        for which, (margin, seed, entry) in ends:
            if (margin <= 0) == (which == "best"):
                continue
            name = "".join(c if c.isalnum() or c in "-_" else "-" for c in entry.name)
            path = folder / f"{seat}-{which}-{name}-{seed}.json"
            record = record_of(setups[seed], seat, entry, language)
            text_file(path, record.model_dump_json(exclude_defaults=False))
            yield KeptGame(seat, which, entry.name, seed, margin, path.name)


def record_of(setup: Setup, seat: str, entry: Entry, language: Language) -> Record:
    """The game of an entry in a seat, played again."""
    rounds = [
        PlayedRound(decisions=decided, how=dict.fromkeys(decided, "decided"))
        for decided in decisions(setup, {seat: entry.bot})
    ]
    after = digests(setup, [Round(one.decisions) for one in rounds])
    market = PlayedMarket(
        players={seat: (entry.title(language),)}, rounds=tuple(rounds), digests=after
    )
    own = {seat: f"{entry.name} {entry.digest}"} if entry.own else {}
    return Record(
        model_version=MODEL_VERSION, setup=setup, language=language, bots=own, markets=(market,)
    )
