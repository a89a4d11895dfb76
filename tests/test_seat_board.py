"""The board of a seat: the map and its tokens are one with the fields of the form, and say what a
decision costs before it is made.
"""

import random
from dataclasses import replace
from urllib.parse import quote

import pytest

from market_model.classroom.demo import Form
from market_model.desk import form
from market_model.desk.atlas import atlas
from market_model.desk.levers import standing
from market_model.desk.tokens import Rate, cards, cost, rates
from market_model.game import GameTable, setup_of
from market_model.players.deals import Bid
from market_model.players.decisions import AppDecision, ZeroRating, month
from market_model.players.observation import AppBill, AppObservation
from market_model.scenario import load_scenario

pytest_plugins = ["browser"]
STORIES = ("china-2013", "messenger-2015", "philippines-2013")


def table_of(story: str) -> GameTable:
    few = {"society.users": 300, "society.warmup_weeks": 40, "society.warmup_until": None}
    return GameTable(setup_of(load_scenario(story, few)))


@pytest.fixture(scope="module")
def table() -> GameTable:
    return table_of("china-2013")


def known(table: GameTable) -> AppObservation:
    """What Yixin sees, with a bill that can be reckoned by hand."""
    bill = AppBill(
        mb_by_carrier={"china_telecom": 2e6, "china_mobile": 1e6},
        income_by_carrier={"china_telecom": 5e5},
        joined=3e5,
    )
    view = table.view("yixin")
    assert isinstance(view, AppObservation)
    return replace(view, bill=bill, parts={"guangdong": 0.25, "jiangsu": 0.15, "north": 0.6})


def of_token(table: GameTable, view: AppObservation, key: str, of: str, values: dict) -> float:
    [token] = [
        token
        for card in cards(table.setup, "yixin", view)
        for token in card.tokens
        if (token.key, token.of) == (key, of)
    ]
    return cost(token, values, rates(view), view.parts)


def test_what_a_token_costs_by_hand(table: GameTable) -> None:
    view, at = known(table), "zero_rating.china_telecom"
    bid = {f"{at}.on": "on", f"{at}.bid": "0.1", f"{at}.income_share": "0.1"}
    there = {f"{at}.regions.guangdong": "on"}
    promised = {f"{at}.joint_promotion": "2"}

    def free(values: dict) -> float:
        return of_token(table, view, "free_data", "china_telecom", values)

    assert free(bid | there) == pytest.approx(0.25 * (0.1 * 2e6 + 0.1 * 5e5)) == 62_500
    assert free(bid) == pytest.approx(250_000)
    assert free(bid | there | promised) == pytest.approx(2_062_500)
    assert free(there | {f"{at}.bid": "0.1"}) == 0
    brings = {"bring_friend": "2.5", "bring_friend_regions.north": "on"}
    assert of_token(table, view, "bring_friend", "", brings) == pytest.approx(0.6 * 1.5 * 2 * 3e5)
    assert of_token(table, view, "bring_friend", "", {"bring_friend": "1"}) == 0
    assert of_token(table, view, "promotion", "", {"promotion": "20"}) == 20e6


def test_a_draft_costs_what_the_market_reckons(table: GameTable) -> None:
    view, rng = known(table), random.Random(0)
    for _ in range(40):
        bids = {
            carrier: ZeroRating(
                bid=rng.random(),
                income_share=rng.random(),
                joint_promotion=1e6 * rng.random(),
                regions=tuple(rng.sample([*view.parts], rng.randint(0, 2))),
            )
            for carrier in rng.sample([*view.doors], 2)
        }
        decision = AppDecision(
            zero_rating=bids,
            promotion=1e6 * rng.randint(0, 50),
            invite=rng.random(),
            bring_friend=1 + rng.random(),
            bring_friend_regions=tuple(rng.sample([*view.parts], rng.randint(0, 2))),
            goodwill={"china_mobile": rng.random()},
        )
        values = {
            "promotion": str(decision.promotion / 1e6),
            "invite": str(decision.invite),
            "bring_friend": str(decision.bring_friend),
            "goodwill.china_mobile": str(decision.goodwill["china_mobile"]),
        } | {f"bring_friend_regions.{r}": "on" for r in decision.bring_friend_regions or ()}
        for carrier, terms in bids.items():
            at = f"zero_rating.{carrier}"
            values |= {
                f"{at}.{name}": str(getattr(terms, name)) for name in ("bid", "income_share")
            }
            values |= {f"{at}.on": "on", f"{at}.joint_promotion": str(terms.joint_promotion / 1e6)}
            values |= {f"{at}.regions.{r}": "on" for r in terms.regions}
        drafted = sum(
            cost(token, values, rates(view), view.parts)
            for card in cards(table.setup, "yixin", view)
            for token in card.tokens
        )
        assert drafted == pytest.approx(sum(month(decision, view).values()))


def test_every_field_of_a_seat_stands_on_one_token(table: GameTable) -> None:
    for seat in table.setup.seats:
        view = table.view(seat)
        paths = [
            lever.path
            for card in cards(table.setup, seat, view)
            for token in card.tokens
            for lever in token.levers
        ]
        assert len(paths) == len(set(paths))
        assert set(Form(form(table.setup, seat, view, "en")).tags) >= {
            path for path in paths if not path.endswith("regions") and "accept" not in path
        }
        assert rates(view).keys() <= {*paths} | {p for p in rates(view) if "accept" in p}


def test_a_carrier_pays_for_capacity_alone_at_once(table: GameTable) -> None:
    view = table.view("china_mobile")
    assert rates(view) == {"capacity": Rate(view.capacity_price or 0.0, 1.0)}
    assert standing(table.setup, "china_mobile", view)["capacity"] == "1"


