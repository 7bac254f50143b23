"""The server's routes: the page, a table in, files out, and the page's WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from walnet.errors import WalnetError
from walnet.playground.sessions import Sessions
from walnet.playground.static_page import static_files
from walnet.playground.uploads import UploadError, receive
from walnet.playground.warm_up import load_engine

if TYPE_CHECKING:
    from walnet.playground.own_table import OwnTable
    from walnet.playground.session import Session

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
        # The page is served before the engine is loaded, which goes on meanwhile.
        await asyncio.to_thread(load_engine)
        from walnet.playground.conversation import Conversation

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
