"""The market as an environment: the checkers of PettingZoo and Gymnasium, random agents that can act,
and bots that play through it as they do in a run.
"""

import builtins
import dataclasses
import sys

import numpy as np
import pytest

from market_model.game import GameTable, setup_of
from market_model.game.limits import limits
from market_model.game.scores import scores
from market_model.market import run
from market_model.players.bots import policy
from market_model.players.decisions import AppDecision, CarrierDecision, ZeroRating
from market_model.players.levers import LEFT_OUT, levers_of
from market_model.players.observation import AppObservation, CarrierObservation
from market_model.scenario import ScenarioError, load_scenario
from market_model.scenario.fields import number

pytest.importorskip("pettingzoo")
from benchmarks import ppo
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import parallel_api_test

from market_model.learning import ActionError, MarketEnv, MarketParallelEnv, actions, figures
from market_model.study.strategies import payoff

BOTS = {
    "wechat": "follower",
    "yixin": "random",
    "china_mobile": "partner",
    "china_unicom": "random",
}
STORIES = ("china-2013", "facebook-zero-india", "messenger-2015")


@pytest.fixture(scope="module")
def market():
    return load_scenario("china-2013", {"society.users": 300, "weeks": 30})


def zeros(env, agent):
    return np.zeros(len(env.action_names(agent)), int)


def point(env, agent, **levers):
    """An action of zeros but for some levers, each by its place in the menu or its value there."""
    action = zeros(env, agent)
    for name, value in levers.items():
        path = name.replace("__", ".")
        action[env.action_names(agent).index(path)] = env.menus(agent)[path].index(value)
    return action


@pytest.mark.filterwarnings("ignore:.*render modes")
def test_is_what_pettingzoo_and_gymnasium_expect(market):
    parallel_api_test(MarketParallelEnv(market), num_cycles=12)
    check_env(MarketEnv(market, "yixin"))
    check_env(MarketEnv(setup_of(market, rounds=2), "china_mobile", {"wechat": "follower"}))


@pytest.mark.parametrize("name", [*STORIES[:-1], pytest.param(STORIES[-1], marks=pytest.mark.slow)])
@pytest.mark.parametrize("game", [False, True])
def test_what_a_random_agent_decides_is_carried_out(name, game):
    story = load_scenario(name, {"society.users": 200})
    env = MarketParallelEnv(setup_of(story) if game else story)
    observations, _ = env.reset(seed=3)
    for k, agent in enumerate(env.possible_agents):
        env.action_space(agent).seed(k)
    decided = {"app": 0, "carrier": 0}
    while env.agents:
        for agent, seen in observations.items():
            assert env.observation_space(agent).contains(seen) and np.isfinite(seen).all()
        given = {a: env.action_space(a).sample() for a in env.agents}
        wanted = {a: env.decision(a, action) for a, action in given.items()}
        observations, _, _, _, infos = env.step(given)
        assert [i["problems"] for i in infos.values()] == [[]] * len(infos)
        for agent, decision in wanted.items():
            # after the silent weeks of a game the last decisions are those of silence
            if env.agents or not game:
                assert env.market.decided[agent] == decision
            decided[env.kind(agent)] += decision != type(decision)()
    assert min(decided.values()) >= 20


def test_what_is_not_possible_is_brought_to_the_nearest_that_is_and_told(market):
    env = MarketParallelEnv(setup_of(market), ["yixin", "china_telecom"])
    env.reset()
    bid = point(
        env, "yixin", zero_rating__china_mobile__on=True, zero_rating__china_mobile__bid=1.5
    )
    ask = env.view("yixin").asks["china_mobile"]
    assert env.decision("yixin", bid) == AppDecision(
        zero_rating={"china_mobile": ZeroRating(bid=1.5 * ask)}
    )
    cash = env.view("yixin").cash
    spent = env.decision(
        "yixin", point(env, "yixin", promotion=0.5, research="quality", research_budget=0.5)
    )
    assert (spent.promotion, spent.research_budget) == (cash / 2, cash / 4)
    lone = point(env, "yixin", research="voice")
    carrier = point(env, "china_telecom", surcharges__wechat=0.5, plan_fee=1.0)
    fee = limits(env.scenario, "china_telecom")["plan_fee"][1]
    assert env.decision("china_telecom", carrier) == CarrierDecision(
        plan_fee=fee, surcharges={"wechat": 0.0}
    )
    infos = env.step({"yixin": lone, "china_telecom": carrier})[4]
    assert infos["yixin"]["changed"] == ["research: no project, it needs a field and a budget"]
    assert infos["china_telecom"]["changed"] == [
        "surcharges.wechat: none, the regulator allows no surcharge"
    ]
    assert env.market.decided["yixin"] == AppDecision()


