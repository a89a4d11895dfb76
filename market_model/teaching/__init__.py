"""Teaching packs: what a lesson with a story needs, from `scenarios/teaching`, and its pages to print."""

import re
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from ..scenario import ScenarioError, builtin_names, library, load_scenario
from ..words import Language

SECTIONS = ("goals", "before", "plan50", "plan90", "roles", "predict", "handout", "worksheet", "debrief", "happened",
            "misconceptions", "rubric", "exercise", "limits")
"""Keys of a pack's sections, in the order of its text."""


def pack(name: str, language: Language) -> dict[str, str]:
    """Sections of a built-in scenario's pack, each as HTML below its heading; {} if it has none, as a user's own file."""
    return {key: _html(text) for key, (_, text) in zip(SECTIONS, _parts(_text(name, language), "## "), strict=False)}


def role_cards(name: str, language: Language) -> dict[str, str]:
    """The card of each seat as HTML; {} without a pack."""
    parts = dict(zip(SECTIONS, _parts(_text(name, language), "## "), strict=False))
    return {seat: _html(text) for seat, text in _parts(parts["roles"][1], "### ")} if parts else {}


def handout_page(name: str, language: Language) -> str:
    """Handout and worksheet of a pack: a whole HTML file, to print on A4. Raises ScenarioError."""
    scenario = load_scenario(name)
    parts = dict(zip(SECTIONS, _parts(_text(name, language), "## "), strict=False))
    if not parts:
        those = ", ".join(sorted(path.stem for path in (library() / "teaching").glob("*.md") if "." not in path.stem))
        raise ScenarioError(name, "", f"has no teaching pack; take one of: {those}")
    sheets = [(key, parts[key][0], Markup(_html(parts[key][1]))) for key in ("handout", "worksheet")]
    template = files(__package__).joinpath("handout.html.j2").read_text("utf-8")
    rules = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return rules.from_string(template).render(title=scenario.title_in(language), language=language, sheets=sheets)


def _text(name: str, language: Language) -> str:
    path = library() / "teaching" / f"{name}{'.zh' if language == 'zh' else ''}.md"
    return path.read_text("utf-8") if name in builtin_names() and path.is_file() else ""


def _parts(text: str, mark: str) -> list[tuple[str, str]]:
    """Heading and text of each part that begins with a mark."""
    return [(part.partition("\n")[0].strip(), part.partition("\n")[2].strip()) for part in re.split(f"^{mark}", text, flags=re.M)[1:]]


def _html(text: str) -> str:
    return MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
