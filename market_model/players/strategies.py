"""Who decides for a seat: a bot by its name, or a function that a user brings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ..scenario import ScenarioError
from ..words import Language, word
from ..work.code import CodeError, guarded, is_code, load, named
from .bots import BOTS, Policy, choices, policy
from .decisions import KINDS, Decision, Kind, check, parse_decision
from .observation import Public


class OwnPolicy:
    """A user's policy, held to what its seat may do.

    Attributes:
        refused: (week, problem) of decisions that could not be carried out; the seat did nothing
            in those rounds.
    """

    def __init__(self, name: str, kind: Kind, function: Callable[[Any], Any]) -> None:
        """Args:
        name: of the policy in messages. kind: of the seat.
        function: from an observation to a decision, its levers as a dict, or None for nothing.
        """
        self.name, self.function = name, function
        self.kind: Kind = kind
        self.refused: list[tuple[int, str]] = []

    def __call__(self, seen: Public) -> Decision:
        answer = self.function(seen)
        if answer is None:
            return KINDS[self.kind]()
        if isinstance(answer, Mapping):
            try:
                answer = parse_decision(self.kind, answer)
            except ValueError as error:
                return self._refuse(seen, [str(error)])
        if not isinstance(answer, KINDS[self.kind]):
            raise CodeError(
                self.name,
                seen.seat,
                f"gave {type(answer).__name__} in week {seen.week}; it needs "
                f"{KINDS[self.kind].__name__}, a dict of its levers, or None for no change",
            )
        problems = check(answer, seen.seat, seen)
        return self._refuse(seen, map(str, problems)) if problems else answer

    def _refuse(self, seen: Public, problems: Iterable[str]) -> Decision:
        self.refused.append((seen.week, "; ".join(problems)))
        return KINDS[self.kind]()


def policy_of(strategy: str | Callable[[Any], Any], kind: Kind, seed: int = 0) -> Policy:
    """Who decides: the bot of a shipped name, or a function that a user brings.

    Args:
        strategy: a name, FILE.py:FUNCTION ("policy", if FILE.py stands alone), or a function.
        kind: of the seat. seed: of the run, for bots that draw.

    Raises ValueError, with a suggestion: there is no such bot, file or function.
    """
    if not isinstance(strategy, str):
        return OwnPolicy(getattr(strategy, "__name__", "policy"), kind, strategy)
    if is_code(strategy):
        return OwnPolicy(strategy, kind, guarded(strategy, load(strategy, "policy")))
    return policy(strategy, kind, seed)


def title(strategy: str, language: Language) -> str:
    """A strategy's name for readers; a file of one's own goes by its name."""
    return named(strategy) if is_code(strategy) else word(f"strategy.{strategy}", language)


def verify(
    option: str,
    seat: str,
    strategy: str | Callable[[Any], Any],
    kind: Kind,
    also: Collection[str] = (),
) -> None:
    """Raises ScenarioError, of an option: a seat of the kind cannot have this strategy. `also`:
    names that are no bots but go there.
    """
    if strategy in also:
        return
    if isinstance(strategy, str) and strategy not in BOTS[kind] and not is_code(strategy):
        problem = f"'{strategy}' is no strategy of this seat; {choices(strategy, kind, also)}"
        raise ScenarioError(option, seat, problem)
    policy_of(strategy, kind)
