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

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "explanation" / "architecture.md").read_text(
    encoding="utf-8"
)
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


@pytest.mark.parametrize(
    "page",
    [
        *("README.md", "CONTRIBUTING.md", "docs/README.md"),
        "docs/explanation/architecture.md",
    ],
)
def test_pages_link_to_files_that_exist(page):
    path = ROOT / page
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert not [link for link in links if not (path.parent / link).exists()]


def test_the_drawing_of_the_house_is_that_of_the_tool():
    code = "import structure; print(*structure.drawing(), sep='\\n')"
    drawn = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "tools")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"```\n{drawn}```\n" in ARCHITECTURE, "copy it from tools/structure.py"


def test_every_room_has_its_paragraph():
    hall = ROOT / "src" / "walnet"
    rooms = {path.parent.name for path in hall.glob("*/__init__.py")}
    rooms |= {path.stem for path in hall.glob("*.py") if "__" not in path.stem}
    described = re.findall(r"^\*\*`(\w+)`\*\*:", ARCHITECTURE, re.MULTILINE)
    assert sorted(described) == sorted(rooms)


def test_names_of_tests_are_words_and_no_codes():
    paths = (ROOT / "tests").rglob("test_*.py")
    sources = "\n".join(path.read_text("utf-8") for path in paths)
    names = re.findall(r"def (test_\w+)", sources)
    assert len(names) > 900
    assert not [name for name in names if re.match(r"test_[A-Z]\d+_", name)]
