"""Where users, apps and carriers meet: the model itself."""

from .market import Market, Observer
from .observers import Figures
from .rounds import Action, BadAction
from .run import Run, run
from .user import User
from .userset import UserSet

__all__ = ["Action", "BadAction", "Figures", "Market", "Observer", "Run", "User", "UserSet", "run"]
