"""Who decides: ledger, offers, deals, decisions, agents, bots."""

from __future__ import annotations

import dataclasses
import json
import math
import random

import mesa
import pytest

from market_model.players import agents
from market_model.players.bots import BOTS, carrier_reply, demand, policy, sponsor_reply
from market_model.players.bots.replies import matched
from market_model.players.deals import Bid, Deal, Relations, Standing, ask_price, is_closed
from market_model.players.decisions import (
    AppDecision,
    CarrierDecision,
    RegulatorDecision,
    ZeroRating,
    check,
    parse_decision,
)
from market_model.players.ledger import Ledger
from market_model.players.observation import (
    AppBill,
    AppObservation,
    CarrierObservation,
    Door,
    OfferSeen,
)
from market_model.players.offers import OfferBook
from market_model.players.prices import dearness
from market_model.scenario import Scenario, actors
from market_model.scenario import offers as tables
from market_model.scenario.load import build


def market(**tables_: object) -> Scenario:
    data = {
        "society": {"users": 100, "regions": {"north": 0.5, "south": 0.5}},
        "carriers": {"red": {"share": 0.5, "own_app": "mine"}, "blue": {"share": 0.5}},
        "apps": {"chat": {}, "talk": {}, "mine": {}},
    }
    return build(data | tables_, "test")


def test_best_replies_of_the_worked_case_and_its_threshold() -> None:
    price = carrier_reply(0.02, 0.25, 6)
    subsidy = sponsor_reply(0.25, price, 6)
    assert (price, subsidy) == pytest.approx((0.18667, 0.08333), abs=1e-5)
    assert demand(100, 6, price - subsidy) == pytest.approx(53.794, abs=1e-3)
    for value, full in ((0.02 + 2 / 6 + 1e-6, True), (0.02 + 2 / 6 - 1e-6, False)):
        price = carrier_reply(0.02, value, 6)
        assert (sponsor_reply(value, price, 6) >= price - 1e-12) is full
    gifts = [sponsor_reply(0.25, 0.15, 6), *(i / 1000 for i in range(151))]
    assert max(gifts, key=lambda s: (0.25 - s) * demand(1, 6, 0.15 - s)) == gifts[0]


def test_ledger_keeps_every_amount_twice() -> None:
    luck, ledger = random.Random(3), Ledger({"a": 100.0, "b": 0.0})
    for week in range(20):
        for _ in range(50):
            ledger.add(
                week,
                luck.choice("abc"),
                luck.choice("abcd"),
                "x",
                luck.random(),
                luck.random() * 1e6,
            )
    lines = ledger.lines
    for name, cash in ledger.cash.items():
        moved = [x.rmb for x in lines if x.payee == name] + [
            -x.rmb for x in lines if x.payer == name
        ]
        assert cash == pytest.approx(ledger.start.get(name, 0.0) + math.fsum(moved), rel=1e-9)
    assert abs(ledger.balance()) < 1e-9 * 1e8
    ledger.cash["a"] += 5.0
    assert ledger.balance() == pytest.approx(5.0, abs=1e-3)


def test_ledger_refuses_nonsense_and_drops_nothing_else() -> None:
    ledger = Ledger({"a": 1.0})
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="a → b"):
            ledger.add(0, "a", "b", "x", rmb=bad)
    ledger.add(0, "a", "b", "nothing")
    ledger.add(0, "a", "b", "goodwill", mb=3.0)
    ledger.add(4, "a", "b", "gift", rmb=3.0, internal=True)
    with pytest.raises(ValueError, match="week 0 is over"):
        ledger.add(0, "a", "b", "late", rmb=1.0)
    assert [x.reason for x in ledger.lines] == ["goodwill", "gift"]
    assert ledger.cash == {"a": -2.0, "b": 3.0}
    assert list(ledger.frame().columns) == [
        "week",
        "payer",
        "payee",
        "reason",
        "mb",
        "rmb",
        "internal",
    ]
    assert ledger.frame()["rmb"].sum() == 3.0


