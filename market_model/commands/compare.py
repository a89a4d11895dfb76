"""The command that runs a market beside variants of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import (
    InLanguage,
    Json,
    Name,
    Seat,
    Seed,
    Set,
    Users,
    Weeks,
    Workers,
    overrides,
    policies,
    words_beside,
)
from .screen import check_out, figure, publish, refusals_in_all, steps, table_of, terminal

if TYPE_CHECKING:
    from ..charts import CompareData
    from ..scenario import Scenario
    from ..study.compare import Comparison


def compare(
    base: Name,
    variants: Annotated[
        list[str] | None,
        typer.Argument(
            help="Variants; none are needed with --seat.", is_eager=True, callback=words_beside
        ),
    ] = None,
    replicates: Annotated[
        int, typer.Option(min=1, max=10_000, help="Runs of each, with different luck.")
    ] = 1,
    set_: Set = None,
    seed: Seed = 0,
    users: Users = None,
    weeks: Weeks = None,
    workers: Workers = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report and the table as CSV.")
    ] = None,
    as_json: Json = False,
    language: InLanguage = "en",
    seat: Seat = None,
    worlds: Annotated[
        bool,
        typer.Option(
            "--worlds",
            help="How far free data reaches in the worlds that the news leaves open, too.",
        ),
    ] = False,
) -> None:
    """Twins: a base and its variants with the same luck. What differs, with intervals."""
    from ..players.strategies import title
    from ..scenario import ScenarioError, load_scenario
    from ..scenario.files import text_file

    values = overrides(set_, users, weeks)
    variants = variants or []
    if not variants and not seat:
        raise ScenarioError("compare", "", "needs a variant, or --seat SEAT=BOT for the base")
    if twice := [n for i, n in enumerate(variants) if n in [base, *variants[:i]]]:
        raise ScenarioError(
            "compare",
            "",
            f"'{twice[0]}' stands there twice; name a base and variants that differ from it",
        )
    scenarios = {n: load_scenario(n, values) for n in [base, *variants]}
    in_worlds = _in_worlds(list(scenarios), values) if worlds else {}
    bots: dict[str, dict[str, str]] = {}
    if seat:  # one more variant: the base, in which these decide
        name = " ".join(seat)
        bots[name], scenarios[name] = policies(seat, scenarios[base]), scenarios[base]
    check_out(out, as_json)
    import pandas as pd

    from ..charts import compare_report
    from ..study.compare import Difference
    from ..study.compare import compare as run_twins
    from ..study.effects import effects
    from ..study.report import compare_data

    pairs = len(in_worlds) * replicates
    with steps("runs", len(scenarios) * replicates + pairs, as_json) as step:
        found = run_twins(
            scenarios,
            seed=seed,
            replicates=replicates,
            workers=workers,
            on_done=step,
            policies=bots,
        )
        reached, failed = effects(
            in_worlds, seed=seed, lucks=replicates, workers=workers, on_done=step
        )

    def shown(language: str) -> CompareData:
        titles = {
            name: ", ".join(f"{who}: {title(bot, language)}" for who, bot in decide.items())
            for name, decide in bots.items()
        }
        return compare_data(found, scenarios, language, titles, reached)

    def files(folder: Path) -> list[Path]:
        table: Any = pd.DataFrame(found.differences, columns=list(Difference.__annotations__))
        return [
            text_file(
                folder / "compare.html",
                compare_report(shown(language)),
            ),
            text_file(
                folder / "compare.csv",
                table.to_csv(index=False, na_rep="nan", lineterminator="\r\n"),
            ),
        ]

    publish(
        asdict(found) | ({"worlds": [asdict(one) for one in reached]} if worlds else {}),
        lambda: _tell_comparison(found, shown("en")),
        files,
        as_json=as_json,
        out=out,
        folder=Path(f"{Path(found.base).name.removesuffix('.toml')}-compared"),
        failures=[*found.failures, *failed],
    )


def _in_worlds(names: Sequence[str], values: Mapping[str, Any]) -> dict[str, dict[str, Scenario]]:
    """The scenarios in each world. Raises ScenarioError: there are no worlds of one of them."""
    from ..evidence.worlds import STORY, has_worlds, shipped
    from ..scenario import ScenarioError, load_scenario

    if other := next((name for name in names if not has_worlds(name)), None):
        raise ScenarioError(
            "compare",
            "--worlds",
            f"there are worlds of {STORY} and what extends it alone, not of '{other}'; "
            "leave the option out",
        )
    return {
        world: {name: load_scenario(name, {**differs, **values}) for name in names}
        for world, differs in shipped().items()
    }


def _tell_comparison(found: Comparison, data: CompareData) -> None:
    """One table per variant, of at most 80 columns, in it each unit above its measures; what does
    not differ is left out.
    """
    from ..charts.data import tally

    console, count = terminal(), tally(data.differences)
    runs = "1 run" if found.replicates == 1 else f"{found.replicates} runs"
    console.print(f"{data.base}: {runs} each, the same luck in all", style="bold")

    def rows(variant: str) -> Iterator[list[str]]:
        unit = ""
        for d in data.differences:
            if d.variant == variant and d.difference:
                if d.unit != unit:
                    yield [f"({d.unit})"]
                unit = d.unit
                mark = "**" if d.stands else "*" if d.clear else ""
                ends = f"{figure(d.low)} … {figure(d.high)}" if d.low == d.low else ""
                yield [
                    d.measure,
                    figure(d.base),
                    f"{'+' if d.difference > 0 else ''}{figure(d.difference)}",
                    *((ends, mark) if found.replicates > 1 else ()),
                ]

    for said in (*data.notes(), *data.reach):
        console.print(said, highlight=False, markup=False)
    for variant in data.variants:
        differences = list(rows(variant))
        if not differences:
            console.print(f"\n{variant}: the same as the base in every figure\n", markup=False)
            continue
        headings = (f"\n{variant}", "\nbase", "\ndifference", "\n95 % interval", "\n")
        console.print(table_of(headings[: None if found.replicates > 1 else 3], differences))
    if said := refusals_in_all(found.refused):
        console.print(f"\n{said}", highlight=False, markup=False)
    if count.tested:
        console.print(
            f"\n*  the interval leaves out 0: {count.clear} of {count.tested} tested; luck alone "
            f"would give about {count.by_chance:.1f}\n** clear when all are tested at once, too "
            f"(Benjamini–Hochberg): {count.standing}\n",
            highlight=False,
        )


COMMANDS: tuple[Any, ...] = (compare,)
