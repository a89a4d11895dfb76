"""Markets as they stood in week 0, kept for the runs that begin alike: offers, dated events, who
decides for a seat and the regulator change nothing before. In china-2013 the start is a quarter of
a run.
"""

from __future__ import annotations

from collections import deque
from copy import deepcopy
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..scenario import Scenario
from ..scenario.actors import Regulator
from ..scenario.offers import CARRIED
from .columns import People
from .state import State

KEPT = 16
"""Starts that are kept, the latest."""
KEPT_USERS = 20_000
"""Users up to which a start is worth keeping: some hundred bytes each."""


class Settled(NamedTuple):
    """What a start leaves behind.

    Attributes:
        luck: key of all draws. scenario: `bare`.
        people: the columns. last_half: of `reach`, with the last week.
        qualities: of the messengers, steered.
        networks: of each carrier: subscribers, load, congestion. other_kib: shape (C,).
    """

    luck: tuple[int, ...]
    scenario: Scenario
    people: People
    last_half: int
    qualities: list[float]
    networks: list[tuple[float, float, float]]
    other_kib: NDArray[np.float64]


_starts: deque[Settled] = deque(maxlen=KEPT)
_lock = Lock()


def bare(scenario: Scenario) -> Scenario:
    """What acts before week 0 of a scenario."""
    nobody = {"strategy": "passive"}
    return scenario.model_copy(
        update={
            "offers": {},
            "events": (),
            "regulator": Regulator(),
            "apps": {n: a.model_copy(update=nobody) for n, a in scenario.apps.items()},
            "carriers": {n: c.model_copy(update=nobody) for n, c in scenario.carriers.items()},
        }
    )


def take_up(state: State) -> bool:
    """Bring a market that has not begun to week 0, where one that begins alike was kept; whether
    there was one.
    """
    luck, scenario = _luck(state), bare(state.scenario)
    with _lock:
        start = next((s for s in _starts if s.luck == luck and s.scenario.same_as(scenario)), None)
    if start is None:
        return False
    held = {name: getattr(state.people, name) for name in (*CARRIED, "pots")}  # nobody had an offer
    state.people = deepcopy(start.people)._replace(**held)
    state.last_half, state.other_kib = start.last_half, start.other_kib.copy()
    for app, quality in zip(state.apps, start.qualities, strict=False):
        app.quality = quality
    for carrier, network in zip(state.carriers, start.networks, strict=True):
        carrier.subscribers, carrier.load, carrier.congestion = network
    return True


def keep(state: State) -> None:
    """Keep how a market stands in week 0."""
    start = Settled(
        _luck(state),
        bare(state.scenario),
        deepcopy(state.people),
        state.last_half,
        [app.quality for app in state.apps[: len(state.messengers)]],
        [(c.subscribers, c.load, c.congestion) for c in state.carriers],
        state.other_kib.copy(),
    )
    with _lock:
        _starts.append(start)


def _luck(state: State) -> tuple[int, ...]:
    return tuple(state.key.tolist())
