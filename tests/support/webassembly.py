"""The kernels as WebAssembly, and the Node that runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from build_kernels import WASM, folder_of, is_current
from build_page import PageError, node_command

from walnet.engine.kernels.machine.library import CONTENTS


def need_node() -> str:
    """Return the Node that builds the page."""
    try:
        return node_command("node")[0][0]
    except PageError as reason:
        pytest.skip(str(reason))


def need_wasm(level: str) -> Path:
    """Return the module of a level: "wasm32", "wasm32-relaxed"."""
    return need_library(WASM, level)


def need_library(where: str, level: str) -> Path:
    """Return the library for another system that was built here."""
    if not is_current(where):
        pytest.skip(f"there is no {where} library of these kernels: `make wheels`")
    contents = json.loads((folder_of(where) / CONTENTS).read_text(encoding="utf-8"))
    return folder_of(where) / contents["libraries"][level]["file"]
