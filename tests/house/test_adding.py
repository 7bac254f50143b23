"""Adding to walnet by CONTRIBUTING.md's recipes takes few files, and all works with it.

The additions are put into a copy of the sources, where each is trained with, saved,
loaded, exported, traced and explained.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from additions import ADDITIONS, apply

ROOT = Path(__file__).parents[2]
SUPPORT = ROOT / "tests" / "support"
RECIPE_OF = {
    "softsign": "an activation",
    "lion": "an optimizer",
    "log_cosh": "a cost",
    "most_rate": "a setting",
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of the sources with all additions in it."""
    folder = tmp_path_factory.mktemp("sources")
    shutil.copytree(
        ROOT / "src" / "walnet",
        folder / "walnet",
        ignore=shutil.ignore_patterns("static", "__pycache__"),
    )
    for addition in ADDITIONS.values():
        apply(addition, folder / "walnet")
    return folder


@pytest.mark.parametrize("name", ADDITIONS)
def test_an_addition_takes_at_most_three_files(name):
    assert len({each.file for each in ADDITIONS[name]}) <= 3


@pytest.mark.parametrize("name", ADDITIONS)
def test_a_recipe_names_the_files_that_an_addition_takes(name):
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    heading = re.escape(f"### … {RECIPE_OF[name]}\n")
    recipe = re.search(rf"^{heading}(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    for file in {each.file for each in ADDITIONS[name]}:
        assert f"`{file}`" in recipe[1]


@pytest.mark.slow
@pytest.mark.timeout(1800)  # the first one compiles the copy's kernels
@pytest.mark.parametrize("name", ADDITIONS)
def test_what_is_added_trains_and_is_saved_exported_traced_and_explained(
    name, sources, tmp_path
):
    finished = subprocess.run(
        [sys.executable, SUPPORT / "use_addition.py", name],
        cwd=tmp_path,
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join(map(str, (sources, SUPPORT))),
            "NUMBA_CACHE_DIR": str(sources / "cache"),
            "MPLBACKEND": "agg",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
