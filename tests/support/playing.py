"""A real server in a process of its own, spoken to as a browser would or would not."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from walnet.playground.frames import unpack
from walnet.playground.static_page import static_files
from websockets.sync.client import ClientConnection, connect

CHROMIUM = Path("/usr/bin/chromium")
SERVE = """
import json, sys
from walnet.playground import serve
options = {"port": 0, "open_browser": False, **json.loads(sys.argv[1])}
serve(**options, announce=lambda url: print(url, flush=True))
"""


@dataclass
class Server:
    """The address of a running server, and the cookie once it was entered."""

    process: subprocess.Popen[str]
    url: str
    cookie: str = ""
    port: int = field(init=False)

    def __post_init__(self):
        self.port = int(self.url.split(":")[2].split("/")[0])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, body=None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send exactly these headers; Host only where none is given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = headers or {}
            connection.putrequest(
                method, path, skip_host="Host" in headers, skip_accept_encoding=True
            )
            for name, value in headers.items():
                connection.putheader(name, value)
            if body is not None and "Content-Length" not in headers:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            connection.close()

    def enter(self) -> None:
        """Exchange the one-time token for the cookie, as the opened page does."""
        _, headers, _ = self.request("GET", "/" + self.url.split("/", 3)[3])
        self.cookie = headers["set-cookie"].split(";")[0]

    def own(self, **headers: str) -> dict[str, str]:
        """Headers of the server's own page."""
        return {"Cookie": self.cookie, "Origin": self.origin, **headers}

    def socket(
        self, origin: str | None = "own", host: str = "", **headers: str
    ) -> ClientConnection:
        return connect(
            f"ws://{host or self.host}/ws",
            sock=socket.create_connection(("127.0.0.1", self.port), 60),
            origin=self.origin if origin == "own" else origin,
            additional_headers={"Cookie": self.cookie, **headers},
            compression=None,
            max_size=2**22,
        )


class Page:
    """What the page does, without a browser: hello, messages, frames."""

    def __init__(self, socket: ClientConnection, state=None, session: str = ""):
        self.socket = socket
        self.heard: list[dict[str, Any]] = []
        self.iteration = 0
        self.send(type="hello", protocol=1, session=session, state=state)
        self.welcome = self.hear("welcome")
        self.session = self.welcome["session"]

    def send(self, **message) -> None:
        self.socket.send(json.dumps(message))

    def hear(self, kind: str, timeout: float = 60) -> dict[str, Any]:
        """Return the next message of a kind; frames on the way are acknowledged."""
        while True:
            got = self.socket.recv(timeout=timeout)
            if isinstance(got, bytes):
                if unpack(got)[0]["kind"] == 0:
                    self.send(type="next")
                continue
            message = self._note(json.loads(got))
            if message["type"] == kind:
                return message

    def _note(self, message: dict[str, Any]) -> dict[str, Any]:
        self.heard.append(message)
        if message["type"] == "run":
            self.iteration = message["run"]["iteration"]
        return message

    def frame(self, when=lambda _: True, timeout: float = 60):
        """Return the next frame that fits, acknowledging all."""
        while True:
            got = self.socket.recv(timeout=timeout)
            if isinstance(got, str):
                self._note(json.loads(got))
                continue
            header, arrays = unpack(got)
            if header["kind"] == 0:
                self.send(type="next")
                if when(header):
                    return header, arrays


def at(iteration: int):
    """Return a test for frames of one iteration."""
    return lambda header: header["iteration"] == iteration


def steps(page: Page, count: int, unit: str = "epoch"):
    """Go so many steps, one after the other; return the frame there."""
    for _ in range(count):
        before = page.iteration
        page.send(type="step", unit=unit)
        while page.iteration == before:
            page.hear("run")
    return page.frame(at(page.iteration))


def start_server(path: str | None = None, **options) -> Server:
    arguments = json.dumps({"path": path, **options})
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return Server(process, process.stdout.readline().strip())


def warm_up(server: Server) -> None:
    """Wait until what a training needs is loaded."""
    with server.socket() as socket:
        page = Page(socket)
        page.frame(timeout=240)
        page.send(type="step")
        page.frame(at(1), timeout=240)
        page.send(type="nudge", layer=1, neuron=1)
        page.hear("nudge", timeout=240)


def stop_server(server: Server) -> str:
    """Stop a server; return what it wrote to its standard error."""
    server.process.terminate()
    try:
        _, errors = server.process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        server.process.kill()
        raise
    return errors


def need_page() -> None:
    if "/" not in static_files():
        pytest.skip("the playground's page is not built into this installation")
