"""Looks texts up in `en.toml` and `zh.toml`, and writes numbers as people read them; holds no
text itself.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
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
    return dict(flat(tomllib.loads(source)))


def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """What nested tables hold, by dotted key."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def word(key: str, language: Language, **values: object) -> str:
    """The text of a key, its `{name}` places filled in.

    Raises:
        KeyError: there is no such key, or a place has no value.
    """
    return texts(language)[key].format(**values)


def series(name: str, scope: str, language: Language, *, currency_name: str = "RMB") -> SeriesText:
    """Name, unit and definition of a weekly series.

    Args:
        name: as recorded; in scope "region" with the app behind a dot (`active.wechat`). KeyError:
            there is none.
        scope: "app", "carrier", "region", "offer" or "market".
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


_STEPS: dict[Language, tuple[tuple[float, float, str], ...]] = {  # from, divisor, key
    "en": (
        (1e12, 1e12, "trillion"),
        (1e9, 1e9, "billion"),
        (1e6, 1e6, "million"),
        (1e4, 1e3, "thousand"),
    ),
    "zh": ((1e12, 1e12, "trillion"), (1e8, 1e8, "hundred_million"), (1e4, 1e4, "ten_thousand")),
}


def scale(largest: float, language: Language) -> tuple[float, str]:
    """Divisor and key of the word (`scale.<key>`; "" for none) that suit numbers up to
    `largest`.
    """
    for least, divisor, key in _STEPS[language]:
        if math.isfinite(largest) and abs(largest) >= least * 0.9995:
            return divisor, key
    return 1.0, ""


def amount(value: float | None, language: Language) -> str:
    """A number with three digits that matter: "464 M", "1,250", "0.0364"; "–" if there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    divisor, key = scale(value, language)
    shown = value / divisor
    places = 0 if shown == 0 else max(0, 2 - math.floor(math.log10(abs(shown))))
    text = f"{shown:,.{min(places, 6)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = text.replace("-", "−") if text.strip("-0.") else "0"
    return f"{text} {word('short.' + key, language)}" if key else text


def percent(share: float | None, digits: int = 0) -> str:
    """A number as a percentage: 0.42 is "42%". A share of people is written by `people`."""
    if share is None or not math.isfinite(share):
        return "–"
    return f"{100 * share:.{digits}f}%".replace("-", "−")
