"""Games of strategies: theory on hand-made payoff tables, and a tiny real market."""

import json
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from market_model.market import Action, run
from market_model.players.bots import BOTS
from market_model.players.decisions import RegulatorDecision
from market_model.scenario import ScenarioError, actors, load_scenario
from market_model.study.findings import GamePage
from market_model.study.strategies import payoff, play, play_out, seats_of, setting, solve

TWO = {"a": ["quiet", "offer"], "b": ["quiet", "offer"]}
DILEMMA = [[3, 3], [0, 5], [5, 0], [1, 1]]
PENNIES = [[1, -1], [-1, 1], [-1, 1], [1, -1]]
COORDINATION = [[2, 2], [0, 0], [0, 0], [1, 1]]


def table(payoffs, replicates=20, noise=0.0):
    """The same payoffs in every replicate, with noise that is independent."""
    luck = np.random.default_rng(1).normal(0, noise, (replicates, *np.shape(payoffs)))
    return np.array(payoffs, float) + luck


def test_the_prisoners_dilemma_has_one_equilibrium_that_all_regret():
    found = solve(TWO, table(DILEMMA))
    assert found.equilibrium.tolist() == [False, False, False, True]
    assert found.probability.tolist() == found.dilemma.tolist() == [0, 0, 0, 1]
    assert found.regret.tolist() == [[2, 2], [1, 0], [0, 1], [0, 0]]
    assert found.best[0].tolist() == [2, 1]


def test_matching_pennies_have_no_pure_equilibrium_and_coordination_has_two():
    assert not solve(TWO, table(PENNIES)).equilibrium.any()
    found = solve(TWO, table(COORDINATION))
    assert found.equilibrium.tolist() == [True, False, False, True] and found.dilemma.tolist() == [
        0,
        0,
        0,
        1,
    ]


def test_a_gain_below_epsilon_does_not_count():
    nearly = [[3, 3], [0, 3.1], [3.1, 0], [1, 1]]
    assert (
        not solve(TWO, table(nearly), 0.0).equilibrium[0]
        and solve(TWO, table(nearly), 0.2).equilibrium[0]
    )
    assert solve(TWO, table(nearly), 0.2).epsilon == pytest.approx([0.2, 0.2])


def test_luck_makes_an_equilibrium_probable_and_more_replicates_make_it_sure():
    close = [[3, 3], [0, 2.8], [2.8, 0], [1, 1]]
    few, many = (solve(TWO, table(close, n, 1.0), 0.0).probability[0] for n in (4, 4000))
    assert 0.02 < few < 0.98 and many > 0.99
    shared = table(close, 4) + np.random.default_rng(2).normal(0, 9, (4, 1, 1))
    assert (
        solve(TWO, shared, 0.0).probability[0] == 1
    )  # luck that all profiles share decides nothing


def test_an_equilibrium_is_undecided_where_the_interval_of_a_deciding_gain_has_0_in_it():
    """All resamples of two alike replicates agree; Student's interval of their gains does not."""
    stays = np.array([[1.0, 0.0], [30.0, 0.0]])  # replicates × profiles of one player
    found = solve({"a": ["quiet", "offer"]}, stays[:, :, None], 0.0)
    assert found.probability.tolist() == [1, 0] and found.decided.tolist() == [False, False]
    sure = np.array([[10.0, 0.0], [10.5, 0.0]])
    assert solve({"a": ["quiet", "offer"]}, sure[:, :, None], 0.0).decided.all()
    alike = solve({"a": ["quiet", "offer"]}, np.ones((2, 2, 1)), 0.0)
    assert alike.decided.all() and alike.equilibrium.all()


def test_the_regulator_is_no_player_and_its_rules_are_games_of_their_own():
    seats = {"regulator": ["free", "ban"], **TWO}
    found = solve(seats, table([*DILEMMA, *(np.array(COORDINATION) * 10)]), 0.0)
    assert found.equilibrium.tolist() == [False, False, False, True, True, False, False, True]
    assert found.dilemma.tolist() == [0, 0, 0, 1, 0, 0, 0, 1] and found.payoff.shape == (8, 2)


@pytest.fixture(scope="module")
def market():
    return load_scenario("china-2013", {"society.users": 300, "weeks": 40})


@pytest.fixture(scope="module")
def game(market):
    return play_out(
        market,
        seats_of(market, ["regulator=free,ban", "wechat=passive,follower", "yixin=passive,story"]),
        replicates=2,
        most=4,
        share=0.0,
    )


def test_a_strategy_takes_the_place_of_its_apps_offers(market):
    passive, story = (
        setting(market, {"yixin": s, "wechat": "follower", "regulator": "ban"})
        for s in ("passive", "story")
    )
    assert set(story.offers) - set(passive.offers) == {
        "yixin_telecom",
        "yixin_gift",
        "yixin_everywhere",
    }
    assert (
        "wechat_sim" not in story.offers
        and story.apps["wechat"].strategy == "follower"
        and story.regulator.rule == "ban"
    )
    assert story.weeks == market.weeks + 12


