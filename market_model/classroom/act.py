"""What a message may do: every one is checked here before anything happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from .. import desk
from ..game import problems
from ..game.shocks import CARDS
from .log import Draft, Event
from .state import State, sealed
from .texts import say

if TYPE_CHECKING:
    from ..game.told import Told

LONGEST_NAME = 24
MOST_PLAYERS = 600
"""Three times the largest class that this was built for; keeps a prankster who knows the code from opening markets without end."""


class Message(BaseModel):
    """What a client asks for. `id`: the same when it asks again; `round`: the one it means, 0 = first; `fields`: of its form."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, Field(min_length=8, max_length=40)]
    do: Annotated[str, Field(max_length=20)]
    round: int = 0
    fields: dict[Annotated[str, Field(max_length=120)], Annotated[str, Field(max_length=400)]] = Field({}, max_length=300)


class Refused(ValueError):
    """No honest client sends this."""


class Problem(ValueError):
    """Something to tell the sender: sentences in the game's language."""


@dataclass(frozen=True)
class Asked:
    """A message with all that decides on it. `told`: by market and serial of a round; `drafts`: by place."""

    state: State
    told: Mapping[tuple[int, int], Told]
    drafts: Mapping[str, Draft]
    who: str
    message: Message
    now: float

    def __getitem__(self, name: str) -> str:
        try:
            return self.message.fields[name]
        except KeyError:
            raise Refused(f"{self.message.do} needs {name}") from None

    def problem(self, key: str) -> Problem:
        return Problem(say(f"problem.{key}", self.state.language))

    def must(self, *phases: str, key: str = "late") -> None:
        """Go on in these phases only."""
        if self.state.phase not in phases:
            raise self.problem(key)


def act(asked: Asked) -> list[Event | Draft]:
    """What a message makes happen. Raises Refused, Problem."""
    acts = {"host": HOST, "": STRANGER}.get(asked.who, PLAYER)
    if asked.message.do not in acts or asked.who == "projector":
        raise Refused(f"'{asked.message.do}' is nothing for {asked.who or 'strangers'}")
    found = acts[asked.message.do](asked)
    return [one._replace(key=asked.message.id) if isinstance(one, Event) else one for one in found]


# ------------------------------------------------------------------ who is not in yet


def join(asked: Asked) -> list[Event | Draft]:
    """A nickname becomes a player in the next free seat."""
    state = asked.state
    if state.locked or len(state.players) >= MOST_PLAYERS:
        raise asked.problem("locked")
    asked.must("lobby", "briefing", "open", "resolving", "reveal", key="over")
    market, seat = state.free_seat()
    return [Event("joined", {"player": f"p{len(state.players) + 1}", "name": _name(asked), "token": asked["token"], "market": market,
                             "seat": seat})]