def test_the_map_shows_nothing_that_only_others_know(table: GameTable) -> None:
    one, other = (atlas(table.setup, seat, table.view(seat), "en") for seat in ("yixin", "laiwang"))
    assert [disc.arcs for disc in one["discs"]] == [disc.arcs for disc in other["discs"]]
    assert [disc.marks for disc in one["discs"]] == [disc.marks for disc in other["discs"]]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_counter_offer_is_one_tick(table: GameTable, language) -> None:
    view = replace(known(table), regions=("guangdong", "jiangsu", "north"))
    terms = Bid("yixin", "china_telecom", 0.2, regions=("guangdong",))
    plain = Form(form(table.setup, "yixin", view, language))
    answered = replace(view, counters={"china_telecom": terms})
    fields = Form(form(table.setup, "yixin", answered, language))
    accept = "zero_rating.china_telecom.accept"
    assert accept not in plain.tags
    assert float(fields.tags[accept]["data-cost"]) == pytest.approx(0.25 * 0.2 * 2e6)
    at = {f"{FREE}.on": "on", f"{FREE}.bid": "9", accept: "on"}
    assert of_token(table, answered, "free_data", "china_telecom", at) == pytest.approx(1e5)


PLACE = f"/solo?story=china-2013&seat=yixin&set={quote('society.users=300')}"
FREE, CAMPAIGN = "zero_rating.china_telecom", "promotion"


def own(page, region: str) -> int:
    return page.locator(f".region[data-region={region}] .own > g").count()


def checked(page, name: str) -> bool:
    return page.evaluate(f"document.querySelector('[name=\"{name}\"]').checked")


@pytest.mark.browser
def test_map_and_fields_are_one(server, visit) -> None:
    seen = visit(f"{server.address}{PLACE}")
    page = seen.page
    page.click(".region[role=button][data-region=hunan]")
    page.click(".place button:has-text('China Telecom')")
    assert checked(page, f"{FREE}.on") and checked(page, f"{FREE}.regions.hunan")
    assert (own(page, "hunan"), own(page, "jiangsu")) == (1, 0)
    page.click(".place button:has-text('Campaign')")
    assert page.input_value("[name=promotion]") == "20"
    assert checked(page, "promotion_regions.hunan") and own(page, "hunan") == 2
    assert "20 M RMB" in page.inner_text(".till .bill")
    page.fill("[name=promotion]", "3000")
    assert "missing" in page.inner_text(".till .left")
    page.fill("[name=promotion]", "0")
    assert own(page, "hunan") == 1 and page.inner_text("[data-card=promotion] .cost") == ""
    page.click("[data-card=promotion] .rest summary")
    page.click("[data-card=promotion] .where summary")
    widths = page.locator("[data-card=promotion] .where label span").evaluate_all(
        "all => all.map(name => name.offsetWidth)"
    )
    assert len(widths) == 12 and min(widths) > 20
    page.click("[data-card=promotion] .rest summary")
    page.click("[data-card=free_data] fieldset:first-of-type .rest summary")
    page.click("[data-card=free_data] fieldset:first-of-type .where summary")
    page.check(f"[name='{FREE}.regions.jiangsu']")
    assert own(page, "jiangsu") == 1
    page.uncheck(f"[name='{FREE}.on']")
    assert own(page, "jiangsu") == own(page, "hunan") == 0
    page.check(f"[name='{FREE}.on']")
    page.click(".region[data-region=jiangsu]")
    page.click(".place button[aria-pressed=true]")
    assert not checked(page, f"{FREE}.regions.jiangsu") and own(page, "jiangsu") == 0
    page.click("form button.act")
    page.wait_for_selector("h1:has-text('Round 2')")
    assert "hunan" in page.url and seen.errors == []


@pytest.mark.browser
def test_a_decision_by_keyboard_alone(server, visit) -> None:
    page = visit(f"{server.address}{PLACE}").page
    page.wait_for_selector(".region[role=button]")

    def go(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(f'document.activeElement.matches("{selector}")'):
                return
        raise AssertionError(selector)

    go(".region[data-region=beijing]")
    page.keyboard.press("Enter")
    go(".place button[aria-pressed]")
    page.keyboard.press("Enter")
    assert own(page, "beijing") == 1
    page.keyboard.press("Escape")
    assert page.is_hidden(".place")
    assert page.evaluate("document.activeElement.dataset.region") == "beijing"
    go("form button.act")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Round 2')")
    assert "beijing" in page.url


@pytest.mark.browser
@pytest.mark.parametrize(("seat", "screens"), [("yixin", 1), ("china_mobile", 2)])
def test_a_phone_needs_no_scrolling_for_an_app(server, visit, seat, screens) -> None:
    address = f"{server.address}{PLACE.replace('yixin', seat)}"
    page = visit(address, viewport={"width": 390, "height": 844}).page
    page.wait_for_selector(".region[role=button]")
    tray, till = (page.locator(one).first.bounding_box() for one in (".tray", ".till"))
    assert till["y"] + till["height"] <= 844
    assert tray["y"] + tray["height"] <= 844 * screens - till["height"]
    small = page.evaluate("""() => [...document.querySelectorAll(
        '.region, seat-board button, seat-board summary, seat-board label.check')]
        .filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect())
        .filter(box => box.width && Math.max(box.width, box.height) < 43).length""")
    assert small == 0
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.click(".region[data-region=guangdong]")
        assert page.evaluate("document.documentElement.scrollWidth") == width
