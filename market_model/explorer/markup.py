"""Markup of the pages (`pages/*.html.j2`) with their texts; the modules in `static` find its parts and move them."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..words import Language
from .texts import texts


def markup(template: str, language: Language, **values: object) -> str:
    """A page, or a part of one, as HTML; `values`: what its template names besides `words`."""
    return _templates().get_template(f"{template}.html.j2").render(words=texts(language), **values)


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
