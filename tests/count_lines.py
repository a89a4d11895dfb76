"""Characters per line of code, room by room, and files that are too long: `uv run python
tests/count_lines.py`; ends with 1 where something is beyond its limit.

Blank lines, comments and docstrings do not count, so that nobody saves on them; a file's length
counts them all, and so does its size.
"""

import ast
import io
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_CHARACTERS = 38.0
"""Per line of code of the package, on average: what a reader takes in at a glance."""
LONGEST = 500
"""Lines of a file."""
SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code(path: Path) -> list[str]:
    """Lines that hold code, without their indentation."""
    text = path.read_text(encoding="utf-8")
    numbers: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            numbers.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            numbers.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
    return [line.strip() for k, line in enumerate(text.splitlines(), 1) if k in numbers]


def beyond(files: list[Path], characters: float) -> list[str]:
    """What is beyond its limit, a sentence each."""
    found: list[str] = []
    for path in files:
        name = path.relative_to(ROOT).as_posix()
        length = len(path.read_text(encoding="utf-8").splitlines())
        if length > LONGEST:
            found.append(f"{name} has {length} lines, more than {LONGEST}")
    if characters > MOST_CHARACTERS:
        found.append(f"a line has {characters:.1f} characters, more than {MOST_CHARACTERS:g}")
    return found


def main() -> int:
    files = sorted((*(ROOT / "market_model").rglob("*.py"), *(ROOT / "tests").rglob("*.py")))
    rooms: dict[str, list[str]] = {}
    for path in files:
        top, *parts = path.relative_to(ROOT).parts
        room = "tests" if top == "tests" else parts[0] if len(parts) > 1 else "top level"
        rooms.setdefault(room, []).extend(code(path))
    rooms["package"] = [line for room, lines in rooms.items() if room != "tests" for line in lines]
    print(f"{'room':12} {'lines':>6} {'characters per line':>20}")
    average = {room: sum(map(len, lines)) / len(lines) for room, lines in rooms.items()}
    for room in sorted(rooms, key=lambda room: (room in ("package", "tests"), room)):
        print(f"{room:12} {len(rooms[room]):6} {average[room]:20.1f}")
    size = sum(p.stat().st_size for p in files if p.is_relative_to(ROOT / "market_model"))
    print(f"the package's Python: {size / 1000:,.0f} kB")
    wrong = beyond(files, average["package"])
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
