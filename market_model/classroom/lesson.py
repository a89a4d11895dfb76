"""A game that runs: messages in, one commit for all that wait, and only then answers and new
views.
"""

from __future__ import annotations

import asyncio
import time
from collections import ChainMap, Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from sqlite3 import Error as NotKept
from typing import TYPE_CHECKING, Any, NamedTuple

from ..study.runner import Outcome
from .act import Asked, Message, Problem, WrongDecision, act, say
from .log import Draft, Event, Log
from .state import State, apply, sealed, stored
from .tables import debriefing, resolve, stages, what_if

if TYPE_CHECKING:
    from ..game.counterfactuals import Part
    from ..game.told import Told

type Submit = Callable[..., Future[Outcome]]
"""Calls a function of `tables` with its arguments in another process."""
type Wrong = tuple[str, ...] | None
"""What is wrong with a message, in sentences; None if it is done."""

RETRY = 1.0
"""Seconds after which a disk that failed is tried again."""
AWAY = 15.0
"""Seconds without a page after which nobody waits for a player; a phone that is looked at again
is back within two."""
TRIES = 3
"""How often a table is asked for the same: its process may have been killed."""


class Posted(NamedTuple):
    """A message from a player ("p1" …), the "host" or a "stranger"."""

    who: str
    message: Message


@dataclass
class Plan:
    """What a batch of messages leads to once it is stored; `errors`: of each message."""

    state: State
    events: list[Event] = field(default_factory=list)
    drafts: dict[str, Draft] = field(default_factory=dict)
    errors: list[Wrong] = field(default_factory=list)

    def happen(self, event: Event) -> None:
        self.events.append(event)
        self.state = apply(self.state, event)


