"""What a seat sees: how it stands with the other side, its bill, and nothing that others keep."""

from __future__ import annotations

from typing import Any

import pytest
from test_campaigns import market

from market_model.market import Market
from market_model.market.views import observe
from market_model.players.decisions import AppDecision, CarrierDecision, ZeroRating
from market_model.players.observation import AppObservation, CarrierObservation
from market_model.scenario.load import build

HAVE = {"registered": 0.9, "active": 0.9}


def played(weeks: int = 4, **more: Any) -> Market:
    data = market(weeks=12, start=HAVE, mb_per_week=5.0, margin=0.2).model_dump()
    return Market(build(data | more, "test")).run(weeks)


def app(at: Market, seat: str = "chat") -> AppObservation:
    view = observe(at.state, seat)
    assert isinstance(view, AppObservation)
    return view


def carrier(at: Market) -> CarrierObservation:
    view = observe(at.state, at.carriers[0].name)
    assert isinstance(view, CarrierObservation)
    return view


def test_a_door_says_the_ask_or_why_it_is_shut() -> None:
    at = played()
    red = at.carriers[0]
    red.wholesale = 0.1
    assert (app(at).doors[red.name].ask, app(at).doors[red.name].shut) == (0.1, None)
    red.wholesale = 1e3
    assert app(at).doors[red.name].ask == red.retail_price  # nobody asks more than customers pay
    red.closed.add("chat")
    assert (app(at).doors[red.name].ask, app(at).doors[red.name].shut) == (None, "closed")
    assert carrier(at).doors["chat"].shut == "closed"
    red.closed.clear()
    at.regulator.rule = "ban"
    assert app(at).doors[red.name].shut == "ban"


def test_a_door_shut_by_relations_says_so_and_the_bid_is_refused_for_that() -> None:
    owners = {"firm": {"holds": {"chat": 1.0}, "relations": {"red": -1.0}}}
    at = played(owners=owners, parameters={"relation_closing": 1.0})
    assert (app(at).doors["red"].shut, app(at).doors["red"].relation) == ("relation", -1.0)
    at.act("chat", AppDecision(zero_rating={"red": ZeroRating(bid=9.0)}))
    at.step()
    assert at.refused == [("chat", "red", "closed by relation")]
    assert [(one.bid.price, one.cause) for one in app(at).refused] == [(9.0, "closed by relation")]
    assert [one.bid.app for one in carrier(at).refused] == ["chat"]


def test_an_exclusive_deal_of_another_shuts_the_door_where_it_is() -> None:
    free = {"apps": ["talk"], "carriers": ["red"], "exclusive": True}
    data = {"talk": {"start": HAVE}}
    at = played(offers={"theirs": free}, apps=market().model_dump()["apps"] | data)
    assert app(at).doors["red"].shut == "exclusive"
    data_south = {"theirs": free | {"regions": ["south"]}}
    at = played(offers=data_south, apps=market().model_dump()["apps"] | data)
    assert (app(at).doors["red"].shut, app(at).doors["red"].taken) == (None, ("south",))


def test_shares_by_region_and_bills_are_those_of_the_books() -> None:
    at = played(8, offers={"free": {"apps": ["chat"], "regions": ["south"]}})
    view = app(at)
    for r, region in enumerate(at.regions):
        people = at.history.region[7, r, 0, 0]
        assert view.users_by_region[region] == people
        assert view.shares_by_region["chat"][region] == pytest.approx(people / at.state.heads[r])
        before = at.history.region[3, r, 0, 0] / at.state.heads[r]
        assert view.shares_by_region_before["chat"][region] == pytest.approx(before)
    assert sum(view.users_by_carrier.values()) == pytest.approx(sum(view.users_by_region.values()))
    lines = [x for x in at.ledger.lines if x.week == 7]
    spent = sum(x.rmb for x in lines if x.payer == "chat" and x.reason == "sponsored")
    assert sum(view.bill.free_cost.values()) == pytest.approx(spent) and spent > 0
    assert view.bill.income_per_user == view.bill.income / at.history.app[7, 0, 2]
    assert view.margin == 0.2 and view.user_value == 257.0
    bill, got = carrier(at).bill, [x for x in lines if x.payee == "red"]
    assert bill.income == pytest.approx(sum(x.rmb for x in got))
    assert bill.sponsors == pytest.approx(sum(x.rmb for x in got if x.reason == "sponsored"))


def test_a_seat_sees_no_door_of_another_and_no_refusal() -> None:
    at = played()
    at.act("red", CarrierDecision(asks={"chat": "closed"}))
    at.act("chat", AppDecision(zero_rating={"red": ZeroRating(bid=9.0)}))
    at.step()
    other = next(a.name for a in at.apps if a.name != "chat")
    assert app(at).refused and not app(at, other).refused
    assert set(app(at, other).doors) == {c.name for c in at.carriers}
    assert all(one.shut is None for one in app(at, other).doors.values())
