"""Build the documentation, or one page of it in a few seconds.

``python tools/build_docs.py`` writes the whole site into docs/_build/html, and a
warning is an error. ``python tools/build_docs.py course/02-neuron`` writes that page
alone into docs/_build/page: links to other pages are not looked up there.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGE = ROOT / "src" / "walnet" / "playground" / "static" / "walnet.html"
SILENCE = "myst.xref_missing,toc,ref,app.add_node"


def whole_site(folder: Path, options: list[str]) -> int:
    """Build all pages; return 0 where there was no warning."""
    failed: int = sphinx(
        [*options, "-W", "--keep-going", "-b", "html", str(DOCS), str(folder)]
    )
    copy_playground(folder)
    return failed


def one_page(name: str, folder: Path) -> int:
    """Build one page; return 0 where there was no warning of its own."""
    found = [path for path in DOCS.glob(f"{name}.*") if path.suffix in {".md", ".rst"}]
    if not found:
        print(f"there is no page docs/{name}.md")
        return 2
    shown = f"{found[0].relative_to(DOCS)},glossary.md"
    settings = {
        "root_doc": name,
        "include_patterns": shown,
        "suppress_warnings": SILENCE,
    }
    options = [word for pair in settings.items() for word in ("-D", "=".join(pair))]
    failed: int = sphinx(["-q", "-E", "-b", "html", *options, str(DOCS), str(folder)])
    copy_playground(folder)
    print(f"{folder / name}.html")
    return failed


def copy_playground(folder: Path) -> None:
    """Put the living page beside the others."""
    if not PAGE.exists():
        sys.exit(f"{PAGE.relative_to(ROOT)} is missing: python tools/build_page.py")
    target = folder / "_static" / "playground"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy2(PAGE, target)


def main() -> int:
    """Build what the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("page", nargs="?", help="such as course/02-neuron; else all")
    parser.add_argument("--output", type=Path, help="the folder to write into")
    given = parser.parse_args()
    build = DOCS / "_build"
    if given.page:
        return one_page(given.page.removesuffix(".md"), given.output or build / "page")
    return whole_site(given.output or build / "html", ["-j", "2", "-q"])


if __name__ == "__main__":
    sys.exit(main())
