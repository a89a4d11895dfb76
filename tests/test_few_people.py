"""Shares, growth and survival of fewer than 20 simulated people never stand as bare percentages."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
import test_pages_clean as pages
from browser import COMMAND

import market_model
from market_model.words import people

pytest_plugins = ["browser"]
TINY = ("society.users=40", "weeks=40")
"""A market in which fewer than 20 people are less than half of all."""
BARE = re.compile(r"(?<![\d.;(（–+−])\d+(?:\.\d+)?%")
"""A percentage without a sign that does not stand in brackets behind its count."""
ROOM = Path(market_model.__file__).parent

NO_PEOPLE = {
    "charts/page.py": 1,  # level of an interval
    "charts/evidence.py": 1,  # parameter sets within a band
    "charts/sections.py": 1,  # part of a price that is waived
    "classroom/pages/role.html.j2": 1,  # what a player said
    "desk/pages/board.html.j2": 1,  # scale of an axis
    "desk/pages/debrief.html.j2": 1,  # what a player said
    "desk/pages/parts.html.j2": 1,  # part of an income that a bid offers
    "explorer/onlooker.py": 1,  # data by Wi-Fi
    "explorer/pages/user.html.j2": 3,  # chances
    "explorer/static/recording.js": 1,  # the rule in the browser
    "market/run.py": 1,  # a run at Python's prompt, beside its number of users
    "study/findings.py": 3,  # probabilities of equilibria
    "sweep/report.py": 9,  # parts of a variance, of runs, skill
    "words/people.py": 4,  # the rule
}
"""How often a file writes a percentage that is no share of people; a new one goes through
`words.people`, or is listed here with what it is.
"""
WRITES = re.compile(r"(?<![\w.])(?:percent|tenths)\((?!self|value|share: )|(?<=\w):,?\.\d%}")


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (8, 18, "8 of 18 (44%; 25–66%)"),
        (0, 3, "0 of 3 (0%; 0–56%)"),
        (19, 19, "19 of 19 (100%; 83–100%)"),
        (10, 20, "10 of 20 (50%)"),
        (4, 800, "4 of 800 (0.5%)"),
        (1, 5000, "1 of 5,000 (0.02%)"),
        (0, 800, "0 of 800 (0%)"),
        (20, 40, "50%"),
        (0, 0, "–"),
    ],
)
def test_a_share_of_a_few_has_its_count_and_range(part: int, whole: int, text: str) -> None:
    assert people.share(part, whole, "en") == text


def test_the_short_form_of_a_few_is_their_count() -> None:
    for language, short in (("en", "8 of 18"), ("zh", "18 人中 8 人")):
        assert people.counted(people.share(8, 18, language)) == short
    assert people.counted("50%") == "50%"


def test_the_range_is_wilson_s() -> None:
    from scipy.stats import binomtest

    for part, whole in ((0, 1), (2, 7), (8, 18), (19, 19)):
        known = binomtest(part, whole).proportion_ci(method="wilson")
        assert people.interval(part, whole) == pytest.approx((known.low, known.high), abs=1e-12)


def test_growth_of_a_few_is_told_in_people() -> None:
    assert people.growth(4, 24, "en") == "from 4 to 24 simulated people"
    assert people.growth(0, 30, "en") == "from 0 to 30 simulated people"
    assert people.growth(5000, 3, "zh") == "模拟用户从 5,000 人到 3 人"
    assert people.growth(1, 1, "en") == "unchanged at 1"
    assert people.growth(100, 112, "en", 1) == "+12.0%"
    assert people.per_kept(4968.27, 2, "en") == "4,968.27 (2 kept)"


def test_no_other_place_writes_percentages() -> None:
    found = {
        str(path.relative_to(ROOM)): len(WRITES.findall(path.read_text("utf-8")))
        for ending in ("py", "j2", "js")
        for path in ROOM.rglob(f"*.{ending}")
        if "vendor" not in path.parts
    }
    assert {name: n for name, n in found.items() if n} == {k: n for k, n in NO_PEOPLE.items() if n}


def bare(texts: Iterable[str]) -> list[str]:
    """Texts that tell a share below one half by a percentage alone; "0.0%" is a change of many."""
    return [
        t
        for t in texts
        if t.strip() != "0.0%" and any(float(p[0][:-1]) < 50 for p in BARE.finditer(t))
    ]


place = pages.place
STORED = (
    "gallery",
    "sweep",
    "model",
    "seats",
    "missions",
    "mission",
    "mission-later",
    "mission-over",
    "lesson",
)
OVER_PEOPLE = [name for name in pages.STATES if name not in STORED]
"""States of the explorer that show people of a market; the other pages show those of shipped runs."""


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", OVER_PEOPLE)
def test_pages_count_people_of_a_tiny_market(place, visit, name, language):
    state = pages.STATES[name]
    address = state.address.replace("D300", "D40")
    page = visit(f"{place.address}{address}&lang={language}").page
    state.steps(page)
    assert bare(rows(page)) == []


@pytest.mark.browser
@pytest.mark.slow
def test_a_class_counts_people_of_a_tiny_market(begin, visit, tmp_path):
    scenario = tmp_path / "tiny.toml"
    scenario.write_text('extends = "china-2013"\nsociety.users = 40\n', "utf-8")
    game = begin(scenario, "--rounds", 1, "--seconds", 900)
    assert pages.in_every_phase(game, visit, lambda one: bare(rows(one.page))) == {}


@pytest.mark.browser
@pytest.mark.parametrize(
    "words",
    [
        ("run", "china-2013"),
        ("compare", "china-2013", "china-2013-nobody-offers", "--replicates", "3"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_reports_and_terminal_count_people_of_a_tiny_market(words, language, visit, tmp_path):
    size = ("--users", "40", "--weeks", "40", "--out", str(tmp_path), "--language", language)
    said = subprocess.run([COMMAND, *words, *size], capture_output=True, text=True, check=True)
    (report,) = tmp_path.glob("*.html")
    page = visit(report.as_uri()).page
    page.wait_for_selector("svg")
    assert bare(said.stdout.splitlines()) + bare(rows(page)) == []


def rows(page) -> list[str]:
    """What a page writes, line by line, but for changes of messages and prices, parts of money or
    minutes, sources, scales of axes, and what the news told of whole countries.
    """
    return page.evaluate("""() => [...document.querySelectorAll('body *')]
      .filter(el => !el.closest('script, style, template, em, .scale, [data-name=sms], [data-name=price], [data-amounts], #debrief-news'))
      .flatMap(el => [...el.childNodes].filter(node => node.nodeType === 3).map(node => node.data))""")
