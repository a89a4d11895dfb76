"""What the browser plays: the parts of a run as its worker writes them."""

import json
import sys
from collections import Counter

import numpy as np
import pytest

from market_model.explorer.lines import panels
from market_model.explorer.place import Place
from market_model.explorer.playback import CHUNK, simulate
from market_model.market import run
from market_model.market.friends import ThroughFriends
from market_model.scenario import load_scenario
from market_model.study import report
from market_model.study.report import report_data
from market_model.study.twins import twin_of
from market_model.words import actor

PLACE = Place("china-2013", 0, (("society.users", "200"), ("weeks", "80")))


@pytest.fixture
def made(monkeypatch):
    """How often the figures of a whole run are made."""
    counts = Counter()

    def counted(where, name):
        real = getattr(where, name)

        def call(*given):
            counts[name] += 1
            return real(*given)

        monkeypatch.setattr(where, name, call)

    counted(sys.modules[run.__module__], "digest")
    counted(sys.modules[run.__module__], "summary")
    counted(report, "report_data")
    return counts


def lines(folder, language="en"):
    return [
        json.loads(line) for line in (folder / f"story.{language}").read_text("utf-8").splitlines()
    ]


def test_weeks_come_in_pieces_that_make_up_the_series_of_the_run(tmp_path):
    simulate(PLACE, str(tmp_path))
    weeks = [line for line in lines(tmp_path) if line["kind"] == "weeks"]
    friends = ThroughFriends()
    one = run(PLACE.scenario(), 0, observers=[friends])
    assert [w["from"] for w in weeks] == [0, 1, *range(CHUNK, 80, CHUNK)]
    for k, app in enumerate(one.scenario.messengers):
        shares = one.history.series("app", app, "active") / one.scenario.population
        assert [v for w in weeks for v in w["series"]["active"][k]] == pytest.approx(
            shares, rel=1e-4
        )
    paid = sum(one.history.series("carrier", c, "sponsor_income") for c in one.scenario.carriers)
    sponsored = [v for w in weeks for v in w["series"]["sponsored"]]
    assert [v or 0.0 for v in sponsored] == pytest.approx(np.nan_to_num(paid), rel=1e-4)
    assert [v is None for v in sponsored] == np.isnan(paid).tolist()
    assert lines(tmp_path)[-2]["digest"] == one.digest
    scale = one.scenario.people_per_user
    for name, people in (("newcomers", friends.newcomers), ("brought", friends.brought)):
        for k in range(len(one.scenario.messengers)):
            values = [v for w in weeks for v in w["series"][name][k]]
            assert values == pytest.approx(people[:, k] / scale, abs=1e-3)
    yixin, telecom = (
        list(names).index(name)
        for names, name in (
            (one.scenario.messengers, "yixin"),
            (one.scenario.carriers, "china_telecom"),
        )
    )
    of_telecom = [v for w in weeks for v in w["series"]["by_carrier"][3 * yixin + telecom]]
    customers = one.history.series("carrier", "china_telecom", "subscribers")
    active = one.history.by_carrier[:, telecom, yixin, 0]
    assert of_telecom == pytest.approx(active / customers, rel=1e-4)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_figures_of_a_run_say_whom_friends_brought(language):
    friends = ThroughFriends()
    one = run(load_scenario("philippines-2013", {"society.users": 300}), 0, observers=[friends])
    (panel,) = panels(report_data(one, None, language, friends), keys=("friends",))
    assert {row[0] for row in panel["rows"]} == {
        actor(app, language) for app in one.scenario.messengers
    }
    for k, chart in enumerate(panel["charts"]):
        brought, others = (sum(bar["data"]) for bar in chart["option"]["series"])
        assert brought / (brought + others) == pytest.approx(friends.part(k), rel=1e-3)
    assert not panels(report_data(one, None, language), keys=("friends",))


def test_a_longer_run_makes_its_whole_figures_no_more_often(tmp_path, made):
    simulate(PLACE, str(tmp_path))
    assert made["digest"] == made["summary"] == 2  # of the run and of its twin
    known = sum("offers" in line for line in lines(tmp_path) if line["kind"] == "weeks")
    assert made["report_data"] <= 2 * (known + 3)  # start, news of offers, end and twin


def test_what_stayed_is_never_held_against_another_offer():
    one = run(load_scenario("china-2013", {"society.users": 1000, "weeks": 90}), 1)
    (panel,) = panels(report_data(one, None, "en"), keys=("survival",))
    assert len(panel["cohorts"]) > 1
    assert all(c["stayed"] and not c["twin"] for c in panel["cohorts"])
    (panel,) = panels(report_data(one, twin_of(one), "en"), keys=("survival",))
    assert all(len(c["twin"]) == len(c["stayed"]) for c in panel["cohorts"])
