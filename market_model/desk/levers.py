"""What a seat's form asks for, and the decision that its answers are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..game import Setup, problems
from ..game.limits import limits
from ..players.deals import ROUNDING
from ..players.decisions import ALLOWANCES, Fault
from ..players.levers import levers
from ..players.observation import AppObservation, Public, RegulatorObservation
from ..scenario.actors import RULES

NOW = "now."
"""Before the name of a hidden field that says how a lever stands, so that what is left as it is
decides nothing.
"""
ALL = (*levers("app"), *levers("carrier"), *levers("regulator"))
RULED = {"surcharges": "surcharges_allowed"}
"""Keys of the texts of the regulator's levers that have other words than a carrier's."""
BID = tuple(lever.name for lever in ALL if lever.path[0] == "zero_rating")
BESIDE = ("income_share", "joint_promotion", "gift_mb", "accept")
"""Terms of a bid that few give; a decision names them if they are given."""
REACH = (
    *("promotion", "promotion_regions", "invite", "invite_regions"),
    *("bring_friend", "bring_friend_regions"),
)
PACK = {"on": "pack", "fee": "pack_fee"}
"""Keys of the texts of a pack's fields that have other words than those of other tables."""
CHECKS = frozenset(
    (*(lever.name for lever in ALL if lever.form == "switch"), "pack", *RULED.values())
) - {*RULED}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "allowance_mb": tuple("" if mb is None else f"{mb:g}" for mb in ALLOWANCES),
    "research": ("", *next(lever.choices for lever in ALL if lever.name == "research")),
    "asks": (*next(lever.choices for lever in ALL if lever.name == "asks"), "price"),
    "rule": RULES,
}
NEEDED = ((("on", True), "bid"), (("asks", "price"), "ask_price"), (("pack", True), "pack_fee"))
"""Fields that must be filled in where another has a value."""
SCALES = {lever.name: 1e6 for lever in ALL if lever.spends or lever.name == "joint_promotion"}
"""What 1 in a field is in a decision, if not 1."""


def least_bid(ask: float) -> float:
    """The least price of four digits behind the point that meets an ask, money/MB.

    By hand: .129274 is met by .1293, and .105, in binary a little more, by .105.
    """
    return math.ceil(1e4 * ask * (1 - ROUNDING)) / 1e4


def text(value: object) -> str:
    """A value as a field holds it."""
    if isinstance(value, bool) or value is None:
        return "on" if value else ""
    return value if isinstance(value, str) else f"{value:.10g}"


