"""Templates (`pages/*.html.j2`) that a room keeps beside its code, with its texts."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from markupsafe import Markup

from .catalogue import Language, locale, texts

_AFTER_FULL_WIDTH = re.compile(r"(?<=[，。！？；：]) +(?=[^\s<>][^<>]*<)")
"""Blanks between tags that a full-width mark brings with it already."""


def rendered(room: str, template: str, language: Language, **values: object) -> Markup:
    """A package's page, or a piece of one; the texts of the file of its name are `words` there,
    and `locale` is what a browser calls the language.

    Raises:
        jinja2.UndefinedError: the template shows a text or a value that there is not.
        TypeError: it shows a function.
    """
    page = _templates(room).get_template(f"{template}.html.j2")
    words = texts(room.rpartition(".")[2], language)
    html = page.render(words=words, language=language, locale=locale(language), **values)
    return Markup(_AFTER_FULL_WIDTH.sub("", html))


class _Templates(Environment):
    """In which `table.key` and `table["key"]` are what a table holds, whatever methods it has: of
    these a template knows three.
    """

    METHODS = ("items", "values", "get")

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`."""
        if isinstance(obj, Mapping) and (attribute in obj or attribute not in self.METHODS):
            return self.getitem(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`."""
        if not isinstance(obj, Mapping):
            return super().getitem(obj, argument)
        return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)


def _shown(value: Any) -> Any:
    if callable(value) and not isinstance(value, Undefined):
        raise TypeError(f"a template shows a function: {value!r}")
    return value


@cache
def _templates(room: str) -> Environment:
    loader = FileSystemLoader(Path(str(files(room))) / "pages")
    return _Templates(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
