"""Runs for tests of sweeps: quick ones, and ones that raise, end their process or never end."""

import hashlib
import os
import signal
import sys
import time
from pathlib import Path

import pyarrow as pa

from market_model.sweep import store
from market_model.sweep.drive import run_sweep
from market_model.sweep.store import RunResult, content_of

PACE = 0.01


def quick(scenario, seed, _series, offers, _timeout):
    """Figures from the scenario's salience and the seed alone."""
    time.sleep(PACE)
    salience = scenario.parameters.salience
    luck = int.from_bytes(hashlib.sha256(f"{seed}".encode()).digest()[:4]) / 2**32
    measures = {"apps.yixin.registered_share": salience**2 + luck / 10, "market.hhi": luck}
    weekly = pa.table(
        {
            "week": pa.array([0, 1, 2], pa.int16()),
            "scope": ["app"] * 3,
            "name": ["yixin"] * 3,
            "registered": pa.array([luck, None, salience], pa.float32()),
        }
    )
    kept = [{"name": "gift", "start": 3, "end": 9}] if offers else []
    return RunResult(measures, weekly, kept, "0" * 32, content_of(measures, weekly), 0.0)


def faulty(scenario, seed, series, offers, timeout):
    """The same, but some points raise, some end their process, some never end."""
    salience = scenario.parameters.salience
    if salience < 0.1:
        raise RuntimeError("no market today")
    if salience < 0.2:
        os.kill(os.getpid(), signal.SIGKILL)
    while salience < 0.3:
        time.sleep(1)
    return quick(scenario, seed, series, offers, timeout)


def faulty_only(*_):
    """A run that always raises."""
    raise RuntimeError("no market today")


if __name__ == "__main__":  # a driver to kill: faults.py SWEEP FOLDER WORKERS
    store.CHUNK = 3
    run_sweep(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        engine="process",
        workers=int(sys.argv[3]),
        function=quick,
    )
