"""What a text of a user's own must be, so that a page can show it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

from ..errors import BadInput, suggest

LOCALE = re.compile(
    "[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))?",
    re.IGNORECASE,
)
"""Names of locales that browsers take, as BCP 47 has them: "es-MX", not "es_MX" or "de@euro"."""


class _Place(NamedTuple):
    name: str
    form: str


def check_places(text: str, english: str, path: Path, field: str) -> None:
    """A text has places that the English one has. Raises BadInput."""
    found, those = _places(text, path, field), _places(english, path, field)
    names = {place.name for place in those}
    for place in found:
        if place.name not in names:
            has = ", ".join(f"{{{name}}}" for name in sorted(names)) or "none"
            raise BadInput(
                str(path),
                field,
                f"has the place {{{place.name}}}, which nothing fills; there is: {has}",
            )
        if place.form and place not in those:
            raise BadInput(
                str(path),
                field,
                f"has the place {{{place.name}{place.form}}}; write it as {{{place.name}}}",
            )


def check_sentence(english: str, path: Path) -> None:
    """An English sentence of `problems.toml` can be looked for: its places have names of letters,
    each once. Raises BadInput.
    """
    places = _places(english, path, english)
    for place in places:
        if place.form or not place.name.isidentifier():
            raise BadInput(
                str(path),
                english,
                f"has the place {{{place.name}{place.form}}}; name it with letters, as {{value}}",
            )
    if twice := [place.name for place, times in Counter(places).items() if times > 1]:
        raise BadInput(
            str(path),
            english,
            f"has the place {{{twice[0]}}} twice; give each place a name of its own",
        )
    if re.fullmatch(r"\{\w+\}", english) and english != "{problem}":
        raise BadInput(str(path), english, "fits every sentence; for that there is '{problem}'")


def check_steps(steps: Iterable[object], known: Iterable[str], path: Path, field: str) -> None:
    """Raises BadInput: a step is not known."""
    known = list(known)
    for step in steps:
        if step not in known:
            raise BadInput(str(path), field, f"{step!r} is no step; {suggest(str(step), known)}")


def check_language(table: object, path: Path, *, whole: bool) -> None:
    """`[language]` of `names.toml`: it has a locale that Babel and browsers know. Raises BadInput.

    Args: whole: a language that is not shipped, which says its name and its locale.
    """
    from babel import Locale, UnknownLocaleError

    said: Mapping[str, Any] = table if isinstance(table, Mapping) else {}
    for key in ("name", "locale"):
        if whole and not isinstance(said.get(key), str):
            raise BadInput(
                str(path),
                f"language.{key}",
                'is missing; as in name = "Español", locale = "es-MX" under [language]',
            )
    written = said.get("locale")
    if not isinstance(written, str):
        return
    try:
        known = LOCALE.fullmatch(written) and Locale.parse(written, sep="-")
    except (ValueError, UnknownLocaleError):
        known = None
    if not known:
        raise BadInput(
            str(path),
            "language.locale",
            f"'{written}' is no locale that is known; write one such as 'es-MX' or 'fr'",
        )


def check_text(path: Path) -> None:
    """A file of a story or a teaching pack can be read. Raises BadInput."""
    try:
        path.read_text("utf-8")
    except UnicodeDecodeError:
        raise BadInput(str(path), "", "is not in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise BadInput(str(path), "", f"cannot be read: {error.strerror or error}") from None


def _places(text: str, path: Path, field: str) -> list[_Place]:
    try:
        return [
            _Place(name, (f"!{how}" if how else "") + (f":{form}" if form else ""))
            for _, name, form, how in Formatter().parse(text)
            if name is not None
        ]
    except ValueError as error:
        raise BadInput(
            str(path), field, f"{error}: {text!r:.60}; a brace is written {{{{ or }}}}"
        ) from None
