"""Comparisons: what looks clear by luck alone, and what stands when many measures are tested."""

import re
from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from market_model.charts import CompareData, DifferenceRow, compare_report
from market_model.charts.data import tally
from market_model.commands.main import app
from market_model.scenario import load_scenario
from market_model.study.compare import Comparison, Difference, corrected, differences, p_value
from market_model.study.report import compare_data
from market_model.words import word


def several(*ps: float) -> list[Difference]:
    """Differences with these p values; clear where below .05."""
    return corrected(
        [Difference("b", str(p), 0, 1, 1, 0.1 if p < 0.05 else -0.1, 2, p) for p in ps]
    )


def test_p_is_of_students_paired_test() -> None:
    gaps = np.array([1.0, 2.0, -0.5, 3.0])
    assert p_value(gaps) == pytest.approx(stats.ttest_1samp(gaps, 0).pvalue)
    assert p_value(np.array([2.0, 2.0])) == 0.5 and p_value(np.full(8, -0.1)) == 1 / 128
    assert isnan(p_value(np.array([2.0]))) and isnan(p_value(np.zeros(4)))


def test_of_many_measures_those_stand_that_the_correction_leaves() -> None:
    """Benjamini and Hochberg 1995, section 3.1: of fifteen p values the first four stand."""
    published = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    found = several(*published, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0)
    assert [d.stands for d in found] == [True] * 4 + [False] * 11
    assert tally(found) == (15, 9, 0.75, 4)


def test_what_never_differs_is_no_test() -> None:
    runs = {(s, r): {"same": 5.0, "more": 5.0 + (s == "b")} for s in "ab" for r in range(3)}
    same, more = corrected(differences("a", "b", runs, 3))
    assert (isnan(same.adjusted), more.adjusted, tally([same, more]).tested) == (True, 0.25, 1)
    assert more.difference == 1 and isnan(more.low) and isnan(more.high) and not more.clear
    once = corrected(differences("a", "b", runs, 1))
    assert tally(once) == (0, 0, 0, 0)


def test_luck_alone_looks_clear_and_does_not_stand() -> None:
    luck = np.random.default_rng(0).normal(size=(2, 8, 400))
    runs = {(s, r): dict(enumerate(luck[i, r])) for i, s in enumerate("ab") for r in range(8)}
    count = tally(corrected(differences("a", "b", runs, 8)))  # type: ignore[arg-type]
    assert count.tested == 400 and count.by_chance == 20
    assert 8 <= count.clear <= 36 and count.standing == 0


@pytest.mark.parametrize(
    "language, alone, chance",
    [
        ("en", "by itself", "of 2 tested; luck alone would give about 0.1"),
        ("zh", "仅单看", "检验 2 项；单凭运气约有 0.1 项"),
    ],
)
def test_the_page_says_what_stands_and_what_luck_alone_would_give(language, alone, chance) -> None:
    rows = [DifferenceRow("B", f"m{p}", "people", 1, 2, 1, 0.5, 1.5, p) for p in (0.01, 0.2)]
    page = compare_report(CompareData("t", "s", language, "A", ["B"], 4, rows))
    assert page.count(f"<td>{alone}</td>") == 1 and chance in page


@pytest.mark.parametrize("language, names", [("en", "; "), ("zh", "；")])
def test_both_outputs_say_of_which_weeks_the_figures_are(language, names) -> None:
    both = {n: load_scenario(n, {"weeks": 14}) for n in ("china-2013", "china-2013-ban")}
    longer = {"china-2013-nobody-offers": load_scenario("china-2013-nobody-offers", {"weeks": 20})}
    found = Comparison("china-2013", ["china-2013-ban"], 1, [], [], 0, 0, 0.0, 0, 0)
    last, bill, once = compare_data(found, both, language).notes()
    assert all(said in last for said in ("14", str(both["china-2013"].date_of(13))))
    assert all(said in bill for said in ("9", "12", str(both["china-2013"].date_of(8))))
    assert "--replicates 8" in once
    many = replace(found, variants=[*found.variants, *longer], replicates=4)
    data = compare_data(many, both | longer, language)
    assert all(said in data.notes()[2] for said in ("20", "17")) and len(data.notes()) == 3
    page = compare_report(data)
    assert all(f"<li>{said}</li>" in page for said in data.notes())
    assert names.join(data.variants) in page


def test_the_terminal_says_when_units_and_that_one_run_tells_no_luck(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    size = ["--weeks", "14", "--users", "400", "--set", "society.warmup_weeks=0"]
    names = ["china-2013", "china-2013-nobody-offers"]
    said = CliRunner().invoke(app, ["compare", *names, *size]).output
    text = " ".join(said.split())
    assert "in week 14 (from 2013-10-07)" in text and "for weeks 9 to 12 (from 2013-09-02)" in text
    assert "(people)" in said and "(RMB per 4 weeks)" in said
    assert "--replicates 8" in text and "interval " not in said


def test_nothing_is_counted_in_a_plural_of_one() -> None:
    page = compare_report(CompareData("t", "s", "en", "A", ["B"], 1, []))
    title = word("tournament.title", "en", scenario="A", kind="B", seeds=1, first=0, last=0)
    assert not re.search(r"\b1 (variants|times|lucks)", page + title)
