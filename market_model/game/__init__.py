"""Rounds with people in some seats: a game is a function of its setup and of what was decided in
each round.
"""

from .setup import Setup, games, setup_of
from .table import Round, Table, problems

__all__ = ["Round", "Setup", "Table", "games", "problems", "setup_of"]
