"""One server for all tests of the playground, and a page that speaks to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playing import Page, Server, need_page, start_server, stop_server, warm_up


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    need_page()
    server = start_server()
    server.enter()
    warm_up(server)
    yield server
    errors = stop_server(server)
    assert "Traceback" not in errors, errors


@pytest.fixture
def page(server) -> Iterator[Page]:
    with server.socket() as socket:
        yield Page(socket)
