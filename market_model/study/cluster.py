"""Tasks on an existing Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from ..scenario import ScenarioError
from .extras import needed
from .runner import Outcome, attempt

ALONE = 60
"""Seconds to wait for the first worker."""


def in_cluster(function: Callable[..., Any], tasks: Iterator[tuple[Any, ...]], address: str) -> Generator[Outcome]:
    """Call function(*task) for every task on the workers of a scheduler; outcomes come as tasks end.

    A worker that dies costs nothing: its task begins again on another, and counts as crashed when it has taken several with it.

    Args: address: of the scheduler, e.g. "tcp://127.0.0.1:8786".
    Raises ScenarioError: no scheduler answers, or it has no workers.
    """
    dask = needed("distributed", "cluster")
    try:
        client = dask.Client(address, timeout=10)
        client.wait_for_workers(1, timeout=ALONE)
    except (OSError, ValueError, TimeoutError) as error:
        raise ScenarioError("--address", "", f"no scheduler answers at '{address}', or it has no workers ({error}); "
                            "start one with 'dask scheduler', and workers with 'dask worker ADDRESS --nthreads 1'") from None
    waiting, flying, index_of = enumerate(tasks), dask.as_completed(), dict[Any, int]()

    def send() -> None:
        for index, task in waiting:
            future = client.submit(attempt, index, function, task, pure=False)
            index_of[future] = index
            flying.add(future)
            if len(index_of) >= sum(client.nthreads().values()):
                return

    with client:
        send()
        for future in flying:
            index = index_of.pop(future)
            yield future.result() if future.status == "finished" else Outcome(index, "crashed", error=str(future.exception()))
            send()
