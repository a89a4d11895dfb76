"""Every page in every state: no raw Python or JavaScript, no text without its words, no English in
Chinese, no error. A state is a row of a table.
"""

import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import NamedTuple
from urllib.parse import quote

import pytest
from browser import COMMAND, Served, Watched, unsound
from jinja2 import UndefinedError

from market_model.words import catalogue
from market_model.words.pages import _templates

pytest_plugins = ["browser"]

RAW = re.compile(
    r"built-in|<bound method|<function|\bundefined\b|\bNaN\b|\[object|\bNone\b|\{\{|\}\}|\{\w+\}"
    r"|<[\w.]+ object|Traceback"
)
ENGLISH = re.compile(r"[A-Za-z][A-Za-z'’-]*(?: +[A-Za-z][A-Za-z'’-]*){2,}")
DOTTED = re.compile(r"[a-z][\w-]*(?:\.[\w/-]+)+")
TEXTS = """() => {
  const found = []
  const add = (el, text) => text?.trim() && found.push([text.trim(), !el.closest('[lang]:not(html), code, kbd, cite')])
  for (const el of document.querySelectorAll('body *')) {
    if (el.closest('script, style')) continue
    for (const name of ['title', 'aria-label', 'placeholder', 'alt', 'aria-valuetext']) add(el, el.getAttribute(name))
    if (el.matches('input')) add(el, el.value)
    for (const node of el.childNodes) if (node.nodeType === 3) add(el, node.data)
  }
  return found }"""

TINY = "&".join(f"set={quote(change)}" for change in ("society.users=300", "weeks=40"))
LAID = '12.yixin={"promotion":20000000}'
TEN = "".join(f"&do={12 + 4 * r}.yixin={{}}" for r in range(10))
TOKEN = TEN.replace("12.yixin={}", quote(LAID), 1)
MINE = f"story=my-market.toml&{TINY}"
SWEEP = """
name = "small"
scenario = "china-2013"
[set]
"society.users" = 200
weeks = 30
[design]
kind = "grid"
points = 2
[factors]
"parameters.salience" = { range = [0.1, 0.9] }
"parameters.word_of_mouth" = { range = [0.02, 0.1] }
"""


@cache
def keys() -> set[str]:
    """Dotted keys of all texts."""
    tables = [catalogue.flat(catalogue.texts(file, "en")) for file in catalogue.FILES]
    return {key for table in tables for key, _ in table if "." in key}


@cache
def names() -> re.Pattern[str]:
    """Names of firms, products and places, and of files, which stand in Chinese as they are."""
    actors = {t for k, t in catalogue.shared("en").items() if k.startswith("actor.")}
    longest = sorted(map(re.escape, actors), key=len, reverse=True)
    return re.compile(
        "|".join((*longest, r"[\w-]+\.toml", r"uv run market-model class", "The Next Web"))
    )


def faults(page, language: str) -> list[str]:
    """What should not stand on a page and in its frames."""
    found = []
    for frame in page.frames:
        for text, own in frame.evaluate(TEXTS):
            found += [f"raw: {text[:160]}"] if RAW.search(text) else []
            found += [f"key: {key}" for key in DOTTED.findall(text) if key in keys()]
            if language == "zh" and own and (said := ENGLISH.search(names().sub("·", text))):
                found.append(f"English: {said[0][:160]}")
    return sorted(set(found))


def whole(page) -> None:
    """The run is there to its end, and its twin."""
    page.wait_for_selector(".player.loaded:not(.covered), .failed:not([hidden])")
    assert not page.is_visible(".failed"), page.inner_text(".failed")
    page.wait_for_selector("[role=tab], .betting .handles input")


def at_end(page) -> None:
    whole(page)
    page.keyboard.press("End")
    for tab in page.locator("[role=tab]").all():
        tab.click()
        page.locator(".panels summary").click()
    page.locator(".shares summary").click()


def views(page) -> None:
    whole(page)
    for value in page.locator("[data-part=view] option").evaluate_all(
        "all => all.map(o => o.value)"
    ):
        page.select_option("[data-part=view]", value)
        page.wait_for_selector(".player:not(.covered)")


def clicked(selector: str, then: str) -> Callable:
    def steps(page) -> None:
        whole(page)
        page.click(selector)
        page.wait_for_selector(then)

    return steps


def levers(page) -> None:
    clicked("[data-part=act]", "dialog[open] form")(page)
    for seat in page.locator("[name=seat] option").evaluate_all("all => all.map(o => o.value)"):
        page.select_option("[name=seat]", seat)


def revealed(page) -> None:
    clicked("[data-part=reveal]", ".bets .outcome p")(page)


def shown(selector: str) -> Callable:
    return lambda page: page.wait_for_selector(selector)


