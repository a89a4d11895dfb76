"""The one runner of the project: tasks here, or in spawned processes that may be killed without
harm.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from queue import Empty, SimpleQueue
from typing import Any, Literal, NamedTuple

from ..errors import BadInput

UNGUARDED = 64
"""Exit code of a process that met a script which starts processes while it is being imported."""


class Unguarded(BadInput):
    """A script asks for processes each of which, importing it, would ask again."""

    def __init__(self) -> None:
        super().__init__(
            "workers",
            "",
            "each process imports the script that asks for it: keep the script in a file, its "
            'work under `if __name__ == "__main__":`, or give workers=1',
        )


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        index: place of the task in the list.
        status: "ok"; "failed" (it raised), "timeout", "crashed" (its process died, twice).
        value: what it returned, or the bad input that it met. error: traceback or reason.
    """

    index: int
    status: Literal["ok", "failed", "timeout", "crashed"]
    value: Any = None
    error: str = ""


def outcomes(
    function: Callable[..., Any],
    tasks: Iterable[tuple[Any, ...]],
    *,
    workers: int = 1,
    timeout: float | None = None,
) -> Generator[Outcome]:
    """Call function(*task) for every task; outcomes come as tasks end. One bad task never harms the
    others.

    Args:
        function: importable by name (it is sent to other processes).
        tasks: its arguments, each a tuple; read as they are needed.
        workers: processes; 1 runs the tasks in this one. More import the script that asks, whose
            work must stand under `if __name__ == "__main__":`, else Unguarded.
        timeout: seconds after which the process of a task is ended; in this one a task must end
            itself, with TimeoutError.
    """
    if workers > 1:
        return _in_processes(function, tasks, workers, timeout)
    return (attempt(index, function, task) for index, task in enumerate(tasks))


def attempt(index: int, function: Callable[..., Any], task: tuple[Any, ...]) -> Outcome:
    """Call function(*task) here."""
    try:
        return Outcome(index, "ok", function(*task))
    except TimeoutError as error:
        return Outcome(index, "timeout", error=str(error))
    except BadInput as error:
        return Outcome(index, "failed", error, str(error))
    except Exception:
        return Outcome(index, "failed", error=traceback.format_exc())


class Job(NamedTuple):
    """A task under way: `outcome` never raises, and is running from when the task has begun.

    `cancel` leaves out one that has not begun; it ends one that runs, and its process, whatever it
    does.
    """

    outcome: Future[Outcome]
    cancel: Callable[[], None]


class Workers:
    """Processes that stay, for tasks that come one by one.

    Each has a pipe of its own, so that one that dies takes its task with it and nothing else: pools
    with a common queue lose or block other tasks when a process is killed with the queue's lock in
    its hands.
    """

    def __init__(
        self, workers: int = 1, nice: int = 0, ready: Callable[[], Any] | None = None
    ) -> None:
        """Nothing is started before the first task. `nice`: how far the processes stand back
        behind other work (POSIX). `ready`: called in a new process before it takes a task, which
        those that are ready may take meanwhile.
        """
        self._workers, self._nice, self._ready = workers, nice, ready
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._processes: dict[int, BaseProcess] = {}
        self._asked, self._open, self._lock = count(), 0, threading.Lock()
        self._stopped = False

    def submit(self, function: Callable[..., Any], *task: Any, timeout: float | None = None) -> Job:
        """Call function(*task) in one of the processes; another is started where all are busy."""
        asked = _Task(next(self._asked), (function, task), timeout)
        self._tasks.put(asked)
        with self._lock:
            self._open += 1
            if len(self._threads) < min(self._workers, self._open):
                place = len(self._threads)
                self._threads.append(
                    threading.Thread(target=self._serve, args=(place,), daemon=True)
                )
                self._threads[-1].start()
        return Job(asked.outcome, asked.cancel)

    def stop(self) -> None:
        """End the processes, whatever they do."""
        self._stopped = True
        with suppress(Empty):
            while True:
                self._tasks.get_nowait()
        for _ in self._threads:
            self._tasks.put(None)
        for process in list(self._processes.values()):
            process.kill()
            process.join()

    def _serve(self, place: int) -> None:
        """Give tasks to one process, and to another when it has died."""
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(
                signal.SIG_BLOCK, {signal.SIGINT}
            )  # its processes inherit that, from their first moment
        pipe = self._started(place)
        while (task := self._tasks.get()) is not None:
            if not self._processes[place].is_alive():
                pipe = self._started(place)
            outcome = task.done_by(self._processes[place], pipe)
            if outcome.status == "crashed" and not self._stopped:  # something else may have done it
                pipe = self._started(place)
                outcome = task.done_by(self._processes[place], pipe)
            with self._lock:
                self._open -= 1
            task.outcome.set_result(outcome)

    def _started(self, place: int) -> Connection[Any, Any]:
        """The pipe to a new process, which is ready."""
        context = multiprocessing.get_context("spawn")
        pipe, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._nice), daemon=True)
        process.start()
        theirs.close()
        self._processes[place] = process  # started, so that `stop` can end it
        if self._ready is not None:
            _Task(-1, (self._ready, ()), None).done_by(process, pipe)
        return pipe


