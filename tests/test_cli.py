"""The command: what it prints and writes, and how it ends."""

import csv
import json
import re
import signal
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import LIMIT, MODULE, Command

import market_model
from market_model import MODEL_VERSION
from market_model.commands import screen
from market_model.market import Market
from market_model.scenario import builtin_names, load_scenario
from market_model.scenario.load import file_schema
from market_model.work import passes

SMALL = ("--weeks", "8", "--users", "300", "--set", "society.warmup_weeks=0")


def stands_alone(page: Path) -> bool:
    """Nothing in the page is fetched: no source, link, import or request outside it."""
    text = page.read_text("utf-8")
    assert text.lower().startswith("<!doctype html>")
    loads = re.findall(
        r"""(?:src|href|action|data)\s*=\s*["']?\s*(?:https?:)?//|@import|url\(["'\s]*(?:https?:)?//""",
        text,
    )
    return (
        not loads and "<link" not in text and "<iframe" not in text and "default-src 'none'" in text
    )


def test_list_names_every_scenario(command: Command) -> None:
    said = command("list")
    assert said.code == 0 and not said.err
    listed = [line.split()[0] for line in said.out.splitlines()[1:]]
    assert listed == [n for n in builtin_names() if "/" not in n]
    assert "limits/L04-bass" in command("list", "--all").out


def test_only_a_first_start_says_that_the_model_is_compiled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(passes, "cache_folder", lambda: str(tmp_path))
    screen.tell_first_start.cache_clear()
    for _ in range(2):
        screen.tell_first_start()
    assert capsys.readouterr().err.count("compiled now, once on this computer") == 1
    (tmp_path / "market_1").mkdir()
    for part in passes.PASSES:
        (tmp_path / "market_1" / f"{part}-1.py313.1.nbc").touch()
    screen.tell_first_start.cache_clear()
    screen.tell_first_start()
    assert not capsys.readouterr().err


def test_while_the_model_is_compiled_a_line_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(passes, "cache_folder", lambda: str(tmp_path))
    monkeypatch.setattr(screen, "COMPILING_LINE_EVERY", 0.05)
    monkeypatch.setattr(screen, "LONGEST_COMPILING", 0.2)
    (tmp_path / "bill.price_pass-1.py313.1.nbc").touch()
    screen.tell_compiling()
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) <= 4 and lines[0] == "compiling the model: 1 of 3 parts after 0 s"
    for part in passes.PASSES:
        (tmp_path / f"{part}-1.py313.1.nbc").touch()
    screen.tell_compiling()
    assert capsys.readouterr().err == "the model is compiled\n"


def test_a_run_leaves_its_compiled_passes_where_the_next_start_looks() -> None:
    Market(load_scenario("china-2013", {"society.users": 100, "weeks": 4})).run()
    assert passes.compiled() == len(passes.PASSES)


def test_version_and_help_import_nothing_heavy() -> None:
    """The model, its file format and the tables of the terminal are loaded by those who need them."""
    for words in ("--version", "--help", "sweep --help", "run --help"):
        program = f"import sys; from market_model.commands import main as cli; sys.argv[1:] = {words.split()}\n"
        program += "try: cli.main()\nfinally: sys.stderr.write(' '.join(sys.modules))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        loaded = set(done.stderr.split())
        assert done.returncode == 0 and done.stdout
        assert not loaded & {"rich", "numpy", "pandas", "mesa", "networkx", "solara"}
        assert "pydantic" not in loaded or len(words.split()) > 1  # typer needs it for ranges
        rooms = {name.split(".")[1] for name in loaded if name.startswith("market_model.")}
        assert rooms == {"commands", "errors", "toml", "version", "words"}
    assert re.fullmatch(
        rf"market-model {version('market-model')}, model {MODEL_VERSION}\n",
        subprocess.run([*MODULE, "--version"], capture_output=True, text=True).stdout,
    )


