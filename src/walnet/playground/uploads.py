"""Receive a table that a person drops on the page: bounded, and in memory only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from walnet.errors import DataError

MAX_UPLOAD_BYTES = 64 * 1024 * 1024
# What is on this machine or its network comes in a few seconds.
RECEIVE_SECONDS = 60.0


class UploadError(DataError):
    """A table is not taken, with the status to answer."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


async def receive(
    stream: AsyncIterator[bytes], seconds: float = RECEIVE_SECONDS
) -> bytes:
    """Return a request's body, counted while it comes.

    Parameters
    ----------
    stream : asynchronous iterator of bytes
        The body, part by part.
    seconds : float
        How long all of it may take.

    Raises
    ------
    UploadError
        As soon as it is more than ``MAX_UPLOAD_BYTES``, or if it is not here by then.
    """
    try:
        return await asyncio.wait_for(_counted(stream), seconds)
    except TimeoutError as error:
        message = f"The table did not arrive within {seconds:g} seconds; send it again."
        raise UploadError(message, 408) from error


async def _counted(stream: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for part in stream:
        body += part
        if len(body) > MAX_UPLOAD_BYTES:
            limit = MAX_UPLOAD_BYTES // 2**20
            raise UploadError(f"The playground takes tables of up to {limit} MB.", 413)
    return bytes(body)
