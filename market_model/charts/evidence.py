"""What the page of a validation says: the facts, their bands, and what the parameter sets give."""

import math
from collections.abc import Sequence

from market_model.words import Language, percent
from market_model.words.numbers import written

from . import figures
from .data import EvidenceData, Verdict
from .look import APPS, CARRIERS
from .sections import Chart, Section


def evidence_sections(data: EvidenceData) -> list[Section]:
    """Of a validation: the facts it was fitted to, those it was not, and what is only looked at
    or must hold.
    """
    return [
        _evidence(data, key, uses)
        for key, uses in (("calibrated", "C"), ("validated", "V"), ("watched", "DI"))
    ]


def evidence_held(verdicts: Sequence[Verdict]) -> tuple[int, int]:
    """How many facts hold, of how many with a band."""
    known = [v.holds for v in verdicts if v.holds is not None]
    return sum(known), len(known)


def _evidence(data: EvidenceData, key: str, uses: str) -> Section:
    """A row per fact; those whose band has two ends stand in the chart, too."""
    color = {"holds": APPS[0], "fails": CARRIERS[1]}
    chosen = [v for v in data.verdicts if v.use in uses]
    rows = [
        [
            f"{v.id} · {v.sentence}",
            data.say(f"evidence.{_verdict(v)}"),
            _band(v, data),
            _figure(v.median, data.language),
            " … ".join(_figure(end, data.language) for end in (v.low, v.high)),
            percent(v.inside, data.language),
            v.when or "–",
        ]
        for v in chosen
    ]
    dots = [
        (v.id, [_position(v, x) for x in (v.median, v.low, v.high)], color[_verdict(v)])
        for v in chosen
        if v.members and v.band[0] < v.band[1] < v.band[2] < math.inf
    ]
    chart = Chart("", figures.bands(dots, data.say("evidence.axis")), 64 + 34 * len(dots))
    headers = [
        data.say(f"evidence.{name}")
        for name in ("fact", "verdict", "band", "median", "interval", "inside", "when")
    ]
    return Section(
        key,
        [chart],
        headers,
        rows,
        [(data.say(f"evidence.{name}"), shown) for name, shown in color.items()],
        open=True,
    )


def _verdict(v: Verdict) -> str:
    """Key of the word: there may be no band to hold the fact against."""
    return "no_band" if v.holds is None else "holds" if v.holds else "fails"


def _figure(value: float, language: Language) -> str:
    """Small shares with four digits behind the point, others with three that matter."""
    return written(f"{value:.4f}" if 0 < abs(value) < 0.02 else f"{value:.3g}", language)


def _band(v: Verdict, data: EvidenceData) -> str:
    if v.holds is None:
        return "–"
    low, high = (written(f"{end:g}", data.language) for end in (v.band[0], v.band[2]))
    return data.say("evidence.above", low=low) if math.isinf(v.band[2]) else f"{low} – {high}"


def _position(v: Verdict, value: float) -> float:
    """Distance from the middle of the band in half widths, the ends at −1 and 1."""
    low, middle, high = v.band
    return (value - middle) / (high - middle if value > middle else middle - low)
