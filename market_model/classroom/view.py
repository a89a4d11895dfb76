"""What each viewer may know: the only way by which anything leaves the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .. import desk
from ..game.shocks import CARDS
from ..words import Language, actor, percent, word
from .state import role_of
from .texts import texts

if TYPE_CHECKING:
    from ..game.told import Told
    from .lesson import Lesson
    from .state import Player

PARTS: Mapping[str, tuple[str, ...]] = {
    "player": ("status", "notes", "debrief", "role", "brief", "act", "board"),
    "host": ("status", "debrief", "control", "tools", "peek", "people", "board", "health"),
    "projector": ("status", "notes", "door", "debrief", "board")}
"""Pieces of each page, in their order there."""


class Part(NamedTuple):
    """A piece of a page: `values` for its template, and a text that is equal for equal contents."""

    version: str
    values: Mapping[str, Any]


def view(lesson: Lesson, who: str, look: tuple[int, str] | None = None) -> dict[str, Part]:
    """What a viewer may know now, by piece of its page. `look`: market and seat that the host looks at on purpose."""
    state = lesson.state
    status = {"phase": state.phase, "round": len(state.digests) + (state.phase in ("open", "resolving")), "of": state.setup.rounds,
              "paused": state.paused is not None, "seated": len(state.seated), "decided": len(state.decisions),
              "predicted": len(state.predictions), "role": role_of(who), "trouble": bool(lesson.trouble)}
    cards = state.shocks if state.phase == "open" else state.rounds[-1].shocks if state.phase in ("resolving", "reveal") else ()
    parts = {"status": _small(status)}
    if who != "host":
        parts["notes"] = _small({"notes": [text for to, text in state.notes if to in ("", who)], "cards": cards})
    match role_of(who):
        case "player":
            parts |= _player(lesson, who)
        case "host":
            parts |= _host(lesson, look)
        case _:
            if state.board is not None and state.phase not in ("lobby", "briefing"):
                parts["board"] = _board(lesson, state.board)
            elif state.phase != "debrief":
                parts["door"] = _small({"phase": state.phase, "names": [p.name for p in state.players.values() if p.token],
                                        "predicted": len(state.predictions)})
    if state.phase == "debrief":
        markets = [state.players[who].market] if role_of(who) == "player" else range(state.markets)
        there = [m for m in markets if told_debrief(lesson, who, m)]
        ranks = {m: lesson.debriefs[m, state.shown]["ranking"] for m in there if who == "projector"}
        parts["debrief"] = _small({"there": there, "of": len(markets), "ranks": ranks})
    return parts


def _small(values: Mapping[str, Any]) -> Part:
    return Part(f"{crc32(repr(values).encode()):x}", values)


def _player(lesson: Lesson, who: str) -> dict[str, Part]:
    state, player = lesson.state, lesson.state.players[who]
    if player.seat is None:
        return {"act": _small({"do": "stand"})}
    parts = dict[str, Part]()
    seat = f"{player.market} {player.seat}"
    folded = state.phase not in ("lobby", "briefing")
    parts["role"] = Part(f"{seat} {player.name} {folded} {state.markets}", {
        "setup": state.setup, "seat": player.seat, "name": player.name, "market": player.market, "markets": state.markets,
        "folded": folded})
    told = lesson.told.get((player.market, state.shown))
    if state.phase == "lobby":
        return parts
    parts["act"] = _act(lesson, who, player, told)
    if told is not None:
        own = replace(told, seats={player.seat: told.seats[player.seat]}, views={player.seat: told.views[player.seat]})
        parts["brief"] = Part(f"{seat} {state.shown}", {"setup": state.setup, "seat": player.seat, "told": own})
        parts["board"] = _board(lesson, player.market)
    return parts


def _act(lesson: Lesson, who: str, player: Player, told: Told | None) -> Part:
    """What a player is to do now."""
    state, seat = lesson.state, player.seat
    predicts = not state.rounds and who not in state.predictions and state.phase in ("briefing", "open")
    predicting = {"apps": list(state.setup.scenario.messengers) if predicts else []}
    if state.phase != "open" or told is None or seat is None:
        return _small({"do": "wait", "phase": state.phase, "ready": told is not None, **predicting})
    if who in state.decisions:
        return _small({"do": "sealed", "round": len(state.digests), **predicting})
    place, problems = state.place(who), lesson.problems.get(who, ())
    draft = lesson.drafts.get(place)
    return Part(f"{place} {state.serial} {state.seals} {crc32(repr(problems).encode()):x} {predicts}", {
        "do": "decide", "setup": state.setup, "seat": seat, "view": told.views[seat], "draft": draft.fields if draft else None,
        "problems": problems, "round": len(state.digests), **predicting})


def _board(lesson: Lesson, market: int) -> Part:
    told = lesson.told.get((market, lesson.state.shown))
    public = told and replace(told, seats={}, views={})
    return Part(f"{market} {lesson.state.shown} {told is not None}",
                {"setup": lesson.state.setup, "told": public, "market": market, "markets": lesson.state.markets})


def _host(lesson: Lesson, look: tuple[int, str] | None) -> dict[str, Part]:
    state = lesson.state
    place = f"{look[0]} {look[1]}" if look else ""
    people = [{"number": number, "name": p.name, "market": p.market, "seat": p.seat, "online": lesson.online[number] > 0,
               "in": number in state.decisions, "predicted": number in state.predictions}
              for number, p in state.players.items() if p.token]
    parts = {
        "control": _small({"phase": state.phase, "paused": state.paused is not None, "rounds": len(state.rounds), "locked": state.locked,
                           "over": len(state.digests) == state.setup.rounds, "shocks": list(state.shocks), "cards": CARDS,
                           "shown": state.board, "markets": state.markets,
                           "ready": all((m, state.shown) in lesson.told for m in range(state.markets))}),
        "health": _small({"online": sum(n > 0 for who, n in lesson.online.items() if role_of(who) == "player"), "code": state.code,
                          "refused": dict(+lesson.refused), "commit": round(lesson.commit * 1000), "trouble": lesson.trouble,
                          "asked": len(lesson.asked)}),
        "people": _small({"people": people, "markets": state.markets}),
        "tools": _small({"people": [(one["number"], one["name"]) for one in people], "seats": list(state.setup.seats),
                         "markets": state.markets,
                         "bots": {seat: word(f"strategies.name.{state.setup.bot(seat)}", state.language) for seat in state.setup.seats}}),
        "board": _board(lesson, state.board or 0)}
    told = lesson.told.get((look[0], state.shown)) if look else None
    if look and told:
        number = state.seated.get(look)
        own = {"decision": state.decisions.get(number or "", {}), "how": "decided" if number in state.decisions else "bot"}
        draft = lesson.drafts.get(state.place(number)) if number else None
        if draft and number not in state.decisions:
            own = {"decision": dict(draft.fields), "how": "draft"}
        parts["peek"] = Part(f"{place} {state.shown} {crc32(repr(own).encode()):x}", {
            "setup": state.setup, "seat": look[1], "market": look[0], "told": replace(told, seats={look[1]: told.seats[look[1]]}),
            "mine": own})
    return parts


def told_debrief(lesson: Lesson, who: str, market: int) -> str | None:
    """What a viewer is told at the end, own seat first; None while it is computed, or before."""
    player = lesson.state.players.get(who)
    market, seat = (player.market, player.seat or "") if player else (market, "")
    return lesson.debriefs.get((market, lesson.state.shown), {}).get(seat) if lesson.state.phase == "debrief" else None


# ------------------------------------------------------------------ as HTML


def rendered(name: str, values: Mapping[str, Any], language: Language) -> Markup:
    """A page, or a piece of one."""
    return Markup(_templates().get_template(f"{name}.html.j2").render(words=texts(language), language=language, **values))


def frame(lesson: Lesson, who: str, seen: Mapping[str, str], look: tuple[int, str] | None = None) -> dict[str, Any]:
    """What is new to a viewer's page that shows `seen` (version by piece): {version, html: by piece, left: seconds}."""
    parts = view(lesson, who, look)
    new = {name: part for name, part in parts.items() if seen.get(name) != part.version}
    gone = [name for name in seen if seen[name] and name not in parts and name in PARTS[role_of(who)]]
    language = lesson.state.language
    return {"version": {name: part.version for name, part in new.items()} | dict.fromkeys(gone, ""),
            "html": {name: rendered(name, part.values, language) for name, part in new.items()} | dict.fromkeys(gone, ""),
            "left": lesson.state.remaining(time()), "paused": lesson.state.paused is not None}


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "pages")
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    pieces: dict[str, Callable[..., Any]] = {"form": desk.form, "brief": desk.brief, "board": desk.board, "role": desk.role}
    found.globals.update(actor=actor, percent=percent, desk=pieces)  # pyright: ignore[reportArgumentType]
    return found
