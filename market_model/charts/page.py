"""The one page template of the project: a report that opens anywhere, without a network."""

import json
from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from market_model.words import Language, percent, word

from . import sections
from .data import CompareData, EvidenceData, ReportData
from .look import ON_DARK


def report(run: ReportData) -> str:
    """The page of one run: a whole HTML file."""
    return _page(run.language, kind=run.say("report.kind"), title=run.title, subtitle=run.subtitle,
                 lead=sections.lead(run), caution=run.say("report.caution"), cards=sections.cards(run),
                 parts=sections.sections(run), glossary=sections.glossary(run), about=sections.about(run))


def compare_report(data: CompareData) -> str:
    """The page of a comparison of variants with a base: a whole HTML file."""
    return _page(data.language, kind=data.say("compare.kind"), title=data.title, subtitle=data.subtitle,
                 lead=data.say("compare.lead", variants=len(data.variants), base=data.base, replicates=data.replicates),
                 caution=data.say("compare.caution", level=percent(data.level)), cards=sections.compare_cards(data),
                 parts=sections.compare_sections(data), glossary=(), about=())


def study_page(language: Language, kind: str, title: str, lead: str, parts: Sequence[sections.Section],
               findings: Sequence[str] = ()) -> str:
    """The page of a sweep or a game (`kind`: the part of the words that it has): a whole HTML file."""
    return _page(language, kind=word(f"{kind}.kind", language), title=title, subtitle="", lead=lead, findings=findings,
                 caution=word(f"{kind}.caution", language), cards=(), parts=parts, glossary=(), about=())


def evidence_report(data: EvidenceData) -> str:
    """The page of a validation: a whole HTML file."""
    held, banded = sections.evidence_held(data.verdicts)
    return _page(data.language, kind=data.say("evidence.kind"), title=data.say("evidence.title"), subtitle="",
                 lead=data.say("evidence.lead", members=data.members, runs=data.runs, held=held, banded=banded),
                 caution=data.say("evidence.caution"), cards=(), parts=sections.evidence_sections(data), glossary=(), about=())


def _page(language: Language, **content: object) -> str:
    return _template().render(language=language, text=partial(word, language=language), inline=inline, on_dark=ON_DARK,
                              echarts=Markup(_room("vendor/echarts.min.js")), **content)


def inline(data: object) -> Markup:
    """JSON that is safe inside a script element, whatever the data hold."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


@cache
def _template() -> Template:
    rules = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return rules.from_string(_room("report.html.j2"))


def _room(path: str) -> str:
    return files(__package__).joinpath(path).read_text("utf-8")
