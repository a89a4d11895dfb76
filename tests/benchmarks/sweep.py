"""What a sweep of china-2013 at 2,000 users costs, and what common random numbers gain.

    uv run python tests/benchmarks/sweep.py                 # 10,000 runs: some twenty minutes on
    two cores uv run python tests/benchmarks/sweep.py --runs 1000
    uv run python tests/benchmarks/sweep.py --overhead      # beyond the model alone, some ten seconds
    uv run python tests/benchmarks/sweep.py --luck          # what the same luck gains alone, a minute

Each line says the aim beside the figure. The engines' digests are compared on the first 200 runs.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np

from market_model.sweep.drive import merge, one_run, run_sweep
from market_model.sweep.points import prepare
from market_model.sweep.store import Results

FILE = """
name = "cost"
scenario = "china-2013"
[set]
"society.users" = 2000
[design]
kind = "lhs"
points = {points}
replicates = {replicates}
[factors]
"parameters.salience" = {{ range = [0.0, 1.0] }}
"parameters.network_effect" = {{ range = [4.5, 6.0] }}
"offers.laiwang_bundle.allowance_mb" = {{ range = [64, 4096], scale = "log" }}
"""
RULES = """
name = "rules"
scenario = "china-2013"
[set]
"society.users" = 2000
[design]
kind = "grid"
replicates = {replicates}
[factors]
"regulator.rule" = {{ values = ["free", "ban"] }}
[outputs]
weekly = []
"""


def tell(what: str, figure: str, aim: str) -> None:
    print(f"| {what} | {figure} | {aim} |", flush=True)


def timed(file: Path, out: Path, **how: object) -> float:
    begun = time.perf_counter()
    run_sweep(file, out, **how)  # type: ignore[arg-type]
    return time.perf_counter() - begun


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}.toml"
    file.write_text(text)
    return file


def resident(pid: int) -> float:
    """Memory of a process in MiB (Linux); 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20
    except OSError:
        return 0.0


def costs(folder: Path, runs: int) -> None:
    few = written(folder, "few", FILE.format(points=20, replicates=10))
    run_sweep(few, folder / "warm")  # compiles, imports
    wall = timed(few, folder / "serial")
    results = Results(folder / "serial")
    tell("1 process, 200 runs", f"{200 / wall:.1f} runs/s", "–")
    overhead(folder)
    digests = {"serial": results.digest()}
    timed(few, folder / "processes", engine="process", workers=2)
    digests["2 processes"] = Results(folder / "processes").digest()
    shards = [folder / "one", folder / "two"]
    for i, shard in enumerate(shards, 1):
        timed(few, shard, shard=f"{i}/2")
    digests["two shards, merged"] = Results(merge(shards, folder / "merged")).digest()
    address = "tcp://127.0.0.1:18786"
    dask = [sys.executable, "-m", "dask"]
    commands = [
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", "18786", "--no-dashboard"],
        *(
            [*dask, "worker", address, "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard"]
            for _ in range(2)
        ),
    ]
    started = [subprocess.Popen(c, stderr=subprocess.DEVNULL, cwd=folder) for c in commands]
    time.sleep(8)
    timed(few, folder / "dask", engine="dask", address=address)
    for process in started:
        process.terminate()
    digests["Dask, 2 workers"] = Results(folder / "dask").digest()
    tell(
        "digest of 200 runs: " + ", ".join(digests), " ".join(sorted(set(digests.values()))), "one"
    )

    many = written(folder, "many", FILE.format(points=runs // 10, replicates=10))
    begun = time.perf_counter()
    driver = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "market_model.commands.main",
            "sweep",
            "run",
            str(many),
            "--out",
            str(folder / "many"),
            "--workers",
            "2",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    memory = [0.0]
    while driver.poll() is None:
        memory.append(resident(driver.pid))
        time.sleep(1)
    wall = time.perf_counter() - begun
    tell(
        f"2 processes, {runs:,} runs, start-up included",
        f"{wall:.0f} s, {runs / wall:.1f} runs/s",
        "–",
    )
    tell(
        "memory of the driver, half-way → at the end",
        f"{memory[len(memory) // 2]:.0f} → {max(memory):.0f} MiB",
        "≤ 300 MB, flat",
    )
    size = sum(p.stat().st_size for p in (folder / "many").rglob("*") if p.is_file())
    rows = duckdb.sql(f"SELECT count(*) FROM '{folder}/many/weekly/*.parquet'").fetchall()[0][0]
    tell("disk", f"{size / 1e6:.0f} MB, {rows:,} weekly rows", "–")
    tell(
        "the same command again: nothing left",
        f"{timed(many, folder / 'many', engine='process', workers=2):.2f} s",
        "≤ 1 s",
    )
    begun = time.perf_counter()
    duckdb.sql(
        f"SELECT week, quantile_cont(mau, [0.05, 0.5, 0.95]) FROM '{folder}/many/weekly/*.parquet' "
        "WHERE name = 'yixin' GROUP BY week ORDER BY week"
    ).fetchall()
    tell(
        "weekly fan of one app over all runs (DuckDB)",
        f"{time.perf_counter() - begun:.2f} s",
        "< 1 s",
    )


def overhead(folder: Path) -> None:
    """What a run costs beyond the model: of each 1,000, with a result that is there already."""
    first = prepare(written(folder, "first", FILE.format(points=20, replicates=1)))
    found = one_run(*first.task(first.runs[0]))
    for points, replicates, aim in ((100, 10, "≤ 1 ms"), (1000, 1, "–")):
        name = f"{points} points, {replicates} of each"
        free = written(folder, name, FILE.format(points=points, replicates=replicates))
        wall = timed(free, folder / f"results of {name}", function=lambda *_: found)
        tell(f"beyond the model, per run: {name}", f"{wall:.2f} ms", aim)


def luck(folder: Path, replicates: int) -> None:
    """The effect of free data (the story against a ban): replicates needed with the same luck in
    both, and with other luck.
    """
    folder = run_sweep(
        written(folder, "rules", RULES.format(replicates=replicates)),
        folder / "rules",
        engine="process",
        workers=2,
    )
    table = Results(folder).runs().to_pandas()
    for measure in (
        "apps.yixin.registered_share",
        "apps.laiwang.registered_share",
        "apps.wechat.mau_share",
    ):
        free, ban = (
            table[table["regulator.rule"] == rule].sort_values("replicate")[measure].to_numpy()
            for rule in ("free", "ban")
        )
        gap = free - ban
        apart, paired = free.var(ddof=1) + ban.var(ddof=1), gap.var(ddof=1)
        needed = [
            max(2, int(np.ceil(1.96**2 * v / (gap.mean() / 4) ** 2))) for v in (paired, apart)
        ]
        tell(
            f"effect of free data on {measure}",
            f"{gap.mean():+.4f}; replicates for ± a quarter of it: {needed[0]} with the same luck, "
            f"{needed[1]} with other luck ({apart / paired:.1f} times)",
            "–",
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--replicates", type=int, default=64, help="of the comparison of luck")
    parser.add_argument("--overhead", action="store_true", help="what runs cost beyond the model")
    parser.add_argument("--luck", action="store_true", help="the comparison of luck alone")
    given = parser.parse_args()
    place = Path(tempfile.mkdtemp())
    try:
        if given.overhead:
            overhead(place)
        elif given.luck:
            luck(place, given.replicates)
        else:
            costs(place, given.runs)
            luck(place, given.replicates)
    finally:
        shutil.rmtree(place)
