"""Teaching packs: what a lesson with a story needs, from `scenarios/teaching`, and its pages to
print.
"""

import re
from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from ..scenario import ScenarioError, builtin_names, library, load_scenario
from ..words import Language
from ..words.catalogue import locale, markdown

SECTIONS = (
    "goals",
    "before",
    "plan50",
    "plan90",
    "roles",
    "predict",
    "handout",
    "worksheet",
    "debrief",
    "happened",
    "misconceptions",
    "rubric",
    "exercise",
    "limits",
)
"""Keys of a pack's sections, in the order of its text."""
_FOLDER = library() / "teaching"


def pack(name: str, language: Language) -> dict[str, str]:
    """Sections of a built-in scenario's pack by key, each as HTML below its heading; {} if it
    has none, as a user's own file. Raises ScenarioError: a translation has other parts.
    """
    return {key: _html(text) for key, (_, text) in _sections(name, language).items()}


def role_cards(name: str, language: Language) -> dict[str, str]:
    """The card of each seat as HTML; {} without a pack."""
    _, cards = _sections(name, language).get("roles", ("", ""))
    return {seat: _html(text) for seat, text in _parts(cards, "### ")}


def handout_page(name: str, language: Language, title: str = "") -> str:
    """Handout and worksheet of a pack: a whole HTML file, to print on A4. Raises ScenarioError.

    Args: title: of the market that is played, where it is not the pack's own.
    """
    sections = _sections(name, language)
    if not sections:
        those = ", ".join(n for n in builtin_names() if (_FOLDER / f"{n}.md").is_file())
        raise ScenarioError(name, "", f"has no teaching pack; take one of: {those}")
    sheets = [
        (key, sections[key][0], Markup(_html(sections[key][1]))) for key in ("handout", "worksheet")
    ]
    template = files(__package__).joinpath("handout.html.j2").read_text("utf-8")
    rules = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return rules.from_string(template).render(
        title=title or load_scenario(name).title_in(language),
        locale=locale(language),
        sheets=sheets,
    )


def _sections(name: str, language: Language) -> dict[str, tuple[str, str]]:
    """Heading and text of each section by key; {} without a pack."""
    path = markdown(library(), f"teaching/{name}", language) if name in builtin_names() else None
    if not path:
        return {}
    parts = _parts(path.read_text("utf-8"), "## ")
    if len(parts) != len(SECTIONS):
        problem = f"has {len(parts)} parts that begin with '## '; it needs {len(SECTIONS)}"
        raise ScenarioError(str(path), "", problem)
    return dict(zip(SECTIONS, parts, strict=True))


def _parts(text: str, mark: str) -> list[tuple[str, str]]:
    """Heading and text of each part that begins with a mark."""
    return [
        (part.partition("\n")[0].strip(), part.partition("\n")[2].strip())
        for part in re.split(f"^{mark}", text, flags=re.M)[1:]
    ]


@lru_cache(maxsize=64)
def _html(text: str) -> str:
    return MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
