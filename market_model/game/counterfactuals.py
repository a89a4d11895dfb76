"""What if: a played game again with the same luck and one seat's decisions changed, and as it was played with other luck."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..players.decisions import MOST_PRICE, Decision, parse_decision
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

WORLDS = 3
"""Other lucks in which a game is played again."""
STARTS, LENGTHS = (0, 3, 6), (1, 3, None)
"""An app's grid: rounds (0 = first) in which free data at all carriers starts, and how many it lasts (None: to the last round);
it bids more than anybody asks, as a deal costs no more than the ask."""
ASKS = (0.5, 1.0, 2.0)
"""A carrier's grid: what it asks of every app, times the story's, with the lowest, the story's and the highest price of data."""
FREE_DATA, PRICES = ("zero_rating", "own_subsidy"), ("wholesale", "asks", "plan_overage")

type Own = Sequence[Sealed | None]
"""A seat's decision in each round; None: its bot's."""
type Part = str | int
"""What can be told alone: "" (how the market went), 1 … `WORLDS` (margins in that world), or a seat (its other ways to play)."""


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
        known, was = range(len(self.tables) - 1), {seat: self.own(seat) for seat in changed}
        since = next((r for r in known if any(was[seat][r] != own[r] for seat, own in changed.items())), len(known))
        table = _fork(self.tables[since])
        for r in range(since, len(self.rounds)):
            people = {**self.rounds[r].decisions, **{seat: own[r] for seat, own in changed.items()}}
            bots = {seat: decision for seat, decision in self.bots[r].items() if seat not in people}
            table.pass_round(bots | {seat: self._possible(table, seat, decision) for seat, decision in people.items()
                                     if decision is not None}, self.rounds[r].shocks)
        table.market.followed = _brought(table.market) if watch is None else [one.same() for one in watch]
        table.run_out()
        return table.market

    def _possible(self, table: Table, seat: str, decision: Sealed) -> Decision:
        """The decision, or none if the seat cannot carry it out there."""
        return parse_decision(self.setup.kind(seat), {} if problems(self.setup, seat, decision, table.view(seat)) else decision)

    def score(self, seat: str, own: Own) -> dict[str, float]:
        """What the seat would have scored had it decided so, in parts and in total; of an app, too, the share of people it ends with."""
        market = self.instead({seat: own})
        return _scores(self.setup, market)[seat] | ({"active": _active(market, seat)} if self.setup.kind(seat) == "app" else {})


def counterfactuals(record: Record, markets: Sequence[int] | None = None, workers: int = 1) -> list[dict[str, Any]]:
    """Of each market (None: of all) all that can be told (`together`). `workers`: processes.

    Raises ScenarioError: the record holds a decision that cannot be carried out.
    """
    chosen = range(len(record.markets)) if markets is None else markets
    tasks = [(m, part) for m in chosen for part in parts(record.setup, {seat for seat in record.setup.seats if record.names(m, seat)})]
    found: dict[int, dict[Part, Any]] = {m: {} for m in chosen}
    for one in outcomes(counterfactual, [(record.setup, record.markets[m].as_rounds(), part) for m, part in tasks], workers=workers):
        if one.status != "ok":
            raise ScenarioError("game", "", one.error.strip().splitlines()[-1])
        m, part = tasks[one.index]
        found[m][part] = one.value
    return [together(m, found[m]) for m in chosen]


def parts(setup: Setup, taken: Collection[str]) -> list[Part]:
    """The parts of a market, the one to tell first at the front; of all seats if people took none."""
    return ["", *(seat for seat in setup.seats if seat in taken or not taken), *range(1, WORLDS + 1)]


def counterfactual(setup: Setup, rounds: Sequence[Round], part: Part) -> dict[str, Any]:
    """A part as plain data: `of_market`, `of_world` or `of_seat`. A process remembers the game that it was asked for last."""
    if not (_last and _last[0].setup == setup and _last[0].rounds == rounds):
        _last[:] = [Game.played(setup, rounds)]
    game = _last[0]
    return of_world(game, part) if isinstance(part, int) else of_seat(game, part) if part else of_market(game)


_last: list[Game] = []


def together(market: int, found: Mapping[Part, dict[str, Any]]) -> dict[str, Any]:
    """What `of_market` tells and what is known of the other parts: `market`, margins: {seat: [here, in other worlds …]},
    seats: {seat: `of_seat`, with "passive" among its variants}."""
    here, worlds = found[""], [found[world] for world in range(1, WORLDS + 1) if world in found]
    return here | {
        "market": market,
        "margins": {seat: [score["total"] - here["twins"][seat]["total"], *(world[seat] for world in worlds)]
                    for seat, score in here["scores"].items()},
        "seats": {seat: found[seat] | {"variants": {"passive": twin, **found[seat]["variants"]}}
                  for seat, twin in here["twins"].items() if seat in found}}


def of_market(game: Game) -> dict[str, Any]:
    """How a market went; plain data.

    Keys: scores, twins (that do nothing): {seat: {profit, people, congestion, total}}; decisions: {seat: [of each round]};
    leader: app; active: {app: share of people};
    stayed: [{app, users that free data brought, share: of them active by silent week, twin: without anybody's free data}];
    stay: share of all of them at the end, None if there are none; paid: [(payer, payee, reason, MB, money)].
    """
    from ..market.run import result
    from ..study.report import _sums

    end, seats = game.instead({}), game.setup.seats
    twin = game.instead({seat: _never_free(game, seat) for seat in seats}, watch=end.followed)
    active = {app: _active(end, app) for app in game.setup.scenario.messengers}
    pairs = zip(end.followed[:len(active)], twin.followed, strict=False)  # behind them: offers that would have ended in the silent weeks
    stayed: list[dict[str, Any]] = [
        {"app": mine.app, "users": len(mine.acquired), "share": [a / len(mine.acquired) for a in mine.active],
         "twin": [a / len(mine.acquired) for a in theirs.active]} for mine, theirs in pairs if len(mine.acquired)]
    users = sum(one["users"] for one in stayed)
    return {"scores": _scores(game.setup, end), "twins": {seat: game.score(seat, _passive(game)) for seat in seats},
            "decisions": {seat: game.own(seat) for seat in seats}, "leader": max(active, key=lambda app: active[app]),
            "active": active, "stayed": stayed, "paid": _sums(result(end)),
            "stay": sum(one["users"] * one["share"][-1] for one in stayed) / users if users else None}


def of_world(game: Game, world: int) -> dict[str, float]:
    """Margins by seat of the same decisions with other luck."""
    luck = replace(game.setup, seed=game.setup.seed + world)
    other = replace(game, setup=luck, tables=[_fork(Table(luck))])
    return {seat: score["total"] - other.score(seat, _passive(game))["total"]
            for seat, score in _scores(luck, other.instead({})).items()}


def of_seat(game: Game, seat: str) -> dict[str, Any]:
    """Scores (`Game.score`) of a seat's `variants` by name, and of its `grid` beside their levers."""
    return {"variants": {name: game.score(seat, own) for name, own in variants(game, seat).items()},
            "grid": [levers | game.score(seat, own) for levers, own in grid(game, seat)] if game.rounds else []}


def variants(game: Game, seat: str) -> dict[str, Own]:
    """A seat's other ways to play, by name: "bot", and if it had free data "none" and (4 weeks) "earlier"."""
    own, week = game.own(seat), game.setup.week
    found: dict[str, Own] = {"bot": [None] * len(own)}
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


def _passive(game: Game) -> Own:
    return [{}] * len(game.rounds)


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
