"""The pages. Solara calls their components for every visitor; all state of a visitor is in the
address.
"""

# Solara exports nothing by name, and reacton adds `element` to widgets when it is imported:
# pyright: reportPrivateImportUsage=false, reportAttributeAccessIssue=false

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import anywidget
import solara
import traitlets

from ..charts.evidence import evidence_sections
from ..charts.look import ON_DARK
from ..evidence.validate import evidence_data, shipped
from ..scenario import builtin_names, load_scenario
from ..words import Language
from .curves import RULES
from .fields import rows
from .markup import markup
from .place import FIRST_STORY, OPENED, PAGES, Place, families
from .texts import language_of, text_of, texts


class Widget(anywidget.AnyWidget):
    """A part of a page: Python holds its values, an ES module in `static` moves it.

    Attributes:
        module: of the server, so that it can import its neighbours.
        query: of the page's address, without "?"; the browser goes elsewhere by the router
            (`static/place.js`).
        words: texts by part and key. language: its name in `words`. on_dark: partners of colours
            on a dark ground.
        html: what is shown, to be found and moved by the module (`markup`).
    """

    _esm = """export default { render: async context =>
        (await import(new URL(`/explorer/${context.model.get('module')}.js`, location.origin)))
            .render(context) }"""
    module = traitlets.Unicode().tag(sync=True)
    query = traitlets.Unicode().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Unicode("en").tag(sync=True)
    on_dark = traitlets.Dict(ON_DARK).tag(sync=True)
    html = traitlets.Unicode().tag(sync=True)


@cache
def stories(language: Language) -> dict[str, str]:
    """Titles of the stories, the first one first; limit cases of theory are not among them."""
    names = [*OPENED, *(n for n in builtin_names() if "/" not in n)]
    return {
        n: load_scenario(n).title_in(language) or n
        for n in sorted(names, key=lambda n: (n not in OPENED, n != FIRST_STORY, n))
    }


@cache
def _rules(language: Language) -> str:
    parameters = [row for row in rows(Place(), language) if row["path"].startswith("parameters.")]
    return markup(
        "rules",
        language,
        rules=RULES.values(),
        parameters=parameters,
        stories=stories(language),
        evidence=evidence_sections(evidence_data(shipped(), language)),
    )


def _gallery(language: Language) -> str:
    told = {story: text_of(story, language) for story in (*OPENED, *families())}
    names = {
        story: re.split("(?:what if|a world|假设|一种可能)[:\uff1a] *", title)[-1]
        for story, title in stories(language).items()
    }
    return markup(
        "gallery", language, told=told, variants=families(), titles=stories(language), names=names
    )


def _title(path: str, asked: Mapping[str, str], language: Language) -> str:
    """What the browser's tab says of a page: what is watched, or the page's name."""
    words = texts(language)
    name = words["head"][path]
    if path == "/play":
        name = stories(language).get(asked.get("story", FIRST_STORY), name)
    return f"{name} · {words['page']['title']}"


def _page(path: str, module: str, html: Callable[[Language], str]) -> solara.Route:
    @solara.component
    def Page() -> None:
        query = solara.use_router().search or ""
        asked = dict(parse_qsl(query))
        language = language_of(asked)
        common = {"query": query, "words": texts(language), "language": language}
        with solara.Div(classes=["explorer"]):
            solara.Title(_title(path, asked, language))
            Widget.element(
                module="head", html=markup("head", language, page=path, pages=PAGES), **common
            )
            Widget.element(module=module, html=html(language), **common)

    return solara.Route(path.strip("/") or "/", component=Page, layout=Layout)


@solara.component
def Layout(children: list[Any]) -> Any:
    """No bar and no margins of Solara's."""
    return solara.Div(children=children)


routes = [
    _page("/", "gallery", _gallery),
    _page(
        "/play",
        "player",
        lambda language: markup("player", language, stories=stories(language), replay=False),
    ),
    _page(
        "/compare", "compare", lambda language: markup("twins", language, stories=stories(language))
    ),
    _page("/model", "rules", _rules),
    _page("/sweep", "sweep", lambda _: '<main class="model" id="main"></main>'),
]
