"""Sweeps: whatever happens on the way, the same results; whatever is wrong in a file, one clear
line.
"""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import LIMIT, until
from faults import faulty, faulty_only, quick

from market_model.commands.sweeps import status
from market_model.scenario import Scenario, ScenarioError
from market_model.scenario.load import build, changed, copied, find, read, varied
from market_model.sweep import drive, store
from market_model.sweep.design import Sweep, load_sweep, parse_sweep
from market_model.sweep.drive import go_on, merge, retry_failed, run_sweep
from market_model.sweep.points import mark_of, points_of, prepare
from market_model.sweep.store import Results, content_of

SWEEP = """
name = "small"
scenario = "china-2013"
[set]
"society.users" = 60
weeks = 4
[design]
kind = "lhs"
points = 40
replicates = 2
[factors]
"parameters.salience" = { range = [0.0, 1.0] }
[outputs]
offers = true
"""

LHS = 'kind = "lhs"\npoints = 40'
FACTOR = '"parameters.salience" = { range = [0.0, 1.0] }'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SWEEP)
    return path


def whole(folder: Path, expected: int = 80) -> tuple[str, int]:
    results = Results(folder)
    runs = results.runs()
    assert len(runs) == expected and set(runs["status"].to_pylist()) == {"ok"}
    weekly, offers = results.weekly(), pq.read_table(folder / "offers")
    assert len(weekly) == 3 * expected and len(offers) == expected  # nothing twice
    contents = dict(zip(runs["run"].to_pylist(), runs["content"].to_pylist(), strict=True))
    one = results.weekly(where=store.ds.field("run") == 17).drop_columns("run")
    row = runs.slice(17, 1).to_pylist()[0]
    measures = {k: row[k] for k in ("apps.yixin.registered_share", "market.hhi")}
    assert content_of(measures, one) == contents[17]
    return results.digest(), len(runs)


def test_engines_shards_and_a_second_start_give_the_same_digest(
    file: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(store, "CHUNK", 7)
    serial = whole(run_sweep(file, tmp_path / "a", function=quick))
    assert (
        whole(run_sweep(file, tmp_path / "b", engine="process", workers=2, function=quick))
        == serial
    )
    shards = [run_sweep(file, tmp_path / f"s{i}", shard=f"{i}/2", function=quick) for i in (1, 2)]
    assert Results(shards[0]).counts() == {"ok": 40, "left": 40}
    assert whole(merge([*shards, shards[0]], tmp_path / "merged")) == serial
    both = [run_sweep(file, tmp_path / "both", shard=f"{i}/2", function=quick) for i in (1, 2)]
    assert whole(both[0]) == serial
    again = run_sweep(file, tmp_path / "again", shard="1/2", function=faulty_only)
    assert Results(again).counts()["failed"] == 40 and retry_failed(again, function=quick) == 40
    assert (
        whole(merge([shards[1], again], tmp_path / "merged again")) == serial
    )  # the runs that went well are taken
    before = sorted((p.name, p.stat().st_mtime_ns) for p in (tmp_path / "a" / "runs").iterdir())
    assert (
        whole(run_sweep(file, tmp_path / "a", function=faulty)) == serial
    )  # nothing was left to run
    assert (
        sorted((p.name, p.stat().st_mtime_ns) for p in (tmp_path / "a" / "runs").iterdir())
        == before
    )
    file.write_text(SWEEP.replace("points = 40", "points = 41"))
    with pytest.raises(ScenarioError, match="another sweep"):
        run_sweep(file, tmp_path / "a", function=quick)


@pytest.mark.slow
def test_a_driver_killed_ten_times_is_resumed_without_a_double(file: Path, tmp_path: Path) -> None:
    file.write_text(SWEEP.replace("points = 40", "points = 200"))
    folder, seed = tmp_path / "killed", random.randrange(2**32)
    print("kills with seed", seed)
    luck = random.Random(seed)
    command = [
        sys.executable,
        str(Path(__file__).with_name("faults.py")),
        str(file),
        str(folder),
        "2",
    ]
    for kill in range(10):
        if kill and Results(folder).counts()["left"] < 100:  # a fast machine
            break
        driver = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
            start_new_session=True,
        )
        before = parts = len(list(folder.glob("runs/*")))
        while parts == before and driver.poll() is None:  # it computes again
            time.sleep(0.02)
            parts = len(list(folder.glob("runs/*")))
        time.sleep(luck.uniform(0, 0.2))
        driver.kill()
        driver.wait()
    assert Results(folder).counts()["left"] > 0
    subprocess.run(command, check=True, timeout=LIMIT)
    assert whole(folder, 400) == whole(run_sweep(file, tmp_path / "whole", function=quick), 400)


