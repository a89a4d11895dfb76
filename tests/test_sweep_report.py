"""The report of a sweep, what the command prints, and the notebook."""

import json
import math
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_analysis import PATHS, SHARE, sample, sweep
from test_sweep import SWEEP

from market_model.commands.sweeps import analyze, plan
from market_model.scenario import ScenarioError
from market_model.sweep.analysis import Interval
from market_model.sweep.report import SweepPage, SweepWords, default_measures
from market_model.sweep.report import analyze as report
from market_model.sweep.store import Results


def test_the_report_says_what_moves_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    results = sweep(tmp_path, lambda u: np.sqrt(u[0] * u[1]), sample(60), luck=0.05)
    assert default_measures(results) == [SHARE]  # hhi is there, but never varies
    analyze(tmp_path, where=[f"{SHARE} > 0.7"], language="zh")
    (told, steps), page = capsys.readouterr(), (tmp_path / "report.html").read_text()
    assert steps == f"what moves {SHARE} (1 of 1)\npaths, maps and conditions\n"
    assert "salience moves it most" in told or "allowance mb moves it most" in told
    assert (
        "119 runs of china-2013, 1 failed" in told
        and "Box 1: " in told
        and "salience at least 0." in told
    )
    assert (
        page.count('class="chart"') >= 3
        and 'lang="zh-CN"' in page
        and "运气占" in page
        and "http://" not in page.split("<script>")[0]
    )
    analyze(tmp_path, [SHARE], as_json=True)
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert not err
    assert (
        found["measures"][0]["method"] == "rbd_fast"
        and found["failed"] == 1
        and len(found["fans"][SHARE]) == 2
    )


def test_readers_see_words_and_one_line_for_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    words = SweepWords("en", 300)
    assert (
        words.measure("carriers.china_telecom.sms_income_total")
        == "China Telecom: Income from SMS (whole run)"
    )
    assert words.measure("offers.x.survival.wechat.4") == "offers.x.survival.wechat.4"
    assert words.factor(PATHS[1]) == "Laiwang: 2 GB bundle, allowance mb"
    with pytest.raises(ScenarioError, match="holds no results"):
        Results(tmp_path)
    sweep(tmp_path, lambda u: u[0], sample(60))
    with pytest.raises(ScenarioError, match=r"did you mean 'apps\.yixin\.mau_share'"):
        analyze(tmp_path, ["apps.yixin.mau_shar"])
    monkeypatch.setitem(sys.modules, "SALib.analyze.rbd_fast", None)
    with pytest.raises(ScenarioError, match="needs SALib; install it with: uv sync --extra study"):
        analyze(tmp_path)


def test_the_notebook_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    small = Path("scenarios/sweeps/free-data.toml").read_text(encoding="utf-8")
    for old, new in (
        ("points = 64", "points = 4"),
        ('users" = 1000', 'users" = 200'),
        ("weeks = 60", "weeks = 24"),
    ):
        assert old in small
        small = small.replace(old, new)
    notebook = Path("scenarios/sweeps/free_data.py").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Path("scenarios/sweeps").mkdir(parents=True)
    Path("scenarios/sweeps/free-data.toml").write_text(small, encoding="utf-8")
    exec(compile(notebook, "free_data.py", "exec"), {"__name__": "__main__"})
    told = capsys.readouterr().out
    assert (
        "salient" in told
        and told.count("million in week 23") == 2
        and math.isfinite(float(told.partition("rank correlation ")[2][:5]))
    )


def test_a_factor_of_words_is_told_by_its_values_and_too_few_settings_once(tmp_path: Path):
    results = sweep(tmp_path, lambda u: 1 - u[0] + u[1] / 9, sample(20), kind="list")
    high = results.frame[PATHS[0]] > 0.5
    results.frame[PATHS[0]] = np.where(high, "ban", "free")
    results.frame[bill := "offers.laiwang_bundle.bill_total"] = results.frame[SHARE] ** 2
    analysis = report(results, [SHARE, bill])
    for language, said, few in (
        ("en", "highest with “free”, lowest with “ban”", "cannot be told"),
        ("zh", "“free”时最高，“ban”时最低", "无法给出方差份额："),
    ):
        page = SweepPage(analysis, language)
        first, *rest = page.findings()
        assert few in first and len(rest) == 2
        assert all(said in line and few not in line for line in rest)
        assert said in str(page.moves().rows)
        by_luck = replace(analysis.measures[0], luck=Interval(0.95, 0.9, 1.0))
        lucky = SweepPage(replace(analysis, measures=[by_luck]), language).findings()[-1]
        assert {"en": "mostly luck", "zh": "主要是运气"}[language] in lucky and "95" in lucky
    down = analysis.measures[0].effects[0]
    assert "the lower; rank correlation −0.50" in SweepPage(analysis, "en").direction(
        replace(down, ends=(), rank=-0.5)
    )


def test_what_a_category_explains_hangs_not_on_the_order_of_its_names(tmp_path: Path):
    """By names in their order, "b" alone being high has a rank correlation of next to nothing."""
    results = sweep(tmp_path, lambda u: u[1], sample(20), kind="list")
    third = np.floor(3 * results.frame[PATHS[0]].rank(pct=True) - 1e-9).astype(int)
    results.frame[PATHS[0]] = np.array(["a", "b", "c"])[third]
    results.frame[SHARE] = results.frame[SHARE] / 9 + (third == 1)
    first = report(results, [SHARE]).measures[0].effects[0]
    assert first.factor == PATHS[0] and first.rank > 0.6 and first.ends[0] == "b"


def test_a_plan_counts_the_start_of_processes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Processes read the program anew: small sweeps take little else."""
    (file := tmp_path / "small.toml").write_text(SWEEP)
    plan(file, workers=2)
    told = " ".join(capsys.readouterr().out.split())
    found = re.search(r"([\d.]+) s a run, (\d+) s until 2 processes .* about (\d+) s with 2", told)
    assert found, told
    run, start, total = map(float, found.groups())
    assert total == pytest.approx(start + 78 / 2 * run, abs=2)
    plan(file, workers=1)
    assert "with 1 process;" in capsys.readouterr().out
