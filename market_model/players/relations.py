"""How owners and carriers get on: it makes deals dearer or impossible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..scenario.actors import Owner

type Move = Literal["deal", "income", "block", "surcharge"]

MOVES: Mapping[Move, float] = {"deal": 0.05, "income": 0.5, "block": -0.2, "surcharge": -0.1}
"""What one of each does to a relation, assumed (half to double). "income" is times the share of the carrier's
income that the app gave in the bill: for its data, as a share of revenue, or for joint promotion."""


class Relations:
    """A value in [−1, 1] for each pair of owner and carrier; 0 for a pair that the scenario does not name."""

    def __init__(self, owners: Mapping[str, Owner]) -> None:
        self.values = {(name, carrier): value for name, owner in owners.items() for carrier, value in owner.relations.items()}
        self._owners = set(owners)
        self._holders: dict[str, dict[str, float]] = {}
        for name, owner in owners.items():
            for thing, share in owner.holds.items():
                self._holders.setdefault(thing, {})[name] = share

    def of(self, app: str, carrier: str) -> float:
        """An app's relation to a carrier: its owners' mean, weighted by what they hold; 0 without owners."""
        holders = self._holders.get(app, {})
        total = sum(holders.values())
        if total <= 0:
            return 0.0
        return sum(share * self.values.get((name, carrier), 0.0) for name, share in holders.items()) / total

    def move(self, actor: str, carrier: str, move: Move, times: float = 1.0) -> None:
        """Each of an app's owners (or an owner itself) and the carrier move by MOVES[move]·times, within [−1, 1]."""
        for name in [actor] if actor in self._owners else self._holders.get(actor, {}):
            value = self.values.get((name, carrier), 0.0) + MOVES[move] * times
            self.values[name, carrier] = min(max(value, -1.0), 1.0)


def is_closed(relation: float, closing: float, uniform: float) -> bool:
    """Whether the carrier is closed to the app in this round: with chance closing·max(0, −relation), by a draw from [0, 1)."""
    return uniform < closing * max(0.0, -relation)
