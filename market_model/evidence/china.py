"""F1 to F6, F9, F12 and F13: the figures of china-2013."""

from __future__ import annotations

import numpy as np

from ..market import Market, run
from ..market.history import History
from ..scenario import WEEKS_PER_BILL, Scenario
from .branch import AFTER, WEEKS, OutOfOrder, Together, Treatment
from .facts import Figures, days

EXPERIMENTS = (12, 24, 36, 48)
"""First weeks of the experiments behind F6, each with other users."""
OUTAGE = 44
"""Week in which the app that most people use is out of order (F12)."""


def rivalry(scenario: Scenario, seed: int) -> Figures:
    """All but F9 from one run, its copies with an experiment (F6), and one with an outage (F12);
    nan for days after its end.
    """
    when = days()
    experiments = [Treatment(week, "wechat") for week in EXPERIMENTS]
    outage = OutOfOrder(OUTAGE, "mobile_qq")
    together = Together(scenario.week_of(when["F13 one"]))

    def look(market: Market) -> None:
        for one in (*experiments, outage, together):
            one(market)

    history = run(scenario, seed, on_week=look).history

    def share(app: str, series: str, fact: str) -> float:
        """Of all people, at the end of the week before a fact's day."""
        week = scenario.week_of(when[fact]) - 1
        return (
            float(history.series("app", app, series)[week]) / scenario.population
            if week < history.weeks
            else np.nan
        )

    found = {row: share("yixin", "registered", row) for row in when if row.startswith("F1 ")}
    found |= {row: share("wechat", "mau", row) for row in when if row.startswith("F2 ")}
    launch, month = (scenario.week_of(d) for d in (scenario.apps["yixin"].launch, when["F4"]))
    first = history.by_carrier[launch:month, :, scenario.messengers.index("yixin"), 1].sum(axis=0)
    customers, telecom = (
        history.carrier[launch, :, 0],
        list(scenario.carriers).index("china_telecom"),
    )
    return found | {
        "F3": share("yixin", "mau", "F3") / share("yixin", "registered", "F3"),
        "F4": float(first[telecom] / first.sum() / (customers[telecom] / customers.sum())),
        "F5": sum(share(app, "mau", "F5") for app in scenario.messengers),
        "F5b": share("wechat", "mau", "F5b") / share("wechat", "registered", "F5b"),
        "F5c QQ w49": share("mobile_qq", "mau", "F5c QQ w49"),
        "F5c QQ w104": share("mobile_qq", "mau", "F5c QQ w104"),
        "F5c Fetion w49": share("fetion", "mau", "F5c Fetion w49") / share("fetion", "mau", "F5"),
        **habit_kept(experiments),
        "F12": came_back(outage),
        **on_plans(scenario, history),
        "F13 one": float(together.observed[0] / together.independent[0]),
        "F13 four": float(together.observed[3:].sum() / together.independent[3:].sum()),
    }


def on_plans(scenario: Scenario, history: History) -> Figures:
    """G5: share of all people with a data plan, and each carrier's part of those that were added
    since the start, at the last bill before a fact's day; nan without menus, or after the end.
    """
    of = history.series
    menus = "plan" in history.names and bool(history.names["plan"])
    found, names = (
        dict[str, float](),
        {"mobile": "china_mobile", "unicom": "china_unicom", "telecom": "china_telecom"},
    )

    def customers(carrier: str, week: int) -> float:
        return float(
            (of("carrier", carrier, "subscribers") - of("carrier", carrier, "pay_as_you_go"))[week]
        )

    for row, day in days().items():
        if row.startswith("G5"):
            week = (scenario.week_of(day) // WEEKS_PER_BILL) * WEEKS_PER_BILL - 1
            if not menus or week >= history.weeks:
                found[row] = np.nan
                continue
            now, first = (
                {c: customers(c, w) for c in names.values()} for w in (week, WEEKS_PER_BILL - 1)
            )
            found[row] = (
                sum(now.values()) / scenario.population
                if row.startswith("G5 ")
                else (now[names[row[4:]]] - first[names[row[4:]]])
                / (sum(now.values()) - sum(first.values()))
            )
    return found


def habit_kept(experiments: list[Treatment]) -> Figures:
    """F6: use lost in the three weeks after the treatment, and in the next three, ÷ use lost
    under it.
    """
    lost = np.sum([one.gap[:, 0] for one in experiments], axis=0)
    during, following, after = np.reshape(lost, (-1, WEEKS)).sum(axis=1)
    assert (WEEKS + AFTER) // WEEKS == 3
    return {"F6 next": float(following / during), "F6 after": float(after / during)}


def came_back(outage: OutOfOrder) -> float:
    """F12: the largest difference from the twin of any messenger's weekly active share, in the
    last week looked at.
    """
    last = outage.gap[-1]
    return float(last[np.argmax(np.abs(last))])


def free_data(scenario: Scenario, seed: int) -> Figures:
    """E0: Yixin's monthly users of all people, in the story against its twin without any offer."""
    with_it, without = (
        run(s, seed).history.series("app", "yixin", "mau") / s.population
        for s in (scenario, scenario.model_copy(update={"offers": {}}))
    )
    now, later = (scenario.week_of(days()[row]) - 1 for row in ("E0 while", "E0 after"))
    return {
        "E0 while": float(with_it[now] - without[now]),
        "E0 after": float(with_it[later] - without[later]),
        "E0b": float(with_it[now] / without[now]) if without[now] else np.inf,
    }


def exclusive(scenario: Scenario, seed: int) -> Figures:
    """F9: users of other carriers who differ from a twin without Telecom's offers after the
    first week of them.
    """
    weeks = scenario.week_of(scenario.offers["yixin_telecom"].start) + 1
    kept = {name: offer for name, offer in scenario.offers.items() if not name.startswith("yixin")}
    one, twin = (
        Market(s, rng=seed).run(weeks).people
        for s in (scenario, scenario.model_copy(update={"offers": kept}))
    )
    others = one.carrier != list(scenario.carriers).index("china_telecom")
    changed = (
        (one.registered != twin.registered)
        | (one.aware != twin.aware)
        | (one.reach != twin.reach).any(axis=(0, 1))
    )
    return {"F9": float((changed | (one.habit != twin.habit).any(axis=1))[others].sum())}
