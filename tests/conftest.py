"""What the tests of the command share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from market_model import cli

MODULE = [sys.executable, "-m", "market_model.cli"]
"""The command as a process of its own."""


class Said(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Said]:
    """Calls the command in this process, in an empty folder; an exception that gets out fails the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: str) -> Said:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["market-model", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        return Said(code, *capsys.readouterr())
    return call


@pytest.fixture(scope="session")
def outside() -> dict[str, str]:
    """The environment of a real command: no terminal, this checkout first."""
    return os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1]), "COLUMNS": "200"}
