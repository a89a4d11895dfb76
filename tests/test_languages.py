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
from conftest import LIMIT, Command

from market_model.errors import BadInput
from market_model.scenario import load_scenario
from market_model.words import amount, fixed, known_language, people, percent, series, word
from market_model.words.catalogue import OWN, broken, languages, markdown, texts, use

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
        ("hi-IN", ["−1,250", "12.5 k", "0.5%", "1,234.50", "4 of 800 (0.5%)"]),
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


def test_numbers_of_any_size_are_grouped_as_in_the_locale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = '[language]\nname = "X"\nlocale = "hi-IN"\n'
    monkeypatch.setenv(OWN, str(write(tmp_path, {"hi/names.toml": names})))
    assert (
        fixed(12_345_678, "hi", 0) == "1,23,45,678" and fixed(12_345_678, "en", 0) == "12,345,678"
    )
    assert fixed(1e30, "en", 1) == "1,000,000,000,000,000,019,884,624,838,656.0"
    assert percent(1e30, "en") == "100000000000000005366162204393472%"
    assert len(fixed(1.7e308, "en", 2)) == 414 and percent(1.7e308, "en") == "–"


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
        ("tl/reports.toml", "a = " + "[" * 9999, "reports.toml: is not TOML: nested too deeply"),
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
        ("tl/names.toml", "", "names.toml: language.name: is missing; as in"),
        ("tl/names.toml", NAMES.replace("fil", "x y"), "language.locale: 'x y' is no locale"),
        ("tl/names.toml", NAMES.replace("fil", "de@euro"), "'de@euro' is no locale that is known"),
        ("zh/names.toml", "[language]\nlocale = 'de_DE'", "language.locale: 'de_DE' is no locale"),
        ("en/names.toml", "[language]\nlocale = 'xx'", "language.locale: 'xx' is no locale"),
        ("tl/names.toml", NAMES.replace("[actor]", "steps = ['dozen']\n[actor]"), "'dozen' is no"),
        ("tl/names.toml", NAMES.replace("[actor]", "steps = [5]\n[actor]"), "steps: 5 is no step"),
        ("tl/names.toml", NAMES.replace("[actor]", "steps = [[1]]\n[actor]"), "[1] is no step"),
        (
            "tl/reports.toml",
            "[people]\nsmall = '{part:.2f}'",
            "people.small: has the place {part:.2f}; write it as {part}",
        ),
        ("tl/reports.toml", "[people]\nsmall = '{part!x}'", "has the place {part!x}; write it"),
        ("tl/reports.toml", "[people]\nsmall = '{part:{w}}'", "has the place {part:{w}}; write"),
        ("tl/problems.toml", "'{0} is' = 'x'", "{0} is: has the place {0}; name it with letters"),
        ("tl/problems.toml", "'{a} is {a}' = 'x'", "has the place {a} twice; give each"),
        ("tl/problems.toml", "'{first}' = 'x'", "fits every sentence; for that"),
        ("tl/teaching/china-2013.md", b"\xff", "china-2013.md: is not in UTF-8"),
        ("zh/china-2013.md", b"\xff", "china-2013.md: is not in UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_one_line(
    file: str, text: str | bytes, told: str, tmp_path: Path, command: Command, monkeypatch
) -> None:
    folder = write(tmp_path / "w", TOY)
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_bytes(text.encode() if isinstance(text, str) else text)
    monkeypatch.setenv(OWN, str(folder))
    said = command("run", "china-2013", "--language", "tl")
    assert said.code == 2 and said.err.count("\n") == 1 and "Traceback" not in said.err
    assert said.err.startswith(str(folder / file)) and told in said.err, said.err


def test_what_an_own_english_says_goes_with_a_language_of_one_s_own(toy: Path) -> None:
    write(toy, {"en/names.toml": '[actor]\nbagong_app = "New App"\n'})
    use(toy)
    assert known_language("tl", "--language") == "tl"
    assert word("actor.bagong_app", "tl") == "Bagong App"
    assert word("actor.bagong_app", "en") == "New App"