def test_an_offer_runs_in_its_time_and_under_the_rule() -> None:
    book = OfferBook(
        market(
            offers={
                "free": {"apps": ["chat"], "start": -4, "end": 10, "exclusive": True},
                "gift": {"apps": ["chat"], "waived": 0, "gift_mb": 5, "gift_until": 3},
                "pack": {"apps": ["chat"], "waived": 0, "payer": "user", "fee": 3},
                "extra": {"apps": ["chat"], "waived": 0, "feature_quality": 0.2},
                "nothing": {
                    "apps": ["talk"],
                    "waived": 0,
                    "carrier_promotion": 5,
                    "income_share": 0.1,
                },
                "no_room": {"apps": ["talk"], "allowance_mb": 0},
            }
        )
    )
    names = {
        rule: [o.name for o in book.running(0, rule)] for rule in ("free", "non-exclusive", "ban")
    }
    assert names == {
        "free": ["free", "gift", "pack", "extra"],
        "non-exclusive": ["gift", "pack", "extra"],
        "ban": ["extra"],
    }
    assert [book["free"].running(week, "free") for week in (-5, -4, 9, 10)] == [
        False,
        True,
        True,
        False,
    ]
    assert book["gift"].gives(2) and not book["gift"].gives(3)


def test_dated_steps_change_what_they_name() -> None:
    steps = [
        {"when": 8, "waived": 0.5, "carriers": ["red", "blue"]},
        {"when": 4, "allowance_mb": 60, "regions": ["south"]},
    ]
    book = OfferBook(
        market(
            offers={
                "free": {
                    "apps": ["chat"],
                    "carriers": ["red"],
                    "regions": ["north"],
                    "steps": steps,
                }
            }
        )
    )
    for week, expected in (
        (3, (1.0, None, {("red", "north")})),
        (4, (1.0, 60, {("red", "south")})),
        (9, (0.5, 60, {("red", "south"), ("blue", "south")})),
    ):
        book.advance(week)
        assert (book["free"].waived, book["free"].allowance_mb, book["free"].places) == expected


def test_growth_takes_the_next_place_with_room() -> None:
    growth = {"measure": "survival", "level": 0.3, "places": [["red", "south"], ["blue", "north"]]}
    book = OfferBook(
        market(offers={"free": {"apps": ["chat"], "places": [["red", "north"]], "growth": growth}})
    )
    assert book.grow(4, lambda _: (0.9, 0.3), {}, "free") == []
    assert book.grow(4, lambda _: (0.0, 0.4), {}, "ban") == []
    assert book.grow(4, lambda _: (0.0, 0.4), {"red": 0.95}, "free") == [book["free"]]
    assert book["free"].places == {("red", "north"), ("blue", "north")}
    book.grow(8, lambda _: (0.0, 0.4), {"red": 0.5}, "free")
    assert book.grow(12, lambda _: (0.0, 0.4), {}, "free") == [] and len(book["free"].places) == 3


def test_book_changes_by_decisions_and_deals() -> None:
    book = OfferBook(
        market(offers={"free": {"apps": ["chat"]}, "kind": {"apps": ["chat"], "payer": "carrier"}})
    )
    book.take("chat", AppDecision(zero_rating={"red": ZeroRating(on=False)}), 4)
    assert book["free"].carriers == ("blue",) and book["kind"].carriers == ("blue", "red")
    live = book.add_deal(Deal(Bid("chat", "blue", 0.3, 60, True, 8), 0.1), 4)
    assert not book["free"].in_time(4) and Standing("chat", "blue", True) in book.standing(
        4, "free"
    )
    assert [o.name for o in book.public_offers(4, "free")] == ["kind", "chat@blue-4"]
    assert (live.start, live.end, live.price, live.allowance_mb, live.exclusive) == (
        4,
        12,
        0.1,
        60,
        True,
    )
    mine = tables.Offer(apps=("chat",), length_weeks=2)
    started = AppDecision(start_offers={"mine": mine}, stop_offers=("kind",))
    book.take("chat", AppDecision.model_validate_json(started.model_dump_json()), 6)
    assert (book["mine"].start, book["mine"].end, book["kind"].end) == (6, 8, 6)
    book.own_app("red", "mine", True, 4)
    book.own_app("red", "mine", True, 8)
    assert [o.payer for o in book.offers if o.by == "red"] == ["carrier"]
    book.own_app("red", "mine", False, 12)
    assert not any(o.by == "red" for o in book.running(12, "free"))
    assert [o.index for o in book.offers] == list(range(len(book.offers)))
    for wrong in (
        lambda: book["fre"],
        lambda: book.add("free", tables.Offer(apps=("chat",))),
        lambda: book.change("free", index=3),
        lambda: book.change("free", waved=0.5),
    ):
        with pytest.raises(ValueError, match=r"free|index|waved"):
            wrong()


