"""Rules broken on purpose, each to be caught by the test named for it: `uv run python
tests/mutants.py`, or with part of a name, or `--sample 5`.

Each change is made in a temporary copy of the project, where nothing is compiled (so the change
surely counts).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from broken_rules import MUTANTS

ROOT = Path(__file__).resolve().parent.parent


def passes(root: Path, tests: list[str]) -> bool:
    """Whether the tests pass in a copy of the project."""
    env = {
        **os.environ,
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TEST_LIMIT": "1800",  # nothing is compiled
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        *(f"tests/test_{test}" for test in tests),
    ]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def outdated() -> list[str]:
    """Entries that do not apply: what they break does not stand there once, or their test is gone."""
    wrong: list[str] = []
    for file, old, new, test in MUTANTS:
        path, (place, _, name) = ROOT / "market_model" / file, test.partition("::")
        times = path.read_text(encoding="utf-8").count(old) if path.exists() else 0
        source = (ROOT / "tests" / f"test_{place}").read_text(encoding="utf-8")
        if times != 1 or old == new:
            wrong.append(f"{file}: '{old}' stands there {times} times, not once")
        if f"def {name.partition('[')[0]}(" not in source:
            wrong.append(f"tests/test_{place} has no {name}")
    return wrong


def caught(root: Path, mutant: tuple[str, str, str, str]) -> bool:
    """Whether a rule's test fails in a copy of the project where the rule is broken."""
    file, old, new, test = mutant
    path = root / "market_model" / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new), encoding="utf-8")
    fails = not passes(root, [test])
    path.write_text(text, encoding="utf-8")
    print(f"{'caught  ' if fails else 'SURVIVED'} {file}: {old} → {new}   ({test})", flush=True)
    return fails


def main() -> int:
    """Number of mutants that survive."""
    asked = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    asked.add_argument("part", nargs="?", default="", help="of a file's or test's name")
    asked.add_argument("--sample", type=int, help="so many of them, by chance")
    asked.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the sample")
    asked.add_argument("--workers", type=int, default=2, help="how many at the same time")
    given = asked.parse_args()
    if wrong := outdated():
        sys.exit("\n".join([*wrong, "renew the list"]))
    chosen = [m for m in MUTANTS if given.part in f"{m[0]} {m[3]}"]
    if given.sample is not None:
        print(f"a sample of {given.sample}, --seed {given.seed}", flush=True)
        chosen = random.Random(given.seed).sample(chosen, min(given.sample, len(chosen)))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.workers) as pool:
        roots: SimpleQueue[Path] = SimpleQueue()
        for number in range(given.workers):
            root = Path(folder) / str(number)
            for name in ("market_model", "scenarios", "tests"):
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, root / name, ignore=ignored)
            shutil.copy(ROOT / "pyproject.toml", root)
            roots.put(root)
        if not passes(root, sorted({m[3] for m in chosen})):
            sys.exit("the tests fail before anything is broken")

        def tried(mutant: tuple[str, str, str, str]) -> bool:
            root = roots.get()
            fails = caught(root, mutant)
            roots.put(root)
            return fails

        survived = list(pool.map(tried, chosen)).count(False)
    print(f"{len(chosen) - survived} of {len(chosen)} caught")
    return survived


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
