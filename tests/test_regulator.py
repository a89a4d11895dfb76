"""The seat of the regulator: its score, its twin, its form, its bot, and what is told at the end."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from market_model import desk
from market_model.classroom.demo import Form
from market_model.classroom.state import ClassState, Player, sealed
from market_model.explorer.place import Place
from market_model.game import GameTable, Round, Setup, setup_of
from market_model.game.counterfactuals import WORLDS, Game, of_world
from market_model.game.debrief import counterfactual, parts, together
from market_model.game.lessons import lessons
from market_model.game.moves import Placement, moves
from market_model.game.report import round_report
from market_model.game.scores import concentration_cost, scores
from market_model.game.shocks import CARDS
from market_model.game.takeaway import LUCKS, gain, moves_of, other_lucks
from market_model.game.twins import with_twins
from market_model.market.digest import digest
from market_model.players.bots import policy
from market_model.players.decisions import RegulatorDecision
from market_model.players.ledger import Ledger
from market_model.players.observation import OfferSeen, RegulatorObservation
from market_model.scenario import ScenarioError, load_scenario
from market_model.tournament.entries import entries_of
from market_model.words import Language

pytest_plugins = ["browser"]
SEAT = "regulator"
BAN, LIFT = {"rule": "ban"}, {"rule": "free"}


def setup(regulator: bool = True, rounds: int = 3) -> Setup:
    story = load_scenario("philippines-2013", {"society.users": 600})
    return setup_of(story, 1, rounds, regulator=regulator)


@pytest.fixture(scope="module")
def banned() -> list[Round]:
    return [Round({SEAT: BAN}), Round({SEAT: {}}), Round({SEAT: {}})]


@pytest.fixture(scope="module")
def game(banned: list[Round]) -> Game:
    return Game.played(setup(), banned)


def test_people_s_surplus_less_what_concentration_costs_by_hand() -> None:
    """Plans of 10 and 20, 100 people: an HHI of 1 costs 4 · 15 · 100 = 6,000 in 4 weeks. From week
    4 on two bills of 300 and 500 a week, and 8 weeks with an HHI of 0.6.
    """
    plans = {fee: SimpleNamespace(main_plan=SimpleNamespace(fee=fee)) for fee in (10.0, 20.0)}
    scenario = SimpleNamespace(carriers=plans, population=100.0)
    made: Any = SimpleNamespace(seats=[SEAT], first=4, scenario=scenario)
    assert concentration_cost(made) == 6000
    nan = float("nan")
    series = {
        "consumer_surplus": np.array([nan, nan, nan, 1e9, nan, nan, nan, 300, nan, nan, nan, 500]),
        "hhi_mau": np.array([1.0] * 4 + [0.6] * 8),
    }
    history = SimpleNamespace(series=lambda _scope, _name, one: series[one])
    config = SimpleNamespace(owners={})
    ledger = Ledger({})
    market: Any = SimpleNamespace(history=history, config=config, ledger=ledger)
    score = scores(made, market)[SEAT]
    assert score.people == 4 * (300 + 500)
    assert score.concentration == pytest.approx(2 * 0.6 * 6000)
    assert score.total == pytest.approx(3200 - 7200)


def test_the_regulator_is_a_seat_only_where_it_is_asked_for_and_changes_nothing_by_itself() -> None:
    plain, ruled = setup(regulator=False), setup()
    assert plain.seats == ruled.firms and ruled.seats == (*plain.seats, SEAT)
    assert ruled.kind(SEAT) == SEAT and ruled.bot(SEAT) == "passive"
    tables = [GameTable(one, watch=False) for one in (plain, ruled)]
    for table in tables:
        table.pass_round({})
    assert digest(tables[0].market) == digest(tables[1].market)
    assert Setup.of_data(ruled.as_data()) == ruled


def test_beside_a_ban_bots_would_have_had_free_data(banned: list[Round]) -> None:
    table, twins = with_twins(setup(), banned, (SEAT, "globe"))
    others = [one for one in table.market.book.offers if one.payer != "user"]
    free = [one for one in twins.tables[SEAT].market.book.offers if one.payer != "user"]
    assert not others and free
    assert not [o for o in twins.tables["globe"].market.book.offers if o.payer != "user"]
    report = round_report(table, twins)
    view, stands = report.views[SEAT], report.seats[SEAT]["standing"]
    assert isinstance(view, RegulatorObservation) and stands is not None
    assert view.rule == "ban" and stands["place"] == 0
    assert stands["concentration"] > view.concentration
    assert stands["idle"] > view.surplus
    ends = scores(table.setup, table.market)[SEAT].total
    beside = scores(table.setup, twins.tables[SEAT].market)[SEAT].total
    assert stands["margin"] == pytest.approx(ends - beside)


def test_the_game_is_told_beside_the_one_in_which_bots_answer_anew(game: Game) -> None:
    twin = game.instead({SEAT: game.passive(SEAT)})
    plain = GameTable(game.setup, watch=False)
    for _ in game.decided:
        plain.pass_round({})
    plain.run_out()
    assert digest(twin) == digest(plain.market)
    assert digest(game.instead({SEAT: game.own(SEAT)})) == digest(game.instead({}))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_seat_shows_and_what_its_form_decides(
    banned: list[Round], language: Language
) -> None:
    made = setup()
    table, twins = with_twins(made, banned[:1], (SEAT,))
    report = round_report(table, twins)
    page = desk.form(made, SEAT, report.views[SEAT], language)
    fields = Form(page).fields
    assert fields["rule"] == "ban" and desk.decision_of(made, SEAT, fields) == {}
    lifted = fields | {"rule": "free", "surcharges": "on"}
    assert desk.decision_of(made, SEAT, lifted) == {"rule": "free", "surcharges": True}
    for piece in (desk.figures, desk.brief):
        assert "None" not in piece(made, SEAT, report, language)
    said = desk.role(made, SEAT, language)
    assert ("0.44 RMB per person" if language == "en" else "每人四周少 0.44元") in said


def test_a_rule_is_a_token_that_can_be_taken_away(game: Game) -> None:
    assert [*moves((SEAT,), game.decided)] == [Placement(0, SEAT, "rule", "ban")]
    found = gain(game, Placement(0, SEAT, "rule", "ban"))
    idle = game.score(SEAT, game.passive(SEAT))["total"]
    assert found.score == pytest.approx(game.score(SEAT, game.own(SEAT))["total"] - idle)
    assert found.users < 0  # concentration is lower with it
    again = Game.played(game.setup, [Round({SEAT: BAN}), Round({SEAT: BAN}), Round({SEAT: LIFT})])
    assert [m.of for m in moves((SEAT,), again.decided)] == ["ban", "free"]


def test_it_is_ranked_by_the_best_of_a_watchful_bot_and_simple_ways(banned: list[Round]) -> None:
    made = setup()
    assert parts(made, ())[1:-4] == [*made.firms] and SEAT in parts(made, {SEAT})
    found = {part: counterfactual(made, banned, part) for part in ("", SEAT, 1)}
    told = together(0, found)
    skill, idle = told["skill"][SEAT], told["twins"][SEAT]["total"]
    ways = [way["total"] for way in found[SEAT]["grid"]]
    assert len(ways) == 2 and {*found[SEAT]["variants"]} == {"bot"}
    assert skill.best == max(*ways, told["bots"][SEAT]["watchdog"]) - idle
    assert skill.margin == pytest.approx(max(ways) - idle)  # the ban of the first round is one
    assert skill.share == 1.0 and len(told["margins"][SEAT]) == 2
    told["course"] = None
    assert {one["key"] for one in lessons(made, told, SEAT)} <= {
        *("idle_rules", "bot_rules", "luck_turns", "luck_holds")
    }


def test_who_does_not_sit_there_has_no_score_at_the_end() -> None:
    made = setup()
    left = together(0, {"": counterfactual(made, [Round({})] * 3, "")})
    assert SEAT not in left["skill"] and {*left["skill"]} == {*made.firms}


def test_the_watchful_bot_acts_on_what_it_sees_and_says_why() -> None:
    watch = policy("watchdog", SEAT)
    seen = RegulatorObservation(
        week=12,
        seat=SEAT,
        shares={"facebook": 0.6, "viber": 0.1},
        concentration=0.62,
        concentration_before=0.60,
    )
    given = OfferSeen("one", ("facebook",), ("globe",), 1.0, None, True, 20)
    assert watch(seen) == RegulatorDecision()
    both = replace(seen, offers=(given,))
    assert watch(both).rule == "non-exclusive" and watch(both).reason.key == "opens_up"
    assert watch(replace(both, rule="non-exclusive")).rule == "ban"
    assert watch(replace(both, concentration=0.601)).rule is None
    small = replace(seen, offers=(replace(given, apps=("viber",)),))
    assert watch(small).rule is None
    assert watch(replace(seen, rule="ban", concentration=0.4)).rule == "free"


def test_an_address_seats_the_regulator_alone_and_beside_another() -> None:
    acts = ((12, SEAT, '{"rule":"ban"}'),)
    alone = Place("philippines-2013", seat=SEAT, actions=acts)
    assert Place.read(alone.query()) == alone
    made, rounds = alone.game()
    assert made.seats[-1] == SEAT and rounds == [Round({SEAT: BAN})]
    assert alone.scenario().weeks == 16
    both = replace(alone, beside="globe", actions=(*acts, (12, "globe", "{}")))
    assert both.game()[1] == [Round({SEAT: BAN, "globe": {}})]
    assert SEAT not in Place("philippines-2013", seat="globe").game()[0].seats


def test_in_a_class_the_host_gives_the_seat_and_then_has_no_rules_to_deal() -> None:
    made = setup()
    seated = {f"p{n}": Player(f"P{n}", "", 0, seat) for n, seat in enumerate(made.firms)}
    state = ClassState(made, "en", 60, "code", players=seated)
    assert state.cards == CARDS and state.free_seat() == (1, made.firms[0])
    given = replace(state, players={**seated, "r": Player("Rita", "", 0, SEAT)})
    assert [*given.cards] == ["licence", "video", "outage"]
    log = sealed(replace(given, decisions={"r": BAN}), {}, {})
    assert log.data["markets"][0][SEAT] == {"how": "decided", "decision": BAN}


@pytest.mark.parametrize("bot", ["watchdog", "partner"])
def test_no_shipped_bot_makes_the_rules_of_a_game(bot: str) -> None:
    story = load_scenario("philippines-2013")
    with pytest.raises(ScenarioError, match="name a file of Python") as told:
        setup_of(story, bots={SEAT: bot}, regulator=True)
    assert "\n" not in str(told.value)
    with pytest.raises(ScenarioError, match="has no place in a tournament"):
        entries_of(setup(regulator=False), [f"{SEAT}=bots.py"])


@pytest.mark.browser
@pytest.mark.slow
def test_a_round_at_the_desk_of_the_regulator(server, visit) -> None:
    page = visit(f"{server.address}/solo?story=philippines-2013&seat=regulator").page
    page.wait_for_selector("form.decision button.act")
    assert page.locator("form.decision [name=rule]:checked").get_attribute("value") == "free"
    page.check("[name=rule][value=ban]")
    page.click("form.decision button.act")
    page.wait_for_selector(".brief .news >> text=The regulator's rule is new")
    assert page.locator("form.decision [name=rule]:checked").get_attribute("value") == "ban"
    assert "doing nothing" in page.inner_text(".standing")


def test_ranks_and_a_token_taken_away_are_told_with_the_same_lucks(game: Game) -> None:
    """Of a seat that laid one token, to play without it is to do nothing."""
    [ban] = [move for move in moves_of(game) if move.seat == SEAT]
    worlds = [of_world(game, world)[SEAT] for world in range(1, WORLDS + 1)]
    without = [score for _, score in other_lucks(game, ban)]
    assert len(without) == LUCKS > WORLDS
    assert without[:WORLDS] == worlds
    assert len(set(without)) == LUCKS