def asked(page) -> None:
    """Every kind of question about a game that is over."""
    page.wait_for_selector("details.ask")  # a page that began without comes again
    page.wait_for_selector(".debrief .chart svg")
    kinds = page.locator("[data-question]").evaluate_all(
        "all => [...new Set(all.map(one => one.dataset.question.split('=')[0]))]"
    )
    assert {"best", "without"} <= {*kinds}
    for kind in kinds:
        button = page.locator(f"[data-question^={kind}]").first
        button.evaluate("one => { one.closest('details').open = true }")
        button.click()
        page.wait_for_selector(".ask[open] .reply .say")


def user(page) -> None:
    whole(page)
    for number in ("0", "7", "150"):
        page.fill("[name=user]", number)
        page.wait_for_selector(f".user h2:text-matches('{number}$')")


class State(NamedTuple):
    """A page in a state: where it is, and what is done there until it is shown."""

    address: str
    steps: Callable


STATES = {
    "gallery": State("/", shown(".story:nth-of-type(5) .legend li")),
    "play": State(f"/play?{MINE}", at_end),
    "play-india": State(f"/play?story=facebook-zero-india&{TINY}", at_end),
    "play-facebook": State(f"/play?story=facebook-mobile-2012&{TINY}", at_end),
    "play-messenger": State(f"/play?story=messenger-2015&{TINY}", at_end),
    "views": State(f"/play?{MINE}&week=20", views),
    "changed": State(
        f"/play?{MINE}&set=parameters.salience%3D0.9&pin={quote(MINE)}",
        clicked("[data-part=opener]", ".drawer .field"),
    ),
    "decided": State(
        f"/play?{MINE}&week=8&do={quote('4.yixin={' + chr(34) + 'promotion' + chr(34) + ':5}')}",
        clicked(".flag", "dialog[open] [data-part=told]"),
    ),
    "user": State(f"/play?{MINE}&week=20", user),
    "act-now": State(f"/play?{MINE}&week=8", levers),
    "new-offer": State(f"/play?{MINE}&week=8", clicked("[data-part=add]", "dialog[open] form")),
    "offer": State(f"/play?{MINE}", clicked(".bar:enabled", "dialog[open] form")),
    "help": State(f"/play?{MINE}", clicked("[data-part=keys]", ".help[open]")),
    "exports": State(f"/play?{MINE}", clicked("[popovertarget=exports]", "#exports:popover-open")),
    "bet": State(f"/play?{MINE}&bet=1", shown(".betting .handles input")),
    "bet-revealed": State(f"/play?{MINE}&bet=1", revealed),
    "embedded": State(f"/play?{MINE}&embed=1", shown(".player.loaded:not(.covered)")),
    "compare": State(
        f"/compare?replicates=4&a={quote(MINE)}&b={quote(MINE + '&set=regulator.rule%3Dban')}",
        shown("[data-part=measures] tr"),
    ),
    "model": State("/model?story=my-market.toml", shown("#tipping .plot svg")),
    "sweep": State("/sweep", shown(".heat td, [role=alert]")),
    "seats": State(f"/solo?{MINE}", shown(".seats .card")),
    "solo-first": State(f"/solo?{MINE}&seat=yixin", shown("seat-board .region")),
    "solo-carrier": State(f"/solo?{MINE}&seat=china_mobile", shown("seat-board .region")),
    "solo-two": State(
        f"/solo?{MINE}&seat=yixin&beside=wechat&do=12.yixin={{}}&do=12.wechat={{}}",
        shown(".turn a"),
    ),
    "solo-later": State(f"/solo?{MINE}&seat=yixin&do=12.yixin={{}}", shown("seat-board .region")),
    "missions": State("/missions", shown(".missions li")),
    "mission": State("/mission/1", shown(".disc.glow")),
    "mission-later": State("/mission/5?round=taste", shown(".came")),
    "mission-over": State(
        f"/mission/1?{'&'.join(['round=campaign:guangdong'] * 3)}", shown(".aha")
    ),
    "lesson": State("/play?story=facebook-zero-india&lesson=1", shown(".legend b")),
    "solo-over": State(f"/solo?{MINE}&seat=yixin{TEN}", shown(".debrief .chart svg")),
    "solo-asked": State(f"/solo?{MINE}&seat=yixin{TOKEN}", asked),
}
QUICK = ("gallery", "seats")
LOOKS = (("en", "light"), ("zh", "dark"))


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[SimpleNamespace]:
    """A server started with a file of one's own, beside the results of a sweep."""
    folder = tmp_path_factory.mktemp("mine")
    said = {"cwd": folder, "check": True, "capture_output": True}
    subprocess.run([COMMAND, "new", "my-market", "--from", "china-2013"], **said)
    (folder / "small.toml").write_text(SWEEP)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        served = Served("my-market.toml", "--port", "0")
    yield SimpleNamespace(address=served.address, folder=folder)
    served.end()


