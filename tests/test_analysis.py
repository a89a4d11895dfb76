"""The analysis of sweeps, on made-up results whose answer is known."""

import json
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import qmc

from market_model.scenario import ScenarioError
from market_model.sweep import analysis
from market_model.sweep.analysis import Condition, Interval
from market_model.sweep.design import parse_sweep
from market_model.sweep.store import Results

PATHS = ["parameters.salience", "offers.laiwang_bundle.allowance_mb", "apps.yixin.quality"]
SHARE = "apps.yixin.mau_share"


def ishigami(u):
    """First-order indices .314, .442, 0; total .558, .442, .244."""
    a, b, c = (u * 2 - 1) * np.pi
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def sweep(
    folder: Path, function, units, replicates=2, luck=0.0, shared=False, kind="lhs", weeks=3
) -> Results:
    """A result folder of y = function(point) + luck; 'shared' gives all points the same luck."""
    n, d = units.shape
    names, rng = PATHS[:d], np.random.default_rng(3)
    ranges = "".join(f'"{name}" = {{range = [0, 1]}}\n' for name in names)
    folder.mkdir(exist_ok=True)
    (folder / "sweep.toml").write_text(
        f'name = "made-up"\nscenario = "china-2013"\n[design]\nkind = "{kind}"\n'
        f"{"file = 'points.csv'" if kind == 'list' else f'points = {n}'}\n"
        f"replicates = {replicates}\n[factors]\n{ranges}"
    )
    point, replicate = (v.ravel() for v in np.mgrid[:n, :replicates])
    noise = rng.normal(0, luck, replicates if shared else n * replicates)
    y = function(units.T)[point] + (noise[replicate] if shared else noise)
    table = {
        "run": np.arange(n * replicates, dtype=np.int32),
        "point": point,
        "replicate": replicate,
        "seed": replicate,
        "status": np.where(np.arange(len(y)) == 1, "failed", "ok"),
        **dict(zip(names, units[point].T, strict=True)),
        SHARE: y,
        "market.hhi": np.ones(len(y)),
    }
    week, run = (v.ravel() for v in np.mgrid[:weeks, : len(y)])
    weekly = {
        "run": run.astype(np.int32),
        "week": week.astype(np.int16),
        "scope": np.full(len(run), "app"),
        "name": np.full(len(run), "yixin"),
        "mau": week + run / len(y),
    }
    other = weekly | {"name": np.full(len(run), "wechat"), "mau": np.full(len(run), 99.0)}
    (folder / "manifest.json").write_text('{"scenario_folder": "."}')
    settings = parse_sweep(folder / "sweep.toml").model_dump(mode="json")
    (folder / "resolved.json").write_text(json.dumps({"sweep": settings, "scenario": {}}))
    plan = {name: table[name] for name in ("run", "point", "replicate", "seed")} | {
        "key": np.full(len(y), "")
    }
    pq.write_table(pa.table(plan | {name: table[name] for name in names}), folder / "plan.parquet")
    for place, columns in (
        ("runs/part-0", table),
        ("weekly/part-0", weekly),
        ("weekly/part-1", other),
    ):
        (folder / place).parent.mkdir(exist_ok=True)
        pq.write_table(pa.table(columns), folder / f"{place}.parquet")
    return Results(folder)


def sample(n: int, d: int = 3):
    return qmc.LatinHypercube(d, rng=1).random(n)


def test_indices_of_ishigami(tmp_path: Path):
    found = analysis.sensitivity(sweep(tmp_path, ishigami, sample(200), luck=1.0), SHARE)
    first, total = (
        {e.factor: getattr(e, which) for e in found.effects} for which in ("first", "total")
    )
    assert found.method == "rbd_fast" and found.skill > 0.8 and found.points == 200
    assert [first[p].value for p in PATHS] == pytest.approx([0.31, 0.44, 0.0], abs=0.1)
    assert [total[p] for p in PATHS] == pytest.approx([0.54, 0.46, 0.24], abs=0.1)
    assert first[PATHS[0]].low < 0.314 < first[PATHS[0]].high
    assert found.luck.low < 1 / (1 + 13.84) < found.luck.high < 0.12


