"""A seat's levers as tokens that are laid on the map, and what each costs in a round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..game import Setup
from ..players.costs import BRING_COST, INVITE_COST
from ..players.decisions import MOST_PRICE, AppDecision, ZeroRating, month
from ..players.observation import AppObservation, CarrierObservation, Public
from .levers import CHECKS, SCALES, Group, Lever, groups

PLACED: Mapping[str, str] = {
    "promotion": "promotion_regions",
    "bring_friend": "bring_friend_regions",
    "invite": "invite_regions",
    "own_subsidy": "own_subsidy_regions",
}
"""Levers of all places that can be of some, and which says where."""
FROM = {"bring_friend": 1.0, "capacity": 1.0}
"""What a lever is worth where it does nothing, if not 0."""
START = {"bring_friend": 2.0, "invite": 1.0}
"""What a token has that is laid on the map before anything was typed."""
PART_OF_CASH = 0.01
"""The same of a campaign, as a part of the seat's cash; assumed."""
FOLDED = ("free_data_rest", "invite", "goodwill", "surcharges")
"""Cards that a tray keeps folded."""
SHOWN = ("research_budget", "plan_cap_mb", "plan_overage")
"""Fields beside the first of a card that stand before the fold."""
FIRST = ("on", "pack", "accept", "asks")
"""Fields of a term sheet that stand before the fold."""
ICONS: Mapping[str, str] = {
    "free_data": "M12 3c-3.5 0-5.5 4-5.5 9s2 9 5.5 9 5.5-4 5.5-9-2-9-5.5-9z",
    "free_data_rest": "M12 3c-3.5 0-5.5 4-5.5 9s2 9 5.5 9 5.5-4 5.5-9-2-9-5.5-9z",
    "own_subsidy": "M12 3c-3.5 0-5.5 4-5.5 9s2 9 5.5 9 5.5-4 5.5-9-2-9-5.5-9z",
    "promotion": "M4 10v5h3l8 5V5l-8 5H4zM18 9a5 5 0 0 1 0 7",
    "bring_friend": "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 20c0-4 2-6 5.5-6s5.5 2 5.5 6"
    "M16 11a3 3 0 1 0 0-6M16 14c3.5 0 5.5 2 5.5 6",
    "invite": "M4 10h16v4H4zM6 14v6h12v-6M12 10v10M12 10c-4 0-5-5-2-5 1.5 0 2 2 2 5z"
    "M12 10c4 0 5-5 2-5-1.5 0-2 2-2 5z",
    "product": "M12 3l2.5 6.5L21 12l-6.5 2.5L12 21l-2.5-6.5L3 12l6.5-2.5z",
    "asks": "M6 21V3h12v18M3 21h18M14.5 12v1",
    "prices": "M5 6h14M5 12h14M5 18h9",
    "packs": "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
    "network": "M12 10v11M8 21h8M7 4a8 8 0 0 0 0 10M17 4a8 8 0 0 1 0 10",
    "goodwill": "M12 20s-8-5-8-11a4 4 0 0 1 8-1 4 4 0 0 1 8 1c0 6-8 11-8 11z",
    "surcharges": "M12 5v14M5 12h14",
    "surcharges_allowed": "M12 5v14M5 12h14",
    "rule": "M12 3v18M6 21h12M5 7h14M5 7l-3 7h6zM19 7l-3 7h6z",
}
"""Outline of each kind's picture, 24 by 24."""


class Rate(NamedTuple):
    """What a field costs in 4 weeks: `money` for each 1 in it beyond `base`; `there`: only for the
    part of the people in the places that are ticked.
    """

    money: float
    base: float = 0.0
    there: bool = False


class Token(NamedTuple):
    """Something to be decided in one place of the tray.

    Attributes:
        key: of its texts and picture. main: the field that says whether or how much. shown, folded:
            other fields. of: a carrier or app. where: the field of its places, None if it is of
            none. start: what `main` has when it is laid.
            serves: regions in which it can be laid, () for all.
    """

    key: str
    main: Lever
    shown: tuple[Lever, ...] = ()
    folded: tuple[Lever, ...] = ()
    of: str = ""
    where: Lever | None = None
    start: float | None = None
    group: Group | None = None
    serves: tuple[str, ...] = ()

    @property
    def levers(self) -> tuple[Lever, ...]:
        """All its fields."""
        return (self.main, *self.shown, *self.folded, *([self.where] if self.where else []))


class TokenCard(NamedTuple):
    """Tokens of a kind; `rare` ones stand behind all others."""

    key: str
    tokens: tuple[Token, ...]
    rare: bool = False


def cards(setup: Setup, seat: str, view: Public) -> list[TokenCard]:
    """The tray of a seat: all fields of its form, each once."""
    found: dict[str, TokenCard] = {}
    for group in groups(setup, seat):
        for key, token in _tokens(setup, group, view):
            card = found.get(key, TokenCard(key, (), key in FOLDED))
            found[key] = card._replace(tokens=(*card.tokens, token))
    if "free_data" in found:
        tokens = sorted(found["free_data"].tokens, key=lambda token: _ask(view, token.of))
        found["free_data"] = TokenCard("free_data", tuple(tokens))
    return sorted(found.values(), key=lambda card: card.rare)


def _ask(view: Public, carrier: str) -> float:
    """What a carrier asks, money/MB; more than any price where its door is shut."""
    door = view.doors[carrier] if isinstance(view, AppObservation) else None
    return MOST_PRICE + 1 if door is None or door.ask is None else door.ask


