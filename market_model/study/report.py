"""From runs to the plain data that reports are drawn from."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

from pydantic_core import to_jsonable_python

from ..charts import (
    ActorInfo,
    CohortCurve,
    CompareData,
    DifferenceRow,
    FigureCurve,
    OfferInfo,
    ReportData,
)
from ..charts.sections import DRAWN
from ..market import Run
from ..market.friends import ThroughFriends
from ..scenario import WEEKS_PER_BILL, Scenario, load_scenario
from ..words import Language, actor, amount, offer_label, plans, series, word
from .compare import Comparison
from .effects import WorldEffect, reach
from .figures import title_of as title_of_figure
from .figures import unit, values, wholes

MEASURES = {
    "app": ("registered", "mau", "active"),
    "carrier": ("sms_income", "sponsor_income", "plan_income"),
    "market": ("hhi", "consumer_surplus"),
}
"""What a comparison shows first."""
PEOPLE = ("registered", "mau", "active")
"""Measures that count people."""


class Words:
    """What readers are told, in one language; `kind` is the part of the words that a report has."""

    kind: str

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def say(self, key: str, **values: object) -> str:
        return word(f"{self.kind}.{key}", self.language, **values)

    def actor(self, name: str) -> str:
        return actor(name, self.language)

    def amount(self, value: float) -> str:
        return amount(value, self.language)


def report_data(
    one: Run, twin: Run | None, language: Language = "en", friends: ThroughFriends | None = None
) -> ReportData:
    """Everything the report of a run shows; the twin gives the cohort curves their counterpart, who
    looked at newcomers says which of them friends brought.
    """
    scenario, history = one.scenario, one.history
    return ReportData(
        title=title_of(scenario, language),
        subtitle=scenario.name,
        language=language,
        scenario=scenario.name,
        seed=one.seed,
        digest=one.digest,
        weeks=history.weeks,
        start=scenario.start,
        currency=scenario.currency,
        population=scenario.population,
        users=scenario.society.users,
        dates=[scenario.date_of(w).isoformat() for w in range(history.weeks)],
        series={
            (scope, name, which): values.tolist() for scope, name, which, values in history.all()
        }
        | (friends_series(scenario, friends) if friends else {}),
        apps=[
            ActorInfo(n, actor(n, language), scenario.apps[n].color) for n in scenario.messengers
        ],
        carriers=[ActorInfo(n, actor(n, language), c.color) for n, c in scenario.carriers.items()],
        plans={
            f"{carrier}/{name}": label
            for carrier, config in scenario.carriers.items()
            for name, label in plans(config.terms_of_plans, scenario.currency, language).items()
        },
        offers=[
            OfferInfo(
                o["name"],
                offer_label(o["name"], language),
                o["apps"],
                max(0, o["start"]),
                min(o["end"], scenario.weeks),
                o["payer"],
                o["waived"],
                o["allowance_mb"],
                o["gift_mb"],
                o["carriers"],
            )
            for o in one.offers
            if o["start"] < scenario.weeks
        ],
        ledger=paid_in_sum(one),
        cohorts=_curves(one, twin, language),
        figures=_figures(one, language),
    )


def friends_series(
    scenario: Scenario, seen: ThroughFriends
) -> dict[tuple[str, str, str], list[float]]:
    """Newcomers of each app whom friends brought, by week, as a report has its series."""
    return {
        ("app", name, "through_friends"): seen.brought[:, k].tolist()
        for k, name in enumerate(scenario.messengers)
    }


def paid_in_sum(one: Run) -> list[tuple[str, str, str, float, float]]:
    sums: dict[tuple[str, str, str], tuple[float, float]] = {}
    for line in one.transfers():
        mb, rmb = sums.get((line.payer, line.payee, line.reason), (0.0, 0.0))
        sums[line.payer, line.payee, line.reason] = (mb + line.mb, rmb + line.rmb)
    return [(*key, *amounts) for key, amounts in sorted(sums.items())]


def _curves(one: Run, twin: Run | None, language: Language) -> list[CohortCurve]:
    others = twin.followed if twin else [None] * len(one.followed)
    return [
        CohortCurve(
            offer_label(mine.offer, language),
            mine.app,
            list(range(len(mine.active))),
            len(mine.acquired),
            mine.active,
            theirs and theirs.active,
        )
        for mine, theirs in zip(one.followed, others, strict=True)
        if len(mine.acquired) >= DRAWN and len(mine.active) >= 2
    ]


def _figures(one: Run, language: Language) -> list[FigureCurve]:
    known = one.history, one.transfers()
    return [
        FigureCurve(
            title_of_figure(figure, language),
            unit(figure, language, one.scenario.currency),
            values(*known, figure).tolist(),
            wholes(*known, one.scenario, figure).tolist(),
        )
        for figure in one.scenario.figures
    ]


def compare_data(
    found: Comparison,
    scenarios: Mapping[str, Scenario],
    language: Language = "en",
    titles: Mapping[str, str] | None = None,
    effects: Sequence[WorldEffect] = (),
) -> CompareData:
    """The measures of a comparison that a report shows; `titles`: of variants that are no more than
    their scenario's; `effects`: in the worlds.
    """
    base = scenarios[found.base]
    shown_as = {name: title_of(one, language) for name, one in scenarios.items()} | dict(
        titles or {}
    )
    shown = {
        f"{scope}s.{name}.{m}"
        for scope, names in (("app", base.messengers), ("carrier", base.carriers))
        for name in names
        for m in MEASURES[scope]
    }
    shown |= {f"market.{m}" for m in MEASURES["market"]}
    rows = [
        DifferenceRow(
            shown_as[d.scenario],
            *_words(d.measure, base, language),
            d.base,
            d.variant,
            d.difference,
            d.low,
            d.high,
            d.adjusted,
            base.people_per_user if d.measure.rpartition(".")[2] in PEOPLE else nan,
        )
        for d in found.differences
        if d.measure in shown and (d.base or d.variant)
    ]
    return CompareData(
        title_of(base, language),
        " · ".join([found.base, *((titles or {}).get(v, v) for v in found.variants)]),
        language,
        title_of(base, language),
        [shown_as[v] for v in found.variants],
        found.replicates,
        rows,
        effects=[
            (
                shown_as[e.variant],
                actor(e.app, language),
                title_of(load_scenario(e.world), language),
                e.lucks,
                e.mean,
                e.low,
                e.high,
            )
            for e in effects
        ],
        reach=[
            said
            for v in found.variants
            for said in reach(
                [e for e in effects if e.variant == v],
                title_of(base, language),
                shown_as[v],
                language,
            )
        ],
        when=_ends(base, {shown_as[name]: scenarios[name] for name in found.variants}, language),
    )


def _ends(base: Scenario, variants: Mapping[str, Scenario], language: Language) -> list[str]:
    """Of which weeks the figures of a summary are, in sentences."""

    def said(key: str, scenario: Scenario, week: int, **values: object) -> str:
        date = scenario.date_of(week - 1).isoformat()
        return word(f"compare.{key}", language, week=week, date=date, **values)

    def bill(scenario: Scenario) -> tuple[int, int]:
        last = scenario.weeks // WEEKS_PER_BILL * WEEKS_PER_BILL
        return last - WEEKS_PER_BILL + 1, last

    first, last = bill(base)
    return [
        said("week", base, base.weeks),
        *([said("bill", base, first, first=first, last=last)] if last else []),
        *(
            said("other_end", one, one.weeks, variant=name, first=bill(one)[0], last=bill(one)[1])
            for name, one in variants.items()
            if (one.start, one.weeks) != (base.start, base.weeks)
        ),
    ]


def title_of(scenario: Scenario, language: Language) -> str:
    return scenario.title_in(language) or scenario.name


def _words(measure: str, base: Scenario, language: Language) -> tuple[str, str]:
    """Name and unit of a measure, as readers see them."""
    group, *middle, kind = measure.split(".")
    text = series(
        kind, "market" if group == "market" else group[:-1], language, currency_name=base.currency
    )
    if not middle:
        return text.name, text.unit
    return word("list.of", language, who=actor(middle[0], language), what=text.name), text.unit


def json_safe(value: Any) -> Any:
    """The same data with nan as null and numpy's numbers and arrays as plain ones."""
    return to_jsonable_python(value, inf_nan_mode="null", fallback=lambda numbers: numbers.tolist())
