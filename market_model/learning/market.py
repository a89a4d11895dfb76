"""The market as an environment for many learning agents (PettingZoo): apps and carriers act at once
in each round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium.spaces import Space
from numpy.typing import NDArray
from pettingzoo import ParallelEnv  # pyright: ignore[reportMissingTypeStubs]

from ..errors import suggest
from ..game import GameTable, Setup
from ..game.limits import beyond
from ..game.scores import scores
from ..market import Market, Run
from ..market.run import result, so_far
from ..market.views import observe_all
from ..players.decisions import KINDS, Decision, Kind, check
from ..players.observation import Public
from ..players.strategies import verify
from ..scenario import WEEKS_PER_BILL, Scenario, ScenarioError
from ..study.strategies import payoffs
from .actions import Actions, agents_of
from .figures import SeatFigures

type Numbers = NDArray[np.float32]
type Strategies = Mapping[str, Any]
KIND_NAMES: tuple[Kind, ...] = ("app", "carrier")


class MarketParallelEnv(ParallelEnv[str, Numbers, Any]):
    """A market whose seats are agents; a step is a round of 4 weeks.

    Of a game's setup it is the game as people play it: its rounds, and with the last of them the
    silent weeks. Of a scenario it is the story, from its first round on to its end; a dated event
    that falls on the very week of a round is seen a round later.

    An observation is what a bot in the seat is given (`players.observation`), an action what it may
    decide (`players.decisions`): numbers whose names are `observation_names` and `action_names`,
    the same for all seats of a kind. What of an action is not possible now is brought to the
    nearest that is; infos tell it ("changed"). Seats that are no agents are left to bots.

    A reward is money per person of the population: what the round added to the seat's score
    (`game.scores`), so that the rewards of a game add up to the score; in a story, to the seat's
    payoff since the first round (`study.strategies.payoffs`).

    Attributes:
        market: the market as it stands. possible_agents, agents: seats.
    """

    metadata = {"name": "market_v1", "render_modes": []}
    render_mode = None

    def __init__(
        self,
        of: Scenario | Setup,
        seats: Sequence[str] = (),
        seed: int | None = None,
        bots: Strategies | None = None,
    ) -> None:
        """Args:
            of: a story, or the game on it (`game.setup_of`). seats: messengers and carriers that
                are agents; none named means all.
            seed: of the first episode, else the game's or 0; each later one has luck of its own.
            bots: who decides for other seats instead of their own bots: names of strategies, or
                functions from what a seat observes to its decision.

        Raises ScenarioError: there is no such seat or strategy.
        """
        self.setup = of if isinstance(of, Setup) else None
        self.scenario = scenario = of.scenario if isinstance(of, Setup) else of
        known = list(self.setup.firms if self.setup else self._playable())
        for seat in (*seats, *(bots or {})):
            if seat not in known:
                raise ScenarioError(
                    "seats", seat, f"is no seat of {scenario.name}; {suggest(seat, known)}"
                )
        self.bots = dict(bots or {})
        for seat, strategy in self.bots.items():
            verify("bots", seat, strategy, self.kind(seat))
        self.possible_agents = list(seats or known)
        self.agents: list[str] = []
        self._luck = np.random.default_rng(seed)
        self._seed = seed if seed is not None else self.setup.seed if self.setup else 0
        self._actions = {kind: Actions(scenario, kind) for kind in KIND_NAMES}
        self._figures = {
            kind: SeatFigures(scenario, self._actions[kind], scenario.weeks) for kind in KIND_NAMES
        }
        self.observation_spaces: dict[str, Space[Any]] = {
            a: self._figures[self.kind(a)].space for a in self.possible_agents
        }
        self.action_spaces: dict[str, Space[Any]] = {
            a: self._actions[self.kind(a)].space() for a in self.possible_agents
        }

    def kind(self, agent: str) -> Kind:
        return "app" if agent in self.scenario.apps else "carrier"

    def observation_space(self, agent: str) -> Space[Any]:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space[Any]:
        return self.action_spaces[agent]

    def observation_names(self, agent: str) -> tuple[str, ...]:
        """What each number of its observations is."""
        return self._figures[self.kind(agent)].names

    def action_names(self, agent: str) -> tuple[str, ...]:
        """The lever that each number of its actions moves."""
        return self._actions[self.kind(agent)].names

    def menus(self, agent: str) -> dict[str, tuple[Any, ...]]:
        """What each number may be and means, by lever; None leaves it as it is."""
        return {lever.name: lever.menu for lever in self._actions[self.kind(agent)].levers}

    def reset(
        self,
        seed: int | None = None,
        options: Any = None,  # noqa: ARG002
    ) -> tuple[dict[str, Numbers], dict[str, Any]]:
        """A new market, run to its first round. Returns observations and infos by agent."""
        if seed is not None:
            self._seed, self._luck = seed, np.random.default_rng(seed)
        luck, self._seed = self._seed, int(self._luck.integers(2**31))
        self._table: GameTable | None = None
        if self.setup:
            self._table = GameTable(replace(self.setup, seed=luck), self.bots, watch=False)
            self.market = self._table.market
        else:
            self.market = Market(self.scenario, luck, policies=self.bots)
            self._story_weeks()
        self.agents = list(self.possible_agents)
        self._worth = dict.fromkeys(self.agents, 0.0) if self.setup else self._now()
        self._views = observe_all(self.market.state, self.agents)
        return self._observations(), {a: {"changed": [], "problems": []} for a in self.agents}

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[
        dict[str, Numbers], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]
    ]:
        """One round.

        Args: actions: by agent, points of their spaces, or decisions as bots make them. A decision
        that is not possible counts as none; infos say why ("problems").

        Raises ActionError: an agent has no action, or one that is no point of its space.
        """
        agents_of(actions, self.agents)
        agents, infos, given = self.agents, dict[str, Any](), dict[str, Decision]()
        for agent in agents:
            decision, changed = self._decided(agent, actions[agent])
            problems = list(check(decision, agent, self._views[agent]))
            if self.setup:
                problems += beyond(self.scenario, agent, decision)
            infos[agent] = {"changed": changed, "problems": [str(one) for one in problems]}
            given[agent] = type(decision)() if problems else decision
        over = self._round(given)
        worth, people = self._now(), self.scenario.population
        rewards = {a: (worth[a] - self._worth[a]) / people for a in agents}
        self._worth = worth
        self._views = observe_all(self.market.state, agents)
        observations = self._observations()
        if over:
            self.agents = []
            for agent in agents:
                infos[agent]["score"] = worth[agent]
        game = self.setup is not None
        return (
            observations,
            rewards,
            dict.fromkeys(agents, over and game),
            dict.fromkeys(agents, over and not game),
            infos,
        )

    def view(self, agent: str) -> Public:
        """What a bot in the seat would be given now."""
        return self._views[agent]

    def decision(self, agent: str, action: Any) -> Decision:
        """What an action decides now. Raises ActionError."""
        return self._decided(agent, action)[0]

    @property
    def run(self) -> Run:
        """What the market has to show so far."""
        return result(self.market)

    def _decided(self, agent: str, action: Any) -> tuple[Decision, list[str]]:
        if isinstance(action, tuple(KINDS.values())):
            return action, []
        return self._actions[self.kind(agent)].decision(agent, action, self._views[agent])

    def _observations(self) -> dict[str, Numbers]:
        return {a: self._figures[self.kind(a)].observation(view) for a, view in self._views.items()}

    def _now(self) -> dict[str, float]:
        """What each agent's seat is worth now, money."""
        if self.setup:
            return {s: score.total for s, score in scores(self.setup, self.market).items()}
        return payoffs(so_far(self.market), self.possible_agents)

    def _round(self, given: Mapping[str, Decision]) -> bool:
        """Four weeks with these decisions; whether it was the last round."""
        if self._table and self.setup:
            self._table.pass_round(given)
            self._table.played += 1
            if self._table.played == self.setup.rounds:
                self._table.run_out()
            return self._table.played == self.setup.rounds
        self.market.given.update(given)
        self._story_weeks()
        return self.market.week >= self.scenario.weeks

    def _story_weeks(self) -> None:
        """Up to the next round, or the end."""
        until = min((self.market.week // WEEKS_PER_BILL + 1) * WEEKS_PER_BILL, self.scenario.weeks)
        self.market.run(until - self.market.week)

    def _playable(self) -> list[str]:
        return [*self.scenario.messengers, *self.scenario.carriers]
