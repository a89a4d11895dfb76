"""The commands on games: a class, its stored games, and what is handed out."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    InLanguage,
    Json,
    Name,
    Seat,
    Seed,
    Set,
    Users,
    Workers,
    bots_of,
    overrides,
    policies,
    tell_broken_languages,
    words_beside,
)
from .screen import note, refusals, table_of, tell_first_start, terminal

if TYPE_CHECKING:
    from ..game.chronicle import Chronicle

Game = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="A game: the file of a class, an exported ZIP, or its game.json.",
        show_default=False,
    ),
]


Level = Annotated[
    str, typer.Option(metavar="LEVEL", help="How well the bots play: calm, awake or fierce.")
]


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
        tell_first_start()
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
    console = terminal()
    console.print(
        f"{record.setup.scenario.name}: played again from its decisions, and every round compared "
        "with the stored one by its digest",
        highlight=False,
    )
    for number, market in enumerate(record.markets):
        count = f"rounds: {len(market.rounds)}"
        if odd := wrong.get(number):
            said = (
                f"round {odd.round + 1} differs: {odd.expected} was {odd.actual} now; "
                "later ones are not compared"
            )
        else:
            said = "every one equal" if market.rounds else "nothing to compare"
        console.print(f"market {number + 1}, {count}; {said}", highlight=False)
    console.print(
        "What was decided and what came of it, as tables: "
        f"market-model export {shlex.quote(str(file))}",
        highlight=False,
        soft_wrap=True,
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
        str, typer.Argument(help="A story with a teaching pack, or a file that extends one.")
    ] = "china-2013",
    language: InLanguage = "en",
    out: Annotated[
        Path | None, typer.Option(help="File to write (else NAME-handout.html here).")
    ] = None,
) -> None:
    """Handout and worksheet of a teaching pack, to print on A4."""
    from ..game.setup import has_story_rule, story_of
    from ..scenario import load_scenario
    from ..scenario.files import check_writable, text_file, writing
    from ..teaching import handout_page

    scenario = load_scenario(name)
    story = story_of(scenario) if has_story_rule(scenario) else ""
    page = handout_page(story or name, language, scenario.title_in(language))
    path = out or Path(f"{Path(name).name.removesuffix('.toml')}-handout.html")
    check_writable(path.parent)
    with writing(path):
        text_file(path, page)
    terminal().print(f"written: {path}")
    if story != name:
        terminal().print(f"The pack is that of {story}: it does not tell what {name} changes.")


def game(
    name: Name,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Games, each with its own luck.")] = 1,
    seed: Seed = 0,
    rounds: Annotated[int, typer.Option(help="Rounds of 4 weeks.")] = 10,
    level: Level = "awake",
    seat: Seat = None,
    set_: Set = None,
    users: Users = None,
    workers: Workers = 1,
    language: InLanguage = "en",
    as_json: Json = False,
) -> None:
    """Games with bots alone: the story of each in five lines. Who offered where, who answered, who
    paid, who gained.
    """
    from ..errors import BadInput
    from ..game import setup_of
    from ..game.chronicle import chronicle, lines
    from ..scenario import load_scenario
    from ..study.report import json_safe
    from ..work.code import is_code, placed
    from ..work.runner import outcomes

    scenario = load_scenario(name, overrides(set_, users))
    given = policies(seat, scenario)
    shipped = {of: bot for of, bot in given.items() if not is_code(bot)}
    setups = [setup_of(scenario, seed + n, rounds, shipped, level) for n in range(seeds)]
    own = {of: placed(bot) for of, bot in given.items() if is_code(bot)}
    games: dict[int, Chronicle] = {}
    failed = False
    for done in outcomes(chronicle, ((one, own) for one in setups), workers=workers):
        if done.status == "ok":
            games[done.index] = done.value
            continue
        if isinstance(done.value, BadInput):
            raise done.value
        failed = True
        note(f"seed {setups[done.index].seed}: {done.status}: {done.error.strip()}")
    told = [games[index] for index in sorted(games)]
    if as_json:
        found = {"scenario": scenario.name, "level": level, "games": [g.as_json() for g in told]}
        sys.stdout.write(json.dumps(json_safe(found), ensure_ascii=False) + "\n")
    else:
        for one, setup in ((games[n], setups[n]) for n in sorted(games)):
            typer.echo(f"{scenario.name}, seed {one.seed}")
            for line in lines(one, setup, language):
                typer.echo(f"  {line}")
            for line in refusals(one.refused_decisions):
                typer.echo(f"  {line}")
    if failed:
        raise typer.Exit(1)


def homework(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            help="Text files of addresses of solo games, or folders of them.",
            show_default=False,
        ),
    ],
    workers: Workers = 1,
    as_json: Json = False,
) -> None:
    """Solo games that pupils hand in, played again and ranked. One address a line, after a name, or
    a file for each pupil, named after it.
    """
    from ..explorer.homework import Grade, handed_in, mark
    from ..words import amount, fixed
    from ..work.runner import outcomes

    asked = list(handed_in(files))
    marks: dict[int, Grade] = {}
    for done in outcomes(mark, ((one,) for one in asked), workers=workers):
        name = asked[done.index].name
        lost = Grade(name, "", "", 0, 0, 0, None, done.error.strip().rpartition("\n")[2])
        marks[done.index] = done.value if done.status == "ok" else lost
    ranked = sorted(
        (marks[n] for n in sorted(marks)),
        key=lambda one: one.skill.share if one.skill else float("-inf"),
        reverse=True,
    )
    if as_json:
        sys.stdout.write(json.dumps([one.as_data() for one in ranked], ensure_ascii=False) + "\n")
        return
    first = dict[str, str]()
    rows = list[list[str]]()
    for one in ranked:
        twin = first.setdefault(one.key, one.name) if one.key else one.name
        told = one.problem or (f"the same game as {twin}" if twin != one.name else "")
        skill = one.skill
        figures = (
            ["★" * skill.stars, fixed(skill.share, "en", 2), amount(skill.margin, "en")]
            if skill
            else ["–"] * 3
        )
        game = f"{one.seat}, {one.story}, seed {one.seed}" if one.seat else "–"
        rows.append([one.name, game, f"{one.played} of {one.rounds}", *figures, told])
    headings = ["name", "game", "rounds", "stars", "skill share", "beyond doing nothing", "note"]
    terminal().print(table_of(headings, rows))


COMMANDS = {
    "class": class_,
    "homework": homework,
    "game": game,
    "replay": replay,
    "export": export,
    "handout": handout,
}
