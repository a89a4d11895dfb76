"""What if: a played game again with the same luck and one seat's decisions changed, and as it was played with other luck."""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ..players.decisions import MOST_PRICE, Decision
from ..players.observation import Public
from ..scenario import WEEKS_PER_BILL, ScenarioError
from ..study.runner import outcomes
from .limits import limits
from .record import Record
from .scores import Score, scores
from .setup import Setup
from .table import Round, Sealed, Table, problems

if TYPE_CHECKING:
    from ..market import Market
    from ..market.survival import Followed
    from ..players.agents import App, Carrier

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
        tables, bots = [_unwatched(Table(setup))], list[dict[str, Decision]]()
        policies = {player.name: player.decide for player in _seated(tables[0])}
        for one in rounds:
            table, noted = _fork(tables[-1]), dict[str, Decision]()
            for player in _seated(table):
                player.decide = partial(_note, noted, player.name, policies[player.name])
            try:
                table.play(one)
            except ValueError as error:
                raise ScenarioError("game", f"round {len(tables)}", f"cannot be played again: {error}") from None
            bots.append(noted)
            tables.append(table)
        return cls(setup, rounds, bots, tables)

    def with_luck(self, seed: int) -> Game:
        """The same decisions in a world of another seed."""
        setup = replace(self.setup, seed=seed)
        return replace(self, setup=setup, tables=[_unwatched(Table(setup))])

    def own(self, seat: str) -> list[Sealed]:
        """A seat's decisions as they were, its bot's too."""
        return [one.decisions[seat] if seat in one.decisions else bots[seat].model_dump(mode="json", exclude_defaults=True)
                for one, bots in zip(self.rounds, self.bots, strict=True)]

    def instead(self, changed: Mapping[str, Own], watch: Sequence[Followed] | None = None) -> Table:
        """The game after its silent weeks, had some seats decided otherwise and all others as they did.

        A decision that a seat cannot carry out in that world (it has less cash there) is left out. The market follows the users
        whom free data brought, or those of `watch`.
        """
        policies = {player.name: player.decide for player in _seated(self.tables[0])}
        since = next((r for r in range(len(self.tables) - 1) if any(self.own(s)[r] != own[r] for s, own in changed.items())),
                     len(self.tables) - 1)
        table = _fork(self.tables[since])
        for r in range(since, len(self.rounds)):
            for player in _seated(table):
                decided = None if player.name in changed else self.bots[r].get(player.name)
                player.decide = policies[player.name] if decided is None else partial(_again, decided)
            people = {**self.rounds[r].decisions, **{seat: own[r] for seat, own in changed.items()}}
            able = {seat: {} if problems(self.setup, seat, decision, table.view(seat)) else decision
                    for seat, decision in people.items() if decision is not None}
            table.play(Round(able, self.rounds[r].shocks))
        table.market.followed = brought(table.market) if watch is None else [one.same() for one in watch]
        table.run_out()
        return table

    def free_at(self, seat: str, r: int) -> set[str]:
        """Carriers at which the seat's own free data ran when a round had begun."""
        return {carrier for offer in self.tables[r + 1].market.book.offers
                if offer.by == seat and offer.in_time(self.setup.week(r)) for carrier in offer.carriers}


def brought(market: Market) -> list[Followed]:
    """Of each messenger, the users registered under data that somebody else paid for, to be followed from now on."""
    import numpy as np

    from ..market.survival import Followed, monthly

    free, found = [o.index for o in market.book.offers if o.payer != "user"], list[Followed]()
    for bit, app in enumerate(market.config.messengers):
        under = np.flatnonzero(np.isin(market.people.under[:, bit], free) & (market.people.registered >> bit & 1 == 1))
        acquired = under[monthly(market.people, under) >> bit & 1 == 1]
        found.append(Followed(app, app, market.week, acquired, under))
    return found


def counterfactuals(record: Record, markets: Sequence[int] | None = None, workers: int = 1) -> list[dict[str, Any]]:
    """Of each market (None: of all), what `of_market` tells, its number (`market`), and `seats`: what `of_seat` tells of the seats
    that people took and of the last app to enter (`entrant`).

    Raises ScenarioError: the record holds a decision that cannot be carried out.
    """
    chosen = range(len(record.markets)) if markets is None else markets
    entrant = entrant_of(record.setup)
    tasks = [(m, seat) for m in chosen for seat in ("", *record.setup.seats)
             if not seat or seat == entrant or record.names(m, seat)]
    rounds = {m: [one.as_round() for one in record.markets[m].rounds] for m in chosen}
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for one in outcomes(_found, [(record.setup, rounds[m], seat) for m, seat in tasks], workers=workers):
        m, seat = tasks[one.index]
        if one.status != "ok":
            raise ScenarioError(f"market {m + 1}", "", one.error.strip().splitlines()[-1].partition(": ")[2])
        found[m, seat] = one.value
    return [found[m, ""] | {"market": m, "entrant": entrant, "seats": {s: found[n, s] for n, s in tasks if n == m and s}} for m in chosen]


