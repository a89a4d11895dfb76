"""The log of a game: what happened is on the disk before anybody is told."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..scenario import ScenarioError

VERSION = 1
ENDING = ".class"
"""Of a game's file."""
TABLES = """
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
    key TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS drafts (place TEXT PRIMARY KEY, data TEXT NOT NULL);
"""


class Event(NamedTuple):
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


class Log:
    """A game's file: events are only ever added, drafts replaced. One process at a time has it.

    Attributes:
        path: the file. keys: of all messages that led to an event.
    """

    def __init__(self, path: Path) -> None:
        """Raises ScenarioError: no game's file, or another process has it."""
        self.path = path
        try:
            self._db = sqlite3.connect(path, timeout=0.5, check_same_thread=False)
            for setting in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
                self._db.execute(f"PRAGMA {setting}")
            self._db.executescript(TABLES)
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if not version:
                self._db.execute(f"PRAGMA user_version = {VERSION}")
            self.keys = {
                key for (key,) in self._db.execute("SELECT key FROM events WHERE key IS NOT NULL")
            }
        except sqlite3.Error as error:
            reason = (
                "another process has it open; end that one first"
                if "locked" in str(error)
                else f"it is no game: {error}"
            )
            raise ScenarioError(str(path), "", reason) from None
        if version not in (0, VERSION):
            raise ScenarioError(str(path), "version", f"{version}; this program reads {VERSION}")

    def events(self) -> list[Event]:
        return [
            Event(kind, json.loads(data), key)
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

    def keep(self, events: Sequence[Event], drafts: Sequence[Draft] = ()) -> None:
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

    def close(self) -> None:
        self._db.close()