def test_every_lever_of_a_decision_is_in_the_space_and_a_new_one_appears_by_itself(market):
    class Wider(AppDecision):
        loudness: float | None = number(None, "New.", low=0, high=8)
        shout: bool | None = None

    env = MarketParallelEnv(market)
    for agent, decision in (("yixin", AppDecision), ("china_mobile", CarrierDecision)):
        named = {name.partition(".")[0] for name in env.action_names(agent)}
        assert named | LEFT_OUT | {"plans"} >= set(decision.model_fields)  # no menus here
        assert named <= set(decision.model_fields)
    below = {n.rpartition(".")[2] for n in env.action_names("yixin") if n.startswith("zero_")}
    assert below == set(ZeroRating.model_fields)
    wider = {lever.name: lever.menu for lever in actions._levers(levers_of(Wider), market)}
    assert wider["loudness"] == (None, 0, 2, 4, 6, 8) and wider["shout"] == (None, False, True)


def test_seats_of_a_kind_share_their_spaces_and_see_every_figure_by_name(market):
    env = MarketParallelEnv(market)
    env.reset(seed=2)
    for kind, seen in (("app", AppObservation), ("carrier", CarrierObservation)):
        agents = [a for a in env.agents if env.kind(a) == kind]
        for of in (env.action_space, env.observation_space, env.observation_names):
            assert all(of(a) == of(agents[0]) for a in agents)
        named = {name.partition(".")[0] for name in env.observation_names(agents[0])}
        fields = {field.name for field in dataclasses.fields(seen)}
        assert fields == named | (fields & {*figures.LEFT_OUT})
    while env.agents:
        for agent in env.agents:
            shown = dict(env._figures[env.kind(agent)].of(env.view(agent)))
            assert set(shown) <= set(env.observation_names(agent))
        given = {a: env.action_space(a).sample() for a in env.agents}
        observations = env.step(given)[0]
    seen = dict(zip(env.observation_names("wechat"), observations["wechat"], strict=True))
    assert seen["shares.wechat"] == pytest.approx(np.log1p(env.view("wechat").shares["wechat"]))
    assert (seen["seat.wechat"], seen["seat.yixin"]) == (pytest.approx(np.log(2)), 0)


def test_the_rewards_of_a_game_add_up_to_the_score_of_the_same_game_played_at_a_table(market):
    setup = setup_of(market, seed=5, rounds=3)
    env = MarketEnv(setup, "yixin")
    env.reset(seed=5)
    table, total, ended, info = GameTable(setup), 0.0, False, {}
    env.action_space.seed(1)
    while not ended:
        action = env.action_space.sample()
        decision = env.market.decision("yixin", action)
        table.pass_round({"yixin": decision})
        _, reward, ended, cut, info = env.step(action)
        assert not cut
        total += reward
    table.run_out()
    score = scores(setup, table.market)["yixin"].total
    assert env.market.run.digest == sys.modules[run.__module__].digest(table.market)
    assert info["score"] == score == pytest.approx(total * setup.scenario.population)


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
        a: policy(name, "app" if a in market.apps else "carrier", int(env.market.state.key[0]))
        for a, name in BOTS.items()
    }
    start, rewards = {a: payoff(env.run, a) for a in BOTS}, dict.fromkeys(BOTS, 0.0)
    while env.agents:
        for agent, reward in env.step({a: bots[a](env.view(a)) for a in env.agents})[1].items():
            rewards[agent] += reward * market.population
    assert env.run.digest == seated.digest != run(market, 4).digest
    assert rewards == {a: pytest.approx(payoff(seated, a) - start[a]) for a in BOTS}
    against = MarketEnv(market, "yixin", {k: v for k, v in BOTS.items() if k != "yixin"})
    against.reset(seed=4)
    bot, over = policy("random", "app", int(against.market.market.state.key[0])), False
    while not over:
        over = against.step(bot(against.view()))[3]
    assert against.market.run.digest == seated.digest


