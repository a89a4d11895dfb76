"""What the report of a run or of a comparison says, part by part: texts, figures and the table
behind each figure.
"""

import datetime as dt
import math
from collections.abc import Sequence
from typing import NamedTuple

from market_model.scenario import WEEKS_PER_BILL
from market_model.words import (
    Language,
    SeriesText,
    amount,
    currency,
    fixed,
    people,
    percent,
    series,
)

from . import figures
from .data import CohortCurve, OfferInfo, ReportData
from .figures import Curve, Option, last
from .look import APPS, CARRIERS, DEEP, INCOMES, MUTED, NONE, colors

OF_A_PLAN = ("customers", "data_users", "chosen", "income")
OF_ALL_PLANS = ("subscribers", "data_users", "plans_chosen", "data_revenue")
"""Series of a plan, and of a carrier the same of all its plans, where some sell several."""
DRAWN = 5
"""Users of an offer from whom on a curve of how they stay is drawn, where any has as many."""

type Rows = Sequence[Sequence[str]]


class Card(NamedTuple):
    """A key figure."""

    label: str
    value: str
    note: str


class Chart(NamedTuple):
    """An option with the heading above it ("" for none) and its height in pixels."""

    title: str
    option: Option
    height: int


class Section(NamedTuple):
    """A part of the page: charts (none: the page says why), the table behind them, a key to their
    colours.

    The words are those of `section.<key>`; rows hold finished texts; the colour key is (name,
    colour); `says` stands above the charts; an open table shows without a click.
    """

    key: str
    charts: Sequence[Chart]
    headers: Sequence[str]
    rows: Rows
    colors: Sequence[tuple[str, str]] = ()
    says: Sequence[str] = ()
    open: bool = False


def sections(run: ReportData, keys: Sequence[str] = ()) -> list[Section]:
    """The parts of a run's report, in reading order; none named means all."""
    makers = {
        "shares": _shares,
        "own": _own,
        "registered": _registered,
        "offers": _offers,
        "paid": paid_section,
        "survival": survival_section,
        "friends": _friends,
        "income": _income,
        "plans": _plans,
        "sms": _sms,
    }
    known = {
        "own": bool(run.figures),
        "plans": any(scope == "plan" for scope, *_ in run.series),
        "friends": any(which == "through_friends" for *_, which in run.series),
    }
    return [
        make(run)
        for key, make in makers.items()
        if (not keys or key in keys) and known.get(key, True)
    ]


def lead(run: ReportData) -> str:
    """The first sentence: how long, when, how many people."""
    return run.say(
        "report.lead",
        weeks=run.weeks,
        first=run.dates[0],
        last=run.dates[-1],
        population=amount(run.population, run.language),
        users=fixed(run.users, run.language, 0),
    )


def cards(run: ReportData) -> list[Card]:
    """The key figures at the top, those that the run has."""
    return [
        c for make in (_leader, _entrant, _sponsors, _stay, _fewer_sms, _price) if (c := make(run))
    ]


def glossary(run: ReportData) -> list[SeriesText]:
    """Name, unit and definition of every app, carrier and market series of the run."""
    known = {
        (scope, name): None
        for scope, _, name in run.series
        if scope in ("app", "carrier", "market")
    }
    texts = [series(name, scope, run.language, currency_name=run.currency) for scope, name in known]
    return list(dict.fromkeys(texts))


def about(run: ReportData) -> list[tuple[str, str]]:
    """What another person needs to run it again, then the caller's own summary."""
    own = [
        (k.replace("_", " "), amount(v, run.language) if isinstance(v, float) else str(v))
        for k, v in run.summary.items()
    ]
    known = (("scenario", run.scenario), ("seed", run.seed), ("digest", run.digest))
    return [(run.say(f"report.{key}"), str(value)) for key, value in known] + own


def _card(run: ReportData, key: str, value: str, **values: str) -> Card:
    return Card(run.say(f"card.{key}", **values), value, run.say(f"card.{key}_note", **values))


