"""Facts, calibration and validation: complete, judged as said, and what is shipped is what the
model gives.
"""

import json
import math
from dataclasses import replace
from itertools import count

import pytest
from conftest import Command

from market_model.evidence import calibrate, validate
from market_model.evidence.facts import rows, targets
from market_model.evidence.measure import MEASURES, exclusive, habit_kept, measure
from market_model.scenario import load_scenario
from market_model.words import word

ROWS = {row.id: row for row in rows()}
MIDDLE = {row.id: row.middle if math.isfinite(row.middle) else 1.0 for row in rows()}
ONE = {"members": [{"overrides": {"parameters.crowding": 2.5, "apps.wechat.quality": -0.7}}]}


def test_every_fact_has_its_words_its_source_and_a_measured_figure() -> None:
    assert {row.fact for row in rows()} == {
        "F1",
        "F2",
        "F3",
        "F4",
        "F5",
        "F5b",
        "F5c",
        "F6",
        "F7",
        "F7t",
        "F8",
        "F8b",
        "F9",
        "F10",
        "F11",
    }
    for row in rows():
        assert (
            word(f"fact.{row.fact}", "en") != word(f"fact.{row.fact}", "zh")
            and row.source
            and row.measure in MEASURES
        )
        assert (
            not row.banded
            or row.low <= (row.middle if row.middle == row.middle else row.low) <= row.high
        )
    assert {r.id for r in targets()} == {
        r.id for r in rows() if r.fact in ("F1", "F2", "F3", "F4", "F5", "F5b")
    }
    shipped = validate.shipped()
    assert shipped.members == len(validate.ensemble()) >= 8 and set(shipped.spreads) == set(ROWS)
    assert all(
        spread.members == shipped.members and spread.median == spread.median
        for spread in shipped.spreads.values()
    )


def test_a_shipped_member_gives_its_stored_figures_again() -> None:
    member = validate.ensemble()[-1]
    seed, stored = next(iter(member["runs"].items()))
    assert measure("rivalry", member["overrides"], int(seed)) == stored
    assert member["figures"] == calibrate.means([*member["runs"].values()])
    assert member["worst"] == calibrate.worst(member["figures"], targets())[0] <= calibrate.WITHIN
    ranges = calibrate.priors()
    assert all(
        ranges[path][0] <= value <= ranges[path][1]
        for path, value in member["overrides"].items()
        if path not in calibrate.FOLLOWS
    )


def test_verdicts_and_distances_are_those_worked_by_hand() -> None:
    fact = ROWS["F3"]  # .06 – .18 – .30
    spread = validate.spread(fact, [0.05, 0.10, 0.20, 0.40, math.nan])
    assert (spread.median, spread.members, spread.inside) == (
        pytest.approx(0.15),
        4,
        0.5,
    ) and 0.05 < spread.low < 0.1
    assert [fact.gap(x) for x in (0.18, 0.30, 0.06, 0.42)] == pytest.approx([0, 1, 1, 2])
    assert calibrate.misfit({"F3": 0.30}, [fact]) == pytest.approx(1) and calibrate.misfit(
        {"F3": 0.42}, [fact]
    ) == pytest.approx(8**0.5)
    assert (
        math.isnan(validate.spread(ROWS["F7t"], [0.4]).inside)
        and validate.spread(ROWS["F8b"], [0.9, 9.0]).inside == 0.5
    )
    spreads = {name: validate.spread(row, [MIDDLE[name]]) for name, row in ROWS.items()} | {
        "F3": spread._replace(median=0.31)
    }
    found = validate.Findings(spreads, 1, 1)
    assert {v.id for v in validate.evidence_data(found, "en").verdicts if not v.holds} == {
        "F3",
        "F7t",
    }


def test_habit_and_the_exclusive_offer_can_fail() -> None:
    scenario = load_scenario("china-2013", {"parameters.habit_weight": 0.5544 * 4})
    assert list(habit_kept(scenario, 0.5).values()) == pytest.approx([0.3392, 0.2143], abs=0.0005)
    scenario = load_scenario("china-2013")
    everyone = load_scenario(
        "china-2013", {"offers.yixin_telecom.carriers": list(scenario.carriers)}
    )
    assert exclusive(scenario, 1) == {"F9": 0} and exclusive(everyone, 1)["F9"] > 0


