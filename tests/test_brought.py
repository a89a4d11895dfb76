"""What users bring: a bot, a rule, an observer, in files of their own."""

from pathlib import Path

import numpy as np
import pytest

from market_model.market import Figures, Market, Observer, User, run
from market_model.players.strategies import OwnPolicy
from market_model.scenario import Scenario, ScenarioError, load_scenario
from market_model.work.code import load

BOT = '''
"""Promotes when it has money, and counts its rounds."""
from market_model.players.decisions import AppDecision

def policy(seen):
    return AppDecision(promotion=0.1 * seen.cash if seen.cash > 0 else 0.0)

def as_levers(seen):
    return {"promotion": 0.1 * seen.cash if seen.cash > 0 else 0.0}

def silent(seen):
    return None

def spendthrift(seen):
    return {"zero_rating": {"no_such_carrier": {"bid": 1.0}}}

def broken(seen):
    return 1 / 0

def odd(seen):
    return 7
'''
RULE = """
from market_model.market import User

class Loyal(User):
    def use(self):
        super().use()
        self.uses |= self.used_before  # nobody leaves

class Deaf(User):
    def hear_of(self):
        pass
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    changes = {"society.users": 300, "weeks": 24, "apps.yixin.cash": 1e9}
    return load_scenario("china-2013", changes)


@pytest.fixture
def bot(tmp_path: Path) -> str:
    (tmp_path / "my_bot.py").write_text(BOT, "utf-8")
    return str(tmp_path / "my_bot.py")


def test_a_bot_of_ones_own_decides_and_its_levers_may_be_a_dict(scenario, bot):
    plain = run(scenario, 1)
    assert run(scenario, 1, policies={"yixin": load(f"{bot}:silent")}).digest == plain.digest
    assert run(scenario, 1, policies={"yixin": "passive"}).digest == plain.digest
    own = run(scenario, 1, policies={"yixin": load(bot, "policy")})
    assert own.digest != plain.digest
    assert own.ledger.query("payer == 'yixin' and reason == 'promotion'")["rmb"].sum() > 0
    assert run(scenario, 1, policies={"yixin": load(f"{bot}:as_levers")}).digest == own.digest


def test_what_a_bot_may_not_do_is_noted_and_changes_nothing(scenario, bot):
    market = Market(scenario, rng=1, policies={"yixin": load(f"{bot}:spendthrift")})
    decide = market.state.app("yixin").decide
    assert isinstance(decide, OwnPolicy)
    market.run()
    assert [week for week, _ in decide.refused] == [4, 8, 12, 16, 20]
    assert "no_such_carrier" in decide.refused[0][1]


@pytest.mark.parametrize(
    ("name", "words"),
    [("broken", "line 18: ZeroDivisionError"), ("odd", "gave int in week 4; it needs AppDecision")],
)
def test_an_error_of_a_bot_is_told_with_its_file_and_line(scenario, bot, name, words):
    spec = f"{bot}:{name}"
    with pytest.raises(ScenarioError, match=words) as error:
        run(scenario, 1, policies={"yixin": spec})
    assert "my_bot.py" in str(error.value)


def test_files_that_are_none_are_refused_in_words(bot, tmp_path):
    (tmp_path / "typo.py").write_text("NAMES = 1\nPOLICY = 2\n", "utf-8")
    for spec, words in (
        (f"{bot}:polcy", "there is no 'polcy' in it; did you mean 'policy'?"),
        (str(tmp_path / "typo.py"), "there is no 'policy' in it; there is: NAMES, POLICY"),
        (str(tmp_path / "none.py"), "there is no such file"),
    ):
        with pytest.raises(ScenarioError, match=words):
            load(spec, "policy")
    for code, words in (
        ("def policy(:", "line 2: "),
        ("raise SystemExit(3)", "line 2: SystemExit: 3"),
    ):
        (tmp_path / "bad.py").write_text(f"x = 1\n{code}\n", "utf-8")
        with pytest.raises(ScenarioError, match=f"cannot be run: {words}"):
            load(str(tmp_path / "bad.py"), "policy")
    with pytest.raises(ValueError, match="no seat 'yixxin'"):
        Market(load_scenario("china-2013", {"society.users": 60}), policies={"yixxin": "passive"})


def test_a_changed_file_is_read_again(bot):
    assert load(f"{bot}:silent")(None) is None
    Path(bot).write_text("def silent(seen):\n    return 3\n", "utf-8")
    assert load(f"{bot}:silent")(None) == 3


def test_a_rule_of_ones_own_runs_in_the_agents_engine(tmp_path):
    (tmp_path / "my_user.py").write_text(RULE, "utf-8")
    scenario = load_scenario("china-2013", {"society.users": 120, "weeks": 6})
    loyal, deaf = (load(f"{tmp_path / 'my_user.py'}:{name}") for name in ("Loyal", "Deaf"))
    plain = Market(scenario, rng=2, engine="agents").run()
    kept = Market(scenario, rng=2, engine="agents", user=loyal)
    assert type(kept.users[3]) is loyal and kept.users in kept.agents_by_type.values()
    kept.run()
    assert sum(kept.active_shares()) > sum(plain.active_shares())
    heard = Market(scenario, rng=2, engine="agents", user=deaf).run()
    assert (
        heard.history.series("app", "yixin", "aware")[-1]
        <= (plain.history.series("app", "yixin", "aware")[-1])
    )
    with pytest.raises(ValueError, match="use engine='agents'"):
        Market(scenario, user=loyal)


def test_a_file_alone_means_the_only_one_of_its_own(tmp_path):
    path = tmp_path / "own.py"

    def people(given: object) -> bool:
        return isinstance(given, type) and issubclass(given, User)

    for code, words in (
        (RULE, "Loyal, Deaf are in it; say which, as in own.py:Loyal"),
        ("from market_model.market import User\n", "there is none of your own in it"),
    ):
        path.write_text(code, "utf-8")
        with pytest.raises(ScenarioError, match=words):
            load(str(path), kind=people)
    path.write_text(RULE.partition("class Deaf")[0], "utf-8")
    assert load(str(path), kind=people).__name__ == "Loyal"
    path.write_text("from math import floor, log\n\ndef answer(seen):\n    return 5\n", "utf-8")
    assert load(str(path), "policy")(None) == 5


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def use(self):\n        self.nothing.x", "^own.py: line 5: AttributeError: "),
        ("def use(self):\n        raise SystemExit(3)", "^own.py: line 5: SystemExit: 3$"),
        ("def begin(self, now):\n        pass", "^own.py: in hear_of: AttributeError: .*'can'"),
    ],
)
def test_an_error_of_a_rule_is_told_with_its_file_and_line(tmp_path, monkeypatch, code, words):
    monkeypatch.chdir(tmp_path)
    code = f"from market_model.market import User\n\nclass Own(User):\n    {code}\n"
    Path("own.py").write_text(code, "utf-8")
    small = load_scenario("china-2013", {"society.users": 20, "weeks": 2})
    with pytest.raises(ScenarioError, match=words):
        run(small, 1, engine="agents", user=load("own.py:Own"))


def test_an_interrupt_in_a_file_of_ones_own_interrupts(tmp_path):
    (tmp_path / "own.py").write_text("def policy(seen):\n    raise KeyboardInterrupt\n", "utf-8")
    small = load_scenario("china-2013", {"society.users": 20, "weeks": 5})
    with pytest.raises(KeyboardInterrupt):
        run(small, 1, policies={"yixin": str(tmp_path / "own.py")})


def test_studies_stop_with_the_error_of_a_file_of_ones_own(bot, monkeypatch):
    from market_model.study.compare import compare

    monkeypatch.chdir(Path(bot).parent)
    small = load_scenario("china-2013", {"society.users": 50, "weeks": 6})
    with pytest.raises(ScenarioError, match=r"^my_bot\.py: line 18: ZeroDivisionError"):
        compare(
            {"base": small, "own": small},
            policies={"own": {"yixin": "my_bot.py:broken"}},
        )


def test_observers_see_every_week_and_change_no_bit(scenario):
    class Counter(Observer):
        def __init__(self) -> None:
            self.weeks: list[tuple[str, int]] = []

        def before_users(self, market: Market) -> None:
            self.weeks.append(("before", market.week))

        def after_users(self, market: Market) -> None:
            self.weeks.append(("users", market.week))

        def after_week(self, market: Market) -> None:
            self.weeks.append(("after", market.week))

    counter = Counter()
    seen = run(scenario, 1, observers=[counter])
    assert seen.digest == run(scenario, 1).digest
    assert counter.weeks[:3] == [("before", 0), ("users", 0), ("after", 1)]
    assert len(counter.weeks) == 3 * scenario.weeks
    market = Market(scenario, rng=1, observers=[counter])
    assert not market.copy().observers and market.observers == [counter]


def test_strategies_and_comparisons_take_files_of_ones_own(bot):
    from market_model.study.compare import compare
    from market_model.study.findings import GamePage
    from market_model.study.strategies import play_out, seats_of

    small = load_scenario("china-2013", {"society.users": 150, "weeks": 12, "apps.yixin.cash": 1e9})
    own = f"{bot}:policy"
    with pytest.raises(ScenarioError, match="there is no 'polcy'"):
        seats_of(small, [f"yixin=passive,{bot}:polcy"])
    seats = seats_of(small, [f"yixin=passive,{own}"])
    game = play_out(small, seats, replicates=2, most=2)
    assert {row.strategies["yixin"] for row in game.rows} == {"passive", own} and not game.failures
    assert "my_bot.py:policy" in GamePage(game, small, "zh").html()
    found = compare(
        {"base": small, "same": small, "own": small},
        policies={"same": {"yixin": "passive"}, "own": {"yixin": own}},
    )
    moved = {d.scenario for d in found.differences if abs(d.difference) > 0}
    assert moved == {"own"}


def test_figures_of_ones_own_are_written_down_week_by_week(scenario):
    loads = Figures(lambda market: {"busiest": max(c.load for c in market.carriers)})
    one = run(scenario, 1, observers=[loads])
    table = loads.frame()
    assert list(table.columns) == ["week", "busiest"] and list(table["week"]) == list(range(24))
    series = [one.history.series("carrier", name, "load") for name in scenario.carriers]
    assert table["busiest"].to_list() == pytest.approx(np.max(series, axis=0))
    with pytest.raises(ScenarioError, match="gave 3 in week 0; it needs a dict of numbers"):
        run(scenario, 1, observers=[Figures(lambda _: 3)])
    with pytest.raises(ScenarioError, match="gave a figure named 'week'"):
        run(scenario, 1, observers=[Figures(lambda _: {"week": 3})])
