"""What if: a played game again with the same luck and one seat's decisions changed, and as it
was played with other luck.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

from ..players.bots import Policy, policy
from ..players.bots.champion import CHAMPION, has_champion
from ..players.bots.watchdog import WATCHING
from ..players.decisions import (
    KINDS,
    AppDecision,
    CarrierDecision,
    Decision,
    Kind,
    RegulatorDecision,
    ZeroRating,
    check,
)
from ..players.observation import AppObservation
from ..scenario import WEEKS_PER_BILL, ScenarioError
from ..scenario.actors import FreeDataRule
from .limits import limits
from .scores import scores
from .setup import REGULATOR, Setup
from .skill import Skill
from .table import GameTable, Round

if TYPE_CHECKING:
    from ..market import Market, Observer
    from ..market.survival import Followed

WORLDS = 3
"""Other lucks in which a game is played again."""
STARTS, LENGTHS = (0, 3, 6), (1, 3, None)
"""An app's grid: rounds (0 = first) in which free data at all carriers starts, and how many it
lasts (None: to the last round)."""
BID = 2.0
"""What it bids there, times the ask of that round: a deal costs no more than the ask, and asks
rise."""
ASKS = (0.5, 1.0, 2.0)
"""A carrier's grid: what it asks of every app, times the story's, with the lowest, the story's
and the highest price of data.
"""
RULES: tuple[FreeDataRule, ...] = ("non-exclusive", "ban")
"""The regulator's grid: rules that stand from a round on."""
NOT_FREE: Mapping[Kind, Mapping[str, Any]] = {
    "app": {"zero_rating": {}},
    "carrier": {"own_subsidy": None},
    "regulator": {},
}
NO_PRICES: Mapping[str, Any] = {"wholesale": None, "asks": {}, "plan_overage": None}

type Own = Sequence[Decision | None]
"""A seat's decision in each round; None: its bot's."""


