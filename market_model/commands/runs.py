"""The commands that run a market: once, or as a game of strategies."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from ..words import actor, amount, offer_label, people, word
from .options import (
    InLanguage,
    Json,
    Name,
    Seat,
    Seed,
    Set,
    Users,
    Weeks,
    one_of,
    overrides,
    policies,
)
from .screen import (
    check_out,
    figure,
    publish,
    refusals,
    refusals_in_all,
    steps,
    table_of,
    tell_first_start,
    terminal,
)

if TYPE_CHECKING:
    from ..market import Run
    from ..market.friends import ThroughFriends
    from ..study.findings import GamePage
    from ..study.twins import Retained

FRIENDS_UP_TO = 20_000
"""Simulated users up to which every newcomer is looked at: who brought them."""


def run(
    name: Name,
    set_: Set = None,
    seed: Seed = 0,
    users: Users = None,
    weeks: Weeks = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report and tables (else NAME-report.html here).")
    ] = None,
    as_json: Json = False,
    language: InLanguage = "en",
    csv: Annotated[bool, typer.Option("--csv", help="With --out: tables as CSV, too.")] = False,
    engine: Annotated[
        str,
        typer.Option(
            help="compiled, or agents (readable and slow).",
            callback=one_of("--engine", "compiled", "agents"),
        ),
    ] = "compiled",
    seat: Seat = None,
    user: Annotated[
        str,
        typer.Option(
            metavar="FILE.py[:CLASS]",
            help="With --engine agents: people with rules of your own, a subclass of User.",
        ),
    ] = "",
    observe: Annotated[
        str,
        typer.Option(
            metavar="FILE.py[:FUNCTION]",
            help="Figures of your own: from the market after each week to numbers by name.",
        ),
    ] = "",
) -> None:
    """Run one scenario: a table here, and an HTML report. It opens without internet."""
    from ..scenario import ScenarioError, load_scenario
    from ..scenario.files import text_file
    from ..work.code import guarded, load

    if csv and out is None:
        raise ScenarioError("--csv", "", "goes with --out; give a folder, as in --out results")
    scenario = load_scenario(name, overrides(set_, users, weeks))
    bots = policies(seat, scenario)
    if user and engine != "agents":
        raise ScenarioError("--user", "", "goes with --engine agents, which runs its rules")
    look = load(observe, "after_week") if observe else None
    check_out(out, as_json)
    if not as_json and engine == "compiled":
        tell_first_start()
    from ..market import Figures, User
    from ..market import run as simulate
    from ..market.friends import ThroughFriends
    from ..study.report import json_safe, report_data
    from ..study.twins import retained, twin_of

    def rules(given: Any) -> bool:
        return isinstance(given, type) and issubclass(given, User) and given is not User

    brought: dict[str, Any] = {"policies": bots, "user": load(user, kind=rules) if user else User}
    if user and not rules(brought["user"]):
        raise ScenarioError(user, "", "is no subclass of User (market_model.market.User)")
    figures = [Figures(guarded(observe, look), observe)] if look else []
    friends = [ThroughFriends()] if scenario.society.users <= FRIENDS_UP_TO else []
    with steps(scenario.name, scenario.weeks, as_json) as step:
        one = simulate(
            scenario,
            seed,
            engine=cast(Any, engine),
            on_week=step,
            observers=[*figures, *friends],
            **brought,
        )
    twin = None
    if one.followed and (out is not None or not as_json):
        twin = twin_of(one, engine=cast(Any, engine), **brought)
    summary = json_safe({**one.summary, "digest": one.digest, "refused": one.refused})
    if figures:
        summary["figures"] = figures[0].rows[-1]
    if friends:
        parts = map(friends[0].part, range(len(scenario.messengers)))
        summary["through_friends"] = json_safe(dict(zip(scenario.messengers, parts, strict=True)))

    def files(folder: Path) -> list[Path]:
        from ..charts import report

        page = report(report_data(one, twin, language, friends[0] if friends else None))
        if out is None:
            return [text_file(folder / f"{scenario.name}-report.html", page)]
        return [
            text_file(folder / "report.html", page),
            text_file(folder / "summary.json", json.dumps(summary, indent=1)),
            *one.to_parquet(folder),
            *(one.to_csv(folder) if csv else []),
            *(path for looks in figures for path in looks.write(folder, csv=csv)),
        ]

    def tell() -> None:
        _tell_run(one, retained(one, twin) if twin else [])
        for seen in friends:
            _tell_friends(one, seen)
        for looks in figures:
            rows = ([name, figure(value)] for name, value in looks.rows[-1].items())
            terminal().print(table_of((observe, "last week"), rows), "")
        for line in refusals(one.refused):
            terminal().print(line, "")

    publish(
        summary,
        tell,
        files,
        as_json=as_json,
        out=out,
    )


def strategies(
    name: Name,
    seat: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SEAT=STRATEGY,…",
            help="An app, a carrier or the regulator "
            "(its rules), and what it may play; 'story': as the file has it.",
        ),
    ] = None,
    replicates: Annotated[
        int, typer.Option(min=2, max=10_000, help="Runs of each profile at first.")
    ] = 8,
    most: Annotated[
        int, typer.Option(min=2, max=10_000, help="Runs of each, while equilibria are undecided.")
    ] = 32,
    epsilon: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Gain too small to count, as a share of the most that "
            "a seat's own choice matters to it.",
        ),
    ] = 0.05,
    set_: Set = None,
    seed: Seed = 0,
    users: Users = None,
    weeks: Weeks = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for page and figures (else NAME-strategies here).")
    ] = None,
    as_json: Json = False,
    language: InLanguage = "en",
) -> None:
    """A game: every combination of strategies. Who would rather have played otherwise, and how
    sure that is.
    """
    from ..scenario import load_scenario
    from ..scenario.files import text_file

    scenario = load_scenario(name, overrides(set_, users, weeks))
    from ..study.findings import GamePage
    from ..study.report import json_safe
    from ..study.strategies import play_out, seats_of

    seats = seats_of(scenario, seat or ())
    check_out(out, as_json)
    with steps("runs, at most", most * math.prod(map(len, seats.values())), as_json) as step:
        game = play_out(
            scenario,
            seats,
            seed=seed,
            replicates=replicates,
            most=most,
            share=epsilon,
            workers=workers,
            on_done=step,
        )
    page = GamePage(game, scenario, "en")
    told = json_safe({**asdict(game), "findings": page.findings()})

    def files(folder: Path) -> list[Path]:
        return [
            text_file(
                folder / "strategies.html",
                GamePage(game, scenario, language).html(),
            ),
            text_file(folder / "strategies.json", json.dumps(told, indent=1)),
        ]

    publish(
        told,
        lambda: _tell_game(page),
        files,
        as_json=as_json,
        out=out,
        folder=Path(f"{scenario.name}-strategies"),
        failures=game.failures,
    )


def _tell_friends(one: Run, seen: ThroughFriends) -> None:
    """Of each app's newcomers the part that friends brought, in people simulated."""
    came = seen.newcomers.sum(axis=0) / one.scenario.people_per_user
    brought = seen.brought.sum(axis=0) / one.scenario.people_per_user
    rows = (
        [actor(app, "en"), amount(new, "en"), people.share(old, new, "en")]
        for app, new, old in zip(one.scenario.messengers, came, brought, strict=True)
    )
    terminal().print(table_of(("newcomers (simulated)", "people", "through friends"), rows), "")


