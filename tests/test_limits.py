"""Limit cases: from an ordinary scenario file alone, the market does what theory says.

Beside each case stands a negative control: one parameter moved, and the result leaves the band.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from market_model.market import Market
from market_model.market.columns import BILL_KIB, FREE_KIB, OTHER_KIB, OTHER_WIFI_KIB, WIFI_KIB
from market_model.market.equations import KIB, habit, shadow_price, volume
from market_model.market.history import SERIES
from market_model.market.run import run
from market_model.players.bots import carrier_reply, demand, sponsor_reply
from market_model.scenario import Scenario, builtin_names, load_scenario

SHIPPED = [name for name in builtin_names() if "/" not in name]
FREE_REASONS = {"sponsored", "goodwill", "pack", "gift"}


def limit(case: str, changes: dict[str, Any] | None = None) -> Scenario:
    return load_scenario(f"limits/{case}", changes)


def shares(case: str, changes: dict[str, Any] | None = None, seed: int = 0) -> NDArray[np.float64]:
    """Active share by week."""
    scenario = limit(case, changes)
    return run(scenario, seed).history.series("app", "chat", "active") / scenario.population


def settled(map_: Callable[[float], float], start: float) -> float:
    """Where a map comes to rest."""
    for _ in range(20_000):
        start = map_(start)
    return start


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def mean_choice(
    social: float, private: float, start: float, beta: float = 1.0, **changes: Any
) -> float:
    """m = 2s − 1 over the last 100 weeks, for Brock and Durlauf's βJ and βh."""
    s = shares(
        "L01-brock-durlauf",
        {
            "parameters.beta": beta,
            "parameters.network_effect": 4 * social / beta,
            "apps.chat.start.active": start,
            "apps.chat.quality": (2 * private - 2 * social) / beta,
            **changes,
        },
    )
    return float(2 * s[-100:].mean() - 1)


@pytest.mark.parametrize(
    ("social", "private", "start", "expected"),
    [
        (0.5, 0.0, 1.0, 0.0),
        (1.5, 0.0, 1.0, 0.8586),
        (1.5, 0.0, 0.0, -0.8586),
        (1.5, 0.1, 1.0, 0.8939),
        (1.5, 0.1, 0.0, -0.801),
    ],
)
def test_l1_brock_and_durlauf(social: float, private: float, start: float, expected: float) -> None:
    assert mean_choice(social, private, start) == pytest.approx(expected, abs=0.02)
    assert mean_choice(social * 0.85, private + 0.05, start) != pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("social", "private", "beta"), [(0.8, 0.2, 1.0), (1.2, -0.05, 0.5), (2.0, 0.2, 4.0)]
)
@pytest.mark.parametrize("start", [0.0, 1.0])
def test_l1_at_other_values(social: float, private: float, beta: float, start: float) -> None:
    expected = settled(lambda m: math.tanh(private + social * m), 2 * start - 1)
    assert mean_choice(social, private, start, beta) == pytest.approx(expected, abs=0.02)


@pytest.mark.slow
def test_l1_holds_for_four_apps_at_once_and_on_a_dense_graph() -> None:
    app = {"taste": 0.0, "start": {"registered": 1.0, "active": 1.0}}
    more = {f"apps.q{-q * 10:.0f}": {**app, "quality": q} for q in (-2.0, -2.8, -3.2)}
    four = run(limit("L01-brock-durlauf", more))
    for name, table in four.scenario.apps.items():
        share = four.history.series("app", name, "active")[-100:].mean() / 10_000
        assert share == pytest.approx(
            settled(lambda s, q=table.quality: sigmoid(q + 6 * s), 1.0), abs=0.01
        )
    dense = {
        "society.graph.family": "small-world",
        "society.graph.degree": 100,
        "society.users": 4000,
    }
    assert mean_choice(1.5, 0, 1.0, **dense) == pytest.approx(0.8586, abs=0.02)