def _leader(run: ReportData) -> Card | None:
    shares = [(last(run.get("app", a.name, "active")) / run.population, a.label) for a in run.apps]
    best = max((s for s in shares if math.isfinite(s[0])), default=None)
    return best and _card(
        run, "leader", best[1], share=people.share(best[0] * run.users, run.users, run.language)
    )


def _entrant(run: ReportData) -> Card | None:
    """The first app with an offer that users need not pay for."""
    app = next(
        (a for o in run.offers for a in run.apps if a.name in o.apps and o.payer != "user"), None
    )
    if not app:
        return None
    active, registered = (
        last(run.get("app", app.name, which)) for which in ("active", "registered")
    )
    return _card(
        run,
        "entrant",
        people.share(run.simulated(active), run.simulated(registered), run.language),
        app=app.label,
        active=amount(active, run.language),
        registered=amount(registered, run.language),
    )


def _sponsors(run: ReportData) -> Card:
    total = sum(money for *_, money in _sponsored(run))
    return _card(
        run, "sponsors", amount(total, run.language), currency=currency(run.currency, run.language)
    )


def _stay(run: ReportData) -> Card | None:
    curve = next((c for c in run.cohorts if len(c.weeks)), None)
    if not curve:
        return None
    i = min(range(len(curve.weeks)), key=lambda k: abs(curve.weeks[k] - 12))
    stayed, *others = (
        people.share(active[i], curve.users, run.language)
        for active in (curve.active, curve.twin)
        if active is not None
    )
    key = "card.stay_note_twin" if others else "card.stay_note"
    note = run.say(key, label=curve.label, twin="".join(others))
    return Card(run.say("card.stay", weeks=curve.weeks[i]), stayed, note)


def _fewer_sms(run: ReportData) -> Card | None:
    values = run.get("market", "", "sms")
    return (
        _card(run, "sms", _change(run, sum(values[:4]), sum(values[-4:])))
        if len(values) > 7
        else None
    )


def _price(run: ReportData) -> Card | None:
    known = [v for v in run.get("market", "", "unsponsored_price") if math.isfinite(v)]
    if not known:
        return None
    return _card(
        run,
        "price",
        amount(known[-1], run.language),
        change=_change(run, known[0], known[-1]),
        currency=currency(run.currency, run.language),
    )


def _shares(run: ReportData) -> Section:
    color = colors(run.apps)
    lines = [
        Curve(
            a.label,
            color[a.name],
            [v / run.population for v in run.get("app", a.name, "active")],
            users=run.users,
        )
        for a in run.apps
    ]
    columns = {
        line.label: [people.share(v * run.users, run.users, run.language, 1) for v in line.values]
        for line in lines
    }
    chart = Chart("", figures.active_shares(run.dates, lines, run.language), 400)
    return Section("shares", [chart], *_by_week(run, columns))


def _own(run: ReportData) -> Section:
    """A chart for each figure of the story's own."""
    charts, columns = list[Chart](), dict[str, list[str]]()
    for figure in run.figures:
        columns[figure.label] = [figure.said(week, run.language) for week in range(run.weeks)]
        known = [week for week, value in enumerate(figure.values) if math.isfinite(value)]
        if not known:
            continue
        end = people.counted(columns[figure.label][known[-1]])
        values = [(1 if figure.unit else 100) * figure.values[week] for week in known]
        dates, line = [run.dates[week] for week in known], Curve(end, DEEP, values)
        option = figures.curves(dates, [line], figure.unit or "%", run.language)
        option["yAxis"] |= {"min": 0}
        charts.append(Chart(figure.label, option, 240))
    return Section("own", charts, *_by_week(run, columns))


