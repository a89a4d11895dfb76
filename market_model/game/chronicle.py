"""A game with bots alone, and its story in five lines: who offered where and until when, who
answered, which doors stayed shut, who paid whom, who gained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..players.decisions import AppDecision, Reason
from ..players.reasons import sentence
from ..words import Language, actor, amount, currency, people, word
from ..words.catalogue import texts
from .scores import scores, sponsored
from .setup import Setup
from .table import GameTable

type Coverage = dict[str, dict[str, tuple[str, ...]]]
"""Regions in which an app's data is free at a carrier, by app and carrier."""


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
        seed: of its luck. deals: the first ones of each app, in the order of rounds. answers: of
            apps whose first deal was at a carrier where a smaller one had free data before, its
            round (1 = first). free: where data was free, by round.
        refused: bids that found no deal, by (app, carrier, cause), and how many. paid: money by
            (app, carrier) for sponsored MB. monthly: share of people by app, at the first round and
            at the end. scores: by seat. gains: by seat, its score beyond that of the same game in
            which nobody decides. simulated: users. refused_decisions: of bots of one's own
            (`Market.refused_decisions`).
    """

    seed: int
    deals: list[FirstDeal] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    free: list[Coverage] = field(default_factory=list)
    refused: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    paid: dict[tuple[str, str], float] = field(default_factory=dict)
    monthly: dict[str, tuple[float, float]] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    gains: dict[str, float] = field(default_factory=dict)
    simulated: int = 0
    refused_decisions: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    @property
    def first_deal(self) -> int | None:
        """The round of the first deal; None: there was none."""
        return min((deal.round for deal in self.deals), default=None)

    @property
    def first_answer(self) -> int | None:
        """The round of the first answer; None: nobody answered."""
        return min(self.answers.values(), default=None)

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "seed": self.seed,
            "first_deal": self.first_deal,
            "first_answer": self.first_answer,
            "deals": [deal._asdict() for deal in self.deals],
            "answers": self.answers,
            "free": self.free,
            "refused": [[*bid, n] for bid, n in self.refused.items()],
            "paid": [[*pair, money] for pair, money in self.paid.items()],
            "monthly": {app: list(shares) for app, shares in self.monthly.items()},
            "scores": self.scores,
            "gains": self.gains,
            "refused_decisions": self.refused_decisions,
        }


def chronicle(setup: Setup, policies: Mapping[str, str] | None = None) -> Chronicle:
    """Plays a game in which bots sit in all seats. `policies`: bots of one's own, by seat."""
    table = GameTable(setup, policies, watch=False)
    story = Chronicle(setup.seed, simulated=setup.scenario.society.users)
    apps, before = setup.scenario.messengers, table.market.state.monthly_shares()
    size = dict(zip(apps, before, strict=True))
    for number in range(1, setup.rounds + 1):
        table.pass_round({})
        _note(story, table, number, size)
    table.run_out()
    market = table.market
    story.refused_decisions = market.refused_decisions
    story.monthly = {
        app: (size[app], after)
        for app, after in zip(apps, market.state.monthly_shares(), strict=True)
    }
    story.scores = _totals(table)
    idle = GameTable(setup, dict.fromkeys(setup.seats, "passive"), watch=False)
    for _ in range(setup.rounds):
        idle.pass_round({})
    idle.run_out()
    without = _totals(idle)
    story.gains = {seat: score - without[seat] for seat, score in story.scores.items()}
    story.paid = sponsored(setup, market, setup.first)
    return story


def _totals(table: GameTable) -> dict[str, float]:
    return {seat: score.total for seat, score in scores(table.setup, table.market).items()}


def _note(story: Chronicle, table: GameTable, number: int, size: Mapping[str, float]) -> None:
    """Deals and refused bids of the round that was played. `size`: of apps at the first round."""
    market, known = table.market, {deal.app for deal in story.deals}
    before, now = story.free[-1] if story.free else {}, _coverage(table)
    story.free.append(now)
    for app, decision in market.decided.items():
        past = market.state.past.get(app, ())
        if not isinstance(decision, AppDecision) or not (past and past[-1].deals):
            continue
        if app not in known:
            here = now.get(app, {})
            covered = {region for regions in here.values() for region in regions}
            every = table.setup.scenario.society.regions
            regions = () if len(covered) == len(every) else tuple(r for r in every if r in covered)
            reason = decision.reason
            plain = reason.model_dump(mode="json") if isinstance(reason, Reason) else reason
            story.deals.append(FirstDeal(app, number, dict(past[-1].deals), regions, plain))
            rivals = (set(before.get(other, ())) for other in known if size[other] < size[app])
            if any(carriers & set(past[-1].deals) for carriers in rivals):
                story.answers[app] = number
    story.refused.update(table.refused)


