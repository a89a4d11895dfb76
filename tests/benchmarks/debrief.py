"""Seconds that the counterfactuals of a class take: `uv run python tests/benchmarks/debrief.py
[SEATS [WORKERS]]`.
"""

import os
import resource
import sys
import time

from market_model.game import GameTable, Round, setup_of
from market_model.game.debrief import counterfactual, parts
from market_model.game.record import PlayedMarket, PlayedRound, Record
from market_model.game.report import round_report
from market_model.scenario import load_scenario
from market_model.work.runner import Workers

EAGER = {
    "zero_rating": {c: {"bid": 0.3} for c in ("china_mobile", "china_unicom", "china_telecom")},
    "promotion": 2e7,
}


def main(seats: int = 10, workers: int = 2) -> None:
    setup = setup_of(load_scenario("china-2013"))
    table = GameTable(setup)
    rounds, digests = (
        [
            Round({"yixin": EAGER}),
            *(Round({"laiwang": {"invite": float(r)}}) for r in range(setup.rounds - 1)),
        ],
        list[str](),
    )
    for one in rounds:
        table.play(one)
        digests.append(round_report(table).digest)
    played = [PlayedRound(decisions=one.decisions) for one in rounds]
    names = [
        {seat: ["A"] for seat in setup.seats[: max(0, seats - m)]}
        for m in range(0, seats, len(setup.seats))
    ]
    record = Record(
        setup=setup,
        markets=[PlayedMarket(players=one, rounds=played, digests=digests) for one in names],
    )
    tasks = [
        (setup, record.markets[m].as_rounds(), part)
        for m, one in enumerate(names)
        for part in parts(setup, one)
    ]
    crew = Workers(workers)
    for started in ("with their start", "again"):
        began = time.perf_counter()
        found = [
            job.outcome.result().status
            for job in [crew.submit(counterfactual, *task) for task in tasks]
        ]
        print(
            f"{seats} seats in {len(names)} markets of {setup.scenario.society.users} users, {workers} processes, {started}: "
            f"{time.perf_counter() - began:.1f} s, load {os.getloadavg()[0]:.1f}, {found.count('ok')} of {len(found)} parts"
        )
    crew.stop()
    print(f"CPU of both: {sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]):.1f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
