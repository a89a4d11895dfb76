"""What is wrong with a place, in the reader's language: scenarios say it in English, and a
language's `problems.toml` knows the same sentences.
"""

import re
from functools import cache

from ..errors import BadInput
from ..words import Language
from ..words.catalogue import texts
from .texts import say

PIECES = ("first", "what")
"""Places of a sentence that hold a piece of another one, not a reader's own words."""


def problem(error: BadInput, language: Language) -> str:
    """Where and what, in one line."""
    if not texts("problems", language):
        return str(error)
    place = say("page.address", language) if error.file == "address" else error.file
    said = [place, *filter(None, [error.field]), _said(error.problem, language)]
    return say("page.problem_at", language).join(said)


def _said(sentence: str, language: Language) -> str:
    for english, text in sorted(texts("problems", language).items(), key=_last):
        if found := _form(english).fullmatch(sentence):
            pieces = found.groupdict().items()
            return text.format(**{k: _said(v, language) if k in PIECES else v for k, v in pieces})
    return sentence


def _last(sentence: tuple[str, str]) -> bool:
    """What fits everything comes last, also among sentences of a user's own."""
    return sentence[0] == "{problem}"


@cache
def _form(english: str) -> re.Pattern[str]:
    """What fits a sentence with places; "{problem}" alone fits everything."""
    form = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(english))
    return re.compile(form, re.DOTALL)
