"""Each rule against numbers worked by hand, and the draws against the published answers of their
generator.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from market_model.market import draws
from market_model.market import equations as eq
from market_model.scenario import load_scenario

ONES = 0xFFFFFFFF
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)
KNOWN = {  # Random123, kat_vectors: counter and key; words after 7 and 10 rounds
    (0,) * 6: ("5f6fb709 0d893f64 4f121f81 4f730a48", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    (ONES,) * 6: ("5207ddc2 45165e59 4d8ee751 8c52f662", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    PI: ("4dfccaba 190a87f0 c47362ba b6b5242a", "d16cfe09 94fdcceb 5001e420 24126ea1"),
}


@pytest.mark.parametrize("given", KNOWN)
@pytest.mark.parametrize(("which", "rounds"), [(0, 7), (1, 10)])
def test_philox_gives_its_published_answers(
    given: tuple[int, ...], which: int, rounds: int
) -> None:
    words = draws.philox(*(np.uint64(x) for x in given), rounds)
    assert " ".join(f"{int(w):08x}" for w in words) == KNOWN[given][which]


def test_a_draw_is_a_function_of_seed_mechanism_week_user_and_app() -> None:
    key = np.array(PI[4:], np.uint64)
    here = (draws.USE, 3, 41, 6)
    words = draws.philox(
        np.uint64(41),
        np.uint64(3),
        np.uint64(draws.USE),
        np.uint64(1),
        key[0],
        key[1],
        draws.ROUNDS,
    )
    assert draws.ROUNDS == 7 and draws.uniform_of(key, *here) == (int(words[2]) + 0.5) / 2**32
    others = [(draws.HEAR, 3, 41, 6), (draws.USE, -3, 41, 6), (draws.USE, 3, 42, 6)]
    others += [(draws.USE, 3, 41, a) for a in (0, 2, 4, 5, 7)]
    drawn = {float(draws.uniform_of(key, *at)) for at in [here, *others]} | {
        float(draws.uniform_of(key + np.uint64(1), *here))
    }
    assert len(drawn) == len(others) + 2
    column = draws.uniforms(key, draws.TASTE, 5000, 6)
    assert column[41] == draws.uniform_of(key, draws.TASTE, 0, 41, 6)
    assert column.mean() == pytest.approx(0.5, abs=0.02) and column.std() == pytest.approx(
        12**-0.5, abs=0.01
    )
    assert np.array_equal(draws.key_of(5), draws.key_of(np.random.SeedSequence(5)))
    assert not np.array_equal(draws.key_of(5), draws.key_of(6))


def test_bins_of_a_draw_tell_most_choices() -> None:
    """Beyond the edges of a draw's bin, whether u < σ(x) is known without σ."""
    luck = np.random.default_rng(8)
    edges = [
        0,
        1,
        ONES,
        2**31,
        2**31 - 1,
        *(k << 24 for k in range(256)),
        *((k << 24) - 1 for k in range(1, 256)),
    ]
    words = [*edges, *luck.integers(0, 2**32, 3000).tolist()]
    for word in words:
        u = float(draws.uniform(np.uint64(word)))
        assert 0 < u < 1
        at = math.log(u / (1 - u))
        near = (
            at,
            np.nextafter(at, -9),
            np.nextafter(at, 9),
            at - 1e-9,
            at + 1e-9,
            at - 0.01,
            at + 0.01,
        )
        for x in (
            *near,
            *luck.normal(0, 3, 3),
            0.0,
            -0.0,
            40.0,
            -40.0,
            1e7,
            -1e7,
            math.inf,
            -math.inf,
        ):
            low, high = draws.EDGES[word >> 24]
            if not low <= x <= high:
                assert (x > high) == (u < eq.sigmoid(float(x))), (word, x)


def test_sigmoid_never_overflows() -> None:
    assert [eq.sigmoid(x) for x in (0.0, math.log(3), -math.log(3), 1e7, -1e7)] == pytest.approx(
        [0.5, 0.75, 0.25, 1, 0]
    )
    assert eq.sigmoid(-745.0) > 0 and eq.sigmoid(-1e300) == 0 and eq.sigmoid(1e300) == 1


def test_hearing_and_joining() -> None:
    assert eq.hearing_rate(0.01, 0.04, 0.25) == pytest.approx(0.02)
    assert eq.arrival_chance(math.log(2)) == pytest.approx(0.5) and eq.arrival_chance(0.0) == 0
    # θ − κ_I + invite = −1; taste .5, J·n = 4·.25, felt .5: V = 0, so half of the rate
    value = eq.registration_value(-1.0, 0.5, 4.0, 0.25, 0.5)
    assert value == 0 and eq.registration_chance(0.25, value) == 0.125
    assert eq.with_campaign(0.125, 0.2) == pytest.approx(1 - 0.875 * 0.8)
    assert eq.with_campaign(0.3, 0.0) == pytest.approx(0.3, abs=1e-15)


def test_prices() -> None:
    assert eq.price_paid(0.3, 0.25, 0.1) == pytest.approx(0.325)
    assert eq.price_felt(eq.price_weight(0.6, 0.2, 0.25), 0.3) == pytest.approx(0.6 * 1.5 * 0.75)
    assert eq.price_felt(eq.price_weight(0.6, 0.2, 1.0), 0.3) == 0
    assert (
        eq.volume(0.1, 6.0, False, 1.0) == pytest.approx(0.548812)
        and eq.volume(0.0, 6.0, False, 1.0) == 1
    )
    assert [eq.volume(p, 6.0, True, 0.8) for p in (0.0, 0.2, 0.8, 5.0)] == pytest.approx(
        [1, 0.75, 0, 0]
    )


