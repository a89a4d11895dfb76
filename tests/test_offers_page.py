"""Offers as bars that can be moved, and decisions while a run plays."""

import json
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import urlopen

import pytest

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser
SHOWN = ".player.loaded:not(.covered) .week:text-is('Week {}')"
YIXIN = "[data-offer=yixin_telecom]:enabled"


def run_at(server, page):
    """What the address changes, and all lines of the run that it names."""
    given = [
        pair
        for pair in parse_qsl(urlsplit(page.url).query, keep_blank_values=True)
        if pair[0] != "pin"
    ]
    text, more = b"", "1"
    while more == "1":
        with urlopen(
            f"{server.address}/explorer/run?{urlencode([*given, ('part', 'story.en'), ('from', len(text))])}"
        ) as piece:
            text, more = text + piece.read(), piece.headers["x-more"]
    return [value for name, value in given if name in ("set", "do")], [
        json.loads(line) for line in text.splitlines()
    ]


@pytest.mark.slow
def test_a_bar_moves_by_pointer_and_by_keys(server, visit):
    page = visit(f"{server.address}/play?week=20").page
    page.wait_for_selector(SHOWN.format(20))
    box, track = (
        page.locator(YIXIN).bounding_box(),
        page.locator(".offers .track").first.bounding_box(),
    )
    page.mouse.move(x := box["x"] + box["width"] / 2, y := box["y"] + 9)
    page.mouse.down()
    page.mouse.move(x + track["width"] * 10 / 109, y, steps=3)
    page.mouse.up()
    for start, then in ((16, lambda: page.locator(YIXIN).press("ArrowLeft")), (15, page.reload)):
        page.wait_for_url(f"**start%3D{start}**")
        changes, lines = run_at(server, page)
        assert changes == [
            f"offers.yixin_telecom.start={start}",
            f"offers.yixin_telecom.end={start + 11}",
        ]
        told = next(line for line in lines if line["kind"] == "end")["offers"]
        assert [(o["start"], o["end"]) for o in told if o["name"] == "yixin_telecom"] == [
            (start, start + 11)
        ]
        then()
        page.wait_for_selector(SHOWN.format(20))
        page.wait_for_selector(".ghost:visible")


@pytest.mark.slow
def test_while_the_hand_drags_a_small_society_answers_and_at_the_drop_it_is_gone(server, visit):
    """Back where it was, nothing has changed; elsewhere, the whole run comes, seen by the lens."""
    small = urlencode([("set", "society.users=300"), ("set", "society.graph.degree=6")])
    watched = visit(f"{server.address}/play?story=facebook-zero-india&week=50&{small}")
    page = watched.page
    page.wait_for_selector(SHOWN.format(50))
    bar = page.locator("[data-offer=facebook_zero]:enabled")
    bar.hover()
    box, track = bar.evaluate(  # both at once: the bars are drawn again as the run grows
        "bar => [bar, bar.parentElement].map(part => part.getBoundingClientRect().toJSON())"
    )
    x, y, week = box["x"] + box["width"] / 2, box["y"] + 9, track["width"] / 91
    for back in (True, False):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 6 * week, y, steps=4)
        page.wait_for_selector(".preview:visible:has-text('300')")
        assert (
            page.locator(".network .legend").evaluate("el => getComputedStyle(el).visibility")
            == "hidden"
        )
        if back:
            page.mouse.move(x, y)
        page.mouse.up()
        page.wait_for_selector(".preview", state="hidden")
    page.wait_for_url("**facebook_zero.start%3D10**")
    assert not watched.errors


@pytest.mark.slow
def test_a_decision_counts_from_its_week_on_and_a_bad_one_is_told(server, visit):
    page, seen = visit(f"{server.address}/play?week=30").page, []
    for amount in (90_000_000, 900_000_000_000):
        page.wait_for_selector(".bar:enabled")
        seen.append(run_at(server, page)[1])
        page.click("text=Act now")
        page.select_option("[name=lever]", "promotion")
        page.fill("[name=amount]", str(amount))
        page.click("dialog[open] .act")
        page.wait_for_url(f"**{amount}**")
    first, second = (
        [week for line in lines if line["kind"] == "weeks" for week in line["series"]["sms"]]
        for lines in seen
    )
    assert first[:30] == second[:30]
    assert first[30:] != second[30:]
    page.wait_for_selector(".failed:visible >> text=campaign and research together cost")
    page.click("text=Take the change back")
    page.wait_for_selector(".player.loaded:not(.covered)")
    assert [json.loads(done.partition("=")[2]) for done in run_at(server, page)[0]] == [
        {"promotion": 90_000_000}
    ]
