"""`market-model play`: the command, the page of a run, the picture."""

import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pytest
from conftest import until

from market_model.explorer.place import Place
from market_model.explorer.runs import shipped
from market_model.explorer.texts import say
from market_model.scenario import ScenarioError

pytest_plugins = ["browser"]

SPIN = """() => { const begin = performance.now()
  for (let i = 0, x = 0; i < 1e7; i++) x += i
  return (performance.now() - begin) / 1000 }"""
"""Seconds of a fixed piece of work in the page: how slow browser and machine are now."""
WEEK = "Number(document.querySelector('.week').textContent.match(/\\d+/)[0])"
INK = """() => { const {width, height} = document.querySelector('canvas.users')
  const pen = document.querySelector('canvas.users').getContext('2d')
  const pixels = pen.getImageData(0, 0, width, height).data
  const seen = new Map(); for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 200) {
    const color = pixels.slice(i, i + 3).join(); seen.set(color, (seen.get(color) || 0) + 1) }
  return [...seen.values()].filter(n => n > 20).length }"""


def at_work(page, title="China 2013"):
    """Waits for the picture of a story."""
    page.wait_for_function(
        f"document.querySelector('select[name=story]')?.selectedOptions[0].text.includes('{title}')"
    )
    page.wait_for_selector(".player.loaded:not(.covered)")


def weeks_pass(page, weeks=3):
    start = page.evaluate(WEEK)
    page.wait_for_function(f"{WEEK} >= {start + weeks}")


def shares(kinds, count):
    """As a legend writes them: a few people with their count."""
    from browser import part_of

    return [part_of(n, len(kinds)) for n in np.bincount(kinds, minlength=count)]


def legend(page):
    return page.locator(".legend b").all_text_contents()


@pytest.mark.browser
def test_the_picture_moves_without_a_request_off_the_host(server, visit):
    seen = visit(f"{server.address}/play")
    at_work(seen.page)
    weeks_pass(seen.page)
    assert seen.page.evaluate(INK) >= 3
    assert seen.page.locator(".chart svg path").count() > 5
    assert seen.page.locator(".offers li").count() >= 5
    assert seen.page.evaluate("document.documentElement.lang") == "en-GB"
    assert seen.strangers == []
    assert seen.errors == []


@pytest.mark.browser
def test_every_picture_is_that_of_the_model(server, visit):
    from browser import frames

    from market_model.explorer.film import standing
    from market_model.scenario import load_scenario

    scenario = load_scenario("china-2013")
    pictures, yixin = frames(scenario), standing(scenario.messengers.index("yixin"))
    last = len(pictures) - 1
    seen = visit(f"{server.address}/play?view=main")
    at_work(seen.page)
    seen.page.keyboard.press("End")
    seen.page.wait_for_function(f"{WEEK} == {last}")
    main = pictures[last][:, 0]
    assert legend(seen.page) == shares(main, 6)
    seen.page.keyboard.press("Home")
    for _ in range(2):
        seen.page.keyboard.press("Shift+ArrowRight")
    assert seen.page.evaluate(WEEK) == 20
    seen.page.click(".legend button:has-text('Yixin')")
    seen.page.wait_for_selector(".legend strong:has-text('Yixin')")
    assert legend(seen.page) == shares(yixin(pictures[20]), 5)
    seen.page.click(".legend button")
    seen.page.wait_for_selector(".legend button:has-text('Yixin')")
    assert legend(seen.page) == shares(pictures[20][:, 0], 6)
    seen.page.select_option(".network .line select", "carrier")
    seen.page.wait_for_selector(".legend li:has-text('China Telecom')")
    assert legend(seen.page) == shares(pictures[20][:, 5], 3)


@pytest.mark.browser
def test_a_shown_week_costs_few_bytes_and_little_server_time(server, visit):
    def cpu():
        fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    with zipfile.ZipFile(shipped()[Place().key()]) as stored:
        sizes = [stored.getinfo(part).compress_size for part in ("story.en", "contacts", "main")]
    assert sum(sizes) / 110 <= 2000
    seen = visit(f"{server.address}/play?view=main")
    at_work(seen.page)
    before = cpu()
    weeks_pass(seen.page, 30)
    assert cpu() - before <= 30 * 0.005


@pytest.mark.browser
def test_visitors_are_apart_and_back_leads_back(server, visit):
    one, other = visit(f"{server.address}/play"), visit(f"{server.address}/play?seed=1")
    at_work(one.page)
    at_work(other.page)
    one.page.select_option("select[name=story]", "facebook-zero-india")
    at_work(one.page, "India")
    weeks_pass(one.page)
    assert other.page.locator("input[name=seed]").input_value() == "1"
    assert other.page.locator("select[name=story]").input_value() == "china-2013"
    assert "India" in one.page.title() and "China 2013" in other.page.title()
    one.page.reload()
    at_work(one.page, "India")
    one.page.go_back()
    at_work(one.page)
    assert one.errors == other.errors == []


@pytest.mark.browser
def test_a_phone_in_chinese_in_the_dark(server, visit):
    seen = visit(
        f"{server.address}/play?lang=zh",
        viewport={"width": 390, "height": 844},
        color_scheme="dark",
    )
    at_work(seen.page, "中国")
    weeks_pass(seen.page)
    assert seen.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert "中国" in seen.page.title()
    assert "第" in seen.page.locator(".week").text_content()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    rights = "all => all.map(e => e.getBoundingClientRect().right)"
    assert (
        max(seen.page.locator(".explorer :is(button, select, h2, p, li)").evaluate_all(rights))
        <= 390
    )
    assert seen.errors == []


