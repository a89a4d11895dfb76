"""The people of a market as columns: where they live, whom they pay, what they like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..scenario import Scenario, ScenarioError
from ..scenario.fields import Column, PerUser
from ..society.graphs import heads_of
from ..society.memory import has_drawn_traits, is_slim
from .columns import UNDER_NONE, People
from .draws import (
    APPETITE,
    CALLER,
    CARRIER,
    COMMUNITY,
    DEVICE,
    NEVER,
    PRESSURE,
    TASTE,
    THRESHOLD,
    WIFI,
    uniforms,
)
from .traits import APPETITES, GAMMA, OMEGA, OWN, STEPS
from .traits import KNOTS as PIECES

type Floats = NDArray[np.float64]
type Key = NDArray[np.uint64]

KNOTS, KNOTS_FROM, SLICE = 4096, 100_000, 1 << 18
"""Pieces of the curve of `quantiles`, users from which it is worth while, users at a time."""
PART = 1 << 24
"""Users whose sums are made at a time."""
LONGEST = 1000
"""Weeks up to which a bill of registration fits into a byte."""
HAIR = 1e-5
"""Taken off every threshold, share of contacts: who sees just as many as wanted goes along,
whatever the rounding.
"""


def regions_of(scenario: Scenario) -> NDArray[np.uint8]:
    """Region of each user, shape (n,): as the scenario gives them, or by shares, ascending, so
    that people of a region stand together.
    """
    if scenario.society.region is not None:
        return _given(scenario.society.region, scenario.society.users)
    heads = heads_of(scenario.society)
    return np.repeat(np.arange(len(heads), dtype=np.uint8), heads)


def _given(spec: PerUser, n: int) -> NDArray[np.uint8]:
    """The places of things that a column names, shape (n,)."""
    values = spec.values if isinstance(spec, Column) else spec
    return np.broadcast_to(np.array(values, np.uint8), n).copy()


def parts(n: int, size: int = SLICE) -> Iterator[slice]:
    """Users 0 … n−1, so many at a time."""
    return (slice(first, min(first + size, n)) for first in range(0, n, size))


def one_by_one(some: list[slice], work: Callable[[slice], None]) -> None:
    """Do work(part) for each part in turn."""
    for part in some:
        work(part)


def by_parts(
    n: int,
    kind: Any,
    values: Callable[[slice], NDArray[Any]],
    each_part: Callable[[list[slice], Callable[[slice], None]], None] = one_by_one,
) -> NDArray[Any]:
    """A column whose values are made for some users at a time, so that nothing else is as long.
    Args: each_part: has the parts filled, as `Compiled.each_part` on several threads.
    """
    column = np.empty(n, kind)

    def fill(part: slice) -> None:
        column[part] = values(part)

    each_part([*parts(n)], fill)
    return column


def _drawn(key: Key, mechanism: int, part: slice, app: int = 0) -> Floats:
    return uniforms(key, mechanism, part.stop - part.start, app, part.start)


def sums_by(
    groups: NDArray[Any], size: int, amounts: NDArray[Any] | None = None
) -> NDArray[np.int64] | Floats:
    """How many users each group has, or the sum of their amounts, shape (size,)."""
    total: Any = np.zeros(size, np.int64 if amounts is None else np.float64)
    for part in parts(len(groups), PART):
        some = None if amounts is None else amounts[part]
        total += np.bincount(groups[part], some, size)
    return total


def build_people(scenario: Scenario, key: Key, regions: NDArray[np.uint8], channels: int) -> People:
    """All columns at their values before the start.

    Args:
        key: of the draws; each column is a function of (key, mechanism, user, app) alone.
        regions: from `regions_of`. channels: 1, or 3 when some app carries calls.
    """
    n, apps = len(regions), len(scenario.messengers)
    menus = n if any(len(c.menu) > 1 for c in scenario.carriers.values()) else 0
    recent = n if scenario.parameters.presence_weeks > 1 else 0
    slim, drawn = is_slim(scenario), has_drawn_traits(scenario)
    late = slim and (drawn or scenario.weeks <= LONGEST)
    traits, common, luck = _tables(scenario, key) if drawn else _NO_TABLES
    device = _devices(scenario, key, n)
    return People(
        carrier=_carriers(scenario, key, regions),
        plan=np.zeros(menus, np.uint8),
        region=regions,
        device=device if not drawn or device.any() else device[:0],
        barred=_barred(scenario, key, device),
        pressure=_pressures(scenario, key, 0 if drawn else n),
        wifi=_wifi(scenario.society.wifi, 0 if drawn else n, key),
        taste=_tastes(scenario, key, regions[: 0 if drawn else n]),
        aware=np.zeros(n, np.uint8),
        registered=np.zeros(n, np.uint8),
        reach=np.zeros((2, channels, n), np.uint8),
        older=np.zeros(0 if drawn and recent else n, np.uint16),
        recent=np.zeros(recent, np.uint32),
        presence=np.zeros((1 if slim and recent else 2, recent), np.uint16),
        callers=_callers(scenario, key, n, channels),
        habit=np.zeros((0 if drawn else n, apps), np.float32),
        price=np.zeros(n, np.float32),
        left=np.ones(0 if slim else n),
        billed=np.zeros(n, np.int32),
        sponsored=np.zeros(0 if slim else menus, np.int32),
        joined=np.full((0 if late else n, apps), -1, np.int16),
        under=np.full((n, apps), UNDER_NONE, np.uint8),
        pots=np.zeros((n, 0), np.int32),
        packs=np.zeros(0, np.uint8),
        gifts=np.zeros(0, np.uint8),
        calls=np.zeros((n if channels > 1 else 0, apps), np.int32),
        shown=np.zeros((0, 2), np.uint8),
        cohort=np.zeros((n if late and not drawn else 0, apps), np.uint8),
        free_kib=np.zeros(menus if slim else 0, np.uint16),
        steps=np.zeros((n if drawn else 0, apps), np.uint16),
        traits=traits,
        common=common,
        luck=luck,
    )


_NO_TABLES = (
    np.zeros((0, PIECES + 1), np.float32),
    np.zeros((0, 0), np.float32),
    np.zeros(0, np.uint64),
)


def _tables(
    scenario: Scenario, key: Key
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint64]]:
    """`traits`, `common` and `luck` of markets whose traits are drawn anew at each look.

    Between knots a quantile is a straight line; the outermost knots make the mean of their piece
    right.
    """
    p, regions = scenario.parameters, scenario.society.regions
    many = len(regions) if len(regions) > 1 else scenario.society.communities
    inside = np.arange(1, PIECES) / PIECES
    tail = (np.arange(4096) + 0.5) / 4096 / PIECES
    common = np.zeros((many, len(scenario.messengers)), np.float32)

    def table(curve: Callable[[Floats], Floats]) -> Floats:
        knots = curve(inside)
        low, high = curve(tail).mean(), curve(1.0 - tail[::-1]).mean()
        return np.array([2 * low - knots[0], *knots, 2 * high - knots[-1]])

    rows = [
        table(lambda u: _quantiles_of(p.price_pressure, u)),
        np.clip(table(lambda u: _quantiles_of(scenario.society.wifi, u)), 0, 1),
        p.appetite_sd * table(special.ndtri),
    ]
    for bit, name in enumerate(scenario.messengers):
        taste = scenario.apps[name].taste
        if taste is not None:
            rows.append(table(lambda u, taste=taste: _quantiles_of(taste, u)))
            continue
        rows.append(p.taste_sd * np.sqrt(1 - p.taste_community) * table(special.ndtri))
        shared = special.ndtri(uniforms(key, COMMUNITY, many, bit))
        common[:, bit] = p.taste_sd * np.sqrt(p.taste_community) * shared
    luck = np.array([*key, len(regions) > 1], np.uint64)
    return np.array(rows, np.float32), common, luck


def _devices(scenario: Scenario, key: Key, n: int) -> NDArray[np.uint8]:
    if scenario.society.device is not None:
        return _given(scenario.society.device, n)
    shares = np.array([[d.share for d in scenario.society.devices.values()]])
    return by_parts(
        n,
        np.uint8,
        lambda part: _pick(
            shares, np.zeros(part.stop - part.start, np.uint8), _drawn(key, DEVICE, part)
        ),
    )


def _pressures(scenario: Scenario, key: Key, n: int) -> NDArray[np.float32]:
    spec = scenario.parameters.price_pressure
    return by_parts(n, np.float32, lambda part: per_user(spec, part, key, PRESSURE, 0))


def per_user(spec: PerUser | None, part: slice, key: Key, mechanism: int, app: int) -> Floats:
    """The values of a `PerUser` field for some users, shape (users,)."""
    n = part.stop - part.start
    if spec is None:
        return np.zeros(n)
    if not isinstance(spec, Column):
        return np.full(n, float(spec))
    if spec.values is not None:
        return np.array(spec.values[part], float)
    if spec.csv is not None:
        raise ScenarioError("scenario", spec.csv, "was not read; load_scenario does")
    return _quantiles_of(spec, _drawn(key, mechanism, part, app))


def _quantiles_of(spec: PerUser | None, u: Floats) -> Floats:
    """The values of a distribution, or of a number, at quantiles u."""
    if not isinstance(spec, Column):
        return np.full(len(u), float(spec or 0.0))
    if spec.normal:
        return spec.normal.mean + spec.normal.sd * special.ndtri(u)
    if spec.logistic:
        return spec.logistic.mean + spec.logistic.scale * special.logit(u)
    if spec.lognormal:
        return spec.lognormal.median * np.exp(spec.lognormal.sigma * special.ndtri(u))
    if spec.uniform:
        return spec.uniform.low + (spec.uniform.high - spec.uniform.low) * u
    assert spec.beta is not None
    a = spec.beta.mean * spec.beta.concentration
    return special.betaincinv(a, spec.beta.concentration - a, u)


def _wifi(spec: PerUser, n: int, key: Key) -> NDArray[np.float32]:
    """ω of each user, shape (n,)."""
    if n >= KNOTS_FROM and isinstance(spec, Column) and spec.beta is not None:
        a = spec.beta.mean * spec.beta.concentration
        curve = quantile_curve(a, spec.beta.concentration - a)
        return by_parts(n, np.float32, lambda part: curve(_drawn(key, WIFI, part)))
    return by_parts(n, np.float32, lambda part: np.clip(per_user(spec, part, key, WIFI, 0), 0, 1))


def quantile_curve(a: float, b: float) -> Callable[[Floats], NDArray[np.float32]]:
    """`betaincinv(a, b, u)` as 32-bit numbers, the same bits in a tenth of the time: cubic curves
    between KNOTS exact values; where the exact value could round otherwise, it decides.

    How far a curve may be off is 32 times what it is off in the middle of its piece.
    """
    knots = np.linspace(0.0, 1.0, KNOTS + 1)
    x, middles = special.betaincinv(a, b, knots), knots[:-1] + 0.5 / KNOTS
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        density = np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - special.betaln(a, b))
        slope = 1.0 / density / KNOTS
        rise = np.diff(x)
        second = 3 * rise - 2 * slope[:-1] - slope[1:]
        third = slope[:-1] + slope[1:] - 2 * rise
        in_middle = x[:-1] + slope[:-1] / 2 + second / 4 + third / 8
        off = 32 * np.abs(in_middle - special.betaincinv(a, b, middles)) + 1e-13
    off[~(off < 1e-9)] = 1.0

    def values(u: Floats) -> NDArray[np.float32]:
        piece = np.minimum((u * KNOTS).astype(np.int64), KNOTS - 1)
        t = u * KNOTS - piece
        with np.errstate(invalid="ignore"):
            near = x[piece] + t * (slope[piece] + t * (second[piece] + t * third[piece]))
        near = np.where(off[piece] < 1.0, near, 0.5)
        rounded = (near - off[piece]).astype(np.float32)
        unsure = np.flatnonzero(rounded != (near + off[piece]).astype(np.float32))
        rounded[unsure] = special.betaincinv(a, b, u[unsure])
        return rounded

    return values


def _pick(
    shares: Floats, row: NDArray[np.int64] | NDArray[np.uint8], u: Floats
) -> NDArray[np.uint8]:
    """For each user one index by the shares of its row: shares (rows, k), row (n,), u (n,)."""
    edges = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
    picked = (u[:, None] >= edges[row, :-1]).sum(axis=1)
    return picked.astype(np.uint8)


def _carriers(scenario: Scenario, key: Key, regions: NDArray[np.uint8]) -> NDArray[np.uint8]:
    n = len(regions)
    if scenario.society.carrier is not None:
        return _given(scenario.society.carrier, n)
    shares = np.array(
        [
            [c.shares.get(region, c.share) for c in scenario.carriers.values()]
            for region in scenario.society.regions
        ]
    )
    return by_parts(
        n, np.uint8, lambda part: _pick(shares, regions[part], _drawn(key, CARRIER, part))
    )


def _barred(scenario: Scenario, key: Key, device: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Apps a user can never have, as bits: all for those who never join, others by platform."""
    by_device = [
        sum(
            1 << bit
            for bit, name in enumerate(scenario.messengers)
            if scenario.apps[name].platforms and d.platform not in scenario.apps[name].platforms
        )
        for d in scenario.society.devices.values()
    ]
    barred, share = np.array(by_device, np.uint8), scenario.society.never_join
    return by_parts(
        len(device),
        np.uint8,
        lambda part: np.where(
            _drawn(key, NEVER, part) < share, np.uint8(255), barred[device[part]]
        ),
    )


