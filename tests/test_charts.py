"""Texts in two languages, figures that are plain data, reports that stand alone."""

import datetime as dt
import json
import math
import re
from dataclasses import replace
from importlib.resources import files

import pytest

from market_model import charts as c
from market_model import words
from market_model.charts import figures, look

NAN, WEEKS, START = math.nan, 12, dt.date(2013, 7, 8)
BILLS, YIXIN = [NAN, NAN, NAN, 5e8] * 3, [NAN, NAN, *[1e7] * 10]
SERIES = {
    ("app", "wechat", "registered"): [3e8] * WEEKS,
    ("app", "wechat", "active"): [2e8] * WEEKS,
    ("app", "yixin", "registered"): [NAN, NAN, *[4e7] * 10],
    ("app", "yixin", "active"): YIXIN,
    ("carrier", "china_mobile", "sms"): [1e9] * WEEKS,
    ("market", "", "sms"): [1e9] * 6 + [5e8] * 6,
    ("carrier", "china_mobile", "plan_income"): BILLS,
    ("carrier", "china_mobile", "sponsor_income"): BILLS,
}
RUN = c.ReportData(
    title="</script><b>Title",
    subtitle="",
    language="en",
    scenario="china-2013",
    seed=1,
    digest="abc",
    weeks=WEEKS,
    start=START,
    currency="RMB",
    population=464e6,
    users=1000,
    series=SERIES,
    dates=[(START + dt.timedelta(weeks=w)).isoformat() for w in range(WEEKS)],
    apps=[c.ActorInfo("wechat", "WeChat", "#12a67c"), c.ActorInfo("yixin", "Yixin")],
    carriers=[c.ActorInfo("china_mobile", "China Mobile", "#0072B2")],
    offers=[c.OfferInfo("free", "Yixin free", ["yixin"], 2, 40, "app", 1.0, 300)],
    ledger=[
        ("yixin", "china_mobile", "sponsored", 1e6, 1e5),
        ("users", "china_mobile", "overage", 1e9, 1e9),
        ("china_mobile", "china_mobile", "sponsored", 1e3, 1e2),
    ],
    cohorts=[c.CohortCurve("Yixin free", "yixin", [0, 12], 100, [100, 60], [50, 25])],
    summary={"hhi": 0.5},
)
CHARTS = len(RUN.apps) + len(RUN.carriers) + 5
ROW = c.DifferenceRow("Ban", "Yixin active", "people", 1e7, 8e6, -2e6, -3e6, -1e6)

pytest_plugins = ["browser"]


def options(page: str) -> list[dict]:
    return list(
        map(json.loads, re.findall(r'<script type="application/json">(.*?)</script>', page, re.S))
    )


def test_a_missing_key_is_named():
    with pytest.raises(KeyError, match=r"no\.such"):
        words.word("no.such", "en")
    with pytest.raises(KeyError, match=r"series\.app\.nothing"):
        words.series("nothing", "app", "zh")
    assert words.series("active.wechat", "region", "zh").name == "微信活跃用户"
    assert words.series("income", "app", "zh").unit == "元/4 周"


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (464e6, "464 M", "4.64 亿"),
        (51_900_000, "51.9 M", "5,190 万"),
        (1250, "1,250", "1,250"),
        (0, "0", "0"),
        (-0.0364, "−0.0364", "−0.0364"),
        (999_960, "1 M", "100 万"),
        (3.2e9, "3.2 bn", "32 亿"),
        (NAN, "–", "–"),
    ],
)
def test_large_numbers_read_well(value: float, en: str, zh: str):
    assert (words.amount(value, "en"), words.amount(value, "zh")) == (en, zh)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_is_one_safe_file(language: words.Language):
    page = c.report(replace(RUN, language=language))
    assert page.count('http-equiv="Content-Security-Policy"') == page.count('t.version="6.') == 1
    assert not re.search(r"""(src|href)\s*=\s*["'](https?:)?//""", page)
    assert "<b>Title" not in page and f'lang="{language}' in page
    assert len(options(page)) == CHARTS
    assert "1,002" not in page and "1.1 bn" not in page  # what users pay is nobody's gift
    assert c.report(replace(RUN, offers=[], ledger=[], cohorts=[])).count('class="empty"') == 3


