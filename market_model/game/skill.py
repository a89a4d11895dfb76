"""Skill: what a seat won, beside what the best known way to play it wins with the same luck."""

from __future__ import annotations

from typing import NamedTuple

NEAR = 0.9
"""Part of the best known margin from which a seat has three stars."""


class Skill(NamedTuple):
    """What a seat is ranked by.

    Attributes:
        margin: over doing nothing, money. bot: the game's bot's in its place; best: the same of the
            better one of that bot and of the champion, if there are numbers for the seat.
    """

    margin: float
    bot: float
    best: float

    @property
    def share(self) -> float:
        """Margin ÷ best margin: 0 is doing nothing, 1 as good as the best known. Where no bot wins
        anything over doing nothing, 1 for winning something and −1 for losing.
        """
        if self.best > 0:
            return self.margin / self.best
        return float((self.margin > 0) - (self.margin < 0))

    @property
    def stars(self) -> int:
        """1: better than doing nothing; 2: than the bot, too; 3: within a tenth of the best known,
        or beyond.

        By hand: the bot wins 10, the champion 20. A margin of 5 has one star, 12 two, 18 three.
        """
        if self.margin <= 0:
            return 0
        if self.margin >= NEAR * self.best:
            return 3
        return 2 if self.margin > self.bot else 1
