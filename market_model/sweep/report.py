"""From the analysis of a sweep to its report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

from ..charts import sweep as figures
from ..charts.page import study_page
from ..charts.sections import Chart, Section
from ..scenario import ScenarioError
from ..scenario.society import Society
from ..study.report import Words
from ..words import Language, fixed, offer_label, people, percent, series, word
from .analysis import (
    Box,
    Condition,
    Effect,
    Fan,
    Interval,
    Sensitivity,
    Tipping,
    boxes,
    fan,
    measures_of,
    sensitivity,
    tipping,
    varies,
)
from .store import Results

ENTRANTS = 2
"""Apps that are shown unasked."""
MOSTLY = 0.9
"""Share of the variance from which on nothing but luck is said to move a measure."""
SPLIT = {"low": figures.TOTAL, "high": figures.FIRST}


class Discovery(NamedTuple):
    """A condition, the share of all runs with it, and where it happens."""

    condition: Condition
    share: float
    boxes: list[Box]


@dataclass(frozen=True)
class Analysis:
    """Everything the report of a sweep shows.

    Attributes:
        users: simulated people of a run, at least.
        ranges: ends (or texts) of each factor. fans: by measure, where its weekly figures were
            kept, apart for the low and the high third of its strongest factor.
        discoveries: of each condition, where it happens.
    """

    name: str
    scenario: str
    users: int
    runs: int
    failed: int
    replicates: int
    ranges: dict[str, tuple[float, float] | list[str]]
    measures: list[Sensitivity]
    maps: list[Tipping]
    fans: dict[str, list[Fan]]
    discoveries: list[Discovery]


def analyze(
    results: Results,
    measures: Sequence[str] = (),
    where: Sequence[Condition] = (),
    on_part: Callable[[str], None] = lambda _: None,
) -> Analysis:
    """Without measures: the entrants' shares, concentration, consumer surplus. Without
    conditions: the first measure's best quarter. `on_part`: told what comes next.
    """
    frame, moved = results.frame, list[Sensitivity]()
    for place, measure in enumerate(chosen := measures or default_measures(results), 1):
        on_part(f"what moves {measure} ({place} of {len(chosen)})")
        moved.append(sensitivity(results, measure))
    on_part("paths, maps and conditions")
    if not where:
        where = [
            Condition(moved[0].measure, ">", float(f"{frame[moved[0].measure].quantile(0.75):.3g}"))
        ]
    pairs = [(s.measure, *(e.factor for e in s.effects[:2])) for s in moved if len(s.effects) > 1]
    fans: dict[str, list[Fan]] = {}
    for s in moved:
        scope, name, kind = weekly_place(s.measure)
        kept = f"{scope}.{kind}" in results.sweep.outputs.weekly
        if kept and (parts := fan(results, scope, name, kind, split=s.effects[0].factor)):
            fans[s.measure] = parts
    return Analysis(
        results.sweep.name,
        results.sweep.scenario,
        users_of(results),
        len(frame),
        len(results.statuses()) - len(frame),
        int(frame["replicate"].nunique()),
        {name: _extent(results, frame, name) for name in results.factors},
        moved,
        [tipping(results, *pair) for pair in pairs],
        fans,
        [Discovery(c, *boxes(results, c)) for c in where],
    )


def users_of(results: Results) -> int:
    """The fewest simulated people of any run."""
    field = "society.users"
    if field in results.factors:
        return int(results.frame[field].min())
    society = Society.model_validate(results.resolved["scenario"].get("society", {}))
    return int(results.sweep.set.get(field, society.users))


def _extent(results: Results, frame: Any, factor: str) -> tuple[float, float] | list[str]:
    column = frame[factor]
    if column.dtype.kind != "f":
        return sorted(column.unique())
    return results.sweep.factors[factor].range or (column.min(), column.max())


def default_measures(results: Results) -> list[str]:
    """What varies of: the shares of the two apps with the fewest monthly users, concentration,
    consumer surplus.
    """
    frame = results.frame
    names = [
        m
        for m in measures_of(results, frame)
        if m.startswith(("apps.", "market.")) and varies(frame, m)
    ]
    shares = [m for m in names if m.endswith("mau_share")]
    entrants = [
        m.rpartition(".")[0] for m in sorted(shares, key=lambda m: frame[m].mean())[:ENTRANTS]
    ]
    wanted = [f"{app}.{kind}" for app in entrants for kind in ("registered_share", "mau_share")]
    measures = [m for m in (*wanted, "market.hhi", "market.consumer_surplus") if m in names]
    if not measures:
        raise ScenarioError(
            str(results.folder), "", "no usual measure varies; name one with --measure"
        )
    return measures


def weekly_place(measure: str) -> tuple[str, str, str]:
    """Scope, name and series of the weekly figures behind a measure of the last week."""
    group, *middle, kind = measure.split(".")
    return group.removesuffix("s"), ".".join(middle), kind.removesuffix("_share")


class SweepWords(Words):
    """What readers call what a sweep is about; `users`: simulated people of a run, at least."""

    kind = "sweep"

    def __init__(self, language: Language, users: int) -> None:
        super().__init__(language)
        self.users = users

    def thing(self, group: str, name: str) -> str:
        return offer_label(name, self.language) if group == "offers" else self.actor(name)

    def measure(self, path: str) -> str:
        """The actor's or offer's name, then the measure's."""
        group, *middle, kind = path.split(".")
        stem = kind.removesuffix("_share").removesuffix("_total")
        try:
            name = series(
                stem, group.removesuffix("s"), self.language, currency_name=self.say("money")
            ).name
        except KeyError:
            return path
        more = {"_share": "share", "_total": "total"}.get(kind.removeprefix(stem))
        what = self.say(more, name=name) if more else name
        if not middle:
            return what
        return word("list.of", self.language, who=self.thing(group, middle[0]), what=what)

    def factor(self, path: str) -> str:
        """The actor's or offer's name, then its field; in Chinese as files write it."""
        group, *rest = path.split(".")
        if group in ("apps", "carriers", "owners", "offers") and len(rest) > 1:
            rest[0] = self.thing(group, rest[0])
        name = ", ".join(rest) if rest else group
        return name.replace("_", " ") if self.language == "en" else name

    def figure(self, measure: str, value: float) -> str:
        if not measure.endswith("_share"):
            return self.amount(value)
        return people.share(value * self.users, self.users, self.language, 1)

    def span(self, ends: tuple[float, float] | list[str]) -> str:
        """A range, perhaps open at an end, or some values, in words."""
        if isinstance(ends, list):
            return ", ".join(ends)
        key = "at_least" if ends[1] == inf else "at_most" if ends[0] == -inf else "between"
        low, high = map(self.amount, ends)
        return self.say(key, low=low, high=high)

    def fan(self, measure: str, parts: Sequence[Fan]) -> figures.Option:
        scope, _, kind = weekly_place(measure)
        unit = series(kind, scope, self.language, currency_name=self.say("money")).unit
        rows = [(self.say(p.part), SPLIT[p.part], p.quantiles.tolist()) for p in parts]
        return figures.fan(parts[0].weeks, rows, unit, self.language)