@pytest.mark.parametrize(
    ("taste", "below"),
    [
        ({"normal": {"mean": 0.3, "sd": 1.5}}, NormalDist(0.3, 1.5).cdf),
        ({"logistic": {"mean": 0.5, "scale": 1.5}}, lambda x: sigmoid((x - 0.5) / 1.5)),
        ({"uniform": {"low": -6, "high": 5}}, lambda x: min(1, max(0, (x + 6) / 11))),
        (
            {"lognormal": {"median": 0.9, "sigma": 1.2}},
            lambda x: NormalDist(0, 1.2).cdf(math.log(x / 0.9)),
        ),
    ],
)
def test_without_noise_tastes_alone_decide(
    taste: dict[str, Any], below: Callable[[float], float]
) -> None:
    """β → ∞: the share rests where s = P(ξ > −θ − J·s)."""
    changes = {
        "parameters.beta": 1e6,
        "parameters.network_effect": 2.0,
        "apps.chat.quality": -2.0,
        "weeks": 60,
        "apps.chat.start.active": 0.0,
        "apps.chat.taste": taste,
        "society.users": 40_000,
    }
    expected = pytest.approx(settled(lambda s: 1 - below(2 - 2 * s), 0.0), abs=0.02)
    assert shares("L01-brock-durlauf", changes)[-1] == expected
    assert shares("L01-brock-durlauf", changes | {"apps.chat.quality": -2.5})[-1] != expected


def bass(p: float, q: float, years: float) -> float:
    e = math.exp(-(p + q) * years)
    return (1 - e) / (1 + q / p * e)


def test_l4_bass() -> None:
    at, expected = [259, 519, 779], pytest.approx([0.3312, 0.8128, 0.9716], abs=0.01)
    assert shares("L04-bass")[at] == expected
    assert (
        shares("L04-bass", {"parameters.word_of_mouth.per_year": 0.34, "society.users": 10_000})[at]
        != expected
    )


@pytest.mark.parametrize(("p", "q"), [(0.1, 0.1), (0.03, 0.0), (0.08, 0.5)])
def test_l4_at_other_rates(p: float, q: float) -> None:
    adopted = shares(
        "L04-bass",
        {
            "apps.chat.discovery": p / 52,
            "apps.chat.word_of_mouth": {"per_year": q},
            "weeks": 312,
            "society.users": 15_000,
        },
    )
    assert adopted[[103, 207, 311]] == pytest.approx([bass(p, q, y) for y in (2, 4, 6)], abs=0.015)


def cascades(
    degree: float, runs: int, changes: dict[str, Any] | None = None
) -> tuple[float, float]:
    """(Share of seeds that reach more than 10 %, mean size of those)."""
    changes = {"society.graph.degree": degree, **(changes or {})}
    size = np.array([shares("L07-watts", changes, seed)[-1] for seed in range(runs)])
    big = size > 0.1
    return float(big.mean()), float(size[big].mean()) if big.any() else 0.0


def giant(degree: float) -> float:
    return settled(lambda s: 1 - math.exp(-degree * s), 1.0)


def test_l7_watts_in_short() -> None:
    assert cascades(0.9, 5) == cascades(8, 5) == (0.0, 0.0)
    often, size = cascades(3, 8)
    assert often >= 0.6 and size == pytest.approx(0.941, abs=0.02)
    assert cascades(2, 4)[1] == pytest.approx(giant(2), abs=0.02)
    assert cascades(3, 5, {"apps.chat.threshold": 0.4})[0] < 0.6


def test_l7_a_threshold_is_a_share_of_contacts_whatever_they_are_worth() -> None:
    dear = {"parameters.network_effect": 1e6, "parameters.beta": 1.0, "society.users": 3000}
    assert cascades(3, 4, dear) == cascades(3, 4, {"society.users": 3000})


@pytest.mark.slow
def test_l7_watts() -> None:
    assert cascades(0.9, 60)[0] == cascades(7, 60)[0] == 0.0
    often, size = cascades(3, 60)
    assert often >= 0.6 and size == pytest.approx(0.941, abs=0.02)
    assert cascades(5, 60)[1] == pytest.approx(giant(5), abs=0.02)


def test_l8_two_contacts() -> None:
    assert shares("L08-two-contacts")[-1] == 1.0
    regular: dict[str, Any] = {"society.graph.family": "regular"}
    contacts = Market(limit("L08-two-contacts", regular), rng=0).contacts
    friends = np.split(contacts.friends, contacts.offsets[1:-1])
    pairs = ((i, int(j)) for i in range(1000) for j in friends[i])
    regular["apps.chat.start.seeds"] = next(
        [i, j] for i, j in pairs if not set(friends[i]) & set(friends[j])
    )
    assert shares("L08-two-contacts", regular)[-1] == 0.002
    assert shares("L08-two-contacts", regular | {"apps.chat.threshold": 0.15})[-1] == 1.0
    for change in ({"apps.chat.threshold": 0.51}, {"apps.chat.start.seeds": [0, 500]}):
        assert shares("L08-two-contacts", {"weeks": 100, **change})[-1] == 0.002
    exactly_two = shares("L08-two-contacts", {"apps.chat.threshold": 2 / 6})
    assert np.array_equal(exactly_two, shares("L08-two-contacts"))


