"""A game that runs: messages in, one commit for all that wait, and only then answers and new
views.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import ChainMap, Counter
from collections.abc import Callable, Collection, Container, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from sqlite3 import Error as NotKept
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from .. import desk
from ..players.decisions import Fault
from ..words.catalogue import texts
from ..work.code import named
from ..work.runner import Outcome
from .act import Message, Problem, Submission, WrongDecision, act, say
from .bots import Choice, decide
from .log import Draft, Log, LogEntry
from .state import ClassState, apply, clock, sealed, stored
from .tables import debriefing, resolve, stages, what_if, zipped

if TYPE_CHECKING:
    from ..game.debrief import Part
    from ..game.report import RoundReport

type Submit = Callable[..., Future[Outcome]]
"""Calls a function of `tables` with its arguments in another process."""
type Wrong = tuple[str, ...] | None
"""What is wrong with a message, in sentences; None if it is done."""

LOG = logging.getLogger("uvicorn.error")
RETRY = 1.0
"""Seconds after which what failed is tried again."""
AWAY = 15.0
"""Seconds without a page after which nobody waits for a player; a phone that is looked at again
is back within two."""
KEPT = 3
"""Rounds whose reports are kept: two can be undone at once; for more, markets are played anew."""
TRIES = 3
"""How often a table is asked for the same: its process may have been killed."""


class Posted(NamedTuple):
    """A message from a player ("p1" …), the "host" or a "stranger"."""

    who: str
    message: Message


@dataclass
class LessonPlan:
    """What a batch of messages leads to once it is stored; `errors`: of each message."""

    state: ClassState
    events: list[LogEntry] = field(default_factory=list)
    drafts: dict[str, Draft] = field(default_factory=dict)
    typed: dict[str, float] = field(default_factory=dict)
    errors: list[Wrong] = field(default_factory=list)

    def happen(self, event: LogEntry) -> None:
        self.events.append(event)
        self.state = apply(self.state, event)


class Lesson:
    """A game under way.

    Attributes:
        log, state: what happened, and where that leads. drafts: by place; typed: and when, by
            the lesson's clock.
        reports: by market and serial of the last round; debriefs: and number of their parts; parts:
            and part. bots: what bots of one's own do next, by (market, seat) and that serial.
        shared: pieces of pages that are the same for many, with the version of each.
        pending: what the tables compute now; tries: how often they were asked.
        problems: with the last decision, by place. online: open pages of each viewer. refused:
            messages by reason. away: players who have had no page for some time, for whom nobody
            waits. standing: seconds of an open round, whose clock waits after a
            restart until the markets are there again.
        troubles: what is wrong now, by market and what is computed of it, or "disk". commit:
            seconds that the last one took.
        changed: called with the viewers to whom there is something new to see, None for all.
    """

    def __init__(self, log: Log, submit: Submit) -> None:
        self.log, self.state, self.drafts = log, stored(log), log.drafts()
        self.typed: dict[str, float] = {}
        self.standing: float | None = None
        self.reports: dict[tuple[int, int], RoundReport] = {}
        self.debriefs: dict[tuple[int, int, int], dict[str, str]] = {}
        self.parts: dict[tuple[int, int, Part], dict[str, Any]] = {}
        self.bots: dict[tuple[tuple[int, str], int], Choice] = {}
        self.shared: dict[tuple[object, ...], tuple[str, Markup]] = {}
        self.pending, self.tries = set[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
        self.problems: dict[str, tuple[Fault, ...]] = {}
        self.online, self.refused = Counter[str](), Counter[str]()
        self.away = frozenset[str]()
        self._gone = dict.fromkeys(self.state.players, time.monotonic())
        self.troubles, self.commit = dict[object, str](), 0.0
        self.changed: Callable[[Container[str] | None], None] = lambda _: None
        self._submit, self._woken = submit, False
        self._questions = desk.Questions(submit)
        self._began, self._wall = time.monotonic(), time.time()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inbox: asyncio.Queue[tuple[Posted, asyncio.Future[Wrong]] | None] = asyncio.Queue()

    def now(self) -> float:
        """Seconds since 1970 when the lesson began, and steady since: nobody who sets this
        computer's clock seals a round.
        """
        return self._wall + time.monotonic() - self._began

    def ready(self) -> bool:
        """Whether every market has told what its players need to decide, and bots have."""
        report = all((m, self.state.shown) in self.reports for m in range(self.state.markets))
        return report and not self.bots_decide()

    def clock(self) -> tuple[float | None, bool]:
        """Seconds until the round is sealed, None while none is open; whether the clock stands."""
        rest, paused = self.state.remaining(self.now()), self.state.paused is not None
        if self.standing is not None and rest is not None:
            return self.standing, True
        return rest, paused

    def _decided(self, state: ClassState) -> dict[tuple[int, str], dict[str, Any]]:
        """What bots of one's own do in the coming round, by market and seat."""
        return {
            place: {"decision": choice.decision, "bot": choice.bot, "digest": choice.digest}
            for (place, serial), choice in self.bots.items()
            if serial == state.shown
        }

    def bots_decide(self) -> bool:
        """Whether bots of one's own are deciding now: a round waits for them."""
        return any(name == decide.__name__ for name, *_ in self.pending)

    # ------------------------------------------------------------------ without a clock or a loop

    def plan(self, batch: Sequence[Posted], now: float) -> LessonPlan:
        """What a batch leads to, and what happens by itself: a round is sealed, or its outcome
        known. Nothing has happened yet.
        """
        plan, away = LessonPlan(self.state), self.away
        for posted in batch:
            plan.errors.append(self._take(plan, posted, now, away))
        if (
            self.standing is not None
            and (plan.state.phase, plan.state.paused) == ("open", None)
            and self.ready()
        ):
            plan.happen(LogEntry("clock", clock(now, self.standing, True)))
        state = plan.state
        if (
            state.phase == "open"
            and state.paused is None
            and (state.everybody_in(away) or not (state.remaining(now) or self.standing))
            and not self.bots_decide()
        ):
            plan.happen(sealed(state, ChainMap(plan.drafts, self.drafts), self._decided(state)))
        elif state.phase == "resolving" and all(
            (m, state.serial) in self.reports for m in range(state.markets)
        ):
            plan.happen(
                LogEntry(
                    "resolved",
                    {
                        "digests": [
                            self.reports[m, state.serial].digest for m in range(state.markets)
                        ]
                    },
                )
            )
        return plan

    def keep(self, plan: LessonPlan) -> None:
        """Raises sqlite3.Error."""
        if plan.events or plan.drafts:
            begun = time.monotonic()
            self.log.keep(plan.events, list(plan.drafts.values()))
            self.commit = time.monotonic() - begun

    def adopt(self, plan: LessonPlan) -> None:
        """What has been kept is so."""
        self.state = plan.state
        self.drafts |= plan.drafts
        self.typed |= plan.typed
        if self.ready() or any(event.kind == "clock" for event in plan.events):
            self.standing = None
        self._forget()
        self.ask()

    def _forget(self) -> None:
        """Keep no more reports than `KEPT` of each market."""
        serials = [0, *(one.serial for one in self.state.rounds)][-KEPT:]
        for place in [place for place in self.reports if place[1] not in serials]:
            del self.reports[place], self.tries[resolve.__name__, *place]

    def _take(self, plan: LessonPlan, posted: Posted, now: float, away: Collection[str]) -> Wrong:
        """Add what one message leads to; what is wrong with it."""
        if posted.message.id in self.log.keys or any(
            event.key == posted.message.id for event in plan.events
        ):
            return None
        try:
            found = act(
                Submission(
                    plan.state,
                    self.reports,
                    ChainMap(plan.drafts, self.drafts),
                    *posted,
                    now,
                    away,
                    self._decided(plan.state),
                )
            )
        except Problem as problem:
            if posted.message.do == "decide" and isinstance(problem, WrongDecision):
                self.problems[plan.state.place(posted.who)] = problem.faults
            return problem.args
        except (KeyError, ValueError, IndexError):
            self.refused["forged"] += 1
            return (say("refused", self.state.language),)
        if isinstance(found, Draft):
            typed = min(posted.message.at / 1000 or now, now)
            if typed >= ChainMap(plan.typed, self.typed).get(found.place, 0.0):
                plan.drafts[found.place], plan.typed[found.place] = found, typed
        else:
            if found.kind == "decided":
                self.problems.pop(plan.state.place(posted.who), None)
            plan.happen(found)
        return None

    def look(self) -> bool:
        """Look who is away now; whether that is news."""
        before = self.away
        self.away = frozenset(number for number, rest in self._patience().items() if rest <= 0.0)
        return self.away != before

    def _patience(self) -> dict[str, float]:
        """Seconds for which players without a page are still waited for."""
        now = time.monotonic()
        return {
            number: self._gone.setdefault(number, now) + AWAY - now
            for number in self.state.players
            if not self.online[number]
        }

    def count(self, who: str, pages: int) -> bool:
        """So many pages more of a viewer are open; whether somebody is away or back by that."""
        self.online[who] += pages
        self._gone[who] = time.monotonic()
        if not self.online[who]:
            self._inbox.put_nowait(None)  # whoever is left is waited for from now on
        return self.look()

    # ------------------------------------------------------------------ the tables

    def ask(self) -> None:
        """Ask for what the tables have not told yet."""
        state = self.state
        for market in range(state.markets):
            place = market, state.serial
            self._ask(
                self.reports,
                place,
                resolve,
                state.setup,
                market,
                [one.of(market) for one in state.rounds],
            )
            if state.phase == "debrief":
                self._ask_debrief(market, state.shown)
            elif report := self.reports.get((market, state.shown)):
                for seat, bot in state.brought.items():
                    shown = (market, seat), state.shown
                    self._ask(self.bots, shown, decide, state.setup, seat, bot, report.views[seat])

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
        def done(outcome: Outcome) -> None:
            if outcome.status == "ok":
                known[place] = outcome.value
            error = outcome.error.strip().rpartition("\n")[2]
            if function is decide:
                error = self._idle(place[0], task[2], error or outcome.value.problem)
            self._trouble(key[:2], error)
            self.pending.discard(key)
            self._wake()

        key, most = (function.__name__, *place), 1 if function is decide else TRIES
        if place not in known and key not in self.pending and self.tries[key] < most:
            self.tries[key] += 1
            self.pending.add(key)
            self._submit(function, *task).add_done_callback(
                lambda future: self._in_loop(done, future.result())
            )

    def _idle(self, place: tuple[int, str], bot: str, why: str) -> str:
        """What the host reads of a bot of one's own that does nothing; "" if all is well."""
        (market, seat), text = place, texts("classroom", self.state.language)["bot"]["idle"]
        return text.format(seat=seat, market=market + 1, bot=named(bot), why=why) if why else ""

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

    async def exported(self, name: str) -> bytes | None:
        """The game so far as a ZIP; None if it could not be made."""
        outcome = await asyncio.wrap_future(self._submit(zipped, self.state, name))
        self._trouble("export", outcome.error.strip().rpartition("\n")[2])
        return outcome.value

    def answer(self, market: int, question: str) -> tuple[Markup, bool]:
        """What is known by now of an answer about a market that is over, and whether more is to
        come. Raises ScenarioError: it cannot be answered.
        """
        state = self.state
        rounds = [one.of(market) for one in state.rounds[: len(state.digests)]]
        game = market, state.shown
        return self._questions.ask(game, state.setup, rounds, state.language, question)

    def _wake(self) -> None:
        """Look whether something is due."""
        self._woken = True
        self._inbox.put_nowait(None)

    def _in_loop(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function where nobody else reads what it changes; from any thread."""
        if self._loop is None:
            function(*args)
            return
        with suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(function, *args)

    async def run(self) -> None:
        """Until it is cancelled. Whatever goes wrong is told, and the game goes on from its log: a
        class waits for it.
        """
        self._loop = asyncio.get_running_loop()
        if self.state.paused is None and not self.ready():
            self.standing = self.state.remaining(self.now())
        self._wake()
        while True:
            batch = await self._waiting()
            woken, self._woken = self.look() or self._woken, False
            plan = LessonPlan(self.state, errors=[(say("disk", self.state.language),)] * len(batch))
            try:
                plan = await self._done([posted for posted, _ in batch], plan.errors)
            except Exception as error:
                LOG.exception("A fault of this program; the game goes on from %s", self.log.path)
                self._trouble("lesson", repr(error))
                self._wake()
                await asyncio.sleep(RETRY)
                with suppress(NotKept):
                    self.state, self.drafts = stored(self.log), self.log.drafts()
            for (_, answer), error in zip(batch, plan.errors, strict=True):
                if not answer.done():
                    answer.set_result(error)
            typists = {posted.who for posted, _ in batch} | {"host"}
            self.changed(None if woken or plan.events else typists)

    async def _done(self, batch: Sequence[Posted], failed: list[Wrong]) -> LessonPlan:
        """Do what a batch asks for; `failed`: the answers if the disk does not take it."""
        plan = self.plan(batch, self.now())
        try:
            await asyncio.to_thread(self.keep, plan)
        except NotKept as error:
            self._trouble("disk", f"{self.log.path}: {error}")
            await asyncio.sleep(RETRY)
            self._wake()
            return LessonPlan(self.state, errors=failed)
        if plan.events or plan.drafts:
            self._trouble("disk", "")
        if plan.events:
            self._trouble("lesson", "")
        self.adopt(plan)
        return plan

    async def _waiting(self) -> list[tuple[Posted, asyncio.Future[Wrong]]]:
        """All messages that wait; none when the clock has run out first."""
        found: list[tuple[Posted, asyncio.Future[Wrong]] | None] = []
        with suppress(TimeoutError):
            left, stands = self.clock()
            due = [rest for rest in self._patience().values() if rest > 0.0]
            if left is not None and not stands and not self.bots_decide():
                due.append(left)
            found.append(await asyncio.wait_for(self._inbox.get(), min(due, default=None)))
        while not self._inbox.empty():
            found.append(self._inbox.get_nowait())
        return [one for one in found if one is not None]
