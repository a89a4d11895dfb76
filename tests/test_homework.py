"""Solo games that are handed in: read, played again, ranked."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from market_model.commands.main import app
from market_model.explorer.homework import HandedIn, handed_in, mark
from market_model.scenario import ScenarioError


def address(*decisions: dict[str, object], seat: str = "yixin") -> str:
    done = "".join(
        f"&do={12 + 4 * r}.{seat}={quote(json.dumps(one))}" for r, one in enumerate(decisions)
    )
    return f"story=china-2013&set=society.users%3D200&seat={seat}{done}"


def test_names_stand_before_addresses_or_are_those_of_files(tmp_path: Path) -> None:
    (tmp_path / "class.txt").write_text(
        "name,address\nAnn, http://127.0.0.1:8000/solo?story=a\n\nBo\t/solo?story=b\n", "utf-8"
    )
    (tmp_path / "Cy.txt").write_text("\ufeffhttp://localhost/solo?story=c", "utf-8")
    (tmp_path / "other.zip").write_bytes(b"PK")
    assert list(handed_in([tmp_path])) == [
        HandedIn("Cy", "story=c"),
        HandedIn("Ann", "story=a"),
        HandedIn("Bo", "story=b"),
    ]
    (tmp_path / "class.txt").write_text("Ann /solo?story=a\nDi forgot it\n", "utf-8")
    (tmp_path / "empty.txt").write_text("nothing")
    assert list(handed_in([tmp_path]))[1:] == [
        HandedIn("Ann", "story=a"),
        HandedIn("Di forgot it", ""),
        HandedIn("empty", ""),
    ]
    assert "no address" in mark(HandedIn("empty", "")).problem
    for path in (tmp_path / "empty.txt", tmp_path / "missing.txt", tmp_path / "other.zip"):
        with pytest.raises(ScenarioError):
            list(handed_in([path]))


@pytest.mark.slow
def test_games_are_played_again_and_equal_ones_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    idle, lavish = [{}] * 10, [{"bring_friend": 4.0}, *[{}] * 9]
    lines = [
        f"Ann /solo?{address(*idle)}",
        f"Bo /solo?{address(*lavish)}",
        f"Cy /solo?{address(*idle)}",
        f"Di /solo?{address({})}",
        f"Ed /solo?{address({'promotion': -1})}",
    ]
    (tmp_path / "all.txt").write_text("\n".join(lines), "utf-8")
    marks = {one.name: mark(one) for one in handed_in([tmp_path])}
    assert marks["Ann"].skill and marks["Ann"].skill.margin == 0 and marks["Ann"].skill.stars == 0
    assert marks["Bo"].skill and marks["Bo"].skill.margin != 0
    assert marks["Cy"].key == marks["Ann"].key != marks["Bo"].key
    assert (marks["Di"].played, marks["Di"].rounds, marks["Di"].skill) == (1, 10, None)
    assert "promotion" in marks["Ed"].problem
    app(["homework", str(tmp_path), "--json"], standalone_mode=False)
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told][-2:] == ["Di", "Ed"]
    app(["homework", str(tmp_path)], standalone_mode=False)
    assert "the same game as Ann" in " ".join(capsys.readouterr().out.split())