def test_l9_granovetter() -> None:
    assert shares("L09-granovetter")[-1] == 1.0
    assert shares("L09-granovetter", {"apps.chat.threshold.values.1": 2 / 99})[-1] == 0.01
    assert shares("L09-granovetter", {"apps.chat.threshold.values.50": 51 / 99})[-1] == 0.5
    for sd in (0.08, 0.13):  # he found that normal thresholds tip at a certain width
        wide = {
            "society.users": 20_000,
            "apps.chat.threshold": {"normal": {"mean": 0.25, "sd": sd}},
        }
        expected = settled(NormalDist(0.25, sd).cdf, 0.0)
        assert shares("L09-granovetter", wide)[-1] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("cap", "overage", "used"), [(50, 0.2, 80), (50, 0.29, 71), (50, 1, 50), (120, 1, 100)]
)
def test_l13_cap_and_overage(cap: float, overage: float, used: float) -> None:
    """Marginal utility 1 − .01·x is linear demand of 100 MB at price zero and a choke price of
    1.
    """
    price = shadow_price(100.0, cap, overage, 0.0, True, 1.0)
    assert 100 * volume(price, 0.0, True, 1.0) == pytest.approx(used, abs=1e-9)
    scenario = limit(
        "L04-bass",
        {
            "weeks": 8,
            "society.users": 50,
            "carriers.only.plan": {"cap_mb": cap, "overage": overage},
            "apps.chat.discovery": 0.0,
            "parameters.background_mb": 25.0,
            "parameters.demand": "linear",
        },
    )
    bill = run(scenario).ledger.query("week == 7 and reason in ('plan', 'overage')")
    assert bill.mb.sum() / 50 == pytest.approx(used, abs=0.001)
    assert bill.rmb.sum() / 50 == pytest.approx(20 + overage * max(0, used - cap), abs=0.001)
    assert shadow_price(200.0, 100.0, 1.0, 6.0, False, 1.0) == pytest.approx(math.log(2) / 6)
    assert (
        shadow_price(0.0, 0.0, 0.2, 6.0, False, 1.0) == 0.2
    )  # nothing is included: the next MB costs


@pytest.mark.parametrize(
    ("cost", "value", "falls"), [(0.02, 0.25, 6.0), (0.02, 0.4, 6.0), (0.05, 0.1, 3.0)]
)
def test_l14_best_replies(cost: float, value: float, falls: float) -> None:
    """Here against a search over all prices; the worked case itself stands in test_players."""

    def earned(p: float) -> float:
        return (p - cost) * demand(1, falls, p - sponsor_reply(value, p, falls))

    price = carrier_reply(cost, value, falls)
    assert max((k / 1000 for k in range(1001)), key=earned) == pytest.approx(price, abs=1e-3)
    assert math.isclose(sponsor_reply(value, price, falls), price) == (value >= cost + 2 / falls)
    if value == 0.25:
        assert demand(100, falls, price - sponsor_reply(value, price, falls)) == pytest.approx(
            53.794, abs=1e-3
        )


def survival(changes: dict[str, Any]) -> float:
    return run(limit("L16-survival", changes)).summary["offers"]["free"]["survival"]["chat"][12]


def test_l16_survival() -> None:
    assert survival({}) == pytest.approx(0.75, abs=0.01)
    assert survival({"apps.chat.taste.logistic.mean": 0.6}) != pytest.approx(0.75, abs=0.01)
    assert survival({"parameters.background_mb": 0.0}) == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize(
    ("mean", "worth", "changes"),
    [
        (1.0, 2.0, {"parameters.price_pressure": 2.0}),
        (0.5, 1.0, {"parameters.price_pressure": 2.0, "offers.free.waived": 0.5}),
        (0.5, 1.0, {"parameters.price_pressure": 2.0, "parameters.salience": 0.5}),
        (0.5, 1.0, {"parameters.price_pressure": 2.0, "society.wifi": 0.5}),
        (0.5, 2.0, {"carriers.only.plan.overage": 0.4}),
    ],
)
def test_l16_at_other_values(mean: float, worth: float, changes: dict[str, Any]) -> None:
    """`worth`: what the offer adds when people register; without it V = ξ."""
    felt = changes.get("parameters.price_pressure", 1.0) * (1 - changes.get("society.wifi", 0.0))
    felt *= changes.get("carriers.only.plan.overage", 0.2) / 0.2
    got = survival({"apps.chat.taste.logistic.mean": mean, "apps.chat.quality": felt, **changes})
    assert got == pytest.approx(sigmoid(mean) / sigmoid(mean + worth), abs=0.01)