def test_figures_are_json_and_gaps_stay_gaps():
    option = figures.curves(RUN.dates, [figures.Curve("Yixin", "#e08a00", YIXIN)], "people", "en")
    assert option["series"][0]["data"][1:3] == [["2013-07-15", None], ["2013-07-22", 10.0]]
    assert option["title"]["text"] == "million people"
    json.dumps(option, allow_nan=False)
    sankey = next(o for o in options(c.report(RUN)) if o["series"][0]["type"] == "sankey")[
        "series"
    ][0]
    assert {(x["source"], x["target"], x["value"]) for x in sankey["links"]} == {
        ("Yixin", "China Mobile", 1e5),
        ("China Mobile (goodwill)", "China Mobile", 1e2),
    }


def test_a_comparison_tells_clear_from_unclear():
    single = replace(ROW, measure="HHI", low=NAN, high=NAN)
    page = c.compare_report(c.CompareData("Ban?", "", "en", "Base", ["Ban"], 8, [ROW, single]))
    assert (ROW.clear, single.clear) == (True, False)
    assert "one run: no interval" in page and len(options(page)) == 2


def test_colours_differ_on_both_grounds():
    given = look.colors([c.ActorInfo("a", "A", "#12a67c"), *(c.ActorInfo(x, x) for x in "bcdefgh")])
    assert given["a"] == "#008a64" and len({look.ON_DARK[x] for x in given.values()}) == 8


def test_the_licence_of_echarts_travels_with_it():
    vendor = files("market_model.charts").joinpath("vendor")
    assert all(
        vendor.joinpath(f"echarts-{x}.txt").is_file() for x in ("LICENSE", "LICENSE-d3", "NOTICE")
    )


