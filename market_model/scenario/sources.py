"""Files that a scenario names, read into its tables: a loaded scenario needs none of them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ..errors import suggest
from .errors import ScenarioError, shorten
from .sheet import File, Sheet, Unreadable, numbers, sheet_of
from .society import Network, Society

NAMES = {
    "society.carrier": "carriers",
    "society.region": "society.regions",
    "society.device": "society.devices",
}
"""Columns whose values name things, and the table of those."""
IDS = ("id", "user", "user_id", "node", "node_id")
"""Columns that say whose row it is, as do numbers of rows without a name over them."""
NAMES_OF_PEOPLE = ("name", "label")
"""And these, beside a network of people with names."""

type Tables = dict[str, Any]
type Lines = dict[str, tuple[File, list[int]]]
"""By path of a column: its file, and the line of each user's value."""


def file_of(name: str, folders: Sequence[Path]) -> File:
    """A file by its name, from the first of the folders that has it."""
    for folder in folders:
        try:
            return File(name, (folder / name).read_bytes(), str(folder / name))
        except (OSError, ValueError):
            continue
    return File(name, None, str(Path(*folders[:1], name)))


def attach(tables: Any, folders: Sequence[Path], path: str = "") -> None:
    """Put files in the place of their names, read now."""
    for key, value in _items(tables):
        where = f"{path}.{key}" if path else str(key)
        if isinstance(value, str) and value and names_a_file(where):
            tables[key] = file_of(value, folders)
        else:
            attach(value, folders, where)


def names_a_file(path: str) -> bool:
    """Whether a text at a dotted path is the name of a file."""
    return path == "society.graph.file" or path.endswith(".csv")


def files_in(tables: Any) -> Iterator[File]:
    for _, value in _items(tables):
        if isinstance(value, File):
            yield value
        elif isinstance(value, (dict, list)):
            yield from files_in(value)


def plain(value: Any) -> Any:
    """What JSON has no form for, as `from_plain` reads it: files with their content, dates."""
    if not isinstance(value, File):
        return str(value)
    content = None if value.content is None else b64encode(value.content).decode()
    return {"name of file": value.name, "content": content}


def from_plain(table: dict[str, Any]) -> Any:
    if table.keys() != {"name of file", "content"}:
        return table
    content = table["content"]
    return File(table["name of file"], None if content is None else b64decode(content))


def digest_of(file: File) -> str:
    """Hash of a file's content; 32 hex digits."""
    return blake2b(file.content or b"", digest_size=16).hexdigest()


def _items(tables: Any) -> list[tuple[Any, Any]]:
    if isinstance(tables, dict):
        return list(tables.items())
    return list(enumerate(tables)) if isinstance(tables, list) else []


def closed(tables: Tables, label: str) -> tuple[Tables, Lines]:
    """The tables with what their files hold; and the lines in which values of users stand.

    Raises ScenarioError: a file is missing, or what is wrong in it.
    """
    society = tables.get("society", {})
    graph = society.get("graph", {}) if isinstance(society, dict) else None
    if not isinstance(graph, dict):
        return tables, {}
    network = _network(graph, label)
    if network:
        society = _society(society, graph, network, label)
        tables = tables | {"society": society}
    lines: Lines = {}
    users = society.get("users", Society.model_fields["users"].default)
    if isinstance(users, int) and not isinstance(users, bool):
        reader = _Columns(tables, users, network, label, lines)
        tables = {key: reader.read(value, str(key)) for key, value in tables.items()}
    return tables, lines


def _network(graph: Tables, label: str) -> Network | None:
    """The network of the file, or the one that stands in the tables already."""
    file, given = graph.get("file"), graph.get("network")
    if graph.get("family") != "file":
        return None
    if isinstance(file, File):
        from .networks import network_of

        return _readable(file, label, "society.graph.file", network_of)
    return given if isinstance(given, Network) else Network.model_validate(given) if given else None


def _society(society: Tables, graph: Tables, network: Network, label: str) -> Tables:
    users = society.get("users", network.users)
    if isinstance(users, int) and users != network.users:
        raise ScenarioError(
            label,
            "society.users",
            f"is {users:,}, but '{network.source}' holds {network.users:,} people; leave it out, "
            f"or give {network.users} (a tie of a person with itself names one without contacts)",
        )
    graph = {key: value for key, value in graph.items() if key != "file"}
    return society | {"users": network.users, "graph": graph | {"network": network}}


def _readable(file: File, label: str, field: str, read: Any) -> Any:
    if file.content is None:
        folder = Path(file.path).parent
        there = sorted(p.name for p in folder.glob("*")) if folder.is_dir() else []
        alike = [name for name in there if Path(name).suffix != ".toml"]
        raise ScenarioError(
            label,
            field,
            f"no such file: '{file.name}' in {folder}; {suggest(Path(file.name).name, alike)}",
        )
    try:
        return read(file)
    except Unreadable as error:
        raise ScenarioError(label, field, f"'{file.name}' {error}") from None