def _callers(scenario: Scenario, key: Key, n: int, channels: int) -> NDArray[np.uint8]:
    """1 for who ever calls by app; empty if everybody does, or no app carries calls."""
    share = scenario.society.callers
    if share == 1.0 or channels == 1:
        return np.zeros(0, np.uint8)
    return by_parts(n, np.uint8, lambda part: _drawn(key, CALLER, part) < share)


def communities_of(scenario: Scenario, regions: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Community of each user: its region, or a run of neighbours where there is one region;
    shape (n,).
    """
    if len(scenario.society.regions) > 1:
        return regions.astype(np.int64)
    n = len(regions)
    return np.arange(n) * min(scenario.society.communities, n) // n


def _tastes(scenario: Scenario, key: Key, regions: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Taste minus threshold, shape (n, M): a part shared by the community, a part of one's own,
    and the person's appetite for messengers of any kind.

    A threshold is the least share φ of contacts that a user wants to see, so that J·n + ξ becomes
    J·(n − φ) + ξ.
    """
    n, p = len(regions), scenario.parameters
    tastes = np.empty((n, len(scenario.messengers)), np.float32)
    several = len(scenario.society.regions) > 1
    many = len(scenario.society.regions) if several else min(scenario.society.communities, n)
    shared = [special.ndtri(uniforms(key, COMMUNITY, many, bit)) for bit in range(tastes.shape[1])]
    for part in parts(n):
        community = regions[part] if several else np.arange(part.start, part.stop) * many // n
        appetite = special.ndtri(_drawn(key, APPETITE, part)) if p.appetite_sd > 0.0 else 0.0
        for bit, name in enumerate(scenario.messengers):
            app, zeta = scenario.apps[name], p.taste_community
            if app.taste is not None:
                column = per_user(app.taste, part, key, TASTE, bit)
            else:
                own = special.ndtri(_drawn(key, TASTE, part, bit))
                both = np.sqrt(1 - zeta) * own + np.sqrt(zeta) * shared[bit][community]
                column = p.taste_sd * both
            if app.threshold is not None:
                share = per_user(app.threshold, part, key, THRESHOLD, bit)
                column = column - p.network_effect * (share - HAIR)
            if p.appetite_sd > 0.0:
                column = column + p.appetite_sd * appetite
            tastes[part, bit] = column
    return tastes


def traits_at(
    people: People, part: slice, bit: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """γ, ω and the taste for a messenger of some users."""
    if not len(people.traits):
        return people.pressure[part], people.wifi[part], people.taste[part, bit]
    own = OWN + bit
    rows = ((GAMMA, PRESSURE, 0), (OMEGA, WIFI, 0), (APPETITES, APPETITE, 0), (own, TASTE, bit))
    knots = np.arange(PIECES + 1) / PIECES
    pressure, wifi, appetite, taste = (
        np.interp(_drawn(people.luck[:2], mechanism, part, app), knots, people.traits[row])
        for row, mechanism, app in rows
    )
    n, many = len(people.region), len(people.common)
    by_region = people.luck[2] > 0
    users = np.arange(part.start, part.stop)
    community = people.region[part] if by_region else users * many // n
    taste = taste + people.common[community, bit] + appetite
    return pressure.astype(np.float32), wifi.astype(np.float32), taste.astype(np.float32)


def habits_of(people: People, users: NDArray[Any], bit: int) -> NDArray[np.float32]:
    """The habit of some users, given as rows or a mask."""
    if len(people.steps):
        return (people.steps[users, bit] / STEPS).astype(np.float32)
    return people.habit[users, bit]


def set_habit(people: People, users: NDArray[Any], bit: int, habit: float) -> None:
    """The habit of some users, given as rows or a mask."""
    if len(people.steps):
        people.steps[:, bit][users] = round(habit * STEPS)
    else:
        people.habit[:, bit][users] = habit


def scale_habit(people: People, bit: int, factor: float) -> None:
    """Everybody's habit becomes so many times what it is, at most as much."""
    if len(people.steps):
        for part in parts(len(people.steps)):
            people.steps[part, bit] = people.steps[part, bit] * np.float32(factor)
    else:
        people.habit[:, bit] *= np.float32(factor)


def remembered(
    recent: NDArray[np.uint32], active: NDArray[np.uint8], down: int
) -> NDArray[np.uint32]:
    """The four last bytes of activity, newest lowest, with one more week; the lanes of apps that
    are `down` (a byte) stand still.
    """
    moved = (recent << np.uint32(8)) | active
    if down == 0:
        return moved
    still = np.uint32(down * 0x01010101)
    return (moved & ~still) | (recent & still)


def present(recent: NDArray[np.uint32], weeks: int) -> NDArray[np.uint8]:
    """Apps used at least once in the last `weeks` (1 … 4) bytes of `remembered`."""
    apps = recent
    for k in range(1, weeks):
        apps = apps | recent >> np.uint32(8 * k)
    return apps.astype(np.uint8)


def remember(people: People, half: int, down: int, weeks: int) -> None:
    """Who is present after a week, where presence lasts longer than one.

    Args: half: of `reach` with the week. down: apps out of order in it. weeks: presence lasts.
    """
    for part in parts(len(people.recent)):
        active = people.reach[half, 0, part]
        people.recent[part] = remembered(people.recent[part], active, down)
        seen = present(people.recent[part], weeks).astype(np.uint16)
        presence_at(people, half)[part] = seen << 8 | active


def presence_at(people: People, half: int) -> NDArray[np.uint16]:
    """Presence of the week in a half of `reach`: large markets know last week's alone."""
    return people.presence[half % len(people.presence)]


def depart(people: People, users: NDArray[Any], bit: int) -> None:
    """Some users are without an app from now on, and without the habit of it. Args: users: rows
    or a mask.
    """
    flag = np.uint8(1 << bit)
    people.registered[users] &= ~flag
    people.reach[:, :, users] &= ~flag
    if len(people.recent):
        people.recent[users] &= np.uint32(0xFFFFFFFF ^ 0x01010101 << bit)
        people.presence[:, users] &= np.uint16(0xFFFF ^ 0x0101 << bit)
    set_habit(people, users, bit, 0.0)
    people.under[users, bit] = UNDER_NONE


def monthly(people: People, users: NDArray[np.int64] | slice) -> NDArray[np.uint8]:
    """Byte of apps that users were active on at least once in the last 4 weeks."""
    older = people.older[users] if len(people.older) else people.recent[users] >> 16
    return (
        people.reach[0, 0, users]
        | people.reach[1, 0, users]
        | older.astype(np.uint8)
        | (older >> 8).astype(np.uint8)
    )
