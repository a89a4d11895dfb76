"""A game with bots alone, and its story in five lines: who offered where, who answered, which doors
stayed shut, who paid, who gained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..players.decisions import AppDecision, Reason
from ..players.reasons import sentence
from ..words import Language, actor, amount, currency, people, word
from .scores import scores
from .setup import Setup
from .table import GameTable


class FirstDeal(NamedTuple):
    """An app's first free data at carriers: the round (1 = first), prices by carrier, money/MB,
    regions (none: everywhere), and why, as plain data.
    """

    app: str
    round: int
    prices: dict[str, float]
    regions: tuple[str, ...]
    reason: Any


@dataclass
class Chronicle:
    """What came of a game.

    Attributes:
        seed: of its luck. deals: the first ones of each app, in the order of rounds. answers: first
            rounds (1 = first) in which an incumbent had free data where a rival had it before.
        refused: bids that found no deal, by (app, carrier), and how many. paid: money by (app,
            carrier) for sponsored MB. monthly: share of people by app, at the first round and at
            the end. scores: by seat. simulated: users.
    """

    seed: int
    deals: list[FirstDeal] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    refused: dict[tuple[str, str], int] = field(default_factory=dict)
    paid: dict[tuple[str, str], float] = field(default_factory=dict)
    monthly: dict[str, tuple[float, float]] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    simulated: int = 0

    @property
    def first_deal(self) -> int | None:
        """The round of the first deal; None: there was none."""
        return min((deal.round for deal in self.deals), default=None)

    @property
    def first_answer(self) -> int | None:
        """The round of an incumbent's first answer; None: nobody answered."""
        return min(self.answers.values(), default=None)

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "seed": self.seed,
            "first_deal": self.first_deal,
            "first_answer": self.first_answer,
            "deals": [deal._asdict() for deal in self.deals],
            "answers": self.answers,
            "refused": [[*pair, n] for pair, n in self.refused.items()],
            "paid": [[*pair, money] for pair, money in self.paid.items()],
            "monthly": {app: list(shares) for app, shares in self.monthly.items()},
            "scores": self.scores,
        }


def chronicle(setup: Setup, policies: Mapping[str, str] | None = None) -> Chronicle:
    """Plays a game in which bots sit in all seats. `policies`: bots of one's own, by seat."""
    table = GameTable(setup, policies, watch=False)
    told = Chronicle(setup.seed, simulated=setup.scenario.society.users)
    before = table.market.state.monthly_shares()
    for number in range(1, setup.rounds + 1):
        table.pass_round({})
        _note(told, table, number)
    table.run_out()
    market = table.market
    told.scores = {seat: score.total for seat, score in scores(setup, market).items()}
    after = market.state.monthly_shares()
    told.monthly = {app: (before[k], after[k]) for k, app in enumerate(setup.scenario.messengers)}
    for line in market.ledger.lines:
        if line.reason == "sponsored" and line.week >= setup.first and line.payer in told.monthly:
            pair = (line.payer, line.payee)
            told.paid[pair] = told.paid.get(pair, 0.0) + line.rmb
    return told


def _note(told: Chronicle, table: GameTable, number: int) -> None:
    """Deals and refused bids of the round that was played."""
    market, known = table.market, {deal.app for deal in told.deals}
    offering = sorted(known)
    for app, decision in market.decided.items():
        past = market.state.past.get(app, ())
        if not isinstance(decision, AppDecision) or not (past and past[-1].deals):
            continue
        if app not in known:
            regions = tuple({r: 0 for t in decision.zero_rating.values() for r in t.regions})
            reason = decision.reason
            plain = reason.model_dump(mode="json") if isinstance(reason, Reason) else reason
            told.deals.append(FirstDeal(app, number, dict(past[-1].deals), regions, plain))
        defends = table.setup.bot(app) in ("defender", "deterrence")
        if defends and any(other != app for other in offering):
            told.answers.setdefault(app, number)
    for app, carrier, _ in table.refused:
        told.refused[app, carrier] = told.refused.get((app, carrier), 0) + 1


def lines(told: Chronicle, setup: Setup, language: Language) -> list[str]:
    """The story of a game in five lines."""
    money = currency(setup.scenario.currency, language)
    newcomers = [deal for deal in told.deals if deal.app not in told.answers]
    answers = [deal for deal in told.deals if deal.app in told.answers]
    shut = sorted(told.refused.items(), key=lambda one: (-one[1], one[0]))
    by_app: dict[str, float] = {}
    for (app, _), paid in told.paid.items():
        by_app[app] = by_app.get(app, 0.0) + paid

    def say(key: str, **values: object) -> str:
        return word(f"chronicle.{key}", language, **values)

    def listed(parts: Sequence[str]) -> str:
        return word("list.and", language).join(parts)

    def deal_in_words(deal: FirstDeal) -> str:
        where = listed([actor(r, language) for r in deal.regions]) or say("everywhere")
        return say(
            "deal",
            app=actor(deal.app, language),
            round=deal.round,
            carriers=listed([actor(c, language) for c in deal.prices]),
            regions=where,
            price=amount(min(deal.prices.values()), language),
            money=money,
        )

    def answer_in_words(deal: FirstDeal) -> str:
        why = sentence(deal.reason, setup.scenario.currency, language)
        return deal_in_words(deal) + (say("because", reason=why.rstrip(".。")) if why else "")

    def monthly(app: str) -> str:
        before, after = (
            people.share(share * told.simulated, told.simulated, language)
            for share in told.monthly[app]
        )
        return say("gain", app=actor(app, language), before=before, after=after)

    between = say("between")
    return [
        say("offered", deals=between.join(map(deal_in_words, newcomers)))
        if newcomers
        else say("nobody_offered"),
        say("answered", deals=between.join(map(answer_in_words, answers)))
        if answers
        else say("nobody_answered"),
        say(
            "refused",
            pairs=listed(
                [
                    say("pair", app=actor(app, language), carrier=actor(carrier, language), n=n)
                    for (app, carrier), n in shut[:3]
                ]
            ),
            n=sum(told.refused.values()),
        )
        if shut
        else say("nobody_refused"),
        say(
            "paid",
            apps=listed(
                [
                    say("sum", app=actor(app, language), amount=amount(paid, language), money=money)
                    for app, paid in sorted(by_app.items(), key=lambda one: -one[1])
                ]
            ),
        )
        if by_app
        else say("nobody_paid"),
        say("gained", apps=listed([monthly(app) for app in setup.seats if app in told.monthly])),
    ]
