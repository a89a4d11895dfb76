"""Looks texts up in `en.toml` and `zh.toml`; holds no text itself."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

type Language = Literal["en", "zh"]


class SeriesText(NamedTuple):
    """What a reader is told of a weekly series."""

    name: str
    unit: str
    definition: str


@cache
def texts(language: Language) -> dict[str, str]:
    """All texts of a language by dotted key, such as `report.shares.title`."""
    source = files(__package__).joinpath(f"{language}.toml").read_text("utf-8")
    return dict(_flat(tomllib.loads(source), ""))


def _flat(table: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        pairs += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return pairs


def word(key: str, language: Language, **values: object) -> str:
    """The text of a key, its `{name}` places filled in.

    Raises:
        KeyError: there is no such key, or a place has no value.
    """
    return texts(language)[key].format(**values)


def series(name: str, scope: str, language: Language, *, currency_name: str = "RMB") -> SeriesText:
    """Name, unit and definition of a weekly series.

    Args:
        name: as recorded; in scope "region" with the app behind a dot (`active.wechat`).
        scope: "app", "carrier", "region", "offer" or "market".
        language: "en" or "zh".
        currency_name: the scenario's money.

    Raises:
        KeyError: there is no such series.
    """
    stem, _, app = name.partition(".") if scope == "region" else (name, "", "")
    if scope == "region" and not app:
        raise KeyError(f"series.region.{name}")
    places = {"app": actor(app, language), "currency": currency(currency_name, language)}
    keys = (f"series.{scope}.{stem}.{part}" for part in SeriesText._fields)
    return SeriesText(*(word(key, language, **places) for key in keys))


def actor(name: str, language: Language) -> str:
    """The name people know an app, carrier or owner by; a readable form of unknown ones."""
    return texts(language).get(f"actor.{name}", name.replace("_", " ").strip().capitalize())


def currency(name: str, language: Language) -> str:
    """The money's name in a sentence: RMB is 元 in Chinese."""
    return texts(language).get(f"currency.{name}", name)