@pytest.mark.parametrize("shared", [False, True])
def test_luck_is_told_from_factors(shared: bool):
    hits = []
    for k in range(200):
        rng = np.random.default_rng(k)
        noise = rng.normal(0, 1, (1, 4) if shared else (60, 4))
        y = rng.normal(0, 1, (60, 1)) + noise
        point, replicate = np.mgrid[:60, :4]
        frame = pa.table(
            {"point": point.ravel(), "replicate": replicate.ravel(), SHARE: y.ravel()}
        ).to_pandas()
        found = analysis.luck_share(frame, SHARE)
        hits.append(found.low < 0.5 < found.high)
    assert np.mean(hits) > 0.88
    assert (
        found.high - found.low > 0.3
    ) == shared  # four draws of luck, however many points have them
    assert np.isnan(analysis.luck_share(frame[frame["replicate"] == 0], SHARE).value)


def test_grids_and_lists_get_what_applies(tmp_path: Path):
    grid = np.array(np.meshgrid(range(4), range(5))).reshape(2, -1).T
    found = analysis.sensitivity(
        sweep(tmp_path, lambda u: u[0] * u[1], grid, 2, kind="grid"), SHARE
    )
    effects = {e.factor: e for e in found.effects}
    alone = 4 * 1.25 / (3.5 * 6 - 2.25 * 4)  # Var(a)·E(b)² of Var(ab), a in 0…3, b in 0…4
    assert effects[PATHS[0]].first == Interval(
        pytest.approx(alone, abs=0.04), *[pytest.approx(np.nan, nan_ok=True)] * 2
    )
    assert effects[PATHS[0]].total + effects[PATHS[1]].first.value == pytest.approx(1)
    few = analysis.sensitivity(
        sweep(tmp_path, lambda u: u[0] - u[1], sample(30), kind="list"), SHARE
    )
    assert few.method == "ranks" and np.isnan(few.effects[0].first.value)
    assert sorted(np.sign(e.rank) * (abs(e.rank) > 0.4) for e in few.effects) == [-1, 0, 1]


def test_a_box_is_found_again(tmp_path: Path):
    results = sweep(tmp_path, lambda u: (u[0] > 0.6) & (u[1] < 0.5), sample(300), 1)
    base, found = analysis.boxes(results, Condition.parse(f"{SHARE} >= 1"))
    assert (
        base == pytest.approx(0.2, abs=0.03) and found[0].coverage > 0.9 and found[0].density > 0.9
    )
    assert set(found[0].limits) == set(PATHS[:2])
    assert found[0].limits[PATHS[0]][0] == pytest.approx(0.6, abs=0.05)
    assert analysis.boxes(results, Condition.parse(f"{SHARE} > 5")) == (0, [])
    for text, told in (
        ("apps.yixin", "MEASURE > NUMBER"),
        ("market.hhi < 3", "is the same in all"),
        ("market.hi < 3", "did you mean 'market.hhi'"),
    ):
        with pytest.raises(ScenarioError, match=told):
            analysis.boxes(results, Condition.parse(text))


def test_tipping_counts_every_run_once(tmp_path: Path):
    found = analysis.tipping(sweep(tmp_path, lambda u: u[0] > 0.5, sample(200)), SHARE, *PATHS[:2])
    assert sorted(run for *_, runs in found.cells for run in runs) == [
        r for r in range(400) if r != 1
    ]
    assert len(found.x_bins) == 6 and all(mean == (i >= 3) for i, _, mean, _, _ in found.cells)


def test_fans_over_millions_of_rows_are_quick(tmp_path: Path):
    results = sweep(tmp_path, lambda u: u[0], sample(10_000), 2, weeks=60)
    begun = time.process_time()
    [found] = analysis.fan(results, "app", "yixin", "mau")
    assert time.process_time() - begun < 1
    assert found.weeks == list(range(60)) and found.runs == 19_999
    assert found.quantiles[:, 7] == pytest.approx([7 + q for q in analysis.QUANTILES], abs=1e-3)
    low, high = analysis.fan(results, "app", "yixin", "mau", split=PATHS[0])
    assert 6000 < low.runs < 7000 and 6000 < high.runs < 7000
