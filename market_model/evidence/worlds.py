"""Parts of an ensemble that read the disputed news differently, each as a scenario."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ..scenario import Scenario, builtin_names
from ..scenario.load import find, set_path, sources
from ..words.catalogue import flat
from .facts import Fact, targets

STORY = "china-2013"


class World(NamedTuple):
    """A part of the ensemble.

    Attributes:
        name: the scenario's is STORY-NAME. title, title_zh: of the scenario.
        within: figures of the members, by row of the facts, lowest and highest.
    """

    name: str
    title: str
    title_zh: str
    within: Mapping[str, tuple[float, float]]

    def holds(self, member: Mapping[str, Any]) -> bool:
        """Whether a member of an ensemble belongs to it."""
        figures = member["figures"]
        return all(
            figures.get(row) is not None and low <= figures[row] <= high
            for row, (low, high) in self.within.items()
        )


@cache
def _given() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("worlds.toml").read_text("utf-8"))


def readings() -> list[str]:
    """Names of the ways to read what is disputed."""
    return list(_given()["readings"])


def aims(reading: str = "") -> Sequence[Fact]:
    """What parameters are searched by, under a reading of what is disputed; "": all readings as
    one wide band.
    """
    bands = _given()["readings"][reading] if reading else {}
    return [
        replace(row, **dict(zip(("low", "middle", "high"), bands[row.id], strict=True)))
        if row.id in bands
        else row
        for row in targets()
    ]


def worlds() -> list[World]:
    """All there can be."""
    return [
        World(
            name,
            given["title"],
            given["title_zh"],
            {k: tuple(v) for k, v in given["within"].items()},
        )
        for name, given in _given()["worlds"].items()
    ]


def shipped() -> dict[str, dict[str, Any]]:
    """The worlds that come as scenarios, by the scenario's name: what they say otherwise than the
    story, by dotted path.
    """
    names = [f"{STORY}-{world.name}" for world in worlds()]
    told = ("extends", "name", "title", "title_zh")
    return {
        name: {path: value for path, value in flat(_tables(name)) if path not in told}
        for name in names
        if name in builtin_names()
    }


def has_worlds(scenario: str) -> bool:
    """Whether a scenario (a name, or a file) is the story or made of it, and no world itself.
    Raises ScenarioError.
    """
    names = [path.resolve() for path in sources(find(scenario)[0])]
    return find(STORY)[0] in names and not any(find(world)[0] in names for world in shipped())


def worlds_of(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """The worlds in which a game on a scenario can be played otherwise: of the story all shipped
    ones, of a world the others, of anything else none.
    """
    known = shipped()
    if scenario.name not in (STORY, *known):
        return {}
    return {name: differs for name, differs in known.items() if name != scenario.name}


def in_world(scenario: Scenario, differs: Mapping[str, Any]) -> Scenario:
    """A scenario with what a world says otherwise, by dotted path."""
    data = scenario.model_dump()
    for path, value in differs.items():
        set_path(data, path, value, scenario.name)
    return Scenario.model_validate(data)


def _tables(name: str) -> dict[str, Any]:
    return tomllib.loads(find(name)[0].read_text("utf-8"))


def members_of(world: World, members: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of an ensemble that belong to a world, the best first."""
    return sorted(filter(world.holds, members), key=lambda member: member["misfit"])


def scenario_text(world: World, member: Mapping[str, Any], made_by: str) -> str:
    """The world as a scenario file: the story with a member's values."""
    lines = [
        f"# Made by: {made_by}",
        "# One set of the ensemble: it meets the facts with a misfit of "
        f"{member['misfit']:.2f}, the worst of them {member['worst_fact']}.",
        f'extends = "{STORY}"',
        f'name = "{STORY}-{world.name}"',
        f"title = {json.dumps(world.title, ensure_ascii=False)}",
        f"title_zh = {json.dumps(world.title_zh, ensure_ascii=False)}",
        "",
        *(f"{path} = {json.dumps(value)}" for path, value in member["overrides"].items()),
    ]
    return "\n".join(lines) + "\n"
