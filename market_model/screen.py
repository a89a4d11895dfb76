"""What commands print and write: tables, progress, and the files they say they wrote."""

import json
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .study.files import writing

PLAIN_LINE_EVERY = 30.0
"""Seconds between progress lines where there is no terminal."""


def terminal() -> Console:
    """A console that takes brackets and colons in names and titles as they are."""
    return Console(markup=False, emoji=False)


def table_of(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Words on the left, figures on the right."""
    table = Table(headings[0], box=None, header_style="bold", pad_edge=False)
    for title in headings[1:]:
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(*row)
    return table


@contextmanager
def steps(what: str, total: int, quiet: bool) -> Generator[Callable[..., None]]:
    """Gives what to call after each step: a bar on a terminal, a plain line now and then
    elsewhere; always on standard error.
    """
    done, told = 0, time.monotonic()

    def plain(*_: object) -> None:
        nonlocal done, told
        done += 1
        if not quiet and time.monotonic() - told > PLAIN_LINE_EVERY:
            told = time.monotonic()
            sys.stderr.write(f"{what}: {done} of {total}\n")

    if quiet or not sys.stderr.isatty():
        yield plain
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda *_: bar.advance(task)


def check_writable(folder: Path | None) -> None:
    """What long runs find can be written there (None: here); the folder is made where it is
    missing. Raises ScenarioError.
    """
    with writing(folder or Path()):
        (folder or Path()).mkdir(parents=True, exist_ok=True)


def publish(
    found: Any,
    tell: Callable[[], None],
    files: Callable[[Path], Sequence[Path]],
    *,
    as_json: bool,
    out: Path | None,
    folder: Path = Path(),
    failures: Sequence[str] = (),
) -> None:
    """Print what was found, as JSON or for people, then write files; exits with 1 if runs failed.

    Args:
        tell: prints it for people. files: writes into a folder and gives the paths.
        out: the folder; None: `folder` when people read, else no files. failures: runs that failed,
            in words.
    """
    from .study.report import json_safe

    if as_json:
        sys.stdout.write(json.dumps(json_safe(found)) + "\n")
    else:
        tell()
    if out is not None or not as_json:
        check_writable(out or folder)
        with writing(out or folder):
            written = files(out or folder)
        if not as_json:
            terminal().print("written: " + ", ".join(map(str, written)))
    for failure in failures:
        sys.stderr.write(f"failed: {failure}\n")
    if failures:
        sys.exit(1)


def text_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path
