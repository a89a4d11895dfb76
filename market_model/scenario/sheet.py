"""Tables as spreadsheets, R and pandas write them: the reader of all CSV files."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple

from .errors import shorten

SAMPLE = 50
"""Lines from which the mark between columns is known."""
MARKS = ("\t", ";", ",", "|")
PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ": "lzma"}
BYTE_ORDERS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}
_NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_ONLY_COMMA = re.compile(r"\s*[-+]?\d*,\d+\s*%?\s*")


class Unreadable(ValueError):
    """What is wrong with the content of a file, and what to do; the line, where one is wrong."""


@dataclass(frozen=True)
class File:
    """A file that a scenario names.

    Attributes:
        name: as it stands there. content: None where it cannot be read. path: where it was, or
            was looked for; "" for one that is kept elsewhere.
    """

    name: str
    content: bytes | None
    path: str = field(default="", compare=False)


class Sheet(NamedTuple):
    """A table with a line of names.

    Attributes:
        names: of the columns; "" for numbers of rows that have no name.
        rows: (line in the file, cells), as many cells as names. mark: that parts cells; "" where
            there is one column, " " for blanks.
    """

    names: list[str]
    rows: list[tuple[int, list[str]]]
    mark: str


def text_of(content: bytes) -> str:
    """The text of a file: UTF-8 or UTF-16, with or without byte order mark, packed or not.

    Lines end in a line feed. Raises Unreadable.
    """
    if module := next((m for magic, m in PACKED.items() if content.startswith(magic)), ""):
        try:
            content = import_module(module).decompress(content)
        except Exception as error:  # of three libraries, each with errors of its own
            raise Unreadable("is packed, but broken; pack it again") from error
    if content.startswith(b"PK\x03\x04"):
        raise Unreadable("is a workbook or a ZIP archive; save the table itself as CSV")
    kind = next((k for mark, k in BYTE_ORDERS.items() if content.startswith(mark)), "")
    if not kind and b"\0" in content[:4]:
        kind = "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    try:
        text = content.decode(kind or "utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(
            f"line {line} is neither UTF-8 nor UTF-16; save the file as 'CSV UTF-8'"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cells_of(line: str, mark: str) -> list[str]:
    """The cells of one line. Raises Unreadable: quotes that do not fit."""
    if not mark:
        return [line.strip().strip('"').strip()]
    if mark == " ":
        line = line.replace("\t", " ").strip()
        if '"' not in line:
            return line.split()
    try:
        row = next(csv.reader([line], delimiter=mark, skipinitialspace=True, strict=True), [])
    except csv.Error:
        raise Unreadable('has a " without its other half; close it') from None
    return [cell.strip() for cell in row]


def mark_of(lines: Sequence[str], *, header: bool) -> str:
    """What parts the cells of these lines; "" where there is one column.

    With a header it stands in the names, or the names are one short, as R writes them beside
    names of rows.
    """
    if (
        header
        and len(lines) > 1
        and "," not in lines[0]
        and all(_ONLY_COMMA.fullmatch(line) for line in lines[1:])
    ):
        return ""
    for mark in (*MARKS, " "):
        counts = [_count(line, mark) for line in lines[:SAMPLE]]
        first, rest = counts[0], counts[1:] or counts
        whole = sum(count > 1 for count in rest) * 2 > len(rest) if header else min(rest) > 1
        if first > 1 and whole and (mark != " " or {*counts} <= {first, first + header}):
            return mark
        if header and mark != "," and first == 1 and {*rest} == {2}:
            return mark
    if header and all(line.startswith('"') for line in lines) and '",' in lines[-1]:
        return ","
    return ""


def _count(line: str, mark: str) -> int:
    try:
        return len(cells_of(line, mark))
    except Unreadable:
        return len(line.split() if mark == " " else line.split(mark))


@lru_cache(maxsize=8)
def sheet_of(content: bytes) -> Sheet:
    """A file's table. Raises Unreadable: it has no names, or a line does not fit them."""
    lines = [(n, line) for n, line in enumerate(text_of(content).split("\n"), 1) if line.strip()]
    told = re.fullmatch(r'"?sep=(.)"?;*', lines[0][1].strip()) if lines else None
    if told:
        lines = lines[1:]
    if not lines:
        raise Unreadable("is empty; it needs a line of names and a line for each row")
    plain = [line for _, line in lines]
    mark = told[1] if told else mark_of(plain, header=True)
    names, *rows = ((n, *_row(n, line, mark)) for n, line in lines)
    names = list(names[1])
    while len(names) > 1 and not names[-1]:
        del names[-1]
    short = [n for n, cells in rows if len(cells) == len(names) + 1 and cells[-1]]
    if short and len(short) == len(rows) and (mark != "," or plain[-1].startswith('"')):
        names = ["", *names]
    return Sheet(names, list(_fitted(rows, names)), mark)


def _row(number: int, line: str, mark: str) -> tuple[list[str]]:
    try:
        return (cells_of(line, mark),)
    except Unreadable as error:
        raise Unreadable(f"line {number} {error}") from None


def _fitted(
    rows: Iterable[tuple[int, list[str]]], names: list[str]
) -> Iterable[tuple[int, list[str]]]:
    for number, cells in rows:
        if not any(cells):
            continue
        if any(cells[len(names) :]):
            raise Unreadable(
                f"line {number} has {len(cells)} values for {len(names)} columns; if the comma is "
                "your decimal mark, put ';' between columns"
            )
        yield number, [*cells, *[""] * (len(names) - len(cells))][: len(names)]


def plain_number(text: str) -> float | None:
    """A number as spreadsheets write it: 0.5, 0,5 or 50 % (which is 0.5); None if it is none."""
    text = text.strip().replace("−", "-").replace("\xa0", " ")
    percent = text.endswith("%")
    text = text.removesuffix("%").strip()
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text.replace(",", ".")) / (100 if percent else 1)
    return value if abs(value) < float("inf") else None


def numbers(cells: Sequence[tuple[int, str]], mark: str) -> list[float]:
    """The numbers of a column of (line, cell).

    Raises Unreadable: a cell is empty or no number, or commas could be thousands.
    """
    values: list[float] = []
    commas = [(n, cell) for n, cell in cells if "," in cell]
    for number, cell in cells:
        value = plain_number(cell)
        if value is None:
            missing = cell.strip().lower() in ("", "na", "nan", "null", "none", "#n/a", "-", ".")
            raise Unreadable(
                f"line {number} has {'no value' if missing else shorten(cell)}; "
                + (f"fill it in ({shorten(cell)})" if missing else "it needs a number")
            )
        values.append(value)
    if commas and (dot := next((n for n, cell in cells if "." in cell), None)):
        raise Unreadable(
            f"line {commas[0][0]} has {shorten(commas[0][1])}, line {dot} a decimal point; "
            "write all numbers with one decimal mark and none for thousands"
        )
    if mark == "," and commas and all(_THOUSANDS.fullmatch(cell.strip()) for _, cell in commas):
        raise Unreadable(
            f"line {commas[0][0]} has {shorten(commas[0][1])}, which may be thousands or decimals; "
            "write it with a decimal point"
        )
    return values
