"""The command `market-model`. Heavy rooms are imported inside the commands."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from . import sweeps_cli
from .cli_options import CORES, Json, Name, Seed, Set, Users, Weeks, Workers, Zh, one_of
from .scenario import ScenarioError, load_scenario
from .scenario.load import file_schema, value_of, write_new

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True,
                  context_settings={"help_option_names": ["-h", "--help"]},
                  help="An agent-based market game on messaging apps and free data.")

app.add_typer(sweeps_cli.app, name="sweep")

BAD_INPUT, INTERRUPTED = 2, 130


@app.command("list")
def list_scenarios(all_: Annotated[bool, typer.Option("--all", help="Limit cases of theory, too.")] = False) -> None:
    """The built-in scenarios."""
    from .screen import list_table

    list_table(all_)


@app.command()
def show(name: Name) -> None:
    """What a scenario is: its text, its players, its parameters with unit, range and source."""
    from .screen import show_scenario

    show_scenario(name)


@app.command()
def schema() -> None:
    """The JSON schema of scenario files, for editors."""
    typer.echo(json.dumps(file_schema(), indent=2))


@app.command()
def new(name: Annotated[str, typer.Argument(help="Name of your scenario; NAME.toml is written here.")],
        from_: Annotated[str, typer.Option("--from", help="Scenario to start from.")] = "china-2013") -> None:
    """Write a commented scenario file that runs, to change as you like."""
    path = write_new(name, from_)
    typer.echo(f"{path} written; run it with: market-model run {path}")


@app.command()
def run(name: Name, set_: Set = None, seed: Seed = 0, users: Users = None, weeks: Weeks = None,
        out: Annotated[Path | None, typer.Option(help="Folder for report and tables (else NAME-report.html here).")] = None,
        as_json: Json = False, language: Zh = "en",
        csv: Annotated[bool, typer.Option("--csv", help="With --out: tables as CSV, too.")] = False,
        engine: Annotated[str, typer.Option(help="compiled, or agents (readable and slow).")] = "compiled") -> None:
    """Run one scenario: a table here, and an HTML report that opens without internet."""
    one_of("--engine", engine, "compiled", "agents")
    scenario = load_scenario(name, overrides(set_, users, weeks))
    from .screen import run_and_tell

    run_and_tell(scenario, seed, engine, as_json=as_json, out=out, language=one_of("--language", language, "en", "zh"), csv=csv)


@app.command()
def compare(base: Name, variants: Annotated[list[str], typer.Argument(help="One or more variants.")],
            replicates: Annotated[int, typer.Option(min=1, max=10_000, help="Runs of each, with different luck.")] = 1,
            set_: Set = None, seed: Seed = 0, users: Users = None, weeks: Weeks = None,
            workers: Workers = 1,
            out: Annotated[Path | None, typer.Option(help="Folder for the report and the table as CSV.")] = None,
            as_json: Json = False, language: Zh = "en") -> None:
    """Twins: run a base and its variants with the same luck, and show what differs."""
    values = overrides(set_, users, weeks)
    if twice := [n for i, n in enumerate(variants) if n in [base, *variants[:i]]]:
        raise ScenarioError("compare", "", f"'{twice[0]}' stands there twice; name a base and variants that differ from it")
    scenarios = {n: load_scenario(n, values) for n in [base, *variants]}
    from .screen import compare_and_tell

    compare_and_tell(scenarios, seed, replicates, workers, as_json=as_json, out=out,
                     language=one_of("--language", language, "en", "zh"))


@app.command()
def strategies(name: Name,
               seat: Annotated[list[str] | None, typer.Option(metavar="SEAT=STRATEGY,…", help="An app, a carrier or the regulator "
                               "(its rules), and what it may play; 'story': as the file has it.")] = None,
               replicates: Annotated[int, typer.Option(min=2, max=10_000, help="Runs of each profile at first.")] = 8,
               most: Annotated[int, typer.Option(min=2, max=10_000, help="Runs of each, while equilibria are undecided.")] = 32,
               epsilon: Annotated[float, typer.Option(min=0, max=1, help="Gain too small to count, as a share of the most that "
                                  "a seat's own choice matters to it.")] = 0.05,
               set_: Set = None, seed: Seed = 0, users: Users = None, weeks: Weeks = None,
               workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
               out: Annotated[Path | None, typer.Option(help="Folder for page and figures (else NAME-strategies here).")] = None,
               as_json: Json = False, language: Zh = "en") -> None:
    """A game: every combination of strategies, who would rather have played otherwise, and how sure that is."""
    scenario = load_scenario(name, overrides(set_, users, weeks))
    from .screen import play_out_and_tell
    from .study.strategies import seats_of

    play_out_and_tell(scenario, seats_of(scenario, seat or ()), seed, replicates, most, epsilon, workers, as_json=as_json, out=out,
                      language=one_of("--language", language, "en", "zh"))


@app.command()
def calibrate(trials: Annotated[int, typer.Option(min=1, help="Parameter sets to try, those in --out included.")] = 600,
              seeds: Annotated[int, typer.Option(min=1, max=100, help="Runs of each, with different luck.")] = 2,
              users: Annotated[int, typer.Option(min=100, help="Simulated users of these runs.")] = 3000,
              keep: Annotated[int, typer.Option(min=1, help="Sets to keep at most.")] = 16, workers: Workers = CORES,
              out: Annotated[Path, typer.Option(help="File of all trials, taken up again if it exists; the ensemble goes beside it, as "
                                                     ".json.")] = Path("calibration.trials")) -> None:
    """Find parameter sets of china-2013 that meet the published facts: an ensemble, not a best one."""
    from .screen_evidence import calibrate_and_tell

    calibrate_and_tell(out, trials, seeds=seeds, users=users, workers=workers, keep=keep)


@app.command()
def validate(full: Annotated[bool, typer.Option("--full", help="Every set of the ensemble, several runs of each.")] = False,
             ensemble: Annotated[Path | None, typer.Option(help="An ensemble of 'calibrate', else the one that comes with this "
                                                                "program.")] = None,
             out: Annotated[Path | None, typer.Option(help="Folder for the report (else validation.html here).")] = None,
             workers: Workers = CORES, as_json: Json = False, language: Zh = "en") -> None:
    """Hold the model against published facts, those it was fitted to and those it was not."""
    from .screen_evidence import validate_and_tell

    validate_and_tell(ensemble, full=full, as_json=as_json, out=out, workers=workers, language=one_of("--language", language, "en", "zh"))


@app.command()
def play(name: Annotated[str, typer.Argument(help="A scenario to open: built-in, or the path of a TOML file.", show_default=False)] = "",
         port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port on this computer.")] = None,
         browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True) -> None:
    """The simulation in the browser."""
    from .explorer.launch import play as serve

    serve(name, port, browser)


@app.command("class")
def class_(name: Annotated[str, typer.Argument(metavar="[SCENARIO]", help="Built-in, or the path of a TOML file.")] = "china-2013",
           lan: Annotated[bool, typer.Option("--lan", help="Let phones in the same network in; else this computer only.")] = False,
           demo: Annotated[int, typer.Option(min=0, max=200, help="Bots that join and play like people.")] = 0,
           port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port on this computer.")] = None,
           browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open your page in a browser.")] = True,
           data: Annotated[Path | None, typer.Option(help="Folder of stored games (else in your own data folder).")] = None,
           rounds: Annotated[int, typer.Option(help="Rounds of 4 weeks.")] = 10,
           seconds: Annotated[int, typer.Option(min=10, max=86_400, help="How long a round is open.")] = 180, language: Zh = "en",
           new: Annotated[bool, typer.Option("--new", help="Begin another game, though one is unfinished.")] = False,
           check: Annotated[bool, typer.Option("--check", help="Before the lesson: can a phone reach this computer?")] = False,
           delete: Annotated[bool, typer.Option("--delete", help="Delete all stored games of the folder.")] = False) -> None:
    """A class: a game for many players on their phones, and a page for the teacher."""
    from .classroom import launch

    folder = data or launch.folder()
    if delete:
        typer.echo(f"{launch.delete(folder)} stored games deleted from {folder}")
    elif check:
        raise typer.Exit(0 if launch.check(port) else 1)
    else:
        launch.run_class(name, folder, lan=lan, demo=demo, port=port, browser=browser, rounds=rounds, seconds=seconds,
                         language=one_of("--language", language, "en", "zh"), new=new)


@app.command()
def handout(name: Annotated[str, typer.Argument(help="A built-in scenario with a teaching pack.")] = "china-2013", language: Zh = "en",
            out: Annotated[Path | None, typer.Option(help="File to write (else NAME-handout.html here).")] = None) -> None:
    """Handout and worksheet of a scenario's teaching pack, to print on A4."""
    from .screen import keep_files
    from .teaching import handout_page

    path = out or Path(f"{name}-handout.html")
    keep_files(path.parent, False, {path.name: handout_page(name, one_of("--language", language, "en", "zh"))})


