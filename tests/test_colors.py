"""One palette: pages, charts and sheets of paper have no colour that `charts.look` does not give."""

import re
from pathlib import Path

import pytest

import market_model
from market_model.charts import look

pytest_plugins = ["browser"]

PACKAGE = Path(market_model.__file__).parent
SHEETS = ("explorer/static/page.css", "classroom/static/class.css")
HEX = re.compile(r"(?<![\w.])#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b(?![;(])")
BLACK_AND_WHITE = {"#000000", "#ffffff"}
"""Shadows, masks, paper."""


def whole(color: str) -> str:
    """A colour as six digits, without how much of it shows."""
    digits = color[1:].lower()
    return "#" + ("".join(2 * d for d in digits[:3]) if len(digits) < 6 else digits[:6])


@pytest.mark.parametrize("file", SHEETS)
def test_a_page_begins_with_the_colours_of_the_palette(file: str) -> None:
    text = (PACKAGE / file).read_text("utf-8")
    assert look.sheet() in text.splitlines()[:2], f"{file}: put there {look.sheet()}"


def test_no_other_colour_stands_anywhere() -> None:
    source = Path(look.__file__).read_text("utf-8")
    palette = {c.lower() for c in HEX.findall(source)} | BLACK_AND_WHITE
    files = [
        path
        for ending in ("css", "js", "j2", "json", "py")
        for path in PACKAGE.rglob(f"*.{ending}")
        if not {"vendor", "scenario"} & {*path.parts} and path.name != "look.py"
    ]
    other = {
        (str(path.relative_to(PACKAGE)), color)
        for path in files
        for color in HEX.findall(path.read_text("utf-8"))
        if whole(color) not in palette
    }
    assert len(files) > 100 and not other


def test_every_variable_has_a_colour() -> None:
    given = {f"--{name}" for name in look.SHEET}
    scripts = "".join(
        path.read_text("utf-8")
        for ending in ("js", "j2")
        for path in PACKAGE.rglob(f"*.{ending}")
        if "vendor" not in path.parts
    )
    for file in (*SHEETS, "desk/static/desk.css", "charts/report.html.j2"):
        text = (PACKAGE / file).read_text("utf-8")
        own = set(re.findall(r"(?<!var\()(--[a-z-]+)", text + scripts))
        assert set(re.findall(r"var\((--[a-z-]+)\)", text)) <= given | own, file


TEXTS = """() => [...document.querySelectorAll('.chart svg text')].filter(text => text.textContent.trim().replace('●', ''))
  .map(text => [text.textContent, getComputedStyle(text).fill])"""


def contrast(one: str, other: str) -> float:
    """Of two colours as a browser writes them, as WCAG reckons it."""
    lights = []
    for color in (one, other):
        parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        lights.append(sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def readable(page, least: int) -> None:
    """Every text of every chart stands out from the card it is on."""
    page.wait_for_function(f"({TEXTS})().length >= {least}")
    ground = page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
    dim = [(text, color) for text, color in page.evaluate(TEXTS) if contrast(color, ground) < 3]
    assert dim == [], ground


@pytest.mark.browser
@pytest.mark.parametrize("system", ["dark", "light"])
def test_texts_of_charts_can_be_read_on_either_ground(server, visit, system) -> None:
    other = {"dark": "light", "light": "dark"}[system]
    page = visit(f"{server.address}/play?week=60", color_scheme=system).page
    page.wait_for_selector(".panels.whole [role=tab]")
    readable(page, 30)
    theme = page.locator(".head select").first
    for chosen in (other, system, "auto"):
        theme.select_option(chosen)
        readable(page, 30)
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(200)
        readable(page, 30)
    for tab in page.locator(".panels [role=tab]").all():
        tab.click()
        readable(page, 10)
    page.reload()
    page.wait_for_selector(".panels.whole [role=tab]")
    readable(page, 30)