class Lesson:
    """A game under way.

    Attributes:
        log, state: what happened, and where that leads. drafts: by place.
        told: by market and serial of the last round; debriefs: and number of their parts; parts:
            and part.
        asked: what the tables compute now; tries: how often they were asked.
        problems: with the last decision, by place. online: open pages of each viewer. refused:
            messages by reason.
        troubles: what is wrong now, by market and what is computed of it, or "disk". commit:
            seconds that the last one took.
        changed: called when there is something new to see.
    """

    def __init__(self, log: Log, submit: Submit) -> None:
        self.log, self.state, self.drafts = log, stored(log), log.drafts()
        self.told: dict[tuple[int, int], Told] = {}
        self.debriefs: dict[tuple[int, int, int], dict[str, str]] = {}
        self.parts: dict[tuple[int, int, Part], dict[str, Any]] = {}
        self.asked, self.tries = set[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
        self.problems: dict[str, tuple[str, ...]] = {}
        self.online, self.refused = Counter[str](), Counter[str]()
        self._gone = dict.fromkeys(self.state.players, time.monotonic())
        self.troubles, self.commit = dict[object, str](), 0.0
        self.changed: Callable[[], None] = lambda: None
        self._submit = submit
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inbox: asyncio.Queue[tuple[Posted, asyncio.Future[Wrong]] | None] = asyncio.Queue()

    # ------------------------------------------------------------------ without a clock or a loop

    def plan(self, batch: Sequence[Posted], now: float) -> Plan:
        """What a batch leads to, and what happens by itself: a round is sealed, or its outcome
        known. Nothing has happened yet.
        """
        plan, away = Plan(self.state), self.away()
        for posted in batch:
            plan.errors.append(self._one(plan, posted, now, away))
        state = plan.state
        if (
            state.phase == "open"
            and state.paused is None
            and (state.everybody_in(away) or not state.remaining(now))
        ):
            plan.happen(sealed(state, ChainMap(plan.drafts, self.drafts)))
        elif state.phase == "resolving" and all(
            (m, state.serial) in self.told for m in range(state.markets)
        ):
            plan.happen(
                Event(
                    "resolved",
                    {"digests": [self.told[m, state.serial].digest for m in range(state.markets)]},
                )
            )
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

    def _one(self, plan: Plan, posted: Posted, now: float, away: Collection[str]) -> Wrong:
        """Add what one message leads to; what is wrong with it."""
        if posted.message.id in self.log.keys or any(
            event.key == posted.message.id for event in plan.events
        ):
            return None
        try:
            found = act(
                Asked(plan.state, self.told, ChainMap(plan.drafts, self.drafts), *posted, now, away)
            )
        except Problem as problem:
            if posted.message.do == "decide" and isinstance(problem, WrongDecision):
                self.problems[plan.state.place(posted.who)] = problem.args
            return problem.args
        except (KeyError, ValueError, IndexError):
            self.refused["forged"] += 1
            return (say("refused", self.state.language),)
        if isinstance(found, Draft):
            plan.drafts[found.place] = found
        else:
            if found.kind == "decided":
                self.problems.pop(plan.state.place(posted.who), None)
            plan.happen(found)
        return None

    def away(self) -> frozenset[str]:
        """Players who have had no page for some time: nobody waits for them."""
        return frozenset(number for number, rest in self._patience().items() if rest <= 0.0)

    def _patience(self) -> dict[str, float]:
        """Seconds for which players without a page are still waited for."""
        now = time.monotonic()
        return {
            number: self._gone.setdefault(number, now) + AWAY - now
            for number in self.state.players
            if not self.online[number]
        }

    def count(self, who: str, pages: int) -> None:
        """So many pages more of a viewer are open."""
        self.online[who] += pages
        self._gone[who] = time.monotonic()

    # ------------------------------------------------------------------ the tables

    def ask(self) -> None:
        """Ask for what the tables have not told yet."""
        state = self.state
        for market in range(state.markets):
            place = market, state.serial
            self._ask(
                self.told,
                place,
                resolve,
                state.setup,
                market,
                [one.of(market) for one in state.rounds],
            )
            if state.phase == "debrief":
                self._ask_debrief(market, state.shown)

    def _ask_debrief(self, market: int, serial: int) -> None:
        """Ask for what can be told soon, and only then for the rest."""
        for parts in stages(self.state, market):
            found = {
                part: self.parts[market, serial, part]
                for part in parts
                if (market, serial, part) in self.parts
            }
            for part in parts:
                self._ask(self.parts, (market, serial, part), what_if, self.state, market, part)
            if len(found) == len(parts):
                self._ask(
                    self.debriefs,
                    (market, serial, len(parts)),
                    debriefing,
                    self.state,
                    market,
                    found,
                )
            if (market, serial, len(parts)) not in self.debriefs:
                return

    def _ask(
        self,
        known: dict[Any, Any],
        place: tuple[Any, ...],
        function: Callable[..., Any],
        *task: Any,
    ) -> None:
        def done(future: Future[Outcome]) -> None:  # in a thread of the tables
            outcome = future.result()
            if outcome.status == "ok":
                known[place] = outcome.value
            self._trouble(key[:2], outcome.error.strip().rpartition("\n")[2])
            self.asked.discard(key)
            self.wake()

        key = function.__name__, *place
        if place not in known and key not in self.asked and self.tries[key] < TRIES:
            self.tries[key] += 1
            self.asked.add(key)
            self._submit(function, *task).add_done_callback(done)

    def _trouble(self, of: object, error: str) -> None:
        """Note what is wrong with something, or that nothing is any more."""
        self.troubles = {one: text for one, text in self.troubles.items() if one != of} | (
            {of: error} if error else {}
        )

    # ------------------------------------------------------------------ with both

    async def post(self, posted: Posted) -> Wrong:
        """Have a message done: what is wrong with it, or None when it is on the disk."""
        answer = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait((posted, answer))
        return await answer

    def wake(self) -> None:
        """Look whether something is due; from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the server has ended
                self._loop.call_soon_threadsafe(self._inbox.put_nowait, None)

    async def run(self) -> None:
        """Until it is cancelled."""
        self._loop = asyncio.get_running_loop()
        self.ask()
        while True:
            batch = await self._waiting()
            plan = self.plan([posted for posted, _ in batch], time.time())
            try:
                await asyncio.to_thread(self.keep, plan)
                self._trouble("disk", "")
                self.adopt(plan)
            except NotKept as error:
                self._trouble("disk", f"{self.log.path}: {error}")
                plan.errors = [(say("disk", self.state.language),)] * len(batch)
                await asyncio.sleep(RETRY)
            for (_, answer), error in zip(batch, plan.errors, strict=True):
                if not answer.done():
                    answer.set_result(error)
            self.changed()

    async def _waiting(self) -> list[tuple[Posted, asyncio.Future[Wrong]]]:
        """All messages that wait; none when the clock has run out first."""
        found: list[tuple[Posted, asyncio.Future[Wrong]] | None] = []
        with suppress(TimeoutError):
            rest = self.state.remaining(time.time()) if self.state.paused is None else None
            due = [one for one in (rest, *self._patience().values()) if one is not None and one > 0]
            found.append(await asyncio.wait_for(self._inbox.get(), min(due, default=rest)))
        while not self._inbox.empty():
            found.append(self._inbox.get_nowait())
        return [one for one in found if one is not None]