def _registered(run: ReportData) -> Section:
    color, charts, columns = colors(run.apps), list[Chart](), dict[str, list[str]]()
    for app in run.apps:
        registered, active = (
            run.get("app", app.name, "registered"),
            run.get("app", app.name, "active"),
        )
        spans = [_span(run, o) for o in run.offers if app.name in o.apps]
        option = figures.registered_and_active(
            run.dates, registered, active, color[app.name], run.language, spans
        )
        charts.append(Chart(app.label, option, 240))
        for which, values in (("registered", registered), ("active", active)):
            columns[f"{app.label}: {run.say(f'report.{which}')}"] = [
                amount(v, run.language) for v in values
            ]
    return Section("registered", charts, *_by_week(run, columns))


def _offers(run: ReportData) -> Section:
    color = colors(run.apps)
    bars = [(o, terms_of_offer(run, o), color.get(o.apps[0], NONE)) for o in run.offers]
    option = figures.offers_timeline(run.start, run.weeks, bars)
    charts = [Chart("", option, 54 + 76 * len(bars))] if bars else []
    headers = _words(run, "offer", "app", "from", "until", "terms")
    rows = [
        [o.label, ", ".join(map(run.label, o.apps)), *_span(run, o), terms] for o, terms, _ in bars
    ]
    return Section("offers", charts, headers, rows)


def paid_section(run: ReportData) -> Section:
    color = colors(run.apps) | colors(run.carriers, CARRIERS)
    flows, shown = dict[tuple[str, str], float](), dict[str, str]()
    packs = [(run.say("report.packs"), *line[1:]) for line in run.ledger if line[2] == "pack"]
    for payer, payee, _, _, money in [*_sponsored(run), *packs]:
        own = any(payer == c.name for c in run.carriers)
        name = run.say("report.goodwill", name=run.label(payer)) if own else run.label(payer)
        ends = name, run.label(payee)
        shown |= {
            end: color.get(name, NONE) for end, name in zip(ends, (payer, payee), strict=True)
        }
        flows[ends] = flows.get(ends, 0.0) + money
    bands = [(*ends, money) for ends, money in flows.items() if money > 0]
    rows_high = max((len({band[side] for band in bands}) for side in (0, 1)), default=0)
    option = figures.who_paid(bands, shown, run.currency, run.language)
    charts = [Chart("", option, 60 + 74 * rows_high)] if bands else []
    headers = [*_words(run, "payer", "payee"), currency(run.currency, run.language)]
    return Section("paid", charts, headers, [[a, b, amount(v, run.language)] for a, b, v in bands])


def survival_section(run: ReportData) -> Section:
    """A chart for each offer that brought some: its users, and the same people without it."""
    color, charts, rows = colors(run.apps), list[Chart](), list[list[str]]()
    words = _words(run, "with_offer", "twin")
    drawn = [c for c in run.cohorts if c.users >= DRAWN] or run.cohorts
    for c in run.cohorts:
        tint = color.get(c.app, NONE)
        lines = [
            (c.weeks, Curve(label, tint, [a / c.users for a in active], dashed, users=c.users))
            for label, active, dashed in zip(words, (c.active, c.twin), (False, True), strict=True)
            if active is not None
        ]
        if c in drawn:
            charts.append(Chart(c.label, figures.survival(lines, run.language), 260))
        columns = [
            cohort_shares(c, active, run.language, 1) or ["–"] * len(c.weeks)
            for active in (c.active, c.twin)
        ]
        rows += [[c.label, str(w), *cells] for w, *cells in zip(c.weeks, *columns, strict=True)]
    headers = _words(run, "offer", "weeks", "active", "twin")
    return Section("survival", charts, headers, rows, says=_of_a_few(run))


def _of_a_few(run: ReportData) -> list[str]:
    """How to read the shares of a few, if there are some."""
    if all(c.users >= people.FEW for c in run.cohorts):
        return []
    stands_for = amount(run.population / run.users, run.language)
    return [run.say("people.few", people=stands_for)]


def cohort_shares(
    curve: CohortCurve, active: Sequence[int] | None, language: Language, digits: int = 0
) -> list[str]:
    """The share of a cohort that is active in each week, as readers see it."""
    return [people.share(a, curve.users, language, digits) for a in active or ()]


