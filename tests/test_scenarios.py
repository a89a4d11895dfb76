"""What is shipped: scenarios, their texts, the schema, and how little a look at them costs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from market_model.scenario import ScenarioError, builtin_names, library, load_scenario
from market_model.scenario.fields import Table
from market_model.scenario.load import build, file_schema, find, read
from market_model.scenario.parameters import Parameters
from market_model.words import series

MAIN = [n for n in builtin_names() if (library() / f"{n}.md").is_file()]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
HEAVY = ("mesa", "numba", "pandas", "scipy", "numpy", "networkx", "pyarrow", "solara")


def tables(table: type[Table] = Table) -> Iterator[type[Table]]:
    for kind in table.__subclasses__():
        yield kind
        yield from tables(kind)


@pytest.mark.parametrize("module", ["scenario", "cli", "words", "charts"])
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
    assert {"china-2013", "messenger-2015", "facebook-zero-india", "facebook-mobile-2012"} <= set(MAIN)
    assert not [n for n in builtin_names() if "/" not in n and n not in MAIN and not any(n.startswith(f"{m}-") for m in MAIN)]
    for name in MAIN:
        en, zh = (re.findall(r"^#+", (library() / f"{name}{end}").read_text("utf-8"), re.M) for end in (".md", ".zh.md"))
        assert en == zh and len(en) > 3, name


def test_every_parameter_tells_its_unit_and_source() -> None:
    shown = Parameters.model_json_schema()["properties"]
    assert len(shown) == len(Parameters.model_fields) > 20
    assert not {k for k, v in shown.items() if not (v.get("unit") and v.get("source") and v.get("description", "").endswith("."))}


def test_every_bounded_number_tells_its_unit_and_source() -> None:
    kinds = [kind for kind in tables() if kind.__module__.startswith("market_model.scenario")]
    bounded = {(kind.__name__, name): field.json_schema_extra for kind in kinds for name, field in kind.model_fields.items()
               if kind.__module__.rpartition(".")[2] != "fields" and any(hasattr(m, "ge") for m in field.metadata)}
    assert len(bounded) > 90
    silent = {at for at, extra in bounded.items() if not (isinstance(extra, dict) and extra["unit"] and extra["source"])}
    assert silent == {("Scenario", "start")}


def test_the_schema_takes_what_is_shipped_and_refuses_slips() -> None:
    schema = json.loads(json.dumps(file_schema()))
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    for name in builtin_names():
        merged, given = read(*find(name)), tomllib.loads((library() / f"{name}.toml").read_text("utf-8"))
        merged, plain = (json.loads(json.dumps(data, default=str)) for data in (merged, given))
        assert not [*validator(schema).iter_errors(merged), *validator(schema).iter_errors(plain)], name
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
    one = load_scenario("china-2013", {"events.0.when": 3, "apps.wechat.quality": 0.5, "society.graph.triangles": 0.25})
    assert (one.events[0].when, one.apps["wechat"].quality, one.society.graph.triangles) == (3, 0.5, 0.25)
    back = load_scenario("china-2013", {"society.graph.triangles": base.society.graph.triangles})
    assert back == base != one


def test_a_wide_web_of_owners_is_checked_at_once() -> None:
    """Thirty floors of two owners, each holding half of both below: 2³⁰ ways, no cycle; then one."""
    holds: dict[str, Any] = {f"{side}{k}": {"holds": {f"a{k + 1}": 0.5, f"b{k + 1}": 0.5}} for k in range(30) for side in "ab"}
    market = {"carriers": {"red": {"share": 1}}, "apps": {"chat": {}}, "society": {"users": 100},
              "owners": holds | {"a30": {"holds": {"chat": 1}}, "b30": {"holds": {}}}}
    assert len(build(market, "wide", library()).owners) == 62
    holds["a9"]["holds"]["a9"] = 0.0001
    with pytest.raises(ScenarioError, match="owners"):
        build(market | {"owners": market["owners"] | {"b30": {"holds": {"b0": 0.5}}}}, "wide", library())
