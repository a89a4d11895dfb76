"""The log of a game: what happened is on the disk before anybody is told."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from ..scenario import ScenarioError

VERSION = 1
ENDING = ".class"
"""Of a game's file."""
BESIDE = ("-wal", "-shm", ".lock")
"""Endings of the files beside it."""
OPEN = 1
"""The file's `application_id` while a process has it, or if that one died."""
WHOLE = {"hosted", "briefed", "resolved", "undone", "debriefed"}
"""Events after which the file holds everything, without the one beside it."""
TABLES = """
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
    key TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS drafts (place TEXT PRIMARY KEY, data TEXT NOT NULL);
"""


class LogEntry(NamedTuple):
    """What happened; `key`: of the message that asked for it, so that one sent twice counts
    once.
    """

    kind: str
    data: Mapping[str, Any] = {}
    key: str | None = None


class Draft(NamedTuple):
    """Fields as typed by a player for a round; `decision`: the last valid one that came of them."""

    place: str
    fields: Mapping[str, str]
    decision: Mapping[str, Any] | None = None


def beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def held(path: Path) -> FileLock:
    """The right to write a game's file, until it is released or the process ends. Raises
    ScenarioError: another process has it.
    """
    lock = FileLock(beside(path, ".lock"), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ScenarioError(
            str(path), "", "another process has it open; end that one first"
        ) from None
    except OSError as error:
        raise ScenarioError(str(path), "", f"cannot be written: {error.strerror}") from None
    return lock


class Log:
    """A game's file: events are only ever added, drafts replaced. One process at a time writes it;
    others may read.

    Attributes:
        path: the file. keys: of all messages that led to an event. missing: what a copy lacks, in
            words, "" if nothing.
    """

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        """Raises ScenarioError: no game's file, or another process writes it."""
        self.path, wal = path, beside(path, "-wal")
        alone = not wal.exists()
        self._ends, self._reading = ExitStack(), reading
        if not reading:
            self._ends.callback(held(path).release)
        try:
            way = path.absolute().as_uri() + f"?{'immutable=1' if alone else 'mode=ro'}"
            self._db = sqlite3.connect(
                way if reading else path, uri=reading, timeout=0.5, check_same_thread=False
            )
            self._ends.callback(self._db.close)
            (state,) = self._db.execute("PRAGMA application_id").fetchone()
            if not reading:
                for setting in ("journal_mode = WAL", "synchronous = FULL"):
                    self._db.execute(f"PRAGMA {setting}")
                self._db.executescript(TABLES)
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if not (version or reading):
                self._db.execute(f"PRAGMA user_version = {VERSION}")
            self.keys = {
                key for (key,) in self._db.execute("SELECT key FROM events WHERE key IS NOT NULL")
            }
        except sqlite3.Error as error:
            self._ends.close()
            raise ScenarioError(str(path), "", f"it is no game: {error}") from None
        if version not in (0, VERSION):
            self.close()
            raise ScenarioError(str(path), "version", f"{version}; this program reads {VERSION}")
        self.missing = (
            f"what happened after its last round is missing: {wal.name} was not copied with it"
            if alone and state == OPEN
            else ""
        )
        if not reading:
            self._db.execute(f"PRAGMA application_id = {OPEN}")

    def events(self) -> list[LogEntry]:
        return [
            LogEntry(kind, json.loads(data), key)
            for kind, data, key in self._db.execute(
                "SELECT kind, data, key FROM events ORDER BY number"
            )
        ]

    def drafts(self) -> dict[str, Draft]:
        """The last one of each place."""
        return {
            place: Draft(place, *json.loads(data))
            for place, data in self._db.execute("SELECT place, data FROM drafts")
        }

    def keep(self, events: Sequence[LogEntry], drafts: Sequence[Draft] = ()) -> None:
        """Store all or nothing; when this returns, it is on the disk. Raises sqlite3.Error."""
        now = time.time()
        with self._db:
            self._db.executemany(
                "INSERT INTO events (at, kind, data, key) VALUES (?, ?, ?, ?)",
                [(now, event.kind, json.dumps(event.data), event.key) for event in events],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO drafts VALUES (?, ?)",
                [(draft.place, json.dumps([draft.fields, draft.decision])) for draft in drafts],
            )
        self.keys |= {event.key for event in events if event.key}
        if any(event.kind in WHOLE for event in events):
            with suppress(sqlite3.Error):  # it is kept already
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        if not self._reading:
            with suppress(sqlite3.Error):
                self._db.execute("PRAGMA application_id = 0")
        self._ends.close()
