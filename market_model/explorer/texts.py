"""Looks up the explorer's own texts in `en.toml` and `zh.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ..words import Language


@cache
def texts(language: Language) -> dict[str, dict[str, str]]:
    """All texts by part of the page and key; the browser gets them as they are."""
    return tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))


def language_of(query: Mapping[str, str]) -> Language:
    """The language that an address asks for."""
    return "zh" if query.get("lang") == "zh" else "en"


def say(key: str, language: Language, **values: object) -> str:
    """The text of a dotted key, such as "page.title", its places filled in."""
    part, _, name = key.partition(".")
    return texts(language)[part][name].format(**values)
