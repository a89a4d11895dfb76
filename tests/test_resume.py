"""A changed run that goes on from the week of its change is the changed run, bit for bit."""

from __future__ import annotations

from typing import Any

import pytest

from market_model.market import Market
from market_model.market.digest import digest
from market_model.market.resume import resumed, same_until
from market_model.scenario import Scenario, load_scenario

SMALL = {"society.users": 150, "weeks": 60}
NEW = {"apps": ["laiwang"], "start": 30, "length_weeks": 12, "allowance_mb": 60}
STATES = (
    {"kind": "parameter", "when": 25, "parameter": "network_effect", "value": 3.0},
    {"kind": "parameter", "when": 40, "parameter": "habit_weight", "value": 1.0},
    {"kind": "rule", "when": 22, "rule": "ban"},
)


def run_to(scenario: Scenario, week: int, market: Market | None = None) -> Market:
    market = market or Market(scenario, rng=3)
    return market.run(week - market.week)


def with_events(story: str, event: dict[str, Any]) -> dict[str, Any]:
    events = load_scenario(story).events
    return {"events": [*(e.model_dump(mode="json", exclude_none=True) for e in events), event]}


CHANGES = [
    ("china-2013", {"offers.yixin_everywhere.start": 22}, 17),
    ("china-2013", {"offers.yixin_gift.allowance_mb": 60, "offers.wechat_sim.end": 30}, 4),
    ("china-2013", {"offers.laiwang_bundle.start": 40, "offers.laiwang_bundle.end": 50}, 17),
    ("china-2013", {"offers.new": NEW}, 30),
    ("china-2013", {"offers.new": NEW | {"payer": "user", "fee": 3.0}}, 30),
    ("china-2013", {"offers.new": NEW | {"gift_mb": 60.0}}, 30),
    ("facebook-zero-india", {"offers.facebook_zero.start": 11, "offers.facebook_zero.end": 47}, 11),
    *(
        (story, event, event["when"])
        for story in ("china-2013", "philippines-2013")
        for event in STATES
    ),
]


@pytest.mark.parametrize(("story", "change", "until"), CHANGES)
def test_going_on_equals_starting_again(story, change, until):
    before = load_scenario(story, SMALL)
    change = with_events(story, change) if "kind" in change else change
    after = load_scenario(story, SMALL | change)
    week = same_until(before, after)
    assert week >= until
    market = run_to(before, week)
    went_on = resumed(market, after)
    assert went_on is not None and went_on.week == week > 0
    whole = run_to(after, after.weeks)
    assert digest(run_to(after, after.weeks, went_on)) == digest(whole)
    assert digest(run_to(before, before.weeks, market)) == digest(run_to(before, before.weeks))


def test_what_reaches_back_starts_again():
    before = load_scenario("china-2013", SMALL)
    for change in ({"parameters.network_effect": 3.0}, {"offers.yixin_gift": ""}, {"weeks": 59}):
        after = load_scenario("china-2013", SMALL | change)
        assert same_until(before, after) == 0
        assert resumed(run_to(before, 12), after) is None


def test_a_later_market_cannot_go_back():
    before = load_scenario("china-2013", SMALL)
    after = load_scenario("china-2013", SMALL | {"offers.new": NEW})
    assert resumed(run_to(before, 31), after) is None
