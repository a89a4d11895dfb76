"""Runs that pages ask for: each is computed once, in a worker process, and kept for all visitors
as files that grow.
"""

from __future__ import annotations

import asyncio
import atexit
import math
import os
import shutil
import tempfile
import time
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from ..scenario import Scenario
from ..words import Language
from ..words.catalogue import OWN
from ..work.runner import Job, Outcome, Workers
from .place import Place
from .playback import POINT, ready, rehearse, simulate
from .texts import say

if TYPE_CHECKING:
    from starlette.requests import Request

JOBS_KEPT = 64
"""Games that are remembered as far as they are played."""
KEPT = 48
"""Runs kept; one takes less than a megabyte, the largest thirty."""
OTHERS = 4
"""Runs that keep points from which a changed one goes on."""
NICE = 5
"""How far the workers stand back behind the server, so that clicks are answered while they
compute; further back, they would starve on a busy computer.
"""
PATIENCE = 600.0
"""Seconds after which a run is given up."""
DESERTED = 10.0
"""Seconds without a reader after which a run is stopped."""
TICK = 0.02
"""Seconds between looks at what workers do."""
PIECE = 1 << 17
"""Most bytes sent at once."""


class Crashed(Exception):
    """A worker has nothing to give."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__((outcome.error.strip().splitlines() or [outcome.status])[-1])
        self.status = "crashed" if "MemoryError" in str(self) else outcome.status


def ended(error: Crashed | OSError, language: Language) -> str:
    """Why there is nothing to show, for readers."""
    status = error.status if isinstance(error, Crashed) else "failed"
    return say(f"ended.{status}", language, reason=error, minutes=round(PATIENCE / 60))


class Jobs:
    """Tasks that are remembered by key, the last one asked for last; at most `JOBS_KEPT`."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def job(self, key: str, task: Callable[..., Any], *args: Any) -> Job:
        """A task, begun once in a worker process. One that failed is tried again."""
        job = self._jobs.pop(key, None)
        if job is None or (job.outcome.done() and job.outcome.result().status != "ok"):
            job = runs().workers.submit(task, *args, timeout=PATIENCE)
        self._jobs[key] = job
        while len(self._jobs) > JOBS_KEPT:
            self._jobs.popitem(last=False)
        return job


def value_of(outcome: Outcome) -> Any:
    """What a task returned. Raises Crashed."""
    if outcome.status != "ok":
        raise Crashed(outcome)
    return outcome.value


async def answered(job: Job, request: Request) -> Any:
    """What a task returns to a reader. Without one it is not begun; one that runs has `DESERTED`
    seconds to come to its end, as its process costs more to start than most tasks take. Raises
    Crashed.
    """
    since = math.inf
    while not job.outcome.done():
        await asyncio.sleep(TICK)
        if job.outcome.running():
            since = min(since, time.monotonic())
        waits = not job.outcome.running()
        if (waits or time.monotonic() - since > DESERTED) and await request.is_disconnected():
            job.cancel()
    return value_of(job.outcome.result())


@dataclass
class Kept:
    """A run, computed or under way.

    Attributes:
        place: what it is a run of. folder: its files. outcome: how its task ended.
        points: folder of the points from which a changed run goes on.
        read_at: when somebody last read of it, monotonic seconds.
    """

    place: Place
    folder: Path
    outcome: Future[Outcome]
    points: Path
    read_at: float = 0.0

    def piece(self, part: str, start: int) -> tuple[bytes, bool]:
        """Bytes of a part from `start` on, and whether more may come."""
        self.read_at = time.monotonic()
        over = self.outcome.done()
        path = self.folder / part
        if not path.is_file():
            return b"", not over
        with path.open("rb") as file:
            file.seek(start)
            found = file.read(PIECE)
            return found, not over or bool(file.read(1))

    @property
    def failed(self) -> bool:
        """Whether it has no end and will have none."""
        return self.outcome.done() and self.outcome.result().status != "ok"


class Runs:
    """Runs by key."""

    def __init__(self, workers: int) -> None:
        self.workers = Workers(workers, NICE, ready)
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="market-model-"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        Thread(target=self._stop_deserted, daemon=True).start()

    def ask(self, place: Place, *, unread: bool = False) -> Kept:
        """The run. One that failed is tried again. `unread`: it may wait for its first reader.

        Raises:
            ScenarioError: there can be no such run.
        """
        scenario, key = place.loaded()
        with self._lock:
            known = self._kept.pop(key, None)
            if known and known.failed:
                self._drop(known)
                known = None
            self._kept[key] = known = known or self._start(key, place, scenario)
            known.read_at = math.inf if unread else time.monotonic()
            while len(self._kept) > KEPT:
                _, oldest = self._kept.popitem(last=False)
                self._drop(oldest)
        return known

    def rehearse(self, place: Place) -> None:
        """Somebody is about to change this run: a worker process is ready for that, and knows
        points to go on from. Raises ScenarioError.
        """
        known = self.ask(place)
        with self._lock:
            if known.points != known.folder or known.place.key() not in shipped():
                return
            known.points = Path(tempfile.mkdtemp(prefix="points-", dir=self._folder))
        self.workers.submit(rehearse, place, str(known.points), timeout=PATIENCE)

    def stop(self) -> None:
        """End the worker processes, whatever they compute."""
        self.workers.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, key: str, place: Place, scenario: Scenario) -> Kept:
        folder = Path(tempfile.mkdtemp(prefix=f"{key}-", dir=self._folder))
        if key in shipped():
            with zipfile.ZipFile(shipped()[key]) as stored:
                stored.extractall(folder)
            done = Future[Outcome]()
            done.set_result(Outcome(0, "ok"))
            return Kept(place, folder, done, folder)
        others = self._others(place)
        job = self.workers.submit(simulate, place, str(folder), scenario, others, timeout=PATIENCE)
        return Kept(place, folder, job.outcome, folder)

    def _others(self, place: Place) -> list[tuple[Place, str]]:
        """The last runs of the story with the same luck, and where their points lie; those of
        older ones are thrown away.
        """
        alike = [
            run
            for run in self._kept.values()
            if (run.place.story, run.place.seed, run.place.seat) == (place.story, place.seed, "")
        ]
        recent = alike[-OTHERS:]
        for run in self._kept.values():
            for point in [] if run in recent else run.points.glob(f"*{POINT}"):
                point.unlink(missing_ok=True)
        return [(run.place, str(run.points)) for run in recent]

    @staticmethod
    def _drop(kept: Kept) -> None:
        """A run under way finds its folder gone, and ends; its worker goes on with the next."""
        gone = kept.folder.with_name(f"{kept.folder.name}-gone")
        with suppress(OSError):
            kept.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        if kept.points != kept.folder:
            shutil.rmtree(kept.points, ignore_errors=True)

    def _stop_deserted(self) -> None:
        while True:
            time.sleep(2.0)
            with self._lock:
                old = [
                    k
                    for k, run in self._kept.items()
                    if not run.outcome.done() and time.monotonic() - run.read_at > DESERTED
                ]
                for key in old:
                    self._drop(self._kept.pop(key))


@cache
def shipped() -> dict[str, Path]:
    """Recordings that come with the package, by key: their first pictures need no computing. {}
    where words of a user's own hold, which they do not have.
    """
    if os.environ.get(OWN):
        return {}
    folder = Path(str(files(__package__).joinpath("recordings")))
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as stored:
            found[stored.comment.decode()] = path
    return found


@cache
def runs() -> Runs:
    """The runs of this server."""
    return Runs(max(2, min(4, (os.cpu_count() or 1) - 1)))
