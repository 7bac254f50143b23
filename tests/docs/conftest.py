"""One site for all tests of the documentation, and a browser that visits it."""

from __future__ import annotations

import sys

import pytest
from playing import CHROMIUM
from site_pages import EXTENSIONS, built
from visiting import FLAGS


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """The site as `make docs` builds it, in a folder of its own."""
    shared = tmp_path_factory.getbasetemp()
    return built(shared if worker_id == "master" else shared.parent)


@pytest.fixture(scope="session")
def extensions():
    """The extensions can be imported."""
    sys.path.insert(0, str(EXTENSIONS))
    yield
    sys.path.remove(str(EXTENSIONS))


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()
