"""Markets of very many people: columns that take less room, sums a part at a time, numbers of
people beyond 2²⁸, and agreement with small markets.
"""

from itertools import pairwise

import numpy as np
import pytest

from market_model.market import Market, engine, state, week
from market_model.market.columns import RING, BillTally, summed
from market_model.market.draws import HEAR, ROUNDS, key_of, philox, uniforms
from market_model.market.people import sums_by, traits_at
from market_model.scenario import Scenario, ScenarioError, load_scenario
from market_model.society import implicit, memory
from market_model.society.computed import friends_of, lists_of, permute
from market_model.society.implicit import LANES
from market_model.society.memory import column_bytes

GIVEN_UP = {"left", "sponsored", "joined", "cohort", "free_kib", "presence"}
CHINA = 464_000_000


def china(users: int, weeks: int = 12, **more: object) -> Scenario:
    settled = {"society.warmup_weeks": 0, "society.warmup_until": None}
    return load_scenario(
        "china-2013",
        {
            "society.users": users,
            "weeks": weeks,
            "society.graph.family": "implicit",
            **settled,
            **more,
        },
    )


@pytest.fixture
def size(monkeypatch):
    """Lets any market count as a large one, or as one of the largest."""

    def pretend(kind: str) -> None:
        monkeypatch.setattr(memory, "SLIM_FROM", 20_000_000 if kind == "small" else 0)
        monkeypatch.setattr(memory, "DRAWN_FROM", 0 if kind == "largest" else 200_000_000)

    return pretend


def bytes_of(market: Market) -> float:
    """Bytes of the columns per user."""
    n = len(market.people.carrier)
    return sum(a.nbytes for a in market.people if n in a.shape) / n


