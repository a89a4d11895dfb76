"""The champion: plays by a dozen numbers per seat of a story, which a search found
(`market-model search`).
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ...scenario.fields import KIB
from ..costs import COST_PER_REACH, PROMOTION_CAP, RESEARCH_SCALE
from ..decisions import AppDecision, AskTerm, CarrierDecision, Kind, ZeroRating
from ..observation import AppObservation, CarrierObservation, Public
from .experimenter import experimenter, thickest
from .manager import manager
from .registry import bot
from .worth import affordable, because, ended, paid

CHAMPION, FILE = "champion", "champions.toml"
NUMBERS: Mapping[Kind, Mapping[str, tuple[float, float]]] = {
    "app": {
        "promotion": (0.0, 1.5),
        "promotion_rounds": (0.0, 10.0),
        "research": (0.0, 1.0),
        "research_rounds": (0.0, 4.0),
        "ads": (0.0, 2.0),
        "ads_rounds": (0.0, 10.0),
        "invite": (0.0, 1.0),
        "bring_friend": (1.0, 3.0),
        "bonus_rounds": (0.0, 10.0),
        "free_rounds": (0.0, 10.0),
        "allowance_mb": (1.0, 100.0),
        "price": (0.0, 1.0),
        "places": (0.0, 1.0),
    },
    "carrier": {
        "ask": (0.0, 1.0),
        "fee": (0.9, 1.3),
        "overage": (0.9, 1.3),
        "cap": (0.7, 1.1),
        "sms": (0.9, 1.3),
        "voice": (0.9, 1.3),
        "own_app": (0.0, 1.0),
        "full": (0.5, 1.5),
    },
}
"""Its numbers, by kind of seat, each with its least and most.

