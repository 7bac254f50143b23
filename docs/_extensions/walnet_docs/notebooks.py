"""A page as a Jupyter notebook: its text, its cells and what they show.

What a notebook has no block for becomes plain Markdown: a lesson its text, something to
unfold HTML's own element, a role its words.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from walnet_docs.lessons import LESSONS, read_lesson
from walnet_docs.session import Session

OPEN = re.compile(r"^(`{3,}|:{3,})\s*(?:\{([\w:-]+)\}|(\w[\w+-]*))?\s*(.*)$")
OPTION = re.compile(r"^:([\w-]*):?\s*(.*)$")
BOXES = {"note", "tip", "hint", "important", "warning", "seealso", "admonition"}
HIDDEN = {"toctree", "eval-rst", "figure", "image", "literalinclude"}
LIVING = "> **The living page** of this chapter opens by `walnet play`.\n"
ROLE = re.compile(r"\{(?!eval)([\w:]+)\}`([^`<]*?)(?:\s*<[^`>]*>)?`")
EVAL = re.compile(r"\{eval\}`([^`]+)`")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:)[^)\s]*\)")
UNSHOWN = {"remove-cell", "remove-input", "hide-cell", "hide-input"}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


@dataclass
class Cell:
    """A piece of a page: text, or code with its tags."""

    kind: str
    text: str
    tags: list[str] = field(default_factory=list)


def cells_of(path: Path) -> list[Cell]:
    """Return the cells of a page's file."""
    text = path.read_text("utf-8")
    body = text.split("---\n", 2)[2] if text.startswith("---\n") else text
    merged: list[Cell] = []
    for cell in _cells(body.splitlines()):
        if merged and cell.kind == merged[-1].kind == "markdown":
            merged[-1].text += "\n" + cell.text
        elif cell.text.strip():
            merged.append(cell)
    return merged


def _cells(lines: list[str]) -> Iterator[Cell]:
    """Yield the pieces of some lines, one block after the other."""
    at = 0
    while at < len(lines):
        opened = OPEN.match(lines[at])
        if not opened:
            if not re.fullmatch(r"\(\S+\)=|\+\+\+.*", lines[at]):
                yield Cell("markdown", lines[at])
            at += 1
            continue
        end = _end(lines, at + 1, opened[1])
        inner = lines[at + 1 : end]
        if opened[2]:
            yield from _block(opened[2], opened[4], inner)
        else:
            yield Cell("markdown", "\n".join(lines[at : end + 1]))
        at = end + 1


def _end(lines: list[str], at: int, fence: str) -> int:
    """Return where a block ends."""
    ends = re.compile(f"{fence[0]}{{{len(fence)},}}\\s*")
    return next((i for i in range(at, len(lines)) if ends.fullmatch(lines[i])), at)


def _block(kind: str, argument: str, lines: list[str]) -> Iterator[Cell]:
    """Yield the pieces of a block."""
    options, inner = _options(lines)
    if kind in _SMALL:
        yield _SMALL[kind](argument, options, inner)
    elif kind == "lesson":
        yield from _lesson(argument)
    elif kind == "dropdown":
        yield from _unfolded(argument, inner)
    elif kind in BOXES:
        title = argument if kind == "admonition" else kind.capitalize()
        text = "\n".join([f"**{title}.**", "", *inner])
        yield Cell("markdown", textwrap.indent(text, "> ", lambda _: True))
    elif kind not in HIDDEN:
        yield from _cells(inner)


def _code(_: str, options: dict[str, str], lines: list[str]) -> Cell:
    return Cell("code", "\n".join(lines).strip("\n"), _tags(options))


def _command(words: str, options: dict[str, str], _: list[str]) -> Cell:
    return Cell("code", f"!walnet {words}", ["fails"] if "fails" in options else [])


def _living(*_: object) -> Cell:
    return Cell("markdown", LIVING)


def _formula(_: str, __: dict[str, str], lines: list[str]) -> Cell:
    return Cell("markdown", "\n".join(["$$", *lines, "$$"]))


# Blocks that become one cell.
_SMALL: dict[str, Callable[[str, dict[str, str], list[str]], Cell]] = {
    "code-cell": _code,
    "walnet": _command,
    "playground": _living,
    "math": _formula,
}


def _unfolded(title: str, lines: list[str]) -> Iterator[Cell]:
    """Yield something to unfold; code in it stands below its title."""
    cells = list(_cells(lines))
    if any(cell.kind == "code" for cell in cells):
        yield Cell("markdown", f"\n**{title}**\n")
        yield from cells
        return
    text = "\n".join(cell.text for cell in cells)
    html = f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"
    yield Cell("markdown", html)


def _lesson(name: str) -> Iterator[Cell]:
    """Yield a lesson's text and its task."""
    lesson = read_lesson(LESSONS / f"{name.strip()}.md")
    yield from _cells(lesson.body.splitlines())
    yield Cell("markdown", f"\n{LIVING}")
    if lesson.task:
        yield Cell("markdown", f"\n**Your turn.**\n\n{lesson.task.text}\n")
        for title in ("hint", "solution"):
            words = getattr(lesson.task, title)
            yield from _unfolded(title.capitalize(), [words] if words else [])


def _options(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return a block's options and its content."""
    if lines[:1] == ["---"]:
        end = lines.index("---", 1)
        pairs = [line.partition(":") for line in lines[1:end] if line[:1].strip()]
        return {name: value.strip() for name, _, value in pairs}, lines[end + 1 :]
    options: dict[str, str] = {}
    at = 0
    while at < len(lines) and (found := OPTION.match(lines[at])):
        if found[1]:
            options[found[1]] = found[2]
        at += 1
    return options, lines[at:]


def _tags(options: dict[str, str]) -> list[str]:
    return re.findall(r"[\w-]+", options.get("tags", ""))


def notebook_of(path: Path) -> NotebookNode:
    """Return a page as a notebook that was run.

    Raises
    ------
    CellError
        If a cell fails.
    """
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
    with Session() as session:
        for number, cell in enumerate(cells_of(path)):
            made = _made(cell, session)
            made.id = f"cell-{number}"
            notebook.cells.append(made)
    return notebook


def _made(cell: Cell, session: Session) -> NotebookNode:
    """Return a notebook's cell, run where it is code."""
    if cell.kind == "markdown":
        return nbformat.v4.new_markdown_cell(_plain(cell.text, session))
    outputs = session.run_any(cell.text, cell.tags)
    made = nbformat.v4.new_code_cell(cell.text, outputs=outputs)
    made.metadata["tags"] = cell.tags
    if UNSHOWN & set(cell.tags):  # JupyterLab folds it
        made.metadata["jupyter"] = {"source_hidden": True}
    return made


def _plain(text: str, session: Session) -> str:
    """Return text without roles, and without links that lead nowhere in a notebook."""
    text = EVAL.sub(lambda found: session.text(found[1]), text)
    text = ROLE.sub(_role, text)
    return re.sub(r"\n{3,}", "\n\n", LINK.sub(r"\1", text)).strip() + "\n"


def _role(found: re.Match[str]) -> str:
    name, words = found[1], found[2]
    if name == "math":
        return f"${words}$"
    return words if name in {"term", "doc", "ref"} else f"`{words.lstrip('~')}`"
