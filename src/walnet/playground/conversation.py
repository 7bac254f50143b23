"""What a page and the server say to each other over one WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import time
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from walnet.playground import messages as m
from walnet.playground.sessions import NoRoomError, Sessions

if TYPE_CHECKING:
    from walnet.playground.session import Session

HELLO_SECONDS = 30.0
IDLE_SECONDS = 2 * 3600.0
SEND_SECONDS = 15.0
MESSAGES_PER_SECOND = 40.0
BURST = 80.0
OUTBOX = 256
# How a conversation may end without anything being wrong here.
ENDINGS = (WebSocketDisconnect, TimeoutError, RuntimeError, OSError)

logger = logging.getLogger(__name__)


class Conversation:
    """One WebSocket: messages in at a bounded rate, frames out one at a time."""

    def __init__(self, sessions: Sessions, websocket: WebSocket) -> None:
        self._sessions = sessions
        self._websocket = websocket
        self._outbox: asyncio.Queue[bytes | str | None] = asyncio.Queue(OUTBOX)
        self._decoder = msgspec.json.Decoder(m.ClientMessage)
        self._tokens, self._last = BURST, time.monotonic()
        self._session: Session | None = None
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Speak with the page until one side ends."""
        if not self._sessions.open_socket():
            await self._websocket.close(1013)
            return
        try:
            await self._websocket.accept()
            sender = asyncio.create_task(self._send_all())
            reader = asyncio.create_task(self._read_all())
            done, pending = await asyncio.wait(
                (sender, reader), return_when=asyncio.FIRST_COMPLETED
            )
            for task in pending:
                task.cancel()
            ends = await asyncio.gather(*done, *pending, return_exceptions=True)
            for end in ends:
                if isinstance(end, Exception) and not isinstance(end, ENDINGS):
                    logger.error("a conversation broke off", exc_info=end)
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self._websocket.close(1000)
        finally:
            self._sessions.close_socket()
            if self._session is not None:
                self._sessions.leave(self._session, self._post)

    def _post(self, payload: bytes | str) -> None:
        """Queue an answer, from the session's thread."""
        with contextlib.suppress(RuntimeError):  # the server is going down
            self._loop.call_soon_threadsafe(self._queue, payload)

    def _queue(self, payload: bytes | str | None) -> None:
        if self._outbox.full():
            # It stopped reading: drop it rather than keep its answers.
            self._outbox.get_nowait()
            payload = None
        self._outbox.put_nowait(payload)

    async def _send_all(self) -> None:
        while (payload := await self._outbox.get()) is not None:
            is_frame = isinstance(payload, bytes)
            kind = "bytes" if is_frame else "text"
            message: dict[str, Any] = {"type": "websocket.send", kind: payload}
            await asyncio.wait_for(self._websocket.send(message), SEND_SECONDS)

    async def _read_all(self) -> None:
        while True:
            seconds = HELLO_SECONDS if self._session is None else IDLE_SECONDS
            message = await asyncio.wait_for(self._websocket.receive(), seconds)
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            await self._handle((text if text is not None else "").encode())

    async def _handle(self, text: bytes) -> None:
        """Decode and hand on one message; a bad one is answered with one sentence."""
        try:
            message = self._decoder.decode(text)
        except (msgspec.DecodeError, UnicodeError) as error:
            await self._slow_down()
            self._say(f"The message was not understood: {str(error)[:200]}.")
            return
        if not isinstance(message, m.NextFrame):
            await self._slow_down()
        if isinstance(message, m.Hello):
            self._hello(message)
        elif self._session is None:
            self._say("Say hello first.")
        else:
            self._submit(self._session, message)

    def _submit(self, session: Session, message: m.ClientMessage) -> None:
        try:
            session.submit(message)
        except queue.Full:
            self._say("The session is busy; this was not done.", "limit")

    def _hello(self, message: m.Hello) -> None:
        if message.protocol != m.PROTOCOL:
            self._say("The page is of another version: reload it.")
        elif self._session is None:
            try:
                self._session = self._sessions.join(message, self._post)
            except NoRoomError as error:
                self._say(str(error), "limit")

    def _say(self, sentence: str, kind: Any = "message") -> None:
        problem = m.Problem(sentence, kind)
        self._queue(msgspec.json.encode(problem).decode())

    async def _slow_down(self) -> None:
        """Read no faster than the rate; what comes meanwhile waits in the socket."""
        now = time.monotonic()
        earned = (now - self._last) * MESSAGES_PER_SECOND
        self._tokens, self._last = min(BURST, self._tokens + earned), now
        self._tokens -= 1.0
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / MESSAGES_PER_SECOND)
