"""The pages. Solara calls their components for every visitor; all state of a visitor is in the address."""

# Solara exports nothing by name, and reacton adds `element` to widgets when it is imported:
# pyright: reportPrivateImportUsage=false, reportAttributeAccessIssue=false

from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

import solara

from ..charts.sections import evidence_sections
from ..evidence.validate import evidence_data, shipped
from ..scenario import builtin_names, load_scenario
from ..words import Language, word
from .curves import RULES
from .fields import rows
from .gallery import gallery
from .markup import markup
from .place import FIRST_STORY, OPENED, PAGES, Place
from .texts import language_of, texts
from .widgets import Head, Player, Rules, Sweeps, Twins


@cache
def stories(language: Language) -> list[dict[str, str]]:
    """The stories, the first one first; limit cases of theory are not among them."""
    names = [*OPENED, *(n for n in builtin_names() if "/" not in n)]
    scenarios = {n: load_scenario(n) for n in sorted(names, key=lambda n: (n not in OPENED, n != FIRST_STORY, n))}
    titles = {n: s.title_in(language) or n for n, s in scenarios.items()}
    return [{"name": name, "title": title} for name, title in titles.items()]


def use_address() -> tuple[str, Language]:
    """The query of the page's address, and its language."""
    query = solara.use_router().search or ""
    return query, language_of(dict(parse_qsl(query)))


def _page(path: str, *widgets: tuple[Any, dict[str, Any]]) -> Any:
    query, language = use_address()
    common = {"query": query, "words": texts(language), "language": language}
    with solara.Div(classes=["explorer"]) as page:
        kept = urlencode([(name, value) for name, value in parse_qsl(query) if name in ("lang", "theme", "story")])
        Head.element(html=markup("head", language, page=path, pages=PAGES, kept=kept), **common)
        for widget, more in widgets:
            widget.element(**common, **more)
    return page


def _evidence(language: Language) -> list[dict[str, Any]]:
    """What the shipped validation found: [{title, help, colors, option, height, headers, rows}]."""
    return [{"title": word(f"section.{part.key}.title", language), "help": word(f"section.{part.key}.help", language),
             "option": part.charts[0].option, "height": part.charts[0].height, "colors": part.colors,
             "headers": part.headers, "rows": part.rows}
            for part in evidence_sections(evidence_data(shipped(), language))]


@solara.component
def Gallery() -> None:
    """All stories."""
    query, language = use_address()
    with _page("/"):
        gallery(query, {s["name"]: s["title"] for s in stories(language)}, language)


@solara.component
def Play() -> None:
    """One run, to watch and to change."""
    _, language = use_address()
    _page("/play", (Player, {"html": markup("player", language, stories=stories(language), replay=False)}))


@solara.component
def Compare() -> None:
    """Two runs with the same luck, side by side."""
    _, language = use_address()
    _page("/compare", (Twins, {"html": markup("twins", language, stories=stories(language))}))


@solara.component
def Model() -> None:
    """The rules of the model, and what its numbers are."""
    _, language = use_address()
    _page("/model", (Rules, {"html": _rules(language)}))


@cache
def _rules(language: Language) -> str:
    parameters = [row for row in rows(Place(), language) if row["path"].startswith("parameters.")]
    return markup("rules", language, rules=RULES.values(), parameters=parameters, evidence=_evidence(language),
                  stories=stories(language))


@solara.component
def Sweep() -> None:
    """Results of a sweep."""
    _page("/sweep", (Sweeps, {"html": '<main class="model" id="main"></main>'}))


@solara.component
def Layout(children: list[Any]) -> Any:
    """No bar and no margins of Solara's."""
    return solara.Div(children=children)


routes = [solara.Route("/", component=Gallery, layout=Layout), solara.Route("play", component=Play, layout=Layout),
          solara.Route("compare", component=Compare, layout=Layout), solara.Route("model", component=Model, layout=Layout),
          solara.Route("sweep", component=Sweep, layout=Layout)]
