"""Makes the recordings that come with the package: `uv run python -m
market_model.explorer.recordings`.
"""

import tempfile
import zipfile
from pathlib import Path

from .place import Place, families
from .playback import POINT, simulate

FOLDER = Path(__file__).parent / "recordings"


def record(place: Place, path: Path) -> None:
    """All parts of a run in a zip with its key as comment; the same bytes each time."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, "w") as stored:
        simulate(place, folder)
        stored.comment = place.key().encode()
        for part in sorted(p for p in Path(folder).iterdir() if p.suffix != POINT):
            stored.writestr(zipfile.ZipInfo(part.name), part.read_bytes(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    for story in families():
        record(Place(story), FOLDER / f"{story}.zip")
