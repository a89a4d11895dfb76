"""What a game is before its first round: a market without the story's sponsored offers, and
seats with a bot each.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from ..errors import suggest
from ..players.bots.champion import CHAMPION, has_champion
from ..players.decisions import Kind
from ..scenario import WEEKS_PER_BILL, Scenario, ScenarioError, load_scenario

ROUNDS, MOST_ROUNDS = 10, 26
RUN_OUT = 12
"""Weeks after the last round in which nobody decides and no data is free, so that only users who
stay count.
"""
USERS = 2000
"""Simulated users of a game: a round of it is computed while people look up."""
type Level = Literal["calm", "awake", "fierce"]
LEVELS: tuple[Level, ...] = get_args(Level.__value__)
"""How well the bots play: by one simple rule each; by what they see and remember; by numbers that a
search found for an app, all others awake.
"""
LEVEL: Level = "awake"
"""Where nobody says another."""
CALM: Mapping[Kind, str] = {"app": "best-reply", "carrier": "partner"}
AWAKE: Mapping[Kind, str] = {"app": "experimenter", "carrier": "manager"}
INCUMBENT = "defender"
"""The bot of an incumbent that is awake."""
BILLS_AHEAD = 13
"""Bills of income that a monthly user is worth to an app, and of fees that a subscriber is worth to
a carrier: a year's; assumed.
"""
CHURN = 0.03
"""Share of people who look at other carriers in a bill; assumed (0.02–0.04, what carriers report to
lose in a month). A story's own is for numbers that few could take along.
"""
PLAN_NOISE = 0.25
"""How undecided people are between plans, times the mean fee, where the story says nothing: about
what china-2013 has; assumed (0.1–0.5).
"""
OPTION = 0.1
"""What a user of a story without an entry in `games.toml` is worth beyond that, times the story's
`user_value`; assumed (0.05–0.2).
"""
MOST_SEATS = 12
REGULATOR = "regulator"
"""The seat that makes the rules. No bot sits there: while no person does, no rule changes but by a
host's card.
"""


@dataclass(frozen=True)
class Setup:
    """A game.

    Attributes:
        scenario: the market; a seat's bot is its strategy there. seed: of all luck.
        first: week of the first round. rounds: how many, of 4 weeks each. seats: apps and carriers
            that people may play, and, where it is one, the regulator.
    """

    scenario: Scenario
    seed: int
    first: int
    rounds: int
    seats: tuple[str, ...]

    def week(self, number: int) -> int:
        """The week in which a round (0 = first) begins."""
        return self.first + number * WEEKS_PER_BILL

    def kind(self, seat: str) -> Kind:
        if seat in self.scenario.apps:
            return "app"
        return "carrier" if seat in self.scenario.carriers else "regulator"

    @property
    def firms(self) -> tuple[str, ...]:
        """Seats that earn: all but the regulator."""
        return tuple(seat for seat in self.seats if seat != REGULATOR)

    def served(self, carrier: str) -> list[str]:
        """Regions in which a carrier has customers in the story."""
        own, regions = self.scenario.carriers[carrier], self.scenario.society.regions
        return [region for region in regions if own.shares.get(region, own.share) > 0]

    def bot(self, seat: str) -> str:
        """The strategy that plays a seat while no person does."""
        if seat == REGULATOR:
            return "passive"
        return (
            self.scenario.apps[seat] if seat in self.scenario.apps else self.scenario.carriers[seat]
        ).strategy

    def as_data(self) -> dict[str, Any]:
        """The setup as plain data, for a log."""
        return {
            "scenario": self.scenario.model_dump(mode="json"),
            "seed": self.seed,
            "first": self.first,
            "rounds": self.rounds,
            "seats": list(self.seats),
        }

    @property
    def digest(self) -> str:
        """Equal for games that differ in nothing but their luck."""
        data = json.dumps(self.as_data() | {"seed": 0}, sort_keys=True)
        return hashlib.sha256(data.encode()).hexdigest()

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Setup:
        return cls(
            Scenario.model_validate(data["scenario"]),
            data["seed"],
            data["first"],
            data["rounds"],
            tuple(data["seats"]),
        )


@cache
def games() -> dict[str, dict[str, Any]]:
    """Games on the built-in stories, by name: {first, cash, option, margins: {app: money/week},
    seats: {seat: calm bot}, incumbents}.
    """
    return tomllib.loads(files(__package__).joinpath("games.toml").read_text("utf-8"))


def has_story_rule(scenario: Scenario) -> bool:
    """Whether its story's rule holds in it, so that what the story tells players is true."""
    story = story_of(scenario)
    return bool(story) and scenario.regulator.rule == _builtin(story).regulator.rule


