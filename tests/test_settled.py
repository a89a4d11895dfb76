"""Runs that begin alike share their start, and no bit changes."""

from collections import deque
from typing import Any

import pytest

from market_model.market import run, settled
from market_model.market.resume import same_until
from market_model.scenario import load_scenario

USERS = {"society.users": 400, "weeks": 12}


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> deque[settled.Settled]:
    """The starts that are kept: none, at first."""
    none = deque[settled.Settled](maxlen=settled.KEPT)
    monkeypatch.setattr(settled, "_starts", none)
    monkeypatch.setattr(settled, "KEPT_USERS", 20_000)
    return none


@pytest.mark.parametrize("name", ["china-2013", "facebook-zero-india", "messenger-2015"])
def test_a_start_that_was_kept_changes_no_bit(name: str, starts: deque[settled.Settled]) -> None:
    scenario = load_scenario(name, USERS)
    seats = {scenario.messengers[0]: "defender"}
    late: list[tuple[Any, dict[str, Any]]] = [
        (scenario, {}),
        (load_scenario(name, USERS | {"regulator.rule": "ban"}), {}),
        (scenario, {"policies": seats}),
        *((load_scenario(name, USERS | {f"offers.{o}": ""}), {}) for o in scenario.offers),
    ]
    for other, how in late:
        starts.clear()
        alone = run(other, 3, **how).digest
        starts.clear()
        run(scenario, 3)
        assert len(starts) == 1
        assert run(other, 3, **how).digest == alone
        assert len(starts) == 1, "the start was not taken up"


@pytest.mark.parametrize(
    "change",
    [
        {"parameters.salience": 0.31},
        {"apps.wechat.quality": 0.31},
        {"carriers.china_mobile.cost_per_mb": 0.31},
        {"society.users": 401},
    ],
)
def test_what_acts_before_week_0_has_a_start_of_its_own(
    change: dict[str, Any], starts: deque[settled.Settled]
) -> None:
    run(load_scenario("china-2013", USERS), 3)
    run(load_scenario("china-2013", USERS | change), 3)
    run(load_scenario("china-2013", USERS), 4)
    assert len(starts) == 3


@pytest.mark.parametrize("what", ["apps", "carriers", "a count, not a share"])
def test_what_looks_alike_and_is_not_has_a_start_of_its_own(
    what: str, starts: deque[settled.Settled]
) -> None:
    scenario = load_scenario("china-2013", USERS | {"apps.laiwang.start.aware": 1.0})
    if what in ("apps", "carriers"):
        turned = dict(reversed(getattr(scenario, what).items()))
        other = scenario.model_copy(update={what: turned})
    else:
        other = load_scenario("china-2013", USERS | {"apps.laiwang.start.aware": 1})
    assert other == scenario and same_until(scenario, other) == 0
    alone = run(other, 3).digest
    starts.clear()
    run(scenario, 3)
    assert run(other, 3).digest == alone


def test_a_run_does_not_write_into_what_is_kept(starts: deque[settled.Settled]) -> None:
    scenario = load_scenario("china-2013", USERS)
    first, second, third = (run(scenario, 3).digest for _ in range(3))
    assert first == second == third
    assert len(starts) == 1


def test_rules_of_a_users_own_begin_by_themselves(starts: deque[settled.Settled]) -> None:
    scenario = load_scenario("china-2013", {"society.users": 60, "weeks": 2})
    run(scenario, 3)
    run(scenario, 3, engine="agents")
    assert len(starts) == 1
    starts.clear()
    run(scenario, 3, engine="agents")
    assert not starts