def _tokens(setup: Setup, group: Group, view: Public) -> Iterator[tuple[str, Token]]:
    """Tokens of a group, each with the key of its card."""
    if group.key in ("free_data", "asks", "packs"):
        rest = group.key == "free_data" and group.rare
        yield "free_data_rest" if rest else group.key, _sheet(setup, group, view)
    elif group.key in ("reach", "deals"):
        yield from _reach(group, view)
    elif _there(group, view):
        main, *others = group.levers
        shown = [one for one in others if one.name in SHOWN]
        folded = [one for one in others if one not in shown]
        key = "prices" if group.key == "plans" else group.key
        yield key, Token(group.key, main, tuple(shown), tuple(folded), group.of, group=group)


def _there(group: Group, view: Public) -> bool:
    """Whether a seat can do anything with a group now."""
    if group.key == "surcharges":
        return view.surcharges
    if isinstance(view, CarrierObservation) and group.key == "network":
        return view.capacity_price is not None
    return True


def _sheet(setup: Setup, group: Group, view: Public) -> Token:
    """Terms for a carrier or app."""
    by = {lever.name: lever for lever in group.levers}
    main = next(by[name] for name in FIRST if name in by)
    where = next((lever for lever in group.levers if lever.regions), None)
    rest = [lever for lever in group.levers if lever not in (main, where)]
    accept = [by["accept"]] if "accept" in by and group.of in getattr(view, "counters", {}) else []
    shown = [*accept, *(one for one in rest if one.name == "ask_price")]
    folded = tuple(one for one in rest if one.name not in ("accept", "ask_price"))
    serves = _served(setup, group.of) if group.key == "free_data" else ()
    return Token(group.key, main, tuple(shown), folded, group.of, where, None, group, serves)


def _served(setup: Setup, carrier: str) -> tuple[str, ...]:
    """Regions in which a carrier has customers in the story; () for all."""
    served = setup.served(carrier)
    return () if len(served) == len(setup.scenario.society.regions) else tuple(served)


def _reach(group: Group, view: Public) -> Iterator[tuple[str, Token]]:
    """Levers of places, each with its field of places, and those that stand alone."""
    by = {lever.name: lever for lever in group.levers}
    start = START | {"promotion": _round(PART_OF_CASH * max(view.cash, 0.0) / SCALES["promotion"])}
    for name, where in PLACED.items():
        if name in by:
            yield name, Token(name, by[name], where=by[where], start=start.get(name))
    alone = [by[name] for name in by if name not in PLACED and name not in PLACED.values()]
    if alone:
        yield "asks", Token("deals", alone[0], tuple(alone[1:]), group=group)


def _round(value: float) -> float:
    """With one digit that matters."""
    return float(f"{value:.1g}")


def rates(view: Public) -> dict[str, Rate]:
    """What fields cost at the use of the last bill, money in 4 weeks for what stands in the field,
    by path; what is not there costs nothing at once.

    By hand: an app that moved 2 M MB and made 0.5 M at a carrier, where it bids 0.1 a MB and a
    tenth of the income in a region with a quarter of the people, pays ¼·(0.1·2 M + 0.1·0.5 M) =
    62,500.
    """
    if isinstance(view, CarrierObservation):
        return {"capacity": Rate(view.capacity_price or 0.0, 1.0)}
    if not isinstance(view, AppObservation):
        return {}
    bill, found = view.bill, dict[str, Rate]()
    for carrier in view.doors:
        at = f"zero_rating.{carrier}"
        found[f"{at}.bid"] = Rate(bill.mb_by_carrier.get(carrier, 0.0), there=True)
        found[f"{at}.income_share"] = Rate(bill.income_by_carrier.get(carrier, 0.0), there=True)
        found[f"{at}.joint_promotion"] = Rate(SCALES["joint_promotion"])
        found[f"goodwill.{carrier}"] = Rate(view.subscribers.get(carrier, 0.0))
        if carrier in view.counters:
            taken = AppDecision(zero_rating={carrier: ZeroRating(accept=True)})
            found[f"{at}.accept"] = Rate(sum(month(taken, view).values()))
    return found | {
        "promotion": Rate(SCALES["promotion"]),
        "research_budget": Rate(SCALES["research_budget"]),
        "invite": Rate(INVITE_COST * bill.joined, there=True),
        "bring_friend": Rate(BRING_COST * bill.joined, FROM["bring_friend"], there=True),
    }


def cost(
    token: Token, values: Mapping[str, str], prices: Mapping[str, Rate], parts: Mapping[str, float]
) -> float:
    """What a token costs in 4 weeks with its fields as typed, money.

    Args: prices: `rates`. parts: share of people by region.
    """
    if token.main.name in CHECKS and not values.get(token.main.path):
        return 0.0
    ticked = [
        part for region, part in parts.items() if values.get(f"{_where(token)}.{region}") == "on"
    ]
    there = sum(ticked) or 1.0
    paid = {
        lever.path: (_number(values.get(lever.path, "")) - rate.base)
        * rate.money
        * (there if rate.there else 1.0)
        for lever in token.levers
        if (rate := prices.get(lever.path))
    }
    accept = f"zero_rating.{token.of}.accept"
    if values.get(accept) and accept in paid:
        return paid[accept]
    return sum(max(0.0, money) for path, money in paid.items() if path != accept)


def _where(token: Token) -> str:
    return token.where.path if token.where else ""


def _number(text: str) -> float:
    """What a field holds; 1 for a ticked one, 0 for what is no number."""
    try:
        return float("1" if text == "on" else text or "0")
    except ValueError:
        return 0.0
