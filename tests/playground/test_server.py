"""What hands out the page: its files and nothing else, to whoever may ask for them."""

from __future__ import annotations

import gzip
import json
import socket
from contextlib import ExitStack

import pytest
from playing import serving

from walnet.errors import DataError, WalnetError
from walnet.playground import PageServer
from walnet.playground.files import page_files

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what is tested


def test_all_files_of_the_page_are_handed_out_as_they_are(server):
    for path, file in page_files().items():
        status, headers, body = server.request("GET", path)
        assert (status, body) == (200, file.content)
        assert headers["content-type"] == file.kind
        status, headers, body = server.request("HEAD", path)
        assert (status, body) == (200, b"")
        assert int(headers["content-length"]) == len(file.content)


def test_what_a_browser_loads_is_under_350_kB():
    """All of the page but the file that is the page once more.

    Of two builds of the kernels, and of two languages of the course, it asks for one.
    """
    again = {"/", "/walnet.html"}
    files = {path: len(f.packed) for path, f in page_files().items()}
    files = {path: size for path, size in files.items() if path not in again}
    kernels = [size for path, size in files.items() if path.endswith(".wasm")]
    courses = [size for path, size in files.items() if "/course." in path]
    assert (len(kernels), len(courses)) == (2, 2)
    assert sum(files.values()) - min(kernels) - min(courses) < 350e3


def test_what_is_packed_unpacks_to_the_same(server):
    for path, file in page_files().items():
        headers = {"Accept-Encoding": "gzip, br"}
        _, headers, body = server.request("GET", path, headers)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        assert body == file.content


def test_a_file_is_described_without_being_sent(server):
    _, told, body = server.request("GET", "/")
    with socket.create_connection(("127.0.0.1", server.port), 10) as asking:
        ask = f"HEAD / HTTP/1.1\r\nHost: {server.host}\r\nConnection: close\r\n\r\n"
        asking.sendall(ask.encode())
        answer = b"".join(iter(lambda: asking.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert f"\r\nContent-Length: {len(body)}\r\n".encode() in answer
    assert f"\r\nETag: {told['etag']}\r\n".encode() in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_file_that_the_browser_has_is_not_sent_again(server):
    _, headers, _ = server.request("GET", "/")
    known = {"If-None-Match": headers["etag"]}
    status, _, body = server.request("GET", "/", known)
    assert (status, body) == (304, b"")


def test_the_page_may_ask_no_other_origin(server):
    _, headers, body = server.request("GET", "/")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'wasm-unsafe-eval'" in policy
    assert "http" not in policy
    assert "unsafe-inline" not in policy
    # Where no server says so, as on a page that was put somewhere, the page does.
    assert b"Content-Security-Policy" in body
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" in headers
    assert "Python" not in headers["server"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/../server.py",
        "/%2e%2e/server.py",
        "//etc/passwd",
        "/assets/",
        "/source.sha256",
        "/table.json",
        "/\\..\\server.py",
        "/" + "a" * 60_000,
    ],
)
def test_nothing_else_is_handed_out(server, path):
    assert server.request("GET", path)[0] in {404, 414}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT"])
def test_nothing_is_taken_in(server, method):
    assert server.request(method, "/")[0] == 501


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil", "[::2]"]
)
def test_other_names_are_refused(server, host):
    """A page elsewhere that has its name point to this machine reads nothing."""
    status, _, body = server.request("GET", "/", {"Host": host})
    assert status == 421
    assert b"walnet play" in body


def test_a_server_that_listens_everywhere_is_reached_and_not_rebound():
    with serving(host=EVERYWHERE) as server:
        assert server.url == f"http://127.0.0.1:{server.port}/"
        elsewhere = server.process.stdout.readline().strip()
        name = elsewhere.split("/")[2].rpartition(":")[0]
        assert name not in {EVERYWHERE, "127.0.0.1"}
        # As a browser elsewhere would: by this machine's address on the network.
        host = f"{name.upper()}:{server.port}"
        assert server.request("GET", "/", {"Host": host})[0] == 200
        evil = {"Host": f"Evil.example:{server.port}"}
        assert server.request("GET", "/", evil)[0] == 421


def test_silent_and_chattering_clients_lock_nobody_out(server):
    with ExitStack() as stack:
        for _ in range(210):
            silent = socket.create_connection(("127.0.0.1", server.port), 10)
            stack.enter_context(silent)
        for junk in (b"\0" * 4096, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000):
            noisy = socket.create_connection(("127.0.0.1", server.port), 10)
            stack.enter_context(noisy)
            noisy.sendall(junk)
        assert server.request("GET", "/")[0] == 200
        cookie = {"Cookie": "a=" + "b" * 30_000}
        assert server.request("GET", "/", cookie)[0] == 200


def test_a_table_is_handed_to_the_page(tmp_path):
    path = tmp_path / "rooms.csv"
    path.write_text("rooms;price;town\n3;1.299,50;Ulm\n4;1.450,00;\n2;999,00;Bonn\n")
    with serving(str(path)) as server:
        assert server.url == f"http://127.0.0.1:{server.port}/?table"
        _, headers, body = server.request("GET", "/table.json")
        assert headers["content-type"] == "application/json"
        table = json.loads(body)
    assert table["name"] == "rooms.csv"
    rooms, price, town = table["columns"]
    assert rooms == {"name": "rooms", "kind": "number", "values": [3, 4, 2]}
    assert price["values"] == [1299.5, 1450, 999]
    assert town["values"] == ["Ulm", None, "Bonn"]


def test_a_file_that_is_no_table_is_one_sentence(tmp_path):
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises(DataError, match=r"picture\.csv"):
        PageServer(path, port=0)
    with pytest.raises(DataError):
        PageServer(tmp_path / "nothing.csv", port=0)


def test_a_table_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + "1,2\n" * 100_001)
    with pytest.raises(DataError, match="100,001 rows"):
        PageServer(path, port=0)


def test_a_port_that_is_taken_is_said(server):
    with pytest.raises(WalnetError, match=f"port {server.port}"):
        PageServer(port=server.port)