def _coverage(table: GameTable) -> Coverage:
    """Where apps' data was free in the last week of the round that was played."""
    market, found = table.market, dict[str, dict[str, tuple[str, ...]]]()
    every = tuple(table.setup.scenario.society.regions)
    for offer in market.state.book.public_offers(market.week - 1, market.regulator.rule):
        if offer.payer != "user" and offer.waived > 0:
            for app in offer.apps:
                at = found.setdefault(app, {})
                for carrier in offer.carriers:
                    here = {*at.get(carrier, ()), *(offer.regions.get(carrier, ()) or every)}
                    at[carrier] = tuple(r for r in every if r in here)
    return found


def lines(story: Chronicle, setup: Setup, language: Language) -> list[str]:
    """The story of a game in five lines."""
    money = currency(setup.scenario.currency, language)
    newcomers = [deal for deal in story.deals if deal.app not in story.answers]
    answers = [deal for deal in story.deals if deal.app in story.answers]

    def say(key: str, **values: object) -> str:
        return word(f"chronicle.{key}", language, **values)

    def listed(parts: Sequence[str]) -> str:
        return word("list.and", language).join(parts)

    between, causes = say("between"), texts("desk", language)["refusals"]

    def deal_in_words(deal: FirstDeal) -> str:
        terms = [
            listed([actor(r, language) for r in deal.regions]) or say("everywhere"),
            say("price", price=amount(min(deal.prices.values()), language), money=money),
            *course_in_words(deal),
        ]
        return say(
            "deal",
            app=actor(deal.app, language),
            round=deal.round,
            carriers=listed([actor(c, language) for c in deal.prices]),
            terms=between.join(terms),
        )

    def course_in_words(deal: FirstDeal) -> list[str]:
        """How far the app's free data went, and when it was over."""
        free = [at.get(deal.app, {}) for at in story.free]
        told = list[str]()
        for what, every, counts in (
            ("carriers", setup.scenario.carriers, [len(at) for at in free]),
            ("regions", setup.scenario.society.regions, [_regions(at) for at in free]),
        ):
            if (most := max(counts)) > counts[deal.round - 1]:
                values = {"n": most, "all": len(every), "round": counts.index(most) + 1}
                told.append(say(f"widened_{what}", **values))
        later = free[deal.round :]
        ends = next((k for k, at in enumerate(later) if not at), None)
        if ends is None:
            return [*told, say("lasts")]
        told.append(say("over", round=deal.round + ends))
        again = next((k for k, at in enumerate(later[ends:]) if at), None)
        if again is not None:
            told.append(say("again", round=deal.round + ends + again + 1))
        return told

    def answer_in_words(deal: FirstDeal) -> str:
        why = sentence(deal.reason, setup.scenario.currency, language)
        return deal_in_words(deal) + (say("because", reason=why.rstrip(".。")) if why else "")

    def refusal_in_words(app: str, cause: str) -> str:
        bids = {c: n for (a, c, why), n in story.refused.items() if (a, why) == (app, cause)}
        return say(
            "refusal",
            app=actor(app, language),
            carriers=listed([actor(c, language) for c in bids]),
            cause=causes.get(cause, cause),
            n=sum(bids.values()),
        )

    def sum_in_words(app: str) -> str:
        to = sorted(((m, c) for (payer, c), m in story.paid.items() if payer == app), reverse=True)
        return say(
            "sum",
            app=actor(app, language),
            carriers=listed([f"{actor(c, language)} {amount(m, language)}" for m, c in to]),
            amount=amount(sum(m for m, _ in to), language),
            money=money,
        )

    def monthly_in_words(app: str) -> str:
        before, after = (
            people.share(share * story.simulated, story.simulated, language)
            for share in story.monthly[app]
        )
        return say("change", app=actor(app, language), before=before, after=after)

    def gain_in_words(seat: str) -> str:
        return say("gain", seat=actor(seat, language), gain=_signed(story.gains[seat], language))

    refused = dict.fromkeys((app, cause) for app, _, cause in story.refused)
    payers = dict.fromkeys(app for app, _ in story.paid)
    return [
        say("offered", deals=between.join(map(deal_in_words, newcomers)))
        if newcomers
        else say("nobody_offered"),
        say("answered", deals=between.join(map(answer_in_words, answers)))
        if answers
        else say("nobody_answered"),
        say("refused", bids=between.join(refusal_in_words(*each) for each in refused))
        if refused
        else say("nobody_refused"),
        say("paid", sums=between.join(map(sum_in_words, payers))) if payers else say("nobody_paid"),
        say(
            "gained",
            apps=listed([monthly_in_words(app) for app in setup.seats if app in story.monthly]),
            seats=listed(
                [gain_in_words(s) for s in sorted(story.gains, key=lambda s: -story.gains[s])]
            ),
            money=money,
        ),
    ]


def _regions(free: Mapping[str, Sequence[str]]) -> int:
    """In how many regions data is free."""
    return len({region for regions in free.values() for region in regions})


def _signed(value: float, language: Language) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + amount(abs(value), language)
