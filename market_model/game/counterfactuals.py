"""What if: a played game again with the same luck and one seat's decisions changed, and as it was played with other luck."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..players.decisions import MOST_PRICE, Decision
from ..scenario import WEEKS_PER_BILL, ScenarioError
from ..study.runner import outcomes
from .limits import limits
from .record import Record
from .scores import scores
from .setup import Setup
from .table import Round, Sealed, Table, problems

if TYPE_CHECKING:
    from ..market import Market
    from ..market.survival import Followed

WORLDS = 4
"""Other lucks in which a game is played again."""
STARTS, LENGTHS = (0, 2, 4, 6), (1, 3, None)
"""An app's grid: rounds (0 = first) in which free data at all carriers starts, and how many it lasts (None: to the last round);
it bids more than anybody asks, as a deal costs no more than the ask."""
ASKS = (0.5, 1.0, 2.0)
"""A carrier's grid: what it asks of every app, times the story's, with the lowest, the story's and the highest price of data."""
FREE_DATA, PRICES = ("zero_rating", "own_subsidy"), ("wholesale", "asks", "plan_overage")

type Own = Sequence[Sealed | None]
"""A seat's decision in each round; None: its bot's."""


@dataclass(frozen=True)
class Game:
    """A market's game, and what it takes to play it otherwise.

    Attributes:
        rounds: what people decided. bots: what all other seats did, by round.
        tables: the game before each round and after the last; only before the first if it is played with other luck.
    """

    setup: Setup
    rounds: Sequence[Round]
    bots: Sequence[Mapping[str, Decision]]
    tables: Sequence[Table]

    @classmethod
    def played(cls, setup: Setup, rounds: Sequence[Round]) -> Game:
        """The game as it was. Raises ScenarioError: it holds a decision that cannot be carried out."""
        tables, bots = [_fork(Table(setup))], list[dict[str, Decision]]()
        for one in rounds:
            tables.append(table := _fork(tables[-1]))
            try:
                table.play(one)
            except ValueError as error:
                raise ScenarioError("game", f"round {len(tables) - 1}", f"cannot be played again: {error}") from None
            bots.append({seat: table.market.decided[seat] for seat in setup.seats if seat not in one.decisions})
        return cls(setup, rounds, bots, tables)

    def own(self, seat: str) -> list[Sealed]:
        """A seat's decisions as they were, its bot's too."""
        return [one.decisions[seat] if seat in one.decisions else bots[seat].model_dump(mode="json", exclude_defaults=True)
                for one, bots in zip(self.rounds, self.bots, strict=True)]

    def instead(self, changed: Mapping[str, Own], watch: Sequence[Followed] | None = None) -> Market:
        """The market after the silent weeks, had some seats decided otherwise and all others as they did.

        A decision that a seat cannot carry out in that world (it has less cash there) is left out. The market follows the users
        whom free data brought, or those of `watch`.
        """
        known = range(len(self.tables) - 1)
        since = next((r for r in known if any(self.own(seat)[r] != own[r] for seat, own in changed.items())), len(known))
        table = _fork(self.tables[since])
        for r in range(since, len(self.rounds)):
            people = {**self.rounds[r].decisions, **{seat: own[r] for seat, own in changed.items()}}
            table.market._given[table.market.week] = {seat: decision for seat, decision in self.bots[r].items() if seat not in people}
            table.play(Round({seat: {} if problems(self.setup, seat, decision, table.view(seat)) else decision
                              for seat, decision in people.items() if decision is not None}, self.rounds[r].shocks))
        table.market.followed = _brought(table.market) if watch is None else [one.same() for one in watch]
        table.run_out()
        return table.market

    def score(self, seat: str, own: Own) -> dict[str, float]:
        """What the seat would have scored had it decided so, in parts and in total; of an app, too, the share of people it ends with."""
        market = self.instead({seat: own})
        return _scores(self.setup, market)[seat] | ({"active": _active(market, seat)} if self.setup.kind(seat) == "app" else {})


