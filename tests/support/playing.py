"""A real server of the page in a process of its own."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from processes import started

from walnet.playground.files import page_files

SERVE = """
import json, sys
from walnet.playground import serve
serve(**{"port": 0, "open_browser": False, **json.loads(sys.argv[1])})
"""


@dataclass
class Server:
    """A running server: the first address that it has printed."""

    process: subprocess.Popen[str]
    url: str
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
        self, method: str, path: str, headers: dict[str, str] | None = None
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
            connection.endheaders()
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            connection.close()

    def stop(self) -> str:
        """Stop it; return what it has written to its standard error."""
        self.process.terminate()
        return self.process.communicate(timeout=20)[1]


@contextmanager
def serving(path: str | None = None, **options: Any) -> Iterator[Server]:
    """A server that is ready."""
    need_page()
    arguments = json.dumps({"path": path, **options})
    command = (sys.executable, "-c", SERVE, arguments)
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(*command, **pipes) as process:
        assert process.stdout is not None
        yield Server(process, process.stdout.readline().strip())


def need_page() -> None:
    """Fail without the page, which installing walnet to develop it builds."""
    if "/" not in page_files():
        reason = "there is no page of the playground: run python tools/build_page.py"
        pytest.fail(reason, pytrace=False)
