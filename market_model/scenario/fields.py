"""Field types that scenario files share: numbers with unit and source, dates, rates, columns,
schedules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache, partial
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..errors import suggest


class Table(BaseModel):
    """Base of every table of a scenario file: frozen, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _slips(cls, data: Any) -> Any:
        """A name that no field has comes with a suggestion; true and false are no numbers."""
        wrong: list[InitErrorDetails] = []
        for name, value in data.items() if isinstance(data, dict) else ():
            if name not in cls.model_fields:
                said = PydanticCustomError(
                    "extra_forbidden",
                    "unknown field '{name}'; {known}",
                    {"name": name, "known": suggest(name, cls.model_fields)},
                )
                wrong.append(InitErrorDetails(type=said, loc=(name,), input=value))
            else:
                wrong += [
                    InitErrorDetails(type=kind, loc=loc, input=part)
                    for loc, part in _truths_and_texts(name, value)
                    if (kind := _no_number(part, _kinds_at(cls, loc)))
                ]
        if wrong:
            raise ValidationError.from_exception_data(cls.__name__, wrong)
        return data


def _truths_and_texts(
    name: str, value: Any
) -> Iterator[tuple[tuple[str] | tuple[str, str | int], bool | str]]:
    """Of a field's value and those in its list or table the truths and texts, with their places."""
    if isinstance(value, (bool, str)):
        yield (name,), value
    elif isinstance(value, (dict, list, tuple)):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(part, (bool, str)):
                yield (name, key), part


def _kinds_at(table: type[BaseModel], place: tuple[str] | tuple[str, str | int]) -> frozenset[Any]:
    """All types that may stand at a place of a table."""
    return _kinds(table, place[0]) if len(place) == 1 else _kinds_within(table, place[0])


def _no_number(value: bool | str, kinds: frozenset[Any]) -> NumberProblem | None:
    """The problem of a truth or a text where a number stands, or of a text for a truth."""
    if isinstance(value, bool) and bool not in kinds and kinds & {int, float}:
        return "float_type"
    if isinstance(value, bool) or {str, dt.date} & kinds:
        return None
    if any(isinstance(kind, str) for kind in kinds):  # one of some words
        return None
    if float in kinds:
        return "float_type"
    return "int_type" if int in kinds else "bool_type" if bool in kinds else None


type NumberProblem = Literal["float_type", "int_type", "bool_type"]


@cache
def _kinds_within(table: type[BaseModel], field: str) -> frozenset[Any]:
    """All types of the values of a field that is a list or a table of names."""
    within = [get_args(part) for part in _kinds(table, field) if get_origin(part) in (dict, tuple)]
    values = [arg for args in within for arg in args[-2:] if arg is not ...]
    return frozenset(part for value in values[-1:] for part in parts(value))


@cache
def _kinds(table: type[BaseModel], field: str) -> frozenset[Any]:
    """All types that the annotation of a field is made of."""
    return frozenset(parts(table.model_fields[field].annotation))


def parts(annotation: Any) -> list[Any]:
    """An annotation and all that it is made of."""
    annotation = getattr(annotation, "__value__", annotation)
    return [annotation, *(p for a in get_args(annotation) for p in parts(a))]


def number(
    default: Any,
    text: str,
    *,
    unit: str = "–",
    source: str = "assumed",
    low: float | None = None,
    high: float | None = None,
    symbol: str | None = None,
    prior: tuple[float, float] | None = None,
    silent: bool = False,
) -> Any:
    """A numeric field.

    Args:
        default: value when the file is silent; `...` makes the field required.
        text: one line that says what the number does. unit: "–" for a pure number.
        source: of the default, or "assumed". symbol: the letter of the model description.
        low, high: hard limits, both included. prior: the plausible range. silent: a stored
            scenario leaves it out at its default.
    """
    extra: dict[str, Any] = {
        "unit": unit,
        "source": source,
        "symbol": symbol,
        "prior": prior and list(prior),
    }
    return Field(
        default,
        description=text,
        exclude_if=(lambda value: value == default) if silent else None,
        ge=low,
        le=high,
        json_schema_extra={k: v for k, v in extra.items() if v is not None},
    )


ratio = partial(number, low=0, high=1)
amount = partial(number, low=0, high=1e6)
logit = partial(number, unit="logit", low=-1e7, high=1e7)


def text_field(default: Any, text: str, *, silent: bool = False) -> Any:
    """A field that is not a number: a name, a list, a table. Args: silent: as for `number`."""
    return Field(
        default,
        description=text,
        exclude_if=(lambda value: value == default) if silent else None,
    )


type Share = Annotated[float, Field(ge=0, le=1)]

KIB = 1024.0
"""KiB in a MB."""

type WholeMB = Annotated[float, AfterValidator(lambda mb: int(mb * KIB) / KIB)]
"""An amount of data that use is held against, MB: whole KiB, as use is counted; what is less than
one is left off.
"""