def counterfactuals(record: Record, markets: Sequence[int] | None = None, workers: int = 1) -> list[dict[str, Any]]:
    """Of each market (None: of all) what `of_market` tells, its number (`market`), the last app to enter (`entrant`), and `seats`:
    what `of_seat` tells of the entrant and of seats that people took. `workers`: processes.

    Raises ScenarioError: the record holds a decision that cannot be carried out.
    """
    setup, chosen = record.setup, range(len(record.markets)) if markets is None else markets
    entrant = max((seat for seat in setup.seats if setup.kind(seat) == "app"), default="",
                  key=lambda app: setup.scenario.week_of(setup.scenario.apps[app].launch))
    tasks = [(m, seat) for m in chosen for seat in ("", *setup.seats) if seat in ("", entrant) or record.names(m, seat)]
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for one in outcomes(_told, [(setup, record.markets[m].as_rounds(), seat) for m, seat in tasks], workers=workers):
        if one.status != "ok":
            raise ScenarioError("game", "", one.error.strip().splitlines()[-1])
        found[tasks[one.index]] = one.value
    return [found[m, ""] | {"market": m, "entrant": entrant, "seats": {seat: found[n, seat] for n, seat in tasks if n == m and seat}}
            for m in chosen]


def of_market(setup: Setup, rounds: Sequence[Round], worlds: int = WORLDS) -> dict[str, Any]:
    """How a market went; plain data.

    Keys: scores, twins: {seat: {profit, people, congestion, total}}; margins: {seat: [here, in other worlds …]};
    decisions: {seat: [of each round]}; leader: app; active: {app: share of people};
    stayed: [{app, users that free data brought, share: of them active by silent week, twin: without anybody's free data}];
    stay: share of all of them at the end, None if there are none; paid: [(payer, payee, reason, MB, money)].
    """
    from ..market.run import result
    from ..study.report import _sums

    game = Game.played(setup, rounds)
    end = game.instead({})
    twin = game.instead({seat: _never_free(game, seat) for seat in setup.seats}, watch=end.followed)
    passive = [{}] * len(rounds)
    here, twins = _scores(setup, end), {seat: game.score(seat, passive) for seat in setup.seats}
    margins = {seat: [here[seat]["total"] - twins[seat]["total"]] for seat in setup.seats}
    for world in range(worlds):
        luck = replace(setup, seed=setup.seed + 1 + world)
        other = replace(game, setup=luck, tables=[_fork(Table(luck))])
        played = _scores(luck, other.instead({}))
        for seat in setup.seats:
            margins[seat].append(played[seat]["total"] - other.score(seat, passive)["total"])
    stayed: list[dict[str, Any]] = [{"app": mine.app, "users": len(mine.acquired), "share": [a / len(mine.acquired) for a in mine.active],
                                    "twin": [a / len(mine.acquired) for a in theirs.active]}
                                   for mine, theirs in zip(end.followed, twin.followed, strict=False) if mine.active and len(mine.acquired)]
    users, active = sum(one["users"] for one in stayed), {app: _active(end, app) for app in setup.scenario.messengers}
    return {"scores": here, "twins": twins, "margins": margins, "decisions": {seat: game.own(seat) for seat in setup.seats},
            "leader": max(active, key=lambda app: active[app]), "active": active, "stayed": stayed, "paid": _sums(result(end)),
            "stay": sum(one["users"] * one["share"][-1] for one in stayed) / users if users else None}


def of_seat(setup: Setup, rounds: Sequence[Round], seat: str) -> dict[str, Any]:
    """Scores (`Game.score`) of a seat's `variants` by name, and of its `grid` beside their levers."""
    game = Game.played(setup, rounds)
    return {"variants": {name: game.score(seat, own) for name, own in variants(game, seat).items()},
            "grid": [levers | game.score(seat, own) for levers, own in grid(game, seat)] if rounds else []}


