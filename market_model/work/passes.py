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
PASSES = ("bill.price_pass", "chunks.week_pass", "bill.bill_pass")
"""What every run needs, in the order in which it is compiled."""


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


def compiled() -> int:
    """How many of PASSES were compiled on this computer, and kept."""
    folder = cache_folder()
    kept = {file.name.partition("-")[0] for file in Path(folder).rglob("*.nbc")} if folder else ()
    return sum(name in kept for name in PASSES)
