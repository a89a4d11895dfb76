"""TOML that people bring, read without falling over it."""

from __future__ import annotations

import re
import tomllib
from itertools import accumulate
from typing import Any

MOST_OPEN = 100
"""Brackets open at once from which a text is not read. Python's parser falls much later, but what
then runs beside it (a clean-up of memory) falls, too, and writes on the terminal.
"""


_PLACE = re.compile(r"\(at line (\d+), column \d+\)")
_COMMA = re.compile(r"=\s*([-+]?(?:\d+,\d+|\d{1,3}(?:,\d{3})+))\s*(?:,\s*\D|[}#]|$)")


class DecimalComma(tomllib.TOMLDecodeError):
    """A number is written with a comma.

    Attributes: line: where. number: as TOML has it; both ways where thousands could be meant.
    """

    def __init__(self, line: int, number: str) -> None:
        whole, *parts = number.split(",")
        ways = [".".join([whole, *parts])] if len(parts) == 1 else []
        ways += ["".join([whole, *parts])] if all(len(part) == 3 for part in parts) else []
        self.line, self.number = line, " / ".join(ways)
        super().__init__(f"line {line} has a decimal comma; write {self.number}")


def tables_in(text: str) -> dict[str, Any]:
    """The tables of a text. Raises ValueError: it is no TOML, or its brackets go too deep."""
    steps = ((c in "[{") - (c in "]}") for c in text)
    if max(accumulate(steps), default=0) > MOST_OPEN:
        raise tomllib.TOMLDecodeError("nested too deeply")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        if (place := _PLACE.search(str(error))) and (
            number := _COMMA.search(text.split("\n")[int(place[1]) - 1])
        ):
            raise DecimalComma(int(place[1]), number[1]) from None
        raise
