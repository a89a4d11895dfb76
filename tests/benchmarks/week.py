"""How fast a week is: nanoseconds per user and week, beside the same rules as plain Mesa agents, in
one run.

    uv run python tests/benchmarks/week.py            # 5,000, 100,000 and 1,000,000 users
    uv run python tests/benchmarks/week.py --long     # and 1,000,000 for 104 weeks, graph included
    uv run python tests/benchmarks/week.py --big 10000000   # alone, a bill's weeks
    uv run python tests/benchmarks/week.py --big 464000000 --scenario china-2013 --weeks 52
    uv run python tests/benchmarks/week.py --scenario china-2013 --users 5000 --json

Market: 3 apps, 3 carriers, 10 regions, degree 14, one running offer. "pass" is the compiled pass
of a week alone; "surplus" and "bill" what both add to the average week; "python" all that runs
around the passes; "week" the whole `Market.step`, all of it CPU time of the thread; "wall of 1" and
"wall of 2" the same week by the clock on one and two threads. The best of several bills.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from market_model.market import Market, engine
from market_model.market.columns import BLOCK
from market_model.market.engine import Compiled
from market_model.scenario import WEEKS_PER_BILL, Scenario, load_scenario
from market_model.scenario.load import build
from market_model.society import graphs
from market_model.society.memory import bytes_free, bytes_needed

SIZES = (5_000, 100_000, 1_000_000)
MEASURE = 9
"""Place of `measure` among the arguments of `week_pass`."""


def scenario(users: int, weeks: int = 104, family: str = "holme-kim") -> Scenario:
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
                "graph": {"family": family},
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


def _kind_of_week(given: tuple[Any, ...]) -> str:
    return "surplus" if given[MEASURE] else "pass"


class Passes:
    """CPU time of the passes of a market on one thread: seconds of each call, by kind."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {"pass": [], "surplus": [], "bill": []}
        self._week, self._bill = engine.week_pass, engine.bill_pass

    def __enter__(self) -> Passes:
        engine.week_pass = self._timed(self._week, _kind_of_week)
        engine.bill_pass = self._timed(self._bill, lambda _: "bill")
        return self

    def __exit__(self, *_: object) -> None:
        engine.week_pass, engine.bill_pass = self._week, self._bill

    def _timed(self, work: Callable[..., None], kind: Callable[[tuple[Any, ...]], str]) -> Any:
        def timed(*given: Any) -> None:
            begin = time.thread_time()
            work(*given)
            self.seconds[kind(given)].append(time.thread_time() - begin)

        return timed


def whole_weeks(market: Market, bills: int) -> dict[str, float]:
    """Nanoseconds of CPU per user and week, on one thread, the best of some bills of four weeks:
    of a week's pass, of what surplus and bill add to the average week, of the Python around them,
    and of all together.
    """
    found: list[dict[str, float]] = []
    for _ in range(bills):
        with Passes() as passes:
            begin = time.thread_time()
            for _ in range(WEEKS_PER_BILL):
                market.step()
            all_ = time.thread_time() - begin
        seconds = passes.seconds
        plain = min(seconds["pass"])
        in_passes = sum(map(sum, seconds.values()))
        found.append(
            {
                "pass": plain * WEEKS_PER_BILL,
                "surplus": sum(seconds["surplus"]) - plain,
                "bill": sum(seconds["bill"]),
                "python": all_ - in_passes,
                "week": all_,
            }
        )
    unit = 1e9 / WEEKS_PER_BILL / len(market.people.carrier)
    return {part: min(bill[part] for bill in found) * unit for part in found[0]}


def best_step(market: Market, weeks: int) -> float:
    """Wall seconds per week of `Market.step`, the better of two stretches of whole bills."""
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
    parser.add_argument("--big", type=int, help="so many users of the implicit family, alone")
    parser.add_argument("--weeks", type=int, default=WEEKS_PER_BILL, help="of --big")
    parser.add_argument("--computed", action="store_true", help="with --big: keep no contact lists")
    parser.add_argument("--unsettled", action="store_true", help="with --big: without warm-up")
    parser.add_argument("--json", action="store_true", help="one JSON object for other programs")
    parser.add_argument("--users", type=int, nargs="+", default=SIZES, help="sizes to measure")
    parser.add_argument("--scenario", help="a scenario in place of the benchmark's market")
    given = parser.parse_args()
    Market(scenario(200, 8)).run()
    rows = [long_run()] if given.long else []  # before others have taken memory
    if given.big:
        rows += [big_run(big_scenario(given), given.computed)]
    else:
        rows += [measured(users, given.scenario) for users in given.users]
        rows += [agents()]
    if given.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print("  ".join(f"{name} {value:,.1f}" for name, value in row.items()))


