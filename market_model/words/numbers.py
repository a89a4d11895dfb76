"""Numbers and days as people of a language write them, rounded here and written by Babel. In tables
and files days are written as 2013-11-08 in every language.
"""

import datetime as dt
import math
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache, lru_cache
from typing import Any

from .catalogue import STEPS, Language, locale, texts, word

MOST_DIGITS = 400
"""Enough for every float, with those behind the point."""
MOST_KEPT = 4096
"""Written numbers kept: a page of a class has hundreds, most of them those of its neighbour."""
LEAST = 1e4
"""From here on a number is written with a word for its step: 1,250 but 12.5 k."""


def scale(largest: float, language: Language) -> tuple[float, str]:
    """Divisor and key of the word (`scale.<key>`; "" for none) that suit numbers up to
    `largest`.
    """
    if math.isfinite(largest):
        steps = {key: STEPS[key] for key in texts("names", language)["language"]["steps"]}
        for key, divisor in sorted(steps.items(), key=lambda step: -step[1]):
            if abs(largest) >= max(divisor, LEAST) * 0.9995:
                return divisor, key
    return 1.0, ""


def amount(value: float | None, language: Language) -> str:
    """A number with three digits that matter: "464 M", "1,250", "0.0364"; "–" if there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    divisor, key = scale(value, language)
    shown = value / divisor
    places = 0 if shown == 0 else max(0, 2 - math.floor(math.log10(abs(shown))))
    text = f"{shown:.{min(places, 6)}f}"
    text = written(text.rstrip("0").rstrip(".") if "." in text else text, language)
    return f"{text} {word('short.' + key, language)}" if key else text


def steps(language: Language) -> list[tuple[float, str]]:
    """Steps of numbers with their short words, the largest first, for a script that writes
    amounts as `amount` does.
    """
    known = {key: STEPS[key] for key in texts("names", language)["language"]["steps"]}
    return sorted(((by, word(f"short.{key}", language)) for key, by in known.items()), reverse=True)


def fixed(value: float, language: Language, digits: int) -> str:
    """A number with as many digits behind the point; "–" if there is none."""
    return written(f"{value:.{digits}f}", language) if math.isfinite(value) else "–"


def day(date: dt.date, language: Language) -> str:
    """A day: "7 October 2013"."""
    from babel.dates import format_date

    return format_date(date, "long", _locale(language))


def percent(share: float | None, language: Language, digits: int = 0) -> str:
    """A number as a percentage: 0.42 is "42%"; half a digit goes up, as in browsers. A share of
    people is written by `people`.
    """
    if share is None or not math.isfinite(100 * share):
        return "–"
    with localcontext(prec=MOST_DIGITS):
        text = f"{Decimal(100 * share).quantize(Decimal(10) ** -digits, ROUND_HALF_UP):f}"
    sign = "−" if text.startswith("-") else ""
    return sign + in_percent(_digits(text.lstrip("-"), language, "0"), language)


def in_percent(number: str, language: Language) -> str:
    """A written number with the sign of a percentage where the language puts it."""
    form = _locale(language).percent_formats[None]
    return f"{form.prefix[0]}{number}{form.suffix[0]}"


def written(text: str, language: Language) -> str:
    """A number in digits, such as "-1250.5", as people write it: "−1,250.5"; "0" has no sign, and
    what is no number in digits stays as it is.
    """
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        return text
    if not text.strip("-0."):
        text = text.lstrip("-")
    sign = "−" if text.startswith("-") else ""
    groups = _locale(language).decimal_formats[None].pattern.partition(".")[0]
    return f"{sign}{_digits(text.lstrip('-'), language, groups)}"


def _digits(text: str, language: Language, form: str) -> str:
    return _formatted(text, locale(language), form)


@lru_cache(MOST_KEPT)
def _formatted(text: str, tag: str, form: str) -> str:
    from babel.numbers import format_decimal

    behind = len(text.partition(".")[2])
    pattern = f"{form}.{'0' * behind}" if behind else form
    with localcontext(prec=MOST_DIGITS):
        return format_decimal(Decimal(text), pattern, _of(tag))


@cache
def _of(tag: str) -> Any:
    from babel import Locale

    return Locale.parse(tag, sep="-")


def _locale(language: Language) -> Any:
    return _of(locale(language))
