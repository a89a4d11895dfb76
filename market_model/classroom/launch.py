"""`market-model class`: from the command to a room full of phones."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from ..game import Setup, setup_of
from ..game.setup import LEVEL
from ..scenario import ScenarioError, load_scenario
from ..words import Language
from ..work.code import is_code
from ..work.ports import hold, note_of_port, open_browser
from ..work.runner import Outcome, Workers
from .log import BESIDE, ENDING, Log, LogEntry, beside, held
from .state import clock, stored

if TYPE_CHECKING:
    from .server import Server

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Of codes: none looks like another one on a projector."""
PORT = 8765
ALONE = ("; for phones start with --lan", "; this computer is in no network, so no phone can come")
"""Why phones stay outside: without `--lan`, and with it."""
UNTESTED = (
    "Not tested: other devices, many at once, and the open line of a game (WebSocket). "
    "The class begins with --lan."
)
BLOCKED = (
    "Guest networks and firewalls often keep devices apart: allow Python in the firewall, "
    "or open a hotspot."
)
GRACE = 30.0
"""Seconds that a round has at least after a restart, so that everybody is back; assumed."""


def run_class(
    name: str,
    data: Path,
    *,
    asked: Collection[str] = (),
    lan: bool,
    demo: int,
    port: int | None,
    browser: bool,
    rounds: int,
    seconds: int,
    language: Language,
    new: bool,
    level: str = LEVEL,
    seats: Mapping[str, str] | None = None,
) -> None:
    """Serve a class until Ctrl-C. `asked`: which of name, rounds, seconds and language somebody
    asked for; an unfinished game that has others is not gone on with. `seats`: bots of seats that
    nobody takes, by seat, as they were asked for; `level`: of all others, in a new game. Raises
    ScenarioError.
    """
    import uvicorn

    from .bots import decide, keep, own, submitted
    from .demo import swarm
    from .lesson import Lesson
    from .server import Server, hashed
    from .tables import resolve

    with ExitStack() as ends:
        key, crowd, turns = secrets.token_urlsafe(16), Workers(), count()
        tables = [Workers() for _ in range(min(2, os.cpu_count() or 1))]
        policies = Workers()

        def at_a_table(function: Callable[..., Any], *task: Any) -> Future[Outcome]:
            """A market stays with the process that has its table; other work goes round. Bots of
            one's own have a process where they keep nobody waiting.
            """
            if function is decide:
                return submitted(policies, *task)
            return (
                tables[(task[1] if function is resolve else next(turns)) % len(tables)]
                .submit(function, *task)
                .outcome
            )

        given = dict(seats or {})
        shipped = {seat: bot for seat, bot in given.items() if not is_code(bot)}
        luck = secrets.randbelow(2**31)
        setup = setup_of(load_scenario(name), luck, rounds, level=level, regulator=True)
        held = ends.enter_context(held_at("0.0.0.0" if lan else "127.0.0.1", port))
        log, goes_on = opened(data, new)
        ends.callback(ended, log)
        if goes_on:
            wanted = {"name": setup.scenario.name, "rounds": rounds}
            same(log, wanted | {"seconds": seconds, "language": language}, asked)
            setup = stored(log).setup
        brought = own(setup, given)
        if goes_on:
            bots = {f"bot of {seat}": bot for seat, bot in shipped.items()}
            same(log, bots, bots)
        else:
            setup = setup_of(
                load_scenario(name), setup.seed, rounds, shipped, level, regulator=True
            )
        begin(log, created(setup, language, seconds), hashed(key), time.time())
        state = keep(log, brought, shipped)
        lesson = Lesson(log, at_a_table)
        for workers in (crowd, policies, *tables):
            ends.callback(workers.stop)
        for workers in tables:
            workers.submit(
                resolve, lesson.state.setup, 0, []
            )  # so that each has loaded the model before the first round
        addresses = lan_addresses() if lan else []
        here, *links = (
            f"http://{one}:{held.getsockname()[1]}" for one in ("127.0.0.1", *addresses)
        )
        if log.missing:
            print(f"{log.path}: {log.missing}", file=sys.stderr)
        print(
            f"Going on with the game in {log.path}; --new begins another."
            if goes_on
            else f"The game is kept in {log.path}."
        )
        for seat, bot in state.brought.items():
            print(f"Where nobody sits, {seat} is played by {bot}.")
        print(f"Your page (keep the link to yourself): {here}/host/{key}")
        print(f"For the projector, in the same browser: {here}/projector")
        print(
            f"Players open {' or '.join(links) or here} and type "
            f"{lesson.state.code}{'' if links else ALONE[lan]}"
        )
        print("Ctrl-C ends the server; the same command goes on with the game.", flush=True)
        if demo:
            crowd.submit(swarm, here, lesson.state.code, demo)
        if browser:
            Thread(target=open_browser, args=(f"{here}/host/{key}",), daemon=True).start()
        port = held.getsockname()[1]
        way = (
            (lambda: next((f"http://{one}:{port}" for one in lan_addresses()), None))
            if lan
            else None
        )
        uvicorn.Server(configured(Server(lesson, way))).run([held])


def created(setup: Setup, language: Language = "en", seconds: int = 180) -> LogEntry:
    """The first event of a game, with a code of its own."""
    return LogEntry(
        "created",
        {
            "setup": setup.as_data(),
            "language": language,
            "seconds": seconds,
            "code": "".join(secrets.choice(LETTERS) for _ in range(6)),
        },
    )


