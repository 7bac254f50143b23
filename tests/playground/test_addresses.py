"""Where the playground listens, what it answers to, and how the page is opened."""

from __future__ import annotations

import socket
import stat
import time
import webbrowser
from pathlib import Path
from types import SimpleNamespace
from urllib.request import url2pathname

import pytest
from playing import Page, need_page, start_server, stop_server
from walnet.playground.open_browser import opened
from websockets.exceptions import InvalidStatus

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
    need_page()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", addresses.PREFERRED_PORT))
            other.listen()
        except OSError:
            pass  # someone else has it: as good
        server = start_server(port=None)
        errors = stop_server(server)
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


def test_a_server_that_listens_everywhere_is_reached_and_not_rebound():
    need_page()
    server = start_server(host=EVERYWHERE)
    try:
        assert server.url.startswith(f"http://127.0.0.1:{server.port}/?token=")
        elsewhere = server.process.stdout.readline().strip()
        name = elsewhere.split("/")[2].rpartition(":")[0]
        assert name not in {EVERYWHERE, "127.0.0.1"}
        _, _, body = server.request("GET", "/", {"Host": f"Evil.example:{server.port}"})
        assert b"does not answer to this name" in body
        # As a browser elsewhere would: by this machine's address on the network.
        path = "/" + elsewhere.split("/", 3)[3]
        host = f"{name.upper()}:{server.port}"
        status, headers, _ = server.request("GET", path, {"Host": host})
        assert status == 200
        server.cookie = headers["set-cookie"].split(";")[0]
        with server.socket(origin=f"http://{host}", host=host) as socket_:
            assert Page(socket_).session
        with pytest.raises(InvalidStatus):
            server.socket(origin="http://evil.example", host="evil.example")
    finally:
        stop_server(server)


@pytest.fixture
def browser_args(monkeypatch, tmp_path):
    """What the person's browser would be started with."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("BROWSER", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    given: list[str] = []
    monkeypatch.setattr(webbrowser, "_tryorder", ["recorder"])
    recorder = SimpleNamespace(open=lambda url, *_: given.append(url) or True)
    monkeypatch.setitem(webbrowser._browsers, "recorder", [None, recorder])
    return given


def test_the_browser_is_not_started_with_the_token(browser_args, tmp_path):
    with opened(URL):
        (given,) = browser_args
        assert "secret" not in given
        path = Path(url2pathname(given.removeprefix("file://")))
        assert path.parent == tmp_path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert f'content="0; url={URL}"' in path.read_text()
    assert not path.exists()


def test_a_browser_on_another_machine_is_given_the_address(
    browser_args, monkeypatch, tmp_path
):
    monkeypatch.setenv("WSL_DISTRO_NAME", "Debian")
    with opened(URL):
        assert browser_args == [URL]
        assert list(tmp_path.iterdir()) == []


def test_without_a_home_the_address_itself_is_opened(browser_args, monkeypatch):
    monkeypatch.setenv("HOME", "/nowhere")
    with opened(URL):
        assert browser_args == [URL]


def test_the_file_does_not_stay_while_the_server_runs(browser_args, monkeypatch):
    monkeypatch.setattr("walnet.playground.open_browser.FILE_SECONDS", 0.02)
    with opened(URL):
        path = Path(url2pathname(browser_args[0].removeprefix("file://")))
        deadline = time.monotonic() + 5
        while path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not path.exists()
