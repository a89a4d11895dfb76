"""A game as it was played, as plain data: enough to play it again, week by week."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from ..errors import suggest
from ..scenario import ScenarioError
from ..scenario.errors import from_pydantic
from ..scenario.fields import Table
from ..version import MODEL_VERSION
from ..words import Language
from .setup import MOST_ROUNDS, REGULATOR, USERS, Setup
from .shocks import Card
from .table import GameTable, Round, Sealed

LARGEST = 64 << 20
"""Bytes of a game as JSON; 100 markets of 26 rounds have a fifth of it."""
MOST_MARKETS = 600
"""One for each player of the largest class."""


class Prediction(Table):
    """Of a player, before the first round: the app with most active users at the end, and the share
    of the new users that free data brought who will still be active after the silent weeks."""

    name: str
    market: int = Field(ge=0)
    seat: str
    leader: str
    stay: float = Field(ge=0, le=1)


class PlayedRound(Table):
    """Decisions that counted, by seat, and whose they were; a seat that is not there was its
    bot's. The host's shock cards.
    """

    decisions: dict[str, Sealed] = {}
    shocks: tuple[Card, ...] = ()
    how: dict[str, Literal["decided", "draft", "unchanged", "bot"]] = {}

    def how_of(self, seat: str) -> str:
        return self.how.get(seat, "decided" if seat in self.decisions else "bot")


class PlayedMarket(Table):
    """Nicknames of who sat in each seat, the rounds played, and the digest after each."""

    players: dict[str, tuple[str, ...]] = {}
    rounds: tuple[PlayedRound, ...] = ()
    digests: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _a_digest_for_each_round(self) -> Self:
        if len(self.digests) != len(self.rounds):
            raise ValueError(f"{len(self.digests)} digests for {len(self.rounds)} rounds")
        return self

    def as_rounds(self) -> list[Round]:
        return [Round(one.decisions, one.shocks) for one in self.rounds]


class Record(Table):
    """A game, finished or not; nobody is known but by nickname. `bots`: files of Python that
    decided for seats nobody took, by seat, each with the digest of every content that it had; what
    they decided is in the rounds.
    """

    model_version: int = Field(MODEL_VERSION, ge=MODEL_VERSION, le=MODEL_VERSION)
    setup: Setup
    language: Language = "en"
    predictions: tuple[Prediction, ...] = ()
    bots: dict[str, str] = {}
    markets: tuple[PlayedMarket, ...] = Field(min_length=1)

    def names(self, market: int, seat: str) -> str:
        """Who sat there; "" for a seat that nobody took."""
        return ", ".join(self.markets[market].players.get(seat, ()))


class Mismatch(NamedTuple):
    """The first round (0 = first) of a market that came out otherwise; `actual`: its digest now,
    or why it cannot be played.
    """

    market: int
    round: int
    expected: str
    actual: str


def read(path: Path) -> Record:
    """A record from its ZIP or its game.json. Raises ScenarioError: there is none, it is broken,
    or of another version.
    """
    try:
        return checked(Record.model_validate(json.loads(_text(path))), path)
    except ScenarioError:
        raise
    except ValidationError as error:
        raise from_pydantic(str(path), error) from None
    except OSError as error:
        raise ScenarioError(str(path), "", f"cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, RecursionError, zipfile.BadZipFile, NotImplementedError):
        raise ScenarioError(
            str(path),
            "",
            "is no game; give the ZIP that a game was exported to, or the game.json in it",
        ) from None


def checked(record: Record, path: Path) -> Record:
    """A record that a game can have led to; a file that no game wrote is refused before it costs
    hours. Raises ScenarioError.
    """
    for field, problem in _impossible(record):
        raise ScenarioError(str(path), field, problem)
    return record


def _impossible(record: Record) -> Iterator[tuple[str, str]]:
    """Fields that no game has as they are, and what is wrong with them."""
    setup, scenario = record.setup, record.setup.scenario
    players = {*scenario.apps, *scenario.carriers, REGULATOR}
    played = max(len(market.rounds) for market in record.markets)
    if not 0 <= setup.seed < 2**63:
        yield "setup.seed", f"is {setup.seed}; it must be from 0 to 2^63 - 1"
    if not 1 <= setup.rounds <= MOST_ROUNDS:
        yield "setup.rounds", f"is {setup.rounds}; a game has 1 to {MOST_ROUNDS}"
    if setup.first < 0 or setup.week(setup.rounds) > scenario.weeks:
        yield (
            "setup.first",
            f"is {setup.first}; {setup.rounds} rounds from then on do not fit into the scenario's "
            f"{scenario.weeks} weeks",
        )
    if scenario.society.users > USERS:
        yield "setup.scenario.society.users", f"is {scenario.society.users}; at most {USERS}"
    for seat in setup.seats:
        if seat not in players:
            yield "setup.seats", f"there is no '{seat}'; {suggest(seat, players)}"
    if len(set(setup.seats)) < len(setup.seats):
        yield "setup.seats", "names a seat twice"
    if len(record.markets) > MOST_MARKETS:
        yield "markets", f"there are {len(record.markets)}; a class has up to {MOST_MARKETS}"
    if played > setup.rounds:
        yield "markets.rounds", f"a market has {played}; the game has {setup.rounds}"


def _text(path: Path) -> str:
    """The text of a game, of which no more is read than a game can have."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
    else:
        with zipfile.ZipFile(path) as folder, folder.open("game.json") as file:
            text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise ScenarioError(str(path), "", f"is larger than {LARGEST >> 20} MiB; no game is")
    return text.decode()


def digests(setup: Setup, rounds: Sequence[Round]) -> tuple[str, ...]:
    """Of a market, after each of these rounds."""
    from ..market.digest import digest

    table, after = GameTable(setup), list[str]()
    for one in rounds:
        table.play(one)
        after.append(digest(table.market))
    return tuple(after)


def replay(record: Record) -> list[Mismatch]:
    """Play every market again; where one comes out otherwise, its first such round."""
    from ..market.digest import digest

    wrong: list[Mismatch] = []
    for m, market in enumerate(record.markets):
        table = GameTable(record.setup)
        for r, (one, expected) in enumerate(zip(market.as_rounds(), market.digests, strict=True)):
            try:
                table.play(one)
                actual = digest(table.market)
            except ValueError as error:
                actual = str(error)
            if actual != expected:
                wrong.append(Mismatch(m, r, expected, actual))
                break
    return wrong
