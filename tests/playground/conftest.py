"""One server for all tests of the playground, and a browser that visits it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from built_kernels import need_wasm
from node import by_node
from page_cases import HELLO
from playing import Server, serving
from visiting import Visit


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that has written of no error when it is stopped."""
    with serving() as server:
        yield server
        assert server.stop() == ""


@pytest.fixture
def visit(browser, server):
    visit = Visit(browser, server)
    yield visit
    visit.context.close()
    assert visit.wrong == []
    outside = [url for url in visit.asked if not url.startswith(server.origin)]
    outside = [url for url in outside if not url.startswith(("blob:", "data:"))]
    assert outside == []


@pytest.fixture(scope="session")
def converse():
    """Return a function that holds conversations with an experiment."""
    module = need_wasm("wasm32-relaxed")

    def hold(*conversations):
        return by_node("conversations.mjs", module, given=conversations)

    return hold


@pytest.fixture(scope="session")
def default(converse):
    """The state that the page begins with."""
    return converse([HELLO])[0]["state"]
