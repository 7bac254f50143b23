"""Check the types of the playground's page and how it is formatted, or format it.

``python tools/check_page.py [--format]``
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from build_page import Page, node_command

PRETTIER = "prettier/bin/prettier.cjs"
SVELTE_CHECK = "svelte-check/bin/svelte-check"
CHECKS = (
    (PRETTIER, "--check", "--log-level", "warn", "."),
    (SVELTE_CHECK, "--tsconfig", "./tsconfig.json", "--fail-on-warnings"),
)
FORMAT = ((PRETTIER, "--write", "--log-level", "warn", "."),)


def main(arguments: list[str]) -> int:
    """Return 0 where each tool found the page in order."""
    page = Page(Path(__file__).parents[1])
    tools = page.frontend / "node_modules"
    if not (tools / PRETTIER).is_file():
        page.install()
    node, environment = node_command("node")
    codes = [
        subprocess.run(
            [*node, str(tools / tool), *options],
            cwd=page.frontend,
            env=environment,
            check=False,
        ).returncode
        for tool, *options in (FORMAT if "--format" in arguments else CHECKS)
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
