"""Trains a policy by PPO (Schulman et al. 2017) at a seat of a game, in numpy alone, and holds it
against the seat's bots, in games whose luck it has not seen.

    uv run --extra rl python tests/benchmarks/ppo.py china-2013 yixin

Games to learn from have 500 users, games to judge by as many as people play with. The policy is a
layer of 64 units with one categorical choice for each lever; it begins by deciding little.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import gymnasium
import numpy as np
from numpy.typing import NDArray
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.rivals import total

from market_model.game import Setup, setup_of
from market_model.learning import MarketEnv
from market_model.scenario import load_scenario

type Array = NDArray[np.float64]

HIDDEN, PARALLEL, EPOCHS, PARTS = 64, 2, 8, 4
GAMES = 16
"""Games between two lessons."""
LEARNING_RATE, CLIP, LAMBDA, ENTROPY = 1e-3, 0.2, 0.95, 1e-3
MOST_KL = 0.05
"""How far a lesson may lead away from the policy that played, before it is over."""
SILENT = 3.0
"""What the first entry of a menu, which decides nothing, begins with, logit."""
UNSEEN = 1_000_000
"""The first luck of the games to judge by."""


class Net:
    """Two layers with a tanh between them, learning by Adam."""

    def __init__(self, inputs: int, outputs: int, luck: np.random.Generator) -> None:
        self.weights: list[Array] = [
            luck.normal(0, inputs**-0.5, (inputs, HIDDEN)),
            np.zeros(HIDDEN),
            luck.normal(0, 0.01, (HIDDEN, outputs)),
            np.zeros(outputs),
        ]
        self.moments = [[np.zeros_like(w) for w in self.weights] for _ in range(2)]
        self.steps = 0

    def __call__(self, seen: Array) -> Array:
        self.seen = seen
        self.inner = np.tanh(seen @ self.weights[0] + self.weights[1])
        return self.inner @ self.weights[2] + self.weights[3]

    def learn(self, slope: Array, rate: float) -> None:
        """A step down; `slope` is the loss's by the outputs of the last call."""
        below = (slope @ self.weights[2].T) * (1 - self.inner**2)
        slopes = [self.seen.T @ below, below.sum(0), self.inner.T @ slope, slope.sum(0)]
        shrink = min(1.0, 0.5 / (1e-12 + math.sqrt(sum(float((s * s).sum()) for s in slopes))))
        self.steps += 1
        for w, s, first, second in zip(self.weights, slopes, *self.moments, strict=True):
            first += 0.1 * (s * shrink - first)
            second += 0.001 * ((s * shrink) ** 2 - second)
            step = math.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
            w -= rate * step * first / (np.sqrt(second) + 1e-8)


class Learner:
    """A policy and what it expects to win."""

    def __init__(self, inputs: int, menus: Sequence[int], seed: int) -> None:
        """Args: inputs: numbers of an observation. menus: entries of each lever's menu."""
        self.luck = np.random.default_rng(seed)
        self.levers, self.most = len(menus), int(max(menus))
        self.inputs = inputs
        self.chooses = Net(inputs, self.levers * self.most, self.luck)
        self.expects = Net(inputs, 1, self.luck)
        self.chooses.weights[3][:: self.most] = SILENT
        self.absent = np.arange(self.most) >= np.asarray(menus)[:, None]
        self.mean, self.spread, self.rounds = np.zeros(inputs), np.ones(inputs), 0
        self.scale = 0.0

    def watch(self, seen: Array) -> None:
        """Takes observations into the mean and spread by which they are scaled."""
        total = self.rounds + len(seen)
        shift, part = seen.mean(0) - self.mean, len(seen) / total
        self.spread += part * (seen.var(0) - self.spread + (1 - part) * shift**2)
        self.mean += part * shift
        self.rounds = total

    def scaled(self, seen: Array) -> Array:
        return np.clip((seen - self.mean) / np.sqrt(self.spread + 1e-4), -5, 5)

    def logs(self, seen: Array) -> Array:
        """Log of the chances of each entry of each lever's menu, shape (…, levers, entries)."""
        raw = self.chooses(self.scaled(seen)).reshape(-1, self.levers, self.most)
        raw = np.where(self.absent, -1e9, raw)
        raw -= raw.max(-1, keepdims=True)
        return raw - np.log(np.exp(raw).sum(-1, keepdims=True))

    def sample(self, seen: Array) -> tuple[NDArray[np.int64], Array]:
        """An action for each observation, and the log of its chance."""
        logs = self.logs(seen)
        chosen = (logs + self.luck.gumbel(size=logs.shape)).argmax(-1)
        return chosen, log_chance(logs, chosen)

    def best(self, seen: Array) -> NDArray[np.int64]:
        """The likeliest action."""
        return self.logs(seen[None])[0].argmax(-1)

    def learn(self, seen: Array, chosen: NDArray[np.int64], before: Array, rewards: Array) -> None:
        """A lesson from games; shapes (rounds, games, …)."""
        rounds, games = rewards.shape
        expected = np.zeros((rounds + 1, games))
        flat = seen.reshape(rounds * games, -1)
        expected[:-1] = self.expects(self.scaled(flat)).reshape(rounds, games) * self.scale
        gains, later = np.zeros_like(rewards), np.zeros(games)
        for k in reversed(range(rounds)):
            later = rewards[k] + expected[k + 1] - expected[k] + LAMBDA * later
            gains[k] = later
        returns = (gains + expected[:-1]).ravel()
        self.scale = self.scale or float(returns.std()) or 1.0
        gains = ((gains - gains.mean()) / (gains.std() + 1e-9)).ravel()
        actions, before = chosen.reshape(rounds * games, -1), before.ravel()
        for _ in range(EPOCHS):
            for some in np.array_split(self.luck.permutation(len(flat)), PARTS):
                logs = self.logs(flat[some])
                chances = np.exp(logs)
                change = log_chance(logs, actions[some]) - before[some]
                if (np.expm1(change) - change).mean() > MOST_KL:
                    return
                ratio = np.exp(change)
                gain = gains[some]
                kept = np.where(gain > 0, ratio < 1 + CLIP, ratio > 1 - CLIP)
                taken = np.eye(self.most)[actions[some]] - chances
                entropy = -(chances * logs).sum(-1, keepdims=True)
                slope = -(gain * ratio * kept)[:, None, None] * taken
                slope += ENTROPY * chances * (logs + entropy)
                self.chooses.learn(slope.reshape(len(some), -1) / len(some), LEARNING_RATE)
                error = self.expects(self.scaled(flat[some]))[:, 0] - returns[some] / self.scale
                self.expects.learn(error[:, None] / len(some), LEARNING_RATE)