def test_columns_that_follow_from_others_change_no_bit(size):
    markets = []
    for kind in ("small", "large"):
        size(kind)
        markets.append(Market(china(3000), rng=3).run())
    small, large = markets
    for one, other in zip(small.history.arrays(), large.history.arrays(), strict=True):
        assert np.array_equal(one, other, equal_nan=True)
    for name in {*small.people._fields} - GIVEN_UP:
        one, other = getattr(small.people, name), getattr(large.people, name)
        if name == "pots":  # room for all that come, at once
            other, rest = np.split(other, [one.shape[1]], axis=1)
            assert not rest.any()
        assert np.array_equal(one, other), name
    for (_, one), (_, other) in zip(small.cohorts, large.cohorts, strict=True):
        assert np.array_equal(one, other)
    bills = np.maximum(small.people.joined // 4 + 1, 0)
    member = small.people.registered[:, None] >> np.arange(bills.shape[1]) & 1 == 1
    assert np.array_equal(bills[member], large.people.cohort[member]) and bills[member].any()
    assert bytes_of(large) < bytes_of(small) - 12


@pytest.mark.parametrize("kind", ["small", "large", "largest"])
@pytest.mark.parametrize("weeks", [1, 4], ids=["week", "month"])
def test_estimates_of_columns_are_what_markets_have(size, kind, weeks):
    size(kind)
    made = china(2000, 45, **{"parameters.presence_weeks": weeks})
    market = Market(made)
    market.state.make_room(market.book.offers)
    assert bytes_of(market) == column_bytes(made)


def test_traits_that_are_drawn_are_distributed_as_those_that_are_kept(size):
    size("small")
    kept = Market(china(40_000)).people
    size("largest")
    drawn = Market(china(40_000)).people
    assert not len(drawn.taste) and not len(drawn.wifi)
    for bit in (0, 3):
        for one, other in zip(
            traits_at(kept, slice(0, 40_000), bit),
            traits_at(drawn, slice(0, 40_000), bit),
            strict=True,
        ):
            apart = np.abs(one - other)
            assert np.quantile(apart, 0.99) < 2e-3 and apart.max() < 3.0
            assert one.std() == pytest.approx(other.std(), rel=2e-3)
            assert one.mean() == pytest.approx(other.mean(), abs=2e-3)
    assert np.array_equal(kept.carrier, drawn.carrier)
    assert np.mean(kept.registered == drawn.registered) > 0.999


def test_sums_go_round_blocks_a_ring_at_a_time(monkeypatch):
    """With blocks of two people, 3,000 take more than one ring; nobody is lost or counted twice."""
    plain = Market(china(3000, 8), rng=1).run()
    monkeypatch.setattr(state, "BLOCK", 2)
    assert RING < 3000 / 2
    parted = Market(china(3000, 8), rng=1).run()
    for one, other in zip(plain.history.arrays(), parted.history.arrays(), strict=True):
        assert np.allclose(one, other, rtol=1e-11, equal_nan=True)
    assert np.array_equal(plain.people.billed, parted.people.billed)


def test_blocks_after_others_are_added_in_order():
    rng = np.random.default_rng(1)
    made = BillTally(*(rng.random((9, 2)) for _ in BillTally._fields))
    first, rest = (BillTally(*(a[part] for a in made)) for part in (slice(0, 4), slice(4, None)))
    for one, other in zip(summed(made), summed(rest, summed(first)), strict=True):
        assert np.array_equal(one, other)


def test_sums_by_group_are_those_of_one_go(monkeypatch):
    from market_model.market import people

    groups = np.array([2, 0, 2, 1, 2], np.uint8)
    amounts = np.array([0.5, 1, 2, 4, 8], np.float32)
    monkeypatch.setattr(people, "PART", 2)
    assert sums_by(groups, 4).tolist() == [1, 1, 3, 0]
    assert sums_by(groups, 4, amounts).tolist() == [1, 4, 10.5, 0]


def test_draws_of_people_beyond_2_to_28_are_their_own():
    key, first = key_of(5), 2**29 - 3
    found = uniforms(key, HEAR, 6, 2, first)
    zero, counters = np.uint64(0), range(first, first + 6)
    words = [philox(np.uint64(u), zero, np.uint64(HEAR), zero, *key, ROUNDS)[2] for u in counters]
    assert found.tolist() == [(int(w) + 0.5) / 2**32 for w in words]
    assert len({*found.tolist()} | {*uniforms(key, HEAR, 6, 2).tolist()}) == 12


def test_a_permutation_of_half_a_billion_people_is_one():
    people = 500_000_000
    rng = np.random.default_rng(3)
    some = np.append(rng.integers(0, people, LANES - 2), [0, people - 1]).astype(np.uint32)
    there, back = np.zeros(LANES, np.uint32), np.zeros(LANES, np.uint32)
    keys = rng.integers(0, 2**32, 4).astype(np.uint32)
    permute(False, some, there, keys, 7, people)
    permute(True, there, back, keys, 7, people)
    assert there.max() < people and np.array_equal(back, some)
    assert len(np.unique(there)) == len(np.unique(some))


def test_contacts_of_china_one_by_one_are_mutual():
    """Of 464 M people, without building them: the last, the first, and those they know."""
    made = china(CHINA)
    heads = np.diff(np.rint(np.cumsum([*made.society.regions.values()]) * CHINA), prepend=0)
    rule = implicit.rule_of(made.society.graph, heads.astype(np.int64), 7)
    assert rule.starts[-1] == CHINA
    people = np.array([CHINA - 1, 0, 2**28, 2**28 + 1, CHINA // 2])
    offsets, friends = lists_of(rule, people)
    for person, (begin, end) in zip(people.tolist(), pairwise(offsets), strict=True):
        own = friends[begin:end]
        assert np.array_equal(own, friends_of(rule, person)) and len(own) > 5
        assert own.min() >= 0 and own.max() < CHINA
        assert all(person in friends_of(rule, int(friend)) for friend in own)


def test_memory_for_100_million_and_for_china_is_told(monkeypatch):
    free = 24.5e9
    monkeypatch.setattr(memory, "bytes_free", lambda: free)
    memory.check_memory(china(CHINA, 52))
    memory.check_memory(china(100_000_000, 104))
    free = 12e9
    with pytest.raises(ScenarioError, match=r"that needs 2\d\.\d GB of memory, and 12\.0 are free"):
        memory.check_memory(china(CHINA, 52))
    memory.check_memory(china(100_000_000))
    with pytest.raises(ScenarioError, match=r"in 2 processes, and 12\.0 are free.*--workers 1"):
        memory.check_memory(china(100_000_000), 2)
    for users, least, most in ((100_000_000, 85, 110), (CHINA, 48, 53)):
        assert least < memory.bytes_needed(china(users, 52)) / users < most


@pytest.mark.slow
def test_a_large_market_agrees_with_many_small_ones(size):
    """200,000 people, as the largest markets keep them, lie within the interval of 20 markets of
    5,000: registered and active people of each app, money of each carrier.
    """
    made = {"society.warmup_weeks": 260, "society.warmup_until": "wechat"}

    def outcome(users: int, seed: int) -> np.ndarray:
        run = Market(china(users, 28, **made), rng=seed).run().history
        shares = run.app[[3, 15, 27], :5, :3] / run.app[0, 0, 0]
        return np.concatenate([shares.ravel(), run.carrier[27, :, 0] / run.carrier[27, :, 0].sum()])

    size("small")
    small = np.array([outcome(5000, seed) for seed in range(20)])
    size("largest")
    large = outcome(200_000, 100)
    wide = 3 * small.std(axis=0, ddof=1) + 1e-3
    assert np.all(np.abs(large - small.mean(axis=0)) < wide)


def test_engines_know_the_ring():
    assert engine.RING == week.RING == RING
