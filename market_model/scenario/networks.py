"""Networks as programs write them: GraphML, GEXF, GML, Pajek, Matrix Market and edge lists.

People are numbered from 0: by their ids where all are whole numbers, smallest first; else in the
order in which the file names them. networkx, scipy and numpy are imported only when a file is read.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import shorten
from .sheet import SAMPLE, File, Unreadable, cells_of, mark_of, plain_number, text_of
from .society import Network

if TYPE_CHECKING:
    import networkx as nx

ENDS = (
    ("source", "target"),
    ("from", "to"),
    ("src", "dst"),
    ("node1", "node2"),
    ("node_1", "node_2"),
    ("user1", "user2"),
    ("user_1", "user_2"),
    ("ego", "alter"),
    ("fromnodeid", "tonodeid"),
    ("v1", "v2"),
    ("u", "v"),
    ("i", "j"),
)
"""Names of the columns that hold the two ends of a tie."""
WEIGHT = "weight"
_SERIAL = re.compile(r"n\d+")
"""Ids that programs make up; then people are known by their names, where each has one."""
_WHOLE = re.compile(r"(0|-?[1-9]\d*)(\.0+)?")
_FOREIGN = re.compile(
    r"[{\[]|dl |>>(graph|sparse)6|leda\.graph|/\*|(strict )?(di)?graph\b.*\{|(c.*\n)*p \w+ \d+ \d+"
)
"""How files of other formats begin: JSON, UCINET, graph6, LEDA, DOT, DIMACS."""


class Ties(NamedTuple):
    """What a file holds: ids of all people in its order, (one end, other end, weight), and what
    was not read of it. Without weights all are 1.
    """

    people: Iterable[Hashable]
    ties: list[tuple[Hashable, Hashable, float]]
    left_out: tuple[str, ...] = ()


@lru_cache(maxsize=4)
def network_of(file: File) -> Network:
    """The network of a file. Raises Unreadable: what is wrong, in which line, and what to do."""
    assert file.content is not None
    text = text_of(file.content)
    start = text[:4000].lstrip().lower()
    if start.startswith("<"):
        kind = next((k for k in ("graphml", "gexf") if f"<{k}" in start), "")
        if not kind:
            raise Unreadable("is XML, but neither GraphML nor GEXF; save the network as GraphML")
        held = _library(_xml, text, kind)
    elif start.startswith("%%matrixmarket"):
        held = _library(_matrix, text, "Matrix Market")
    elif start.startswith(("*vertices", "*network")):
        held = _library(_pajek, text, "Pajek")
    elif re.search(r"^\s*graph\s*\[", text[:4000], re.MULTILINE):
        held = _library(_gml, text, "GML")
    elif _FOREIGN.match(start):
        raise Unreadable("is in a format that is not read here; save the network as GraphML")
    else:
        held = _edge_list(text)
    return numbered(held, file.name)


def network_from(graph: nx.Graph[Any]) -> Network:
    """The network of a networkx graph: ties are mutual, `weight` counts. Raises Unreadable."""
    return numbered(_held(graph), "networkx")


def numbered(held: Ties, source: str) -> Network:
    """People from 0, ties once each, without loops; of a tie named twice the last weight counts.
    Raises Unreadable.
    """
    import numpy as np

    ids = _in_order(dict.fromkeys([*held.people, *(p for a, b, _ in held.ties for p in (a, b))]))
    place = {person: i for i, person in enumerate(ids)}
    ends = np.array([(place[a], place[b]) for a, b, _ in held.ties], "<i4").reshape(-1, 2)
    weights = np.array([w for _, _, w in held.ties], "<f8")
    sound = ends[:, 0] != ends[:, 1]
    if not sound.any():
        raise Unreadable("holds no tie between two people; write one tie per line, such as 0,1")
    unique, last = np.unique(np.sort(ends[sound][::-1], axis=1), axis=0, return_index=True)
    weights = weights[sound][::-1][last]
    labels = tuple(map(str, ids))
    return Network(
        source=source,
        users=len(ids),
        ends=Network.packed(unique.astype("<i4")),
        weights="" if (weights == weights[0]).all() else Network.packed(weights),
        labels=() if labels == tuple(map(str, range(len(ids)))) else labels,
        loops=int((~sound).sum()),
        doubles=int(sound.sum()) - len(unique),
        alone=len(ids) - len(np.unique(unique)),
        left_out=held.left_out,
    )


def _in_order(ids: Iterable[Any]) -> list[Hashable]:
    """Ids as people are numbered: whole numbers by size, all else as they come."""
    ids = list(ids)
    texts = [str(one) for one in ids]
    if len({*texts}) < len(texts):
        raise Unreadable("names two people by the same text; give each an id of its own")
    if all(map(_WHOLE.fullmatch, texts)):
        return sorted(ids, key=lambda one: int(str(one).split(".")[0]))
    return ids


def _library(read: Callable[[str, str], Ties], text: str, kind: str) -> Ties:
    """What a library reads, its errors in our words."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read(text, kind)
    except Unreadable:
        raise
    except Exception as error:  # readers raise whatever their code meets in a broken file
        position = getattr(error, "position", None)
        line = position[0] if position else getattr(error, "lineno", None)
        if line is None and (told := re.search(r"line[ #]*(\d+)|\((\d+), \d+\)", str(error))):
            line = told[1] or told[2]
        raise Unreadable(
            f"is no {kind} that can be read{f', from line {line} on' if line else ''}; "
            "open and save it with the program that made it, or save it as an edge list"
        ) from error


