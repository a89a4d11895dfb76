"""Sealed terms meet: who may sponsor data where, and at what price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

type Refusal = Literal["closed", "below the ask", "no exclusive deals", "others are there", "an exclusive deal is there"]


@dataclass(frozen=True, slots=True)
class Bid:
    """What an app offers a carrier: `price` in money per sponsored MB, allowance in MB/4 weeks."""

    app: str
    carrier: str
    price: float
    allowance_mb: float | None = None
    exclusive: bool = False
    length_weeks: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What a carrier wants of an app: money per sponsored MB, None if it is closed to it."""

    app: str
    carrier: str
    price: float | None
    accepts_exclusive: bool = True


@dataclass(frozen=True, slots=True)
class Deal:
    """Terms that met; `price` is the ask, money per sponsored MB."""

    bid: Bid
    price: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Free data of an app that already runs at a carrier."""

    app: str
    carrier: str
    exclusive: bool


def ask_price(wholesale: float, relation: float, markup: float) -> float:
    """Price asked of an app: r·(1 + markup·max(0, −relation)), money per sponsored MB.

    Args: wholesale: the carrier's price for this app (r); relation: of the app's owners to the carrier, −1…1.
    """
    return wholesale * (1.0 + markup * max(0.0, -relation))


def match(bids: Iterable[Bid], asks: Iterable[Ask],
          standing: Iterable[Standing] = ()) -> tuple[list[Deal], list[tuple[Bid, Refusal]]]:
    """Deals are made where bid ≥ ask and both allow the same exclusivity; each pays the ask.

    Bids come in order of price, ties by app and carrier: of two that exclude each other the higher is served.
    A bid renews what its own app has standing at the carrier. There is at most one bid for each app and carrier;
    a pair without an ask is closed. Returns deals, and the bids that found none, each with the reason.
    """
    asked = {(a.app, a.carrier): a for a in asks}
    there: dict[str, dict[str, bool]] = {}
    for s in standing:
        at = there.setdefault(s.carrier, {})
        at[s.app] = at.get(s.app, False) or s.exclusive
    deals: list[Deal] = []
    unmatched: list[tuple[Bid, Refusal]] = []
    for bid in sorted(bids, key=lambda b: (-b.price, b.app, b.carrier)):
        at = there.setdefault(bid.carrier, {})
        others = [exclusive for app, exclusive in at.items() if app != bid.app]
        answer = _answer(bid, asked.get((bid.app, bid.carrier)), others)
        if isinstance(answer, str):
            unmatched.append((bid, answer))
        else:
            deals.append(Deal(bid, answer))
            at[bid.app] = bid.exclusive
    return deals, unmatched


def _answer(bid: Bid, ask: Ask | None, others: list[bool]) -> float | Refusal:
    """The price of the deal, or why there is none; `others`: whether each other deal there is exclusive."""
    if ask is None or ask.price is None:
        return "closed"
    if bid.exclusive and not ask.accepts_exclusive:
        return "no exclusive deals"
    if any(others):
        return "an exclusive deal is there"
    if bid.exclusive and others:
        return "others are there"
    return ask.price if bid.price >= ask.price else "below the ask"
