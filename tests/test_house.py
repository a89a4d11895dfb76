"""How the package is built: what imports what, with what is imported for types alone, and its
names.
"""

from __future__ import annotations

import ast
from collections import defaultdict
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


@cache
def classes_and_functions() -> list[tuple[str, ast.ClassDef | ast.FunctionDef]]:
    """All of the package's own, by the path of their module."""
    return [
        (str(path), node)
        for path in sorted(Path(market_model.__file__).parent.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_two_public_classes_share_a_name() -> None:
    places = defaultdict[str, list[str]](list)
    for path, node in classes_and_functions():
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            places[node.name].append(path)
    assert len(places) > 200
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


PARTICIPLES = {"told", "found", "asked", "seen", "known", "one"}


def test_names_are_nouns_not_participles() -> None:
    """Of modules, classes, functions and fields of classes."""
    names = set[tuple[str, str]]()
    for path, node in classes_and_functions():
        names |= {(path, Path(path).stem), (path, node.name.lower().strip("_"))}
        if isinstance(node, ast.ClassDef):
            names |= {
                (path, part.target.id)
                for part in node.body
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
            }
    assert [(path, name) for path, name in names if name in PARTICIPLES] == []
