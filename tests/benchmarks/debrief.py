"""Seconds that the counterfactuals of a class take: `uv run python tests/benchmarks/debrief.py [SEATS [WORKERS]]`."""

import resource
import sys
import time

from market_model.game import Round, Table, setup_of
from market_model.game.counterfactuals import counterfactuals
from market_model.game.record import PlayedMarket, PlayedRound, Record
from market_model.game.told import told
from market_model.scenario import load_scenario

EAGER = {"zero_rating": {c: {"bid": 0.3} for c in ("china_mobile", "china_unicom", "china_telecom")}, "promotion": 2e7}


def main(seats: int = 10, workers: int = 2) -> None:
    setup = setup_of(load_scenario("china-2013"))
    table = Table(setup)
    rounds, digests = [Round({"yixin": EAGER}), *(Round({"laiwang": {"invite": float(r)}}) for r in range(setup.rounds - 1))], list[str]()
    for one in rounds:
        table.play(one)
        digests.append(told(table).digest)
    played = [PlayedRound(decisions=one.decisions) for one in rounds]
    names = [{seat: ["A"] for seat in setup.seats[:max(0, seats - m)]} for m in range(0, seats, len(setup.seats))]
    record = Record(setup=setup, markets=[PlayedMarket(players=one, rounds=played, digests=digests) for one in names])
    began = time.perf_counter()
    found = counterfactuals(record, workers=workers)
    games = sum(len(one["variants"]) + len(one["grid"]) for market in found for one in market["seats"].values())
    print(f"{seats} seats in {len(found)} markets of {setup.scenario.society.users} users, {games} games of seats, {workers} processes: "
          f"{time.perf_counter() - began:.1f} s, {sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]):.1f} s of CPU")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
