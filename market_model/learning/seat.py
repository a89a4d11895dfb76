"""One seat of the market as an environment for a single learning agent (Gymnasium)."""

from __future__ import annotations

from typing import Any

import gymnasium

from ..game import Setup
from ..players.observation import Public
from ..scenario import Scenario
from .market import MarketParallelEnv, Numbers, Strategies


class MarketEnv(gymnasium.Env[Numbers, Any]):
    """A seat against bots: spaces, rewards and infos are those of `MarketParallelEnv`.

    Attributes:
        seat: who acts. observation_names, action_names: what their numbers are.
    """

    metadata = {"render_modes": []}

    def __init__(
        self, of: Scenario | Setup, seat: str, opponents: Strategies | None = None
    ) -> None:
        """Args:
            of: a story, or the game on it (`game.setup_of`).
            opponents: who decides for other seats instead of their own bots.

        Raises ScenarioError: there is no such seat or strategy.
        """
        self.seat = seat
        self.market = MarketParallelEnv(of, [seat], bots=opponents)
        self.observation_space = self.market.observation_space(seat)
        self.action_space = self.market.action_space(seat)
        self.observation_names = self.market.observation_names(seat)
        self.action_names = self.market.action_names(seat)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Numbers, dict[str, Any]]:
        """A new market, run to its first round."""
        super().reset(seed=seed)
        observations, infos = self.market.reset(seed, options)
        return observations[self.seat], infos[self.seat]

    def step(self, action: Any) -> tuple[Numbers, float, bool, bool, dict[str, Any]]:
        """One round. Raises ActionError."""
        return tuple(each[self.seat] for each in self.market.step({self.seat: action}))  # pyright: ignore[reportReturnType]

    def view(self) -> Public:
        """What a bot in the seat would be given now."""
        return self.market.view(self.seat)
