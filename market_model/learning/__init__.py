"""Learning agents: a market whose apps and carriers are agents (PettingZoo), and one seat of it
alone (Gymnasium).
"""

from ..scenario import ScenarioError

try:
    from .actions import ActionError
    from .market import MarketParallelEnv
    from .seat import MarketEnv
except ImportError:
    raise ScenarioError(
        "market_model.learning", "", "needs PettingZoo; install it with: uv sync --extra rl"
    ) from None

__all__ = ["ActionError", "MarketEnv", "MarketParallelEnv"]
