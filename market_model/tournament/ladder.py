"""Ladder and matrix of a tournament: what bots win over doing nothing, beside what the best shipped
bot wins with the same luck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean, stdev
from typing import Any

import numpy as np

from ..study.compare import interval
from .entries import IDLE, Entry
from .matches import Match

LEAST, MOST = -1.0, 3.0
"""Bounds of a skill share within a mean, so that one seat does not decide a ladder."""

SURE = 2.0
"""Standard errors by which the best shipped bot's mean margin must be above 0: shares of less are
luck ÷ luck. Of one seed nobody knows.
"""

type Alone = Mapping[tuple[str, str, str], Mapping[int, Match]]
"""Games by (kind, entry, seat) and seed, in which all other seats are their game's bots'."""
type Together = Mapping[tuple[str, str, str], Mapping[int, float]]
"""Margins by the same, of games in which entries sit in all seats."""


@dataclass(frozen=True)
class Yardstick:
    """What a seat is measured by.

    Attributes:
        seat, kind, bot: the seat, and its game's bot. nothing: mean score of doing nothing, money.
        bot_margin: of its game's bot, over that. best, best_margin: the shipped bot that wins most
            on average, and how much; "" and 0 where none wins more than doing nothing, or no more
            than luck makes of it (`SURE`), and no share is told.
    """

    seat: str
    kind: str
    bot: str
    nothing: float
    bot_margin: float
    best: str
    best_margin: float


@dataclass(frozen=True)
class SeatResult:
    """How an entry does in a seat: mean margin over doing nothing with its 95 % interval over
    seeds, money, and that mean ÷ the best shipped bot's (skill share; None where there is none).
    """

    entry: str
    kind: str
    seat: str
    margin: float
    low: float
    high: float
    share: float | None


@dataclass(frozen=True)
class Rung:
    """An entry on the ladder of its kind.

    Attributes:
        rank: 1 is the best. share, low, high: mean skill share over its seats, and the 95 %
            interval over seeds (Student's t; None of one seed); each seat's share counts from −1 to
            3. together: the same mean in games in which entries sit in all seats.
        games: how many stand behind `share`. refused, broken: rounds lost to decisions that could
            not be carried out, and to errors. out: whether it hung or ended its process, so that
            all its games count as doing nothing. problem: the first that went wrong.
    """

    rank: int
    entry: str
    kind: str
    own: bool
    share: float | None
    low: float | None
    high: float | None
    together: float | None
    games: int
    refused: int
    broken: int
    out: bool
    problem: str


@dataclass(frozen=True)
class Ladder:
    """What came of a tournament. `seeds`: those in which every game was played."""

    seeds: list[int]
    seats: list[Yardstick]
    ladder: list[Rung]
    matrix: list[SeatResult]

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def ladder_of(
    kinds: Mapping[str, str],
    bots: Mapping[str, str],
    entries: Sequence[Entry],
    alone: Alone,
    together: Together,
    seeds: Sequence[int],
    out: Mapping[str, str],
) -> Ladder:
    """The ladder of the games played with some seeds.

    Args: kinds, bots: kind and game's bot by seat. out: entries that hung or ended their process,
    by bot, and how.
    """
    nothing = {
        seat: {s: alone[kinds[seat], IDLE, seat][s].scores[seat] for s in seeds} for seat in kinds
    }
    margins = {
        (entry.kind, entry.name, seat): [
            alone[entry.kind, entry.name, seat][s].scores[seat] - nothing[seat][s]
            if entry.bot not in out
            else 0.0
            for s in seeds
        ]
        for entry in entries
        for seat in entry.seats
    }
    seats = [_yardstick(seat, kinds[seat], bots[seat], entries, margins, nothing) for seat in kinds]
    best = {one.seat: one.best_margin for one in seats}
    matrix = [
        SeatResult(
            name,
            kind,
            seat,
            *interval(np.array(values)),
            fmean(values) / best[seat] if best[seat] else None,
        )
        for (kind, name, seat), values in margins.items()
    ]
    rungs = [_rung(entry, margins, alone, together, best, seeds, out) for entry in entries]
    ranked: list[Rung] = []
    for kind in ("app", "carrier"):
        group = [one for one in rungs if one.kind == kind]
        group.sort(key=lambda one: (one.share is None, -(one.share or 0.0), one.entry))
        ranked += [replace(one, rank=n) for n, one in enumerate(group, 1)]
    return Ladder(list(seeds), seats, ranked, matrix)


def _yardstick(
    seat: str,
    kind: str,
    bot: str,
    entries: Sequence[Entry],
    margins: Mapping[tuple[str, str, str], Sequence[float]],
    nothing: Mapping[str, Mapping[int, float]],
) -> Yardstick:
    shipped = {
        entry.name: fmean(margins[kind, entry.name, seat])
        for entry in entries
        if not entry.own and entry.kind == kind
    }
    best = max(shipped, key=lambda name: shipped[name])
    values = margins[kind, best, seat]
    error = stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    wins = shipped[best] > SURE * error
    return Yardstick(
        seat,
        kind,
        bot,
        fmean(nothing[seat].values()),
        shipped.get(bot, 0.0),
        best if wins else "",
        shipped[best] if wins else 0.0,
    )


def _rung(
    entry: Entry,
    margins: Mapping[tuple[str, str, str], Sequence[float]],
    alone: Alone,
    together: Together,
    best: Mapping[str, float],
    seeds: Sequence[int],
    out: Mapping[str, str],
) -> Rung:
    measured = [seat for seat in entry.seats if best[seat]]
    places = [(entry.kind, entry.name, seat) for seat in entry.seats]
    by_seed = [
        fmean(_bounded(margins[entry.kind, entry.name, seat][n] / best[seat]) for seat in measured)
        for n in range(len(seeds) if measured else 0)
    ]
    mean, low, high = interval(np.array(by_seed)) if by_seed else (None, None, None)
    met = [
        _bounded(margin / best[place[2]])
        for place in places
        if best[place[2]]
        for seed, margin in together.get(place, {}).items()
        if seed in seeds
    ]
    games = [alone[place][s] for place in places for s in seeds] if entry.bot not in out else []
    seat_of = [seat for seat in entry.seats for _ in seeds]
    wrong = [
        match.problems[seat]
        for match, seat in zip(games, seat_of, strict=False)
        if seat in match.problems
    ]
    several = len(seeds) > 1
    return Rung(
        0,
        entry.name,
        entry.kind,
        entry.own,
        mean,
        low if several else None,
        high if several else None,
        (fmean(met) if met else None) if entry.bot not in out else 0.0,
        len(games),
        sum(m.refused.get(seat, 0) for m, seat in zip(games, seat_of, strict=False)),
        sum(m.broken.get(seat, 0) for m, seat in zip(games, seat_of, strict=False)),
        entry.bot in out,
        out.get(entry.bot, "") or next(iter(wrong), ""),
    )


def _bounded(share: float) -> float:
    return min(max(share, LEAST), MOST)
