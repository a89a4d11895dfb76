"""A scenario: everything that a market is before it runs."""

import datetime as dt
from itertools import pairwise
from typing import Self

from pydantic import Field

from ..words.catalogue import texts
from .actors import App, Campaign, Carrier, Owner, Regulator
from .fields import FIRST_DAY, LAST_DAY, Column, Schedule, Table, Timed, When, number, text_field
from .offers import AnyEvent, Offer
from .parameters import Parameters
from .society import Society

MAX_MESSENGERS = 8
WEEKS_PER_BILL = 4


class Figure(Table):
    """A figure that is a story's own: `[[figures]]`. Pages show it as a card and as a curve."""

    of: tuple[str, ...] = Field(
        min_length=1,
        description="What is added up: weekly series such as 'apps.skype.call_minutes', "
        "'carriers.*.sms' or 'market.sms', or what an account is paid for a reason, "
        "'ledger.facebook.ads'.",
    )
    part_of: tuple[str, ...] = text_field(
        (), "What it is a part of, as `of`; silent: it is shown as an amount."
    )
    title: str = Field(min_length=1, description="What it is called.")
    title_zh: str = text_field("", "The same in Chinese.")


class Bet(Figure):
    """What readers bet on before they see a run: `[bet]`."""

    part_of: tuple[str, ...] = Field(
        min_length=1, description="What it is a part of, as `of`; a bet says how many percent."
    )
    most: float = number(
        100, "The most that a bet can say; far from what happens.", unit="%", low=1, high=100
    )


class Scenario(Table):
    """The root of a scenario file."""

    name: str = Field(
        default="scenario",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        max_length=80,
        description="A short name.",
    )
    title: str = text_field("", "One line for lists and headings.")
    title_zh: str = text_field("", "The same in Chinese.")
    weeks: int = number(104, "How long it runs.", unit="weeks", low=1, high=5000)
    start: dt.date = Field(
        default=dt.date(2013, 1, 7),
        ge=FIRST_DAY,
        le=LAST_DAY,
        description="Date of week 0.",
    )
    currency: str = Field(default="RMB", max_length=8, description="Name of the money.")
    society: Society = text_field(Society(), "The people.")
    carriers: dict[str, Carrier] = Field(
        min_length=1, max_length=60, description="The mobile carriers, by name."
    )
    apps: dict[str, App] = Field(min_length=1, max_length=24, description="The apps, by name.")
    owners: dict[str, Owner] = text_field({}, "The firms behind them.")
    offers: dict[str, Offer] = text_field({}, "Free-data offers.")
    events: tuple[AnyEvent, ...] = text_field((), "Dated events.")
    figures: tuple[Figure, ...] = text_field((), "Figures that are this story's own.")
    bet: Bet | None = text_field(
        None, "What readers bet on; silent: how many register with the app the story is about."
    )
    regulator: Regulator = text_field(Regulator(), "The rules.")
    parameters: Parameters = text_field(Parameters(), "How people behave.")

    def __repr__(self) -> str:
        return (
            f"Scenario({self.name!r}: {self.society.users:,} users, {self.weeks} weeks from "
            f"{self.start}, {len(self.apps)} apps, {len(self.carriers)} carriers, "
            f"{len(self.offers)} offers)"
        )

    __str__ = __repr__

    def title_in(self, language: str) -> str:
        """The title for readers of a language, English where it has none; "" without any."""
        own: str = texts("names", language)["title"].get(self.name, "")
        return own or (self.title_zh if language == "zh" else "") or self.title

    @property
    def messengers(self) -> list[str]:
        """Names of the apps with contacts, in file order: the position is the app's bit."""
        return [name for name, app in self.apps.items() if app.kind == "messenger"]

    @property
    def services(self) -> list[str]:
        return [name for name, app in self.apps.items() if app.kind == "service"]

    @property
    def population(self) -> float:
        return self.society.population or float(self.society.users)

    @property
    def people_per_user(self) -> float:
        return self.population / self.society.users

    @property
    def brings_users(self) -> bool:
        """Whether its network or its columns fix the number of users."""
        people, behaviour = self.society, self.parameters.price_pressure
        columns = [people.wifi, people.carrier, people.region, people.device, behaviour]
        columns += [column for app in self.apps.values() for column in (app.taste, app.threshold)]
        return people.graph.network is not None or any(
            isinstance(column, Column) and column.values is not None for column in columns
        )

    def same_as(self, other: Self) -> bool:
        """Whether all is the same: what columns and files hold, the order of tables, by which apps,
        carriers and plans are numbered, and whether a number is a count (1) or a share (1.0).
        """
        return self == other and self.model_dump_json() == other.model_dump_json()

    def week_of(self, when: When) -> int:
        """The week a date falls in (0 = first week; earlier dates are negative)."""
        return when if isinstance(when, int) else (when - self.start).days // 7

    def date_of(self, week: int) -> dt.date:
        return self.start + dt.timedelta(weeks=week)

    def value_at(self, timed: Timed, week: int) -> float:
        """A timed value in a week: before its first point it has the first point's value."""
        if not isinstance(timed, Schedule):
            return float(timed)
        points = [(self.week_of(p.when), p.value) for p in timed.points]
        for (w0, v0), (w1, v1) in pairwise(points):
            if w0 <= week < w1 and timed.shape == "linear":
                return v0 + (v1 - v0) * (week - w0) / (w1 - w0)
        return next((v for w, v in reversed(points) if w <= week), points[0][1])

    def user_value(self, app: str) -> float:
        """What keeping a monthly user is worth to an app, money."""
        own = self.apps[app].user_value
        return self.parameters.user_value if own is None else own

    def offer_end(self, offer: Offer) -> int:
        """First week in which an offer is over."""
        if offer.end is not None:
            return self.week_of(offer.end)
        if offer.length_weeks is not None:
            return self.week_of(offer.start) + offer.length_weeks
        return max(self.weeks, self.week_of(offer.start) + 1)

    def campaign_weeks(self, campaign: Campaign) -> tuple[int, int]:
        """First week of a campaign, and the first in which it is over."""
        begin = self.week_of(campaign.start)
        if campaign.end is not None:
            return begin, self.week_of(campaign.end)
        if campaign.length_weeks is not None:
            return begin, begin + campaign.length_weeks
        return begin, max(self.weeks, begin + 1)

    def places_of(self, offer: Offer) -> list[tuple[str, str]]:
        """The [carrier, region] pairs an offer covers at its start."""
        if offer.places:
            return list(offer.places)
        carriers = offer.carriers or tuple(self.carriers)
        regions = offer.regions or tuple(self.society.regions)
        return [(c, r) for c in carriers for r in regions]
