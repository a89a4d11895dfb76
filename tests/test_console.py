"""No console and no full disk costs any work: files are there before a word is printed, whole or not
at all.
"""

import errno
import io
import os
import re
import subprocess
import sys
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import MODULE
from faults import quick

from market_model.commands import main as cli
from market_model.commands import screen
from market_model.evidence import validate
from market_model.evidence.facts import rows
from market_model.game.record import PlayedMarket, Record
from market_model.game.setup import setup_of
from market_model.market import run
from market_model.scenario import load_scenario
from market_model.scenario.files import replacing, text_file
from market_model.sweep.drive import run_sweep

SWEEP = """name = "small"
scenario = "china-2013"
[design]
kind = "lhs"
points = 8
[factors]
"parameters.salience" = { range = [0, 1] }
[outputs]
weekly = ["app.registered"]
"""
SMALL = "--weeks 8 --users 100 --set society.warmup_weeks=0"
COMMANDS = {
    "list": "",
    "show china-2013": "",
    f"run china-2013 {SMALL}": "china-2013-report.html",
    f"compare china-2013 china-2013-ban {SMALL}": "china-2013-compared/compare.html",
    f"strategies china-2013 --seat yixin=story,passive --replicates 2 --most 2 {SMALL}": (
        "china-2013-strategies/strategies.html"
    ),
    "validate --workers 1": "validation.html",
    "handout china-2013 --language zh": "china-2013-handout.html",
    "export game.json": "game-export.zip",
    "sweep status sweep": "",
    "sweep analyze sweep --measure apps.yixin.registered_share": "sweep/report.html",
    "sweep export sweep --csv runs.csv": "runs.csv",
}

ENCODINGS = [
    "ascii",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("latin-1", "cp1252", "cp437", "gbk")),
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a game and the results of a sweep; facts cost nothing to measure."""
    (tmp_path / "small.toml").write_text(SWEEP)
    run_sweep(tmp_path / "small.toml", tmp_path / "sweep", function=quick)
    setup = setup_of(load_scenario("china-2013", {"society.users": 100, "weeks": 40}), rounds=2)
    record = Record(setup=setup, markets=[PlayedMarket(players={}, digests=[], rounds=[])])
    (tmp_path / "game.json").write_text(record.model_dump_json())
    monkeypatch.setattr(
        validate,
        "measure",
        lambda name, *_: {row.id: 0.5 for row in rows() if row.measure == name},
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(screen, "PLAIN_LINE_EVERY", inf)  # however slow this machine is
    return tmp_path


def called(words: str, monkeypatch: pytest.MonkeyPatch, out: io.TextIOWrapper) -> SimpleNamespace:
    """Exit code and standard error of the command, in this process, with that standard output."""
    err = io.TextIOWrapper(io.BytesIO(), encoding=out.encoding)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["market-model", *words.split()])
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        try:
            cli.main()
            code: Any = 0
        except SystemExit as end:
            code = end.code or 0
    err.flush()
    return SimpleNamespace(code=code, err=err.buffer.getvalue().decode(out.encoding))  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("words", COMMANDS)
def test_every_console_can_show_every_command(
    words: str, encoding: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    said = called(words, monkeypatch, out)
    assert said.code == 0 and (not said.err or words.startswith("sweep analyze")), said
    shown = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert shown and (not COMMANDS[words] or (place / COMMANDS[words]).stat().st_size > 100)


def test_a_minus_stays_a_minus_and_words_of_errors_come_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    said = called("run no-such-市场-−1…2", monkeypatch, out)
    assert said.code == 2 and said.err.startswith("no-such-??--1~2: no built-in scenario")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("words", COMMANDS)
def test_what_cannot_be_printed_is_on_the_disk(
    words: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("w", encoding="utf-8") as out:
        said = called(words, monkeypatch, out)
        assert said.code == 1 and said.err.endswith(
            f"cannot write: {os.strerror(errno.ENOSPC)}; make room, or print to another place\n"
        )
    assert not COMMANDS[words] or (place / COMMANDS[words]).stat().st_size > 100


@pytest.fixture(scope="module")
def compiled() -> None:
    """The model's machine code is on the disk: its files would meet the limit, too."""
    run(load_scenario("china-2013", {"society.users": 100, "weeks": 8}))


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("words", [words for words, file in COMMANDS.items() if file])
def test_a_file_that_does_not_fit_is_not_there(
    words: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on the size of files stands for a full disk."""
    resource: Any = pytest.importorskip("resource")
    before, (soft, hard) = sorted(place.rglob("*")), resource.getrlimit(resource.RLIMIT_FSIZE)
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
    try:
        said = called(words, monkeypatch, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (said.code, out.buffer.getvalue()) == (2, b"")  # type: ignore[attr-defined]
    assert re.search(r": cannot be written to: .*File too large.*\n$", said.err)
    folder = place / Path(COMMANDS[words]).parent
    assert sorted(place.rglob("*")) in (before, sorted([*before, folder]))


def test_a_reader_who_leaves_ends_the_command_without_a_word(place: Path) -> None:
    done = subprocess.run(
        f"{' '.join(MODULE)} show china-2013 | true; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=place,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) in ((1, ""), (0, ""))


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    text_file(tmp_path / "report.html", "old")
    with pytest.raises(RuntimeError), replacing(tmp_path / "report.html") as beside:
        beside.write_text("half")
        assert (tmp_path / "report.html").read_text() == "old"
        raise RuntimeError
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("report.html", "old")]
    (tmp_path / "link.html").symlink_to("report.html")
    text_file(tmp_path / "link.html", "new")
    assert (tmp_path / "link.html").is_symlink()
    assert {p.read_text() for p in tmp_path.iterdir()} == {"new"}
    text_file(Path(os.devnull), "nothing is put in its place")
    assert not Path(os.devnull).is_file()
