"""The documentation, built once for all its tests, and what stands on its pages."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXTENSIONS = DOCS / "_extensions"
# Pages that Sphinx makes without a text of ours.
MADE = {"genindex.html", "search.html", "py-modindex.html"}


@dataclass
class Site:
    """A built site: its folder, and what was said while it was built."""

    folder: Path
    words: str
    failed: bool

    def pages(self) -> list[str]:
        """Return the address of each page, below the site's top."""
        found = sorted(self.folder.rglob("*.html"))
        names = [path.relative_to(self.folder).as_posix() for path in found]
        return [
            name for name in names if not name.startswith(("_static", "_downloads"))
        ]


def built(shared: Path) -> Site:
    """Return the site; of several processes, the first one to come builds it."""
    folder, words = shared / "site", shared / "site.txt"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not words.exists():
            words.write_text(build(folder), "utf-8")
    said = words.read_text("utf-8")
    return Site(folder, said, "failed\n" in said)


def build(folder: Path) -> str:
    """Build the site and return what was said."""
    command = [sys.executable, "tools/build_docs.py", "--output", str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=900,
    )
    return done.stdout + ("failed\n" if done.returncode else "")


@dataclass
class Page(HTMLParser):
    """What a page leads to, and what can be led to."""

    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    pictures: list[dict[str, str | None]] = field(default_factory=list)

    def __post_init__(self):
        super().__init__()

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.anchors |= {facts[name] for name in ("id", "name") if facts.get(name)}
        for name in ("href", "src"):
            if facts.get(name) is not None and facts.get("rel") != "canonical":
                self.links.append(facts[name])
        if tag == "img":
            self.pictures.append(facts)

    def handle_data(self, data):
        self.texts.append(data)


@cache
def read_page(path: Path) -> Page:
    """Return a page's links, anchors and text; it is read once for all tests."""
    page = Page()
    page.feed(path.read_text("utf-8"))
    return page
