"""The market as a whole: money and bytes, Mesa, runs with actions, what a run leaves behind.

The golden digest is remade by: uv run python tests/test_market.py
"""

from __future__ import annotations

import gc
import json
import math
import warnings
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest
from mesa.datacollection import DataCollector

from market_model import MODEL_VERSION
from market_model.explorer.film import frame_of
from market_model.market import Action, BadAction, Market, User, UserSet, run
from market_model.market.digest import digest
from market_model.market.history import SERIES
from market_model.market.run import Run
from market_model.market.survival import begin, follow
from market_model.players.decisions import (
    AppDecision,
    CarrierDecision,
    RegulatorDecision,
    ZeroRating,
)
from market_model.scenario import Scenario, builtin_names, load_scenario

GOLDEN = Path(__file__).parent / "golden.json"
SHIPPED = [name for name in builtin_names() if "/" not in name]
FREE = ["sponsored", "goodwill", "pack"]
GIVEN = {"offers.given": {"apps": ["wechat"], "end": 24, "gift_mb": 50.0, "exclusive": True}}


def short(name: str = "china-2013", changes: dict[str, Any] | None = None) -> Scenario:
    small = {
        "society.users": 300,
        "society.warmup_weeks": 8,
        "society.warmup_until": None,
        "weeks": 28,
    }
    return load_scenario(name, {**small, **(changes or {})})


# ---------------------------------------------------------------------------------------- money and
# bytes


def other_mb(market: Market) -> float:
    """MB of a bill that belong to no app, one user after the other."""
    p, total = market.config.parameters, 0
    for user in market.users:
        left = math.exp(-p.price_sensitivity * user.price)
        for mb in (4 * p.background_mb * (1 - user.wifi) * left, 4 * p.background_mb * user.wifi):
            total += int(mb * 1024 + 0.5)
    return total / 1024 * market.scale


@pytest.mark.parametrize("name", SHIPPED)
def test_money_and_bytes_balance_in_every_story(name: str) -> None:
    market, elsewhere = Market(short(name, GIVEN if name.startswith("china") else None), rng=1), []
    for week in range(28):
        if week % 4 == 0:
            elsewhere.append(other_mb(market))
        market.step()
        assert abs(market.ledger.balance()) <= 1e-9 * sum(line.rmb for line in market.ledger.lines)
    lines, history = market.ledger.frame(), market.history
    turnover = lines.rmb.sum()
    came, went = lines.groupby("payee").rmb.sum(), lines.groupby("payer").rmb.sum()
    for player, cash in market.ledger.cash.items():
        moved = came.get(player, 0.0) - went.get(player, 0.0)
        assert cash == pytest.approx(
            market.ledger.start.get(player, 0.0) + moved, rel=1e-9, abs=1e-9 * turnover
        )
    by_app = history.app[:, :, SERIES["app"].index("mb")].sum(axis=1)
    free = history.carrier[:, :, SERIES["carrier"].index("sponsored_mb")]
    for bill, other in enumerate(elsewhere):
        now, weeks = lines[lines.week == 4 * bill + 3], slice(4 * bill, 4 * bill + 4)
        assert now.mb.sum() == pytest.approx(by_app[weeks].sum() + other, rel=1e-9)
        paid = now[now.reason.isin(FREE)].groupby("payee").mb.sum()
        for carrier, mb in zip(market.carriers, free[weeks].sum(axis=0), strict=True):
            assert paid.get(carrier.name, 0.0) == pytest.approx(mb, rel=1e-9)
    assert set(lines[lines.mb > 0].reason) <= {"wifi", "plan", "overage", "gift", *FREE}
    assert (lines[lines.reason == "sponsored"].rmb > 0).all()


