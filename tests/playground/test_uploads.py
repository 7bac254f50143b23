"""Tables that come in: bounded in size, in time and in number."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import io
import queue
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from coroutines import run_coroutine
from walnet.playground.app import make_app
from walnet.playground.experiment import Lab
from walnet.playground.own_table import MAX_ROWS, read_table
from walnet.playground.session import INBOX, Session
from walnet.playground.sessions import NoRoomError, Sessions
from walnet.playground.uploads import UploadError, receive

from walnet.errors import DataError
from walnet.playground import messages as m
from walnet.playground import own_table
from walnet.playground import sessions as sessions_module

CSV = b"a,b\n1,2\n2,4\n"


def parquet(columns: dict) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def without_pages(content: bytes) -> bytes:
    """A Parquet file that only its footer can be read of."""
    footer = 8 + int.from_bytes(content[-8:-4], "little")
    return content[:4] + bytes(len(content) - 4 - footer) + content[-footer:]


def test_a_gzipped_table_is_not_unpacked_past_the_limit(monkeypatch):
    monkeypatch.setattr(own_table, "MAX_UNPACKED_BYTES", 2**20)
    rows = b"".join(b"%d,%d\n" % (i, i * i) for i in range(150_000))
    assert len(rows) > 2 * 2**20
    packed = gzip.compress(b"a,b\n" + rows)
    # Whoever read on would come upon the damage.
    with pytest.raises(DataError, match=r"rows\.csv\.gz .* more than the 1 MB"):
        read_table("rows.csv.gz", packed[:-4] + b"\0\0\0\0")
    small = gzip.compress(CSV)
    assert len(read_table("rows.csv.gz", small).table) == 2


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"a": [1.5] * (MAX_ROWS + 1), "b": [1] * (MAX_ROWS + 1)}, "1,000,001 rows"),
        ({"a": [f"{i:0400}" for i in range(9_000)], "b": [1] * 9_000}, "more than the"),
    ],
    ids=["rows", "bytes"],
)
def test_a_parquet_file_is_measured_before_it_is_read(monkeypatch, columns, said):
    content = parquet(columns)
    if said == "more than the":
        monkeypatch.setattr(own_table, "MAX_UNPACKED_BYTES", 2**20)
    with pytest.raises(DataError, match=said):
        read_table("rows.parquet", without_pages(content))


@pytest.mark.parametrize(
    "content",
    [CSV, gzip.compress(CSV), parquet({"a": [1, 2], "b": [2, 4]})],
    ids=["csv", "gzip", "parquet"],  # gzip's bytes hold the time
)
def test_reading_has_a_deadline(content):
    assert len(read_table("rows", content).table) == 2
    with pytest.raises(DataError, match="takes longer than the 30 seconds"):
        read_table("rows", content, seconds=-1)


def test_a_body_has_a_deadline():
    async def never_ending():
        while True:
            yield b"1,2\n"
            await asyncio.sleep(0.01)

    with pytest.raises(UploadError, match=r"within 0\.1 seconds") as error:
        run_coroutine(receive(never_ending(), seconds=0.1))
    assert error.value.status == 408


def test_a_page_that_goes_away_while_it_sends_leaves_room_for_the_next(server, page):
    headers = server.own(
        **{
            "Content-Type": "application/octet-stream",
            "X-Walnet-Session": page.session,
        }
    )
    for _ in range(3):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.putrequest("POST", "/upload")
        for name, value in (headers | {"Content-Length": "1000"}).items():
            connection.putheader(name, value)
        connection.endheaders(b"a,b\n")
        connection.close()
    status, _, _ = server.request("POST", "/upload", headers, CSV)
    assert status == 200


def busy(key: str) -> tuple[Sessions, Session]:
    """A session whose thread does not come round to what waits for it."""
    sessions, session = Sessions(), Session(key, Lab(m.PlaygroundState()))
    with suppress(queue.Full):
        for _ in range(INBOX + 1):
            session.submit(m.Pause())
    sessions._sessions[key] = session
    return sessions, session


def ask(sessions: Sessions, method: str, path: str, body: bytes = b"") -> tuple:
    """Ask the application as the server does; return the status and the answer."""
    said: list = []
    headers = [
        (b"content-type", b"application/octet-stream"),
        (b"x-walnet-session", b"key"),
    ]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": headers,
        "query_string": b"",
    }

    async def bring():
        return {"type": "http.request", "body": body, "more_body": False}

    async def take(message):
        said.append(message)

    run_coroutine(make_app(sessions)(scope, bring, take))
    return said[0]["status"], said[1]["body"].decode()


@pytest.mark.parametrize(
    "request_", [("POST", "/upload", CSV), ("GET", "/export/history")]
)
def test_a_busy_session_says_so(request_):
    sessions, _ = busy("key")
    status, said = ask(sessions, *request_)
    assert status == 503
    assert "busy" in said


def test_a_file_that_cannot_be_made_is_answered_at_once(caplog):
    sessions, session = Sessions(), Session("key", None)
    sessions._sessions["key"] = session
    session.start()
    try:
        status, said = ask(sessions, "GET", "/export/history")
    finally:
        sessions.close()
    assert status == 500
    assert "log says why" in said
    assert "a file could not be made" in caplog.text


def test_a_page_that_a_busy_session_cannot_greet_does_not_own_it():
    sessions, session = busy("key")
    hello = m.Hello(protocol=m.PROTOCOL, session="key")
    with pytest.raises(NoRoomError, match="busy"):
        sessions.join(hello, print)
    while not session._inbox.empty():
        session._inbox.get_nowait()
    assert sessions.join(hello, print) is session


async def a_grace_later():
    """Wait for a timer that ends after every one that was set before."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.call_later(sessions_module.GRACE_SECONDS, ended.set)
    await ended.wait()


def test_a_page_that_comes_back_calls_off_the_end_of_its_session(monkeypatch):
    monkeypatch.setattr(sessions_module, "GRACE_SECONDS", 0.1)
    sessions, session = Sessions(), Session("key", Lab(m.PlaygroundState()))
    sessions._sessions["key"] = session
    hello = m.Hello(protocol=m.PROTOCOL, session="key")

    async def come_and_go():
        sessions.join(hello, print)
        sessions.leave(session, print)
        sessions.join(hello, print)
        await a_grace_later()  # its end would have come by then
        assert len(sessions) == 1
        sessions.leave(session, print)
        for _ in range(1000):
            if len(sessions) == 0:
                return
            await asyncio.sleep(0.01)

    run_coroutine(come_and_go())
    assert session.closed
