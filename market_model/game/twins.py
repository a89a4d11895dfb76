"""How a seat stands while a game is played: beside the same game, with the same luck, in which it
does nothing and all others decide as they did; but bots answer to rules, so that beside the
regulator's game they decide anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, TypedDict

from ..players.decisions import KINDS, check
from ..players.observation import RegulatorObservation
from .scores import scores
from .setup import REGULATOR

if TYPE_CHECKING:
    from .setup import Setup
    from .table import GameTable, Round


class Progress(TypedDict):
    """Of a seat after some rounds.

    `idle`: people who would use it (customers of a carrier) had it done nothing; of the regulator,
    what people would have gained in the last round, money. `margin`: its score so far beyond that
    game's, money; `place`: its rank by margin among all seats that earn, 0 where theirs are
    unknown. `concentration`: of monthly users in that game (HHI).
    """

    idle: float
    margin: float
    place: int
    concentration: float


class Twins:
    """For each of some seats the game in which it does nothing.

    Attributes:
        tables: those games, by seat.
    """

    def __init__(self, table: GameTable, seats: Collection[str]) -> None:
        """Args: table: the game before its first round."""
        self.tables = {seat: table.fork() for seat in seats}

    def play(self, table: GameTable, one: Round) -> None:
        """The round that `table` has just played. What a seat cannot carry out in a twin (it has
        less cash there) is left out.
        """
        setup = table.setup
        for idle, twin in self.tables.items():
            seats = one.decisions if idle == REGULATOR else setup.seats
            given = {seat: table.market.decided[seat] for seat in seats}
            given[idle] = KINDS[setup.kind(idle)]()
            views = twin.views(given)
            able = {
                seat: type(one)() if check(one, seat, views[seat]) else one
                for seat, one in given.items()
            }
            twin.pass_round(able, one.shocks)

    def standings(self, table: GameTable) -> dict[str, Progress]:
        """How the seats stand now; {} before the first round has been played."""
        if not table.played:
            return {}
        setup, here = table.setup, scores(table.setup, table.market)
        margins = {
            seat: here[seat].total - scores(setup, twin.market)[seat].total
            for seat, twin in self.tables.items()
        }
        firms = [margins[seat] for seat in setup.firms if seat in margins]
        every = len(firms) == len(setup.firms)
        return {
            seat: {
                "idle": _people(setup, twin, seat),
                "margin": margins[seat],
                "place": 1 + sum(m > margins[seat] for m in firms)
                if every and seat != REGULATOR
                else 0,
                "concentration": float(twin.market.history.series("market", "", "hhi_mau")[-1]),
            }
            for seat, twin in self.tables.items()
        }


def with_twins(
    setup: Setup, rounds: Sequence[Round], seats: Collection[str]
) -> tuple[GameTable, Twins]:
    """The game after these rounds, and the twins of some seats."""
    from .table import GameTable

    table = GameTable(setup)
    twins = Twins(table, seats)
    for one in rounds:
        table.play(one)
        twins.play(table, one)
    return table, twins


def _people(setup: Setup, table: GameTable, seat: str) -> float:
    if seat == REGULATOR:
        view = table.view(seat)
        return view.surplus if isinstance(view, RegulatorObservation) else 0.0
    app = setup.kind(seat) == "app"
    series = ("app", seat, "active") if app else ("carrier", seat, "subscribers")
    return float(table.market.history.series(*series)[-1])
