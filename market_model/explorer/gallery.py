"""The gallery: a card for each story, with its moving picture, its text, and what might have been."""

# pyright: reportPrivateImportUsage=false, reportAttributeAccessIssue=false

import re
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

import solara
from markdown_it import MarkdownIt

from ..scenario.load import library
from ..words import Language
from .markup import markup
from .place import OPENED, families
from .texts import say, texts
from .widgets import Picture


def gallery(query: str, titles: dict[str, str], language: Language) -> Any:
    """The main part of the page at an address with this query; `titles`: of all stories."""
    words = texts(language)["gallery"]
    kept = [(name, value) for name, value in parse_qsl(query) if name in ("lang", "theme")]

    def link(text: str, of: str, path: str, class_: str, **values: str) -> Any:
        return tag("a", text, class_=class_, href=f"{path}?{urlencode([*values.items(), *kept])}", **{"aria-label": f"{text}: {of}"})

    def what_if(story: str, variant: str) -> Any:
        name = re.split("(?:what if|假设)[:\uff1a] *", titles[variant])[-1]
        both = {"a": urlencode({"story": story}), "b": urlencode({"story": variant})}
        compare = link(words["compare"], name, "/compare", "compare", **both)
        return tag("li", link(name, titles[story], "/play", "", story=variant), " ", compare)

    def card(story: str, variants: list[str]) -> Any:
        about = [tag("h2", titles[story]), tag("p", words.get(story) or say("gallery.opened", language, path=story)),
                 tag("p", link(words["watch"], titles[story], "/play", "button act", story=story),
                     link(words["bet"], titles[story], "/play", "button", story=story, bet="1"), class_="go")]
        if variants:
            about += [tag("h3", words["what_if"]), tag("ul", *(what_if(story, v) for v in variants), class_="variants")]
        html = markup("picture", language, title=titles[story])
        picture = Picture.element(query=urlencode({"story": story}), html=html, words=texts(language), language=language)
        parts = [picture, tag("div", *about, class_="about")]
        if html := text_of(story, language):
            text = solara.HTML(unsafe_innerHTML=html, classes=["text"], attributes={"tabindex": "0"})
            parts.append(tag("details", tag("summary", words["text"]), text))
        return tag("article", *parts, class_="card story")

    cards = [card(story, variants) for story, variants in [*((name, []) for name in OPENED), *families().items()]]
    return tag("main", tag("h1", words["title"]), tag("p", words["about"], class_="lead"), *cards, id="main", class_="gallery")


@cache
def text_of(story: str, language: Language) -> str:
    """A built-in story's text as HTML, below its title; "" if there is none."""
    path = library() / f"{story}.zh.md" if language == "zh" else library() / f"{story}.md"
    text = path.read_text("utf-8").partition("\n")[2] if story in families() and path.is_file() else ""
    return MarkdownIt("commonmark", {"html": False}).enable("table").render(text.replace("\n## ", "\n### "))


def tag(name: str, *children: Any, class_: str = "", **attributes: str) -> Any:
    """An HTML element."""
    return solara.v.Html(tag=name, children=list(children), class_=class_, attributes=attributes)
