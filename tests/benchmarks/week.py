"""How fast a week is: nanoseconds per user and week, beside the same rules as plain Mesa agents, in
one run.

    uv run python tests/benchmarks/week.py            # 5,000, 100,000 and 1,000,000 users uv run
    python tests/benchmarks/week.py --long     # and 1,000,000 users for 104 weeks, graph included

Market: 3 apps, 3 carriers, 10 regions, degree 14, one running offer. "pass" is the compiled pass
alone, "week" the whole `Market.step` with terms, history, ledger and bills. Figures are the best of
several rounds.
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import Any

import numpy as np

from market_model.market import Market
from market_model.market.columns import BLOCK
from market_model.market.engine import Compiled
from market_model.scenario import Scenario
from market_model.scenario.load import build

SIZES = (5_000, 100_000, 1_000_000)


def scenario(users: int, weeks: int = 104) -> Scenario:
    """The benchmark's market."""
    plan = {"fee": 20, "cap_mb": 70, "overage": 0.29}
    app = {
        "quality": -0.9,
        "discovery": 0.002,
        "start": {"registered": 0.5, "active": 0.4},
        "margin": 0.1,
    }
    return build(
        {
            "name": "benchmark",
            "weeks": weeks,
            "society": {
                "users": users,
                "never_join": 0.12,
                "wifi": {"beta": {"mean": 0.3, "concentration": 6}},
                "regions": {f"r{k}": 0.1 for k in range(10)},
            },
            "carriers": {
                name: {"share": share, "plan": plan}
                for name, share in (("a", 0.424), ("b", 0.308), ("c", 0.268))
            },
            "apps": {
                "one": app,
                "two": {**app, "quality": -1.2},
                "three": {**app, "start": {"registered": 0.1, "active": 0.05}},
            },
            "offers": {"free": {"apps": ["three"], "carriers": ["c"]}},
        },
        "benchmark",
    )


def best_pass(market: Market, threads: int, rounds: int) -> float:
    """Seconds of the fastest pass."""
    engine, fastest = Compiled(threads), float("inf")
    market.terms.refresh(market.week, market.running_offers())
    for week in range(rounds):
        begin = time.perf_counter()
        engine.week(market.state, week, measure=False)
        fastest = min(fastest, time.perf_counter() - begin)
    return fastest


def best_step(market: Market, weeks: int) -> float:
    """Seconds per week of `Market.step`, the better of two stretches of whole bills."""
    found: list[float] = []
    for _ in range(2):
        begin = time.perf_counter()
        for _ in range(weeks):
            market.step()
        found.append((time.perf_counter() - begin) / weeks)
    return min(found)


def bytes_per_user(market: Market) -> tuple[float, float]:
    """Bytes of the columns, and of the graph, per user."""
    n = len(market.people.carrier)
    return sum(a.nbytes for a in market.people) / n, sum(
        a.nbytes for a in market.contacts if isinstance(a, np.ndarray)
    ) / n


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--long", action="store_true", help="also 1,000,000 users for 104 weeks")
    given = parser.parse_args()
    Market(scenario(200, 8)).run()
    print(
        f"{'users':>9} {'threads':>7} {'pass ns':>8} {'week ns':>8}   columns B/user   graph B/user"
    )
    for users in SIZES:
        market = Market(scenario(users))
        for _ in range(8):
            market.step()
        columns, graph = bytes_per_user(market)
        rounds = 400 if users < 10_000 else 40 if users < 500_000 else 10
        for threads in (1, 2) if users > BLOCK else (1,):
            passed = best_pass(market, threads, rounds)
            market.engine = Compiled(threads)
            step = best_step(market, 24 if users < 500_000 else 8)
            print(
                f"{users:9,} {threads:7} {passed / users * 1e9:8.1f} {step / users * 1e9:8.1f}   "
                f"{columns:14.1f}   {graph:12.1f}"
            )
    agents()
    if given.long:
        long_run()


def agents() -> None:
    """The same week as methods of Mesa agents."""
    users = 2_000
    market: Any = Market(scenario(users), engine="agents")
    market.step()
    step = best_step(market, 4)
    print(
        f"{users:9,} {'agents':>7} {'':8} {step / users * 1e9:8,.0f}   (real Mesa agents, the "
        "same rules)"
    )


def long_run() -> None:
    begin = time.perf_counter()
    market = Market(scenario(1_000_000))
    built = time.perf_counter() - begin
    market.run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"1,000,000 users × 104 weeks: {built:.1f} s to build, {time.perf_counter() - begin:.1f} "
        f"s in all, at most {peak:,.0f} MiB"
    )


if __name__ == "__main__":
    main()
