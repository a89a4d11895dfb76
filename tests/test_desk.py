"""A seat's desk: fields that become decisions, and what is told."""

import re
from dataclasses import replace
from html import unescape

import pytest

from market_model import desk
from market_model.classroom.demo import Form
from market_model.desk.levers import least_bid
from market_model.game import GameTable, Round, problems, setup_of
from market_model.game.report import round_report
from market_model.game.setup import has_story_rule
from market_model.game.skill import Skill
from market_model.players.deals import Ask, Bid, match
from market_model.players.decisions import KINDS, parse_decision
from market_model.players.levers import LEFT_OUT
from market_model.scenario import load_scenario
from market_model.teaching import role_cards
from market_model.words import Language, people

YIXIN = {
    "zero_rating": {
        "china_telecom": {"bid": 0.3, "length_weeks": 12},
        "china_mobile": {"bid": 0.001},
    },
    "research": "voice",
    "research_budget": 1e8,
    "invite": 0.5,
}
TELECOM = {"asks": {"wechat": 0.25, "laiwang": "closed"}, "capacity": 1.1}


@pytest.fixture(scope="module")
def table() -> GameTable:
    setup = setup_of(
        load_scenario(
            "china-2013",
            {"society.users": 300, "society.warmup_weeks": 40, "society.warmup_until": None},
        )
    )
    return GameTable.after(setup, [Round({"yixin": YIXIN, "china_telecom": TELECOM})])


def form(table: GameTable, seat: str, **more) -> str:
    return desk.form(table.setup, seat, table.view(seat), "en", **more)


def test_a_form_left_as_it_is_decides_nothing(table: GameTable) -> None:
    for seat in table.setup.seats:
        assert desk.decision_of(table.setup, seat, Form(form(table, seat)).fields) == {}


@pytest.mark.parametrize(
    ("seat", "typed", "decision"),
    [
        (
            "yixin",
            {
                "zero_rating.china_unicom.on": "on",
                "zero_rating.china_unicom.bid": "0.2",
                "zero_rating.china_unicom.allowance_mb": "300",
            },
            {
                "zero_rating": {
                    "china_unicom": {
                        "on": True,
                        "bid": 0.2,
                        "allowance_mb": 300,
                        "exclusive": False,
                        "length_weeks": None,
                    }
                }
            },
        ),
        (
            "yixin",
            {"zero_rating.china_telecom.exclusive": "on"},
            {
                "zero_rating": {
                    "china_telecom": {
                        "on": True,
                        "bid": 0.1,
                        "allowance_mb": None,
                        "exclusive": True,
                        "length_weeks": 8,
                    }
                }
            },
        ),
        (
            "yixin",
            {"zero_rating.china_telecom.on": None},
            {"zero_rating": {"china_telecom": {"on": False}}},
        ),
        ("yixin", {"zero_rating.china_unicom.bid": "9"}, {}),
        (
            "yixin",
            {
                "promotion": "50",
                "invite": "1",
                "monetisation": "1.5",
                "research": "payments",
                "research_budget": "20",
            },
            {
                "promotion": 5e7,
                "invite": 1,
                "monetisation": 1.5,
                "research": "payments",
                "research_budget": 2e7,
            },
        ),
        (
            "china_telecom",
            {
                "plan_fee": "21",
                "plan_cap_mb": "80",
                "plan_overage": "0.3",
                "sms_price": "0.09",
                "voice_price": "0.12",
            },
            {
                "plan_fee": 21,
                "plan_cap_mb": 80,
                "plan_overage": 0.3,
                "sms_price": 0.09,
                "voice_price": 0.12,
            },
        ),
        (
            "china_telecom",
            {"wholesale": "0.2", "accepts_exclusive": None, "own_subsidy": "on", "capacity": "1.5"},
            {"wholesale": 0.2, "accepts_exclusive": False, "own_subsidy": True, "capacity": 1.5},
        ),
        (
            "china_telecom",
            {
                "asks.wechat": "closed",
                "asks.laiwang": "price",
                "asks.laiwang.price": "0.4",
                "surcharges.wechat": "0.05",
            },
            {"asks": {"wechat": "closed", "laiwang": 0.4}, "surcharges": {"wechat": 0.05}},
        ),
    ],
)
def test_every_lever_goes_from_fields_to_a_decision(
    table: GameTable, seat: str, typed: dict, decision: dict
) -> None:
    fields = {
        name: value
        for name, value in (Form(form(table, seat)).fields | typed).items()
        if value is not None
    }
    found = desk.decision_of(table.setup, seat, fields)
    assert found == decision
    parse_decision(table.setup.kind(seat), found)


