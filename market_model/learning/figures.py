"""What a seat sees, as numbers with names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from ..players.decisions import Kind
from ..players.observation import AppBill, CarrierBill, Public
from ..scenario import Scenario
from ..scenario.actors import RULES, PlanChange
from .actions import Actions

LEFT_OUT = (
    "dearness",
    "direct",
    "offer_names",
    "regions",
    "own_offers",
    "room",
    "pack_places",
    "credit",
    "parts",
    "story",
    "population",
    "past",
    "refused",
)
"""Fields of an observation that only a seat with offers of its own making has a use for."""
PER_HEAD = (
    "cash",
    "capacity_price",
    "bill",
    "subscribers",
    "subscribers_before",
    "users_by_carrier",
    "users_by_region",
)
"""Money and MB of the whole population; agents see them per person."""
TERMS = ("waived", "allowance_mb", "exclusive", "weeks_left", "price")
"""Of the free data of an app at a carrier that users need not buy; all 0 without it."""
INCOMES = ("plans", "beyond", "packs", "sponsors", "sms", "voice", "cost")
"""Of a carrier's last bill."""
DOOR = ("ask", "open", "relation")
"""Of how an app and a carrier stand."""
NO_LIMIT_MB = 1e9
"""What an allowance without a limit counts as."""
ORDERED = ("quality", "voice", "video", "payments", "business", "capacity")
"""What a seat may wait for."""
MOST = float(np.log(np.finfo(np.float64).max))
"""Bound of every number of an observation: each x is seen as sign(x)·ln(1 + |x|)."""


class SeatFigures:
    """The numbers that seats of one kind see in a scenario.

    Attributes:
        names: what each number is, "shares.wechat". space: for observations, shape (names,).
    """

    def __init__(self, scenario: Scenario, actions: Actions, weeks: int) -> None:
        """Args: actions: of the same seats, whose levers they see. weeks: of an episode."""
        self.scenario, self.weeks = scenario, weeks
        self.names = tuple(_names(scenario, actions))
        self.place = {name: k for k, name in enumerate(self.names)}

    @property
    def space(self) -> Box:
        return Box(-MOST, MOST, (len(self.names),), np.float32)

    def observation(self, view: Public) -> NDArray[np.float32]:
        """A point of the space."""
        point = np.zeros(len(self.names))
        for name, value in self.of(view):
            place = self.place.get(name)
            if place is not None:
                point[place] = value
        return (np.sign(point) * np.log1p(np.abs(point))).astype(np.float32)

    def of(self, view: Public) -> Iterator[tuple[str, float]]:
        """All figures of a view by name; what is not there is 0."""
        for field in fields(view):
            name, value = field.name, getattr(view, field.name)
            if name in LEFT_OUT:
                continue
            if name == "week":
                yield name, value / self.weeks
            elif name == "offers":
                yield from self._offers(view)
            elif name == "levers":  # a menu is among `menus`
                yield from _flat(name, {k: v for k, v in value.items() if k != "plans"})
            elif name == "under_way":
                for what, ready in value:
                    yield f"{name}.{what}", ready - view.week
            else:
                if isinstance(value, AppBill):
                    value = {
                        "income": value.income,
                        "joined": value.joined,
                        "users": value.users,
                        "value_per_mb": value.value_per_mb * self.scenario.population,
                        "mb_by_carrier": value.mb_by_carrier,
                        "free_cost": value.free_cost,
                    }
                elif isinstance(value, CarrierBill):
                    value = {term: getattr(value, term) for term in INCOMES}
                elif name == "counters":
                    value = {of: {"price": terms.price} for of, terms in value.items()}
                elif name == "doors":
                    value = {
                        of: {
                            "ask": one.ask or 0.0,
                            "open": float(one.shut is None),
                            "relation": one.relation,
                        }
                        for of, one in value.items()
                    }
                heads = self.scenario.population if name in PER_HEAD else 1.0
                for path, number in _flat(name, value):
                    yield path, number / heads

    def _offers(self, view: Public) -> Iterator[tuple[str, float]]:
        for offer in view.offers:
            if offer.payer == "user" or offer.waived <= 0:
                continue
            terms = (
                offer.waived,
                NO_LIMIT_MB if offer.allowance_mb is None else offer.allowance_mb,
                float(offer.exclusive),
                min(offer.end, self.weeks) - view.week,
                offer.price or 0.0,
            )
            for app in offer.apps:
                for carrier in offer.carriers:
                    for term, value in zip(TERMS, terms, strict=True):
                        yield f"offers.{app}.{carrier}.{term}", value