class BadField(ValueError):
    """An answer of a form that is no value of its field."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


class Lever(NamedTuple):
    """A field of a form: its name there, the key of its texts, bounds of a number (in a
    decision), regions of which some can be ticked.
    """

    path: str
    name: str
    low: float | None = None
    high: float | None = None
    regions: tuple[str, ...] = ()

    def read(self, fields: Mapping[str, str], before: str) -> Any:
        """The value of an answer; None for an empty one. All regions ticked are as none: ().

        Raises BadField."""
        if self.regions:
            ticked = tuple(
                r for r in self.regions if fields.get(f"{before}{self.path}.{r}") == "on"
            )
            return () if len(ticked) == len(self.regions) else ticked
        given = fields.get(before + self.path, "")
        if self.name in CHECKS:
            return given == "on"
        if self.name in ("research", "asks", "rule"):
            return given or None
        try:
            return float(given) * SCALES.get(self.name, 1.0) if given.strip() else None
        except ValueError:
            raise BadField(Fault("number", self.path, {"given": given[:40]})) from None


class Group(NamedTuple):
    """Levers that belong together: `of` a carrier or app ("" for all), or `rare` ones that a
    form keeps folded.
    """

    key: str
    levers: tuple[Lever, ...]
    of: str = ""
    rare: bool = False


def groups(setup: Setup, seat: str) -> list[Group]:
    """What a seat can decide, in the order of its form."""
    scenario = setup.scenario
    known = {lever.path: lever for lever in levers(setup.kind(seat))}

    def lever(path: tuple[str, ...], of: str = "", name: str = "") -> Lever:
        at, own = known[path], ".".join((path[0], of, *path[2:]) if of else path)
        where = tuple(scenario.society.regions) if at.form == "regions" else ()
        return Lever(own, name or at.name, at.low, at.high, where)

    def plain(*names: str) -> tuple[Lever, ...]:
        return tuple(lever((name,)) for name in names)

    if setup.kind(seat) == "regulator":
        return [
            Group(RULED.get(name, name), (lever((name,), name=RULED.get(name, "")),))
            for name in ("rule", "surcharges")
        ]
    if setup.kind(seat) == "app":
        bids = [
            Group(
                "free_data",
                tuple(lever(("zero_rating", "CARRIER", name), c) for name in BID),
                c,
                c not in setup.seats,
            )
            for c in sorted(scenario.carriers, key=lambda c: c not in setup.seats)
        ]
        return [
            *bids,
            Group(
                "goodwill",
                tuple(lever(("goodwill", "CARRIER"), c) for c in scenario.carriers),
                rare=True,
            ),
            Group("reach", plain(*REACH)),
            Group("product", plain("research", "research_budget", "monetisation")),
        ]
    band = limits(scenario, seat)
    own = ("own_subsidy", "own_subsidy_regions") if scenario.carriers[seat].own_app else ()
    asks = [
        Group(
            "asks",
            (
                Lever(f"asks.{app}", "asks"),
                lever(("asks", "APP"), app, "ask_price")._replace(path=f"asks.{app}.price"),
            ),
            app,
        )
        for app in scenario.messengers
    ]
    moved = {path: ends for path, ends in band.items() if ends[0] < ends[1]}
    prices = tuple(Lever(path, path, *ends) for path, ends in moved.items() if "." not in path)
    plans: dict[str, list[Lever]] = {}
    for path, ends in moved.items():
        if at := path.partition(".")[2]:
            of, _, field = at.rpartition(".")
            plans.setdefault(of, []).append(Lever(path, field, *ends))
    surcharges = tuple(lever(("surcharges", "APP"), app) for app in scenario.messengers)
    terms = [path[-1] for path in known if path[0] == "packs"]
    packs = [
        Group(
            "packs",
            tuple(lever(("packs", "APP", one), app, PACK.get(one, "")) for one in terms),
            app,
            rare=True,
        )
        for app in scenario.messengers
    ]
    return [
        Group("deals", plain("wholesale", "accepts_exclusive", *own)),
        *asks,
        *([Group("prices", prices)] if prices else []),
        *(Group("plans", tuple(of_plan), plan) for plan, of_plan in plans.items()),
        *packs,
        Group("network", plain("capacity")),
        Group("surcharges", surcharges, rare=True),
    ]


def standing(setup: Setup, seat: str, view: Public) -> dict[str, str]:
    """How the levers of a seat stand, as its fields hold them, by path; where no deal runs the
    field of a bid holds what the carrier asks of the app now.
    """
    found = {
        name: text(value)
        for name, value in view.levers.items()
        if not isinstance(value, Mapping | tuple)
    }
    for name, value in view.levers.items():
        if isinstance(value, tuple):
            found |= _ticked(name, value)
    if isinstance(view, RegulatorObservation):
        return found
    found |= {"capacity": "1"} | {
        f"surcharges.{app}": text(price) for app, price in view.levers.get("surcharges", {}).items()
    }
    for app, terms in view.levers.get("packs", {}).items():
        found |= {
            f"packs.{app}.{field}": text(value)
            for field, value in terms.items()
            if field != "regions"
        }
        found |= _ticked(f"packs.{app}.regions", terms["regions"])
    for plan, terms in view.levers.get("plans", {}).items():
        found |= {f"plans.{plan}.{field}": text(value) for field, value in terms.items()}
    for app in setup.scenario.messengers if "asks" in view.levers else ():
        own = view.levers["asks"].get(app, "default")
        found[f"asks.{app}"] = own if isinstance(own, str) else "price"
        found[f"asks.{app}.price"] = text(view.levers["wholesale"] if isinstance(own, str) else own)
    return found | (_bids(setup, seat, view) if isinstance(view, AppObservation) else {})


def _bids(setup: Setup, seat: str, view: AppObservation) -> dict[str, str]:
    """How an app's free data stands at each carrier, by path."""
    found: dict[str, str] = {}
    deals = {
        c: offer
        for offer in view.offers
        if offer.payer == "app" and offer.apps[0] == seat
        for c in offer.carriers
    }
    for carrier, ask in view.asks.items():
        asked = view.doors[carrier].ask
        values: dict[str, Any] = {
            "on": False,
            "bid": least_bid(ask if asked is None else asked),
        } | dict.fromkeys(("income_share", "joint_promotion", "gift_mb"), 0.0)
        if deal := deals.get(carrier):
            left = deal.end - view.week if deal.end < setup.scenario.weeks else None
            values |= {
                "on": True,
                "bid": ask if deal.price is None else deal.price,
                "allowance_mb": deal.allowance_mb,
                "exclusive": deal.exclusive,
                "length_weeks": left,
                "income_share": deal.income_share,
                "joint_promotion": deal.joint_promotion / SCALES["joint_promotion"],
                "gift_mb": deal.gift_mb,
            }
            found |= _ticked(f"zero_rating.{carrier}.regions", _where(seat, carrier, view))
        found |= {
            f"zero_rating.{carrier}.{name}": text(values.get(name))
            for name in BID
            if name != "regions"
        }
    return found


