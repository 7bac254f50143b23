"""Receive a table that a person drops on the page: bounded, and in memory only."""

from __future__ import annotations

from collections.abc import AsyncIterator

from walnet.errors import DataError

MAX_UPLOAD_BYTES = 64 * 1024 * 1024


class TooLargeError(DataError):
    """The table is larger than the playground takes."""


async def receive(stream: AsyncIterator[bytes]) -> bytes:
    """Return a request's body, counted while it comes.

    Raises
    ------
    TooLargeError
        As soon as it is more than ``MAX_UPLOAD_BYTES``.
    """
    body = bytearray()
    async for part in stream:
        body += part
        if len(body) > MAX_UPLOAD_BYTES:
            limit = MAX_UPLOAD_BYTES // 2**20
            message = f"The playground takes tables of up to {limit} MB."
            raise TooLargeError(message)
    return bytes(body)
