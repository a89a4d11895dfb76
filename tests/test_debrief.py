"""The talk after a game: its film and turning points, a token taken away, what would have won, what
was learnt.
"""

import re
import time
from concurrent.futures import Future
from pathlib import Path

import pytest
from markupsafe import Markup

from market_model import desk
from market_model.classroom import server
from market_model.desk.answers import answer
from market_model.desk.course import course_film
from market_model.desk.questions import GONE
from market_model.game import Round, setup_of
from market_model.game.counterfactuals import Game, grid
from market_model.game.course import PART, course
from market_model.game.debrief import counterfactual, parts, together
from market_model.game.lessons import SENTENCES, lessons
from market_model.game.moves import moves, taken_away
from market_model.game.record import PlayedMarket, PlayedRound, Record, digests
from market_model.game.scores import scores
from market_model.game.takeaway import Gain, gain, moves_of, other_lucks, played_without
from market_model.players.decisions import AppDecision, ZeroRating
from market_model.scenario import ScenarioError, load_scenario
from market_model.tournament import bestline
from market_model.tournament.bestline import best_line
from market_model.work.runner import Outcome

pytest_plugins = ["browser"]

CLASS_STYLE = Path(server.__file__).parent / "static/class.css"
FREE = {c: {"bid": 0.5} for c in ("china_mobile", "china_unicom", "china_telecom")}
ROUNDS = [
    Round({"yixin": {"promotion": 6e8, "promotion_regions": ["guangdong"], "zero_rating": FREE}}),
    Round({"yixin": {"bring_friend": 3.0}}),
    Round({"yixin": {"bring_friend": 3.0}}),
]


@pytest.fixture(scope="module")
def setup():
    return setup_of(load_scenario("china-2013", {"society.users": 1000}), 3, 3)


@pytest.fixture(scope="module")
def game(setup):
    return Game.played(setup, ROUNDS)


@pytest.mark.parametrize("seat", ["wechat", "yixin"])
def test_free_data_that_is_tried_is_dealt(game, seat) -> None:
    ways = list(grid(game, seat))
    assert {way["start"] for way, _ in ways} == {0}
    for way, own in ways:
        offers = [
            offer
            for offer in game.replayed({seat: own}).market.state.book.offers
            if offer.by == seat and offer.start == game.setup.week(0)
        ]
        assert offers
        if way["rounds"]:
            assert {o.end - o.start for o in offers} == {way["rounds"] * 4}


def test_a_token_is_laid_once_however_often_it_is_said_again(game) -> None:
    mine = [(m.round, m.key, m.of) for m in moves_of(game) if m.seat == "yixin"]
    assert mine == [
        *((0, "free_data", carrier) for carrier in FREE),
        (0, "promotion", ""),
        (1, "bring_friend", ""),
    ]
    assert len({m.name for m in moves_of(game)}) == len(moves_of(game))


def test_without_a_token_all_else_stands() -> None:
    free = ZeroRating(bid=0.1)
    own = [
        AppDecision(zero_rating={"a": free, "b": free}, invite=1.0, promotion=5.0),
        AppDecision(invite=1.0),
        AppDecision(),
        AppDecision(invite=2.0),
        AppDecision(invite=1.0),
    ]
    laid = {m.key + m.of: m for m in moves(("x",), [{"x": one} for one in own]) if m.round == 0}
    assert set(laid) == {"free_dataa", "free_datab", "invite", "promotion"}
    assert taken_away(own, laid["free_dataa"])[0].zero_rating == {"b": free}
    invites = [one.invite for one in taken_away(own, laid["invite"])]
    assert invites == [None, None, None, 2.0, 1.0]
    assert taken_away(own, laid["promotion"])[0] == own[0].model_copy(update={"promotion": 0.0})


def test_what_a_token_did_is_the_game_less_the_game_without_it(game) -> None:
    campaign = next(m for m in moves_of(game) if (m.seat, m.key) == ("yixin", "promotion"))
    here, bare = game.instead({}), game.instead(played_without(game, campaign))
    told = gain(game, campaign)
    before = scores(game.setup, here)["yixin"].total - scores(game.setup, bare)["yixin"].total
    assert told.score == pytest.approx(before) and told.score != 0
    last = game.setup.week(3) - 1
    users = [m.history.series("app", "yixin", "active")[last] for m in (here, bare)]
    assert told.users == pytest.approx(users[0] - users[1]) and told.users > 0
    assert told.newcomers >= told.friends >= 0
    lucks = other_lucks(game, campaign)
    assert len({users for users, _ in lucks}) > 1


def test_what_is_never_laid_changes_nothing(game) -> None:
    move = next(m for m in moves_of(game) if (m.seat, m.key) == ("yixin", "bring_friend"))
    assert gain(game, move._replace(key="ads")) == Gain(0, 0, 0, 0)


