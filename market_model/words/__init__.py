"""Every text a reader sees, a folder per language."""

from . import people
from .catalogue import (
    Language,
    SeriesText,
    actor,
    currency,
    known_language,
    languages,
    offer_label,
    plans,
    rate,
    series,
    word,
)
from .numbers import amount, day, fixed, percent, scale

__all__ = [
    "Language",
    "SeriesText",
    "actor",
    "amount",
    "currency",
    "day",
    "fixed",
    "known_language",
    "languages",
    "offer_label",
    "people",
    "percent",
    "plans",
    "rate",
    "scale",
    "series",
    "word",
]
