"""Games: rounds, sealed decisions, scores."""

import json
from datetime import date

import pytest

from market_model.game import GameTable, Round, Setup, games, problems, setup_of, story_of
from market_model.game.counterfactuals import Game
from market_model.game.limits import limits
from market_model.game.report import round_report
from market_model.game.scores import flows, price_level, scores
from market_model.game.setup import AWAKE
from market_model.game.table import silence
from market_model.game.twins import with_twins
from market_model.game.why import REASONS
from market_model.players.decisions import AppDecision, CarrierDecision
from market_model.players.observation import CarrierObservation
from market_model.scenario import Scenario, ScenarioError, load_scenario
from market_model.scenario.load import build

EAGER = {
    "zero_rating": {c: {"bid": 0.3} for c in ("china_mobile", "china_unicom")},
    "promotion": 5e7,
}


def setup(users: int = 300, **more) -> Setup:
    return setup_of(
        load_scenario(
            "china-2013",
            {"society.users": users, "society.warmup_weeks": 40, "society.warmup_until": None},
        ),
        rounds=2,
        **more,
    )


@pytest.fixture(scope="module")
def table() -> GameTable:
    return GameTable.after(setup(), [Round({"yixin": EAGER}), Round({"yixin": {}}, ["licence"])])


def test_a_game_is_a_function_of_its_setup_and_rounds(table: GameTable) -> None:
    again = Setup.of_data(json.loads(json.dumps(table.setup.as_data())))
    assert again == table.setup
    rounds = [Round({"yixin": EAGER}), Round({"yixin": {}}, ["licence"])]
    assert round_report(GameTable.after(again, rounds)).digest == round_report(table).digest
    other = [Round({"yixin": EAGER}), Round({"yixin": {"invite": 1.0}}, ["licence"])]
    assert round_report(GameTable.after(again, other)).digest != round_report(table).digest


@pytest.mark.parametrize("story", [*games()])
def test_the_silent_weeks_can_be_decided_in_every_story(story: str) -> None:
    few = {"society.users": 300, "society.warmup_weeks": 20, "society.warmup_until": None}
    market = GameTable(setup_of(load_scenario(story, few))).market
    for seat, decision in silence(market.config).items():
        market.act(seat, decision)


def test_the_story_s_sponsors_wait_for_decisions_and_packs_of_users_stay() -> None:
    game = setup().scenario
    assert set(game.offers) == {"wechat_sim"}
    told = [event.text for event in game.events if event.kind == "news"]
    assert told == [
        "Guangdong Unicom and Tencent announce the WeChat SIM card",
        "Alibaba pushes Laiwang",
    ]  # nothing of what is not so
    assert [event.kind for event in game.events if event.kind != "news"] == ["licence"]


def test_every_shipped_game_names_seats_and_bots_that_exist() -> None:
    for name, game in games().items():
        made = setup_of(load_scenario(name), level="calm")
        assert made.seats == tuple(game["seats"]) and [made.bot(s) for s in made.seats] == list(
            game["seats"].values()
        )
        awake = setup_of(load_scenario(name))
        defends = {seat for seat in awake.seats if awake.bot(seat) == "defender"}
        assert defends == set(game["incumbents"]) <= set(awake.scenario.apps)
        assert {awake.bot(s) for s in awake.seats} == {
            *AWAKE.values(),
            *["defender"] * bool(defends),
        }
        assert made.first % 4 == 0 and made.scenario.weeks == made.first + 52


def test_a_scenario_of_one_s_own_has_a_game_too() -> None:
    made = setup_of(load_scenario("facebook-mobile-2012"))
    assert made.seats and all(made.bot(s) != "passive" for s in made.seats)
    assert [made.bot(s) for s in made.seats].count("defender") == 1
    story = load_scenario("china-2013", {"apps.yixin.strategy": "follower"})
    assert setup_of(story).bot("yixin") == "follower" != setup_of(story).bot("laiwang")
    with pytest.raises(
        ScenarioError, match="--level: there is no level 'awak'; did you mean 'awake'"
    ):
        setup_of(story, level="awak")
    with pytest.raises(ScenarioError, match="did you mean 'yixin'"):
        setup(bots={"yixn": "random"})
    with pytest.raises(ScenarioError, match="1 to 26"):
        setup_of(load_scenario("china-2013"), rounds=27)


