"""Tasks on an existing Dask cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any

from ..scenario import ScenarioError
from .runner import Outcome, attempt

ALONE = 60.0
"""Seconds to wait for workers where there are none."""
GRACE = 30.0
"""Seconds after a task's time limit until its worker is restarted (a task should end itself)."""


def in_cluster(function: Callable[..., Any], tasks: Iterator[tuple[Any, ...]], address: str, timeout: float | None) -> Generator[Outcome]:
    """Call function(*task) for every task on the workers of a scheduler; outcomes come as tasks end.

    Args: address: of the scheduler, e.g. "tcp://127.0.0.1:8786"; timeout: seconds of one task.
    Raises ScenarioError: no scheduler answers, or it has no workers.
    """
    try:
        from distributed import Client, wait
    except ImportError:
        raise ScenarioError("--engine", "", "dask needs the extra 'cluster'; install it with: uv sync --extra cluster") from None
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise ScenarioError("--address", "", f"no scheduler answers at '{address}' ({error}); start one with 'dask scheduler', "
                            "and workers with 'dask worker ADDRESS --nthreads 1'") from None
    flying: dict[Any, tuple[int, float]] = {}
    waiting, seen = enumerate(tasks), time.monotonic()
    with client:
        while True:
            there: Any = client.nthreads()
            threads = sum(there.values())
            seen = time.monotonic() if threads else seen
            if time.monotonic() - seen > ALONE:
                raise ScenarioError("--address", "", f"the cluster at '{address}' has no workers; what is done is kept; "
                                    "start 'dask worker ADDRESS --nthreads 1', then run the same command again")
            while len(flying) < threads and (following := next(waiting, None)) is not None:
                index, task = following
                future = client.submit(attempt, index, function, task, pure=False)
                flying[future] = index, time.monotonic()
            if not flying:
                if threads:
                    return
                time.sleep(1)
                continue
            with suppress(TimeoutError):
                wait(list(flying), timeout=1, return_when="FIRST_COMPLETED")
            for future in [future for future in flying if future.done()]:
                index, _ = flying.pop(future)
                yield future.result() if future.status == "finished" else Outcome(index, "crashed", error=str(future.exception()))
            for future, (index, begun) in list(flying.items()):
                if timeout is not None and time.monotonic() - begun > timeout + GRACE:
                    del flying[future]
                    processing: Any = client.processing()
                    future.cancel()
                    client.restart_workers([worker for worker, keys in processing.items() if future.key in keys], raise_for_error=False)
                    yield Outcome(index, "timeout", error=f"took longer than {timeout:g} s and did not stop")
