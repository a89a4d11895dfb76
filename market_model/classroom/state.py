"""Where a game stands: the fold of what happened. Nothing here knows of clocks, sockets or
files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import count
from typing import Any, Literal

from pydantic import ValidationError

from ..game import Round, Setup
from ..game.setup import REGULATOR
from ..game.shocks import CARDS, RULES
from ..players.strategies import title
from ..scenario import ScenarioError
from ..words import Language
from .log import Draft, Log, LogEntry

type Phase = Literal["lobby", "briefing", "open", "resolving", "reveal", "debrief"]


@dataclass(frozen=True)
class Player:
    """A person; `token`: hash of the key that opens the seat. `seat` None: nobody's seat
    (removed, or in between); `left`: the seat that a bot keeps warm while this person is away.
    """

    name: str
    token: str
    market: int
    seat: str | None
    left: str | None = None


@dataclass(frozen=True)
class Sealed:
    """A round as it counts: by market and seat {how: "decided" | "draft" | "unchanged" | "bot",
    decision, unless it is the bot's; of a bot of one's own also bot: FILE.py:FUNCTION and digest:
    of the file that decided, unless it did not answer}.

    `serial` is never given twice, so that a round that was undone and played again is another one.
    """

    serial: int
    shocks: tuple[str, ...]
    markets: tuple[Mapping[str, Mapping[str, Any]], ...]

    def of(self, market: int) -> Round:
        """The round of a market; one that opened later had bots only."""
        seats = self.markets[market] if market < len(self.markets) else {}
        return Round(
            {seat: one["decision"] for seat, one in seats.items() if "decision" in one}, self.shocks
        )


@dataclass(frozen=True)
class ClassState:
    """A game.

    Attributes:
        setup, language, seconds: what is played, in which language, how long a round is open.
        code: that players type; hosts: hashes of the host's keys.
        until: when the round is sealed, time.time(); paused: seconds that were left, None while the
            clock runs.
        players: by number, in the order of joining. markets: how many run side by side.
        rounds: sealed; digests: of the markets after each round that has been computed.
        bots: files of Python that play seats nobody takes, by seat {bot: FILE.py:FUNCTION,
            digest: of the file when the class began or went on, "" while it is gone}; what they
            decide is in the sealed rounds.
        decisions, predictions: by player; shocks: the host's cards for the coming round; notes:
            (player or "" for all, text); read: how many of them are of an earlier phase.
    """

    setup: Setup
    language: Language
    seconds: int
    code: str
    hosts: tuple[str, ...] = ()
    phase: Phase = "lobby"
    until: float | None = None
    paused: float | None = None
    players: Mapping[str, Player] = field(default_factory=dict)
    markets: int = 1
    rounds: tuple[Sealed, ...] = ()
    digests: tuple[tuple[str, ...], ...] = ()
    seals: int = 0
    decisions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    predictions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shocks: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    read: int = 0
    locked: bool = False
    board: int | None = 0
    bots: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def seated(self) -> dict[tuple[int, str], str]:
        """Players by market and seat."""
        return {(p.market, p.seat): number for number, p in self.players.items() if p.seat}

    @property
    def brought(self) -> dict[str, str]:
        """Files of Python that play where nobody sits, FILE.py:FUNCTION by seat."""
        return {seat: own["bot"] for seat, own in self.bots.items() if own["digest"]}

    @property
    def serial(self) -> int:
        """Of the last round sealed; 0 before the first."""
        return self.rounds[-1].serial if self.rounds else 0

    @property
    def shown(self) -> int:
        """Serial of the last round whose outcome is known."""
        return self.rounds[len(self.digests) - 1].serial if self.digests else 0

    def awaited(self, away: Collection[str] = ()) -> set[str]:
        """Players whose decisions a round waits for: all with a seat who are not away, or are
        in already.
        """
        return {p for p in self.seated.values() if p in self.decisions or p not in away}

    def everybody_in(self, away: Collection[str] = ()) -> bool:
        """Whether all who are here are in, and somebody is."""
        return bool(self.decisions) and self.decisions.keys() >= self.awaited(away)

    def remaining(self, now: float) -> float | None:
        """Seconds until the round is sealed; None while none is open."""
        return (
            None
            if self.phase != "open"
            else self.paused
            if self.until is None
            else max(0.0, self.until - now)
        )

    def free_seat(self) -> tuple[int, str]:
        """The seat of the next who joins: in the market with the fewest number that has one, or
        in a new market. The regulator's is the host's to give.
        """
        taken = self.seated
        return next(
            (market, seat)
            for market in count()
            for seat in self.setup.firms
            if (market, seat) not in taken
        )

    @property
    def cards(self) -> tuple[str, ...]:
        """Cards that the host may deal: the rules are the host's only while nobody makes them."""
        ruled = any(seat == REGULATOR for _, seat in self.seated)
        return tuple(card for card in CARDS if not (ruled and card in RULES))

    def bot(self, seat: str) -> str:
        """Who plays a seat that nobody takes, for readers."""
        return title(self.brought.get(seat) or self.setup.bot(seat), self.language)

    def place(self, player: str) -> str:
        """Where the draft of a player for the coming round is kept: it counts after what is
        shown now, and after nothing else.
        """
        return f"{player} {self.players[player].market} {self.players[player].seat} {self.shown}"


def role_of(who: str) -> str:
    """The page of a viewer: "host", "projector", "stranger" or "player" (a number such as "p1")."""
    return who if who in ("host", "projector", "stranger") else "player"


