"""Missions: short games with few levers and a goal, one idea each."""

from .mission import Mission, Placed, Token, mission, missions
from .outcome import Lines, Outcome, Standing, lines, outcome

__all__ = [
    "Lines",
    "Mission",
    "Outcome",
    "Placed",
    "Standing",
    "Token",
    "lines",
    "mission",
    "missions",
    "outcome",
]
