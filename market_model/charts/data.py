"""What a report is made from: plain data, filled in by whoever ran the market."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from market_model.words import Language, actor, amount, people, percent, word


@dataclass(frozen=True)
class ActorInfo:
    """An app or carrier: its name in the scenario, what readers call it, its colour if it has
    one.
    """

    name: str
    label: str
    color: str | None = None


@dataclass(frozen=True)
class OfferInfo:
    """An offer: over from `end_week` on. `payer` is "app", "carrier", "owner", "user" or an
    actor's name.
    """

    name: str
    label: str
    apps: Sequence[str]
    start_week: int
    end_week: int
    payer: str
    waived: float = 1.0
    allowance_mb: float | None = None
    gift_mb: float = 0.0
    carriers: Sequence[str] = ()


@dataclass(frozen=True)
class CohortCurve:
    """How many of an offer's simulated `users` were still active in each of `weeks` since its end,
    and how many of them in the market without it.
    """

    label: str
    app: str
    weeks: Sequence[int]
    users: int
    active: Sequence[int]
    twin: Sequence[int] | None = None


@dataclass(frozen=True)
class FigureCurve:
    """A figure of the story's own, one value a week, nan where there is none: an amount in `unit`,
    or, without a unit, a part of something (0 … 1).

    `wholes`: the simulated people that it is a part of; empty where it is not a part of people.
    """

    label: str
    unit: str
    values: Sequence[float]
    wholes: Sequence[float] = ()

    def said(self, week: int, language: Language) -> str:
        """Its value in a week, as readers see it."""
        value = self.values[week]
        if not math.isfinite(value):
            return "–"
        if self.unit:
            return amount(value, language)
        if not self.wholes:
            return percent(value, language, 1)
        return people.share(value * self.wholes[week], self.wholes[week], language, 1)


class _Worded:
    language: Language

    def say(self, key: str, **values: object) -> str:
        """A text in the page's language."""
        return word(key, self.language, **values)


@dataclass(frozen=True)
class _Titled(_Worded):
    title: str
    subtitle: str
    language: Language


@dataclass(frozen=True)
class ReportData(_Titled):
    """One run.

    `series` maps (scope, name, series) to one value a week, nan where there is none. `ledger` holds
    (payer, payee, reason, MB, money) summed over the run; the names of users as payers begin with
    "users". `plans` are the labels of plans at the start, by "carrier/plan".
    """

    scenario: str
    seed: int
    digest: str
    weeks: int
    start: date
    currency: str
    population: float
    users: int
    dates: Sequence[str]
    series: Mapping[tuple[str, str, str], Sequence[float]]
    apps: Sequence[ActorInfo]
    carriers: Sequence[ActorInfo]
    plans: Mapping[str, str] = field(default_factory=dict[str, str])
    offers: Sequence[OfferInfo] = ()
    ledger: Sequence[tuple[str, str, str, float, float]] = ()
    cohorts: Sequence[CohortCurve] = ()
    figures: Sequence[FigureCurve] = ()
    summary: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def get(self, scope: str, name: str, which: str) -> Sequence[float]:
        """A weekly series; empty if the run has none."""
        return self.series.get((scope, name, which), ())

    def simulated(self, people: float) -> float:
        """How many simulated users stand for so many people."""
        return people * self.users / self.population

    def label(self, name: str) -> str:
        """What readers call an actor."""
        given = (a.label for a in (*self.apps, *self.carriers) if a.name == name)
        return next(given, actor(name, self.language))


LEVEL = 0.95
"""Of intervals; 1 − LEVEL is the share of differences that look clear by luck alone."""


class Tested:
    """A difference with the ends of its interval and its p value after correction for all tests of
    the comparison (nan: not tested).
    """

    low: float
    high: float
    adjusted: float

    @property
    def clear(self) -> bool:
        """The interval leaves out zero."""
        return self.low > 0 or self.high < 0

    @property
    def stands(self) -> bool:
        """It is clear although many were tested at once."""
        return self.clear and self.adjusted <= 1 - LEVEL


class TestCounts(NamedTuple):
    """Of differences: how many were tested, are clear, would be clear by luck alone if nothing
    differed, and stand after correction.
    """

    tested: int
    clear: int
    by_chance: float
    standing: int


def tally(differences: Collection[Tested]) -> TestCounts:
    """How many differences are clear, and how many of them can be trusted."""
    tested = sum(math.isfinite(d.adjusted) for d in differences)
    clear, standing = (sum(getattr(d, k) for d in differences) for k in ("clear", "stands"))
    return TestCounts(tested, clear, round((1 - LEVEL) * tested, 2), standing)


@dataclass(frozen=True)
class DifferenceRow(Tested):
    """One measure of one variant against the base; `low` and `high` are nan with a single run.

    `adjusted`: as in `Tested`. `scale`: of a number of people, how many of them a simulated person
    stands for; else nan.
    """

    variant: str
    measure: str
    unit: str
    base: float
    mean: float
    difference: float
    low: float
    high: float
    adjusted: float = math.nan
    scale: float = math.nan


@dataclass(frozen=True)
class CompareData(_Titled):
    """Variants against a base with the same luck. Labels are as readers see them.

    `effects`: of free data on the monthly users of apps, in each world (variant, app, world, lucks,
    mean, low, high); `reach` says in sentences how far they reach; `when`, of which weeks the
    figures are.
    """

    base: str
    variants: Sequence[str]
    replicates: int
    differences: Sequence[DifferenceRow]
    level: float = LEVEL
    effects: Sequence[tuple[str, str, str, int, float, float, float]] = ()
    reach: Sequence[str] = ()
    when: Sequence[str] = ()

    def notes(self) -> list[str]:
        """What readers must know before the figures: of when they are, and whether luck is told."""
        return [*self.when, *([self.say("compare.once")] if self.replicates == 1 else [])]


@dataclass(frozen=True)
class Verdict:
    """A fact and what an ensemble of parameter sets gives.

    Attributes:
        id: "F1 w9". use: C calibrated, V validation, D diagnostic, I identity. when: a date, or "".
        band: low end, middle, high end; infinite where open, nan where nothing was published.
        median, low, high: over members. members: how many. inside: share of them in the band.
    """

    id: str
    use: str
    sentence: str
    when: str
    band: tuple[float, float, float]
    median: float
    low: float
    high: float
    members: int
    inside: float

    @property
    def holds(self) -> bool | None:
        """The median stands in the band; None without a band."""
        return None if math.isnan(self.band[0]) else self.band[0] <= self.median <= self.band[2]


@dataclass(frozen=True)
class EvidenceData(_Worded):
    """Facts against an ensemble: verdicts in the order of reading, numbers of members and runs
    behind them.
    """

    language: Language
    verdicts: Sequence[Verdict]
    members: int
    runs: int