@dataclass(frozen=True)
class Game:
    """A market's game, and what it takes to play it otherwise.

    Attributes:
        decided: what each seat did, by round, its bot's decisions too. shocks: of each round.
        tables: the game before each round and after the last; only before the first if it is played
            with other luck. people: seats that were not left to their bots in every round.
    """

    setup: Setup
    decided: Sequence[Mapping[str, Decision]]
    shocks: Sequence[Sequence[str]]
    tables: Sequence[GameTable]
    people: Collection[str] = ()

    @classmethod
    def played(cls, setup: Setup, rounds: Sequence[Round]) -> Game:
        """The game as it was. Raises ScenarioError: it holds a decision that cannot be carried
        out.
        """
        tables = [GameTable(setup).fork()]
        for one in rounds:
            tables.append(tables[-1].fork())
            try:
                tables[-1].play(one)
            except ValueError as error:
                raise ScenarioError(
                    "game", f"round {len(tables) - 1}", f"cannot be played again: {error}"
                ) from None
        decided = [
            {seat: table.market.decided[seat] for seat in setup.seats} for table in tables[1:]
        ]
        people = {seat for one in rounds for seat in one.decisions}
        return cls(setup, decided, [one.shocks for one in rounds], tables, people)

    @property
    def judged(self) -> list[str]:
        """Seats that have a score: all that earn, and the regulator where a person sat there."""
        return [s for s in self.setup.seats if s != REGULATOR or s in self.people]

    def own(self, seat: str) -> list[Decision]:
        """A seat's decisions as they were."""
        return [one[seat] for one in self.decided]

    def replayed(
        self,
        changed: Mapping[str, Own],
        bots: Mapping[str, str | Policy] | None = None,
        observers: Sequence[Observer] | None = None,
    ) -> GameTable:
        """The game after the last round, had some seats decided otherwise and all others as they
        did.

        A decision that a seat cannot carry out in that world (it has less cash there) is left out.
        Bots answer to rules: where the regulator decides otherwise, they decide anew.

        Args: bots: that decide instead of a seat's own, shipped ones by name. observers: what looks
        on, from the first round on.
        """
        known = range(len(self.tables) - 1 if observers is None else 0)
        since = next(
            (
                r
                for r in known
                if any(self.decided[r][seat] != own[r] for seat, own in changed.items())
            ),
            len(known),
        )
        if REGULATOR in changed:
            anew: Own = [None] * len(self.decided)
            asked = {seat: anew for seat in self.setup.firms if seat not in self.people}
            changed = {**asked, **changed}
        table = self.tables[since].fork()
        table.market.observers = [*(observers or ())]
        for seat, bot in (bots or {}).items():
            agent = table.market.state.seat(seat)
            agent.decide = policy(bot, agent.kind, self.setup.seed) if isinstance(bot, str) else bot
        for r in range(since, len(self.decided)):
            wanted = {**self.decided[r], **{seat: own[r] for seat, own in changed.items()}}
            table.pass_round(
                {
                    seat: type(one)() if check(one, seat, table.view(seat)) else one
                    for seat, one in wanted.items()
                    if one is not None
                },
                self.shocks[r],
            )
        return table

    def instead(
        self,
        changed: Mapping[str, Own],
        watch: Sequence[Followed] | None = None,
        bots: Mapping[str, str | Policy] | None = None,
        observers: Sequence[Observer] | None = None,
    ) -> Market:
        """The same (`replayed`) after the silent weeks. The market follows the users whom free data
        brought, or those of `watch`.
        """
        table = self.replayed(changed, bots, observers)
        table.market.followed = (
            _brought(table.market) if watch is None else [one.same() for one in watch]
        )
        table.run_out()
        return table.market

    def score(self, seat: str, own: Own, bots: Mapping[str, str] | None = None) -> dict[str, float]:
        """What the seat would have scored had it decided so, in parts and in total; of an app,
        too, the share of people it ends with. `bots`: as of `replayed`.
        """
        market = self.instead({seat: own}, bots=bots)
        return _scores(self.setup, market)[seat] | (
            {"active": _active(market, seat)} if self.setup.kind(seat) == "app" else {}
        )

    def by_bot(self, seat: str, bot: str) -> float:
        """What the seat would have scored in total, had a shipped bot played it."""
        by_itself = bot == self.setup.bot(seat) and seat not in self.people
        changed = {} if by_itself else {seat: [None] * len(self.decided)}
        market = self.instead(changed, bots={} if by_itself else {seat: bot})
        return scores(self.setup, market)[seat].total

    def passive(self, seat: str) -> Own:
        """A seat that does nothing."""
        return [KINDS[self.setup.kind(seat)]()] * len(self.decided)


class Stayed(TypedDict):
    """Users whom free data brought to an app; `active`: how many of them by silent week, `twin`:
    without anybody's free data.
    """

    app: str
    users: int
    active: list[int]
    twin: list[int]


class MarketDebrief(TypedDict):
    """How a market went; plain data.

    Attributes:
        scores, twins (that do nothing): by seat, {profit, people, congestion, total}. bots: what
            the seat's bot and its champion, if it has one, would have scored, by seat and bot.
            decisions: by seat, of each round. leader: app. active: share of people by app.
        brought: users whom free data brought, kept: how many of them at the end; stay: that as a
            share, None if there are none. paid: (payer, payee, reason, MB, money).
    """

    scores: dict[str, dict[str, float]]
    twins: dict[str, dict[str, float]]
    bots: dict[str, dict[str, float]]
    decisions: dict[str, list[dict[str, Any]]]
    leader: str
    active: dict[str, float]
    stayed: list[Stayed]
    paid: list[tuple[str, str, str, float, float]]
    brought: int
    kept: int
    stay: float | None