def _xml(text: str, kind: str) -> Ties:
    from networkx.readwrite.gexf import GEXFReader
    from networkx.readwrite.graphml import GraphMLReader

    # the declaration may tell another encoding than that of these bytes
    content = re.sub(r"^\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL).encode()
    if kind == "gexf":
        version = next((v for v in ("1.1draft", "1.2draft") if v in text[:4000]), "1.2draft")
        namespace = re.search(rb'xmlns="([^"]*gexf[^"]*)"', content[:4000])
        reader = GEXFReader(version=version)
        if namespace:
            reader.NS_GEXF = namespace[1].decode()
        reader.python_type = _AsText()
        return _held(reader(BytesIO(content)))
    reader = GraphMLReader(edge_key_type=str)
    reader.python_type = _AsText()
    graphs: list[nx.Graph[Any]] = list(reader(path=BytesIO(content)))
    if not graphs:
        raise Unreadable("holds no graph; save the network as GraphML again")
    return _held(graphs[0])


class _AsText(defaultdict[str, type]):
    """Any attribute, whatever its type in the file, is read as text."""

    def __init__(self) -> None:
        super().__init__(lambda: str)


def _gml(text: str, _: str) -> Ties:
    import networkx as nx

    lines = [line for line in text.split("\n") if not line.lstrip().startswith("#")]
    try:
        return _held(nx.parse_gml(lines, label="label"))
    except nx.NetworkXError:  # no labels, or one that stands twice
        return _held(nx.parse_gml(lines, label="id"), serial=True)


def _pajek(text: str, _: str) -> Ties:
    import networkx as nx

    graph: nx.Graph[Any] = nx.parse_pajek(text)
    people = re.search(r"^\*vertices\s+(\d+)", text, re.MULTILINE | re.IGNORECASE)
    if people and int(people[1]) != len(graph):
        raise Unreadable(
            f"says that it holds {people[1]} people, but names {len(graph)}; list each of them "
            "under *Vertices"
        )
    return _held(graph)


def _matrix(text: str, _: str) -> Ties:
    from scipy.io import mmread

    read: Any = mmread
    table = read(BytesIO(text.encode())).tocoo()
    weights = [1.0] * table.nnz if " pattern " in text.split("\n", 1)[0] else table.data.tolist()
    ties = list(zip((table.row + 1).tolist(), (table.col + 1).tolist(), weights, strict=True))
    _sound(((f"the tie {a}–{b}", w) for a, b, w in ties))
    return Ties(range(1, max(table.shape) + 1), ties)


def _held(graph: nx.Graph[Any], serial: bool = False) -> Ties:
    """What a graph holds; `serial`: its ids are numbers of the file, no names of people."""
    ties: list[tuple[Hashable, Hashable, float]] = []
    found: list[tuple[str, float]] = []
    for one, other, data in graph.edges(data=True):
        given = next((v for k, v in data.items() if str(k).lower() == WEIGHT), None)
        weight = 1.0 if given is None or given == "" else plain_number(str(given))
        found.append((f"the tie {one}–{other}", float("nan") if weight is None else weight))
        ties.append((one, other, found[-1][1]))
    _sound(found)
    names = {
        node: str(data.get("name") or data.get("label") or "")
        for node, data in graph.nodes(data=True)
    }
    serial = serial or all(_SERIAL.fullmatch(str(node)) for node in names)
    if serial and all(names.values()) and len({*names.values()}) == len(names):
        ties = [(names[one], names[other], weight) for one, other, weight in ties]
        return Ties(list(names.values()), ties)
    return Ties(graph.nodes, ties)


def _sound(weights: Iterable[tuple[str, float]]) -> None:
    for place, weight in weights:
        if not 0 < weight < float("inf"):
            told = "a weight that is no number" if weight != weight else f"the weight {weight:g}"
            raise Unreadable(f"gives {place} {told}; a weight is a number above 0")


# ---------------------------------------------------------------------------------- edge lists


def _edge_list(text: str) -> Ties:
    lines = [
        (n, line)
        for n, line in enumerate(text.split("\n"), 1)
        if line.strip() and line.lstrip()[0] not in "#%"
    ]
    if not lines:
        raise Unreadable("holds no tie between two people; write one tie per line, such as 0,1")
    braces = "{" in lines[0][1]
    plain = [line.partition("{")[0] if braces else line for _, line in lines[:SAMPLE]]
    mark = mark_of([line.rstrip(" ,;\t|") for line in plain], header=False)
    if not mark:
        raise Unreadable(
            f"line {lines[0][0]} is {shorten(lines[0][1].strip())}; put two people in each line, "
            "parted by a comma, a semicolon, a tab or a blank"
        )
    _no_heads(text)
    rows = [(n, *_parted(n, line, mark, braces)) for n, line in lines]
    header = _header(rows)
    names = [name.lower() for name in rows[0][1]] if header else []
    one, other = _columns(names, rows)
    weight = names.index(WEIGHT) if WEIGHT in names else None
    ties: list[tuple[Hashable, Hashable, float]] = []
    found: list[tuple[str, float]] = []
    for number, cells, more in rows[header:]:
        if len(cells) <= max(one, other, weight or 0) or not (cells[one] and cells[other]):
            raise Unreadable(f"line {number} lacks an end or a weight of its tie; write it whole")
        given = more.get(WEIGHT, cells[weight] if weight is not None else 1.0)
        value = plain_number(str(given))
        found.append((f"the tie of line {number}", float("nan") if value is None else value))
        ties.append((_id(cells[one]), _id(cells[other]), found[-1][1]))
    _sound(found)
    width = len(rows[0][1])
    left_out = tuple(
        rows[0][1][k] if header else str(k + 1)
        for k in range(width)
        if k not in (one, other, weight)
    )
    return Ties((), ties, left_out)


def _no_heads(text: str) -> None:
    """Raises Unreadable for LGL, in which '# a' is no comment: the ties of a stand below it."""
    heads = [
        (n, line) for n, line in enumerate(text.split("\n"), 1) if re.fullmatch(r"# \S+\s*", line)
    ]
    if len(heads) > 1:
        raise Unreadable(
            f"line {heads[1][0]} is {shorten(heads[1][1].strip())}, as LGL files name a person; "
            "save the network as GraphML, or leave such lines out"
        )


def _id(text: str) -> str:
    """An id; pandas writes whole numbers as 7.0 where some are missing."""
    return text.split(".")[0] if _WHOLE.fullmatch(text) else text


def _parted(number: int, line: str, mark: str, braces: bool) -> tuple[list[str], Mapping[str, Any]]:
    """The cells of a line, and what stands in braces behind them, as networkx writes it."""
    plain, brace, rest = line.partition("{") if braces else (line, "", "")
    try:
        cells = cells_of(plain.rstrip(), mark)
    except Unreadable as error:
        raise Unreadable(f"line {number} {error}") from None
    while len(cells) > 2 and not cells[-1]:
        del cells[-1]
    try:
        more = ast.literal_eval(brace + rest) if brace else {}
    except (ValueError, SyntaxError):
        more = None
    if not isinstance(more, dict):
        raise Unreadable(f"line {number} ends in {shorten(brace + rest)}; close its braces")
    return cells, more


def _header(rows: Sequence[tuple[int, list[str], Any]]) -> bool:
    """Whether the first line holds names of columns. Raises Unreadable: nobody can know."""
    (number, first, _), rest = rows[0], rows[1:]
    names = {cell.lower() for cell in first}
    if any({*pair} <= names for pair in ENDS):
        return True
    if all(_WHOLE.fullmatch(cell) for cell in first[:2]) or not rest:
        return False
    others = [cell for _, cells, _ in rest for cell in cells[:2]]
    if all(map(_WHOLE.fullmatch, others)):
        return not any(map(_WHOLE.fullmatch, first[:2]))
    if not {*first[:2]} & {*others} and not any(map(_WHOLE.fullmatch, first[:2])):
        raise Unreadable(
            f"line {number} ({shorten(', '.join(first[:2]))}) may name two columns or two people; "
            "write 'source' and 'target' above the two columns"
        )
    return False


def _columns(names: Sequence[str], rows: Sequence[tuple[int, list[str], Any]]) -> tuple[int, int]:
    """Places of the columns that hold the ends. Raises Unreadable."""
    for pair in ENDS:
        if {*pair} <= {*names}:
            return names.index(pair[0]), names.index(pair[1])
    others = [k for k, name in enumerate(names) if name != WEIGHT]
    if len(others) > 2:
        raise Unreadable(
            f"line {rows[0][0]} names the columns {shorten(', '.join(names))}; call the two that "
            "hold the ends of a tie 'source' and 'target'"
        )
    width = len(rows[0][1])
    if not names:
        for number, cells, _ in rows:
            if any(plain_number(cell) is None for cell in cells[2:]):
                raise Unreadable(
                    f"line {number} is {shorten(' '.join(cells))}: more than two words; part ids "
                    "that hold blanks by a comma or a tab, or write 'source' and 'target' above "
                    "the two columns"
                )
    if width > 4 and not names:
        raise Unreadable(
            f"line {rows[0][0]} has {width} values; a tie is a line with two people "
            "(a matrix has to be turned into such a list)"
        )
    return (others[0], others[1]) if names else (0, 1)