def test_a_decision_that_is_not_possible_counts_as_none_and_an_odd_action_is_one_clear_error(
    market,
):
    env = MarketParallelEnv(market, ["yixin", "wechat"])
    with pytest.raises(ActionError, match=r"no agent acts: .* call reset"):
        env.step({})
    env.reset()
    nothing = {a: zeros(env, a) for a in env.agents}
    odd = zeros(env, "yixin")
    place, count = env.action_names("yixin").index("promotion"), len(odd)
    odd[place] = 9
    half = zeros(env, "yixin") + 0.5
    for given, message in (
        ({"yixin": zeros(env, "yixin")}, "wechat: has no action; each of yixin, wechat needs one"),
        (nothing | {"wechta": 0}, "wechta: is no agent here; did you mean 'wechat'?"),
        (
            nothing | {"yixin": odd},
            rf"yixin: lever 'promotion' \(number {place}\) is 9; .* from 0 to 6",
        ),
        (nothing | {"yixin": half}, r"yixin: lever .* is 0.5; .* a whole number from 0 to 2"),
        (nothing | {"yixin": odd[:3]}, rf"yixin: an action of the shape \(3,\); it needs {count}"),
        (
            nothing | {"yixin": None},
            rf"yixin: an action of the shape \(\); it needs {count} whole numbers",
        ),
        (nothing | {"yixin": {"promotion": 1}}, r"yixin: \{'promotion': 1\} is no action"),
    ):
        with pytest.raises(ActionError, match=message):
            env.step(given)
    assert env.market.week == 4  # none of them moved it
    infos = env.step(nothing | {"yixin": AppDecision(promotion=1e12)})[4]
    assert (
        "promotion" in infos["yixin"]["problems"][0]
        and env.market.state.app("yixin").campaigns == []
    )


def test_without_a_seed_each_episode_has_luck_of_its_own(market):
    env = MarketParallelEnv(market, ["yixin"], seed=4)
    seen = [env.reset()[0]["yixin"] for _ in range(3)]
    assert not np.array_equal(seen[0], seen[1]) and not np.array_equal(seen[1], seen[2])
    again = [env.reset(seed=4)[0]["yixin"], env.reset()[0]["yixin"]]
    assert np.array_equal(seen[:2], again)


def test_unknown_seats_and_bots_and_a_missing_extra_are_told_in_one_line(market, monkeypatch):
    with pytest.raises(ScenarioError, match="did you mean 'wechat'"):
        MarketParallelEnv(market, ["wechta"])
    with pytest.raises(ScenarioError, match="bots: wechat: 'folower' is no strategy"):
        MarketEnv(market, "yixin", {"wechat": "folower"})
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith(("pettingzoo", "gymnasium")):
            raise ImportError(name)
        return real(name, *rest, **more)

    for name in [n for n in sys.modules if n.startswith("market_model.learning")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ScenarioError, match="uv sync --extra rl"):
        import market_model.learning  # noqa: F401


def test_the_shipped_ppo_finds_what_pays_by_what_it_sees():
    """One lever of three pays if it is what is seen, the second costs, the third does nothing."""
    learner, luck = ppo.Learner(2, [3, 4, 2], seed=1), np.random.default_rng(1)
    for _ in range(60):
        seen = luck.integers(0, 2, (4, 16, 1)) * np.array([1.0, -1.0])
        chosen, logs = learner.sample(seen.reshape(64, 2))
        pays = (chosen[:, 0] == 1 + seen.reshape(64, 2)[:, 0]) - 0.5 * (chosen[:, 1] > 0)
        learner.learn(seen, chosen.reshape(4, 16, 3), logs.reshape(4, 16), pays.reshape(4, 16))
        learner.watch(seen.reshape(64, 2))
    for k in (0.0, 1.0):
        assert learner.best(np.array([k, -k]))[:2].tolist() == [1 + k, 0]


@pytest.mark.slow
def test_stable_baselines_learns_in_it_as_it_is(market):
    sb3 = pytest.importorskip(
        "stable_baselines3", reason="uv run --group ppo pytest -m slow -k stable"
    )
    env = MarketEnv(setup_of(market, rounds=5), "yixin")
    from stable_baselines3.common.env_checker import check_env as their_check

    their_check(env)
    model = sb3.PPO("MlpPolicy", env, n_steps=250, batch_size=50, seed=0, device="cpu")
    before = [p.detach().clone() for p in model.policy.parameters()]
    model.learn(2_000)
    assert model.num_timesteps == 2_000
    assert any((a != b).any() for a, b in zip(before, model.policy.parameters(), strict=True))
    observation, over = env.reset(seed=1)[0], False
    while not over:
        action, _ = model.predict(observation, deterministic=True)
        observation, _, over, _, info = env.step(action)
        assert info["problems"] == []