def of_market(game: Game) -> MarketDebrief:
    """How a market went."""
    from ..market.run import result
    from ..study.report import paid_in_sum

    end, seats = game.instead({}), game.judged
    twin = game.instead({seat: _never_free(game, seat) for seat in seats}, watch=end.followed)
    active = {app: _active(end, app) for app in game.setup.scenario.messengers}
    pairs = zip(
        end.followed[: len(active)], twin.followed, strict=False
    )  # behind them: offers that would have ended in the silent weeks
    stayed: list[Stayed] = [
        {
            "app": mine.app,
            "users": len(mine.acquired),
            "active": mine.active,
            "twin": theirs.active,
        }
        for mine, theirs in pairs
        if len(mine.acquired)
    ]
    users, kept = sum(one["users"] for one in stayed), sum(one["active"][-1] for one in stayed)
    return {
        "scores": {seat: one for seat, one in _scores(game.setup, end).items() if seat in seats},
        "twins": {seat: game.score(seat, game.passive(seat)) for seat in seats},
        "bots": {
            seat: {bot: game.by_bot(seat, bot) for bot in _bots(game.setup, seat)} for seat in seats
        },
        "decisions": {
            seat: [one.model_dump(mode="json", exclude_defaults=True) for one in game.own(seat)]
            for seat in game.setup.seats
        },
        "leader": max(active, key=active.__getitem__),
        "active": active,
        "stayed": stayed,
        "paid": paid_in_sum(result(end)),
        "brought": users,
        "kept": kept,
        "stay": kept / users if users else None,
    }


def _bots(setup: Setup, seat: str) -> list[str]:
    """Who shows what can be won in a seat: its bot, and a champion; for the regulator, whom no bot
    stands in for, one that watches.
    """
    if seat == REGULATOR:
        return [WATCHING]
    champion = [CHAMPION] if has_champion(setup.scenario.name, seat) else []
    return list(dict.fromkeys([setup.bot(seat), *champion]))


def skill_of(game: Game, seat: str) -> Skill:
    """What a seat won, beside the best known way to play it."""
    idle = game.score(seat, game.passive(seat))["total"]
    bots = [game.by_bot(seat, bot) - idle for bot in _bots(game.setup, seat)]
    return Skill(game.score(seat, game.own(seat))["total"] - idle, bots[0], max(bots))


def of_world(game: Game, world: int) -> dict[str, float]:
    """Margins by seat of the same decisions with other luck; none where that luck does not lead
    to the story's start.
    """
    luck = replace(game.setup, seed=game.setup.seed + world)
    try:
        other = replace(game, setup=luck, tables=[GameTable(luck).fork()])
    except ScenarioError:
        return {}
    as_here = _scores(luck, other.instead({}))
    if REGULATOR in game.judged:
        as_here[REGULATOR] = other.score(REGULATOR, game.own(REGULATOR))
    return {
        seat: as_here[seat]["total"] - other.score(seat, game.passive(seat))["total"]
        for seat in game.judged
    }


def of_seat(game: Game, seat: str) -> dict[str, Any]:
    """Scores (`Game.score`) of a seat's `variants` by name, and of its `grid` beside their
    levers.
    """
    bots = {seat: WATCHING} if seat == REGULATOR else None
    return {
        "variants": {
            name: game.score(seat, own, bots if name == "bot" else None)
            for name, own in variants(game, seat).items()
        },
        "grid": [levers | game.score(seat, own) for levers, own in grid(game, seat)]
        if game.decided
        else [],
    }


def variants(game: Game, seat: str) -> dict[str, Own]:
    """A seat's other ways to play, by name: "bot", and if it had free data "none" and (4 weeks)
    "earlier".
    """
    own, week = game.own(seat), game.setup.week
    free = [
        {
            carrier
            for offer in table.market.book.offers
            if offer.by == seat and offer.in_time(week(r))
            for carrier in offer.carriers
        }
        for r, table in enumerate(game.tables[1:])
    ]
    found: dict[str, Own] = {"bot": [None] * len(own)}
    if any(free):
        ends = [now - later for now, later in zip(free, [*free[1:], set[str]()], strict=True)]
        found |= {
            "none": _never_free(game, seat),
            "earlier": [_ended(*one) for one in zip(own, ends, strict=True)],
        }
    return found


