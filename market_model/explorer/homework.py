"""Games that were handed in as addresses, each played again and marked: an address holds every
decision, so nothing in it can be claimed that was not played.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import BadInput
from ..game.counterfactuals import Game, skill_of
from ..game.skill import Skill
from ..scenario import ScenarioError
from .place import Place

LARGEST = 1 << 20
"""Bytes of a file of addresses."""
ADDRESS = re.compile(r"(?:https?://\S*?)?/solo\?(\S+)")


class HandedIn(NamedTuple):
    """An address, as it was handed in by somebody; a line without one has no `query`."""

    name: str
    query: str


class Grade(NamedTuple):
    """What a game that was handed in came to; plain data.

    Attributes:
        rounds: of the game; played: decided. skill: in the first seat of the address, None before
            the game is over. problem: why it cannot be played, "" if it can. key: equal for equal
            games.
    """

    name: str
    story: str
    seat: str
    seed: int
    played: int
    rounds: int
    skill: Skill | None
    problem: str = ""
    key: str = ""

    def as_data(self) -> dict[str, Any]:
        """The same for programs."""
        one, skill = self._asdict(), self.skill
        shown = skill and {"margin": skill.margin, "share": skill.share, "stars": skill.stars}
        return one | {"skill": shown}


def handed_in(files: Sequence[Path]) -> Iterator[HandedIn]:
    """All addresses of text files, and of those in folders: one a line, after a name, or with the
    file's. Who handed in something else is in the list without a game; a first line may be a
    heading. Raises ScenarioError: a file cannot be read, or one that is named has no address.
    """
    for path in files:
        for file in sorted(path.glob("*.txt")) if path.is_dir() else [path]:
            found = list(_addresses(file))
            if path.is_dir() and not found:
                found = [HandedIn(file.stem, "")]
            if not path.is_dir() and not any(one.query for one in found):
                raise ScenarioError(
                    str(file), "", "holds no address of a game such as http://…/solo?story=…&do=…"
                )
            yield from found


def _addresses(file: Path) -> Iterator[HandedIn]:
    try:
        with file.open("rb") as opened:
            text = opened.read(LARGEST).decode("utf-8-sig")
    except OSError as error:
        raise ScenarioError(str(file), "", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ScenarioError(str(file), "", "is no text; hand in a text file") from None
    for number, line in enumerate(text.splitlines()):
        if match := ADDRESS.search(line):
            name = line[: match.start()].strip(" \t,;:\"'")
            yield HandedIn(name or file.stem, match[1].rstrip("\"',;"))
        elif number and line.strip():
            yield HandedIn(line.strip()[:40], "")


def mark(one: HandedIn) -> Grade:
    """Play a game that was handed in."""
    if not one.query:
        return Grade(one.name, "", "", 0, 0, 0, None, "there is no address of a game")
    try:
        place = Place.read(one.query)
        setup, rounds = place.game()
        skill = None
        if len(rounds) == setup.rounds:
            skill = skill_of(Game.played(setup, rounds), place.seat)
    except BadInput as error:
        return Grade(one.name, "", "", 0, 0, 0, None, str(error))
    shown = place.story, place.seat, place.seed, len(rounds), setup.rounds
    return Grade(one.name, *shown, skill, "", place.key())
