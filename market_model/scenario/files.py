"""How this project writes files: whole or not at all, and what goes wrong said in one line."""

import json
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import ScenarioError


@contextmanager
def writing(place: Path, advice: str = "choose another folder with --out") -> Generator[None]:
    """What cannot be written meanwhile is told in one line. Raises ScenarioError."""
    try:
        yield
    except OSError as error:
        raise ScenarioError(
            str(place), "", f"cannot be written to: {error.strerror or error}; {advice}"
        ) from None


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """A path beside `path` to write to: what was written there becomes `path` when all of it is on
    the disk; until then, and if anything goes wrong, `path` stays as it was.
    """
    if path.exists() and not path.is_file():  # a pipe or a device
        yield path
        return
    path = path.resolve()
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def text_file(path: Path, text: str) -> Path:
    """Write a text; gives its path."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="")
    return path


def kept_lines(path: Path) -> list[Any]:
    """What the JSON lines of a file hold; half a line at its end, as a run that was ended leaves
    it, is taken away. Raises ScenarioError.
    """
    if not path.is_file():
        return []
    text, found = path.read_text("utf-8", errors="replace"), list[Any]()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        with writing(path):
            text_file(path, whole)
    for line in whole.splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return found


def check_writable(folder: Path) -> None:
    """What long runs find can be written there; the folder is made where it is missing. Raises
    ScenarioError.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
