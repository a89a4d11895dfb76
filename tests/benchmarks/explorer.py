"""What the simulation in the browser costs: frames, bytes, server time, waits, memory; in a
headless Chromium without a GPU.

    uv run python tests/benchmarks/explorer.py             # some two minutes
    uv run python tests/benchmarks/explorer.py --long      # and ten minutes of the fastest play
    uv run python tests/benchmarks/explorer.py --picture scenarios/pictures/play.png

Each line says the aim beside the figure. A run is started by `market-model play` itself; "shown
week" counts weeks played in the browser while the model rests.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from browser import ARGS, Served, find_chromium

READY = ".player.loaded:not(.covered)"
WEEK = "Number(document.querySelector('.week').textContent.match(/\\d+/)[0])"
FRAMES = """seconds => new Promise(done => { let frames = 0; const until = performance.now() + 1000 * seconds
  const tick = now => { frames++; now < until ? requestAnimationFrame(tick) : done(frames / seconds) }; requestAnimationFrame(tick) })"""
SEEKS = """async count => { const slider = document.querySelector('.time input[type=range]'), times = []
  for (let i = 0; i < count; i++) { const then = performance.now()
    slider.value = Math.floor(Number(slider.max) * ((i * 0.618) % 1)); slider.dispatchEvent(new Event('input'))
    await new Promise(requestAnimationFrame); times.push(performance.now() - then) }
  return times }"""
BIG = "set=society.users=20000&set=weeks=156"
LATER = "offers.yixin_telecom.start"
LENS = f"{urlencode({'set': f'{LATER}=11', 'pin': 'story=china-2013&seed=0'})}&view=differs.yixin"
WHO = "location.search.includes('pin=') && document.querySelector('.player.loaded:not(.covered) .finding:not([hidden]) .who')?.textContent"


def tell(what: str, figure: str, aim: str) -> None:
    print(f"| {what} | {figure} | {aim} |", flush=True)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, its threads included (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident(pid: int) -> float:
    """Its memory in MiB (Linux)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20


def open_(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector(READY, timeout=120_000)
    return page


def whole(page: Page) -> None:
    """Waits until the run is there to its end, and the clock stands at its start."""
    page.keyboard.press("End")
    page.wait_for_function(
        f"{WEEK} == Number(document.querySelector('.time input[type=range]').max)", timeout=120_000
    )
    page.keyboard.press("Home")


def play(page: Page, speed: int, seconds: float) -> float:
    """Frames a second while playing at so many weeks a second."""
    page.select_option(".speed", str(speed))
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    frames = page.evaluate(FRAMES, seconds)
    page.keyboard.press("Home")
    return frames


def picture(path: str) -> None:
    """The page of a run as the README shows it."""
    served = Served("--port", "0")
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=find_chromium(), args=ARGS)
            page = open_(
                chromium.new_page(viewport={"width": 1400, "height": 900}),
                f"{served.address}/play?week=40",
            )
            page.wait_for_function(f"{WEEK} == 40")
            page.wait_for_timeout(2000)
            page.screenshot(path=path)
            chromium.close()
    finally:
        served.end()


def main(long: bool) -> None:
    tell("load of the machine (processes that want to run)", f"{os.getloadavg()[0]:.1f}", "≤ 1")
    begin = time.perf_counter()
    served = Served("--port", "0")
    tell(
        "command → page answers (imports in the system's cache)",
        f"{time.perf_counter() - begin:.1f} s",
        "≤ 4 s",
    )
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=find_chromium(), args=ARGS)
            measure(served, chromium.new_page(viewport={"width": 1400, "height": 900}), long)
            chromium.close()
    finally:
        served.end()


def measure(served: Served, page: Page, long: bool) -> None:
    pid, strangers = served.process.pid, list[str]()
    page.on(
        "request",
        lambda r: (
            None
            if "//127.0.0.1" in r.url or r.url[:5] in ("blob:", "data:")
            else strangers.append(r.url)
        ),
    )
    for name in ("first visitor", "server warm"):
        begin = time.perf_counter()
        open_(page, f"{served.address}/play")
        tell(
            f"navigation → first picture, {name}", f"{time.perf_counter() - begin:.1f} s", "≤ 2.5 s"
        )
    whole(page)
    tell("5,000 users, 8 weeks/s", f"{play(page, 8, 5):.0f} frames/s", "≥ 50")
    page.select_option(".speed", "8")
    before = cpu_seconds(pid)
    page.keyboard.press(" ")
    page.wait_for_timeout(10_000)
    weeks = page.evaluate(WEEK)
    tell(
        "server CPU per shown week",
        f"{1000 * (cpu_seconds(pid) - before) / weeks:.1f} ms",
        "≤ 5 ms",
    )
    for users, query in ((5_000, "seed=1&view=main"), (20_000, f"{BIG}&view=main")):
        size = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")

        def count(event: dict) -> None:
            nonlocal size
            size += event["encodedDataLength"]

        session.on("Network.loadingFinished", count)
        page.goto("about:blank")
        size = 0
        names = {}
        session.on(
            "Network.requestWillBeSent",
            lambda e, names=names: names.update({e["requestId"]: e["request"]["url"]}),
        )
        sizes = {}
        session.on(
            "Network.loadingFinished",
            lambda e, sizes=sizes: sizes.update({e["requestId"]: e["encodedDataLength"]}),
        )
        open_(page, f"{served.address}/play?{query}")
        whole(page)
        page.wait_for_timeout(3000)
        session.detach()
        total = sum(
            size for request, size in sizes.items() if "/explorer/run" in names.get(request, "")
        )
        weeks = page.evaluate("Number(document.querySelector('.time input[type=range]').max) + 1")
        tell(
            f"bytes of a run, {users:,} users, {weeks} weeks",
            f"{total / 1000:.0f} kB, {total / weeks / 1000:.2f} kB a week",
            "≤ 2 kB a week" if users == 5_000 else "≤ 300 kB",
        )
    tell("20,000 users, 8 weeks/s", f"{play(page, 8, 5):.0f} frames/s", "≥ 30")
    tell("20,000 users, 32 weeks/s", f"{play(page, 32, 4):.0f} frames/s", "≥ 30")
    tell(
        "seek to any week, 20,000 users, p95", f"{p95(page.evaluate(SEEKS, 60)):.0f} ms", "≤ 100 ms"
    )
    answers, pictures = zip(*clicks(served, page), strict=True)
    tell(
        "answer to another visitor while 4 runs compute, p95",
        f"{p95(list(answers)):.0f} ms",
        "≤ 150 ms",
    )
    tell(
        "… who clicks on another story: until its picture stands, p95",
        f"{p95(list(pictures)):.0f} ms",
        "≤ 300 ms",
    )
    lens(served, page)
    hand(served, page)
    tell("requests off the host", str(len(strangers)), "0")
    if long:
        fastest(page, served, 600)


