"""The figures of the teaching packs: how a game's market stands before the first round and, where
nobody does anything, after the last week; means of five seeds.

    uv run python tests/benchmarks/packs.py
"""

import statistics

from market_model.game import GameTable, Setup, setup_of
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


def played(setup: Setup) -> tuple[dict[str, tuple[float, ...]], dict[str, tuple[float, ...]]]:
    """Shares before the first round, and at the end of a game in which nobody does anything."""
    table = GameTable(setup, watch=False)
    before = shares(table)
    for _ in range(setup.rounds):
        table.pass_round(nothing(setup.scenario))
    table.run_out()
    return before, shares(table)


def main() -> None:
    for story in STORIES:
        setups = [setup_of(load_scenario(story), seed) for seed in SEEDS]
        scenario = setups[0].scenario
        start, end = (means(list(each)) for each in zip(*map(played, setups), strict=True))
        people = f"{scenario.society.users} simulated people for {scenario.population / 1e6:.0f} M"
        print(f"{story}: {people}")
        for name, values in start.items():
            told = "  ".join(f"{v:6.1%}" for v in values)
            print(f"  {name:16}{told:16}  at the end, nobody did anything: {end[name][-1]:6.1%}")


if __name__ == "__main__":
    main()
