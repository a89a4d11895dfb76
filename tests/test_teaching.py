"""Teaching packs: nothing is missing in either language, and what is printed fits its paper."""

import re

import pytest
from conftest import Command

from market_model.scenario import library
from market_model.teaching import SECTIONS, handout_page, pack, role_cards

pytest_plugins = ["browser"]

HEADINGS = {
    "en": [
        "Learning goals",
        "Before the lesson",
        "50 minutes",
        "90 minutes",
        "Role cards",
        "Predict first",
        "Handout",
        "Worksheet",
        "Debrief script",
        "What really happened",
        "Misconceptions",
        "Rubric",
        "Data exercise",
        "Limits and questions to discuss",
    ],
    "zh": [
        "学习目标",
        "课前准备",
        "50 分钟教案",
        "90 分钟教案",
        "角色卡",
        "先做预测",
        "讲义",
        "练习单",
        "复盘提纲",
        "真实的历史",
        "常见误解",
        "评价量表",
        "数据练习",
        "局限与讨论",
    ],
}
SEATS = {
    "china-2013": ["wechat", "yixin", "laiwang", "china_mobile", "china_unicom", "china_telecom"],
    "facebook-zero-india": [
        "facebook",
        "rival",
        "operator_a",
        "operator_b",
        "operator_c",
        "operator_d",
    ],
    "philippines-2013": ["facebook", "viber", "globe", "smart"],
    "messenger-2015": ["messenger", "skype", "hangouts", "facetime", "us", "rest"],
}
PACKS = [(name, language) for name in SEATS for language in HEADINGS]


@pytest.mark.parametrize(("name", "language"), PACKS)
def test_a_pack_has_all_sections_and_a_card_for_each_seat(name, language):
    text = (library() / "teaching" / f"{name}{'.zh' if language == 'zh' else ''}.md").read_text(
        "utf-8"
    )
    assert re.findall("^## (.*)$", text, re.M) == HEADINGS[language]
    sections, cards = pack(name, language), role_cards(name, language)
    assert tuple(sections) == SECTIONS and list(cards) == SEATS[name]
    assert all(
        len(re.sub("<.*?>|\\s", "", html)) > 80 for html in [*sections.values(), *cards.values()]
    )
    assert not [html for html in sections.values() if "**" in html]


def test_a_scenario_without_a_pack_has_no_sections(tmp_path):
    assert pack("china-2013-ban", "en") == role_cards(str(tmp_path / "mine.toml"), "zh") == {}


@pytest.mark.browser
@pytest.mark.parametrize(("name", "language"), PACKS)
def test_handout_and_worksheet_fit_two_sheets_of_paper(chromium, name, language):
    page = chromium.new_page()
    page.set_content(html := handout_page(name, language))
    assert {"en": "regulator, if", "zh": "监管者（有人担任时"}[language] in html
    for sheet in ("handout", "worksheet"):
        page.evaluate(
            "shown => document.querySelectorAll('.sheet').forEach(s => s.hidden = !s.matches('.' "
            "+ shown))",
            sheet,
        )
        pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
        assert 1 <= pages <= 2, (sheet, pages)
    page.close()


def test_the_command_writes_one_file_that_needs_no_other(command: Command, tmp_path):
    assert command("handout", "china-2013", "--language", "zh").code == 0
    html = (tmp_path / "china-2013-handout.html").read_text("utf-8")
    assert html.index("讲义") < html.index("练习单") and not re.search("src=|href=|url\\(", html)
    for name, told in (("china-2031", "did you mean"), ("china-2013-ban", "messenger-2015")):
        wrong = command("handout", name)
        assert (wrong.code, wrong.out, wrong.err.count("\n")) == (2, "", 1) and told in wrong.err


def test_a_file_that_extends_a_story_has_the_pack_of_that_story(command: Command, tmp_path):
    (tmp_path / "mine.toml").write_text('extends = "china-2013"\nname = "m"\ntitle = "My market"\n')
    said = command("handout", "mine.toml")
    assert said.code == 0 and "is that of china-2013" in said.out
    assert (tmp_path / "mine-handout.html").read_text("utf-8") == handout_page(
        "china-2013", "en", "My market"
    )
    assert "is that of" not in command("handout", "china-2013").out
    with (tmp_path / "mine.toml").open("a") as file:
        file.write('[regulator]\nrule = "ban"\n')
    assert "has no teaching pack" in command("handout", "mine.toml").err  # it tells of free data
