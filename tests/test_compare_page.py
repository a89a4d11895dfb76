"""Two runs side by side."""

from urllib.parse import urlencode

import numpy as np
import pytest

pytest_plugins = ["browser"]

SMALL, STORIES = {"society.users": 800, "weeks": 40}, ("china-2013", "china-2013-nobody-offers")


def small(story, seed=0):
    return urlencode(
        [
            ("story", story),
            ("seed", seed),
            *(("set", f"{path}={value}") for path, value in SMALL.items()),
        ]
    )


def test_what_an_offer_did_is_measured_in_its_last_week():
    from market_model.explorer.difference import measured
    from market_model.explorer.place import Place
    from market_model.market import run

    changes = (("society.users", "300"), ("weeks", "60"), ("society.warmup_weeks", "40"))
    place = Place("philippines-2013", changes=changes)
    twin = Place("philippines-2013-nobody-offers", changes=changes)
    one = run(scenario := place.scenario(), 0)
    [offer] = [o for o in one.offers if o["name"] == "free_facebook"]
    active = one.history.series("app", "facebook", "active")
    both = measured(place, twin)
    assert both[0]["apps.facebook.offered_share"] == pytest.approx(
        active[offer["end"] - 1] / scenario.population
    )
    assert 0 < both[1]["apps.facebook.offered_share"] < both[0]["apps.facebook.offered_share"]
    assert "apps.viber.offered_share" not in both[0]


def test_a_list_of_news_that_is_gone_is_told_in_words():
    from market_model.explorer.apart import told_apart
    from market_model.explorer.place import Place

    told = told_apart(
        Place("facebook-zero-india"), Place("facebook-zero-india-nobody-offers"), "en"
    )
    assert list(told) == ["Facebook free: left out", "News and changes: left out"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_gallery_calls_a_variant_by_what_is_other_in_it(language):
    from market_model.explorer.app import _gallery

    html = _gallery(language)
    assert {"en": ">Yixin is used as the firm said<", "zh": ">易信的使用如公司所说<"}[
        language
    ] in html


@pytest.mark.browser
@pytest.mark.slow
def test_twins_share_a_week_and_their_difference_is_that_of_the_study(server, visit):
    from browser import frames, part_of

    from market_model.explorer.film import standing
    from market_model.scenario import load_scenario
    from market_model.study.compare import compare
    from market_model.words import amount

    seen = visit(
        f"{server.address}/compare?{urlencode({'a': small(STORIES[0]), 'b': small(STORIES[1], seed=3)})}"
    )
    page = seen.page
    page.wait_for_selector(".network .legend b")
    assert "seed was 3" in page.locator("[data-part=luck]").text_content()
    page.wait_for_selector(".differing li")
    assert "Yixin: 300 MB for registering: left out" in page.locator(".differing").text_content()
    page.keyboard.press("End")
    page.wait_for_selector(".twins .week:text-is('Week 39')")
    twins = {story: load_scenario(story, SMALL) for story in STORIES}
    for side, scenario in enumerate(twins.values()):
        frame = frames(scenario)[39]
        shown = [
            part_of(n, 800)
            for n in np.bincount(standing(scenario.messengers.index("yixin"))(frame), minlength=5)
        ]
        assert (
            page.locator(".side-by-side").nth(side).locator(".legend b").all_text_contents()
            == shown
        )
    page.select_option(".twins label select", "4")
    page.wait_for_selector("text=4 of 4 pairs")
    d = next(
        d
        for d in compare(twins, replicates=4).differences
        if d.measure == "apps.yixin.registered_share"
    )
    row = page.locator("tr:has-text('Yixin: Registered') td").all_text_contents()
    assert row[:5] == [
        amount(100 * v, "en") for v in (d.base, d.variant, d.difference, d.low, d.high)
    ]
    assert seen.errors == []


@pytest.mark.browser
@pytest.mark.slow
def test_a_story_that_there_is_not_is_named_beside_the_other(server, visit):
    page = visit(
        f"{server.address}/compare?{urlencode({'a': 'story=china-2013', 'b': 'story=chess'})}"
    ).page
    page.wait_for_selector(".notice:has-text('chess: no such story; there is: china-2013')")
    assert page.locator("[data-part=names]").inner_text().endswith("chess")