@pytest.mark.browser
def test_a_slow_browser_stays_in_command(server, visit):
    seen = visit(f"{server.address}/play")
    at_work(seen.page)
    seen.page.context.new_cdp_session(seen.page).send(
        "Emulation.setCPUThrottlingRate", {"rate": 20}
    )
    page, spins = seen.page, [seen.page.evaluate(SPIN)]
    begin = time.monotonic()
    page.keyboard.press(" ")
    page.wait_for_selector(".play[aria-label=Play]")
    taken = time.monotonic() - begin
    spins.append(page.evaluate(SPIN))
    assert taken < 30 * max(spins)  # some 6 s


@pytest.mark.browser
@pytest.mark.parametrize(
    ("query", "told"),
    [("seed=x", "not a whole number"), ("set=offers.yixin.start=1", "yixin_gift")],
)
def test_a_bad_address_is_told_and_it_goes_on(server, visit, query, told):
    seen = visit(f"{server.address}/play?{query}")
    seen.page.wait_for_selector(f".failed:has-text('{told}')")
    seen.page.click(".toolbar button:has-text('As written')")
    at_work(seen.page)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("page", "last"),
    [
        ("/", ".story:last-child .day b"),
        pytest.param("/play?week=30", ".player.loaded:not(.covered)", marks=pytest.mark.slow),
        pytest.param("/compare", "[data-part=measures] tr", marks=pytest.mark.slow),
        pytest.param("/model", ".rule:last-child svg", marks=pytest.mark.slow),
        pytest.param("/missions", ".missions li", marks=pytest.mark.slow),
        ("/mission/1", ".disc.glow"),
        pytest.param("/mission/5?round=taste", ".came", marks=pytest.mark.slow),
    ],
)
def test_nothing_serious_stands_in_the_way_of_anybody(server, visit, page, last):
    from axe_playwright_python.sync_playwright import Axe

    seen = visit(server.address + page, color_scheme="light")
    seen.page.wait_for_selector(last)
    assert seen.page.title().endswith("Market model")
    grounds = []
    for theme in ("light", "dark"):
        seen.page.emulate_media(color_scheme=theme)
        grounds.append(seen.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        found = [
            f"{v['id']}: {v['nodes'][0]['html'][:120]}"
            for v in Axe().run(seen.page).response["violations"]
            if v["impact"] in ("serious", "critical")
        ]
        assert found == [], theme
    assert len(set(grounds)) == 2


def test_an_address_says_the_whole_run():
    place = Place(
        "china-2013",
        7,
        (("society.users", "800"), ("offers.yixin_gift", "")),
        ((3, "wechat", '{"promotion": 5}'),),
    )
    assert Place.read(place.query()) == place
    scenario = place.scenario()
    assert scenario.society.users == 800
    assert "yixin_gift" not in scenario.offers
    assert place.decisions(scenario)[0].decision.promotion == 5
    assert (
        place.key()
        == Place.read(place.query() + "&lang=zh&week=3").key()
        != Place.read(place.query() + "&seed=8").key()
    )
    with pytest.raises(ScenarioError, match="no such story"):
        Place.read("story=../../etc/passwd")
    for reach in (
        'society.wifi={csv="/etc/passwd",column="x"}',
        "society.graph.file=/etc/passwd",
        'apps={"../evil"={}}',
    ):
        with pytest.raises(ScenarioError):
            Place(changes=(tuple(reach.split("=", 1)),)).key()


def test_a_run_nobody_reads_is_stopped(monkeypatch):
    from market_model.explorer import runs as r

    monkeypatch.setattr(r, "DESERTED", 1.0)
    runs = r.Runs(1)
    kept = runs.ask(Place(seed=5, changes=(("society.users", "50000"), ("weeks", "1000"))))
    assert kept.piece("story.en", 0) == (b"", True)
    until(kept.outcome.done)
    assert kept.failed
    assert not Path(kept.folder).exists()
    [worker] = runs.workers._processes.values()
    assert worker.is_alive()  # it costs more to start than most runs take
    runs.stop()


def test_a_taken_port_and_ends_without_traces(serve):
    one = serve("--port", "0")
    port = one.address.rpartition(":")[2]
    other = serve("--port", port)
    assert one.address != other.address
    assert f"Port {port} is taken" in "".join(other.lines)
    assert len(other.processes()) > 1
    assert other.interrupt() in (0, 130)
    one.kill()
    other.gone()
    one.gone()
    for word in ("Traceback", "Warning", "Error"):
        assert word not in "".join(other.lines)


@pytest.mark.parametrize(
    ("path", "accepted", "address"),
    [
        ("/", "zh-CN,zh;q=0.9,en;q=0.8", "/?lang=zh"),
        ("/missions?theme=dark", "de-DE,zh", "/missions?theme=dark&lang=zh"),
        ("/play?lang=en", "zh-CN", "/play?lang=en"),
        ("/missions", "en-GB,en;q=0.9,zh;q=0.8", "/missions"),
        ("/", ";, *", "/"),
    ],
)
def test_a_page_opens_in_the_browsers_language(server, path, accepted, address):
    asked = Request(server.address + path, headers={"accept-language": accepted})
    with urlopen(asked) as page:
        assert page.url == server.address + address


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_that_opens_says_so_in_its_language(server, language):
    with urlopen(f"{server.address}/play?lang={language}&embed=1") as page:
        text = page.read().decode()
    assert say("page.opening", language) in text and "{{ loading_text }}" not in text


def test_the_server_imports_neither_mesa_nor_numba():
    code = (
        "import sys, market_model.explorer.server, market_model.explorer.app, market_model.explorer.runs; "
        "print(sorted({'mesa', 'numba', 'pandas', 'networkx'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
