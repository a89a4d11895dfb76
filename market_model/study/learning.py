"""The market as an environment for learning agents: apps and carriers act at once in each round
(PettingZoo).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..market import Market, Run
from ..market.rounds import observe
from ..market.run import result
from ..players.decisions import (
    MOST_PRICE,
    AppDecision,
    AskTerm,
    CarrierDecision,
    Decision,
    ZeroRating,
    check,
)
from ..players.observation import AppObservation, CarrierObservation, Public
from ..scenario import WEEKS_PER_BILL, Scenario, ScenarioError
from ..scenario.errors import suggest
from .strategies import RULES, payoff

try:
    from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space
    from pettingzoo import ParallelEnv
except ImportError:
    raise ScenarioError(
        "market_model.study.learning", "", "needs PettingZoo; install it with: uv sync --extra rl"
    ) from None

NO_LIMIT = 1e9
"""MB of an allowance that mean no limit."""
MOST_MONEY = 1e12
LEVERS = ("plan_fee", "plan_cap_mb", "plan_overage", "sms_price", "voice_price", "wholesale")
"""A carrier's prices, in the order of the action's `levers`; below 0: as it is."""
LEAVE, END, BID = range(3)
DEFAULT, PRICE, CLOSED = 1, 2, 3  # beside LEAVE


class MarketParallelEnv(ParallelEnv[str, dict[str, Any], dict[str, Any]]):
    """A market whose seats are agents; a step is a round of 4 weeks, from the first round on.

    An observation is what a bot in the seat is given (`players.observation`), an action what it may
    decide (`players.decisions`), each as a Gymnasium space; `seen`, `decision` and `action` go from
    one form to the other. Seats that are no agents are left to their bots. A dated event that falls
    on the very week of a round is seen a round later.

    Attributes:
        market: the market as it stands. possible_agents, agents: seats. run: what the market has to
            show so far.
    """

    metadata = {"name": "market_v0", "render_modes": []}
    render_mode = None

    def __init__(self, scenario: Scenario, seats: Sequence[str] = (), seed: int = 0) -> None:
        """Args: seats: messengers and carriers that are agents; none named means all. Raises
        ScenarioError: there is no such seat.
        """
        self.scenario, self.seed = scenario, seed
        known = [*scenario.messengers, *scenario.carriers]
        for seat in seats:
            if seat not in known:
                raise ScenarioError(
                    "seats", seat, f"is no seat of {scenario.name}; {suggest(seat, known)}"
                )
        self.possible_agents = list(seats or known)
        self.agents: list[str] = []
        carriers, messengers = len(scenario.carriers), len(scenario.messengers)
        public: dict[str, Space[Any]] = {
            "week": _box(5000, 1),
            "cash": Box(-1e15, 1e15, (1,), np.float64),
            "rule": Discrete(len(RULES)),
            "shares": _box(1, messengers),
            "shares_by_carrier": _box(1, messengers, carriers),
            "free": MultiBinary([messengers, carriers]),
            "asks": _box(MOST_PRICE, carriers),
            "prices": _box(1e6, carriers),
        }
        app: dict[str, Space[Any]] = {"mb": _box(1e18, carriers), "income": _box(1e15, 1)}
        carrier: dict[str, Space[Any]] = {
            "cost": _box(MOST_PRICE, 1),
            "values": _box(1e15, messengers),
        }
        self.observation_spaces = {
            s: Dict(public | (app if s in scenario.apps else carrier)) for s in self.possible_agents
        }
        decides: dict[str, dict[str, Space[Any]]] = {
            "app": {
                "free": MultiDiscrete([3] * carriers),
                "bid": _box(MOST_PRICE, carriers),
                "exclusive": MultiBinary(carriers),
                "allowance_mb": _box(NO_LIMIT, carriers, low=1),
                "promotion": _box(MOST_MONEY, 1),
                "monetisation": _box(2, 1, low=-1),
            },
            "carrier": {
                "terms": MultiDiscrete([4] * messengers),
                "ask": _box(MOST_PRICE, messengers),
                "surcharge": _box(MOST_PRICE, messengers, low=-1),
                "levers": _box(MOST_PRICE, len(LEVERS), low=-1),
                "accepts_exclusive": Discrete(3),
                "own_subsidy": Discrete(3),
            },
        }
        self.action_spaces = {s: Dict(decides[self._kind(s)]) for s in self.possible_agents}

    def observation_space(self, agent: str) -> Space[Any]:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space[Any]:
        return self.action_spaces[agent]

    def reset(
        self,
        seed: int | None = None,
        options: Any = None,  # noqa: ARG002
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A new market, run to its first round. Returns observations and infos by agent."""
        self.seed = self.seed if seed is None else seed
        self.market = Market(self.scenario, rng=self.seed)
        self.agents = list(self.possible_agents)
        self._weeks()
        return {a: self.encode(self.seen(a)) for a in self.agents}, {
            a: {"problems": []} for a in self.agents
        }

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]:
        """One round. A reward is the change of the seat's payoff (`strategies.payoff`), money.

        Args: actions: by agent, points of their spaces, or decisions as bots make them. What cannot
        be carried out counts as no decision; infos say why ("problems").
        """
        infos: dict[str, Any] = {}
        before = {a: payoff(self.run, a) for a in self.agents}
        for agent in self.agents:
            given = actions[agent]
            decision = self.decision(agent, given) if isinstance(given, Mapping) else given
            problems = check(decision, agent, self.seen(agent))
            infos[agent] = {"problems": [str(one) for one in problems]}
            self.market.act(agent, type(decision)() if problems else decision)
        self._weeks()
        over = self.market.week >= self.scenario.weeks
        agents, self.agents = self.agents, [] if over else self.agents
        return (
            {a: self.encode(self.seen(a)) for a in agents},
            {a: payoff(self.run, a) - before[a] for a in agents},
            dict.fromkeys(agents, False),
            dict.fromkeys(agents, over),
            infos,
        )

    def seen(self, agent: str) -> Public:
        """What a bot in the seat would be given now."""
        return observe(self.market, agent)

    def encode(self, seen: Public) -> dict[str, Any]:
        """What a seat saw, as a point of its observation space."""
        carriers, messengers = list(self.scenario.carriers), self.scenario.messengers
        free = {
            (a, c)
            for o in seen.offers
            if o.payer != "user" and o.waived > 0
            for a in o.apps
            for c in o.carriers
        }
        point: dict[str, Any] = {
            "week": _floats([seen.week]),
            "cash": _floats([seen.cash]),
            "rule": RULES.index(seen.rule),
            "shares": _floats([seen.shares[a] for a in messengers]),
            "shares_by_carrier": _floats(
                [[min(seen.shares_by_carrier[a][c], 1.0) for c in carriers] for a in messengers]
            ),
            "free": np.array([[(a, c) in free for c in carriers] for a in messengers], np.int8),
            "asks": _floats([seen.asks[c] for c in carriers]),
            "prices": _floats([seen.data_prices[c] for c in carriers]),
        }
        if isinstance(seen, AppObservation):
            return point | {
                "mb": _floats([seen.bill.mb_by_carrier.get(c, 0.0) for c in carriers]),
                "income": _floats([seen.bill.income]),
            }
        assert isinstance(seen, CarrierObservation)
        return point | {
            "cost": _floats([seen.cost_per_mb]),
            "values": _floats([seen.values.get(a, 0.0) for a in messengers]),
        }

    def decision(self, agent: str, action: Mapping[str, Any]) -> Decision:
        """A point of a seat's action space as a decision."""
        if self._kind(agent) == "app":
            zero = {
                c: ZeroRating(
                    on=action["free"][i] == BID,
                    bid=float(action["bid"][i]),
                    exclusive=bool(action["exclusive"][i]),
                    allowance_mb=None
                    if action["allowance_mb"][i] >= NO_LIMIT
                    else float(action["allowance_mb"][i]),
                )
                for i, c in enumerate(self.scenario.carriers)
                if action["free"][i] != LEAVE
            }
            return AppDecision(
                zero_rating=zero,
                promotion=float(action["promotion"][0]),
                monetisation=_lever(action["monetisation"][0]),
            )
        asks: dict[str, AskTerm] = {
            app: float(price) if term == PRICE else "default" if term == DEFAULT else "closed"
            for app, term, price in zip(
                self.scenario.messengers, action["terms"], action["ask"], strict=True
            )
            if term != LEAVE
        }
        extra = dict(zip(self.scenario.messengers, map(_lever, action["surcharge"]), strict=True))
        prices = dict(zip(LEVERS, map(_lever, action["levers"]), strict=True))
        return CarrierDecision(
            asks=asks,
            surcharges={a: v for a, v in extra.items() if v is not None},
            **prices,
            accepts_exclusive=(None, False, True)[int(action["accepts_exclusive"])],
            own_subsidy=(None, False, True)[int(action["own_subsidy"])],
        )

    @property
    def run(self) -> Run:
        return result(self.market)

    def _weeks(self) -> None:
        """Up to the next round, or the end."""
        until = min((self.market.week // WEEKS_PER_BILL + 1) * WEEKS_PER_BILL, self.scenario.weeks)
        self.market.run(until - self.market.week)

    def _kind(self, agent: str) -> str:
        return "app" if agent in self.scenario.apps else "carrier"


def _box(high: float, *shape: int, low: float = 0.0) -> Box:
    return Box(low, high, shape, np.float64)


def _floats(values: Sequence[Any]) -> Any:
    return np.array(values, np.float64)


def _lever(value: float) -> float | None:
    """A lever's new value; None, as it is, below 0."""
    return float(value) if value >= 0 else None
