"""How a share or a growth of simulated people is written: never a bare percentage of a few."""

import math
import re

from .catalogue import Language, word
from .numbers import amount, fixed, in_percent, percent

FEW = 20
"""Simulated people below whom a percentage does not stand alone."""
NORMAL = 1.959963984540054
"""97.5 % quantile of the standard normal distribution."""


def share(part: float, whole: float, language: Language, digits: int = 0) -> str:
    """`part` of `whole` simulated people: "44%"; "8 of 18 (44%; 25–66%)" of a few; "4 of 800
    (0.5%)" where the part is a few; "–" of none.

    Args:
        part: a mean over runs or a weighted number need not be whole. digits: behind the point.
    """
    if not (math.isfinite(part) and math.isfinite(whole)) or round(whole, 6) <= 0:
        return "–"
    if round(min(part, whole), 6) >= FEW:
        return percent(part / whole, language, digits)
    counts = {"part": _count(part, language), "whole": _count(whole, language)}
    if round(whole, 6) >= FEW:
        small = in_percent(amount(100 * part / whole, language), language)
        return word("people.small", language, **counts, share=small)
    low, high = interval(part, whole)
    return word(
        "people.share",
        language,
        **counts,
        share=percent(part / whole, language),
        low=fixed(100 * low, language, 0),
        high=percent(high, language),
    )


def counted(text: str) -> str:
    """A share of a few without its brackets, where there is no room: "8 of 18"."""
    return re.sub(r" ?[(（].*[)）]$", "", text)


def growth(before: float, after: float, language: Language, digits: int = 0) -> str:
    """From one number of simulated people to another: "+12%"; "from 4 to 10 simulated people"
    where either is a few.
    """
    if not (math.isfinite(before) and math.isfinite(after)):
        return "–"
    if round(min(before, after), 6) < FEW:
        first, last = _count(before, language), _count(after, language)
        key = "people.unchanged" if first == last else "people.growth"
        return word(key, language, before=first, after=last)
    return signed(after / before - 1, language, digits)


def per_kept(value: float, kept: float, language: Language) -> str:
    """Money per person kept, written as `value`; with their number where it is a few."""
    text = fixed(value, language, 2)
    if text == "–" or round(kept, 6) >= FEW:
        return text
    return word("people.kept", language, cost=text, kept=_count(kept, language))


def interval(part: float, whole: float) -> tuple[float, float]:
    """95 % interval of a share of `whole` people.

    Source: Wilson 1927, J. Am. Stat. Assoc. 22, 209–212.
    """
    p, z = part / whole, NORMAL**2 / whole
    middle, half = p + z / 2, math.sqrt(z * (p * (1 - p) + z / 4))
    return max(0.0, (middle - half) / (1 + z)), min(1.0, (middle + half) / (1 + z))


def signed(change: float, language: Language, digits: int = 0) -> str:
    """A change as a percentage with its sign; none at 0."""
    text = percent(change, language, digits)
    return f"+{text}" if change > 0 and re.search("[1-9]", text) else text


def _count(people: float, language: Language) -> str:
    return amount(round(people, 1), language)
