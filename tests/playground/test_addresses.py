"""Where the playground listens, and what it answers to."""

from __future__ import annotations

import socket

import pytest
from playing import serving

from walnet.errors import HyperparameterError
from walnet.playground import addresses
from walnet.playground.addresses import OwnHosts, listen, own_hosts, shown_hosts

URL = "http://127.0.0.1:9256/?token=secret"


def a_free_port() -> int:
    with listen("127.0.0.1", 0) as listener:
        return int(listener.getsockname()[1])


def test_the_port_is_the_same_each_time_and_a_free_one_where_it_is_taken(monkeypatch):
    port = a_free_port()
    monkeypatch.setattr(addresses, "PREFERRED_PORT", port)
    with listen("127.0.0.1", None) as first:
        assert first.getsockname()[1] == port
        with listen("127.0.0.1", None) as second:
            assert second.getsockname()[1] not in {0, port}
        with pytest.raises(HyperparameterError, match=f"port {port}"):
            listen("127.0.0.1", port)
    with listen("127.0.0.1", None) as again:
        assert again.getsockname()[1] == port


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_there_is_not_is_refused(port):
    with pytest.raises(HyperparameterError, match=f"0 to 65535, got {port}"):
        listen("127.0.0.1", port)


def test_another_port_than_the_usual_one_is_said():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", addresses.PREFERRED_PORT))
            other.listen()
        except OSError:
            pass  # someone else has it: as good
        with serving(port=None) as server:
            errors = server.stop()
    assert server.port != addresses.PREFERRED_PORT
    assert f"Port {addresses.PREFERRED_PORT} is taken" in errors


LAN, LOCAL = "192.168.7.5", "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what is tested


@pytest.mark.parametrize(
    ("host", "bound", "answers", "refuses"),
    [
        (LOCAL, LOCAL, ["localhost", LOCAL, "::1"], [LAN, "desk", "evil.example"]),
        (
            EVERYWHERE,
            EVERYWHERE,
            ["localhost", LAN, "fd00::7", "desk"],
            ["evil.example"],
        ),
        ("::", "::", ["::1", LOCAL, LAN, "desk.local"], ["evil.example", ""]),
        (LAN, LAN, [LAN, "desk", "desk.local"], ["192.168.7.6", "desk.evil.example"]),
        ("Lab.Example", LAN, ["lab.example", LAN], ["example", "evil.lab.example"]),
    ],
)
def test_a_server_answers_to_its_own_names_and_no_others(host, bound, answers, refuses):
    own = OwnHosts(host, bound, "Desk")
    assert [name for name in answers if name not in own] == []
    assert [name for name in refuses if name in own] == []


@pytest.mark.parametrize(
    ("host", "first"),
    [
        (LOCAL, LOCAL),
        ("localhost", "localhost"),
        (EVERYWHERE, LOCAL),
        ("0", LOCAL),
    ],
)
def test_the_address_that_is_printed_can_be_opened(host, first):
    with listen(host, 0) as listener:
        own = own_hosts(host, listener)
    assert shown_hosts(own)[0] == first
    assert first in own
    assert all(shown in own for shown in shown_hosts(own))
