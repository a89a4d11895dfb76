"""What each viewer may know: the only way by which anything leaves the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from markupsafe import Markup

from .. import desk
from ..words import Language, actor, pages, percent
from .state import role_of
from .tables import stages

if TYPE_CHECKING:
    from ..game.report import RoundReport
    from .lesson import Lesson

PARTS: Mapping[str, tuple[str, ...]] = {
    "player": ("status", "notes", "debrief", "film", "role", "brief", "act", "typed", "board"),
    "host": ("status", "debrief", "control", "tools", "peek", "people", "board", "health"),
    "projector": ("status", "notes", "door", "debrief", "film", "seals"),
}
"""Pieces of each page, in their order there."""


class Part(NamedTuple):
    """A piece of a page: `values` for its template, and a text that is equal for equal contents;
    `shared`: which piece of everybody's it is, None if it is the viewer's own.
    """

    version: str
    values: Mapping[str, Any]
    shared: tuple[object, ...] | None = None


def part(large: Mapping[str, Any] | None = None, **small: Any) -> Part:
    """A piece of a page; its version is that of the small values, so `large` ones follow from
    them.
    """
    return Part(f"{crc32(repr(small).encode()):x}", {**small, **(large or {})})


def view(lesson: Lesson, who: str, look: tuple[int, str] | None = None) -> dict[str, Part]:
    """What a viewer may know now, by piece of its page. `look`: market and seat that the host
    looks at on purpose.
    """
    state, role = lesson.state, role_of(who)
    playing = state.phase in ("open", "resolving", "reveal")
    parts = {
        "status": part(
            phase=state.phase,
            round=len(state.digests) + (state.phase in ("open", "resolving")),
            of=state.setup.rounds,
            paused=state.paused is not None,
            seated=len(state.awaited(lesson.away)),
            decided=len(state.decisions),
            predicted=len(state.predictions),
            role=role,
            trouble=bool(lesson.troubles),
        )._replace(shared=(role,))
    }
    if role != "host":
        cards = (
            state.shocks
            if state.phase == "open"
            else state.rounds[-1].shocks
            if state.phase in ("resolving", "reveal")
            else ()
        )
        parts["notes"] = part(
            notes=[
                text
                for to, text in state.notes[state.read if role == "projector" else 0 :]
                if to in ("", who)
            ],
            cards=cards,
        )
    if role == "player":
        parts |= _player(lesson, who)
    elif role == "host":
        parts |= _host(lesson, look)
    elif state.board is not None and (state.board, state.shown) in lesson.reports and playing:
        parts["film"] = _board(lesson, state.board, ladder=True)
    elif state.phase != "debrief":
        parts["door"] = part(
            {"setup": state.setup},
            phase=state.phase,
            names=[p.name for p in state.players.values() if p.token],
            predicted=len(state.predictions),
        )
    if role == "projector" and state.phase == "open":
        seated = [(n, p.name) for n, p in state.players.items() if p.token and p.seat]
        parts["seals"] = part(names=[(name, n in state.decisions) for n, name in seated])
    if state.phase == "debrief":
        markets = [state.players[who].market] if role == "player" else range(state.markets)
        there = [m for m in markets if debrief_of(lesson, who, m)[0]]
        ranks = {m: _debriefs(lesson, m)["ranking"] for m in there if role == "projector"}
        parts["debrief"] = part(there=there, of=len(markets), ranks=ranks)
    return parts


def _player(lesson: Lesson, who: str) -> dict[str, Part]:
    state, player = lesson.state, lesson.state.players[who]
    if player.seat is None:
        return {"act": part(do="stand")}
    parts = {
        "role": part(
            {"setup": state.setup},
            seat=player.seat,
            name=player.name,
            market=player.market,
            markets=state.markets,
            folded=state.phase not in ("lobby", "briefing"),
            bot=state.bot(player.seat),
            predicted=state.predictions.get(who),
        )
    }
    if state.phase == "lobby":
        return parts
    report = lesson.reports.get((player.market, state.shown))
    parts["act"] = _act(lesson, who, player.seat, report)
    draft = lesson.drafts.get(state.place(who))
    if draft and lesson.online[who] > 1 and parts["act"].values["do"] == "decide":
        parts["typed"] = part(fields=dict(draft.fields), round=len(state.digests))
    if report is not None:
        own = replace(
            report,
            seats={player.seat: report.seats[player.seat]},
            views={player.seat: report.views[player.seat]},
        )
        parts["brief"] = part(
            {"setup": state.setup, "report": own},
            seat=player.seat,
            market=player.market,
            shown=state.shown,
        )
        parts["board"] = _board(lesson, player.market, folded=False)
        if state.phase == "reveal":
            parts["film"] = _board(lesson, player.market, ladder=False)
    return parts


def _act(lesson: Lesson, who: str, seat: str, report: RoundReport | None) -> Part:
    """What a player is to do now."""
    state, number = lesson.state, len(lesson.state.digests)
    predicts = (
        not state.rounds and who not in state.predictions and state.phase in ("briefing", "open")
    )
    apps = list(state.setup.scenario.messengers) if predicts else []
    if state.phase != "open" or report is None:
        return part(do="wait", phase=state.phase, ready=report is not None, apps=apps)
    place, paused = state.place(who), state.paused is not None
    draft = lesson.drafts.get(place)
    if who in state.decisions:
        decision = state.decisions[who]
        differs = draft is not None and draft.decision != decision
        return part(
            {"setup": state.setup},
            do="sealed",
            seat=seat,
            decision=decision,
            differs=differs,
            round=number,
            apps=apps,
            paused=paused,
        )
    own = replace(report, seats={seat: report.seats[seat]}, views={seat: report.views[seat]})
    return part(
        {
            "setup": state.setup,
            "view": report.views[seat],
            "report": own,
            "draft": draft and draft.fields,
        },
        do="decide",
        paused=paused,
        cards=state.shocks,
        seat=seat,
        place=place,
        seals=state.seals,
        problems=lesson.problems.get(place, ()),
        round=number,
        apps=apps,
    )


def _board(lesson: Lesson, market: int, **shape: bool) -> Part:
    state, report = lesson.state, lesson.reports.get((market, lesson.state.shown))
    public = report and replace(report, seats={}, views={})
    return part(
        {"setup": state.setup, "report": public},
        market=market,
        markets=state.markets,
        shown=state.shown,
        there=report is not None,
        **shape,
    )._replace(shared=(market, *shape.items()))


def _host(lesson: Lesson, look: tuple[int, str] | None) -> dict[str, Part]:
    state, away = lesson.state, lesson.away
    there = {number: p for number, p in state.players.items() if p.token}
    people = [
        {
            "number": number,
            "name": p.name,
            "market": p.market,
            "seat": p.seat,
            "online": lesson.online[number] > 0,
            "in": number in state.decisions,
            "predicted": number in state.predictions,
        }
        for number, p in there.items()
    ]
    parts = {
        "control": part(
            phase=state.phase,
            paused=state.paused is not None,
            rounds=len(state.rounds),
            locked=state.locked,
            over=len(state.digests) == state.setup.rounds,
            shocks=state.shocks,
            cards=state.cards,
            shown=state.board,
            markets=state.markets,
            ready=lesson.ready(),
        ),
        "health": part(
            online=sum(lesson.online[number] > 0 for number in there),
            code=state.code,
            refused=dict(+lesson.refused),
            commit=round(lesson.commit * 1000),
            trouble="; ".join(lesson.troubles.values()),
            pending=len(lesson.pending),
        ),
        "people": part(
            people=people,
            markets=state.markets,
            playing=state.phase != "debrief",
            away=sum(p.seat is not None and n in away for n, p in there.items()),
            back=sum(
                p.left is not None and p.seat is None and n not in away for n, p in there.items()
            ),
        ),
        "tools": part(
            people=[(number, p.name, p.seat) for number, p in there.items()],
            seats=state.setup.seats,
            markets=state.markets,
            sits={place: (n, state.players[n].name) for place, n in state.seated.items()},
            played=bool(state.rounds),
            bots={seat: state.bot(seat) for seat in state.setup.firms},
        ),
        "board": _board(lesson, state.board or 0, folded=True),
    }
    if look and (report := lesson.reports.get((look[0], state.shown))):
        number, (market, seat) = state.seated.get(look), look
        draft = lesson.drafts.get(state.place(number)) if number else None
        how, decision = "unchanged" if number else "bot", dict[str, Any]()
        if number and number in state.decisions:
            how, decision = "decided", dict(state.decisions[number])
        elif draft and draft.decision is not None:
            how, decision = "draft", dict(draft.decision)
        typed = bool(draft) and draft.decision != decision
        own = replace(report, seats={seat: report.seats[seat]}, views={seat: report.views[seat]})
        parts["peek"] = part(
            {"setup": state.setup, "report": own, "view": report.views[seat]},
            seat=seat,
            market=market,
            shown=state.shown,
            how=how,
            decision=decision,
            open=state.phase == "open",
            draft=dict(draft.fields) if draft and how != "decided" else None,
            typed=typed,
        )
    return parts


def debrief_of(lesson: Lesson, who: str, market: int) -> tuple[str | None, bool]:
    """What a viewer is told at the end, own seat first, None while it is computed, or before; and
    whether all parts of it are there.
    """
    player = lesson.state.players.get(who)
    market, seat = (player.market, player.seat or "") if player else (market, "")
    every = len(stages(lesson.state, market)[1])
    report = _debriefs(lesson, market).get(seat)
    return report, (market, lesson.state.shown, every) in lesson.debriefs


def _debriefs(lesson: Lesson, market: int) -> Mapping[str, str]:
    """A market's debrief by seat, as far as it is known."""
    known = [
        place
        for place in [*lesson.debriefs]
        if place[:2] == (market, lesson.state.shown) and lesson.state.phase == "debrief"
    ]
    return lesson.debriefs[max(known)] if known else {}