def _name(asked: Asked) -> str:
    """A nickname without tricks; one that is taken gets a number."""
    name = " ".join("".join(c for c in asked["name"] if c.isprintable()).split())[:LONGEST_NAME].strip()
    if not name:
        raise asked.problem("name")
    taken = {p.name for number, p in asked.state.players.items() if number != asked.message.fields.get("player")}
    numbered = (f"{name[:LONGEST_NAME - 4]} {n}" for n in range(2, MOST_PLAYERS + 2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


# ------------------------------------------------------------------ players


def decide(asked: Asked) -> list[Event | Draft]:
    """Seal a decision; it may be taken back until the round is sealed."""
    if asked.state.paused is not None:
        raise asked.problem("paused")
    return [Event("decided", {"player": asked.who, "decision": _decision(asked)})]


def draft(asked: Asked) -> list[Event | Draft]:
    """Keep what was typed, and the decision that it would be."""
    kept = asked.drafts.get(asked.state.place(asked.who))
    try:
        decision = _decision(asked)
    except Problem:
        asked.must("open")
        decision = kept.decision if kept else None
    return [Draft(asked.state.place(asked.who), asked.message.fields, decision)]


def _decision(asked: Asked) -> dict[str, Any]:
    player = asked.state.players[asked.who]
    told = asked.told.get((player.market, asked.state.shown))
    asked.must("open")
    if player.seat is None or told is None or asked.message.round != len(asked.state.digests):
        raise asked.problem("late")
    try:
        decision = desk.decision_of(asked.state.setup, player.seat, asked.message.fields)
    except ValueError as error:
        raise Problem(*error.args) from None
    if found := problems(asked.state.setup, player.seat, decision, told.views[player.seat]):
        raise Problem(*found)
    return decision


def recall(asked: Asked) -> list[Event | Draft]:
    """Take a sealed decision back."""
    asked.must("open")
    return [Event("recalled", {"player": asked.who})]


def predict(asked: Asked) -> list[Event | Draft]:
    """Which app leads at the end, and what share of the new users stays."""
    asked.must("briefing", "open")
    if asked.state.rounds or asked["leader"] not in asked.state.setup.scenario.messengers:
        raise asked.problem("late")
    try:
        stay = float(asked["stay"]) / 100
    except ValueError:
        raise asked.problem("share") from None
    if not 0 <= stay <= 1:
        raise asked.problem("share")
    return [Event("predicted", {"player": asked.who, "leader": asked["leader"], "stay": stay})]


# ------------------------------------------------------------------ the host


def start(asked: Asked) -> list[Event | Draft]:
    asked.must("lobby")
    return [Event("briefed")]


def proceed(asked: Asked) -> list[Event | Draft]:
    """Open the next round; after the last one, the debrief."""
    asked.must("briefing", "reveal")
    if asked.state.paused is not None:
        raise asked.problem("paused")
    over = len(asked.state.rounds) == asked.state.setup.rounds
    return [Event("debriefed") if over else Event("opened", {"until": asked.now + asked.state.seconds})]


def seal(asked: Asked) -> list[Event | Draft]:
    asked.must("open")
    return [sealed(asked.state, asked.drafts)]


def pause(asked: Asked) -> list[Event | Draft]:
    return [Event("clock", {"until": None, "paused": asked.state.remaining(asked.now) or 0.0})]


def resume(asked: Asked) -> list[Event | Draft]:
    rest = asked.state.remaining(asked.now) or 0.0
    return [Event("clock", {"until": asked.now + rest if asked.state.phase == "open" else None, "paused": None})]


def longer(asked: Asked) -> list[Event | Draft]:
    asked.must("open")
    rest = max(0.0, (asked.state.remaining(asked.now) or 0.0) + (30 if asked["by"] == "30" else -30))
    paused = asked.state.paused is not None
    return [Event("clock", {"until": None if paused else asked.now + rest, "paused": rest if paused else None})]


def undo(asked: Asked) -> list[Event | Draft]:
    if not asked.state.rounds:
        raise asked.problem("first")
    return [Event("undone")]


def end(_: Asked) -> list[Event | Draft]:
    return [Event("debriefed")]


def lock(asked: Asked) -> list[Event | Draft]:
    return [Event("set", {"locked": asked["on"] == "1"})]


def board(asked: Asked) -> list[Event | Draft]:
    return [Event("set", {"board": _market(asked, asked["market"]) if asked["on"] == "1" else None})]


def cards(asked: Asked) -> list[Event | Draft]:
    return [Event("set", {"shocks": [card for card in CARDS if card in asked.message.fields]})]


def note(asked: Asked) -> list[Event | Draft]:
    text = asked["text"].strip()
    if not text:
        raise asked.problem("empty")
    return [Event("noted", {"to": _player(asked) if asked["player"] else "", "text": text})]


def rename(asked: Asked) -> list[Event | Draft]:
    return [Event("changed", {"player": _player(asked), "name": _name(asked)})]


def give(asked: Asked) -> list[Event | Draft]:
    """A seat to a player; who sits there stands up, and the seat left behind is its bot's."""
    market, _, seat = asked["place"].partition(" ")
    if seat not in asked.state.setup.seats:
        raise Refused(f"there is no seat '{seat}'")
    return [Event("changed", {"player": _player(asked), "market": _market(asked, market), "seat": seat})]


def free(asked: Asked) -> list[Event | Draft]:
    """A player's seat to its bot."""
    return [Event("changed", {"player": _player(asked), "seat": None})]


def remove(asked: Asked) -> list[Event | Draft]:
    """A player leaves for good: the key opens nothing any more."""
    return [Event("changed", {"player": _player(asked), "seat": None, "token": ""})]


def _player(asked: Asked) -> str:
    if asked["player"] not in asked.state.players:
        raise asked.problem("player")
    return asked["player"]


def _market(asked: Asked, text: str) -> int:
    if not text.isdecimal() or int(text) >= asked.state.markets:
        raise Refused(f"there is no market '{text}'")
    return int(text)


type Act = Callable[[Asked], list[Event | Draft]]

STRANGER: Mapping[str, Act] = {"join": join}
PLAYER: Mapping[str, Act] = {"decide": decide, "draft": draft, "recall": recall, "predict": predict}
HOST: Mapping[str, Act] = {
    "start": start, "next": proceed, "seal": seal, "pause": pause, "resume": resume, "time": longer, "undo": undo, "end": end,
    "lock": lock, "board": board, "cards": cards, "note": note, "rename": rename, "give": give, "free": free, "remove": remove}
