"""Runs that pages ask for: each is computed once, in a worker process, and kept for all visitors."""

import os
from collections import OrderedDict
from concurrent.futures import Future
from functools import cache
from threading import Lock

from ..study.runner import Outcome, Workers
from ..words import Language
from .playback import simulate

type Asked = tuple[str, int, Language]

FIRST_STORY = "china-2013"
KEPT = 48
"""Runs kept; one takes some 150 kB."""
NICE = 5
"""How far the workers stand back behind the server, so that clicks are answered while they compute."""
PATIENCE = 600.0
"""Seconds after which a run is given up."""


class Runs:
    """Runs by story, seed and language."""

    def __init__(self, workers: int) -> None:
        self._workers = Workers(workers, NICE)
        self._asked: OrderedDict[Asked, Future[Outcome]] = OrderedDict()
        self._lock = Lock()

    def ask(self, story: str, seed: int, language: Language) -> Future[Outcome]:
        """The run, computed or under way; its value is a `Playback`. Only failures are tried again."""
        asked = story, seed, language
        with self._lock:
            known = self._asked.pop(asked, None)
            if known is None or (known.done() and known.result().status != "ok"):
                known = self._workers.submit(simulate, *asked, timeout=PATIENCE)
            self._asked[asked] = known
            while len(self._asked) > KEPT:
                self._asked.popitem(last=False)
        return known

    def stop(self) -> None:
        """End the worker processes, whatever they compute."""
        self._workers.stop()

    @property
    def warm(self) -> bool:
        """Whether a run has ended, so that the next one need not wait for imports."""
        return any(run.done() for run in list(self._asked.values()))


@cache
def runs() -> Runs:
    """The runs of this server."""
    return Runs(max(1, min(4, (os.cpu_count() or 1) - 1)))
