"""Ports and browser of this computer."""

import os
import socket
import sys
import webbrowser
from contextlib import suppress

PORTS = 100
"""How many are tried."""


def hold(host: str, port: int) -> socket.socket:
    """A socket that nobody else can take: at this port or, if it is taken, one of the next; any
    free one for 0.

    Raises:
        OSError: no port is free or permitted.
    """
    problem = OSError("no port is free")
    for candidate in range(port, min(port + PORTS, 65536)) if port else [0]:
        held = socket.socket()
        if os.name == "posix":
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((host, candidate))
            held.listen(1024)
        except OSError as error:
            held.close()
            problem = error
        else:
            return held
    raise problem


def note_of_port(held: socket.socket, wanted: int) -> str:
    """What is to be said where another port is held than the one wanted; "" where none is."""
    if not wanted or held.getsockname()[1] == wanted:
        return ""
    return f"Port {wanted} is taken, so the next free one is used."


def open_browser(address: str) -> None:
    """Open a browser; without a screen a text browser would take the terminal."""
    screen = sys.platform in ("win32", "darwin") or {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ)
    with suppress(webbrowser.Error, OSError):
        if screen:
            webbrowser.open(address)