def test_a_run_loads_no_tables_and_no_spaces_and_mesa_is_whole_for_who_asks() -> None:
    program = (
        "import sys\n"
        "from market_model import Market, load_scenario\n"
        "Market(load_scenario('china-2013', {'society.users': 50, 'weeks': 4})).run()\n"
        "assert not {'pandas', 'scipy.spatial', 'mesa.discrete_space'} & {*sys.modules}\n"
        "import mesa, pandas\n"
        "from mesa.discrete_space import Network\n"
        "assert mesa.discrete_space.Network is Network and pandas.Series([1]).sum() == 1\n"
        "seen = mesa.Agent.create_agents(mesa.Model(), 2).to_list()\n"
        "assert len(seen) == 2 and mesa.agent.pd.Series is pandas.Series\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_package_gives_the_model_and_costs_nothing_to_import() -> None:
    program = (
        "import sys; before = set(sys.modules); import market_model\n"
        "assert not {m for m in set(sys.modules) - before if m.startswith('market_model.')}\n"
        "assert 'numpy' not in sys.modules and 'pydantic' not in sys.modules\n"
        "assert 'run' in dir(market_model)\n"
        "from market_model import Market, compare, load_scenario, run\n"
        "small = load_scenario('china-2013', {'society.users': 50, 'weeks': 4})\n"
        "assert run(small, seed=1).history.weeks == 4 and Market(small, rng=1).step() is None\n"
        "assert compare({'a': small, 'b': small}).differences\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="no attribute 'sweep_all'"):
        market_model.sweep_all  # noqa: B018


def test_a_run_and_a_scenario_print_as_a_short_text() -> None:
    small = load_scenario("china-2013", {"society.users": 50, "weeks": 4})
    assert (
        repr(small)
        == str(small)
        == (
            "Scenario('china-2013': 50 users, 4 weeks from 2013-07-08, 8 apps, 3 carriers, 5 offers)"
        )
    )
    one = market_model.run(small, seed=1)
    share = one.summary["apps"]["wechat"]["mau_share"]
    assert repr(one).startswith("Run('china-2013', seed 1: 50 users, 4 weeks; monthly active ")
    assert f"wechat {share:.1%}" in repr(one) and one.digest in repr(one) and len(repr(one)) < 300


def test_show_tells_players_and_what_differs(command: Command, tmp_path: Path) -> None:
    said = command("show", "china-2013")
    scenario = load_scenario("china-2013")
    assert said.code == 0 and "464 M people" in said.out
    for table in ("apps", "carriers", "offers"):
        assert all(f"\n{table}.{name}." in said.out for name in getattr(scenario, table))
    news = '[[events]]\nwhen = 3\nkind = "news"\ntext = "[/x]"'
    (tmp_path / "odd.toml").write_text(
        f'extends = "china-2013"\ntitle = "[/b] :smile: [red]"\n{news}'
    )
    odd = command("show", "odd.toml")
    assert odd.code == 0 and "[/b] :smile: [red]" in odd.out and "[/x]" in odd.out


def test_show_of_a_file_that_extends_a_story_leads_with_what_it_changes(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text(
        'extends = "china-2013"\nremove = ["offers.yixin_gift"]\n[parameters]\nsalience = 1.0\n'
        "[apps.line]\nlaunch = 20\nquality = 0.5\n"
    )
    said = command("show", "mine.toml").out
    first = said[: said.index("What differs from the defaults")]
    rows = [re.split("  +", line.strip()) for line in first.splitlines() if "  " in line]
    assert rows == [
        ["china-2013", "here"],
        ["apps.line.quality", "–", "0.5"],
        ["apps.line.launch", "–", "20"],
        ["parameters.salience", "0.283", "1"],
        ["offers.yixin_gift", "is there", "is taken out"],
    ]
    (tmp_path / "same.toml").write_text('extends = "china-2013"')
    for name in ("same.toml", "china-2013"):
        assert "What differs from china-2013" not in command("show", name).out


def schema_fields() -> set[str]:
    """Every field by its table and name, from the schema that editors read."""
    whole = file_schema()
    return {
        f"{title}.{name}"
        for title, table in [("Scenario", whole), *whole["$defs"].items()]
        for name in table.get("properties", {})
    }


def test_show_has_every_field_of_the_schema_with_what_is_known_of_it(command: Command) -> None:
    told = json.loads(command("show", "china-2013", "all", "--json").out)
    fields = {field["path"]: field for field in told["fields"]}
    names = {path.rpartition(".")[2] for path in fields} | {
        part for path in fields for part in path.split(".")
    }
    assert {field.partition(".")[2] for field in schema_fields()} <= names
    assert len(fields) > 230 and all(f["text"] and f["kind"] for f in fields.values())
    degree = fields["society.graph.degree"]
    assert (degree["unit"], degree["low"], degree["high"], degree["default"]) == (
        "contacts",
        "0",
        "2,000",
        14.0,
    )
    assert degree["prior"] == [4, 30] and "Leskovec" in degree["source"]
    assert degree["values"] == {"society.graph.degree": 14.0}
    assert fields["apps.NAME.quality"]["values"]["apps.yixin.quality"] == -2.2
    assert (
        fields["offers.NAME.waived"]["required"] is False and fields["offers.NAME.apps"]["required"]
    )
    for path in ("society.wifi", "COLUMN.lognormal.sigma", "RATE.per_year", "SCHEDULE.shape"):
        assert path in fields
    for field in fields.values():  # numbers have a unit, and a source where they have a default
        if field["kind"].startswith(("number", "whole number")):
            assert field["unit"] and (field["source"] or field["default"] is None)


@pytest.mark.parametrize("columns", [80, 120])
def test_show_a_section_is_read_in_a_terminal(
    columns: int, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    said = command("show", "china-2013", "society.graph").out
    assert max(map(len, said.splitlines())) <= columns
    assert re.sub(r"\s+", " ", said).startswith(
        "society.graph.family Which kind of network joins people. one of holme-kim, small-world, "
    )
    assert "from 0 to 2,000 contacts; plausible 4 to 30; default 14; source: Leskovec" in re.sub(
        r"\s+", " ", said
    )
    apps = re.sub(r"\s+", " ", command("show", "china-2013", "apps").out)
    assert "mobile_qq = 0.11, wechat = -1.15, fetion = 0.37," in apps
    one = command("show", "china-2013", "apps.wechat").out
    assert (
        "apps.wechat.quality (θ)\n" in one
        and re.search(r"^ +θ?= -1\.15 *$", one, re.M)
        and "yixin" not in one
    )
    wrong = command("show", "china-2013", "apps.wechatt")
    assert (wrong.code, wrong.err) == (
        2,
        "apps.wechatt: is no section of 'china-2013'; did you mean 'apps.wechat'?\n",
    )


def test_a_new_file_runs_and_is_not_overwritten(command: Command, tmp_path: Path) -> None:
    assert command("new", "mine", "--from", "china-2013-ban").code == 0
    text = (tmp_path / "mine.toml").read_text("utf-8")
    assert tomllib.loads(text)["extends"] == "china-2013-ban"
    again = command("new", "mine")
    assert (again.code, again.err) == (
        2,
        "mine.toml: exists already; take another name, or move it away\n",
    )
    assert (tmp_path / "mine.toml").read_text("utf-8") == text
    said = command("run", "mine.toml", *SMALL, "--weeks", "4", "--json")
    assert said.code == 0 and json.loads(said.out)["scenario"] == "mine"
    every = re.sub(
        r"^# (?=\[|\w+ = )", "", text.replace("# remove", "remove"), flags=re.M
    )  # all examples switched on
    (tmp_path / "every.toml").write_text(every, "utf-8")
    assert tomllib.loads(every)["events"] and command("show", "every.toml").code == 0, command(
        "show", "every.toml"
    ).err


def test_json_is_one_object_with_the_figures(command: Command) -> None:
    words = ("run", "china-2013", "--weeks", "8", "--users", "300", "--json")
    said = command(*words)
    assert (said.code, said.err, said.out.count("\n")) == (0, "", 1)
    told = json.loads(said.out)
    assert (
        told["scenario"] == "china-2013"
        and told["weeks"] == 8
        and told["seed"] == 0
        and len(told["digest"]) >= 16
    )
    scenario = load_scenario("china-2013")
    assert set(told["apps"]) == set(scenario.apps) and set(told["carriers"]) == set(
        scenario.carriers
    )
    for name in scenario.messengers:
        assert (
            0
            <= told["apps"][name]["mau"]
            <= told["apps"][name]["registered"]
            <= scenario.population
        )
    assert told["apps"]["wechat"]["registered"] > 0 and told["apps"]["wechat"]["mau"] > 0
    assert 0 < told["market"]["hhi"] <= 1 and isinstance(told["market"]["consumer_surplus"], float)
    assert sum(c["subscribers"] for c in told["carriers"].values()) == pytest.approx(
        scenario.population
    )
    assert json.loads(command(*words).out) == told
    other = json.loads(command(*words, "--seed", "1").out)
    assert other["digest"] != told["digest"] and other["seed"] == 1


def test_a_run_leaves_a_report_and_tables(command: Command, tmp_path: Path) -> None:
    said = command("run", "china-2013", *SMALL, "--out", "a/b", "--csv", "--language", "zh")
    assert (
        said.code == 0
        and "WeChat" in said.out
        and "China Mobile" in said.out
        and "written: " in said.out
    ), said
    out = tmp_path / "a" / "b"
    assert stands_alone(out / "report.html") and 'lang="zh' in (out / "report.html").read_text(
        "utf-8"
    )
    told = json.loads((out / "summary.json").read_text("utf-8"))
    assert told["digest"] in said.out
    weekly = pd.read_parquet(out / "weekly.parquet")
    assert set(weekly["week"]) == set(range(8)) and list(weekly) == [
        "week",
        "scope",
        "name",
        "series",
        "value",
    ]
    last = weekly.query(
        "scope == 'app' and name == 'wechat' and series == 'registered' and week == 7"
    )["value"].item()
    assert last == told["apps"]["wechat"]["registered"]
    for name in ("ledger", "cohorts"):
        assert (
            len(pd.read_parquet(out / f"{name}.parquet"))
            == len(pd.read_csv(out / f"{name}.csv"))
            > 0
        )
    assert len(pd.read_csv(out / "weekly.csv")) == len(weekly)


OWN = """
import sys
from market_model.market import User

def policy(seen):
    return {"promotion": 1e6} if seen.week < 6 else {"promotion": 1e12}

def ends(seen):
    sys.exit(3)

def after_week(market):
    return {"load": market.nothing}

class Loyal(User):
    def use(self):
        self.nothing.x
"""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--seat", "yixin=own.py:ends"), "own.py: line 9: SystemExit: 3"),
        (("--observe", "own.py"), "own.py: line 12: AttributeError: "),
        (("--engine", "agents", "--user", "own.py"), "own.py: line 16: AttributeError: "),
        (("--engine", "agents", "--user", "own.py:User"), "own.py:User: is no subclass of User"),
    ],
)
def test_an_error_of_ones_own_file_is_one_line(
    words: tuple[str, ...], told: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(OWN, "utf-8")
    said = command("run", "china-2013", "--weeks", "6", "--users", "20", *words)
    assert (said.code, said.out) == (2, "") and said.err.splitlines()[-1].startswith(told), said
    assert "Traceback" not in said.err


def test_a_comparison_says_who_decides_and_counts_in_words(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(OWN, "utf-8")
    size = ("--weeks", "12", "--users", "100", "--set", "society.warmup_weeks=0")
    seat = ("--seat", "yixin=own.py:policy", "--set", "apps.yixin.cash=1e9")
    said = command("compare", "china-2013", *size, *seat, "--out", "c", "--language", "zh")
    assert said.code == 0 and "yixin: own.py:policy" in said.out and ": 1 run each" in said.out
    page = (tmp_path / "c" / "compare.html").read_text("utf-8")
    assert page.count("yixin: own.py:policy") > 2 and "yixin=own.py" not in page
    said = command("run", "china-2013", *size, *seat)
    assert "yixin decided once what cannot be done" in said.out
    same = command("compare", "china-2013", *size, "--seat", "yixin=follower", "--replicates", "2")
    assert ": 2 runs each" in same.out and "yixin: " in same.out


def test_a_comparison_is_a_page_and_a_table(command: Command, tmp_path: Path) -> None:
    """The ban takes offers away, so what sponsors pay must differ; equal luck gives narrow
    intervals.
    """
    words = (
        "compare",
        "china-2013",
        "china-2013-ban",
        "--weeks",
        "30",
        "--users",
        "300",
        "--set",
        "society.warmup_weeks=0",
    )
    said = command(*words, "--replicates", "2", "--workers", "2", "--out", "c")
    assert said.code == 0 and "difference" in said.out and not said.err, said
    assert stands_alone(tmp_path / "c" / "compare.html")
    with (tmp_path / "c" / "compare.csv").open(encoding="utf-8") as file:
        rows = {r["measure"]: r for r in csv.DictReader(file)}
    assert {r["scenario"] for r in rows.values()} == {"china-2013-ban"}
    paid = rows["market.sponsored_total"]
    assert (
        float(paid["low"])
        <= float(paid["difference"])
        == -float(paid["base"])
        <= float(paid["high"])
    )
    assert float(paid["variant"]) == 0 < float(paid["base"])
    told = command(*words, "--replicates", "2", "--json")
    found: dict[str, Any] = json.loads(told.out)
    assert (told.err, found["base"], found["variants"], found["failures"]) == (
        "",
        "china-2013",
        ["china-2013-ban"],
        [],
    )
    serial = {d["measure"]: d["base"] for d in found["differences"]}
    assert serial.keys() == rows.keys() and serial["apps.wechat.mau"] == float(
        rows["apps.wechat.mau"]["base"]
    )


@pytest.mark.parametrize(
    "words", ["run", "run china-2013 --seed -1", "runn", "compare china-2013", "run --nope"]
)
def test_a_wrong_call_ends_with_2(words: str, command: Command) -> None:
    said = command(*words.split())
    assert said.code == 2 and said.err and "Traceback" not in said.err


def test_ctrl_c_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    """The signal comes when the model is loaded: the log of imports tells. A shell calls an end
    by SIGINT 130, too.
    """
    words = [
        "run",
        "china-2013",
        "--weeks",
        "5000",
        "--users",
        "2000",
        "--set",
        "society.warmup_weeks=0",
        "--out",
        "x",
    ]
    with subprocess.Popen(
        [MODULE[0], "-X", "importtime", *MODULE[1:], *words],
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout and process.stderr
        before = next(
            line for line in process.stderr if re.search(r"\| +market_model\.market$", line)
        )
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT)
    assert before and process.returncode in (130, -signal.SIGINT) and not out
    assert process.returncode != 130 or err.endswith("interrupted\n")
    assert (
        "Traceback" not in err
        and "KeyboardInterrupt" not in err
        and not list((tmp_path / "x").iterdir())
    )


@pytest.mark.slow
def test_the_reference_has_a_page_for_every_module(tmp_path: Path) -> None:
    pytest.importorskip("pdoc")
    subprocess.run([*MODULE, "reference", "--out", tmp_path], check=True, capture_output=True)
    pages = {str(page.relative_to(tmp_path)) for page in tmp_path.rglob("*.html")}
    assert {"index.html", "market_model.html", "market_model/market/state.html"} <= pages
    face = (tmp_path / "market_model.html").read_text("utf-8")
    assert all(f'id="{name}"' in face for name in market_model.__all__)


def test_a_run_says_what_part_of_the_newcomers_friends_brought(command: Command) -> None:
    done = command("run", "china-2013", "--users", "600", "--weeks", "30", "--out", "results")
    assert done.code == 0 and "through friends" in done.out
    said = json.loads(Path("results/summary.json").read_text())["through_friends"]
    assert set(said) == {"mobile_qq", "wechat", "fetion", "yixin", "laiwang"}
    assert all(part is None or 0 <= part <= 1 for part in said.values()) and said["yixin"] > 0
