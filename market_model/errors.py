"""Bad input, said in one line: the base of all errors that are a user's to mend."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Self

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # would break a line of text


class BadInput(ValueError):
    """The file (or built-in name, or option), the field (dotted path, "" for the whole file), the
    problem and what to do.
    """

    def __init__(self, file: str, field: str, problem: str) -> None:
        self.file, self.field, self.problem = file, field, problem
        place = f"{file}: {field}" if field else file
        super().__init__(_CONTROL.sub(lambda c: repr(c[0])[1:-1], f"{place}: {problem}"))

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, str]]:
        return type(self), (self.file, self.field, self.problem)


def suggest(wrong: str, known: Iterable[str], *, every: bool = False) -> str:
    """ "did you mean 'x'?", or the list of what exists; `every`: both, where somebody chooses."""
    names = [str(k) for k in known]
    close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.5)
    if close:
        more = f" There is: {', '.join(names)}" if every else ""
        return f"did you mean '{close[0]}'?{more}"
    if not names:
        return "none is defined"
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"there is: {shown}"
