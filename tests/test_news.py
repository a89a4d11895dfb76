"""What is told after a round: why users changed, which adds up, and three sentences of news."""

import random
from itertools import pairwise

import numpy as np
import pytest

from market_model.desk.news import sentences
from market_model.game import GameTable, Round, problems, setup_of
from market_model.game.news import SENTENCES, headline
from market_model.game.report import RoundReport, round_report
from market_model.game.why import REASONS, TERMS, Evaluation, Watching, gained, terms_of, usable
from market_model.market import Market, Observer, User
from market_model.market.week import WeekInProgress
from market_model.scenario import load_scenario
from market_model.words import languages

STORIES = ("china-2013", "facebook-zero-india", "philippines-2013", "messenger-2015")


def games(story: str, seed: int, rounds: int = 4) -> list[RoundReport]:
    """What is told after each round of a game with random decisions of apps."""
    luck = random.Random(seed)
    table = GameTable(setup_of(load_scenario(story, {"society.users": 800}), seed=seed))
    reports = [round_report(table)]
    for _ in range(rounds):
        apps = [seat for seat in table.setup.seats if table.setup.kind(seat) == "app"]
        seat = luck.choice(apps)
        decision = {
            "promotion": luck.choice([0, 1e7]),
            "invite": luck.choice([0.0, 1.0]),
            "zero_rating": {c: {"bid": 0.5} for c in list(table.setup.scenario.carriers)[:2]},
        }
        wrong = problems(table.setup, seat, decision, table.view(seat))
        table.play(Round({} if wrong else {seat: decision}))
        reports.append(round_report(table))
    return reports


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("seed", [1, 2])
def test_why_my_users_changed_adds_up_to_the_change(story: str, seed: int) -> None:
    reports = games(story, seed)
    apps = [seat for seat in reports[-1].seats if seat in reports[-1].public["apps"]]
    each = load_scenario(story).population / 800
    for before, after in pairwise(reports):
        for app in apps:
            people, why = after.public["apps"][app], after.seats[app]["why"]
            change = people["active"][-1] - before.public["apps"][app]["active"][-1]
            assert list(why) == list(REASONS)
            assert sum(why.values()) == pytest.approx(change, abs=0.2)
            assert people["before"] == pytest.approx(before.public["apps"][app]["active"][-1])
            active = (people["active"][-1] + people["before"]) / each
            assert abs(why["chance"]) / each <= 4.5 * np.sqrt(active + 1)
            assert min(why["own"], why["campaign"]) > -1e-6 * each


class Looking(Observer):
    """The terms of the value of use as the agents have them, beside those of `game.why`."""

    def __init__(self) -> None:
        self.pairs: list[tuple[float, float]] = []

    def before_users(self, market: Market) -> None:
        now = WeekInProgress(market.state, market.week, False)
        (terms, _, taste), can = terms_of(market.state, now), usable(market.state, now)
        for index in range(0, len(market.people.carrier), 23):
            user = User(market.state, index)
            user.begin(now)
            for a in range(now.apps):
                self.pairs.append((terms[:, a, index].sum() + taste[a, index], user.value(a)))
                self.pairs.append((can[a, index], user.can >> a & 1))
                network, exposure = user.why(a)[2:4]
                self.pairs.append((terms[TERMS.index("friends"), a, index], network * exposure))


@pytest.mark.parametrize("story", [*STORIES, "facebook-mobile-2012"])
def test_terms_of_all_users_are_those_of_each(story: str) -> None:
    looking = Looking()
    changes = {"society.users": 400, "society.warmup_weeks": 20, "society.warmup_until": None}
    Market(load_scenario(story, changes), rng=3, observers=[looking]).run(30)
    mine, theirs = np.array(looking.pairs).T
    np.testing.assert_allclose(mine, theirs, atol=1e-9)