def test_relations_make_deals_dearer_or_impossible() -> None:
    scenario = market(
        owners={
            "firm": {"holds": {"chat": 0.75}, "relations": {"red": -0.8}},
            "other": {"holds": {"chat": 0.25}},
        }
    )
    relations = Relations(scenario.owners)
    assert relations.of("chat", "red") == pytest.approx(-0.6) and relations.of("talk", "red") == 0.0
    assert ask_price(0.1, -0.6, 0.5) == pytest.approx(0.13) and ask_price(0.1, 0.6, 0.5) == 0.1
    assert (
        is_closed(-0.6, 0.5, 0.29)
        and not is_closed(-0.6, 0.5, 0.31)
        and not is_closed(0.6, 0.5, 0.0)
    )
    for move, sign in (("deal", 1), ("income", 1), ("block", -1), ("surcharge", -1)):
        before = relations.of("chat", "blue")
        relations.move("chat", "blue", move)
        assert (relations.of("chat", "blue") - before) * sign > 0
    for _ in range(30):
        relations.move("chat", "red", "block")
    assert relations.of("chat", "red") == -1.0


def app_view(**more: object) -> AppObservation:
    given = {
        "week": 4,
        "seat": "chat",
        "cash": 100.0,
        "asks": {"red": 0.1, "blue": 0.1},
        "shares": {"chat": 0.5, "talk": 0.2, "mine": 0.01},
        "data_prices": {"red": 0.29, "blue": 0.29},
        "doors": dict.fromkeys(("red", "blue"), Door(0.1, None, 0.29, 0.0, True)),
        "regions": ("north", "south"),
        "parts": {"north": 0.5, "south": 0.5},
        "population": 100.0,
    }
    return AppObservation(**(given | more))


