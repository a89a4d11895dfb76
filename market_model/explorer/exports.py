"""What a visitor takes home: the tables of a run, and a page that plays it without a server."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import tempfile
import zipfile
import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..charts.look import ON_DARK, echarts_module
from ..scenario import ScenarioError, builtin_names
from ..scenario.load import changed, find, read
from ..scenario.load import value_of as value_in
from ..words import Language
from .markup import markup
from .place import Place
from .playback import why
from .runs import PATIENCE, answered, runs, value_of
from .texts import language_of, texts

if TYPE_CHECKING:
    from ..market import Run

STATIC = Path(__file__).parent / "static"


def tables(place: Place, form: str, language: Language) -> bytes | str:
    """A zip of a run's tables, "csv" or "parquet", and their codebook; a sentence where it cannot
    run. For a worker.
    """
    from ..market import BadAction, run

    try:
        scenario = place.scenario()
        one = run(scenario, place.seed, place.decisions(scenario))
    except (ScenarioError, BadAction) as error:
        return why(place, error, language)
    held = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(held, "w") as file:
        for path in one.to_csv(folder) if form == "csv" else one.to_parquet(folder):
            file.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED)
        file.writestr(zipfile.ZipInfo("codebook.md"), _codebook(one, place.seed, form))
    return held.getvalue()


def _codebook(one: Run, seed: int, form: str) -> str:
    """Every column of a run's tables with its unit."""
    from ..game.export import series_lines

    scenario = one.scenario
    return (
        Path(__file__)
        .with_name("codebook.md")
        .read_text("utf-8")
        .format(
            form=form,
            money=scenario.currency,
            population=f"{scenario.population:,.0f}",
            seed=seed,
            series=series_lines(one.weekly, scenario.currency),
            start=scenario.start,
            story=scenario.name,
            users=f"{scenario.society.users:,}",
        )
    )


async def table(request: Request) -> Response:
    """The tables of a run, zipped."""
    place, form = Place.read(request.url.query), request.url.path.split(".")[1]
    language = language_of(request.query_params)
    place.key()  # a bad one is told here
    found = await answered(
        runs().workers.submit(tables, place, form, language, timeout=PATIENCE), request
    )
    return (
        JSONResponse({"problem": found}, 400)
        if isinstance(found, str)
        else _file(found, place, f"-{form}.zip", "application/zip")
    )


async def replay(request: Request) -> Response:
    """The page of a run as one file, in the language, theme, view and week of the address."""
    place, query = Place.read(request.url.query), dict(request.query_params)
    kept = runs().ask(place, unread=True)
    value_of(await asyncio.wrap_future(kept.outcome))
    language = language_of(query)
    parts = {
        path.name: path.read_bytes()
        for path in sorted(kept.folder.iterdir())
        if path.suffix in ("", f".{language}")
    }
    start = json.loads(parts[f"story.{language}"].split(b"\n", 1)[0])
    if start["kind"] == "problem":
        return JSONResponse({"problem": start["text"]}, 400)
    return _file(
        await asyncio.to_thread(page, start, parts, language, query), place, ".html", "text/html"
    )


def page(
    start: dict[str, Any], parts: dict[str, bytes], language: Language, query: dict[str, str]
) -> bytes:
    """A page that plays the parts of a run."""
    run = {
        "words": texts(language),
        "language": language,
        "on_dark": ON_DARK,
        "html": markup("player", language, replay=True),
        "shown": {name: query[name] for name in ("view", "week") if name in query},
        "replay": {
            name: base64.b64encode(zlib.compress(part, 9)).decode() for name, part in parts.items()
        },
    }
    css = (STATIC / "page.css").read_text("utf-8")
    return markup(
        "replay",
        language,
        start=start,
        theme=query.get("theme", "auto"),
        css=css,
        run=run,
        modules=_modules(),
    ).encode()


def _modules() -> dict[str, str]:
    """An import map: all modules of `static` by name, each as an address that holds it."""
    codes = {path.stem: path.read_text("utf-8") for path in STATIC.glob("*.js")} | {
        "echarts": echarts_module()
    }
    plain = {
        name: re.sub(r"from '\./(\w+)\.js'", r"from '\1'", code).encode()
        for name, code in codes.items()
    }
    return {
        name: f"data:text/javascript;base64,{base64.b64encode(code).decode()}"
        for name, code in plain.items()
    }


async def for_class(request: Request) -> Response:
    """The market of the address, without what was decided in it, as a scenario file for a class."""
    place = Place.read(request.url.query)
    scenario = replace(place, seat="", actions=()).scenario()
    if place.story in builtin_names():
        path, label = find(place.story)
        values = {field: value_in(text) for field, text in place.changes}
        if place.later:
            values["events"] = scenario.model_dump(mode="json", exclude_none=True)["events"]
        file = difference(read(path, label), changed(read(path, label), values, label, ()))
        file = {"extends": place.story, "name": Path(place.story).stem} | file
    else:
        file = scenario.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    return _file(
        "".join(f"{name} = {_toml(value)}\n" for name, value in file.items()).encode(),
        place,
        "-class.toml",
        "application/toml",
    )


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What a file says that extends one scenario to be another."""
    over: dict[str, Any] = {}
    gone: list[str] = []
    _differ(before, after, over, gone, "")
    return over | ({"remove": gone} if gone else {})


def _differ(
    before: dict[str, Any], after: dict[str, Any], over: dict[str, Any], gone: list[str], path: str
) -> None:
    gone += [f"{path}{key}" for key in before if key not in after]
    for key, value in after.items():
        old = before.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            inner: dict[str, Any] = {}
            _differ(old, value, inner, gone, f"{path}{key}.")
            over |= {key: inner} if inner else {}
        elif value != old or key not in before:
            over[key] = value


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)} = {_toml(inner)}" for name, inner in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _file(content: bytes, place: Place, ending: str, kind: str) -> Response:
    mark = f"-{place.key()[:6]}" if place.changes or place.later or place.actions else ""
    name = quote(f"{Path(place.story).stem}-seed-{place.seed}{mark}{ending}")
    return Response(
        content,
        media_type=kind,
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{name}",
            "content-encoding": "identity",
        },
    )  # zipped inside already