def test_payoffs_count_what_owners_pay_and_users_who_are_still_there(market):
    one = run(
        setting(market, {"yixin": "story"}),
        0,
        [Action(market.weeks, "regulator", RegulatorDecision(rule="ban"))],
    )
    sponsored = sum(
        line.rmb
        for line in one.transfers()
        if line.reason in ("sponsored", "gift")
        and line.payer in ("yixin_jv", "china_telecom_group")
    )
    users = one.history.series("app", "yixin", "mau")[-1]
    assert sponsored > 0 and payoff(one, "yixin") == pytest.approx(
        one.summary["apps"]["yixin"]["income_total"] - sponsored + 257 * users
    )
    assert one.history.series("app", "yixin", "free_users")[market.weeks :].sum() == 0
    assert play(market, {"yixin": "story"}, 0)["payoff.yixin"] == payoff(one, "yixin")
    carrier = one.summary["carriers"]["china_mobile"]
    income = sum(value for name, value in carrier.items() if name.endswith("_income_total"))
    assert payoff(one, "china_mobile") == pytest.approx(income - carrier["cost_total"])


def test_a_market_is_played_with_the_same_luck_and_under_a_ban_nothing_matters(game):
    assert len(game.rows) == 8 and not game.failures and 2 <= game.replicates <= 4
    banned = [row for row in game.rows if row.strategies["regulator"] == "ban"]
    assert all(
        row.figures == banned[0].figures and row.equilibrium and row.probability == 1
        for row in banned
    )
    free, story = game.rows[0], game.rows[1]
    assert story.strategies == {"regulator": "free", "wechat": "passive", "yixin": "story"}
    assert story.figures["payoff.yixin"] != free.figures["payoff.yixin"]
    change = next(
        d
        for d in game.changes
        if d.scenario == "free / passive / story" and d.measure == "payoff.yixin"
    )
    assert change.difference == pytest.approx(
        story.figures["payoff.yixin"][0] - free.figures["payoff.yixin"][0]
    )


def test_undecided_games_are_played_more_often_but_not_for_ever(market, game):
    decided = all(row.settled is not None for row in game.rows)
    assert game.replicates == 4 or decided
    assert play_out(market, {"wechat": ("passive", "story")}, replicates=2, most=2).replicates == 2


def test_findings_say_where_there_is_no_equilibrium_and_where_it_is_open(market, game):
    def told(probability, decided=True):
        rows = [replace(row, probability=probability, decided=decided) for row in game.rows]
        return GamePage(replace(game, rows=rows), market, "en").findings()[0]

    assert "no profile is an equilibrium in pure strategies" in told(0.01)
    assert "it is undecided" in told(0.3) and "it is undecided" in told(1.0, decided=False)
    mixed = [
        replace(row, probability=1.0, decided=i % 2 == 0, strategies={"wechat": name})
        for i, (row, name) in enumerate(zip(game.rows, ["passive", "follower"], strict=False))
    ]
    page = GamePage(replace(game, rows=mixed), market, "en")
    assert page.equilibria(mixed).index("passive (100%)") < page.equilibria(mixed).index(
        "undecided"
    )
    assert [page.probability(row) for row in mixed] == ["★ 100%", "☆ 100%"]
    assert (
        "every profile" in told(0.99)
        and "every profile" in GamePage(game, market, "en").findings()[1]
    )


def test_pages_in_both_languages_show_the_matrix(market, game):
    for language, word in (("en", "What each earns"), ("zh", "各方所得")):
        page = GamePage(game, market, language)
        assert (
            len(page.matrix()[1]) == 4
            and len(page.replies().charts) == 2
            and len(page.profiles()[1]) == 8
        )
        html = unescape(page.html())
        assert word in html and all(finding in html for finding in page.findings())


def test_the_command_writes_page_and_figures(command, tmp_path):
    done = command(
        "strategies",
        "china-2013",
        "--users",
        "200",
        "--weeks",
        "12",
        "--replicates",
        "2",
        "--most",
        "2",
        "--seat",
        "wechat=passive,follower",
        "--json",
        "--out",
        str(tmp_path / "here"),
    )
    assert done.code == 0 and len(json.loads(done.out)["rows"]) == 2
    assert "equilibrium" in (tmp_path / "here" / "strategies.html").read_text()


@pytest.mark.parametrize(
    "options, said",
    [
        (["--seat", "wechta=passive"], "did you mean 'wechat'"),
        (
            ["--seat", "wechat=folower"],
            "'folower' is no strategy of this seat; did you mean 'follower'? There is: passive, "
            "best-reply, follower, deterrence, cost-capped, experimenter, defender, champion, random, story, or FILE.py:FUNCTION",
        ),
        (["--seat", "regulator=baan", "--seat", "yixin=story"], "is no rule; did you mean 'ban'?"),
        (["--seat", "china_mobile=follower"], "'follower' is no strategy"),
        (["--seat", "regulator=ban"], "needs seats and their strategies"),
    ],
)
def test_wrong_seats_are_told_in_one_line(command, options, said):
    done = command("strategies", "china-2013", *options)
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1


def test_a_scenario_without_a_game_says_how_to_name_one():
    with pytest.raises(ScenarioError, match="--seat messenger=passive,follower"):
        seats_of(load_scenario("messenger-2015"))


def test_a_scenario_knows_the_names_of_all_bots_and_no_others() -> None:
    assert {kind: set(known) for kind, known in BOTS.items()} == {
        kind: set(names) for kind, names in actors.STRATEGIES.items()
    }
    assert all(bot.about for known in BOTS.values() for bot in known.values())
