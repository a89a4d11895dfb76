"""Where users, apps and carriers meet: the model itself."""

from .market import Market
from .observers import Figures, Observer
from .rounds import Action, BadAction
from .run import Run, run
from .user import User
from .userset import UserSet

__all__ = ["Action", "BadAction", "Figures", "Market", "Observer", "Run", "User", "UserSet", "run"]