def test_a_price_that_falls_moves_only_who_pays_it() -> None:
    """Data costs 2, then 1, logit: who has it free before and after feels nothing; who pays gains
    1; who gets half of it free then pays 2 less 1.5: a half by the lower price at ¾, the rest by
    free data.
    """
    price = np.array([[[2.0, 2.0, 2.0]], [[1.0, 1.0, 1.0]]])
    free = np.array([[[1.0, 0.0, 0.0]], [[1.0, 0.0, 0.5]]])
    weeks = [
        Evaluation(
            np.stack(
                [np.zeros((1, 3))] + [p * f] + [np.zeros((1, 3))] * 2 + [-p, np.zeros((1, 3))]
            ),
            np.stack([p, f]),
            p * f - p,
            0.5 + (p * f - p) / 10,
            np.ones((1, 3), bool),
        )
        for p, f in zip(price, free, strict=True)
    ]
    of = [
        gained(*(Evaluation(*(part[..., [k]] for part in week)) for week in weeks))[:, 0]
        for k in range(3)
    ]
    told = np.array(of)[:, [TERMS.index("price"), TERMS.index("free_data")]]
    np.testing.assert_allclose(told, [[0.0, 0.0], [0.1, 0.0], [0.075, 0.075]])


def test_free_data_that_brings_users_is_told_as_free_data() -> None:
    setup = setup_of(load_scenario("philippines-2013", {"society.users": 2000}))
    idle = {seat: {} for seat in setup.seats}
    offer = {"zero_rating": {"globe": {"bid": 5.0, "allowance_mb": 100}}}
    plain, given = GameTable(setup), GameTable(setup)
    plain.play(Round(idle))
    given.play(Round(idle | {"facebook": offer}))
    whys = [round_report(table).seats["facebook"]["why"]["free_data"] for table in (plain, given)]
    assert given.market.running_offers() and whys[1] > 10 * setup.scenario.people_per_user > whys[0]


@pytest.mark.parametrize("language", [*languages()])
def test_three_sentences_of_news_after_each_round(language) -> None:
    setup = setup_of(load_scenario("china-2013", {"society.users": 2000}))
    table = GameTable(setup)
    assert round_report(table).public["headlines"] == []
    keys = set()
    for number in range(4):
        table.play(Round({}, ("ban",) if number == 3 else ()))
        told = round_report(table).public["headlines"]
        lines = sentences(setup, told, language)
        assert len(lines) == SENTENCES == len(set(lines))
        assert not any("{" in line for line in lines)
        keys |= {one["key"] for one in told}
        if number == 3:
            assert told[0]["key"] == "ruled"
    assert {"offered", "grew"} <= keys


def test_places_are_named_and_more_are_counted() -> None:
    setup = setup_of(load_scenario("china-2013", {"society.users": 200}))
    regions = ["guangdong", "zhejiang", "hunan", "hebei"]
    one = headline("answered", "wechat", other="yixin", carriers=["china_mobile"], regions=regions)
    (said,) = sentences(setup, [one], "en")
    assert said == (
        "WeChat answers Yixin: free data at China Mobile in Guangdong, Zhejiang and 2 more places."
    )
    few = headline("grew", "yixin", regions=["hunan"], before=0, after=4 * 6960000)
    assert "simulated people" in sentences(setup, [few], "en")[0]


def test_only_carriers_with_customers_there_are_named_and_many_are_counted() -> None:
    setup = setup_of(load_scenario("messenger-2015", {"society.users": 800}))
    names, table = list(setup.scenario.carriers), GameTable(setup)
    assert len(names) > 10
    there = setup.served(names[0])
    bids = {name: {"bid": 5.0, "regions": there} for name in names}
    table.play(Round({"messenger": {"zero_rating": bids}}))
    (told,) = [one for one in round_report(table).public["headlines"] if one["key"] == "offered"]
    assert (told["carriers"], told["regions"]) == ([names[0]], [])
    (said,) = sentences(setup, [headline("ended", "messenger", carriers=names)], "en")
    assert f"and {len(names) - 2} more carriers" in said


def test_a_small_growth_is_not_told_as_none() -> None:
    setup = setup_of(load_scenario("philippines-2013", {"society.users": 800}))
    each = setup.scenario.people_per_user
    won = headline("won", "globe", before=600 * each, after=602 * each)
    assert "(+0.3%)" in sentences(setup, [won], "en")[0]


def test_nothing_is_told_of_a_table_that_nobody_watches() -> None:
    assert Watching().why == {}
