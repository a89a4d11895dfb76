"""Packs that a carrier sells for an app, and research that wears off."""

from __future__ import annotations

from typing import Any

import pytest
from test_campaigns import market

from market_model.market import Action, BadAction, Market, run
from market_model.market.digest import digest
from market_model.players.costs import RIVALRY, effort, spent
from market_model.players.decisions import AppDecision, CarrierDecision, Pack, RegulatorDecision
from market_model.players.offers import OfferBook
from market_model.scenario.offers import Offer

SOLD = Pack(fee=2.0, allowance_mb=20.0, app_share=0.25, regions=("north",))


def busy(weeks: int = 16) -> Any:
    """A market in which all have the app, and data is dear."""
    scenario = market(weeks=weeks, start={"registered": 0.9, "active": 0.9}, mb_per_week=5.0)
    dear = scenario.carriers["red"].plan.model_copy(update={"cap_mb": 10.0, "overage": 1.0})
    carriers = {
        name: carrier.model_copy(update={"plan": dear})
        for name, carrier in scenario.carriers.items()
    }
    return scenario.model_copy(update={"carriers": carriers})


def test_a_pack_is_bought_where_it_is_sold_and_shared_with_the_app() -> None:
    sells = [Action(0, "red", CarrierDecision(packs={"chat": SOLD}))]
    done = run(busy(), actions=sells)
    lines = done.ledger
    packs = lines[lines.reason == "pack"]
    assert {*packs.payer} == {"users:red:north"} and packs.rmb.sum() > 0
    share = lines[lines.reason == "pack share"]
    assert {*share.payer} == {"red"} and {*share.payee} == {"chat"}
    assert share.rmb.sum() == pytest.approx(0.25 * packs.rmb.sum())
    income = done.history.series("app", "chat", "income")
    assert income[15] == pytest.approx(share[share.week == 15].rmb.sum())
    holders = packs[packs.week == 15].rmb.sum() / 2.0
    assert holders == pytest.approx(round(holders / 10) * 10)  # a user stands for ten people
    agents = run(busy(), actions=sells, engine="agents")
    assert done.digest == agents.digest == run(busy(), actions=sells, threads=2).digest


def test_a_pack_changes_its_terms_in_place_and_ends() -> None:
    book = OfferBook(busy())
    assert book.sell("red", "chat", SOLD, 4) and book.room("packs") == 7
    assert book.sell("red", "chat", Pack(fee=3.0), 8) and book.room("packs") == 7
    (sold,) = book.sold_by("red")
    assert (sold.name, sold.fee, sold.allowance_mb, sold.app_share) == (
        "chat@red-pack-4",
        3,
        None,
        0,
    )
    assert sold.places == {("red", "north"), ("red", "south")} and sold.running(8, "free")
    assert book.sell("red", "chat", Pack(on=False), 12) and not sold.running(12, "free")
    assert book.sell("red", "chat", Pack(), 16) and sold.running(15, "free")
    for k in range(7):
        assert book.sell(f"red{k}", "chat", Pack(on=False), 0) and book.room("packs") == 7
    assert not [o for o in book.offers if o.by != "red"]


def test_who_finds_no_room_for_a_pack_is_told() -> None:
    scenario = busy()
    full = {
        f"p{k}": Offer(apps=("chat",), carriers=("blue",), payer="user", fee=1000.0)
        for k in range(7)
    }
    market_ = Market(scenario.model_copy(update={"offers": full}))
    for carrier in ("red", "blue"):
        market_.act(carrier, CarrierDecision(packs={"chat": Pack()}))
    market_.step()
    assert market_.refused == [("chat", "blue", "no room for a pack")]
    assert not market_.state.carrier("blue").packs
    with pytest.raises(BadAction, match="there is room for 0 more"):
        market_.act("blue", CarrierDecision(packs={"chat": Pack()}))
    market_.act("red", CarrierDecision(packs={"chat": Pack(fee=9.0)}))


def test_a_ban_ends_packs_and_refuses_new_ones() -> None:
    there = Market(busy())
    there.act("red", CarrierDecision(packs={"chat": SOLD}))
    there.act("regulator", RegulatorDecision(rule="ban"))
    there.step()
    assert not there.running_offers()
    with pytest.raises(BadAction, match="banned free data and packs"):
        there.act("red", CarrierDecision(packs={"talk": SOLD}))


# ---------------------------------------------------------------------------------------- research


def test_each_further_project_in_a_field_brings_half_of_the_one_before() -> None:
    assert [effort(1e9, 1000, n) for n in range(4)] == pytest.approx([1, 0.5, 0.25, 0.125])
    small = spent(50, 1000)
    assert effort(50, 1000, small) == pytest.approx(small * 0.5**small)
    chat = Market(market()).state.app("chat")
    start = chat.quality
    for week in (0, 8, 16):
        chat.apply(AppDecision(research="quality", research_budget=1e6), week)
        chat.apply(AppDecision(research="voice", research_budget=1e6), week)
        chat.week_passes(week + 8)
    assert chat.quality - start == pytest.approx(0.5 + 0.25 + 0.125, abs=1e-3)
    assert chat.features["voice"].quality == pytest.approx(0.2 * 1.75, abs=1e-3)
    assert chat.gained == pytest.approx((0.5 + 0.2) * 1.75, abs=1e-3)


def test_what_a_rival_gained_is_missed_by_the_share_who_use_it() -> None:
    now = Market(market(start={"registered": 0.5, "active": 0.5}))
    before = now.terms._qualities(0)
    now.state.app("chat").gained = 0.8
    share = now.active_shares()[0]
    assert 0.4 < share < 0.6
    assert (before - now.terms._qualities(0)).tolist() == pytest.approx([0, RIVALRY * share * 0.8])
    now.state.app("talk").gained = 0.8  # nobody uses it
    assert (before - now.terms._qualities(0)).tolist() == pytest.approx([0, RIVALRY * share * 0.8])


def test_research_is_felt_alike_in_both_engines() -> None:
    actions = [
        Action(0, name, AppDecision(research="quality", research_budget=1e5))
        for name in ("chat", "talk")
    ]
    scenario = market(weeks=14, start={"registered": 0.5, "active": 0.5})
    runs = [Market(scenario, engine=engine) for engine in ("compiled", "agents")]
    for one in runs:
        for action in actions:
            one.act(action.seat, action.decision)
        one.run()
    assert digest(runs[0]) == digest(runs[1])
    assert runs[0].state.app("chat").gained > 0.4
