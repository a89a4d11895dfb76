"""Where users, apps and carriers meet: the model itself."""

from .market import Market
from .observers import Observer
from .rounds import Action, BadAction
from .run import Run, run
from .user import User
from .userset import UserSet

__all__ = ["Action", "BadAction", "Market", "Observer", "Run", "User", "UserSet", "run"]
