"""Sealed terms meet: who may sponsor data where, and at what price; how owners and carriers get
on makes it dearer or impossible.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
    "no room for a gift",
]

BESIDE = 0.5
"""The most of an ask that other terms than the price can make up for, so that nobody buys a growing
traffic for a fixed sum; assumed (0.3–0.7).
"""
LEAST_MB = 0.1
"""MB of the app for each customer in a bill at which a carrier reckons an app with less traffic,
so that terms of a newcomer are not worth any sum; assumed (0.03–0.3).
"""
EXCLUSIVE = 1.25
"""What an exclusive deal costs, times the ask: the carrier goes without other sponsors; assumed
(1–2).
"""
ROUNDING = 1e-9
"""Part of an ask by which a bid may fall short of it: 0.105 is less than 0.1 · 1.05 in binary."""
APOLOGY = 0.02
"""Joint promotion, money per customer and 4 weeks, for which a carrier at relation −1 opens a door
that relations shut; assumed (0.005–0.1).
"""


@dataclass(frozen=True, slots=True)
class Bid:
    """What an app offers a carrier: `price` in money per sponsored MB, allowance in MB/4 weeks,
    in some `regions` (none named: all).

    Attributes:
        income_share: of what it earns there. joint_promotion: money/4 weeks. gift_mb: general data
            for who registers, MB/4 weeks, at the price.
        beside: what share and promotion come to, money per sponsored MB (`beside_price`).
    """

    app: str
    carrier: str
    price: float
    allowance_mb: float | None = None
    exclusive: bool = False
    length_weeks: int | None = None
    regions: tuple[str, ...] = ()
    income_share: float = 0.0
    joint_promotion: float = 0.0
    gift_mb: float = 0.0
    beside: float = 0.0

    @property
    def worth(self) -> float:
        """What it is worth to the carrier, money per sponsored MB."""
        return self.price + self.beside

    def price_at(self, ask: float) -> float:
        """What is left of an ask for the price, money per sponsored MB: at least a share of
        1 − `BESIDE`.
        """
        wanted = ask * (EXCLUSIVE if self.exclusive else 1.0)
        return wanted - min(self.beside, BESIDE * wanted)


class Counter(NamedTuple):
    """A carrier's answer to a bid that fell short: the terms on which it makes the deal, if the
    app accepts in the round after `week`; then it cannot be refused.
    """

    week: int
    terms: Bid


@dataclass(frozen=True, slots=True)
class Ask:
    """What a carrier wants of an app: money per sponsored MB, None if it is closed to it.

    Attributes:
        by_relation: closed for this round, since the app's owners and the carrier are at odds; then
            it opens for `apology`, money/4 weeks of joint promotion, beside `reopens`, the price.
    """

    app: str
    carrier: str
    price: float | None
    accepts_exclusive: bool = True
    by_relation: bool = False
    reopens: float = 0.0
    apology: float = 0.0


@dataclass(frozen=True, slots=True)
class Deal:
    """Terms that met; `price`: what is left of the ask beside other terms, money per sponsored
    MB.
    """

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


def beside_price(
    income_share: float, joint_promotion: float, income: float, mb: float, customers: float
) -> float:
    """What terms beside the price come to at the last bill, money per sponsored MB: (σ·I + J)/M
    with M = max(MB, LEAST_MB·customers).

    By hand: a tenth of 3 M RMB and 0.7 M RMB at 10 M MB are (0.3 + 0.7)/10 = 0.1 RMB/MB. Of an ask
    of 0.18 they take off half at most, 0.09, so that a bid of 0.05 falls short of 0.09, and the
    carrier counters with 0.09.

    Args: income, mb: of the app at the carrier in the places of the bid, money and MB of the last
    bill; customers: of the carrier there.
    """
    reckoned = max(mb, LEAST_MB * customers)
    given = income_share * income + joint_promotion
    return given / reckoned if reckoned > 0 else 0.0


def counter(bid: Bid, ask: Ask, others: Iterable[Standing]) -> Bid | None:
    """The terms on which a carrier makes a deal that a bid fell short of; None where no terms
    would do.

    A price too low becomes what is left of the ask; an exclusive deal an open one, where it accepts
    none; at a door shut by relations an apology is added.
    """
    if ask.by_relation:
        ask = replace(ask, price=ask.reopens, by_relation=False)
        bid = replace(bid, joint_promotion=max(bid.joint_promotion, ask.apology))
    if ask.price is None:
        return None
    terms = replace(bid, exclusive=bid.exclusive and ask.accepts_exclusive)
    terms = replace(terms, price=max(terms.price_at(ask.price), 0.0))
    there = [s.exclusive for s in others if s.app != bid.app and meet(s.regions, bid.regions)]
    return None if isinstance(_answer(terms, ask, there), str) else terms


def match(
    bids: Iterable[Bid], asks: Iterable[Ask], standing: Iterable[Standing] = ()
) -> tuple[list[Deal], list[RefusedBid]]:
    """Deals are made where a bid is worth the ask and both allow the same exclusivity; each pays
    what is left of the ask beside its other terms.

    Bids come in order of worth, ties by app and carrier: of two that exclude each other in a region
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
    for bid in sorted(bids, key=lambda b: (-b.worth, b.app, b.carrier)):
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
    price = bid.price_at(ask.price)
    return min(price, bid.price) if bid.price >= price * (1 - ROUNDING) else "below the ask"


type Move = Literal["deal", "kept", "income", "goodwill", "block", "surcharge"]

MOVES: Mapping[Move, float] = {
    "deal": 0.05,
    "kept": 0.01,
    "income": 0.5,
    "goodwill": 2.0,
    "block": -0.2,
    "surcharge": -0.1,
}
"""What one of each does to a relation, assumed (half to double). "kept" is for each bill that a
deal runs. "income" is times the share of the carrier's income that the app gave in the bill: for
its data, as a share of revenue, or for joint promotion. "goodwill" is times what it paid for
nothing in return, money per customer.
"""


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