Game = Annotated[Path, typer.Argument(metavar="FILE", help="A game that was exported (ZIP), or its game.json.", show_default=False)]


@app.command()
def replay(file: Game) -> None:
    """Play a stored game again and hold every round's digest against the stored one; exit code 1 if one differs."""
    from .screen_game import replay_and_tell

    if not replay_and_tell(file):
        raise typer.Exit(1)


@app.command()
def export(file: Game, out: Annotated[Path | None, typer.Option(help="ZIP to write (else FILE-export.zip).")] = None) -> None:
    """A stored game as a ZIP: tables, codebook, scenario, and what plays it again."""
    from .screen_game import export_and_tell

    export_and_tell(file, out)


def overrides(given: list[str] | None, users: int | None = None, weeks: int | None = None) -> dict[str, Any]:
    """--set, --users and --weeks as values by dotted path. Raises ScenarioError."""
    found: dict[str, Any] = {}
    for text in given or []:
        field, equals, value = text.partition("=")
        if not equals or not field.strip():
            raise ScenarioError("--set", "", f"'{text}' is not PATH=VALUE, as in offers.laiwang_bundle.allowance_mb=512")
        found[field.strip()] = value_of(value.strip())
    numbers = {"society.users": users, "weeks": weeks}
    return found | {field: number for field, number in numbers.items() if number is not None}


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
