"""What is wrong with an address, told in Chinese to readers of Chinese."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import awaited
from starlette.requests import Request

from market_model.explorer.answers import ANSWERS
from market_model.explorer.place import Place
from market_model.explorer.problems import problem
from market_model.explorer.solo import SOLO, page
from market_model.scenario import ScenarioError, load
from market_model.scenario.errors import _FORMS, _SAID

OF_VALUES = (
    ("society.users=0", "现为 0，不能小于 2"),
    ("society.users=many", "要填整数，现在是 'many'"),
    ("society.users=900000000", "不能大于"),
    ("society.wifi=2", "应在 0 到 1 之间"),
    ("weeks=5000", "浏览器里放不下；最多 1,040"),
    ("parameters.network_effct=1", "没有“network_effct”这个字段；你想写的是“network_effect”吗？"),
    ("parameters.network_effect=nan", "有限的数"),
    ("regulator.rule=laws", "“laws”不在可选之列：free, non-exclusive, ban"),
    ("society.graph.degree=0", "谁也不认识谁"),
    ("society.regions.east=0.4", "之和为"),
    ("apps.wechat.try_once=3", "比例在 0 到 1 之间"),
    ("apps.wechat.start.active=1.5", "最多 5000 人"),
    (
        "carriers.china_telekom.share=0.1",
        "运营商里没有“china_telekom”；你想写的是“china_telecom”吗？",
    ),
    ("offers.yixin_gift.apps=['whatsapp']", "写到的应用“whatsapp”没有定义；"),
    ("offers.yixin_gift.apps=[]", "至少要有一个"),
    ("offers.yixin_gift.allowance_mb=-4", "现为 -4，不能小于 0"),
    ("offers.yixin_gift.start=tomorrow", "2013-11-08 这样的日期，现在是 'tomorrow'"),
    ("offers.yixin_gift.end=0", "结束时间 0 不晚于开始时间 2013-08-19"),
    ("offers.yixin_gift.length_weeks=4", "两者只能填一个"),
    ("society.wifi.csv=people.csv", "指向一个文件"),
)
OF_ADDRESSES = (
    ("story=china-2014", "china-2014：没有这个故事；你想写的是“china-2013”吗？"),
    ("seed=one", "地址：seed：“one”不是整数"),
    ("set=weeks", "地址：set：“weeks”不是“路径=值”的形式"),
    ("do=weeks", "“weeks”不是“周.角色={决定}”的形式"),
    ("do=1.wechat=4", "“4”不是花括号里的决定"),
    ("seat=king", "没有“king”这个角色；你想写的是"),
)


@pytest.mark.parametrize(
    ("address", "said"),
    [*((f"story=china-2013&set={change}", said) for change, said in OF_VALUES), *OF_ADDRESSES],
)
def test_what_is_wrong_with_an_address_is_told_in_chinese(address, said):
    with pytest.raises(ScenarioError) as caught:
        Place.read(address).key()
    told = problem(caught.value, "zh")
    assert said in told
    assert not re.search("[a-z]+ [a-z]+", re.sub("market-model [a-z]+", "", told)), told
    assert problem(caught.value, "en") == str(caught.value)


def test_what_has_no_chinese_sentence_is_told_in_english_within_one():
    told = problem(ScenarioError("mine", "weeks", "is {odd}, for once"), "zh")
    assert told == "mine：weeks：这样设置不成立；英文说明是：is {odd}, for once"


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("fee = 5,0", "5.0"),
        ("fee = 5,0 # RMB", "5.0"),
        ("mean = { a = -0,25, b = 1 }", "-0.25"),
        ("mean = { a = 1, b = 0,5 }", "0.5"),
        ("fee = 1,000", "1.000 / 1000"),
        ("fee = 1,000,000", "1000000"),
        ("fee = 1,5\r", "1.5"),
    ],
)
def test_a_decimal_comma_is_told_with_its_line_and_what_to_write(line, instead, tmp_path):
    (tmp_path / "mine.toml").write_text(f'extends = "china-2013"\n[parameters]\n{line}\n')
    with pytest.raises(ScenarioError) as caught:
        load.load_scenario(tmp_path / "mine.toml")
    assert caught.value.problem == f"has a decimal comma in line 3; write {instead}"
    assert problem(caught.value, "zh").endswith(f"第 3 行的小数写成了逗号；请写 {instead}")


STAND_INS = {
    "what": "app",
    "way": "apps",
    "limits": "it goes from 0 to 1",
    "place": "the tie 1–2",
    "told": "the weight 0",
    "error": "is packed, but broken; pack it again",
    "suggest": "there is: a, b",
}
"""Pieces of sentences, by the name of what brings them; anything else is "7"."""


def sentence(node: ast.expr, branch: bool) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(sentence(value, branch) for value in values)
        case ast.FormattedValue(value=value):
            return sentence(value, branch)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return sentence(left, branch) + sentence(right, branch)
        case ast.IfExp(body=body, orelse=orelse):
            return sentence(body if branch else orelse, branch)
        case (
            ast.Name(id=name)
            | ast.Call(func=ast.Name(id=name))
            | ast.Subscript(value=ast.Name(id=name))
        ):
            return STAND_INS.get(name, "7")
        case _:
            return "7"


def sentences_of(file: Path) -> Iterator[str]:
    """Every sentence of an error that a file of code raises."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        after = ""
        match node:
            case ast.Call(func=ast.Name(id="ScenarioError"), args=[_, _, text]):
                pass
            case ast.Call(func=ast.Name(id="Unreadable"), args=[text]):
                pass
            case ast.Call(func=ast.Name(id="ValueError"), args=[text]):
                after = " (it is 7)"  # as pydantic's errors are told
            case ast.Yield(value=ast.Tuple(elts=[_, text])) if file.name == "check.py":
                pass
            case _:
                continue
        yield from (sentence(text, branch) + after for branch in (True, False))


def test_every_problem_of_a_scenario_has_a_chinese_sentence():
    room = Path(load.__file__).parent
    said = {text for file in room.glob("*.py") for text in sentences_of(file)}
    of_types = [text.replace("{form}", form) for text in _SAID.values() for form in _FORMS.values()]
    said |= {re.sub(r"\{.*?\}", "7", text) for text in (*of_types, *load._UNREADABLE.values())}
    said -= {"7", *STAND_INS.values()}
    assert len(said) > 90
    lacking = [
        text for text in sorted(said) if "英文" in problem(ScenarioError("f", "", text), "zh")
    ]
    assert lacking == []


@pytest.mark.parametrize("path", ["/explorer/fields", "/explorer/offers", "/explorer/run", SOLO])
def test_pages_in_chinese_get_it_in_chinese(path):
    ways = {route.path: route.endpoint for route in ANSWERS} | {SOLO: page}
    query = b"story=china-2013&seed=one&lang=zh"
    request = Request(
        {"type": "http", "path": path, "method": "GET", "query_string": query, "headers": []}
    )
    answer = awaited(ways[path](request))
    told = bytes(answer.body).decode()
    assert answer.status_code == 400
    assert "地址：seed：“one”不是整数" in (told if path == SOLO else json.loads(told)["problem"])
