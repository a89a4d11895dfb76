"""A language of a user's own: a folder of texts outside the package, English underneath."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import Command

from market_model.errors import BadInput
from market_model.scenario import load_scenario
from market_model.words import amount, fixed, people, percent, series, word
from market_model.words.catalogue import OWN, languages, markdown, texts, use

pytest_plugins = ["browser"]

NAMES = """
[language]
name = "Tagalog"
locale = "fil"
[actor]
yixin = "Yixin ng Tsina"
bagong_app = "Bagong App"
[title]
china-2013 = "Tsina 2013"
"""
TOY = {
    "tl/names.toml": NAMES,
    "tl/reports.toml": '[report]\nkind = "Ulat ng merkado"\n',
    "tl/explorer.toml": '[shares]\ntitle = "Sino ang gumagamit"\n[gallery]\ntitle = "Mga kuwento"\n',
    "tl/classroom.toml": '[page]\njoin = "Sumali sa laro"\n',
    "tl/problems.toml": '"needs a whole number, not {value}" = "kailangan ng bilang, hindi {value}"\n',
    "tl/china-2013.md": "# Tsina\nAng kuwento ng libreng data.\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(autouse=True)
def no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test brings ends with it."""
    monkeypatch.setenv(OWN, "")


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write(tmp_path / "toy", TOY)
    monkeypatch.setenv(OWN, str(folder))
    return folder


def test_a_language_is_a_folder_with_english_underneath(toy: Path) -> None:
    assert languages() == {"en": "English", "tl": "Tagalog", "zh": "中文"}
    assert word("report.kind", "tl") == "Ulat ng merkado"
    assert word("report.seed", "tl") == word("report.seed", "en") == "Seed"
    assert series("active", "app", "tl") == series("active", "app", "en")
    assert load_scenario("china-2013").title_in("tl") == "Tsina 2013"
    assert load_scenario("china-2013").title_in("en") != "Tsina 2013"
    found = markdown(toy, "china-2013", "tl")
    assert found == toy / "tl/china-2013.md" and not markdown(toy, "china-2013", "zh")


