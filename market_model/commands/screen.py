"""What commands print: tables, progress, and the files they say they wrote."""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..words import amount

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PLAIN_LINE_EVERY = 30.0
"""Seconds between progress lines where there is no terminal."""
COMPILING_LINE_EVERY, LONGEST_COMPILING = 15.0, 600.0
"""Seconds between lines on how far compiling is, and until there are no more of them."""
PLAIN = str.maketrans("−–—…×÷·→←≤≥★’‘“”«»", "".join(("---~x/.><<>*''", '""""')), "\u200b")
"""Signs for consoles that cannot show those of the texts: as wide, and a minus stays a minus."""


def any_console() -> None:
    """Whatever the console's characters are, printing to it works: those that it lacks are
    replaced by plain ones or "?".
    """

    def replaced(problem: UnicodeError) -> tuple[str, int]:
        if not isinstance(problem, UnicodeEncodeError):
            raise problem
        text = problem.object[problem.start : problem.end].translate(PLAIN)
        return "".join(c if c.isascii() else "?" for c in text), problem.end

    codecs.register_error("plain", replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")


def flushed() -> None:
    """Standard output has arrived. Raises OSError: it has not; what is left of it is dropped."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError):  # else the interpreter tries again at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def note(text: str) -> None:
    """A line on standard error; whether anybody can read it stops no work."""
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


@cache
def tell_first_start() -> None:
    """Says on standard error, once, that this start compiles the model, if none has on this
    computer, and now and then how far that is.
    """
    from ..work.passes import PASSES, compiled

    if compiled() == len(PASSES):
        return
    note(
        "the model is compiled now, once on this computer: it takes about half a minute, "
        "minutes where other work goes on …"
    )
    threading.Thread(target=tell_compiling, daemon=True).start()


def tell_compiling() -> None:
    """Says now and then how much of the model is compiled, until all of it is, where it is kept."""
    from ..work.passes import PASSES, cache_folder, compiled

    if not cache_folder():
        return
    begun = time.monotonic()
    seconds = 0.0
    while seconds < LONGEST_COMPILING:
        time.sleep(COMPILING_LINE_EVERY)
        seconds = time.monotonic() - begun
        if (done := compiled()) == len(PASSES):
            note("the model is compiled")
            return
        note(f"compiling the model: {done} of {len(PASSES)} parts after {seconds:.0f} s")


def full(error: OSError) -> bool:
    """Whether there was no room for what was written."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def terminal() -> Console:
    """A console that takes brackets and colons in names and titles as they are."""
    from rich.console import Console

    return Console(markup=False, emoji=False)


def table_of(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Words on the left, figures on the right."""
    from rich.table import Table

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
    if not quiet:
        tell_first_start()

    def plain(*_: object) -> None:
        nonlocal done, told
        done += 1
        if not quiet and time.monotonic() - told > PLAIN_LINE_EVERY:
            told = time.monotonic()
            note(f"{what}: {done} of {total}")

    if quiet or not sys.stderr.isatty():
        yield plain
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda *_: bar.advance(task)


@contextmanager
def stoppable(
    what: str, total: int, quiet: bool
) -> Generator[tuple[Callable[[Any], None], Callable[[], bool]]]:
    """A progress bar that tells failures, and Ctrl-C once to finish what is under way, twice to
    stop at once.
    """
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        note("finishing the runs under way (Ctrl-C again: stop at once) …")

    before = signal.signal(signal.SIGINT, stop)
    try:
        with steps(what, total, quiet) as step:
            yield step, lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def check_out(out: Path | None, as_json: bool) -> None:
    """The folder that `publish` will write to can be written to; asked before long runs. Raises
    ScenarioError.
    """
    from ..scenario.files import check_writable

    if out is not None or not as_json:
        check_writable(out or Path())


def refusals(refused: Mapping[str, Sequence[tuple[int, str]]]) -> Iterator[str]:
    """A line for each bot of a user's own that decided what cannot be done. Args: refused: by
    seat, (week, problem).
    """
    for seat, problems in refused.items():
        week, why = problems[0]
        times = "once" if len(problems) == 1 else f"{len(problems)} times"
        yield (
            f"{seat} decided {times} what cannot be done, and did nothing then; "
            f"first in week {week}: {why}"
        )


def refusals_in_all(refused: int) -> str:
    """A line on how many decisions of bots of a user's own could not be carried out in several
    runs; "" if all could.
    """
    if not refused:
        return ""
    return (
        f"decisions that could not be carried out and counted as none: {refused}; "
        "`market-model run SCENARIO --seat SEAT=FILE` says why"
    )


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
    """Write files with what was found, then print it, as JSON or for people; exits with 1 if runs
    failed.

    Args:
        tell: prints it for people. files: writes into a folder and gives the paths.
        out: the folder; None: `folder` when people read, else no files. failures: runs that failed,
            in words.
    """
    from ..scenario.files import check_writable, writing

    written: Sequence[Path] = ()
    if out is not None or not as_json:
        check_writable(out or folder)
        with writing(out or folder):
            written = files(out or folder)
    try:
        if as_json:
            from ..study.report import json_safe

            sys.stdout.write(json.dumps(json_safe(found)) + "\n")
        else:
            tell()
            terminal().print("written: " + ", ".join(map(str, written)))
        flushed()
    finally:
        for failure in failures:
            note(f"failed: {failure}")
    if failures:
        sys.exit(1)


def figure(value: float) -> str:
    """A number in a table: three digits that matter."""
    return amount(value, "en") if abs(value) >= 1000 else f"{value:.3g}".replace("-", "−")
