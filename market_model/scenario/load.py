"""From a name or a file to a checked `Scenario`."""

import json
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .check import check
from .errors import ScenarioError, from_pydantic, shorten, suggest
from .model import Scenario
from .society import Society


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


def load_scenario(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Load and check a scenario.

    Args:
        name_or_path: a built-in name ("china-2013") or the path of a TOML file.
        overrides: values by dotted path, e.g. {"offers.laiwang.allowance_mb": 512}; "" takes out a
            thing that has a name.

    Raises:
        ScenarioError: file, field, value and a suggestion, in one line.
    """
    path, label = find(name_or_path)
    data = read(path, label)
    for field, value in (overrides or {}).items():
        if value == "" and field.split(".")[0] in _NAMED:
            drop_path(data, field, label)
        else:
            set_path(data, field, value, label)
    return build(data, label, path.parent)


def value_of(text: str) -> Any:
    """A value as written after "path=": TOML; what is none is text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def find(name_or_path: str | Path) -> tuple[Path, str]:
    """The file behind a name, and what to call it in messages."""
    text = str(name_or_path)
    if text in builtin_names():
        return library() / f"{text}.toml", text
    path = Path(text)
    if path.is_file():
        return path, text
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
    tomllib.TOMLDecodeError: "is not TOML: {}; check quotes, brackets and [tables]",
    UnicodeDecodeError: "is not UTF-8 text; save it as UTF-8",
    OSError: "cannot be read: {0.strerror}",
    ValueError: "has a number of thousands of digits; write it as 1e6 or the like",
    RecursionError: "is nested too deeply; check the brackets",
}


def read(path: Path, label: str, depth: int = 0) -> dict[str, Any]:
    """The file's tables, with those of the file it extends under them."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError, RecursionError) as error:
        told = next(text for kind, text in _UNREADABLE.items() if isinstance(error, kind))
        raise ScenarioError(label, "", told.format(error)) from None
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
    return merge(merged, data)


def _base(path: Path, name: str) -> tuple[Path, str]:
    """The file that a file extends: beside it, or built in; a file may extend the built-in
    scenario of its own name.
    """
    for beside in (path.parent / f"{name}.toml", path.parent / name):
        if beside.is_file() and not (name in builtin_names() and beside.samefile(path)):
            return beside, name
    return find(name)


def merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; anything else is replaced."""
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
    return base


_NAMED = ("apps", "carriers", "offers", "owners", "devices", "features")
"""Tables of things with names: setting one field of a thing that is not there is a slip, not a
new thing.
"""


def set_path(data: dict[str, Any], field: str, value: Any, label: str) -> None:
    """Set one value by dotted path; tables on the way are made."""
    *way, last = field.split(".")
    here: Any = data
    for above, key in zip(["", *way], way, strict=False):
        if isinstance(here, dict):
            if above in _NAMED and key not in here:
                raise ScenarioError(
                    label, field, f"'{key}' is not among the {above}; {suggest(key, here)}"
                )
            here.setdefault(key, {})
        here = here[_key(here, key, field, label)]
    if not isinstance(here, dict | list):
        raise ScenarioError(
            label, field, f"'{way[-1]}' is a value, not a table; it has no field '{last}'"
        )
    place: Any = last if isinstance(here, dict) else _key(here, last, field, label)
    here[place] = value


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


def build(data: dict[str, Any], label: str, folder: Path) -> Scenario:
    """Validate tables into a `Scenario`. Raises ScenarioError."""
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
        scenario = Scenario.model_validate(data, context=_names(data))
    except ValidationError as error:
        raise from_pydantic(label, error) from None
    scenario._folder = folder
    check(scenario, label)
    return scenario


def _names(data: dict[str, Any]) -> dict[str, list[str]]:
    """The names that other tables may use, by kind; a kind whose own table is broken is left
    out.
    """
    society = data.get("society", {})
    tables = {
        "app": data["apps"],
        "carrier": data["carriers"],
        "owner": data.get("owners", {}),
        "region": society.get("regions", Society().regions) if isinstance(society, dict) else None,
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