def fold(events: Iterable[LogEntry]) -> ClassState:
    """The state after these events; the first is "created"."""
    first, *others = events
    data = first.data
    return reduce(
        apply,
        others,
        ClassState(Setup.of_data(data["setup"]), data["language"], data["seconds"], data["code"]),
    )


def stored(log: Log) -> ClassState:
    """Where the game of a file stands. Raises ScenarioError."""
    try:
        return fold(log.events())
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = (
            "was made by another version of this program"
            if isinstance(error, ValidationError)
            else f"holds no game; a copy needs {log.path.name}-wal beside it, if there is one"
        )
        raise ScenarioError(str(log.path), "", reason) from None


def clock(now: float, rest: float, running: bool) -> dict[str, float | None]:
    """The clock of a round that has so many seconds left."""
    return {"until": now + rest if running else None, "paused": None if running else rest}


def apply(state: ClassState, event: LogEntry) -> ClassState:
    """The state after an event."""
    after = _applied(state, event)
    turned = after.phase not in (state.phase, "reveal")
    return replace(after, read=len(after.notes)) if turned else after


def _applied(state: ClassState, event: LogEntry) -> ClassState:
    data = dict(event.data)
    match event.kind:
        case "hosted":
            return replace(state, hosts=(*state.hosts, data["token"]))
        case "joined":
            player = data.pop("player")
            return replace(
                state,
                players={**state.players, player: Player(**data)},
                markets=max(state.markets, data["market"] + 1),
            )
        case "changed":  # a player's name, seat or key; who sat there stands up
            number = data.pop("player")
            moved = (
                {number, state.seated.get((data.get("market", 0), data["seat"]))}
                if "seat" in data
                else {None}
            )
            players = {
                k: replace(p, seat=None) if k in moved else p for k, p in state.players.items()
            }
            players[number] = replace(players[number], **data)
            return replace(
                state,
                players=players,
                decisions={k: d for k, d in state.decisions.items() if k not in moved},
            )
        case "moved":  # who is away leaves the seat to its bot, or comes back to it
            moved = data["seats"]
            return replace(
                state,
                players={
                    k: replace(p, seat=moved[k], left=None if moved[k] else p.seat)
                    if k in moved
                    else p
                    for k, p in state.players.items()
                },
                decisions={k: d for k, d in state.decisions.items() if k not in moved},
            )
        case "bots":
            return replace(state, bots=data["bots"])
        case "briefed":
            return replace(state, phase="briefing")
        case "opened":
            return replace(state, phase="open", until=data["until"], decisions={})
        case "clock" | "set":  # until and paused; locked, board or shocks
            return replace(
                state,
                **{key: tuple(value) if key == "shocks" else value for key, value in data.items()},
            )
        case "decided":
            return replace(state, decisions={**state.decisions, data["player"]: data["decision"]})
        case "recalled":
            return replace(
                state, decisions={k: d for k, d in state.decisions.items() if k != data["player"]}
            )
        case "predicted":
            return replace(state, predictions={**state.predictions, data.pop("player"): data})
        case "noted":
            return replace(state, notes=(*state.notes, (data["to"], data["text"])))
        case "sealed":
            sealed = Sealed(data["serial"], tuple(data["shocks"]), tuple(data["markets"]))
            return replace(
                state,
                phase="resolving",
                until=None,
                rounds=(*state.rounds, sealed),
                seals=sealed.serial,
                decisions={},
                shocks=(),
            )
        case "resolved":
            return replace(state, phase="reveal", digests=(*state.digests, tuple(data["digests"])))
        case "undone":
            rounds = state.rounds[:-1]
            return replace(
                state,
                phase="reveal" if rounds else "briefing",
                until=None,
                rounds=rounds,
                decisions={},
                digests=state.digests[: len(rounds)],
                shocks=state.rounds[-1].shocks if state.rounds else (),
            )
        case "debriefed":  # of a round whose outcome nobody has seen nothing is told
            return replace(
                state,
                phase="debrief",
                until=None,
                paused=None,
                rounds=state.rounds[: len(state.digests)],
            )
        case _:
            raise ValueError(f"a game knows no event '{event.kind}'")


def sealed(
    state: ClassState,
    drafts: Mapping[str, Draft],
    bots: Mapping[tuple[int, str], Mapping[str, Any]],
) -> LogEntry:
    """The round as it counts now: what was decided, else the last valid draft of who sits there,
    else nothing new; a seat without a person is its bot's. `bots`: what a user's bots do {decision,
    bot, digest}, by market and seat; one that is not there does nothing.
    """

    def of(market: int, seat: str) -> dict[str, Any]:
        player = state.seated.get((market, seat))
        if player is None:
            own = {"decision": {}, **bots.get((market, seat), {})} if seat in state.brought else {}
            return {"how": "bot", **own}
        if player in state.decisions:
            return {"how": "decided", "decision": state.decisions[player]}
        draft = drafts.get(state.place(player))
        return (
            {"how": "draft", "decision": draft.decision}
            if draft and draft.decision is not None
            else {"how": "unchanged", "decision": {}}
        )

    return LogEntry(
        "sealed",
        {
            "serial": state.seals + 1,
            "shocks": state.shocks,
            "markets": [
                {seat: of(m, seat) for seat in state.setup.seats} for m in range(state.markets)
            ],
        },
    )
