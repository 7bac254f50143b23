"""One server for all tests of the playground, and a page that speaks to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playing import (
    CHROMIUM,
    Page,
    Server,
    need_page,
    start_server,
    stop_server,
    warm_up,
)
from visiting import FLAGS, Visit


@contextmanager
def serving() -> Iterator[Server]:
    """A server that is ready, and has written of no error when it is stopped."""
    need_page()
    server = start_server()
    server.enter()
    warm_up(server)
    yield server
    errors = stop_server(server)
    assert "Traceback" not in errors, errors


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def page(server) -> Iterator[Page]:
    with server.socket() as socket:
        yield Page(socket)


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, server):
    visit = Visit(browser, server)
    yield visit
    visit.context.close()
    assert visit.wrong == []
    outside = [url for url in visit.asked if not url.startswith(server.origin)]
    outside = [url for url in outside if not url.startswith(("blob:", "data:", "ws:"))]
    assert outside == []
