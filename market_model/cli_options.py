"""Options that several commands share."""

import os
from typing import Annotated, Any

import typer

from .scenario import ScenarioError

Name = Annotated[str, typer.Argument(help="A built-in scenario ('market-model list') or the path of a TOML file.")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one value by dotted path.")]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of all chance.")]
Users = Annotated[int | None, typer.Option(help="Simulated users, instead of the scenario's.")]
Weeks = Annotated[int | None, typer.Option(help="Weeks, instead of the scenario's.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
CORES = min(os.cpu_count() or 1, 64)
Workers = Annotated[int, typer.Option(min=1, max=256, help="Processes.", show_default="one per core")]
Zh = Annotated[str, typer.Option("--language", help="en or zh: language of the report.")]


def one_of(option: str, text: str, *known: str) -> Any:
    """The text, which is one of those known. Raises ScenarioError."""
    if text not in known:
        raise ScenarioError(option, "", f"'{text}' is not one of {', '.join(known)}")
    return text
