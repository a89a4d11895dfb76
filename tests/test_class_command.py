"""`market-model class`: what it says before the lesson."""

import re
import socket

import pytest

from market_model.classroom import launch


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        ([], "this computer is in no network"),
        (["10.0.0.5", "192.168.1.7"], r"http://10.0.0.5:\d+ or http://192.168.1.7:\d+ and type"),
    ],
)
def test_players_are_told_every_address_or_that_there_is_none(
    tmp_path, monkeypatch, capsys, addresses: list[str], said: str
) -> None:
    monkeypatch.setattr(launch, "lan_addresses", lambda: addresses)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_: None)
    launch.run_class(
        "china-2013",
        tmp_path,
        lan=True,
        demo=0,
        port=0,
        browser=False,
        rounds=2,
        seconds=60,
        language="en",
        new=True,
    )
    assert re.search(said, capsys.readouterr().out)


@pytest.mark.parametrize(
    ("guest", "said"), [("127.0.0.2", "Not tested"), ("127.0.0.1", "no other device came")]
)
def test_the_check_says_what_it_tested_and_what_not(
    monkeypatch, capsys, guest: str, said: str
) -> None:
    monkeypatch.setattr(launch, "lan_addresses", lambda: ["127.0.0.1"])
    held = launch.held_at("127.0.0.1", 0)
    monkeypatch.setattr(launch, "held_at", lambda *_: held)
    with socket.create_connection(held.getsockname(), source_address=(guest, 0)) as phone:
        phone.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert launch.check(None, 0.3) == (guest == "127.0.0.2") and b"It works" in phone.recv(999)
    assert said in capsys.readouterr().out