def test_what_extends_a_story_has_its_game_and_seats_for_what_it_adds(tmp_path) -> None:
    file = tmp_path / "mine.toml"
    head = 'extends = "china-2013"\nname = "mine"\n'
    file.write_text(head + "[apps.yixin]\nquality = -1.0\n")
    story, mine = setup_of(load_scenario("china-2013")), setup_of(load_scenario(file))
    assert mine.seats == story.seats and mine.first == story.first
    assert [mine.bot(s) for s in mine.seats] == [story.bot(s) for s in story.seats]
    assert mine.scenario.apps["wechat"].user_value == story.scenario.apps["wechat"].user_value
    file.write_text(head + "[apps.chatty]\nlaunch = 2014-01-06\n")
    more = setup_of(load_scenario(file))
    assert more.seats == (*story.seats, "chatty")
    assert more.first % 4 == 0 and more.first >= load_scenario(file).week_of(date(2014, 1, 6))
    file.write_text('extends = "china-2013"\n[apps.chatty]\nlaunch = 2013-07-08\n')
    assert setup_of(load_scenario(file)).seats == more.seats, "a file need not name itself"
    file.write_text(head + "[apps.yixin]\nlaunch = 2014-06-02\n")
    late = load_scenario(file)
    assert 0 <= setup_of(late).first - late.week_of(date(2014, 6, 2)) < 4
    file.write_text(
        'extends = "china-2013"\nremove = ["apps.laiwang", "owners.alibaba", "offers.laiwang_bundle"]\n'
    )
    without = load_scenario(file)
    assert story_of(without) == "" and "laiwang" not in setup_of(without).seats
    assert story_of(load_scenario("facebook-mobile-2012")) == ""


def test_a_deal_needs_both_sides_and_only_they_hear_of_a_refusal(table: GameTable) -> None:
    table = GameTable.after(
        table.setup, [Round({"yixin": {"zero_rating": {"china_mobile": {"bid": 0.001}}}})]
    )
    seats = round_report(table).seats
    assert ("yixin", "china_mobile", "below the ask") in seats["yixin"]["unmatched"]
    assert ("yixin", "china_mobile", "below the ask") in seats["china_mobile"]["unmatched"]
    assert not any("yixin" in one for one in seats["china_unicom"]["unmatched"])


def test_nobody_decides_and_nothing_is_free_in_the_silent_weeks(table: GameTable) -> None:
    after = GameTable.after(table.setup, [Round({"yixin": EAGER}), Round({"yixin": {}})])
    end = after.market.week
    assert any(o.by == "yixin" for o in after.market.running_offers())
    after.run_out()
    assert after.market.week == after.setup.scenario.weeks == end + 12
    assert not after.market.running_offers()
    late = [line for line in after.market.ledger.lines if line.week >= end]
    assert not [
        line for line in late if line.reason in ("sponsored", "goodwill", "promotion", "research")
    ]


def test_scores_are_the_ledger_s_profit_and_what_people_are_worth(table: GameTable) -> None:
    after = GameTable.after(table.setup, [Round({"yixin": EAGER}), Round({"yixin": {}})])
    after.run_out()
    found = scores(after.setup, after.market)
    income, spending = flows(after.market, "yixin", after.setup.first)
    profit = sum(income.values()) - sum(spending.values())
    assert found["yixin"].profit == pytest.approx(profit, rel=0.02)
    assert found["yixin"].profit != pytest.approx(profit, rel=1e-6)  # it is discounted
    mau = after.market.history.series("app", "yixin", "mau")[after.setup.first :].mean()
    worth = 13 * 4 * 0.05 + 25
    assert found["yixin"].people == pytest.approx(mau * worth) and found["yixin"].congestion == 0
    assert found["china_mobile"].people > 0 and found["china_mobile"].total > 0


@pytest.mark.parametrize(("prices", "level"), [(0.9, 12 / 13), (1.0, 1.0), (1.2, 1.0)])
def test_customers_are_worth_the_story_s_prices_or_what_they_pay_if_that_is_less(
    prices: float, level: float
) -> None:
    """By hand: nobody can leave the only carrier. Ten bills at .9 of its prices and three silent
    ones at the story's make (10 · .9 + 3) ÷ 13 = 12/13; what is dearer counts as the story's.
    """
    data = {
        "weeks": 60,
        "society": {"users": 200},
        "carriers": {"one": {"share": 1.0, "sms_price": 0.1, "voice_price": 0.2}},
        "apps": {"chat": {"start": {"registered": 0.3, "active": 0.3}}},
    }
    played = setup_of(build(data, "test"), bots={"one": "passive", "chat": "passive"})
    carrier = played.scenario.carriers["one"]

    def play(seen: CarrierObservation) -> CarrierDecision:
        if seen.week != played.first:
            return CarrierDecision()
        return CarrierDecision(
            plan_fee=carrier.main_plan.fee * prices,
            sms_price=0.1 * prices,
            voice_price=0.2 * prices,
        )

    table = GameTable(played, {"one": play}, watch=False)
    for _ in range(played.rounds):
        table.pass_round({})
    table.run_out()
    assert price_level(played, table.market, "one") == pytest.approx(level)
    then = {
        series: table.market.history.series("carrier", "one", series)[played.first - 1]
        for series in ("plan_income", "overage_income", "sms_income", "voice_income", "cost")
    }
    cost = then.pop("cost")
    worth = 13 * (sum(then.values()) * level - cost)
    assert scores(played, table.market)["one"].people == pytest.approx(worth)


