"""Start the playground's server and open the page."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from walnet.errors import DataError, HyperparameterError, WalnetError

if TYPE_CHECKING:
    import uvicorn

    from walnet.playground.security import Guard

NO_PAGE = (
    "walnet was installed without the playground's page: "
    "install it again where the npm registry can be reached."
)
LONG_SECONDS = 3.0
COMPILING = (
    "Compiling the engine for this machine: once, for about a minute. "
    "The page opens meanwhile and starts by itself."
)
ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound by default


class Playground:
    """A playground's server: its address is known before it runs.

    Parameters
    ----------
    path : str or path-like, optional
        A CSV or Parquet file to start with.
    host : str
        The address to listen on.
    port : int
        The port to listen on; 0 takes a free one.
    """

    def __init__(
        self, path: str | Path | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        from walnet.playground.page import static_files
        from walnet.playground.sessions import Sessions

        if "/" not in static_files():
            raise WalnetError(NO_PAGE)
        table = None
        if path is not None:
            from walnet.playground.own_table import read_table

            table = read_table(Path(path).name, _read(Path(path)))
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.sessions = Sessions(table)
        self._token = secrets.token_urlsafe(32)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self.port}/?token={self._token}"
        self._host = host

    def run(self, when_ready: Callable[[], None] | None = None) -> None:
        """Serve until interrupted.

        Parameters
        ----------
        when_ready : callable, optional
            Called at once: the socket listens already, and who comes early waits.
        """
        if when_ready is not None:
            when_ready()
        server = self._server()
        threading.Thread(target=_warm_up, daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(self._serve(server))

    async def _serve(self, server: uvicorn.Server) -> None:
        try:
            await server.serve(sockets=[self._socket])
        finally:
            self.sessions.close()

    def _guarded_app(self) -> Guard:
        from walnet.playground.app import make_app
        from walnet.playground.security import LOOPBACK, Guard

        return Guard(
            make_app(self.sessions),
            token=self._token,
            hosts=LOOPBACK | ({self._host} - ANYWHERE),
            cookie_name=f"walnet-{self.port}",
        )

    def _server(self) -> uvicorn.Server:
        import uvicorn

        from walnet.playground.messages import MAX_MESSAGE_BYTES

        config = uvicorn.Config(
            self._guarded_app(),
            ws="websockets-sansio",
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            limit_concurrency=200,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=2,
            access_log=False,  # an address holds the token
            log_level="warning",
            server_header=False,
            proxy_headers=False,
        )
        return uvicorn.Server(config)


def serve(
    path: str | Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    open_browser: bool = True,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the playground until interrupted.

    Parameters
    ----------
    path : str or path-like, optional
        A CSV or Parquet file to start with.
    host : str
        The address to listen on. Anything but this machine itself lets others on the
        network knock at the door; they still need the opened address's token.
    port : int
        The port to listen on; 0 takes a free one.
    open_browser : bool
        Whether to open the page in the browser.
    announce : callable
        Called with the address once the server answers.

    Raises
    ------
    WalnetError
        If the page was not built into this installation, or the port is taken.
    DataError
        If the file cannot be read as a table.
    """
    playground = Playground(path, host, port)

    def ready() -> None:
        announce(playground.url)
        if open_browser:
            webbrowser.open(playground.url)

    # Short turns at the interpreter's lock keep many sessions moving.
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    try:
        playground.run(ready)
    finally:
        sys.setswitchinterval(before)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        message = f"walnet cannot listen on {host} port {port}: {error}."
        raise HyperparameterError(message) from error
    return listener


def _read(path: Path) -> bytes:
    from walnet.playground.uploads import MAX_UPLOAD_BYTES

    try:
        if path.stat().st_size > MAX_UPLOAD_BYTES:
            limit = MAX_UPLOAD_BYTES // 2**20
            message = f"{path} is larger than the {limit} MB that the playground takes."
            raise DataError(message)
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def _say_compiling() -> None:
    sys.stderr.write(COMPILING + "\n")


def _warm_up() -> None:
    """Get ready for the first page, and say so where kernels have to be compiled."""
    from walnet.playground.engine import load_engine, load_tables, warm_up

    load_engine()
    long = threading.Timer(LONG_SECONDS, _say_compiling)
    long.daemon = True
    long.start()
    try:
        warm_up()
    finally:
        long.cancel()
    load_tables()