class _Task:
    """A task on its way through a process."""

    def __init__(
        self, index: int, call: tuple[Callable[..., Any], tuple[Any, ...]], timeout: float | None
    ) -> None:
        self.outcome = Future[Outcome]()
        self._index, self._call, self._timeout = index, call, timeout
        self._lock, self._cancelled = threading.Lock(), False
        self._process: BaseProcess | None = None

    def cancel(self) -> None:
        """End it, and the process that does it; one that has not begun is not begun, or, where a
        process already imports what it needs, ends by itself.
        """
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                self._process.kill()

    def done_by(self, process: BaseProcess, pipe: Connection[Any, Any]) -> Outcome:
        """Wait until the process has done it, or has died; it is ended when it takes too long."""
        with self._lock:
            if self._cancelled:
                return Outcome(self._index, "failed", error="stopped")
        try:
            pipe.send((self._index, pickle.dumps(self._call)))
            pipe.recv()  # it has begun: what it imports costs no task its time
            with self._lock:
                self._process = process
            if not self.outcome.running():  # else it is the second try
                self.outcome.set_running_or_notify_cancel()
            if not wait_for([pipe, process.sentinel], self._timeout):
                process.kill()
                process.join()
                return Outcome(
                    self._index, "timeout", error=f"took longer than {self._timeout:g} s"
                )
            return pipe.recv()
        except (EOFError, OSError):
            process.join()
            if self._cancelled:
                return Outcome(self._index, "failed", error="stopped")
            if process.exitcode == UNGUARDED:
                bad = Unguarded()
                return Outcome(self._index, "failed", bad, str(bad))
            return Outcome(
                self._index, "crashed", error=f"its process died (exit code {process.exitcode})"
            )
        except Exception:
            return Outcome(self._index, "failed", error=traceback.format_exc())  # it cannot be sent
        finally:
            with self._lock:
                self._process = None


def _in_processes(
    function: Callable[..., Any],
    tasks: Iterable[tuple[Any, ...]],
    workers: int,
    timeout: float | None,
) -> Generator[Outcome]:
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        os._exit(UNGUARDED)  # the standard library's mark of one that still imports its script
    if getattr(sys.modules["__main__"], "__file__", None) == "<stdin>":
        raise Unguarded
    crew, waiting, flying = Workers(workers), iter(tasks), set[Future[Outcome]]()
    try:
        while True:
            flying |= {
                crew.submit(function, *task, timeout=timeout).outcome
                for task in islice(waiting, 2 * workers - len(flying))
            }
            if not flying:
                return
            done, flying = wait(flying, return_when=FIRST_COMPLETED)
            for one in done:
                outcome = one.result()
                if isinstance(outcome.value, Unguarded):
                    raise outcome.value
                yield outcome
    finally:
        crew.stop()


def _work(pipe: Connection[Any, Any], nice: int) -> None:
    """A process: stands back, leaves Ctrl-C to the parent, and does not outlive it, however it
    ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError):
        while True:
            index, call = pipe.recv()
            read = attempt(index, pickle.loads, (call,))
            pipe.send(index)
            ended = attempt(index, *read.value) if read.status == "ok" else read
            try:
                pipe.send(ended)
            except (pickle.PicklingError, TypeError, AttributeError):
                pipe.send(Outcome(index, "failed", error=traceback.format_exc()))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
