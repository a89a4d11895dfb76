"""The carrier that minds its own income."""

from ..decisions import AskTerm, CarrierDecision, Reason
from ..observation import CarrierObservation
from .registry import bot
from .replies import matching
from .worth import because, recent

FIRST = 0.6
"""The most of the usual price of data that it asks first; the posted price where that is lower;
assumed (0.3–0.9)."""
LEAST_OVER_COST = 1.25
"""An ask is at least so many times what a MB costs; assumed (1–2)."""
UP, DOWN = 1.15, 0.85
"""What an ask is multiplied by after a deal, and after rounds in which nobody came."""
UNDERCUT = 0.7
"""The same while others have the app's free data and it has not; assumed (0.5–0.9)."""
QUIET = 2
"""Rounds without a bid after which it asks less."""
SHUTS, OPENS = -0.5, -0.3
"""Relation from which it closes to a rival of its own app, and from which it opens again."""
MONEY_TALKS = 0.5
"""Part of the retail price that a bid at its closed door must reach to open it; assumed."""
STEP, STEPS = 0.03, 6
"""By how much it moves the fee of its main plan, and the most steps in a year; assumed."""
WITHOUT = 0.5
"""Share of customers without a plan from which plans are too dear; assumed (0.3–0.7)."""
FULL = 0.9
"""Load from which it builds."""


@bot("carrier", "manager")
def manager(seen: CarrierObservation) -> CarrierDecision:
    """Asks each app for what brings it most: more where the ask was taken, less where a bid was
    lower, nobody came, or other carriers have the app's free data. Opens and closes by relation and
    by what it misses; matches a rival's cut; lowers the fee of its main plan where most have none;
    builds when its network is full.
    """
    asks: dict[str, AskTerm] = {}
    reasons: list[tuple[int, Reason]] = []
    for app in seen.others:
        if found := _ask(seen, app):
            asks[app] = found[0]
            reasons.append(found[1:])
    fee, why = _price(seen)
    reasons.append(why)
    capacity = _capacity(seen)
    if capacity:
        reasons.append((4, because("builds", load=seen.load)))
    return matching(
        CarrierDecision(
            asks=asks,
            plan_fee=fee,
            capacity=capacity,
            reason=max(reasons, key=lambda one: one[0])[1],
        ),
        seen,
    )


def _ask(seen: CarrierObservation, app: str) -> tuple[AskTerm, int, Reason] | None:
    """A new ask of an app, how much that matters, and why; None where it stays."""
    door, standing = seen.doors[app], seen.levers.get("asks", {}).get(app)
    most = seen.data_prices[seen.seat]
    least = min(LEAST_OVER_COST * seen.cost_per_mb, most)
    offered = max((one.bid.price for one in seen.refused if one.bid.app == app), default=0.0)
    first = min(seen.levers["wholesale"], FIRST * most)
    at = {c for o in seen.offers if o.payer == "app" and o.apps[0] == app for c in o.carriers}
    without = seen.seat not in at
    missed = without and bool(at)
    if standing == "closed":
        if door.relation > OPENS or missed:
            return first, 6, because("opens_to", app=app)
        if offered >= MONEY_TALKS * most:
            ask = min(max(offered, least), most)
            return ask, 7, because("opens_for", app=app, bid=offered)
        return None
    if standing is None and seen.own_app and door.relation <= SHUTS and without and not missed:
        return "closed", 6, because("closes", app=app)
    if not isinstance(standing, float | int):
        return first, 3, because("asks_first", app=app, ask=first)
    now = float(standing)
    last = seen.past[-1] if seen.past else None
    if missed:
        ask, rank, why = now * UNDERCUT, 6, because("undercuts", app=app)
    elif last and app in last.deals:
        ask, rank, why = now * UP, 5, because("asks_more", app=app, ask=last.deals[app])
    elif offered > 0:
        ask = min(now * DOWN, offered)
        rank, why = 5, because("asks_bid", app=app, bid=offered)
    elif len(seen.past) >= QUIET and not any(
        app in past.deals or app in past.refused for past in recent(seen, QUIET)
    ):
        ask, rank, why = now * DOWN, 1, because("asks_less", app=app)
    else:
        ask, rank, why = now, 0, because("asks_same")
    ask = min(max(ask, least), most)
    return None if ask == now else (ask, rank, why)


def _price(seen: CarrierObservation) -> tuple[float | None, tuple[int, Reason]]:
    """A step of the main plan's fee: down where most have no plan. Who leaves for cheaper rivals is
    answered by matching them: a cut of one's own wins customers who pay less.
    """
    fee, menu = seen.levers["plan_fee"], seen.menus.get(seen.seat)
    steps = sum("plan_fee" in past.decision for past in seen.past)
    if fee <= 0 or steps >= STEPS or menu is None:
        return None, (0, because("keeps"))
    held, free = seen.bill.customers, [name for name, plan in menu.items() if not plan["fee"]]
    without = sum(held.get(name, 0.0) for name in free) / max(sum(held.values()), 1.0)
    if without > WITHOUT:
        return round(fee * (1 - STEP), 2), (2, because("on_ramp", share=without))
    return None, (0, because("keeps"))


def _capacity(seen: CarrierObservation) -> float | None:
    """Half as much again where the network is full and cash allows."""
    price = seen.capacity_price
    if seen.load < FULL or price is None or seen.under_way or 0.5 * price > max(seen.cash, 0.0):
        return None
    return 1.5
