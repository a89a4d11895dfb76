"""Without credit: what nobody can pay for ends at the bill, is told, and is refused with its sum."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import numpy as np
import pytest
from test_campaigns import market

from market_model import desk
from market_model.game import GameTable, Round, setup_of
from market_model.game.report import round_report
from market_model.market import BadAction, Market, run
from market_model.market.digest import digest
from market_model.players.decisions import AppDecision, ZeroRating
from market_model.scenario import load_scenario
from market_model.scenario.load import build

HAVE = {"registered": 0.9, "active": 0.9}


def story(cash: float, credit: bool = False, **chat: Any) -> Any:
    terms = {"start": HAVE, "mb_per_week": 5.0, "cash": cash, **chat}
    data = market(weeks=12, **terms).model_dump()
    data["regulator"] = {"credit": credit}
    data["offers"] = {"free": {"apps": ["chat"], "regions": ["south"]}}
    return build(data, "test")


def paid(done: Any, reason: str) -> np.ndarray:
    lines = done.ledger.frame()
    lines = lines[(lines.reason == reason) & (lines.payer == "chat")]
    return lines.groupby("week").rmb.sum().reindex([3, 7, 11], fill_value=0.0).to_numpy()


@pytest.mark.parametrize("engine", ["compiled", "agents"])
def test_free_data_ends_at_the_bill_that_finds_no_cash(engine: Any) -> None:
    month = paid(Market(story(1e9)).run(), "sponsored")
    assert (month > 0).all()
    done = Market(story(1.5 * month[0]), engine=engine).run()
    assert (paid(done, "sponsored") > 0).tolist() == [True, True, False]
    (lapse,) = done.lapsed
    assert (lapse.week, lapse.payer, lapse.offers) == (8, "chat", ("free",))
    assert lapse.cash == pytest.approx(1.5 * month[0] - paid(done, "sponsored")[:2].sum())
    assert done.book["free"].end == 8 and done.ledger.cash["chat"] == pytest.approx(lapse.cash)
    assert abs(done.ledger.balance()) < 1e-6
    assert digest(done) == digest(Market(story(1.5 * month[0]), threads=2).run())
    on = Market(story(1.5 * month[0], credit=True)).run()
    assert (paid(on, "sponsored") > 0).all() and not on.lapsed


def test_who_can_pay_sees_no_difference() -> None:
    assert run(story(1e9)).digest == run(story(1e9, credit=True)).digest


def test_bonuses_and_campaigns_rest_until_there_is_cash_again() -> None:
    costly = {
        "campaigns": [
            {"end": 30, "try_once": 0.2, "try_once_cost": 1.0},
            {"end": 30, "level": 0.01},
        ],
        "invite": 1.0,
        "invite_cost": 0.5,
        "start": {"registered": 0.1, "active": 0.1},
    }
    done = Market(story(1.0, **costly))
    done.act("chat", AppDecision(bring_friend=2.0))
    done.run()
    for reason in ("push", "invites", "bring a friend"):
        assert (paid(done, reason) > 0).tolist() == [True, False, False], reason
    state = done.state
    assert state.terms.try_once[:, 0].tolist() == [0.0, 0.0]
    assert state.terms.hear[:, 0].tolist() == [[0.01, 0.3], [0.01, 0.3]]
    state.ledger.add(12, "someone", "chat", "gift of money", 0.0, 1e9)
    for _ in range(4):
        done.step()
    assert not state.app("chat").broke
    done.step()
    assert state.terms.try_once[0, 0] == 0.2 and state.terms.hear[0, 0, 1] == 0.6


@pytest.mark.parametrize(
    ("decision", "cost"),
    [
        (AppDecision(zero_rating={"red": ZeroRating(bid=0.3)}), "red"),
        (AppDecision(zero_rating={"red": ZeroRating(bid=0.3, regions=("north",))}), "north"),
        (AppDecision(invite=2.0), "new"),
        (AppDecision(bring_friend=3.0, bring_friend_regions=("north", "south")), "friends"),
    ],
)
def test_what_cannot_be_paid_is_refused_with_the_sum(decision: AppDecision, cost: str) -> None:
    done = Market(story(5.0, start={"registered": 0.5, "active": 0.5}, discovery=0.3))
    done.book["free"].end = 0
    done.run(4)
    bill = done.state.last_bill["chat"]
    assert bill.joined == pytest.approx(
        float(done.history.series("app", "chat", "joined")[:4].sum())
    )
    north = float(done.state.heads[0] / done.state.heads.sum())
    sums = {
        "red": 0.3 * bill.mb_by_carrier["red"],
        "north": 0.3 * bill.mb_by_carrier["red"] * north,
        "new": 2.0 * bill.joined,
        "friends": 4.0 * bill.joined,
    }
    cash = done.ledger.cash["chat"]
    assert sums[cost] > cash
    with pytest.raises(BadAction, match=re.escape(f"cost about {sums[cost]:,.6g}")):
        done.act("chat", decision)
    done.ledger.cash["chat"] = sums[cost] + 1.0
    done.act("chat", decision)


@pytest.mark.parametrize(("language", "words"), [("en", "No cash is left"), ("zh", "现金用完了")])
def test_a_seat_is_told_what_ended(language: Any, words: str) -> None:
    small = {"society.users": 300, "society.warmup_weeks": 40, "regulator.credit": False} | {
        "society.warmup_until": None
    }
    setup = setup_of(load_scenario("china-2013", small))
    table = GameTable(setup)
    table.play(Round({"yixin": {"zero_rating": {"china_telecom": {"bid": 0.3}}}}))
    assert round_report(table).seats["yixin"]["lapsed"] == []
    table.market.ledger.cash["yixin"] = -1e6
    table.play(Round({"yixin": {}}))
    known = round_report(table)
    (one,) = known.seats["yixin"]["lapsed"]
    assert one["week"] == table.market.week and one["cash"] < 0
    assert one["offers"] == [{"apps": ["yixin"], "carriers": ["china_telecom"]}]
    running = table.market.running_offers()
    assert not any("yixin" in o.apps for o in running if o.payer == "app")
    assert known.seats["wechat"]["lapsed"] == []
    page = unescape(desk.brief(setup, "yixin", known, language))
    assert words in page and "{" not in page


def test_agents_act_within_their_cash() -> None:
    pytest.importorskip("pettingzoo")
    from market_model.learning import MarketParallelEnv

    env = MarketParallelEnv(
        load_scenario("china-2013", {"society.users": 200, "regulator.credit": False, "weeks": 40})
    )
    env.reset(seed=1)
    told_of = set[str]()
    for k, agent in enumerate(env.possible_agents):
        env.action_space(agent).seed(k)
    while env.agents:
        infos = env.step({a: env.action_space(a).sample() for a in env.agents})[4]
        assert [one["problems"] for one in infos.values()] == [[]] * len(infos)
        told_of |= {text for one in infos.values() for text in one["changed"]}
    assert any("more than the cash" in text for text in told_of)
