"""Ties from a file: edge lists (CSV or text in columns) and GraphML."""

import re
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..scenario.errors import ScenarioError, suggest

type Table = NDArray[np.float64]

FIELD = "society.graph.file"
COMMENTS = ("#", "%")


def read_edges(
    name: str | None, users: int, folder: Path, label: str
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Ties (ties, 2) and their weights (ties,), as they stand in the file: loops and doubles too.

    Args:
        name: the file, relative to `folder`, that of the scenario file; .graphml and .xml are read
            as GraphML, all else as an edge list: two columns of users or a third with the weight,
            parted by blanks, commas or semicolons, with or without a header.
        users: of the society; ids are below it. Who is not named has no contacts. label: of the
            scenario in an error.

    Raises ScenarioError: what is wrong with the file, at society.graph.file.
    """
    if not name:
        raise ScenarioError(
            label, FIELD, "is missing; family 'file' needs an edge list or a GraphML file"
        )
    path = folder / name
    if not path.is_file():
        there = sorted(p.name for p in path.parent.glob("*"))
        raise ScenarioError(
            label, FIELD, f"'{name}' is not in {folder}; {suggest(path.name, there)}"
        )
    try:
        table = _graphml(path) if path.suffix.lower() in (".graphml", ".xml") else _edge_list(path)
    except ValueError as error:
        raise ScenarioError(label, FIELD, f"'{name}' cannot be read: {error}") from error
    if problem := _bad_ids(table[:, :2], users) or bad_weight(table[:, 2]):
        raise ScenarioError(label, FIELD, f"'{name}' {problem}")
    return table[:, :2].astype(np.int32), table[:, 2]


def bad_weight(weights: NDArray[np.float64]) -> str:
    """What is wrong with the weights, or ""."""
    wrong = weights[~(np.isfinite(weights) & (weights > 0))]
    return f"has the weight {wrong[0]:g}; give finite numbers above 0" if len(wrong) else ""


def _bad_ids(ids: Table, users: int) -> str:
    wrong = ids[~((ids >= 0) & (ids == np.floor(ids)) & (ids < 2**53))]
    if len(wrong):
        return f"names a user {wrong[0]:g}; users are whole numbers from 0 to {users - 1}"
    if not np.any(ids[:, 0] != ids[:, 1]):
        return "holds no tie between two users; write one tie per line, such as 0,1"
    if (last := int(ids.max())) >= users:
        return (
            f"names user {last}, but the {users} users are 0 to {users - 1}; "
            f"number them from 0, or set society.users to at least {last + 1}"
        )
    return ""


def _edge_list(path: Path) -> Table:
    """(ties, 3): two ends and a weight, 1 if the file has none."""
    with path.open(encoding="utf-8-sig") as lines:
        text = (
            (i, line) for i, line in enumerate(lines) if line.strip() and line[0] not in COMMENTS
        )
        number, first = next(text, (0, ""))
    parted_by = next((mark for mark in ",;" if mark in first), None)
    has_header = re.match(r"\s*[-+.\d]", first) is None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*input contained no data")
        table = np.loadtxt(
            path,
            comments=COMMENTS,
            delimiter=parted_by,
            skiprows=number + has_header,
            ndmin=2,
            encoding="utf-8-sig",
        )
    if table.size == 0:
        return np.empty((0, 3))
    if table.shape[1] not in (2, 3):
        raise ValueError(
            f"it has {table.shape[1]} columns; needs two users and, if wished, a weight"
        )
    return table if table.shape[1] == 3 else np.column_stack([table, np.ones(len(table))])


def _graphml(path: Path) -> Table:
    """(ties + nodes, 3): every node also as a loop, so that lone nodes are checked like the
    others.
    """
    from xml.etree.ElementTree import ParseError

    import networkx as nx

    try:
        graph = nx.read_graphml(path, node_type=int)
    except (ParseError, nx.NetworkXError) as error:
        raise ValueError(f"it is no GraphML ({error})") from error
    edges = [(a, b, float(w)) for a, b, w in graph.edges(data="weight", default=1.0)]
    return np.array([*edges, *((node, node, 1.0) for node in graph)], np.float64).reshape(-1, 3)
