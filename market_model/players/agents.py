"""The players as Mesa agents: what decisions and events have made of them so far."""

from collections.abc import Mapping
from typing import Any

from ..scenario import WEEKS_PER_BILL, actors
from ..scenario import offers as events
from ..work.mesa import Agent, Model
from .bots import policy
from .costs import (
    ADS_HURT,
    BRING_COST,
    CAPACITY_WEEKS,
    COST_PER_REACH,
    DELAY_WEEKS,
    FEATURE_GAINS,
    INVITE_COST,
    PROMOTION_CAP,
    QUALITY_GAIN,
    Project,
    effort,
    rate_bought,
    spent,
)
from .deals import APOLOGY, Ask, Bid, ask_price, covers
from .decisions import AppDecision, CarrierDecision, Kind, Pack, RegulatorDecision

type Payment = tuple[str, str, str, float]
"""Payer, payee, reason, money: a line for the ledger."""


def _take(
    player: Agent[Any],
    given: AppDecision | CarrierDecision | RegulatorDecision | events.AnyEvent,
    *levers: str,
) -> None:
    """A player's levers become what a decision or event gives; one that it is silent about
    stays.
    """
    for lever in levers:
        value = getattr(given, lever)
        if value is not None:
            setattr(player, lever, value)


class AppAgent(Agent[Any]):
    """A messenger or service.

    Attributes:
        config: its table in the scenario. features: what it can do, by name. projects: research
            under way. researched: by field, what its budgets came to in full first projects.
            gained: quality that research has added, logit.
        quality: θ with research and events, logit; monetisation and splits are counted in `theta`.
        monetisation: level of ads and fees, 1 as in the scenario; multiplies the margin.
        campaigns: promotion under way: (first week after it, budget, regions). out_until: first
            week after an outage.
        invite_extra: bonus for registering, logit, beside the scenario's. bring_friend: word of
            mouth is multiplied by it.
        invite_regions, bring_friend_regions: where; () everywhere.
        heads: people by region. broke: whether it had no cash at the last bill, where the rules
            give no credit; what it pays to win users rests.
    """

    kind: Kind = "app"

    def __init__(
        self,
        model: Model[Any, Any],
        name: str,
        config: actors.App,
        people: float,
        seed: int = 0,
        heads: Mapping[str, float] | None = None,
    ) -> None:
        """Args: people: the population (not the simulated users); seed: of the run, for the
        random policy; heads: people by region.
        """
        super().__init__(model)
        self.name, self.config, self.people = name, config, people
        self.heads = dict(heads or {})
        self.decide = policy(config.strategy, "app", seed)
        self.quality, self.monetisation, self.invite_extra = config.quality, 1.0, 0.0
        self.invite_regions: tuple[str, ...] = ()
        self.bring_friend, self.bring_friend_regions = 1.0, tuple[str, ...]()
        self.campaigns: list[tuple[int, float, tuple[str, ...]]] = []
        self.features = dict(config.features)
        self.projects: list[Project] = []
        self.researched: dict[str, float] = {}
        self.gained = 0.0
        self.broke = False
        self.out_until = -1_000_000
        self.splits: list[tuple[int, events.Split]] = []

    def theta(self, week: int) -> float:
        """Quality now, logit: θ − h·(level − 1) + Σ over splits of gain·(1 − d) − push_back·d;
        anger left d = 2^(−age/half-life).
        """
        total = self.quality - ADS_HURT * (self.monetisation - 1.0)
        for since, split in self.splits:
            anger = 0.5 ** ((week - since) / split.half_life_weeks)
            total += split.gain * (1.0 - anger) - split.push_back * anger
        return total

    def works(self, week: int) -> bool:
        return week >= self.out_until

    def promo_extra(self, region: str) -> float:
        """Added to the rate of hearing of it in a region by budgets b of 4 weeks under way,
        1/week: C·(1 − e^(−Σb/(4·people·cost·C))), people of the regions that a budget is for.
        """
        spread: dict[tuple[str, ...], float] = {}
        for _, budget, regions in self.campaigns:
            if covers(regions, region):
                spread[regions] = spread.get(regions, 0.0) + budget
        people = {where: self.people_in(where) for where in spread}
        return rate_bought(
            sum(
                budget / (4.0 * people[where] * COST_PER_REACH * PROMOTION_CAP)
                for where, budget in spread.items()
                if people[where] > 0
            )
        )

    def people_in(self, regions: tuple[str, ...]) -> float:
        """People of some regions; of all, where none is named."""
        return sum(self.heads.get(r, 0.0) for r in set(regions)) if regions else self.people

    def invites(self, region: str) -> float:
        """Bonus for registering in a region, logit, beside the scenario's."""
        here = covers(self.invite_regions, region) and not self.broke
        return self.invite_extra if here else 0.0

    def brings(self, region: str) -> float:
        """What word of mouth in a region is multiplied by."""
        here = covers(self.bring_friend_regions, region) and not self.broke
        return self.bring_friend if here else 1.0

    def invite_cost(self, region: str) -> float:
        """Money paid to each newly registered user of a region."""
        return (0.0 if self.broke else self.config.invite_cost) + INVITE_COST * self.invites(region)

    def bring_cost(self, region: str) -> float:
        """The same, for the friend who brought them."""
        return BRING_COST * (self.brings(region) - 1.0)

    @property
    def levers(self) -> dict[str, Any]:
        """Levers as they stand, named as in a decision."""
        return {
            "invite": self.invite_extra,
            "invite_regions": self.invite_regions,
            "bring_friend": self.bring_friend,
            "bring_friend_regions": self.bring_friend_regions,
            "monetisation": self.monetisation,
        }

    @property
    def under_way(self) -> tuple[tuple[str, int], ...]:
        """Fields of research, each with the week in which it is ready."""
        return tuple((project.field, project.ready) for project in self.projects)

    def bids(self, decision: AppDecision) -> list[Bid]:
        """What it bids for; ends of zero-rating are no bids (`OfferBook.take` sees to them), and
        neither is a counter-offer that it accepts.
        """
        return [
            Bid(
                self.name,
                carrier,
                terms.bid,
                terms.allowance_mb,
                terms.exclusive,
                terms.length_weeks,
                terms.regions,
                terms.income_share,
                terms.joint_promotion,
                terms.gift_mb,
            )
            for carrier, terms in decision.zero_rating.items()
            if terms.on and not terms.accept
        ]

    def apply(self, decision: AppDecision, week: int) -> list[Payment]:
        """Take what concerns the app itself; promotion lasts for a round. Returns money to book.

        Each further project in a field brings less (`costs.effort`).
        """
        if decision.promotion > 0:
            until = week + WEEKS_PER_BILL
            self.campaigns.append((until, decision.promotion, decision.promotion_regions))
        if decision.invite is not None:
            self.invite_extra = decision.invite
        _take(
            self,
            decision,
            "invite_regions",
            "bring_friend",
            "bring_friend_regions",
            "monetisation",
        )
        if decision.research is not None:
            field, budget = decision.research, decision.research_budget
            before = self.researched.get(field, 0.0)
            brings = effort(budget, self.people, before)
            self.projects.append(Project(week + DELAY_WEEKS, field, brings))
            self.researched[field] = before + spent(budget, self.people)
        bills = (("promotion", decision.promotion), ("research", decision.research_budget))
        return [(self.name, "costs", reason, money) for reason, money in bills if money > 0]

    def week_passes(self, week: int) -> None:
        """Research that is ready takes effect; campaigns that are over end."""
        self.campaigns = [c for c in self.campaigns if c[0] > week]
        for done in [p for p in self.projects if p.ready <= week]:
            self.projects.remove(done)
            if done.field == "quality":
                self.quality += QUALITY_GAIN * done.effort
                self.gained += QUALITY_GAIN * done.effort
            else:
                self.gained += FEATURE_GAINS[done.field].quality * done.effort
                self.features[done.field] = self._improved(done)

    def _improved(self, done: Project) -> actors.Feature:
        """A feature with what a project adds; one that is new works everywhere once it is ready."""
        gain = FEATURE_GAINS[done.field]
        old = self.features.get(done.field) or actors.Feature(kind=gain.kind, launch=done.ready)
        grows = ("quality", "margin", "switching", "businesses", "business_margin")
        return old.model_copy(
            update={w: getattr(old, w) + done.effort * getattr(gain, w) for w in grows}
        )

    def happens(self, event: events.AnyEvent, week: int) -> None:
        """A dated event changes it: outage, split, new feature, quality; events of others pass
        by.
        """
        if getattr(event, "app", None) != self.name:
            return
        if isinstance(event, events.Outage):
            self.out_until = max(self.out_until, week + event.weeks)
        elif isinstance(event, events.Split):
            self.splits.append((week, event))
        elif isinstance(event, events.NewFeature):
            self.features[event.name] = event.feature
        elif isinstance(event, events.Quality):
            self.quality += event.change


