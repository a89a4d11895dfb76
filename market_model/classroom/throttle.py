"""How often one address may come in, or try to: a class shares one."""

from __future__ import annotations

import secrets
import time
from collections import Counter, defaultdict

MOST_WRONG, WINDOW = 20, 60.0
"""Different wrong codes from one address in so many seconds; a class that mistypes the same one
counts once.
"""
MOST_JOINS, MORE_JOINS = 240, 0.5
"""Players who may join from one address at once, and in a second then."""


class Throttle:
    """What addresses have tried lately. `refused`: counts of what was kept out."""

    def __init__(self, refused: Counter[str]) -> None:
        self.refused = refused
        self._joins: dict[str, tuple[float, float]] = {}
        self._wrong, self._since = defaultdict[str, set[str]](set), 0.0

    def wrong_code(self, address: str, code: str, right: str) -> str:
        """Why somebody stays outside, "" for who has the code, whatever others tried from there.
        Addresses are forgotten after a minute.
        """
        if secrets.compare_digest(code.encode(), right.encode()):
            return ""
        if time.monotonic() > self._since + WINDOW:
            self._wrong, self._since = defaultdict(set), time.monotonic()
        wrong = self._wrong[address]
        if len(wrong) >= MOST_WRONG:
            self.refused["codes"] += 1
            return "often"
        wrong.add(code)
        return "code"

    def too_many(self, address: str) -> str:
        """Why nobody else comes in from an address now; "" for a class."""
        now = time.monotonic()
        left = {
            where: more
            for where, (rest, since) in self._joins.items()
            if (more := rest + (now - since) * MORE_JOINS) < MOST_JOINS
        }
        rest = left.get(address, float(MOST_JOINS))
        self._joins = {where: (more, now) for where, more in left.items()}
        if rest < 1:
            self.refused["joins"] += 1
            return "many"
        self._joins[address] = rest - 1, now
        return ""
