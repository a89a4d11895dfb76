"""Looks up the class pages' texts in `en.toml` and `zh.toml`."""

import tomllib
from functools import cache
from importlib.resources import files

from ..words import Language


@cache
def texts(language: Language) -> dict[str, dict[str, str]]:
    """All texts by part of the page and key."""
    return tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))


def say(key: str, language: Language) -> str:
    """The text of a dotted key, such as "problem.late"."""
    part, _, name = key.partition(".")
    return texts(language)[part][name]