def _ticked(path: str, regions: tuple[str, ...]) -> dict[str, str]:
    return {f"{path}.{region}": "on" for region in regions}


def _where(seat: str, carrier: str, view: Public) -> tuple[str, ...]:
    """Regions in which an app pays for free data at a carrier; () for all."""
    lists = [
        offer.regions.get(carrier, ())
        for offer in view.offers
        if offer.payer == "app" and offer.apps[0] == seat and carrier in offer.carriers
    ]
    return () if () in lists else tuple(r for r in view.regions if any(r in one for one in lists))


def decision_of(setup: Setup, seat: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """What the answers of a seat's form decide, as plain data: all that is not as it stands.

    Raises:
        BadField: an answer is not what its field holds.
    """
    decision: dict[str, Any] = {}
    was, given = (_values(groups(setup, seat), fields, before) for before in (NOW, ""))
    for (lever, of), value in given.items():
        if value is not None and value != was[lever, of]:
            decision |= {lever: decision.get(lever, {}) | {of: value} if of else value}
    return decision


def entries(
    setup: Setup, seat: str, decision: Mapping[str, Any]
) -> list[tuple[Group, list[tuple[Lever, Any]]]]:
    """What a decision says, by group of the form, as (lever, value in a decision)."""
    found: list[tuple[Group, list[tuple[Lever, Any]]]] = []
    for group in groups(setup, seat):
        said = [(lever, _said(lever, decision)) for lever in group.levers]
        table = {"free_data": "zero_rating", "packs": "packs"}.get(group.key, "")
        if not (decision.get(table, {}).get(group.of) or {}).get("on", True):
            said = said[:1]
        told = [(lever, value) for lever, value in said if value is not None]
        if told:
            found.append((group, told))
    return found


def _said(lever: Lever, decision: Mapping[str, Any]) -> Any:
    """What a decision says of a lever; None for nothing."""
    table, _, rest = lever.path.partition(".")
    of, _, field = rest.partition(".")
    value = decision.get(table)
    if not of or value is None:
        return value
    value = value.get(of)
    if table in ("zero_rating", "packs") and value is not None:
        value = {"on": True, **value}
        return "" if field == "allowance_mb" and value.get(field) is None else value.get(field)
    if table == "plans" and value is not None:
        return value.get(field)
    if table == "asks" and not isinstance(value, str) and value is not None:
        return value if field else "price"
    return None if table == "asks" and field else value


def checked(
    setup: Setup, seat: str, fields: Mapping[str, str], view: Public
) -> tuple[dict[str, Any], list[Fault]]:
    """The decision of a form's answers, and what is wrong with it for a seat that sees `view`."""
    try:
        decision = decision_of(setup, seat, fields)
    except BadField as error:
        return {}, [error.fault]
    return decision, problems(setup, seat, decision, view)


def _values(
    found: list[Group], fields: Mapping[str, str], before: str
) -> dict[tuple[str, str], Any]:
    """Values for a decision by lever and the carrier or app that it is of ("" for none), of
    fields whose names begin with `before`.
    """
    values: dict[tuple[str, str], Any] = {}
    for group in found:
        given = {lever: lever.read(fields, before) for lever in group.levers}
        named = {lever.name: value for lever, value in given.items()}
        needed = next((what for which, what in NEEDED if named.get(which[0]) in which[1:]), "")
        if needed and named[needed] is None:
            raise BadField(Fault("price", next(at.path for at in given if at.name == needed)))
        if group.key == "free_data":
            there = {"regions": where} if (where := named.pop("regions", ())) else {}
            named = {name: value for name, value in named.items() if value or name not in BESIDE}
            ran = fields.get(f"{NOW}zero_rating.{group.of}.on")
            on, off = named | there, {"on": False} | (there if ran else {})
            values["zero_rating", group.of] = on if named["on"] else off
        elif group.key == "packs":
            terms = {at.path.split(".")[2]: value for at, value in given.items()}
            on = {name: value for name, value in terms.items() if value not in (None, ())}
            values["packs", group.of] = on if terms["on"] else {"on": False}
        elif group.key == "asks":
            values["asks", group.of] = (
                named["ask_price"] if named["asks"] == "price" else named["asks"]
            )
        elif group.key == "plans":
            values["plans", group.of] = {k: v for k, v in named.items() if v is not None} or None
        else:
            values |= {
                (lever.path.partition(".")[0], lever.path.partition(".")[2]): value
                for lever, value in given.items()
            }
    return values
