"""A lesson's file as text for a page: the same file that the playground shows."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

LESSONS = Path(__file__).parents[3] / "lessons" / "en"
FENCE = re.compile(r"^:::\{(\w+)\}\n(.*?)^:::$", re.MULTILINE | re.DOTALL)
SPECIAL = re.compile(r"^\s+(check|hint|solution):\s*", re.MULTILINE)


@dataclass
class Task:
    """What is to be done at the end of a lesson."""

    text: str
    hint: str = ""
    solution: str = ""


@dataclass
class Lesson:
    """A lesson's parts.

    Parameters
    ----------
    name : str
        How the playground calls it in a link.
    head : dict of str to str
        Its settings.
    body : str
        Its text as MyST, without the task.
    task : Task or None
        What is to be done.
    living : str
        The lesson without its text: formulas and the task, for the page beside it.
    """

    name: str
    head: dict[str, str]
    body: str
    task: Task | None
    living: str = field(repr=False)


def read_lesson(path: Path) -> Lesson:
    """Read a lesson's file."""
    _, head, text = path.read_text("utf-8").split("---\n", 2)
    settings = dict(line.split(":", 1) for line in head.splitlines() if line.strip())
    fences = {found[1]: found[2] for found in FENCE.finditer(text)}
    return Lesson(
        name=re.sub(r"^\d+-", "", path.stem),
        head={name.strip(): value.strip() for name, value in settings.items()},
        body=FENCE.sub(_block, text).strip() + "\n",
        task=_task(fences["task"]) if "task" in fences else None,
        living=_living(head, text),
    )


def _block(found: re.Match[str]) -> str:
    """Return one of a lesson's blocks as MyST."""
    kind, inner = found[1], found[2]
    if kind == "formula":
        lines = [line.strip() for line in inner.splitlines() if line.strip()]
        return "".join(f"\n```{{math}}\n{tex(line)}\n```\n" for line in lines)
    if kind == "note":
        text = FENCE.sub(_block, inner)
        return f"\n::::{{note}}\n{text}::::\n"
    if kind == "rows":
        return "\n" + _table(inner)
    return ""


def _table(rows: str) -> str:
    """Return the rows of a lesson's own table as a table."""
    cells = [line.replace(" ", "") for line in rows.splitlines() if line.strip()]
    body = "\n".join(cells)
    return f":::{{csv-table}}\n:header: x₁, x₂, label\n\n{body}\n:::\n"


def tex(formula: str) -> str:
    """Return a lesson's formula as LaTeX: indices of more letters are upright words."""
    formula = re.sub(r"_\{([A-Za-z]{2,})\}", r"_{\\text{\1}}", formula)
    return (
        formula.replace("…", r"\dots ").replace("·", r"\cdot ").replace("Σ", r"\sum ")
    )


def _task(inner: str) -> Task:
    """Return a task: its text, its hint and its solution."""
    pieces = SPECIAL.split(inner)
    task = Task(text=pieces[0])
    for kind, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        # What follows the words of a special line is the next item of the list.
        words, item = _until_item(piece)
        if kind != "check":
            setattr(task, kind, " ".join(words.split()))
        task.text += item
    return task


def _until_item(text: str) -> tuple[str, str]:
    """Return a text up to the next item of a list, and the rest."""
    at = re.search(r"^[-*] ", text, re.MULTILINE)
    return (text[: at.start()], text[at.start() :]) if at else (text, "")


def _living(head: str, text: str) -> str:
    """Return a lesson's file without its text."""
    kept = [found[0] for found in FENCE.finditer(text) if found[1] != "note"]
    return f"---\n{head}---\n" + "\n\n".join(kept) + "\n"


def packed(text: str) -> str:
    """Return a lesson as it stands in a link: deflated, in the letters of links."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(text.encode()) + packer.flush()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
