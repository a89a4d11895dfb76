"""What a bot says of its decision, in a reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..words import Language, actor, amount, currency, people, percent, word

SHARES = frozenset({"share", "load"})
"""Values of a reason that are parts of something."""
CHANGES = frozenset({"lift", "lost"})
"""Values that are relative changes."""


def sentence(reason: str | Mapping[str, Any] | None, money: str, language: Language) -> str:
    """A decision's reason as plain data, in a sentence; "" for none. One of a bot of one's own is
    shown as it stands. `money`: the scenario's currency.
    """
    if reason is None or isinstance(reason, str):
        return reason or ""
    values = {
        name: _said(name, value, language) for name, value in reason.get("values", {}).items()
    }
    key, unit = f"reason.{reason['key']}", currency(money, language)
    return word(key, language, **values, money=unit)


def _said(name: str, value: Any, language: Language) -> str:
    if isinstance(value, str):
        return actor(value, language)
    if isinstance(value, int | float):
        if name in CHANGES:
            text = people.signed(value, language)
            return text if text[0] in "+−" else f"+{text}"
        return percent(value, language) if name in SHARES else amount(value, language)
    if tuple(value) in ((), ("everywhere",)):
        return word("reason.all_places", language)
    return word("list.and", language).join(actor(one, language) for one in value)
