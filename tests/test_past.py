"""What a seat remembers of its own rounds, so that its bot can learn from them."""

from market_model.game import GameTable, Round, setup_of
from market_model.market import Market
from market_model.market.views import observe
from market_model.players.decisions import AppDecision, CarrierDecision, ZeroRating
from market_model.scenario import load_scenario

SMALL = {"society.users": 300}


def bidding(price: float) -> AppDecision:
    terms = ZeroRating(bid=price, allowance_mb=60, regions=("guangdong",))
    return AppDecision(zero_rating=dict.fromkeys(("china_unicom", "china_mobile"), terms))


def played() -> Market:
    market = Market(load_scenario("china-2013", SMALL | {"weeks": 40}), rng=3)
    market.run(12)
    market.act("laiwang", bidding(1.0))
    market.act("china_mobile", CarrierDecision(asks={"laiwang": "closed"}))
    market.run(4)
    return market


def test_a_round_is_remembered_by_both_sides_with_its_deals_and_why_others_failed() -> None:
    market = played()
    app, carrier = (observe(market.state, seat).past[-1] for seat in ("laiwang", "china_mobile"))
    assert app.week == carrier.week == 12
    assert app.decision == bidding(1.0).model_dump(mode="json", exclude_defaults=True)
    assert set(app.deals) == {"china_unicom"} and app.refused == {"china_mobile": "closed"}
    assert carrier.refused == {"laiwang": "closed"} and carrier.deals == {}
    assert observe(market.state, "china_unicom").past[-1].deals == {
        "laiwang": app.deals["china_unicom"]
    }
    assert set(app.shares) == set(market.regions) and app.cash > 0


def test_only_the_last_year_is_remembered_and_copies_remember_the_same() -> None:
    market = played()
    market.run(8)
    other = market.copy()
    for one in (market, other):
        one.run(16)
    views = [observe(one.state, "yixin") for one in (market, other)]
    assert views[0] == views[1]
    assert [past.week for past in views[0].past] == list(range(4, 40, 4))
    long = Market(load_scenario("china-2013", SMALL | {"weeks": 72}))
    long.run(72)
    assert [past.week for past in observe(long.state, "yixin").past] == list(range(20, 72, 4))


def test_a_game_that_is_played_again_remembers_the_same() -> None:
    setup = setup_of(load_scenario("china-2013", SMALL), seed=5)
    rounds = [Round({"yixin": bidding(0.2).model_dump(mode="json")}), Round(), Round()]
    one, other = GameTable.after(setup, rounds), GameTable.after(setup, rounds)
    assert one.view("wechat") == other.view("wechat")
    assert one.view("yixin").past[-3].decision["zero_rating"]
