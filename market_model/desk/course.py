"""The whole game on one map: its weeks as a film of a minute, and its turning points in words."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from ..game import Setup
from ..game.course import Course, Turn
from ..game.moves import EACH, Placement
from ..words import Language, actor, amount, word
from ..words.catalogue import texts
from .film import picture
from .markup import markup

MINUTE = 60_000
"""Milliseconds of the film, and the most of one week."""
SLOWEST = 2_000


def course_film(setup: Setup, course: Course, language: Language) -> Markup:
    """The film, with a button for each turning point."""
    places = course["places"]
    marks = {name: _free(course, name) for name in places}
    shown = picture(setup, places, marks, course["first"], language)
    return markup(
        "course",
        setup,
        language,
        **shown,
        t=texts("debrief", language),
        pace=min(SLOWEST, MINUTE // max(1, len(shown["days"]) - 1)),
        turns=[
            (
                turn.week + 4 - 1 - course["first"],
                list(places).index(turn.region) if turn.region else -1,
                turn_in_words(turn, language),
            )
            for turn in course["turns"]
        ],
    )


def _free(course: Course, region: str) -> Mapping[tuple[str, bool], str]:
    """Weeks of the film in which data is free in a place, or a pack is sold there, "3-7 12-20", by
    app and whether it is a pack.
    """
    found = dict[tuple[str, bool], list[str]]()
    for app, there, begin, end, pack in course["free"]:
        if there == region:
            span = f"{begin - course['first']}-{end - course['first']}"
            found.setdefault((app, pack), []).append(span)
    return {mark: " ".join(found[mark]) for mark in sorted(found, key=lambda mark: mark[1])}


def turn_in_words(turn: Turn, language: Language) -> str:
    """A turning point as two sentences: what changed, and by whose token."""
    t = texts("debrief", language)["turns"]
    after, before = (amount(people, language) for people in (turn.after, turn.before))
    key = "passed" if turn.passed else "rose" if turn.after > turn.before else "fell"
    change = t[key].format(
        when=t["silent"] if turn.silent else t["round"].format(round=turn.round + 1),
        place=actor(turn.region, language) if turn.region else t["everywhere"],
        app=actor(turn.app, language),
        other=actor(turn.passed, language) if turn.passed else "",
        before=before,
        after=after,
    )
    if turn.move is None:
        return f"{change}{t['between']}{t['over' if turn.silent and key == 'fell' else 'nobody']}"
    by = t["by"].format(
        move=move_in_words(turn.move, language), otherwise=amount(turn.otherwise, language)
    )
    return f"{change}{t['between']}{by}"


def _named(move: Placement, language: Language) -> str:
    """What a token is of, in words."""
    if move.key == "rule":
        return word(f"strategy.{move.of}", language)
    return actor(move.of, language) if move.of else ""


def move_in_words(move: Placement, language: Language, *, whose: bool = True) -> str:
    """A token with who laid it, where and when."""
    t = texts("debrief", language)["moves"]
    many = move.key in EACH and not move.of
    what = t[f"{move.key}_many" if many else move.key].format(
        of=_named(move, language), size=amount(move.size, language)
    )
    if move.ends:
        what = t["ends"].format(what=what)
    if move.regions:
        places = [actor(region, language) for region in move.regions[:2]]
        rest = len(move.regions) - len(places)
        named = word("list.and", language).join(places)
        what = t["where_more" if rest else "where"].format(what=what, places=named, n=rest)
    if not whose:
        return what
    return t["whose"].format(seat=actor(move.seat, language), what=what, round=move.round + 1)
