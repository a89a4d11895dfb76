"""Who paid whom, for what: every transfer is one line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


class Line(NamedTuple):
    """One transfer: `mb` of data, `rmb` of the scenario's money, `internal` if it stays within a firm."""

    week: int
    payer: str
    payee: str
    reason: str
    mb: float
    rmb: float
    internal: bool


@dataclass(slots=True)
class Lines:
    """The lines as parallel lists of equal length, in order of booking."""

    week: list[int] = field(default_factory=list)
    payer: list[str] = field(default_factory=list)
    payee: list[str] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)
    mb: list[float] = field(default_factory=list)
    rmb: list[float] = field(default_factory=list)
    internal: list[bool] = field(default_factory=list)

    def columns(self) -> dict[str, list]:
        return {name: getattr(self, name) for name in Line._fields}


class Ledger:
    """Accounts and the transfers between them.

    Attributes:
        start: cash of each player before the first line. lines: all transfers.
        cash: cash now; accounts outside ("users:<carrier>:<region>", "advertisers", "costs") start at 0 and may go below it.
    """

    def __init__(self, cash: Mapping[str, float]) -> None:
        self.start, self.cash = dict(cash), dict(cash)
        self.lines = Lines()
        self._opening: dict[int, dict[str, float]] = {}

    def __len__(self) -> int:
        return len(self.lines.week)

    def add(self, week: int, payer: str, payee: str, reason: str, mb: float = 0.0, rmb: float = 0.0,
            internal: bool = False) -> None:
        """Book a transfer of `rmb` money for `mb` of data; one of no data and no money leaves no line.

        Raises:
            ValueError: money or data are negative or not finite, or the week is before that of the last line.
        """
        if not (0 <= rmb < math.inf and 0 <= mb < math.inf):
            raise ValueError(f"{payer} → {payee}, {reason}: {rmb} money, {mb} MB; neither may be below 0")
        if rmb == 0 and mb == 0:
            return
        lines, cash = self.lines, self.cash
        if lines.week and week < lines.week[-1]:
            raise ValueError(f"{payer} → {payee}, {reason}: week {week} is over; it is {lines.week[-1]}")
        if week not in self._opening:
            self._opening[week] = dict(cash)
        for column, value in zip(lines.columns().values(), (week, payer, payee, reason, mb, rmb, internal), strict=True):
            column.append(value)
        cash[payer] = cash.get(payer, 0.0) - rmb
        cash[payee] = cash.get(payee, 0.0) + rmb

    def balance(self, week: int) -> float:
        """Σ Δcash of all accounts in a week, from the cash itself; 0 but for rounding."""
        if week not in self._opening:
            return 0.0
        opening = self._opening[week]
        closing = next((cash for later, cash in self._opening.items() if later > week), self.cash)
        return math.fsum(value - opening.get(name, 0.0) for name, value in closing.items())

    def since(self, index: int) -> list[Line]:
        """The lines booked from place `index` on; keep `len(ledger)` for the next call."""
        columns = self.lines.columns().values()
        return [Line(*row) for row in zip(*(c[index:] for c in columns), strict=True)]

    def frame(self) -> pd.DataFrame:
        """All lines as a table: week, payer, payee, reason, mb, rmb, internal."""
        import pandas as pd
        return pd.DataFrame(self.lines.columns())
