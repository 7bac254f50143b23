"""The kernels as they were built: this machine's library, others', and WebAssembly."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from build_kernels import WASM, folder_of, is_current

from walnet.engine.kernels.machine.library import CONTENTS, EditedError, Library

MAKE_THEM = "run python tools/build_kernels.py"
# A test that says itself how kernels run is not repeated where all run otherwise.
chooses_itself = pytest.mark.skipif(
    os.environ.get("WALNET_KERNELS", "library") != "library",
    reason="libraries are compared, whichever way the kernels run here",
)


def own_library() -> Library:
    """Return this machine's library, which `make test` builds before it begins."""
    try:
        return Library.load()
    except EditedError as error:
        reason = str(error)
    pytest.fail(f"{reason}: {MAKE_THEM}", pytrace=False)


def need_wasm(level: str) -> Path:
    """Return the module of a level: "wasm32", "wasm32-relaxed"."""
    if not is_current(WASM):
        reason = "there is no WebAssembly of these kernels"
        pytest.fail(f"{reason}: {MAKE_THEM}", pytrace=False)
    return _file_of(WASM, level)


def need_library(where: str, level: str) -> Path:
    """Return the library for another system, where that was built here."""
    if not is_current(where):
        pytest.skip(f"there is no {where} library of these kernels: `make wheels`")
    return _file_of(where, level)


def _file_of(where: str, level: str) -> Path:
    contents = json.loads((folder_of(where) / CONTENTS).read_text(encoding="utf-8"))
    return folder_of(where) / contents["libraries"][level]["file"]
