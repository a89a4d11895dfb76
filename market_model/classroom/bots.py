"""Bots of one's own in a class: files of Python that play the seats nobody takes. What they decide
is kept with the round, so that a game is played again without them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from ..errors import suggest
from ..game import Setup, problems
from ..players.observation import Public
from ..players.strategies import policy_of
from ..scenario import ScenarioError
from ..work.code import content_digest, is_code, placed
from .log import Event, Log
from .state import State, stored

PATIENCE = 10.0
"""Seconds that a class waits for the bots of a market."""

type Bots = Mapping[str, Mapping[str, str]]
"""By seat {bot: FILE.py:FUNCTION, digest: of the file}."""
type Answer = tuple[dict[str, dict[str, Any]], list[str]]
"""Decisions by seat, and what was wrong, in lines."""


def own(setup: Setup, given: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Those of --seat that are files, with their digests. Raises ScenarioError: the game has no
    such seat.
    """
    for seat in given:
        if seat not in setup.seats:
            problem = f"is no seat of this game; {suggest(seat, setup.seats)}"
            raise ScenarioError("--seat", seat, problem)
    return {
        seat: {"bot": placed(bot), "digest": content_digest(bot)}
        for seat, bot in given.items()
        if is_code(bot)
    }


def keep(log: Log, given: Bots) -> State:
    """Keep in a game's log who plays from now on: bots that are given, and those of the game
    whose files are still there. What has changed is told.
    """
    state = stored(log)
    now = dict(given)
    for seat, one in state.bots.items():
        if seat in given:
            continue
        try:
            now[seat] = {"bot": one["bot"], "digest": content_digest(one["bot"])}
        except ScenarioError:
            print(
                f"{one['bot']} is not there any more. Its rounds stay as they were; from now on "
                f"the game's own bot ({state.setup.bot(seat)}) plays {seat} where nobody sits. "
                f"--seat {seat}=FILE.py:FUNCTION brings another.",
                file=sys.stderr,
            )
            continue
        if now[seat] != one:
            print(f"{one['bot']} has changed; it plays {seat} as it is now.", file=sys.stderr)
    if now != state.bots:
        log.keep([Event("bots", {"bots": now})])
    return stored(log)


def decide(setup: Setup, bots: Bots, views: Mapping[str, Public]) -> Answer:
    """What bots do in the coming round of a market, each held to what a person in its seat may
    do; one that cannot decide does nothing.
    """
    decisions: dict[str, dict[str, Any]] = {}
    wrong: list[str] = []
    for seat, one in bots.items():
        decisions[seat] = {}
        try:
            policy = policy_of(one["bot"], setup.kind(seat))
            data = policy(views[seat]).model_dump(mode="json", exclude_defaults=True)
        except ValueError as error:
            wrong.append(f"{seat}: {error}")
            continue
        refused = [text for _, text in getattr(policy, "refused", ())]
        refused += [str(fault) for fault in problems(setup, seat, data, views[seat])]
        if refused:
            wrong.append(f"{seat}, {one['bot']}: {'; '.join(refused)}")
        else:
            decisions[seat] = json.loads(json.dumps(data))
    return decisions, wrong
