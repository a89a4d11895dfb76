"""What an agent may decide, as numbers: each lever of a decision has a menu. An action of zeros
decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import MultiDiscrete

from ..errors import suggest
from ..game.limits import limits
from ..players import levers
from ..players.decisions import (
    ALLOWANCES,
    MOST_PRICE,
    AppDecision,
    Decision,
    Kind,
    month,
    parse_decision,
)
from ..players.observation import AppObservation, CarrierObservation, Public
from ..scenario import Scenario
from ..scenario.offers import MAX_OF_A_KIND

AS_IT_IS = None
"""The first entry of a menu, but of those that only say how a bid is meant."""
ORDERS = ("research", "capacity", "promotion_regions", "goodwill")
"""Levers that order something, or say where."""
PRICES = ("bid", "wholesale", "asks", "surcharges", "joint_promotion")
"""Levers whose menus are times a price, or times the customers of a carrier."""
STEPS = 5
"""Entries of a menu between the bounds of a number that has no menu of its own."""
BAND = (0.0, 1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6, 1.0)
"""Prices and caps of a carrier: where in the regulator's band, 0 its lowest, 1 its highest."""
MONEY = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Promotion and research: shares of the cash on hand, each of what those before it leave."""
MENUS: Mapping[str, tuple[Any, ...]] = {
    "bid": (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0),  # times the carrier's posted ask
    "wholesale": (0.5, 0.75, 1.0, 1.25, 1.5, 2.0),  # times the scenario's
    "asks": ("default", "closed", 0.5, 0.75, 1.0, 1.25, 1.5, 2.0),  # times the posted ask
    "surcharges": (0.0, 0.1, 0.25, 0.5),  # times the carrier's price beyond the cap
    "allowance_mb": tuple(mb for mb in ALLOWANCES if mb is not None),
    "length_weeks": (4, 8, 12, 26, 52),
    "income_share": (0.0, 0.05, 0.1, 0.2, 0.3, 0.5),
    "joint_promotion": (0.0, 0.01, 0.03, 0.1),  # money for each customer of the carrier
    "gift_mb": (0.0, 30.0, 100.0, 300.0),
    "goodwill": (0.01, 0.03, 0.1, 0.3),
    "invite": (0.0, 0.25, 0.5, 1.0, 2.0),
    "capacity": (1.25, 1.5, 2.0, 3.0),
    "fee": (1.0, 2.0, 5.0, 10.0, 20.0),
}


class ActionError(ValueError):
    """An action that is no point of its space; says agent, lever, value and what is allowed."""


class ActionLever(NamedTuple):
    """A number of an action.

    Attributes:
        path: field of the decision, and below it a carrier or app, and a field of its terms.
        menu: what 0, 1, 2, … mean.
        unit: of the numbers of the menu in units of what the seat sees: "" for as they are, "cash",
            "band", or the name of a price. regions: whether it is a list of them.
    """

    path: Sequence[str]
    menu: tuple[Any, ...]
    unit: str = ""
    regions: bool = False

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def shown(self) -> bool:
        """Whether a seat sees how it stands; what is bid, spent or ordered stands nowhere."""
        standing = len(self.path) < 3 or self.path[0] in ("plans", "packs")
        return standing and self.unit != "cash" and self.path[0] not in ORDERS


class Actions:
    """The levers of the seats of one kind in a scenario, taken from the fields of their decision.

    Attributes:
        levers: in the order of an action.
    """

    def __init__(self, scenario: Scenario, kind: Kind) -> None:
        self.scenario = scenario
        self.kind: Kind = kind
        self.levers = list(_levers(levers.levers(kind), scenario))
        self._bands: dict[str, dict[str, tuple[float, float]]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(lever.name for lever in self.levers)

    def space(self) -> MultiDiscrete:
        """A new space: each agent draws its own samples."""
        return MultiDiscrete([len(lever.menu) for lever in self.levers])

    def decision(
        self, seat: str, action: Sequence[int] | np.ndarray[Any, Any], view: Public
    ) -> tuple[Decision, list[str]]:
        """The decision of an action, and in plain sentences what of it is not possible now and was
        brought to the nearest that is. Raises ActionError.
        """
        data: dict[str, Any] = {}
        for lever, value in zip(self.levers, self._chosen(seat, action), strict=True):
            if value is not AS_IT_IS:
                amount = self._amount(lever, value, seat, view)
                if amount is AS_IT_IS:
                    continue
                place = data
                for step in lever.path[:-1]:
                    place = place.setdefault(step, {})
                place[lever.path[-1]] = amount
        changed = list(_possible(data, view))
        return parse_decision(self.kind, data), changed

    def _chosen(self, seat: str, action: Any) -> list[Any]:
        try:
            numbers = np.asarray(action).astype(float)
        except (TypeError, ValueError):
            raise ActionError(
                f"{seat}: {action!r:.60} is no action; it needs {len(self.levers)} whole numbers"
            ) from None
        if numbers.shape != (len(self.levers),):
            raise ActionError(
                f"{seat}: an action of the shape {numbers.shape}; it needs {len(self.levers)} "
                f"whole numbers, from '{self.levers[0].name}' to '{self.levers[-1].name}'"
            )
        sizes = np.array([len(lever.menu) for lever in self.levers])
        for k in np.flatnonzero(~((numbers >= 0) & (numbers < sizes) & (numbers % 1 == 0))):
            raise ActionError(
                f"{seat}: lever '{self.levers[k].name}' (number {k}) is {numbers[k]:g}; "
                f"it must be a whole number from 0 to {sizes[k] - 1}"
            )
        return [
            lever.menu[k]
            for lever, k in zip(self.levers, numbers.astype(int).tolist(), strict=True)
        ]

    def _amount(self, lever: ActionLever, value: Any, seat: str, view: Public) -> Any:
        """A menu's entry in the unit of the decision."""
        if isinstance(value, bool | str | tuple) or not lever.unit:
            return value
        if lever.unit == "band":
            if seat not in self._bands:
                self._bands[seat] = limits(self.scenario, seat)
            if lever.name not in self._bands[seat]:
                return AS_IT_IS  # a plan of other carriers
            low, high = self._bands[seat][lever.name]
            return min(max(low + value * (high - low), low), high)
        if lever.unit == "cash":
            return value  # its share of the cash: `_possible` knows what others leave of it
        price = {
            "bid": lambda: view.asks[lever.path[1]],
            "wholesale": lambda: self.scenario.carriers[seat].wholesale,
            "asks": lambda: view.asks[seat],
            "surcharges": lambda: view.data_prices[seat],
            "joint_promotion": lambda: view.subscribers[lever.path[1]],
        }[lever.unit]()
        return value * price if lever.unit == "joint_promotion" else min(value * price, MOST_PRICE)


