"""What a seat can move, read from the fields of its decision: forms, learning spaces and the
codebook are made of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic.fields import FieldInfo

from ..scenario.fields import Table, parts
from ..scenario.names import AppName, CarrierName, PlanName
from .decisions import KINDS, Kind

LEFT_OUT = frozenset({"kind", "reason", "start_offers", "change_offers", "stop_offers"})
"""Fields of decisions that move nothing, or that no seat of a game moves: it gets offers by
deals.
"""
OF = {CarrierName: "CARRIER", AppName: "APP", PlanName: "PLAN"}
"""What stands in a path for the carrier, app or plan that a lever is of."""


class LeverField(NamedTuple):
    """A lever.

    Attributes:
        path: the field of the decision; below it CARRIER, APP or PLAN where there is one for each,
            and a field of its terms.
        form: "switch", "choice", "number" or "regions", a list of them (none named: everywhere); a
            choice with bounds may be a number, too.
        choices: of a choice. low, high: bounds of a number, both included. whole: of a whole one.
        unit: of the number. text: what it does, in a line.
        optional: whether the field may be silent, and then leaves it as it is.
    """

    path: tuple[str, ...]
    form: Literal["switch", "choice", "number", "regions"]
    choices: tuple[str, ...]
    low: float | None
    high: float | None
    whole: bool
    unit: str
    text: str
    optional: bool

    @property
    def name(self) -> str:
        """Its own name: the last field of the path."""
        return next(part for part in reversed(self.path) if part not in OF.values())

    @property
    def spends(self) -> bool:
        """Whether it is money that an app spends at once."""
        return self.unit == "money" and self.path[0] in KINDS["app"].model_fields


@cache
def levers(kind: Kind) -> tuple[LeverField, ...]:
    """All levers of the seats of a kind, in the order of their decision."""
    return levers_of(KINDS[kind])


def levers_of(decision: type[Table]) -> tuple[LeverField, ...]:
    """All levers of a decision."""
    return tuple(_levers(decision, ()))


def _levers(table: type[Table], above: tuple[str, ...]) -> Iterator[LeverField]:
    for name, field in table.model_fields.items():
        if not above and name in LEFT_OUT:
            continue
        if get_origin(field.annotation) is not dict:
            yield _lever((*above, name), field)
            continue
        key, value = get_args(field.annotation)
        path = (*above, name, OF[key])
        if isinstance(value, type) and issubclass(value, Table):
            yield from _levers(value, path)
        else:
            yield _lever(path, field)


def _lever(path: tuple[str, ...], field: FieldInfo) -> LeverField:
    kinds = parts(field.annotation)
    choices = tuple(c for k in kinds if get_origin(k) is Literal for c in get_args(k))
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    low, high = (
        next((getattr(one, end) for one in _bounds(field, kinds) if hasattr(one, end)), None)
        for end in ("ge", "le")
    )
    return LeverField(
        path,
        _form(kinds, choices),
        choices,
        low,
        high,
        int in kinds,
        str(extra.get("unit", "")),
        field.description or "",
        field.default is None,
    )


def _form(
    kinds: list[Any], choices: tuple[str, ...]
) -> Literal["switch", "choice", "number", "regions"]:
    if any(get_origin(kind) is tuple for kind in kinds):
        return "regions"
    return "switch" if bool in kinds else "choice" if choices else "number"


def _bounds(field: FieldInfo, kinds: list[Any]) -> Iterator[Any]:
    yield from field.metadata
    for kind in kinds:
        for one in getattr(kind, "__metadata__", ()):
            yield from one.metadata if isinstance(one, FieldInfo) else ()
