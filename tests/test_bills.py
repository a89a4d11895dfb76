"""What allowances, gifts, packs, plans and shares of firms give, worked by hand."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from market_model.market import Action, BadAction, Market, run
from market_model.market.billing import _dividends
from market_model.market.digest import digest
from market_model.players.decisions import AppDecision, OfferChange, parse_decision
from market_model.players.ledger import Ledger
from market_model.scenario import Scenario, load_scenario, offers
from market_model.scenario.fields import Table
from market_model.scenario.load import build

ENGINES: list[Any] = ["compiled", "agents"]
OWN_MB = 3.0
"""MB a week of everybody in the world below."""


def world(**more: Any) -> Scenario:
    """Twelve people at one carrier who all use one app every week, whatever it costs: OWN_MB."""
    data: dict[str, Any] = {
        "weeks": 8,
        "society": {"users": 12, "graph": {"family": "complete"}},
        "carriers": {"red": {"share": 1.0, "plan": {"cap_mb": 0, "overage": 0.5}}},
        "apps": {
            "chat": {
                "quality": 1e6,
                "mb_per_week": OWN_MB,
                "mb_per_message": 0.0,
                "start": {"registered": 1.0, "active": 1.0},
            }
        },
        "parameters": {"background_mb": 0.0, "price_sensitivity": 0.0, "churn": 0.0},
    }
    return build(data | more, "test")


def free(allowance: float | None = None, **more: Any) -> dict[str, Any]:
    return {"apps": ["chat"], "allowance_mb": allowance, **more}


# ------------------------------------------------------------------------------- whole KiB


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("allowance", "kib"),
    [
        (0.0005, 0),
        (1.0005, 1024),
        (50.3, 12288),
        *(
            pytest.param(allowance, kib, marks=pytest.mark.slow)
            for allowance, kib in (
                (0.001, 1),
                (0.3, 307),
                (1.0, 1024),
                (3.0001, 3072),
                (4.0005, 4096),
                (11.9999, 12287),
            )
        ),
    ],
)
def test_data_is_felt_as_free_just_as_long_as_it_is_sponsored(
    engine: Any, allowance: float, kib: int
) -> None:
    market = Market(world(offers={"free": free(allowance)}), engine=engine)
    used = 0
    for week in range(8):
        used = 0 if week % 4 == 0 else used
        market.step()
        now = market.history
        sponsored = now.series("app", "chat", "sponsored_mb")[-1] / 12 * 1024
        assert sponsored == min(3072, kib - used)
        used += int(sponsored)
        felt = now.series("app", "chat", "free_users")[-1] > 0
        assert felt == (sponsored > 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_who_has_used_an_allowance_up_uses_as_much_as_without_it(engine: Any) -> None:
    parameters = {"background_mb": 0.0, "price_sensitivity": 0.5, "churn": 0.0}

    def mb(**offers: Any) -> list[float]:
        market = Market(world(offers=offers, parameters=parameters), engine=engine).run()
        return market.history.series("app", "chat", "mb").tolist()

    without = mb()[0]
    assert mb(free=free(1.0)) == 2 * [12 * OWN_MB, without, without, without]
    assert without < 12 * OWN_MB


def test_a_part_of_a_kib_changes_nothing_and_less_than_one_waives_nothing() -> None:
    small = {
        "society.users": 300,
        "society.warmup_weeks": 8,
        "society.warmup_until": None,
        "weeks": 30,
    }

    def after(allowance: float | None) -> Market:
        scenario = load_scenario(
            "facebook-zero-india",
            {**small, "offers.facebook_zero.allowance_mb": allowance}
            if allowance is not None
            else {**small, "offers.facebook_zero": ""},
        )
        return Market(scenario, rng=1).run()

    one, odd, more = after(1.0), after(1.0005), after(1.1)
    assert digest(one) == digest(odd) != digest(more)
    nothing, without = after(0.0005), after(None)
    assert np.array_equal(
        nothing.history.series("app", "facebook", "active"),
        without.history.series("app", "facebook", "active"),
    )
    assert nothing.ledger.lines == without.ledger.lines


def tables(root: type[Table] = Table) -> set[type[Table]]:
    return {root}.union(*(tables(below) for below in root.__subclasses__()))


def test_every_amount_that_use_is_held_against_is_whole_kib() -> None:
    held = [
        (table, name)
        for table in tables()
        for name, field in table.model_fields.items()
        if isinstance(field.json_schema_extra, dict)
        and field.json_schema_extra.get("unit") == "MB/4 weeks"
    ]
    assert {(t.__name__, name) for t, name in held} == {
        ("Offer", "allowance_mb"),
        ("Offer", "gift_mb"),
        ("Step", "allowance_mb"),
        ("Plan", "cap_mb"),
        ("MenuPlan", "cap_mb"),
        ("PlanChange", "cap_mb"),
        ("ZeroRating", "allowance_mb"),
        ("ZeroRating", "gift_mb"),
        ("OfferChange", "allowance_mb"),
        ("CarrierDecision", "plan_cap_mb"),
        ("Pack", "allowance_mb"),
    }
    needed: dict[str, Any] = {"Offer": {"apps": ["chat"]}, "Step": {"when": 1}}
    for table, name in held:
        made: BaseModel = table.model_validate({**needed.get(table.__name__, {}), name: 1.0005})
        assert getattr(made, name) == 1.0, (table, name)
    with pytest.raises(ValueError, match=r"allowance_mb: is 0\.0005; it must be at least"):
        parse_decision("app", {"zero_rating": {"red": {"allowance_mb": 0.0005}}})


# ------------------------------------------------------------------------------- several offers


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("payer", ["app", "user"])
def test_when_the_best_offer_is_used_up_the_next_one_counts(engine: Any, payer: str) -> None:
    """All free for 3 MB, then half free without limit; the better one is a pack or sponsored."""
    pack = {"payer": "user", "fee": 0.0, "take_up": 1.0, "feature_quality": 1e6}
    best = free(OWN_MB, **(pack if payer == "user" else {}))
    both = {"best": best, "half": free(waived=0.5)}
    market = Market(world(offers=both, weeks=12), engine=engine).run()
    weekly = market.history.series("app", "chat", "sponsored_mb") / 12
    assert weekly[8:].tolist() == [3.0, 1.5, 1.5, 1.5]
    alone = Market(world(offers={"best": best}, weeks=12), engine=engine).run()
    assert (alone.history.series("app", "chat", "sponsored_mb")[8:] / 12).tolist() == [3, 0, 0, 0]


@pytest.mark.parametrize("engine", ENGINES)
def test_two_packs_for_one_app_and_place_are_both_on_sale(engine: Any) -> None:
    pack = {"payer": "user", "take_up": 1.0, "feature_quality": 1e6}
    packs = {"small": free(1.0, fee=2.0, **pack), "large": free(4.0, fee=5.0, **pack)}
    market = Market(world(offers=packs), engine=engine).run()
    lines = [line for line in market.ledger.lines if line.reason == "pack" and line.week == 7]
    assert sum(line.rmb for line in lines) == 12 * (2 + 5)
    assert sum(line.mb for line in lines) == 12 * (1 + 4)


def test_a_pack_for_two_apps_is_for_those_who_have_one_of_them() -> None:
    apps = {
        name: {
            "quality": 1e6,
            "discovery": 0.0,
            "start": {"registered": share, "active": share},
        }
        for name, share in (("chat", 1.0), ("talk", 0.0))
    }
    pack = {"payer": "user", "fee": 2.0, "take_up": 1.0, "feature_quality": 1e6}
    for order in (["chat", "talk"], ["talk", "chat"]):
        offer = {"apps": order, **pack}
        parameters = {"word_of_mouth": 0.0, "background_mb": 0.0, "churn": 0.0}
        market = Market(world(apps=apps, offers={"both": offer}, parameters=parameters)).run()
        assert sum(x.rmb for x in market.ledger.lines if x.reason == "pack") == 12 * 2.0


# ------------------------------------------------------------------------------- prices, carriers


TWO = {
    "red": {"share": 0.5, "plan": {"cap_mb": 0, "overage": 0.4}},
    "blue": {"share": 0.5, "plan": {"cap_mb": 1e6, "overage": 0.4}},
}
RESTLESS = {"background_mb": 5.0, "price_sensitivity": 0.0, "churn": 1.0, "beta": 0.001}


def test_who_changes_carrier_pays_the_price_of_the_new_plan() -> None:
    people = {"users": 200, "graph": {"family": "complete"}}
    market = Market(world(carriers=TWO, society=people, parameters=RESTLESS))
    for bill in range(2):
        before = market.people.carrier.copy()
        market.run(4)
        now, price = market.people.carrier, market.people.price
        changed = before != now
        assert 20 < changed.sum() < 180 and {*now[changed]} == {0, 1}, bill
        assert price.tolist() == pytest.approx(np.where(now == 0, 0.4, 0.0).tolist())
        shown = [market.history.series("carrier", c, "data_price")[-1] for c in TWO]
        assert shown == pytest.approx([0.4, 0.0])


def test_a_gift_stays_where_it_was_given() -> None:
    """At both carriers until week 8, then at red alone; who changes carrier loses it."""
    gift = {
        "apps": ["chat"],
        "waived": 0.0,
        "gift_mb": 100.0,
        "steps": [{"when": 8, "carriers": ["red"]}],
    }
    apps = {
        "chat": {
            "quality": 1e6,
            "discovery": 100.0,
            "mb_per_week": 1.0,
            "start": {"registered": 0.0},
        }
    }
    carriers = {c: {**TWO[c], "plan": {"cap_mb": 0, "overage": 0.4}} for c in TWO}
    people = {"users": 200, "graph": {"family": "complete"}}
    parameters = {**RESTLESS, "registration_rate": 1.0, "word_of_mouth": 1.0}

    def given(churn: float) -> tuple[Market, dict[tuple[str, int], float]]:
        market = Market(
            world(
                apps=apps,
                carriers=carriers,
                society=people,
                offers={"gift": gift},
                parameters={**parameters, "churn": churn},
                weeks=12,
            )
        ).run()
        lines = [line for line in market.ledger.lines if line.reason == "gift"]
        return market, {(line.payee, line.week): line.mb for line in lines}

    settled, mb = given(0.0)
    assert set(mb) == {("red", 3), ("blue", 3), ("red", 7), ("blue", 7), ("red", 11)}
    assert (settled.people.gifts > 0).all() and mb["red", 11] == mb["red", 7] > 0
    restless, fewer = given(1.0)
    assert 0 < fewer["red", 7] < mb["red", 7] and fewer["red", 3] == mb["red", 3]
    stayed = int((restless.people.gifts > 0).sum())
    assert 0 < stayed < 100


def test_expected_calls_count_in_the_price_felt() -> None:
    """40 minutes a week by voice at .5 MB are 20 MB: 80 a bill, beside a cap of 50."""
    voice = {"v": {"kind": "voice"}}
    apps = {
        "chat": {
            "quality": 1e6,
            "mb_per_message": 0.0,
            "mb_per_voice_minute": 0.5,
            "call_weight": 1.0,
            "features": voice,
            "start": {"registered": 1.0, "active": 1.0},
        }
    }
    parameters = {
        "background_mb": 0.0,
        "price_sensitivity": 0.0,
        "churn": 0.0,
        "phone_weight": 0.0,
        "call_minutes_per_week": 40.0,
    }
    plan = {"red": {"share": 1.0, "plan": {"cap_mb": 50, "overage": 0.5}}}
    market = Market(world(apps=apps, carriers=plan, parameters=parameters, weeks=12))
    market.run(4)
    assert (market.people.price == 0.5).all()
    quiet = Market(
        world(
            apps={"chat": {**apps["chat"], "mb_per_voice_minute": 0.2}},
            carriers=plan,
            parameters=parameters,
        )
    )
    assert (quiet.run(4).people.price == 0.0).all()
    assert not market.people.calls.any()


def test_expected_data_beyond_an_allowance_counts_in_the_price_felt() -> None:
    """12 MB a bill beside a cap of 5: 8 of them free fit in, 6 do not."""
    plan = {"red": {"share": 1.0, "plan": {"cap_mb": 5, "overage": 0.5}}}
    for allowance, price in ((8.0, 0.0), (6.0, 0.5)):
        market = Market(world(carriers=plan, offers={"free": free(allowance)}))
        assert (market.run(4).people.price == price).all(), allowance
        assert not market.people.pots.any()


# ------------------------------------------------------------------------------- owners' shares


def dividends(owners: dict[str, Any], lines: list[tuple[str, str, float]]) -> dict[str, float]:
    """What each owner receives when these payments were all since the last bill."""
    market = Market(world(owners=owners))
    for payer, payee, money in lines:
        market.ledger.add(0, payer, payee, "x", 0.0, money)
    first = len(market.ledger.lines)
    _dividends(market.state)
    assert market.ledger.balance() == pytest.approx(0.0, abs=1e-9)
    return {line.payee: line.rmb for line in market.ledger.lines[first:]}


def test_owners_share_a_profit_whatever_their_order() -> None:
    """150 earned, 50 spent on promotion before: of the 100, 73 and 27."""
    holds = {"small": {"holds": {"chat": 0.27}}, "large": {"holds": {"chat": 0.73}}}
    lines = [("chat", "costs", 50.0), ("advertisers", "chat", 150.0)]
    for order in permutations(holds):
        paid = dividends({name: holds[name] for name in order}, lines)
        assert paid == pytest.approx({"small": 27.0, "large": 73.0})
    assert dividends(holds, [("chat", "costs", 150.0), ("advertisers", "chat", 50.0)]) == {}


def test_a_venture_passes_its_profit_on_to_its_parents() -> None:
    """100 of the app, half of it paid out to the venture; less its own bill of 10, 40 go on."""
    firms = {
        "north": {"holds": {"venture": 0.27}},
        "south": {"holds": {"venture": 0.73, "red": 1.0}, "payout": 0.5},
        "venture": {"holds": {"chat": 1.0}, "payout": 0.5},
    }
    lines = [("advertisers", "chat", 100.0), ("venture", "red", 10.0), ("red", "costs", 30.0)]
    for order in permutations(firms):
        paid = dividends({name: firms[name] for name in order}, lines)
        assert paid == pytest.approx({"venture": 50.0, "north": 10.8, "south": 14.6})


def test_what_is_ordered_at_the_round_s_start_lowers_the_dividend() -> None:
    apps = {
        "chat": {
            "quality": 1e6,
            "margin": 50.0,
            "cash": 1000.0,
            "start": {"registered": 1.0, "active": 1.0},
        }
    }
    scenario = world(apps=apps, owners={"firm": {"holds": {"chat": 0.5}}})
    order = AppDecision(research="quality", research_budget=200.0)

    def paid(*actions: Action) -> list[float]:
        return [x.rmb for x in run(scenario, 0, actions).transfers() if x.reason == "dividend"]

    earned = 12 * 50.0 * 4
    assert paid() == pytest.approx([earned / 2, earned / 2])
    assert paid(Action(4, "chat", order)) == pytest.approx([earned / 2, (earned - 200) / 2])


def test_amounts_in_the_ledger_are_plain_numbers() -> None:
    small = {"society.users": 60, "society.warmup_weeks": 0, "society.warmup_until": None}
    lines = run(load_scenario("china-2013", {**small, "weeks": 12})).transfers()
    assert {line.reason for line in lines} >= {"plan", "ads", "dividend"}
    assert {(type(line.mb), type(line.rmb)) for line in lines} == {(float, float)}
    ledger = Ledger({})
    ledger.add(0, "one", "two", "ads", mb=np.float32(1.5), rmb=np.float64(2.5))  # type: ignore[arg-type]
    [line] = ledger.lines
    assert (repr(line.mb), repr(line.rmb), repr(ledger.cash["two"])) == ("1.5", "2.5", "2.5")


# ------------------------------------------------------------------------------- ends and owners


def story(*actions: Action, **more: Any) -> Any:
    small = {"society.users": 200, "society.warmup_weeks": 4, "society.warmup_until": None}
    return run(load_scenario("china-2013", {**small, "weeks": 20, **more}), 2, actions)


GIVEN = {"offers.given": {"apps": ["wechat"], "end": 8}}


@pytest.mark.parametrize("week", [3, 8])
def test_an_offer_whose_end_is_put_off_is_followed_from_its_real_end(week: int) -> None:
    longer = AppDecision(change_offers={"given": OfferChange(end=13)})
    one = story(Action(week, "wechat", longer), **GIVEN)
    (followed,) = [f for f in one.followed if f.offer == "given"]
    assert (followed.end, len(followed.active)) == (13, 7)
    (as_planned,) = [f for f in story(**GIVEN).followed if f.offer == "given"]
    assert (as_planned.end, len(as_planned.active)) == (8, 12)


@pytest.mark.parametrize(
    ("week", "decision", "says"),
    [
        (
            5,
            {"stop_offers": ["theirs"]},
            "'theirs' is not one of wechat's; it may change and stop its own",
        ),
        (5, {"change_offers": {"theirs": {"waived": 0}}}, "'theirs' is not one of wechat's"),
        (9, {"change_offers": {"given": {"end": 15}}}, "'given' is over since week 8"),
        (
            5,
            {"change_offers": {"given": {"end": 4}}},
            "'given' ends in week 4, which is over; give a later end",
        ),
        (5, {"start_offers": {"a@b-5": {"apps": ["wechat"]}}}, "looks like that of a deal"),
        (
            5,
            {"start_offers": {f"p{k}": {"apps": ["wechat"], "payer": "user"} for k in range(8)}},
            "at most 8 packs paid by users fit in a market; there is room for 7 more",
        ),
        (
            5,
            {"start_offers": {f"g{k}": {"apps": ["wechat"], "gift_mb": 1} for k in range(8)}},
            "at most 8 offers with a gift fit in a market; there is room for 7 more",
        ),
    ],
)
def test_what_a_seat_may_not_do_with_offers_is_said_in_words(
    week: int, decision: dict[str, Any], says: str
) -> None:
    theirs = {"offers.theirs": {"apps": ["yixin"], "carriers": ["china_mobile"]}}
    with pytest.raises(BadAction, match=says):
        story(Action(week, "wechat", parse_decision("app", decision)), **GIVEN, **theirs)


def test_two_seats_cannot_start_offers_of_one_name_in_a_week() -> None:
    market = Market(load_scenario("china-2013", {"society.users": 60, "society.warmup_weeks": 0}))
    for seat in ("wechat", "laiwang"):
        offer = offers.Offer(apps=(seat,))
        decision = AppDecision(start_offers={"free": offer, f"more of {seat}": offer})
        if seat == "wechat":
            market.act(seat, decision)
            market.act(seat, decision)  # a seat may think again
        else:
            with pytest.raises(BadAction, match="there already is an offer 'free'"):
                market.act(seat, decision)
    market.step()
    assert market.book["free"].by == "wechat" and market.book["free"].of("wechat")
    assert not market.book["free"].of("laiwang")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_allowance_that_is_spread_is_felt_as_the_share_of_a_month_that_it_covers(
    engine: Any,
) -> None:
    """By hand: of 12 people's 3 MB a week, 4 MB a month are all of the first week's, a third of the
    second's and nothing then; spread, a third in each week.
    """

    def sponsored(spread: float, mb: float | None) -> list[float]:
        rules = {
            "background_mb": 0.0,
            "price_sensitivity": 0.0,
            "churn": 0.0,
            "allowance_spread": spread,
        }
        done = Market(world(offers={"free": free(mb)}, parameters=rules), engine=engine).run(4)
        return done.history.series("app", "chat", "sponsored_mb").tolist()

    assert sponsored(0.0, 4.0) == pytest.approx([36, 12, 0, 0], abs=0.02)
    assert sponsored(1.0, 4.0) == pytest.approx([12, 12, 12, 12], abs=0.02)
    assert sponsored(0.5, 4.0) == pytest.approx([24, 24, 0, 0], abs=0.02)
    for all_of_it in (None, 12.0):
        assert sponsored(1.0, all_of_it) == sponsored(0.0, None) == [36.0] * 4