def _friends(run: ReportData) -> Section:
    """Newcomers of each app in each four weeks, and of them those whom friends brought."""
    charts, rows, starts = list[Chart](), list[list[str]](), range(0, run.weeks, WEEKS_PER_BILL)
    key = list(zip(_words(run, "through_friends", "otherwise"), (APPS[0], NONE), strict=True))
    dates = [run.dates[i] for i in starts]
    for app in run.apps:
        came, brought = (
            [math.fsum(weeks[i : i + WEEKS_PER_BILL]) for i in starts]
            for weeks in (run.get("app", app.name, k) for k in ("joined", "through_friends"))
        )
        if not any(came):
            continue
        others = [all_ - friends for all_, friends in zip(came, brought, strict=True)]
        parts = [
            Curve(*named, values) for named, values in zip(key, (brought, others), strict=True)
        ]
        option = figures.stacked(dates, parts, run.say("axis.people"), run.language, max(came))
        told = run.say("report.app_friends", app=app.label, share=_of_newcomers(run, brought, came))
        charts.append(Chart(told, option, 260))
        rows += [
            [app.label, date, amount(n, run.language), _of_newcomers(run, [b], [n])]
            for date, n, b in zip(dates, came, brought, strict=True)
        ]
    headers = _words(run, "app", "four_weeks", "newcomers", "through_friends")
    return Section("friends", charts, headers, rows, key)


def _of_newcomers(run: ReportData, brought: Sequence[float], came: Sequence[float]) -> str:
    """What part of newcomers friends brought, as a share of the simulated ones."""
    part, whole = (run.simulated(math.fsum(people)) for people in (brought, came))
    return people.share(part, whole, run.language)


def _income(run: ReportData) -> Section:
    """A chart per carrier, of the weeks in which any carrier had a bill and the sources any
    carrier had.
    """
    weeks = range(len(run.dates))
    found = {
        (c.name, s): [
            v if math.isfinite(v) else 0.0 for v in run.get("carrier", c.name, f"{s}_income")
        ]
        or [0.0] * len(weeks)
        for c in run.carriers
        for s in INCOMES
    }
    used = [s for s in INCOMES if any(any(found[c.name, s]) for c in run.carriers)]
    bills = [i for i in weeks if any(values[i] for values in found.values())]
    top = max(
        (sum(found[c.name, s][i] for s in used) for c in run.carriers for i in bills), default=0.0
    )
    dates, charts, rows = [run.dates[i] for i in bills], list[Chart](), list[list[str]]()
    for carrier in run.carriers if bills else ():
        incomes = {s: [found[carrier.name, s][i] for i in bills] for s in used}
        option = figures.carrier_income(dates, incomes, run.currency, run.language, top)
        charts.append(Chart(carrier.label, option, 260))
        rows += [
            [carrier.label, date, *(amount(incomes[s][i], run.language) for s in used)]
            for i, date in enumerate(dates)
        ]
    sources = [run.say(f"income.{s}") for s in used]
    key = [(name, INCOMES[s]) for name, s in zip(sources, used, strict=True)]
    return Section("income", charts, [*_words(run, "carrier", "bill"), *sources], rows, key)


