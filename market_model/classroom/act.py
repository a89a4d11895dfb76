"""What a message may do: every one is checked here before anything happens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from .. import desk
from ..players.decisions import Fault
from ..words import Language
from ..words.catalogue import texts
from .log import Draft, LogEntry
from .state import ClassState, Phase, clock, role_of, sealed

if TYPE_CHECKING:
    from ..game.report import RoundReport

LONGEST_NAME = 24
MOST_PLAYERS = 600
"""Three times the largest class that this was built for; keeps a prankster who knows the code
from opening markets without end.
"""


class Message(BaseModel):
    """What a client asks for. `id`: the same when it asks again; `round`: the one it means, 0 =
    first; `at`: when it was typed, in milliseconds of the server's clock, 0 = now; `fields`: of its
    form.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, Field(min_length=8, max_length=40)]
    do: Annotated[str, Field(max_length=20)]
    round: int = 0
    at: Annotated[int, Field(ge=0)] = 0
    fields: dict[Annotated[str, Field(max_length=120)], Annotated[str, Field(max_length=400)]] = (
        Field({}, max_length=300)
    )


class Problem(ValueError):
    """Something to tell the sender: sentences in the game's language."""


class WrongDecision(Problem):
    """What is wrong with a decision, to be shown where it was typed."""

    def __init__(self, faults: Sequence[Fault], *sentences: str) -> None:
        self.faults = tuple(faults)
        super().__init__(*sentences)


def say(problem: str, language: Language) -> str:
    """What is wrong, in words."""
    return texts("classroom", language)["problem"][problem]


class Submission(NamedTuple):
    """A message with all that decides on it. `reports`: by market and serial of a round; `drafts`:
    by place; `away`: players for whom nobody waits; `bots`: what bots of one's own decide, by
    market and seat.
    """

    state: ClassState
    reports: Mapping[tuple[int, int], RoundReport]
    drafts: Mapping[str, Draft]
    who: str
    message: Message
    now: float
    away: Collection[str] = ()
    bots: Mapping[tuple[int, str], Mapping[str, Any]] = {}

    def field(self, name: str) -> str:
        return self.message.fields[name]

    def problem(self, key: str) -> Problem:
        return Problem(say(key, self.state.language))

    def playing(self) -> ClassState:
        """The state, unless the clock has been stopped. Raises Problem."""
        if self.state.paused is not None:
            raise self.problem("paused")
        return self.state

    def clock(self, running: bool, more: float = 0.0) -> LogEntry:
        """The rest of an open round, and some seconds more."""
        rest = self.state.remaining(self.now)
        data = clock(self.now, max(0.0, (rest or 0.0) + more), running)
        return LogEntry("clock", data if rest is not None else data | {"until": None})


def act(submission: Submission) -> LogEntry | Draft:
    """What a message makes happen.

    Raises:
        Problem: it cannot be done now, or a decision is wrong.
        KeyError, ValueError: no honest page of this viewer sends it.
    """
    who, phases, does = ACTS[submission.message.do]
    if who != role_of(submission.who):
        raise KeyError(submission.message.do)
    if submission.state.phase not in phases:
        raise submission.problem("over" if submission.state.phase == "debrief" else "late")
    found = does(submission)
    return found._replace(key=submission.message.id) if isinstance(found, LogEntry) else found


def join(submission: Submission) -> LogEntry:
    """A nickname becomes a player in the next free seat."""
    state = submission.state
    if state.locked:
        raise submission.problem("locked")
    if sum(bool(player.token) for player in state.players.values()) >= MOST_PLAYERS:
        raise submission.problem("full")
    market, seat = state.free_seat()
    return LogEntry(
        "joined",
        {
            "player": f"p{len(state.players) + 1}",
            "name": nickname(submission),
            "token": submission.field("token"),
            "market": market,
            "seat": seat,
        },
    )


def nickname(submission: Submission) -> str:
    """A nickname without tricks; one that is taken gets a number."""
    name = plain(submission.field("name"))
    if not name:
        raise submission.problem("name")
    taken = {
        p.name
        for number, p in submission.state.players.items()
        if number != submission.message.fields.get("player")
    }
    return free_name(name, taken)


