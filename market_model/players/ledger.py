"""Who paid whom, for what: every transfer is one line."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


class Line(NamedTuple):
    """One transfer: `mb` of data, `rmb` of the scenario's money, `internal` if it stays within a
    firm.
    """

    week: int
    payer: str
    payee: str
    reason: str
    mb: float
    rmb: float
    internal: bool

    def __deepcopy__(self, _: dict[int, object]) -> Line:
        """Itself: nothing in it can change, and a market that is copied has thousands."""
        return self


class Ledger:
    """Accounts and the transfers between them.

    Attributes:
        start: cash of each player before the first line. lines: all transfers, in order of booking.
        cash: cash now; accounts outside ("users:<carrier>:<region>", "advertisers", "costs") start
            at 0 and may go below it.
    """

    def __init__(self, cash: Mapping[str, float]) -> None:
        self.start, self.cash = dict(cash), dict(cash)
        self.lines: list[Line] = []

    def add(
        self,
        week: int,
        payer: str,
        payee: str,
        reason: str,
        mb: float = 0.0,
        rmb: float = 0.0,
        internal: bool = False,
    ) -> None:
        """Book a transfer of `rmb` money for `mb` of data; one of no data and no money leaves no
        line.

        Raises ValueError: money or data are negative or not finite, or the week is before that of
        the last line.
        """
        if rmb == 0 and mb == 0:
            return
        if not (0 <= rmb < math.inf and 0 <= mb < math.inf):
            raise ValueError(
                f"{payer} → {payee}, {reason}: {rmb} money, {mb} MB; neither may be below 0"
            )
        if self.lines and week < self.lines[-1].week:
            raise ValueError(
                f"{payer} → {payee}, {reason}: week {week} is over; it is {self.lines[-1].week}"
            )
        cash, mb, rmb = self.cash, float(mb), float(rmb)
        self.lines.append(Line(week, payer, payee, reason, mb, rmb, internal))
        cash[payer] = cash.get(payer, 0.0) - rmb
        cash[payee] = cash.get(payee, 0.0) + rmb

    def since(self, week: int) -> list[Line]:
        """Lines of a week and of all later ones."""
        return self.lines[bisect_left(self.lines, week, key=attrgetter("week")) :]

    def balance(self) -> float:
        """Σ Δcash of all accounts since the start, from the cash itself; 0 but for rounding."""
        return math.fsum(value - self.start.get(name, 0.0) for name, value in self.cash.items())

    def frame(self) -> pd.DataFrame:
        """All lines as a table: week, payer, payee, reason, mb, rmb, internal."""
        import pandas as pd

        return pd.DataFrame(self.lines, columns=Line._fields)
