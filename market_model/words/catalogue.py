"""Looks texts up by language and key; holds no text itself.

A language is a folder of TOML files, shipped beside this module or a user's own
(`MARKET_MODEL_WORDS`); what a language lacks is English. The folders `en` and `zh` have the same
keys, but for two things that English says by itself: `problems.toml`, whose keys are the English
sentences of errors, and `[fields]` of `explorer.toml`, "name|why|source" of the fields of a
scenario, whose English stands in its schema.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import BadInput, suggest
from ..toml import tables_in

type Language = str
"""Name of a folder of texts, such as "en"."""

ENGLISH = "en"
SHARED = ("names", "series", "reports", "faults", "reasons")
"""Files whose texts every room says (`word`); each of the others is a room's."""
FILES = (*SHARED, "explorer", "missions", "desk", "debrief", "classroom", "problems")
OWN = "MARKET_MODEL_WORDS"
"""Environment variable: a user's folder of languages, which worker processes inherit."""
OPEN = (
    "names.actor",
    "names.currency",
    "names.offer_name",
    "names.title",
    "problems",
    "explorer.fields",
    "explorer.terms",
)
"""Tables that may hold more than in English."""
STEPS = {
    "thousand": 1e3,
    "ten_thousand": 1e4,
    "million": 1e6,
    "hundred_million": 1e8,
    "billion": 1e9,
    "trillion": 1e12,
}
"""Words of large numbers (`scale` and `short` in `names.toml`); `steps` of a language names those
that it counts in.
"""
SHIPPED = Path(__file__).parent
NAME = re.compile("[A-Za-z0-9-]+")
"""Names that the folder of a language may have."""


class SeriesText(NamedTuple):
    """What a reader is told of a weekly series."""

    name: str
    unit: str
    definition: str


def languages() -> dict[Language, str]:
    """Own names of the languages that can be shown, English first."""
    return _languages(os.environ.get(OWN, ""))


def preferred_language(accepted: str) -> Language:
    """The first language of an Accept-Language header, which browsers sort, that can be shown;
    English where there is none.
    """
    from babel import negotiate_locale

    wanted = [part.partition(";")[0].strip() for part in accepted.split(",")]
    return negotiate_locale(wanted, languages(), sep="-") or ENGLISH


def broken() -> list[BadInput]:
    """What is wrong with the languages that cannot be shown."""
    own = os.environ.get(OWN, "")
    return [fault for name in _folders(own) if (fault := _fault(name, own))]


def known_language(language: str, where: str, field: str = "") -> Language:
    """A language that there is. Raises BadInput: there is none of this name, `where` it was
    asked for; or what is wrong with its folder.
    """
    own = os.environ.get(OWN, "")
    if language not in _folders(own):
        choices = ", ".join(f"{name} ({own})" for name, own in languages().items())
        raise BadInput(
            where,
            field,
            f"there is no language '{language}'; choose one of {choices}, or a folder of your "
            f"own: see {OWN} in the README",
        )
    if _fault(language, own):
        _check(language, own)
    return language


def use(folder: Path) -> None:
    """A user's folder of languages holds from now on, in worker processes too. Raises BadInput:
    what is wrong with it, or with what it says in the languages that are shipped.
    """
    os.environ[OWN] = own = str(folder.resolve())
    if not folder.is_dir():
        raise BadInput(str(folder), "", f"no such folder; {OWN} names a folder of languages")
    for language in _folders(""):
        _check(language, own)


def texts(file: str, language: Language) -> dict[str, Any]:
    """The tables of a file (`FILES`) in a language, English where that has no text. Raises
    BadInput.
    """
    return _texts(file, language, os.environ.get(OWN, ""))


def markdown(folder: Path, name: str, language: Language) -> Path | None:
    """The text of a name for readers of a language: the user's `LANGUAGE/NAME.md`, else of a
    folder `NAME.LANGUAGE.md`, else its English, `NAME.md`; None if there is none.
    """
    own = os.environ.get(OWN, "")
    written = [Path(own, language, f"{name}.md")] if own else []
    written += [folder / f"{name}.{language}.md", folder / f"{name}.md"]
    return next((path for path in written if path.is_file()), None)


def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """What nested tables hold, by dotted key."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def word(key: str, language: Language, **values: object) -> str:
    """The text of a dotted key of the shared files, its `{name}` places filled in.

    Raises:
        KeyError: there is no such key, or a place has no value.
    """
    return shared(language)[key].format(**values)


def shared(language: Language) -> dict[str, Any]:
    """All texts of the shared files by dotted key, such as `report.shares.title`."""
    return _shared(language, os.environ.get(OWN, ""))


def series(name: str, scope: str, language: Language, *, currency_name: str = "RMB") -> SeriesText:
    """Name, unit and definition of a weekly series.

    Args:
        name: as recorded; in scope "region" with the app behind a dot (`active.wechat`). KeyError:
            there is none.
        scope: "app", "carrier", "region", "offer" or "market".
    """
    stem, _, app = name.partition(".") if scope == "region" else (name, "", "")
    if scope == "region" and not app:
        raise KeyError(f"series.region.{name}")
    places = {"app": actor(app, language), "currency": currency(currency_name, language)}
    keys = (f"series.{scope}.{stem}.{part}" for part in SeriesText._fields)
    return SeriesText(*(word(key, language, **places) for key in keys))


def actor(name: str, language: Language) -> str:
    """The name people know an app, carrier or owner by; a readable form of unknown ones."""
    return shared(language).get(f"actor.{name}", name.replace("_", " ").strip().capitalize())


def offer_label(name: str, language: Language) -> str:
    """What readers call an offer: its words if there are some, else its name made readable."""
    try:
        return word(f"offer_name.{name}", language)
    except KeyError:
        return name.replace("_", " ").replace("@", " · ")


def currency(name: str, language: Language) -> str:
    """The money's name in a sentence: RMB is 元 in Chinese."""
    return shared(language).get(f"currency.{name}", name)


