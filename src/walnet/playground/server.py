"""Serve the page's folder from this machine.

The server knows nothing and keeps nothing: each browser trains by itself. So there is
no token and no session; what is handed out are the page's files, and the table that was
named on the command line.
"""

from __future__ import annotations

import sys
import webbrowser
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from walnet.errors import WalnetError
from walnet.playground.addresses import PREFERRED_PORT, listen, own_hosts, shown_hosts
from walnet.playground.files import PageFile, page_files

NO_PAGE = (
    "walnet was installed without the playground's page: "
    "install it again where the npm registry can be reached."
)
OTHER_PORT = (
    "Port {port} is taken, so this is another one: lessons and runs that the "
    "browser keeps belong to the usual one."
)
# The page may run its own scripts and its own WebAssembly; no other origin is asked.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}
TABLE = "/table.json"
# A client that says nothing for so long is left alone: its thread ends.
SILENT_SECONDS = 10.0


class PageServer(ThreadingHTTPServer):
    """A server of the page: its addresses are known before it runs.

    Parameters
    ----------
    path : str or path-like, optional
        A table to start with, of any kind that `walnet train` reads.
    host : str
        The address to listen on.
    port : int, optional
        The port to listen on; 0 takes a free one. By default it is the same one each
        time, or a free one where that is taken.

    Attributes
    ----------
    urls : list of str
        The addresses to open the page at, this machine's own first.
    port : int
        The port.

    Raises
    ------
    WalnetError
        If the page was not built into this installation, or the port is taken.
    DataError
        If the file cannot be read as a table.
    """

    daemon_threads = True

    def __init__(
        self,
        path: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int | None = None,
    ) -> None:
        self.files = page_files()
        if "/" not in self.files:
            raise WalnetError(NO_PAGE)
        if path is not None:
            from walnet.playground.table import table_json

            self.files[TABLE] = PageFile(table_json(Path(path)), "application/json")
        listening = listen(host, port)
        self.hosts = own_hosts(host, listening)
        self.port: int = listening.getsockname()[1]
        end = f":{self.port}/" + "?table" * (path is not None)
        self.urls = [f"http://{name}{end}" for name in shown_hosts(self.hosts)]
        super().__init__(("", 0), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up; of a defect, what it was."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers one browser's requests."""

    server: PageServer
    protocol_version = "HTTP/1.1"
    timeout = SILENT_SECONDS
    server_version, sys_version = "walnet", ""

    def do_GET(self) -> None:
        """Hand out a file."""
        self._answer()

    def do_HEAD(self) -> None:
        """Say what a file is like."""
        self._answer()

    def log_message(self, *_: Any) -> None:
        """Keep the terminal quiet."""

    def _answer(self) -> None:
        host = urlsplit(f"//{self.headers.get('Host', '')}")
        name = host.hostname if len(self.headers.get_all("Host", [])) == 1 else ""
        if name not in self.server.hosts:
            self._say(421, "Open an address that `walnet play` printed.")
            return
        found = self.server.files.get(self.path.partition("?")[0])
        if found is None:
            self._say(404, "There is nothing here.")
        elif self.headers.get("If-None-Match") == found.tag:
            self._send(304, {"ETag": found.tag}, b"")
        else:
            self._hand_out(found)

    def _hand_out(self, file: PageFile) -> None:
        packs = "gzip" in self.headers.get("Accept-Encoding", "")
        content = file.packed if packs else file.content
        headers = {"Content-Type": file.kind, "ETag": file.tag}
        headers |= {"Content-Length": str(len(content)), "Vary": "Accept-Encoding"}
        if content is not file.content:
            headers["Content-Encoding"] = "gzip"
        self._send(200, headers, content)

    def _say(self, status: int, sentence: str) -> None:
        body = sentence.encode()
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        headers["Content-Length"] = str(len(body))
        self._send(status, headers, body)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def serve(
    path: str | Path | None = None,
    host: str = "127.0.0.1",
    port: int | None = None,
    *,
    open_browser: bool = True,
) -> None:
    """Serve the playground until interrupted, and print its addresses.

    Parameters
    ----------
    path, host, port
        As for `PageServer`.
    open_browser : bool
        Whether to open the page in the browser.

    Raises
    ------
    WalnetError
        If the page was not built into this installation, or the port is taken.
    DataError
        If the file cannot be read as a table.
    """
    # Ctrl-C is the way to end it, as soon as it listens.
    with PageServer(path, host, port) as server, suppress(KeyboardInterrupt):
        if port is None and server.port != PREFERRED_PORT:
            sys.stderr.write(OTHER_PORT.format(port=PREFERRED_PORT) + "\n")
        sys.stdout.write("".join(f"{url}\n" for url in server.urls))
        sys.stdout.flush()  # who reads it from a pipe does not wait
        # The socket listens already: who comes early waits.
        if open_browser:
            webbrowser.open(server.urls[0])
        server.serve_forever()