def test_a_user_may_name_things_in_the_languages_that_are_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from market_model.words import actor

    before = actor("wechat", "zh")
    monkeypatch.setenv(
        OWN, str(write(tmp_path, {"zh/names.toml": '[actor]\nyixin = "我的易信"\n'}))
    )
    assert actor("yixin", "zh") == "我的易信" and actor("wechat", "zh") == before
    assert actor("yixin", "en") == "Yixin"


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("de", ["−1.250", "12,5 k", "0,5\xa0%", "1.234,50", "4 of 800 (0,5\xa0%)"]),
        ("de-CH", ["−1'250", "12.5 k", "0.5%", "1'234.50", "4 of 800 (0.5%)"]),
        ("tr", ["−1.250", "12,5 k", "%0,5", "1.234,50", "4 of 800 (%0,5)"]),
    ],
)
def test_numbers_are_written_as_in_the_language_s_locale(
    locale: str, shown: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = f'[language]\nname = "X"\nlocale = "{locale}"\n'
    monkeypatch.setenv(OWN, str(write(tmp_path, {"xx/names.toml": names})))
    assert [
        amount(-1250, "xx"),
        amount(12_500, "xx"),
        percent(0.005, "xx", 1),
        fixed(1234.5, "xx", 2),
        people.share(4, 800, "xx"),
    ] == shown


def test_large_numbers_go_by_the_steps_of_a_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = NAMES.replace("[actor]", 'steps = ["ten_thousand"]\n[actor]', 1)
    monkeypatch.setenv(OWN, str(write(tmp_path, {"tl/names.toml": names})))
    assert amount(12_500_000, "tl") == "1,250 ×10⁴" and amount(12_500_000, "en") == "12.5 M"


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("tl/reports.toml", "[report", "reports.toml: is not TOML"),
        (
            "tl/reports.toml",
            "[report]\nknid = 'x'",
            "report.knid: no page shows this text; did you",
        ),
        ("tl/reports.toml", "[report]\nkind = 3", "report.kind: needs text in quotes, not 3"),
        ("tl/reports.toml", "report = 'x'", "report: needs a table [report], not 'x'"),
        ("tl/reports.toml", "[report]\nkind = 'a {b}'", "report.kind: has the place {b}, which"),
        ("tl/reports.toml", "[report]\nkind = 'a {'", "report.kind: Single '{' encountered"),
        ("tl/report.toml", "", "report.toml: is no file of texts; did you mean 'reports'?"),
        ("tl/names.toml", "[language]\nname = 'Tagalog'", "language.locale: is missing"),
        ("tl/names.toml", NAMES.replace("fil", "x y"), "language.locale: 'x y' is no locale"),
        ("tl/names.toml", NAMES.replace("[actor]", "steps = ['dozen']\n[actor]"), "'dozen' is no"),
        ("tl/names.toml", None, "names.toml: language.name: is missing; as in"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_one_line(
    file: str, text: str | None, told: str, tmp_path: Path, command: Command, monkeypatch
) -> None:
    folder = write(tmp_path / "w", TOY | {file: text or ""})
    if text is None:
        (folder / file).unlink()
    monkeypatch.setenv(OWN, str(folder))
    said = command("list")
    assert said.code == 2 and said.err.count("\n") == 1 and "Traceback" not in said.err
    assert said.err.startswith(str(folder / file)) and told in said.err, said.err


def test_there_is_a_line_for_what_does_not_exist(tmp_path: Path, command: Command) -> None:
    said = command("run", "china-2013", "--language", "xx")
    assert said.code == 2 and not said.out
    assert said.err == (
        "--language: there is no language 'xx'; choose one of en (English), zh (中文)\n"
    )
    with pytest.raises(BadInput, match="no such folder"):
        use(tmp_path / "nowhere")


def test_a_run_tells_its_report_in_a_language_beside_the_scenario(
    tmp_path: Path, command: Command
) -> None:
    write(tmp_path / "words", TOY)
    (tmp_path / "mine.toml").write_text('extends = "china-2013"\n[society]\nusers = 100\n', "utf-8")
    said = command("run", "--language", "tl", "mine.toml", "--weeks", "8", "--out", "out")
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert said.code == 0 and os.environ[OWN] == str(tmp_path / "words")
    assert '<html lang="fil">' in page and "Ulat ng merkado" in page and "Yixin ng Tsina" in page
    assert "Free-data offers" in page and "Who uses which app" in page


@pytest.mark.browser
@pytest.mark.usefixtures("toy")
def test_pages_of_the_explorer_speak_it(serve, visit) -> None:
    served = serve("--port", "0")
    page = visit(f"{served.address}/?lang=tl").page
    page.wait_for_selector("h1:has-text('Mga kuwento')")
    text = page.inner_text("main")
    assert "Tsina 2013" in text and "Stories told" not in text and "What if …" in text
    assert "Ang kuwento ng libreng data." in page.text_content("main")
    assert page.locator(".language").all_text_contents() == ["English", "中文"]
    page.click(".language:has-text('中文')")
    page.wait_for_selector("html[lang=zh-CN] h1:has-text('免流量')")
    page.click(".language:has-text('Tagalog')")
    page.wait_for_selector("html[lang=fil] h1:has-text('Mga kuwento')")
    page.goto(f"{served.address}/play?lang=tl&set=society.users%3D200&set=weeks%3D8")
    page.wait_for_selector(".player.loaded", timeout=90_000)
    text = page.text_content("main")
    assert "Sino ang gumagamit" in text and "What happens" in text
    assert "Yixin ng Tsina" in page.text_content(".legend")
    page.goto(f"{served.address}/solo?lang=tl&story=china-2013")
    assert page.evaluate("document.documentElement.lang") == "fil"
    for path in ("/play", "/explorer/fields", "/solo"):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{served.address}{path}?lang=xx", timeout=20)
        told = error.value.read().decode()
        assert error.value.code == 400
        assert "there is no language" in told and "tl (Tagalog)" in told, told


@pytest.mark.usefixtures("toy")
def test_a_class_page_speaks_it(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("market-model")
    words = [command, "class", "--language", "tl", "--no-browser", "--port", "0"]
    with subprocess.Popen(
        [*words, "--data", tmp_path / "games"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        address = next(
            found[1] for line in process.stdout if (found := re.search(r"open (http\S+)", line))
        )
        with urllib.request.urlopen(address, timeout=60) as answer:
            page = answer.read().decode()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
    assert '<html lang="fil">' in page and "Sumali sa laro" in page and "Nickname" in page


@pytest.mark.usefixtures("toy")
def test_what_is_wrong_with_an_address_is_told_in_it() -> None:
    from market_model.explorer.problems import problem
    from market_model.scenario import ScenarioError

    error = ScenarioError("address", "weeks", "needs a whole number, not 'x'")
    assert problem(error, "tl") == "address: weeks: kailangan ng bilang, hindi 'x'"
    other = ScenarioError("address", "weeks", "is missing; add it")
    assert problem(other, "tl") == "address: weeks: is missing; add it"
    assert texts("problems", "en") == {}
