"""What apps do by place: money per head there, pushes, bonuses, friends who bring friends; and deals that
cover some regions only.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from market_model.market import Action, BadAction, Market, run
from market_model.market.campaigns import Effort, efforts
from market_model.market.digest import digest
from market_model.players.costs import rate_of_spending
from market_model.players.deals import Ask, Bid, Deal, Standing, match
from market_model.players.decisions import AppDecision, CarrierDecision, ZeroRating
from market_model.players.offers import OfferBook
from market_model.scenario import Scenario, ScenarioError
from market_model.scenario.load import build

REGIONS = {"north": 0.125, "south": 0.875}


def market(weeks: int = 8, **chat: Any) -> Scenario:
    return build(
        {
            "weeks": weeks,
            "apps": {"chat": {"quality": 1.0, "cash": 1e6} | chat, "talk": {"cash": 1e6}},
            "carriers": {
                "red": {"share": 0.6, "own_app": "talk"},
                "blue": {"share": 0.4},
            },
            "society": {
                "users": 400,
                "population": 4000.0,
                "regions": REGIONS,
                "graph": {"family": "random", "degree": 6},
            },
            "parameters": {"registration_rate": 0.5, "word_of_mouth": 0.3},
        },
        "test",
    )


# ---------------------------------------------------------------------------------------- strength


def test_the_same_money_for_an_eighth_of_the_people_is_eight_times_as_much_a_head() -> None:
    state = Market(market()).state
    chat, share = state.app("chat"), float(state.heads[0] / state.heads.sum())
    chat.apply(AppDecision(promotion=8.0), 0)
    assert (
        chat.promo_extra("north")
        == chat.promo_extra("south")
        == pytest.approx(8.0 / 4 / 4000 / 0.5, rel=0.01)
    )
    thin = chat.promo_extra("south")
    chat.campaigns.clear()
    chat.apply(AppDecision(promotion=8.0, promotion_regions=("north",)), 0)
    assert chat.promo_extra("south") == 0.0
    assert chat.promo_extra("north") == pytest.approx(thin / share, rel=0.02)
    chat.apply(AppDecision(promotion=1e9, promotion_regions=("north",)), 0)
    assert chat.promo_extra("north") == pytest.approx(0.25)
    assert rate_of_spending(0.125) == pytest.approx(0.25 * (1 - math.exp(-1)))


def test_campaigns_add_up_by_place_and_time() -> None:
    state = Market(
        market(
            try_once=0.2,
            invite=0.5,
            promotion={"level": 0.1, "half_life_weeks": 1e6, "regions": ["south"]},
            campaigns=[
                {
                    "start": 2,
                    "length_weeks": 2,
                    "regions": ["north"],
                    "level": 0.05,
                    "per_head": 0.125,
                    "try_once": 0.5,
                    "invite": 1.0,
                    "bring_friend": 3.0,
                },
                {"end": 3, "try_once": 0.1, "bring_friend": 2.0},
            ],
        )
    ).state
    now = [Effort(*(one[:, 0] for one in efforts(state, week))) for week in range(5)]
    assert now[2].rate == pytest.approx([0.05 + 0.25 * (1 - math.exp(-1)), 0.1], rel=1e-4)
    assert now[2].try_once == pytest.approx([1 - 0.8 * 0.5 * 0.9, 1 - 0.8 * 0.9])
    assert now[2].factor.tolist() == [4.0, 2.0] and now[2].invite.tolist() == [1.5, 0.5]
    assert now[0].factor.tolist() == [2.0, 2.0] and now[4].factor.tolist() == [1.0, 1.0]
    assert now[4].try_once.tolist() == [0.2, 0.2]
    assert efforts(state, -1, warmup=True).try_once[:, 0].tolist() == [0.0, 0.0]
    (hear,) = {tuple(row) for row in state.terms.hear[:, 1].tolist()}
    assert hear == (0.0, 0.3)


# ---------------------------------------------------------------------------------------- who is
# reached


@pytest.mark.parametrize("what", [{"level": 0.5}, {"per_head": 1.0}, {"try_once": 0.3}])
def test_a_campaign_reaches_its_regions_only_in_both_engines(what: dict[str, float]) -> None:
    local = market(campaigns=[{"regions": ["north"], "end": 6} | what])
    local = local.model_copy(
        update={"parameters": local.parameters.model_copy(update={"word_of_mouth": 0.0})}
    )
    one, other = Market(local).run(), Market(local, engine="agents").run()
    assert digest(one) == digest(other) == digest(Market(local, threads=2).run())
    north, south = (one.history.region[:, r, 0, 1] for r in (0, 1))
    assert north[5] > 150 and not south.any() and north[7] >= north[5]


def test_friends_bring_friends_where_they_are_asked_to() -> None:
    seeds = {"registered": 0.2, "active": 0.2}
    runs = {
        where: Market(
            market(
                start=seeds, campaigns=[{"regions": regions, "bring_friend": 4.0}] if where else []
            )
        ).run()
        for where, regions in (("", []), ("north", ["north"]), ("all", []))
    }
    aware = {k: m.history.series("app", "chat", "aware")[-1] for k, m in runs.items()}
    assert aware[""] < aware["north"] < aware["all"]
    south = {k: m.history.region[:, 1, 0, 1] for k, m in runs.items()}
    assert south["all"][-1] > south[""][-1]
    decided = Action(0, "chat", AppDecision(bring_friend=4.0))
    assert run(market(start=seeds), actions=[decided]).history.region[:, :, 0].tolist() == (
        runs["all"].history.region[:, :, 0].tolist()
    )


def test_what_changes_nothing_changes_no_bit() -> None:
    without = digest(Market(market(discovery=0.05)).run())
    idle = [
        {"campaigns": [{}, {"regions": ["north"], "start": 3, "length_weeks": 1}]},
        {"campaigns": [{"start": 8, "length_weeks": 4, "try_once": 1.0, "per_head": 9.0}]},
        {"promotion": {"regions": ["north"]}},
    ]
    for chat in idle:
        assert digest(Market(market(discovery=0.05, **chat)).run()) == without
    named = [
        digest(Market(market(campaigns=[{"regions": r, "level": 0.1, "invite": 1.0}])).run())
        for r in ([], [*REGIONS])
    ]
    assert named[0] == named[1] != without
    decided = [
        run(market(), actions=[Action(0, "chat", one)]).digest
        for one in (
            AppDecision(promotion=900, invite=1.0, bring_friend=2.0),
            AppDecision(
                promotion=900,
                invite=1.0,
                bring_friend=2.0,
                promotion_regions=(),
                invite_regions=(),
                bring_friend_regions=("north", "south"),
            ),
        )
    ]
    assert decided[0] == decided[1]


# ---------------------------------------------------------------------------------------- what it
# costs


def test_campaigns_are_paid_by_their_place_week_by_week() -> None:
    scenario = market(
        weeks=12,
        discovery=0.1,
        invite_cost=0.5,
        campaigns=[
            {
                "start": 2,
                "end": 7,
                "regions": ["north"],
                "per_head": 0.01,
                "try_once": 0.2,
                "try_once_cost": 3.0,
                "bring_friend": 2.0,
                "bring_friend_cost": 1.5,
            }
        ],
    )
    done = Market(scenario)
    joined = np.zeros((12, 2))
    for week in range(12):
        before = done.history.region[week - 1, :, 0, 1] if week else np.zeros(2)
        done.step()
        joined[week] = done.history.region[week, :, 0, 1] - before
    assert joined.min() >= 0 and joined[2:7, 0].sum() > 100  # nobody leaves in this market
    lines = done.ledger.frame().query("payer == 'chat'").groupby(["reason", "week"]).rmb.sum()
    heads = float(done.state.heads[0])
    for week, weeks in ((3, slice(2, 4)), (7, slice(4, 7))):
        new, long = joined[weeks, 0].sum(), weeks.stop - weeks.start
        assert lines["promotion", week] == pytest.approx(0.01 * heads * long)
        assert lines["push", week] == pytest.approx(3.0 * new)
        assert lines["bring a friend", week] == pytest.approx(1.5 * new)
    assert lines["invites"].sum() == pytest.approx(0.5 * joined.sum())
    assert not {("push", 11), ("promotion", 11)} & {*lines.index}
    assert abs(done.ledger.balance()) < 1e-6


def test_decided_bonuses_are_paid_where_they_are_given() -> None:
    decision = AppDecision(
        invite=2.0,
        invite_regions=("north",),
        bring_friend=3.0,
        bring_friend_regions=("south",),
    )
    done = run(market(weeks=4, discovery=0.3), actions=[Action(0, "chat", decision)])
    north, south = (float(done.history.region[3, r, 0, 1]) for r in (0, 1))
    paid = done.ledger.query("payer == 'chat'").groupby("reason").rmb.sum()
    assert north > 0 and south > 0
    assert paid["invites"] == pytest.approx(2.0 * north)
    assert paid["bring a friend"] == pytest.approx(2.0 * 2.0 * south)


# ---------------------------------------------------------------------------------------- deals


def test_deals_meet_by_place() -> None:
    asks = [Ask("chat", "red", 0.1), Ask("talk", "red", 0.1)]
    north = Bid("chat", "red", 0.3, exclusive=True, regions=("north",))
    for regions, refused in ((("south",), 0), (("north", "south"), 1), ((), 1)):
        deals, left = match([north, Bid("talk", "red", 0.2, regions=regions)], asks)
        assert deals[0].bid == north and len(left) == refused
    there = [Standing("talk", "red", True, ("south",))]
    assert match([north], asks, there)[0] and not match([Bid("chat", "red", 9.0)], asks, there)[0]


def test_what_an_app_has_elsewhere_at_the_carrier_stays() -> None:
    book = OfferBook(market(weeks=20))
    book.add_deal(Deal(Bid("chat", "red", 0.3), 0.1), 0)
    book.add_deal(Deal(Bid("chat", "red", 0.3, 60.0, regions=("north",)), 0.1), 4)
    assert [sorted(o.places) for o in book.running(4, "free")] == [
        [("red", "south")],
        [("red", "north")],
    ]
    assert [o.regions for o in book.public_offers(4, "free")] == [
        {"red": ("south",)},
        {"red": ("north",)},
    ]
    off = AppDecision(zero_rating={"red": ZeroRating(on=False, regions=("south",))})
    book.take("chat", off, 8)
    assert [o.name for o in book.running(8, "free")] == ["chat@red-4"]
    book.add_deal(Deal(Bid("chat", "red", 0.3), 0.1), 12)
    assert [(o.name, o.carriers) for o in book.running(12, "free")] == [("chat@red-12", ("red",))]
    assert book.public_offers(12, "free")[0].regions == {"red": ()}


def test_a_carrier_frees_its_own_app_where_it_says() -> None:
    done = Market(market())
    done.act("red", CarrierDecision(own_subsidy=True, own_subsidy_regions=("north",)))
    done.step()
    (own,) = done.running_offers()
    assert own.places == {("red", "north")}
    done.act("red", CarrierDecision(own_subsidy_regions=()))
    done.step()
    assert done.running_offers() == [own] and own.places == {("red", "north"), ("red", "south")}


def test_free_data_of_a_region_is_used_there_only() -> None:
    bid = {"red": ZeroRating(bid=0.2, regions=("north",))}
    done = Market(market(start={"registered": 0.9, "active": 0.9}))
    done.act("chat", AppDecision(zero_rating=bid))
    sponsored = np.zeros(2)
    for _ in range(4):
        done.step()
        sponsored += done.state.terms.places[:2, 0, 0]
    assert sponsored.tolist() == [4.0, 0.0]
    assert done.ledger.frame().query("reason == 'sponsored'").rmb.sum() > 0


# ---------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("chat", "words"),
    [
        ({"campaigns": [{"regions": ["nord"]}]}, "'nord', which is not defined; did you mean"),
        ({"campaigns": [{"end": 0}]}, "is not after the start"),
        ({"campaigns": [{"end": 3, "length_weeks": 2}]}, "give an end or a length, not both"),
        ({"campaigns": [{"bring_friend": 9}]}, "4"),
        ({"promotion": {"regions": ["nord"]}}, "'nord'"),
    ],
)
def test_a_wrong_campaign_is_told_in_words(chat: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError) as error:
        market(**chat)
    assert words in str(error.value) and "apps.chat" in str(error.value)


@pytest.mark.parametrize(
    ("seat", "decision"),
    [
        ("chat", AppDecision(promotion_regions=("nord",))),
        ("chat", AppDecision(invite_regions=("nord",))),
        ("chat", AppDecision(bring_friend_regions=("nord",))),
        ("chat", AppDecision(zero_rating={"red": ZeroRating(regions=("nord",))})),
        ("red", CarrierDecision(own_subsidy_regions=("nord",))),
    ],
)
def test_a_place_that_is_not_there_is_refused(seat: str, decision: Any) -> None:
    with pytest.raises(BadAction, match="there is no region 'nord'; did you mean 'north'"):
        Market(market()).act(seat, decision)
