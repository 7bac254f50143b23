"""What this documentation adds to Sphinx.

Begin with `session.py`, which runs a page's cells, and `directives.py`, the blocks that
pages are written with.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from walnet_docs import commands, contents, mathml, notebook_client, reference
from walnet_docs.directives import LessonText, Playground, Words


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the blocks, the way cells run and the way formulas are written."""
    notebook_client.install(app)
    app.add_directive("playground", Playground)
    app.add_directive("lesson", LessonText)
    app.add_directive("words", Words)
    app.add_directive("walnet", notebook_client.Command)
    app.add_directive("code-cell", notebook_client.InnerCell, override=True)
    app.add_directive("commands", commands.Commands)
    app.add_directive("settings", commands.SettingsTable)
    app.add_directive("names", commands.Names)
    app.connect("builder-inited", reference.write_pages)
    # After the theme, which makes the contents.
    app.connect("html-page-context", contents.name_toggles, priority=900)
    app.add_html_math_renderer(
        "mathml", (mathml.visit_inline, None), (mathml.visit_block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