def log_chance(logs: Array, chosen: NDArray[np.int64]) -> Array:
    return np.take_along_axis(logs, chosen[..., None], -1)[..., 0].sum(-1)


def lessons(learner: Learner, setup: Setup, seat: str, seed: int) -> Iterator[float]:
    """Games by turns with lessons, for ever; the mean score of each turn, money per person."""
    envs = gymnasium.vector.AsyncVectorEnv(
        [partial(MarketEnv, setup, seat)] * PARALLEL, context="spawn"
    )
    try:
        while True:
            turns = []
            for _ in range(GAMES // PARALLEL):
                now, _ = envs.reset(seed=seed)
                seed += PARALLEL
                rounds = []
                for _ in range(setup.rounds):
                    seen = now.astype(float)
                    action, log = learner.sample(seen)
                    now, reward, *_ = envs.step(action)
                    rounds.append((seen, action, log, reward))
                turns.append([np.stack(each) for each in zip(*rounds, strict=True)])
            together = [np.concatenate(each, axis=1) for each in zip(*turns, strict=True)]
            learner.learn(*together)
            learner.watch(together[0].reshape(-1, learner.inputs))
            yield float(together[3].sum(0).mean())
    finally:
        envs.close(terminate=True)


def judged(learner: Learner, setup: Setup, seat: str, games: int) -> list[float]:
    """Scores of the likeliest actions in games of unseen luck, money."""
    env, found = MarketEnv(setup, seat), []
    for seed in range(UNSEEN, UNSEEN + games):
        seen, _ = env.reset(seed=seed)
        over, info = False, {}
        while not over:
            seen, _, over, _, info = env.step(learner.best(seen.astype(float)))
        found.append(info["score"])
    return found


def beyond(setup: Setup, seat: str, scores: list[float], bot: str) -> str:
    """The mean margin of scores over a bot's with the same luck, with Student's interval of 95 %."""
    others = [total(replace(setup, seed=UNSEEN + k), seat, bot) for k in range(len(scores))]
    margins = [(ours - theirs) / 1e6 for ours, theirs in zip(scores, others, strict=True)]
    half = stats.t.ppf(0.975, len(margins) - 1) * statistics.stdev(margins) / len(margins) ** 0.5
    mean, won = statistics.mean(margins), sum(margin > 0 for margin in margins)
    return (
        f"over {bot} ({statistics.mean(others) / 1e6:,.0f} M): {mean:+,.0f} M "
        f"({mean - half:+,.0f} … {mean + half:+,.0f}), better in {won} of {len(margins)} games"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("story", nargs="?", default="china-2013")
    parser.add_argument("seat", nargs="?", default="yixin")
    parser.add_argument("--level", default="calm", help="how well all other seats' bots play")
    parser.add_argument("--games", type=int, default=640, help="to learn from")
    parser.add_argument("--users", type=int, default=500, help="of a game to learn from")
    parser.add_argument("--judge", type=int, default=20, help="games to judge by")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    story = load_scenario(asked.story)
    small = setup_of(story, level=asked.level, users=asked.users)
    env = MarketEnv(small, asked.seat)
    learner = Learner(len(env.observation_names), env.action_space.nvec.tolist(), asked.seed)
    begun, taught = time.monotonic(), lessons(learner, small, asked.seat, 1 + asked.seed * 100_000)
    for k in range(1, asked.games // GAMES + 1):
        score = next(taught) * story.population / 1e6
        if k % 10 == 0 or k == 1:
            print(
                f"{k * GAMES:5} games, {time.monotonic() - begun:4.0f} s: {score:,.0f} M",
                flush=True,
            )
    taught.close()
    setup = setup_of(story, level=asked.level)
    scores = judged(learner, setup, asked.seat, asked.judge)
    print(f"{asked.seat}, unseen luck: {statistics.mean(scores) / 1e6:,.0f} M")
    awake = setup_of(story, level="awake").bot(asked.seat)
    for bot in dict.fromkeys(("passive", setup.bot(asked.seat), awake, "random")):
        print("  " + beyond(setup, asked.seat, scores, bot))


if __name__ == "__main__":
    main()
