"""A PostgreSQL server of a test's own, where one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALLED = all(shutil.which(program) for program in ("initdb", "pg_ctl"))


@contextmanager
def server() -> Iterator[str]:
    """Start a server that listens on a socket file only; yield its URL."""
    # Neither does PostgreSQL run as root, nor may its socket's path be long.
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if user:
        shutil.chown(folder, user)

    def run(*words: str | Path) -> None:
        subprocess.run(
            words, user=user, check=True, stdout=subprocess.DEVNULL, cwd=folder
        )

    data = folder / "data"
    try:
        run("initdb", "-D", data, "-U", "me", "-A", "trust", "--no-sync")
        options = f"-c listen_addresses= -c fsync=off -k {folder}"
        run("pg_ctl", "start", "-w", "-D", data, "-l", folder / "log", "-o", options)
        try:
            yield f"postgresql://me:secret@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "-w", "-D", data, "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
