"""Words that readers see: one Chinese word for each thing everywhere, in Chinese punctuation."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import market_model
from market_model.scenario import library
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
