"""How the package is built: what imports what, with what is imported for types alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import grimp
import networkx as nx
import pytest

import market_model

PACKAGE = "market_model"
ROOMS = sorted(
    path.parent.name for path in Path(market_model.__file__).parent.glob("*/__init__.py")
)


@cache
def imports() -> nx.DiGraph:
    """Who imports whom, by module."""
    built = grimp.build_graph(PACKAGE, exclude_type_checking_imports=False, cache_dir=None)
    graph = nx.DiGraph()
    for module in built.modules:
        graph.add_edges_from((module, i) for i in built.find_modules_directly_imported_by(module))
    return graph


def room_of(module: str) -> str:
    """The room that a module lies in; what lies beside the rooms is one by itself."""
    return ".".join(module.split(".")[:2])


def circles(graph: nx.DiGraph) -> list[list[str]]:
    """Who import each other, directly or over others."""
    return [sorted(found) for found in nx.strongly_connected_components(graph) if len(found) > 1]


@pytest.mark.parametrize("room", ROOMS)
def test_the_modules_of_a_room_import_in_one_direction(room: str) -> None:
    here = [m for m in imports() if room_of(m) == f"{PACKAGE}.{room}"]
    assert here and not circles(imports().subgraph(here))


def test_rooms_import_in_one_direction() -> None:
    between = nx.DiGraph(
        (room_of(one), room_of(other))
        for one, other in imports().edges
        if room_of(one) != room_of(other)
    )
    assert {f"{PACKAGE}.{room}" for room in ROOMS} <= set(between)
    assert not circles(between)
    assert not circles(imports())


def test_a_type_counts_as_an_import() -> None:
    """`explorer.film` needs the market for its types alone."""
    assert imports().has_edge(f"{PACKAGE}.explorer.film", f"{PACKAGE}.market")
