"""What ends by itself, and what people do when SMS and calls cost more."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from market_model.market import Market
from market_model.market.ending import seen_on
from market_model.market.terms import dearness
from market_model.scenario.load import build, load_scenario
from market_model.society.graphs import Contacts


def market(
    changes: dict[str, Any] | None = None,
    events: list[Any] | None = None,
    society: dict[str, Any] | None = None,
    app: dict[str, Any] | None = None,
    users: int = 1000,
    **parameters: Any,
) -> Market:
    """Two apps: one that many use, and one that nobody does, with accounts of 30 %."""
    data = {
        "weeks": 12,
        "society": {"users": users, **(society or {})},
        "carriers": {
            "red": {"share": 0.5, "sms_price": 0.1, "voice_price": 0.2},
            "blue": {"share": 0.5, "sms_price": 0.1, "voice_price": 0.2},
        },
        "apps": {
            "chat": {
                "quality": 0.0,
                "start": {"registered": 0.5, "active": 0.5},
                "features": {"voice": {"kind": "voice", "quality": 0.0}},
                **(app or {}),
            },
            "ghost": {"quality": -50.0, "start": {"registered": 0.3, "active": 0.0}},
        },
        "events": events or [],
        "parameters": {"network_effect": 2.0, "habit_weight": 2.0, **parameters},
        **(changes or {}),
    }
    return Market(build(data, "test"), rng=3)


def series(market: Market, app: str, name: str) -> np.ndarray:
    return market.history.series("app", app, name) / market.config.population


# ---------------------------------------------------------------------------------------- accounts


def test_accounts_that_nobody_uses_are_closed_at_their_rate() -> None:
    kept, closed = market().run(), market(account_closing=0.1).run()
    assert (series(kept, "ghost", "registered") == 0.3).all()
    left = series(closed, "ghost", "registered")
    assert left == pytest.approx(0.3 * 0.9 ** np.arange(1, 13), abs=0.02)
    assert np.array_equal(series(closed, "ghost", "aware"), left)  # and they are out of mind
    assert (series(closed, "chat", "mau") <= series(closed, "chat", "registered")).all()


def test_who_used_an_app_in_four_weeks_keeps_the_account() -> None:
    market_ = market(account_closing=1.0)
    people, half = market_.people, market_.last_half
    people.registered[:], people.aware[:], people.habit[:] = 1, 1, 0.0
    people.reach[:], people.older[:] = 0, 0
    people.reach[half, 0, 0] = people.reach[1 - half, 0, 1] = 1
    people.older[2], people.older[3] = 1, 1 << 8
    people.habit[4, 0] = 1.0
    people.under[5] = 0
    market_.step()
    assert (people.registered[:5] & 1 == 1).all() and people.under[5, 0] == 255
    assert not (people.registered[5:] & people.aware[5:] & 1)[people.joined[5:, 0] < 0].any()


def test_an_app_that_is_out_of_order_loses_no_account() -> None:
    outage = {"kind": "outage", "app": "chat", "when": 0, "weeks": 10}
    events = {"events": [outage], "account_closing": 1.0, "awareness_fading": 1.0}
    some = {"start": {"registered": 0.5, "active": 0.3}}
    market_ = market(presence_weeks=4, app=some, **events)
    start = int((market_.people.registered & 1).sum())
    market_.run(9)
    assert int((market_.people.registered & 1).sum()) == start
    assert series(market_, "ghost", "registered")[-1] == 0.0


def test_who_sees_no_friend_on_an_app_forgets_it() -> None:
    apps = {"start": {"registered": 0.0, "active": 0.0, "aware": 0.8}}
    fading = market(app={**apps, "quality": -50.0}, users=20_000, awareness_fading=0.2).run()
    assert series(fading, "chat", "aware") == pytest.approx(0.8 * 0.8 ** np.arange(1, 13), abs=0.01)
    seen = market(society={"graph": {"family": "complete"}}, awareness_fading=0.2).run()
    assert (np.diff(series(seen, "chat", "aware")) >= 0).all()  # everybody has a friend on it


def test_friends_are_seen_by_byte() -> None:
    shown = np.array([1, 2, 0, 0], np.uint8)
    friends = Contacts(  # 0-1, 0-2, 3 alone
        np.array([0, 2, 3, 4, 4]), np.array([1, 2, 0, 0], np.int32), np.zeros(0, np.float32), False
    )
    assert seen_on(friends, shown).tolist() == [2, 1, 1, 0]
    everybody = Contacts(
        np.zeros(5, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), True
    )
    assert seen_on(everybody, shown).tolist() == [2, 1, 3, 3]


def test_closed_accounts_leave_cohorts_and_series_in_step() -> None:
    market_ = market(account_closing=0.3, awareness_fading=0.3).run()
    for week, curves in market_.cohorts:
        members = curves[..., 0].sum(axis=(1, 2)) * market_.scale / market_.config.population
        recorded = [series(market_, app, "registered")[week] for app in ("chat", "ghost")]
        assert members == pytest.approx(recorded)
    assert (market_.people.habit[market_.people.registered & 1 == 0, 0] == 0).all()


@pytest.mark.parametrize(("floor", "share"), [(1.0, 1.0), (0.25, 0.25 + 0.75 * 0.5 / 0.51)])
def test_an_app_is_found_as_it_is_used(floor: float, share: float) -> None:
    market_ = market(app={"discovery": 0.04}, discovery_floor=floor)
    market_.terms.refresh(0, [])
    assert market_.state.terms.hear[0, 0, 0] == pytest.approx(0.04 * share)
    ghost = market(
        changes=None, app={"discovery": 0.04, "start": {"registered": 0.5}}, discovery_floor=floor
    )
    ghost.terms.refresh(0, [])
    assert ghost.state.terms.hear[0, 0, 0] == pytest.approx(0.04 * floor)


# ---------------------------------------------------------------------------------------- callers


def test_only_callers_call_by_app() -> None:
    everybody, half, nobody = (market(society={"callers": c}).run(6) for c in (1.0, 0.5, 0.0))
    minutes = [series(m, "chat", "call_minutes")[-1] for m in (everybody, half, nobody)]
    assert minutes[2] == 0.0 and 0.15 < minutes[1] / minutes[0] < 0.35  # both ends must be callers
    people, last = half.people, half.last_half
    assert people.callers.mean() == pytest.approx(0.5, abs=0.05)
    assert not people.reach[last, 1][people.callers == 0].any()
    phone = [m.history.series("carrier", "red", "phone_minutes")[5] for m in (everybody, half)]
    assert phone[1] > phone[0]
    assert np.array_equal(series(everybody, "chat", "active"), series(nobody, "chat", "active"))


# ---------------------------------------------------------------------------------------- prices


DEARER = [{"kind": "price", "when": 4, "carrier": "red", "sms_price": 0.2, "voice_price": 0.4}]


def traffic(market: Market, carrier: str = "red") -> list[np.ndarray]:
    return [market.history.series("carrier", carrier, s) for s in ("sms", "phone_minutes")]


def test_sms_and_calls_answer_their_prices_as_elasticities_say() -> None:
    given = {"sms_elasticity": 0.2, "sms_cross_elasticity": 0.08, "voice_elasticity": 0.1}
    plain, answering = market(events=DEARER).run(), market(events=DEARER, **given).run()
    for (before, after), power in zip(
        zip(traffic(plain), traffic(answering), strict=True), (0.08 - 0.2, -0.1), strict=True
    ):
        assert np.array_equal(before[:4], after[:4])
        assert after[4:] == pytest.approx(before[4:] * 2**power)
    assert np.array_equal(traffic(plain, "blue"), traffic(answering, "blue"))
    lines = answering.run(0).ledger.lines
    paid = [line for line in lines if line.reason == "sms" and line.payee == "red"]
    carried = traffic(answering)[0]
    prices = np.array([0.1] * 4 + [0.2] * 8)
    assert sum(line.rmb for line in paid) == pytest.approx(float((carried * prices).sum()))


def test_the_story_answers_prices_of_calls_as_measured() -> None:
    """Kim, Telang, Vogt & Krishnan 2010, Management Science 56(2), 234–252: calls −.1 % and SMS
    +.08 % for each per cent of the price of calls, ± .05.
    """
    story = load_scenario("china-2013", {"society.users": 1000, "weeks": 12})
    data = story.model_dump(mode="json", exclude_none=True)
    dearer = [
        {
            "kind": "price",
            "when": 8,
            "carrier": c,
            "voice_price": 1.1 * story.carriers[c].voice_price,
        }
        for c in story.carriers
    ]
    plain = Market(story, rng=1).run()
    answering = Market(build(data | {"events": [*data["events"], *dearer]}, "story"), rng=1).run()
    found = [
        math.log(
            sum(answering.history.series("carrier", c, which)[8] for c in story.carriers)
            / sum(plain.history.series("carrier", c, which)[8] for c in story.carriers)
        )
        / math.log(1.1)
        for which in ("phone_minutes", "sms")
    ]
    assert found == pytest.approx([-0.1, 0.08], abs=0.05)


def test_prices_are_felt_within_a_factor_of_ten() -> None:
    assert [dearness(p, 0.1) for p in (0.1, 0.2, 5.0, 0.0)] == [1.0, 2.0, 10.0, 0.1]
    assert [dearness(p, 0.0) for p in (0.0, 0.01)] == [1.0, 10.0]


def test_sms_weigh_less_beside_an_app_the_dearer_they_are() -> None:
    market_ = market(events=DEARER, substitution=1.0, sms_weight=0.5, phone_weight=2.0).run(5)
    terms = market_.state.terms
    red, blue = terms.text[0, 1], terms.text[1, 1]  # of chat alone in common
    assert blue == pytest.approx([1 / 1.5, 0.0, 0.5 / 1.5])
    assert red == pytest.approx([1 / 1.25, 0.0, 0.25 / 1.25])
    assert terms.calls[0, 1, 2] == pytest.approx(1 / 2)
    assert terms.calls[1, 1, 2] == pytest.approx(2 / 3)


def test_an_app_is_worth_what_it_saves() -> None:
    before = market(events=DEARER, saving_weight=0.5).run(4).state.terms.cells.copy()
    after = market(events=DEARER, saving_weight=0.5).run(5).state.terms.cells
    added = (after - before)[:, :, :2]
    assert added[0] == pytest.approx(0.5 * np.log(2)) and added[1] == pytest.approx(0.0)
    plain, saving = (market(events=DEARER, saving_weight=w).run() for w in (0.0, 2.0))
    used = [m.history.by_carrier[:, :, 0, 0] for m in (plain, saving)]
    assert np.array_equal(used[0][:4], used[1][:4])
    assert used[1][8, 0] > used[0][8, 0] * 1.05


def test_sms_fade_where_few_conversations_are_left_to_them() -> None:
    plain, fading = market().run(), market(sms_fading=2.0).run()
    sms, faded = (traffic(m)[0] for m in (plain, fading))
    users = plain.history.series("carrier", "red", "subscribers")
    assert faded == pytest.approx(sms * (sms / (users * 12.0)) ** 2)
