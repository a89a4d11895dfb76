"""The explorer's own texts, and those of the stories."""

from collections.abc import Mapping

from markdown_it import MarkdownIt

from ..scenario.load import library
from ..words import Language, catalogue, known_language, languages, people
from ..words.catalogue import ENGLISH
from ..work.passes import PASSES, cache_folder, compiled
from .place import families


def texts(language: Language) -> dict[str, dict[str, str]]:
    """All texts of a language by part of the page and key, as the browser gets them; `people`:
    how it writes a share of a few; `rate`: what the money of stories is worth;
    `strategy`: names of bots and rules.
    """
    shared, names = catalogue.texts("reports", language), catalogue.texts("names", language)
    small = {"few": str(people.FEW), "small": shared["people"]["small"]}
    found = catalogue.texts("explorer", language)
    return {**found, "people": small, "rate": names["rate"], "strategy": names["strategy"]}


def language_of(query: Mapping[str, str]) -> Language:
    """The language that an address asks for; English where there is none of its name, which
    `asked_language` tells.
    """
    return language if (language := query.get("lang")) in languages() else ENGLISH


def asked_language(query: Mapping[str, str]) -> Language:
    """The language that an address asks for. Raises BadInput: there is none of its name."""
    return known_language(query.get("lang", ENGLISH), "address", "lang")


def say(key: str, language: Language, **values: object) -> str:
    """The text of a dotted key, such as "page.title", its places filled in."""
    part, _, name = key.partition(".")
    return texts(language)[part][name].format(**values)


def compiling(language: Language) -> str:
    """How much of the model is compiled on this computer; "" once all of it is, and where nothing
    can be kept.
    """
    done = compiled()
    if done == len(PASSES) or not cache_folder():
        return ""
    return say("page.compiling", language, done=done, all=len(PASSES))


def text_of(story: str, language: Language) -> str:
    """A built-in story's text as HTML, below its title; "" if there is none."""
    path = catalogue.markdown(library(), story, language) if story in families() else None
    text = path.read_text("utf-8").partition("\n")[2] if path else ""
    return (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .render(text.replace("\n## ", "\n### "))
    )