def plain(name: str) -> str:
    """A nickname without what cannot be printed, and not too long."""
    return " ".join("".join(c for c in name if c.isprintable()).split())[:LONGEST_NAME].strip()


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with the first number that makes it another one than those that are taken."""
    numbered = (f"{name[: LONGEST_NAME - 4]} {n}" for n in range(2, MOST_PLAYERS + 2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def decide(submission: Submission) -> LogEntry:
    """Seal a decision; it may be taken back until the round is sealed."""
    submission.playing()
    return LogEntry("decided", {"player": submission.who, "decision": decision(submission)})


def draft(submission: Submission) -> Draft:
    """Keep what was typed, and the decision that it is; what is not valid keeps the last one
    that was.
    """
    place = submission.state.place(submission.who)
    if submission.message.round != len(submission.state.digests):
        raise submission.problem("late")
    try:
        valid = decision(submission)
    except Problem:
        valid = submission.drafts[place].decision if place in submission.drafts else None
    return Draft(place, submission.message.fields, valid)


def decision(submission: Submission) -> dict[str, Any]:
    """What a form decides, if the market can carry it out."""
    player = submission.state.players[submission.who]
    report = submission.reports.get((player.market, submission.state.shown))
    if (
        player.seat is None
        or report is None
        or submission.message.round != len(submission.state.digests)
    ):
        raise submission.problem("late")
    found, wrong = desk.checked(
        submission.state.setup, player.seat, submission.message.fields, report.views[player.seat]
    )
    if wrong:
        setup, language = submission.state.setup, submission.state.language
        raise WrongDecision(
            wrong, *(desk.sentence(setup, player.seat, one, language)[0] for one in wrong)
        )
    return found


def predict(submission: Submission) -> LogEntry:
    """Which app leads at the end, and what share of the new users stays (a percentage)."""
    stay = float(submission.field("stay")) / 100
    if (
        submission.state.rounds
        or not 0 <= stay <= 1
        or submission.field("leader") not in submission.state.setup.scenario.messengers
    ):
        raise submission.problem("predict")
    return LogEntry(
        "predicted", {"player": submission.who, "leader": submission.field("leader"), "stay": stay}
    )


def proceed(submission: Submission) -> LogEntry:
    """Open the next round; after the last one, the debrief."""
    state = submission.playing()
    over = len(state.rounds) == state.setup.rounds
    return (
        LogEntry("debriefed")
        if over
        else LogEntry("opened", {"until": submission.now + state.seconds})
    )


def note(submission: Submission) -> LogEntry:
    text = submission.field("text").strip()
    if not text:
        raise submission.problem("empty")
    return LogEntry(
        "noted", {"to": player(submission) if submission.field("player") else "", "text": text}
    )


def give(submission: Submission) -> LogEntry:
    """A seat to a player; who sits there stands up, and the seat left behind is its bot's."""
    market, _, seat = submission.field("place").partition(" ")
    if (
        int(market) not in range(submission.state.markets)
        or seat not in submission.state.setup.seats
    ):
        raise KeyError(seat)
    return LogEntry("changed", {"player": player(submission), "market": int(market), "seat": seat})


def leave(submission: Submission) -> LogEntry:
    """The seats of all who are away to their bots."""
    gone = {n: None for n, p in submission.state.players.items() if p.seat and n in submission.away}
    if not gone:
        raise submission.problem("nobody")
    return LogEntry("moved", {"seats": gone})


def back(submission: Submission) -> LogEntry:
    """Their seats to all who were away and are here again, where nobody else has sat down."""
    taken = submission.state.seated
    here = {
        n: p.left
        for n, p in submission.state.players.items()
        if p.left and not p.seat and n not in submission.away and (p.market, p.left) not in taken
    }
    if not here:
        raise submission.problem("nobody")
    return LogEntry("moved", {"seats": here})


def link(submission: Submission) -> LogEntry:
    """Another key for a player's seat; the old one opens nothing any more."""
    return LogEntry("changed", {"player": player(submission), "token": submission.field("token")})


def player(submission: Submission) -> str:
    if submission.field("player") not in submission.state.players:
        raise KeyError("player")
    return submission.field("player")


def shown(submission: Submission) -> LogEntry:
    """The board of a market on the projector, or none."""
    return LogEntry(
        "set",
        {
            "board": range(submission.state.markets)[int(submission.field("market"))]
            if submission.field("on") == "1"
            else None
        },
    )


OPEN: tuple[Phase, ...] = ("open",)
PLAYING: tuple[Phase, ...] = ("lobby", "briefing", "open", "resolving", "reveal")
ALWAYS: tuple[Phase, ...] = (*PLAYING, "debrief")
ACTS: Mapping[str, tuple[str, tuple[Phase, ...], Callable[[Submission], LogEntry | Draft]]] = {
    "join": ("stranger", PLAYING, join),
    "decide": ("player", OPEN, decide),
    "draft": ("player", OPEN, draft),
    "recall": ("player", OPEN, lambda submission: LogEntry("recalled", {"player": submission.who})),
    "predict": ("player", ("briefing", "open"), predict),
    "start": ("host", ("lobby",), lambda _: LogEntry("briefed")),
    "next": ("host", ("briefing", "reveal"), proceed),
    "seal": (
        "host",
        OPEN,
        lambda submission: sealed(submission.state, submission.drafts, submission.bots),
    ),
    "pause": ("host", PLAYING, lambda submission: submission.clock(False)),
    "resume": ("host", PLAYING, lambda submission: submission.clock(True)),
    "time": (
        "host",
        OPEN,
        lambda submission: submission.clock(
            submission.state.paused is None, 30.0 if submission.field("by") == "30" else -30.0
        ),
    ),
    "undo": ("host", ("open", "resolving", "reveal", "debrief"), lambda _: LogEntry("undone")),
    "end": ("host", PLAYING, lambda _: LogEntry("debriefed")),
    "lock": (
        "host",
        PLAYING,
        lambda submission: LogEntry("set", {"locked": submission.field("on") == "1"}),
    ),
    "board": ("host", PLAYING, shown),
    "cards": (
        "host",
        PLAYING,
        lambda submission: LogEntry(
            "set",
            {"shocks": [one for one in submission.state.cards if one in submission.message.fields]},
        ),
    ),
    "note": ("host", ALWAYS, note),
    "rename": (
        "host",
        ALWAYS,
        lambda submission: LogEntry(
            "changed", {"player": player(submission), "name": nickname(submission)}
        ),
    ),
    "give": ("host", ALWAYS, give),
    "free": (
        "host",
        ALWAYS,
        lambda submission: LogEntry("changed", {"player": player(submission), "seat": None}),
    ),
    "leave": ("host", PLAYING, leave),
    "back": ("host", PLAYING, back),
    "link": ("host", ALWAYS, link),
    "remove": (
        "host",
        ALWAYS,
        lambda submission: LogEntry(
            "changed", {"player": player(submission), "seat": None, "token": ""}
        ),
    ),
}
"""What may be asked for: by whom, in which phases, and what it does."""
