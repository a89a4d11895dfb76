"""The one runner of the project: tasks here, or in spawned processes that may be killed without harm."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, Literal, NamedTuple


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        index: place of the task in the list.
        status: "ok"; "failed" (it raised), "timeout", "crashed" (its process died).
        value: what it returned. error: traceback or reason.
    """

    index: int
    status: Literal["ok", "failed", "timeout", "crashed"]
    value: Any = None
    error: str = ""


def outcomes(function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]], *, workers: int = 1,
             timeout: float | None = None) -> Iterator[Outcome]:
    """Call function(*task) for every task; outcomes come as tasks end. One bad task never harms the others.

    Args:
        function: importable by name (it is sent to other processes).
        tasks: its arguments, each a tuple; read as they are needed.
        workers: processes; 1 runs the tasks in this one.
        timeout: seconds after which the process of a task is ended; in this one a task must end itself, with TimeoutError.
    """
    if workers > 1:
        yield from _in_processes(function, tasks, workers, timeout)
        return
    for index, task in enumerate(tasks):
        yield attempt(index, function, task)


def attempt(index: int, function: Callable[..., Any], task: tuple[Any, ...]) -> Outcome:
    """Call function(*task) here."""
    try:
        return Outcome(index, "ok", function(*task))
    except TimeoutError as error:
        return Outcome(index, "timeout", error=str(error))
    except Exception:
        return Outcome(index, "failed", error=traceback.format_exc())


class Job(NamedTuple):
    """A task under way: `outcome` never raises; `cancel` stops it, whatever it does."""

    outcome: Future[Outcome]
    cancel: Callable[[], bool]


class Workers:
    """Processes that stay, for tasks that come one by one (a server's)."""

    def __init__(self, workers: int = 1, nice: int = 0) -> None:
        """Nothing is started before the first task. `nice`: how far the processes stand back behind other work (POSIX)."""
        from pebble import ProcessPool

        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPool(max_workers=workers, initializer=_begin, initargs=(nice,), context=context)
        self._asked = count()

    def submit(self, function: Callable[..., Any], *task: Any, timeout: float | None = None) -> Job:
        """Call function(*task) in one of the processes."""
        index, answer = next(self._asked), Future[Outcome]()
        future = self._pool.schedule(function, args=task, timeout=timeout)

        future.add_done_callback(lambda done: answer.set_result(_outcome(index, done)))
        return Job(answer, future.cancel)

    def stop(self) -> None:
        """End the processes, whatever they do."""
        self._pool.stop()
        for process in multiprocessing.active_children():
            process.kill()
        self._pool.join()


def _in_processes(function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]], workers: int,
                  timeout: float | None) -> Iterator[Outcome]:
    crew, waiting, flying = Workers(workers), iter(tasks), set[Future[Outcome]]()
    try:
        while True:
            flying |= {crew.submit(function, *task, timeout=timeout).outcome for task in islice(waiting, 2 * workers - len(flying))}
            if not flying:
                return
            done, flying = wait(flying, return_when=FIRST_COMPLETED)
            yield from (one.result() for one in done)
    finally:
        crew._pool.stop()
        crew._pool.join()


def _begin(nice: int) -> None:
    """In a new process: stand back, leave Ctrl-C to the parent, and do not outlive it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _outcome(index: int, future: Future[Any]) -> Outcome:
    from pebble import ProcessExpired

    try:
        return Outcome(index, "ok", future.result())
    except TimeoutError as error:
        return Outcome(index, "timeout", error=f"took longer than {error.args[1]:g} s" if len(error.args) > 1 else str(error))
    except ProcessExpired as error:
        return Outcome(index, "crashed", error=f"its process died ({error})")
    except CancelledError:
        return Outcome(index, "failed", error="stopped")
    except Exception as error:
        return Outcome(index, "failed", error=getattr(error, "traceback", "") or repr(error))
