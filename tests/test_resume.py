"""A changed run that goes on from the week of its change is the changed run, bit for bit."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any, get_args
from urllib.parse import quote

import numpy as np
import pytest

from market_model.explorer.place import Place
from market_model.explorer.playback import rehearse, simulate
from market_model.explorer.preview import ahead
from market_model.market import Market, run
from market_model.market.digest import digest
from market_model.market.resume import resumed, same_until
from market_model.scenario import Scenario, ScenarioError, load_scenario
from market_model.scenario.offers import Changing

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


def run_of(scenario: Scenario, week: int, seed: int) -> Market:
    return Market(scenario, rng=seed).run(week)


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


def parts_of(folder):
    return {
        p.name: p.read_bytes()
        for p in folder.iterdir()
        if p.suffix != ".point" and not p.name.startswith("story")
    }


def told(folder):
    """Start, series to the end, and end of the story that a page reads."""
    start, *rest = map(json.loads, (folder / "story.en").read_text("utf-8").splitlines())
    series: dict[str, Any] = {}
    for line in rest:
        for name, values in line.get("series", {}).items():
            nested = bool(values) and isinstance(values[0], list)
            before = series.get(name, [[] for _ in values] if nested else [])
            series[name] = (
                [a + b for a, b in zip(before, values, strict=True)] if nested else before + values
            )
    return start, series, [line for line in rest if line["kind"] != "weeks"]


@pytest.mark.parametrize("known", [simulate, rehearse])
@pytest.mark.parametrize(
    "after",
    [
        {"changes": (("offers.facebook_zero.start", "22"),)},
        {"later": ((30, "parameters.network_effect", "3.5"),)},
        {"actions": ((20, "facebook", '{"promotion": 1e6}'),)},
    ],
)
def test_a_page_sees_the_same_run_wherever_it_went_on_from(tmp_path, known, after):
    small = (("society.users", "120"), ("weeks", "48"))
    before = Place("facebook-zero-india", 1, small)
    changed = replace(before, **after | {"changes": small + after.get("changes", ())})
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    known(before, str(folders[0]))
    simulate(changed, str(folders[1]), None, [(before, str(folders[0]))])
    simulate(changed, str(folders[2]))
    assert len(list(folders[1].glob("*.point"))) < len(list(folders[2].glob("*.point")))
    assert parts_of(folders[1]) == parts_of(folders[2])
    assert told(folders[1]) == told(folders[2])


def test_a_preview_tells_who_differs_among_its_people():
    base = Place("facebook-zero-india", 4, (("society.users", "300"),))
    changed = replace(base, changes=(*base.changes, ("offers.facebook_zero.start", "30")))
    society = ahead(base, base, "facebook", 45)
    assert sum(society["sizes"]) == 300
    found = ahead(base, changed, "facebook", 45)
    runs = [run_of(place.scenario(), 46, 4) for place in (changed, base)]
    bit = runs[0].config.messengers.index("facebook")
    active = [m.people.reach[m.last_half, 0] >> bit & 1 for m in runs]
    kinds = np.frombuffer(base64.b64decode(found["kinds"]), np.uint8)
    assert found["week"] == 45 and len(kinds) == 300
    assert (kinds == 3).tolist() == (active[0] > active[1]).tolist()
    assert (kinds == 4).tolist() == (active[0] < active[1]).tolist()
    assert kinds.any()


def test_what_changes_later_stands_in_the_address_and_is_checked():
    query = "story=china-2013&then=40.parameters.salience%3D0.1&then=50.regulator.rule%3Dban"
    place = Place.read(query)
    assert Place.read(place.query()) == place
    assert [e.kind for e in place.scenario().events[-2:]] == ["parameter", "rule"]
    assert place.key() != Place.read("story=china-2013").key()
    for wrong, told_of in (
        ("40.parameters.beta=2", "did you mean"),
        ("40.parameters.salience=2", "more than 1, which is the most"),
        ("x.parameters.salience=0", "whole number"),
        ("40", "week.path=value"),
    ):
        with pytest.raises(ScenarioError, match=told_of):
            Place.read(f"then={quote(wrong)}").scenario()


OTHERWISE = {"network_effect": 3.0, "habit_weight": 2.0, "word_of_mouth": 0.9, "salience": 0.0}


@pytest.mark.parametrize("parameter", get_args(Changing.__value__))
def test_a_parameter_changes_in_its_week_alike_in_both_engines(parameter):
    event = {"kind": "parameter", "when": 20, "parameter": parameter, "value": OTHERWISE[parameter]}
    options = {"society.users": 300, "weeks": 40}
    after = load_scenario("philippines-2013", options | with_events("philippines-2013", event))
    ends = [run(after, engine=engine) for engine in ("compiled", "agents")]
    plain = run(load_scenario("philippines-2013", options))
    assert ends[0].digest == ends[1].digest != plain.digest
    series = [r.history.series("app", "facebook", "active") for r in (ends[0], plain)]
    assert series[0][:20].tolist() == series[1][:20].tolist()