def _plans(run: ReportData) -> Section:
    """By carrier customers of each plan and users of data, then what data brings in; by bill. The
    table has a row for each plan, and one for all of a carrier's.
    """
    of_plan = [series(k, "plan", run.language, currency_name=run.currency) for k in OF_A_PLAN]
    data_users, revenue = (
        series(k, "carrier", run.language, currency_name=run.currency)
        for k in ("data_users", "data_revenue")
    )
    names = [name for scope, name, which in run.series if (scope, which) == ("plan", "customers")]
    first = run.get("plan", names[0], "customers")
    bills = [i for i, v in enumerate(first) if math.isfinite(v)]
    dates, color = [run.dates[i] for i in bills], colors(run.carriers, CARRIERS)
    charts, incomes, rows = list[Chart](), list[Curve](), list[list[str]]()

    def at_bills(scope: str, name: str, which: str) -> list[float]:
        values = run.get(scope, name, which)
        return [values[i] for i in bills]

    for c in run.carriers if bills else ():
        plans = [name for name in names if name.startswith(f"{c.name}/")]
        columns = {run.plans[n]: [at_bills("plan", n, which) for which in OF_A_PLAN] for n in plans}
        whole = [at_bills("carrier", c.name, which) for which in OF_ALL_PLANS]
        lines = [
            Curve(label, APPS[k % len(APPS)], customers)
            for k, (label, (customers, *_)) in enumerate(columns.items())
        ]
        lines.append(Curve(data_users.name, MUTED, whole[1], dashed=True))
        incomes.append(Curve(c.label, color[c.name], whole[-1]))
        option = figures.curves(dates, lines, data_users.unit, run.language)
        charts.append(Chart(c.label, option, 260))
        columns[run.say("report.all_plans")] = whole
        for k, date in enumerate(dates):
            for label, values in columns.items():
                cells = [amount(column[k], run.language) for column in values]
                rows.append([c.label, date, label, *cells])
    if bills:
        option = figures.curves(dates, incomes, revenue.unit, run.language)
        charts.append(Chart(revenue.name, option, 260))
    headers = [*_words(run, "carrier", "bill", "plan"), *(one.name for one in of_plan)]
    return Section("plans", charts, headers, rows)


def _sms(run: ReportData) -> Section:
    color = colors(run.carriers, CARRIERS)
    lines = [Curve(c.label, color[c.name], run.get("carrier", c.name, "sms")) for c in run.carriers]
    columns = {line.label: [amount(v, run.language) for v in line.values] for line in lines}
    chart = Chart("", figures.curves(run.dates, lines, run.say("axis.sms"), run.language), 320)
    return Section("sms", [chart], *_by_week(run, columns))


def _sponsored(run: ReportData) -> list[tuple[str, str, str, float, float]]:
    """Lines by which somebody other than a user paid a carrier for data."""
    carriers = {c.name for c in run.carriers}
    return [x for x in run.ledger if x[1] in carriers and x[3] > 0 and not x[0].startswith("users")]


def terms_of_offer(run: ReportData, o: OfferInfo) -> str:
    """Who paid, and what was free."""
    if o.waived <= 0 and o.gift_mb > 0:
        kind = "gift"
    else:
        kind = "no_discount" if o.waived <= 0 else "free" if o.waived >= 1 else "discount"
    if o.allowance_mb is not None and o.waived > 0:
        kind += "_up_to"
    free = run.say(
        f"offer.{kind}",
        percent=percent(o.waived, run.language),
        mb=fixed(o.gift_mb if kind == "gift" else o.allowance_mb or 0, run.language, 0),
    )
    key = o.payer if o.payer in ("app", "carrier", "owner", "user") else "other"
    return f"{run.say(f'payer.{key}', app=run.label(o.apps[0]), name=run.label(o.payer))} · {free}"


def _span(run: ReportData, offer: OfferInfo) -> tuple[str, str]:
    """First day and day of the end, within the run."""
    first, last = (
        run.start + dt.timedelta(weeks=min(max(w, 0), run.weeks))
        for w in (offer.start_week, offer.end_week)
    )
    return first.isoformat(), last.isoformat()


def _words(run: ReportData, *keys: str) -> list[str]:
    return [run.say(f"report.{key}") for key in keys]


def _by_week(run: ReportData, columns: dict[str, list[str]]) -> tuple[list[str], Rows]:
    """Headers and rows of a table with one row a week."""
    rows = [
        [d, *(c[i] if i < len(c) else "–" for c in columns.values())]
        for i, d in enumerate(run.dates)
    ]
    return [*_words(run, "week"), *columns], rows


def _change(run: ReportData, before: float, after: float) -> str:
    """Of money, messages or prices; people grow by `people.growth`."""
    return people.signed(after / before - 1 if before else math.nan, run.language)
