"""The people of a market as columns: where they live, whom they pay, what they like."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..scenario import Scenario, ScenarioError
from ..scenario.fields import Column, PerUser
from ..society.graphs import heads_of
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

type Floats = NDArray[np.float64]
type Key = NDArray[np.uint64]

KNOTS, KNOTS_FROM, SLICE = 4096, 100_000, 1 << 18
"""Pieces of the curve of `quantiles`, users from which it is worth while, users at a time."""
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


def build_people(scenario: Scenario, key: Key, regions: NDArray[np.uint8], channels: int) -> People:
    """All columns at their values before the start.

    Args:
        key: of the draws; each column is a function of (key, mechanism, user, app) alone.
        regions: from `regions_of`. channels: 1, or 3 when some app carries calls.
    """
    n, apps = len(regions), len(scenario.messengers)
    menus = n if any(len(c.menu) > 1 for c in scenario.carriers.values()) else 0
    devices = np.array([[d.share for d in scenario.society.devices.values()]])
    if scenario.society.device is not None:
        device = _given(scenario.society.device, n)
    else:
        device = _pick(devices, np.zeros(n, int), uniforms(key, DEVICE, n))
    return People(
        carrier=_carriers(scenario, key, regions),
        plan=np.zeros(menus, np.uint8),
        region=regions,
        device=device,
        barred=_barred(scenario, key, device),
        pressure=per_user(scenario.parameters.price_pressure, n, key, PRESSURE, 0).astype(
            np.float32
        ),
        wifi=_wifi(scenario.society.wifi, n, key),
        taste=_tastes(scenario, key, regions),
        aware=np.zeros(n, np.uint8),
        registered=np.zeros(n, np.uint8),
        reach=np.zeros((2, channels, n), np.uint8),
        older=np.zeros(n, np.uint16),
        recent=np.zeros(n if scenario.parameters.presence_weeks > 1 else 0, np.uint32),
        presence=np.zeros((2, n if scenario.parameters.presence_weeks > 1 else 0), np.uint16),
        callers=_callers(scenario, key, n, channels),
        habit=np.zeros((n, apps), np.float32),
        price=np.zeros(n, np.float32),
        left=np.ones(n),
        billed=np.zeros(n, np.int32),
        sponsored=np.zeros(menus, np.int32),
        joined=np.full((n, apps), -1, np.int16),
        under=np.full((n, apps), UNDER_NONE, np.uint8),
        pots=np.zeros((n, 0), np.int32),
        packs=np.zeros(0, np.uint8),
        gifts=np.zeros(0, np.uint8),
        calls=np.zeros((n if channels > 1 else 0, apps), np.int32),
        shown=np.zeros((0, 2), np.uint8),
    )


def per_user(spec: PerUser | None, n: int, key: Key, mechanism: int, app: int) -> Floats:
    """The values of a `PerUser` field, shape (n,)."""
    if spec is None:
        return np.zeros(n)
    if not isinstance(spec, Column):
        return np.full(n, float(spec))
    if spec.values is not None:
        return np.array(spec.values, float)
    if spec.csv is not None:
        raise ScenarioError("scenario", spec.csv, "was not read; load_scenario does")
    u = uniforms(key, mechanism, n, app)
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
        return quantiles(a, spec.beta.concentration - a, uniforms(key, WIFI, n))
    return np.clip(per_user(spec, n, key, WIFI, 0), 0, 1).astype(np.float32)


def quantiles(a: float, b: float, u: Floats) -> NDArray[np.float32]:
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
    found = np.empty(len(u), np.float32)
    for first in range(0, len(u), SLICE):
        part = u[first : first + SLICE]
        piece = np.minimum((part * KNOTS).astype(np.int64), KNOTS - 1)
        t = part * KNOTS - piece
        with np.errstate(invalid="ignore"):
            near = x[piece] + t * (slope[piece] + t * (second[piece] + t * third[piece]))
        near = np.where(off[piece] < 1.0, near, 0.5)
        rounded = (near - off[piece]).astype(np.float32)
        unsure = np.flatnonzero(rounded != (near + off[piece]).astype(np.float32))
        rounded[unsure] = special.betaincinv(a, b, part[unsure])
        found[first : first + SLICE] = rounded
    return found


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
    return _pick(shares, regions, uniforms(key, CARRIER, n))


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
    barred = np.array(by_device, np.uint8)[device]
    never = uniforms(key, NEVER, len(device)) < scenario.society.never_join
    return np.where(never, np.uint8(255), barred)


def _callers(scenario: Scenario, key: Key, n: int, channels: int) -> NDArray[np.uint8]:
    """1 for who ever calls by app; empty if everybody does, or no app carries calls."""
    share = scenario.society.callers
    if share == 1.0 or channels == 1:
        return np.zeros(0, np.uint8)
    return (uniforms(key, CALLER, n) < share).astype(np.uint8)


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
    n, parameters = len(regions), scenario.parameters
    community = communities_of(scenario, regions)
    appetite = special.ndtri(uniforms(key, APPETITE, n)) if parameters.appetite_sd > 0.0 else 0.0
    tastes = np.zeros((n, len(scenario.messengers)), np.float32)
    for bit, name in enumerate(scenario.messengers):
        app = scenario.apps[name]
        if app.taste is not None:
            column = per_user(app.taste, n, key, TASTE, bit)
        else:
            own = special.ndtri(uniforms(key, TASTE, n, bit))
            shared = special.ndtri(uniforms(key, COMMUNITY, int(community.max()) + 1, bit))[
                community
            ]
            zeta = parameters.taste_community
            column = parameters.taste_sd * (np.sqrt(1 - zeta) * own + np.sqrt(zeta) * shared)
        if app.threshold is not None:
            share = per_user(app.threshold, n, key, THRESHOLD, bit)
            column = column - parameters.network_effect * (share - HAIR)
        if parameters.appetite_sd > 0.0:
            column = column + parameters.appetite_sd * appetite
        tastes[:, bit] = column
    return tastes


def remembered(
    recent: NDArray[np.uint32], active: NDArray[np.uint8], down: int
) -> NDArray[np.uint32]:
    """The four last bytes of activity, newest lowest, with one more week; the lanes of apps that
    are `down` (a byte) stand still.
    """
    still = np.uint32(down * 0x01010101)
    return (((recent << np.uint32(8)) | active) & ~still) | (recent & still)


def present(recent: NDArray[np.uint32], weeks: int) -> NDArray[np.uint8]:
    """Apps used at least once in the last `weeks` (1 … 4) bytes of `remembered`."""
    apps = recent.copy()
    for k in range(1, weeks):
        apps |= recent >> (8 * k)
    return apps.astype(np.uint8)


def remember(people: People, half: int, down: int, weeks: int) -> None:
    """Who is present after a week, where presence lasts longer than one.

    Args: half: of `reach` with the week. down: apps out of order in it. weeks: presence lasts.
    """
    if len(people.recent):
        active = people.reach[half, 0]
        people.recent[:] = remembered(people.recent, active, down)
        seen = present(people.recent, weeks).astype(np.uint16)
        people.presence[half] = seen << 8 | active


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
    people.habit[users, bit] = 0.0
    people.under[users, bit] = UNDER_NONE


def monthly(people: People, users: NDArray[np.int64] | slice) -> NDArray[np.uint8]:
    """Byte of apps that users were active on at least once in the last 4 weeks."""
    older = people.older[users]
    return (
        people.reach[0, 0, users]
        | people.reach[1, 0, users]
        | older.astype(np.uint8)
        | (older >> 8).astype(np.uint8)
    )
