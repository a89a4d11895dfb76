"""From a name or a file to a checked `Scenario`."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from ..errors import suggest
from ..toml import DecimalComma, tables_in
from .check import check
from .errors import ScenarioError, from_pydantic, shorten
from .fields import WAYS, parts
from .model import Scenario
from .sheet import Unreadable
from .society import Society
from .sources import attach, closed, files_in, names_a_file

if TYPE_CHECKING:
    import networkx as nx

NEAR = 0.8
"""How alike two names are, 0 … 1, of which one is taken for a slip of the other."""


@cache
def library() -> Path:
    """The folder of the built-in scenarios: in the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


def builtin_names() -> list[str]:
    """Names of the built-in scenarios, e.g. "china-2013", "limits/L04-bass"."""
    root = library()
    return sorted(
        str(p.relative_to(root).with_suffix(""))
        for p in root.rglob("*.toml")
        if p.parent.name != "sweeps"
    )


def load_scenario(
    name_or_path: str | Path,
    overrides: Mapping[str, Any] | None = None,
    graph: nx.Graph[Any] | None = None,
) -> Scenario:
    """Load and check a scenario, with all that the files that it names hold.

    Args:
        name_or_path: a built-in name ("china-2013") or the path of a TOML file.
        overrides: values by dotted path, e.g. {"offers.laiwang.allowance_mb": 512}; "" takes out a
            thing that has a name. Files are looked for beside the scenario, then here.
        graph: who knows whom, instead of the scenario's own: a networkx graph, whose `weight`
            counts; people are numbered as those of a file.

    Raises:
        ScenarioError: file, field, value and a suggestion, in one line.
    """
    path, label = find(name_or_path)
    overrides = dict(overrides or {})
    if graph is not None:
        from .networks import network_from

        try:
            network = network_from(graph)
        except Unreadable as error:
            raise ScenarioError(label, "society.graph", f"the graph {error}") from None
        overrides |= {"society.graph.family": "file", "society.graph.network": network}
        overrides |= {"society.graph.file": None}
    return build(changed(read(path, label), overrides, label, (path.parent, Path())), label)


def changed(
    data: dict[str, Any], values: Mapping[str, Any], label: str, folders: Sequence[Path]
) -> dict[str, Any]:
    """The tables with values by dotted path; a network brings its own number of users. Raises
    ScenarioError.
    """
    if {"society.graph.file", "society.graph.network"} & values.keys():
        society = data.get("society")
        if isinstance(society, dict) and "society.users" not in values:
            society.pop("users", None)
    if "title" in values:
        data.pop("title_zh", None)
    for field, value in values.items():
        if value == "" and field.split(".")[0] in _NAMED:
            drop_path(data, field, label)
        else:
            set_path(data, field, value, label)
    attach(data, folders)
    return data


def value_of(text: str) -> Any:
    """A value as written after "path=": TOML; what is none is text."""
    try:
        return tables_in(f"value = {text}")["value"]
    except ValueError:
        return text


def find(name_or_path: str | Path) -> tuple[Path, str]:
    """The file behind a name, and what to call it in messages."""
    text = str(name_or_path)
    if text in builtin_names():
        return library() / f"{text}.toml", text
    path = Path(text)
    if path.is_file():
        return path, text
    if path.is_dir():
        raise ScenarioError(text, "", "is a folder; give the path of a TOML file in it")
    if path.suffix == ".toml" or "\\" in text:
        raise ScenarioError(
            text,
            "",
            "no such file; give the path of a TOML file or one of: "
            + ", ".join(n for n in builtin_names() if "/" not in n),
        )
    raise ScenarioError(
        text,
        "",
        f"no built-in scenario and no file of this name; {suggest(text, builtin_names())} "
        "('market-model list' shows all)",
    )


_UNREADABLE: Mapping[type[Exception], str] = {
    DecimalComma: "has a decimal comma in line {0.line}; write {0.number}",
    tomllib.TOMLDecodeError: "is not TOML: {}; check quotes, brackets and [tables]",
    UnicodeDecodeError: "is not UTF-8 text; save it as UTF-8",
    OSError: "cannot be read: {0.strerror}",
    ValueError: "has a number of thousands of digits; write it as 1e6 or the like",
}


