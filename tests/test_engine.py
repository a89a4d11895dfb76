"""The two engines give the same bits, whatever the scenario, the threads or who looks on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from random import Random
from typing import Any

import networkx as nx
import numpy as np
import pytest
from conftest import LIMIT
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from market_model.market import Action, Market, engine, run, state
from market_model.market.digest import digest
from market_model.players.decisions import AppDecision
from market_model.scenario import Scenario, load_scenario
from market_model.scenario.load import build
from market_model.scenario.networks import network_from

SMALL = {"society.users": 250, "society.warmup_weeks": 6, "society.warmup_until": None, "weeks": 20}


def china(changes: dict[str, Any] | None = None) -> Scenario:
    return load_scenario("china-2013", {**SMALL, **(changes or {})})


def assert_same(one: Market, other: Market) -> None:
    """Bit for bit: columns, series, ledger, cohorts; then the digest."""
    for name, a, b in zip(one.people._fields, one.people, other.people, strict=True):
        assert a.dtype == b.dtype and np.array_equal(a, b), name
    for scope, name, series, values in one.history.all():
        assert np.array_equal(values, other.history.series(scope, name, series), equal_nan=True), (
            scope,
            name,
            series,
        )
    assert one.ledger.lines == other.ledger.lines
    assert [w for w, _ in one.cohorts] == [w for w, _ in other.cohorts]
    assert all(
        np.array_equal(a, b) for (_, a), (_, b) in zip(one.cohorts, other.cohorts, strict=True)
    )
    assert digest(one) == digest(other)


# ---------------------------------------------------------------------------------------- agents =
# compiled


def feature(luck: Random) -> dict[str, Any]:
    pick = luck.choice
    made: dict[str, Any] = {
        "kind": pick(["voice", "video", "video", "payments", "business"]),
        "launch": pick([0, 3]),
        "quality": pick([0.0, 0.4]),
        "switching": pick([0.0, 0.5]),
    }
    if made["kind"] == "video":
        made |= {
            "regions": ["north"],
            "later": {"south": 4},
            "platforms": ["ios"],
            "generations": ["lte"],
        }
    if made["kind"] == "business":
        made |= {"businesses": 0.5, "business_margin": 0.2, "business_speed": 0.5}
    return made


def campaign(luck: Random) -> dict[str, Any]:
    pick = luck.choice
    return {
        "start": luck.randint(0, 4),
        "length_weeks": luck.randint(1, 6),
        "regions": pick([[], ["north"], ["south"]]),
        "level": pick([0.0, 0.2]),
        "per_head": pick([0.0, 0.1]),
        "try_once": pick([0.0, 0.2]),
        "try_once_cost": pick([0.0, 2.0]),
        "invite": pick([0.0, 1.0]),
        "bring_friend": pick([1.0, 3.0]),
        "bring_friend_cost": 1.0,
    }


def app(luck: Random, number: int) -> dict[str, Any]:
    pick = luck.choice
    registered = pick([0.0, 0.3, 0.9])
    made: dict[str, Any] = {
        "quality": pick([-2.0, -0.5, 1.0]),
        "discovery": pick([0.0, 0.1]),
        "try_once": pick([0.0, 0.0, 0.1]),
        "warmup_try_once": pick([0.0, 0.1]),
        "invite": pick([0.0, 1.5]),
        "launch": pick([0, 0, 0, 3]),
        "margin": pick(
            [
                0.3,
                {
                    "points": [{"when": 0, "value": 0.1}, {"when": 8, "value": 0.5}],
                    "shape": "linear",
                },
            ]
        ),
        "mb_per_message": pick([0.0, 0.075, 0.5]),
        "mb_per_week": pick([0.0, 3.0]),
        "cash": 1000.0,
        "strategy": pick(
            ["passive", "best-reply", "follower", "deterrence", "cost-capped", "random"]
        ),
        "promotion": {"level": pick([0.0, 0.2]), "cost": 5.0},
        "campaigns": pick([[], [campaign(luck)], [campaign(luck), campaign(luck)]]),
        "message_weight": pick([0.0, 1.0, 2.0]),
        "start": {
            "registered": registered,
            "active": registered / 2,
            "aware": 0.9,
            "settle": pick(["given", "steer"]),
        },
        "features": {f"f{k}": feature(luck) for k in range(luck.randint(0, 2))},
    }
    if number == 1:
        made |= {
            "threshold": {"uniform": {"low": 0, "high": 0.8}},
            "taste": 0.0,
            "platforms": ["ios"],
            "regions": ["north"],
        }
    return made


def carrier(luck: Random, share: float) -> dict[str, Any]:
    pick = luck.choice
    return {
        "share": share,
        "capacity_mb": pick([None, 2.0, 60.0]),
        "wholesale": pick([0.0, 0.1]),
        "own_app": "a0",
        "plan": {
            "fee": 20.0,
            "cap_mb": pick([0.0, 5.0, 70.0, 1e6]),
            "overage": pick([0.0, 0.05, 0.29, 1.0]),
        },
        "strategy": pick(["passive", "partner", "block", "tax", "own-app", "random"]),
        "cash": 500.0,
    }


def offer(luck: Random, names: list[str]) -> dict[str, Any]:
    pick = luck.choice
    made: dict[str, Any] = {
        "apps": luck.sample(names, luck.randint(1, min(3, len(names)))),
        "waived": pick([0.0, 0.3, 0.5, 1.0, 1.0]),
        "allowance_mb": pick([None, 0.0, 0.3, 2.0, 300.0]),
        "start": pick([0, 1, 3]),
        "length_weeks": luck.randint(1, 9),
        "payer": pick(["app", "carrier", "owner", "user"]),
        "price": pick([None, 0.2]),
        "gift_mb": pick([0.0, 0.0, 5.0]),
        "feature_quality": pick([0.0, 0.3]),
        "exclusive": luck.random() < 0.3,
        "income_share": pick([0.0, 0.1]),
        "carrier_promotion": pick([0.0, 7.0]),
    }
    if luck.random() < 0.5:
        made["carriers"] = ["red"]
        made["steps"] = [
            {"when": 4, "waived": 0.4, "allowance_mb": 1.0, "carriers": ["red", "blue"]}
        ]
        made["growth"] = {"level": 0.01, "places": [["blue", "north"]]}
    if made["payer"] == "owner":
        made["owner"] = "house"
    if made["payer"] == "user":
        made |= {"fee": 1.0, "take_up": pick([0.5, 1.0]), "apps": sorted({"a0", *made["apps"]})}
    return made


def event(luck: Random) -> dict[str, Any]:
    pick = luck.choice
    return {"when": luck.randint(-2, 7)} | pick(
        [
            {"kind": "block", "carrier": "red", "app": "a0", "weeks": 2},
            {"kind": "outage", "app": "a0", "weeks": 2},
            {"kind": "block", "carrier": "blue", "app": "a0", "surcharge": 0.1},
            {"kind": "split", "app": "a0", "leaves": 0.4},
            {"kind": "licence"},
            {"kind": "rule", "rule": "ban"},
            {"kind": "rule", "rule": "non-exclusive"},
            {"kind": "quality", "app": "a0", "change": -1.0},
            {
                "kind": "feature",
                "app": "a0",
                "name": "new",
                "feature": {"kind": "voice", "quality": 0.5},
            },
            {
                "kind": "price",
                "carrier": "red",
                "plan": {"fee": 5, "cap_mb": 10, "overage": 0.5},
                "sms_price": 0.3,
            },
        ]
    )


def market_of(luck: Random, messengers: int) -> Scenario:
    """A small market with a bit of everything."""
    pick = luck.choice
    apps = {f"a{k}": app(luck, k) for k in range(messengers)}
    services = {
        f"s{k}": {"kind": "service", "reach": 0.3, "mb_per_week": 4.0, "margin": 0.1}
        for k in range(luck.randint(0, 2))
    }
    users = luck.randint(12, 32)
    ties = nx.empty_graph(users)
    ties.add_weighted_edges_from(
        (i, (i * k + 1) % 10, k / 7) for i in range(10) for k in (1, 3) if i != (i * k + 1) % 10
    )
    data: dict[str, Any] = {
        "weeks": pick([5, 9]),
        "apps": apps | services,
        "carriers": {"red": carrier(luck, 0.6), "blue": carrier(luck, 0.4)},
        "society": {
            "users": users,
            "population": 1000.0,
            "never_join": pick([0.0, 0.2]),
            "callers": pick([1.0, 0.5]),
            "regions": {"north": 0.6, "south": 0.4},
            "warmup_weeks": pick([0, 3, 5]),
            "devices": {
                "phone": {"share": 0.6},
                "slate": {"share": 0.4, "platform": "ios", "generation": "lte"},
            },
            "wifi": pick([0.0, 1.0, {"beta": {"mean": 0.4}}]),
            "graph": {
                "family": pick(["holme-kim", "random", "complete", "file"]),
                "degree": pick([1, 4]),
                "network": network_from(ties),
            },
        },
        "owners": {
            "house": {
                "holds": {"a0": 0.6, "red": 1.0},
                "relations": {"blue": -0.9},
                "core_income": {"a0": 0.1},
            }
        },
        "offers": {f"o{k}": offer(luck, [*apps, *services]) for k in range(luck.randint(0, 4))},
        "events": [event(luck) for _ in range(luck.randint(0, 3))],
        "regulator": {"surcharges": luck.random() < 0.5},
        "parameters": {
            "beta": pick([0.01, 0.7, 1.0, 1e6]),
            "refresh": pick([1.0, 0.3]),
            "demand": pick(["exponential", "linear"]),
            "choke_price": 0.8,
            "churn": pick([0.0, 0.5]),
            "registration_rate": pick([0.25, 1.0]),
            "sms_weight": pick([0, 1]),
            "price_pressure": pick([0.0, {"lognormal": {"median": 2.0, "sigma": 0.8}}]),
            "salience": pick([0.0, 0.26]),
            "price_sensitivity": pick([0.0, 6.0]),
            "background_mb": pick([0.0, 30.0]),
            "presence_weeks": pick([1, 2, 4]),
            "appetite_sd": pick([0.0, 1.0]),
            "account_closing": pick([0.0, 0.5]),
            "awareness_fading": pick([0.0, 0.5]),
            "discovery_floor": pick([1.0, 0.2]),
            "sms_fading": pick([0.0, 1.0]),
            "sms_elasticity": pick([0.0, 0.5]),
            "voice_elasticity": pick([0.0, 0.5]),
            "substitution": pick([0.0, 1.0]),
            "saving_weight": pick([0.0, 1.0]),
        },
    }
    return build(data, "test")


def both_engines(luck: Random, messengers: int, seed: int) -> None:
    scenario = market_of(luck, messengers)
    assert_same(Market(scenario, rng=seed).run(), Market(scenario, rng=seed, engine="agents").run())


HUNT: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "database": None,
    "phases": [Phase.generate],
}


@settings(max_examples=80, derandomize=True, **HUNT)
@given(st.randoms(use_true_random=False), st.sampled_from([1, 3, 5]), st.integers(0, 9))
def test_agents_equal_compiled(luck: Random, messengers: int, seed: int) -> None:
    both_engines(luck, messengers, seed)


@pytest.mark.slow
@settings(max_examples=500, derandomize=True, **HUNT)
@given(st.randoms(use_true_random=False), st.integers(1, 8), st.integers(0, 9))
def test_agents_equal_compiled_at_length(luck: Random, messengers: int, seed: int) -> None:
    both_engines(luck, messengers, seed)


@pytest.mark.parametrize(("quality", "active"), [(9.0, 1.0), (-2.0, 0.5), (-8.0, 0.0)])
def test_agents_equal_compiled_for_people_with_very_many_contacts(
    quality: float, active: float
) -> None:
    """More than fit in a byte when they are counted. Everybody thinks again each week; in the
    middle case half of one's contacts make both choices equal, so that every contact counts.
    """
    scenario = load_scenario(
        "limits/L01-brock-durlauf",
        {
            "society.users": 300,
            "society.graph": {"family": "random", "degree": 285},
            "weeks": 5,
            "parameters.refresh": 1.0,
            "parameters.network_effect": 4.0,
            "apps.chat.start.active": 1.0 if quality > 0 else 0.5,
            "apps.chat.quality": quality,
        },
    )
    one, other = Market(scenario).run(), Market(scenario, engine="agents").run()
    assert abs(one.active_shares()[0] - active) < 0.1
    assert_same(one, other)


def test_story_is_the_same_in_both_engines_while_offers_draw_people_in() -> None:
    """So few of the small markets above have somebody who joins for an offer that a rule of that
    could differ unseen.
    """
    scenario = china({"society.users": 400, "weeks": 24})
    one = run(scenario, 3)
    assert one.history.series("app", "yixin", "registered")[-1] > 0
    assert one.digest == run(scenario, 3, engine="agents").digest


def test_story_is_the_same_in_both_engines_with_nothing_compiled() -> None:
    """Slow Python, in a process of its own, against the machine code of this one (also if that
    is stale).
    """
    code = (
        "from test_engine import china, run; tiny = china({'society.users': 60, 'weeks': 8})\n"
        "print(run(tiny, 3).digest, run(tiny, 3, engine='agents').digest)"
    )
    root = Path(__file__).parent.parent
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(root / "tests")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=root, capture_output=True, text=True, check=True
    )
    expected = run(china({"society.users": 60, "weeks": 8}), 3).digest
    assert done.stdout.split() == [expected] * 2, (
        "rules differ, or compiled code is out of date: delete __pycache__"
    )


# ---------------------------------------------------------------------------------------- what
# changes the digest


def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "THREADS_FROM", 2)
    monkeypatch.setattr(state, "BLOCK", 40)
    parts: list[tuple[int, int]] = []
    week_pass, together = engine.week_pass, threading.Barrier(2, timeout=LIMIT)

    def watched(*args: Any) -> None:
        if args[-2:] != (0, 250):
            together.wait()
        parts.append(args[-2:])
        week_pass(*args)

    monkeypatch.setattr(engine, "week_pass", watched)
    one, two = Market(china(), rng=5, threads=1).run(), Market(china(), rng=5, threads=2).run()
    assert set(parts) == {(0, 250), (0, 120), (120, 250)}
    assert_same(one, two)


def test_looking_at_users_changes_no_bit() -> None:
    def look(market: Market) -> None:
        assert 0 <= market.users[3].habit.max() <= 1
        market.users.shuffle_do(lambda user: len(user.contacts))
        market.users.select(lambda user: user.active > 0).get("price")

    plain, watched = run(china(), 2), run(china(), 2, record=True, on_week=look)
    assert plain.digest == watched.digest


def test_digest_changes_with_the_seed_a_taste_and_an_action() -> None:
    def after(change: Any = None, seed: int = 0) -> str:
        market = Market(china({"weeks": 6}), rng=seed)
        if change:
            change(market)
        return digest(market.run())

    base = after()
    assert base == after() == run(china({"weeks": 6})).digest
    changed = [
        after(seed=1),
        after(lambda m: m.people.taste.__setitem__(7, 1.0)),
        after(lambda m: m.act("wechat", AppDecision(monetisation=1.2))),
        after(lambda m: m.run(5).act("yixin", AppDecision(promotion=1.0))),
    ]
    assert len({base, *changed}) == len(changed) + 1
    assert run(china({"weeks": 6}), actions=[Action(0, "wechat", AppDecision())]).digest == base


def test_digest_covers_every_column() -> None:
    market = Market(china()).run()
    base = digest(market)
    for name in set(market.people._fields) - {"shown", "under", "left"}:
        last = getattr(market.people, name)[-1:]
        kept = last.copy()
        last += 1
        assert digest(market) != base or not last.size, name
        last[:] = kept
    assert digest(market) == base


# ---------------------------------------------------------------------------------------- offers
# that reach nobody


NOBODY = {
    "carrier without users": {"carriers": ["ghost"]},
    "app that starts later": {"apps": ["laiwang"]},
    "not yet": {"start": 50, "end": 60},
    "region without users": {"regions": ["desert"]},
}


@pytest.mark.parametrize(
    "offer",
    [
        {},
        {"allowance_mb": 5.0},
        {"gift_mb": 100.0},
        {"payer": "user", "fee": 2.0},
        {"feature_quality": 2.0, "exclusive": True},
        {"payer": "carrier", "waived": 0.5},
    ],
)
@pytest.mark.parametrize("why", NOBODY)
def test_an_offer_nobody_can_use_changes_no_bit(why: str, offer: dict[str, Any]) -> None:
    data: dict[str, Any] = {
        "carriers.ghost": {"share": 0.0},
        "society.regions.desert": 0.0,
        "weeks": 12,
        "parameters.churn": 0.3,
        "apps.laiwang.launch": 40,
        "parameters.salience": 1.0,
    }
    there = {"apps": ["yixin"], "start": 0, "end": 40, **NOBODY[why], **offer}
    without, with_it = (
        Market(china(data)).run(),
        Market(china({**data, "offers.extra": there})).run(),
    )
    for name in set(without.people._fields) - {"pots", "packs", "gifts"}:
        assert np.array_equal(getattr(without.people, name), getattr(with_it.people, name)), name
    assert without.ledger.lines == with_it.ledger.lines
    for scope, name, series, values in without.history.all():
        assert np.array_equal(
            values, with_it.history.series(scope, name, series), equal_nan=True
        ), (scope, name, series)
    if why != "not yet" and offer == {}:
        reached = Market(
            china(
                {
                    **data,
                    "offers.extra": {**there, "carriers": [], "regions": [], "apps": ["wechat"]},
                }
            )
        ).run()
        assert reached.ledger.lines != without.ledger.lines
