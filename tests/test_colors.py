"""One palette: pages, charts and sheets of paper have no colour that `charts.look` does not give."""

import re
from pathlib import Path

import pytest

import market_model
from market_model.charts import look

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
