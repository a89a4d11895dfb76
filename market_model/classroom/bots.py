"""Bots of one's own in a class: files of Python that play the seats nobody takes. What they decide
is kept with the round, so that a game is played again without them.

One that cannot decide (an error, a decision that cannot be carried out, its time is over, its file
is gone) does nothing in that round, and the host's page says why. When a class goes on and a file
is gone, the game's own bot plays until the file is back.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

from ..errors import suggest
from ..game import Setup, problems
from ..players.observation import Public
from ..players.strategies import OwnPolicy, verify
from ..scenario import ScenarioError
from ..work.code import content_digest, guarded, is_code, load, loaded, placed
from ..work.runner import Outcome, Workers
from .log import Log, LogEntry
from .state import ClassState, stored

PATIENCE = 10.0
"""Seconds that a class waits for a bot's decision."""
LOADING = 60.0
"""Seconds that it waits for a file to be loaded, before the first decision."""
FUNCTION = "policy"
"""What FILE.py alone means in it."""

type Bots = Mapping[str, Mapping[str, str]]
"""By seat {bot: FILE.py:FUNCTION, digest: of the file when the class began or went on, "" while it
is gone}.
"""


class Choice(NamedTuple):
    """What a bot does in a round; `digest`: of the file as it was loaded for that, "" if it could
    not be; `problem`: why it does nothing, in a line.
    """

    decision: dict[str, Any]
    bot: str
    digest: str = ""
    problem: str = ""


def own(setup: Setup, given: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Those of --seat that are files, with their digests. Raises ScenarioError: the game has no
    such seat, or the seat cannot have this bot.
    """
    for seat, bot in given.items():
        if seat not in setup.seats:
            problem = f"is no seat of this game; {suggest(seat, setup.seats)}"
            raise ScenarioError("--seat", seat, problem)
        verify("--seat", seat, bot, setup.kind(seat))
    return {
        seat: {"bot": placed(bot), "digest": content_digest(bot)}
        for seat, bot in given.items()
        if is_code(bot)
    }


def keep(log: Log, given: Bots, without: Collection[str] = ()) -> ClassState:
    """Keep in a game's log who plays from now on: bots that are given, and those that the game
    had, but for the seats `without`. What has changed is told.
    """
    state = stored(log)
    now: dict[str, Mapping[str, str]] = {}
    for seat, before in state.bots.items():
        file, game_bot = before["bot"], state.setup.bot(seat)
        if seat in given:
            continue
        if seat in without:
            print(f"{file} plays {seat} no more; the game's own bot ({game_bot}) does.")
            continue
        try:
            digest = content_digest(file)
        except ScenarioError:
            digest = ""
        now[seat] = {"bot": file, "digest": digest}
        if digest == before["digest"]:
            continue
        if not digest:
            said = (
                f"{file} is not there any more. Its rounds stay as they were; from now on the "
                f"game's own bot ({game_bot}) plays {seat} where nobody sits, until the class goes "
                f"on with the file. --seat {seat}=FILE.py:FUNCTION brings another."
            )
        elif before["digest"]:
            said = f"{file} has changed; it plays {seat} as it is now."
        else:
            said = f"{file} is there again; it plays {seat}."
        print(said, file=sys.stderr)
    now |= given
    if now != state.bots:
        log.keep([LogEntry("bots", {"bots": now})])
    return stored(log)


def decide(setup: Setup, seat: str, bot: str, seen: Public) -> Choice:
    """What a bot does in the coming round of a market, held to what a person in its seat may do."""
    digest = ""
    try:
        function, digest = loaded(bot, FUNCTION)
        policy = OwnPolicy(bot, setup.kind(seat), guarded(bot, function))
        data = policy(seen).model_dump(mode="json", exclude_defaults=True)
    except ValueError as error:
        return Choice({}, bot, digest, str(error))
    refused = [text for _, text in policy.refused]
    refused += [str(fault) for fault in problems(setup, seat, data, seen)]
    if refused:
        return Choice({}, bot, digest, "; ".join(refused))
    return Choice(json.loads(json.dumps(data)), bot, digest)


def prepare(bot: str) -> None:
    """Load a bot's file, so that this costs no decision its time."""
    load(bot, FUNCTION)


def submitted(
    policies: Workers, setup: Setup, seat: str, bot: str, seen: Public
) -> Future[Outcome]:
    """`decide` in another process, whose time begins when the file is loaded."""
    policies.submit(prepare, bot, timeout=LOADING)
    return policies.submit(decide, setup, seat, bot, seen, timeout=PATIENCE).outcome
