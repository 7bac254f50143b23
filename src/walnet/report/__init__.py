"""One self-contained HTML file about one training: pictures, settings, code.

`write_report` writes the file from a `ReportContent`.
"""

from __future__ import annotations

from walnet.report.content import ReportContent
from walnet.report.page import render_report, write_report

__all__ = ["ReportContent", "render_report", "write_report"]
