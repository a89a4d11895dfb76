"""The watchful regulator: it looks at concentration and at who has free data, and tells why it
changes a rule.
"""

from __future__ import annotations

from ..decisions import RegulatorDecision
from ..observation import RegulatorObservation
from .registry import bot
from .worth import because

WATCHING = "watchdog"
LARGE = 0.5
"""Concentration from which it looks more closely; assumed (0.4–0.6), that of two equal apps."""
GREW = 0.005
"""Rise of concentration in a round that it answers; assumed (0.002–0.01)."""


@bot("regulator", WATCHING)
def _watchdog(seen: RegulatorObservation) -> RegulatorDecision:
    """Forbids exclusive deals, then free data, when concentration is high and grows while the
    largest app has free data; allows all again where it is not high any more.
    """
    now, grown = seen.concentration, seen.concentration - seen.concentration_before
    largest = max(seen.shares, key=lambda app: seen.shares[app], default="")
    given = any(largest in offer.apps for offer in seen.offers if offer.payer != "user")
    hundredths = round(100 * now)
    if now >= LARGE and grown >= GREW and given and seen.rule != "ban":
        if seen.rule == "free" and any(offer.exclusive for offer in seen.offers):
            why = because("opens_up", app=largest, hundredths=hundredths)
            return RegulatorDecision(rule="non-exclusive", reason=why)
        why = because("bans", app=largest, hundredths=hundredths)
        return RegulatorDecision(rule="ban", reason=why)
    if now < LARGE and seen.rule != "free":
        why = because("lets_go", hundredths=hundredths)
        return RegulatorDecision(rule="free", reason=why)
    return RegulatorDecision()
