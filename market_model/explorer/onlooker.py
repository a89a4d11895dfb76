"""One user in one week, and why they use what they use, by the model's own terms. Only worker
processes import this.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..market import Market, Observer, User
from ..market import columns as col
from ..market import equations as eq
from ..market.draws import RETHINK, USE
from ..market.week import WeekInProgress
from ..words import Language, actor, amount, currency, fixed, offer_label, percent
from .place import Place
from .texts import say


class Onlooker(Observer):
    """Keeps the market of one week: as users find it, and as they leave it."""

    def __init__(self, week: int) -> None:
        self.week = week

    def before_users(self, market: Market) -> None:
        if market.week == self.week:
            self.before = market.copy()

    def after_users(self, market: Market) -> None:
        if market.week == self.week:
            self.after = market.copy()


@lru_cache(maxsize=2)
def onlooker_at(place: Place, _key: str, week: int) -> Onlooker:
    """A run up to the end of a week."""
    scenario = place.scenario()
    onlooker = Onlooker(week)
    market = Market(scenario, rng=place.seed, observers=[onlooker])
    actions = place.decisions(scenario)
    while market.week <= week:
        for action in (a for a in actions if a.week == market.week):
            market.act(action.seat, action.decision)
        market.step()
    return onlooker


def card(onlooker: Onlooker, index: int, language: Language) -> dict[str, Any]:
    """What the page's card of a user says, with 200 contacts at most; looking changes nothing."""
    market = onlooker.before
    user, after = User(market.state, index), User(onlooker.after.state, index)
    user.begin(WeekInProgress(market.state, market.week, False))
    society, carrier, gifts = (
        market.config.society,
        market.carriers[user.carrier],
        market.people.gifts,
    )
    friends = user.now.contacts.of(index)
    applied = {
        offer
        for waived, offer, bonus in map(user.terms_for, range(len(market.apps)))
        if waived or bonus
    }
    known = society.users - 1 if user.now.contacts.complete else len(friends)
    given = int(gifts[index]) if len(gifts) else 0
    offers = [
        offer_label(o.name, language)
        for o in market.running_offers()
        if o.index in applied
        or (given & int(user.now.terms.bits[o.index, 1]) and o.gives(market.week))
    ]
    facts = {
        "carrier": actor(carrier.name, language),
        "region": actor(market.regions[user.region], language) if len(market.regions) > 1 else "",
        "device": list(society.devices)[user.device].replace("_", " ")
        if len(society.devices) > 1
        else "",
        "contacts": fixed(known, language, 0),
        "wifi": percent(user.wifi, language),
        "bill": say(
            "user.mb",
            language,
            mb=fixed(after.billed / eq.KIB, language, 1),
            cap=fixed(carrier.plan.cap_mb, language, 0),
        ),
        "price": f"{amount(user.price, language)} {currency(market.config.currency, language)}",
        "offers": " · ".join(offers) or say("user.no_offer", language),
    }
    return {
        "facts": facts,
        "known": known,
        "apps": [app(user, after, a) for a in range(user.now.apps)],
        "contacts": friends[:200].tolist(),
    }


def app(user: User, after: User, a: int) -> dict[str, Any]:
    """How a user stands to an app, and why: the terms of the value (logit) of using it or,
    before that, of registering; `even`: the chance at a value of 0.
    """
    now, rules, bit, new = user.now, user.now.rules, 1 << a, not user.registered >> a & 1
    used = bool(after.active & bit)
    status, terms, chance, even = "closed", dict[str, float](), 0.0, 0.5
    if user.can & after.registered & bit:
        base, taste, network, exposure, sticky, habit, felt, crowding, elsewhere = user.why(a)
        terms = {
            "base": base,
            "taste": taste,
            "friends": network * exposure,
            "habit": sticky * habit,
            "price_felt": -felt,
            "crowding": -crowding * elsewhere,
        }
        chance = eq.sigmoid(rules.beta * user.value(a))
        kept = not new and rules.refresh < 1.0 and user.draw(RETHINK, a) >= rules.refresh
        pushed = new and used and user.draw(USE, a) >= chance
        status = "kept" if kept else "tried" if pushed else "new" if new else "chose"
    elif user.can & after.aware & bit:
        terms = {
            "entry": now.terms.cells[user.x, a, col.ENTRY],
            "taste": float(user.taste[a]),
            "friends": rules.network_effect * user.exposure[a],
            "price_felt": -user.felt(rules.salience * user.terms_for(a)[0], a),
        }
        status, rate, pushed = "aware", rules.registration_rate, now.terms.try_once[user.region, a]
        chance, even = (
            eq.with_campaign(eq.registration_chance(rate, rules.beta * value), pushed)
            for value in (sum(terms.values()), 0.0)
        )
    elif user.can & bit:
        p, q = now.terms.hear[user.region, a]
        rate = eq.hearing_rate(p, q, user.exposure[a])
        status, chance = "unaware", eq.arrival_chance(rate)
    return {
        "name": user.state.apps[a].name,
        "friends": user.exposure[a],
        "used": used,
        "status": status,
        "terms": {name: float(term) for name, term in terms.items()},
        "chance": float(chance),
        "even": float(even),
    }
