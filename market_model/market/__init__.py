"""Where users, apps and carriers meet: the model itself."""

from .market import MODEL_VERSION, Market
from .rounds import Action, BadAction
from .run import Run, run
from .user import User
from .userset import UserSet

__all__ = ["MODEL_VERSION", "Action", "BadAction", "Market", "Run", "User", "UserSet", "run"]
