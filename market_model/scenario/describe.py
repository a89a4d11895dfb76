"""Every field that a scenario file can have: what it means, its unit, range, default and source,
and what a scenario says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ..errors import suggest
from .errors import ScenarioError
from .fields import Column, PerWeek, PerYear, Schedule, Table, parts
from .model import Scenario

NAME, PLACE = "NAME", "N"
"""Stand in paths for the names of a table and the places of a list."""
FORMS = (("COLUMN", Column), ("SCHEDULE", Schedule), ("RATE", PerYear), ("RATE", PerWeek))
"""Tables that may stand for a number."""
_EMPTY: tuple[Any, ...] = (PydanticUndefined, (), {})
_KINDS: Mapping[str, str] = {
    "When": "week number, or date as 2013-11-08",
    "Rate": "number, or a RATE",
    "PerUser": "number, or a COLUMN",
    "Timed": "number, or a SCHEDULE",
    "AppName": "name of an app",
    "CarrierName": "name of a carrier",
    "RegionName": "name of a region",
    "OfferName": "name of an offer",
    "FirmName": "name of an app, carrier or owner",
}


@dataclass(frozen=True)
class Described:
    """A field of scenario files.

    Attributes:
        path: dotted, as in "apps.NAME.quality". text: what it does. kind: what may be written.
        unit: "" where it is no number. low, high: ends of what is allowed, as text (">" and "<":
            not included). prior: plausible range. default: None where the file may be silent
            without one. required: the file must say it.
        values: what a scenario says, by the path without placeholders; None: silent.
    """

    path: str
    text: str
    kind: str
    symbol: str
    unit: str
    low: str
    high: str
    prior: tuple[float, float] | None
    default: Any
    required: bool
    source: str
    values: dict[str, Any]

    @property
    def section(self) -> str:
        """First part of the path; fields at the top of a file stand in "top"."""
        first, dot, _ = self.path.partition(".")
        return first if dot else "top"

    def names(self, path: str) -> str:
        """What stands in a path for this one's placeholders: "wechat" in apps.wechat.quality."""
        pairs = zip(self.path.split("."), path.split("."), strict=True)
        return ".".join(part for mark, part in pairs if mark != part)


def described(scenario: Scenario, section: str = "") -> list[Described]:
    """All fields, or those of a section or a part of it: "society", "apps.wechat", "COLUMN".

    Raises:
        ScenarioError: there is no such section.
    """
    every = [*_file(), *_of(Scenario, "", {"": scenario})]
    for form, table in FORMS:
        every += _of(table, form, {})
    if not section:
        return every
    chosen = [found for field in every if (found := _within(field, section))]
    if not chosen:
        known = {one.section for one in every} | {
            path.rpartition(".")[0] for one in every for path in (*one.values, one.path)
        }
        raise ScenarioError(
            section, "", f"is no section of '{scenario.name}'; {suggest(section, sorted(known))}"
        )
    return chosen


def sections(fields: Iterable[Described]) -> list[str]:
    return list(dict.fromkeys(field.section for field in fields))


def _within(field: Described, section: str) -> Described | None:
    """The field, if it lies in a section, with the values of that section only."""
    if field.section == section:
        return field

    def inside(path: str) -> bool:
        return path == section or path.startswith(f"{section}.")

    values = {path: value for path, value in field.values.items() if inside(path)}
    if values and not inside(field.path):
        ((path, _), *more) = values.items()
        return replace(field, path=field.path if more else path, values=values)
    return field if inside(field.path) else None


def _file() -> Iterator[Described]:
    """What a file says before it is a scenario."""
    for path, text, kind in (
        ("extends", "Scenario that this file changes: built in, or a file.", "text"),
        ("remove", "What is taken out of it, as dotted paths.", "list of text"),
    ):
        yield Described(path, text, kind, "", "", "", "", None, None, False, "", {})