@pytest.mark.slow
def test_bad_runs_are_recorded_and_harm_no_other(file: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(drive, "GRACE", 12)  # a new worker has imports to do
    file.write_text(
        SWEEP.replace("points = 40", "points = 20").replace("replicates = 2", "")
        + "[limits]\ntimeout_s = 0.5\n"
    )
    folder = run_sweep(file, tmp_path / "bad", engine="process", workers=4, function=faulty)
    assert Results(folder).counts() == {
        "ok": 14,
        "failed": 2,
        "crashed": 2,
        "timeout": 2,
        "left": 0,
    }
    rows = {row["status"]: row["error"] for row in Results(folder).runs().to_pylist()}
    assert (
        "no market today" in rows["failed"]
        and "died" in rows["crashed"]
        and "longer than" in rows["timeout"]
    )
    assert len((folder / "log.jsonl").read_text().splitlines()) == 6
    assert retry_failed(folder, function=quick) == 6
    assert (
        Results(folder).digest()
        == Results(run_sweep(file, tmp_path / "good", function=quick)).digest()
    )


def test_a_worker_killed_from_outside_costs_nothing(file: Path, tmp_path: Path) -> None:
    done = []

    def kill_one(end) -> None:
        done.append(end)
        if len(done) == 10:
            os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)

    counts = Results(
        run_sweep(
            file, tmp_path / "k", engine="process", workers=2, function=quick, on_done=kill_one
        )
    ).counts()
    assert len(done) == 80 and counts == {"ok": 80, "left": 0}


