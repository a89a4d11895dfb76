"""Missions: short games with few levers and a goal, one idea each."""

from .mission import Mission, Move, Placed, mission, missions
from .outcome import Lines, MissionOutcome, RegionUsers, lines, outcome

__all__ = [
    "Lines",
    "Mission",
    "MissionOutcome",
    "Move",
    "Placed",
    "RegionUsers",
    "lines",
    "mission",
    "missions",
    "outcome",
]
