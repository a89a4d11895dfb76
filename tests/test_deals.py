"""Deals with terms: what a bid is worth, the one counter-offer, and doors that relations shut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_campaigns import market

from market_model.market import BadAction, Market
from market_model.market.digest import digest
from market_model.market.views import observe
from market_model.players.deals import (
    APOLOGY,
    Ask,
    Bid,
    Standing,
    ask_price,
    beside_price,
    counter,
    match,
)
from market_model.players.decisions import AppDecision, CarrierDecision, ZeroRating
from market_model.scenario.load import build

HAVE = {"registered": 0.9, "active": 0.9}


def started(seed: int = 0, engine: Any = "compiled", **more: Any) -> Market:
    data = market(weeks=24, start=HAVE, mb_per_week=5.0, margin=0.2, cash=1e6).model_dump()
    at = Market(build(data | more, "test"), seed, engine).run(4)
    at.state.carrier("red").wholesale = 0.2
    return at


def bid(at: Market, carrier: str = "red", **terms: Any) -> None:
    at.act("chat", AppDecision(zero_rating={carrier: ZeroRating(**terms)}))


def paid(at: Market, reason: str, payer: str = "chat", payee: str = "red") -> float:
    return sum(
        x.rmb for x in at.ledger.lines if (x.payer, x.payee, x.reason) == (payer, payee, reason)
    )


def test_sealed_terms_meet_at_the_ask() -> None:
    asks = [Ask("chat", "red", 0.1), Ask("talk", "red", 0.1), Ask("chat", "blue", None)]
    deals, left = match(
        [Bid("chat", "red", 0.1), Bid("talk", "red", 0.09), Bid("chat", "blue", 9.0)], asks
    )
    assert [(d.bid.app, d.price) for d in deals] == [("chat", 0.1)]
    assert {(b.app, b.carrier): why for b, why in left} == {
        ("talk", "red"): "below the ask",
        ("chat", "blue"): "closed",
    }


def test_a_bid_at_the_price_shown_meets_an_ask_that_binary_makes_more() -> None:
    ask = ask_price(0.1, -0.1, 0.5)
    assert 0.105 < ask < 0.105 + 1e-15
    deals, _ = match([Bid("chat", "red", 0.105)], [Ask("chat", "red", ask)])
    assert [d.price for d in deals] == [0.105]


def test_exclusive_deals_keep_others_out() -> None:
    asks = [Ask("chat", "red", 0.1), Ask("talk", "red", 0.1)]
    chat, talk = Bid("chat", "red", 0.2, exclusive=True), Bid("talk", "red", 0.3)
    assert [why for _, why in match([chat, talk], asks)[1]] == ["others are there"]
    assert match([chat], asks, [Standing("chat", "red", False)])[0]
    assert (
        match([talk], asks, [Standing("chat", "red", True)])[1][0][1]
        == "an exclusive deal is there"
    )
    assert match([chat], [Ask("chat", "red", 0.1, False)])[1][0][1] == "no exclusive deals"
    high = Bid("chat", "red", 0.4, exclusive=True)
    assert [d.bid.app for d in match([talk, high], asks)[0]] == ["chat"]


def test_what_terms_beside_the_price_come_to_by_hand() -> None:
    assert beside_price(0.1, 0.7e6, 3e6, 1e7, 1e6) == pytest.approx(0.1)
    offer = Bid("chat", "red", 0.05, beside=0.1)
    deals, left = match([offer], [Ask("chat", "red", 0.18)])
    assert not deals and left[0].cause == "below the ask"
    answer = counter(offer, Ask("chat", "red", 0.18), [])
    assert answer and answer.price == pytest.approx(0.09)  # half of the ask is for the price
    deals, _ = match([Bid("chat", "red", 0.16, beside=0.04)], [Ask("chat", "red", 0.18)])
    assert deals[0].price == pytest.approx(0.14)
    assert beside_price(0.0, 1e5, 0.0, 0.0, 1e6) == 1.0  # no traffic is as 0.1 MB a customer
    assert beside_price(0.5, 1e5, 1e5, 0.0, 0.0) == 0.0


def test_an_exclusive_deal_costs_a_quarter_more() -> None:
    ask = Ask("chat", "red", 0.2)
    assert match([Bid("chat", "red", 0.24, exclusive=True)], [ask])[1][0].cause == "below the ask"
    assert match([Bid("chat", "red", 0.25, exclusive=True)], [ask])[0][0].price == 0.25


def test_the_worth_of_a_bid_decides_who_is_served_first() -> None:
    rich, poor = Bid("chat", "red", 0.2, exclusive=True, beside=0.3), Bid("talk", "red", 0.4)
    asks = [Ask("chat", "red", 0.2), Ask("talk", "red", 0.2)]
    assert [d.bid.app for d in match([poor, rich], asks)[0]] == ["chat"]


def test_no_counter_where_no_terms_would_do() -> None:
    low = Bid("chat", "red", 0.1)
    assert counter(low, Ask("chat", "red", None), []) is None
    taken = [Standing("talk", "red", True)]
    assert counter(low, Ask("chat", "red", 0.2), taken) is None
    want = Bid("chat", "red", 0.3, exclusive=True)
    answer = counter(want, Ask("chat", "red", 0.2, accepts_exclusive=False), [])
    assert answer and (answer.exclusive, answer.price) == (False, 0.2)


def test_a_bid_that_falls_short_is_answered_once_and_an_answer_cannot_be_refused() -> None:
    at = started()
    bid(at, bid=0.1, allowance_mb=30.0)
    at.run(4)
    (seen, theirs) = (observe(at.state, seat) for seat in ("chat", "red"))
    assert seen.counters["red"] == theirs.counters["chat"]
    assert seen.counters["red"].price == 0.2 and seen.counters["red"].allowance_mb == 30.0
    at.act("red", CarrierDecision(asks={"chat": "closed"}))
    bid(at, accept=True)
    at.step()
    (offer,) = at.running_offers()
    assert (offer.price, offer.allowance_mb, offer.by) == (0.2, 30.0, "chat")
    assert not observe(at.state, "chat").counters


def test_a_counter_offer_stands_for_one_round_only() -> None:
    at = started()
    bid(at, bid=0.1)
    at.run(8)
    assert not observe(at.state, "chat").counters
    with pytest.raises(BadAction, match="no counter-offer of"):
        bid(at, accept=True)


def test_the_regulator_s_ban_is_above_a_counter_offer() -> None:
    at = started()
    bid(at, bid=0.1)
    at.run(4)
    at.regulator.rule = "ban"
    with pytest.raises(BadAction, match="banned"):
        bid(at, accept=True)


@pytest.mark.parametrize("engine", ["compiled", "agents"])
def test_share_promotion_and_gift_of_a_deal_are_paid_and_make_it_cheaper(engine: Any) -> None:
    plain, rich = started(engine=engine), started(engine=engine)
    bid(plain, bid=0.2)
    plain.run(4)
    bill = observe(rich.state, "chat").bill
    bid(rich, bid=0.2, income_share=0.5, joint_promotion=30.0, gift_mb=10.0)
    rich.run(4)
    beside = beside_price(
        0.5, 30.0, bill.income_by_carrier["red"], bill.mb_by_carrier["red"], 0.6 * 4000
    )
    (offer,) = rich.running_offers()
    assert offer.price == pytest.approx(0.2 - min(beside, 0.1)) and offer.price < 0.2
    assert paid(rich, "joint promotion") == 30.0
    income = np.nansum(rich.history.app[7, 0, 10])
    assert 0 < paid(rich, "income share") <= 0.5 * income
    assert paid(plain, "income share") == paid(plain, "joint promotion") == 0.0
    assert abs(rich.ledger.balance()) < 1e-6


def test_terms_by_place_are_reckoned_by_place() -> None:
    prices: list[float] = []
    for regions in ((), ("north",)):
        at = started()
        bid(at, bid=0.2, joint_promotion=200.0, regions=regions)
        at.step()
        (offer,) = at.running_offers()
        prices.append(0.2 - (offer.price or 0.0))
    assert prices[1] == pytest.approx(8 * prices[0], rel=1e-6)  # an eighth of the people


def test_a_gift_that_goes_on_takes_no_more_room() -> None:
    at = started()
    for _ in range(3):
        bid(at, bid=0.2, gift_mb=10.0)
        at.run(4)
        assert at.book.room("gifts") == 7
    assert len(at.running_offers()) == 1


def test_a_door_that_relations_shut_opens_for_joint_promotion_or_goodwill() -> None:
    odds = {"firm": {"holds": {"chat": 1.0}, "relations": {"red": -0.5}, "cash": 1e6}}
    more = {"owners": odds, "parameters": {"relation_closing": 1.0, "relation_markup": 0.5}}
    at = next(
        one
        for seed in range(20)
        if observe((one := started(seed, **more)).state, "chat").doors["red"].shut == "relation"
    )
    bid(at, bid=9.0)
    at.run(4)
    terms = observe(at.state, "chat").counters["red"]
    assert terms.joint_promotion == pytest.approx(APOLOGY * 2400 * 0.5, rel=0.05)
    assert terms.price == pytest.approx(0.2 * 1.25)
    bid(at, accept=True)
    before = at.state.relations.of("chat", "red")
    at.run(4)
    assert at.running_offers() and at.state.relations.of("chat", "red") > before + 0.05
    at.act("chat", AppDecision(goodwill={"red": 0.1}))
    before, customers = at.state.relations.of("chat", "red"), at.state.carrier("red").subscribers
    cash = at.ledger.cash["chat"]
    at.step()
    assert at.state.relations.of("chat", "red") == pytest.approx(min(before + 0.2, 1.0))
    assert at.ledger.cash["chat"] == pytest.approx(cash - 0.1 * customers)


def test_goodwill_beyond_the_cash_is_refused() -> None:
    at = started()
    at.ledger.cash["chat"] = 100.0
    with pytest.raises(BadAction, match=r"goodwill\.red"):
        at.act("chat", AppDecision(goodwill={"red": 0.1}))


def test_a_deal_that_is_kept_improves_relations_and_one_of_the_story_does_not() -> None:
    firm = {"firm": {"holds": {"chat": 1.0}, "relations": {"red": -0.5}, "payout": 0.0}}
    free = {"free": {"apps": ["chat"], "carriers": ["red"], "price": 0.0}}
    still = started(owners=firm, offers=free).run(8)
    assert still.state.relations.of("chat", "red") == -0.5
    at = started(owners=firm, parameters={"relation_closing": 0.0})
    at.state.carrier("red").wholesale = 0.0
    bid(at, bid=0.0)
    at.run(8)
    assert at.state.relations.of("chat", "red") == pytest.approx(-0.5 + 0.05 + 2 * 0.01)


def test_threads_and_engines_agree_on_a_deal_with_all_terms() -> None:
    def played(engine: Any) -> str:
        at = started(engine=engine)
        bid(at, bid=0.05, income_share=0.2, joint_promotion=10.0, gift_mb=10.0, exclusive=True)
        at.run(4)
        bid(at, accept=True)
        return digest(at.run(4))

    assert played("compiled") == played("agents")
