"""The sentence under the lens: it says what the API's own comparison of the two runs says."""

import re
from urllib.parse import urlencode

import numpy as np
import pytest

from market_model.market import run
from market_model.market.friends import ThroughFriends
from market_model.scenario import load_scenario
from market_model.study.compare import interval, replicate_seeds

pytest_plugins = ["browser"]

SMALL = {"society.users": 800, "weeks": 30}
LATER = {"offers.yixin_everywhere.start": 25}
LUCKS, WEEK = 8, 29


def query(changes):
    sets = [("set", f"{path}={value}") for path, value in changes.items()]
    return urlencode([("story", "china-2013"), ("seed", 0), *sets])


def active(frame, bit):
    from market_model.explorer.film import standing

    return standing(bit)(frame) >= 3


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("page_of", ["play", "compare"])
def test_the_sentence_under_the_lens_is_that_of_the_runs(server, visit, page_of):
    from browser import frames

    before, now = (load_scenario("china-2013", SMALL | more) for more in ({}, LATER))
    a, b = query(SMALL), query(SMALL | LATER)
    page_query = urlencode(
        {"a": a, "b": b, "week": WEEK}
        if page_of == "compare"
        else {"pin": a, "view": "differs.yixin", "week": WEEK}
    )
    address = f"/compare?{page_query}" if page_of == "compare" else f"/play?{b}&{page_query}"
    seen = visit(f"{server.address}{address}")
    page = seen.page
    page.wait_for_selector(f".week:text-is('Week {WEEK}')")
    bit = before.messengers.index("yixin")
    there, here = (active(frames(s)[WEEK], bit) for s in (before, now))
    more, fewer = int((here & ~there).sum()), int((there & ~here).sum())
    assert more + fewer > 5
    told = {
        "play": (f"makes {more} ", f"keeps {fewer} "),
        "compare": (
            f"{more} use Yixin in B and not in A",
            f"{fewer} {'use Yixin ' * (not more)}in A and not in B",
        ),
    }[page_of]
    for text, number in zip(told, (more, fewer), strict=True):
        if number:
            page.wait_for_selector(f".finding .who:has-text('{text}')")
    friends = [ThroughFriends() for _ in range(2)]
    for scenario, watched in zip((before, now), friends, strict=True):
        run(scenario, 0, observers=[watched])
    parts = ((friends[1], 1 / now.people_per_user), (friends[0], -1 / now.people_per_user))
    came, brought = (
        sum(getattr(f, name)[:, bit].sum() * part for f, part in parts)
        for name in ("newcomers", "brought")
    )
    assert came <= brought < 0
    page.wait_for_selector(".finding .friends:has-text('through friends')")
    text = page.locator(".finding .friends").text_content()
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    assert "fewer" in text and numbers == pytest.approx([-came, -brought], abs=0.51)
    series = [
        [run(s, seed).history.series("app", "yixin", "active")[WEEK] for s in (before, now)]
        for seed in replicate_seeds(0, LUCKS)
    ]
    gaps = np.array([(two - one) / now.people_per_user for one, two in series])
    _, *both = interval(gaps)
    low, high = (round(n) if abs(n) < 1 else n for n in both)
    ends = [f"{float(f'{n:.2g}'):+g}".replace("-", "−") if n else "0" for n in (low, high)]
    verdict = "clear" if low > 0 or high < 0 else "this could be luck"
    page.wait_for_selector(
        f".finding .luck:text-is('With {LUCKS} different lucks it is "
        f"{ends[0]} to {ends[1]} of these people: {verdict}.')"
    )
    assert seen.errors == []
    page.keyboard.press("Home")
    page.wait_for_selector(".finding .who:has-text('the same people use Yixin')")
    page.wait_for_selector(".finding .luck:has-text('no difference')")


@pytest.mark.slow
@pytest.mark.browser
def test_worlds_are_offered_where_the_story_has_them(server, visit):
    small = {"society.users": 300}
    rest = urlencode({"pin": query(small), "view": "differs.yixin", "week": 40})
    page = visit(f"{server.address}/play?{query(small | LATER)}&{rest}").page
    page.locator(".finding .reach button").click()
    page.wait_for_selector(".finding .says:has-text('2 worlds × 4 lucks')")
    assert "“the changed run”" in page.locator(".finding .says").text_content()


@pytest.mark.browser
def test_an_app_that_there_is_not_is_told(server, visit):
    asked = urlencode({"a": query(SMALL), "b": query(SMALL), "app": "yixn", "replicates": 2})
    page = visit(f"{server.address}/explorer/luck?{asked}").page
    assert "did you mean 'yixin'" in page.text_content("body")
