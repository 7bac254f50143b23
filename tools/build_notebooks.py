"""Write the course as Jupyter notebooks, run, into the folder notebooks/.

``python tools/build_notebooks.py [FOLDER]``: a notebook for each page of docs/course,
beside the tables that it reads.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
COURSE = ROOT / "docs" / "course"
sys.path.insert(0, str(ROOT / "docs" / "_extensions"))

from walnet_docs.notebooks import cells_of, notebook_of  # noqa: E402 - its path is new
from walnet_docs.session import TABLES  # noqa: E402 - as above


def pages() -> list[Path]:
    """Return the pages of the course that have code to run."""
    found = sorted(COURSE.glob("*.md"))
    return [page for page in found if any(c.kind == "code" for c in cells_of(page))]


def write_notebooks(folder: Path) -> None:
    """Write all notebooks and their tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in TABLES:
        shutil.copytree(ROOT / each, folder / each, dirs_exist_ok=True)
    for page in pages():
        target = folder / f"{page.stem}.ipynb"
        nbformat.write(notebook_of(page), target)
        print(target)


if __name__ == "__main__":
    write_notebooks(Path(sys.argv[1] if sys.argv[1:] else ROOT / "notebooks"))
