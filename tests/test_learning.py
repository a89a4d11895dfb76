"""The market as an environment: PettingZoo's own test, and bots that play through it as they do
in a run.
"""

import builtins
import sys

import pytest

from market_model.market import run
from market_model.players.bots import policy
from market_model.players.decisions import AppDecision, ZeroRating
from market_model.scenario import ScenarioError, load_scenario

pytest.importorskip("pettingzoo")
from pettingzoo.test import parallel_api_test

from market_model.study.learning import BID, NO_LIMIT, MarketParallelEnv
from market_model.study.strategies import payoff

BOTS = {
    "wechat": "follower",
    "yixin": "random",
    "china_mobile": "partner",
    "china_unicom": "random",
}


@pytest.fixture(scope="module")
def market():
    return load_scenario("china-2013", {"society.users": 300, "weeks": 30})


def test_is_what_pettingzoo_expects(market):
    parallel_api_test(MarketParallelEnv(market), num_cycles=12)


def test_bots_in_the_environment_make_the_run_they_make_in_their_seats(market):
    env = MarketParallelEnv(market, list(BOTS), seed=4)
    apps = {
        name: app.model_copy(update={"strategy": BOTS.get(name, app.strategy)})
        for name, app in market.apps.items()
    }
    carriers = {
        name: c.model_copy(update={"strategy": BOTS.get(name, c.strategy)})
        for name, c in market.carriers.items()
    }
    seated = run(market.model_copy(update={"apps": apps, "carriers": carriers}), 4)
    env.reset(seed=4)
    bots = {
        a: policy(name, "app" if a in market.apps else "carrier", int(env.market.key[0]))
        for a, name in BOTS.items()
    }
    start, rewards = {a: payoff(env.run, a) for a in BOTS}, dict.fromkeys(BOTS, 0.0)
    while env.agents:
        for agent, reward in env.step({a: bots[a](env.seen(a)) for a in env.agents})[1].items():
            rewards[agent] += reward
    assert env.run.digest == seated.digest != run(market, 4).digest
    assert rewards == {a: pytest.approx(payoff(seated, a) - start[a]) for a in BOTS}


def test_what_cannot_be_done_counts_as_nothing_and_is_told(market):
    env = MarketParallelEnv(market, ["yixin"])
    env.reset()
    action = {
        name: space.low if hasattr(space, "low") else 0 * space.sample()
        for name, space in env.action_space("yixin").items()
    }
    assert env.decision("yixin", action) == AppDecision()
    action["free"][0], action["bid"][0], action["allowance_mb"][0] = BID, 0.1, NO_LIMIT
    assert env.decision("yixin", action) == AppDecision(
        zero_rating={"china_mobile": ZeroRating(bid=0.1)}
    )
    action["promotion"] = env.action_space("yixin")["promotion"].high
    infos = env.step({"yixin": action})[4]
    assert "promotion" in infos["yixin"]["problems"][0] and env.market.app("yixin").campaigns == []


def test_an_unknown_seat_and_a_missing_extra_are_told_in_one_line(market, monkeypatch):
    with pytest.raises(ScenarioError, match="did you mean 'wechat'"):
        MarketParallelEnv(market, ["wechta"])
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("pettingzoo"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "market_model.study.learning")
    with pytest.raises(ScenarioError, match="uv sync --extra rl"):
        import market_model.study.learning  # noqa: F401
