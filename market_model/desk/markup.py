"""Pieces of a desk from their templates."""

from collections.abc import Iterable
from functools import partial

from markupsafe import Markup

from .. import words
from ..charts.look import ground
from ..game import Setup
from ..words import Language, actor, amount, currency, fixed, people, percent, plans, rate, word
from ..words.numbers import written
from ..words.pages import rendered
from .levers import Group, least_bid, text


def markup(template: str, setup: Setup, language: Language, **values: object) -> Markup:
    """A piece of a page; `values`: what its template names besides texts, names and numbers as
    people write them.
    """

    scale = setup.scenario.people_per_user

    def share(part: float, whole: float, digits: int = 0) -> str:
        return people.share(part / scale, whole / scale, language, digits)

    def whole(part: float) -> float:
        """As people of the simulation: none of them is half one."""
        return round(part / scale) * scale

    def growth(before: float, after: float) -> str:
        return people.growth(before / scale, after / scale, language, 1)

    def day(week: int) -> str:
        return words.day(setup.scenario.date_of(week), language)

    def name(who: str) -> str:
        return actor(who, language)

    def number(value: float) -> str:
        return amount(value, language)

    def rounded(value: float, digits: int) -> str:
        return fixed(value, language, digits)

    def names(whos: Iterable[str]) -> str:
        return word("list.and", language).join(map(name, whos))

    def priced(value: float) -> str:
        return word("axis.money", language, amount=number(value), currency=money)

    def ask_price(price: float) -> str:
        return written(text(least_bid(price)), language)

    def of_group(group: Group, seat: str) -> str:
        return subject(setup, seat, group, language)

    money = currency(setup.scenario.currency, language)
    return rendered(
        "market_model.desk",
        template,
        language,
        setup=setup,
        money=money,
        day=day,
        name=name,
        number=number,
        percent=partial(percent, language=language),
        fixed=rounded,
        share=share,
        whole=whole,
        growth=growth,
        signed=signed,
        rank=rank,
        stars=stars,
        names=names,
        of_group=of_group,
        priced=priced,
        ask_price=ask_price,
        rate=rate(setup.scenario.name, language),
        word=partial(word, language=language),
        ground=ground,
        **values,
    )


def subject(setup: Setup, seat: str, group: Group, language: Language) -> str:
    """Whom or what a group of levers is of, in words: an actor, or a plan by its terms at the
    start.
    """
    if group.key != "plans":
        return actor(group.of, language)
    carrier = setup.scenario.carriers[seat]
    return plans(carrier.terms_of_plans, setup.scenario.currency, language)[group.of]


def signed(value: float, shown: str) -> str:
    """A change with its sign; `shown`: it as people write it."""
    return f"{'+' if value > 0 else ''}{shown}" if shown.strip("−+0.%") else shown.lstrip("−")


def stars(won: int, text: str) -> Markup:
    """Stars, read out as `text` says."""
    return Markup('<span class="stars" role="img" aria-label="{}">{}</span>').format(
        text.format(stars=won), "★" * won + "☆" * (3 - won)
    )


def rank(score: float, scores: Iterable[float]) -> str:
    """The place of a score among all; "–" where none differs."""
    others = list(scores)
    if len(set(others)) < 2:
        return "–"
    return str(1 + sum(other > score for other in others))
