"""The commands on games: a class, its stored games, and what is handed out."""

from pathlib import Path
from typing import Annotated

import typer

from .options import InLanguage, Seat, bots_of, tell_broken_languages, words_beside
from .screen import table_of, terminal

Game = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="A game: the file of a class, an exported ZIP, or its game.json.",
        show_default=False,
    ),
]


Level = Annotated[str, typer.Option(metavar="LEVEL", help="How well the bots play: calm or awake.")]


def class_(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[SCENARIO]",
            help="Built-in, or the path of a TOML file.",
            is_eager=True,
            callback=words_beside,
        ),
    ] = "china-2013",
    lan: Annotated[
        bool,
        typer.Option("--lan", help="Let phones in the same network in; else this computer only."),
    ] = False,
    demo: Annotated[
        int, typer.Option(min=0, max=200, help="Bots that join and play like people.")
    ] = 0,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port on this computer.")
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open your page in a browser.")
    ] = True,
    data: Annotated[
        Path | None, typer.Option(help="Folder of stored games (else in your own data folder).")
    ] = None,
    rounds: Annotated[int, typer.Option(help="Rounds of 4 weeks.")] = 10,
    seconds: Annotated[
        int, typer.Option(min=10, max=86_400, help="How long a round is open.")
    ] = 180,
    language: InLanguage = "en",
    seat: Seat = None,
    level: Level = "awake",
    new: Annotated[
        bool, typer.Option("--new", help="Begin another game, though one is unfinished.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Before the lesson: can a phone reach this computer?")
    ] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete all stored games of the folder.")
    ] = False,
) -> None:
    """A class: a game for players on their phones. And a page for the teacher."""
    from ..classroom import launch

    folder = data or launch.folder()
    if delete:
        deleted, played = launch.delete(folder)
        typer.echo(f"{deleted} stored games deleted from {folder}")
        if played:
            from ..scenario import ScenarioError

            raise ScenarioError(
                ", ".join(map(str, played)), "", "is being played; end that class first"
            )
    elif check:
        raise typer.Exit(0 if launch.check(port) else 1)
    else:
        tell_broken_languages()
        launch.run_class(
            name,
            folder,
            asked=[
                field
                for field in ("name", "rounds", "seconds", "language")
                if (source := context.get_parameter_source(field)) and source.name == "COMMANDLINE"
            ],
            lan=lan,
            demo=demo,
            port=port,
            browser=browser,
            rounds=rounds,
            seconds=seconds,
            language=language,
            new=new,
            level=level,
            seats=bots_of(seat),
        )


def replay(file: Game) -> None:
    """Play a stored game again and compare every round. The exit code is 1 if a digest differs
    from the stored one.
    """
    from ..classroom.record import game_of
    from ..game.record import replay as play_again

    record = game_of(file)
    wrong = {one.market: one for one in play_again(record)}
    terminal().print(
        table_of(
            ("market", "rounds", "digests"),
            (
                (
                    str(m + 1),
                    str(len(market.rounds)),
                    f"round {wrong[m].round + 1}: {wrong[m].expected} was {wrong[m].actual} now"
                    if m in wrong
                    else "equal",
                )
                for m, market in enumerate(record.markets)
            ),
        )
    )
    if wrong:
        raise typer.Exit(1)


def export(
    file: Game,
    out: Annotated[Path | None, typer.Option(help="ZIP to write (else FILE-export.zip).")] = None,
) -> None:
    """A stored game as a ZIP, to analyse or play again. Tables, codebook, scenario."""
    from ..classroom.record import game_of
    from ..game.export import write_zip
    from ..scenario.files import check_writable, writing

    record, path = game_of(file), out or file.with_name(f"{file.stem}-export.zip")
    check_writable(path.parent)
    with writing(path):
        write_zip(record, path)
    terminal().print(f"written: {path}")


def handout(
    name: Annotated[
        str, typer.Argument(help="A built-in scenario with a teaching pack.")
    ] = "china-2013",
    language: InLanguage = "en",
    out: Annotated[
        Path | None, typer.Option(help="File to write (else NAME-handout.html here).")
    ] = None,
) -> None:
    """Handout and worksheet of a teaching pack, to print on A4."""
    from ..scenario.files import check_writable, text_file, writing
    from ..teaching import handout_page

    path, page = out or Path(f"{name}-handout.html"), handout_page(name, language)
    check_writable(path.parent)
    with writing(path):
        text_file(path, page)
    terminal().print(f"written: {path}")


COMMANDS = {"class": class_, "replay": replay, "export": export, "handout": handout}
