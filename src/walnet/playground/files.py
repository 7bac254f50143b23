"""The files of the built page, as they are handed out."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
_PACKED_ALREADY = {"image/png"}


@dataclass(frozen=True)
class PageFile:
    """A file and its media type."""

    content: bytes
    kind: str

    @cached_property
    def packed(self) -> bytes:
        """The content by gzip; the content itself where that makes nothing smaller."""
        if self.kind in _PACKED_ALREADY:
            return self.content
        packed = gzip.compress(self.content, mtime=0)
        return packed if len(packed) < len(self.content) else self.content

    @cached_property
    def tag(self) -> str:
        """What tells a browser whether its copy is this one."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'


def page_files() -> dict[str, PageFile]:
    """Return the built page's files by the paths they are asked for with.

    They are read once: no path that a client sends is ever opened.
    """
    found: dict[str, PageFile] = {}
    _add(files("walnet.playground") / "static", "/", found)
    if "/index.html" in found:
        found["/"] = found["/index.html"]
    return found


def _add(folder: Traversable, prefix: str, found: dict[str, PageFile]) -> None:
    """Add what is in a folder, and in the folders inside it."""
    if not folder.is_dir():
        return
    for item in folder.iterdir():
        kind = KINDS.get("." + item.name.rpartition(".")[2])
        if item.is_dir():
            _add(item, f"{prefix}{item.name}/", found)
        elif kind:
            found[prefix + item.name] = PageFile(item.read_bytes(), kind)