def story_of(scenario: Scenario) -> str:
    """The built-in story whose game is played on a scenario: that of its name, or another of which
    it has all seats, as what extends it; "" for none.
    """
    actors = {*scenario.apps, *scenario.carriers}
    stories = sorted(games(), key=lambda name: name != scenario.name)
    return next((name for name in stories if actors >= {*games()[name]["seats"]}), "")


def setup_of(
    scenario: Scenario,
    seed: int = 0,
    rounds: int = ROUNDS,
    bots: Mapping[str, str] | None = None,
    level: str = LEVEL,
    users: int = USERS,
    cash: Mapping[str, float] | None = None,
    regulator: bool = False,
) -> Setup:
    """The game on a scenario. One without its own entry in `games.toml` begins when its last
    messenger does.

    Args: bots: other strategies, by seat. level: of all other bots (`LEVELS`), but for those that
    the scenario names itself. users: the most simulated ones. cash: other than the game's, by seat,
    money. regulator: whether it is a seat, too, behind all others.
    Raises ScenarioError: a seat, strategy or level that does not exist, or too many rounds.
    """
    if not 1 <= rounds <= MOST_ROUNDS:
        raise ScenarioError("--rounds", "", f"{rounds} rounds; a game has 1 to {MOST_ROUNDS}")
    game = _game_of(scenario)
    if level not in LEVELS:
        raise ScenarioError("--level", "", f"there is no level '{level}'; {suggest(level, LEVELS)}")
    kinds: dict[str, Kind] = {
        seat: "app" if seat in scenario.apps else "carrier" for seat in game["seats"]
    }
    calm: dict[str, str] = game["seats"]
    awake = {s: INCUMBENT if s in game["incumbents"] else AWAKE[kinds[s]] for s in calm}
    named = {
        seat: player.strategy
        for seat, player in (scenario.apps | scenario.carriers).items()
        if player.strategy != "passive" and seat in calm
    }
    fierce = awake | {
        s: CHAMPION for s in calm if kinds[s] == "app" and has_champion(scenario.name, s)
    }
    seats = {"calm": calm, "awake": awake, "fierce": fierce}[level] | named
    given = dict(bots or {})
    if regulator and given.pop(REGULATOR, "passive") != "passive":
        problem = "is no bot for a game; name a file of Python, or leave the rules to people"
        raise ScenarioError("--seat", f"{REGULATOR}={(bots or {})[REGULATOR]}", problem)
    for seat in given:
        if seat not in seats:
            raise ScenarioError(
                scenario.name, "seats", f"there is no seat '{seat}'; {suggest(seat, seats)}"
            )
    seats = seats | given
    begins: int = game["first"]
    own = dict(cash or {})

    def seated(name: str, player: Any) -> dict[str, Any]:
        most = max(player.cash, game["cash"]) if name in seats else player.cash
        return {
            "strategy": seats.get(name, player.strategy),
            "cash": own.get(name, most),
        }

    margins: dict[str, float] = game.get("margins", {})
    apps = {
        name: app.model_copy(
            update=seated(name, app)
            | {"margin": margins.get(name, app.margin)}
            | {"user_value": _user_value(scenario, name, margins, game["option"], begins)}
        )
        for name, app in scenario.apps.items()
    }
    carriers = {
        name: carrier.model_copy(update=seated(name, carrier))
        for name, carrier in scenario.carriers.items()
    }
    owners = {
        name: owner.model_copy(update={"payout": 0.0}) for name, owner in scenario.owners.items()
    }
    users = scenario.society.users if scenario.brings_users else min(scenario.society.users, users)
    society = scenario.society.model_copy(update={"users": users})
    left_out = _left_out(scenario)
    changed = scenario.model_copy(
        update={
            "apps": apps,
            "carriers": carriers,
            "parameters": scenario.parameters.model_copy(update=_rules(scenario)),
            "regulator": scenario.regulator.model_copy(update={"credit": False}),
            "owners": owners,
            "society": society,
            "offers": {
                name: offer for name, offer in scenario.offers.items() if offer.payer == "user"
            },
            "events": tuple(
                e
                for e in scenario.events
                if e.kind != "news" or scenario.week_of(e.when) not in left_out
            ),
            "weeks": begins + rounds * WEEKS_PER_BILL + RUN_OUT,
        }
    )
    taken = (*seats, REGULATOR) if regulator else tuple(seats)
    return Setup(Scenario.model_validate(changed.model_dump()), seed, begins, rounds, taken)


