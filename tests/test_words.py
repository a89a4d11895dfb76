"""Words that readers see: one Chinese word for each thing everywhere, in Chinese punctuation."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import market_model
from market_model.classroom.state import Phase
from market_model.evidence.facts import rows as facts
from market_model.explorer import fields
from market_model.explorer.place import Place
from market_model.game.record import PlayedRound
from market_model.game.shocks import CARDS
from market_model.game.why import REASONS
from market_model.market import run
from market_model.market.billing import GIVEN
from market_model.players.deals import Refusal
from market_model.players.decisions import BOUNDS, KINDS, Research
from market_model.players.levers import levers
from market_model.scenario import actors, library, load_scenario
from market_model.scenario.offers import Offer
from market_model.words import Language, SeriesText, languages, series
from market_model.words.catalogue import FILES, SHIPPED, STEPS, flat, texts

HAN = "[\u4e00-\u9fff]"
FORBIDDEN = {
    "您": "你",
    "代码": "加入码",
    "封存": "提交",
    "席位": "角色",
    "一席": "一个角色",
    "冲击卡": "突发事件",
    "人人知道": "公开信息",
    "安静周": "静默期",
    "静默周": "静默期",
    "回合": "轮",
    "免费流量": "免流量",
    "(?<!推广)(?<!宣传)活动": "优惠",
    f"(?<={HAN})[,:;?!()]|[,:;?!()](?={HAN})": "full-width punctuation",
    f"(?<={HAN}) [,:;?!()]|[,:;?!()] (?={HAN})": "full-width punctuation",
    "[\\d}亿万] (?:元|美元|\\{money\\}|\\{currency\\})": "no space before the money",
}
CODE = re.compile(r"`[^`]*`|\]\([^)]*\)|[a-z]+\([^()]*\)")
"""In a text: what is typed or a formula."""


def chinese() -> Iterator[tuple[str, str]]:
    """Every Chinese text with its file and key or line."""
    for path in sorted(SHIPPED.glob("zh/*.toml")):
        for key, text in flat(tomllib.loads(path.read_text("utf-8"))):
            yield f"{path.name} {key}", str(text)
    for path in sorted(library().glob("**/*.zh.md")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            yield f"{path.name}:{number}", line
    for path in sorted(library().glob("**/*.toml")):
        for text in re.findall('_zh = "(.*)"', path.read_text("utf-8")):
            yield path.name, text


def test_one_chinese_word_for_each_thing_in_chinese_punctuation() -> None:
    found = [*chinese()]
    assert len(found) > 1500 and {where.split()[0].split(":")[0] for where, _ in found} >= {
        *(f"{file}.toml" for file in FILES),
        "china-2013.zh.md",
    }
    wrong = [
        (where, bad[0], better)
        for where, text in found
        for pattern, better in FORBIDDEN.items()
        if (bad := re.search(pattern, CODE.sub("", text)))
    ]
    assert wrong == []


ONE_WORD = {"about_rule", "card", "cards", "offer", "host", "page", "rule", "stage", "ways"}
"""Tables in which a word that names a bot or a rule names something else, or a whole sentence."""


def source(*rooms: str) -> str:
    folder = Path(market_model.__file__).parent
    return "".join(
        path.read_text("utf-8") for room in rooms for path in folder.glob(f"{room}/*.py")
    )


def shown() -> dict[str, set[str]]:
    """Every name of the code that a page may show, by the texts where its words must stand."""
    decisions = {lever.name for kind in KINDS for lever in levers(kind)}
    decisions |= {"zero_rating", "surcharges"}
    rules = set(actors.RULES)
    reasons = set(re.findall(r'because\(\s*"(\w+)"', source("players/bots")))
    assert len(reasons) > 20
    faults = set(re.findall(r'Fault\(\s*"(\w+)"', source("players", "game", "desk")))
    faults |= set(BOUNDS.values())
    assert len(faults) > 20
    bots = {name for names in actors.STRATEGIES.values() for name in names}
    payers = set(get_args(Offer.model_fields["payer"].annotation))
    market = run(load_scenario("china-2013", {"society.users": 50, "weeks": 5}))
    weekly = {*market.weekly[["scope", "series"]].itertuples(index=False, name=None)}
    return {
        "names": {f"strategy.{name}" for name in {*bots, *rules, "story", "as-in-file"}}
        | {f"payer.{name}" for name in payers}
        | {f"short.{step}" for step in STEPS}
        | {f"scale.{step}" for step in STEPS},
        "series": {
            f"series.{scope}.{name.partition('.')[0]}.{part}"
            for scope, name in weekly
            for part in SeriesText._fields
        },
        "reasons": {f"reason.{key}" for key in reasons},
        "faults": {f"fault.{key}" for key in faults},
        "reports": {f"fact.{row.fact}" for row in facts()},
        "desk": {f"levers.{name}" for name in decisions - {"zero_rating"}}
        | {f"of_research.{name}" for name in get_args(Research.__value__)}
        | {f"payers.{name}" for name in payers}
        | {f"refusals.{name}" for name in get_args(Refusal.__value__)}
        | {f"reasons.{name}" for name in GIVEN}
        | {f"terms.{name}" for name in REASONS},
        "classroom": {f"card.{card}" for card in CARDS}
        | {f"phase.{phase}" for phase in get_args(Phase.__value__)}
        | {f"door.{phase}" for phase in ("briefing", "open", "resolving", "reveal")}
        | {
            f"how.{how}"
            for how in get_args(get_args(PlayedRound.model_fields["how"].annotation)[1])
        },
        "debrief": {f"cards.{card}" for card in CARDS}
        | {f"levers.{name}" for name in decisions}
        | {f"words.{name}" for name in get_args(Research.__value__)},
    }


@pytest.mark.parametrize("language", [*languages()])
def test_every_name_that_a_page_can_show_has_its_words(language: Language) -> None:
    missing = {file: names - written(language, file).keys() for file, names in shown().items()}
    assert {file: names for file, names in missing.items() if names} == {}


def test_every_field_of_a_scenario_has_a_name_in_chinese() -> None:
    """English names a field by itself."""
    rows = fields.rows(Place(), "zh")
    assert len(rows) > 150
    wrong = {row["path"]: row["label"] for row in rows if not re.search(HAN, row["label"])}
    assert wrong == {}


def test_every_choice_of_a_field_has_a_name_in_chinese() -> None:
    stories = ("china-2013", "messenger-2015", "facebook-mobile-2012", "facebook-zero-india")
    rows = [row for story in stories for row in fields.rows(Place(story), "zh")]
    assert {(row["path"], c) for row in rows for c, name in row["choices"] if c == name} == set()


def written(language: Language, file: str) -> dict[str, set[str]]:
    """Places of each text that stands in a file itself, by dotted key."""
    path = SHIPPED / language / f"{file}.toml"
    table = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    return {key: set(re.findall(r"{\w+}", str(text))) for key, text in flat(table)}


@pytest.mark.parametrize("file", FILES)
def test_english_and_chinese_have_the_same_keys_and_places(file: str) -> None:
    en, zh = written("en", file), written("zh", file)
    if file == "problems":  # whose keys are the English
        assert not en
        return
    for named in {"fault.unknown", "fault.kind"} & en.keys():  # they name what is English only
        assert zh[named] < en[named]
        zh[named] = en[named]
    said_by_code = ("fields.", "terms.") if file == "explorer" else ()
    assert en == {key: places for key, places in zh.items() if not key.startswith(said_by_code)}


def test_a_bot_and_a_rule_have_one_name_on_all_pages() -> None:
    names = texts("names", "zh")["strategy"]
    elsewhere = {
        f"{file} {key}"
        for file in FILES
        for key, text in flat(texts(file, "zh"))
        if key.split(".")[-1] in names
        and not (file == "names" and key.startswith("strategy."))
        and key.split(".")[0] not in ONE_WORD
    }
    assert elsewhere == set()
    choices = {
        name: label
        for row in fields.rows(Place(), "zh")
        if row["path"].endswith((".strategy", ".rule"))
        for name, label in row["choices"]
    }
    assert choices.items() <= names.items() and {"ban", "follower", "block"} <= choices.keys()


def test_each_unit_is_of_what_is_recorded() -> None:
    """Twice the population for the same simulated people: totals double, what is of a person, a
    share or a price stays; so a total cannot be told as "per user", nor the other way round.
    """
    size = {"society.users": 300, "weeks": 28, "society.warmup_weeks": 0}
    one = load_scenario("china-2013", size)
    more = load_scenario("china-2013", size | {"society.population": 2 * one.population})
    wrong, seen, cash = list[str](), set[str](), ("app", "cash")
    for (scope, _, name, old), (*_, new) in zip(
        *(run(s, 1).history.all() for s in (one, more)), strict=True
    ):
        known = (old != 0) & np.isfinite(old)
        if not known.any() or (scope, name) == cash:  # an app's cash begins with an amount
            continue
        unit = series(name, scope, "en").unit
        total = not re.search("per user|0 to|share|logit|/MB|^apps$", unit)
        seen.add(f"{scope}.{name.partition('.')[0]}")
        if not np.allclose(np.median(new[known] / old[known]), 2 if total else 1, rtol=0.02):
            wrong.append(f"{scope} {name}: {unit}")
        if ("per user" in unit) != ("每用户" in series(name, scope, "zh").unit):
            wrong.append(f"{scope} {name}, zh")
    assert wrong == [] and len(seen) > 45, seen
