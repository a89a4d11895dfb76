"""A class as people meet it: the pages of a teacher, a projector and phones in a real browser,
from the door to the debrief.
"""

import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from browser import Watched, drafted, unsound
from conftest import awaited, until

from market_model.classroom.demo import joined

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser
ONE_LINE = """(() => {
    const code = document.querySelector(".code"), room = code.parentElement;
    code.textContent = "WWWWWW";
    const box = code.getBoundingClientRect(), size = parseFloat(getComputedStyle(code).fontSize);
    return box.height < 1.5 * size && room.scrollWidth <= room.clientWidth;
})()"""
"""Whether the widest code stands in one line of its room."""
LEAST = 0.016
"""Height of type on a screen for a room, as a part of the screen's."""
TEXTS = """least => {
  const small = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  let right = 0
  for (let node; node = walker.nextNode();) {
    const el = node.parentElement, range = document.createRange()
    range.selectNode(node)
    const box = range.getBoundingClientRect()
    if (!node.data.trim() || !box.width || el.closest('script, style') || !el.checkVisibility({ visibilityProperty: true })) continue
    if (box.bottom < 0 || box.top > innerHeight || getComputedStyle(el.closest('table, thead, header, h2, p') ?? el).clipPath !== 'none') continue
    const size = parseFloat(getComputedStyle(el).fontSize) * (el.closest('svg') ? el.getScreenCTM().a : 1)
    if (size < least * innerHeight) small.push(`${node.data.trim().slice(0, 30)} ${size.toFixed(1)}`)
    right = Math.max(right, box.right)
  }
  return [small, right]
}"""
"""Texts on the screen that are too small for the last row, and where the rightmost ends."""
PHONE = {"viewport": {"width": 390, "height": 844}}


def tab_to(page, selector: str) -> None:
    """By the keyboard alone."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no way by Tab to {selector}")


def join(page, game: SimpleNamespace, name: str) -> None:
    for field, text in (("code", game.code), ("name", name)):
        tab_to(page, f"[name={field}]")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_selector(f".me:has-text('{name}')")


def press(page, do: str) -> None:
    page.wait_for_selector(f"button[value={do}]")
    tab_to(page, f"button[value={do}]")
    page.keyboard.press("Enter")


def doubts(host, act: Callable[[], object], *, accept: bool = True) -> list[str]:
    """What the host is asked before something is done."""
    asked = list[str]()

    def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        (dialog.accept if accept else dialog.dismiss)()

    host.on("dialog", answer)
    act()
    host.remove_listener("dialog", answer)
    return asked


def gives(host, player: str, place: str, *, accept: bool = True) -> list[str]:
    """What the host is asked when a player gets a seat."""
    form = host.locator("form[data-do=give]")
    form.evaluate("form => { form.closest('details').open = true }")
    form.locator("[name=player]").select_option(player)
    form.locator("[name=place]").select_option(place)
    return doubts(host, form.locator("button[value=give]").click, accept=accept)


def shows(page, field: str, value: str) -> None:
    """A field comes to hold a value. The page's own policy forbids Playwright to look itself."""
    until(lambda: page.input_value(field) == value)


def sound(phase: str, *pages) -> None:
    """Everybody is in this phase; nothing is wrong for axe-core, and nothing needs scrolling
    sideways on the smallest phone.
    """
    for page in pages:
        page.wait_for_selector(f"h1.{phase}")
        while not page.evaluate(
            "[...document.querySelectorAll('main section')].some(one => !one.hidden && "
            "one.innerText.length > 20)"
        ):
            page.wait_for_timeout(100)
        assert not (wrong := unsound(page)), (phase, page.url, wrong)
        if page.url.endswith("/projector"):
            read_by_all(page)


