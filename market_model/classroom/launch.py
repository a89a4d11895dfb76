"""`market-model class`: from the command to a room full of phones."""

from __future__ import annotations

import secrets
import socket
import sys
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from ..game import setup_of
from ..scenario import ScenarioError, load_scenario
from ..study.runner import Workers
from ..words import Language
from .log import Log

if TYPE_CHECKING:
    from .lesson import Lesson
    from .server import Server

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Of codes: none looks like another one on a projector."""
PORT, PORTS = 8765, 100
ENDING = ".class"


def run_class(name: str, data: Path | None, *, lan: bool, demo: int, port: int | None, browser: bool, rounds: int, seconds: int,
              language: Language, new: bool) -> None:
    """Serve a class until Ctrl-C. Raises ScenarioError."""
    import uvicorn

    from .server import Server, hashed

    host_key = secrets.token_urlsafe(16)
    created = {"setup": setup_of(load_scenario(name), secrets.randbelow(2**31), rounds).as_data(), "language": language,
               "seconds": seconds, "code": "".join(secrets.choice(LETTERS) for _ in range(6))}
    log, resumed = opened(data or folder(), new=new)
    lesson, workers = lesson_on(log, created, hashed(host_key))
    held = hold("0.0.0.0" if lan else "127.0.0.1", port)
    number = held.getsockname()[1]
    addresses = lan_addresses() if lan else []
    server = Server(lesson, f"http://{addresses[0]}:{number}" if addresses else None)
    here = f"http://127.0.0.1:{number}"
    tell(server, here, f"{here}/host/{host_key}", [f"http://{one}:{number}" for one in addresses], resumed)
    helpers = Workers()
    if demo:
        from .demo import swarm
        helpers.submit(swarm, here, lesson.state.code, demo)
    if browser:
        Thread(target=webbrowser.open, args=(f"{here}/host/{host_key}",), daemon=True).start()
    try:
        uvicorn.Server(configured(server, ["127.0.0.1", "localhost", *addresses])).run([held])
    finally:
        helpers.stop()
        workers.stop()
        log.close()


def lesson_on(log: Log, created: dict[str, Any], host: str) -> tuple[Lesson, Workers]:
    """The game in a log, with the process that plays its markets."""
    from .lesson import Lesson, begun
    from .tables import resolve

    begun(log, created, host, time.time())
    workers = Workers()
    return Lesson(log, lambda *task: workers.submit(resolve, *task).outcome), workers


def configured(server: Server, hosts: list[str]) -> Any:
    """How uvicorn serves a class: small messages, no compression that would cost each player a third of a megabyte."""
    import uvicorn

    from .server import LONGEST

    return uvicorn.Config(server.application(hosts), log_level="warning", access_log=False, ws_max_size=2 * LONGEST,
                          ws_per_message_deflate=False, server_header=False, timeout_graceful_shutdown=1)


def tell(server: Server, here: str, host: str, addresses: list[str], resumed: bool) -> None:
    """What to do next."""
    code = server.lesson.state.code
    print(f"Going on with the game in {server.lesson.log.path}; --new begins another." if resumed else
          f"The game is kept in {server.lesson.log.path}.")
    print(f"Your page (keep the link to yourself): {host}")
    print(f"For the projector: {here}/projector (in the same browser)")
    print(f"Players open {' or '.join(addresses)} and type {code}" if addresses else
          f"Players on this computer open {here} and type {code}; start with --lan for phones")
    print("Ctrl-C ends the server; the same command goes on with the game.", flush=True)


# ------------------------------------------------------------------ files


def folder() -> Path:
    """Where games are kept: the user's own folder for programs."""
    import typer

    return Path(typer.get_app_dir("market-model")) / "classes"


def opened(data: Path, *, new: bool) -> tuple[Log, bool]:
    """The newest unfinished game of a folder, or an empty log for another; whether it goes on. Raises ScenarioError."""
    from .state import fold

    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError("--data", "", f"{data}: {error.strerror}") from None
    stored = sorted(data.glob(f"*{ENDING}"))
    if stored and not new:
        log = Log(stored[-1])
        events = log.events()
        if not events or fold(events).phase != "debrief":
            return log, bool(events)
        log.close()
    return Log(data / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{secrets.token_hex(2)}{ENDING}"), False


def delete(data: Path | None) -> int:
    """Delete the stored games of a folder; how many."""
    stored = list((data or folder()).glob(f"*{ENDING}"))
    for path in stored:
        for file in (path, path.with_name(f"{path.name}-wal")):
            file.unlink(missing_ok=True)
    return len(stored)


# ------------------------------------------------------------------ the network


def hold(host: str, port: int | None) -> socket.socket:
    """A socket at a port, or at one of the next if it is taken; any free one for 0. Raises ScenarioError."""
    wanted = PORT if port is None else port
    for candidate in range(wanted, min(wanted + PORTS, 65536)) if wanted else [0]:
        held = socket.socket()
        if sys.platform != "win32":
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((host, candidate))
            held.listen(1024)
        except OSError:
            held.close()
        else:
            return held
    raise ScenarioError("--port", "", f"{wanted} and the next {PORTS} are taken or not permitted; choose another")


def lan_addresses() -> list[str]:
    """Addresses of this computer in its networks, the one on the way out first; nothing is sent."""
    def found() -> Iterator[str]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            try:
                way.connect(("192.0.2.1", 9))  # an address that no network has
                yield way.getsockname()[0]
            except OSError:
                pass
        try:
            for *_, address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
                yield str(address[0])
        except OSError:
            pass

    return [one for one in dict.fromkeys(found()) if not one.startswith(("127.", "0."))]


def check(port: int | None, seconds: float = 120.0) -> bool:
    """Say how a phone reaches this computer, and wait until one does; False if none came."""
    import segno

    addresses = lan_addresses()
    if not addresses:
        print("This computer is in no network; join the classroom's, or open a hotspot.")
        return False
    held = hold("0.0.0.0", port)
    link = f"http://{addresses[0]}:{held.getsockname()[1]}/"
    segno.make(link).terminal(compact=True)
    others = "".join(f", else http://{one}:{held.getsockname()[1]}/" for one in addresses[1:])
    print(f"Open {link} on a phone in the same network{others}. Waiting {seconds:g} s …", flush=True)
    until = time.monotonic() + seconds
    with held:
        while (rest := until - time.monotonic()) > 0:
            held.settimeout(rest)
            try:
                phone, address = held.accept()
            except TimeoutError:
                break
            with phone:
                phone.settimeout(1.0)
                try:
                    phone.recv(4096)
                    text = b"It works: this phone reaches the computer of the class."
                    phone.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                                  % (len(text), text))
                except OSError:
                    continue
            if address[0] not in addresses:
                print("A phone has reached this computer; the class can begin with --lan.")
                return True
    print("Nobody came. Phones must be in the same network; guest networks and firewalls often keep devices apart: "
          "allow Python in the firewall, or open a hotspot on this computer.")
    return False