def carrier_view(**more: object) -> CarrierObservation:
    given = {
        "week": 4,
        "seat": "red",
        "shares": {"chat": 0.5, "talk": 0.05, "mine": 0.2},
        "asks": {"red": 0.1, "blue": 0.1},
        "own_app": "mine",
        "doors": dict.fromkeys(("chat", "talk", "mine"), Door(0.1, None, 0.29, 0.0, True)),
        "data_prices": {"red": 0.29, "blue": 0.29},
        "levers": {"plan_fee": 20.0, "wholesale": 0.1, "asks": {}},
    }
    return CarrierObservation(**(given | more))


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        (
            "app",
            {"zero_rating": {"red": {"bid": -1}}},
            r"zero_rating.red.bid: is -1; it must be at least 0",
        ),
        ("app", {"promotions": 5}, "did you mean 'promotion'"),
        ("app", {"research": "magic"}, "one of quality, voice"),
        ("app", {"monetisation": 3}, "monetisation"),
        ("carrier", {"asks": {"chat": "shut"}}, "'closed' or 'default'"),
        ("carrier", {"kind": "app"}, "kind"),
        ("owner", {}, "no kind of seat"),
    ],
)
def test_bad_decisions_are_refused_in_words(kind: str, data: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_decision(kind, data)


@pytest.mark.parametrize(
    ("decision", "view", "words"),
    [
        (
            AppDecision(promotion=80, research="voice", research_budget=40),
            app_view(),
            "cost 120; chat has 100",
        ),
        (AppDecision(research="voice"), app_view(), "needs a budget"),
        (AppDecision(zero_rating={"rde": ZeroRating()}), app_view(), "did you mean 'red'"),
        (AppDecision(zero_rating={"red": ZeroRating()}), app_view(rule="ban"), "banned"),
        (
            AppDecision(zero_rating={"red": ZeroRating(exclusive=True)}),
            app_view(rule="non-exclusive"),
            "make the one",
        ),
        (
            AppDecision(start_offers={"x": tables.Offer(apps=("chat",))}),
            app_view(rule="ban", direct=True),
            "'ban'",
        ),
        (AppDecision(stop_offers=("free",)), app_view(offer_names=("free",)), "made by deals"),
        (
            AppDecision(stop_offers=("fre",)),
            app_view(offer_names=("free",), direct=True),
            "did you mean 'free'",
        ),
        (
            AppDecision(stop_offers=("free",)),
            app_view(offer_names=("free",), direct=True),
            "'free' is not one of chat's; it may change and stop its own only",
        ),
        (CarrierDecision(surcharges={"chat": 0.1}), carrier_view(), "surcharge"),
        (CarrierDecision(own_subsidy=True), carrier_view(own_app=None), "no app of its own"),
        (CarrierDecision(capacity=2.0), carrier_view(cash=10.0, capacity_price=11.0), "costs 11"),
        (CarrierDecision(capacity=2.0), carrier_view(cash=10.0), "no limit"),
        (CarrierDecision(), app_view(), "does not go with"),
    ],
)
def test_check_finds_what_cannot_be_done(
    decision: AppDecision, view: AppObservation, words: str
) -> None:
    problems = check(decision, view.seat, view)
    assert len(problems) == 1 and words in str(problems[0])


def test_an_app_takes_decisions_and_events() -> None:
    app = agents.AppAgent(
        mesa.Model(rng=1),
        "chat",
        actors.App(quality=1.0, invite_cost=0.5),
        people=1000,
        heads={"north": 600, "south": 400},
    )
    assert app.apply(AppDecision(), 0) == [] and app.theta(0) == 1.0
    assert app.promo_extra("north") == 0.0
    paid = app.apply(
        AppDecision(promotion=50, research="voice", research_budget=1e6, monetisation=2, invite=2),
        4,
    )
    assert paid == [("chat", "costs", "promotion", 50.0), ("chat", "costs", "research", 1e6)]
    assert app.promo_extra("north") == pytest.approx(50 / 4 / (1000 * 0.5), rel=0.1)
    assert app.invite_cost("south") == 2.5
    assert app.theta(4) == pytest.approx(0.8)
    app.week_passes(7)
    app.apply(AppDecision(promotion=1e9), 7)
    assert app.promo_extra("north") == pytest.approx(0.25)
    app.week_passes(8)
    assert app.campaigns == [(11, 1e9, ())]
    app.week_passes(11)
    assert "voice" not in app.features and app.promo_extra("north") == 0.0
    app.week_passes(12)
    assert (
        app.features["voice"].kind == "voice"
        and app.features["voice"].launch == 12
        and not app.projects
    )
    app.apply(AppDecision(research="quality", research_budget=1e6), 12)
    app.week_passes(20)
    assert app.theta(20) == pytest.approx(1.3, abs=1e-6)
    app.happens(tables.Split(when=20, kind="split", app="chat", half_life_weeks=8), 20)
    app.happens(tables.Outage(when=20, kind="outage", app="chat", weeks=2), 20)
    app.happens(tables.Quality(when=20, kind="quality", app="talk", change=9), 20)
    assert app.theta(20) == pytest.approx(0.3) and app.theta(28) == pytest.approx(1.05)
    assert not app.works(21) and app.works(22)


def test_a_carrier_takes_decisions_and_events() -> None:
    config = actors.Carrier(share=1, capacity_mb=10, closed_to=("talk",))
    carrier = agents.CarrierAgent(mesa.Model(rng=1), "red", config)
    carrier.subscribers = 100.0
    paid = carrier.apply(
        CarrierDecision(plan_fee=5, asks={"chat": 0.3, "talk": "default"}, capacity=1.5), 4
    )
    assert paid == [("red", "costs", "capacity", pytest.approx(0.5 * 10 * 100 * 0.02 * 104))]
    assert (carrier.plan.fee, carrier.plan.cap_mb) == (5, 100)
    assert carrier.ask("chat", -1.0, 0.5).price == 0.29  # 0.45 is more than customers pay
    assert carrier.ask("mine", -1.0, 0.5).price == pytest.approx(0.15)
    assert [carrier.ask("talk", 0, 0.5, shut=shut).price for shut in (False, True)] == [0.1, None]
    carrier.week_passes(11)
    assert carrier.capacity_mb == 10
    carrier.week_passes(12)
    assert carrier.capacity_mb == 15
    carrier.happens(tables.Licence(when=12, kind="licence", carriers=("blue",)), 12)
    carrier.happens(tables.Block(when=12, kind="block", carrier="red", app="chat", weeks=3), 12)
    taxed = tables.Block(when=12, kind="block", carrier="red", app="talk", weeks=3, surcharge=0.2)
    carrier.happens(taxed, 12)
    carrier.apply(CarrierDecision(surcharges={"mine": 0.1}), 12)
    assert carrier.capacity_mb == 15 and "chat" in carrier.blocked
    assert [carrier.surcharge("talk", False), carrier.surcharge("mine", False)] == [0.2, 0.0]
    assert carrier.surcharge("mine", True) == 0.1
    carrier.week_passes(15)
    assert not carrier.blocked and carrier.surcharges == {"mine": 0.1} and carrier.capacity_mb == 15


def bids(name: str, view: AppObservation) -> dict[str, bool]:
    return {c: t.on for c, t in policy(name, "app", 7)(view).zero_rating.items()}


def test_app_bots_do_what_they_disclose() -> None:
    rich = AppBill(mb_by_carrier={"red": 100.0, "blue": 100.0}, income=60.0)
    theirs = OfferSeen("t", ("talk",), ("blue",), 1.0, 60.0, False, 99)
    ours = OfferSeen("c", ("chat",), ("red",), 1.0, None, False, 99)
    assert bids("passive", app_view(offers=(theirs,))) == {}
    assert bids("best-reply", app_view(bill=rich)) == {"red": True, "blue": True}
    assert bids("best-reply", app_view(bill=rich, asks={"red": 0.13, "blue": 0.14})) == {
        "red": True
    }
    assert bids("best-reply", app_view(bill=rich, rule="ban")) == {}
    assert bids("best-reply", app_view(offers=(ours,))) == {"red": False}
    assert bids("best-reply", app_view(offers=(dataclasses.replace(ours, payer="user"),))) == {}
    cheap = {"red": 0.01, "blue": 0.02}  # 100 MB become 570 free: 5.7 and 11.4 money, of 0.2 · 60
    assert bids("cost-capped", app_view(bill=rich, asks=cheap)) == {"red": True}
    assert bids("follower", app_view(offers=(theirs, ours))) == {"blue": True, "red": False}
    followed = policy("follower", "app")(app_view(offers=(theirs,))).zero_rating["blue"]
    assert followed.allowance_mb == 60.0 and followed.bid > 0.1
    now = {"talk": {"red": 0.2, "blue": 0.02}, "mine": {}}
    for before, answer in ((0.1, {"red": True}), (0.3, {})):
        view = app_view(shares_by_carrier=now, shares_before={"talk": {"red": before}})
        assert bids("deterrence", view) == answer
    assert bids("deterrence", app_view(seat="mine", shares_by_carrier=now)) == {}
    assert bids("deterrence", app_view(offers=(ours,), shares_by_carrier={})) == {"red": False}


def test_carrier_bots_do_what_they_disclose() -> None:
    def decide(name: str, **more: object) -> CarrierDecision:
        return policy(name, "carrier")(carrier_view(**more))

    assert decide("passive") == CarrierDecision()
    posted = carrier_view().asks["red"]
    assert decide("partner", values={"chat": 0.5}).asks["chat"] == posted < 0.5 - 1 / 6
    assert decide("partner", sensitivity=60.0).asks["talk"] == pytest.approx(1 / 60)
    assert decide("block").asks == {"chat": "closed", "talk": "closed"}
    assert decide("tax").surcharges == {}
    assert decide("tax", surcharges=True).surcharges == {"chat": 0.05, "talk": 0.0}
    assert decide("own-app").own_subsidy and decide("own-app", rule="ban").own_subsidy is None
    assert decide("own-app", own_app=None) == CarrierDecision()


def test_random_bots_depend_on_seed_week_and_seat_only() -> None:
    def draw(seed: int, **more: object) -> AppDecision:
        return policy("random", "app", seed)(app_view(**more))

    random.seed(1)
    first = draw(7)
    random.seed(2)
    assert draw(7) == first
    assert draw(8) != first and draw(7, week=8) != first and draw(7, seat="talk") != first
    with pytest.raises(ValueError, match="did you mean 'follower'"):
        policy("folower", "app")


def test_every_bots_decisions_pass_the_check_and_survive_json() -> None:
    theirs = OfferSeen("t", ("talk",), ("blue",), 1.0, 60.0, False, 99)
    for rule in ("free", "non-exclusive", "ban"):
        app, carrier = app_view(rule=rule, offers=(theirs,)), carrier_view(rule=rule)
        json.dumps([dataclasses.asdict(app), dataclasses.asdict(carrier)])
        decisions = [
            (kind, view, policy(name, kind, 7)(view))
            for kind, view in (("app", app), ("carrier", carrier))
            for name in BOTS[kind]
        ]
        for kind, view, decision in decisions:
            assert check(decision, view.seat, view) == []
            assert parse_decision(kind, json.loads(decision.model_dump_json())) == decision
    assert policy("passive", "regulator")(app_view()) == RegulatorDecision()


def test_carriers_match_a_cut_lever_by_lever_and_no_further() -> None:
    cut = {"blue": {"plan_fee": 0.9, "voice_price": 1.2}, "red": {"plan_fee": 0.95}}
    assert matched(carrier_view(dearness=cut)) == {"plan_fee": pytest.approx(20.0 * 0.9 / 0.95, 4)}
    assert matched(carrier_view(dearness={"red": {"plan_fee": 0.9}})) == {}
    for name in ("partner", "block", "own-app", "manager"):
        decision = policy(name, "carrier")(carrier_view(dearness=cut))
        assert decision.plan_fee == pytest.approx(18.947, abs=1e-3)
    start = {"plan_fee": 10.0, "plan_cap_mb": 100.0, "sms_price": 0.1}
    now = {"plan_fee": 9.0, "plan_cap_mb": 110.0, "sms_price": 0.1}
    assert dearness(now, start) == pytest.approx({"plan_fee": 0.9, "plan_cap_mb": 100 / 110})
