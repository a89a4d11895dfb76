"""What the tests of the command share."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from passes import compile_all

from market_model.commands import main as cli
from market_model.commands import screen
from market_model.market import settled

type Command = Callable[..., SimpleNamespace]

LIMIT = float(os.environ.get("TEST_LIMIT", "300"))
"""Seconds after which a test that waits has failed: far beyond what a busy machine needs. Who writes
a test sets $TEST_LIMIT lower.
"""
MODULE = [sys.executable, "-m", "market_model.commands.main"]
"""The command as a process of its own."""


def awaited[T](work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end, in a thread: a browser test before it leaves a loop running in this
    one.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(work, LIMIT)).result()


def until(there: Callable[[], object]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + LIMIT
    while not there():
        assert time.monotonic() < end, f"not true within {LIMIT:g} s"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def whole_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run of this process has a start of its own, so that two ways to run are compared from
    their first draw on.
    """
    monkeypatch.setattr(settled, "KEPT_USERS", -1)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Calls the command in this process, in an empty folder; an exception that gets out fails
    the test.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(screen, "PLAIN_LINE_EVERY", inf)  # however slow this machine is

    def call(*words: str) -> SimpleNamespace:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["market-model", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return call


sys.dont_write_bytecode = False
os.environ.pop(
    "PYTHONDONTWRITEBYTECODE", None
)  # tests start some hundred processes, each 3 s sooner
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started by a shell in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Compile the market before several workers start."""
    several = getattr(config.option, "numprocesses", 0) and not hasattr(config, "workerinput")
    if several and not config.option.collectonly and "NUMBA_DISABLE_JIT" not in os.environ:
        compile_all()


WITHOUT_BROWSER: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and "hromium" in str(report.longrepr):
        WITHOUT_BROWSER.add(report.nodeid)


def pytest_unconfigure() -> None:
    """The last line of a run without a browser."""
    if WITHOUT_BROWSER:
        print(
            f"{len(WITHOUT_BROWSER)} browser tests were skipped: install Chromium (apt-get "
            "install chromium), or set $CHROMIUM"
        )
