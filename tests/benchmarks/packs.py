"""The figures of the teaching packs: how a game's market stands before the first round and, where
nobody does anything, after the last week; means of five seeds.

    uv run python tests/benchmarks/packs.py
"""

import statistics

from market_model.game import GameTable, setup_of
from market_model.game.table import nothing
from market_model.scenario import load_scenario

STORIES = ("china-2013", "facebook-zero-india", "philippines-2013", "messenger-2015")
SEEDS = range(5)


def shares(table: GameTable) -> dict[str, tuple[float, ...]]:
    """Of all people: accounts and monthly users of each app, customers of each carrier."""
    market, people = table.market, table.setup.scenario.population
    series = market.history.series
    apps = {
        name: tuple(float(series("app", name, s)[-1]) / people for s in ("registered", "mau"))
        for name in table.setup.scenario.messengers
    }
    carriers = {
        c.name: (float(series("carrier", c.name, "subscribers")[-1]) / people,)
        for c in market.carriers
    }
    return apps | carriers


def means(games: list[dict[str, tuple[float, ...]]]) -> dict[str, tuple[float, ...]]:
    return {
        name: tuple(map(statistics.mean, zip(*(game[name] for game in games), strict=True)))
        for name in games[0]
    }


def main() -> None:
    for story in STORIES:
        before, after, use = [], [], []
        for seed in SEEDS:
            table = GameTable(setup_of(load_scenario(story), seed), watch=False)
            before.append(shares(table))
            for _ in range(table.setup.rounds):
                table.pass_round(nothing(table.setup.scenario))
            table.run_out()
            after.append(shares(table))
        setup = table.setup
        print(
            f"{story}: {setup.scenario.society.users} simulated people, "
            f"{setup.scenario.population / 1e6:.0f} M"
        )
        start, end = means(before), means(after)
        for name, values in start.items():
            told = "  ".join(f"{v:6.1%}" for v in values)
            print(f"  {name:16}{told:16}  at the end, nobody did anything: {end[name][-1]:6.1%}")


if __name__ == "__main__":
    main()