def entrant_of(setup: Setup) -> str:
    """The seat of the messenger that was launched last; "" if no seat is an app."""
    apps = [seat for seat in setup.seats if setup.kind(seat) == "app"]
    return max(apps, key=lambda app: setup.scenario.week_of(setup.scenario.apps[app].launch), default="")


def _found(setup: Setup, rounds: Sequence[Round], seat: str) -> dict[str, Any]:
    return of_seat(setup, rounds, seat) if seat else of_market(setup, rounds)


def variants(game: Game, seat: str) -> dict[str, Own]:
    """A seat's other ways to play, by name: "passive", "bot", and if it had free data "none" and "earlier"."""
    own, rounds = game.own(seat), range(len(game.rounds))
    free = [game.free_at(seat, r) for r in rounds]
    found: dict[str, Own] = {"passive": [{}] * len(own), "bot": [None] * len(own)}
    if any(free):
        ends = [now - later for now, later in zip(free, [*free[1:], set[str]()], strict=True)]
        found["none"] = _never_free(game, seat)
        found["earlier"] = [_ended(game.setup, seat, own[r], ends[r]) for r in rounds]
    return found


def grid(game: Game, seat: str) -> Iterator[tuple[dict[str, Any], Own]]:
    """Simple ways to play a seat, each with its levers in words: {start, rounds} of free data, or {ask, data_price}."""
    setup, rounds = game.setup, len(game.rounds)
    carriers = setup.scenario.carriers
    if setup.kind(seat) == "app":
        for start, length in ((s, n) for s in STARTS for n in LENGTHS if s + (n or 1) <= rounds):
            terms = {"bid": MOST_PRICE, "length_weeks": length and length * WEEKS_PER_BILL}
            own = _never_free(game, seat)
            own[start] = own[start] | {"zero_rating": dict.fromkeys(carriers, terms)}
            yield {"start": start, "rounds": length}, own
        return
    low, high = limits(setup.scenario, seat)["plan_overage"]
    rest = [_without(one, PRICES) for one in game.own(seat)]
    for ask, price in ((a * carriers[seat].wholesale, p) for a in ASKS for p in (low, carriers[seat].plan.overage, high)):
        first = {"wholesale": ask, "asks": dict.fromkeys(setup.scenario.messengers, ask), "plan_overage": price}
        yield {"ask": ask, "data_price": price}, [one | first if r == 0 else one for r, one in enumerate(rest)]


def of_seat(setup: Setup, rounds: Sequence[Round], seat: str) -> dict[str, Any]:
    """Scores of a seat's variants and of its grid, an app's with the active share of people it ends with."""
    game = Game.played(setup, rounds)

    def outcome(own: Own) -> dict[str, float]:
        table = game.instead({seat: own})
        found = {"total": float(scores(setup, table.market)[seat].total)}
        if setup.kind(seat) == "app":
            found["active"] = float(table.market.history.series("app", seat, "active")[-1]) / setup.scenario.population
        return found

    return {"variants": {name: outcome(own)["total"] for name, own in variants(game, seat).items()},
            "grid": [levers | outcome(own) for levers, own in grid(game, seat)] if game.rounds else []}


