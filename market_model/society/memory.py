"""How much memory a society takes, and whether there is as much."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..scenario import Scenario
from ..scenario.errors import ScenarioError
from ..scenario.fields import Column, PerUser
from ..scenario.society import Graph

SMALL = 200_000_000
"""Bytes that nobody has to ask for."""
LISTS, BUILT, BUILT_GROWN = 4.8, 15, 20
"""Bytes per contact: of lists, and while ties become lists."""
GROWN = ("holme-kim", "scale-free")
"""Families whose builders keep a list of friends with room to grow."""
BESIDE, AT_A_TIME, SOME = 2, 54, 1 << 22
"""Bytes per user beside the columns: of all, and of some users at a time on each of two threads."""
MEMINFO, CGROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")

STORED_LIMIT = 1_000_000
"""Users up to which contacts of the family "implicit" are stored in any case; beyond, where lists
and columns together take no more than STORED_SHARE of the memory that is free."""
STORED_SHARE = 0.8
SLIM_FROM = 20_000_000
"""Users beyond which a market keeps no column that follows from others; its results are the same
bits."""
DRAWN_FROM = 200_000_000
"""Users beyond which what people bring along (γ, ω, tastes) is drawn anew at each look, from tables
of quantiles, and habits are kept in 16 bits."""


def is_slim(scenario: Scenario) -> bool:
    return scenario.society.users > SLIM_FROM


def has_drawn_traits(scenario: Scenario) -> bool:
    """Whether γ, ω and tastes take no memory; they do where a file gives them, or a threshold."""
    given: list[PerUser | None] = [scenario.parameters.price_pressure, scenario.society.wifi]
    for name in scenario.messengers:
        given.append(scenario.apps[name].taste)
        if scenario.apps[name].threshold is not None:
            return False
    stored = any(isinstance(one, Column) and (one.values or one.csv) for one in given)
    return scenario.society.users > DRAWN_FROM and not stored


def channels_of(scenario: Scenario) -> int:
    """1, or 3 when some app carries calls."""
    features = [f for a in scenario.apps.values() for f in a.features.values()]
    features += [e.feature for e in scenario.events if e.kind == "feature"]
    return 3 if any(f.kind in ("voice", "video") for f in features) else 1


def allowances_of(scenario: Scenario) -> int:
    """Offers that have one."""
    return sum(offer.allowance_mb is not None for offer in scenario.offers.values())


def column_bytes(scenario: Scenario) -> float:
    """Bytes of all columns per user, with room for packs and gifts."""
    m, channels = len(scenario.messengers), channels_of(scenario)
    slim, drawn = is_slim(scenario), has_drawn_traits(scenario)
    longer = scenario.parameters.presence_weeks > 1
    total = 15 + 2 * channels + 2 + 4 * allowances_of(scenario) + m
    total += not (drawn and len(scenario.society.devices) == 1)
    total -= 2 * (drawn and longer)
    if any(len(carrier.menu) > 1 for carrier in scenario.carriers.values()):
        total += 3 if slim else 5
    if longer:
        total += 6 if slim else 8
    if channels > 1:
        total += 4 * m + (scenario.society.callers < 1.0)
    total += 2 * m if drawn else 8 + 8 * m
    return total + ((0 if drawn else m) if slim else 8 + 2 * m)


def bytes_needed(scenario: Scenario) -> float:
    """At most, while a market is built or runs: contact lists and the ties they are made of, or the
    lists and all columns. Measured per contact and per messenger of users, rounded up.
    """
    graph, users = scenario.society.graph, scenario.society.users
    columns = column_bytes(scenario) + BESIDE
    working = AT_A_TIME * min(users, 2 * SOME)
    if graph.family == "implicit":
        lists = 8 + LISTS * graph.degree if users <= STORED_LIMIT else 0
        return users * (columns + lists) + working
    if graph.family == "complete":
        return users * (8 + columns) + working
    degree = 2 * len(graph.network.ties) / users if graph.network is not None else graph.degree
    building = users * (BUILT_GROWN if graph.family in GROWN else BUILT) * degree
    return users * 8 + max(building, users * (LISTS * degree + columns) + working)


def stores_contacts(graph: Graph, users: int, beside: float) -> bool:
    """Whether contacts of the family "implicit" are kept as lists, which makes weeks faster and
    changes nothing else. Args: beside: bytes that all columns take.
    """
    free = bytes_free()
    needed = users * (8 + LISTS * graph.degree) + beside
    return users <= STORED_LIMIT or (free is not None and needed < STORED_SHARE * free)


def bytes_free() -> float | None:
    """Bytes that a process can still have here; None where nobody says."""
    known: list[float] = []
    with suppress(OSError, ValueError, KeyError):
        known.append(1024.0 * _named(MEMINFO)["MemAvailable:"])
    with suppress(OSError, ValueError, KeyError):
        used = int((CGROUP / "memory.current").read_text())
        kept = _named(CGROUP / "memory.stat")["inactive_file"]
        known.append(int((CGROUP / "memory.max").read_text()) - used + kept)
    return min(known, default=None)


def _named(file: Path) -> dict[str, int]:
    """Lines of a name and a number."""
    return {line.split()[0]: int(line.split()[1]) for line in file.read_text().splitlines()}


def check_memory(scenario: Scenario, processes: int = 1) -> None:
    """Raises ScenarioError: there is not enough memory for so many users in each process."""
    needed = bytes_needed(scenario) * processes
    if needed < SMALL:
        return
    free = bytes_free()
    if free is not None and needed > free:
        raise ScenarioError(
            scenario.name,
            "society.users",
            f"is {scenario.society.users}; that needs {needed / 1e9:.1f} GB of memory"
            f"{f' in {processes} processes' if processes > 1 else ''}, and "
            f"{max(free, 0.0) / 1e9:.1f} are free; take fewer users, or fewer contacts"
            f"{', or --workers 1' if processes > 1 else ''}",
        )
