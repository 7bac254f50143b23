"""The contents beside a page: what unfolds there has a name for those who hear it."""

from __future__ import annotations

from typing import Any

NAME = "aria-label='Pages below this one'"


def name_toggles(*event: Any) -> None:
    """Let the theme's contents name their toggles, which are pictures only."""
    context: dict[str, Any] = event[3]
    made = context.get("generate_toctree_html")
    if made is None:
        return

    def named(*arguments: Any, **options: Any) -> str:
        found = str(made(*arguments, **options))
        return found.replace("<summary>", f"<summary {NAME}>")

    context["generate_toctree_html"] = named
