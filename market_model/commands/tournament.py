"""The commands on bots that compete."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..words import actor, amount, currency, word
from .options import CORES, InLanguage, Json, Name, Seed, Set, Users, Workers, overrides
from .screen import note, stoppable, table_of, terminal

FIRST_SEEN = 1000
"""Seed of the first luck that a search sees."""
FEW = 250
"""Fewer games than this find little: shipped champions took 300 and more."""

if TYPE_CHECKING:
    from ..tournament.drive import Tournament
    from ..tournament.ladder import Ladder
    from ..tournament.records import KeptGame


def tournament(
    name: Name = "china-2013",
    entries: Annotated[
        list[str] | None,
        typer.Option(
            "--entries",
            metavar="FILE.py",
            help="A bot of yours that takes part: [app=|carrier=|SEAT=]FILE.py[:FUNCTION]; "
            "app= where nothing is said. May be given several times, and several at once.",
        ),
    ] = None,
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE.py …]", help="More files, as of --entries bots/*.py."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Lucks in which all play.")] = 3,
    seed: Seed = 0,
    rounds: Annotated[int, typer.Option(help="Rounds of 4 weeks.")] = 10,
    level: Annotated[
        str, typer.Option(metavar="LEVEL", help="How well the bots of all other seats play.")
    ] = "awake",
    set_: Set = None,
    users: Users = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps every game; the same command goes on from there."),
    ] = None,
    workers: Workers = CORES,
    language: InLanguage = "en",
    as_json: Json = False,
) -> None:
    """Bots against each other. Every bot in every seat of its kind over common luck, as a ladder;
    Ctrl-C ends it with the ladder of what is played.
    """
    from ..game import setup_of
    from ..scenario import load_scenario
    from ..scenario.files import check_writable, text_file
    from ..study.report import json_safe
    from ..tournament.drive import Fixtures, Tournament
    from ..tournament.entries import entries_of
    from ..tournament.records import kept_games
    from ..work.code import is_code

    given = [*(entries or ()), *(more or ())]
    if is_code(name):  # --entries bots/*.py, which the shell makes several words of
        name, given = "china-2013", [*given, name]
    scenario = load_scenario(name, overrides(set_, users))
    setups = [setup_of(scenario, seed + n, rounds, None, level) for n in range(seeds)]
    plan = Fixtures(setups, entries_of(setups[0], given))
    games = Tournament(plan, out)
    left = len(games.left)
    if not as_json:
        note(f"{len(plan.games()):,} games of {scenario.name}, {left:,} still to play")
    with stoppable(scenario.name, left, quiet=as_json) as (tell, stopping):
        games.go_on(workers, on_done=tell, stopping=stopping)
    ladder, kept = games.ladder(), list[Any]()
    if ladder is not None and out is not None:
        check_writable(out / "games")
        kept = list(kept_games(games, ladder, out / "games", language))
    found = {
        "scenario": scenario.name,
        "level": level,
        "rounds": rounds,
        "users": setups[0].scenario.society.users,
        "left": len(games.left),
        **(ladder.as_json() if ladder else {"seeds": [], "seats": [], "ladder": [], "matrix": []}),
        "games": [one._asdict() for one in kept],
        "failures": games.failures,
    }
    text = json.dumps(json_safe(found), ensure_ascii=False)
    if out is not None:
        text_file(out / "ladder.json", text)
    if as_json:
        sys.stdout.write(f"{text}\n")
    elif ladder is not None:
        _tell(games, ladder, kept, language)
    for failure in games.failures:
        note(f"failed: {failure}")
    if games.left:
        again = shlex.join(["market-model", *sys.argv[1:]])
        note(f"{len(games.left):,} games are left; go on with: {again}" if out else "stopped")
        raise typer.Exit(130)
    if games.failures:
        raise typer.Exit(1)


def search(
    name: Name,
    seat: Annotated[str, typer.Argument(help="The seat whose numbers are looked for.")],
    games: Annotated[int, typer.Option(min=4, help="Games to play, all lucks together.")] = 300,
    seeds: Annotated[
        int, typer.Option(min=1, max=100, help="Lucks that the search sees, from seed 1000 on.")
    ] = 3,
    unseen: Annotated[
        int, typer.Option(min=2, max=1000, help="Other lucks for the report, from seed 0 on.")
    ] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of what is tried.")] = 0,
    set_: Set = None,
    users: Users = None,
    out: Annotated[
        Path | None, typer.Option(help="File of what was tried; the same command goes on from it.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="File of champions that takes the numbers, if better.")
    ] = None,
    workers: Workers = CORES,
    as_json: Json = False,
    language: InLanguage = "en",
) -> None:
    """The numbers with which a champion plays a seat best. Half by chance, half uphill from the
    best; judged by lucks that the search has not seen.
    """
    from ..errors import suggest
    from ..game import setup_of
    from ..players.strategies import title
    from ..scenario import ScenarioError, load_scenario
    from ..scenario.files import check_writable
    from ..study.report import json_safe
    from ..tournament.search import Search, about, champions_in, report
    from ..tournament.search import save as keep

    scenario = load_scenario(name, overrides(set_, users))
    known = setup_of(scenario)
    if seat not in known.seats:
        problem = f"is no seat of {scenario.name}; {suggest(seat, known.seats)}"
        raise ScenarioError("SEAT", seat, problem)
    for file in (out, save):
        if file is not None:
            check_writable(file.parent)
    if save is not None:
        champions_in(save)
    seen = [setup_of(scenario, FIRST_SEEN + n) for n in range(seeds)]
    with stoppable(f"{scenario.name}, {seat}", games, quiet=as_json) as (tell, stopping):
        looking = Search(seen, seat, workers=workers, file=out, on_done=tell, stopping=stopping)
        numbers = looking.run(games, seed)
        found = report([setup_of(scenario, n) for n in range(unseen)], looking, numbers)
    if as_json:
        text = json.dumps(json_safe(asdict(found) | {"better": found.better}))
        sys.stdout.write(f"{text}\n")
    else:
        console = terminal()
        table = table_of((f"{scenario.name}, {seat}", word("search.number", language)), ())
        table.add_column(word("search.meaning", language))
        for number, value in found.numbers.items():
            table.add_row(number, f"{value:g}", word(f"search.{number}", language))
        console.print(table)
        console.print(about(found))
        if found.games < FEW:
            numbers = len(found.numbers)
            counts = {"games": found.games, "ways": found.tried, "numbers": numbers}
            console.print(word("search.few", language, **counts), highlight=False)
    if save is not None and found.better:
        keep(found, known.first, save)
        note(f"written: {save}")
    elif save is not None:
        key = "search.kept" if save.is_file() else "search.unwritten"
        note(word(key, language, bot=title(found.bot, language), file=save))


def _tell(games: Tournament, ladder: Ladder, kept: list[KeptGame], language: str) -> None:
    def say(key: str, **values: object) -> str:
        return word(f"tournament.{key}", language, **values)

    console, plan = terminal(), games.plan
    scenario = plan.setups[0].scenario
    money = currency(scenario.currency, language)
    titles = {(one.kind, one.name): one.title(language) for one in plan.entries}
    for kind in ("app", "carrier"):
        seats = [one for one in ladder.seats if one.kind == kind]
        cells = {(one.entry, one.seat): _share(one.share) for one in ladder.matrix}
        rungs = [one for one in ladder.ladder if one.kind == kind]
        title = say(
            "title",
            scenario=scenario.name,
            kind=say(kind),
            seeds=len(ladder.seeds),
            first=ladder.seeds[0],
            last=ladder.seeds[-1],
        )
        headings = ("entry", "rank", "share", "interval", "together", "refused", "broken")
        rows = [
            [
                titles[kind, one.entry],
                str(one.rank),
                _share(one.share),
                "–" if one.low is None else f"{_share(one.low)} … {_share(one.high)}",
                _share(one.together),
                str(one.refused),
                str(one.broken),
            ]
            for one in rungs
        ]
        console.print(title, style="bold")
        console.print(table_of([*map(say, headings)], rows))
        console.print()
        matrix = [
            [titles[kind, one.entry], *(cells.get((one.entry, s.seat), "") for s in seats)]
            for one in rungs
        ]
        bots = [titles.get((kind, one.bot), one.bot) for one in seats]
        best = [titles.get((kind, one.best), say("none")) for one in seats]
        wins = [amount(one.best_margin, language) for one in seats]
        matrix += [
            [say("bot"), *bots],
            [say("best"), *best],
            [say("margin", money=money), *wins],
        ]
        headings = [say("matrix"), *(actor(one.seat, language) for one in seats)]
        console.print(table_of(headings, matrix))
        console.print()
    console.print(say("help"))
    for rung in ladder.ladder:
        title = titles[rung.kind, rung.entry]
        if rung.out:
            console.print(say("out", entry=title, problem=rung.problem))
        elif rung.problem:
            lost = rung.refused + rung.broken
            console.print(say("wrong", entry=title, rounds=lost, problem=rung.problem))
    for one in kept:
        console.print(
            say(
                "game",
                seat=actor(one.seat, language),
                which=say(f"of_{one.which}"),
                entry=titles[plan.kinds[one.seat], one.entry],
                seed=one.seed,
                margin=amount(one.margin, language),
                money=money,
                file=games.folder / "games" / one.file if games.folder else one.file,
            )
        )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


COMMANDS = [tournament, search]
