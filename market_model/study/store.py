"""Reads the folder of a sweep: its file, its runs, its weekly series."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from ..scenario import ScenarioError


class Results:
    """What a sweep left in a folder.

    Attributes:
        sweep: the sweep's file. factors: dotted paths of what was swept.

    Raises:
        ScenarioError: the folder holds no sweep.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            given = tomllib.loads((folder / "sweep.toml").read_text(encoding="utf-8"))
        except OSError:
            raise ScenarioError(str(folder), "", "holds no sweep; name the folder that 'sweep run' wrote") from None
        none: dict[str, Any] = {"range": None, "values": None, "scale": "lin"}
        factors = {name: SimpleNamespace(**(none | entry)) for name, entry in given.get("factors", {}).items()}
        self.sweep: Any = SimpleNamespace(**(given | {"factors": factors, "design": SimpleNamespace(**given["design"])}))
        self.factors: list[str] = list(factors)

    def runs(self) -> pa.Table:
        """One row a run, sorted."""
        return self._table("runs").sort_by("run")

    def weekly(self, columns: list[str]) -> pa.Table:
        """Columns of the weekly series."""
        return self._table("weekly", columns)

    def _table(self, kind: str, columns: list[str] | None = None) -> pa.Table:
        parts = [ds.dataset(p, format="parquet") for p in sorted((self.folder / kind).glob("part-*.parquet"))]
        whole = pa.unify_schemas([p.schema for p in parts])
        return ds.dataset(parts, schema=whole).to_table(columns=columns)
