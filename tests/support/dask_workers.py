"""A Dask cluster of two worker processes, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from processes import started

_CODE = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    # Each worker in a process, none with a page that shows what it does.
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
        silence_logs=50,
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@contextmanager
def two_workers() -> Iterator[str]:
    """Start a cluster; yield the address of its scheduler."""
    with started(
        sys.executable,
        "-c",
        _CODE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate("")  # the workers end with it


def kill_one(client) -> None:
    """Kill the worker that holds the most data."""
    held = client.has_what()
    worker = max(held, key=lambda each: len(held[each]))
    os.kill(client.run(os.getpid)[worker], signal.SIGKILL)