@pytest.mark.browser
@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in STATES]
)
def test_a_page_says_nothing_that_is_not_for_readers(place, visit, name, language, theme):
    state = STATES[name]
    if name == "sweep":
        run = [COMMAND, "sweep", "run", "small.toml"]
        subprocess.run(run, cwd=place.folder, check=True, capture_output=True)
    join = "&" if "?" in state.address else "?"
    seen = visit(f"{place.address}{state.address}{join}lang={language}&theme={theme}")
    state.steps(seen.page)
    assert (faults(seen.page, language), seen.errors, seen.strangers) == ([], [], [])
    assert not name.startswith("solo") or unsound(seen.page) == []


def regulated(pages: SimpleNamespace) -> None:
    """The last player makes the rules."""
    form = pages.host.locator("form[data-do=give]")
    form.evaluate("one => { one.closest('details').open = true }")
    form.locator("[name=player]").select_option("p3")
    form.locator("[name=place]").select_option("0 regulator")
    form.locator("button[value=give]").click()
    pages.host.wait_for_selector(
        "#tools option[value='0 regulator']:text('(P2)')", state="attached"
    )


def seat_forms(pages: SimpleNamespace) -> None:
    pages.host.click("button[value=next]")
    for page in pages.players:
        page.wait_for_selector("h1.open")


def sealed(pages: SimpleNamespace) -> None:
    pages.players[0].fill("[name=promotion]", "20")
    pages.players[0].click("button[value=decide]")
    pages.players[0].wait_for_selector(".sealed")
    pages.players[2].check("[name=rule][value=ban]")
    pages.players[2].click("button[value=decide]")
    pages.players[2].wait_for_selector(".sealed")


def results(pages: SimpleNamespace) -> None:
    pages.players[1].click("button[value=decide]")
    pages.host.wait_for_selector("h1.reveal")


def talk(pages: SimpleNamespace) -> None:
    pages.host.once("dialog", lambda dialog: dialog.accept())
    pages.host.click("button[value=next]")
    pages.host.wait_for_selector("h1.debrief")
    pages.players[0].wait_for_selector("#debrief a")
    pages.projector.goto(f"{pages.address}/debrief?market=0")
    pages.projector.wait_for_selector(".debrief .chart svg")


def questions(pages: SimpleNamespace) -> None:
    pages.players[0].goto(f"{pages.address}/debrief")
    for page in (pages.projector, pages.players[0]):
        asked(page)
    pages.players[2].goto(f"{pages.address}/debrief")
    pages.players[2].wait_for_selector(".debrief .chart svg")


PHASES: dict[str, Callable[[SimpleNamespace], object]] = {
    "lobby": regulated,
    "briefing": lambda pages: pages.host.click("button[value=start]"),
    "open": seat_forms,
    "sealed": sealed,
    "reveal": results,
    "debrief": talk,
    "questions": questions,
}


def in_every_phase(
    game: SimpleNamespace, visit: Callable, wrong: Callable[[Watched], object], **ground: object
) -> dict:
    """What is wrong with the pages of a class of three, by phase and address; `ground`: options of
    their browsers.
    """
    seen = [visit(game.host, **ground), *(visit(game.address, **ground) for _ in range(3))]
    seen.append(Watched(seen[0].page.context))
    host, *players, projector = [one.page for one in seen]
    projector.goto(f"{game.address}/projector")
    for number, page in enumerate(players):
        page.fill("[name=code]", game.code)
        page.fill("[name=name]", f"P{number}")
        page.click("button.main")
        page.wait_for_selector(".me")
    pages = SimpleNamespace(host=host, players=players, projector=projector, address=game.address)
    found = {}
    for phase, steps in PHASES.items():
        steps(pages)
        for one in seen:
            one.page.wait_for_load_state()
            if fault := wrong(one):
                found[phase, one.page.url] = fault
    return found


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_a_class_says_nothing_that_is_not_for_readers(begin, visit, tmp_path, language, theme):
    scenario = tmp_path / "small.toml"
    scenario.write_text('extends = "china-2013"\nsociety.users = 300\n', "utf-8")
    game = begin(scenario, "--rounds", 1, "--seconds", 9999, "--language", language)

    def wrong(one: Watched) -> list:
        said = [*faults(one.page, language), *one.errors, *one.strangers]
        return said + unsound(one.page)

    assert in_every_phase(game, visit, wrong, color_scheme=theme) == {}


def test_a_template_looks_up_words_and_nothing_else():
    page = _templates("market_model.explorer").from_string
    words = {"keys": "Keys", "clear": "Clear"}
    assert page("{{ words.keys }} {{ words['clear'] }}").render(words=words) == "Keys Clear"
    for missing in ("words.copy", "words['pop']", "words.update"):
        with pytest.raises(UndefinedError):
            page(f"{{{{ {missing} }}}}").render(words=words)
    with pytest.raises(TypeError):
        page("{{ words.items }}").render(words=words)
