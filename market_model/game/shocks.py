"""The host's shock cards: dated events that a host deals into a round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from ..scenario import Scenario
from ..scenario.actors import Feature
from ..scenario.offers import AnyEvent, Licence, NewFeature, Outage, Rule

type Card = Literal["licence", "ban", "lift", "video", "outage"]
CARDS: tuple[str, ...] = get_args(Card.__value__)
RULES: tuple[Card, ...] = ("ban", "lift")
"""Cards that change the rule for free data."""
VIDEO_QUALITY = 0.3
"""What video calls add to an app's quality, logit; assumed."""


def events_of(
    scenario: Scenario, cards: Sequence[str], shares: Sequence[float], week: int
) -> Iterator[AnyEvent]:
    """What cards do: 4G licences for all; a ban on free data, or its end; video calls for the
    second largest messenger; the largest is out of order for a week."""
    by_size = sorted(range(len(shares)), key=lambda k: (-shares[k], k))
    names = [scenario.messengers[k] for k in by_size]
    for card in cards:
        match card:
            case "licence":
                yield Licence(kind="licence", when=week)
            case "ban" | "lift":
                yield Rule(kind="rule", when=week, rule="ban" if card == "ban" else "free")
            case "video":
                feature = Feature(kind="video", launch=week, quality=VIDEO_QUALITY)
                yield NewFeature(
                    kind="feature",
                    when=week,
                    app=names[min(1, len(names) - 1)],
                    name="video",
                    feature=feature,
                )
            case "outage":
                yield Outage(kind="outage", when=week, app=names[0])
            case _:
                raise ValueError(f"there is no shock card '{card}'; there is: {', '.join(CARDS)}")