def _levers(known: Sequence[levers.LeverField], scenario: Scenario) -> Iterator[ActionLever]:
    """All levers of a decision, those of each carrier or app where it has one a name."""
    bands = [limits(scenario, name) for name in scenario.carriers]
    banded = {lever for band in bands for lever in band}
    moved = {lever for band in bands for lever, (low, high) in band.items() if low < high}
    plans = dict.fromkeys(name for c in scenario.carriers.values() for name in c.other_plans)
    names = {"CARRIER": list(scenario.carriers), "APP": scenario.messengers, "PLAN": list(plans)}
    for (_, *of), group in groupby(known, lambda lever: lever.path[:2]):
        together = list(group)
        for name in names[of[0]] if of and of[0] in names else [""]:
            for lever in together:
                path = tuple(name if part in names else part for part in lever.path)
                if "PLAN" in of and ".".join(path) not in moved:
                    continue  # a price of nothing moves nowhere
                yield _lever(path, lever, banded, tuple(scenario.society.regions))


def _lever(
    path: tuple[str, ...],
    lever: levers.LeverField,
    banded: Collection[str],
    regions: tuple[str, ...],
) -> ActionLever:
    if lever.form == "regions":
        menu = ((), *((region,) for region in regions))
        return ActionLever(path, (AS_IT_IS, *menu) if lever.optional else menu, regions=True)
    name = path[0] if path[0] in MENUS else lever.name
    if ".".join(path) in banded:
        return ActionLever(path, (AS_IT_IS, *BAND), "band")
    if name in MENUS:
        menu, unit = MENUS[name], name if name in PRICES else ""
    elif lever.form == "switch":
        menu, unit = (False, True), ""
    elif lever.choices:
        menu, unit = lever.choices, ""
    elif lever.unit == "money":
        menu, unit = MONEY, "cash"
    else:
        assert lever.low is not None and lever.high is not None
        values = np.linspace(lever.low, lever.high, STEPS)
        menu, unit = tuple((np.rint(values) if lever.whole else values).tolist()), ""
    said = len(path) < 3 or lever.name == "on" or lever.optional
    return ActionLever(path, (AS_IT_IS, *menu) if said else menu, unit)


def _possible(data: dict[str, Any], view: Public) -> Iterator[str]:
    """Brings a decision to the nearest that is possible now; tells what it changed."""
    if isinstance(view, AppObservation):
        yield from _possible_bids(data, view)
        yield from _possible_spending(data, view)
    elif isinstance(view, CarrierObservation):
        yield from _possible_carrier(data, view)