def test_a_ban_leaves_no_free_data_and_exclusive_offers_need_a_free_market() -> None:
    pack = {"offers.pack": {"apps": ["wechat"], "payer": "user", "fee": 1.0, "take_up": 1.0}}

    def lines(rule: str) -> tuple[set[str], set[str]]:
        ledger = run(short(changes={**pack, **GIVEN, "regulator.rule": rule}), 1).ledger
        return set(ledger.reason), set(ledger[ledger.payer == "wechat"].reason)

    (free, by_wechat), (ban, _), (_, open_only) = (
        lines("free"),
        lines("ban"),
        lines("non-exclusive"),
    )
    assert {"sponsored", "gift", "pack"} <= free and {"sponsored", "gift"} <= by_wechat
    assert not {"sponsored", "gift", "pack", "goodwill"} & ban
    assert not {"sponsored", "gift"} & open_only


# ---------------------------------------------------------------------------------------- the
# people and their start


def test_people_are_as_the_file_says() -> None:
    market = Market(
        short(
            changes={
                "society.users": 6000,
                "society.warmup_weeks": 0,
                "parameters": {"taste_community": 0.4, "taste_sd": 1.75, "plan_noise": 5.0},
            }
        )
    )
    people, config = market.people, market.config
    assert market.state.customers / 6000 == pytest.approx([0.424, 0.308, 0.268], abs=0.02)
    assert (people.barred == 255).mean() == pytest.approx(0.123, abs=0.015)
    assert people.taste.std(axis=0) == pytest.approx(
        [1.75] * 5, rel=0.25
    ) and people.wifi.mean() == pytest.approx(0.3, abs=0.02)
    assert np.median(people.pressure) == pytest.approx(0.56, rel=0.05)
    assert np.log(people.pressure).std() == pytest.approx(0.6, rel=0.05)
    means = np.array([people.taste[people.region == r].mean(axis=0) for r in range(12)])
    assert (means**2).mean() == pytest.approx(0.4 * 1.75**2, rel=0.5)  # what a region has in common
    for bit, app in enumerate(config.apps[name] for name in config.messengers):
        member, active = people.registered >> bit & 1 == 1, people.reach[0, 0] >> bit & 1 == 1
        wanted = round(app.start.registered * 6000), round(app.start.active * 6000)
        assert (member.sum(), active.sum()) == (wanted[0], min(wanted))
        assert not (active & ~member).any() and not (member & (people.barred == 255)).any()
        assert (people.habit[:, bit] == active).all()
        if member.any():
            assert people.taste[member, bit].mean() > people.taste[~member, bit].mean()


# ---------------------------------------------------------------------------------------- Mesa


def test_users_are_mesa_agents() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        market = Market(short(changes={"weeks": 4}))
        market.step()
        users = market.agents_by_type[User]
        user = users[17]
        assert (
            isinstance(market, mesa.Model)
            and isinstance(user, mesa.Agent)
            and isinstance(users, UserSet)
        )
        assert (
            User in market.agent_types
            and len(users) == 300
            and user in users
            and user == market.users[17]
        )
        assert user.model is market and user != users[18] and len({user, users[17], users[18]}) == 2
        kinds = {"AppAgent", "CarrierAgent", "OwnerAgent", "RegulatorAgent"}
        assert {type(a).__name__ for a in market.agents} == kinds
        assert users.get("price") == market.people.price.tolist()
        assert users.get(["index", "carrier"])[17] == [17, user.carrier]
        assert users.agg("carrier", [min, len]) == [0, 300] and users.agg(
            "wifi", np.mean
        ) == pytest.approx(0.3, abs=0.05)
        telecom = users[market.people.carrier == 2]
        picked = users.select(lambda u: u.carrier == 2)
        assert [u.index for u in picked] == [u.index for u in telecom] != []
        assert len(users.select(at_most=5)) == 5 and len(users.select(at_most=0.1)) == 30
        groups = users.groupby("carrier").groups
        assert {c: len(g) for c, g in groups.items()} == dict(
            enumerate(market.state.customers.tolist())
        )
        ordered = users.sort("pressure", ascending=True)
        assert (np.diff(ordered.get("pressure")) >= 0).all() and sorted(
            u.index for u in ordered
        ) == list(range(300))
        met: list[int] = []
        users[:50].shuffle_do(lambda u: met.append(u.index))
        assert met != sorted(met) == list(range(50))
        picked.set("wifi", 0.5).do(lambda u: u.habit.__setitem__(0, 0.25))
        assert picked.agg("wifi", set) == {0.5} and market.people.habit[
            telecom.rows, 0
        ].tolist() == [0.25] * len(telecom)
        for forbidden in (user.remove, lambda: users.add(user), lambda: users.discard(user)):
            with pytest.raises(TypeError, match="society is fixed"):
                forbidden()
        assert (
            all(friend in users and user in friend.contacts for friend in user.contacts)
            and user.contacts
        )