def test_a_turning_point_has_the_token_without_which_most_of_it_is_gone(game) -> None:
    told = course(game)
    assert told["turns"], "free data and a push are seen"
    for turn in told["turns"]:
        change = turn.after - turn.before
        places = [turn.region] if turn.region else list(told["places"])
        at = turn.week - told["first"] - 1
        before = sum(told["places"][place]["active"][turn.app][at] for place in places)
        assert before == pytest.approx(turn.before, abs=1)
        if turn.move is not None:
            assert abs(turn.after - turn.otherwise) >= PART * abs(change)
            assert (turn.after > turn.otherwise) == (change > 0)
    mine = [turn.move for turn in told["turns"] if turn.app == "yixin" and turn.round == 0]
    assert mine and mine[0] and mine[0].seat == "yixin"


def test_the_film_of_a_game_shows_no_free_data_under_a_ban(setup) -> None:
    rounds = [ROUNDS[0], Round({}, ("ban",)), Round({})]
    free = {
        n: course(Game.played(setup, [*rounds[:1], *played]))["free"]
        for n, played in (("banned", rounds[1:]), ("free", [Round({})] * 2))
    }
    assert {span[3] for span in free["banned"]} == {setup.week(1)}
    assert max(span[3] for span in free["free"]) == setup.week(3)


def test_the_film_of_a_game_marks_packs_that_are_not_sold_everywhere(setup) -> None:
    def sold(regions: list[str]) -> Round:
        pack = {"on": True, "fee": 3.0, "regions": regions}
        return Round({"china_mobile": {"packs": {"laiwang": pack}}})

    for regions in (["guangdong"], []):
        told = course(Game.played(setup, [sold(regions), Round({}), Round({})]))
        packs = {span for span in told["free"] if span[4]}
        first, end = setup.week(0), setup.week(3)
        assert packs == {("laiwang", region, first, end, True) for region in regions} | {
            ("wechat", "guangdong", first, end, True)  # the story's own
        }
        page = str(course_film(setup, told, "en"))
        assert page.count('<rect class="mark" data-weeks=') == len(packs)


def test_the_search_goes_on_in_steps_and_finds_the_same(setup, monkeypatch) -> None:
    monkeypatch.setattr(bestline, "WAYS", 12)
    monkeypatch.setattr(bestline, "STEP", 4)
    steps, found, tried = 0, None, {}
    while found is None:
        tried, found = best_line(setup, ROUNDS, "yixin", tried)
        steps += 1
    assert steps >= 2 and len(tried) == 12
    monkeypatch.setattr(bestline, "STEP", 100)
    assert best_line(setup, ROUNDS, "yixin", {})[1] == found
    assert found.margin == pytest.approx(max(value for (value,) in tried.values()))
    mine = Game.played(setup, ROUNDS)
    idle = mine.score("yixin", mine.passive("yixin"))["total"]
    assert found.mine == pytest.approx(mine.score("yixin", mine.own("yixin"))["total"] - idle)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_question_has_an_answer_in_words(setup, language, monkeypatch) -> None:
    monkeypatch.setattr(bestline, "WAYS", 2)
    laid = {m.key: m for m in moves_of(Game.played(setup, ROUNDS)) if m.seat == "yixin"}
    for question in [
        *(f"without={m.name}" for m in laid.values()),
        "best=yixin",
        "best=china_mobile",
        "worlds=yixin",
    ]:
        html, left = answer(setup, ROUNDS, language, question, None)
        assert left is None and re.sub("<[^>]+>", "", html).strip()
        assert not re.search(r"\bNone\b(?! of)|\bnan\b", html)
    for wrong in ("best=nobody", "without=1", "", "worlds=", "without=0.yixin.ads."):
        with pytest.raises(ScenarioError):
            answer(setup, ROUNDS, language, wrong, None)


@pytest.mark.slow
def test_the_debrief_tells_three_things_learnt_and_asks_for_each_token(setup) -> None:
    played = [PlayedRound(decisions=dict(one.decisions)) for one in ROUNDS]
    market = PlayedMarket(
        players={"yixin": ("Ann",)}, rounds=played, digests=digests(setup, ROUNDS)
    )
    record = Record(setup=setup, markets=(market,))
    every = parts(setup, {"yixin"})
    data = together(0, {part: counterfactual(setup, ROUNDS, part) for part in every})
    told = lessons(setup, data, "yixin")
    assert len(told) == SENTENCES == len({one["key"].partition("_")[0] for one in told})
    for language in ("en", "zh"):
        page = desk.debrief(record, [data], language, "yixin", "/question?market=0")
        learnt = page.partition('class="learnt step"')[2].partition("</ul>")[0]
        assert learnt.count("<li>") == SENTENCES
        laid = set(re.findall('data-question="without=([^"]+)"', page))
        mine = {m.name for m in moves_of(Game.played(setup, ROUNDS)) if m.seat == "yixin"}
        assert laid == mine and 'data-question="best=yixin"' in page
        film = page.partition("data-frames=")[2].partition(">")[0]
        assert len(film) < 20_000, "a phone loads it"
    bare = desk.debrief(record, [together(0, {"": data | {}})], "en")
    assert "data-question" not in bare and "course" not in bare


