"""Where the compiled passes of the market are kept; known without loading a compiler."""

import hashlib
import tempfile
from pathlib import Path

MARKET = Path(__file__).parents[1] / "market"
COMPILED = (
    "../society/computed",
    "../society/implicit",
    "equations",
    "draws",
    "columns",
    "scratch",
    "traits",
    "compiled",
    "ties",
    "choices",
    "traffic",
    "chunks",
    "plans",
    "bill",
)
"""Modules of the market that the passes are made of."""


def cache_folder() -> str:
    """Where compiled passes are kept: by what all their sources say, so that a changed rule is
    compiled anew; "" where nothing can be kept.
    """
    sources = hashlib.blake2b(
        b"".join((MARKET / f"{name}.py").read_bytes() for name in COMPILED), digest_size=6
    ).hexdigest()
    for folder in (
        MARKET / "__pycache__",
        Path.home() / ".cache" / "market-model",
        Path(tempfile.gettempdir()) / "market-model",
    ):
        try:
            (folder / f"passes-{sources}").mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        return str(folder / f"passes-{sources}")
    return ""


def compiled_before() -> bool:
    """Whether a week's pass was compiled on this computer, and kept."""
    folder = cache_folder()
    return bool(folder) and any(Path(folder).rglob("chunks.week_pass-*.nbc"))
