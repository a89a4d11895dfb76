"""A game that runs: messages in, one commit for all that wait, and only then answers and new views."""

from __future__ import annotations

import asyncio
import time
from collections import ChainMap, Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from sqlite3 import Error as NotKept
from typing import TYPE_CHECKING, Any, NamedTuple

from ..study.runner import Outcome
from .act import Asked, Message, Problem, act
from .log import Draft, Event, Log
from .state import State, apply, fold, sealed
from .tables import debriefing, resolve, stages, what_if
from .texts import say

if TYPE_CHECKING:
    from ..game.counterfactuals import Part
    from ..game.told import Told

type Submit = Callable[..., Future[Outcome]]
"""Calls a function of `tables` with its arguments in another process."""

RETRY = 1.0
"""Seconds after which a disk that failed is tried again."""
TRIES = 3
"""How often a table is asked for the same: its process may have been killed."""


class Posted(NamedTuple):
    """A message from a player ("p1" …), the "host" or a "stranger"."""

    who: str
    message: Message


@dataclass
class Plan:
    """What a batch of messages leads to once it is stored; `errors`: of each message, None if it is done."""

    state: State
    events: list[Event] = field(default_factory=list)
    drafts: dict[str, Draft] = field(default_factory=dict)
    errors: list[tuple[str, ...] | None] = field(default_factory=list)


