"""What a visitor takes home: the tables of a run, and a page that plays it without a server."""

import asyncio
import base64
import io
import json
import re
import tempfile
import zipfile
import zlib
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..charts.look import ON_DARK
from ..scenario import ScenarioError
from ..words import Language
from .markup import markup
from .place import Place
from .runs import PATIENCE, answered, runs, value_of
from .texts import language_of, texts

ROOM = Path(__file__).parent
DEFAULT = re.compile(r"^import (\w+) from", re.M)
IMPORT = re.compile(r"^import ({[^}]+}) from '\./(\w+)\.js'\n", re.M)
EXPORT = re.compile(r"^export (?:default (\w+)\n|(?=(?:async )?(?:function|class|const|let) (\w+)))", re.M)


def tables(place: Place, form: str) -> bytes | str:
    """A zip of a run's tables, "csv" or "parquet"; a sentence where it cannot run. For a worker."""
    from ..market import BadAction, run

    try:
        scenario = place.scenario()
        one = run(scenario, place.seed, place.decisions(scenario))
    except (ScenarioError, BadAction) as error:
        return str(error)
    held = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(held, "w") as file:
        for path in one.to_csv(folder) if form == "csv" else one.to_parquet(folder):
            file.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return held.getvalue()


async def table(request: Request) -> Response:
    """The tables of a run, zipped."""
    place, form = Place.read(request.url.query), request.url.path.split(".")[1]
    place.key()  # a bad one is told here
    found = await answered(runs().workers.submit(tables, place, form, timeout=PATIENCE), request)
    return JSONResponse({"problem": found}, 400) if isinstance(found, str) else _file(found, place, f"-{form}.zip", "application/zip")


async def replay(request: Request) -> Response:
    """The page of a run as one file, in the language, theme, view and week of the address."""
    place, query = Place.read(request.url.query), dict(request.query_params)
    kept = runs().ask(place, unread=True)
    value_of(await asyncio.wrap_future(kept.outcome))
    language = language_of(query)
    parts = {path.name: path.read_bytes() for path in sorted(kept.folder.iterdir()) if path.suffix in ("", f".{language}")}
    start = json.loads(parts[f"story.{language}"].split(b"\n", 1)[0])
    if start["kind"] == "problem":
        return JSONResponse({"problem": start["text"]}, 400)
    return _file(await asyncio.to_thread(page, start, parts, language, query), place, ".html", "text/html")


def page(start: dict[str, Any], parts: dict[str, bytes], language: Language, query: dict[str, str]) -> bytes:
    """A page that plays the parts of a run."""
    words = texts(language)
    run = {"words": words, "language": language, "on_dark": ON_DARK, "html": markup("player", language, replay=True),
           "shown": {name: query[name] for name in ("view", "week") if name in query},
           "replay": {name: base64.b64encode(zlib.compress(part, 9)).decode() for name, part in parts.items()}}
    return Template((ROOM / "replay.html").read_text("utf-8")).substitute(
        lang="zh-CN" if language == "zh" else "en", theme=escape(query.get("theme", "auto")), title=escape(start["title"]),
        seed=f"{words['page']['seed']} {start['seed']}", css=(ROOM / "static/page.css").read_text("utf-8"),
        run=json.dumps(run, ensure_ascii=False).replace("<", r"\u003c"), code=bundle("replay").replace("</script", r"<\/script")).encode()


def bundle(entry: str) -> str:
    """A module of `static` and all it imports as one script: each is a function that returns what it exports."""
    from .server import echarts_module

    found: dict[str, str] = {}

    def add(name: str) -> None:
        code = echarts_module() if name == "echarts" else (ROOM / f"static/{name}.js").read_text("utf-8")
        code = DEFAULT.sub(r"import { default as \1 } from", code)
        for _, needed in IMPORT.findall(code):
            if needed not in found:
                add(needed)
        given = [f"default: {default}" if default else name for default, name in EXPORT.findall(code)]
        code = IMPORT.sub(lambda found: f"const {found[1].replace(' as ', ': ')} = ${found[2]}\n", code)
        found[name] = f"const ${name} = await (async () => {{\n{EXPORT.sub('', code)}\nreturn {{ {', '.join(given)} }}\n}})()\n"

    add(entry)
    return "".join(found.values())


def _file(content: bytes, place: Place, ending: str, kind: str) -> Response:
    changed = f"-{place.key()[:6]}" if place.changes or place.actions else ""
    name = quote(f"{Path(place.story).stem}-seed-{place.seed}{changed}{ending}")
    return Response(content, media_type=kind, headers={
        "content-disposition": f"attachment; filename*=UTF-8''{name}", "content-encoding": "identity"})  # zipped inside already
