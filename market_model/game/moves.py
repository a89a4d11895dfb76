"""Tokens that were laid in a game: parts of decisions that can be taken away one at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..players.decisions import Decision, Kind

FIELDS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    "app": {
        "free_data": ("zero_rating",),
        "promotion": ("promotion", "promotion_regions"),
        "bring_friend": ("bring_friend", "bring_friend_regions"),
        "invite": ("invite", "invite_regions"),
        "product": ("research", "research_budget"),
        "ads": ("monetisation",),
        "goodwill": ("goodwill",),
    },
    "carrier": {
        "prices": (
            "plan_fee",
            "plan_cap_mb",
            "plan_overage",
            "plans",
            "sms_price",
            "voice_price",
        ),
        "asks": ("wholesale", "asks", "accepts_exclusive"),
        "own_subsidy": ("own_subsidy", "own_subsidy_regions"),
        "packs": ("packs",),
        "network": ("capacity",),
        "surcharges": ("surcharges",),
    },
    "regulator": {"rule": ("rule",), "surcharges_allowed": ("surcharges",)},
}
"""Fields of a decision that make a token, by kind of seat and token; all stand at their default
where it was not laid.
"""
EACH = ("free_data", "goodwill", "packs")
"""Tokens of which there is one for each carrier or app."""
STANDING = (
    *("bring_friend", "invite", "ads", "prices", "asks", "own_subsidy", "surcharges"),
    *("rule", "surcharges_allowed"),
)
"""Tokens that lie until they are changed: who lays the same again has laid nothing."""


class Placement(NamedTuple):
    """A token: the round (0 = first), whose it was, its kind, and of which carrier, app or rule
    ("" for none). Plain data.

    `regions`: where; none: everywhere. `ends`: it takes back what an earlier one gave. `size`:
    money, or a level; 0 where it has none.
    """

    round: int
    seat: str
    key: str
    of: str = ""
    regions: tuple[str, ...] = ()
    ends: bool = False
    size: float = 0.0

    @property
    def name(self) -> str:
        """What no other token of the game is called."""
        return f"{self.round}.{self.seat}.{self.key}.{self.of}"


def moves(seats: Collection[str], decided: Sequence[Mapping[str, Decision]]) -> Iterator[Placement]:
    """All tokens of some seats. Args: decided: what each did, by round."""
    lies = dict[tuple[str, str], Any]()
    for r, one in enumerate(decided):
        for seat in seats:
            data = one[seat].model_dump(exclude_defaults=True)
            for key, fields in FIELDS[one[seat].kind].items():
                laid = {name: data[name] for name in fields if data.get(name) is not None}
                if key in EACH:
                    for of, terms in laid.get(fields[0], {}).items():
                        yield Placement(r, seat, key, of, *_terms(terms))
                elif any(not name.endswith("regions") for name in laid) and (
                    key not in STANDING or lies.get((seat, key)) != laid
                ):
                    where = next((laid[name] for name in laid if name.endswith("regions")), ())
                    lies[seat, key] = laid
                    main = laid.get("research_budget", laid.get(fields[0]))
                    size = 0.0 if isinstance(main, bool | str | None) else float(main)
                    of = laid[key] if key == "rule" else ""
                    yield Placement(r, seat, key, of, tuple(where), main is False, size)


def _terms(terms: Any) -> tuple[tuple[str, ...], bool]:
    if not isinstance(terms, dict):
        return (), False
    return tuple(terms.get("regions", ())), terms.get("on") is False


def taken_away(own: Sequence[Decision], move: Placement) -> list[Decision]:
    """A seat's decisions without a token: what stood before stays; one that lies goes from all
    rounds in which the same was laid again.
    """
    left, laid = list(own), _fields(own[move.round], move)
    for r in range(move.round, len(own)):
        if r == move.round or (move.key in STANDING and _fields(own[r], move) == laid):
            left[r] = _without(own[r], move)
        elif move.key not in STANDING or _fields(own[r], move) != _fields(type(own[r])(), move):
            break
    return left


def _fields(decision: Decision, move: Placement) -> list[Any]:
    return [getattr(decision, name) for name in FIELDS[decision.kind][move.key]]


def _without(decision: Decision, move: Placement) -> Decision:
    fields, defaults = FIELDS[decision.kind][move.key], type(decision)()
    if move.key in EACH:
        table = getattr(decision, fields[0])
        left = {of: terms for of, terms in table.items() if of != move.of}
        return decision.model_copy(update={fields[0]: left})
    return decision.model_copy(update={name: getattr(defaults, name) for name in fields})
