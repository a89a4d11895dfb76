"""Tasks on an existing Dask cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from ..scenario import ScenarioError
from .extras import needed
from .runner import Outcome, attempt

ALONE, TICK = 60.0, 1.0
"""Seconds to wait for workers where there are none, and between looks at tasks that do not end."""


def in_cluster(function: Callable[..., Any], tasks: Iterator[tuple[Any, ...]], address: str,
               timeout: float | None = None) -> Generator[Outcome]:
    """Call function(*task) for every task on the workers of a scheduler; outcomes come as tasks end.

    A worker that dies costs nothing: its task begins again on another, and counts as crashed when it has taken several with it.

    Args: address: of the scheduler, e.g. "tcp://127.0.0.1:8786"; timeout: seconds after which the worker of a task is restarted.
    Raises ScenarioError: no scheduler answers, or it has no workers.
    """
    dask = needed("distributed", "cluster")
    try:
        client = dask.Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise ScenarioError("--address", "", f"no scheduler answers at '{address}' ({error}); start one with 'dask scheduler', "
                            "and workers with 'dask worker ADDRESS --nthreads 1'") from None
    waiting, flying, seen = enumerate(tasks), dict[Any, tuple[int, float]](), time.monotonic()
    with client:
        while True:
            room = sum(client.nthreads().values()) - len(flying)
            for index, task in islice(waiting, max(0, room)):
                flying[client.submit(attempt, index, function, task, pure=False)] = index, time.monotonic()
            if not flying and room > 0:
                return
            seen = time.monotonic() if room + len(flying) else seen
            if time.monotonic() - seen > ALONE:
                raise ScenarioError("--address", "", f"the cluster at '{address}' has no workers; what is done is kept; start 'dask "
                                    "worker ADDRESS --nthreads 1', then run the same command again")
            with suppress(TimeoutError):
                dask.wait(list(flying), timeout=TICK, return_when="FIRST_COMPLETED") if flying else time.sleep(TICK)
            for future, (index, begun) in list(flying.items()):
                late = timeout is not None and time.monotonic() - begun > timeout
                if future.done():
                    ended = future.result() if future.status == "finished" else Outcome(index, "crashed", error=str(future.exception()))
                elif late:
                    with suppress(ValueError, OSError, TimeoutError):  # a worker without a nanny cannot be restarted
                        client.restart_workers([w for w, keys in client.processing().items() if future.key in keys])
                    future.cancel()
                    ended = Outcome(index, "timeout", error=f"took longer than {timeout:g} s")
                else:
                    continue
                del flying[future]
                yield ended
