"""What can be set in a story: every number, switch and choice, with what the scenario's schema
knows of it.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Literal, get_args, get_origin

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from ..scenario import load_scenario
from ..scenario.fields import Column, Schedule, Table, parts
from ..scenario.notes import notes
from ..words import Language, actor, currency
from .curves import DESK, drawn, option, values_of
from .markup import markup
from .place import LATER, MOST, Place
from .runs import answered
from .texts import language_of, say, texts

type Row = dict[str, Any]

LEVERS = ("parameters.network_effect", "parameters.habit_weight", "regulator.rule")
"""What a newcomer tries first: friends, habit, and who may give data away."""
NO_EFFECT = {"society.places"}
"""Fields that only say how a market is drawn."""


async def fields(request: Request) -> HTMLResponse:
    """What can be set at a place, as the drawer shows it: a few levers first."""
    language = language_of(request.query_params)
    first = say("drawer.first", language)
    groups: dict[str, list[Row]] = {first: []}
    place = Place.read(request.url.query)
    for row in await asyncio.to_thread(rows, place, language):
        groups.setdefault(first if row["path"] in LEVERS else row["group"], []).append(row)
    scenario = await asyncio.to_thread(place.scenario)
    return HTMLResponse(
        markup("drawer", language, groups=groups, later=LATER, notes=notes(scenario, language))
    )


def rows(place: Place, language: Language) -> list[Row]:
    """Rows {group, path, label, symbol, unit, why, source, value, written, low, high, step, prior,
    choices, form} for a place.

    `written` is the value in the story without changes; `text` and `before` say both as an address
    does, `changed` whether they differ; where there is a `form`, the value is written with it for
    "@".
    """
    now, story, words = place.scenario(), load_scenario(place.story), texts(language)
    found: list[Row] = []
    for path in (
        "parameters",
        "society",
        *(f"apps.{x}" for x in now.apps),
        *(f"carriers.{x}" for x in now.carriers),
        "regulator",
    ):
        kind, _, name = path.partition(".")
        table, written = (
            getattr(s, kind).get(name) if name else getattr(s, kind) for s in (now, story)
        )
        group = actor(name, language) if name else words["drawer"][kind]
        found += [{"group": group} | row for row in _rows(table, written, path, kind, words)]
    for row in found:
        unit = re.sub("[A-Za-z]+", lambda m: words["terms"].get(m[0], m[0]), row["unit"])
        row["text"], row["before"] = as_text(row["value"]), as_text(row["written"])
        row["changed"] = row["text"] != row["before"]
        row["unit"] = unit.replace("money", currency(now.currency, language)).replace(
            "1/", words["drawer"]["per"]
        )
    return found


async def curve(request: Request) -> JSONResponse:
    """A rule's curves with its sliders as asked, as an ECharts option."""
    query = request.query_params
    rule = query.get("rule", "")
    curves = await answered(DESK.submit(drawn, rule, values_of(rule, query)), request)
    return JSONResponse(option(rule, curves, texts(language_of(query))[f"rule_{rule}"]))


def _rows(
    table: Table,
    written: Table | None,
    path: str,
    kind: str,
    words: dict[str, dict[str, str]],
    under: str = "",
) -> Iterator[Row]:
    for name, info in type(table).model_fields.items():
        if f"{path}.{name}" in NO_EFFECT:
            continue
        value, before, form = getattr(table, name), getattr(written, name, None), ""
        told = words["fields"].get(f"{kind}.{name}") or words["fields"].get(name) or name_of(name)
        label, why, source, *_ = [*told.split("|"), "", ""]
        where, label, limits = f"{path}.{name}", f"{under}{label}", info.metadata
        if isinstance(value, Column):
            way, spread = next((w, s) for w, s in value if s is not None)
            middle = next((m for m in ("median", "mean") if hasattr(spread, m)), "")
            value, before = (
                getattr(spread, middle, None),
                getattr(getattr(before, way, None), middle, None),
            )
            if middle:
                inner = ",".join(f"{k}={'@' if k == middle else v}" for k, v in spread)
                form = f"{{{way}={{{inner}}}}}"
                label, limits = (
                    words["drawer"]["which"].format(label=label, which=words["drawer"][middle]),
                    type(spread).model_fields[middle].metadata,
                )
        elif isinstance(value, Table) and not isinstance(value, Schedule):
            yield from _rows(value, before, where, name, words, f"{label} · ")
        for key, inner in value.items() if isinstance(value, dict) else ():
            if isinstance(inner, Table):
                yield from _rows(
                    inner,
                    (before or {}).get(key),
                    f"{where}.{key}",
                    name,
                    words,
                    f"{words['fields'].get(f'{name}.{key}') or name_of(key)} · ",
                )
        choices = [
            c
            for part in parts(info.annotation)
            if get_origin(part) is Literal
            for c in get_args(part)
        ]
        choices = ["false", "true"] if isinstance(value, bool) else choices
        extra: Row = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        if choices or (
            isinstance(value, int | float)
            and isinstance(before, int | float)
            and date not in parts(info.annotation)
        ):
            yield {
                "path": where,
                "label": label,
                "symbol": re.sub("_(.+)", r"<sub>\1</sub>", extra.get("symbol", "")),
                "form": form,
                "unit": extra.get("unit", "–"),
                "value": value,
                "written": before,
                "prior": extra.get("prior"),
                "source": (source or extra.get("source", "")).replace(
                    "assumed", words["drawer"]["assumed"]
                ),
                "why": why or info.description,
                "choices": [
                    [c, words["terms"].get(c) or words["strategy"].get(c, c)] for c in choices
                ],
                **(_range(where, value, extra, limits) if isinstance(value, int | float) else {}),
            }


def _range(path: str, value: float, extra: Row, limits: list[Any]) -> Row:
    """Ends of a slider: the plausible range, or the hard limits where these are near, else a
    quarter to four times the value.
    """
    least, most = (
        next((getattr(limit, end) for limit in limits for end in ends if hasattr(limit, end)), none)
        for *ends, none in (("ge", "gt", 0), ("le", "lt", math.inf))
    )
    low, high = sorted((value / 4, value * 4)) if value else (-1 if least < 0 else 0, 1)
    if extra.get("unit") == "share or users" and value <= 1:
        low, high = 0, 0.99
    low, high = extra.get("prior") or ((least, most) if most - least <= 20 else (low, high))
    low, high = min(low, value), min(max(high, value), MOST.get(path, math.inf))
    step = 10.0 ** math.floor(math.log10((high - low) / 90))
    step = max(1.0, step) if isinstance(value, int) else step
    return {"low": round(math.floor(low / step) * step, 9), "high": high, "step": step}


def as_text(value: Any) -> str:
    """A value as an address writes it."""
    if isinstance(value, float):
        return min(f"{value:.15g}", repr(value), key=lambda text: (float(text) != value, len(text)))
    return str(value).lower() if isinstance(value, bool) else str(value)


def name_of(field: str) -> str:
    """A field as English words."""
    words = " ".join({"mb": "MB", "sms": "SMS"}.get(word, word) for word in field.split("_"))
    return words[0].upper() + words[1:]
