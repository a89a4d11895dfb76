"""A market of one's own in the browser: every way from the gallery leads somewhere."""

import subprocess
import zipfile
from pathlib import Path

import pytest
from browser import COMMAND, Served
from test_pages_clean import faults, whole

pytest_plugins = ["browser"]


@pytest.mark.browser
@pytest.mark.slow
def test_a_file_of_ones_own_is_watched_bet_on_played_compared_and_exported(
    visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run([COMMAND, "new", "my-market", "--from", "china-2013"], check=True)
    file = Path("my-market.toml")
    text = file.read_text("utf-8")
    file.write_text(
        text.replace("users = 5000", "users = 300").replace("weeks = 110", "weeks = 70")
    )
    served = Served("my-market.toml", "--port", "0")
    try:
        seen = visit(f"{served.address}/play?story=my-market.toml")
        page = seen.page

        def story(label: str) -> None:
            page.click("nav a:has-text('Stories')")
            page.click(f"article:has-text('my-market') a:has-text('{label}')")

        def clean() -> None:
            assert (faults(page, "en"), seen.errors) == ([], [])

        whole(page)
        story("Watch")
        whole(page)
        assert page.locator("select[name=story]").input_value() == "my-market.toml"
        page.click(".extra > [popovertarget=exports]")
        with page.expect_download() as download:
            page.click("#exports button:has-text('CSV')")
        assert "weekly.csv" in zipfile.ZipFile(download.value.path()).namelist()
        clean()
        story("Bet first")
        page.wait_for_selector(".betting .handles input")
        hidden = ".panels, .shares summary, [data-future], .figures, .news"
        assert not any(part.is_visible() for part in page.locator(hidden).all())
        page.click("[data-part=reveal]")
        whole(page)
        page.keyboard.press("End")
        page.wait_for_selector(".bets .verdict")
        assert page.locator(".shares summary").is_visible()
        clean()
        page.click("nav a:has-text('Compare')")
        page.wait_for_selector("[data-part=measures] tr")
        assert "story=my-market.toml" in page.url
        clean()
        story("Play against bots")
        page.click("a:has-text('Play as Yixin')")
        page.wait_for_selector("form.decision .till button")
        page.click("form button.act")
        page.wait_for_selector("h1:has-text('Round 2 of 10')")
        clean()
    finally:
        served.end()
