"""Who takes part in a tournament: the shipped bots, and files of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import suggest
from ..game import Setup
from ..game.setup import REGULATOR
from ..players.bots import BOTS
from ..players.decisions import Kind
from ..players.strategies import title, verify
from ..scenario import ScenarioError
from ..words import Language
from ..work.code import content_digest, is_code, named, placed

OPTION = "--entries"
IDLE = "passive"
"""The bot that does nothing; every margin is over its score."""


@dataclass(frozen=True)
class Entry:
    """A bot that takes part.

    Attributes:
        name: on the ladder. bot: a shipped name, or FILE.py:FUNCTION with its whole path. kind: of
            its seats. seats: where it plays. digest: of the content of its file, "" of a shipped
            one.
    """

    name: str
    bot: str
    kind: Kind
    seats: tuple[str, ...]
    digest: str = ""

    @property
    def own(self) -> bool:
        """Whether it is a file of one's own."""
        return bool(self.digest)

    def title(self, language: Language) -> str:
        """Its name for readers."""
        return self.name if self.own else title(self.bot, language)


def entries_of(setup: Setup, given: Sequence[str] = ()) -> list[Entry]:
    """The shipped bots, then those of --entries: [app=|carrier=|SEAT=]FILE.py[:FUNCTION], for apps
    where nothing is said. Raises ScenarioError: a seat, file or function that does not exist, or
    one that is named twice.
    """
    by_kind: dict[Kind, tuple[str, ...]] = {
        kind: tuple(seat for seat in setup.seats if setup.kind(seat) == kind)
        for kind in ("app", "carrier")
    }
    found = [
        Entry(name, name, kind, seats) for kind, seats in by_kind.items() for name in BOTS[kind]
    ]
    texts = [_parts(text) for text in given]
    short = [named(bot) for _, bot in texts]
    for (place, bot), name in zip(texts, short, strict=True):
        seats = _seats(setup, by_kind, place)
        kind = setup.kind(seats[0])
        verify(OPTION, place, bot, kind)
        own = Entry(
            name if short.count(name) == 1 else bot, placed(bot), kind, seats, content_digest(bot)
        )
        if any(own.bot == other.bot and own.kind == other.kind for other in found):
            raise ScenarioError(OPTION, "", f"names {bot} twice for the same kind of seat")
        found.append(own)
    return found


def _parts(text: str) -> tuple[str, str]:
    """Where an entry plays, and its file. Raises ScenarioError: it names no file."""
    place, equals, bot = text.partition("=")
    if not equals or is_code(place):
        place, bot = "app", text
    if not is_code(bot):
        problem = f"'{text}' is not FILE.py[:FUNCTION]; shipped bots take part anyway"
        raise ScenarioError(OPTION, "", problem)
    return place, bot


def _seats(setup: Setup, by_kind: Mapping[Kind, tuple[str, ...]], place: str) -> tuple[str, ...]:
    seats: dict[str, tuple[str, ...]] = {seat: (seat,) for seat in setup.seats}
    seats |= dict[str, tuple[str, ...]](app=by_kind["app"], carrier=by_kind["carrier"])
    if place == REGULATOR:
        problem = "makes rules and wins no money: it has no place in a tournament"
        raise ScenarioError(OPTION, place, problem)
    if not seats.get(place):
        known = [name for name, there in seats.items() if there]
        raise ScenarioError(OPTION, place, f"is no seat of this game; {suggest(place, known)}")
    return seats[place]
