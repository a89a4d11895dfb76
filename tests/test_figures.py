"""The figures that people read off the stories are those of the last time they were looked at."""

import pytest
from figures import FOLDER, STORIES, made, moved, stored


@pytest.mark.parametrize("story", STORIES)
def test_the_figures_of_a_story_have_not_moved(story: str) -> None:
    lines = moved(stored(story), made(story))
    assert not lines, "\n".join(
        [
            f"{len(lines)} figures of {story} moved:",
            *lines,
            "if so meant: uv run python tests/figures.py",
        ]
    )


def test_every_story_has_its_figures_and_what_moved_is_said_in_words() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(STORIES)
    before = {"SMS": 200.0, "load": 0.5, "gone": 1.0, "none": None, "zero": 0.0}
    after = {"SMS": 210.0, "load": 0.5000001, "none": None, "zero": 2.0}
    assert moved(before, after) == [
        "SMS: 200.0 → 210.0 (+5 %)",
        "gone: 1.0 → no such figure",
        "zero: 0.0 → 2.0",
    ]
