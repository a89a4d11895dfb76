"""What a class of 200 costs, and one of 20: `python tests/benchmarks/classroom.py [PLAYERS]`."""

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import async_playwright

from market_model.classroom.demo import Client, Form, fetch, joined

sys.path.insert(0, str(Path(__file__).parents[1]))
from browser import ARGS, find_chromium

FRAMES = """() => new Promise(done => { let frames = 0, begun
  const tick = now => { if (!document.querySelector('.film.playing')) return done(1000 * frames / (now - begun))
    begun ? frames++ : begun = now; requestAnimationFrame(tick) }
  requestAnimationFrame(tick) })"""
"""Frames a second from now to the end of the film."""


FEW = 20
"""Players of a class that has loaded all that a larger one has: what it costs more is theirs."""


def resident(process: int) -> float:
    """MiB of a process, without its children."""
    return int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[0]) / 1024


async def main(players: int = 200) -> None:
    few, many = [await served(count) for count in (FEW, players)]
    each = (many - few) / (players - FEW)
    print(
        f"server: {few:.0f} MiB with {FEW}, {many:.0f} MiB with {players}: {each * 1024:.0f} KiB "
        f"for one more player, {few - FEW * each:.0f} MiB for none"
    )


async def served(players: int) -> float:
    """MiB of a server that so many play on, when half of them have decided."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "market_model.commands.main",
            "class",
            "--data",
            folder,
            "--port",
            "0",
            "--no-browser",
            "--seconds",
            "9999",
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            return await measure(process, players)
        finally:
            process.terminate()
            process.wait()


async def measure(process: subprocess.Popen[str], players: int) -> float:
    text = "".join(process.stdout.readline() for _ in range(5))
    address, key = re.findall(r"(http://\S+)/host/(\S+)", text)[0]
    code = re.findall(r"type (\w+)", text)[0]
    await asyncio.sleep(3.0)
    empty = resident(process.pid)
    cookies: list[str] = []
    began = time.perf_counter()
    for n in range(0, players, 20):
        cookies += await asyncio.gather(
            *(joined(address, code, f"P{k}") for k in range(n, min(n + 20, players)))
        )
    print(f"{players} joined: {time.perf_counter() - began:.2f} s")
    async with AsyncExitStack() as stack:
        began = time.perf_counter()
        clients = await asyncio.gather(
            *(stack.enter_async_context(Client(address, cookie)) for cookie in cookies)
        )
        await asyncio.gather(*(c.until(lambda html: "status" in html) for c in clients))
        print(f"{players} connected and shown: {time.perf_counter() - began:.2f} s")
        host = await stack.enter_async_context(Client(address, f"host-{code}={key}", "host"))
        await host.do("start")
        await host.until(lambda html: "next" in html.get("control", ""))
        await asyncio.gather(
            *(c.until(lambda html: "desk" in html.get("brief", "")) for c in clients)
        )
        began = time.perf_counter()
        await host.do("next")
        await asyncio.gather(
            *(c.until(lambda html: "data-draft" in html.get("act", "")) for c in clients)
        )
        print(f"{players} forms shown: {time.perf_counter() - began:.2f} s")
        forms = [Form(c.html["act"]).fields for c in clients]
        began = time.perf_counter()
        half = players // 2
        errors = await asyncio.gather(
            *(c.do("decide", form) for c, form in zip(clients[:half], forms, strict=False))
        )
        print(
            f"{half} decisions on the disk and acknowledged: {time.perf_counter() - began:.2f} s, "
            f"{sum(map(bool, errors))} refused"
        )
        await asyncio.sleep(1.0)
        delays: list[float] = []
        for n in range(10):
            began = time.perf_counter()

            async def seen(client: Client, text: str, began: float) -> None:
                await client.until(lambda html: text in html.get("notes", ""))
                delays.append(time.perf_counter() - began)

            waiting = asyncio.gather(*(seen(c, f"message {n}", began) for c in clients))
            await host.do("note", {"player": "", "text": f"message {n}"})
            await waiting
            await asyncio.sleep(0.3)
        delays.sort()
        print(
            f"a broadcast: p50 {delays[len(delays) // 2] * 1000:.0f} ms, p95 "
            f"{delays[int(len(delays) * 0.95)] * 1000:.0f} ms"
        )
        full = resident(process.pid)
        print(f"server: {empty:.0f} MiB when it has started, {full:.0f} MiB with {players}")
        if players == FEW:
            return full
        began = time.perf_counter()
        await host.do("seal")
        await asyncio.gather(
            *(c.until(lambda html: "After round 1" in html.get("status", "")) for c in clients)
        )
        print(
            f"{-(-players // 6)} markets played and told to all: "
            f"{time.perf_counter() - began:.2f} s"
        )
        print(f"film on the projector: {await frames(address, f'host-{code}', key):.0f} frames/s")
        got = [
            await fetch(address, path, Cookie=cookies[0], Accept_Encoding="gzip")
            for path in ("/player", "/static/class.css", "/static/class.js")
        ]
        print(
            f"player page: {sum(len(body) for *_, body in got)} bytes compressed, {len(got)} "
            "requests and a socket"
        )
    return full


async def frames(address: str, name: str, key: str) -> float:
    """Frames a second of the last round's film on the projector, by the clock."""
    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=find_chromium(), args=ARGS)
        context = await browser.new_context(viewport={"width": 1920, "height": 1080})
        await context.add_cookies([{"name": name, "value": key, "url": address}])
        page = await context.new_page()
        await page.goto(f"{address}/projector")
        await page.wait_for_selector(".film.playing")
        counted = float(await page.evaluate(FRAMES))
        await browser.close()
    return counted


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