@pytest.mark.parametrize(
    ("seat", "decision", "word"),
    [
        ("yixin", {"zero_rating": {"china_mobile": {"bid": -1}}}, "bid"),
        ("yixin", {"zero_rating": {"vodafone": {"bid": 1}}}, "no carrier 'vodafone'"),
        ("yixin", {"promotion": 1e11}, "has"),
        ("yixin", {"research": "voice"}, "needs a budget"),
        ("china_mobile", {"plan_fee": 100}, "outside the band"),
        ("china_unicom", {"own_subsidy": True}, "no app of its own"),
        ("china_mobile", {"promotion": 1}, "promotion"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(
    table: GameTable, seat: str, decision: dict, word: str
) -> None:
    assert word in str(problems(table.setup, seat, decision, table.view(seat))[0])


def test_cards_change_the_market(table: GameTable) -> None:
    banned = GameTable.after(
        table.setup, [Round({"yixin": EAGER}), Round({"yixin": {}}, ["ban", "video", "outage"])]
    )
    assert banned.market.regulator.rule == "ban"
    assert not banned.market.running_offers()
    assert "video" in banned.market.state.app("wechat").features
    free = GameTable.after(table.setup, [Round({"yixin": EAGER}, ["ban"]), Round({}, ["lift"])])
    assert free.market.regulator.rule == "free"
    with pytest.raises(ValueError, match="no shock card"):
        GameTable.after(table.setup, [Round({}, ["war"])])


def test_bots_do_not_know_of_a_card_that_people_decided_without(table: GameTable) -> None:
    """Cards take effect once everybody has decided, bots among them."""
    table, rules = GameTable(table.setup), []
    for seat in (*table.market.apps, *table.market.carriers):
        decide = seat.decide

        def noted(view, decide=decide):
            rules.append(view.rule)
            return decide(view)

        seat.decide = noted
    table.play(Round({"yixin": EAGER}, ["ban"]))
    assert set(rules) == {"free"} and table.market.regulator.rule == "ban"
    assert "yixin" in {offer.by for offer in table.market.book.offers}  # the deal was made
    assert not table.market.running_offers()
    rules.clear()
    table.play(Round({}))
    assert set(rules) == {"ban"}


def test_looking_at_people_changes_nothing(table: GameTable) -> None:
    from market_model.market import Market
    from market_model.market.digest import digest

    idle = dict.fromkeys(table.setup.seats, "passive")  # nobody decides before the first round
    plain = Market(table.setup.scenario, rng=0, policies=idle)
    plain.run(table.setup.first)
    assert digest(plain) == round_report(GameTable(table.setup)).digest
    why = round_report(table).seats["yixin"]["why"]
    assert set(why) == set(REASONS)
    assert isinstance(table.setup.scenario, Scenario)


def test_all_begin_with_what_the_story_has_and_no_bot_has_acted(table: GameTable) -> None:
    fresh = GameTable(table.setup)
    at = fresh.market
    assert not [o for o in at.book.offers if o.by != "scenario"]
    telecom = at.state.carrier("china_telecom")
    assert telecom.closed == set(telecom.config.closed_to) and not telecom.asks
    doors = fresh.view("china_telecom").doors
    assert all(door.shut in (None, "relation") for door in doors.values())


def test_prices_and_ads_go_back_for_the_silent_weeks(table: GameTable) -> None:
    dear = {"plan_fee": 24, "sms_price": 0.13, "voice_price": 0.15}
    loud = {"monetisation": 2.0, "invite": 1.0}
    after = GameTable.after(table.setup, [Round({"china_unicom": dear, "wechat": loud})])
    unicom, wechat = after.market.state.carrier("china_unicom"), after.market.state.app("wechat")
    assert (unicom.plan.fee, unicom.sms_price, wechat.monetisation) == (24, 0.13, 2.0)
    after.run_out()
    assert unicom.plan == unicom.config.main_plan and unicom.sms_price == unicom.config.sms_price
    assert (wechat.monetisation, wechat.invite_extra) == (1.0, 0.0)


def test_core_income_counts_for_the_app_that_brings_it(table: GameTable) -> None:
    after = GameTable.after(table.setup, [Round({}), Round({})])
    booked = sum(
        x.rmb
        for x in after.market.ledger.lines
        if x.reason == "core income" and x.payee == "tencent" and x.week >= after.setup.first
    )
    income, _ = flows(after.market, "wechat", after.setup.first)
    assert income["core income"] == pytest.approx(booked) and booked > 0


def test_a_user_is_worth_what_can_be_earned_with_them(table: GameTable) -> None:
    worth = {seat: table.setup.scenario.user_value(seat) for seat in ("wechat", "yixin", "laiwang")}
    assert worth == pytest.approx({"wechat": 45.8, "yixin": 27.6, "laiwang": 30.2})
    india = setup_of(load_scenario("facebook-zero-india")).scenario
    assert india.user_value("facebook") == pytest.approx(12.6)
    calls = setup_of(load_scenario("messenger-2015"))
    apps = [calls.scenario.apps[seat] for seat in calls.seats if seat in calls.scenario.apps]
    assert all(calls.scenario.value_at(app.margin, calls.first) > 0 for app in apps)


def test_a_game_gives_no_credit(table: GameTable) -> None:
    assert not table.setup.scenario.regulator.credit
    view = table.view("yixin")
    bid = {"china_mobile": {"bid": 1e4, "joint_promotion": 1e11}}
    assert "next four weeks" in str(problems(table.setup, "yixin", {"zero_rating": bid}, view)[0])


@pytest.mark.slow
@pytest.mark.parametrize("seat", ["china_mobile", "china_unicom", "china_telecom"])
def test_a_carrier_with_every_price_at_its_upper_end_loses_by_it(seat: str) -> None:
    made = setup_of(load_scenario("china-2013", {"society.users": 1000}))
    idle = {other: {} for other in made.seats}
    ends = limits(made.scenario, seat)
    dear = {path: low if "cap_mb" in path else high for path, (low, high) in ends.items()}
    main = {path: value for path, value in dear.items() if "." not in path}
    plans: dict[str, dict[str, float]] = {}
    for path, value in dear.items():
        if "." in path:
            _, plan, field = path.split(".")
            plans.setdefault(plan, {})[field] = value

    def total(decision: dict) -> float:
        table = GameTable(made, watch=False)
        for number in range(made.rounds):
            table.play(Round(idle | ({seat: decision} if number == 0 else {})))
        table.run_out()
        return scores(made, table.market)[seat].total

    assert total(main | {"plans": plans}) < 0.97 * total({})


def test_a_seat_stands_beside_itself_doing_nothing() -> None:
    """The twin is the game with the seat passive and all others as they were."""
    game_setup = setup()
    rounds = [Round({"yixin": {"promotion": 5e7, "bring_friend": 2.0}}), Round({"yixin": {}})]
    table, twins = with_twins(game_setup, rounds, game_setup.seats)
    stands = round_report(table, twins).seats
    game = Game.played(game_setup, rounds)
    idle = GameTable(game_setup)
    for one in game.decided:
        idle.pass_round({**one, "yixin": AppDecision()})
    yixin = stands["yixin"]["standing"]
    assert yixin is not None
    assert yixin["idle"] == idle.market.history.series("app", "yixin", "active")[-1]
    gained = (
        scores(game_setup, table.market)["yixin"].total
        - scores(game_setup, idle.market)["yixin"].total
    )
    assert yixin["margin"] == pytest.approx(gained) != 0
    margins = {seat: one["standing"]["margin"] for seat, one in stands.items()}
    for one in stands.values():
        better = sum(margin > one["standing"]["margin"] for margin in margins.values())
        assert one["standing"]["place"] == 1 + better
    assert round_report(GameTable(game_setup), twins).seats["yixin"]["standing"] is None
    assert round_report(table).digest == round_report(table, twins).digest
    alone, own = with_twins(game_setup, rounds, ["yixin"])
    told = round_report(alone, own).seats
    assert told["laiwang"]["standing"] is None
    assert told["yixin"]["standing"] == {**yixin, "place": 0}
