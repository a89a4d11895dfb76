"""Every text a reader sees, in English and Chinese."""

from .catalogue import Language, SeriesText, actor, currency, series, word
from .numbers import amount, percent, scale

__all__ = ["Language", "SeriesText", "actor", "amount", "currency", "percent", "scale", "series", "word"]
