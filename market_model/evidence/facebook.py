"""F7, F8, F10 and F11: the figures of Facebook's markets."""

from __future__ import annotations

from ..market import run
from ..market.survival import keep
from ..scenario import Scenario
from ..study.twins import HORIZON, twin_of
from .facts import Figures, days


def free_facebook(scenario: Scenario, seed: int) -> Figures:
    """F7 and F8 from a run of facebook-zero-india, and what F7's people do in its twin."""
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
    history, week = run(scenario, seed).history, scenario.week_of(days()["F11"])
    minutes = {app: history.series("app", app, "call_minutes")[week] for app in scenario.messengers}
    return {"F11": float(minutes["messenger"] / sum(minutes.values()))}


def mobile_revenue(scenario: Scenario, seed: int) -> Figures:
    """F10 from a run of facebook-mobile-2012: its advertising income by quarters of 13 weeks."""
    lines, found = run(scenario, seed).transfers(), dict[str, float]()
    for quarter, day in days().items():
        if quarter.startswith("F10 "):
            first = scenario.week_of(day)
            mobile, desktop = (
                sum(
                    line.rmb
                    for line in lines
                    if (line.payee, line.reason) == ("facebook", reason)
                    and first <= line.week < first + 13
                )
                for reason in ("ads", "desktop ads")
            )
            found[quarter] = mobile / (mobile + desktop)
    return found
