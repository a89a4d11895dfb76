"""Figures that are a story's own, week by week: sums of series or of transfers, or a part of
others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..scenario.check import SCOPES
from ..words import Language, currency, series, word

if TYPE_CHECKING:
    from ..market.history import History
    from ..players.ledger import Line
    from ..scenario.model import Figure, Scenario

type Floats = NDArray[np.float64]


def values(history: History, ledger: Sequence[Line], figure: Figure, since: int = 0) -> Floats:
    """A figure of each week from `since` to the last one; nan in weeks without a value, as bills
    come every fourth week.
    """
    top = _sum(history, ledger, figure.of, since)
    if not figure.part_of:
        return top
    whole = _sum(history, ledger, figure.part_of, since)
    return np.divide(top, whole, out=np.full(len(top), np.nan), where=whole > 0)


def of_people(figure: Figure) -> bool:
    """Whether a figure is a part of people."""
    of, *_, name = figure.of[0].split(".")
    counts = of in SCOPES and series(name, SCOPES[of], "en").unit == "people"
    return bool(figure.part_of) and counts


def wholes(
    history: History, ledger: Sequence[Line], scenario: Scenario, figure: Figure, since: int = 0
) -> Floats:
    """Of a figure that is a part of people, the simulated people that it is a part of, by week;
    empty for others.
    """
    if not of_people(figure):
        return np.empty(0)
    return _sum(history, ledger, figure.part_of, since) / scenario.people_per_user


def title_of(figure: Figure, language: Language) -> str:
    """What a figure is called."""
    return (figure.title_zh if language == "zh" else "") or figure.title


def unit(figure: Figure, language: Language, money: str) -> str:
    """The unit of an amount; "" of a part."""
    if figure.part_of:
        return ""
    of, *_, name = figure.of[0].split(".")
    if of == "ledger":
        return word("axis.income", language, currency=currency(money, language))
    return series(name, SCOPES[of], language, currency_name=money).unit


def _sum(history: History, ledger: Sequence[Line], paths: Iterable[str], since: int) -> Floats:
    """What is added up; nan in weeks in which nothing of it has a value."""
    parts = np.array([one for path in paths for one in _parts(history, ledger, path, since)])
    return np.where(np.isnan(parts).all(axis=0), np.nan, np.nansum(parts, axis=0))


def _parts(history: History, ledger: Sequence[Line], path: str, since: int) -> Iterator[Floats]:
    of, *rest = path.split(".")
    if of == "ledger":
        account, reason = rest
        yield _paid(history, ledger, account, reason, since)
        return
    scope = SCOPES[of]
    names = history.names[scope] if rest[0] == "*" else [rest[0] if len(rest) > 1 else ""]
    for name in names:
        yield history.series(scope, name, rest[-1])[since:]


def _paid(
    history: History, ledger: Sequence[Line], account: str, reason: str, since: int
) -> Floats:
    """What an account was paid for a reason, money; nan in weeks without a bill."""
    found: dict[int, list[float]] = {}
    for line in _lines_since(ledger, since):
        of_week = found.setdefault(line.week, [])
        if line.payee == account and line.reason == reason:
            of_week.append(line.rmb)
    weeks = range(since, history.weeks)
    return np.array([math.fsum(found[w]) if w in found else np.nan for w in weeks])


def _lines_since(ledger: Sequence[Line], since: int) -> Iterator[Line]:
    for line in reversed(ledger):
        if line.week < since:
            return
        yield line