def test_l17_habit_alone() -> None:
    def blocks(decay: float, kappa: float) -> tuple[float, float]:
        stock, used = 0.0, []
        for week in range(9):
            used.append((week < 3) + kappa * stock)
            stock = habit(stock, used[-1], decay)
        return sum(used[3:6]) / sum(used[:3]), sum(used[6:]) / sum(used[:3])

    assert blocks(0.3187, 0.5544) == pytest.approx((0.3392, 0.2143), abs=0.0005)
    assert blocks(0.33, 0.5544) != pytest.approx((0.3392, 0.2143), abs=0.0005)


def watched(scenario: Scenario, seed: int = 0) -> tuple[Market, NDArray[np.int64]]:
    """A market that ran, and KiB by bill and carrier as users took them: Wi-Fi, mobile, free;
    shape (bills, C, 3).
    """
    market, bills, c = Market(scenario, rng=seed), [], len(scenario.carriers)
    week_pass, bill_pass = market.engine.week, market.engine.bill
    sums = np.zeros((c, 3), np.int64)

    def week(*args: Any, **more: Any) -> Any:
        tally = week_pass(*args, **more)
        sums[:, :] += (
            tally.data.sum(axis=0).reshape(c, -1, 3).sum(axis=1)[:, [WIFI_KIB, BILL_KIB, FREE_KIB]]
        )
        return tally

    def bill(*args: Any) -> Any:
        tally, carriers = bill_pass(*args)
        sums[:, :2] += tally.data.reshape(c, -1, 4).sum(axis=1)[:, [OTHER_WIFI_KIB, OTHER_KIB]]
        bills.append(sums.copy())
        sums[:] = 0
        return tally, carriers

    market.engine.week, market.engine.bill = week, bill
    return market.run(), np.array(bills)


@pytest.mark.parametrize("name", [*SHIPPED, "limits/L20-exclusive", "limits/L24-ban"])
def test_l18_l19_money_and_bytes_balance(name: str) -> None:
    market, taken = watched(load_scenario(name))
    lines = market.ledger.frame()
    turnover = lines.groupby("week").rmb.sum()
    assert abs(market.ledger.balance()) <= 1e-9 * turnover.sum()
    assert (lines.payer != "").all() and (lines.payee != "").all()
    assert set(lines[lines.payer == lines.payee].reason) <= {"goodwill"}
    booked = lines[lines.mb > 0]
    for k, bill in enumerate(taken * market.scale / KIB):
        now = booked[booked.week == 4 * k + 3]
        assert now.mb.sum() == pytest.approx(bill.sum(), rel=1e-9)
        assert now[now.reason == "wifi"].mb.sum() == pytest.approx(bill[:, 0].sum(), rel=1e-9)
        for carrier, (_, mobile, free) in zip(market.carriers, bill, strict=True):
            mine = now[now.payee == carrier.name].groupby("reason").mb.sum()
            assert mine.reindex(["sponsored", "goodwill", "pack"]).sum() == pytest.approx(
                free, rel=1e-9
            )
            assert mine.reindex(["plan", "overage", "gift"]).sum() == pytest.approx(
                mobile, rel=1e-9
            )
    market.ledger.cash[market.apps[0].name] += 1.0
    assert market.ledger.balance() == pytest.approx(1.0, abs=0.5)


def test_l19_free_mb_need_a_payer() -> None:
    """The payer of free data is whom its offer names."""
    done = run(limit("L24-ban", {"regulator.rule": "free", "parameters.churn": 0.0}))
    payers = done.ledger.groupby("reason").payer.unique()
    assert set(payers["goodwill"]) == {"red"} and "house" in payers["sponsored"]
    assert set(payers["gift"]) == {"talk"} and set(payers["pack"]) == {"users:blue:everywhere"}


