"""A market that is played in rounds: sealed decisions in, four weeks on, what each seat may know
out.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..players.decisions import (
    AppDecision,
    CarrierDecision,
    Decision,
    Fault,
    RegulatorDecision,
    check,
    faults_of,
    parse_decision,
)
from ..players.observation import Public
from ..scenario import WEEKS_PER_BILL, Scenario
from ..scenario.actors import PlanChange
from .limits import beyond
from .setup import RUN_OUT, Setup
from .shocks import events_of

if TYPE_CHECKING:
    from ..market import Market
    from ..market.rounds import Refused

type Sealed = dict[str, Any]
"""A decision as plain data."""


@dataclass(frozen=True)
class Round:
    """What people did in a round: `decisions` by seat (a seat that is not there is its bot's),
    and the host's `shocks`.
    """

    decisions: Mapping[str, Sealed] = field(default_factory=dict)
    shocks: Sequence[str] = ()


def problems(setup: Setup, seat: str, decision: Sealed, view: Public) -> list[Fault]:
    """What is wrong with a decision for a seat that sees `view`; empty if nothing is."""
    if faults := faults_of(setup.kind(seat), decision):
        return faults
    parsed = parse_decision(setup.kind(seat), decision)
    return [*beyond(setup.scenario, seat, parsed), *check(parsed, seat, view)]


def nothing(scenario: Scenario) -> dict[str, Decision]:
    """What is decided before the first round, by seat: nobody does anything, so that a game begins
    as the story left it, whoever sits where.
    """
    apps, carriers = (
        dict.fromkeys(scenario.apps, AppDecision()),
        dict.fromkeys(scenario.carriers, CarrierDecision()),
    )
    return {**apps, **carriers, "regulator": RegulatorDecision()}


def silence(scenario: Scenario) -> dict[str, Decision]:
    """What is decided every fourth week after the last round, by seat: prices, ads and bonuses are
    as at the story's start, and no data is free.
    """
    app = AppDecision(monetisation=1.0, invite=0.0, bring_friend=1.0)
    return {
        **dict.fromkeys(scenario.apps, app),
        **{name: _prices(scenario, name) for name in scenario.carriers},
        "regulator": RegulatorDecision(rule="ban"),
    }


def _prices(scenario: Scenario, name: str) -> CarrierDecision:
    """A carrier's prices as the story has them."""
    carrier = scenario.carriers[name]
    return CarrierDecision(
        plans={
            plan: PlanChange(fee=terms.fee, cap_mb=terms.cap_mb, overage=terms.overage)
            for plan, terms in carrier.menu.items()
        },
        sms_price=carrier.sms_price,
        voice_price=carrier.voice_price,
        surcharges=dict.fromkeys(scenario.messengers, 0.0),
    )


class GameTable:
    """A game under way.

    Attributes:
        setup: the game. market: it, after the last round played. played: rounds so far.
        refused: (app, carrier, reason) of the last round's bids that found no deal. watching: why
            users come and go, and whom friends brought. rule_before: the regulator's rule before
            the last round.
    """

    def __init__(
        self, setup: Setup, policies: Mapping[str, Any] | None = None, *, watch: bool = True
    ) -> None:
        """Args: policies: who decides for a seat instead of its bot (`Market`). watch: look at why
        users come and go, which costs more than the weeks.
        """
        from ..market import Market
        from .why import Watching

        self.setup, self.played = setup, 0
        self.refused: list[Refused] = []
        self.watching = Watching()
        self.market: Market = Market(
            setup.scenario,
            rng=setup.seed,
            policies=policies,
            observers=[self.watching] if watch else [],
        )
        self.rule_before = self.market.regulator.rule
        for week in range(0, setup.first, WEEKS_PER_BILL):
            self.market.given.update(nothing(setup.scenario) if week else {})
            self.market.run(min(WEEKS_PER_BILL, setup.first - week))

    @classmethod
    def after(cls, setup: Setup, rounds: Sequence[Round]) -> GameTable:
        """The game after these rounds."""
        table = cls(setup)
        for one in rounds:
            table.play(one)
        return table

    def play(self, one: Round) -> None:
        """Play a round. Raises BadAction: a decision that cannot be carried out (`problems`
        tells before).
        """
        for seat, decision in one.decisions.items():
            self.market.act(seat, parse_decision(self.setup.kind(seat), decision), direct=False)
        self.pass_round({}, one.shocks)
        self.played += 1

    def pass_round(self, given: Mapping[str, Decision], shocks: Sequence[str] = ()) -> None:
        """Four weeks, with decisions that are known to be possible besides those of
        `market.act`.
        """
        self.rule_before = self.market.regulator.rule
        self.market.given.update(given)
        for event in events_of(
            self.setup.scenario, shocks, self.market.active_shares(), self.market.week
        ):
            self.market.deal(event)
        self.market.step()
        self.refused = self.market.refused
        self.market.run(WEEKS_PER_BILL - 1)

    def run_out(self) -> None:
        """The silent weeks after the last round: nobody decides, prices and ads are as at the
        start, and no data is free.
        """
        for _ in range(RUN_OUT // WEEKS_PER_BILL):
            self.pass_round(silence(self.setup.scenario))

    def fork(self) -> GameTable:
        """The same game at the same point, free to go its own way, without a look at why users
        come and go, which costs more than the weeks.
        """
        other = copy.copy(self)
        other.market = self.market.copy()
        return other

    def view(self, seat: str) -> Public:
        """What a seat sees before it decides."""
        from ..market.views import observe

        return observe(self.market.state, seat)

    def views(self, seats: Iterable[str]) -> dict[str, Public]:
        """What each of some seats sees before it decides; what all see is there once."""
        from ..market.views import observe_all

        return observe_all(self.market.state, seats)
