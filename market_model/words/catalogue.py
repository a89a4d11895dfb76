"""Looks texts up by language and key; holds no text itself.

A language is a folder of TOML files, shipped beside this module or a user's own
(`MARKET_MODEL_WORDS`); what a language lacks is English. The folders `en` and `zh` have the same
keys, but for two things that English says by itself: `problems.toml`, whose keys are the English
sentences of errors, and `[fields]` of `explorer.toml`, "name|why|source" of the fields of a
scenario, whose English stands in its schema.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

from ..errors import BadInput, suggest

type Language = str
"""Name of a folder of texts, such as "en"."""

ENGLISH = "en"
SHARED = ("names", "series", "reports", "faults")
"""Files whose texts every room says (`word`); each of the others is a room's."""
FILES = (*SHARED, "explorer", "desk", "debrief", "classroom", "problems")
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


class SeriesText(NamedTuple):
    """What a reader is told of a weekly series."""

    name: str
    unit: str
    definition: str


def languages() -> dict[Language, str]:
    """Own names of the languages that there are, English first. Raises BadInput."""
    return _languages(os.environ.get(OWN, ""))


def known(language: str, where: str, field: str = "") -> Language:
    """A language that there is. Raises BadInput: there is none of this name; `where` it was
    asked for.
    """
    if language not in languages():
        choices = ", ".join(f"{name} ({own})" for name, own in languages().items())
        raise BadInput(where, field, f"there is no language '{language}'; choose one of {choices}")
    return language


def use(folder: Path) -> None:
    """A user's folder of languages holds from now on, in worker processes too. Raises BadInput:
    what is wrong with it.
    """
    os.environ[OWN] = own = str(folder.resolve())
    if not folder.is_dir():
        raise BadInput(str(folder), "", f"no such folder; {OWN} names a folder of languages")
    languages()
    for path in sorted(folder.glob("*/*.toml")):
        if path.stem not in FILES:
            raise BadInput(str(path), "", f"is no file of texts; {suggest(path.stem, FILES)}")
        _texts(path.stem, path.parent.name, own)


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


def currency(name: str, language: Language) -> str:
    """The money's name in a sentence: RMB is 元 in Chinese."""
    return shared(language).get(f"currency.{name}", name)


def locale(language: Language) -> str:
    """How numbers are written and what a browser calls the language, such as "zh-CN"."""
    return shared(language)["language.locale"]


@cache
def _languages(own: str) -> dict[Language, str]:
    folders = {path.name for path in SHIPPED.iterdir() if (path / "names.toml").is_file()}
    if own and Path(own).is_dir():
        folders |= {
            path.name
            for path in Path(own).iterdir()
            if path.is_dir() and not path.name.startswith((".", "_"))
        }
    names = sorted(folders, key=lambda name: (name != ENGLISH, name))
    return {name: _texts("names", name, own)["language"]["name"] for name in names}


@cache
def _shared(language: Language, own: str) -> dict[str, Any]:
    return {k: v for file in SHARED for k, v in flat(_texts(file, language, own))}


@cache
def _texts(file: str, language: Language, own: str) -> dict[str, Any]:
    """English, over it the language, over each of both the user's."""
    found = _read(SHIPPED / ENGLISH / f"{file}.toml")
    layers = [Path(own, ENGLISH)] if own else []
    if language != ENGLISH:
        layers += [SHIPPED / language, *([Path(own, language)] if own else [])]
    for folder in layers:
        path = folder / f"{file}.toml"
        table = _read(path)
        if file == "names" and folder.is_dir() and not (SHIPPED / language).is_dir():
            _check_language(table.get("language"), path)
        _lay(table, found, path, file)
    return found


def _read(path: Path) -> dict[str, Any]:
    """The tables of a file; {} if there is none."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise BadInput(str(path), "", f"is not TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "", f"cannot be read: {error}") from None


def _lay(over: Mapping[str, Any], below: dict[str, Any], path: Path, table: str) -> None:
    """Puts the texts of a table of a file in the place of those below."""
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
            _check_places(text, old or key, path, field)
            below[key] = text
        elif wrong := [step for step in text if step not in STEPS]:
            raise BadInput(str(path), field, f"{wrong[0]!r} is no step; {suggest(wrong[0], STEPS)}")
        else:
            below[key] = text


def _check_places(text: str, english: str, path: Path, field: str) -> None:
    try:
        places, those = _places(text), _places(english)
    except ValueError as error:
        raise BadInput(
            str(path), field, f"{error}: {text!r:.60}; a brace is written {{{{ or }}}}"
        ) from None
    if wrong := places - those:
        has = ", ".join(f"{{{name}}}" for name in sorted(those)) or "none"
        raise BadInput(
            str(path),
            field,
            f"has the place {{{min(wrong)}}}, which nothing fills; there is: {has}",
        )


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _check_language(table: object, path: Path) -> None:
    """A language of a user's own says its name and its locale."""
    from babel import Locale, UnknownLocaleError

    said: Mapping[str, Any] = table if isinstance(table, Mapping) else {}
    for key in ("name", "locale"):
        if not isinstance(said.get(key), str):
            raise BadInput(
                str(path),
                f"language.{key}",
                'is missing; as in name = "Español", locale = "es-MX" under [language]',
            )
    try:
        Locale.parse(said["locale"], sep="-")
    except (ValueError, UnknownLocaleError):
        raise BadInput(
            str(path),
            "language.locale",
            f"'{said['locale']}' is no locale that is known; write one such as 'es-MX' or 'fr'",
        ) from None
