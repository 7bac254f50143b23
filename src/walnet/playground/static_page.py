"""The built page's files."""

from __future__ import annotations

from importlib.resources import files

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


def static_files() -> dict[str, tuple[bytes, str]]:
    """Return the built page's files by the paths they are asked for with.

    They are read once: no path that a client sends is ever opened.
    """
    root = files("walnet.playground") / "static"
    found: dict[str, tuple[bytes, str]] = {}
    for folder, prefix in ((root, "/"), (root / "assets", "/assets/")):
        if not folder.is_dir():
            continue
        for item in folder.iterdir():
            kind = KINDS.get("." + item.name.rpartition(".")[2])
            if item.is_file() and kind:
                found[prefix + item.name] = (item.read_bytes(), kind)
    if "/index.html" in found:
        found["/"] = found["/index.html"]
    return found
