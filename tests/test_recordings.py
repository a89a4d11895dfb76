"""The recordings that come with the package, and the gallery that shows them."""

import pytest
from conftest import until

from market_model.explorer.place import Place, families
from market_model.explorer.recordings import FOLDER, record
from market_model.explorer.runs import shipped

pytest_plugins = ["browser"]


def test_each_story_has_the_recording_of_the_scenario_as_it_stands(tmp_path):
    assert shipped() == {Place(story).key(): FOLDER / f"{story}.zip" for story in families()}
    record(Place("facebook-zero-india"), tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (
        FOLDER / "facebook-zero-india.zip"
    ).read_bytes()


@pytest.mark.browser
def test_all_pictures_of_the_gallery_move_without_a_request_off_the_host(server, visit):
    seen = visit(server.address, viewport={"width": 1400, "height": 2000})
    seen.page.wait_for_function("document.querySelectorAll('.picture .day b').length === 5")
    days = seen.page.locator(".picture .day").all_text_contents
    before = days()
    until(lambda: all(day != old for day, old in zip(days(), before, strict=True)))
    assert seen.strangers == seen.errors == []
