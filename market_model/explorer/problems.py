"""What is wrong with a place, in the reader's language: scenarios say it in English, and
`problems.zh.toml` knows the same sentences in Chinese.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files

from ..scenario import ScenarioError
from ..words import Language
from .texts import say

PIECES = ("first", "what")
"""Places of a sentence that hold a piece of another one, not a reader's own words."""


def problem(error: ScenarioError, language: Language) -> str:
    """Where and what, in one line."""
    if language == "en":
        return str(error)
    place = say("page.address", language) if error.file == "address" else error.file
    return "：".join(filter(None, (place, error.field, _chinese(error.problem))))


def _chinese(sentence: str) -> str:
    form, text = next(known for known in _sentences() if known[0].fullmatch(sentence))
    found = form.fullmatch(sentence)
    assert found
    return text.format(
        **{
            name: _chinese(words) if name in PIECES else words
            for name, words in found.groupdict().items()
        }
    )


@cache
def _sentences() -> list[tuple[re.Pattern[str], str]]:
    """Form of an English sentence, and the Chinese one; the last form fits everything."""
    source = files(__package__).joinpath("problems.zh.toml").read_text("utf-8")
    return [
        (re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(english)), re.DOTALL), text)
        for english, text in tomllib.loads(source).items()
    ]