def test_no_lever_of_a_game_is_without_a_field(table: GameTable) -> None:
    for seat in ("yixin", "china_telecom"):
        page = desk.form(table.setup, seat, replace(table.view(seat), surcharges=True), "en")
        named = {name.partition(".")[0] for name in Form(page).tags}
        assert named - {"now"} == set(KINDS[table.setup.kind(seat)].model_fields) - {
            *LEFT_OUT,
        }


def test_what_is_no_answer_is_told_by_its_field(table: GameTable) -> None:
    for typed, words in (
        ({"zero_rating.china_mobile.bid": "abc"}, "china_mobile.bid: 'abc' is not a number"),
        ({"zero_rating.china_mobile.on": "on"}, "china_mobile.bid: it needs a price"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            desk.decision_of(table.setup, "yixin", typed)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("seat", "decision"),
    [
        ("yixin", {"zero_rating": {"china_mobile": {"bid": -1}}}),
        ("yixin", {"promotion": 1e11}),
        ("yixin", {"research": "voice"}),
        ("yixin", {"zero_rating": {"china_mobile": {"bid": 0.1, "exclusive": True}}}),
        ("yixin", {"zero_rating": {"china_mobile": {"length_weeks": 1.5}}}),
        ("yixin", {"promotion": "x"}),
        ("china_telecom", {"plan_fee": 13}),
        ("china_telecom", {"surcharges": {"wechat": 0.1}}),
        ("china_unicom", {"own_subsidy": True}),
        ("china_mobile", {"capacity": 9}),
    ],
)
def test_what_is_wrong_is_told_in_words_of_the_form(
    table: GameTable, language: Language, seat: str, decision: dict
) -> None:
    view = replace(table.view(seat), rule="non-exclusive", cash=1e6)
    found = problems(table.setup, seat, decision, view)
    assert found
    for fault in found:
        whole, short = desk.sentence(table.setup, seat, fault, language)
        page = desk.form(table.setup, seat, view, language, problems=[fault])
        assert whole in unescape(page) and short in unescape(page)
        assert ('aria-invalid="true"' in page) == (f'name="{fault.lever}"' in page)
        assert not re.search("zero_rating|plan_fee|_mb|china_|yixin|logit", whole), whole
        if language == "zh":
            assert not re.search("[a-z]{3}", whole), whole
        assert str(fault).startswith(f"{fault.lever}: ")


def test_fields_show_their_bounds_and_what_was_typed(table: GameTable) -> None:
    fields = Form(form(table, "china_telecom")).tags
    assert (fields["plan_fee"]["min"], fields["plan_fee"]["max"], fields["plan_fee"]["value"]) == (
        "18",
        "26",
        "20",
    )
    assert Form(form(table, "yixin")).tags["invite"]["value"] == "0.5"
    low = problems(table.setup, "china_telecom", {"plan_fee": 13}, table.view("china_telecom"))
    page = form(table, "china_telecom", draft={"plan_fee": '13"><script>'}, problems=low)
    assert "outside the band" in page and 'role="alert"' in page and "<script" not in page
    fields = Form(page).tags
    assert (
        fields["plan_fee"]["aria-invalid"] == "true"
        and "desk-plan_fee-wrong" in fields["plan_fee"]["aria-describedby"]
    )
    assert (
        "checked" not in fields["accepts_exclusive"] and "aria-invalid" not in fields["plan_cap_mb"]
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_seat_is_told_its_own_and_all_the_board(table: GameTable, language) -> None:
    now = round_report(table)
    for seat in table.setup.seats:
        assert len(desk.role(table.setup, seat, language)) > 200 and desk.brief(
            table.setup, seat, now, language
        )
    brief = desk.brief(table.setup, "yixin", now, language)
    assert {"en": "the bid is below the ask", "zh": "出价低于要价"}[language] in brief
    assert {"en": "Voice calls: ready in week 20", "zh": "语音通话：第 20 周"}[language] in brief
    board = desk.board(table.setup, now, language)
    picture = board[board.index("<svg") : board.index("</svg>")]
    assert (
        len(picture.encode()) < 6000
        and picture.count("<polyline") == 5
        and picture.count("stroke-dasharray") == 8
    )
    assert 'style="' not in brief + board and "<script" not in brief + board


def test_scores_are_ranked_by_what_was_won(table: GameTable) -> None:
    page = desk.ranking(
        table.setup,
        {"wechat": Skill(-5e5, 0, 1e6), "yixin": Skill(5e5, 4e5, 5e5)},
        {"yixin": "<Ann>"},
        "en",
    )
    assert (
        page.index("Yixin") < page.index("&lt;Ann&gt;") < page.index("WeChat")
        and "+500" in page
        and "−500" in page
        and "−0.50" in page
        and "3 of 3 stars" in page
        and page.count('class="stars"') == 1
    )


def test_nobody_is_first_where_nothing_differs():
    from types import SimpleNamespace

    from market_model.desk import ranking
    from market_model.scenario import load_scenario

    setup, seats = SimpleNamespace(scenario=load_scenario("china-2013")), ("wechat", "yixin")
    shown = ranking(setup, dict.fromkeys(seats, Skill(0.0, 1.0, 1.0)), {}, "en")
    assert "<td>1</td>" not in shown and shown.count("<td>–</td>") == len(seats)
    shown = ranking(setup, {s: Skill(n, 1.0, 2.0) for n, s in enumerate(seats)}, {}, "en")
    assert "<td>1</td>" in shown and "<td>–</td>" not in shown


@pytest.mark.parametrize(("language", "words"), [("en", "through friends"), ("zh", "由朋友带来")])
def test_the_board_says_how_many_newcomers_came_through_friends(
    table: GameTable, language: Language, words: str
) -> None:
    report = round_report(table)
    apps = report.public["apps"]
    app = max(apps, key=lambda name: apps[name]["through_friends"])
    one, joined = apps[app], table.market.history.series("app", app, "joined")[-4:].sum()
    assert one["newcomers"] == pytest.approx(joined) and 0 < one["through_friends"] <= joined
    scale = table.setup.scenario.people_per_user
    shown = people.share(round(one["through_friends"] / scale), joined / scale, language)
    board = unescape(desk.board(table.setup, report, language))
    assert words in board and shown in board


def test_reasons_that_cancel_leave_a_page(table: GameTable) -> None:
    """Chance takes up what is below one person, which may be just as much the other way."""
    report, scale = round_report(table), table.setup.scenario.people_per_user
    why = {"own": -0.25 * scale, "price": -0.25 * scale, "chance": 0.5 * scale}
    seats = {**report.seats, "yixin": {**report.seats["yixin"], "why": why}}
    assert "<rect" in desk.brief(table.setup, "yixin", replace(report, seats=seats), "en")


@pytest.mark.parametrize(
    ("ask", "shown"), [(0.129274, 0.1293), (0.1 * 1.05, 0.105), (0.2, 0.2), (0.09264, 0.0927)]
)
def test_a_price_is_shown_that_meets_the_ask(ask: float, shown: float) -> None:
    assert least_bid(ask) == shown
    deals, _ = match([Bid("chat", "red", least_bid(ask))], [Ask("chat", "red", ask)])
    assert len(deals) == 1 and deals[0].price <= ask * (1 + 1e-9)


def test_the_story_s_card_is_not_told_where_another_rule_holds() -> None:
    free, banned = (setup_of(load_scenario(n)) for n in ("china-2013", "china-2013-ban"))
    assert [has_story_rule(one.scenario) for one in (free, banned)] == [True, False]
    card = role_cards("china-2013", "en")["yixin"]
    assert card in desk.role(free, "yixin", "en") and card not in desk.role(banned, "yixin", "en")
