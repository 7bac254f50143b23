"""A small object store on this machine, which speaks enough of S3 to be read from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_LISTED = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name>
<Prefix>{prefix}</Prefix><KeyCount>{n}</KeyCount><MaxKeys>1000</MaxKeys>
<IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"""
_OBJECT = """<Contents><Key>{key}</Key><Size>{size}</Size>
<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"0"</ETag></Contents>"""
_ERROR = "<Error><Code>{code}</Code><Message>{code}</Message></Error>"


class Store(ThreadingHTTPServer):
    """Serves the files of a folder as the objects of ``s3://bucket``.

    Attributes
    ----------
    denies : bool
        Whether all requests are answered by 403.
    whole : int
        How many objects are sent whole; of the others only a part comes.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.denies, self.whole = folder, False, 10**9

    @property
    def address(self) -> str:
        """The address of all its objects."""
        port = self.server_address[1]
        return (
            f"s3://key:secret@bucket/data?scheme=http&endpoint_override=127.0.0.1:{port}"
            "&region=us-east-1"
        )


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server: Store

    def do_HEAD(self) -> None:
        self._object(with_body=False)

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            self._list(query.get("prefix", [""])[0])
        else:
            self._object(with_body=True)

    def _list(self, prefix: str) -> None:
        """Answer with the names of objects."""
        if self.server.denies:
            self._refuse(403, "AccessDenied")
            return
        files = sorted(self.server.folder.iterdir())
        named = [(f"data/{each.name}", each.stat().st_size) for each in files]
        found = [(key, size) for key, size in named if key.startswith(prefix)]
        contents = "".join(_OBJECT.format(key=key, size=size) for key, size in found)
        text = _LISTED.format(prefix=prefix, n=len(found), contents=contents)
        self._answer(200, text.encode(), {"Content-Type": "application/xml"})

    def _object(self, *, with_body: bool) -> None:
        """Answer with an object, or a range of it."""
        name = urlsplit(self.path).path.removeprefix("/bucket").removeprefix("/data/")
        file = self.server.folder / name
        if self.server.denies:
            self._refuse(403, "AccessDenied")
        elif not name or not file.is_file():
            self._refuse(404, "NoSuchKey")
        else:
            content, headers, status = file.read_bytes(), {}, 200
            if "Range" in self.headers:
                first, last = self.headers["Range"].removeprefix("bytes=").split("-")
                size, status = len(content), 206
                content = content[int(first) : int(last) + 1]
                headers["Content-Range"] = f"bytes {first}-{last}/{size}"
            self._answer(status, content, headers, with_body=with_body)

    def _refuse(self, status: int, code: str) -> None:
        """Answer with an error."""
        body = _ERROR.format(code=code).encode()
        with_body = self.command == "GET"
        headers = {"Content-Type": "application/xml"}
        self._answer(status, body, headers, with_body=with_body)

    def _answer(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str],
        *,
        with_body: bool = True,
    ) -> None:
        """Send an answer, or a part of it."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        if not with_body:
            return
        if status == 206:
            self.server.whole -= 1
            if self.server.whole < 0:
                body = body[: len(body) // 2]
                self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def object_store(folder: Path) -> Iterator[Store]:
    """Serve a folder for the block."""
    with Store(folder) as store:
        thread = threading.Thread(target=store.serve_forever)
        thread.start()
        try:
            yield store
        finally:
            store.shutdown()
            thread.join()
