"""The disclosed bots: each decides from what its seat sees, and never simulates ahead."""

from .registry import BOTS, Bot, Policy, choices, policy
from .replies import carrier_reply, demand, sponsor_reply
from .simple import EAGER

__all__ = [
    "BOTS",
    "EAGER",
    "Bot",
    "Policy",
    "carrier_reply",
    "choices",
    "demand",
    "policy",
    "sponsor_reply",
]
