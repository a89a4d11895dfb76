"""What the command prints: tables, progress, and the files it says it wrote."""

from __future__ import annotations

import csv as csv_files
import io
import json
import math
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .scenario import Scenario, ScenarioError, builtin_names, library, load_scenario
from .words import Language, actor, amount, percent

if TYPE_CHECKING:
    from .market import Run
    from .study.findings import GamePage

PLAIN_LINE_EVERY = 30.0
"""Seconds between progress lines where there is no terminal."""


def list_table(everything: bool) -> None:
    """The built-in scenarios with their titles."""
    table = Table(box=None, header_style="bold")
    table.add_column("scenario", no_wrap=True)
    table.add_column("what it is")
    for name in builtin_names():
        if everything or "/" not in name:
            table.add_row(name, load_scenario(name).title)
    terminal().print(table)


def terminal() -> Console:
    """A console that takes brackets and colons in names and titles as they are."""
    return Console(markup=False, emoji=False)


def show_scenario(name: str) -> None:
    """Text, players, offers, events and parameters of a scenario."""
    scenario, console = load_scenario(name), terminal()
    text = library() / f"{name}.md"
    console.print(scenario.title or scenario.name, style="bold")
    console.print(f"{scenario.weeks} weeks from {scenario.start}; {scenario.society.users:,} users stand for "
                  f"{amount(scenario.population, 'en')} people")
    if text.is_file():
        console.print(Markdown(text.read_text(encoding="utf-8")))
    for title, rows in (("Apps", scenario.apps), ("Carriers", scenario.carriers), ("Offers", scenario.offers)):
        if rows:
            console.print(_fields_table(title, rows))
    if scenario.events:
        events = Table("when", "event", title="Events", title_justify="left", box=None)
        for event in scenario.events:
            about = event.model_dump(exclude={"when"}, exclude_none=True, exclude_defaults=True)
            events.add_row(str(event.when), ", ".join(f"{k} = {v}" for k, v in about.items()))
        console.print(events)
    console.print(_parameters_table(scenario.parameters))


def _fields_table(title: str, rows: Mapping[str, BaseModel]) -> Table:
    table = Table("name", "what differs from the defaults", title=title, title_justify="left", box=None)
    for name, row in rows.items():
        given = row.model_dump(exclude_defaults=True, exclude={"color"}, mode="json")
        table.add_row(name, ", ".join(f"{k} = {_short(v)}" for k, v in given.items()))
    return table


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= 120 else text[:117] + "…"


def _parameters_table(parameters: BaseModel) -> Table:
    table = Table("parameter", "symbol", "value", "unit", "plausible", "source", title="Parameters", title_justify="left", box=None)
    for name, field in type(parameters).model_fields.items():
        extra, value = cast(dict[str, Any], field.json_schema_extra), getattr(parameters, name)
        shown = _short(value.model_dump(exclude_none=True)) if isinstance(value, BaseModel) else str(value)
        plausible = "{:g} – {:g}".format(*extra["prior"]) if "prior" in extra else ""
        table.add_row(name, extra.get("symbol", ""), shown, extra["unit"], plausible, extra["source"])
    return table


@contextmanager
def steps(what: str, total: int, quiet: bool) -> Generator[Callable[..., None]]:
    """Gives what to call after each step: a bar on a terminal, a plain line now and then elsewhere; always on standard error."""
    done, told = 0, time.monotonic()

    def plain(*_: object) -> None:
        nonlocal done, told
        done += 1
        if not quiet and time.monotonic() - told > PLAIN_LINE_EVERY:
            told = time.monotonic()
            sys.stderr.write(f"{what}: {done} of {total}\n")

    if quiet or not sys.stderr.isatty():
        yield plain
        return
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda *_: bar.advance(task)


