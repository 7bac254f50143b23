"""Fail when a file, a function or a kernel's argument list outgrows its budget.

Lines of code are counted: no blank lines, no comments, no docstrings.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("src", "tests", "tools", "benchmarks", "examples")
PAGE = Path("frontend/src")
# A language's catalogue is as long as there is text on the page: whoever translates it
# has that in one file. (What the worker says is in another, in texts/sentences.)
CATALOGUES = "texts/??.ts"
# A comment of the page that begins a line.
COMMENT = re.compile(
    r"^[ \t]*(?://[^\n]*|/\*.*?\*/|<!--.*?-->)", re.MULTILINE | re.DOTALL
)
ENGINE = Path("src/walnet/engine")
BUDGETS = {"lines of a file": 400, "lines of a function": 50, "kernel's arguments": 8}
BUDGETS |= {"lines of the hour": 1000}
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT}
LAYOUT |= {tokenize.DEDENT, tokenize.ENDMARKER}


def lines_of(node: ast.stmt) -> range:
    """Return the numbers of a statement's lines."""
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def code_lines(text: str) -> set[int]:
    """Return the numbers of the lines that hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines.difference_update(lines_of(node))
    return lines


def page_files() -> list[Path]:
    """Return the page's files that are code, without its catalogues of sentences."""
    code = [path for path in PAGE.rglob("*") if path.suffix in {".ts", ".svelte"}]
    return sorted(path for path in code if not path.match(CATALOGUES))


def measure_page(path: Path) -> tuple[str, int, str]:
    """Return kind, size and place of one of the page's files."""
    code = COMMENT.sub("", path.read_text(encoding="utf-8"))
    size = sum(not line.isspace() for line in code.splitlines(keepends=True))
    return "lines of a file", size, str(path)


def measure(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield kind, size and place of the file and of each function in it."""
    text = path.read_text(encoding="utf-8")
    lines = code_lines(text)
    yield "lines of a file", len(lines), str(path)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            place = f"{path}:{node.lineno} {node.name}"
            size = len(lines.intersection(lines_of(node)))
            yield "lines of a function", size, place
            if "kernels" in path.parts:  # elsewhere ruff counts, to 6
                yield "kernel's arguments", len(node.args.args), place


def the_hour() -> tuple[str, int, str]:
    """Return how much there is to read of the engine, by the list at its door."""
    door = (ENGINE / "__init__.py").read_text(encoding="utf-8")
    names = re.findall(r"^\d\. `(.+?)`", door, re.MULTILINE)
    texts = [(ENGINE / name).read_text(encoding="utf-8") for name in names]
    size = sum(len(code_lines(text)) for text in texts)
    return "lines of the hour", size, f"{len(names)} files of {ENGINE}"


def main() -> int:
    """Print the ten biggest of each kind; return 1 if any is over its budget."""
    paths = sorted(path for folder in FOLDERS for path in Path(folder).rglob("*.py"))
    rows = [row for path in paths for row in measure(path)]
    rows += map(measure_page, page_files())
    rows.append(the_hour())
    rows.sort(key=lambda row: -row[1])
    for kind, budget in BUDGETS.items():
        print(f"{kind} (at most {budget}):")
        for _, size, place in [row for row in rows if row[0] == kind][:10]:
            print(f"{size:6} {place}{'  <- over' if size > budget else ''}")
    over = sum(size > BUDGETS[kind] for kind, size, _ in rows)
    print(f"{over} over budget")
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
