"""`market-model play`: from the command to a page that answers.

Nothing heavy is imported before it has said where it will answer.
"""

import multiprocessing
import multiprocessing.util
import os
import signal
import socket
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import Any, NoReturn
from urllib.parse import urlencode

from ..work.ports import hold, note_of_port, open_browser

HOST, PORT = "127.0.0.1", 8765

SETTINGS = {
    "SOLARA_APP": "market_model.explorer.app",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_THEME_TITLE": "Market model",
    "SOLARA_SESSION_HTTP_ONLY": "True",
    "SOLARA_KERNEL_CULL_TIMEOUT": "10m",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
}


def play(story: str = "", port: int | None = None, browser: bool = True) -> None:
    """Serve the explorer on this computer until Ctrl-C.

    Args:
        story: opened first; "" for the gallery.
        port: where; the next free one if it is taken, any free one for 0; None means 8765.
        browser: open a browser if there is one.
    """
    from .place import Place, opened

    place = opened(story) if story else Place()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    wanted = PORT if port is None else port
    held = hold(HOST, wanted)
    address = f"http://{HOST}:{held.getsockname()[1]}"
    if note := note_of_port(held, wanted):
        _say(note)
    _say(f"{address} is starting; it answers in a few seconds …")
    os.environ.update(SETTINGS)
    from .runs import runs, shipped

    # Computed while the server's own imports take their time: the story or, where it is shipped,
    # its next luck.
    runs().ask(replace(place, seed=1) if place.key() in shipped() else place, unread=True)
    _serve(held, f"{address}/play?{urlencode({'story': story})}" if story else address, browser)


def _serve(held: socket.socket, address: str, browser: bool) -> None:
    import uvicorn

    from .server import application

    server = uvicorn.Server(
        uvicorn.Config(application(), log_level="warning", access_log=False, loop="asyncio")
    )
    server.handle_exit = lambda sig, frame: _stop(sig, frame)
    _say(f"{address} is ready. Ctrl-C ends it.")  # what is asked now waits at the socket
    if browser:
        Thread(target=open_browser, args=(address,), daemon=True).start()
    server.run([held])


def _stop(*_: Any) -> NoReturn:
    """End now: no visitor, thread or run is waited for."""
    ending = Thread(target=_end_workers, daemon=True)
    ending.start()
    ending.join(1.0)
    for worker in multiprocessing.active_children():
        worker.kill()
    _say("\nStopped.")
    os._exit(0)


def _end_workers() -> None:
    """Not in the signal's own frame, which may have interrupted a holder of the locks needed
    here.
    """
    from .runs import runs

    runs().stop()
    multiprocessing.util._exit_function()  # pyright: ignore[reportAttributeAccessIssue]


def _say(text: str) -> None:
    with suppress(OSError):
        print(text, flush=True)
