"""Start the playground's server and open the page."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from walnet.errors import DataError, WalnetError
from walnet.playground.addresses import PREFERRED_PORT, listen, own_hosts, shown_hosts
from walnet.playground.open_browser import opened

if TYPE_CHECKING:
    import uvicorn

    from walnet.playground.security import Guard

NO_PAGE = (
    "walnet was installed without the playground's page: "
    "install it again where the npm registry can be reached."
)
OTHER_PORT = (
    "Port {port} is taken, so this is another one: lessons and runs that the "
    "browser keeps belong to the usual one."
)


class Playground:
    """A playground's server: its address is known before it runs.

    Parameters
    ----------
    path : str or path-like, optional
        A CSV or Parquet file to start with.
    host : str
        The address to listen on.
    port : int, optional
        The port to listen on; 0 takes a free one. By default it is the same one each
        time, or a free one where that is taken.

    Attributes
    ----------
    urls : list of str
        The addresses to open the page at, this machine's own first. Whichever is opened
        first uses up the token in all of them.
    port : int
        The port.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int | None = None,
    ) -> None:
        from walnet.playground.sessions import Sessions
        from walnet.playground.static_page import static_files

        if "/" not in static_files():
            raise WalnetError(NO_PAGE)
        table = None
        if path is not None:
            from walnet.playground.own_table import read_table

            table = read_table(Path(path).name, _read(Path(path)))
        self._socket = listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.sessions = Sessions(table)
        self._token = secrets.token_urlsafe(32)
        end = f":{self.port}/?token={self._token}"
        self._hosts = own_hosts(host, self._socket)
        self.urls = [f"http://{shown}{end}" for shown in shown_hosts(self._hosts)]

    def run(self) -> None:
        """Serve until interrupted."""
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
        from walnet.playground.security import Guard

        return Guard(
            make_app(self.sessions),
            token=self._token,
            hosts=self._hosts,
            cookie_name=f"walnet-{self.port}",
        )

    def _server(self) -> uvicorn.Server:
        import uvicorn

        from walnet.playground.sessions import MAX_MESSAGE_BYTES

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
    port: int | None = None,
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
    port : int, optional
        The port to listen on; 0 takes a free one. By default it is the same one each
        time, or a free one where that is taken.
    open_browser : bool
        Whether to open the page in the browser.
    announce : callable
        Called with each address once the server answers.

    Raises
    ------
    WalnetError
        If the page was not built into this installation, or the port is taken.
    DataError
        If the file cannot be read as a table.
    """
    playground = Playground(path, host, port)
    if port is None and playground.port != PREFERRED_PORT:
        sys.stderr.write(OTHER_PORT.format(port=PREFERRED_PORT) + "\n")
    for url in playground.urls:
        announce(url)
    # Short turns at the interpreter's lock keep many sessions moving.
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    try:
        # The socket listens already: who comes early waits.
        with opened(playground.urls[0]) if open_browser else contextlib.nullcontext():
            playground.run()
    finally:
        sys.setswitchinterval(before)


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


def _warm_up() -> None:
    """Get ready for the first page."""
    from walnet.playground.warm_up import load_engine, load_tables, warm_up

    load_engine()
    warm_up()
    load_tables()