@contextmanager
def writing(folder: Path | None) -> Generator[None]:
    """In a folder that is made where it is missing (None: the current one); what cannot be written is told."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        told = f"cannot be written to: {error.strerror}; choose another folder with --out"
        raise ScenarioError(str(folder or Path()), "", told) from None


def run_and_tell(scenario: Scenario, seed: int, engine: Any, *, as_json: bool, out: Path | None, language: Language, csv: bool) -> None:
    """Run, print the table (or JSON), write the report and tables."""
    keep_files(out or Path(), True, {})  # what a long run finds can be written
    if not as_json and sys.stderr.isatty():
        sys.stderr.write("loading the model (the very first start compiles it: about a minute)\n")
    from .market import run
    from .study.report import json_safe, report_data
    from .study.twins import retained, twin_of

    with steps(scenario.name, scenario.weeks, as_json) as step:
        one = run(scenario, seed, engine=engine, on_week=step)
    summary = json_safe({**one.summary, "digest": one.digest})
    if as_json:
        sys.stdout.write(json.dumps(summary) + "\n")
        if out is None:
            return
    from .charts import report

    twin = twin_of(one) if one.followed else None
    written = [out / "report.html" if out else Path(f"{one.scenario.name}-report.html")]
    with writing(out):
        written[0].write_text(report(report_data(one, twin, language)), encoding="utf-8")
        if out is not None:
            (out / "summary.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
            written += [out / "summary.json", *one.to_parquet(out), *(one.to_csv(out) if csv else [])]
    if not as_json:
        console = terminal()
        _tell_run(console, one, retained(one, twin) if twin else [])
        console.print("written: " + ", ".join(str(p) for p in written))


def _tell_run(console: Console, one: Run, kept: list[Any]) -> None:
    """The last week and the last bill, in tables of at most 80 columns."""
    from .study.report import offer_label

    scenario, last = one.scenario, one.history.weeks - 1
    console.print(scenario.title or scenario.name, style="bold")
    console.print(f"week {last}, {scenario.date_of(last)}; seed {one.seed}; digest {one.digest}\n")
    apps = table_of("app, % of people", "registered", "monthly active", "active", "messages/week")
    for name in scenario.messengers:
        row = one.summary["apps"][name]
        shares = (percent(row[f"{k}_share"], 1) for k in ("registered", "mau", "active"))
        apps.add_row(actor(name, "en"), *shares, amount(row["messages"], "en"))
    console.print(apps, "")
    incomes = ("plan_income", "sms_income", "voice_income", "sponsor_income", "pack_income")
    carriers = table_of(f"carrier, {scenario.currency} a bill", "customers", "plans", "SMS", "voice", "sponsors", "packs")
    for name in list(scenario.carriers)[:12]:
        row = one.summary["carriers"][name]
        carriers.add_row(actor(name, "en"), *(amount(row[k], "en") for k in ("subscribers", *incomes)))
    console.print(carriers, "")
    if kept:
        table = table_of("offer, 12 weeks after its end", "acquired", "still here", "in the twin", f"cost, {scenario.currency}",
                       "per user kept")
        for k in kept:
            table.add_row(offer_label(k.offer, "en"), amount(k.acquired, "en"), percent(k.share), percent(k.twin_share),
                          amount(k.bill, "en"), "–" if k.cost != k.cost else f"{k.cost:,.2f}")
        console.print(table, "in the twin: the same people, the same luck, no offers\n")


def table_of(*headings: str) -> Table:
    table = Table(headings[0], box=None, header_style="bold", pad_edge=False)
    for title in headings[1:]:
        table.add_column(title, justify="right")
    return table


def compare_and_tell(scenarios: Mapping[str, Scenario], seed: int, replicates: int, workers: int, *, as_json: bool,
                     out: Path | None, language: Language) -> None:
    """Run twins, print the table (or JSON), write report and CSV."""
    keep_files(out or Path(), True, {})  # what long runs find can be written
    from .charts import compare_report
    from .study.compare import Difference, compare
    from .study.report import compare_data, json_safe

    with steps("runs", len(scenarios) * replicates, as_json) as step:
        found = compare(scenarios, seed=seed, replicates=replicates, workers=workers, on_done=step)
    if as_json:
        sys.stdout.write(json.dumps(json_safe(asdict(found))) + "\n")
    else:
        _tell_comparison(found, compare_data(found, scenarios, "en"))
    if out is not None or not as_json:
        table = io.StringIO()
        writer = csv_files.writer(table)
        writer.writerow(f.name for f in fields(Difference))
        writer.writerows(astuple(d) for d in found.differences)
        keep_files(out or Path(f"{found.base.replace('/', '-')}-compared"), as_json, {
            "compare.html": compare_report(compare_data(found, scenarios, language)), "compare.csv": table.getvalue()})
    end_with(found.failures)


def play_out_and_tell(scenario: Scenario, seats: Mapping[str, Sequence[str]], seed: int, replicates: int, most: int, share: float,
                      workers: int, *, as_json: bool, out: Path | None, language: Language) -> None:
    """Play a game of strategies, print what it says (or JSON), write the page and all figures."""
    keep_files(out or Path(), True, {})  # what long runs find can be written
    from .study.findings import GamePage
    from .study.report import json_safe
    from .study.strategies import play_out

    profiles = math.prod(len(strategies) for strategies in seats.values())
    with steps("runs, at most", profiles * most, as_json) as step:
        game = play_out(scenario, seats, seed=seed, replicates=replicates, most=most, share=share, workers=workers, on_done=step)
    told = json.dumps({**json_safe(asdict(game)), "findings": GamePage(game, scenario, "en").findings()}, indent=1)
    if as_json:
        sys.stdout.write(told + "\n")
    else:
        _tell_game(GamePage(game, scenario, "en"))
    if out is not None or not as_json:
        page = GamePage(game, scenario, language).html()
        keep_files(out or Path(f"{scenario.name}-strategies"), as_json, {"strategies.html": page, "strategies.json": told})
    end_with(game.failures)


def keep_files(folder: Path, quiet: bool, files: Mapping[str, str]) -> None:
    """Write files into a folder and say so."""
    with writing(folder):
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
    if not quiet:
        terminal().print("written: " + ", ".join(str(folder / name) for name in files))


def end_with(failures: Sequence[str]) -> None:
    """Tell the runs that failed; exits with 1 if there are any."""
    for failure in failures:
        sys.stderr.write(f"failed: {failure}\n")
    if failures:
        sys.exit(1)


def _tell_game(page: GamePage) -> None:
    console, two = terminal(), len(page.game.players) == 2
    console.print(page.title(), style="bold")
    console.print(page.lead() + "\n")
    headers, rows = page.matrix() if two else page.profiles()
    table = table_of(*headers)
    for row in rows:
        table.add_row(*row)
    console.print(table, "%: probability of being an equilibrium; ★ above 95%\n" if two else "")
    for finding in page.findings():
        console.print(f"- {finding}")


def _tell_comparison(found: Any, data: Any) -> None:
    """One table per variant, of at most 80 columns; what does not differ is left out."""
    console = Console()
    console.print(f"{data.base}: {found.replicates} run(s) each, the same luck in all", style="bold")
    for variant in data.variants:
        table = table_of(f"\n{variant}", "\nbase", "\ndifference", "\n95 % interval")
        for d in data.differences:
            if d.variant == variant and d.difference:
                spread = "" if d.low != d.low else f"{_figure(d.low)} … {_figure(d.high)}"
                table.add_row(d.measure, _figure(d.base), f"{'+' if d.difference > 0 else ''}{_figure(d.difference)}", spread)
        console.print(table)


def _figure(value: float) -> str:
    return amount(value, "en") if abs(value) >= 1000 else f"{value:.3g}"
