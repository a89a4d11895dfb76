"""The figures of the facts, each from one run of its market, or from a run and its twin."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..scenario import Scenario, load_scenario
from .facts import rows

type Figures = dict[str, float]


class Measure(NamedTuple):
    """Gives figures of facts.

    Attributes:
        scenario: what is run. figures: from a scenario and a seed.
        carries: beginnings of the paths that it takes over from a member of the ensemble.
    """

    scenario: str
    figures: Callable[[Scenario, int], Figures]
    carries: tuple[str, ...]


def measure(name: str, overrides: Mapping[str, Any], seed: int) -> Figures:
    """The figures that a measure gives, by row of the facts.

    Args:
        name: of `MEASURES`.
        overrides: of its scenario, by dotted path.
    """
    scenario, figures, _ = MEASURES[name]
    return figures(load_scenario(scenario, overrides), seed)


def rivalry(scenario: Scenario, seed: int) -> Figures:
    """F1 to F6 from one run of china-2013; nan for days after its end."""
    from ..market import run

    history = run(scenario, seed).history
    when = {row.id: row.when for row in rows() if row.when}

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
    usual = share("wechat", "active", "F2 w45") / share("wechat", "mau", "F2 w45")
    return found | {
        "F3": share("yixin", "mau", "F3") / share("yixin", "registered", "F3"),
        "F4": float(first[telecom] / first.sum() / (customers[telecom] / customers.sum())),
        "F5": sum(share(app, "mau", "F5") for app in scenario.messengers),
        "F5b": share("wechat", "mau", "F5b") / share("wechat", "registered", "F5b"),
        "F5c QQ w49": share("mobile_qq", "mau", "F5c QQ w49"),
        "F5c QQ w104": share("mobile_qq", "mau", "F5c QQ w104"),
        "F5c Fetion w49": share("fetion", "mau", "F5c Fetion w49") / share("fetion", "mau", "F5"),
        **habit_kept(scenario, usual),
    }


def habit_kept(scenario: Scenario, usual: float) -> Figures:
    """F6: extra use that lasts after three weeks of it, of a person who uses an app in a share
    `usual` of weeks.

    Linearised there: habit h adds β·η·usual·(1 − usual)·h to the chance of use.
    """
    from ..market.equations import habit

    p, stock, used = scenario.parameters, 0.0, list[float]()
    for week in range(9):
        used.append((week < 3) + p.beta * p.habit_weight * usual * (1 - usual) * stock)
        stock = habit(stock, used[-1], p.habit_decay)
    return {"F6 next": sum(used[3:6]) / sum(used[:3]), "F6 after": sum(used[6:]) / sum(used[:3])}


def exclusive(scenario: Scenario, seed: int) -> Figures:
    """F9: users of other carriers who differ from a twin without Telecom's offers after the
    first week of them.
    """
    from ..market import Market

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


def free_facebook(scenario: Scenario, seed: int) -> Figures:
    """F7 and F8 from a run of facebook-zero-india, and what F7's people do in its twin."""
    from ..market import run
    from ..market.survival import keep
    from ..study.twins import HORIZON, twin_of

    one = run(scenario, seed)
    won, (offer, *_) = one.followed[0], one.offers
    active, mb = (one.history.series("app", "facebook", series) for series in ("active", "mb"))
    return {
        "F7": won.survival(HORIZON),
        "F7t": twin_of(one).followed[0].survival(HORIZON),
        "F8": keep(active, offer["start"], won.end, HORIZON),
        "F8b": float(
            mb[won.end + HORIZON - 4 : won.end + HORIZON].mean()
            / mb[offer["start"] - 4 : offer["start"]].mean()
        ),
    }


def calls(scenario: Scenario, seed: int) -> Figures:
    """F11 from a run of messenger-2015."""
    from ..market import run

    history = run(scenario, seed).history
    (week,) = (scenario.week_of(row.when) for row in rows() if row.id == "F11" and row.when)
    minutes = {app: history.series("app", app, "call_minutes")[week] for app in scenario.messengers}
    return {"F11": float(minutes["messenger"] / sum(minutes.values()))}


def mobile_revenue(scenario: Scenario, seed: int) -> Figures:
    """F10 from a run of facebook-mobile-2012: its advertising income by quarters of 13 weeks."""
    from ..market import run

    lines, found = run(scenario, seed).transfers(), dict[str, float]()
    for row in rows():
        if row.fact == "F10" and row.when:
            first = scenario.week_of(row.when)
            mobile, desktop = (
                sum(
                    line.rmb
                    for line in lines
                    if (line.payee, line.reason) == ("facebook", reason)
                    and first <= line.week < first + 13
                )
                for reason in ("ads", "desktop ads")
            )
            found[row.id] = mobile / (mobile + desktop)
    return found


BEHAVIOUR = ("parameters.",)
EVERYTHING = (*BEHAVIOUR, "apps.")
MEASURES = {
    "rivalry": Measure("china-2013", rivalry, EVERYTHING),
    "exclusive": Measure("china-2013", exclusive, EVERYTHING),
    "free_facebook": Measure("facebook-zero-india", free_facebook, BEHAVIOUR),
    "calls": Measure("messenger-2015", calls, BEHAVIOUR),
    "mobile_revenue": Measure("facebook-mobile-2012", mobile_revenue, ()),
}
"""By name. Other markets take people's behaviour from China's ensemble and keep all else; the
income ramp of Facebook 2012 was set with its own people."""