class SweepPage(SweepWords):
    """The report of an analysis in one language."""

    def __init__(self, analysis: Analysis, language: Language) -> None:
        super().__init__(language, analysis.users)
        self.analysis = analysis

    def html(self) -> str:
        """A whole file that opens without a network."""
        a = self.analysis
        swept = "; ".join(f"{self.factor(f)}: {self.span(r)}" for f, r in a.ranges.items())
        lead = self.say(
            "lead",
            runs=fixed(a.runs, self.language, 0),
            scenario=a.scenario,
            replicates=a.replicates,
            failed=a.failed,
            swept=swept,
        )
        return study_page(
            self.language,
            self.kind,
            a.name,
            lead,
            [self.moves(), self.maps(), self.boxes(), self.fans()],
            self.findings(),
        )

    def findings(self) -> list[str]:
        """What moves each measure most, how much is luck, and what is said against it."""
        few = any(s.method == "ranks" for s in self.analysis.measures)
        return [self.say("few")] * few + [
            self.say(
                "mostly_luck" if s.luck.value >= MOSTLY else s.method,
                measure=self.measure(s.measure),
                factor=self.factor(s.effects[0].factor),
                share=_share(s.effects[0].first, self.language),
                direction=self.direction(s.effects[0]),
                luck=_share(s.luck, self.language),
                skill=percent(s.skill, self.language),
            )
            for s in self.analysis.measures
        ]

    def direction(self, e: Effect) -> str:
        """Which way a factor goes with a measure."""
        if e.ends:
            return self.say("ends", most=e.ends[0], least=e.ends[1])
        return self.say("less" if e.rank < 0 else "more", rank=fixed(e.rank, self.language, 2))

    def moves(self) -> Section:
        """Shares of the variance that each factor has."""
        charts = [
            Chart(
                self.measure(s.measure),
                figures.effects(
                    [figures.Bar(self.factor(e.factor), *e.first, e.total) for e in s.effects]
                ),
                50 + 62 * len(s.effects),
            )
            for s in self.analysis.measures
            if s.method != "ranks"
        ]
        rows = [
            [
                self.measure(s.measure),
                self.factor(e.factor),
                e.factor,
                _share(e.first, self.language),
                percent(e.total, self.language),
                self.direction(e) if e.ends else fixed(e.rank, self.language, 2),
            ]
            for s in self.analysis.measures
            for e in s.effects
        ]
        headers = [
            self.say(k) for k in ("measure", "factor", "path", "alone", "total_effect", "rank")
        ]
        return Section("sweep_moves", charts, headers, rows)

    def maps(self) -> Section:
        """A heat map of each measure over its two strongest factors."""
        charts, rows = list[Chart](), list[list[str]]()
        for t in self.analysis.maps:
            measure, x, y, cells = (
                self.measure(t.measure),
                self.factor(t.x),
                self.factor(t.y),
                list[figures.Cell](),
            )
            for i, j, *both, runs in t.cells:
                mean, spread = (self.figure(t.measure, v) for v in both)
                cells.append(
                    figures.Cell(
                        i,
                        j,
                        both[0],
                        mean,
                        self.say("cell", mean=mean, spread=spread, runs=len(runs)),
                    )
                )
                rows.append(
                    [
                        measure,
                        f"{x} {t.x_bins[i]}",
                        f"{y} {t.y_bins[j]}",
                        mean,
                        spread,
                        " ".join(map(str, runs)),
                    ]
                )
            charts.append(
                Chart(
                    measure,
                    figures.tipping(x, y, t.x_bins, t.y_bins, cells),
                    110 + 40 * len(t.y_bins),
                )
            )
        headers = [
            self.say(k) for k in ("measure", "factor", "factor", "mean", "spread", "run_ids")
        ]
        return Section("sweep_maps", charts, headers, rows)

    def boxes(self) -> Section:
        """Which settings bring a condition about."""
        said, rows = list[str](), list[list[str]]()
        for c, base, nested in self.analysis.discoveries:
            label = f"{self.measure(c.measure)} {c.sign} {self.figure(c.measure, c.value)}"
            said.append(self.say("base", condition=label, base=percent(base, self.language)))
            for k, box in enumerate(nested, 1):
                limits = [
                    [self.factor(factor), self.span(ends)] for factor, ends in box.limits.items()
                ]
                told = self.say("and").join(map(" ".join, limits))
                said.append(
                    self.say(
                        "box",
                        k=k,
                        limits=told,
                        density=percent(box.density, self.language),
                        runs=box.runs,
                        coverage=percent(box.coverage, self.language),
                    )
                )
                rows += [[label, str(k), *limit] for limit in limits]
        return Section(
            "sweep_boxes",
            (),
            [self.say(k) for k in ("condition", "number", "factor", "values")],
            rows,
            says=said,
        )

    def fans(self) -> Section:
        """How the paths of each measure spread, for the low and the high third of its strongest
        factor.
        """
        charts = [
            Chart(
                self.say(
                    "split",
                    measure=self.measure(s.measure.removesuffix("_share")),
                    factor=self.factor(s.effects[0].factor),
                ),
                self.fan(s.measure, self.analysis.fans[s.measure]),
                300,
            )
            for s in self.analysis.measures
            if s.measure in self.analysis.fans
        ]
        return Section(
            "sweep_fans",
            charts,
            (),
            (),
            [(self.say(f"{part}_third"), color) for part, color in SPLIT.items()],
        )


def _share(i: Interval, language: Language) -> str:
    if i.low != i.low:
        return percent(i.value, language)
    return f"{percent(i.value, language)} ({percent(i.low, language)}–{percent(i.high, language)})"
