"""A class without a server, for tests: `pytest_plugins = ["classroom"]` gives the fixture `game`."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from market_model.classroom.act import Message
from market_model.classroom.launch import begin, created
from market_model.classroom.lesson import Lesson, LessonPlan, Posted
from market_model.classroom.log import Log
from market_model.classroom.server import hashed
from market_model.classroom.state import ClassState
from market_model.game import Round, Setup, setup_of
from market_model.game.report import RoundReport
from market_model.players.observation import AppObservation, CarrierObservation, Door
from market_model.scenario import load_scenario
from market_model.work.runner import Outcome

SETUP = setup_of(
    load_scenario(
        "china-2013",
        {"society.users": 200, "society.warmup_weeks": 20, "society.warmup_until": None},
    ),
    rounds=3,
)
KEY = "key-of-the-host"


OPEN = Door(0.1, None, 0.29, 0.0, True)


def quick(_: object, setup: Setup, market: int, rounds: Sequence[Round] = ()) -> Future[Outcome]:
    """A table that tells at once, and nothing but a digest of all that was decided."""
    if isinstance(setup, ClassState):
        return Future()  # of the debrief
    digest = sha256(
        json.dumps(
            [market, [[r.decisions, r.shocks] for r in rounds]], sort_keys=True, default=list
        ).encode()
    ).hexdigest()
    asks, apps = dict.fromkeys(setup.scenario.carriers, 0.1), setup.scenario.messengers
    regions = tuple(setup.scenario.society.regions)
    nobody = {app: dict.fromkeys(regions, 0.0) for app in apps}
    public = {
        "apps": {app: {"active": [0.0], "before": 0.0} for app in apps},
        "carriers": {carrier: {"subscribers": 0.0, "before": 0.0} for carrier in asks},
    }
    views = {
        seat: (AppObservation if setup.kind(seat) == "app" else CarrierObservation)(
            week=12,
            seat=seat,
            cash=1e9,
            asks=asks,
            doors=dict.fromkeys(asks, OPEN),
            regions=regions,
            parts=dict.fromkeys(regions, 1 / len(regions)),
            shares_by_region=nobody,
        )
        for seat in setup.seats
    }
    mine = {"cash": 1e9, "standing": None}
    future = Future[Outcome]()
    future.set_result(
        Outcome(
            0,
            "ok",
            RoundReport(12, len(rounds), digest, public, dict.fromkeys(setup.seats, mine), views),
        )
    )
    return future


class Game:
    """A lesson with quick tables, without a server."""

    def __init__(self, path: Path) -> None:
        self.path, self.now, self.ids = path, 1000.0, count()
        self._away = frozenset[str]()
        self.open()

    @property
    def away(self) -> frozenset[str]:
        """Players who have no page."""
        return self._away

    @away.setter
    def away(self, players: frozenset[str]) -> None:
        self._away = players
        self.lesson.look()

    def open(self) -> None:
        log = Log(self.path)
        begin(log, created(SETUP), hashed(KEY), self.now)
        self.lesson = Lesson(log, quick)
        self.lesson._patience = lambda: dict.fromkeys(self.away, 0.0)
        self.lesson.look()
        self.lesson.ask()

    def go_on(self, *batch: Posted) -> LessonPlan:
        """Do what messages ask for and what is due."""
        plan = self.lesson.plan(batch, self.now)
        self.lesson.keep(plan)
        self.lesson.adopt(plan)
        return plan

    def do(
        self,
        who: str,
        do: str,
        id: str = "",  # noqa: A002
        round: int | None = None,  # noqa: A002
        **fields: str,
    ) -> tuple[str, ...] | None:
        message = Message(
            id=id or f"message{next(self.ids)}",
            do=do,
            fields=fields,
            round=len(self.lesson.state.digests) if round is None else round,
        )
        error = self.go_on(Posted(who, message)).errors[0]
        self.go_on()
        return error

    def all(self, who: str, *dos: str) -> None:
        assert [self.do(who, do) for do in dos] == [None] * len(dos)

    def begin(self, who: str, do: str, **fields: str) -> None:
        """Ask for something; what the tables tell of it comes later."""
        message = Message(id=f"message{next(self.ids)}", do=do, fields=fields)
        assert self.go_on(Posted(who, message)).errors == [None]

    def join(self, name: str) -> str:
        self.do("stranger", "join", name=name, token=hashed(name))
        return f"p{len(self.lesson.state.players)}"

    def kill(self) -> None:
        """Nothing is written any more; another process goes on."""
        self.lesson.log._db.rollback()
        self.lesson.log.close()
        self.open()


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    playing = Game(tmp_path / "a.class")
    yield playing
    playing.lesson.log.close()


def started(game: Game, *names: str) -> list[str]:
    players = [game.join(name) for name in names]
    game.all("host", "start", "next")
    return players
