"""What a message may do: every one is checked here before anything happens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from .. import desk
from ..game.shocks import CARDS
from ..players.decisions import Fault
from ..words import Language
from ..words.catalogue import texts
from .log import Draft, Event
from .state import Phase, State, clock, role_of, sealed

if TYPE_CHECKING:
    from ..game.told import Told

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


class Asked(NamedTuple):
    """A message with all that decides on it. `told`: by market and serial of a round; `drafts`:
    by place; `away`: players for whom nobody waits; `bots`: what bots of one's own decide, by
    market and seat.
    """

    state: State
    told: Mapping[tuple[int, int], Told]
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

    def playing(self) -> State:
        """The state, unless the clock has been stopped. Raises Problem."""
        if self.state.paused is not None:
            raise self.problem("paused")
        return self.state

    def clock(self, running: bool, more: float = 0.0) -> Event:
        """The rest of an open round, and some seconds more."""
        rest = self.state.remaining(self.now)
        data = clock(self.now, max(0.0, (rest or 0.0) + more), running)
        return Event("clock", data if rest is not None else data | {"until": None})


def act(asked: Asked) -> Event | Draft:
    """What a message makes happen.

    Raises:
        Problem: it cannot be done now, or a decision is wrong.
        KeyError, ValueError: no honest page of this viewer sends it.
    """
    who, phases, does = ACTS[asked.message.do]
    if who != role_of(asked.who):
        raise KeyError(asked.message.do)
    if asked.state.phase not in phases:
        raise asked.problem("over" if asked.state.phase == "debrief" else "late")
    found = does(asked)
    return found._replace(key=asked.message.id) if isinstance(found, Event) else found


def join(asked: Asked) -> Event:
    """A nickname becomes a player in the next free seat."""
    state = asked.state
    if state.locked:
        raise asked.problem("locked")
    if sum(bool(player.token) for player in state.players.values()) >= MOST_PLAYERS:
        raise asked.problem("full")
    market, seat = state.free_seat()
    return Event(
        "joined",
        {
            "player": f"p{len(state.players) + 1}",
            "name": nickname(asked),
            "token": asked.field("token"),
            "market": market,
            "seat": seat,
        },
    )


def nickname(asked: Asked) -> str:
    """A nickname without tricks; one that is taken gets a number."""
    name = plain(asked.field("name"))
    if not name:
        raise asked.problem("name")
    taken = {
        p.name
        for number, p in asked.state.players.items()
        if number != asked.message.fields.get("player")
    }
    return free_name(name, taken)


def plain(name: str) -> str:
    """A nickname without what cannot be printed, and not too long."""
    return " ".join("".join(c for c in name if c.isprintable()).split())[:LONGEST_NAME].strip()


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with the first number that makes it another one than those that are taken."""
    numbered = (f"{name[: LONGEST_NAME - 4]} {n}" for n in range(2, MOST_PLAYERS + 2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def decide(asked: Asked) -> Event:
    """Seal a decision; it may be taken back until the round is sealed."""
    asked.playing()
    return Event("decided", {"player": asked.who, "decision": decision(asked)})


def draft(asked: Asked) -> Draft:
    """Keep what was typed, and the decision that it is; what is not valid keeps the last one
    that was.
    """
    place = asked.state.place(asked.who)
    if asked.message.round != len(asked.state.digests):
        raise asked.problem("late")
    try:
        valid = decision(asked)
    except Problem:
        valid = asked.drafts[place].decision if place in asked.drafts else None
    return Draft(place, asked.message.fields, valid)


def decision(asked: Asked) -> dict[str, Any]:
    """What a form decides, if the market can carry it out."""
    player = asked.state.players[asked.who]
    told = asked.told.get((player.market, asked.state.shown))
    if player.seat is None or told is None or asked.message.round != len(asked.state.digests):
        raise asked.problem("late")
    found, wrong = desk.checked(
        asked.state.setup, player.seat, asked.message.fields, told.views[player.seat]
    )
    if wrong:
        setup, language = asked.state.setup, asked.state.language
        raise WrongDecision(
            wrong, *(desk.sentence(setup, player.seat, one, language)[0] for one in wrong)
        )
    return found


def predict(asked: Asked) -> Event:
    """Which app leads at the end, and what share of the new users stays (a percentage)."""
    stay = float(asked.field("stay")) / 100
    if (
        asked.state.rounds
        or not 0 <= stay <= 1
        or asked.field("leader") not in asked.state.setup.scenario.messengers
    ):
        raise asked.problem("predict")
    return Event("predicted", {"player": asked.who, "leader": asked.field("leader"), "stay": stay})


def proceed(asked: Asked) -> Event:
    """Open the next round; after the last one, the debrief."""
    state = asked.playing()
    over = len(state.rounds) == state.setup.rounds
    return Event("debriefed") if over else Event("opened", {"until": asked.now + state.seconds})


def note(asked: Asked) -> Event:
    text = asked.field("text").strip()
    if not text:
        raise asked.problem("empty")
    return Event("noted", {"to": player(asked) if asked.field("player") else "", "text": text})


def give(asked: Asked) -> Event:
    """A seat to a player; who sits there stands up, and the seat left behind is its bot's."""
    market, _, seat = asked.field("place").partition(" ")
    if int(market) not in range(asked.state.markets) or seat not in asked.state.setup.seats:
        raise KeyError(seat)
    return Event("changed", {"player": player(asked), "market": int(market), "seat": seat})


def leave(asked: Asked) -> Event:
    """The seats of all who are away to their bots."""
    gone = {n: None for n, p in asked.state.players.items() if p.seat and n in asked.away}
    if not gone:
        raise asked.problem("nobody")
    return Event("moved", {"seats": gone})


def back(asked: Asked) -> Event:
    """Their seats to all who were away and are here again, where nobody else has sat down."""
    taken = asked.state.seated
    here = {
        n: p.left
        for n, p in asked.state.players.items()
        if p.left and not p.seat and n not in asked.away and (p.market, p.left) not in taken
    }
    if not here:
        raise asked.problem("nobody")
    return Event("moved", {"seats": here})


def link(asked: Asked) -> Event:
    """Another key for a player's seat; the old one opens nothing any more."""
    return Event("changed", {"player": player(asked), "token": asked.field("token")})


def player(asked: Asked) -> str:
    if asked.field("player") not in asked.state.players:
        raise KeyError("player")
    return asked.field("player")


def shown(asked: Asked) -> Event:
    """The board of a market on the projector, or none."""
    return Event(
        "set",
        {
            "board": range(asked.state.markets)[int(asked.field("market"))]
            if asked.field("on") == "1"
            else None
        },
    )


OPEN: tuple[Phase, ...] = ("open",)
PLAYING: tuple[Phase, ...] = ("lobby", "briefing", "open", "resolving", "reveal")
ALWAYS: tuple[Phase, ...] = (*PLAYING, "debrief")
ACTS: Mapping[str, tuple[str, tuple[Phase, ...], Callable[[Asked], Event | Draft]]] = {
    "join": ("stranger", PLAYING, join),
    "decide": ("player", OPEN, decide),
    "draft": ("player", OPEN, draft),
    "recall": ("player", OPEN, lambda asked: Event("recalled", {"player": asked.who})),
    "predict": ("player", ("briefing", "open"), predict),
    "start": ("host", ("lobby",), lambda _: Event("briefed")),
    "next": ("host", ("briefing", "reveal"), proceed),
    "seal": ("host", OPEN, lambda asked: sealed(asked.state, asked.drafts, asked.bots)),
    "pause": ("host", PLAYING, lambda asked: asked.clock(False)),
    "resume": ("host", PLAYING, lambda asked: asked.clock(True)),
    "time": (
        "host",
        OPEN,
        lambda asked: asked.clock(
            asked.state.paused is None, 30.0 if asked.field("by") == "30" else -30.0
        ),
    ),
    "undo": ("host", ("open", "resolving", "reveal", "debrief"), lambda _: Event("undone")),
    "end": ("host", PLAYING, lambda _: Event("debriefed")),
    "lock": ("host", PLAYING, lambda asked: Event("set", {"locked": asked.field("on") == "1"})),
    "board": ("host", PLAYING, shown),
    "cards": (
        "host",
        PLAYING,
        lambda asked: Event(
            "set", {"shocks": [card for card in CARDS if card in asked.message.fields]}
        ),
    ),
    "note": ("host", ALWAYS, note),
    "rename": (
        "host",
        ALWAYS,
        lambda asked: Event("changed", {"player": player(asked), "name": nickname(asked)}),
    ),
    "give": ("host", ALWAYS, give),
    "free": (
        "host",
        ALWAYS,
        lambda asked: Event("changed", {"player": player(asked), "seat": None}),
    ),
    "leave": ("host", PLAYING, leave),
    "back": ("host", PLAYING, back),
    "link": ("host", ALWAYS, link),
    "remove": (
        "host",
        ALWAYS,
        lambda asked: Event("changed", {"player": player(asked), "seat": None, "token": ""}),
    ),
}
"""What may be asked for: by whom, in which phases, and what it does."""
