"""Words that readers see: one Chinese word for each thing everywhere, in Chinese punctuation."""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest

import market_model
from market_model.classroom.state import Phase
from market_model.game.record import PlayedRound
from market_model.game.shocks import CARDS
from market_model.game.why import TERMS
from market_model.market.billing import GIVEN
from market_model.players.deals import Refusal
from market_model.players.decisions import BOUNDS, KINDS, Research, ZeroRating
from market_model.scenario import actors, library
from market_model.scenario.offers import Offer
from market_model.words import Language, pages
from market_model.words.catalogue import flat

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
    rooms = Path(market_model.__file__).parent
    for path in sorted(rooms.glob("*/*zh.toml")):
        for key, text in flat(tomllib.loads(path.read_text("utf-8"))):
            yield f"{path.parent.name}/{path.name} {key}", str(text)
    for path in sorted(library().glob("**/*.zh.md")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            yield f"{path.name}:{number}", line
    for path in sorted(library().glob("**/*.toml")):
        for text in re.findall('_zh = "(.*)"', path.read_text("utf-8")):
            yield path.name, text
    for key, text in flat(tomllib.loads((rooms / "evidence/facts.toml").read_text("utf-8"))):
        if key.endswith(".zh"):
            yield f"facts.toml {key}", text


def test_one_chinese_word_for_each_thing_in_chinese_punctuation() -> None:
    found = [*chinese()]
    assert len(found) > 1500 and {where.split()[0].split(":")[0] for where, _ in found} >= {
        "classroom/zh.toml",
        "desk/debrief.zh.toml",
        "explorer/zh.toml",
        "words/zh.toml",
        "china-2013.zh.md",
    }
    wrong = [
        (where, bad[0], better)
        for where, text in found
        for pattern, better in FORBIDDEN.items()
        if (bad := re.search(pattern, CODE.sub("", text)))
    ]
    assert wrong == []


def source(*rooms: str) -> str:
    folder = Path(market_model.__file__).parent
    return "".join(
        path.read_text("utf-8") for room in rooms for path in folder.glob(f"{room}/*.py")
    )


def shown() -> dict[str, set[str]]:
    """Every name of the code that a page may show, by the texts where its words must stand."""
    decisions = {
        name
        for table in (*KINDS.values(), ZeroRating)
        for name in table.model_fields
        if name not in ("kind", "start_offers", "change_offers", "stop_offers", "rule")
    }
    rules = set(get_args(actors.Regulator.model_fields["rule"].annotation))
    faults = set(re.findall(r'Fault\(\s*"(\w+)"', source("players", "game", "desk")))
    faults |= set(BOUNDS.values())
    assert len(faults) > 20
    bots = {*actors.APP_STRATEGIES, *actors.CARRIER_STRATEGIES}
    payers = set(get_args(Offer.model_fields["payer"].annotation))
    return {
        "words": {f"strategies.name.{name}" for name in bots | rules}
        | {f"fault.{key}" for key in faults},
        "desk": {f"levers.{name}" for name in decisions - {"zero_rating"}}
        | {f"of_research.{name}" for name in get_args(Research.__value__)}
        | {f"payers.{name}" for name in payers}
        | {f"refusals.{name}" for name in get_args(Refusal.__value__)}
        | {f"reasons.{name}" for name in GIVEN}
        | {f"terms.{name}" for name in TERMS},
        "classroom": {f"card.{card}" for card in CARDS}
        | {f"phase.{phase}" for phase in get_args(Phase.__value__)}
        | {f"door.{phase}" for phase in ("briefing", "open", "resolving", "reveal")}
        | {
            f"how.{how}"
            for how in get_args(get_args(PlayedRound.model_fields["how"].annotation)[1])
        },
        "debrief": {f"debrief.cards.{card}" for card in CARDS}
        | {f"debrief.levers.{name}" for name in decisions}
        | {f"debrief.words.{name}" for name in get_args(Research.__value__)},
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_name_that_a_page_can_show_has_its_words(language: Language) -> None:
    debriefs = files("market_model.desk").joinpath(f"debrief.{language}.toml").read_text("utf-8")
    texts = {
        "words": dict(flat(pages.texts("market_model.words", language))),
        "desk": dict(flat(pages.texts("market_model.desk", language))),
        "classroom": dict(flat(pages.texts("market_model.classroom", language))),
        "debrief": dict(flat(tomllib.loads(debriefs))),
    }
    missing = {where: names - texts[where].keys() for where, names in shown().items()}
    assert {where: names for where, names in missing.items() if names} == {}