def test_validate_tells_json_a_page_and_failed_runs(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    (tmp_path / "one.json").write_text(json.dumps(ONE))
    given: list[tuple[str, dict]] = []

    def fake(name: str, overrides: dict, seed: int) -> dict[str, float]:  # noqa: ARG001
        given.append((name, overrides))
        if name == "calls" and "fail" in MIDDLE:
            raise ValueError("no calls")
        return {row.id: MIDDLE[row.id] for row in rows() if row.measure == name} | (
            {"F3": 0.9} if name == "rivalry" else {}
        )

    monkeypatch.setattr(validate, "measure", fake)
    said = command("validate", "--ensemble", "one.json", "--workers", "1", "--json")
    facts = {fact["id"]: fact for fact in json.loads(said.out)["facts"]}
    assert (
        said.code == 0
        and not said.err
        and [f for f in facts if facts[f]["holds"] is False] == ["F3"]
    )
    carried = {name: set(overrides) for name, overrides in given}
    assert carried["rivalry"] == set(ONE["members"][0]["overrides"]) and carried["calls"] == {
        "parameters.crowding"
    }
    assert not carried["mobile_revenue"]
    assert (
        command(
            "validate",
            "--ensemble",
            "one.json",
            "--workers",
            "1",
            "--language",
            "zh",
            "--out",
            "here",
        ).code
        == 0
    )
    page = (tmp_path / "here" / "validation.html").read_text("utf-8")
    assert (
        page.count("<details open>") == 3
        and "不成立" in page
        and "http" not in page.split("<main>")[1].split("</main>")[0]
    )
    monkeypatch.setitem(MIDDLE, "fail", 1)
    said = command("validate", "--ensemble", "one.json", "--workers", "1")
    assert (
        said.code == 1
        and said.err == "failed: calls, seed 0: failed: ValueError: no calls\n"
        and "fails" in said.out
    )
    (tmp_path / "bad.json").write_text("[]")
    assert (
        command("validate", "--ensemble", "bad.json").err
        == "bad.json: is not an ensemble; 'market-model calibrate' writes one\n"
    )


def test_calibrate_goes_on_where_it_was_stopped(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    calls = count()

    def fake(name: str, overrides: dict, seed: int) -> dict[str, float]:  # noqa: ARG001
        number = next(calls)
        if number == 7:
            raise KeyboardInterrupt
        if number == 3:
            raise ValueError("a run that dies")
        return MIDDLE | {"F3": 0.18 + 0.1 * abs(overrides["parameters.crowding"] - 2.5)}

    monkeypatch.setattr(calibrate, "measure", fake)
    asked = (
        "calibrate",
        "--trials",
        "12",
        "--seeds",
        "2",
        "--workers",
        "1",
        "--keep",
        "2",
        "--out",
        "c.trials",
    )
    stopped = command(*asked)
    assert stopped.code == 130 and "c.trials keeps what was tried" in stopped.err
    before = next(calls)
    said = command(*asked)
    kept = json.loads((tmp_path / "c.json").read_text())
    assert (
        said.code == 0
        and len(kept["members"]) == 2
        and kept["members"][0]["misfit"] <= kept["members"][1]["misfit"]
    )
    assert (
        next(calls) - before - 1 == 2 * (12 - 3) + 4 * len(calibrate.JUDGES)
        and "11 sets tried" in said.out
    )
    other = command(*asked, "--seeds", "3")
    assert (other.code, other.err) == (
        2,
        "c.trials: holds trials with other settings, facts or ranges; choose another file with "
        "--out\n",
    )
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    assert (
        command(*asked).err
        == "market-model: needs optuna; install it with: uv sync --extra study\n"
    )


@pytest.mark.slow
def test_parameters_that_made_the_data_are_found_again() -> None:
    """Data of one luck (another moves F1 by a sixth at this size), so that only the parameters
    are to be found.
    """
    truth = {"parameters.registration_cost": 1.6, "apps.yixin.promotion.level": 0.2}
    seen = measure("rivalry", truth | {"society.users": 2000, "weeks": calibrate.WEEKS}, 0)
    facts = [
        replace(row, low=0.9 * seen[row.id], middle=seen[row.id], high=1.1 * seen[row.id])
        for row in targets()
    ]
    ranges = {name: calibrate.priors()[name] for name in truth}
    tried = calibrate.search(
        None,
        100,
        seeds=1,
        users=2000,
        workers=2,
        facts=facts,
        ranges=ranges,
        on_trial=lambda _: None,
    )
    for name, (low, high) in ranges.items():
        assert max(abs(one.values[name] - truth[name]) for one in tried[:8]) < 0.15 * (
            high - low
        ), name
