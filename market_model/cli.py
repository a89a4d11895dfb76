"""The command `market-model`. Heavy rooms are imported inside the commands."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, cast

import typer
from pydantic import BaseModel
from rich.table import Table

from . import evidence_cli, game_cli, runs_cli, sweeps_cli
from .cli_options import Name
from .scenario import ScenarioError, builtin_names, library, load_scenario
from .scenario.load import file_schema, write_new
from .screen import terminal
from .words import amount

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="An agent-based market game on messaging apps and free data.",
)

app.add_typer(sweeps_cli.app, name="sweep")

BAD_INPUT, INTERRUPTED = 2, 130


@app.command("list")
def list_scenarios(
    all_: Annotated[bool, typer.Option("--all", help="Limit cases of theory, too.")] = False,
) -> None:
    """The built-in scenarios."""
    table = Table(box=None, header_style="bold")
    table.add_column("scenario", no_wrap=True)
    table.add_column("what it is")
    for name in builtin_names():
        if all_ or "/" not in name:
            table.add_row(name, load_scenario(name).title)
    terminal().print(table)


@app.command()
def show(name: Name) -> None:
    """What a scenario is: its text, its players, its parameters with unit, range and source."""
    from rich.markdown import Markdown

    scenario, console = load_scenario(name), terminal()
    text = library() / f"{name}.md"
    console.print(scenario.title or scenario.name, style="bold")
    console.print(
        f"{scenario.weeks} weeks from {scenario.start}; {scenario.society.users:,} users stand for "
        f"{amount(scenario.population, 'en')} people"
    )
    if text.is_file():
        console.print(Markdown(text.read_text(encoding="utf-8")))
    for title, rows in (
        ("Apps", scenario.apps),
        ("Carriers", scenario.carriers),
        ("Offers", scenario.offers),
    ):
        if rows:
            given = {
                name: row.model_dump(exclude_defaults=True, exclude={"color"}, mode="json")
                for name, row in rows.items()
            }
            console.print(
                _titled(
                    title,
                    ("name", "what differs from the defaults"),
                    (
                        [name, ", ".join(f"{k} = {_short(v)}" for k, v in row.items())]
                        for name, row in given.items()
                    ),
                )
            )
    if scenario.events:
        events = [
            (e.when, e.model_dump(exclude={"when"}, exclude_none=True, exclude_defaults=True))
            for e in scenario.events
        ]
        console.print(
            _titled(
                "Events",
                ("when", "event"),
                (
                    [str(when), ", ".join(f"{k} = {v}" for k, v in about.items())]
                    for when, about in events
                ),
            )
        )
    fields = type(scenario.parameters).model_fields
    console.print(
        _titled(
            "Parameters",
            ("parameter", "symbol", "value", "unit", "plausible", "source"),
            (
                _parameter(
                    name, getattr(scenario.parameters, name), cast(Any, field.json_schema_extra)
                )
                for name, field in fields.items()
            ),
        )
    )


def _titled(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(*headings, title=title, title_justify="left", box=None)
    for row in rows:
        table.add_row(*row)
    return table


def _parameter(name: str, value: Any, about: Mapping[str, Any]) -> list[str]:
    shown = (
        _short(value.model_dump(exclude_none=True)) if isinstance(value, BaseModel) else str(value)
    )
    plausible = "{:g} – {:g}".format(*about["prior"]) if "prior" in about else ""
    return [name, about.get("symbol", ""), shown, about["unit"], plausible, about["source"]]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= 120 else text[:117] + "…"


@app.command()
def schema() -> None:
    """The JSON schema of scenario files, for editors."""
    typer.echo(json.dumps(file_schema(), indent=2))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of your scenario; NAME.toml is written here.")],
    from_: Annotated[str, typer.Option("--from", help="Scenario to start from.")] = "china-2013",
) -> None:
    """Write a commented scenario file that runs, to change as you like."""
    path = write_new(name, from_)
    typer.echo(f"{path} written; run it with: market-model run {path}")


for command in (*runs_cli.COMMANDS, *evidence_cli.COMMANDS):
    app.command()(command)
for name, command in game_cli.COMMANDS.items():
    app.command(name)(command)


@app.command()
def play(
    name: Annotated[
        str,
        typer.Argument(
            help="A scenario to open: built-in, or the path of a TOML file.", show_default=False
        ),
    ] = "",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port on this computer.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """The simulation in the browser."""
    from .explorer.launch import play as serve

    serve(name, port, browser)


def main() -> None:
    """Entry point: errors in one line, exit codes 2 (bad input) and 130 (interrupted)."""
    try:
        app()
    except ScenarioError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


if __name__ == "__main__":
    main()
