"""The explorer's own texts (`en.toml` and `zh.toml`), and those of the stories."""

from collections.abc import Mapping
from functools import cache

from markdown_it import MarkdownIt

from ..scenario.load import library
from ..words import Language, catalogue, pages, people
from .place import families


@cache
def texts(language: Language) -> dict[str, dict[str, str]]:
    """All texts of a language by part of the page and key, as the browser gets them; `people`:
    how it writes a share of a few.
    """
    small = {"few": str(people.FEW), "small": catalogue.texts(language)["people.small"]}
    return pages.texts("market_model.explorer", language) | {"people": small}


def language_of(query: Mapping[str, str]) -> Language:
    """The language that an address asks for."""
    return "zh" if query.get("lang") == "zh" else "en"


def say(key: str, language: Language, **values: object) -> str:
    """The text of a dotted key, such as "page.title", its places filled in."""
    part, _, name = key.partition(".")
    return texts(language)[part][name].format(**values)


@cache
def text_of(story: str, language: Language) -> str:
    """A built-in story's text as HTML, below its title; "" if there is none."""
    path = library() / f"{story}.zh.md" if language == "zh" else library() / f"{story}.md"
    text = (
        path.read_text("utf-8").partition("\n")[2] if story in families() and path.is_file() else ""
    )
    return (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .render(text.replace("\n## ", "\n### "))
    )
