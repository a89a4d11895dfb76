"""Lines per room, against the budget: `uv run python tests/count_lines.py`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUDGET = {"package": 9000, "tests": 4000, "JavaScript": 2000, "longest file": 400}


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def main() -> int:
    package = sorted((ROOT / "market_model").rglob("*.py"))
    tests = sorted((ROOT / "tests").rglob("*.py"))
    scripts = [p for p in sorted((ROOT / "market_model").rglob("*.js")) if "vendor" not in p.parts]
    rooms: dict[str, int] = {}
    for path in package:
        part = path.relative_to(ROOT / "market_model").parts
        rooms[part[0] if len(part) > 1 else "top level"] = rooms.get(part[0] if len(part) > 1 else "top level", 0) + lines(path)
    for room, count in sorted(rooms.items()):
        print(f"{room:12} {count:5}")
    longest = max([*package, *tests], key=lines)
    found = {"package": sum(map(lines, package)), "tests": sum(map(lines, tests)), "JavaScript": sum(map(lines, scripts)),
             "longest file": lines(longest)}
    over = [name for name, limit in BUDGET.items() if found[name] > limit]
    for name, limit in BUDGET.items():
        print(f"{name:12} {found[name]:5} of {limit}{'  OVER' if name in over else ''}")
    print(f"longest: {longest.relative_to(ROOT)}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
