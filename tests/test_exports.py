"""What a page gives away, and what it does without its server."""

import io
import os
import re
import zipfile
from contextlib import suppress

import pandas as pd
import pytest
from conftest import until
from test_play import WEEK, at_work, legend, weeks_pass

from market_model.explorer.exports import tables
from market_model.explorer.place import Place, families
from market_model.game import setup_of
from market_model.market import run
from market_model.scenario import load_scenario

pytest_plugins = ["browser"]
pytestmark = pytest.mark.browser
TABLES = ("weekly", "ledger", "cohorts")


def taken(page, label):
    page.click(".extra > [popovertarget=exports]")
    with page.expect_download() as download:
        page.click(f"#exports button:has-text('{label}')")
    return download.value.suggested_filename, download.value.path()


@pytest.mark.parametrize("story", families())
def test_the_codebook_has_every_column_of_the_tables(story):
    place = Place.read(f"story={story}&set=society.users=300&set=weeks=30")
    with zipfile.ZipFile(io.BytesIO(tables(place, "csv", "zh"))) as files:
        told = files.read("codebook.md").decode()
        held = {name: pd.read_csv(files.open(f"{name}.csv")) for name in TABLES}
        assert {*files.namelist()} == {"codebook.md", *(f"{name}.csv" for name in held)}
    parts = dict(re.findall(r"^## (\w+)\.csv$(.*?)(?=^## |\Z)", told, re.M | re.S))
    for name, table in held.items():
        rows = [line.split(" | ") for line in parts[name].splitlines() if line.startswith("| ")]
        columns = {column for row in rows for column in row[0].strip("| ").split(", ")}
        assert {*table.columns} <= columns
    series = {
        tuple(row[:2])
        for row in re.findall(r"^\| (\w+) \| ([\w.]+) \| .+ \| .", parts["weekly"], re.M)
    }
    assert {*held["weekly"][["scope", "series"]].itertuples(index=False, name=None)} <= series


@pytest.mark.slow
def test_the_files_hold_what_the_page_shows(server, visit, tmp_path):
    seen, one = (
        visit(f"{server.address}/play?seed=3&week=109", color_scheme="dark"),
        run(load_scenario("china-2013"), 3),
    )
    at_work(seen.page)
    for form, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        name, file = taken(seen.page, form)
        assert name == f"china-2013-seed-3-{form}.zip"
        for table in TABLES:
            held = read(zipfile.Path(file, f"{table}.{form}").open("rb"))
            pd.testing.assert_frame_equal(
                held.fillna(""), getattr(one, table).fillna(""), check_dtype=False
            )
    picture = taken(seen.page, "PNG")[1].read_bytes()
    assert int.from_bytes(picture[16:20]) == 2 * 1400 and len(picture) > 200_000
    path = taken(seen.page, "HTML")[1].rename(tmp_path / "replay.html")
    away = visit(path.as_uri(), offline=True, bypass_csp=True)
    away.page.wait_for_selector(".player.loaded:not(.covered)")
    assert away.page.evaluate(f"[{WEEK}, document.documentElement.dataset.theme]") == [109, "dark"]
    assert legend(away.page) == legend(seen.page) and path.stat().st_size < 2_500_000
    away.page.keyboard.press("Space")
    weeks_pass(away.page)
    assert (away.errors, away.strangers, seen.errors) == ([], [path.as_uri()], [])


def test_a_market_goes_to_a_class_as_it_is(server, visit, tmp_path):
    changes = {
        "society.users": 400,
        "parameters.salience": 0.5,
        "offers.more": {"apps": ["yixin"], "start": "2013-12-02"},
    }
    written = "&".join(
        f"set={path}={value}"
        for path, value in {
            **changes,
            "offers.more": '{apps=["yixin"], start=2013-12-02}',
            "offers.yixin_gift": "",
        }.items()
    )
    seen = visit(f"{server.address}/play?{written}")
    at_work(seen.page)
    name, file = taken(seen.page, "class")
    assert f"market-model class {name}" in seen.page.inner_text(".said")
    mine, story = load_scenario(file.rename(tmp_path / name)), load_scenario("china-2013", changes)
    assert mine.model_dump() == story.model_dump() | {
        "offers": {
            name: offer
            for name, offer in story.model_dump()["offers"].items()
            if name != "yixin_gift"
        }
    }
    assert setup_of(mine).seats == setup_of(story).seats


def test_an_embedded_page_has_its_places_while_its_run_is_computed(server, visit):
    page = visit(
        f"{server.address}/play?embed=1&set=society.users=45000",
        viewport={"width": 390, "height": 844},
    ).page
    page.wait_for_selector(".player.covered .waiting p")
    message, tools = (
        page.locator(place).bounding_box() for place in (".waiting p", ".network > .line")
    )
    assert tools["y"] < 30 and message["y"] > tools["y"] + tools["height"]


def test_a_shared_address_and_an_embedded_page_show_the_same(server, visit):
    seen = visit(
        f"{server.address}/play?seed=3&view=payer&week=40&embed=1",
        viewport={"width": 640, "height": 480},
    )
    at_work(seen.page)
    assert (
        not seen.page.locator(".head, .toolbar, .side, .offers, .player ~ *")
        .filter(visible=True)
        .count()
    )
    full = visit(
        seen.page.get_attribute(".network a", "href"),
        permissions=["clipboard-read", "clipboard-write"],
    )
    at_work(full.page)
    full.page.click("button:has-text('Share')")
    full.page.wait_for_selector("text=Address copied")
    other = visit(full.page.evaluate("navigator.clipboard.readText()"))
    at_work(other.page)
    assert [(p.evaluate(WEEK), legend(p)) for p in (full.page, other.page)] == 2 * [
        (40, legend(seen.page))
    ]


@pytest.mark.slow
def test_a_page_outlives_its_workers_and_its_server(serve, visit):
    first = serve("--port", "0")
    seen = visit(
        f"{first.address}/play?set=society.users=20000&set=weeks=600&view=main&week=2"
    )  # long enough to be killed in time
    at_work(seen.page)
    ended = seen.page.locator(".failed:has-text('ended this simulation')")

    def killed() -> bool:  # a run whose process dies once is tried again
        for pid in {*first.processes()} - {first.process.pid}:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        return ended.is_visible()

    until(killed)
    seen.page.click("button:has-text('Try again')")
    at_work(seen.page)
    before = legend(seen.page)
    first.kill()
    seen.page.wait_for_selector(".away")
    serve("--port", first.address.rpartition(":")[2])
    seen.page.wait_for_selector(".away", state="detached")
    at_work(seen.page)
    assert (seen.page.evaluate(WEEK), legend(seen.page)) == (2, before)
