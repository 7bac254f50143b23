"""The Node that builds the page."""

from __future__ import annotations


import pytest
from build_page import PageError, node_command


def need_node() -> str:
    """Return the Node that builds the page."""
    try:
        return node_command("node")[0][0]
    except PageError as reason:
        pytest.skip(str(reason))