FURTHEST_WEEK = 100_000
FIRST_DAY, LAST_DAY = dt.date(1800, 1, 1), dt.date(2999, 12, 31)


def _when(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | dt.date):
        raise ValueError("needs a week number, or a date such as 2013-11-08")
    if isinstance(value, int) and abs(value) > FURTHEST_WEEK:
        raise ValueError(f"a week number lies between -{FURTHEST_WEEK} and {FURTHEST_WEEK}")
    if isinstance(value, dt.date) and not FIRST_DAY.year <= value.year <= LAST_DAY.year:
        raise ValueError(f"a date lies between {FIRST_DAY} and {LAST_DAY}")
    return value


type When = Annotated[int | dt.date, BeforeValidator(_when)]
"""A week number (0 = the scenario's first week) or a date."""


class PerYear(Table):
    """A rate given per year."""

    per_year: float = number(..., "A rate a year: divided by 52.", unit="1/year", low=0, high=1e9)


class PerWeek(Table):
    """A rate given per week, as a plain number is."""

    per_week: float = number(..., "A rate a week.", unit="1/week", low=0, high=1e9)


def _weekly(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"per_year"}:
        return PerYear.model_validate(value).per_year / 52.0
    if isinstance(value, dict) and set(value) == {"per_week"}:
        return PerWeek.model_validate(value).per_week
    return value


type PlainRate = Annotated[float, Field(ge=0, le=1e9)]
type Rate = Annotated[
    PlainRate, BeforeValidator(_weekly, json_schema_input_type=PlainRate | PerYear | PerWeek)
]
"""A rate per week; `{ per_year = x }` is divided by 52."""


type Finite = Annotated[float, Field(ge=-1e9, le=1e9)]
type Spread = Annotated[float, Field(ge=0, le=1e9)]


class Normal(Table):
    mean: Finite = text_field(0.0, "Mean of a normal distribution.")
    sd: Spread = text_field(..., "Its standard deviation.")


class Logistic(Table):
    mean: Finite = text_field(0.0, "Mean of a logistic distribution.")
    scale: Spread = text_field(..., "Its scale; the standard deviation is 1.81 times that.")


class LogNormal(Table):
    median: float = Field(gt=0, le=1e9, description="Median of a lognormal distribution.")
    sigma: float = Field(ge=0, le=20, description="Standard deviation of its logarithm.")


class Uniform(Table):
    low: Finite = text_field(..., "Lower end of a uniform distribution.")
    high: Finite = text_field(..., "Its upper end.")

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.high < self.low:
            raise ValueError(f"high ({self.high}) is below low ({self.low})")
        return self


class Beta(Table):
    mean: float = Field(gt=0, lt=1, description="Mean of a beta distribution.")
    concentration: float = Field(
        default=4.0, ge=1e-3, le=1e6, description="Sum of its two parameters; more is narrower."
    )


WAYS = frozenset({"normal", "logistic", "lognormal", "uniform", "beta", "values", "csv"})
"""How a `Column` can be given, one of them."""


class Column(Table):
    """One value per user: exactly one of a distribution, a list, or a column of a CSV file.

    Loading turns a column of a file into `values`, in the order of the users.
    """

    normal: Normal | None = None
    logistic: Logistic | None = None
    lognormal: LogNormal | None = None
    uniform: Uniform | None = None
    beta: Beta | None = None
    values: tuple[float, ...] | None = Field(
        default=None, repr=False, description="One number for each user."
    )
    csv: str | None = Field(
        default=None,
        description="A CSV file with a line of names and a row for each user: comma, semicolon or "
        "tab, decimal point or comma, percent. Rows go by the column 'id' (or 'user', 'node'), "
        "where there is one, else by their order.",
    )
    column: str | None = Field(default=None, description="With csv: the name of the column.")
    source: str = Field(
        default="", exclude_if=lambda value: not value, description="Where the values came from."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Column:
        ways = [k for k in Column.model_fields if k in WAYS]
        if sum(getattr(self, k) is not None for k in ways) != 1:
            raise ValueError(f"give exactly one of {', '.join(ways)}")
        if self.csv is not None and not self.column:
            raise ValueError("a csv needs 'column', the name of its column")
        return self


type PerUser = float | Column
"""A number for everybody, or a `Column`."""


class Point(Table):
    """One point of a schedule."""

    when: When = text_field(..., "Week or date from which the value holds.")
    value: float = number(..., "The value.")


class Schedule(Table):
    """A value that changes with time."""

    points: tuple[Point, ...] = Field(min_length=1, description="Values by date, in order.")
    shape: Literal["steps", "linear"] = text_field(
        "steps", "steps: each value holds until the next; linear: the way between them is straight."
    )


type Timed = float | Schedule
"""A constant, or a `Schedule`."""