def test_only_languages_that_are_asked_for_must_be_sound(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "drafts/a.txt": "x",
        "drafts/a.toml": "[",
        "my notes/names.toml": "[",
        "es/names.toml": "[",
        "pt/names.toml": NAMES.replace("fil", "pt-BR"),
        "pt/reports.toml": "[report]\nknid = 'x'",
    }
    words = write(tmp_path / "words", TOY | files)
    (tmp_path / "mine.toml").write_text('extends = "china-2013"\n', "utf-8")
    said = command("show", "mine.toml")
    assert said.code == 0 and not said.err and os.environ[OWN] == str(words)
    assert languages() == {"en": "English", "tl": "Tagalog", "zh": "中文"}
    told = [str(fault) for fault in broken()]
    assert len(told) == 2 and told[0].startswith(str(words / "es/names.toml: is not TOML"))
    assert told[1].startswith(f"{words / 'pt/reports.toml'}: report.knid: no page shows")

    opened: list[str] = []
    monkeypatch.setattr("market_model.explorer.launch.play", lambda *_: opened.append("play"))
    monkeypatch.setattr(
        "market_model.classroom.launch.run_class", lambda *_, **__: opened.append("class")
    )
    for name in ("play", "class"):
        said = command(name, "mine.toml")
        assert said.code == 0
        assert said.err.splitlines() == [f"{line} (left out of the languages)" for line in told]
    assert opened == ["play", "class"]
    said = command("run", "mine.toml", "--language", "es")
    assert said.code == 2 and said.err.startswith(told[0])


def test_there_is_a_line_for_what_does_not_exist(tmp_path: Path, command: Command) -> None:
    said = command("run", "china-2013", "--language", "xx")
    assert said.code == 2 and not said.out
    assert said.err == (
        "--language: there is no language 'xx'; choose one of en (English), zh (中文), or a folder "
        "of your own: see MARKET_MODEL_WORDS in the README\n"
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


def test_a_language_beside_any_scenario_file_of_a_command_is_seen(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "b/words", TOY)
    (tmp_path / "b/mine.toml").write_text('extends = "china-2013"\n', "utf-8")
    (tmp_path / "b/results/free").mkdir(parents=True)
    said = command(
        "compare", "--language", "tl", "china-2013", "b/mine.toml", "--out", "b/mine.toml"
    )
    assert "there is no language" not in said.err and os.environ[OWN] == str(tmp_path / "b/words")
    monkeypatch.setenv(OWN, "")
    said = command("sweep", "analyze", "b/results/free", "--language", "tl")
    assert "there is no language" not in said.err and os.environ[OWN] == str(tmp_path / "b/words")


@pytest.mark.slow
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
    page.wait_for_selector(".player.loaded")
    text = page.text_content("main")
    assert "Sino ang gumagamit" in text and "In the news, as it was" in text
    assert "Yixin ng Tsina" in page.text_content(".legend")
    page.goto(f"{served.address}/solo?lang=tl&story=china-2013")
    assert page.evaluate("document.documentElement.lang") == "fil"
    for path in ("/play", "/explorer/fields", "/solo"):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{served.address}{path}?lang=xx", timeout=LIMIT)
        told = error.value.read().decode()
        assert error.value.code == 400
        assert "there is no language" in told and "tl (Tagalog)" in told, told


@pytest.mark.browser
def test_only_english_has_a_capital_m_for_a_million(toy: Path, serve, visit) -> None:
    write(toy, {"pt/names.toml": '[language]\nname = "Português"\nlocale = "pt-BR"\n'})
    served = serve("--port", "0")
    shown = "import('/explorer/dom.js').then(page => page.numbers().short(12500))"
    page = visit(f"{served.address}/?lang=pt").page
    assert page.evaluate(shown) == "12,5\xa0mil"
    page.goto(f"{served.address}/?lang=en")
    assert page.evaluate(shown.replace("12500", "12.5e6")) == "12.5M"


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
        with urllib.request.urlopen(address, timeout=LIMIT) as answer:
            page = answer.read().decode()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(LIMIT)
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
