"""Lines of code per room, against the budget: `uv run python tests/count_lines.py`.

Blank lines, comments and docstrings do not count, so that nobody saves on them; a file's length
counts them all.
"""

import ast
import io
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUDGET = {"package": 9000, "tests": 4000, "JavaScript": 2000, "longest file": 400}


SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def lines(path: Path) -> int:
    """Lines that hold code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".js":
        return sum(
            1 for line in text.splitlines() if line.strip() and not line.strip().startswith("//")
        )
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            code.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
    return len(code)


def main() -> int:
    package = sorted((ROOT / "market_model").rglob("*.py"))
    tests = sorted((ROOT / "tests").rglob("*.py"))
    scripts = [p for p in sorted((ROOT / "market_model").rglob("*.js")) if "vendor" not in p.parts]
    rooms: dict[str, int] = {}
    for path in package:
        part = path.relative_to(ROOT / "market_model").parts
        rooms[part[0] if len(part) > 1 else "top level"] = rooms.get(
            part[0] if len(part) > 1 else "top level", 0
        ) + lines(path)
    for room, count in sorted(rooms.items()):
        print(f"{room:12} {count:5}")
    longest = max([*package, *tests], key=length)
    found = {
        "package": sum(map(lines, package)),
        "tests": sum(map(lines, tests)),
        "JavaScript": sum(map(lines, scripts)),
        "longest file": length(longest),
    }
    over = [name for name, limit in BUDGET.items() if found[name] > limit]
    for name, limit in BUDGET.items():
        print(f"{name:12} {found[name]:5} of {limit}{'  OVER' if name in over else ''}")
    print(f"longest: {longest.relative_to(ROOT)}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
