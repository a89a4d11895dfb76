"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .screen import note

if TYPE_CHECKING:
    from ..players.decisions import Kind
    from ..scenario import Scenario


def one_of(option: str, *known: str) -> Callable[[str], str]:
    """Checks that the text of an option is one of those known; another is a ScenarioError."""

    def checked(text: str) -> str:
        if text not in known:
            from ..scenario import ScenarioError

            raise ScenarioError(option, "", f"'{text}' is not one of {', '.join(known)}")
        return text

    return checked


def words_beside[T: str | Path | list[str] | None](names: T) -> T:
    """The folder `words` beside a scenario file holds languages, where no variable names another
    and no file before it has one. Raises BadInput.
    """
    for name in names if isinstance(names, list) else [names or ""]:
        if Path(name).is_file():
            _words_in(Path(name).parent)
    return names


def words_of_results(folder: Path) -> Path:
    """The same for a result folder: beside it, or beside the folder of results that it lies in.
    Raises BadInput.
    """
    _words_in(folder.resolve().parent)
    _words_in(folder.resolve().parent.parent)
    return folder


def _words_in(place: Path) -> None:
    from ..words.catalogue import OWN, use

    if not os.environ.get(OWN) and (place / "words").is_dir():
        use(place / "words")


def tell_broken_languages() -> None:
    """Says on stderr which languages a menu leaves out, and why."""
    from ..words.catalogue import broken

    for fault in broken():
        note(f"{fault} (left out of the languages)")


def _checked(language: str) -> str:
    from ..words import known_language

    return known_language(language, "--language")


Name = Annotated[
    str,
    typer.Argument(
        help="A built-in scenario ('market-model list') or the path of a TOML file.",
        is_eager=True,
        callback=words_beside,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one value by dotted path."),
]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of all chance.")]
Users = Annotated[int | None, typer.Option(help="Simulated users, instead of the scenario's.")]
Weeks = Annotated[int | None, typer.Option(help="Weeks, instead of the scenario's.")]
Seat = Annotated[
    list[str] | None,
    typer.Option(
        "--seat",
        metavar="SEAT=BOT",
        help="Who decides for an app or a carrier: a shipped bot, or FILE.py:FUNCTION.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
CORES = min(os.cpu_count() or 1, 64)
Workers = Annotated[
    int, typer.Option(min=1, max=256, help="Processes.", show_default="one per core")
]
InLanguage = Annotated[
    str,
    typer.Option(
        "--language", help="Language of the report: en, zh or your own.", callback=_checked
    ),
]


def bots_of(given: list[str] | None) -> dict[str, str]:
    """--seat as bots by seat. Raises ScenarioError: it is not SEAT=BOT."""
    from ..scenario import ScenarioError

    found: dict[str, str] = {}
    for text in given or []:
        seat, equals, bot = text.partition("=")
        if not equals or not bot:
            raise ScenarioError(
                "--seat", "", f"'{text}' is not SEAT=BOT, as in yixin=follower or yixin=my_bot.py"
            )
        found[seat] = bot
    return found


def policies(given: list[str] | None, scenario: Scenario) -> dict[str, str]:
    """--seat as bots by seat, each known to exist. Raises ScenarioError."""
    from ..errors import suggest
    from ..players.strategies import verify
    from ..scenario import ScenarioError

    kinds: dict[str, Kind] = dict.fromkeys(scenario.apps, "app")
    kinds |= dict.fromkeys(scenario.carriers, "carrier")
    found = bots_of(given)
    for seat, bot in found.items():
        if seat not in kinds:
            raise ScenarioError(
                "--seat", seat, f"is no seat of {scenario.name}; {suggest(seat, kinds)}"
            )
        verify("--seat", seat, bot, kinds[seat])
    return found


def overrides(
    given: list[str] | None, users: int | None = None, weeks: int | None = None
) -> dict[str, Any]:
    """--set, --users and --weeks as values by dotted path. Raises ScenarioError."""
    from ..scenario import ScenarioError
    from ..scenario.load import value_of

    found: dict[str, Any] = {}
    for text in given or []:
        field, equals, value = text.partition("=")
        if not equals or not field.strip():
            raise ScenarioError(
                "--set",
                "",
                f"'{text}' is not PATH=VALUE, as in offers.laiwang_bundle.allowance_mb=512",
            )
        found[field.strip()] = value_of(value.strip())
    numbers = {"society.users": users, "weeks": weeks}
    return found | {field: number for field, number in numbers.items() if number is not None}