def rate(story: str, language: Language) -> str:
    """What the money of a story and its variants is worth where it plays; "" if it is its own."""
    told = texts("names", language)["rate"].items()
    return next((text for name, text in told if story.startswith(name)), "")


def plans(
    menu: Mapping[str, tuple[float, float]], money: str, language: Language
) -> dict[str, str]:
    """What readers call the plans of a menu, of which `menu` says (fee, MB included) by name:
    "70 MB for 10 RMB"; those of the same terms have their names behind that.
    """
    return {
        name: (
            word("plan.terms", language, mb=f"{mb:g}", fee=f"{fee:g}", currency=money)
            if fee or mb
            else word("plan.none", language)
        )
        + (f" · {actor(name, language)}" if list(menu.values()).count((fee, mb)) > 1 else "")
        for money in [currency(money, language)]
        for name, (fee, mb) in menu.items()
    }


def locale(language: Language) -> str:
    """How numbers are written and what a browser calls the language, such as "zh-CN"."""
    return shared(language)["language.locale"]


@cache
def _languages(own: str) -> dict[Language, str]:
    return {
        name: _texts("names", name, own)["language"]["name"]
        for name in _folders(own)
        if not _fault(name, own)
    }


@cache
def _folders(own: str) -> list[Language]:
    """Languages by the names of their folders, English first; other folders are left alone."""
    places = [SHIPPED, *([Path(own)] if own and Path(own).is_dir() else [])]
    names = {
        path.name
        for place in places
        for path in place.iterdir()
        if NAME.fullmatch(path.name) and (path / "names.toml").is_file()
    }
    return sorted(names, key=lambda name: (name != ENGLISH, name))


@cache
def _fault(language: Language, own: str) -> BadInput | None:
    try:
        _check(language, own)
    except BadInput as error:
        return error
    return None


def _check(language: Language, own: str) -> None:
    """Raises BadInput: what is wrong with a language's folder of a user's own."""
    from .check import check_text

    folder = Path(own, language)
    if not own or not folder.is_dir():
        return
    for path in sorted(folder.glob("*.toml")):
        if path.stem not in FILES:
            raise BadInput(str(path), "", f"is no file of texts; {suggest(path.stem, FILES)}")
        _texts(path.stem, language, own)
    for path in sorted(folder.rglob("*.md")):
        check_text(path)


@cache
def _shared(language: Language, own: str) -> dict[str, Any]:
    return {k: v for file in SHARED for k, v in flat(_texts(file, language, own))}


@cache
def _texts(file: str, language: Language, own: str) -> dict[str, Any]:
    """English, over it the language, over each of both the user's."""
    from .check import check_language

    found = _read(SHIPPED / ENGLISH / f"{file}.toml")
    layers = [Path(own, ENGLISH)] if own else []
    if language != ENGLISH:
        layers += [SHIPPED / language, *([Path(own, language)] if own else [])]
    for folder in layers:
        path = folder / f"{file}.toml"
        table = _read(path)
        if file == "names" and path.is_file():
            shipped = (SHIPPED / folder.name).is_dir()
            check_language(table.get("language"), path, whole=not shipped)
        _lay(table, found, path, file)
    return found


def _read(path: Path) -> dict[str, Any]:
    """The tables of a file; {} if there is none."""
    try:
        return tables_in(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise BadInput(str(path), "", f"is not TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "", f"cannot be read: {error}") from None


def _lay(over: Mapping[str, Any], below: dict[str, Any], path: Path, table: str) -> None:
    """Puts the texts of a table of a file in the place of those below."""
    from .check import check_places, check_sentence, check_steps

    for key, text in over.items():
        here = f"{table}.{key}"
        field, old = here.partition(".")[2], below.get(key, "" if table in OPEN else None)
        if old is None:
            raise BadInput(str(path), field, f"no page shows this text; {suggest(key, below)}")
        if not isinstance(text, type(old)):
            needed = {str: "text in quotes", dict: f"a table [{field}]", list: "a list"}[type(old)]
            raise BadInput(str(path), field, f"needs {needed}, not {text!r:.60}")
        if isinstance(text, dict):
            _lay(text, old, path, here)
        elif isinstance(text, str):
            if table == "problems":
                check_sentence(key, path)
            check_places(text, old or key, path, field)
            below[key] = text
        else:
            check_steps(text, STEPS, path, field)
            below[key] = text