def read(path: Path, label: str, depth: int = 0) -> dict[str, Any]:
    """The file's tables, with those of the file it extends under them."""
    try:
        data = tables_in(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        told = next(text for kind, text in _UNREADABLE.items() if isinstance(error, kind))
        raise ScenarioError(label, "", told.format(error)) from None
    attach(data, (path.parent,))
    base_name = data.pop("extends", None)
    remove = data.pop("remove", [])
    if base_name is None:
        if remove:
            raise ScenarioError(label, "remove", "only goes with 'extends'; leave it out")
        return data
    if depth > 8:
        raise ScenarioError(
            label, "extends", f"'{base_name}': scenarios extend each other in a circle; break it"
        )
    if not isinstance(base_name, str):
        raise ScenarioError(
            label, "extends", f"needs the name of a scenario, not {shorten(base_name)}"
        )
    if not isinstance(remove, list) or not all(isinstance(field, str) for field in remove):
        raise ScenarioError(
            label, "remove", f'needs a list of paths, as ["offers.mine"], not {shorten(remove)}'
        )
    base_path, base_label = _base(path, base_name)
    merged = read(base_path, base_label, depth + 1)
    for field in remove:
        drop_path(merged, field, label)
    _check_names(data, merged, base_label, label)
    if "title" in data:
        merged.pop("title_zh", None)
    if isinstance(society := data.get("society"), dict) and isinstance(merged.get("society"), dict):
        graph = society.get("graph")
        if isinstance(graph, dict) and graph.keys() & {"file", "network"}:
            merged["society"].pop("users", None)
    return merge(merged, data)


def _check_names(
    over: Mapping[str, Any], base: Mapping[str, Any], base_label: str, label: str
) -> None:
    """An app or carrier that the base has not got, but another of nearly this name, is a slip where
    it does not say how it starts. Raises ScenarioError.
    """
    for kind, starts in (("apps", ("launch", "start")), ("carriers", ("share",))):
        there, given = base.get(kind), over.get(kind)
        if not isinstance(there, dict) or not isinstance(given, dict):
            continue
        for name, table in given.items():
            near = difflib.get_close_matches(name, there, n=1, cutoff=NEAR)
            new = name not in there and isinstance(table, dict) and not table.keys() & {*starts}
            if near and new:
                raise ScenarioError(
                    label,
                    f"{kind}.{name}",
                    f"is not in {base_label}; did you mean '{near[0]}'? "
                    f"A new one says its own {' or '.join(starts)}",
                )


def sources(path: Path) -> list[Path]:
    """All files that a scenario is made of: its own, those that it extends, those that they name.
    Raises ScenarioError.
    """
    tables, paths, over = read(path, str(path)), [path], path
    while isinstance(name := tables_in(over.read_text("utf-8-sig")).get("extends"), str):
        over = _base(over, name)[0]
        paths.append(over)
    return [*paths, *(Path(file.path) for file in files_in(tables) if file.path)]


def base_scenario(name_or_path: str | Path) -> Scenario | None:
    """The scenario that a sound one extends; None: it extends none, or one that is not sound by
    itself. Raises ScenarioError.
    """
    path, _ = find(name_or_path)
    name = tables_in(path.read_text("utf-8-sig")).get("extends")
    try:
        return load_scenario(_base(path, name)[0]) if name else None
    except ScenarioError:
        return None


def _base(path: Path, name: str) -> tuple[Path, str]:
    """The file that a file extends: beside it, or built in; a file may extend the built-in
    scenario of its own name.
    """
    for beside in (path.parent / f"{name}.toml", path.parent / name):
        if beside.is_file() and not (name in builtin_names() and beside.samefile(path)):
            return beside, name
    return find(name)


def merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; anything else is replaced, and so is one kind of column by
    another.
    """
    for key, value in over.items():
        below = base.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            if (kinds := WAYS & value.keys()) and WAYS & below.keys() and not kinds & below.keys():
                below.clear()
            merge(below, value)
        else:
            base[key] = value
    return base


_NAMED = ("apps", "carriers", "offers", "owners", "devices", "features", "plans")
"""Tables of things with names: setting one field of a thing that is not there is a slip, not a
new thing.
"""


def set_path(data: dict[str, Any], field: str, value: Any, label: str) -> None:
    """Set one value by dotted path; tables on the way are made."""
    *way, last = field.split(".")
    here: Any = data
    for depth, key in enumerate(way):
        if isinstance(here, dict) and key not in here:
            if depth and way[depth - 1] in _NAMED:
                raise ScenarioError(
                    label,
                    field,
                    f"'{key}' is not among the {way[depth - 1]}; {suggest(key, here)}",
                )
            here[key] = standing(way[: depth + 1])
        here = here[_key(here, key, field, label)]
    if not isinstance(here, dict | list):
        raise ScenarioError(
            label, field, f"'{way[-1]}' is a value, not a table; it has no field '{last}'"
        )
    place: Any = last if isinstance(here, dict) else _key(here, last, field, label)
    here[place] = value


def standing(path: Sequence[str]) -> dict[str, Any]:
    """What stands by default in a table that a file does not have: its plain values, and the
    things that have names.
    """
    here: Any = Scenario
    each: Any = None
    for key in path:
        if isinstance(here, dict):
            here = here.get(key, each)
            continue
        table = here if isinstance(here, type) else type(here)
        if not issubclass(table, BaseModel) or key not in table.model_fields:
            return {}
        info = table.model_fields[key]
        kinds = parts(info.annotation)
        each = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
        value = getattr(here, key) if isinstance(here, BaseModel) else info.default
        if value is None or value is PydanticUndefined:
            value = {} if any(get_origin(kind) is dict for kind in kinds) else each
        here = value
    if isinstance(here, dict):
        return {
            key: value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
            for key, value in here.items()
        }
    if isinstance(here, BaseModel):
        own = {k: getattr(here, k) for k in here.model_fields_set}
        return {k: v for k, v in own.items() if not isinstance(v, BaseModel | dict)}
    return {}


def drop_path(data: dict[str, Any], field: str, label: str) -> None:
    *way, last = field.split(".")
    here: Any = data
    for key in way:
        here = here[_key(here, key, field, label)]
    if isinstance(here, dict) and last not in here:
        raise ScenarioError(label, "remove", f"'{field}' does not exist; {suggest(last, here)}")
    del here[_key(here, last, field, label)]


def _key(here: Any, key: str, field: str, label: str) -> Any:
    """A part of a path as the key or place that it is in a table or list."""
    if isinstance(here, list):
        if not key.isdecimal() or int(key) >= len(here):
            raise ScenarioError(
                label, field, f"'{key}' is no place in a list of {len(here)}; the first is 0"
            )
        return int(key)
    if not isinstance(here, dict):
        raise ScenarioError(label, field, f"there is no table '{key}' here")
    if key not in here:
        raise ScenarioError(label, field, f"there is no table '{key}'; {suggest(key, here)}")
    return key


def build(data: dict[str, Any], label: str) -> Scenario:
    """Validate tables into a `Scenario`, with what their files hold. Raises ScenarioError."""
    if field := _too_long(data):
        raise ScenarioError(
            label, field, "is a number of hundreds of digits; write it as 1e6 or the like"
        )
    for table in ("carriers", "apps"):
        if not data.get(table):
            raise ScenarioError(
                label, table, f"there is none; a market needs at least one [{table}.<name>] table"
            )
    try:
        data, lines = closed(data, label)
        scenario = Scenario.model_validate(data, context=_names(data))
    except ValidationError as error:
        raise from_pydantic(label, error) from None
    check(scenario, label, lines)
    return scenario


def copied(tables: Any) -> Any:
    """A copy of tables and lists; what they hold is shared."""
    if isinstance(tables, dict):
        return {key: copied(value) for key, value in tables.items()}
    return [copied(value) for value in tables] if isinstance(tables, list) else tables


def varied(
    scenario: Scenario, tables: dict[str, Any], values: Mapping[str, Any], label: str
) -> Scenario:
    """A scenario with values changed by dotted path: what they stand in is checked anew, and how
    all fits together. Raises ScenarioError.

    Args: scenario: what `build` makes of the tables, which stay as they are.
    """
    ways = [field.split(".") for field in values]
    if any(len(way) == 1 or way[0] == "society" for way in ways) or any(
        value == "" or isinstance(value, dict) or names_a_file(field)
        for field, value in values.items()
    ):
        return build(changed(copied(tables), values, label, ()), label)
    data: dict[str, Any] = {}
    for table, raw in tables.items():
        made = getattr(scenario, table)
        inside = {way[1] for way in ways if way[0] == table}
        if inside and table in _NAMED:
            data[table] = {
                name: copied(raw[name]) if name in inside else made[name] for name in raw
            }
        else:
            data[table] = copied(raw) if inside else made
        if inside and next(files_in(data[table]), None):
            return build(changed(copied(tables), values, label, ()), label)
    for field, value in values.items():
        set_path(data, field, value, label)
    return build(data, label)


def _names(data: dict[str, Any]) -> dict[str, list[str]]:
    """The names that other tables may use, by kind; a kind whose own table is broken is left
    out.
    """
    society = data.get("society", {})
    if isinstance(society, dict):
        regions = society.get("regions", Society().regions)
    else:
        regions = society.regions if isinstance(society, Society) else None
    tables = {
        "app": data["apps"],
        "carrier": data["carriers"],
        "owner": data.get("owners", {}),
        "region": regions,
    }
    names = {kind: list(table) for kind, table in tables.items() if isinstance(table, dict)}
    firms = [name for kind in ("app", "carrier", "owner") for name in names.get(kind, [])]
    return names | {"app, carrier or owner": firms}


def _too_long(data: Any) -> str:
    """Path of a whole number that no field could hold (and that cannot be printed in a message)."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if isinstance(value, int) and value.bit_length() > 900:
            return str(key)
        if isinstance(value, dict | list) and (field := _too_long(value)):
            return f"{key}.{field}"
    return ""


def file_schema() -> dict[str, Any]:
    """The JSON schema of scenario files: with 'extends' and 'remove'; what a base can give is
    not required.
    """
    schema = Scenario.model_json_schema()
    schema["properties"] |= {
        "extends": {
            "type": "string",
            "description": "Built-in name or file of the scenario that this one changes.",
        },
        "remove": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Dotted paths of what is taken out of the base.",
        },
    }
    for table in (schema, *schema["$defs"].values()):
        if "const" not in table.get("properties", {}).get("kind", {}):
            table.pop("required", None)
    return schema


def write_new(name: str, base: str) -> Path:
    """Write a commented NAME.toml that extends `base` into the current folder. Raises
    ScenarioError.
    """
    scenario, stem = load_scenario(base), name.removesuffix(".toml")
    text = (
        files(__package__)
        .joinpath("template.txt")
        .read_text("utf-8")
        .format(
            name=stem,
            base=base,
            quoted=json.dumps(base),
            weeks=scenario.weeks,
            users=scenario.society.users,
            salience=scenario.parameters.salience,
            app=list(scenario.apps)[-1],
            carrier=next(iter(scenario.carriers)),
            remove=", ".join(json.dumps(f"offers.{o}") for o in list(scenario.offers)[:1]),
        )
    )
    return write_file(stem, text)


def write_file(stem: str, text: str) -> Path:
    """Write STEM.toml into the current folder, never over another. Raises ScenarioError."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}", stem):
        raise ScenarioError(stem, "", "is no good name; use letters, digits, '-' and '_'")
    path = Path(f"{stem}.toml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ScenarioError(
            str(path), "", "exists already; take another name, or move it away"
        ) from None
    except OSError as error:
        raise ScenarioError(
            str(path), "", f"cannot be written: {error.strerror}; go to another folder"
        ) from None
    return path