def test_data_collector_reads_users_and_players() -> None:
    market = Market(short(changes={"society.users": 30, "weeks": 3}))
    reporters: dict[Any, Any] = {User: {"price": "price", "apps": lambda u: u.active.bit_count()}}
    collector = DataCollector(model_reporters={"week": "week"}, agenttype_reporters=reporters)
    for _ in range(3):
        market.step()
        collector.collect(market)
    frame = collector.get_agenttype_vars_dataframe(User)
    assert len(frame) == 90 and frame.price.tolist()[-30:] == market.people.price.tolist()
    assert frame.apps.max() > 0 and collector.get_model_vars_dataframe().week.tolist() == [1, 2, 3]


@pytest.mark.parametrize("engine", ["compiled", "agents"])
def test_a_finished_model_is_collected(engine: Any) -> None:
    market = Market(short(changes={"society.users": 40, "weeks": 4}), engine=engine).run()
    user, gone = market.users[3], weakref.ref(market)
    del market
    gc.collect()
    assert gone() is not None and user.price >= 0
    del user
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("more", [{}, {"engine": "agents"}, {"threads": 2}])
def test_a_copy_goes_on_as_the_original(more: dict[str, Any]) -> None:
    late = {"kind": "quality", "when": 9, "app": "wechat", "change": -3.0}
    scenario = short(changes={"society.users": 60, "weeks": 12, "events": [late]})
    straight = digest(Market(scenario, rng=6, **more).run())
    market = Market(scenario, rng=6, **more).run(6)
    before, copied = digest(market), market.copy()
    assert copied.contacts is market.contacts and copied.config is market.config
    assert copied.state.model is copied and copied.people.habit is not market.people.habit
    other = market.copy()
    other.act("wechat", AppDecision(monetisation=0.1))
    assert digest(other.run()) != straight
    assert digest(copied.run()) == straight
    assert digest(market) == before and market.week == 6 and copied.week == 12
    assert digest(market.run()) == straight


# ---------------------------------------------------------------------------------------- runs with
# actions


def act(*actions: Action, **changes: Any) -> Run:
    return run(short(changes={"weeks": 16, **changes}), 4, actions)


def same_until(one: Run, other: Run, week: int) -> bool:
    return all(
        np.array_equal(a[:week], b[:week], equal_nan=True)
        for a, b in zip(one.history.arrays(), other.history.arrays(), strict=True)
        if a.shape == b.shape
    )


def test_a_bid_becomes_a_deal_and_an_offer() -> None:
    bid = AppDecision(zero_rating={"china_unicom": ZeroRating(bid=5.0, allowance_mb=60.0)})
    without, deal = act(), act(Action(8, "wechat", bid))
    (made,) = [o for o in deal.offers if o["by"] == "wechat"]
    expected = ("wechat@china_unicom-8", ["wechat"], ["china_unicom"], 8, "wechat", 1.0, 60.0)
    assert (
        tuple(
            made[k]
            for k in ("name", "apps", "carriers", "start", "payer", "waived", "allowance_mb")
        )
        == expected
    )
    paid = deal.ledger.query("payer == 'wechat' and reason == 'sponsored'")
    assert set(paid.week) == {11, 15} and set(paid.payee) == {"china_unicom"}
    assert (paid.rmb / paid.mb).to_numpy() == pytest.approx(0.10)  # the carrier's ask, not the bid
    assert same_until(without, deal, 8) and not same_until(without, deal, 9)
    assert not [
        o
        for o in act(
            Action(8, "wechat", AppDecision(zero_rating={"china_unicom": ZeroRating(bid=0.01)}))
        ).offers
        if o["by"] == "wechat"
    ]