def variants(game: Game, seat: str) -> dict[str, Own]:
    """A seat's other ways to play, by name: "passive", "bot", and if it had free data "none" and (4 weeks) "earlier"."""
    own, week = game.own(seat), game.setup.week
    found: dict[str, Own] = {"passive": [{}] * len(own), "bot": [None] * len(own)}
    free = [{carrier for offer in table.market.book.offers if offer.by == seat and offer.in_time(week(r)) for carrier in offer.carriers}
            for r, table in enumerate(game.tables[1:])]
    if any(free):
        ends = [now - later for now, later in zip(free, [*free[1:], set[str]()], strict=True)]
        found["none"] = _never_free(game, seat)
        found["earlier"] = [_ended(game.setup, seat, one, carriers) for one, carriers in zip(own, ends, strict=True)]
    return found


def grid(game: Game, seat: str) -> Iterator[tuple[dict[str, Any], Own]]:
    """Simple ways to play a seat, each with its levers: {start, rounds} of free data, or {ask, data_price}, money/MB."""
    scenario, rounds = game.setup.scenario, len(game.rounds)
    if game.setup.kind(seat) == "app":
        for start, length in ((s, n) for s in STARTS for n in LENGTHS if s + (n or 1) <= rounds):
            terms = {"bid": MOST_PRICE, "length_weeks": length and length * WEEKS_PER_BILL}
            own = _never_free(game, seat)
            own[start] = own[start] | {"zero_rating": dict.fromkeys(scenario.carriers, terms)}
            yield {"start": start, "rounds": length}, own
        return
    carrier, (low, high) = scenario.carriers[seat], limits(scenario, seat)["plan_overage"]
    first, *rest = (_without(one, PRICES) for one in game.own(seat))
    for ask, price in ((a * carrier.wholesale, p) for a in ASKS for p in (low, carrier.plan.overage, high)):
        prices = {"wholesale": ask, "asks": dict.fromkeys(scenario.messengers, ask), "plan_overage": price}
        yield {"ask": ask, "data_price": price}, [first | prices, *rest]


def _told(setup: Setup, rounds: Sequence[Round], seat: str) -> dict[str, Any]:
    return of_seat(setup, rounds, seat) if seat else of_market(setup, rounds)


def _brought(market: Market) -> list[Followed]:
    """Of each messenger, the users registered under data that somebody else paid for, to be followed from now on."""
    import numpy as np

    from ..market.survival import Followed, monthly

    free, people = [o.index for o in market.book.offers if o.payer != "user"], market.people
    under = [np.flatnonzero(np.isin(people.under[:, k], free) & (people.registered >> k & 1 == 1)) for k in range(people.under.shape[1])]
    return [Followed(app, app, market.week, users[monthly(people, users) >> k & 1 == 1], users)
            for k, (app, users) in enumerate(zip(market.config.messengers, under, strict=True))]


def _scores(setup: Setup, market: Market) -> dict[str, dict[str, float]]:
    return {seat: {name: float(value) for name, value in (asdict(score) | {"total": score.total}).items()}
            for seat, score in scores(setup, market).items()}


def _active(market: Market, app: str) -> float:
    return float(market.history.series("app", app, "active")[-1]) / market.config.population


def _without(decision: Sealed, levers: Collection[str]) -> Sealed:
    return {lever: value for lever, value in decision.items() if lever not in levers}


def _never_free(game: Game, seat: str) -> list[Sealed]:
    """A seat's decisions without its free data, which ends if its bot had begun before the first round."""
    rest = [_without(one, FREE_DATA) for one in game.own(seat)]
    return [_ended(game.setup, seat, one, game.setup.scenario.carriers) for one in rest[:1]] + rest[1:]


def _ended(setup: Setup, seat: str, decision: Sealed, carriers: Collection[str]) -> Sealed:
    """The decision, with the seat's free data ended at some carriers."""
    if setup.kind(seat) == "carrier":
        return decision | {"own_subsidy": False} if carriers else decision
    return decision | {"zero_rating": decision.get("zero_rating", {}) | {carrier: {"on": False} for carrier in carriers}}


def _fork(table: Table) -> Table:
    """The same game at the same point, free to go its own way, without a look at why users come and go, which costs more than the weeks."""
    from ..market.engine import Compiled

    other = copy.copy(table)
    other.market = table.market.copy()
    other.market.engine = Compiled()
    return other