def test_a_market_made_of_a_story_has_what_its_pack_tells(setup, tmp_path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "china-2013"\nname = "mine"\n')
    mine = setup_of(load_scenario(tmp_path / "mine.toml"))
    none = (PlayedMarket(),)
    pages = [desk.debrief(Record(setup=one, markets=none), [], "en") for one in (setup, mine)]
    told = [page.partition('id="debrief-news"')[2].partition("</section>")[0] for page in pages]
    assert told[0] == told[1] and "<table>" in told[0]


FITS = """parts => Object.fromEntries(parts.map(part => {
  const all = [...document.querySelectorAll(part)]
  return [part, [Math.max(...all.map(e => e.scrollWidth - e.clientWidth)), Math.max(...all.map(e => e.offsetHeight))]]
}))"""
"""How much wider what a part holds is than the part, and how high it is."""


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "zh"])
def test_decisions_fit_a_phone_and_lessons_a_projector(setup, language, chromium) -> None:
    names = {seat: (f"Player {k}",) for k, seat in enumerate(setup.seats)}
    played = [PlayedRound(decisions=dict(one.decisions)) for one in ROUNDS]
    market = PlayedMarket(players=names, rounds=played, digests=digests(setup, ROUNDS))
    every = parts(setup, {"wechat", "yixin", "laiwang"})
    data = together(0, {part: counterfactual(setup, ROUNDS, part) for part in every})
    data["course"]["turns"] = []
    told = desk.debrief(Record(setup=setup, markets=(market,)), [data], language)
    style = f"{CLASS_STYLE.read_text('utf-8')}{desk.STYLE}"
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.set_content(f'<style>{style}</style><body class="talk"><header></header><main>{told}')
    (over, _) = page.evaluate(FITS, [".wide:has(.decisions)"])[".wide:has(.decisions)"]
    assert over <= 0 and page.evaluate("document.documentElement.scrollWidth") == 390
    for width, height in ((1920, 1080), (1400, 900), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        parts_of = page.evaluate(FITS, [".beside", ".learnt", ".beside > .step"])
        bar = page.locator(".steps").bounding_box()["height"]
        assert all(high <= height - bar + 1 for _, high in parts_of.values()), (width, parts_of)
    page.close()


def test_who_waits_for_an_answer_sees_how_many_are_before_it() -> None:
    flying: dict[str, Future[Outcome]] = {}

    def submit(_, __, ___, ____, question: str, _____) -> Future[Outcome]:
        flying[question] = Future()
        return flying[question]

    def step(question: str, state: object = 1) -> None:
        """A step of an answer is computed; state None: its last one."""
        flying.pop(question).set_result(Outcome(0, "ok", (Markup(f"<p>{question}</p>"), state)))

    questions = desk.Questions(submit)

    def ask(question: str) -> tuple[str, bool]:
        return questions.ask("game", None, [], "en", question)

    names = ["a", "b", "c", "d"]
    assert [ask(name) for name in names] == [("", True)] * 4 and [*flying] == ["a", "b"]
    step("a"), step("b")
    assert ask("d") == ("", True) and [*flying] == ["c", "d"]
    step("c"), step("d")
    said = [ask(name)[0] for name in names]
    assert [*flying] == ["a", "b"] and said[0] == "<p>a</p>"
    assert said[2].startswith("<p>c</p>") and "2 other" in said[2] and "3 other" in said[3]
    step("a", None)
    assert (
        ask("a") == ("<p>a</p>", False) and "2 other" in ask("d")[0] and ask("c")[0] == "<p>c</p>"
    )


def test_a_step_that_nobody_fetches_holds_up_no_other(monkeypatch) -> None:
    flying: list[Future[Outcome]] = []

    def submit(*_) -> Future[Outcome]:
        flying.append(Future())
        return flying[-1]

    questions = desk.Questions(submit)
    for name in ("left", "gone", "here"):
        questions.ask("game", None, [], "en", name)
    assert len(flying) == 2
    for one in flying:
        one.set_result(Outcome(0, "ok", (Markup("<p>8 of 120</p>"), 1)))
    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic(): now + 2 * GONE)
    questions.ask("game", None, [], "en", "here")
    assert len(flying) == 3
