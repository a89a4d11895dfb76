"""Games with bots in all seats but one: what a seat's margin over doing nothing is worth, by how it
plays. Used by `balance.py`; alone it prints the lever table, seat by seat:

    uv run python tests/benchmarks/rivals.py china-2013 --seeds 3
    uv run python tests/benchmarks/rivals.py china-2013 --seeds 4 --level fierce
    uv run python tests/benchmarks/rivals.py philippines-2013 --seeds 6 --champions
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Mapping
from typing import Any

from market_model.game import GameTable, Setup, setup_of
from market_model.game.limits import limits
from market_model.game.scores import scores
from market_model.game.setup import LEVEL, LEVELS
from market_model.players.bots.champion import CHAMPION, champions, has_champion
from market_model.players.decisions import AppDecision, CarrierDecision, Decision, Kind, ZeroRating
from market_model.players.observation import AppObservation, CarrierObservation
from market_model.scenario import load_scenario
from market_model.tournament.search import margin

type Play = str | Callable[[Any], Decision]

PART = 0.05
"""Of its cash a seat spends on one lever in each round."""


def total(setup: Setup, seat: str, play: Play) -> float:
    """What a seat scores if it is played so against the bots of the game."""
    table = GameTable(setup, {seat: play}, watch=False)
    for _ in range(setup.rounds):
        table.pass_round({})
    table.run_out()
    return scores(setup, table.market)[seat].total


def money(seen: AppObservation, part: float = PART) -> float:
    return part * max(seen.cash, 0.0)


def free_data(seen: AppObservation) -> AppDecision:
    """Free data wherever the door is open, at the ask and a half."""
    there = seen.free_at(seen.seat)
    bids = {
        carrier: ZeroRating(bid=1.5 * door.ask)
        for carrier, door in seen.doors.items()
        if door.ask is not None and carrier not in there
    }
    return AppDecision(zero_rating=bids)


LEVERS: Mapping[str, Callable[[AppObservation], AppDecision]] = {
    "free data": free_data,
    "promotion": lambda seen: AppDecision(promotion=money(seen)),
    "research": lambda seen: AppDecision(
        research="quality" if money(seen) else None, research_budget=money(seen)
    ),
    "no ads": lambda _: AppDecision(monetisation=0.0),
    "twice the ads": lambda _: AppDecision(monetisation=2.0),
    "invite": lambda _: AppDecision(invite=1.0),
    "bring a friend": lambda _: AppDecision(bring_friend=2.0),
}
"""One lever of an app alone."""


def at_bounds(
    setup: Setup, seat: str, dear: bool = True
) -> Callable[[CarrierObservation], CarrierDecision]:
    """A carrier with every price of its main plan at its upper bound, and the data in the fee at
    its lower; or the other way round.
    """
    band = limits(setup.scenario, seat)

    def play(seen: CarrierObservation) -> CarrierDecision:
        if seen.week != setup.first:
            return CarrierDecision()
        ends = {lever: end[dear] for lever, end in band.items() if "." not in lever}
        return CarrierDecision(**(ends | {"plan_cap_mb": band["plan_cap_mb"][not dear]}))

    return play


def margins(
    story: str,
    seat: str,
    plays: Mapping[str, Play | None],
    seeds: int,
    first: int = 100,
    level: str = LEVEL,
) -> dict[str, list[float]]:
    """Margin over doing nothing of each play (None: the game's own bot), by luck. Args: level: of
    the bots in all other seats.
    """
    found: dict[str, list[float]] = {name: [] for name in plays}
    for seed in range(first, first + seeds):
        setup = setup_of(load_scenario(story), seed, level=level)
        idle = total(setup, seat, "passive")
        for name, play in plays.items():
            found[name].append(total(setup, seat, play or setup.bot(seat)) - idle)
    return found


WITHOUT: Mapping[Kind, Mapping[str, Mapping[str, float]]] = {
    "app": {
        "free data": {"free_rounds": 0.0},
        "campaigns": {"promotion_rounds": 0.0},
        "research": {"research_rounds": 0.0},
        "its own ads": {"ads_rounds": 0.0},
        "bonuses": {"bonus_rounds": 0.0},
    },
    "carrier": {
        "free data of others": {"ask": 0.0},
        "free data of its own app": {"own_app": 0.0},
        "its own fee and plan": {"fee": 1.0, "cap": 1.0},
        "its own overage price": {"overage": 1.0},
        "its own price of SMS": {"sms": 1.0},
        "its own price of calls": {"voice": 1.0},
    },
}
"""What a champion does without, by kind of seat: its numbers then."""


def champions_without(story: str, seeds: int) -> None:
    """Share of each champion's margin that is lost without each of its levers, and what the seat's
    bot and, for an app, the best lever alone win of it.
    """
    setups = [setup_of(load_scenario(story), seed) for seed in range(seeds)]
    for seat, numbers in champions().get(story, {}).items():
        if not isinstance(numbers, dict):
            continue
        own = {name: value for name, value in numbers.items() if name != "about"}
        whole = statistics.fmean(margin(one, seat, own) for one in setups)
        bot = statistics.fmean(margin(one, seat, None) for one in setups)
        print(f"{seat}: champion {whole / 1e6:,.1f} M; bot {bot / 1e6:,.1f} M", flush=True)
        print("  lost without")
        kind = setups[0].kind(seat)
        for name, then in WITHOUT[kind].items():
            if all(own[number] == value for number, value in then.items()):
                continue
            left = statistics.fmean(margin(one, seat, own | then) for one in setups)
            print(f"    {name:24} {1 - left / whole:8.2f}", flush=True)
        if kind == "app":
            found = margins(story, seat, LEVERS, seeds, 0)
            alone = {name: statistics.fmean(values) / whole for name, values in found.items()}
            most = max(alone, key=alone.__getitem__)
            print(f"  one lever alone, most: {alone[most]:.2f} ({most})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("story", nargs="?", default="china-2013")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--champions", action="store_true", help="what they lose without a lever")
    parser.add_argument("--level", default=LEVEL, choices=LEVELS, help="of all other bots")
    asked = parser.parse_args()
    if asked.champions:
        champions_without(asked.story, asked.seeds)
        return
    setup = setup_of(load_scenario(asked.story), level=asked.level)
    awake = setup_of(load_scenario(asked.story), level="awake")
    print(f"margin ÷ that of the game's bot, median of {asked.seeds} games")
    for seat in setup.seats:
        plays: dict[str, Play | None] = {"its bot": None, "random": "random"}
        if setup.bot(seat) != awake.bot(seat):
            plays["awake"] = awake.bot(seat)
        if has_champion(asked.story, seat):
            plays["champion"] = CHAMPION
        if setup.kind(seat) == "app":
            plays |= LEVERS
        else:
            plays["all prices up"] = at_bounds(setup, seat)
            plays["all prices down"] = at_bounds(setup, seat, dear=False)
        found = margins(asked.story, seat, plays, asked.seeds, level=asked.level)
        bot = statistics.median(found["its bot"])
        print(f"{seat}: bot {bot / 1e6:,.0f} M")
        for name, values in found.items():
            middle = statistics.median(values)
            print(
                f"  {name:16} {middle / abs(bot) if bot else float('nan'):8.2f}  {middle / 1e6:12,.0f} M"
            )


if __name__ == "__main__":
    main()
