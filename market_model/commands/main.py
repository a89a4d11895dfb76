"""The command `market-model`. Heavy rooms are imported inside the commands."""

import gc
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ..version import MODEL_VERSION
from . import compare, evidence, games, runs, show, sweeps, tournament
from .options import tell_broken_languages, words_beside
from .screen import any_console, flushed, full, note, tell_first_start


class Commands(TyperGroup):
    """Says what is wrong with an option in the words of all other bad input."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            from pydantic import ValidationError

            from ..scenario.errors import from_pydantic

            if error.param is None or not isinstance(error.__cause__, ValidationError):
                raise
            raise from_pydantic(error.param.opts[0], error.__cause__) from None
        except KeyboardInterrupt:
            note("interrupted")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    help="An agent-based market game on messaging apps and free data.",
)

app.add_typer(sweeps.app, name="sweep")

BAD_INPUT, INTERRUPTED = 2, 130


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"market-model {version('market-model')}, model {MODEL_VERSION}")
        raise typer.Exit


@app.callback()
def _main(
    _: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=_version,
            help="Version of the program and of its model.",
        ),
    ] = False,
) -> None:
    from ..words.catalogue import OWN, use

    if own := os.environ.get(OWN):
        use(Path(own))


@app.command()
def schema() -> None:
    """The JSON schema of scenario files, for editors."""
    from ..scenario.load import file_schema

    typer.echo(json.dumps(file_schema(), indent=2))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of your scenario; NAME.toml is written here.")],
    from_: Annotated[str, typer.Option("--from", help="Scenario to start from.")] = "china-2013",
) -> None:
    """Write a commented scenario file that runs, to change it."""
    from ..scenario.load import write_new

    path = write_new(name, from_)
    typer.echo(f"{path} written; run it with: market-model run {path}")


for name, command in show.COMMANDS.items():
    app.command(name)(command)
for command in (*runs.COMMANDS, *compare.COMMANDS, *evidence.COMMANDS, *tournament.COMMANDS):
    app.command()(command)
for name, command in games.COMMANDS.items():
    app.command(name)(command)


@app.command()
def play(
    name: Annotated[
        str,
        typer.Argument(
            help="A scenario to open: built-in, or the path of a TOML file.",
            show_default=False,
            is_eager=True,
            callback=words_beside,
        ),
    ] = "",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port on this computer.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """The simulation in the browser."""
    from ..explorer.launch import play as serve

    tell_broken_languages()
    tell_first_start()
    serve(name, port, browser)


def main() -> None:
    """Entry point: errors in one line, exit codes 1 (it could not be shown, or runs failed), 2 (bad
    input) and 130 (interrupted).
    """
    any_console()
    try:
        try:
            app()
        finally:
            gc.freeze()  # the process ends: what is left of it need not be looked through
            flushed()
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        if not full(error):
            raise
        note(f"cannot write: {error.strerror}; make room, or print to another place")
        sys.exit(1)
    except ValueError as error:
        from ..errors import BadInput

        if not isinstance(error, BadInput):
            raise
        note(str(error))
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