def _flat(name: str, value: Any) -> Iterator[tuple[str, float]]:
    """Numbers below a name: a text is a name of its own that is 1, as each one of a list is;
    nothing is 0.
    """
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    elif isinstance(value, tuple):
        yield from ((f"{name}.{one}", 1.0) for one in value)
    elif isinstance(value, str):
        yield f"{name}.{value}", 1.0
    elif value is not None:
        yield name, float(value)


def _names(scenario: Scenario, actions: Actions) -> Iterator[str]:
    kind: Kind = actions.kind
    apps, carriers = list(scenario.messengers), list(scenario.carriers)
    every = [*apps, *scenario.services]
    yield from ("week", "cash", "surcharges", "sensitivity")
    yield from (f"seat.{name}" for name in (apps if kind == "app" else carriers))
    yield from (f"rule.{name}" for name in RULES)
    yield from (f"shares.{app}" for app in apps)
    for when in ("shares_by_carrier", "shares_before"):
        yield from (f"{when}.{app}.{carrier}" for app in apps for carrier in carriers)
    regions = list(scenario.society.regions)
    for when in ("shares_by_region", "shares_by_region_before"):
        yield from (f"{when}.{app}.{region}" for app in apps for region in regions)
    for when in ("subscribers", "subscribers_before"):
        yield from (f"{when}.{carrier}" for carrier in carriers)
    for price in ("asks", "data_prices"):
        yield from (f"{price}.{carrier}" for carrier in carriers)
    for carrier in carriers:
        for plan in scenario.carriers[carrier].plans:
            yield from (f"menus.{carrier}.{plan}.{term}" for term in PlanChange.model_fields)
    for app in every:
        for carrier in carriers:
            yield from (f"offers.{app}.{carrier}.{term}" for term in TERMS)
    for lever in actions.levers:
        if lever.shown and lever.regions:
            yield from (f"levers.{lever.name}.{region}" for region in scenario.society.regions)
        elif lever.shown:
            yield f"levers.{lever.name}"
            if "closed" in lever.menu:
                yield f"levers.{lever.name}.closed"
    yield from (f"under_way.{what}" for what in ORDERED if (what == "capacity") == (kind != "app"))
    if kind == "app":
        yield from ("bill.income", "bill.joined", "bill.users", "bill.value_per_mb")
        yield from (f"bill.mb_by_carrier.{carrier}" for carrier in carriers)
        yield from (f"bill.free_cost.{carrier}" for carrier in carriers)
        yield from (f"doors.{carrier}.{term}" for carrier in carriers for term in DOOR)
        yield from (f"counters.{carrier}.price" for carrier in carriers)
        yield from ("user_value", "margin")
        yield from (f"users_by_carrier.{carrier}" for carrier in carriers)
        yield from (f"users_by_region.{region}" for region in regions)
    else:
        yield from (f"bill.{term}" for term in INCOMES)
        yield from (f"doors.{app}.{term}" for app in every for term in DOOR)
        yield from (f"counters.{app}.price" for app in every)
        yield from ("load", "congestion")
        yield from (f"own_app.{app}" for app in every)
        yield from ("cost_per_mb", "capacity_price")
        yield from (f"values.{app}" for app in every)
