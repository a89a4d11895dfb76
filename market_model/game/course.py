"""The course of a game: all its weeks by place, and its turning points, each with the token that
made it.

A turning point is a round in which an app's users in a place changed by much more than chance,
(after − before) / √(after + before) in simulated users. The token is found by playing the game
without each that was laid then and there: it is the one without which most of the change is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np
from numpy.typing import NDArray

from ..scenario import WEEKS_PER_BILL
from .counterfactuals import Game
from .moves import Placement
from .news import PASSED, surprise
from .report import PlaceFacts
from .setup import RUN_OUT
from .takeaway import moves_of, played_without

if TYPE_CHECKING:
    from ..market import Market

MOST, OF_ONE = 5, 2
"""Turning points that are told, and of one app; one of the silent weeks."""
LEAST, FEWEST = 2.0, 5
"""Least weight of a turning point, and the fewest simulated users that change."""
PART = 1 / 3
"""Part of the change that must at least be gone without a token for that to be named."""
LATE = {"product": 2}
"""Rounds after which a token may still begin to work, if not 1."""
TRIED = 10
"""Most tokens that are taken away for a turning point, those of the app first."""

type Floats = NDArray[np.float64]


class Turn(NamedTuple):
    """A turning point; plain data.

    Attributes:
        round: 0 = first. week: its first. region: "" where the story has one place. before, after:
            people who use the app there. passed: the app that led there before and does no more,
            "" for none. move: the token that made it, None where none did. otherwise: people
            without it. silent: it stands for the weeks after the last round.
    """

    round: int
    week: int
    app: str
    region: str
    before: float
    after: float
    passed: str
    move: Placement | None
    otherwise: float
    silent: bool


class Course(TypedDict):
    """The weeks of a game; plain data.

    Attributes:
        first: the week before its first round. places: by region, weeks from `first` on. free:
            (app, region, first week, first week after it, whether it is a pack) of free data, and
            of packs that are not sold everywhere. newcomers: of each app since the first round, and
            those of them whom friends brought, people.
    """

    first: int
    places: dict[str, PlaceFacts]
    free: list[tuple[str, str, int, int, bool]]
    turns: list[Turn]
    newcomers: dict[str, tuple[float, float]]


def course(game: Game) -> Course:
    """The weeks of a game and its turning points."""
    from ..market.friends import ThroughFriends
    from ..market.market import Observer

    class RulesByWeek(Observer):
        def __init__(self) -> None:
            self.by_week = dict[int, str]()

        def before_users(self, market: Market) -> None:
            self.by_week[market.week] = market.state.regulator.rule

    setup, seen, rules = game.setup, ThroughFriends(), RulesByWeek()
    market = game.instead({}, observers=[seen, rules])
    apps, first = list(setup.scenario.messengers), setup.first - 1
    weeks = market.history.region[first : market.week, :, :, 0]
    since = setup.first
    came, brought = (w[-(market.week - since) :] for w in (seen.newcomers, seen.brought))
    return {
        "first": first,
        "places": {
            region: {
                "people": float(market.state.heads[r]),
                "active": {app: np.round(weeks[:, r, k]).tolist() for k, app in enumerate(apps)},
            }
            for r, region in enumerate(market.regions)
        },
        "free": [*_free(game, market, rules.by_week)],
        "turns": turns(game, market),
        "newcomers": {
            app: (float(came[:, k].sum()), float(brought[:, k].sum())) for k, app in enumerate(apps)
        },
    }


def _free(
    game: Game, market: Market, rules: Mapping[int, str]
) -> Iterator[tuple[str, str, int, int, bool]]:
    """Where and when an app's data was free for its users, or sold by packs, but not everywhere.
    `rules`: the regulator's, by week.
    """
    setup, most = game.setup, len(market.regions)
    for offer in market.book.offers:
        begin, end = max(offer.start, setup.first), min(offer.end, setup.week(len(game.decided)))
        pack = offer.payer == "user"
        served = [(c, r) for c, r in offer.places if r in setup.served(c)]
        whole = {c for c, n in Counter(c for c, _ in served).items() if pack and n == most}
        runs = [offer.running(week, rules[week]) for week in range(begin, end)]
        spans = np.flatnonzero(np.diff([0, *runs, 0])).reshape(-1, 2) + begin
        for region in market.regions:
            if any(r == region and c not in whole for c, r in served):
                yield from (
                    (app, region, int(first), int(over), pack)
                    for first, over in spans
                    for app in offer.apps
                )


def turns(game: Game, market: Market) -> list[Turn]:
    """The turning points of a game, the first one first. `market`: after the silent weeks."""
    setup, apps = game.setup, list(game.setup.scenario.messengers)
    users = _by_round(game, market)
    chosen = list[tuple[int, int, int, str]]()
    for _, r, k, a, passed in sorted(_changes(game, users, market.scale), reverse=True):
        near = any(k == place and a == app and abs(r - when) < 2 for when, place, app, _ in chosen)
        often = sum(a == app for _, _, app, _ in chosen) >= OF_ONE
        silent = r >= len(game.decided)
        often = often or (silent and any(when == r for when, *_ in chosen))
        if not (near or often) and len(chosen) < MOST:
            chosen.append((r, k, a, passed))
    known = dict[Placement, Floats]()
    found = list[Turn]()
    for r, k, a, passed in sorted(chosen):
        before, after = float(users[r, k, a]), float(users[r + 1, k, a])
        region = market.regions[k] if 1 < len(market.regions) != k else ""
        move, otherwise = _cause(game, r, k, region, a, after - before, after, known)
        turn = Turn(
            round=r,
            week=setup.week(r),
            app=apps[a],
            region=region,
            before=before,
            after=after,
            passed=passed,
            move=move,
            otherwise=otherwise,
            silent=r >= len(game.decided),
        )
        found.append(turn)
    return found


def _changes(game: Game, users: Floats, scale: float) -> Iterator[tuple[float, int, int, int, str]]:
    """All rounds, places and apps in which much changed: weight, round, place, app, and the app
    that was passed.
    """
    apps = list(game.setup.scenario.messengers)
    for r, k, a in np.ndindex(len(users) - 1, *users.shape[1:]):
        before, after = float(users[r, k, a]), float(users[r + 1, k, a])
        led, leads = int(users[r, k].argmax()), int(users[r + 1, k].argmax())
        passes = leads == a != led
        weight = abs(surprise(before, after, scale)) * (PASSED if passes else 1.0)
        if weight >= LEAST and abs(after - before) >= FEWEST * scale:
            yield weight, r, k, a, apps[led] if passes else ""


def _by_round(game: Game, market: Market) -> Floats:
    """People by app before the first round and at the end of each, the silent weeks as one, shape
    (rounds + 2, R + 1, M); everywhere stands behind the places.
    """
    first, rounds = game.setup.first, len(game.decided)
    ends = [first + r * WEEKS_PER_BILL - 1 for r in range(rounds + 1)]
    last = min(ends[-1] + RUN_OUT, market.week - 1)
    users = np.asarray(market.history.region[[*ends, last], :, :, 0], np.float64)
    return np.concatenate([users, users.sum(axis=1, keepdims=True)], axis=1)


def _cause(
    game: Game,
    r: int,
    k: int,
    region: str,
    a: int,
    change: float,
    after: float,
    known: dict[Placement, Floats],
) -> tuple[Placement | None, float]:
    """The token that made a change of an app in a place, and people there without it."""
    best: tuple[float, Placement | None, float] = (PART * abs(change), None, after)
    app = list(game.setup.scenario.messengers)[a]
    for move, laid in _near(game, r, region, app).items():
        if move not in known:
            known[move] = _by_round(game, game.instead(played_without(game, *laid)))
        otherwise = float(known[move][r + 1, k, a])
        effect = (after - otherwise) * (1.0 if change > 0 else -1.0)
        if effect > best[0]:
            best = effect, move, otherwise
    return best[1], best[2]


def _near(game: Game, r: int, region: str, app: str) -> dict[Placement, list[Placement]]:
    """Tokens that may have made a change in a place in a round, those of the app first; what a seat
    laid at several carriers is one of none.
    """
    setup = game.setup

    def reaches(move: Placement) -> bool:
        carrier = move.seat if setup.kind(move.seat) == "carrier" else move.of
        there = not (region and move.regions) or region in move.regions
        return there and (
            carrier not in setup.scenario.carriers or region in (*setup.served(carrier), "")
        )

    alike = dict[tuple[int, str, str, bool], list[Placement]]()
    for move in moves_of(game):
        if 0 <= r - move.round <= LATE.get(move.key, 1) and reaches(move):
            alike.setdefault((move.round, move.seat, move.key, move.ends), []).append(move)
    near = {
        laid[0] if len(laid) == 1 else laid[0]._replace(of="", regions=()): laid
        for laid in alike.values()
    }
    first = sorted(near, key=lambda move: (app not in (move.seat, move.of), r - move.round))
    return {move: near[move] for move in first[:TRIED]}