def grid(game: Game, seat: str) -> Iterator[tuple[dict[str, Any], Own]]:
    """Simple ways to play a seat that it could have carried out, each with its levers: {start,
    rounds} of free data at every carrier that deals with it, {ask, data_price}, money/MB, or {rule,
    start}.
    """
    scenario, rounds = game.setup.scenario, len(game.decided)
    if seat == REGULATOR:
        for rule in RULES:
            for start in (s for s in STARTS if s < rounds):
                made = [*game.passive(seat)]
                made[start] = RegulatorDecision(rule=rule)
                yield {"rule": rule, "start": start}, made
        return
    if game.setup.kind(seat) == "app":
        for start, length in ((s, n) for s in STARTS for n in LENGTHS if s + (n or 1) <= rounds):
            own, view = _never_free(game, seat), game.tables[start].view(seat)
            assert isinstance(view, AppObservation)
            terms = {
                carrier: ZeroRating(
                    bid=BID * door.ask, length_weeks=length and length * WEEKS_PER_BILL
                )
                for carrier, door in view.doors.items()
                if door.ask is not None
            }
            own[start] = own[start].model_copy(update={"zero_rating": terms})
            if terms and not check(own[start], seat, view):
                yield {"start": start, "rounds": length}, own
        return
    carrier, (low, high) = scenario.carriers[seat], limits(scenario, seat)["plan_overage"]
    first, *rest = (one.model_copy(update=NO_PRICES) for one in game.own(seat))
    for ask, price in (
        (a * carrier.wholesale, p) for a in ASKS for p in (low, carrier.main_plan.overage, high)
    ):
        prices = {
            "wholesale": ask,
            "asks": dict.fromkeys(scenario.messengers, ask),
            "plan_overage": price,
        }
        yield {"ask": ask, "data_price": price}, [first.model_copy(update=prices), *rest]


def _never_free(game: Game, seat: str) -> list[Decision]:
    """A seat's decisions without its free data, which ends if its bot had begun before the first
    round.
    """
    own = [one.model_copy(update=NOT_FREE[game.setup.kind(seat)]) for one in game.own(seat)]
    return [_ended(one, game.setup.scenario.carriers) for one in own[:1]] + own[1:]


def _ended(decision: Decision, carriers: Collection[str]) -> Decision:
    """The decision, with the seat's free data ended at some carriers."""
    if isinstance(decision, AppDecision):
        return decision.model_copy(
            update={
                "zero_rating": decision.zero_rating | dict.fromkeys(carriers, ZeroRating(on=False))
            }
        )
    if carriers and isinstance(decision, CarrierDecision):
        return decision.model_copy(update={"own_subsidy": False})
    return decision


def _brought(market: Market) -> list[Followed]:
    """Of each messenger, the users registered under data that somebody else paid for, to be
    followed from now on.
    """
    import numpy as np

    from ..market.people import monthly
    from ..market.survival import Followed

    free, people = [o.index for o in market.book.offers if o.payer != "user"], market.people
    under = [
        np.flatnonzero(np.isin(people.under[:, k], free) & (people.registered >> k & 1 == 1))
        for k in range(people.under.shape[1])
    ]
    return [
        Followed(app, app, market.week, users[monthly(people, users) >> k & 1 == 1], users)
        for k, (app, users) in enumerate(zip(market.config.messengers, under, strict=True))
    ]


def _scores(setup: Setup, market: Market) -> dict[str, dict[str, float]]:
    return {
        seat: asdict(score) | {"total": score.total}
        for seat, score in scores(setup, market).items()
    }


def _active(market: Market, app: str) -> float:
    return float(market.history.series("app", app, "active")[-1]) / market.config.population
