"""The server's routes: the page, a table in, files out, and the page's WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from walnet.errors import WalnetError
from walnet.playground import messages as m
from walnet.playground.sessions import NoRoomError, Sessions
from walnet.playground.static_page import static_files
from walnet.playground.uploads import UploadError, receive
from walnet.playground.warm_up import load_engine

if TYPE_CHECKING:
    from walnet.playground.own_table import OwnTable
    from walnet.playground.session import Session

HELLO_SECONDS = 30.0
IDLE_SECONDS = 2 * 3600.0
SEND_SECONDS = 15.0
MESSAGES_PER_SECOND = 40.0
BURST = 80.0
OUTBOX = 256
# How a conversation may end without anything being wrong here.
ENDINGS = (WebSocketDisconnect, TimeoutError, RuntimeError, OSError)

BUSY = "The session is busy; try again in a moment."

logger = logging.getLogger(__name__)


class DefectError(WalnetError):
    """Something failed that should not."""


def make_app(sessions: Sessions) -> Starlette:
    """Return the application; the guard goes in front of it."""
    page = static_files()

    async def static(request: Request) -> Response:
        body, kind = page.get(request.url.path, (None, ""))
        if body is None:
            return Response("There is nothing here.", 404)
        return Response(body, media_type=kind, headers={"cache-control": "no-cache"})

    async def upload(request: Request) -> Response:
        return await _upload(sessions, request)

    async def export(request: Request) -> Response:
        return await _export(sessions, request)

    async def socket(websocket: WebSocket) -> None:
        await Conversation(sessions, websocket).run()

    return Starlette(
        routes=[
            Route("/", static),
            Route("/assets/{name}", static),
            Route("/upload", upload, methods=["POST"]),
            Route("/export/{kind}", export),
            WebSocketRoute("/ws", socket),
        ]
    )


async def _upload(sessions: Sessions, request: Request) -> Response:
    """Take a table for a session; answer with one sentence what is wrong with it."""
    try:
        session, table = await _read_upload(sessions, request)
        session.submit(lambda: session.use_table(table))
    except UploadError as error:
        # What else comes is not even read.
        hang_up = {"connection": "close"}
        return JSONResponse({"message": str(error)}, error.status, headers=hang_up)
    except WalnetError as error:
        return JSONResponse({"message": str(error)}, 422)
    except queue.Full:
        return JSONResponse({"message": BUSY}, 503)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody hears it
    return JSONResponse({"message": ""})


async def _read_upload(
    sessions: Sessions, request: Request
) -> tuple[Session, OwnTable]:
    """Return the table that a request brings, and whose it is.

    One at a time is held and read: the others wait, unread, in their sockets.
    """
    from walnet.playground.own_table import read_table

    session = sessions.get(request.headers.get("x-walnet-session", ""))
    if session is None:
        raise UploadError("Connect to a session first.", 404)
    if request.headers.get("content-type") != "application/octet-stream":
        raise UploadError("Send the file as it is.", 415)
    name = unquote(request.headers.get("x-walnet-name", "table.csv"))[:500]
    async with sessions.reading:
        body = await receive(request.stream())
        return session, await asyncio.to_thread(read_table, name, body)


async def _export(sessions: Sessions, request: Request) -> Response:
    """Give out the code, the model, the ONNX file or the history of a session."""
    session = sessions.get(request.headers.get("x-walnet-session", ""))
    if session is None:
        return Response("Connect to a session first.", 404)
    try:
        body, kind = await _asked(session, request.path_params["kind"])
    except DefectError as error:
        return Response(str(error), 500)
    except WalnetError as error:
        return Response(str(error), 422)
    except (queue.Full, TimeoutError):
        return Response(BUSY, 503)
    return Response(body, media_type=kind, headers={"cache-control": "no-store"})


async def _asked(session: Session, kind: str) -> tuple[bytes, str]:
    """Have the session's thread make a file between two slices."""
    from walnet.playground.take_away import make_file

    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[bytes, str]] = loop.create_future()

    def settle(result: tuple[bytes, str] | WalnetError) -> None:
        if answer.done():
            return
        if isinstance(result, WalnetError):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    def make() -> None:
        try:
            made: tuple[bytes, str] | WalnetError = make_file(session.lab, kind)
        except WalnetError as error:
            made = error
        except Exception:  # the page waits for an answer, whatever it is
            logger.exception("a file could not be made")
            made = DefectError("That failed; the server's log says why.")
        with contextlib.suppress(RuntimeError):  # the server is going down
            loop.call_soon_threadsafe(settle, made)

    session.submit(make)
    return await asyncio.wait_for(answer, 60)


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
            await self._hello(message)
        elif self._session is None:
            self._say("Say hello first.")
        else:
            self._submit(self._session, message)

    def _submit(self, session: Session, message: m.ClientMessage) -> None:
        try:
            session.submit(message)
        except queue.Full:
            self._say("The session is busy; this was not done.", "limit")

    async def _hello(self, message: m.Hello) -> None:
        # The page is served before the engine is loaded, which goes on meanwhile.
        await asyncio.to_thread(load_engine)
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
