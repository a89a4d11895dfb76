"""How much memory a society takes, and whether there is as much."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..scenario import Scenario
from ..scenario.errors import ScenarioError
from .graphs import STORED_LIMIT

SMALL = 200_000_000
"""Bytes that nobody has to ask for."""
GROWN = ("holme-kim", "scale-free")
"""Families whose builders keep a list of friends with room to grow."""
MEMINFO, CGROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def bytes_needed(scenario: Scenario) -> float:
    """At most, while a market is built or runs: contact lists and the ties they are made of, or the
    lists and all columns. Measured per contact and per messenger of users, rounded up.
    """
    graph, users = scenario.society.graph, scenario.society.users
    if graph.family == "complete" or (graph.family == "implicit" and users > STORED_LIMIT):
        degree = 0.0
    elif graph.network is not None:
        degree = 2 * len(graph.network.ties) / users
    else:
        degree = graph.degree
    building = (34 if graph.family in GROWN else 17) * degree
    running = 4 * degree + 80 + 20 * len(scenario.messengers)
    return users * (8 + max(building, running))


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


def check_memory(scenario: Scenario) -> None:
    """Raises ScenarioError: there is not enough memory for so many users."""
    needed = bytes_needed(scenario)
    if needed < SMALL:
        return
    free = bytes_free()
    if free is not None and needed > free:
        raise ScenarioError(
            scenario.name,
            "society.users",
            f"is {scenario.society.users}; that needs {needed / 1e9:.1f} GB of memory, and "
            f"{max(free, 0.0) / 1e9:.1f} are free; take fewer users, or fewer contacts",
        )
