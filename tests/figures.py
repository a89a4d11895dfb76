"""Named figures of a small fixed run of every story: `uv run python tests/figures.py` makes them
again, in tests/figures/; what moved, and by how much, is then read in the difference.
"""

import json
from collections.abc import Iterator
from math import fsum, isfinite
from pathlib import Path

import numpy as np

from market_model.market import Run, run
from market_model.market.history import SERIES
from market_model.scenario import builtin_names, load_scenario

FOLDER = Path(__file__).parent / "figures"
STORIES = [name for name in builtin_names() if "/" not in name]
SMALL = {"society.users": 1000, "society.warmup_weeks": 40, "society.warmup_until": None}
SEED = 2013
CLOSE = 1e-5
"""Relative difference up to which two figures are the same: they are kept with six digits."""


def figures_of(one: Run) -> Iterator[tuple[str, float]]:
    """What a reader would look up in a run, by name."""
    scenario, last = one.scenario, one.history.weeks - 1
    people, of = scenario.population, one.history.series
    for app in scenario.messengers:
        for name, series, week in (
            ("registered", "registered", last),
            ("monthly active", "mau", last // 2),
            ("monthly active", "mau", last),
            ("weekly active", "active", last),
        ):
            yield (
                f"{app}: {name} in week {week}, % of people",
                (100 * of("app", app, series)[week] / people),
            )

    def carriers(series: str) -> float:
        values = (v for c in scenario.carriers for v in of("carrier", c, series) if isfinite(v))
        return fsum(values) / 1e6

    menus = any(len(c.menu) > 1 for c in scenario.carriers.values())
    incomes = (name for name in SERIES["carrier"] if name.endswith("_income"))
    for kind in (name for name in incomes if menus or name != "data_revenue"):
        yield f"carriers: {kind.replace('_', ' ')}, millions of {scenario.currency}", carriers(kind)
    for name, series in (("", "mb"), (" on offers", "sponsored_mb"), (" over Wi-Fi", "wifi_mb")):
        yield f"traffic{name}, TB", carriers(series)
    for series in ("load", "congestion"):
        values = [of("carrier", c, series)[last] for c in scenario.carriers]
        yield f"carriers: highest {series} in week {last}", max(values)
    for offer, found in one.summary["offers"].items():
        for app, share in found.get("keep_active", {}).items():
            yield f"{offer}: part of the active users won for {app} that stays", share
    for name, series in (
        ("SMS, millions", "sms"),
        ("people without an app, millions", "nobody"),
    ):
        yield f"{name} in week {last}", of("market", "", series)[last] / 1e6
    for name, series in (
        ("concentration (HHI)", "hhi"),
        ("apps per person", "apps_per_user"),
    ):
        yield f"{name} in week {last}", of("market", "", series)[last]
    for name, series, unit in (
        ("consumers' surplus, millions", "consumer_surplus", 1e6),
        ("price of a MB without an offer", "unsponsored_price", 1),
    ):
        bills = of("market", "", series)
        yield f"{name}, last bill", bills[np.isfinite(bills)][-1] / unit


def made(story: str) -> dict[str, float | None]:
    """The figures of a story's small run; None where there is nothing to count."""
    found = figures_of(run(load_scenario(story, SMALL), SEED))
    return {name: float(f"{v:.6g}") if isfinite(v) else None for name, v in found}


def moved(kept: dict[str, float | None], now: dict[str, float | None]) -> list[str]:
    """What is no longer as it was, a line for each figure."""
    lines = []
    for name in kept | now:
        before, after = (f.get(name, "no such figure") for f in (kept, now))
        if isinstance(before, float) and isinstance(after, float):
            if abs(after - before) <= CLOSE * max(abs(before), abs(after)):
                continue
            by = f" ({100 * (after - before) / abs(before):+.2g} %)" if before else ""
        else:
            by = ""
        if before != after:
            lines.append(f"{name}: {before} → {after}{by}")
    return lines


def stored(story: str) -> dict[str, float | None]:
    """The figures as they were last made."""
    found = json.loads((FOLDER / f"{story}.json").read_text("utf-8"))
    return {name: None if value is None else float(value) for name, value in found.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for story in STORIES:
        text = json.dumps(made(story), indent=1, ensure_ascii=False)
        (FOLDER / f"{story}.json").write_text(f"{text}\n", "utf-8")
