"""Questions about a game that is over, under way: a server asks for their answers step by step."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from ..game import Round, Setup
from ..scenario import ScenarioError
from ..words import Language
from ..words.catalogue import texts
from ..work.runner import Outcome

FLYING, KEPT = 2, 256
"""Steps of answers that are computed at once, so that rounds of other games are not starved, and
answers that are remembered.
"""
GONE = 5.0
"""Seconds after which nobody waits any more for what nobody has asked for again."""

type Submit = Callable[..., Future[Outcome]]


def step(*asked: Any) -> tuple[Markup, Any]:
    """`answers.answer`, in a process that may load the model."""
    from .answers import answer

    return answer(*asked)


@dataclass(eq=False)
class _AnswerProgress:
    """An answer as far as it is known. `task`: what it answers; `flying`: its next step; `since`:
    when somebody began to wait for it, `latest`: when somebody asked last.
    """

    task: tuple[Any, ...]
    since: float
    latest: float
    html: Markup = field(default_factory=Markup)
    state: Any = None
    flying: Future[Outcome] | None = None
    done: bool = False

    def rank(self) -> tuple[bool, float]:
        """First what has not begun, so that short answers wait for no long one; then who came
        first.
        """
        return self.state is not None, self.since

    def take(self) -> None:
        """What its step has found; a step that failed stays for who asks again."""
        if self.flying and self.flying.done() and self.flying.result().status == "ok":
            (self.html, self.state), self.flying = self.flying.result().value, None
            self.done = self.state is None


class Questions:
    """Answers under way. Who asks again drives them on; what nobody waits for stops."""

    def __init__(self, submit: Submit) -> None:
        """Args: submit: calls a function with its arguments in another process."""
        self._submit, self._asked = submit, OrderedDict[Hashable, _AnswerProgress]()

    def ask(
        self,
        game: Hashable,
        setup: Setup,
        rounds: Sequence[Round],
        language: Language,
        question: str,
    ) -> tuple[Markup, bool]:
        """An answer as far as it is known, or how many are before it in the line; and whether
        more is to come. `game`: what no other game is called. Raises ScenarioError: it cannot be
        answered.
        """
        key, now = (game, language, question), time.monotonic()
        task = setup, rounds, language, question
        one = self._asked.setdefault(key, _AnswerProgress(task, now, now))
        self._asked.move_to_end(key)
        one.since, one.latest = now if now - one.latest > GONE else one.since, now
        for other in self._asked.values():
            other.take()
        if one.flying and one.flying.done():
            del self._asked[key]
            last = one.flying.result().error.strip().rpartition("\n")[2]
            raise ScenarioError("question", question[:60], last)
        before = 0 if one.done else self._advance(now).index(one)
        while len(self._asked) > KEPT:
            self._asked.popitem(last=False)
        if one.state is not None and before >= FLYING:
            line = texts("debrief", language)["ask"]["line"].format(n=before)
            return one.html + Markup('<p role="status">{}</p>').format(line), True
        return one.html, not one.done

    def _advance(self, now: float) -> list[_AnswerProgress]:
        """Have the next steps computed; the line of the answers that somebody waits for."""
        waiting = [one for one in self._asked.values() if not one.done and now - one.latest <= GONE]
        line = sorted(waiting, key=_AnswerProgress.rank)
        flying = [one for one in self._asked.values() if one.flying and not one.flying.done()]
        for one in [one for one in line if one.flying is None][: FLYING - len(flying)]:
            one.flying = self._submit(step, *one.task, one.state)
        return line
