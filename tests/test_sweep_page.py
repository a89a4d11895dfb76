"""The page of sweeps: a folder's map, whose cells lead to the very runs."""

import re
from pathlib import Path

import pytest

from market_model.sweep.drive import run_sweep
from market_model.sweep.store import Results

pytest_plugins = ["browser"]

FILE = """
name = "small"
scenario = "china-2013"
[set]
"society.users" = 200
weeks = 30
[design]
kind = "grid"
points = 2
replicates = 2
seed = 5
[factors]
"parameters.salience" = { range = [0.1, 0.9] }
"parameters.word_of_mouth" = { range = [0.02, 0.1] }
"""


@pytest.mark.browser
@pytest.mark.slow
def test_a_cell_leads_to_its_run(visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from browser import Served

    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(FILE)
    runs = Results(run_sweep(Path("small.toml"))).runs().to_pylist()
    served = Served("--port", "0")
    try:
        page = visit(f"{served.address}/sweep?y=parameters.word_of_mouth").page
        page.wait_for_selector(".heat td:nth-child(3)")
        page.select_option("select[name=measure]", "apps.yixin.registered_share")
        page.wait_for_selector("h2:has-text('Yixin: Registered users (share of people)')")
        page.wait_for_selector(".plot svg")
        assert page.locator("h2").last.inner_text().startswith("Yixin: Registered users, week by")
        bad = [
            v["id"]
            for v in Axe().run(page).response["violations"]
            if v["impact"] in ("serious", "critical")
        ]
        assert bad == []
        page.locator(".heat td a").first.click()  # top left: little salience, much word of mouth
        page.wait_for_url("**/play?*")
        page.wait_for_selector(".player.loaded:not(.covered)")
        question = page.url.partition("?")[2]
        assert "word_of_mouth%3D0.1" in question and "salience%3D0.1" in question
        ask = "part => fetch(part).then(answer => answer.text())"
        part = f"/explorer/run?{question}&part=story.en&from=0"
        while not (digest := re.search(r'"digest": ?"([0-9a-f]{32})"', page.evaluate(ask, part))):
            page.wait_for_timeout(100)
        here = {
            r["digest"]
            for r in runs
            if r["parameters.salience"] == 0.1 and r["parameters.word_of_mouth"] == 0.1
        }
        assert digest[1] in here  # it is the very run, not one like it
        page.goto(f"{served.address}/sweep?x=parameters.salienze")
        page.wait_for_selector("[role=alert]:has-text(\"did you mean 'parameters.salience'\")")
    finally:
        served.end()
