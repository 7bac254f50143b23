"""Figures as SVG inside a page, with the page's colours and fonts."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

from matplotlib import rc_context
from matplotlib.figure import Figure

from walnet.plots.style import CLASSES

INK, PAPER, MUTED, LINE = "#26212e", "#ffffff", "#808080", "#b3b3b3"
_VARIABLES = {
    INK: "var(--ink)",
    PAPER: "var(--card)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
} | {colour: f"var(--class-{index})" for index, colour in enumerate(CLASSES)}
_STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.facecolor": PAPER,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "lines.linewidth": 1.8,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",  # text stays text: sharp, small, found by a search
    "svg.hashsalt": "walnet",  # the same picture is the same file
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_NO_DATE = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@contextmanager
def report_style() -> Iterator[None]:
    """Draw what follows with the report's colours, whatever the person's style is."""
    with warnings.catch_warnings(), rc_context():
        # The browser has letters that matplotlib's own font has not.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        from matplotlib import rcdefaults, rcParams

        rcdefaults()
        rcParams.update(_STYLE)
        yield


def new_figure(size: tuple[float, float]) -> Figure:
    """Return a figure of a size in inches that pyplot knows nothing of."""
    return Figure(figsize=size, layout="constrained")


def to_svg(figure: Figure, name: str, alt: str) -> str:
    """Return a figure as an SVG element for an HTML page.

    Parameters
    ----------
    figure : matplotlib Figure
        Drawn within `report_style`.
    name : str
        Letters that no other picture of the page has: they begin its ids.
    alt : str
        What is to be seen, for those who cannot see it.
    """
    file = BytesIO()
    figure.savefig(file, format="svg", metadata=_NO_DATE)
    root = ET.fromstring(file.getvalue())  # noqa: S314 - written just now
    for parent in list(root.iter()):
        for child in list(parent):
            # matplotlib's <style> would hold for the whole page.
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style"):
                parent.remove(child)
    for element in root.iter():
        _adapt(element, name)
    for each in ("width", "height", "version"):
        root.attrib.pop(each, None)
    root.set("role", "img")
    root.set("aria-label", alt)
    return ET.tostring(root, encoding="unicode")


def _adapt(element: ET.Element, name: str) -> None:
    """Give an element the page's names, colours and fonts."""
    element.tag = element.tag.removeprefix(_SVG)
    if "id" in element.attrib:
        element.set("id", f"{name}-{element.get('id')}")
    link = element.attrib.pop(_LINK, None)
    if link is not None:
        element.set("href", link.replace("#", f"#{name}-", 1))
    for key in ("clip-path", "style"):
        value = element.get(key)
        if value is not None:
            value = value.replace("url(#", f"url(#{name}-")
            # The letters are the page's own.
            value = re.sub(r"font-family:[^;]*(; )?", "", value)
            element.set(key, _with_variables(value))


def _with_variables(style: str) -> str:
    """Replace the report's colours with variables of the page."""
    return re.sub(
        r"#[0-9a-f]{6}\b",
        lambda match: _VARIABLES.get(match.group(), match.group()),
        style,
    )
