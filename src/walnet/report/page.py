"""The page of a report."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from walnet.report import facts, pictures
from walnet.report.content import ReportContent
from walnet.report.svg import report_style
from walnet.saving.atomic import write_atomically
from walnet.waiting import waiting_for
from walnet.words import readable

if TYPE_CHECKING:
    from jinja2 import Template

_LONGEST = 2000  # characters of one piece of text


def write_report(path: str | os.PathLike[str], content: ReportContent) -> None:
    """Write a report to one HTML file that needs nothing else.

    Parameters
    ----------
    path : str or path-like
        The file. An existing one is replaced when all is written.
    content : ReportContent
        What the report is about.

    Raises
    ------
    DataError
        If the file cannot be written: then an old one is left as it was.

    See Also
    --------
    render_report : The page as text.
    """
    write_atomically(path, render_report(content).encode())


@waiting_for("drawing the report")
def render_report(content: ReportContent) -> str:
    """Return the page of a report.

    Parameters
    ----------
    content : ReportContent
        What the report is about.

    Returns
    -------
    str
        HTML with everything in it: pictures as SVG, no script, no request. All text of
        the table is escaped and free of control characters.
    """
    with report_style():
        shown = _pictures(content)
    mistake_columns, mistakes = facts.mistakes(content)
    competitors = facts.competitors(content)
    return _template().render(
        content=content,
        result=facts.result_sentence(content),
        certainty=facts.certainty(content),
        scores=facts.scores(content),
        classes=facts.class_facts(content),
        more_classes=max(len(content.evaluation.classes) - facts.MOST_CLASSES, 0),
        competitors=competitors,
        better_note=facts.better_note(content),
        chance_note=facts.chance_note(content, competitors),
        measure_titles=facts.measure_titles(content),
        rows_note=facts.rows_note(content),
        columns=facts.column_facts(content),
        more_columns=max(len(content.table.names) - facts.MOST_COLUMNS, 0),
        warnings=[*content.schema.warnings, *content.notes],
        mistake_columns=mistake_columns,
        mistakes=mistakes,
        training=content.course,
        settings={
            "Network" if content.network else "Networks": facts.structure(content),
            "Training": facts.training_settings(content),
        },
        code=_code(content.code),
        **shown,
    )


def _pictures(content: ReportContent) -> dict[str, Any]:
    """Return all pictures by their section of the page."""
    found: dict[str, list[Any]] = {
        "labels": pictures.prediction_pictures(content),
        "mistake_pictures": pictures.mistake_pictures(content),
        "data": [pictures.data_picture(content)],
        "network": [pictures.network_picture(content)],
        "cost": pictures.cost_pictures(content),
        "importance": [
            pictures.importance_picture(content),
            *pictures.effect_pictures(content),
        ],
        "boundary": [pictures.boundary_picture(content)],
    }
    return {name: [each for each in some if each] for name, some in found.items()}


@cache
def _template() -> Template:
    """Return the page's template, which escapes whatever is put into it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("walnet.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_fit,
    )
    return environment.get_template("report.html")


def _fit(value: Any) -> Any:
    """Return a value fit to be shown; pictures and code have been made so."""
    if hasattr(value, "__html__"):
        return value
    return readable(value, _LONGEST).replace(" %", "\N{NO-BREAK SPACE}%")


def _code(text: str) -> Markup:
    """Return code with its lines, other control characters as escapes."""
    lines = [readable(line.replace("\t", "    "), 10**7) for line in text.splitlines()]
    return escape("\n".join(lines))
