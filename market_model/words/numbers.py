"""Large numbers as people read them: 464,000,000 is "464 M", in Chinese "4.64 亿"."""

import math

from .catalogue import Language, word

_STEPS: dict[Language, tuple[tuple[float, str], ...]] = {
    "en": ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e4, "thousand")),
    "zh": ((1e12, "trillion"), (1e8, "hundred_million"), (1e4, "ten_thousand")),
}
_DIVISOR = {"thousand": 1e3}


def scale(largest: float, language: Language) -> tuple[float, str]:
    """Divisor and key of the word (`scale.<key>`; "" for none) that suit numbers up to `largest`."""
    for least, key in _STEPS[language]:
        if math.isfinite(largest) and abs(largest) >= least * 0.9995:
            return _DIVISOR.get(key, least), key
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
    """A share of one as a percentage: 0.42 is "42%"."""
    if share is None or not math.isfinite(share):
        return "–"
    return f"{100 * share:.{digits}f}%".replace("-", "−")