def _rules(scenario: Scenario) -> dict[str, float]:
    """Parameters that a game has its own of: allowances bind, and customers answer to prices."""
    fees = [carrier.main_plan.fee for carrier in scenario.carriers.values()]
    noise = PLAN_NOISE * sum(fees) / len(fees)
    own = scenario.parameters
    return {
        "allowance_spread": 1.0,
        "churn": max(own.churn, CHURN),
        "plan_noise": own.plan_noise or noise,
    }


def _user_value(
    scenario: Scenario, app: str, margins: Mapping[str, float], option: float, week: int
) -> float:
    """What a monthly user of an app is worth, money: what 13 bills earn at the margin of a week,
    with the owners' core income, and an option; what the scenario says of the app goes first.

    By hand: WeChat earns 0.3 and Tencent 0.1 RMB a week: 52 · 0.4 + 25 = 45.8 RMB.
    """
    own = scenario.apps[app].user_value
    if own is not None:
        return own
    margin = margins.get(app, scenario.value_at(scenario.apps[app].margin, week))
    core = sum(owner.core_income.get(app, 0.0) for owner in scenario.owners.values())
    return BILLS_AHEAD * WEEKS_PER_BILL * (margin + core) + option


def _left_out(scenario: Scenario) -> set[int]:
    """Weeks in which the story tells of an offer that the game leaves to decisions."""
    gone = [offer for offer in scenario.offers.values() if offer.payer != "user"]
    return {
        scenario.week_of(when)
        for offer in gone
        for when in (offer.start, offer.end, *(step.when for step in offer.steps))
        if when is not None
    }


def _game_of(scenario: Scenario) -> dict[str, Any]:
    """Its story's game; apps and carriers that the story does not have are seats, too, and it
    begins when what starts later than in the story has.
    """
    free = _game_on(scenario)
    story = story_of(scenario)
    if not story:
        return free
    game = games()[story]
    told = _builtin(story)
    known = told.apps | told.carriers
    added = [seat for seat in free["seats"] if seat not in known]
    room = MOST_SEATS - len(game["seats"])
    own = {seat: free["seats"][seat] for seat in added[:room]}
    first = game["first"]
    for name in scenario.apps.keys() & {*own, *game["seats"]}:
        week = scenario.week_of(scenario.apps[name].launch)
        if name in own or week > told.week_of(told.apps[name].launch):
            first = max(first, _whole_bills(week))
    return game | {"first": first, "seats": game["seats"] | own}


def _whole_bills(week: int) -> int:
    """The first week from there on in which a bill's weeks begin."""
    return -(-week // WEEKS_PER_BILL) * WEEKS_PER_BILL


@cache
def _builtin(story: str) -> Scenario:
    return load_scenario(story)


def _game_on(scenario: Scenario) -> dict[str, Any]:
    names = [
        *scenario.messengers,
        *sorted(scenario.carriers, key=lambda c: -scenario.carriers[c].share),
    ][:MOST_SEATS]
    launches = [scenario.week_of(scenario.apps[name].launch) for name in scenario.messengers]
    first = _whole_bills(max(WEEKS_PER_BILL, *launches))
    kinds: dict[str, Kind] = {name: "app" if name in scenario.apps else "carrier" for name in names}
    return {
        "first": first,
        "cash": scenario.population,
        "option": OPTION * scenario.parameters.user_value,
        "seats": {name: CALM[kind] for name, kind in kinds.items()},
        "incumbents": _largest(scenario),
    }


def _largest(scenario: Scenario) -> list[str]:
    """The messenger that most people use at the start; none where there is none."""
    starts = {name: scenario.apps[name].start for name in scenario.messengers}
    used = {name: max(start.active, start.registered) for name, start in starts.items()}
    return [max(used, key=lambda name: used[name])] if any(used.values()) else []
