"""What the command prints: tables, progress, and the files it says it wrote."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .scenario import Scenario, ScenarioError, builtin_names, library, load_scenario
from .words import Language, actor, amount, percent

if TYPE_CHECKING:
    from .market import Run

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
    _console().print(table)


def _console() -> Console:
    """A console that takes brackets and colons in names and titles as they are."""
    return Console(markup=False, emoji=False)


def show_scenario(name: str) -> None:
    """Text, players, offers, events and parameters of a scenario."""
    scenario, console = load_scenario(name), _console()
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
        extra = _extra(field)
        prior = extra.get("prior")
        value = getattr(parameters, name)
        shown = _short(value.model_dump(exclude_none=True)) if isinstance(value, BaseModel) else str(value)
        plausible = f"{prior[0]:g} – {prior[1]:g}" if prior else ""
        table.add_row(name, str(extra.get("symbol", "")), shown, str(extra.get("unit", "")), plausible,
                      str(extra.get("source", field.description or "")))
    return table


def _extra(field: FieldInfo) -> dict[str, Any]:
    return dict(field.json_schema_extra) if isinstance(field.json_schema_extra, dict) else {}


class Steps:
    """A progress bar on a terminal, a plain line now and then elsewhere; always on standard error."""

    def __init__(self, what: str, total: int, quiet: bool) -> None:
        self.what, self.total, self.done, self.told = what, total, 0, time.monotonic()
        self.bar: Progress | None = None
        if not quiet and sys.stderr.isatty():
            self.bar = Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"),
                                TimeRemainingColumn(), console=Console(stderr=True), transient=True)
            self.task = self.bar.add_task(what, total=total)
            self.bar.start()
        self.plain = not quiet and self.bar is None

    def one(self, *_: object) -> None:
        self.done += 1
        if self.bar:
            self.bar.advance(self.task)
        elif self.plain and time.monotonic() - self.told > PLAIN_LINE_EVERY:
            self.told = time.monotonic()
            sys.stderr.write(f"{self.what}: {self.done} of {self.total}\n")

    def close(self) -> None:
        if self.bar:
            self.bar.stop()


def run_and_tell(scenario: Scenario, seed: int, engine: Any, *, as_json: bool, out: Path | None, language: Language, csv: bool) -> None:
    """Run, print the table (or JSON), write the report and tables."""
    _check_folder(out)
    if not as_json and sys.stderr.isatty():
        sys.stderr.write("loading the model (the very first start compiles it: about a minute)\n")
    from .market import run

    steps = Steps(scenario.name, scenario.weeks, as_json)
    try:
        one = run(scenario, seed, engine=engine, on_week=steps.one)
    finally:
        steps.close()
    if as_json:
        from .study.report import json_safe

        sys.stdout.write(json.dumps(json_safe({**one.summary, "digest": one.digest})) + "\n")
    if as_json and out is None:
        return
    from .study.twins import retained, twin_of

    twin = twin_of(one) if one.followed else None
    written = _write_run(one, twin, out, language, csv)
    if not as_json:
        console = _console()
        _tell_run(console, one, retained(one, twin) if twin else [])
        console.print("written: " + ", ".join(str(p) for p in written))


def _write_run(one: Run, twin: Run | None, out: Path | None, language: Language, csv: bool) -> list[Path]:
    from .charts import report
    from .study.report import json_safe, report_data

    page = report(report_data(one, twin, language))
    try:
        if out is None:
            path = Path(f"{one.scenario.name}-report.html")
            path.write_text(page, encoding="utf-8")
            return [path]
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.html").write_text(page, encoding="utf-8")
        (out / "summary.json").write_text(json.dumps(json_safe({**one.summary, "digest": one.digest}), indent=1), encoding="utf-8")
        return [out / "report.html", out / "summary.json", *one.to_parquet(out), *(one.to_csv(out) if csv else [])]
    except OSError as error:
        raise _unwritable(out or Path(), error) from None


def _unwritable(folder: Path, error: OSError) -> ScenarioError:
    return ScenarioError(str(folder), "", f"cannot be written to: {error.strerror}; choose another folder with --out")


def _check_folder(out: Path | None) -> None:
    """Before a long run: what it finds can be written."""
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out or Path(), error) from None


def _tell_run(console: Console, one: Run, kept: list[Any]) -> None:
    """The last week and the last bill, in tables of at most 80 columns."""
    from .study.report import offer_label

    scenario, last = one.scenario, one.history.weeks - 1
    console.print(f"{scenario.title or scenario.name}", style="bold")
    console.print(f"week {last}, {scenario.date_of(last)}; seed {one.seed}; digest {one.digest}\n")
    apps = _table("app, % of people", "registered", "monthly active", "active", "messages/week")
    for name in scenario.messengers:
        row = one.summary["apps"][name]
        shares = (percent(row[f"{k}_share"], 1) for k in ("registered", "mau", "active"))
        apps.add_row(actor(name, "en"), *shares, amount(row["messages"], "en"))
    console.print(apps, "")
    incomes = ("plan_income", "sms_income", "voice_income", "sponsor_income", "pack_income")
    carriers = _table(f"carrier, {scenario.currency} a bill", "customers", "plans", "SMS", "voice", "sponsors", "packs")
    for name in list(scenario.carriers)[:12]:
        row = one.summary["carriers"][name]
        carriers.add_row(actor(name, "en"), *(amount(row[k], "en") for k in ("subscribers", *incomes)))
    console.print(carriers, "")
    if kept:
        table = _table("offer, 12 weeks after its end", "acquired", "still here", "in the twin", f"cost, {scenario.currency}",
                       "per user kept")
        for k in kept:
            table.add_row(offer_label(k.offer, "en"), amount(k.acquired, "en"), percent(k.share), percent(k.twin_share),
                          amount(k.bill, "en"),
                          "–" if k.cost != k.cost else f"{k.cost:,.2f}")
        console.print(table, "in the twin: the same people, the same luck, no offers\n")


def _table(*headings: str) -> Table:
    table = Table(headings[0], box=None, header_style="bold", pad_edge=False)
    for title in headings[1:]:
        table.add_column(title, justify="right")
    return table


def compare_and_tell(scenarios: Mapping[str, Scenario], seed: int, replicates: int, workers: int, *, as_json: bool,
                     out: Path | None, language: Language) -> None:
    """Run twins, print the table (or JSON), write report and CSV."""
    _check_folder(out)
    from dataclasses import asdict

    from .charts import compare_report
    from .study.compare import compare
    from .study.report import compare_data, json_safe

    steps = Steps("runs", len(scenarios) * replicates, as_json)
    try:
        found = compare(scenarios, seed=seed, replicates=replicates, workers=workers, on_done=steps.one)
    finally:
        steps.close()
    if as_json:
        sys.stdout.write(json.dumps(json_safe(asdict(found))) + "\n")
    else:
        _tell_comparison(found, compare_data(found, scenarios, "en"))
    if out is not None or not as_json:
        folder = out or Path(f"{found.base.replace('/', '-')}-compared")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "compare.html").write_text(compare_report(compare_data(found, scenarios, language)), encoding="utf-8")
            _write_csv(folder / "compare.csv", found)
        except OSError as error:
            raise _unwritable(folder, error) from None
        if not as_json:
            _console().print(f"written: {folder / 'compare.html'}, {folder / 'compare.csv'}")
    for failure in found.failures:
        sys.stderr.write(f"failed: {failure}\n")
    if found.failures:
        sys.exit(1)


def _write_csv(path: Path, found: Any) -> None:
    import csv
    from dataclasses import asdict, fields

    from .study.compare import Difference

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Difference)])
        writer.writeheader()
        writer.writerows(asdict(d) for d in found.differences)


def _tell_comparison(found: Any, data: Any) -> None:
    """One table per variant, of at most 80 columns; what does not differ is left out."""
    console = Console()
    console.print(f"{data.base}: {found.replicates} run(s) each, the same luck in all", style="bold")
    for variant in data.variants:
        table = _table(f"\n{variant}", "\nbase", "\ndifference", "\n95 % interval")
        for d in data.differences:
            if d.variant == variant and d.difference:
                spread = "" if d.low != d.low else f"{_figure(d.low)} … {_figure(d.high)}"
                table.add_row(d.measure, _figure(d.base), f"{'+' if d.difference > 0 else ''}{_figure(d.difference)}", spread)
        console.print(table)


def _figure(value: float) -> str:
    return amount(value, "en") if abs(value) >= 1000 else f"{value:.3g}"


