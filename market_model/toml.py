"""TOML that people bring, read without falling over it."""

from __future__ import annotations

import tomllib
from itertools import accumulate
from typing import Any

MOST_OPEN = 100
"""Brackets open at once from which a text is not read. Python's parser falls much later, but what
then runs beside it (a clean-up of memory) falls, too, and writes on the terminal.
"""


def tables_in(text: str) -> dict[str, Any]:
    """The tables of a text. Raises ValueError: it is no TOML, or its brackets go too deep."""
    steps = ((c in "[{") - (c in "]}") for c in text)
    if max(accumulate(steps), default=0) > MOST_OPEN:
        raise tomllib.TOMLDecodeError("nested too deeply")
    return tomllib.loads(text)
