"""The first five minutes: each step asks, plays some weeks, and tells what came of it in the run."""

import re

import numpy as np
import pytest

from market_model.market import run
from market_model.market.friends import ThroughFriends
from market_model.scenario import load_scenario

pytest_plugins = ["browser"]

LINK = ".go a[href*='lesson=1']"


def numbers(page):
    """Of what a step tells, without the step's number."""
    text = page.locator(".lesson .question").text_content()
    return [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", text)]


@pytest.mark.browser
@pytest.mark.slow
def test_each_step_tells_what_came_of_it_in_the_run(server, visit):
    from market_model.explorer.film import frame_of, standing

    scenario, friends, frames = load_scenario("facebook-zero-india"), ThroughFriends(), []
    one = run(
        scenario,
        0,
        record=True,
        observers=[friends],
        on_week=lambda market: frames.append(standing(0)(frame_of(market))),
    )
    active = one.history.series("app", "facebook", "active") / scenario.people_per_user
    came, brought = (
        np.cumsum(people[:, 0]) / scenario.people_per_user
        for people in (friends.newcomers, friends.brought)
    )
    unaware = [int((frame == 0).sum()) for frame in frames]
    last = list(scenario.carriers)[-1]
    customers = one.history.series("carrier", last, "subscribers")
    of_last = 100 * one.history.by_carrier[:, len(scenario.carriers) - 1, 0, 0] / customers
    told = {
        "Few": [unaware[1] - unaware[15], unaware[1]],
        "People who had an account": [active[30] - active[15], came[30] - came[15]],
        "Most": [brought[43] - brought[30], came[43] - came[30]],
        "It rises": [of_last[15], of_last[43]],
        "About half": [active[15], active[43], active[91]],
    }
    seen = visit(f"{server.address}/", reduced_motion="reduce")
    page = seen.page
    page.locator(LINK).click()
    for number, (right, values) in enumerate(told.items()):
        page.wait_for_selector(f".lesson:has-text('Step {number + 1} of 6')")
        choice = page.locator(".lesson .choice")
        (
            choice.filter(has_text=right) if number % 2 else choice.filter(has_not_text=right)
        ).first.click()
        page.wait_for_selector(".lesson .act")
        verdict = page.locator(".lesson strong").text_content()
        assert verdict == "Right." if number % 2 else verdict.startswith(f"No: {right}")
        assert numbers(page) == pytest.approx(values, abs=0.6), right
        page.locator(".lesson .act").click()
    page.wait_for_selector(".lesson:has-text('change it yourself')")
    page.keyboard.press("Tab")
    bar = page.locator(".offers button.bar")
    bar.focus()
    for _ in range(8):
        bar.press("Shift+ArrowLeft")
    page.wait_for_selector(".finding .who:visible")
    page.wait_for_selector(".lesson:has-text('because of your change')")
    page.locator(".lesson .leave").click()
    page.wait_for_selector(".toolbar:visible")
    assert "lesson" not in page.url
    assert seen.errors == []


@pytest.mark.slow
@pytest.mark.browser
def test_a_step_has_an_address_and_other_stories_have_none(server, visit):
    india = f"{server.address}/play?story=facebook-zero-india&lesson=4&week=15"
    page = visit(india, reduced_motion="reduce").page
    page.wait_for_selector(".lesson:has-text('Step 4 of 6')")
    page.wait_for_selector(".week:text-is('Week 15')")
    for rest in ("story=china-2013&lesson=1", "story=facebook-zero-india&lesson=9"):
        page = visit(f"{server.address}/play?{rest}").page
        page.wait_for_selector(".player.loaded")
        assert not page.locator(".lesson").is_visible()
