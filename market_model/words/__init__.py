"""Every text a reader sees, in English and Chinese."""

from . import people
from .catalogue import Language, SeriesText, actor, amount, currency, percent, scale, series, word

__all__ = [
    "Language",
    "SeriesText",
    "actor",
    "amount",
    "currency",
    "people",
    "percent",
    "scale",
    "series",
    "word",
]