@pytest.mark.browser
def test_it_opens_offline_on_a_phone(visit, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(c.report(replace(RUN, language="zh")), "utf-8")
    size = {"width": 390, "height": 844}
    seen = visit(file.as_uri(), viewport=size, color_scheme="dark")
    seen.page.wait_for_selector(".chart svg")
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
    assert seen.page.locator(".chart svg").count() == CHARTS
    assert (seen.errors, seen.strangers) == ([], [file.as_uri()])


@pytest.mark.parametrize("ends", [(-0.113, 0.2), (0.0, 3.4), (-7.0, -2.0), (-8.02e9, 36.4e9)])
def test_both_ends_of_an_axis_of_differences_are_steps_from_zero(ends):
    low, high = ends
    axis = figures.differences(["a"], [((low + high) / 2, low, high)], "1", ["#000000"], "en")[
        "xAxis"
    ]
    for end in (axis["min"], axis["max"]):
        assert end / axis["interval"] == pytest.approx(round(end / axis["interval"]))
    assert axis["max"] - axis["min"] <= 6 * axis["interval"]
    none = figures.differences(["a"], [(0.0, 0.0, 0.0)], "1", ["#000000"], "en")["xAxis"]
    assert none == {"type": "value"}


@pytest.mark.browser
def test_numbers_on_axes_have_a_true_minus(visit, tmp_path):
    from market_model.charts.look import echarts

    option = figures.differences(["a"], [(-1500.0, -4000.0, 100.0)], "1", ["#000000"], "en")
    (tmp_path / "page.html").write_text(
        f"""<meta charset=utf-8><div id=a style="width: 500px; height: 200px"></div>
        <script>{echarts()}</script><script>
        echarts.init(document.getElementById('a'), 'day', {{renderer: 'svg'}}).setOption({json.dumps(option)})
        </script>""",
        "utf-8",
    )
    seen = visit((tmp_path / "page.html").as_uri())
    said = seen.page.locator("svg text").all_text_contents()
    assert "−4,500" in said and not any("-" in text for text in said), said
    assert seen.errors == []


@pytest.mark.browser
def test_zeros_have_an_axis_to_one_and_a_count_stays_in_one_line_on_a_phone(visit, tmp_path):
    line = figures.Curve("易信（三网）", "#000000", [0.0] * WEEKS, users=1724)
    option = figures.active_shares(RUN.dates, [line], "zh")
    (tmp_path / "page.html").write_text(
        f"""<meta charset=utf-8><div id=a style="width: 330px; height: 200px"></div>
        <script>{look.echarts()}</script><script>
        echarts.show(echarts.begin(document.getElementById('a')), {json.dumps(option)}, false)
        </script>""",
        "utf-8",
    )
    said = visit((tmp_path / "page.html").as_uri()).page.locator("svg text").all_text_contents()
    assert [text for text in said if text in ("0", "0.2", "0.3", "1", "1.2")] == ["0", "1"]
    assert "1,724 人中 0 人" in said, said


def test_the_ends_of_an_axis_are_round_numbers():
    axis = figures.differences(["a"], [(-0.38, -0.597, 0.163)], "1", ["#000000"], "en")["xAxis"]
    assert (axis["min"], axis["max"], axis["interval"]) == (-0.6, 0.2, 0.2)


@pytest.mark.browser
def test_lines_of_a_long_name_stand_apart_below_the_chart_s_title(visit, tmp_path):
    name, other = (f"China {n}, what if: Tencent makes WeChat free too" for n in (2013, 2014))
    row = replace(ROW, variant=name, difference=-1.0, low=-9e8, high=2.0)
    data = c.CompareData(
        "t", "", "en", "Base", [name, other], 8, [row, replace(row, variant=other)]
    )
    (tmp_path / "page.html").write_text(c.compare_report(data), "utf-8")
    page = visit((tmp_path / "page.html").as_uri(), viewport={"width": 390, "height": 844}).page
    page.wait_for_selector(".chart svg text")
    marks = page.locator(".chart").bounding_box()
    boxes = [t.bounding_box() for t in page.locator(".chart svg text").all()]
    assert len(boxes) >= 9
    for i, a in enumerate(boxes):
        assert a["x"] >= marks["x"] - 1 and a["x"] + a["width"] <= marks["x"] + marks["width"] + 1
        for b in boxes[i + 1 :]:
            beside = a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
            above = a["y"] + a["height"] <= b["y"] + 6 or b["y"] + b["height"] <= a["y"] + 6
            assert beside or above, (a, b)


DRAWN = """async () => {
  const { Chart } = await import('/explorer/chart.js')
  const frames = async () => { for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame); await new Promise(r => setTimeout(r, 100)) }
  const option = name => ({ title: { text: name }, xAxis: { type: 'value' }, yAxis: {}, series: [] })
  const made = hidden => {
    const chart = new Chart('chart', 200)
    const count = { drawn: 0, chart, text: () => chart.el.textContent }
    chart.drawn = () => count.drawn++
    chart.el.hidden = hidden
    document.body.append(chart.el)
    return count
  }
  const [seen, hidden, gone] = [made(false), made(true), made(false)]
  for (const { chart } of [seen, hidden, gone]) { chart.show(option('first')); chart.show(option('second')) }
  const at_once = [seen.drawn, seen.text()]
  gone.chart.remove()
  await frames()
  const later = [seen.drawn, seen.text().includes('second'), hidden.drawn, gone.drawn]
  hidden.chart.el.hidden = false
  await frames()
  const told = { at_once, later, shown: [hidden.drawn > 0, hidden.text().includes('second')] }
  for (const { chart } of [seen, hidden]) { chart.remove(); chart.el.remove() }
  return told
}"""


@pytest.mark.browser
def test_a_chart_is_drawn_after_the_frame_once_for_all_that_is_asked(server, visit) -> None:
    page = visit(f"{server.address}/rules").page
    told = page.evaluate(DRAWN)
    assert told["at_once"] == [0, ""]
    assert told["later"] == [1, True, 0, 0]
    assert told["shown"] == [True, True]
