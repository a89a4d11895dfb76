"""A seat's desk as HTML: what it decides, what it alone is told, what everybody is told. No form
tag, no script, no style.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from ..game import Setup, story_of
from ..game.report import RoundReport
from ..game.scores import concentration_cost
from ..game.setup import has_story_rule
from ..game.skill import Skill
from ..players.decisions import Fault
from ..players.observation import Public
from ..players.strategies import title
from ..teaching import role_cards
from ..words import Language, actor, amount, currency, word
from ..words.catalogue import texts
from ..words.numbers import steps
from .atlas import atlas
from .curves import BOTTOM, HIGH, LABELS, TOP, WIDE, curves
from .levers import CHECKS, CHOICES, NOW, SCALES, entries, groups, standing
from .markup import markup, subject
from .news import sentences
from .tokens import ICONS, cards, cost, rates

STYLE = files(__package__).joinpath("static/desk.css").read_text("utf-8")
"""Of all pieces; a page gives it `--ink`, `--muted`, `--rule` and `--surface`."""
SCRIPT = files(__package__).joinpath("static/desk.js").read_text("utf-8")
"""Makes the map and the fields one; without it there are the fields alone."""
FILM_SCRIPT = files(__package__).joinpath("static/film.js").read_text("utf-8")
"""Plays films, whose end stands there without it."""
DEBRIEF_SCRIPT = files(__package__).joinpath("static/debrief.js").read_text("utf-8")
"""Asks questions about a game that is over."""
_NO_BUTTON = Markup()


def form(
    setup: Setup,
    seat: str,
    view: Public,
    language: Language,
    draft: Mapping[str, str] | None = None,
    problems: Sequence[Fault] = (),
    seal: Markup = _NO_BUTTON,
) -> Markup:
    """A seat's decision, to stand in a form: the map, and tokens with their fields.

    Args:
        draft: answers as typed, by field; None: as the levers stand.
        problems: what was wrong with them. seal: the form's button.
    """
    now = standing(setup, seat, view)
    values, prices, tray = now if draft is None else draft, rates(view), cards(setup, seat, view)
    rare = {lever.path for card in tray if card.rare for t in card.tokens for lever in t.levers}
    running = [offer for offer in view.offers if seat in (*offer.apps, *offer.carriers)]
    return markup(
        "form",
        setup,
        language,
        seat=seat,
        view=view,
        atlas=atlas(setup, seat, view, language),
        cards=tray,
        costly={
            card.key
            for card in tray
            if any(lever.path in prices for token in card.tokens for lever in token.levers)
        },
        prices=prices,
        bill=sum(cost(token, values, prices, view.parts) for card in tray for token in card.tokens),
        steps=steps(language),
        icons=ICONS,
        seal=seal,
        rare_wrong=any(fault.lever in rare for fault in problems),
        now=now,
        before=NOW,
        options=CHOICES,
        checks=CHECKS,
        scales=SCALES,
        values=values,
        running=running,
        problems=[(fault.lever, *sentence(setup, seat, fault, language)) for fault in problems],
    )


def sentence(setup: Setup, seat: str, fault: Fault, language: Language) -> tuple[str, str]:
    """What is wrong with a decision in words of its form: with the lever's name, and as it
    stands beside the lever.
    """
    levers = {lever.path: (group, lever) for group in groups(setup, seat) for lever in group.levers}
    group, lever = levers.get(fault.lever, (None, None))
    scale = SCALES.get(lever.name, 1.0) if lever else 1.0
    said: dict[str, object] = {}
    for name, value in fault.values.items():
        if name in ("seat", "carrier", "offer", "name"):
            said[name] = actor(str(value), language)
        elif name == "rule":
            said[name] = word(f"strategy.{value}", language)
        elif name in ("cost", "cash", "budget"):
            said[name] = word(
                "axis.money",
                language,
                amount=amount(float(value), language),
                currency=currency(setup.scenario.currency, language),
            )
        else:
            number = isinstance(value, float)
            said[name] = amount(value / scale, language) if number else value
    text = word(f"fault.{fault.key}", language, **said)
    if not (lever and group):
        return text, text
    words = texts("desk", language)
    label = words["levers"][lever.name].format(app=actor(lever.path.split(".")[-1], language))
    if group.of or group.key in ("surcharges", "goodwill"):
        of = subject(setup, seat, group, language) if group.of else words["groups"][group.key]
        label = f"{of} · {label}"
    return word("fault.at", language, label=label, text=text), text


def decided(setup: Setup, seat: str, decision: Mapping[str, Any], language: Language) -> Markup:
    """A decision in the words of the form."""
    return markup(
        "decided",
        setup,
        language,
        seat=seat,
        entries=entries(setup, seat, decision),
        checks=CHECKS,
        options=CHOICES,
        scales=SCALES,
    )


def figures(setup: Setup, seat: str, report: RoundReport, language: Language) -> Markup:
    """How a seat stands: people, newcomers, cash, and what it has beyond doing nothing."""
    public = report.public
    return markup(
        "figures",
        setup,
        language,
        seat=seat,
        report=report,
        own=report.seats[seat],
        view=report.views.get(seat),
        mine=public["apps"].get(seat) or public["carriers"].get(seat),
    )


def brief(setup: Setup, seat: str, report: RoundReport, language: Language) -> Markup:
    """What a seat alone is told after a round."""
    own, scale = report.seats[seat], setup.scenario.people_per_user
    why = {r: people for r, people in own["why"].items() if abs(people) >= scale / 2}
    if rest := sum(own["why"].values()) - sum(why.values()):
        why["chance"] = why.get("chance", 0.0) + rest
    return markup(
        "brief",
        setup,
        language,
        seat=seat,
        own=own,
        view=report.views[seat],
        public=report.public,
        headlines=sentences(setup, report.public["headlines"], language),
        why=why,
        widest=max([scale, *map(abs, why.values())]),
        each=scale,
    )


def board(setup: Setup, report: RoundReport, language: Language) -> Markup:
    """What everybody is told: shares over the weeks, apps, carriers, offers, figures of the
    market.
    """
    return markup(
        "board",
        setup,
        language,
        report=report,
        public=report.public,
        people=setup.scenario.population,
        shown=curves(setup, report),
        wide=WIDE,
        high=HIGH,
        edge=WIDE - LABELS,
        top=TOP,
        bottom=BOTTOM,
    )


def role(setup: Setup, seat: str, language: Language, bot: str = "") -> Markup:
    """Who a seat is and what it is after: its card in the story's teaching pack, if there is
    one. `bot`: who plays it while no person does, if not the game's own.
    """
    told = role_cards(story_of(setup.scenario), language) if has_story_rule(setup.scenario) else {}
    each = concentration_cost(setup) / setup.scenario.population / 100
    return markup(
        "role",
        setup,
        language,
        seat=seat,
        kind=setup.kind(seat),
        bot=bot or title(setup.bot(seat), language),
        card=Markup(told.get(seat, "")),
        value=setup.scenario.user_value(seat) if setup.kind(seat) == "app" else each,
    )


def ranking(
    setup: Setup, skill: Mapping[str, Skill], names: Mapping[str, str], language: Language
) -> Markup:
    """Seats by rank, which is by skill share; `names`: of players, by seat."""
    ranked = sorted(skill, key=lambda seat: skill[seat].share, reverse=True)
    shares = [skill[seat].share for seat in ranked]
    return markup(
        "ranking", setup, language, skill=skill, ranked=ranked, shares=shares, players=names
    )