def test_status_tells_since_when_and_how_fast(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = Results(str(run_sweep(file, tmp_path / "t", function=quick)))
    times = results.times()
    assert times["begun"] <= times["last_written"] and times["seconds_a_run"] == 0.0
    status(results.folder)
    said = capsys.readouterr().out
    assert f"begun {times['begun']}, last written {times['last_written']}, 0.00 s a run" in said
    (results.folder / "runs" / "part-00000.parquet").unlink()
    assert results.times()["last_written"] is None and results.times()["seconds_a_run"] is None


def test_a_whole_factor_that_is_drawn_as_broken_numbers_is_told_how(
    file: Path, tmp_path: Path
) -> None:
    file.write_text(
        SWEEP.replace("parameters.salience", "society.warmup_weeks").replace("[0.0, 1.0]", "[0, 9]")
    )
    with pytest.raises(
        ScenarioError, match=r"needs a whole number.*; give the factor whole = true"
    ):
        run_sweep(file, tmp_path / "w", function=quick)


def test_the_scenario_of_a_point_is_built_once(file: Path, tmp_path: Path, monkeypatch) -> None:
    build, built = Sweep.scenario_at, []

    def counted(sweep: Sweep, point):
        built.append(point)
        return build(sweep, point)

    monkeypatch.setattr(Sweep, "scenario_at", counted)
    prepared = prepare(file, tmp_path / "once")
    go_on(prepared, function=quick)
    assert built == prepared.points
    assert all(prepared.scenarios[i] == build(prepared.sweep, p) for i, p in enumerate(built))


def test_no_address_of_a_cluster_is_told_at_once(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="--address: is missing"):
        run_sweep(file, tmp_path / "d", engine="dask", function=quick)


def test_too_many_failures_stop_a_sweep_and_limits_may_change(file: Path, tmp_path: Path) -> None:
    file.write_text(SWEEP.replace("[0.0, 1.0]", "[0.0, 0.09]") + "[limits]\nmax_failures = 3\n")
    assert Results(run_sweep(file, tmp_path / "x", function=faulty)).counts() == {
        "ok": 0,
        "failed": 3,
        "left": 77,
    }
    file.write_text(SWEEP.replace("[0.0, 1.0]", "[0.0, 0.09]"))
    assert Results(run_sweep(file, tmp_path / "x", function=quick)).counts() == {
        "ok": 77,
        "failed": 3,
        "left": 0,
    }


def test_a_full_disk_is_told_and_the_sweep_goes_on_later(
    file: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(store, "CHUNK", 7)
    write, written = pq.write_table, []

    def full(table, path, **how):
        written.append(path)
        if len(written) > 15:  # weekly rows and offers of a part are there, its runs are not
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        write(table, path, **how)

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(ScenarioError, match=r"No space left on device.*run the same command again"):
        run_sweep(file, tmp_path / "full", function=quick)
    monkeypatch.setattr(pq, "write_table", write)
    assert 0 < Results(tmp_path / "full").counts()["ok"] < 80
    assert whole(run_sweep(file, tmp_path / "full", function=quick)) == whole(
        run_sweep(file, tmp_path / "whole", function=quick)
    )


def test_a_run_of_the_market_is_kept_as_it_is(file: Path, tmp_path: Path) -> None:
    from market_model.market import run

    file.write_text(SWEEP.replace("points = 40", "points = 2").replace("weeks = 4", "weeks = 9"))
    results = Results(run_sweep(file, tmp_path / "real"))
    row, prepared = results.runs().to_pylist()[3], prepare(file)
    one = run(prepared.sweep.scenario_at(prepared.points[1]), row["seed"])
    assert (
        row["digest"] == one.digest
        and row["apps.wechat.mau"] == one.summary["apps"]["wechat"]["mau"]
    )
    weekly = results.weekly(
        where=(store.ds.field("run") == 3) & (store.ds.field("name") == "wechat")
    ).to_pylist()
    assert [w["registered"] for w in weekly] == pytest.approx(
        one.history.series("app", "wechat", "registered"), rel=1e-6
    )
    assert {w["sms_income"] for w in weekly} == {None}
    assert len(pq.read_table(results.folder / "offers")) == 4 * len(one.offers)


def test_designs_cover_the_space_and_share_their_luck(file: Path) -> None:
    two = '"parameters.salience" = { range = [0.1, 1.0], scale = "log" }\n"offers.laiwang_bundle.allowance_mb" = { values = [64, 512] }\n'
    grid = SWEEP.replace(LHS, 'kind = "grid"\npoints = 3').replace(FACTOR, two)
    file.write_text(grid)
    points = points_of(load_sweep(file))
    assert [round(p["parameters.salience"], 4) for p in points[::2]] == [0.1, 0.3162, 1.0] and len(
        points
    ) == 6
    runs = prepare(file).runs
    assert len({run.seed for run in runs}) == 2 and len({run.key for run in runs}) == 12
    file.write_text(grid.replace("replicates = 2", "replicates = 2\ncommon_random_numbers = false"))
    assert len({run.seed for run in prepare(file).runs}) == 12
    file.write_text(SWEEP.replace(LHS, 'kind = "sobol"\npoints = 8'))
    assert sorted(int(8 * p["parameters.salience"]) for p in points_of(load_sweep(file))) == list(
        range(8)
    )
    file.with_name("points.csv").write_text("parameters.salience\n0.25\n0.5\n")
    file.write_text(SWEEP.replace(LHS, 'kind = "list"\nfile = "points.csv"'))
    assert [p["parameters.salience"] for p in points_of(load_sweep(file))] == [0.25, 0.5]


BROKEN = [  # what is changed in the file, and words of the message
    ('name = "small"', "", "name: is missing"),
    ('name = "small"', 'name = "a b"', "name: "),
    ('"china-2013"', '"china-2014"', "did you mean 'china-2013'"),
    ('"china-2013"', "3", "scenario: needs text"),
    ("[set]", "[sett]", "unknown field 'sett'; did you mean 'set'"),
    ('"society.users" = 60', '"society.userz" = 60', "did you mean 'users'"),
    ('"society.users" = 60', '"society.users" = 1', "society.users: is 1; it must be at least 2"),
    (
        '"society.users" = 60',
        "society.users = 60",
        "set.society: is a table; write paths in quotes",
    ),
    ("weeks = 4", '"parameters.salience" = 0.2', "set.parameters.salience: is a factor too"),
    (LHS, 'kind = "lhs"', "needs 'points'"),
    (LHS, 'kind = "lhc"\npoints = 3', "design.kind: 'lhc' is not one of"),
    (LHS, 'kind = "sobol"\npoints = 40', "powers of two; take 32 or 64"),
    (LHS, 'kind = "list"', "'file' goes with"),
    (LHS, 'kind = "list"\nfile = "no.csv"', "'no.csv' is not beside the sweep file"),
    (LHS, 'kind = "grid"', "how many levels"),
    (LHS, 'kind = "lhs"\npoints = 900000', "at most 1,000,000"),
    ("replicates = 2", "replicates = 0", "design.replicates: is 0; it must be at least 1"),
    (FACTOR, "", "factors: is empty"),
    (FACTOR, '"parameters.saliance" = { range = [0.0, 1.0] }', "did you mean 'salience'"),
    (FACTOR, '"parameters.salience" = { range = [1.0, 0.0] }', "the lower one"),
    (FACTOR, '"parameters.salience" = { range = [0.0, 1.0], scale = "log" }', "begins above 0"),
    (
        FACTOR,
        '"parameters.salience" = { range = [0.0, 1.5] }',
        "at the point parameters.salience = 1",
    ),
    (FACTOR, '"parameters.salience" = { range = [0.0, 1.0], values = [1] }', "one of both"),
    (FACTOR, '"offers.none.allowance_mb" = { values = [1] }', "'none' is not among the offers"),
    ("offers = true", 'weekly = ["app.registred"]', "did you mean 'app.registered'"),
    ("offers = true", "offers = true\n[limits]\ntimeout_s = -1", "limits.timeout_s: is -1"),
    ("[design]", "[design", "is not TOML"),
]


@pytest.mark.parametrize(("old", "new", "words"), BROKEN)
def test_broken_files_are_told_before_the_first_run(
    file: Path, tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in SWEEP
    file.write_text(SWEEP.replace(old, new))
    with pytest.raises(ScenarioError) as told:
        run_sweep(file, tmp_path / "never", function=quick)
    assert (
        words in str(told.value)
        and "\n" not in str(told.value)
        and not (tmp_path / "never" / "runs").exists()
    )


def test_other_folders_are_left_alone(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"holds .* and no sweep"):
        run_sweep(file, tmp_path, function=quick)
    with pytest.raises(ScenarioError, match="no readable manifest"):
        Results(tmp_path)
    with pytest.raises(ScenarioError, match="'3/2' is not I/N"):
        run_sweep(file, tmp_path / "s", shard="3/2", function=quick)
    assert parse_sweep(file).name == "small"


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_digest(file: Path, tmp_path: Path, monkeypatch) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        folder = run_sweep(
            file,
            tmp_path / "dask",
            engine="dask",
            address=cluster.scheduler_address,
            function=quick,
        )
        monkeypatch.setattr(drive, "GRACE", 30)  # a new worker has imports to do
        file.write_text(
            SWEEP.replace("points = 40", "points = 10").replace("replicates = 2", "")
            + "[limits]\ntimeout_s = 0.5\n"
        )
        bad = run_sweep(
            file,
            tmp_path / "bad",
            engine="dask",
            address=cluster.scheduler_address,
            function=faulty,
        )
    counts = Results(bad).counts()
    assert (
        counts["ok"],
        counts["failed"],
        counts["crashed"],
        counts["timeout"],
        counts["left"],
    ) == (7, 1, 1, 1, 0)
    file.write_text(SWEEP)
    assert whole(folder) == whole(run_sweep(file, tmp_path / "serial", function=quick))
    with pytest.raises(ScenarioError, match="no scheduler answered"):
        run_sweep(
            file, tmp_path / "none", engine="dask", address="tcp://127.0.0.1:9", function=quick
        )


@pytest.mark.slow
def test_ctrl_c_finishes_what_is_under_way_and_says_how_to_go_on(
    file: Path, tmp_path: Path
) -> None:
    file.write_text(SWEEP.replace("weeks = 4", "weeks = 60").replace("points = 40", "points = 400"))
    command = [
        sys.executable,
        "-m",
        "market_model.commands.main",
        "sweep",
        "run",
        str(file),
        "--out",
        str(tmp_path / "c"),
        "--workers",
        "2",
    ]
    driver = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until(lambda: list(tmp_path.glob("c/runs/*")))
    driver.send_signal(signal.SIGINT)
    told = driver.communicate(timeout=LIMIT)[1]
    assert (
        driver.returncode == 130
        and "go on with: market-model sweep run" in told
        and "Traceback" not in told
    )
    status = [
        sys.executable,
        "-m",
        "market_model.commands.main",
        "sweep",
        "status",
        str(tmp_path / "c"),
        "--json",
    ]
    counts = json.loads(subprocess.run(status, capture_output=True, text=True, check=True).stdout)[
        "counts"
    ]
    assert counts["left"] > 0 and counts["ok"] + counts["left"] == 800


@pytest.mark.parametrize(
    "values",
    [
        {"parameters.salience": 0.3, "parameters.network_effect": 5.0},
        {"offers.laiwang_bundle.allowance_mb": 77.0, "weeks": 30},
        {"offers.laiwang_bundle.regions": ["guangdong"], "apps.yixin.quality": 0.1},
        {"carriers.china_mobile.plan.fee": 12, "regulator.rule": "ban"},
        {"society.users": 500, "apps.yixin.margin": 0.2},
        {"owners.tencent.payout": 0.5},
        {"apps.yixin.taste": {"csv": "none.csv"}},
        {"parameters.salience": "much"},
        {"parameters.saliense": 1.0},
        {"offers.laiwang_bundle.regions": ["atlantis"]},
        {"offers.laiwang_bundl.allowance_mb": 1.0},
        {"apps.yixin.start.active": 0.9, "apps.yixin.start.registered": 0.1},
        {"apps.laiwang": ""},
        {"nothing.here": 1},
    ],
    ids=str,
)
def test_a_market_changed_in_places_is_the_one_that_is_read_whole(values: dict[str, Any]) -> None:
    """So is what is wrong with it."""
    path, label = find("china-2013")
    tables = read(path, label)
    known = build(copied(tables), label)
    before = json.dumps(tables, default=str)

    def answer(made: Callable[[], Scenario]) -> str:
        try:
            return mark_of(made()).decode()
        except ScenarioError as error:
            return str(error)

    anew = answer(lambda: build(changed(copied(tables), values, label, ()), label))
    assert answer(lambda: varied(known, tables, values, label)) == anew
    assert json.dumps(tables, default=str) == before
