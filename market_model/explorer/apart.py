"""What differs between two runs as they are written, in words of the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from ..words import Language, actor, amount, day, offer_label
from ..words.numbers import written
from .fields import as_text, name_of
from .place import Place
from .texts import say, texts

ACTORS = ("apps", "carriers", "owners")
NAMED = ("regions", "places", "devices", "relations")
"""Tables whose keys are names in the market."""
OUTSIDE = {"name", "title", "title_zh", "figures", "bet"}
"""Parts of a scenario in which runs may differ without being other runs."""
EMPTY = ("", [], {})
"""What stands for nothing in a file."""
MOMENTS = {"start", "end", "launch", "when", "gift_until"}
"""Fields that are weeks or dates."""


def told_apart(a: Place, b: Place, language: Language) -> Iterator[str]:
    """E.g. "Yixin free on Telecom · start: 19 August 2013 → 25 November 2013". Raises
    ScenarioError.
    """
    places = (a, b)
    for path, *both in differing(_written(a, language), _written(b, language)):
        what = named(path, language)
        if path[-1] in MOMENTS:
            weeks = [_week(place, v) for place, v in zip(places, both, strict=True)]
            if weeks[0] is not None and weeks[0] == weeks[1]:
                continue  # a date, and the number of its week
            both = [_day(place, v, language) for place, v in zip(places, both, strict=True)]
        if both[1] is None and _tables(both[0]):
            yield say("compare.left_out", language, what=what)
        elif both[0] is None and _tables(both[1]):
            yield say("compare.added", language, what=what)
        else:
            before, after = _values(both, language)
            yield say("compare.changed", language, what=what, before=before, after=after)


def _values(both: list[Any], language: Language) -> list[str]:
    """Two values in words, numbers with three digits where these differ."""
    words = texts(language)["terms"]
    numbers = [v for v in both if type(v) in (int, float)]
    long = len({amount(v, language) for v in numbers}) < len(numbers)

    def said(value: Any) -> str:
        if value in (None, []):
            return "–"
        if _tables(value):
            return "✓"
        if value in numbers:
            return written(as_text(value), language) if long else amount(value, language)
        return words.get(str(value), str(value))[:60]

    return [said(v) for v in both]


def _date(place: Place, moment: Any) -> dt.date | None:
    """A date as it is dumped, or the first day of a week; None of anything else."""
    if isinstance(moment, int):
        return place.scenario().date_of(moment)
    try:
        return dt.date.fromisoformat(moment)
    except (TypeError, ValueError):
        return None


def _week(place: Place, moment: Any) -> int | None:
    date = _date(place, moment)
    return None if date is None else place.scenario().week_of(date)


def _day(place: Place, moment: Any, language: Language) -> Any:
    """The day of a moment in words; anything else as it is."""
    date = _date(place, moment)
    return moment if date is None else day(date, language)


def differing(one: Any, other: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any, Any]]:
    """(path, value here, value there) of what differs; a whole table where only one has it."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one | other:
            yield from differing(one.get(key), other.get(key), (*path, key))
    elif one != other:
        here, there = (None if value in EMPTY else value for value in (one, other))
        yield path, here, there


def _written(place: Place, language: Language) -> dict[str, Any]:
    scenario = place.scenario()
    events = scenario.events[: len(scenario.events) - len(place.later)]
    return (
        scenario.model_copy(update={"events": events}).model_dump(mode="json", exclude=OUTSIDE)
        | {
            say("compare.decision", language, week=w, who=actor(seat, language)): text
            for w, seat, text in place.actions
        }
        | {
            say("compare.later", language, week=w, what=named(tuple(path.split(".")), language)): v
            for w, path, v in place.later
        }
    )


def named(path: tuple[str, ...], language: Language) -> str:
    """What a reader calls a part of a scenario; a sentence stays."""
    kind, *rest = path
    if not rest:
        return texts(language)["compare"].get(kind) or name_of(kind)
    words = texts(language)
    if kind == "offers":
        first, *rest = offer_label(rest[0], language), *rest[1:]
    elif kind in ACTORS:
        first, *rest = actor(rest[0], language), *rest[1:]
    else:
        first = "" if kind == "parameters" else words["drawer"].get(kind) or name_of(kind)
    fields: list[str] = []
    for under, field in zip((kind, *rest), rest, strict=False):
        told = (
            (under in NAMED and actor(field, language))
            or (kind == "offers" and words["compare"].get(f"offer_{field}"))
            or (kind == "society" and words["compare"].get(f"society_{field}"))
            or words["fields"].get(f"{under}.{field}")
            or words["fields"].get(field)
        )
        fields.append(told.partition("|")[0] if told else name_of(field))
    return " · ".join(filter(None, [first, *fields]))


def _tables(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    )