class Lesson:
    """A game under way.

    Attributes:
        log, state: what happened, and where that leads. drafts: by place.
        told: by market and serial of the last round; debriefs: and number of their parts; parts: and part.
        asked: what the tables compute now.
        problems: with a player's last decision. online: open pages of each viewer. refused: messages by reason.
        tries: how often a table was asked.
        trouble: the last that went wrong. commit: seconds that the last one took. changed: called when there is something new to see.
    """

    def __init__(self, log: Log, submit: Submit) -> None:
        self.log, self.state, self.drafts = log, fold(log.events()), log.drafts()
        self.told: dict[tuple[int, int], Told] = {}
        self.debriefs: dict[tuple[int, int, int], dict[str, str]] = {}
        self.parts: dict[tuple[int, int, Part], dict[str, Any]] = {}
        self.asked, self.tries = set[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
        self.problems: dict[str, tuple[str, ...]] = {}
        self.online, self.refused = Counter[str](), Counter[str]()
        self.trouble, self.commit = "", 0.0
        self.changed: Callable[[], None] = lambda: None
        self._submit = submit
        self._inbox: asyncio.Queue[tuple[Posted, asyncio.Future[tuple[str, ...] | None]] | None] = asyncio.Queue()

    # ------------------------------------------------------------------ without a clock or a loop

    def handle(self, batch: Sequence[Posted], now: float) -> Plan:
        """Do what messages ask for and what is due, durably."""
        plan = self.plan(batch, now)
        self.keep(plan)
        self.adopt(plan)
        return plan

    def plan(self, batch: Sequence[Posted], now: float) -> Plan:
        """What a batch leads to; nothing has happened yet."""
        plan = Plan(self.state)
        for posted in batch:
            plan.errors.append(self._one(plan, posted, now))
        self._happen(plan, self._due(plan, now))
        return plan

    def keep(self, plan: Plan) -> None:
        """Raises sqlite3.Error."""
        if plan.events or plan.drafts:
            begun = time.monotonic()
            self.log.keep(plan.events, list(plan.drafts.values()))
            self.commit = time.monotonic() - begun

    def adopt(self, plan: Plan) -> None:
        """What has been kept is so."""
        self.state = plan.state
        self.drafts |= plan.drafts
        self.ask()

    def _one(self, plan: Plan, posted: Posted, now: float) -> tuple[str, ...] | None:
        """Add what one message leads to; what is wrong with it."""
        if posted.message.id in self.log.keys or any(event.key == posted.message.id for event in plan.events):
            return None
        try:
            found = act(Asked(plan.state, self.told, ChainMap(plan.drafts, self.drafts), *posted, now))
        except Problem as problem:
            if posted.message.do == "decide":
                self.problems[posted.who] = problem.args
            return problem.args
        except (KeyError, ValueError, IndexError):
            self.refused["forged"] += 1
            return (say("problem.refused", self.state.language),)
        if isinstance(found, Draft):
            plan.drafts[found.place] = found
        else:
            self.problems.pop(posted.who, None)
            self._happen(plan, [found])
        return None

    @staticmethod
    def _happen(plan: Plan, events: Iterable[Event]) -> None:
        for event in events:
            plan.events.append(event)
            plan.state = apply(plan.state, event)

    def _due(self, plan: Plan, now: float) -> Iterable[Event]:
        """What happens by itself: a round is sealed, or its outcome known."""
        state = plan.state
        if state.phase == "open" and state.paused is None and (state.everybody_in() or not state.remaining(now)):
            yield sealed(state, ChainMap(plan.drafts, self.drafts))
        if state.phase == "resolving" and all((m, state.serial) in self.told for m in range(state.markets)):
            yield Event("resolved", {"digests": [self.told[m, state.serial].digest for m in range(state.markets)]})

    # ------------------------------------------------------------------ the tables

    def ask(self) -> None:
        """Ask for what the tables have not told yet."""
        state = self.state
        for market in range(state.markets):
            place = market, state.serial
            if place not in self.told:
                self._ask(self.told, place, resolve, state.setup, market, [one.of(market) for one in state.rounds])
            if state.phase == "debrief":
                self._ask_debrief(market, state.shown)

    def _ask_debrief(self, market: int, serial: int) -> None:
        """Ask for what can be told soon, and only then for the rest."""
        for parts in stages(self.state, market):
            found = {part: self.parts[market, serial, part] for part in parts if (market, serial, part) in self.parts}
            for part in parts:
                if part not in found:
                    self._ask(self.parts, (market, serial, part), what_if, self.state, market, part)
            if (market, serial, len(parts)) not in self.debriefs:
                if len(found) == len(parts):
                    self._ask(self.debriefs, (market, serial, len(parts)), debriefing, self.state, market, found)
                return

    def _ask(self, found: dict[Any, Any], place: tuple[Any, ...], function: Callable[..., Any], *task: Any) -> None:
        def done(future: Future[Outcome]) -> None:  # in a thread of the tables
            outcome = future.result()
            if outcome.status == "ok":
                found[place] = outcome.value
            self.trouble = outcome.error.strip().rpartition("\n")[2]
            self.asked.discard(key)
            self.wake()

        key = function.__name__, *place
        if key not in self.asked and self.tries[key] < TRIES:
            self.tries[key] += 1
            self.asked.add(key)
            self._submit(function, *task).add_done_callback(done)

    # ------------------------------------------------------------------ with both

    async def post(self, posted: Posted) -> tuple[str, ...] | None:
        """Have a message done: what is wrong with it, or None when it is on the disk."""
        answer = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait((posted, answer))
        return await answer

    def wake(self) -> None:
        """Look whether something is due; from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the server has ended
                self._loop.call_soon_threadsafe(self._inbox.put_nowait, None)

    _loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        self._loop = asyncio.get_running_loop()
        self.ask()
        while True:
            batch = await self._waiting()
            plan = self.plan([posted for posted, _ in batch], time.time())
            try:
                await asyncio.to_thread(self.keep, plan)
            except NotKept as error:
                self.trouble = f"{self.log.path}: {error}"
                plan.errors = [(say("problem.disk", self.state.language),)] * len(batch)
                await asyncio.sleep(RETRY)
            else:
                self.adopt(plan)
            for (_, answer), error in zip(batch, plan.errors, strict=True):
                if not answer.done():
                    answer.set_result(error)
            self.changed()

    async def _waiting(self) -> list[tuple[Posted, asyncio.Future[tuple[str, ...] | None]]]:
        """All messages that wait; none when the clock has run out first."""
        running = self.state.until is not None and self.state.phase == "open"
        found: list[tuple[Posted, asyncio.Future[tuple[str, ...] | None]] | None] = []
        with suppress(TimeoutError):
            found.append(await asyncio.wait_for(self._inbox.get(), self.state.remaining(time.time()) if running else None))
        while not self._inbox.empty():
            found.append(self._inbox.get_nowait())
        return [one for one in found if one is not None]