# ------------------------------------------------------------------ as HTML


def rendered(template: str, values: Mapping[str, Any], language: Language) -> Markup:
    """A page, or a piece of one."""
    return pages.rendered(
        "market_model.classroom",
        template,
        language,
        actor=actor,
        percent=partial(percent, language=language),
        desk=desk,
        **values,
    )


def frame(
    lesson: Lesson, who: str, seen: Mapping[str, str], look: tuple[int, str] | None = None
) -> dict[str, Any]:
    """What is new to a viewer's page that shows `seen` (version by piece): {version, html: by
    piece, left: seconds, paused: whether the clock stands, now: milliseconds of its clock}.
    """
    parts = view(lesson, who, look)
    new = {name: part for name, part in parts.items() if seen.get(name) != part.version}
    gone = {name: "" for name in seen if seen[name] and name not in parts}
    left, stands = lesson.clock()
    return {
        "version": {name: part.version for name, part in new.items()} | gone,
        "html": {name: _html(lesson, name, part) for name, part in new.items()} | gone,
        "left": left,
        "paused": stands,
        "now": round(lesson.now() * 1000),
    }


def _html(lesson: Lesson, name: str, part: Part) -> Markup:
    """A piece of a page; one that many pages show is made once, and kept until there is another."""
    if part.shared is None:
        return rendered(name, part.values, lesson.state.language)
    place = name, *part.shared
    if lesson.shared.get(place, ("",))[0] != part.version:
        lesson.shared[place] = part.version, rendered(name, part.values, lesson.state.language)
    return lesson.shared[place][1]
