"""Processes that a test starts and that never outlive it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def started(*command: Any, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a process; at the end of the block it is dead and its pipes are closed."""
    words = [str(word) for word in command]
    with subprocess.Popen(words, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()
