"""Questions about a game that is over, under way: a server asks for their answers step by step."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from ..game import Round, Setup
from ..scenario import ScenarioError
from ..words import Language
from ..work.runner import Outcome

FLYING, KEPT = 2, 256
"""Steps of answers that are computed at once, so that rounds of other games are not starved, and
answers that are remembered.
"""

type Submit = Callable[..., Future[Outcome]]


def step(*asked: Any) -> tuple[Markup, Any]:
    """`answers.answer`, in a process that may load the model."""
    from .answers import answer

    return answer(*asked)


@dataclass
class _AnswerProgress:
    """An answer as far as it is known; `flying`: its next step."""

    html: Markup = field(default_factory=Markup)
    state: Any = None
    flying: Future[Outcome] | None = None
    done: bool = False


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
        """An answer as far as it is known, and whether more is to come. `game`: what no other game
        is called. Raises ScenarioError: it cannot be answered.
        """
        key = game, language, question
        one = self._asked.setdefault(key, _AnswerProgress())
        self._asked.move_to_end(key)
        if one.flying and one.flying.done():
            outcome, one.flying = one.flying.result(), None
            if outcome.status != "ok":
                del self._asked[key]
                last = outcome.error.strip().rpartition("\n")[2]
                raise ScenarioError("question", question[:60], last)
            one.html, one.state = outcome.value
            one.done = one.state is None
        busy = sum(other.flying is not None for other in self._asked.values())
        if not one.done and one.flying is None and busy < FLYING:
            one.flying = self._submit(step, setup, rounds, language, question, one.state)
        while len(self._asked) > KEPT:
            self._asked.popitem(last=False)
        return one.html, not one.done