App: promotion of 1 is what makes 63 % of those hear of it who could in its places, research of 1 a
project that brings 63 % of what it can, both in each of their first rounds; ads, invite and
bring_friend are levels in their first rounds; data is free for a number of rounds, so many MB of it
(100: without limit), where it costs at most so much of the usual price of data. All but ads and
research in a part of the regions, its thickest ones.
Carrier: it asks so much of the usual price of data (nothing: its door is closed); its prices are
the story's times fee, overage, cap, sms and voice; its own app's data is free from 0.5 on; it
builds from a load of `full`.
"""
PRICES = {
    "fee": "plan_fee",
    "overage": "plan_overage",
    "cap": "plan_cap_mb",
    "sms": "sms_price",
    "voice": "voice_price",
}
NO_LIMIT = 100.0
BUILDS = 1.5


@cache
def champions() -> dict[str, dict[str, Any]]:
    """The shipped numbers: by story `first`, the week of its first round, and tables by seat, each
    with `about`, how it was found.
    """
    return tomllib.loads(files(__package__).joinpath(FILE).read_text("utf-8"))


def has_champion(story: str, seat: str) -> bool:
    """Whether numbers for a seat of a story are shipped."""
    return isinstance(champions().get(story, {}).get(seat), dict)


@dataclass(frozen=True)
class Champion:
    """A way to play a seat. `numbers`: as in `NUMBERS`; `first`: week of the first round."""

    numbers: Mapping[str, float]
    first: int

    def __call__(self, seen: Public) -> AppDecision | CarrierDecision:
        number = (seen.week - self.first) // 4
        if isinstance(seen, AppObservation):
            return self._app(seen, number)
        assert isinstance(seen, CarrierObservation)
        return self._carrier(seen, number)

    def _app(self, seen: AppObservation, number: int) -> AppDecision:
        n, cash = self.numbers, max(seen.cash, 0.0)
        count = max(1, math.ceil(n["places"] * len(seen.regions)))
        places = () if count >= len(seen.regions) else thickest(seen, seen.regions)[:count]
        reach = 4.0 * COST_PER_REACH * PROMOTION_CAP * seen.population
        there = sum(seen.parts.get(r, 0.0) for r in places) if places else 1.0

        def at_first(lever: str, rounds: str, then: float = 0.0) -> float:
            return n[lever] if number < round(n[rounds]) else then

        research = min(
            at_first("research", "research_rounds") * RESEARCH_SCALE * seen.population, cash
        )
        decision = AppDecision(
            zero_rating=self._free(seen, number, places),
            promotion=min(at_first("promotion", "promotion_rounds") * reach * there, cash),
            promotion_regions=places,
            research="quality" if research > 0 else None,
            research_budget=research,
            monetisation=at_first("ads", "ads_rounds", 1.0),
            invite=at_first("invite", "bonus_rounds"),
            invite_regions=places,
            bring_friend=at_first("bring_friend", "bonus_rounds", 1.0),
            bring_friend_regions=places,
            reason=because("by_numbers"),
        )
        return affordable(decision, seen)

    def _free(
        self, seen: AppObservation, number: int, places: tuple[str, ...]
    ) -> dict[str, ZeroRating]:
        there, allowance = paid(seen), self.numbers["allowance_mb"]
        if number >= round(self.numbers["free_rounds"]):
            return ended(there)
        if seen.rule == "ban":
            return {}
        given = {c for c, offer in seen.free_at(seen.seat).items() if offer.payer != "app"}
        limit = None if allowance >= NO_LIMIT else float(round(allowance))
        most = {c: self.numbers["price"] * seen.data_prices[c] for c in seen.doors}
        return {
            c: ZeroRating(bid=most[c], allowance_mb=limit, regions=places)
            for c, door in seen.doors.items()
            if c not in there and c not in given and door.ask is not None and door.ask <= most[c]
        }

    def _carrier(self, seen: CarrierObservation, number: int) -> CarrierDecision:
        n, price = self.numbers, seen.capacity_price
        builds = (
            seen.load >= n["full"]
            and price is not None
            and not seen.under_way
            and (BUILDS - 1) * price <= max(seen.cash, 0.0)
        )
        capacity = BUILDS if builds else None
        if number > 0:
            return CarrierDecision(capacity=capacity, reason=because("by_numbers"))
        ask: AskTerm = n["ask"] * seen.data_prices[seen.seat] if n["ask"] > 0 else "closed"
        free = n["own_app"] >= 0.5 and seen.own_app is not None and seen.rule != "ban"
        prices: dict[str, Any] = {
            lever: _whole(n[name] * seen.levers[lever], lever)
            for name, lever in PRICES.items()
            if n[name] != 1.0
        }
        return CarrierDecision(
            asks=dict.fromkeys(seen.others, ask),
            own_subsidy=True if free else None,
            capacity=capacity,
            reason=because("by_numbers"),
            **prices,
        )


def _whole(value: float, lever: str) -> float:
    """Data in whole KiB, prices to four digits."""
    return round(value * KIB) / KIB if lever == "plan_cap_mb" else round(value, 4)


def _numbers(seen: Public) -> Champion | None:
    """The champion of a seat, if one is shipped."""
    if not has_champion(seen.story, seen.seat):
        return None
    story = champions()[seen.story]
    numbers = {name: story[seen.seat][name] for name in story[seen.seat] if name != "about"}
    return Champion(numbers, story["first"])


@bot("app", CHAMPION)
def _champion_app(seen: AppObservation) -> AppDecision:
    """Plays by numbers that a search found for its seat of a shipped story; elsewhere like the
    experimenter.
    """
    found = _numbers(seen)
    decision = found(seen) if found else experimenter(seen)
    assert isinstance(decision, AppDecision)
    return decision


@bot("carrier", CHAMPION)
def _champion_carrier(seen: CarrierObservation) -> CarrierDecision:
    """Plays by numbers that a search found for its seat of a shipped story; elsewhere like the
    manager.
    """
    found = _numbers(seen)
    decision = found(seen) if found else manager(seen)
    assert isinstance(decision, CarrierDecision)
    return decision
