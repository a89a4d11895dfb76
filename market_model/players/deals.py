"""Sealed terms meet: who may sponsor data where, and at what price; how owners and carriers get
on makes it dearer or impossible.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..scenario.actors import Owner

type Refusal = Literal[
    "closed",
    "closed by relation",
    "below the ask",
    "no exclusive deals",
    "others are there",
    "an exclusive deal is there",
    "no room for a pack",
]


@dataclass(frozen=True, slots=True)
class Bid:
    """What an app offers a carrier: `price` in money per sponsored MB, allowance in MB/4 weeks,
    in some `regions` (none named: all).
    """

    app: str
    carrier: str
    price: float
    allowance_mb: float | None = None
    exclusive: bool = False
    length_weeks: int | None = None
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """What a carrier wants of an app: money per sponsored MB, None if it is closed to it;
    `by_relation`: closed for this round, since the app's owners and the carrier are at odds.
    """

    app: str
    carrier: str
    price: float | None
    accepts_exclusive: bool = True
    by_relation: bool = False


@dataclass(frozen=True, slots=True)
class Deal:
    """Terms that met; `price` is the ask, money per sponsored MB."""

    bid: Bid
    price: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Free data of an app that already runs at a carrier, in some regions (none named: all)."""

    app: str
    carrier: str
    exclusive: bool
    regions: tuple[str, ...] = ()


class RefusedBid(NamedTuple):
    """A bid that found no deal, and why."""

    bid: Bid
    cause: Refusal


def covers(regions: tuple[str, ...], region: str) -> bool:
    """Whether a list of regions has one; an empty list has all."""
    return not regions or region in regions


def meet(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether two lists of regions have one in common; an empty list has all."""
    return not some or not others or not set(some).isdisjoint(others)


def ask_price(wholesale: float, relation: float, markup: float) -> float:
    """Price asked of an app: r·(1 + markup·max(0, −relation)), money per sponsored MB.

    Args: wholesale: the carrier's price for this app (r); relation: of the app's owners to the
    carrier, −1…1.
    """
    return wholesale * (1.0 + markup * max(0.0, -relation))


def match(
    bids: Iterable[Bid], asks: Iterable[Ask], standing: Iterable[Standing] = ()
) -> tuple[list[Deal], list[RefusedBid]]:
    """Deals are made where bid ≥ ask and both allow the same exclusivity; each pays the ask.

    Bids come in order of price, ties by app and carrier: of two that exclude each other in a region
    the higher is served. A bid renews what its own app has standing at the carrier in its regions.
    There is at most one bid for each app and carrier; a pair without an ask is closed. Returns
    deals, and the bids that found none, each with the reason.
    """
    asked = {(a.app, a.carrier): a for a in asks}
    there: dict[str, list[Standing]] = {}
    for s in standing:
        there.setdefault(s.carrier, []).append(s)
    deals: list[Deal] = []
    unmatched: list[RefusedBid] = []
    for bid in sorted(bids, key=lambda b: (-b.price, b.app, b.carrier)):
        at = there.setdefault(bid.carrier, [])
        others = [s.exclusive for s in at if s.app != bid.app and meet(s.regions, bid.regions)]
        answer = _answer(bid, asked.get((bid.app, bid.carrier)), others)
        if isinstance(answer, str):
            unmatched.append(RefusedBid(bid, answer))
        else:
            deals.append(Deal(bid, answer))
            at[:] = [s for s in at if s.app != bid.app or not meet(s.regions, bid.regions)]
            at.append(Standing(bid.app, bid.carrier, bid.exclusive, bid.regions))
    return deals, unmatched


def _answer(bid: Bid, ask: Ask | None, others: list[bool]) -> float | Refusal:
    """The price of the deal, or why there is none; `others`: whether each other deal there is
    exclusive.
    """
    if ask is None or ask.price is None:
        return "closed by relation" if ask and ask.by_relation else "closed"
    if bid.exclusive and not ask.accepts_exclusive:
        return "no exclusive deals"
    if any(others):
        return "an exclusive deal is there"
    if bid.exclusive and others:
        return "others are there"
    return ask.price if bid.price >= ask.price else "below the ask"


type Move = Literal["deal", "income", "block", "surcharge"]

MOVES: Mapping[Move, float] = {"deal": 0.05, "income": 0.5, "block": -0.2, "surcharge": -0.1}
"""What one of each does to a relation, assumed (half to double). "income" is times the share of the
carrier's
income that the app gave in the bill: for its data, as a share of revenue, or for joint
promotion."""


class Relations:
    """A value in [−1, 1] for each pair of owner and carrier; 0 for a pair that the scenario does
    not name.
    """

    def __init__(self, owners: Mapping[str, Owner]) -> None:
        self.values = {
            (name, carrier): value
            for name, owner in owners.items()
            for carrier, value in owner.relations.items()
        }
        self._owners = set(owners)
        self._holders = {
            thing: {
                name: owner.holds[thing] for name, owner in owners.items() if thing in owner.holds
            }
            for holder in owners.values()
            for thing in holder.holds
        }

    def of(self, app: str, carrier: str) -> float:
        """An app's relation to a carrier: its owners' mean, weighted by what they hold; 0
        without owners.
        """
        holders = self._holders.get(app, {})
        total = sum(holders.values())
        if total <= 0:
            return 0.0
        return (
            sum(share * self.values.get((name, carrier), 0.0) for name, share in holders.items())
            / total
        )

    def move(self, actor: str, carrier: str, move: Move, times: float = 1.0) -> None:
        """Each of an app's owners (or an owner itself) and the carrier move by
        MOVES[move]·times, within [−1, 1].
        """
        for name in [actor] if actor in self._owners else self._holders.get(actor, {}):
            value = self.values.get((name, carrier), 0.0) + MOVES[move] * times
            self.values[name, carrier] = min(max(value, -1.0), 1.0)


def is_closed(relation: float, closing: float, uniform: float) -> bool:
    """Whether the carrier is closed to the app in this round: with chance closing·max(0,
    −relation), by a draw from [0, 1).
    """
    return uniform < closing * max(0.0, -relation)
