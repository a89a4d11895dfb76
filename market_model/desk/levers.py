"""What a seat's form asks for, and the decision that its answers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..game import Setup
from ..game.limits import limits
from ..players.decisions import ALLOWANCES, KINDS, Research, ZeroRating
from ..players.observation import Public
from ..scenario.fields import Table

MILLION = 1e6
NOW = "now."
"""Before the name of a hidden field that says how a lever stands, so that what is left as it is decides nothing."""
BID = ("on", "bid", "allowance_mb", "exclusive", "length_weeks")
PRICES = ("plan_fee", "plan_cap_mb", "plan_overage", "sms_price", "voice_price")
CHECKS = ("on", "exclusive", "accepts_exclusive", "own_subsidy")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "allowance_mb": tuple("" if mb is None else f"{mb:g}" for mb in ALLOWANCES),
    "research": ("", *get_args(Research.__value__)), "asks": ("default", "closed", "price")}
IN_MILLIONS = ("promotion", "research_budget")


def text(value: object) -> str:
    """A value as a field holds it."""
    if isinstance(value, bool) or value is None:
        return "on" if value else ""
    return value if isinstance(value, str) else f"{value:.10g}"


@dataclass(frozen=True)
class Lever:
    """A field of a form.

    Attributes:
        path: its name there, and its place in a decision. name: of its texts.
        low, high: bounds of a number. scale: what a 1 in the field is in a decision.
    """

    path: str
    name: str
    low: float | None = None
    high: float | None = None

    @property
    def kind(self) -> Literal["check", "choice", "number"]:
        return "check" if self.name in CHECKS else "choice" if self.name in CHOICES else "number"

    @property
    def scale(self) -> float:
        return MILLION if self.name in IN_MILLIONS else 1.0

    def read(self, given: str) -> Any:
        """The value of an answer; None for an empty one. Raises ValueError."""
        if self.kind == "check":
            return given == "on"
        if self.kind == "choice" and self.name != "allowance_mb":
            return given or None
        try:
            value = float(given) * self.scale if given.strip() else None
        except ValueError:
            raise ValueError(f"{self.path}: '{given[:40]}' is not a number") from None
        return int(value) if value is not None and value.is_integer() else value


@dataclass(frozen=True)
class Group:
    """Levers that belong together: `of` a carrier or app ("" for all), or `rare` ones that a form keeps folded."""

    key: str
    levers: tuple[Lever, ...]
    of: str = ""
    rare: bool = False


def groups(setup: Setup, seat: str) -> list[Group]:
    """What a seat can decide, in the order of its form."""
    scenario, table = setup.scenario, KINDS[setup.kind(seat)]
    if setup.kind(seat) == "app":
        bids = [Group("free_data", tuple(_lever(ZeroRating, name, f"zero_rating.{c}.{name}") for name in BID), c, c not in setup.seats)
                for c in sorted(scenario.carriers, key=lambda c: c not in setup.seats)]
        return [*bids, Group("reach", _levers(table, "promotion", "invite")),
                Group("product", _levers(table, "research", "research_budget", "monetisation"))]
    band, own = limits(scenario, seat), ("own_subsidy",) if scenario.carriers[seat].own_app else ()
    asks = [Group("asks", (Lever(f"asks.{app}", "asks"), _lever(table, "wholesale", f"asks.{app}.price", "ask_price")), app)
            for app in scenario.messengers]
    surcharges = tuple(_lever(table, "wholesale", f"surcharges.{app}", "surcharges") for app in scenario.messengers)
    return [Group("deals", _levers(table, "wholesale", "accepts_exclusive", *own)), *asks,
            Group("prices", tuple(Lever(name, name, *band[name]) for name in PRICES)),
            Group("network", _levers(table, "capacity")), Group("surcharges", surcharges, rare=True)]


def standing(setup: Setup, seat: str, view: Public) -> dict[str, str]:
    """How the levers of a seat stand, as its fields hold them, by path; where no deal runs the fields of a bid hold the ask."""
    found = {name: text(value) for name, value in view.levers.items() if not isinstance(value, Mapping)}
    found |= {f"surcharges.{app}": text(price) for app, price in view.levers.get("surcharges", {}).items()}
    if setup.kind(seat) == "carrier":
        asks: Mapping[str, Any] = view.levers["asks"]
        for app in setup.scenario.messengers:
            own = asks.get(app, "default")
            found[f"asks.{app}"] = own if isinstance(own, str) else "price"
            found[f"asks.{app}.price"] = text(view.levers["wholesale"] if isinstance(own, str) else own)
        return found | {"capacity": "1"}
    deals = {c: offer for offer in view.offers if offer.payer == "app" and offer.apps[0] == seat for c in offer.carriers}
    for carrier, ask in view.asks.items():
        deal = deals.get(carrier)
        values: tuple[Any, ...] = (False, ask, None, False, None)
        if deal:
            left = None if deal.end >= setup.scenario.weeks else deal.end - view.week
            values = True, ask if deal.price is None else deal.price, deal.allowance_mb, deal.exclusive, left
        found |= {f"zero_rating.{carrier}.{name}": text(value) for name, value in zip(BID, values, strict=True)}
    return found


def decision_of(setup: Setup, seat: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """What the answers of a seat's form decide, as plain data; a field that is left out stays as it is.

    Raises:
        ValueError: an answer is not what its field holds, in plain words.
    """
    decision: dict[str, Any] = {}
    for group in groups(setup, seat):
        was = {lever.path: lever.read(fields.get(NOW + lever.path, "")) for lever in group.levers}
        given = {lever.path: lever.read(fields.get(lever.path, "" if lever.kind == "check" else fields.get(NOW + lever.path, "")))
                 for lever in group.levers}
        if group.key == "free_data":
            if bid := _bid(group.of, [*was.values()], [*given.values()]):
                decision.setdefault("zero_rating", {})[group.of] = bid
        elif group.key == "asks":
            if (ask := _ask(group.of, *given.values())) != (_ask(group.of, *was.values()) if any(was.values()) else None):
                decision.setdefault("asks", {})[group.of] = ask
        elif group.key == "surcharges":
            changed = {path.partition(".")[2]: value or 0 for path, value in given.items() if value != was[path]}
            decision |= {"surcharges": changed} if changed else {}
        else:
            decision |= {path: value for path, value in given.items() if value not in (None, was[path])}
    return decision


def _bid(carrier: str, was: list[Any], given: list[Any]) -> dict[str, Any] | None:
    """The decision on free data at a carrier; None if all stays: values are in the order of BID."""
    if given == was or not (given[0] or was[0]):
        return None
    if given[0] and given[1] is None:
        raise ValueError(f"zero_rating.{carrier}.bid: free data needs a bid")
    return {"on": False} if not given[0] else dict(zip(BID, given, strict=True))


def _ask(app: str, term: str | None, price: float | None) -> float | str | None:
    if term == "price" and price is None:
        raise ValueError(f"asks.{app}.price: a price of its own needs a number")
    return price if term == "price" else term


def _levers(table: type[Table], *names: str) -> tuple[Lever, ...]:
    return tuple(_lever(table, name, name) for name in names)


def _lever(table: type[Table], field: str, path: str, name: str = "") -> Lever:
    """A lever with the bounds of a field of a decision."""
    limits_of = table.model_fields[field].metadata
    low, high = (next((getattr(m, end) for m in limits_of if hasattr(m, end)), None) for end in ("ge", "le"))
    return Lever(path, name or field, low, high)
