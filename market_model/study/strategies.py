"""Games between seats: named strategies meet in ordinary runs. Who would rather have played
otherwise, and how sure is that?
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import suggest
from ..players.decisions import Kind
from ..players.strategies import verify
from ..scenario import Scenario, ScenarioError
from ..scenario.actors import RULES
from ..work.code import is_code
from .compare import (
    REFUSED,
    Difference,
    collect,
    corrected,
    differences,
    interval,
    replicate_seeds,
    taken_refusals,
)

if TYPE_CHECKING:
    from ..market import Run

type Floats = NDArray[np.float64]
type Ints = NDArray[np.intp]

STORY = "story"
"""The strategy of a seat as its scenario file has it: its dated offers, and its bot if it has
one.
"""
REGULATOR = "regulator"
RUN_OUT = 12
"""Weeks without any offer that follow the scenario's last, so that subsidies which only work
while they are paid do not count.
"""
EPSILON = 0.05
"""What a seat may forgo and still be called content, as a share of the most that its own choice
matters to it.
"""
RESAMPLES = 1000
UNDECIDED = (0.05, 0.95)
SHIPPED = {
    "china-2013": {
        REGULATOR: RULES,
        "wechat": ("passive", "follower", "deterrence"),
        "yixin": ("passive", STORY),
    }
}
"""Seats and strategies of a scenario, if nobody names others."""


class Solution(NamedTuple):
    """What a payoff table says, for P profiles and S players.

    Attributes:
        payoff, regret: (P, S) means, and what each player would gain by its best reply. epsilon:
            (S,) gains too small to count.
        best: (P, S) profile to which a player's best reply leads. equilibrium: (P,) no player gains
            more than epsilon.
        probability: (P,) share of resamples in which the profile is an equilibrium; dilemma: (P,)
            in which it is one although another profile under the same rule gives every player more.
        decided: (P,) the 95 % intervals of the gains agree with the means on whether it is one:
            each ends below epsilon, or one begins above it.
    """

    payoff: Floats
    regret: Floats
    epsilon: Floats
    best: Ints
    equilibrium: NDArray[np.bool_]
    probability: Floats
    dilemma: Floats
    decided: NDArray[np.bool_]


@dataclass(frozen=True)
class Profile:
    """A profile: the strategy of each seat, and what came of it.

    Attributes:
        figures: (mean, low, high) with the 95 % interval, of "payoff.<player>" (money) and of
            measures of the market.
        regret: by player, money. equilibrium, probability, dilemma, decided: as in `Solution`.
    """

    strategies: Mapping[str, str]
    figures: Mapping[str, tuple[float, float, float]]
    regret: Mapping[str, float]
    equilibrium: bool
    probability: float
    dilemma: float
    decided: bool

    @property
    def settled(self) -> bool | None:
        """Whether it is an equilibrium beyond doubt; None: that is open."""
        no, yes = UNDECIDED
        sure = self.decided and not no <= self.probability <= yes
        return self.probability > yes if sure else None


@dataclass(frozen=True)
class NormalForm:
    """A game that was played out.

    Attributes:
        seats: strategies of each; players: those of them that earn (all but the regulator).
            epsilon: by player, money.
        rows: one per profile. replies: (profile, player, profile its best reply leads to), where
            that gains more than epsilon.
        changes: every figure of each profile with the same luck: under the first rule against the
            first profile, under a later rule against the same strategies under the first.
        refused: decisions of bots of a user's own that could not be carried out, in all runs.
    """

    scenario: str
    seats: Mapping[str, Sequence[str]]
    players: Sequence[str]
    replicates: int
    seed: int
    epsilon: Mapping[str, float]
    rows: list[Profile]
    replies: list[tuple[int, str, int]]
    changes: list[Difference]
    failures: list[str]
    refused: int


def payoff(run: Run, seat: str) -> float:
    """What a run was worth to an app or carrier, money (`payoffs`)."""
    return payoffs(run, [seat])[seat]


def payoffs(run: Run, seats: Sequence[str]) -> dict[str, float]:
    """What a run was worth to apps and carriers, by seat, money.

    Carrier: operating profit, all that came in less all that went out. App: the same, less what its
    owners paid for offers that name it first, plus `parameters.user_value` for each monthly user at
    the end. Dividends do not count: it is the same whoever owns the seat.
    """
    came, went = dict.fromkeys(seats, 0.0), dict.fromkeys(seats, 0.0)
    for line in run.transfers():
        if line.reason != "dividend":
            if line.payee in came:
                came[line.payee] += line.rmb
            if line.payer in went:
                went[line.payer] += line.rmb
    money = {seat: came[seat] - went[seat] for seat in seats}
    series, owners = run.history.series, run.scenario.owners
    for seat in run.scenario.apps.keys() & money:
        paid = [o["name"] for o in run.offers if o["apps"][0] == seat and o["payer"] in owners]
        bills = sum(float(np.nansum(series("offer", name, "bill"))) for name in paid)
        users = float(series("app", seat, "mau")[-1])
        money[seat] += run.scenario.user_value(seat) * users - bills
    return money


def seats_of(scenario: Scenario, given: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """Seats and strategies from texts as "wechat=passive,follower"; none: those shipped for the
    scenario. Raises ScenarioError.
    """
    if not given and scenario.name in SHIPPED:
        return dict(SHIPPED[scenario.name])
    kinds: dict[str, Kind] = {REGULATOR: "regulator"}
    kinds |= dict.fromkeys(scenario.messengers, "app")
    kinds |= dict.fromkeys(scenario.carriers, "carrier")
    seats: dict[str, tuple[str, ...]] = {}
    for text in given:
        seat, _, names = text.partition("=")
        if seat not in kinds:
            raise ScenarioError(
                "--seat", seat, f"is no seat of {scenario.name}; {suggest(seat, kinds)}"
            )
        chosen = tuple(dict.fromkeys(names.split(",")))
        for name in chosen:
            if seat != REGULATOR:
                verify("--seat", seat, name, kinds[seat], [STORY])
            elif name not in RULES:
                raise ScenarioError("--seat", seat, f"'{name}' is no rule; {suggest(name, RULES)}")
        seats[seat] = chosen
    if not set(seats) - {REGULATOR}:
        example = " ".join(f"--seat {name}=passive,follower" for name in scenario.messengers[:2])
        raise ScenarioError(
            "--seat",
            "",
            f"a game in {scenario.name} needs seats and their strategies, as in {example}",
        )
    return seats


def setting(scenario: Scenario, strategies: Mapping[str, str]) -> Scenario:
    """The scenario with strategies in their seats, and its run-out.

    A strategy other than "story" takes the place of the offers that the file has for the seat's
    app. A policy in a file of its own is given to the market beside the scenario (`policies_of`).
    """
    apps, carriers, offers = dict(scenario.apps), dict(scenario.carriers), dict(scenario.offers)
    regulator = scenario.regulator
    for seat, strategy in strategies.items():
        if seat == REGULATOR:
            regulator = regulator.model_copy(update={"rule": strategy})
        elif strategy != STORY:
            table: dict[str, Any] = apps if seat in apps else carriers
            bot = "passive" if is_code(strategy) else strategy
            table[seat] = table[seat].model_copy(update={"strategy": bot})
            offers = {name: offer for name, offer in offers.items() if offer.apps[0] != seat}
    events = tuple(e for e in scenario.events if scenario.week_of(e.when) < scenario.weeks)
    return scenario.model_copy(
        update={
            "apps": apps,
            "carriers": carriers,
            "offers": offers,
            "regulator": regulator,
            "events": events,
            "weeks": scenario.weeks + RUN_OUT,
        }
    )


def policies_of(strategies: Mapping[str, str]) -> dict[str, str]:
    """The strategies that are policies in files of their own, by seat."""
    return {seat: strategy for seat, strategy in strategies.items() if is_code(strategy)}


def play(scenario: Scenario, strategies: Mapping[str, str], seed: int) -> dict[str, float]:
    """One run: payoffs by player ("payoff.wechat"), and measures of the market, means over the
    scenario's weeks.
    """
    from ..market import Action, run
    from ..players.decisions import RegulatorDecision

    one = run(
        setting(scenario, strategies),
        seed,
        [Action(scenario.weeks, REGULATOR, RegulatorDecision(rule="ban"))],
        policies=policies_of(strategies),
    )
    market = {
        name: one.history.series("market", "", name)[: scenario.weeks]
        for name in ("hhi", "hhi_mau", "consumer_surplus")
    }
    payoffs = {f"payoff.{seat}": payoff(one, seat) for seat in strategies if seat != REGULATOR}
    return (
        payoffs
        | {name: float(np.nanmean(series)) for name, series in market.items()}
        | {
            "consumer_surplus": float(np.nanmean(market["consumer_surplus"])) / scenario.population,
            "carriers": sum(payoff(one, carrier) for carrier in scenario.carriers),
            REFUSED: float(one.refusals),
        }
    )


def solve(
    seats: Mapping[str, Sequence[str]], payoffs: Floats, share: float = EPSILON, seed: int = 0
) -> Solution:
    """Equilibria of a payoff table in pure strategies.

    Args:
        payoffs: (R, P, S) of R replicates with the same luck in all profiles; profiles as
            `itertools.product` of the seats' strategies orders them, players in the order of the
            seats.
        share: epsilon as a share of the most that a player's own choice matters to it.
        seed: of the resampling of replicates (bootstrap).
    """
    shape = [len(strategies) for strategies in seats.values()]
    axes = [axis for axis, seat in enumerate(seats) if seat != REGULATOR]
    replies = [_replies(shape, axis) for axis in axes]
    rule = np.array(
        [
            dict(zip(seats, profile, strict=True)).get(REGULATOR, "")
            for profile in itertools.product(*seats.values())
        ]
    )
    alike = rule[:, None] == rule
    mean = payoffs.mean(axis=0)
    options = [mean[reply, s] for s, reply in enumerate(replies)]
    epsilon = np.array([share * float(np.ptp(option, axis=1).max()) for option in options])
    best = np.stack(
        [
            reply[range(len(reply)), option.argmax(axis=1)]
            for reply, option in zip(replies, options, strict=True)
        ],
        axis=1,
    )
    count = len(payoffs)
    weights = np.random.default_rng(seed).multinomial(count, [1 / count] * count, RESAMPLES) / count
    drawn = np.tensordot(weights, payoffs, 1)
    stable = (_regret(drawn, replies) <= epsilon).all(axis=-1)
    worse = np.stack(
        [
            (drawn[:, alike[p]] > drawn[:, [p]] + epsilon).all(axis=-1).any(axis=1)
            for p in range(len(mean))
        ],
        axis=1,
    )
    regret = _regret(mean, replies)
    return Solution(
        mean,
        regret,
        epsilon,
        best,
        (regret <= epsilon).all(axis=-1),
        stable.mean(axis=0),
        (stable & worse).mean(axis=0),
        _decided(payoffs, replies, epsilon),
    )


def _replies(shape: Sequence[int], axis: int) -> Ints:
    """(P, strategies) profiles that one seat can reach from each profile."""
    grid = np.arange(np.prod(shape)).reshape(shape)
    reached = np.expand_dims(np.moveaxis(grid, axis, -1), axis)
    return np.broadcast_to(reached, (*shape, shape[axis])).reshape(-1, shape[axis])


def _regret(payoffs: Floats, replies: Sequence[Ints]) -> Floats:
    """What each player would gain by its best reply; payoffs (…, P, S)."""
    return np.stack(
        [payoffs[..., reply, s].max(axis=-1) - payoffs[..., s] for s, reply in enumerate(replies)],
        axis=-1,
    )


def _decided(payoffs: Floats, replies: Sequence[Ints], epsilon: Floats) -> NDArray[np.bool_]:
    """(P,) `Solution.decided`; payoffs (R, P, S)."""
    none, some = (np.full(payoffs.shape[1], start) for start in (True, False))
    for s, reply in enumerate(replies):
        for other in reply.T:
            ends = [interval(gain) for gain in (payoffs[:, other, s] - payoffs[..., s]).T]
            none &= [high <= epsilon[s] for _, _, high in ends]
            some |= [low > epsilon[s] for _, low, _ in ends]
    return none | some


def play_out(
    scenario: Scenario,
    seats: Mapping[str, Sequence[str]],
    *,
    seed: int = 0,
    replicates: int = 8,
    most: int = 32,
    share: float = EPSILON,
    workers: int = 1,
    on_done: Callable[[], None] | None = None,
) -> NormalForm:
    """Play every profile with the same luck; twice as often, up to `most`, while it is undecided
    which are equilibria.

    Raises ScenarioError: fewer than two replicates could be played in all profiles.
    """
    profiles = [
        dict(zip(seats, chosen, strict=True)) for chosen in itertools.product(*seats.values())
    ]
    named, players = (
        {name_of(profile): profile for profile in profiles},
        [seat for seat in seats if seat != REGULATOR],
    )
    results: dict[tuple[str, int], dict[str, float]] = {}
    failures: list[str] = []
    refused = 0
    first, last = 0, min(replicates, most)
    while True:
        seeds = replicate_seeds(seed, last)
        tasks = {
            (name, r): (scenario, profile, seeds[r])
            for r in range(first, last)
            for name, profile in named.items()
        }
        found, failed = collect(play, tasks, workers, on_done)
        results, failures = results | found, failures + failed
        refused += taken_refusals(found.values())
        whole = [r for r in range(last) if all((name, r) in results for name in named)]
        if len(whole) < 2:
            raise ScenarioError(
                "strategies",
                "",
                f"fewer than two replicates ended well; the first failure: {failures[0]}",
            )
        payoffs = np.array(
            [[[results[name, r][f"payoff.{s}"] for s in players] for name in named] for r in whole]
        )
        solved = solve(seats, payoffs, share, seed)
        rows = [
            _row(p, profile, players, solved, [results[name, r] for r in whole])
            for p, (name, profile) in enumerate(named.items())
        ]
        if last >= most or all(row.settled is not None for row in rows):
            break
        first, last = last, min(2 * last, most)
    bases = {name: name_of(base_of(profile, profiles[0])) for name, profile in named.items()}
    return NormalForm(
        scenario.name,
        seats,
        players,
        len(whole),
        seed,
        dict(zip(players, solved.epsilon.tolist(), strict=True)),
        rows,
        [
            (p, players[s], int(solved.best[p, s]))
            for p, s in np.argwhere(solved.regret > solved.epsilon).tolist()
        ],
        corrected(
            [
                d
                for name, base in bases.items()
                if name != base
                for d in differences(base, name, results, last)
            ]
        ),
        failures,
        refused,
    )


def name_of(strategies: Mapping[str, str]) -> str:
    return " / ".join(strategies.values())


def base_of(strategies: Mapping[str, str], first: Mapping[str, str]) -> Mapping[str, str]:
    """What a profile is held against: the same strategies under the first rule; under the first
    rule, the first profile.
    """
    rule = first.get(REGULATOR)
    return first if strategies.get(REGULATOR) == rule else {**strategies, REGULATOR: str(rule)}


def _row(
    p: int,
    strategies: Mapping[str, str],
    players: Sequence[str],
    solved: Solution,
    runs: Sequence[Mapping[str, float]],
) -> Profile:
    figures = {name: interval(np.array([one[name] for one in runs])) for name in runs[0]}
    return Profile(
        strategies,
        figures,
        dict(zip(players, solved.regret[p].tolist(), strict=True)),
        bool(solved.equilibrium[p]),
        float(solved.probability[p]),
        float(solved.dilemma[p]),
        bool(solved.decided[p]),
    )
