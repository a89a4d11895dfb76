"""The one page template of the project: a report that opens anywhere, without a network."""

import json
from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from market_model.words import Language, percent, word
from market_model.words.catalogue import locale

from . import comparison, evidence, sections
from .data import CompareData, EvidenceData, ReportData
from .look import echarts, sheet


def report(run: ReportData) -> str:
    """The page of one run: a whole HTML file."""
    return study_page(
        run.language,
        "report",
        run.title,
        sections.lead(run),
        sections.sections(run),
        subtitle=run.subtitle,
        cards=sections.cards(run),
        glossary=sections.glossary(run),
        about=sections.about(run),
    )


def compare_report(data: CompareData) -> str:
    """The page of a comparison of variants with a base: a whole HTML file."""
    lead = data.say(
        "compare.lead",
        variants=data.say("compare.and").join(data.variants),
        base=data.base,
        replicates=data.replicates,
    )
    return study_page(
        data.language,
        "compare",
        data.title,
        lead,
        comparison.compare_sections(data),
        data.notes(),
        subtitle=data.subtitle,
        cards=comparison.compare_cards(data),
        level=percent(data.level, data.language),
    )


def evidence_report(data: EvidenceData) -> str:
    """The page of a validation: a whole HTML file."""
    held, banded = evidence.evidence_held(data.verdicts)
    lead = data.say("evidence.lead", members=data.members, runs=data.runs, held=held, banded=banded)
    return study_page(
        data.language,
        "evidence",
        data.say("evidence.title"),
        lead,
        evidence.evidence_sections(data),
    )


def study_page(
    language: Language,
    kind: str,
    title: str,
    lead: str,
    parts: Sequence[sections.Section],
    findings: Sequence[str] = (),
    **more: object,
) -> str:
    """Any page (`kind`: the part of the words that it has; `more`: what else its template may
    name): a whole HTML file.
    """
    return _template().render(
        language=language,
        locale=locale(language),
        kind=kind,
        title=title,
        lead=lead,
        parts=parts,
        findings=findings,
        **more,
        inline=inline,
        text=partial(word, language=language),
        sheet=Markup(sheet()),
        echarts=Markup(echarts()),
    )


def inline(data: object) -> Markup:
    """JSON that is safe inside a script element, whatever the data hold."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(
        text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )


@cache
def _template() -> Template:
    rules = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return rules.from_string(_room("report.html.j2"))


def _room(path: str) -> str:
    return files(__package__).joinpath(path).read_text("utf-8")
