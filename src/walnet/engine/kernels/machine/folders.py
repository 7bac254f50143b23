"""Folders that machine code may come from: those that nobody else can write to."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path


def is_trusted(path: Path) -> bool:
    """Return whether not just anybody can change a file or folder of the package.

    A group may: whoever installs for others belongs to one, and can change the Python
    beside it as well.
    """
    return sys.platform == "win32" or not path.stat().st_mode & stat.S_IWOTH


def is_private(path: Path) -> bool:
    """Return whether nobody but this user can change a file or folder.

    Windows has no such bits; there the folders of a user are the user's by default.
    """
    if sys.platform == "win32":
        return True
    facts = path.stat()
    return facts.st_uid == os.getuid() and not facts.st_mode & (
        stat.S_IWGRP | stat.S_IWOTH
    )


def user_folder() -> Path | None:
    """Return the folder of this user where compiled kernels are kept, or None."""
    given = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(given) if given else Path.home() / ".cache") / "walnet"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder if is_private(folder) and os.access(folder, os.W_OK) else None
