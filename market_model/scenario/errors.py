"""What is wrong with a file, said in one line."""

from __future__ import annotations

import difflib
import reprlib
from typing import Any

from pydantic import ValidationError

from ..errors import BadInput


class ScenarioError(BadInput):
    """Bad input of a scenario, or of what goes with one."""


class _Written(reprlib.Repr):
    """Values as a TOML file has them."""

    def __init__(self) -> None:
        super().__init__(
            maxlist=60, maxtuple=60, maxdict=60, maxstring=200, maxlong=200, maxother=200
        )

    def repr_date(self, value: Any, _level: int) -> str:
        return value.isoformat()

    repr_datetime = repr_time = repr_date

    def repr_bool(self, value: bool, _level: int) -> str:
        return str(value).lower()


def shorten(value: Any) -> str:
    """A value as it is written in a file, on at most 60 characters."""
    text = _Written().repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


_SAID = {
    "missing": "is missing; add it",
    "too_short": "is empty; it needs at least one",
    "too_long": "has {actual_length} entries; there can be at most {max_length}",
    "string_too_short": "is too short; it needs at least {min_length} characters",
    "string_too_long": "is {input}; it can have at most {max_length} characters",
    "string_pattern_mismatch": "needs {form}, not {input}",
    **dict.fromkeys(
        (
            "date_type",
            "date_parsing",
            "date_from_datetime_parsing",
            "date_from_datetime_inexact",
            "datetime_type",
            "datetime_parsing",
        ),
        "needs a date such as 2013-11-08, not {input}",
    ),
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

_FORMS = {"#": "a colour such as '#1a7f5a'", "": "letters, digits and any of '.', '_' and '-'"}
"""What the pattern of a text asks for, by a sign in it."""


def from_pydantic(file: str, error: ValidationError) -> ScenarioError:
    """The first problem of a pydantic error, in our words."""
    problems = error.errors(include_url=False)
    first = min(problems, key=_beside_the_point)
    kind, value, context = first["type"], first.get("input"), first.get("ctx", {})
    if kind in _SAID:
        form = _FORMS["#" if "#" in context.get("pattern", "") else ""]
        message = _SAID[kind].format(msg=first["msg"], input=shorten(value), form=form, **context)
    elif kind in ("union_tag_invalid", "literal_error"):
        allowed = str(context.get("expected_tags") or context.get("expected", ""))
        names = [n.strip().strip("'") for n in allowed.replace(" or ", ", ").split(",")]
        wrong = value["kind"] if kind == "union_tag_invalid" else value
        wrong = wrong if isinstance(wrong, str) else shorten(wrong)
        close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.5)
        message = f"'{wrong}' is not one of {', '.join(names)}"
        message += f"; did you mean '{close[0]}'?" if close else ""
    else:
        text = first["msg"].removeprefix("Value error, ")
        message = f"{text[0].lower()}{text[1:]}"
        message += "" if isinstance(value, dict) else f" (it is {shorten(value)})"
    _, *others = dict.fromkeys(
        ".".join(_readable(p["loc"])[:3])
        for p in (first, *problems)
        if p is first or _beside_the_point(p) < 2
    )
    if others:
        message += f" (wrong, too: {', '.join(others)})"
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
