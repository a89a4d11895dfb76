"""Tutorials do what they say: their files are written, their commands and code run, in order."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LIMIT

TUTORIALS = Path(__file__).parent.parent / "scenarios" / "tutorials"
BLOCK = re.compile(r"^```(\w+)(?: (file=\S+|fails))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("tutorial", sorted(p.stem for p in TUTORIALS.glob("*.md")))
def test_a_tutorial_does_what_it_says(tutorial: str, tmp_path: Path) -> None:
    blocks = BLOCK.findall((TUTORIALS / f"{tutorial}.md").read_text("utf-8"))
    assert sum(kind == "sh" for kind, *_ in blocks) >= 1
    paths = os.pathsep.join([str(tmp_path), str(TUTORIALS.parent.parent)])
    surroundings = os.environ | {"PYTHONPATH": paths}
    for kind, mark, text in blocks:
        if mark.startswith("file="):
            (tmp_path / mark.removeprefix("file=")).write_text(text, "utf-8")
            continue
        commands = [["-c", text]] if kind == "python" else []
        if kind == "sh":
            lines = text.strip().splitlines()
            assert all(line.startswith("market-model ") for line in lines), text
            commands = [["-m", "market_model", *line.split()[1:]] for line in lines]
        for command in commands:
            done = subprocess.run(
                [sys.executable, *command],
                cwd=tmp_path,
                env=surroundings,
                capture_output=True,
                text=True,
                timeout=LIMIT,
            )
            output = done.stdout + done.stderr
            assert "Traceback" not in output, (command, output)
            assert done.returncode == (2 if mark == "fails" else 0), (command, output)
