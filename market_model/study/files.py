"""Where results are written."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..scenario import ScenarioError


@contextmanager
def writing(place: Path, advice: str = "choose another folder with --out") -> Generator[None]:
    """What cannot be written meanwhile is told in one line. Raises ScenarioError."""
    try:
        yield
    except OSError as error:
        raise ScenarioError(
            str(place), "", f"cannot be written to: {error.strerror or error}; {advice}"
        ) from None
