"""What is wrong with a file, said in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError


class ScenarioError(ValueError):
    """Bad input: names the file, the field, the value and what to do.

    Attributes:
        file: file or built-in name.
        field: dotted path, "" for the whole file.
        problem: what is wrong, with the value, and a suggestion.
    """

    def __init__(self, file: str, field: str, problem: str) -> None:
        self.file, self.field, self.problem = file, field, problem
        place = f"{file}: {field}" if field else file
        super().__init__(f"{place}: {problem}")


def suggest(wrong: str, known: Iterable[str]) -> str:
    """ "did you mean 'x'?", or the list of what exists."""
    names = [str(k) for k in known]
    close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{close[0]}'?"
    if not names:
        return "none is defined"
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"there is: {shown}"


def shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


_HINTS = {
    "missing": "is missing; add it",
    "int_parsing": "needs a whole number",
    "int_type": "needs a whole number",
    "int_from_float": "needs a whole number",
    "float_parsing": "needs a number",
    "float_type": "needs a number",
    "finite_number": "needs a finite number",
    "string_type": "needs text in quotes",
    "bool_type": "needs true or false",
    "bool_parsing": "needs true or false",
    "dict_type": "needs a table [like.this]",
    "model_type": "needs a table [like.this]",
    "model_attributes_type": "needs a table [like.this]",
    "tuple_type": "needs a list in square brackets",
}


def from_pydantic(file: str, error: ValidationError, fields_at: Any) -> ScenarioError:
    """The first problem of a pydantic error, in our words.

    Args:
        file: what to call the file.
        error: the error.
        fields_at: function from a location to the names allowed there (for suggestions).
    """
    problems = error.errors(include_url=False)
    first = problems[0]
    loc = [str(p) for p in first["loc"] if not _union_tag(str(p))]
    value = first.get("input")
    kind = first["type"]
    path = ".".join(loc)
    if kind == "extra_forbidden":
        message = f"unknown field '{loc[-1]}'; {suggest(loc[-1], fields_at(loc[:-1]))}"
    elif kind == "missing":
        message = _HINTS[kind]
    elif kind in _HINTS:
        message = f"{_HINTS[kind]}, not {shorten(value)}"
    elif kind in ("union_tag_invalid", "literal_error"):
        context = first.get("ctx", {})
        allowed = str(context.get("expected_tags") or context.get("expected", ""))
        names = [n.strip().strip("'") for n in allowed.replace(" or ", ", ").split(",")]
        wrong = str(context.get("tag", value))
        message = f"'{wrong}' is not one of {', '.join(names)}; {suggest(wrong, names)}"
    elif kind == "union_tag_not_found":
        message = "needs a 'kind'; one of licence, price, block, outage, split, rule, feature, quality, news"
    else:
        text = first["msg"].removeprefix("Value error, ")
        message = f"{text[0].lower()}{text[1:]} (it is {shorten(value)})"
    more = len({tuple(p["loc"][:3]) for p in problems}) - 1
    if more:
        message += f" (and {more} more)"
    return ScenarioError(file, path, message)


def _union_tag(part: str) -> bool:
    return part.startswith(("function-before", "function-after", "constrained-", "lax-or-strict")) or part in (
        "int", "float", "date", "Column", "Schedule", "licence", "block", "outage", "split", "rule", "news")
