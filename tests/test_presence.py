"""Presence: friends can be reached on what they used in one of the last weeks."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

from market_model.market import Market
from market_model.market.people import present, remembered
from market_model.market.week import WeekInProgress
from market_model.scenario import ScenarioError
from market_model.scenario.load import build
from market_model.scenario.networks import network_from

OUTAGE = {"kind": "outage", "app": "chat", "when": 4, "weeks": 1}


def market(
    weeks: int = 9,
    users: int = 2000,
    graph: dict[str, Any] | None = None,
    events: list[Any] | None = None,
    engine: Any = "compiled",
    **parameters: Any,
) -> Market:
    """One app that nine in ten use, friends and habit holding them."""
    kept: dict[str, Any] = {
        "network_effect": 5.0,
        "habit_weight": 3.0,
        "taste_sd": 1.0,
        "price_pressure": 0.0,
    }
    data = {
        "weeks": weeks,
        "society": {"users": users, "warmup_weeks": 30, "graph": graph or {}},
        "carriers": {"one": {"share": 1.0}},
        "apps": {"chat": {"quality": -4.0, "start": {"registered": 1.0, "active": 0.95}}},
        "events": events or [],
        "parameters": {**kept, **parameters},
    }
    return Market(build(data, "test"), rng=3, engine=engine)


def active(market: Market) -> np.ndarray:
    return market.history.series("app", "chat", "active") / market.config.population


def test_four_bytes_remember_the_weeks_in_which_an_app_worked() -> None:
    words = np.zeros(1, np.uint32)
    for used, down in ((0b11, 0), (0b00, 0), (0b00, 0b01), (0b10, 0b01)):
        words = remembered(words, np.array([used], np.uint8), down)
    lanes = [int(words[0]) >> 8 * k & 255 for k in range(4)]
    assert lanes == [0b10, 0b01, 0b00, 0b10]  # app 0 saw two weeks: not used, used before that
    assert [present(words, weeks)[0] for weeks in (1, 2, 3, 4)] == [0b10, 0b11, 0b11, 0b11]
    full = np.array([0xFFFFFFFF], np.uint32)
    assert remembered(full, np.zeros(1, np.uint8), 0)[0] == 0xFFFFFF00


def test_friends_are_seen_for_as_many_weeks_as_presence_lasts() -> None:
    """By hand: four on a line, the second used the app two weeks ago, the third last week."""
    ties = nx.path_graph(4)
    graph = {"family": "file", "network": network_from(ties)}
    seen: dict[int, list[float]] = {}
    for weeks in (1, 2, 3):
        market_ = market(users=4, graph=graph, presence_weeks=weeks)
        people = market_.people
        people.reach[market_.last_half, 0] = [0, 0, 1, 0]
        if weeks > 1:
            people.recent[:] = [0, 1 << 8, 1, 0]
            people.presence[market_.last_half] = present(people.recent, weeks).astype(int) << 8
        people.registered[:] = 0  # nobody uses it, so what friends show is all there is
        now = WeekInProgress(market_.state, 0, measure=False)
        users = list(market_.users)
        for user in users:
            user.begin(now)
        seen[weeks] = [user.exposure[0] for user in users]
    assert seen == {1: [0, 0.5, 0, 1], 2: [1, 0.5, 0.5, 1], 3: [1, 0.5, 0.5, 1]}


@pytest.mark.parametrize(("weeks", "least", "most"), [(1, 0.05, 1.0), (4, -0.01, 0.01)])
def test_an_outage_leaves_no_trace_where_people_remember(
    weeks: int, least: float, most: float
) -> None:
    out, twin = (market(events=events, presence_weeks=weeks).run() for events in ([OUTAGE], []))
    assert 0.85 < active(twin)[3] < 0.97 and np.array_equal(active(out)[:4], active(twin)[:4])
    assert active(out)[4] == 0.0
    assert least <= active(twin)[8] - active(out)[8] <= most


@pytest.mark.parametrize("refresh", [1.0, 0.3])
def test_presence_and_habit_stand_still_while_an_app_is_down(refresh: float) -> None:
    market_ = market(events=[OUTAGE], presence_weeks=4, refresh=refresh).run(4)
    people = market_.people
    habit, recent = people.habit.copy(), people.recent.copy()
    seen = people.presence[market_.last_half] >> 8
    market_.step()
    assert active(market_)[4] == 0.0 and not people.reach[market_.last_half, 0].any()
    assert np.array_equal(people.habit, habit) and np.array_equal(people.recent, recent)
    assert np.array_equal(people.presence[market_.last_half] >> 8, seen) and seen.any()
    market_.step()
    assert active(market_)[5] > 0.8  # those who do not think again keep their choice before it


@pytest.mark.parametrize("family", ["complete", "holme-kim"])
@pytest.mark.parametrize("weeks", [2, 4])
def test_presence_is_the_use_of_the_last_weeks(family: str, weeks: int) -> None:
    market_ = market(
        users=60, graph={"family": family}, presence_weeks=weeks, network_effect=0.5, beta=0.5
    )
    past = [market_.people.reach[market_.last_half, 0].copy()]
    assert np.array_equal(past[0], market_.people.presence[market_.last_half] & 255)
    for _ in range(5):
        market_.step()
        past.append(market_.people.reach[market_.last_half, 0].copy())
    seen = np.bitwise_or.reduce(past[-weeks:])
    shown = market_.people.presence[market_.last_half]
    assert np.array_equal(shown >> 8, seen) and np.array_equal(shown & 255, past[-1])
    assert (seen != past[-1]).any()


def test_who_leaves_by_a_split_is_gone_at_once() -> None:
    split = {"kind": "split", "app": "chat", "when": 4, "leaves": 0.5}
    market_ = market(events=[split], presence_weeks=4).run(5)
    people = market_.people
    gone = people.registered == 0
    assert 0.3 < gone.mean() < 0.7
    assert not people.recent[gone].any() and not people.presence[:, gone].any()


def test_longer_presence_means_more_friends_to_be_reached() -> None:
    short, long = (market(presence_weeks=weeks, habit_weight=0.0).run() for weeks in (1, 4))
    assert active(long)[8] > active(short)[8] + 0.02


@pytest.mark.parametrize("weeks", [0, 5])
def test_presence_lasts_from_one_week_to_four(weeks: int) -> None:
    with pytest.raises(ScenarioError, match="presence_weeks"):
        market(presence_weeks=weeks)


# ---------------------------------------------------------------------------------------- appetite


def tastes(appetite: float, **app: Any) -> np.ndarray:
    data = {
        "society": {"users": 4000},
        "carriers": {"one": {"share": 1.0}},
        "apps": {"a": app, "b": {}, "c": {}},
        "parameters": {"taste_sd": 1.0, "appetite_sd": appetite, "taste_community": 0.0},
    }
    return Market(build(data, "test"), rng=1).people.taste


def test_appetite_is_one_number_a_person_in_all_tastes() -> None:
    plain, with_it = tastes(0.0), tastes(2.0)
    added = (with_it - plain).astype(float)
    assert added == pytest.approx(added[:, :1] * np.ones(3), abs=1e-5)
    assert added[:, 0].std() == pytest.approx(2.0, rel=0.05) and abs(added.mean()) < 0.1
    correlation = np.corrcoef(with_it.T)
    assert correlation[0, 1] == pytest.approx(4 / 5, abs=0.03)  # shared 4 of a variance of 5
    given = tastes(2.0, taste={"normal": {"mean": 1.0, "sd": 0.0}})
    assert given[:, 0] - 1.0 == pytest.approx(added[:, 0], abs=1e-5)