def test_prices_and_offers_change_from_their_week_on() -> None:
    without = act()
    dear = act(Action(5, "china_telecom", CarrierDecision(plan_overage=3.0, plan_fee=50.0)))
    assert same_until(without, dear, 7) and not same_until(without, dear, 8)
    fees, usual = (
        one.ledger.query("payee == 'china_telecom' and reason == 'plan'").groupby("week").rmb.sum()
        for one in (dear, without)
    )
    held = (fees[7] - usual[7]) / 30 / dear.scenario.people_per_user  # who has the main plan
    assert fees[3] == usual[3] and held > 10 and held == pytest.approx(round(held))
    given, stopped = (
        act(**GIVEN),
        act(Action(10, "wechat", AppDecision(stop_offers=("given",))), **GIVEN),
    )
    assert same_until(given, stopped, 10) and not same_until(given, stopped, 11)
    assert [o["end"] for o in stopped.offers if o["name"] == "given"] == [10]
    (followed,) = [f for f in stopped.followed if f.offer == "given"]
    assert followed.end == 10 and len(followed.active) == 6 and len(followed.acquired) > 0
    ban = act(Action(8, "regulator", RegulatorDecision(rule="ban")))
    assert (
        same_until(without, ban, 8)
        and ban.ledger.query("week > 11 and reason == 'sponsored'").empty
    )


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (
            Action(3, "wechatt", AppDecision()),
            "there is no seat 'wechatt'; there is: mobile_qq, wechat",
        ),
        (
            Action(3, "wechat", CarrierDecision()),
            "a decision of the kind 'carrier' does not go with the seat wechat",
        ),
        (
            Action(3, "wechat", AppDecision(promotion=1e12)),
            "campaign and research together cost 1,000,000,000,000; wechat has",
        ),
        (Action(3, "wechat", AppDecision(stop_offers=("sim",))), "there is no offer 'sim'"),
        (
            Action(3, "wechat", AppDecision(zero_rating={"unicorn": ZeroRating()})),
            "there is no carrier 'unicorn'",
        ),
        (
            Action(3, "china_mobile", CarrierDecision(surcharges={"wechat": 0.1})),
            "the regulator does not allow a surcharge",
        ),
        (Action(16, "wechat", AppDecision()), "there is no week 16 to act in; weeks are 0 to 15"),
        (Action(-1, "wechat", AppDecision()), "there is no week -1"),
    ],
)
def test_bad_actions_are_refused_in_plain_words(action: Action, says: str) -> None:
    with pytest.raises(BadAction, match=says):
        act(action)


# ---------------------------------------------------------------------------------------- what a
# run leaves behind


def test_frames_of_a_recorded_run_show_free_data_and_who_is_active() -> None:
    frames: list[np.ndarray] = []
    one = run(short(changes=GIVEN), 2, record=True, on_week=lambda m: frames.append(frame_of(m)))
    assert (
        frames[20][:, 4].any()
        and not frames[27][:, 4].all()
        and not np.array_equal(frames[0], frames[27])
    )  # free data
    active = one.history.series("app", "wechat", "active") * 300 / one.scenario.population
    assert [int((f[:, 3] >> 1 & 1).sum()) for f in frames] == pytest.approx(active.tolist())


def test_tables_have_their_columns_and_survive_files(tmp_path: Path) -> None:
    one = run(short(), 2)
    columns = {
        "weekly": ["week", "scope", "name", "series", "value"],
        "ledger": ["week", "payer", "payee", "reason", "mb", "rmb", "internal"],
        "cohorts": ["week", "app", "offer", "joined", "users", "registered", "active"],
    }
    for name, path in zip(columns, one.to_parquet(tmp_path), strict=True):
        frame = getattr(one, name)
        assert list(frame.columns) == columns[name] and len(frame)
        pd.testing.assert_frame_equal(pd.read_parquet(path), frame)
    for name, path in zip(columns, one.to_csv(tmp_path), strict=True):
        read = pd.read_csv(path, keep_default_na=False)
        pd.testing.assert_frame_equal(read, getattr(one, name), check_dtype=False)
    wide = one.weekly.query("scope == 'app' and name == 'yixin' and series == 'registered'").value
    assert wide.tolist() == one.history.series("app", "yixin", "registered").tolist()
    last = one.cohorts.query("week == 27 and app == 'yixin'")
    assert last.registered.sum() == pytest.approx(wide.iloc[-1]) and "yixin_telecom" in set(
        last.offer
    )


