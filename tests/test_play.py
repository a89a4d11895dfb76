"""`market-model play`: the command, the page, the picture."""

import subprocess
import sys

import numpy as np
import pytest

pytest_plugins = ["browser"]

WEEK = "Number(document.querySelector('.week').textContent.match(/\\d+/)[0])"
INK = """() => { const {width, height} = document.querySelector('canvas.users')
  const pen = document.querySelector('canvas.users').getContext('2d')
  const pixels = pen.getImageData(0, 0, width, height).data
  const seen = new Map(); for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 200) {
    const color = pixels.slice(i, i + 3).join(); seen.set(color, (seen.get(color) || 0) + 1) }
  return [...seen.values()].filter(n => n > 20).length }"""


def at_work(page, title="China 2013"):
    """Waits for the picture of a story."""
    page.wait_for_function(f"document.querySelector('select[name=story]')?.selectedOptions[0].text.includes('{title}')")
    page.wait_for_selector(".player.loaded:not(.covered)", timeout=60_000)


def weeks_pass(page, weeks=3):
    start = page.evaluate(WEEK)
    page.wait_for_function(f"{WEEK} >= {start + weeks}", timeout=10_000)


def shares(kinds, count):
    return [f"{100 * n / len(kinds):.1f}%" for n in np.bincount(kinds, minlength=count)]


@pytest.mark.browser
def test_the_picture_moves_without_a_request_off_the_host(server, visit):
    seen = visit(server.address)
    at_work(seen.page)
    weeks_pass(seen.page)
    assert seen.page.evaluate(INK) >= 3
    assert seen.page.locator(".chart svg path").count() > 5
    assert seen.page.locator(".offers li").count() == 5
    assert seen.page.evaluate("document.documentElement.lang") == "en"
    assert seen.strangers == []
    assert seen.errors == []


@pytest.mark.browser
def test_the_last_week_is_that_of_the_model(server, visit):
    from market_model.explorer.film import standing
    from market_model.market import run
    from market_model.scenario import load_scenario

    seen = visit(server.address)
    at_work(seen.page)
    seen.page.keyboard.press("End")
    shown = seen.page.locator(".legend b").all_text_contents()
    one = run(load_scenario("china-2013"), 0, record=True)
    main = one.recording.frame(one.scenario.weeks - 1)[:, 0]
    assert shown == shares(main, len(shown))
    seen.page.keyboard.press("Home")
    for _ in range(2):
        seen.page.keyboard.press("Shift+ArrowRight")
    assert seen.page.evaluate(WEEK) == 20
    seen.page.click(".legend button:has-text('Yixin')")
    yixin = standing(one.scenario.messengers.index("yixin"))(one.recording.frame(20))
    assert seen.page.locator(".legend b").all_text_contents() == shares(yixin, 5)
    seen.page.click(".legend button")
    assert seen.page.locator(".legend b").all_text_contents() == shares(one.recording.frame(20)[:, 0], len(shown))


@pytest.mark.browser
def test_visitors_are_apart_and_another_story_runs(server, visit):
    one, other = visit(server.address), visit(server.address)
    at_work(one.page)
    at_work(other.page)
    one.page.select_option("select[name=story]", "facebook-zero-india")
    at_work(one.page, "India")
    one.page.wait_for_selector(".legend button:has-text('Facebook')", timeout=30_000)
    weeks_pass(one.page)
    assert "WeChat" in other.page.locator(".legend").text_content()
    assert other.page.locator("select[name=story]").input_value() == "china-2013"
    one.page.reload()
    at_work(one.page, "India")
    assert one.errors == other.errors == []


@pytest.mark.browser
def test_a_phone_in_chinese_in_the_dark(server, visit):
    seen = visit(f"{server.address}/?lang=zh", viewport={"width": 390, "height": 844}, color_scheme="dark")
    at_work(seen.page, "中国")
    weeks_pass(seen.page)
    assert seen.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert "第" in seen.page.locator(".week").text_content()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    rights = "all => all.map(e => e.getBoundingClientRect().right)"
    assert max(seen.page.locator(".explorer :is(button, select, h2, p, li)").evaluate_all(rights)) <= 390
    assert seen.errors == []


def test_a_taken_port_and_ends_without_traces(serve):
    one = serve("--port", "0")
    port = one.address.rpartition(":")[2]
    other = serve("--port", port)
    assert one.address != other.address
    assert f"Port {port} is taken" in "".join(other.lines)
    assert len(other.processes()) > 1
    assert other.interrupt() in (0, 130)
    one.kill()
    assert other.left() == one.left(5) == []
    for word in ("Traceback", "Warning", "Error"):
        assert word not in "".join(other.lines)


def test_the_server_imports_neither_mesa_nor_numba():
    code = ("import sys, market_model.explorer.server, market_model.explorer.app; "
            "print(sorted({'mesa', 'numba', 'pandas', 'networkx'} & set(sys.modules)))")
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_run_that_fails_is_told_in_sentences():
    from market_model.explorer.app import checked, told
    from market_model.study.runner import Outcome

    run, message, problem = told(Outcome(0, "crashed", error="its process died"), "china-2013", "en")
    assert (run, message) == ({}, [])
    assert "its process died" in problem[1]
    assert told(Outcome(0, "ok", {"problem": "x: y"}), "china-2013", "en")[2][1] == "x: y"
    assert checked(["../secret", "x"]) == checked([]) == ("china-2013", 0, 0)
    assert checked(["china-2013-ban", "7", 2]) == ("china-2013-ban", 7, 2)
    assert "China 2013" in told(None, "china-2013", "en")[1][0]
