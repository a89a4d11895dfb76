"""The one runner of the project: tasks here, or in spawned processes that may be killed without harm."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pebble import ProcessPool

type Status = Literal["ok", "failed", "timeout", "crashed"]


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        index: place of the task in the list.
        status: "ok"; "failed" (it raised), "timeout", "crashed" (its process died).
        value: what it returned. error: traceback or reason. seconds: wall time where known.
    """

    index: int
    status: Status
    value: Any = None
    error: str = ""
    seconds: float = 0.0


def outcomes(function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]], *, workers: int = 1,
             timeout: float | None = None, isolated: bool = False) -> Iterator[Outcome]:
    """Call function(*task) for every task; outcomes come as tasks end. One bad task never harms the others.

    Args:
        function: importable by name (it is sent to other processes).
        tasks: its arguments, each a tuple; read as they are needed.
        workers: processes; 1 runs the tasks in this process unless `isolated`.
        timeout: seconds a task may take (only where it has a process of its own).
        isolated: use a process even for one worker.
    """
    if workers <= 1 and not isolated and timeout is None:
        yield from _here(function, tasks)
    else:
        yield from _in_processes(function, tasks, max(1, workers), timeout)


class Workers:
    """Processes that stay, for tasks that come one by one (a server's)."""

    def __init__(self, workers: int = 1, nice: int = 0) -> None:
        """Nothing is started before the first task.

        Args:
            workers: how many processes.
            nice: how far they stand back behind other work (POSIX).
        """
        self._pool = _pool(workers, nice)
        self._asked = count()

    def submit(self, function: Callable[..., Any], *task: Any,
               timeout: float | None = None) -> Future[Outcome]:
        """Call function(*task) in one of the processes; the future never raises."""
        index, answer = next(self._asked), Future[Outcome]()
        future = self._pool.schedule(_timed, args=[function, *task], timeout=timeout)
        future.add_done_callback(lambda done: answer.set_result(_outcome(index, done)))
        return answer

    def stop(self) -> None:
        """End the processes, whatever they do."""
        self._pool.stop()
        for process in multiprocessing.active_children():
            process.kill()
        self._pool.join()


def _here(function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Outcome]:
    for index, task in enumerate(tasks):
        begin = time.perf_counter()
        try:
            value = function(*task)
        except Exception:
            yield Outcome(index, "failed", error=traceback.format_exc(), seconds=time.perf_counter() - begin)
        else:
            yield Outcome(index, "ok", value, seconds=time.perf_counter() - begin)


def _in_processes(function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]], workers: int,
                  timeout: float | None) -> Iterator[Outcome]:
    waiting = iter(enumerate(tasks))
    flying: dict[Future[Any], int] = {}
    with _pool(workers) as pool:
        try:
            while True:
                for index, task in islice(waiting, 2 * workers - len(flying)):
                    flying[pool.schedule(_timed, args=[function, *task], timeout=timeout)] = index
                if not flying:
                    return
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    yield _outcome(flying.pop(future), future)
        finally:
            for future in flying:
                future.cancel()
            pool.stop()


def _pool(workers: int, nice: int = 0) -> ProcessPool:
    from pebble import ProcessPool

    context = multiprocessing.get_context("spawn")
    return ProcessPool(max_workers=workers, initializer=_begin, initargs=(nice,), context=context)


def _begin(nice: int) -> None:
    """In a new process: stand back, and do not outlive the parent, however that ends."""
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _timed(function: Callable[..., Any], *task: Any) -> tuple[Any, float]:
    begin = time.perf_counter()
    return function(*task), time.perf_counter() - begin


def _outcome(index: int, future: Future[Any]) -> Outcome:
    from pebble import ProcessExpired

    try:
        value, seconds = future.result()
        return Outcome(index, "ok", value, seconds=seconds)
    except TimeoutError as error:
        return Outcome(index, "timeout", error=f"took longer than {error.args[1] if len(error.args) > 1 else 'allowed'} s")
    except ProcessExpired as error:
        return Outcome(index, "crashed", error=f"its process died ({error})")
    except Exception as error:
        return Outcome(index, "failed", error=getattr(error, "traceback", "") or repr(error))
