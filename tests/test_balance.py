"""What must come out of the market: the script that measures it, and whom friends brought."""

import json
import math
from typing import Any

import networkx as nx
import numpy as np
import pytest
from benchmarks import balance

from market_model.market import Market
from market_model.market.friends import ThroughFriends
from market_model.scenario.load import build
from market_model.scenario.networks import network_from

MEMBERS = [{"parameters.crowding": 2.0}, {"parameters.crowding": 2.5}]


def test_rows_have_a_value_an_aim_and_a_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def figures(name: str, overrides: dict[str, Any], seed: int) -> dict[str, float]:
        assert set(overrides) <= {"parameters.crowding"}
        return {row.id: 0.5 + seed for row in balance.facts() if row.measure == name}

    def users(given: dict[str, Any], regions: Any, weeks: int, seed: int) -> np.ndarray:  # noqa: ARG001
        banned = given["regulator.rule"] == "ban"
        won = 0 if regions is None else (0.04 if banned else 0.08) if regions else 0.05
        won *= {4: 0.5, 8: 1.0}.get(weeks, 0.9)  # the best of the plans is that of 8 weeks
        return np.full(balance.AFTER + 1, 0.01 + won)

    monkeypatch.setattr(balance, "measure", figures)
    monkeypatch.setattr(balance, "users", users)
    monkeypatch.setattr(balance, "members_of", lambda *_: MEMBERS)
    monkeypatch.setattr(
        balance, "friends", lambda _: [balance.Row("friends", "part", [0.8], "told")]
    )
    monkeypatch.setattr(balance, "games", lambda _: [])
    balance.main(["--quick", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert set(found) > {"F12", "F13_one", "F13_four", "G1", "G1b", "E0_while", "E0_after"}
    assert all({"what", "value", "aim", "holds"} <= set(row) for row in found.values())
    # of .5 and 1.5 the median is 1: F13 asks for 1 or more, F12 for .01 at most; E0 is only told
    assert [found[k]["holds"] for k in ("F13_one", "F12", "E0_while")] == [True, False, None]
    assert found["G1"] | {"what": ""} == {
        "what": "",
        "value": 1.0,
        "low": 0.5,
        "high": 1.5,
        "members": 2,
        "aim": "0.4 to 0.9",
        "holds": False,
    }
    local = found["local_over_spread"]
    assert local["value"] == pytest.approx(1.6) and local["holds"]
    assert found["banned_local_over_spread"]["value"] == pytest.approx(0.8)
    balance.main(["--quick"])
    assert capsys.readouterr().out.count("\n") == len(found) + 2
    assert not balance.Row("x", "", [math.nan], "", lambda _: True).as_json()["holds"]


@pytest.mark.slow
def test_a_push_wins_the_same_number_in_one_place_and_everywhere() -> None:
    weeks = 16
    begin, end = balance.PUSH_END - weeks, balance.PUSH_END
    given = {"regulator.rule": "free", "weeks": end, "society.users": 8000}
    none, local, even = (
        balance.users(given, regions, weeks, 1, "registered")
        for regions in (None, (balance.PLACE,), ())
    )
    assert (local[:begin] == none[:begin]).all() and (even[:begin] == none[:begin]).all()
    won = [float((registered - none)[-1]) for registered in (local, even)]
    assert min(won) > 0.02 and won[0] == pytest.approx(won[1], rel=0.15)


def newcomers(**changes: Any) -> tuple[Market, ThroughFriends]:
    """Two friends; the first has the app from the start and the other, who does not, knows it."""
    data = {
        "weeks": changes.pop("weeks", 1),
        "society": {
            "users": changes.pop("users", 2),
            "graph": {"family": "file", "network": network_from(nx.path_graph(2))}
            if changes.pop("pair", True)
            else {},
        },
        "carriers": {"one": {"share": 1.0}},
        "apps": {
            "chat": {
                "quality": -1.0,
                "discovery": changes.pop("discovery", 0.0),
                "start": changes.pop("start", {"seeds": [0], "aware": 2}),
            }
        },
        "parameters": {
            "network_effect": 2.0,
            "registration_cost": 0.0,
            "registration_rate": 1.0,
            "taste_sd": 0.0,
            "price_pressure": 0.0,
            **changes,
        },
    }
    seen = ThroughFriends()
    return Market(build(data, "test"), rng=1, observers=[seen]), seen


def test_the_part_of_friends_is_as_by_hand() -> None:
    """V = −1 + 2·1 with the friend, −1 without: chances σ(1) = .7311 and σ(−1) = .2689, so friends
    brought 1 − .2689/.7311 = .6321 of the one who came.
    """
    market, seen = newcomers()
    market.run(1)
    assert seen.newcomers.tolist() == [[1.0]]
    assert seen.part(0) == pytest.approx(1 - 0.2689414 / 0.7310586, abs=1e-6)


def test_friends_bring_all_or_nobody_where_nothing_or_all_comes_from_outside() -> None:
    begun = {"registered": 0.3, "active": 0.3}
    shared: dict[str, Any] = {"users": 500, "weeks": 8, "pair": False, "start": begun}
    for given, expected in (
        ({"discovery": 0.0, "word_of_mouth": 0.3}, 1.0),
        ({"discovery": 0.1, "word_of_mouth": 0.0, "network_effect": 0.0}, 0.0),
    ):
        market, seen = newcomers(**shared, **given)
        market.run()
        assert seen.newcomers.sum() > 20 and seen.part(0) == pytest.approx(expected)
        came = int((market.people.registered & 1).sum()) - 150
        assert seen.newcomers.sum() == pytest.approx(came * market.scale)
