"""The disclosed bots: each decides from what its seat sees, and never simulates ahead."""

from . import champion, defender, experimenter, manager, simple, watchdog
from .registry import BOTS, Bot, Policy, choices, policy
from .replies import carrier_reply, demand, sponsor_reply
from .simple import EAGER

REGISTERED = (simple, experimenter, defender, manager, champion, watchdog)
"""Files of bots; each registers its own."""

__all__ = [
    "BOTS",
    "EAGER",
    "REGISTERED",
    "Bot",
    "Policy",
    "carrier_reply",
    "choices",
    "demand",
    "policy",
    "sponsor_reply",
]
