"""The shipped bots by name: each decides from what its seat sees, and never simulates ahead."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from ...errors import suggest
from ...scenario.actors import STRATEGIES
from ..decisions import Kind

type Policy = Callable[[Any], Any]


class Bot(NamedTuple):
    """A shipped bot: from what a seat observes to its decision. `draws`: it takes the run's seed
    first.
    """

    function: Callable[..., Any]
    draws: bool

    @property
    def about(self) -> str:
        """What it does, in a sentence or two."""
        return " ".join((self.function.__doc__ or "").split())


BOTS: Mapping[Kind, dict[str, Bot]] = {"app": {}, "carrier": {}, "regulator": {}}
"""The shipped bots, by kind of seat and by name; a scenario knows the names
(`scenario.actors.STRATEGIES`).
"""


def bot[F: Callable[..., Any]](kind: Kind, name: str, *, draws: bool = False) -> Callable[[F], F]:
    """Registers a function as the bot of a name in seats of a kind."""

    def register(function: F) -> F:
        BOTS[kind][name] = Bot(function, draws)
        return function

    return register


def policy(name: str, kind: Kind, seed: int = 0) -> Policy:
    """The bot of a strategy's name: from what a seat of the kind observes to its decision.

    Only bots that draw use the run's seed. Raises ValueError, with a suggestion.
    """
    if name not in BOTS[kind]:
        raise ValueError(f"'{name}' is no strategy of this seat; {choices(name, kind)}")
    known = BOTS[kind][name]
    return partial(known.function, seed) if known.draws else known.function


def choices(wrong: str, kind: Kind, also: Iterable[str] = ()) -> str:
    """What a seat of the kind may be given instead of a wrong name; `also`: beside the bots."""
    return f"{suggest(wrong, (*STRATEGIES[kind], *also), every=True)}, or FILE.py:FUNCTION"
