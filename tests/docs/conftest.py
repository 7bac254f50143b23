"""One site for all tests of the documentation, and its extensions."""

from __future__ import annotations

import sys

import pytest
from site_pages import EXTENSIONS, built


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
