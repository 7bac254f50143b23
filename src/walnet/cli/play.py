"""``walnet play``: the playground in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option


def play(
    file: Annotated[
        Path | None,
        Argument(
            metavar="FILE",
            help="A table to start with, of any kind that `walnet train` reads.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str, Option(help="The address to listen on; the default is this machine only.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        Option(
            help="The port to listen on; 0 takes a free one. The default is the same "
            "each time, or a free one where that is taken.",
            show_default=False,
        ),
    ] = None,
    no_browser: Annotated[
        bool, Option("--no-browser", help="Only print the address.")
    ] = False,
) -> None:
    """Build and train networks in the browser; Ctrl-C ends it.

    The page trains in the browser itself; this command only hands out its files.
    """
    from walnet.playground import serve

    serve(file, host, port, open_browser=not no_browser)
