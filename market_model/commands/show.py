"""The commands that tell what scenarios are: their list, their texts, and every field."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..words import amount
from .options import Json, Name
from .screen import terminal

if TYPE_CHECKING:
    from ..scenario import Scenario
    from ..scenario.describe import Described


def list_scenarios(
    all_: Annotated[bool, typer.Option("--all", help="Limit cases of theory, too.")] = False,
    bots: Annotated[bool, typer.Option("--bots", help="The shipped bots, for --seat.")] = False,
) -> None:
    """The built-in scenarios, or the bots."""
    from rich.table import Table

    from ..scenario import builtin_names, load_scenario

    table = Table(box=None, header_style="bold")
    if bots:
        from ..players.bots import BOTS

        for column in ("bot", "seat"):
            table.add_column(column, no_wrap=True)
        table.add_column("what it does")
        for kind, known in BOTS.items():
            for name, bot in known.items():
                if kind != "regulator":
                    table.add_row(name, kind, bot.about)
        terminal().print(table)
        return
    table.add_column("scenario", no_wrap=True)
    table.add_column("what it is")
    for name in builtin_names():
        if all_ or "/" not in name:
            table.add_row(name, load_scenario(name).title)
    terminal().print(table)


def show(
    name: Name,
    section: Annotated[
        str,
        typer.Argument(
            metavar="[SECTION]",
            help="Its fields: a table as society, apps or apps.wechat; COLUMN, SCHEDULE or RATE; "
            "or all.",
            show_default=False,
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """What a scenario is, and its fields. Every field has a unit, a range, a default and a
    source.
    """
    from ..scenario import load_scenario
    from ..scenario.describe import described

    scenario = load_scenario(name)
    fields = described(scenario, "" if section == "all" else section)
    if as_json:
        about = {"name": scenario.name, "title": scenario.title}
        told = about | {"fields": [asdict(field) for field in fields]}
        sys.stdout.write(json.dumps(told) + "\n")
    elif section:
        _fields(fields)
    else:
        _overview(name, scenario, fields)


def reference(
    out: Annotated[Path, typer.Option(help="Folder for the pages.")] = Path("reference"),
) -> None:
    """Pages on every class and function of the package, from their docstrings."""
    import pkgutil
    import warnings

    import market_model

    from ..scenario.files import check_writable
    from ..work.extras import needed
    from .screen import note

    check_writable(out)
    pdoc = needed("pdoc", "reference")
    for name in market_model.__all__:  # the package loads them when they are first used
        setattr(market_model, name, getattr(market_model, name))
    modules = [
        module.name
        for module in pkgutil.walk_packages(market_model.__path__, "market_model.")
        if not module.name.endswith("__main__")
    ]
    pdoc.render.configure(docformat="google", show_source=False)
    note(f"{len(modules)} modules are read …")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # types that are imported for type checkers alone
        pdoc.pdoc("market_model", *modules, output_directory=out)
    terminal().print(f"{out / 'index.html'}", highlight=False, soft_wrap=True)


def _overview(name: str, scenario: Scenario, fields: list[Described]) -> None:
    """Its text, and what its file says that is not a default."""
    from rich.markdown import Markdown
    from rich.markup import escape
    from rich.table import Table

    from ..scenario import library
    from ..scenario.describe import described, sections
    from ..scenario.load import base_scenario
    from ..scenario.notes import notes

    console, text = terminal(), library() / f"{name}.md"
    console.print(scenario.title or scenario.name, style="bold")
    console.print(
        f"{scenario.weeks} weeks from {scenario.start}; {scenario.society.users:,} users stand for "
        f"{amount(scenario.population, 'en')} people"
    )
    base = base_scenario(name)
    changes = [*_changes(_values(described(base)), _values(fields))] if base else []
    if base and changes:
        console.print(f"\nWhat differs from {base.name}", style="bold")
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for column in ("", base.name, "here"):
            table.add_column(column, overflow="fold")
        for row in changes:
            table.add_row(*map(escape, row))
        console.print(table, "", highlight=False)
    told = notes(scenario)
    if scenario.society.graph.family == "implicit":
        told.append(_computed_contacts(scenario))
    for note in told:
        console.print(note, style="dim", highlight=False, markup=False)
    if text.is_file():
        console.print(Markdown(text.read_text(encoding="utf-8")))
    said = {path: value for path, (value, default) in _values(fields).items() if value != default}
    console.print("\nWhat differs from the defaults", style="bold")
    table = Table.grid("", "", padding=(0, 2, 0, 0))
    for path in _by_thing(said):
        table.add_row(path, _short(said[path]))
    console.print(table, highlight=False)
    console.print(
        f"\nEvery field with unit, range, default and source: market-model show {name} SECTION, "
        f"with SECTION one of {', '.join(sections(fields))}, all; or a part, as "
        f"apps.{next(iter(scenario.apps))}; --json for programs."
    )
    if Path(name).is_file():
        console.print(
            f"\n{name} is sound. Run it with: market-model run {name}",
            style="bold",
            highlight=False,
            soft_wrap=True,
        )


def _values(fields: Iterable[Described]) -> dict[str, tuple[Any, Any]]:
    """What a scenario says and what stands by default, by path."""
    return {
        path: (value, field.default)
        for field in fields
        for path, value in field.values.items()
        if not path.endswith((".color", "title", "_zh"))
        and not path.startswith("society.graph.network.")  # the notes tell of it
    }


def _changes(
    base: dict[str, tuple[Any, Any]], here: dict[str, tuple[Any, Any]]
) -> Iterator[tuple[str, str, str]]:
    """What a file changes: field, value in the scenario that it extends, value here. A table that
    it takes out is one line.
    """
    silent, tables = (None, None), {table for path in here for table in _tables(path)}
    taken = dict.fromkeys(
        next((table for table in _tables(path) if table not in tables), "") for path in base
    )
    for path in _by_thing({**here, **base}):
        (before, _), (now, default) = base.get(path, silent), here.get(path, silent)
        if before != now and (path in base or now != default) and not taken.keys() & _tables(path):
            yield path, _value(before), _value(now)
    for table in filter(None, taken):
        yield table, "is there", "is taken out"


def _value(value: Any) -> str:
    return "–" if value is None else _short(value)


def _tables(path: str) -> list[str]:
    """The tables that a path leads through."""
    return [path[: dot.start()] for dot in re.finditer(r"\.", path)]


def _by_thing(paths: Collection[str]) -> list[str]:
    """Paths sorted by what they lead into."""
    things = list(dict.fromkeys(map(_thing, paths)))
    return sorted(paths, key=lambda path: things.index(_thing(path)))


def _computed_contacts(scenario: Scenario) -> str:
    """What the contacts of the family "implicit" are like, by theory and on a sample."""
    from ..society.computed import sampled
    from ..society.graphs import heads_of
    from ..society.implicit import expected_clustering, plan, rule_of
    from ..words import word

    graph, heads = scenario.society.graph, heads_of(scenario.society)
    made, sample = plan(graph, heads), sampled(rule_of(graph, heads, seed=0))
    return word(
        "note.implicit",
        "en",
        communities=f"{len(made.starts) - 1:,}",
        degree=f"{sample.degree:.1f}",
        least=sample.least,
        most=sample.most,
        circles=f"{made.circles:.1f}",
        clustering=f"{sample.clustering:.3f}",
        theory=f"{expected_clustering(graph, heads):.3f}",
        sample=f"{sample.people:,}",
    )


def _thing(path: str) -> str:
    """The app, carrier, event … that a path leads into."""
    return ".".join(path.split(".")[:2])


def _fields(fields: Iterable[Described]) -> None:
    """A few lines for each field: what it does, what may be written, and what the scenario says."""
    from rich.padding import Padding

    console = terminal()
    for field in fields:
        symbol = f" ({field.symbol})" if field.symbol else ""
        console.print(f"{field.path}{symbol}", style="bold", highlight=False)
        default = (
            ["required"]
            if field.required
            else []
            if field.default in (None, [], {})
            else [f"default {_short(field.default)}"]
        )
        source = [f"source: {field.source}"] if field.source else []
        for line in (field.text, "; ".join([_what(field), *default, *source]), _said(field)):
            if line:
                console.print(Padding(line, (0, 0, 0, 4)), highlight=False)


def _what(field: Described) -> str:
    """Its kind, range and unit."""
    unit = "" if field.unit == "–" else field.unit
    ends = f"from {field.low or '−∞'} to {field.high or '∞'}" if field.low or field.high else ""
    prior = "plausible {:g} to {:g}".format(*field.prior) if field.prior else ""
    return "; ".join(filter(None, (field.kind, f"{ends} {unit}".strip(), prior)))


def _said(field: Described) -> str:
    """What the scenario says, by name where there are several."""
    said = {path: value for path, value in field.values.items() if value != field.default}
    if list(field.values) == [field.path]:
        return "".join(f"= {_short(value)}" for value in said.values())
    return ", ".join(f"{field.names(path)} = {_short(value)}" for path, value in said.items())


COMMANDS = {"list": list_scenarios, "show": show, "reference": reference}


def _short(value: Any) -> str:
    text = (
        f"{value:.15g}"
        if isinstance(value, float)
        else str(value)
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False)
    )
    return text if len(text) <= 240 else text[:239] + "…"
