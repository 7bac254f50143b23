"""The playground's page as a widget of Jupyter, by anywidget."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files
from typing import Any

from walnet.errors import WalnetError

SINGLE = "walnet.html"


def make_widget(opening: dict[str, Any], height: int) -> Any:
    """Return a widget that shows the page.

    Its traits are what the two sides tell each other: `_opening` is what the page
    begins with, `_wishes` what Python asks of it, `_run`, `_parameters` and `_curve`
    what it has told last. `_page` is the page itself, so that a saved notebook has it.

    Raises
    ------
    WalnetError
        If anywidget is missing, or the page was not built into this installation.
    """
    return _widget_class()(_page=packed_page(), _opening=opening, _height=height)


@cache
def packed_page() -> bytes:
    """Return the page as one file, by gzip."""
    page = files("walnet.playground") / "static" / SINGLE
    if not page.is_file():
        raise WalnetError(
            "walnet was installed without the playground's page: install it again "
            "where the npm registry can be reached"
        )
    return gzip.compress(page.read_bytes(), mtime=0)


@cache
def _widget_class() -> type[Any]:
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise WalnetError(
            "walnet.Playground needs anywidget: pip install 'walnet[notebook]'"
        ) from error

    class PageWidget(anywidget.AnyWidget):
        _esm = (files("walnet.playground") / "notebook.js").read_text("utf-8")
        _page = traitlets.Bytes().tag(sync=True)
        _opening = traitlets.Dict().tag(sync=True)
        _height = traitlets.Int().tag(sync=True)
        _wishes = traitlets.List().tag(sync=True)
        _run = traitlets.Dict().tag(sync=True)
        # From the browser they come as views of memory, which are made bytes.
        _parameters = traitlets.CBytes().tag(sync=True)
        _curve = traitlets.CBytes().tag(sync=True)

    return PageWidget