class CarrierAgent(Agent[Any]):
    """A mobile carrier.

    Attributes:
        config: its table in the scenario. menu: its plans now, by name. sms_price, voice_price,
            cost_per_mb: prices and cost now.
        wholesale: posted price of a sponsored MB; asks: other prices by app; closed: apps without a
            price.
        packs: those it sells for apps, by app.
        surcharges: extra price of an app's data, money/MB; surcharge_until: first week without one
            that an event set.
        blocked: apps that do not work here, each with the first week in which they do again.
        capacity_factor: multiplies the scenario's capacity; expansions: (week ready, factor) under
            way.
        subscribers: people; load: of capacity; congestion: all set by the market.
    """

    kind: Kind = "carrier"

    def __init__(
        self, model: Model[Any, Any], name: str, config: actors.Carrier, seed: int = 0
    ) -> None:
        """Args: seed: of the run, for the random policy."""
        super().__init__(model)
        self.name, self.config = name, config
        self.decide = policy(config.strategy, "carrier", seed)
        self.menu: dict[str, actors.Plan] = config.menu
        self.sms_price, self.voice_price = config.sms_price, config.voice_price
        self.cost_per_mb, self.wholesale = config.cost_per_mb, config.wholesale
        self.asks: dict[str, float] = {}
        self.closed = set(config.closed_to)
        self.accepts_exclusive, self.own_subsidy = config.accepts_exclusive, False
        self.own_subsidy_regions: tuple[str, ...] = ()
        self.packs: dict[str, Pack] = {}
        self.surcharges: dict[str, float] = {}
        self.surcharge_until: dict[str, int] = {}
        self.blocked: dict[str, int] = {}
        self.capacity_factor = 1.0
        self.expansions: list[tuple[int, float]] = []
        self.subscribers = self.load = self.congestion = 0.0

    @property
    def plan(self) -> actors.Plan:
        """The main plan of its menu."""
        return self.menu[self.config.main]

    @property
    def retail_price(self) -> float:
        """The most that a customer pays for a MB beyond the cap, money."""
        return max(plan.overage for plan in self.menu.values())

    def _reprice(self, name: str, fee: Any, cap_mb: Any, overage: Any) -> None:
        """New terms of a plan; what is None stays."""
        new = {"fee": fee, "cap_mb": cap_mb, "overage": overage}
        self.menu[name] = self.menu[name].model_copy(
            update={k: v for k, v in new.items() if v is not None}
        )

    @property
    def capacity_mb(self) -> float | None:
        """MB per week and subscriber; None without limit."""
        return (
            None
            if self.config.capacity_mb is None
            else self.config.capacity_mb * self.capacity_factor
        )

    @property
    def capacity_price(self) -> float | None:
        """Money that doubling the capacity costs; None without limit."""
        mb = self.capacity_mb
        return None if mb is None else mb * self.subscribers * self.cost_per_mb * CAPACITY_WEEKS

    @property
    def levers(self) -> dict[str, Any]:
        """Levers as they stand, named as in a decision; an app without an ask of its own pays
        the wholesale price.
        """
        return {
            "plan_fee": self.plan.fee,
            "plan_cap_mb": self.plan.cap_mb,
            "plan_overage": self.plan.overage,
            "plans": {
                name: {"fee": plan.fee, "cap_mb": plan.cap_mb, "overage": plan.overage}
                for name, plan in self.menu.items()
                if self.config.plans
            },
            "sms_price": self.sms_price,
            "voice_price": self.voice_price,
            "wholesale": self.wholesale,
            "asks": self.asks | dict.fromkeys(sorted(self.closed), "closed"),
            "accepts_exclusive": self.accepts_exclusive,
            "own_subsidy": self.own_subsidy,
            "own_subsidy_regions": self.own_subsidy_regions,
            "packs": {app: pack.model_dump() for app, pack in self.packs.items()},
            "surcharges": dict(self.surcharges),
        }

    @property
    def under_way(self) -> tuple[tuple[str, int], ...]:
        """Capacity that was ordered, each with the week in which it is ready."""
        return tuple(("capacity", ready) for ready, _ in self.expansions)

    def ask(self, app: str, relation: float, markup: float, *, shut: bool = False) -> Ask:
        """What it wants of an app, at most what its customers pay; `shut`: the relation closes it
        in this round (`deals.is_closed`).
        """
        wanted = ask_price(self.asks.get(app, self.wholesale), relation, markup)
        price = min(wanted, self.retail_price)
        if app in self.closed:
            return Ask(app, self.name, None, self.accepts_exclusive)
        if not shut:
            return Ask(app, self.name, price, self.accepts_exclusive)
        apology = APOLOGY * self.subscribers * max(0.0, -relation)
        return Ask(app, self.name, None, self.accepts_exclusive, True, price, apology)

    def surcharge(self, app: str, allowed: bool) -> float:
        """Extra price of an app's data, money/MB; what is not allowed stands only if an event
        set it.
        """
        return self.surcharges.get(app, 0.0) if allowed or app in self.surcharge_until else 0.0

    def apply(self, decision: CarrierDecision, week: int) -> list[Payment]:
        """Take the decision; `OfferBook` sees to its own app's offer and to its packs. Returns
        money to book.
        """
        main = self.config.main
        self._reprice(main, decision.plan_fee, decision.plan_cap_mb, decision.plan_overage)
        for name, plan in decision.plans.items():
            self._reprice(name, plan.fee, plan.cap_mb, plan.overage)
        _take(
            self,
            decision,
            "sms_price",
            "voice_price",
            "wholesale",
            "accepts_exclusive",
            "own_subsidy",
            "own_subsidy_regions",
        )
        for app, term in decision.asks.items():
            self.closed.discard(app)
            self.asks.pop(app, None)
            if term == "closed":
                self.closed.add(app)
            elif term != "default":
                self.asks[app] = term
        self.packs |= decision.packs
        self.packs = {app: pack for app, pack in self.packs.items() if pack.on}
        for app, price in decision.surcharges.items():
            self._set_surcharge(app, price)
        factor = decision.capacity
        if factor is None or factor == 1 or self.capacity_price is None:
            return []
        self.expansions.append((week + DELAY_WEEKS, factor))
        return [(self.name, "costs", "capacity", (factor - 1.0) * self.capacity_price)]

    def _set_surcharge(self, app: str, price: float, until: int | None = None) -> None:
        self.surcharges.pop(app, None)
        self.surcharge_until.pop(app, None)
        if price > 0:
            self.surcharges[app] = price
            if until is not None:
                self.surcharge_until[app] = until

    def week_passes(self, week: int) -> None:
        """Capacity that is ready counts; blocks and surcharges that are over end."""
        for ready, factor in self.expansions:
            if ready <= week:
                self.capacity_factor *= factor
        self.expansions = [e for e in self.expansions if e[0] > week]
        self.blocked = {app: until for app, until in self.blocked.items() if until > week}
        for app in [a for a, until in self.surcharge_until.items() if until <= week]:
            self._set_surcharge(app, 0.0)

    def happens(self, event: events.AnyEvent, week: int) -> None:
        """A dated event changes it: licence, price, block or surcharge; events of others pass
        by.
        """
        if isinstance(event, events.Licence) and self.name in (event.carriers or (self.name,)):
            self.capacity_factor *= event.capacity_factor
            self.cost_per_mb *= event.cost_factor
        if getattr(event, "carrier", None) != self.name:
            return
        if isinstance(event, events.PriceChange):
            _take(self, event, "sms_price", "voice_price", "wholesale")
            if plan := event.plan:
                self._reprice(self.config.main, plan.fee, plan.cap_mb, plan.overage)
            for name, change in event.plans.items():
                self._reprice(name, change.fee, change.cap_mb, change.overage)
        elif isinstance(event, events.Block):
            if event.surcharge is None:
                self.blocked[event.app] = max(self.blocked.get(event.app, 0), week + event.weeks)
            else:
                self._set_surcharge(event.app, event.surcharge, week + event.weeks)


class OwnerAgent(Agent[Any]):
    """A firm behind apps and carriers; it decides nothing, the market pays it. `broke` as of an
    app.
    """

    def __init__(self, model: Model[Any, Any], name: str, config: actors.Owner) -> None:
        super().__init__(model)
        self.name, self.config = name, config
        self.broke = False


class RegulatorAgent(Agent[Any]):
    """The rules for free data: `rule`, and whether `surcharges` are allowed."""

    name = "regulator"
    kind: Kind = "regulator"

    def __init__(self, model: Model[Any, Any], config: actors.Regulator) -> None:
        super().__init__(model)
        self.decide = policy("passive", "regulator")
        self.rule, self.surcharges = config.rule, config.surcharges

    @property
    def levers(self) -> dict[str, Any]:
        """Levers as they stand, named as in a decision."""
        return {"rule": self.rule, "surcharges": self.surcharges}

    def apply(self, decision: RegulatorDecision, _week: int) -> list[Payment]:
        """Take the decision; rules cost nothing."""
        _take(self, decision, "rule", "surcharges")
        return []

    def happens(self, event: events.AnyEvent, _week: int) -> None:
        """The rule changes; other events pass by."""
        if isinstance(event, events.Rule):
            self.rule = event.rule
