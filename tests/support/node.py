"""The Node that builds the page, and scripts that it runs with the page's modules."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from build_page import PageError, node_command

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "frontend" / "src"
# Here Node keeps what it has made of the sources: else each run would begin with that.
KEPT = {"NODE_COMPILE_CACHE": str(ROOT / "build" / "node")}


def need_node() -> str:
    """Return the Node that builds the page."""
    try:
        return node_command("node")[0][0]
    except PageError as error:
        reason = str(error)
    pytest.fail(reason, pytrace=False)


def by_node(script: str, *arguments: Path, given: object) -> Any:
    """Run a script of this folder with the page's sources; JSON goes in and out."""
    command = [need_node(), Path(__file__).with_name(script), *arguments, SOURCE]
    done = subprocess.run(
        [str(each) for each in command],
        input=json.dumps(given),
        env=os.environ | KEPT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)
