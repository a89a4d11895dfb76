"""Markup of the pages (`pages/*.html.j2`) with their texts; the modules in `static` find its
parts and move them.
"""

from functools import partial

from ..charts.look import ground
from ..words import Language, actor, fixed, languages, people, percent, rate, word
from ..words.catalogue import locale
from ..words.pages import rendered


def markup(template: str, language: Language, **values: object) -> str:
    """A page, or a part of one, as HTML; `values`: what its template names besides `words`,
    `language` and the functions below.
    """
    return rendered(
        "market_model.explorer",
        template,
        language,
        text=partial(word, language=language),
        actor=actor,
        percent=partial(percent, language=language),
        fixed=partial(fixed, language=language),
        share=partial(people.share, language=language),
        ground=ground,
        rate=partial(rate, language=language),
        others=[(k, name, locale(k)) for k, name in languages().items() if k != language],
        **values,
    )
