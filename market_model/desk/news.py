"""News of a round in words."""

from __future__ import annotations

from collections.abc import Sequence

from ..game import Setup
from ..game.news import Headline
from ..words import Language, actor, amount, people, word
from ..words.catalogue import texts

MOST_PLACES, NAMED = 3, 2
"""Places in a sentence; of more, so many are named, and the rest is a number."""


def sentences(setup: Setup, headlines: Sequence[Headline], language: Language) -> list[str]:
    """The news of a round, a sentence each."""
    return [_sentence(setup, one, language) for one in headlines]


def _sentence(setup: Setup, one: Headline, language: Language) -> str:
    words, scale = texts("desk", language)["headlines"], setup.scenario.people_per_user
    before, after = one["before"], one["after"]

    def named(names: Sequence[str]) -> str:
        return word("list.and", language).join(actor(name, language) for name in names)

    def placed(key: str) -> str:
        regions = one["regions"]
        if not regions:
            return ""
        if len(regions) <= MOST_PLACES:
            return words[key].format(regions=named(regions))
        return words[f"{key}_more"].format(regions=named(regions[:NAMED]), n=len(regions) - NAMED)

    return words[one["key"]].format(
        who=actor(one["who"], language),
        other=actor(one["other"], language),
        carriers=named(one["carriers"]),
        where=placed("where"),
        at=placed("at"),
        more=amount(after - before, language),
        less=amount(before - after, language),
        growth=people.growth(before / scale, after / scale, language),
        before=amount(before, language),
        share=people.share(round(min(after, before) / scale), before / scale, language),
        rule=word(f"strategy.{one['who']}", language) if one["key"] == "ruled" else "",
    )
