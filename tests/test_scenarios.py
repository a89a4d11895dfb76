"""What is shipped: scenarios, their texts, the schema, and how little a look at them costs."""

import json
import re
import subprocess
import sys
import tomllib

import jsonschema
import pytest
from conftest import Command

from market_model.errors import BadInput
from market_model.scenario import builtin_names, library, load_scenario
from market_model.scenario.load import find, read
from market_model.scenario.notes import notes
from market_model.scenario.parameters import Parameters
from market_model.words import series
from market_model.words.catalogue import texts

MAIN = [n for n in builtin_names() if (library() / f"{n}.md").is_file()]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
HEAVY = ("mesa", "numba", "pandas", "scipy", "numpy", "networkx", "pyarrow", "solara")


@pytest.mark.parametrize("module", ["scenario", "commands.main", "words", "charts"])
def test_a_look_at_a_file_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, market_model.{module}\nprint(*(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("name", builtin_names())
def test_every_shipped_scenario_loads(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name.rpartition("/")[2]
    assert "/" in name or (scenario.title and CHINESE.search(scenario.title_zh))


def test_the_main_stories_are_told_in_both_languages() -> None:
    assert {
        "china-2013",
        "messenger-2015",
        "facebook-zero-india",
        "facebook-mobile-2012",
        "philippines-2013",
    } <= set(MAIN)
    assert not [
        n
        for n in builtin_names()
        if "/" not in n and n not in MAIN and not any(n.startswith(f"{m}-") for m in MAIN)
    ]
    for name in MAIN:
        en, zh = (
            re.findall(r"^#+", (library() / f"{name}{end}").read_text("utf-8"), re.M)
            for end in (".md", ".zh.md")
        )
        assert en == zh and len(en) > 3, name


def test_every_parameter_tells_its_unit_and_source() -> None:
    shown = Parameters.model_json_schema()["properties"]
    assert len(shown) == len(Parameters.model_fields) > 20
    assert not {
        k
        for k, v in shown.items()
        if not (v.get("unit") and v.get("source") and v.get("description", "").endswith("."))
    }


def test_the_schema_takes_what_is_shipped_and_refuses_slips(command: Command) -> None:
    schema = json.loads(command("schema").out)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    for name in builtin_names():
        merged, given = (
            read(*find(name)),
            tomllib.loads((library() / f"{name}.toml").read_text("utf-8")),
        )
        merged, plain = (json.loads(json.dumps(data, default=str)) for data in (merged, given))
        assert not [
            *validator(schema).iter_errors(merged),
            *validator(schema).iter_errors(plain),
        ], name
        plain.setdefault("apps", {})["new"] = {"qualty": 1}
        assert any("qualty" in e.message for e in validator(schema).iter_errors(plain)), name


def test_every_weekly_series_has_words_in_both_languages() -> None:
    from market_model.market.history import SERIES

    names = [(scope, kind) for scope, kinds in SERIES.items() for kind in kinds]
    names += [("region", f"{kind}.wechat") for kind in ("active", "registered")]
    assert len(names) > 45
    for scope, kind in names:
        en, zh = series(kind, scope, "en"), series(kind, scope, "zh")
        assert all((*en, *zh)), kind
        assert CHINESE.search(zh.name + zh.definition) and not CHINESE.search("".join(en)), kind


def test_overrides_reach_their_place_and_nothing_else() -> None:
    base = load_scenario("china-2013")
    one = load_scenario(
        "china-2013",
        {"events.0.when": 3, "apps.wechat.quality": 0.5, "society.graph.triangles": 0.25},
    )
    assert (one.events[0].when, one.apps["wechat"].quality, one.society.graph.triangles) == (
        3,
        0.5,
        0.25,
    )
    back = load_scenario("china-2013", {"society.graph.triangles": base.society.graph.triangles})
    assert back == base != one


def test_an_app_of_nearly_a_known_name_is_a_slip_unless_it_says_how_it_starts(tmp_path):
    file = tmp_path / "mine.toml"
    head = 'extends = "china-2013"\nname = "mine"\n'
    file.write_text(head + "[apps.yixn]\nquality = -1.0\n")
    with pytest.raises(BadInput, match=r"apps\.yixn: is not in china-2013; did you mean 'yixin'"):
        load_scenario(file)
    file.write_text(head + "[apps.yixn]\nlaunch = 2014-01-06\n")
    assert "yixn" in load_scenario(file).apps
    file.write_text(head + "[apps.chatty]\nquality = -1.0\n")
    assert "chatty" in load_scenario(file).apps
    file.write_text(head + 'title = "Mine"\n')
    assert load_scenario(file).title_in("zh") == "Mine"
    assert load_scenario("china-2013", {"title": "Mine"}).title_in("zh") == "Mine"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_story_in_the_money_of_another_country_says_what_that_is_worth(language: str) -> None:
    told = {n: notes(load_scenario(n), language) for n in builtin_names() if "/" not in n}
    rates = texts("names", language)["rate"].values()
    abroad = [name for name, said in told.items() if {*rates} & {*said}]
    assert abroad == [n for n in told if n.startswith(("facebook-zero-india", "philippines-2013"))]
