"""Tasks on an existing Dask cluster."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from ..scenario import ScenarioError
from .extras import needed
from .runner import Outcome, attempt

ANSWER, ALONE, TICK = 10.0, 60.0, 1.0
"""Seconds to wait for a scheduler's answer, for workers where there are none, and between looks at
tasks that do not end.
"""


def in_cluster(
    function: Callable[..., Any],
    tasks: Iterator[tuple[Any, ...]],
    address: str,
    timeout: float | None = None,
) -> Generator[Outcome]:
    """Call function(*task) for every task on the workers of a scheduler; outcomes come as tasks
    end.

    A worker that dies costs nothing: its task begins again on another. One that was there when
    several died runs once more alone, and only then counts as crashed: a neighbour may have killed
    them.

    Args: address: of the scheduler, e.g. "tcp://127.0.0.1:8786"; timeout: seconds after which the
    worker of a task is restarted.
    Raises ScenarioError: no scheduler answers, or it has no workers.
    """
    if not address:
        raise ScenarioError("--address", "", "is missing; give the scheduler's, as tcp://HOST:8786")
    dask = needed("distributed", "cluster")
    try:
        client = dask.Client(address, timeout=ANSWER)
    except (OSError, ValueError, TimeoutError) as error:
        raise ScenarioError(
            "--address",
            "",
            f"no scheduler answered at '{address}' within {ANSWER:g} s ({error}); start "
            "one with 'dask scheduler', and workers with 'dask worker ADDRESS --nthreads 1'",
        ) from None
    waiting, flying = enumerate(tasks), dict[Any, tuple[int, tuple[Any, ...]]]()
    suspects, alone = dict[int, tuple[Any, ...]](), set[int]()
    since, deserted = dict[tuple[str, str], float](), None
    with client:
        while True:
            threads = client.nthreads()
            room = sum(threads.values()) - len(flying)
            for index, task in islice(waiting, max(0, room)):
                flying[client.submit(attempt, index, function, task, pure=False)] = index, task
            if not flying and room > 0:
                if not suspects:
                    return
                index, task = suspects.popitem()
                alone.add(index)
                flying[client.submit(attempt, index, function, task, pure=False)] = index, task
            # from the first look that found none: a look may come long after the one before
            deserted = None if threads else deserted or time.monotonic()
            if deserted and time.monotonic() - deserted > ALONE:
                raise ScenarioError(
                    "--address",
                    "",
                    f"the cluster at '{address}' has no workers; what is done is kept; start 'dask "
                    "worker ADDRESS --nthreads 1', then run the same command again",
                )
            with suppress(TimeoutError):
                dask.wait(
                    list(flying), timeout=TICK, return_when="FIRST_COMPLETED"
                ) if flying else time.sleep(TICK)
            since = (
                _running(client, [future.key for future in flying], threads, since)
                if timeout is not None
                else since
            )
            late = {
                key: worker
                for (worker, key), begun in since.items()
                if time.monotonic() - begun > (timeout or 0)
            }
            for future, (index, task) in list(flying.items()):
                if future.status == "finished":
                    ended = future.result()
                elif future.done() and index not in alone:
                    suspects[index] = task
                    del flying[future]
                    continue
                elif future.done():
                    ended = Outcome(index, "crashed", error=str(future.exception()))
                elif future.key in late:
                    # first: else it begins again on another worker while this one restarts
                    future.cancel()
                    with suppress(
                        ValueError, OSError, TimeoutError
                    ):  # a worker without a nanny cannot be restarted
                        client.restart_workers([late[future.key]])
                    ended = Outcome(index, "timeout", error=f"took longer than {timeout:g} s")
                else:
                    continue
                del flying[future]
                yield ended


def _running(
    client: Any, keys: list[str], threads: dict[str, int], since: dict[tuple[str, str], float]
) -> dict[tuple[str, str], float]:
    """Since when each worker has had each task under way: the clock of a task begins again when it
    comes to another worker, and does not begin while it waits there behind an older one."""
    age, now = {key: place for place, key in enumerate(keys)}, time.monotonic()
    there = {
        worker: sorted((key for key in held if key in age), key=age.__getitem__)
        for worker, held in client.processing().items()
    }
    runs = [
        (worker, key) for worker, held in there.items() for key in held[: threads.get(worker, 0)]
    ]
    return {run: since.get(run, now) for run in runs}