def _of(table: type[Table], pattern: str, given: Mapping[str, Any]) -> Iterator[Described]:
    """Fields of a table; `given`: the tables of this kind that a scenario has, by path."""
    for name, info in table.model_fields.items():
        path = f"{pattern}.{name}" if pattern else name
        values = {
            f"{where}.{name}" if where else name: getattr(one, name)
            for where, one in given.items()
            if name in type(one).model_fields
        }
        tables = _tables(info.annotation)
        if not tables:
            yield _leaf(path, info, values)
            continue
        held = [part for part in parts(info.annotation) if get_origin(part) in (dict, tuple)]
        mark = {dict: f".{NAME}", tuple: f".{PLACE}"}[get_origin(held[0])] if held else ""
        for inner in tables:
            of = f"{path}{mark}"
            if len(tables) > 1:
                of += f" ({_literals(inner.model_fields['kind'].annotation)[0]})"
            yield from _of(inner, of, dict(_inner(values, inner)))


def _inner(values: Mapping[str, Any], table: type[Table]) -> Iterator[tuple[str, Any]]:
    """Tables of a kind that values hold, by path."""
    for path, value in values.items():
        held = (
            {f"{path}.{key}": one for key, one in value.items()}
            if isinstance(value, dict)
            else {f"{path}.{place}": one for place, one in enumerate(value)}
            if isinstance(value, tuple)
            else {path: value}
        )
        yield from ((where, one) for where, one in held.items() if isinstance(one, table))


def _tables(annotation: Any) -> list[type[Table]]:
    """Kinds of table that a field holds; a column or a schedule is a form of a number."""
    found = [p for p in parts(annotation) if isinstance(p, type) and issubclass(p, Table)]
    return [] if {Column, Schedule} & set(found) else found


def _leaf(path: str, info: FieldInfo, values: Mapping[str, Any]) -> Described:
    extra: dict[str, Any] = (
        info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    )
    kind = _kind(info.annotation)
    default = info.get_default(call_default_factory=True)
    limits = [*info.metadata, *(m for part in parts(info.annotation) for m in _limits(part))]
    numeric = "number" in kind and "week number" not in kind
    return Described(
        path,
        info.description or "",
        kind,
        extra.get("symbol", ""),
        extra.get("unit", "–") if numeric else "",
        _end(limits, ("ge", ""), ("gt", "> ")) if numeric else "",
        _end(limits, ("le", ""), ("lt", "< ")) if numeric else "",
        extra.get("prior"),
        None if default is PydanticUndefined else plain(default),
        info.is_required(),
        extra.get("source", "assumed") if numeric and default not in (None, *_EMPTY) else "",
        {where: plain(value) for where, value in values.items()},
    )


def _limits(part: Any) -> Iterator[Any]:
    for limit in getattr(part, "__metadata__", ()):
        yield from limit.metadata if isinstance(limit, FieldInfo) else (limit,)


def _end(limits: Iterable[Any], *ends: tuple[str, str]) -> str:
    for limit in limits:
        for name, sign in ends:
            if (value := getattr(limit, name, None)) is not None:
                return f"{sign}{value:,g}" if isinstance(value, int | float) else f"{sign}{value}"
    return ""


def _literals(annotation: Any) -> list[str]:
    return [str(c) for p in parts(annotation) if get_origin(p) is Literal for c in get_args(p)]


def _kind(annotation: Any) -> str:
    """What may be written, in words."""
    if (known := _KINDS.get(getattr(annotation, "__name__", ""))) is not None:
        return known
    annotation = getattr(annotation, "__value__", annotation)
    inner, origin = [a for a in get_args(annotation) if a is not type(None)], get_origin(annotation)
    if origin is Literal:
        return f"one of {', '.join(map(str, inner))}"
    if origin is dict:
        return f"table by {_kind(inner[0])}: {_kind(inner[1])}"
    if origin is tuple and inner[-1] is ...:
        return f"list of {_kind(inner[0])}"
    if origin is tuple:
        return f"[{', '.join(map(_kind, inner))}]"
    if hasattr(annotation, "__metadata__"):
        return _kind(inner[0])
    if inner:
        return ", or ".join(dict.fromkeys(map(_kind, inner)))
    names = {bool: "true or false", int: "whole number", float: "number", str: "text"}
    names |= {dt.date: "date"}
    return names.get(annotation, getattr(annotation, "__name__", "").lower())


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value
