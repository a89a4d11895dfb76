"""Rounds with people in some seats: a game is a function of its setup and of what was decided in
each round.
"""

from .setup import Setup, games, setup_of, story_of
from .table import GameTable, Round, problems

__all__ = ["GameTable", "Round", "Setup", "games", "problems", "setup_of", "story_of"]