class _Columns:
    """Turns columns of files into values in the order of the users."""

    def __init__(
        self, tables: Tables, users: int, network: Network | None, label: str, lines: Lines
    ) -> None:
        self._tables, self._users, self._network = tables, users, network
        self._label, self._lines = label, lines

    def read(self, value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            return value
        file = value.get("csv")
        if not isinstance(file, File):
            return {key: self.read(inner, f"{path}.{key}") for key, inner in value.items()}
        column, rest = value.get("column"), {k: v for k, v in value.items() if k != "csv"}
        if set(rest) - {"column"}:
            raise ScenarioError(
                self._label,
                path,
                f"stands beside {', '.join(sorted(set(rest) - {'column'}))}; "
                "give exactly one of normal, logistic, lognormal, uniform, beta, values, csv",
            )
        if not isinstance(column, str):
            raise ScenarioError(
                self._label, f"{path}.column", "is missing; a csv needs the name of its column"
            )
        values = _readable(file, self._label, f"{path}.csv", partial(self._values, path, column))
        return {"values": values, "source": f"{file.name}: {column}"}

    def _values(self, path: str, column: str, file: File) -> list[float]:
        sheet = sheet_of(file.content or b"")
        if column not in sheet.names:
            raise ScenarioError(
                self._label,
                f"{path}.column",
                f"is '{column}', which is no column of '{file.name}'; "
                f"{suggest(column, [name for name in sheet.names if name])}",
            )
        place = sheet.names.index(column)
        if len(sheet.rows) != self._users:
            raise Unreadable(
                f"has {len(sheet.rows)} rows for {self._users} users; give one row for each, or "
                f"set society.users = {len(sheet.rows)}"
            )
        order = self._order(sheet, place)
        cells = [(sheet.rows[row][0], sheet.rows[row][1][place]) for row in order]
        self._lines[path] = file, [line for line, _ in cells]
        try:
            if path not in NAMES:
                return numbers(cells, sheet.mark)
            return [self._place(path, line, cell) for line, cell in cells]
        except Unreadable as error:
            raise Unreadable(f"column '{column}', {error}") from None

    def _place(self, path: str, line: int, cell: str) -> float:
        """The place of a thing by its name, or by its number."""
        table: Any = self._tables
        for key in NAMES[path].split("."):
            table = table.get(key, {}) if isinstance(table, dict) else {}
        names = list(table or Society().regions if path == "society.region" else table)
        if cell in names:
            return float(names.index(cell))
        if not cell.isascii() or not cell.isdecimal() or int(cell) >= len(names):
            raise Unreadable(
                f"line {line} has {shorten(cell)}; give a name, or a number from 0 to "
                f"{len(names) - 1}; {suggest(cell, names)}"
            )
        return float(int(cell))

    def _order(self, sheet: Sheet, column: int) -> list[int]:
        """The row of each user."""
        network, rows = self._network, range(len(sheet.rows))
        labels = network.labels or tuple(map(str, range(network.users))) if network else ()
        people_have_names = not all(label.lstrip("-").isdecimal() for label in labels)
        names = [name.lower() for name in sheet.names]
        wanted = (*IDS, *(NAMES_OF_PEOPLE if people_have_names else ()), "")
        places = [names.index(name) for name in wanted if name in names]
        ids = next((k for k in places if k != column), None)
        if ids is None:
            if network and labels and people_have_names:
                raise Unreadable(
                    f"has no column 'id'; people of '{network.source}' have names, such as "
                    f"'{labels[0]}': say whose each row is"
                )
            return list(rows)
        given = [sheet.rows[row][1][ids].strip() for row in rows]
        given = [one.removesuffix(".0") if one[:-2].isdecimal() else one for one in given]
        place: dict[str, int] = {}
        for row, one in enumerate(given):
            if not one or one in place:
                raise Unreadable(
                    f"line {sheet.rows[row][0]} has the {sheet.names[ids]} {shorten(one)}"
                    f"{' again' if one else ''}; give each user one row"
                )
            place[one] = row
        if network:
            known = {*labels}
            for row, one in enumerate(given):
                if one not in known:
                    raise Unreadable(
                        f"line {sheet.rows[row][0]} has the {sheet.names[ids]} {shorten(one)}, who "
                        f"is not in '{network.source}'; {suggest(one, labels)}"
                    )
            return [place[label] for label in labels]
        if all(one.lstrip("-").isdecimal() for one in given):
            return sorted(rows, key=lambda row: int(given[row]))
        return sorted(rows, key=lambda row: given[row])
