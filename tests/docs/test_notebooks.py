"""The course as notebooks: the same pages, run."""

from __future__ import annotations

import shutil

import nbformat
import pytest
from site_pages import DOCS, ROOT

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("extensions")]
COURSE = sorted((DOCS / "course").glob("[0-9s]*.md"))


@pytest.mark.parametrize("page", COURSE, ids=lambda page: page.stem)
def test_a_page_of_the_course_runs_as_a_notebook(page):
    from walnet_docs.notebooks import notebook_of

    notebook = notebook_of(page)
    nbformat.validate(notebook)
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert text.startswith("# ")
    assert "{eval}" not in text
    assert "```{" not in text
    assert ":::" not in text


def test_a_notebook_runs_in_a_kernel_of_its_own(tmp_path):
    """One of them in Jupyter itself, from the folder that `make notebooks` writes."""
    from nbclient import NotebookClient
    from walnet_docs.notebooks import notebook_of
    from walnet_docs.session import TABLES

    for each in TABLES:
        shutil.copytree(ROOT / each, tmp_path / each)
    notebook = notebook_of(DOCS / "course" / "02-neuron.md")
    shown = [cell.get("outputs") for cell in notebook.cells]
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, resources=resources).execute()
    again = [cell.get("outputs") for cell in notebook.cells]
    assert texts_of(again) == texts_of(shown)


def texts_of(outputs):
    """Return what cells have printed."""
    return [
        each["text"]
        for cell in outputs
        for each in cell or []
        if each["output_type"] == "stream"
    ]