@pytest.mark.parametrize(
    ("demand", "cap", "overage", "linear", "price"),
    [
        (70, 70, 0.3, False, 0.0),  # fits just so
        (100, 0, 0.3, False, 0.3),
        (0, 0, 0.3, False, 0.3),  # nothing is included
        (200, 100, 1.0, False, math.log(2) / 6),  # use is cut down to the cap: 200·e^(−6π) = 100
        (200, 100, 0.1, False, 0.1),  # 200·e^(−.6) = 109.8 > 100: goes beyond the cap
        (100, 50, 0.2, True, 0.2),
        (100, 50, 0.9, True, 0.5),
        (100, 120, 0.2, True, 0.0),
    ],
)
def test_shadow_price(
    demand: float, cap: float, overage: float, linear: bool, price: float
) -> None:
    assert eq.shadow_price(float(demand), float(cap), overage, 6.0, linear, 1.0) == pytest.approx(
        price
    )


def test_use_and_habit() -> None:
    # base 1, taste −.5, J·n = 4·.5, η·h = 3·.5, felt .25, χ·elsewhere = 2·.75
    assert eq.activity_value(1.0, -0.5, 4.0, 0.5, 3.0, 0.5, 0.25, 2.0, 0.75) == pytest.approx(2.25)
    assert eq.habit(0.5, 1.0, 0.2) == pytest.approx(0.6) and eq.habit(
        0.5, 0.0, 0.2
    ) == pytest.approx(0.4)
    assert eq.crowd_share(1.0, 2.0, 0.15) == pytest.approx(0.4651163)


def test_bytes_are_whole() -> None:
    assert [int(eq.kib(mb)) for mb in (0.0, 1.0, 0.0004, 0.0005, 2.5)] == [0, 1024, 0, 1, 2560]
    # 250 KiB used, 100 included, a gift of 120: 30 are over
    assert (int(eq.in_plan(250, 100)), int(eq.gift_used(250, 100, 120))) == (100, 120)
    assert (
        int(eq.in_plan(80, 100)),
        int(eq.gift_used(80, 100, 120)),
        int(eq.gift_used(110, 100, 120)),
    ) == (80, 0, 10)


def test_congestion() -> None:
    assert [eq.congestion(x) for x in (0.0, 0.5, 0.8, 0.92, 1.0, 7.0)] == pytest.approx(
        [0, 1, 4, 10, 10, 10]
    )


def test_surplus_in_money() -> None:
    """At π_0 = .2 RMB a week of 30 MB costs 6 RMB, and that is felt as γ = .5 logit: a logit is
    worth 12 RMB.
    """
    assert eq.money_of_utility(1.0, 0.5, 0.2, 30.0) == pytest.approx(12.0)
    assert eq.money_of_utility(eq.inclusive_value(0.0, 1.0), 0.5, 0.2, 30.0) == pytest.approx(
        12 * math.log(2)
    )
    assert eq.inclusive_value(1.5, 2.0) == pytest.approx(math.log(1 + math.exp(3)) / 2)
    assert eq.inclusive_value(1e7, 1.0) == 1e7 and eq.inclusive_value(-1e7, 1.0) == 0
    assert eq.money_of_utility(1.0, 0.0, 0.2, 30.0) == 0 == eq.money_of_utility(1.0, 0.5, 0.2, 0.0)
    # what a free offer of 30 MB a week saves somebody who would use the app anyway is its price, 6
    # RMB
    saved = eq.inclusive_value(50.0, 1.0) - eq.inclusive_value(
        50.0 - eq.price_felt(eq.price_weight(0.5, 0.2, 0.0), 0.2), 1.0
    )
    assert eq.money_of_utility(saved, 0.5, 0.2, 30.0) == pytest.approx(6.0)


def test_consumer_surplus_of_a_market_worked_by_hand() -> None:
    """Nobody uses the app: everybody pays the fee, 20 in 4 weeks, 12 SMS and 40 minutes a week
    at their carrier's price.
    """
    from market_model.market import run

    scenario = load_scenario(
        "limits/L01-brock-durlauf",
        {
            "society.users": 100,
            "weeks": 8,
            "apps.chat.quality": -1e6,
            "parameters": {"price_pressure": 1.0, "churn": 0.0},
            "carriers": {
                n: {
                    "share": 0.5,
                    "sms_price": p,
                    "voice_price": p / 2,
                    "plan": {"cap_mb": 1e6, "fee": 20.0},
                }
                for n, p in (("red", 0.1), ("blue", 0.3))
            },
        },
    )
    history = run(scenario).history
    red = float(history.series("carrier", "red", "subscribers")[0]) / 100
    price = 0.1 * red + 0.3 * (1 - red)
    p = scenario.parameters
    expected = -20 / 4 - p.sms_per_week * price - p.call_minutes_per_week * price / 2
    for bill in (3, 7):
        assert history.series("market", "", "surplus_q1")[bill] == pytest.approx(expected)
        assert history.series("market", "", "consumer_surplus")[bill] == pytest.approx(
            100 * expected
        )
    assert np.isnan(
        history.series("market", "", "surplus_q4")
    ).all()  # all have the same γ: there is one group


def test_a_pack_is_worth_what_it_saves() -> None:
    # γ = .5, half on Wi-Fi: at .4 a MB the price is felt as .5; fee 24 a bill is 6 a week, felt as
    # .5 for 30 MB at π_0
    assert eq.pack_value(0.5, 0.5, 0.4, 1.0, 0.2, 24.0, 30.0, 0.1) == pytest.approx(0.5 + 0.1 - 0.5)
    assert eq.pack_value(0.5, 0.5, 0.4, 1.0, 0.2, 24.0, 0.0, 0.1) == 0.1