def _possible_bids(data: dict[str, Any], view: AppObservation) -> Iterator[str]:
    bids: dict[str, Any] = data.get("zero_rating", {})
    room = view.room.get("gifts", MAX_OF_A_KIND)
    for carrier, terms in list(bids.items()):
        if "on" not in terms:
            del bids[carrier]  # terms of a bid that is not made
        elif not terms["on"]:
            bids[carrier] = {"on": False, "regions": terms.get("regions", ())}
        elif view.rule == "ban":
            del bids[carrier]
            yield f"zero_rating.{carrier}: no bid, the regulator has banned free data"
        else:
            if terms.get("exclusive") and view.rule == "non-exclusive":
                terms["exclusive"] = False
                yield f"zero_rating.{carrier}.exclusive: open, no exclusive offers are allowed"
            if terms.get("accept") and carrier not in view.counters:
                terms["accept"] = False
                yield f"zero_rating.{carrier}.accept: a bid, there is no counter-offer to take"
            if terms.get("gift_mb") and not terms.get("accept"):
                room -= 1
                if room < 0:
                    terms["gift_mb"] = 0.0
                    yield f"zero_rating.{carrier}.gift_mb: none, no more gifts fit in the market"


def _possible_spending(data: dict[str, Any], view: AppObservation) -> Iterator[str]:
    if ("research" in data) != ("research_budget" in data):
        lone = "research" if "research" in data else "research_budget"
        del data[lone]
        yield f"{lone}: no project, it needs a field and a budget"
    left = max(view.cash, 0.0)
    for carrier, each in list(data.get("goodwill", {}).items()):
        cost = each * view.subscribers.get(carrier, 0.0)
        if cost > left:
            del data["goodwill"][carrier]
            yield f"goodwill.{carrier}: nothing, it would cost {cost:,.0f}, more than the cash"
        else:
            left -= cost
    for name in (lever.name for lever in levers.levers("app") if lever.spends):
        if name in data:
            data[name] = min(data[name] * left, 1e12)
            left -= data[name]
            if data[name] == 0:
                del data[name]
                yield f"{name}: nothing, there is no cash"
    if "research_budget" not in data:
        data.pop("research", None)
    if "promotion" not in data:
        data.pop("promotion_regions", None)
    if not view.credit:
        yield from _possible_month(data, view)


def _possible_month(data: dict[str, Any], view: AppObservation) -> Iterator[str]:
    """Without credit, what the cash does not cover for 4 weeks is left out, bonuses first."""
    left = max(view.cash, 0.0)
    for path, cost in month(AppDecision.model_validate(data), view).items():
        if cost <= left:
            left -= cost
            continue
        table, _, of = path.partition(".")
        del (data[table] if of else data)[of or table]
        yield f"{path}: not now, four weeks of it would cost {cost:,.0f}, more than the cash"


def _possible_packs(data: dict[str, Any], view: CarrierObservation) -> Iterator[str]:
    room, packs = view.room.get("packs", 0), data.get("packs", {})
    for app, terms in list(packs.items()):
        if "on" not in terms:
            del packs[app]
        elif not terms["on"]:
            packs[app] = {"on": False}
        elif view.rule == "ban":
            del packs[app]
            yield f"packs.{app}: no pack, the regulator has banned free data"
        elif app not in view.pack_places:
            room -= 1
            if room < 0:
                del packs[app]
                yield f"packs.{app}: no pack, no more fit in the market"


def _possible_carrier(data: dict[str, Any], view: CarrierObservation) -> Iterator[str]:
    yield from _possible_packs(data, view)
    if not view.surcharges:
        for app, price in data.get("surcharges", {}).items():
            if price > 0:
                data["surcharges"][app] = 0.0
                yield f"surcharges.{app}: none, the regulator allows no surcharge"
    if data.get("own_subsidy") and (view.own_app is None or view.rule == "ban"):
        del data["own_subsidy"]
        why = "it has no app of its own" if view.own_app is None else "free data is banned"
        yield f"own_subsidy: as it is, {why}"
    if "capacity" in data:
        if view.capacity_price is None:
            del data["capacity"]
            yield "capacity: as it is, the network has no limit"
            return
        price, cash = view.capacity_price, max(view.cash, 0.0)
        if (data["capacity"] - 1) * price > cash:
            data["capacity"] = 1 + (cash / price) * (1 - 1e-12)
            yield f"capacity: × {data['capacity']:.3g}, what the cash buys"


def agents_of(given: Mapping[str, Any], agents: Sequence[str]) -> None:
    """Raises ActionError: actions that do not go with the agents that act now."""
    if not agents:
        raise ActionError("no agent acts: the episode is over, or not begun; call reset")
    for agent in agents:
        if agent not in given:
            raise ActionError(f"{agent}: has no action; each of {', '.join(agents)} needs one")
    for name in given:
        if name not in agents:
            raise ActionError(f"{name}: is no agent here; {suggest(str(name), agents)}")