def of_market(setup: Setup, rounds: Sequence[Round], worlds: int = WORLDS) -> dict[str, Any]:
    """How a market went: scores, margins here and with other luck, all decisions, who stayed, who paid; plain data.

    Keys: scores, twins: {seat: {profit, people, congestion, total}}; margins: {seat: [here, in other worlds …]};
    decisions: {seat: [of each round]}; leader: app; active: {app: share of people};
    stayed: [{app, users: people whom free data brought, share: of them active by silent week, twin: without anybody's free data}];
    stay: share of all of them at the end, None if there are none; paid: [(payer, payee, reason, MB, money)];
    weekly: [(week, scope, name, series, value)].
    """
    game = Game.played(setup, rounds)
    end = game.instead({}).market
    twin = game.instead({seat: _never_free(game, seat) for seat in setup.seats}, watch=end.followed).market if rounds else end
    scenario, here = setup.scenario, scores(setup, end)
    twins = {seat: scores(setup, game.instead({seat: [{}] * len(rounds)}).market)[seat] for seat in setup.seats}
    active = {app: float(end.history.series("app", app, "active")[-1]) / scenario.population for app in scenario.messengers}
    margins = {seat: [float(here[seat].total - twins[seat].total)] for seat in setup.seats}
    for world in range(worlds):
        other = game.with_luck(setup.seed + 1 + world)
        played = scores(other.setup, other.instead({}).market)
        for seat in setup.seats:
            passive = scores(other.setup, other.instead({seat: [{}] * len(rounds)}).market)[seat]
            margins[seat].append(float(played[seat].total - passive.total))
    stayed = [{"app": mine.app, "users": len(mine.acquired) * end.scale, "share": [a / len(mine.acquired) for a in mine.active],
               "twin": [a / len(mine.acquired) for a in theirs.active]}
              for mine, theirs in zip(end.followed[:len(active)], twin.followed, strict=False) if len(mine.acquired)]
    all_brought = [(len(one.acquired), one.active[-1]) for one in end.followed[:len(active)] if len(one.acquired)]
    return {"scores": {seat: _plain(one) for seat, one in here.items()}, "twins": {seat: _plain(one) for seat, one in twins.items()},
            "margins": margins, "decisions": {seat: game.own(seat) for seat in setup.seats},
            "leader": max(active, key=lambda app: active[app]), "active": active, "stayed": stayed,
            "stay": sum(stay for _, stay in all_brought) / sum(users for users, _ in all_brought) if all_brought else None,
            "paid": _sums(end), "weekly": _weekly(end)}


def _plain(score: Score) -> dict[str, float]:
    return {name: float(value) for name, value in (asdict(score) | {"total": score.total}).items()}


def _sums(market: Market) -> list[tuple[str, str, str, float, float]]:
    sums: dict[tuple[str, str, str], tuple[float, float]] = {}
    for line in market.ledger.lines:
        mb, money = sums.get((line.payer, line.payee, line.reason), (0.0, 0.0))
        sums[line.payer, line.payee, line.reason] = (mb + line.mb, money + line.rmb)
    return [(*key, *amounts) for key, amounts in sorted(sums.items())]


def _weekly(market: Market) -> list[tuple[int, str, str, str, float | None]]:
    """The series that are the same in every game; those of single offers have no end."""
    return [(week, scope, name, which, None if math.isnan(value) else value) for scope, name, which, values in market.history.all()
            if scope != "offer" for week, value in enumerate(values.tolist())]


def _without(decision: Sealed, levers: Sequence[str]) -> Sealed:
    return {lever: value for lever, value in decision.items() if lever not in levers}


def _never_free(game: Game, seat: str) -> list[Sealed]:
    """A seat's decisions without its free data, which ends if its bot had begun before the first round."""
    rest = [_without(one, FREE_DATA) for one in game.own(seat)]
    return [_ended(game.setup, seat, one, game.setup.scenario.carriers) if r == 0 else one for r, one in enumerate(rest)]


def _ended(setup: Setup, seat: str, decision: Sealed, carriers: Collection[str]) -> Sealed:
    """The decision, with the seat's free data ended at some carriers."""
    if not carriers:
        return decision
    if setup.kind(seat) == "carrier":
        return decision | {"own_subsidy": False}
    return decision | {"zero_rating": decision.get("zero_rating", {}) | {carrier: {"on": False} for carrier in carriers}}


def _seated(table: Table) -> list[App | Carrier]:
    return [player for player in (*table.market.apps, *table.market.carriers) if player.name in table.setup.seats]


def _note(noted: dict[str, Decision], name: str, policy: Any, seen: Public) -> Decision:
    noted[name] = policy(seen)
    return noted[name]


def _again(decision: Decision, _: Public) -> Decision:
    return decision


def _fork(table: Table) -> Table:
    """The same game at the same point, free to go its own way."""
    other = copy.copy(table)
    other.market = table.market.copy()
    return other


def _unwatched(table: Table) -> Table:
    """The game without a look at why users come and go, which costs more than the weeks themselves."""
    from ..market.engine import Compiled

    table.market.engine = Compiled()
    return table
