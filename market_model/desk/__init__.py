"""A seat's desk: the pieces of HTML that a class and a solo game show to who sits there."""

from .debrief import debrief
from .desk import (
    DEBRIEF_SCRIPT,
    FILM_SCRIPT,
    SCRIPT,
    STYLE,
    board,
    brief,
    decided,
    figures,
    form,
    ranking,
    role,
    sentence,
)
from .film import film, ground
from .levers import checked, decision_of
from .questions import Questions

__all__ = [
    "DEBRIEF_SCRIPT",
    "FILM_SCRIPT",
    "SCRIPT",
    "STYLE",
    "Questions",
    "board",
    "brief",
    "checked",
    "debrief",
    "decided",
    "decision_of",
    "figures",
    "film",
    "form",
    "ground",
    "ranking",
    "role",
    "sentence",
]
