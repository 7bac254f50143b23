"""Opening the page in the person's browser, its token hidden from other people.

On a shared machine everyone sees the arguments of everyone's processes, and the browser
is started with the address as an argument. So it is given a file that only this person
can read, which leads on to the address.
"""

from __future__ import annotations

import os
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path

from walnet.waiting import later

# By then the slowest browser has started and read the file.
FILE_SECONDS = 60.0
LEAD_ON = """<!doctype html>
<meta charset="utf-8">
<title>walnet</title>
<meta http-equiv="refresh" content="0; url={url}">
<p>walnet's playground is at <a href="{url}">its address</a>.</p>
"""


@contextmanager
def opened(url: str) -> Iterator[None]:
    """Open an address in the browser; the file that leads there is gone at the end."""
    path = _write(url) if _shows_arguments() and _reads_files() else None
    webbrowser.open(path.as_uri() if path else url)
    try:
        with later(FILE_SECONDS, lambda: _forget(path)):
            yield
    finally:
        _forget(path)


def _shows_arguments() -> bool:
    """Whether other people on this machine see the arguments of processes."""
    return os.name == "posix"


def _reads_files() -> bool:
    """Whether the browser has this machine's files: not where it runs elsewhere."""
    return not {"BROWSER", "WSL_DISTRO_NAME"} & set(os.environ)


def _write(url: str) -> Path | None:
    """Write the file: in the home folder, as confined browsers read no other."""
    try:
        # It can be read by this person alone (mode 0600).
        handle, name = tempfile.mkstemp(".html", "walnet-play-", Path.home())
    except (OSError, RuntimeError):
        return None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(LEAD_ON.format(url=escape(url)))
    return Path(name)


def _forget(path: Path | None) -> None:
    if path is not None:
        with suppress(OSError):
            path.unlink()
