"""A Dask cluster, to which joblib sends what can be done apart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from walnet.errors import DataError
from walnet.words import quoted

PATIENCE = 10.0  # seconds in which a scheduler answers, and has a worker


@contextmanager
def dask_cluster(address: str) -> Iterator[None]:
    """Send the members of ensembles, and trials, to a Dask cluster within the block.

    Parameters
    ----------
    address : str
        The scheduler's, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    DataError
        If Dask is not installed, nobody answers, or there is no worker.
    """
    client = _connected(address)
    try:
        import joblib

        with client.as_current(), joblib.parallel_config("dask", client=client):
            yield
    finally:
        client.close()


def _connected(address: str) -> Any:
    """Return a client of a scheduler that has a worker."""
    try:
        import distributed
    except ImportError as error:
        message = (
            "a Dask cluster needs dask; install it with: pip install 'walnet[dask]'"
        )
        raise DataError(message) from error
    try:
        # A client that has found nobody goes on looking while it is closed.
        asyncio.run(_greet(distributed, address))
    except Exception as error:  # whatever another kind of server makes of the greeting
        raise DataError(
            f"no Dask scheduler answers at {quoted(address)} within {PATIENCE:g} s; "
            "see whether it runs there, and whether this machine may reach it"
        ) from error
    client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        client.close()
        raise DataError(
            f"the Dask scheduler at {quoted(address)} has no worker; start one with: "
            f"dask worker {address}"
        ) from error
    return client


async def _greet(distributed: Any, address: str) -> None:
    """Say hello to a scheduler."""
    greeted = await distributed.core.connect(address, timeout=PATIENCE)
    await greeted.close()
