"""README and docstrings are run as they stand.

The examples in docstrings are collected by pytest itself (``--doctest-modules`` over
``src/walnet``); the README's blocks are run here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import walnet

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in one language."""
    return [code for found, code in BLOCK.findall(README) if found == language]


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python code in a new interpreter that shows no window."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_readme_has_python_to_run():
    assert blocks("python")


def test_readme_s_python_runs_from_top_to_bottom(tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    finished = run("\n".join(blocks("python")), tmp_path)
    assert finished.returncode == 0, finished.stderr


def test_readme_names_only_targets_that_the_makefile_has():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = re.findall(r"^make ([a-z-]+)", "\n".join(blocks("sh")), re.MULTILINE)
    assert named
    assert set(named) <= targets


def test_readme_links_to_files_that_exist():
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert links
    missing = [link for link in links if not (ROOT / link).exists()]
    assert not missing


@pytest.mark.parametrize("name", walnet.__all__)
def test_the_first_line_of_a_docstring_is_one_sentence(name):
    first = getattr(walnet, name).__doc__.partition("\n")[0]
    assert first.endswith(".")
    assert len(first) < 80
