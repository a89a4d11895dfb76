"""Templates and texts of a desk."""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..charts.look import ground
from ..game import Setup
from ..words import Language, actor, amount, currency, percent, word


@cache
def texts(language: Language) -> dict[str, dict[str, str]]:
    """All texts of a desk by part and key."""
    return tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))


def markup(template: str, setup: Setup, language: Language, **values: object) -> Markup:
    """A piece of a page; `values`: what its template names besides texts, names and numbers as people write them."""
    def day(week: int) -> str:
        return setup.scenario.date_of(week).isoformat()

    return Markup(_templates().get_template(f"{template}.html.j2").render(
        words=texts(language), setup=setup, language=language, money=currency(setup.scenario.currency, language), day=day,
        name=lambda who: actor(who, language), number=lambda value: amount(value, language),
        names=lambda whos: ", ".join(actor(who, language) for who in whos), word=lambda key: word(key, language), **values))


def signed(value: float, shown: str) -> str:
    """A change with its sign; `shown`: it as people write it."""
    return f"{'+' if value > 0 else ''}{shown}" if shown.strip("−+0.%") else shown.lstrip("−")


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "pages")
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    found.globals.update(percent=percent, signed=signed, ground=ground)  # pyright: ignore[reportArgumentType]
    return found