def measured(users: int, name: str | None) -> dict[str, float]:
    """One size: CPU of the parts of a week, wall time of it on one and two threads, memory."""
    made = load_scenario(name, {"society.users": users}) if name else scenario(users)
    market = Market(made, threads=1)
    for _ in range(2 * WEEKS_PER_BILL):
        market.step()
    row = {"users": users, **whole_weeks(market, 4 if users > 500_000 else 12)}
    weeks = 4 if users > 500_000 else 24
    for threads in (1, 2) if users > BLOCK else (1,):
        market.engine = Compiled(threads)
        row[f"wall of {threads}"] = best_step(market, weeks) / users * 1e9
    columns, graph = bytes_per_user(market)
    return row | {"column bytes": columns, "graph bytes": graph}


def agents() -> dict[str, float]:
    """The same week as methods of Mesa agents."""
    users = 2_000
    market: Any = Market(scenario(users), engine="agents")
    market.step()
    return {"agents": users, "wall": best_step(market, 4) / users * 1e9}


def long_run() -> dict[str, float]:
    """A million users for 104 weeks, graph included: wall seconds, and the peak in MiB above what
    the imports take.
    """
    before, begin = _peak(), time.perf_counter()
    market = Market(scenario(1_000_000))
    built = time.perf_counter() - begin
    market.run()
    return {
        "long run": 1_000_000,
        "seconds to build": built,
        "seconds in all": time.perf_counter() - begin,
        "MiB above": _peak() - before,
    }


def big_scenario(given: argparse.Namespace) -> Scenario:
    """The benchmark's market, or a scenario, with so many people of the implicit family."""
    if not given.scenario:
        return scenario(given.big, given.weeks, "implicit")
    fields = {"society.users": given.big, "society.graph.family": "implicit"}
    if given.unsettled:
        fields |= {"society.warmup_weeks": 0, "society.warmup_until": None}
    return load_scenario(given.scenario, fields | {"weeks": given.weeks})


def big_run(made: Scenario, computed: bool) -> dict[str, float]:
    """Weeks of so many users on two threads: what the memory estimate said, and what was measured.
    Says after each week, of the warm-up too, where it is.
    """
    users, free = made.society.users, bytes_free()
    said, before = bytes_needed(made) / 2**30, _peak()
    print(f"{users:,} users: {said:.1f} GiB needed, {(free or 0) / 2**30:.1f} free", flush=True)
    if computed:
        graphs.stores_contacts = lambda *_: False
    begin, cpu, week_of = time.perf_counter(), time.process_time(), Compiled.week

    def told(self: Compiled, state: Any, week: int, *, measure: bool) -> Any:
        tally = week_of(self, state, week, measure=measure)
        used = [round(share, 4) for share in state.active_shares()]
        seconds = time.perf_counter() - begin
        print(f"{seconds:8.0f} s  {_peak() / 1024:5.1f} GiB  week {week}: {used}", flush=True)
        return tally

    Compiled.week = told  # type: ignore[method-assign]
    market = Market(made, threads=2)
    row = {
        "big run": users,
        "weeks": made.weeks,
        "seconds to build": time.perf_counter() - begin,
        "CPU seconds to build": time.process_time() - cpu,
        "GiB to build": (_peak() - before) / 1024,
    }
    unit = 1e9 / users / made.weeks
    started, cpu = time.perf_counter(), time.process_time()
    market.run()
    columns, graph = bytes_per_user(market)
    for name, column in zip(market.people._fields, market.people, strict=True):
        if column.nbytes > users / 2:
            print(f"{name:12} {column.nbytes / users:5.1f} bytes a user, {column.dtype}")
    return row | {
        "seconds a week": (time.perf_counter() - started) / made.weeks,
        "wall": (time.perf_counter() - started) * unit,
        "CPU": (time.process_time() - cpu) * unit,
        "column bytes": columns,
        "graph bytes": graph,
        "GiB said": said,
        "GiB above": (_peak() - before) / 1024,
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
