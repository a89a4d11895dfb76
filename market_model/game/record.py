"""A game as it was played, as plain data: enough to play it again, week by week."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from .. import MODEL_VERSION
from ..scenario import ScenarioError
from ..scenario.errors import from_pydantic
from ..scenario.fields import Table as Fields
from ..words import Language
from .setup import Setup
from .shocks import Card
from .table import Round, Sealed, Table


class Prediction(Fields):
    """Of a player, before the first round: the app with most active users at the end, and the share
    of the new users that free data brought who will still be active after the silent weeks."""

    name: str
    market: int = Field(ge=0)
    seat: str
    leader: str
    stay: float = Field(ge=0, le=1)


class PlayedRound(Fields):
    """Decisions that counted, by seat, and whose they were; a seat that is not there was its
    bot's. The host's shock cards.
    """

    decisions: dict[str, Sealed] = {}
    shocks: tuple[Card, ...] = ()
    how: dict[str, Literal["decided", "draft", "unchanged", "bot"]] = {}

    def how_of(self, seat: str) -> str:
        return self.how.get(seat, "decided" if seat in self.decisions else "bot")


class PlayedMarket(Fields):
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


class Record(Fields):
    """A game, finished or not; nobody is known but by nickname."""

    model_version: int = Field(MODEL_VERSION, ge=MODEL_VERSION, le=MODEL_VERSION)
    setup: Setup
    language: Language = "en"
    predictions: tuple[Prediction, ...] = ()
    markets: tuple[PlayedMarket, ...] = Field(min_length=1)

    def names(self, market: int, seat: str) -> str:
        """Who sat there; "" for a seat that nobody took."""
        return ", ".join(self.markets[market].players.get(seat, ()))


class Mismatch(NamedTuple):
    """The first round (0 = first) of a market that came out otherwise; `found`: its digest now,
    or why it cannot be played.
    """

    market: int
    round: int
    expected: str
    found: str


def read(path: Path) -> Record:
    """A record from its ZIP or its game.json. Raises ScenarioError: there is none, it is broken,
    or of another version.
    """
    try:
        return Record.model_validate(json.loads(_text(path)))
    except ValidationError as error:
        raise from_pydantic(str(path), error) from None
    except OSError as error:
        raise ScenarioError(str(path), "", f"cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, zipfile.BadZipFile):
        raise ScenarioError(
            str(path),
            "",
            "is no game; give the ZIP that a game was exported to, or the game.json in it",
        ) from None


def _text(path: Path) -> str:
    if not zipfile.is_zipfile(path):
        return path.read_text("utf-8")
    with zipfile.ZipFile(path) as file:
        return file.read("game.json").decode()


def digests(setup: Setup, rounds: Sequence[Round]) -> tuple[str, ...]:
    """Of a market, after each of these rounds."""
    from ..market.digest import digest

    table, found = Table(setup), list[str]()
    for one in rounds:
        table.play(one)
        found.append(digest(table.market))
    return tuple(found)


def replay(record: Record) -> list[Mismatch]:
    """Play every market again; where one comes out otherwise, its first such round."""
    from ..market.digest import digest

    wrong: list[Mismatch] = []
    for m, market in enumerate(record.markets):
        table = Table(record.setup)
        for r, (one, expected) in enumerate(zip(market.as_rounds(), market.digests, strict=True)):
            try:
                table.play(one)
                found = digest(table.market)
            except ValueError as error:
                found = str(error)
            if found != expected:
                wrong.append(Mismatch(m, r, expected, found))
                break
    return wrong