def lens(served: Served, page: Page) -> None:
    """Playing and looking for weeks while the map shows who differs, 5,000 users."""
    open_(page, f"{served.address}/play?{LENS}")
    page.wait_for_function(WHO, timeout=120_000)
    whole(page)
    for speed in (8, 32):
        tell(
            f"through the lens, 5,000 users, {speed} weeks/s",
            f"{play(page, speed, 4):.0f} frames/s",
            "≥ 50",
        )
    seeks = p95(page.evaluate(SEEKS, 60))
    tell("… any week, p95", f"{seeks:.0f} ms", "≤ 100 ms")


def hand(served: Served, page: Page) -> None:
    """An offer of china-2013 that is dragged, and dropped, 5,000 users; late in the run, from where
    a change is longest to compute.
    """
    open_(page, f"{served.address}/play?week=100")
    page.wait_for_function(f"{WEEK} == 100")
    bar = page.locator("[data-offer=yixin_telecom]:enabled")
    box = bar.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate("""() => { const told = document.querySelector('.preview')
      new MutationObserver(() => { window.seen = performance.now() }).observe(told, { childList: true }) }""")
    page.mouse.move(x, y)
    page.wait_for_timeout(5000)
    page.mouse.down()
    times = []
    for k in range(1, 21):
        begin = page.evaluate("performance.now()")
        page.mouse.move(x + 4 + 7 * k, y)
        page.wait_for_function("begin => window.seen > begin", arg=begin, timeout=60_000)
        times.append(page.evaluate("window.seen") - begin)
        page.wait_for_timeout(200)
    tell(
        "a drag's preview behind the pointer, china-2013, median and p95",
        f"{statistics.median(times):.0f}, {p95(times):.0f} ms",
        "≤ 150 ms",
    )
    begin = time.perf_counter()
    page.mouse.up()
    page.wait_for_function(WHO, timeout=120_000)
    tell(
        "a change → its picture, 5,000 users, week 100",
        f"{time.perf_counter() - begin:.2f} s",
        "≤ 1.5 s",
    )


def clicks(served: Served, page: Page) -> list[tuple[float, float]]:
    """Milliseconds until the server answers, and from a click on another story until the page
    shows it.
    """
    open_(page, f"{served.address}/play")
    for k in range(4):
        address = f"{served.address}/explorer/run?set=society.users=20000&seed={100 + k}&part=contacts&from=0"
        threading.Thread(
            target=lambda a=address: urllib.request.urlopen(a).read(), daemon=True
        ).start()
    times = []
    for k in range(20):
        story = ("messenger-2015", "china-2013")[k % 2]
        title = ("Messenger", "China")[k % 2]
        answer = page.evaluate("""async () => { const then = performance.now()
          await (await fetch('/explorer/run?story=china-2013&part=main&from=0')).arrayBuffer(); return performance.now() - then }""")
        picture = page.evaluate(
            """([story, title]) => new Promise(done => {
          const select = document.querySelector('select[name=story]'), option = [...select.options].find(o => o.value === story)
          const then = performance.now(), old = document.querySelector('.legend').textContent
          select.value = story; select.dispatchEvent(new Event('change'))
          const look = () => document.querySelector('.legend').textContent !== old && option.text.includes(title)
            ? done(performance.now() - then) : setTimeout(look, 2); look() })""",
            [story, title],
        )
        times.append((answer, picture))
        page.wait_for_timeout(300)
    return times


def fastest(page: Page, served: Served, seconds: int) -> None:
    """The fastest play, from the start again and again."""
    errors: list[str] = []
    page.on("pageerror", lambda e: errors.append(str(e)))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return (
            next(
                m["value"]
                for m in session.send("Performance.getMetrics")["metrics"]
                if m["name"] == "JSHeapUsedSize"
            )
            / 2**20
        )

    open_(page, f"{served.address}/play?view=main")
    page.select_option(".speed", "32")
    figures, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        page.keyboard.press("Home")
        page.keyboard.press(" ")
        page.wait_for_timeout(4000)
        if len(figures) == 0 or len(figures) * seconds / 5 < seconds - (until - time.monotonic()):
            figures.append(f"{heap():.1f} / {resident(served.process.pid):.0f}")
    tell(
        f"fastest play for {seconds // 60} minutes, MiB of the page / of the server",
        f"{' → '.join(figures)}; {len(errors)} errors",
        "flat, 0 errors",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true", help="and ten minutes of the fastest play")
    parser.add_argument("--picture", help="only take a picture of the page into this file")
    given = parser.parse_args()
    picture(given.picture) if given.picture else main(given.long)