def users_changed(one: Market, other: Market) -> NDArray[np.bool_]:
    """Which users differ in any column."""
    changed = np.zeros(len(one.people.carrier), bool)
    for field in set(one.people._fields) - {"pots", "packs", "gifts", "shown"}:
        a, b = (np.asarray(getattr(m.people, field)) for m in (one, other))
        a, b = (np.moveaxis(x, -1, 0) if field in ("reach", "presence") else x for x in (a, b))
        if not len(a) and not len(b):  # a column that this market does not need
            continue
        changed |= (a != b).reshape(len(a), -1).any(axis=1)
    return changed


@pytest.mark.parametrize("seed", range(3))
def test_l20_exclusive_offer(seed: int) -> None:
    def twins(changes: dict[str, Any], weeks: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        with_offer = limit("L20-exclusive", changes)
        one = Market(with_offer, rng=seed)
        other = Market(with_offer.model_copy(update={"offers": {}}), rng=seed)
        changed = users_changed(one.run(weeks), other.run(weeks))
        theirs = other.people.carrier != list(with_offer.carriers).index("green")
        return changed[theirs], changed[~theirs]

    others, own = twins({}, 5)
    assert not others.any() and own.any()
    assert twins({}, 6)[0].any()
    assert twins({"offers.talk_on_green.carriers": ["green", "red"]}, 5)[0].any()


def same_run(one: Market, other: Market) -> bool:
    tables = ("app", "carrier", "market", "region", "by_carrier")
    return one.ledger.frame().equals(other.ledger.frame()) and all(
        np.array_equal(getattr(one.history, t), getattr(other.history, t), equal_nan=True)
        for t in tables
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"offers.idle.waived": 1.0, "offers.idle.allowance_mb": 0.0},
        {"offers.idle.waived": 1.0, "offers.idle.start": 90, "offers.idle.end": 99},
    ],
    ids=["waives nothing", "an empty allowance", "after the end"],
)
def test_l22_an_offer_of_nothing(changes: dict[str, Any]) -> None:
    scenario = limit("L22-idle-offer", changes)
    bare = scenario.model_copy(update={"offers": {}})
    with_offer, without = Market(scenario, rng=4).run(), Market(bare, rng=4).run()
    assert not users_changed(with_offer, without).any() and same_run(with_offer, without)
    half = Market(limit("L22-idle-offer", {"offers.idle.waived": 0.5}), rng=4).run()
    assert users_changed(half, without).any() and not same_run(half, without)


def test_l22_an_offer_that_nobody_feels() -> None:
    def moves(changes: dict[str, Any]) -> bool:
        scenario = limit("L22-idle-offer", {"offers.idle.waived": 1.0, **changes})
        one, other = run(scenario, 4), run(scenario.model_copy(update={"offers": {}}), 4)
        assert np.nansum(one.history.series("app", "talk", "sponsored_mb")) > 0
        kinds = [
            SERIES["app"].index(kind)
            for kind in ("registered", "active", "aware", "joined", "mau", "habit")
        ]
        return not np.array_equal(
            one.history.app[:, :, kinds], other.history.app[:, :, kinds], equal_nan=True
        )

    assert not moves({"parameters.salience": 0.0, "parameters.price_pressure": 0.0})
    assert moves({"parameters.salience": 0.0})


@pytest.mark.parametrize(("rule", "free"), [("ban", False), ("free", True)])
@pytest.mark.parametrize("name", ["limits/L24-ban", "china-2013-ban"])
def test_l24_ban(name: str, rule: str, free: bool) -> None:
    waived: list[float] = []
    scenario = load_scenario(name, {"regulator.rule": rule})
    done = run(
        scenario, 2, on_week=lambda market: waived.extend(o.waived for o in market.running_offers())
    )
    free_mb = np.nansum(done.history.app[:, :, SERIES["app"].index("sponsored_mb")])
    assert (any(waived), free_mb > 0, not FREE_REASONS.isdisjoint(done.ledger.reason)) == (
        free,
        free,
        free,
    )


def test_l24_a_ban_on_the_way_ends_what_runs() -> None:
    ban = {"kind": "rule", "when": 8, "rule": "ban"}
    ledger = run(limit("L24-ban", {"regulator.rule": "free", "events": [ban]})).ledger
    assert set(ledger[ledger.reason.isin(FREE_REASONS)].week) == {3, 7}
