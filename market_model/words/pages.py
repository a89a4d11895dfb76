"""Texts (`en.toml`, `zh.toml`) and templates (`pages/*.html.j2`) that a room keeps beside its
code.
"""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from . import Language


@cache
def texts(room: str, language: Language) -> dict[str, dict[str, str]]:
    """All texts of a package by part and key."""
    return tomllib.loads(files(room).joinpath(f"{language}.toml").read_text("utf-8"))


def rendered(room: str, template: str, language: Language, **values: object) -> Markup:
    """A package's page, or a piece of one; its texts are `words` there."""
    page = _templates(room).get_template(f"{template}.html.j2")
    return Markup(page.render(words=texts(room, language), language=language, **values))


@cache
def _templates(room: str) -> Environment:
    loader = FileSystemLoader(Path(str(files(room))) / "pages")
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
