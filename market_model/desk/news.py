"""News of a round in words."""

from __future__ import annotations

from collections.abc import Sequence

from ..game import Setup
from ..game.news import Headline
from ..words import Language, actor, amount, people, word
from ..words.catalogue import texts

MOST, NAMED = 3, 2
"""Places or carriers in a sentence; of more, so many are named, and the rest is a number."""
SMALL = 0.01
"""Growth that is told to a tenth of a percent."""


def sentences(setup: Setup, headlines: Sequence[Headline], language: Language) -> list[str]:
    """The news of a round, a sentence each."""
    return [_sentence(setup, one, language) for one in headlines]


def listed(key: str, names: Sequence[str], language: Language) -> str:
    """Places or carriers in a sentence, "" for none."""
    words = texts("desk", language)["headlines"]

    def named(names: Sequence[str]) -> str:
        return word("list.and", language).join(actor(name, language) for name in names)

    if len(names) <= MOST:
        return words[key].format(names=named(names)) if names else ""
    return words[f"{key}_more"].format(names=named(names[:NAMED]), n=len(names) - NAMED)


def _sentence(setup: Setup, one: Headline, language: Language) -> str:
    words, scale = texts("desk", language)["headlines"], setup.scenario.people_per_user
    before, after = one["before"], one["after"]
    digits = int(abs(after - before) < SMALL * before)
    return words[one["key"]].format(
        who=actor(one["who"], language),
        other=actor(one["other"], language),
        carriers=listed("carriers", one["carriers"], language),
        where=listed("where", one["regions"], language),
        at=listed("at", one["regions"], language),
        more=amount(after - before, language),
        less=amount(before - after, language),
        growth=people.growth(before / scale, after / scale, language, digits),
        before=amount(before, language),
        share=people.share(round(min(after, before) / scale), before / scale, language),
        rule=word(f"strategy.{one['who']}", language) if one["key"] == "ruled" else "",
    )