def read_by_all(page, step: int = -1) -> None:
    """Who sits in the last row can read all that a screen, or a step of the talk, shows, and no
    half of it is empty.
    """
    size = page.viewport_size
    for width, height in ((1920, 1080), (1400, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("k => document.querySelectorAll('.step')[k]?.scrollIntoView()", step)
        small, right = page.evaluate(TEXTS, LEAST)
        assert not small, (page.url, height, step, small)
        assert right > 0.55 * width, (page.url, step, right)
    page.set_viewport_size(size)


def test_a_class_from_the_door_to_the_debrief(begin, visit, tmp_path: Path) -> None:
    scenario = tmp_path / "small.toml"
    scenario.write_text('extends = "china-2013"\nsociety.users = 300\n', "utf-8")
    game = begin(scenario, "--rounds", 2, "--seconds", 9999)
    watched = [visit(game.host), visit(game.address, **PHONE), visit(game.address, **PHONE)]
    watched.append(Watched(watched[0].page.context))
    host, ann, bo, projector = pages = [one.page for one in watched]
    projector.goto(f"{game.address}/projector")
    join(ann, game, "Ann")
    join(bo, game, "Bo <i>")
    projector.wait_for_selector(f".code:has-text('{game.code}'), li:has-text('Bo <i>')")
    one_of_each = host, ann, projector
    tabs = [page.title().partition(" · ")[0] for page in one_of_each]
    assert tabs == ["Teacher", "Market game", "Projector"]
    sound("lobby", *one_of_each)
    assert projector.evaluate(ONE_LINE)
    assert gives(host, "p1", "0 yixin", accept=False) == [
        "Bo <i> sits there and will have no seat. Give the seat all the same?"
    ]
    assert gives(host, "p1", "0 wechat") == []
    press(host, "start")
    ann.wait_for_selector("[data-do=predict]")
    sound("briefing", *one_of_each)
    ann.wait_for_selector("#brief h2")
    top = "id => document.getElementById(id).getBoundingClientRect().top"
    assert sorted(("brief", "act", "role"), key=lambda one: ann.evaluate(top, one)) == [
        "role",
        "act",
        "brief",
    ]
    ann.select_option("[name=leader]", "wechat")
    ann.fill("[name=stay]", "40")
    ann.click("form[data-do=predict] button")
    ann.wait_for_selector("#role:has-text('You predicted: WeChat has the most'):has-text('40%')")
    press(host, "next")
    sound("open", *one_of_each)
    assert all(re.fullmatch(r"16\d:\d\d", page.inner_text("#clock")) for page in pages)

    tab_to(ann, "[name=promotion]")
    ann.keyboard.type("20")
    drafted(game, "20")
    ann.wait_for_selector("#line[data-state=kept]")
    frames, asked = [], []
    ann.on("requestfinished", lambda request: asked.append(request))
    ann.on(
        "websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame))
    )
    ann.reload()
    ann.wait_for_selector("[name=promotion]")
    assert ann.input_value("[name=promotion]") == "20"
    compressed = sum(
        sum(request.sizes()[part] for part in ("responseBodySize", "responseHeadersSize"))
        for request in asked
    )
    assert (
        len(asked) + 1 <= 6 and compressed + len("".join(frames).encode()) <= 100_000
    )  # and the socket
    press(ann, "decide")
    ann.wait_for_selector(".sealed")
    projector.wait_for_selector("progress[value='1'][max='2']")
    bo.fill("[name=promotion]", "999999")
    bo.click("button[value=decide]")
    bo.wait_for_selector("[name=promotion][aria-invalid]:focus")
    assert "has" in bo.inner_text("#desk-promotion-wrong")
    sound("open", bo)
    bo.fill("[name=promotion]", "5")
    bo.click("button[value=decide]")
    sound("reveal", *one_of_each)
    film, brief = (f"document.querySelector('#{one}').offsetTop" for one in ("film", "brief"))
    assert ann.evaluate(f"{film} < innerHeight / 3 && {brief} < innerHeight")
    assert gives(host, "p1", "0 laiwang", accept=False) == [
        "Ann leaves WeChat; tables call it a bot's from then on. Give the seat all the same?"
    ]
    press(host, "next")
    for page in (ann, bo):
        page.click("[data-round='1'] button[value=decide]")
    host.wait_for_selector("h1.reveal")
    assert doubts(host, lambda: press(host, "next")) == [
        "End the game and show everybody's decisions?"
    ]
    ann.wait_for_selector("#debrief a")
    projector.wait_for_selector(".ranking:has-text('Bo <i>')")
    sound("debrief", *one_of_each)
    talk = watched[-1].page
    talk.goto(f"{game.address}/debrief?market=0")
    talk.wait_for_selector(".debrief .chart svg")
    talk.wait_for_selector("details.ask")  # all parts are there
    for number in range(talk.locator(".step").count()):
        read_by_all(talk, number)
    talk.evaluate("scrollTo(0, 0)")
    if talk.locator(".turns").count():  # else the lessons stand beside the film
        talk.keyboard.press("PageDown")
    for name in ("Decisions", "Predictions"):
        talk.keyboard.press("PageDown")
        talk.wait_for_selector(f".steps [aria-current=true]:has-text('{name}')")
    assert [
        (one.page.url, one.strangers, one.errors) for one in watched if one.strangers or one.errors
    ] == []


def test_a_phone_shows_a_whole_decision(begin, visit) -> None:
    game = begin("china-2013", "--rounds", 2, "--seconds", 9999)
    host, app = visit(game.host).page, visit(game.address, **PHONE).page
    join(app, game, "Ann")
    for name in ("Bo", "Cy"):
        awaited(joined(game.address, game.code, name))
    carrier = visit(game.address, **PHONE).page
    join(carrier, game, "Dee")
    for do in ("start", "next"):
        press(host, do)
    for page, field, screens in ((app, "promotion", 1), (carrier, "wholesale", 2)):
        page.wait_for_selector(f"#act [name={field}]")
        tray, till = (
            page.locator(f"#act {one}").first.bounding_box() for one in (".tray", ".till")
        )
        assert till["y"] + till["height"] <= 844
        assert tray["y"] + tray["height"] <= 844 * screens - till["height"]


def test_the_archive_says_that_it_is_made_and_comes_once(begin, visit) -> None:
    host = visit(begin("china-2013", "--rounds", 2).host).page
    asked: list[Any] = []
    host.route("**/export", lambda route: asked.append(route))
    link = host.locator("a[download]")
    told = link.inner_text()
    with host.expect_download() as download:
        for _ in range(2):
            link.click(force=True)
            assert link.inner_text() == "Making the archive …"
        host.wait_for_timeout(200)
        [made] = asked
        made.continue_()
    assert download.value.suggested_filename.endswith("-export.zip")
    assert zipfile.is_zipfile(download.value.path()) and link.inner_text() == told
    link.click()
    host.wait_for_timeout(200)
    asked[1].fulfill(status=503)
    host.wait_for_function("document.querySelector('#error').textContent.includes('later')")
    assert link.inner_text() == told


@pytest.mark.slow
def test_two_pages_of_one_seat_show_what_is_typed_and_sealed(begin, visit, tmp_path: Path) -> None:
    scenario = tmp_path / "small.toml"
    scenario.write_text('extends = "china-2013"\nsociety.users = 300\n', "utf-8")
    game = begin(scenario, "--rounds", 2, "--seconds", 9999, "--language", "zh")
    host, one, bo = (
        visit(address, **size).page
        for address, size in ((game.host, {}), (game.address, PHONE), (game.address, PHONE))
    )
    join(one, game, "Ann")
    join(bo, game, "Bo")
    other = one.context.new_page()
    other.goto(game.address)
    assert "这台设备上是Ann" in other.inner_text("h1")
    other.click("a[href='/player']")
    press(host, "start")
    host.wait_for_selector("button[value=next]")
    press(host, "next")
    for page in (one, other):
        page.wait_for_selector("[name=promotion]")
    one.fill("[name=promotion]", "21")
    shows(other, "[name=promotion]", "21")
    other.fill("[name=bring_friend]", "2")
    shows(one, "[name=bring_friend]", "2")
    assert one.input_value("[name=promotion]") == other.input_value("[name=promotion]") == "21"
    other.click("button[value=decide]")
    one.wait_for_selector(".sealed")
    assert "本轮推广：21 百万元" in one.inner_text("#act")
    bo.fill("[name=promotion]", "99999")
    bo.click("button[value=decide]")
    bo.wait_for_selector(".problems")
    assert "本轮推广：推广和研发一共要花 1,000 亿元" in bo.inner_text(".problems")
    folder = os.environ.get("PICTURES")
    for name, page in (("one", one), ("bo", bo), ("host", host)) if folder else ():
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.slow
def test_a_class_of_thirty_plays_ten_rounds(begin, visit) -> None:
    game = begin("--demo", 30, "--seconds", 9999)
    host, ann = (
        visit(address, **size).page for address, size in ((game.host, {}), (game.address, PHONE))
    )
    host.wait_for_selector("h2:has-text('30')")
    join(ann, game, "Ann")
    press(host, "start")
    for number in range(10):
        press(host, "next")
        host.wait_for_selector("h1.open")
        ann.click(f"[data-round='{number}'] button[value=decide]")
    assert doubts(host, lambda: press(host, "next")) == [
        "End the game and show everybody's decisions?"
    ]
    ann.wait_for_selector("#debrief a")
    while host.locator("#debrief a").count() != 6:  # the page runs no text as a script
        host.wait_for_timeout(100)
    ann.goto(f"{game.address}/debrief")
    ann.wait_for_selector(".debrief .chart svg")
    assert ann.evaluate("document.documentElement.scrollWidth") == 390 and "Ann" in ann.inner_text(
        ".debrief .scores"
    )
