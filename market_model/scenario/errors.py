"""What is wrong with a file, said in one line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # would break a line of text


class ScenarioError(ValueError):
    """Bad input: the file (or built-in name), the field (dotted path, "" for the whole file),
    the problem and what to do.
    """

    def __init__(self, file: str, field: str, problem: str) -> None:
        self.file, self.field, self.problem = file, field, problem
        place = f"{file}: {field}" if field else file
        super().__init__(_CONTROL.sub(lambda c: repr(c[0])[1:-1], f"{place}: {problem}"))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[str, str, str]]:
        return ScenarioError, (self.file, self.field, self.problem)


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


_SAID = {
    "missing": "is missing; add it",
    "too_short": "is empty; it needs at least one",
    "union_tag_not_found": (
        "needs a 'kind'; one of licence, price, block, outage, split, rule, feature, quality, news"
    ),
    **dict.fromkeys(("extra_forbidden", "unknown_name"), "{msg}"),
    **dict.fromkeys(
        ("int_parsing", "int_type", "int_from_float"), "needs a whole number, not {input}"
    ),
    **dict.fromkeys(("float_parsing", "float_type"), "needs a number, not {input}"),
    "finite_number": "needs a finite number, not {input}",
    "int_parsing_size": "needs a smaller number, not {input}",
    "string_type": "needs text in quotes, not {input}",
    **dict.fromkeys(("bool_type", "bool_parsing"), "needs true or false, not {input}"),
    **dict.fromkeys(
        ("dict_type", "model_type", "model_attributes_type"),
        "needs a table [like.this], not {input}",
    ),
    "tuple_type": "needs a list in square brackets, not {input}",
    "greater_than_equal": "is {input}; it must be at least {ge}",
    "greater_than": "is {input}; it must be more than {gt}",
    "less_than_equal": "is {input}; it must be at most {le}",
    "less_than": "is {input}; it must be less than {lt}",
}


def from_pydantic(file: str, error: ValidationError) -> ScenarioError:
    """The first problem of a pydantic error, in our words."""
    problems = error.errors(include_url=False)
    first = min(problems, key=_beside_the_point)
    kind, value, context = first["type"], first.get("input"), first.get("ctx", {})
    if kind in _SAID:
        message = _SAID[kind].format(msg=first["msg"], input=shorten(value), **context)
    elif kind in ("union_tag_invalid", "literal_error"):
        allowed = str(context.get("expected_tags") or context.get("expected", ""))
        names = [n.strip().strip("'") for n in allowed.replace(" or ", ", ").split(",")]
        wrong = str(context.get("tag", value))
        message = f"'{wrong}' is not one of {', '.join(names)}; {suggest(wrong, names)}"
    else:
        text = first["msg"].removeprefix("Value error, ")
        message = f"{text[0].lower()}{text[1:]} (it is {shorten(value)})"
    more = (
        len(
            {
                tuple(_readable(p["loc"])[:3])
                for p in problems
                if p is first or _beside_the_point(p) < 2
            }
        )
        - 1
    )
    if more:
        message += f" (and {more} more)"
    return ScenarioError(file, ".".join(_readable(first["loc"])), message)


def _readable(loc: tuple[int | str, ...]) -> list[str]:
    """A pydantic location without the names of union members: the path a reader finds in the
    file.
    """
    parts = [str(p) for p in loc]
    if parts[:1] == ["events"]:
        del parts[2:3]
    return [
        p
        for p in parts
        if not p.startswith(("function-", "constrained-", "lax-or-strict"))
        and p not in ("int", "float", "date", "Column", "Schedule", "[key]")
    ]


def _beside_the_point(problem: Any) -> int:
    """Sorts problems: a table that could be a number is not told to be one, a misspelt name
    comes first.
    """
    if isinstance(problem.get("input"), dict) and problem["type"] in ("int_type", "float_type"):
        return 2
    return 0 if problem["type"] == "extra_forbidden" else 1