def _tell_run(one: Run, kept: Sequence[Retained]) -> None:
    """The last week and the last bill, in tables of at most 80 columns."""
    from ..scenario.notes import notes
    from ..study.twins import left_out

    console, scenario, last, money = (
        terminal(),
        one.scenario,
        one.history.weeks - 1,
        one.scenario.currency,
    )
    console.print(scenario.title or scenario.name, style="bold")
    console.print(f"week {last}, {scenario.date_of(last)}; seed {one.seed}; digest {one.digest}")
    for said in notes(scenario):
        console.print(said, style="dim", highlight=False, markup=False)
    console.print()
    apps, users = one.summary["apps"], scenario.society.users
    console.print(
        table_of(
            ("app, % of people", "registered", "monthly active", "active", "messages/week"),
            (
                [
                    actor(name, "en"),
                    *(
                        people.share(row[f"{k}_share"] * users, users, "en", 1)
                        for k in ("registered", "mau", "active")
                    ),
                    amount(row["messages"], "en"),
                ]
                for name in scenario.messengers
                for row in (apps[name],)
            ),
        ),
        "",
    )
    bill = (
        "subscribers",
        "plan_income",
        "sms_income",
        "voice_income",
        "sponsor_income",
        "pack_income",
    )
    carriers = {name: one.summary["carriers"][name] for name in list(scenario.carriers)[:12]}
    console.print(
        table_of(
            (f"carrier, {money} a bill", "customers", "plans", "SMS", "voice", "sponsors", "packs"),
            (
                [actor(name, "en"), *(amount(row[k], "en") for k in bill)]
                for name, row in carriers.items()
            ),
        ),
        "",
    )
    if kept:
        headings = (
            "offer, 12 weeks after its end",
            "acquired",
            "still here",
            "in the twin",
            f"cost, {money}",
            "per user kept",
        )
        console.print(
            table_of(
                headings,
                (
                    [
                        offer_label(k.offer, "en"),
                        amount(k.acquired, "en"),
                        people.share(k.stayed, k.users, "en"),
                        people.share(k.anyway, k.users, "en"),
                        amount(k.bill, "en"),
                        people.per_kept(k.cost, k.stayed - k.anyway, "en"),
                    ]
                    for k in kept
                ),
            ),
            "in the twin: the same people, the same luck, no offers",
        )
        for reason, offers in left_out(one).items():
            console.print(f"no row: {', '.join(offer_label(o, 'en') for o in offers)} ({reason})")
        console.print()
    if any(k.stayed - k.anyway < people.FEW for k in kept) or users < people.FEW:
        console.print(
            word("people.few", "en", people=amount(scenario.people_per_user, "en")) + "\n"
        )


def _tell_game(page: GamePage) -> None:
    console, two = terminal(), len(page.game.players) == 2
    console.print(page.title(), style="bold")
    console.print(page.lead() + "\n")
    table = table_of(*(page.matrix() if two else page.profiles()))
    console.print(table, "%: probability of being an equilibrium; ★ beyond doubt, ☆ undecided\n")
    for finding in page.findings():
        console.print(f"- {finding}")
    if said := refusals_in_all(page.game.refused):
        console.print(f"\n{said}", highlight=False, markup=False)


COMMANDS: tuple[Any, ...] = run, strategies