def test_survivors_are_counted_user_by_user() -> None:
    """Users 0–3 registered under the offer; 3 has not used it of late; then 0 leaves, and 1 is
    seen for the last time.
    """
    people = SimpleNamespace(
        carrier=np.zeros(6, np.uint8),
        reach=np.zeros((2, 1, 6), np.uint8),
        older=np.zeros(6, np.uint16),
        under=np.array([[0]] * 4 + [[255]] * 2, np.uint8),
        registered=np.ones(6, np.uint8),
    )
    offer = SimpleNamespace(name="free", index=0, apps=("chat", "shop"), start=2, end=10)
    state: Any = SimpleNamespace(
        people=people,
        week=9,
        book=SimpleNamespace(offers=[offer]),
        messengers=["chat"],
    )
    people.reach[0, 0, [0, 4]], people.reach[1, 0, 1], people.older[2] = 1, 1, 1 << 8
    followed = follow(state, [])
    (one,) = followed
    assert (one.acquired.tolist(), one.registered.tolist(), one.active) == (
        [0, 1, 2],
        [0, 1, 2, 3],
        [],
    )
    assert math.isnan(one.survival(0))
    people.reach[:], people.older[:] = 0, 0
    for week, seen in ((10, [1, 3]), (11, [3])):
        state.week, people.reach[0, 0, :] = week, 0
        people.reach[0, 0, seen] = 1
        followed = follow(state, begin(state, followed, week))
    assert len(followed) == 1
    assert (one.active, one.active_of_registered) == ([1, 0], [2, 1])
    assert (one.survival(0), one.survival(1)) == (pytest.approx(1 / 3), 0.0) and math.isnan(
        one.survival(2)
    )
    assert (one.same().active, one.same().acquired.tolist()) == ([], [0, 1, 2])


def test_a_gift_covers_the_bill_in_which_it_ends() -> None:
    gift = {"apps": ["wechat"], "end": 22, "gift_mb": 300.0}
    lines = run(
        short(changes={"offers.given": gift, "offers.yixin_gift": "", "weeks": 36}), 1
    ).ledger
    rmb = lines[lines.reason.isin(["gift", "overage"])].groupby(["reason", "week"])["rmb"].sum()
    assert rmb["gift", 23] > 0.5 * rmb["gift", 19] > 0
    assert ("gift", 27) not in rmb.index
    assert max(rmb["overage", 23], rmb["overage", 27]) < 1.5 * rmb["overage", 31]


# ---------------------------------------------------------------------------------------- golden
# run


def golden() -> dict[str, Any]:
    """The baseline run: China 2013, with 1,000 users, for 60 weeks."""
    scenario = short(
        changes={
            "society.users": 1000,
            "society.warmup_weeks": 40,
            "society.warmup_until": None,
            "weeks": 60,
        }
    )
    return {"model_version": MODEL_VERSION, "digest": run(scenario, seed=2013).digest}


def test_the_baseline_run_gives_the_stored_digest() -> None:
    """Other numbers than before are either a mistake, or need a higher MODEL_VERSION and a new
    golden digest.
    """
    assert golden() == json.loads(GOLDEN.read_text())


def test_the_warm_up_can_end_without_counting_who_was_pushed_to_try_once() -> None:
    """WeChat's start share is reached by those who come back: it does not fall as soon as the
    pushes end.
    """

    def lost(**changes: Any) -> float:
        given = {"apps.wechat.warmup_try_once": 0.15, "society.users": 3000, **changes}
        market = Market(load_scenario("china-2013", given), rng=0)
        before = market.state.monthly_shares()[1]
        market.run(4)
        return before - market.state.monthly_shares()[1]

    assert lost() == lost(**{"society.warmup_counts": "all"}) > 0.1
    assert lost(**{"society.warmup_counts": "returning"}) < 0.05


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(golden(), indent=1) + "\n")
