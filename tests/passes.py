"""Compiles the market once, before several workers would each compile it by themselves: `python
tests/passes.py week`, and `bill` beside it, which takes as long.

Compiled passes are kept for whoever comes later; what is there already takes a second.
"""

import subprocess
import sys

PARTS = ("week", "bill")
SMALL = {"society.users": 50, "society.warmup_weeks": 0, "weeks": 4}


def compile_all() -> None:
    """Both parts, side by side. Raises CalledProcessError."""
    running = [subprocess.Popen([sys.executable, __file__, part]) for part in PARTS]
    for process in running:
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, process.args)


def week() -> None:
    """What runs up to the first bill."""
    from market_model import Market, load_scenario

    Market(load_scenario("china-2013", SMALL), rng=1).step()


def bill() -> None:
    """The bill alone: nothing has happened before."""
    from market_model import Market, load_scenario
    from market_model.market import engine, start

    def nothing(*_: object) -> None: ...

    start.worth_pass = start.price_pass = engine.week_pass = nothing
    Market(load_scenario("china-2013", SMALL), rng=1).run()


if __name__ == "__main__":
    {"week": week, "bill": bill}[sys.argv[1]]()
