"""Markup of the pages (`pages/*.html.j2`) with their texts; the modules in `static` find its parts and move them."""

from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..charts.look import ground
from ..words import Language, actor, percent, word
from .texts import texts


def markup(template: str, language: Language, **values: object) -> str:
    """A page, or a part of one, as HTML; `values`: what its template names besides `words`, `language` and the functions below."""
    return _templates().get_template(f"{template}.html.j2").render(
        words=texts(language), language=language, text=partial(word, language=language), **values)


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "pages")
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    found.globals.update(actor=actor, percent=percent, ground=ground)  # pyright: ignore[reportArgumentType]
    return found