def begin(log: Log, first: LogEntry, host: str, now: float) -> None:
    """Begin a game in an empty log, or go on with the one that is in it; `host`: hash of another
    key that opens the host's page.
    """
    log.keep([*([] if log.events() else [first]), LogEntry("hosted", {"token": host})])
    state = stored(log)
    if state.paused is None and (rest := state.remaining(now)) is not None:
        log.keep([LogEntry("clock", clock(now, max(GRACE, rest), True))])


def configured(server: Server) -> Any:
    """How uvicorn serves a class: with small messages to it."""
    import uvicorn

    from .door import BACKLOG, CompressedSocket, most_connections, visitors
    from .server import LONGEST

    return uvicorn.Config(
        server.application(),
        http=visitors(most_connections(), server.client_addresses),
        ws=CompressedSocket,
        backlog=BACKLOG,
        ws_ping_interval=5.0,
        ws_ping_timeout=15.0,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_max_size=2 * LONGEST,
        timeout_graceful_shutdown=1,
    )


def folder() -> Path:
    """Where games are kept: the user's own folder for programs."""
    import typer

    return Path(typer.get_app_dir("market-model")) / "classes"


def opened(data: Path, new: bool) -> tuple[Log, bool]:
    """The newest unfinished game of a folder, or an empty log for another; whether it goes on.
    Raises ScenarioError.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError("--data", "", f"{data}: {error.strerror}") from None
    for path in [] if new else sorted(data.glob(f"*{ENDING}"))[-1:]:
        try:
            with ExitStack() as ends:
                log = Log(path)
                ends.callback(log.close)
                if stored(log).phase != "debrief":
                    ends.pop_all()
                    return log, True
        except ScenarioError as error:
            problem = f"{error.problem}; or begin another game with --new"
            raise ScenarioError(error.file, error.field, problem) from None
    return Log(data / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{secrets.token_hex(2)}{ENDING}"), False


def ended(log: Log) -> None:
    """Close a log; of a game that has not begun nothing stays."""
    empty = not log.events()
    log.close()
    for path in (log.path, *(beside(log.path, ending) for ending in BESIDE)) if empty else ():
        path.unlink(missing_ok=True)


def same(log: Log, wanted: Mapping[str, object], asked: Collection[str]) -> None:
    """Raises ScenarioError: the game of a log is not the one that was asked for."""
    state = stored(log)
    there = {
        "name": state.setup.scenario.name,
        "rounds": state.setup.rounds,
        "seconds": state.seconds,
        "language": state.language,
        **{f"bot of {seat}": state.setup.bot(seat) for seat in state.setup.seats},
    }
    other = [
        f"{'scenario' if field == 'name' else field} {there[field]} (you asked for {value})"
        for field, value in wanted.items()
        if field in asked and there[field] != value
    ]
    if other:
        raise ScenarioError(
            str(log.path),
            "",
            f"this game is not finished; it has {', '.join(other)}. Go on with it by "
            "`market-model class` alone, or begin another by --new",
        )


def delete(data: Path) -> tuple[int, list[Path]]:
    """Delete the stored games of a folder: how many; and those being played, which stay."""
    deleted, played = 0, list[Path]()
    for path in sorted(data.glob(f"*{ENDING}")):
        try:
            lock = held(path)
        except ScenarioError:
            played.append(path)
            continue
        path.unlink()
        lock.release()
        deleted += 1
    for ending in BESIDE:
        for file in data.glob(f"*{ENDING}{ending}"):
            if not file.with_name(file.name.removesuffix(ending)).exists():
                file.unlink(missing_ok=True)
    return deleted, played


def held_at(host: str, port: int | None) -> socket.socket:
    wanted = PORT if port is None else port
    try:
        held = hold(host, wanted)
    except OSError as error:
        raise ScenarioError(
            "--port",
            "",
            f"{port or PORT} and the next ones cannot be used ({error.strerror}); choose another",
        ) from None
    if note := note_of_port(held, wanted):
        print(note, file=sys.stderr)
    return held


def lan_addresses() -> list[str]:
    """Addresses of this computer in its networks, the one on the way out first; nothing is sent."""
    found: list[str] = []
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect(("192.0.2.1", 9))  # an address that no network has
        found.append(way.getsockname()[0])
    with suppress(OSError):
        found += socket.gethostbyname_ex(socket.gethostname())[2]
    return [one for one in dict.fromkeys(found) if not one.startswith(("127.", "0."))]


def check(port: int | None, seconds: float = 120.0) -> bool:
    """Say how a phone reaches this computer, and wait until one does; False if none came."""
    import segno

    addresses, until = lan_addresses(), time.monotonic() + seconds
    if not addresses:
        print(
            "This computer is in no network; join the classroom's, or open a hotspot. Nothing was "
            "tested."
        )
        return False
    with held_at("0.0.0.0", port) as held:
        number = held.getsockname()[1]
        links = [f"http://{one}:{number}/" for one in addresses]
        segno.make(links[0]).terminal(compact=True)
        print(
            f"Open {' or '.join(links)} on a phone in the same network. Waiting {seconds:g} s …",
            flush=True,
        )
        while (rest := until - time.monotonic()) > 0:
            held.settimeout(rest)
            with suppress(OSError):  # nobody came in time, or went away at once
                phone, (address, _) = held.accept()
                with phone:
                    phone.settimeout(1.0)
                    phone.recv(4096)
                    phone.sendall(
                        b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nIt works: the class "
                        b"can begin with --lan.\r\n"
                    )
                if address not in ("127.0.0.1", *addresses):
                    print(
                        f"Tested: a device at {address} opened a page on port {number} of this "
                        f"computer.\n{UNTESTED}"
                    )
                    return True
    print(
        f"Tested: this computer waited {seconds:g} s on port {number}, and no other device "
        f"came.\n{BLOCKED}"
    )
    return False
