"""What an episode of the learning environment costs beside the plain run of the same market, and
what a round of a game of 20,000 users costs with bots in all seats.

    uv run python tests/benchmarks/learning.py

Agents decide nothing, so that both are the same market; CPU time, the best of several.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from market_model.game import GameTable, setup_of
from market_model.game.setup import games
from market_model.learning import MarketParallelEnv
from market_model.market import Market
from market_model.scenario import Scenario, load_scenario

TIMES = 5


def seconds(*calls: Callable[[], object]) -> list[float]:
    """The best CPU time of each; they take turns, so that a busy machine is as busy for all."""
    best = [float("inf")] * len(calls)
    for call in calls:
        call()
    for _ in range(TIMES):
        for k, call in enumerate(calls):
            begun = time.process_time()
            call()
            best[k] = min(best[k], time.process_time() - begun)
    return best


def episode(env: MarketParallelEnv) -> None:
    env.reset(seed=1)
    while env.agents:
        env.step({agent: 0 * env.action_space(agent).sample() for agent in env.agents})


def plain(scenario: Scenario, passive: dict[str, str]) -> None:
    Market(scenario, 1, policies=passive).run()


def rounds_of(name: str, users: int) -> list[float]:
    """CPU seconds of each round of a game that bots play."""
    story = load_scenario(name, {"society.users": users})
    table = GameTable(setup_of(story, users=users), watch=False)
    times: list[float] = []
    for _ in range(table.setup.rounds):
        begun = time.process_time()
        table.pass_round({})
        times.append(time.process_time() - begun)
    return times


def main() -> None:
    print(
        "| market | agents | rounds | plain run, s | episode, s | ratio |\n|---|---|---|---|---|---|"
    )
    story = load_scenario("china-2013")
    game = setup_of(story)
    for name, of, scenario, seats in (
        ("story", story, story, ["wechat", "yixin"]),
        ("story", story, story, [*story.messengers, *story.carriers]),
        ("game", game, game.scenario, ["wechat", "yixin"]),
        ("game", game, game.scenario, list(game.seats)),
    ):
        env = MarketParallelEnv(of, seats)
        passive = dict.fromkeys(seats, "passive")
        run, played = seconds(lambda: plain(scenario, passive), lambda: episode(env))  # noqa: B023
        rounds = game.rounds if of is game else (scenario.weeks - 1) // 4
        print(
            f"| {name} | {len(seats)} | {rounds} | {run:.2f} | {played:.2f} | {played / run:.2f} |"
        )
    print("\n| game of 20,000 users | a round, ms | at most | aim |\n|---|---|---|---|")
    for name in games():
        times = rounds_of(name, 20_000)
        print(f"| {name} | {1e3 * median(times):.0f} | {1e3 * max(times):.0f} | ≤ 150 |")


if __name__ == "__main__":
    main()
